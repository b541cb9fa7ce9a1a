//! Why a session could not be fetched.

use std::path::PathBuf;

use super::Damage;
use crate::http::HttpError;

/// Why a session, or the list of them, could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The source does not answer, or not as it should.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// The archive of the session is still being made.
    #[error(
        "the archive of this session is not complete yet; it usually is 15 to 60 minutes after the end. Run the same \
         command again then; until then `overcut live` shows the session"
    )]
    Generating,
    /// The service has no result of the session.
    #[error(
        "OpenF1 has no result of this session yet, so that rows may still be missing. Run the same command again in \
         half an hour; until then `overcut live` shows the session"
    )]
    NoResult,
    /// The service has nothing of so early a season.
    #[error(
        "OpenF1 has sessions from 2023 on, and none of {season}; without `--from openf1` the archive is asked, whose \
         first season is 2018"
    )]
    BeforeFirstSeason {
        /// The season.
        season: u16,
    },
    /// The service is locked, or does not like the account.
    #[error("OpenF1 answers nothing now: {0}")]
    Refused(String),
    /// The service does not answer, or not as it should.
    #[error("cannot fetch {what} from OpenF1: {why}")]
    Service {
        /// Which rows.
        what: String,
        /// Why not.
        why: String,
    },
    /// The session has no files.
    #[error("there are no files of this session at {path}")]
    Empty {
        /// Where they should be.
        path: String,
    },
    /// There is a folder already that did not come from here.
    #[error("{0} is there already, but was not downloaded; move it away to download the session")]
    Foreign(PathBuf),
    /// A file changed while it was fetched, again and again.
    #[error("{0} changes while it is fetched; the archive is still being made. Run the same command again later")]
    Unsteady(String),
    /// What was written reads back otherwise.
    #[error("what was written reads back otherwise: {0}; is the disk all right?")]
    Damaged(Damage),
    /// Nothing can be written.
    #[error("cannot write {path:?}")]
    Io {
        /// What was being written.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

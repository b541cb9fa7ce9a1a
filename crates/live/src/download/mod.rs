//! A finished session as a folder of the very files that a source has of it.
//!
//! Beside the files lies a [`Manifest`] that holds the length and the SHA-256 of each. Until all of it is there and was
//! read back, the folder's name ends in `.part`: it is passed over by whoever looks for recordings, and a download that
//! was cut off goes on in it. How files come is the business of each source: [`Archive`](crate::archive::Archive),
//! [`History`](crate::openf1::History).

mod error;
mod folder;
mod manifest;

use std::path::PathBuf;
use std::time::Duration;

pub use error::DownloadError;
pub(crate) use folder::{Folder, Part, io_error, with_ending};
pub(crate) use manifest::digest_into;
pub use manifest::{Damage, FileEntry, MANIFEST, Manifest};

/// Failures in a row after which a download is given up for now.
pub(crate) const MAX_FAILURES: u32 = 6;

/// Longest pause that is waited out within a download; who asks for more is asked again another day.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// A session is looked at for being complete until so long after its planned end; then it is as complete as ever.
pub(crate) const UNFINISHED_MS: i64 = 6 * 3_600_000;

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// So many files are to be fetched, of which so many are there already. May change while more is learnt.
    Files {
        /// All of them.
        n_files: usize,
        /// Those that are there.
        n_there: usize,
    },
    /// A file is being fetched: so many more bytes of it came.
    Bytes {
        /// The topic, or what of a service's rows.
        topic: &'a str,
        /// Bytes since the last word about it.
        n_bytes: u64,
    },
    /// A file is there, or the source does not have it.
    File,
    /// It failed, and goes on after a pause.
    Waiting {
        /// Why, in words for a person.
        why: &'a str,
        /// How long.
        pause: Duration,
    },
}

/// What a download came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The folder.
    pub folder: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
    /// It was there already, and whole.
    pub was_there: bool,
    /// Files that were there but damaged, and were fetched again.
    pub damaged: Vec<Damage>,
}

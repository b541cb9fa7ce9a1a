//! Where finished sessions may be: the archive and its copy, or OpenF1.

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use indicatif::ProgressBar;
use overcut_live::archive::{Archive, IndexedSession, Year};
use overcut_live::download::{DownloadError, Downloaded, Progress};
use overcut_live::http::Fault;
use overcut_live::openf1::{Account, History};
use tokio::runtime::{Builder, Runtime};

use super::Context;
use crate::clock::utc_now;
use crate::progress;

/// What `--from` calls the service that is configured under `[live.openf1]`.
const OPENF1: &str = "openf1";

/// Where finished sessions may be.
pub(super) struct Sources {
    kind: Kind,
    /// Connections live in it, and are kept from one session to the next.
    runtime: Runtime,
}

enum Kind {
    /// The archive, and its copy if there is one.
    Archives(Vec<Archive>),
    OpenF1(Box<History>),
}

impl Sources {
    /// As configured, or what was named: an address, or `openf1`.
    pub(super) fn new(context: &Context, from: Option<&str>) -> Result<Sources> {
        let runtime = Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
        let live = &context.config.live;
        if from == Some(OPENF1) {
            let account = Account::from_environment().context("cannot read a secret")?;
            let history = History::new(live.openf1.clone(), account).context("cannot ask OpenF1")?;
            return Ok(Sources { kind: Kind::OpenF1(Box::new(history)), runtime });
        }
        if let Some(other) = from.filter(|from| !from.starts_with("http://") && !from.starts_with("https://")) {
            bail!("--from takes the address of an archive (http://… or https://…) or the word {OPENF1}, not {other:?}");
        }
        let configured = [live.archive.url.as_str(), live.archive.mirror.as_str()];
        let urls = from.map_or(configured.to_vec(), |url| vec![url]);
        let archive = |url: &str| {
            let config = overcut_live::archive::Config { url: url.to_owned(), ..live.archive.clone() };
            Archive::new(config).context("cannot ask the archive")
        };
        let archives = urls.into_iter().filter(|url| !url.is_empty()).map(archive).collect::<Result<_>>()?;
        Ok(Sources { kind: Kind::Archives(archives), runtime })
    }

    pub(super) fn is_openf1(&self) -> bool {
        matches!(self.kind, Kind::OpenF1(_))
    }

    /// Why a session that is listed is not to be had.
    pub(super) fn why_absent(&self) -> &'static str {
        if self.is_openf1() { "not over yet, or cancelled" } else { "not published yet" }
    }

    /// The sessions of a season, from the first source that lists them.
    ///
    /// # Errors
    ///
    /// If no source lists any.
    pub(super) fn year(&self, season: u16) -> Result<Year> {
        let asking = if self.is_openf1() { "asking OpenF1" } else { "asking the archive" };
        let turning = progress::unknown(asking);
        let year = match &self.kind {
            Kind::Archives(archives) => self.indexed(archives, season),
            Kind::OpenF1(history) => self.runtime.block_on(history.year(season, utc_now())).map_err(Into::into),
        };
        turning.finish_and_clear();
        let year = year?;
        ensure!(!year.meetings.is_empty(), "no event of {season} is listed");
        Ok(year)
    }

    fn indexed(&self, archives: &[Archive], season: u16) -> Result<Year> {
        let mut failure = anyhow!("no archive is configured");
        for archive in archives {
            match self.runtime.block_on(archive.year(season)) {
                Ok(year) => return Ok(year),
                Err(error) if matches!(error.fault, Fault::Missing(_)) => {
                    failure = anyhow!("the archive has no list of {season} now ({error}); its first season is 2018");
                }
                Err(error) => {
                    failure = anyhow::Error::from(error).context("cannot read the archive's list of sessions");
                }
            }
        }
        Err(failure)
    }

    /// Fetches a session into the data folder, from the first source that has it.
    pub(super) fn fetch(&self, context: &Context, session: &IndexedSession, name: &str) -> Result<Downloaded> {
        let root = &context.config.data.folder;
        let bar = progress::of(0, name);
        let tell = |progress: Progress<'_>| show(&bar, name, progress);
        let mut tried = Err(DownloadError::Empty { path: session.path.clone().unwrap_or_default() });
        match &self.kind {
            Kind::OpenF1(history) => {
                tried = self.runtime.block_on(history.download(session, root, utc_now(), tell));
            }
            Kind::Archives(archives) => {
                for archive in archives {
                    tried = self.runtime.block_on(archive.download(session, root, utc_now(), tell));
                    if !tried.as_ref().is_err_and(is_elsewhere_perhaps) {
                        break;
                    }
                }
            }
        }
        bar.finish_and_clear();
        Ok(tried?)
    }
}

/// True for failures that a copy of the archive may make good.
fn is_elsewhere_perhaps(error: &DownloadError) -> bool {
    matches!(error, DownloadError::Empty { .. } | DownloadError::Http(_))
}

fn show(bar: &ProgressBar, name: &str, progress: Progress<'_>) {
    match progress {
        Progress::Files { n_files, n_there } => {
            bar.set_length(n_files as u64);
            bar.set_position(n_there as u64);
        }
        Progress::Bytes { topic, .. } => bar.set_message(format!("{name}: {topic}")),
        Progress::File => bar.inc(1),
        Progress::Waiting { why, pause } => {
            let seconds = pause.as_secs_f32().ceil();
            bar.set_message(format!("{name}: waiting {seconds:.0} s"));
            tracing::info!("{why}; goes on in {seconds:.0} s");
        }
    }
}

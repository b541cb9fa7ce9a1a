//! `overcut download`: fetches finished sessions from the archive.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use indicatif::{HumanBytes, ProgressBar};
use overcut_domain::UtcTime;
use overcut_live::archive::{Archive, DownloadError, Downloaded, IndexedSession, Progress, Year};
use overcut_live::http::Fault;
use tokio::runtime::{Builder, Runtime};

use super::Context;
use crate::calendar::{self, Choice};
use crate::cli::DownloadArguments;
use crate::library::Library;
use crate::output::out;
use crate::progress;

/// Fetches what is meant, one session after the other. One that cannot be had does not stop the others.
pub fn download(context: &Context, arguments: &DownloadArguments) -> Result<()> {
    let season = arguments.year;
    ensure!(
        arguments.all || !arguments.words.is_empty(),
        "which event? `overcut download {season} monza race` names one, `overcut events {season}` lists them, and --all \
         means the whole season"
    );
    let sources = Sources::new(context, arguments.from.as_deref())?;
    let year = sources.year(season)?;
    let choices = match arguments.all {
        true => calendar::matching(&year, &[]),
        false => vec![calendar::choose(season, &year, &arguments.words)?],
    };
    let (mut n_failed, mut last) = (0, None);
    for Choice { meeting, sessions } in &choices {
        for session in sessions {
            let name = format!("{season} {} – {}", meeting.name, session.name);
            if session.path.is_none() {
                out!("{name}: not published yet");
                continue;
            }
            match sources.fetch(context, session, &name) {
                Ok(done) => {
                    out!("{name}: {}", text(&done));
                    last = Some(done);
                }
                Err(error) => {
                    eprintln!("overcut: {name}: {error:#}");
                    n_failed += 1;
                }
            }
        }
    }
    if let Some(done) = last {
        let library = Library::scan(&context.config.data);
        if let Some(entry) = library.entries().iter().find(|entry| entry.path == done.folder) {
            out!("`overcut serve --session {}` shows it.", entry.id);
        }
    }
    if n_failed > 0 {
        bail!("{n_failed} sessions are missing; the same command goes on where it stopped");
    }
    Ok(())
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
            tracing::info!("{why}; goes on in {:.0} s", pause.as_secs_f32().ceil());
        }
    }
}

/// What came of a session, for people.
fn text(done: &Downloaded) -> String {
    let size = HumanBytes(done.manifest.n_bytes());
    let (n_files, folder) = (done.manifest.files.len(), done.folder.display());
    if done.was_there {
        return format!("there already, {n_files} files as they were fetched ({size}), in {folder}");
    }
    let damaged: String = done.damaged.iter().map(|damage| format!("; {damage}, and was fetched again")).collect();
    format!("{n_files} files ({size}) in {folder}{damaged}")
}

/// Where finished sessions may be: the archive, and its copy if there is one.
pub(super) struct Sources {
    archives: Vec<Archive>,
    /// Connections live in it, and are kept from one session to the next.
    runtime: Runtime,
}

impl Sources {
    /// As configured, or at the address that was given.
    pub(super) fn new(context: &Context, from: Option<&str>) -> Result<Sources> {
        let config = &context.config.live.archive;
        let configured = [config.url.as_str(), config.mirror.as_str()];
        let urls = from.map_or(configured.to_vec(), |url| vec![url]);
        let archive = |url: &str| {
            let config = overcut_live::archive::Config { url: url.to_owned(), ..config.clone() };
            Archive::new(config).context("cannot ask the archive")
        };
        let archives = urls.into_iter().filter(|url| !url.is_empty()).map(archive).collect::<Result<_>>()?;
        let runtime = Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
        Ok(Sources { archives, runtime })
    }

    /// The sessions of a season, from the first archive that lists them.
    pub(super) fn year(&self, season: u16) -> Result<Year> {
        let mut failure = anyhow!("no archive is configured");
        let turning = progress::unknown("asking the archive");
        for archive in &self.archives {
            let year = self.runtime.block_on(archive.year(season));
            turning.inc(1);
            match year {
                Ok(year) => {
                    turning.finish_and_clear();
                    return Ok(year);
                }
                Err(error) if matches!(error.fault, Fault::Missing(_)) => {
                    failure = anyhow!("the archive has no list of {season} now ({error}); its first season is 2018");
                }
                Err(error) => {
                    failure = anyhow::Error::from(error).context("cannot read the archive's list of sessions")
                }
            }
        }
        turning.finish_and_clear();
        Err(failure)
    }

    fn fetch(&self, context: &Context, session: &IndexedSession, name: &str) -> Result<Downloaded> {
        let root = &context.config.data.folder;
        let bar = progress::of(0, name);
        let mut tried = Err(DownloadError::Empty { path: session.path.clone().unwrap_or_default() });
        for archive in &self.archives {
            let task = archive.download(session, root, now(), |progress| show(&bar, name, progress));
            tried = self.runtime.block_on(task);
            if !tried.as_ref().is_err_and(is_elsewhere_perhaps) {
                break;
            }
        }
        bar.finish_and_clear();
        Ok(tried?)
    }
}

/// UTC by this machine's clock.
pub(super) fn now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UtcTime::from_millis(since.map_or(0, |since| since.as_millis() as i64))
}

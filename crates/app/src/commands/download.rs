//! `overcut download`: fetches finished sessions from the archive or from OpenF1.

use anyhow::{Result, bail, ensure};
use indicatif::HumanBytes;
use overcut_live::download::{DownloadError, Downloaded};

use super::Context;
use super::sources::Sources;
use crate::calendar::{self, Choice};
use crate::cli::DownloadArguments;
use crate::library::Library;
use crate::output::{out, say};

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
                out!("{name}: {}", sources.why_absent());
                continue;
            }
            match sources.fetch(context, session, &name) {
                Ok(done) => {
                    out!("{name}: {}", text(&done, sources.is_openf1()));
                    last = Some(done);
                }
                // Whoever is not let in is not let in a hundred times.
                Err(error) if is_refused(&error) => return Err(error.context(name)),
                Err(error) => {
                    say!("overcut: {name}: {error:#}");
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
        let are_missing = if n_failed == 1 { "session is missing" } else { "sessions are missing" };
        bail!("{n_failed} {are_missing}; the same command goes on where it stopped");
    }
    Ok(())
}

fn is_refused(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(DownloadError::Refused(_)))
}

/// What came of a session, for people.
fn text(done: &Downloaded, is_openf1: bool) -> String {
    let size = HumanBytes(done.manifest.n_bytes());
    let (n_files, folder) = (done.manifest.files.len(), done.folder.display());
    if done.was_there {
        return format!("there already, {n_files} files as they were fetched ({size}), in {folder}");
    }
    let damaged: String = done.damaged.iter().map(|damage| format!("; {damage}, and was fetched again")).collect();
    // An archive without a list is asked for topics that it never had: those are no news.
    let absent = match done.manifest.absent.join(", ") {
        absent if is_openf1 && !absent.is_empty() => format!("; OpenF1 has no rows of {absent}"),
        _ => String::new(),
    };
    format!("{n_files} files ({size}) in {folder}{damaged}{absent}")
}

//! `overcut serve` and `overcut replay`: the dashboard and the API, on every recording or on one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use overcut_domain::SessionTime;
use overcut_server::{Library as ServedLibrary, now_ms};
use overcut_timeline::{House, MarkKind, Speed, Timeline};

use crate::cli::{ReplayArguments, ServeArguments};
use crate::commands::Context;
use crate::config::DataConfig;
use crate::library::{Entry, Library};
use crate::listen;
use crate::output::say;
use crate::shelf::{DataFolder, open};
use crate::sql;
use crate::synthetic::Synthetic;

/// How long before the start a replay begins if nothing else is asked for.
const LEAD_IN_MS: i64 = 30_000;

/// Serves every recording there is, and the synthetic Grand Prix beside them. Where there is none, that is what it opens
/// on: a wall with something on it says more than a message.
pub fn serve(context: &Context, arguments: &ServeArguments) -> Result<()> {
    let library = Library::scan(&context.config.data);
    let first = choose(&library, arguments)?;
    let served = ServedLibrary::new(DataFolder::new(context.config.data.clone(), context.pipeline_config()));
    served.offer_sql(sql::offer(&context.config, &arguments.listen));
    let id = match first {
        Some(entry) => {
            served.set_current(&entry.id);
            entry.id
        }
        None => {
            if library.entries().is_empty() {
                print_what_to_import(&context.config.data);
            }
            let synthetic = Synthetic::default();
            served.put(synthetic.play(context.pipeline_config(), Speed::NORMAL)?);
            synthetic.id()
        }
    };
    listen::serve(&context.config, &arguments.listen, Arc::new(served), Some(id))
}

/// Plays one recording as if it happened now.
pub fn replay(context: &Context, arguments: &ReplayArguments) -> Result<()> {
    let started = Instant::now();
    let speed = Speed::from_times(arguments.speed).context("--speed")?;
    let entry = context.resolve(&arguments.recording)?;
    let session = open(&entry, context.pipeline_config())?;
    let from = from(arguments.from.as_deref(), &session.read())?;
    session.set_house(House::Running { since_ms: now_ms(), from, speed, is_as_live: arguments.as_live });
    tracing::debug!(ms = started.elapsed().as_millis() as u64, "ready");
    let served = Arc::new(ServedLibrary::new(DataFolder::new(context.config.data.clone(), context.pipeline_config())));
    served.offer_sql(match arguments.as_live {
        true => sql::offer_nothing_of_the_future(),
        false => sql::offer(&context.config, &arguments.listen),
    });
    served.put(Arc::new(session));
    listen::serve(&context.config, &arguments.listen, served, Some(entry.id))
}

/// The recording that the arguments of `serve` name, or the latest; `None` stands for the synthetic session.
fn choose(library: &Library, arguments: &ServeArguments) -> Result<Option<Entry>> {
    let year = arguments.year.map(|year| year.to_string());
    let words: Vec<_> = [year, arguments.event.clone(), arguments.session.clone()].into_iter().flatten().collect();
    if words.is_empty() {
        return Ok(library.entries().first().cloned());
    }
    let query = words.join(" ");
    if query == "demo" || query == Synthetic::default().id() {
        return Ok(None);
    }
    library.find(&query).cloned().map(Some)
}

/// The moment that `--from` names, or shortly before the start.
fn from(text: Option<&str>, timeline: &Timeline) -> Result<SessionTime> {
    match text {
        Some("start") => Ok(timeline.start()),
        Some(text) => {
            let time: SessionTime = text.parse().context("--from takes session time such as 0:46:30, or start")?;
            ensure!(
                (timeline.start()..=timeline.head()).contains(&time),
                "--from {time} is outside the recording, which runs from {} to {}",
                timeline.start(),
                timeline.head()
            );
            Ok(time)
        }
        None => {
            let marks = timeline.marks_at(timeline.head());
            let start = marks.iter().find(|mark| mark.kind == MarkKind::Start).map(|mark| mark.time - LEAD_IN_MS);
            Ok(start.map_or(timeline.start(), |time| time.max(timeline.start())))
        }
    }
}

fn print_what_to_import(data: &DataConfig) {
    let mut places: Vec<PathBuf> = vec![data.folder.clone()];
    places.extend(data.also.iter().cloned());
    let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
    say!("no recordings yet in {}", places.join(" or "));
    say!("take one in with `overcut import <folder or file>`, or name a folder of them in $OVERCUT_DATA;");
    say!("docs/formats.md says what can be read; until then the wall shows a synthetic Grand Prix");
}

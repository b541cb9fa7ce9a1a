//! `overcut tables`: writes the tables of recordings into a store, each session once.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use overcut_domain::SessionTime;
use overcut_session::Session;
use overcut_store::SessionRow;
use overcut_warehouse::{Batch, Progress, SessionId, Warehouse, Written};

use super::Context;
use crate::cli::{StoreKind, TablesArguments};
use crate::clock::utc_now;
use crate::input::Input;
use crate::library::{Entry, Library, Title};
use crate::pipeline::{self, Pipeline, Threads};
use crate::rows::Changes;
use crate::{progress, stores};

/// Writes the tables of the recordings that were asked for.
pub fn tables(context: &Context, arguments: &TablesArguments) -> Result<()> {
    let entries = wanted(context, arguments)?;
    let store = stores::open(arguments.to, &context.config)?;
    let bar = progress::of(entries.len() as u64, store.name());
    let (mut n_written, mut n_rows, mut n_known, mut n_sent, mut failed) = (0, 0, 0, 0, Vec::new());
    let begun = Instant::now();
    for entry in &entries {
        bar.set_message(entry.id.clone());
        match keep(&*store, entry, context.pipeline(), arguments.again) {
            Ok(Kept::Now(n)) => (n_written, n_rows) = (n_written + 1, n_rows + n),
            Ok(Kept::Before) => n_known += 1,
            Err(error) => failed.push(format!("{}: {error:#}", entry.id)),
        }
        if arguments.to == StoreKind::S3 {
            match stores::send_recording(&context.config, entry) {
                Ok(is_new) => n_sent += usize::from(is_new),
                Err(error) => failed.push(format!("{}: {error:#}", entry.id)),
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if arguments.to == StoreKind::S3 {
        println!("{n_sent} recordings of one file sent to the object store");
    }
    let n_forgotten = stores::forget_old(&*store, &context.config.stores, utc_now())?;
    println!(
        "{n_written} {} with {n_rows} rows written to {} in {:.1} s, {n_known} were there, {n_forgotten} forgotten",
        if n_written == 1 { "session" } else { "sessions" },
        store.name(),
        begun.elapsed().as_secs_f64()
    );
    ensure!(failed.is_empty(), "not everything could be written:\n{}", failed.join("\n"));
    Ok(())
}

fn wanted(context: &Context, arguments: &TablesArguments) -> Result<Vec<Entry>> {
    if arguments.all {
        return Ok(Library::scan(&context.config.data).entries().to_vec());
    }
    arguments.sessions.iter().map(|query| context.resolve(query)).collect()
}

/// What became of a recording.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    /// Its rows were written; so many.
    Now(usize),
    /// The store has them.
    Before,
}

/// Writes the tables of a recording. What the store has in full is not written again, unless asked for; where the
/// recording has grown since, or is to be written again, its rows take the place of those that are there.
fn keep(store: &dyn Warehouse, entry: &Entry, mut pipeline: Pipeline, again: bool) -> Result<Kept> {
    let id: SessionId = entry.id.parse()?;
    let progress = store.progress(&id)?;
    let (mut changes, mut sequence, mut batch) = (Changes::default(), 0, None);
    let input = Input::open(&entry.path)?;
    pipeline::run(input, Threads::Two, SessionTime::MAX, &mut pipeline, |step| {
        changes.follow(&step);
        sequence += 1;
        let is_there = progress.is_some_and(|progress| progress.is_finished && progress.sequence == sequence);
        if step.event.is_none() && (again || !is_there) {
            let session = session_row(step.session, entry, revision(progress, sequence), sequence);
            batch = Some(Batch { session, after: 0, rows: changes.take(step.session, step.telemetry) });
        }
    })?;
    let Some(batch) = batch else {
        store.finish(&id)?; // an object store may lack some of it still
        return Ok(Kept::Before);
    };
    let written = store.write(&id, &batch).with_context(|| format!("cannot write to {}", store.name()))?;
    ensure!(written == Written::Now, "somebody else writes this session");
    store.finish(&id)?;
    Ok(Kept::Now(batch.rows.count(|table| store.keeps(table))))
}

/// The revision under which a recording is written: a new one where the rows there would otherwise be taken for these.
fn revision(progress: Option<Progress>, sequence: u64) -> u64 {
    match progress {
        Some(progress) if progress.is_finished || progress.sequence >= sequence => progress.revision + 1,
        Some(progress) => progress.revision,
        None => 0,
    }
}

/// The line of a recording in the table of sessions.
fn session_row(session: &Session, entry: &Entry, revision: u64, sequence: u64) -> SessionRow {
    let state = session.state();
    let title = Title::new(Some(&state.info), &entry.path);
    SessionRow {
        season: title.season,
        meeting: title.meeting,
        name: title.name,
        circuit: title.circuit,
        starts_at: title.starts_at,
        utc_of_zero: state.utc_of_zero,
        state: "running",
        revision,
        sequence,
    }
}

#[cfg(test)]
mod tests;

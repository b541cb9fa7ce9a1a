//! What the bus has of a running session, as a recording to go on with.
//!
//! The raw topic is the recording of whoever told before. A recorder that starts goes on with what was broken off, so it is
//! enough to put the messages where a recorder of this machine would have put them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use overcut_bus::{Bus, Message, Numbered, SessionRecord, SessionState, Start, Topic, partition_of};
use overcut_domain::RawMessage;
use overcut_sources::live::Channel;
use overcut_store::{Origin, RecordingReader, RecordingWriter, part_path};
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogue;
use super::drain::drain;
use crate::clock::utc_now;

/// Format of live recordings.
const FORMAT: &str = "live";

/// Puts the recordings of live sessions that began lately and are not over where they are gone on with, unless this
/// machine has as much of them itself.
///
/// # Errors
///
/// If the bus cannot be read or the folder not be written to.
pub fn take_over(bus: &dyn Bus, folder: &Path, within: Duration, shutdown: &CancellationToken) -> Result<()> {
    let within = i64::try_from(within.as_millis()).unwrap_or(i64::MAX);
    let oldest = utc_now().as_millis().saturating_sub(within);
    let records = Catalogue::read(bus, shutdown)?.all();
    let is_running =
        |record: &&SessionRecord| record.state == SessionState::Running && record.begun_at.as_millis() >= oldest;
    for record in records.iter().filter(is_running) {
        take_over_one(bus, record, folder).with_context(|| format!("cannot go on with {}", record.session))?;
    }
    Ok(())
}

fn take_over_one(bus: &dyn Bus, record: &SessionRecord, folder: &Path) -> Result<()> {
    let raw = told(bus, record)?;
    let is_live = raw.first().is_some_and(|raw| Channel::of(&raw.channel).is_some());
    let path = folder.join(format!("{}.mcap", record.session));
    if !is_live || n_recorded(&part_path(&path)) >= raw.len() as u64 {
        return Ok(());
    }
    tracing::info!(session = record.session, n_messages = raw.len(), "going on with what somebody else recorded");
    std::fs::create_dir_all(folder)?;
    let origin = Origin { format: FORMAT.to_owned(), session: record.info.clone(), ..Origin::default() };
    set_aside(folder, &record.session)?;
    let mut writer = RecordingWriter::create(&path, &origin)?;
    for raw in &raw {
        writer.write(&RawMessage { time: raw.time, channel: &raw.channel, payload: &raw.payload })?;
    }
    Ok(writer.flush()?)
}

/// Gives what this machine recorded of the session another name. Mostly it is less of the same; should it be something
/// else, nothing is lost: the recorder finishes it.
fn set_aside(folder: &Path, session: &str) -> Result<()> {
    let part = part_path(&folder.join(format!("{session}.mcap")));
    if !part.exists() {
        return Ok(());
    }
    let names = (1..).map(|n| folder.join(format!("{session}-earlier-{n}.mcap")));
    let free = names.into_iter().find(|path| !path.exists() && !part_path(path).exists());
    if let Some(free) = free {
        std::fs::rename(&part, part_path(&free))?;
    }
    Ok(())
}

/// Every raw message of a session.
fn told(bus: &dyn Bus, record: &SessionRecord) -> Result<Vec<overcut_bus::Raw>> {
    let partition = partition_of(&record.session, bus.partitions());
    let log = record.log(Topic::Raw);
    let from = log.map_or(Start::Beginning, |log| Start::Offset(log.first_offset));
    let mut raw = Vec::new();
    drain(bus, Topic::Raw, partition, from, |delivery| {
        if delivery.key == record.session
            && let Ok(Message::Raw(Numbered { number, value })) = delivery.message()
            && number.sequence == raw.len() as u64
        {
            raw.push(value);
        }
    })?;
    Ok(raw)
}

/// How many messages an unfinished recording holds; none if it cannot be read.
fn n_recorded(path: &Path) -> u64 {
    let Ok(mut reader) = RecordingReader::open(path) else { return 0 };
    let mut n = 0;
    while let Ok(Some(_)) = reader.next_raw() {
        n += 1;
    }
    n
}

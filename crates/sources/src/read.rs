//! A whole recording at once, and a cheap look at one.

use std::path::Path;

use overcut_domain::{Event, SessionInfo, Stamped};

use crate::decoder::Decoder;
use crate::format::Format;
use crate::recording::{OpenError, Recording};
use crate::report::DecodeReport;

/// Reads a recording from beginning to end and hands out its events in order.
///
/// Damaged files and unreadable messages are in the report.
///
/// # Errors
///
/// [`OpenError`] if the path holds no recording.
pub fn read_events(path: impl AsRef<Path>, mut each: impl FnMut(Stamped<Event>)) -> Result<DecodeReport, OpenError> {
    let mut recording = Recording::open(path)?;
    let mut decoder = Decoder::new(recording.format());
    let mut events = Vec::new();
    loop {
        match recording.next_raw() {
            Ok(Some(raw)) => decoder.decode(raw, &mut events),
            Ok(None) => break,
            Err(damage) => decoder.note_damage(&damage.to_string()),
        }
        events.drain(..).for_each(&mut each);
    }
    decoder.finish(&mut events);
    events.drain(..).for_each(&mut each);
    Ok(decoder.report().clone())
}

/// What a cheap look at a recording tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// What kind of recording it is.
    pub format: Format,
    /// What session it is, if the recording says so near its beginning.
    pub info: Option<SessionInfo>,
    /// True if it has car channels.
    pub has_car_data: bool,
    /// Size on disk.
    pub size_bytes: u64,
}

/// Looks at a recording without reading all of it.
///
/// # Errors
///
/// [`OpenError`] if the path holds no recording.
pub fn probe(path: impl AsRef<Path>) -> Result<Probe, OpenError> {
    crate::recording::probe(path.as_ref())
}

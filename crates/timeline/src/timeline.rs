//! A session as clients may see it: the log with its marks, and the cars' telemetry beside it.

use std::sync::Arc;

use overcut_domain::{CarSample, DriverNumber, PositionSample, SessionTime};
use overcut_track::{Frame, Outline, Telemetry};

use crate::log::coalesced;
use crate::marks::Marks;
use crate::{Entry, Item, Log, Mark};

/// How far behind a client's clock its telemetry frames are, so that one sample after the frame can be used: the feed
/// samples a car every 0.24 s.
pub const LOOK_AHEAD_MS: i64 = 300;

/// Telemetry frames lie on a grid of session time, so that clients with equal clocks share them. 50 Hz.
pub const FRAME_STEP_MS: i64 = 20;

/// A session as clients may see it, moment by moment. It may still grow.
///
/// Entries of the log bear the time at which they became known; samples bear the time at which they were taken, and
/// count as known from then on, although a feed delivers them up to some seconds later.
#[derive(Debug, Default)]
pub struct Timeline {
    log: Log,
    marks: Marks,
    telemetry: Telemetry,
    telemetry_version: u64,
    outline: Option<Arc<Outline>>,
    /// The log whose place this one's took: clients may know that one still.
    replaced: Option<Box<Log>>,
    bounds: Option<(SessionTime, SessionTime)>,
    is_complete: bool,
}

impl Timeline {
    /// An empty timeline.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// Appends a change that became known at `time` and returns its version; `None` if nothing changed by it.
    pub fn append(&mut self, time: SessionTime, item: Item) -> Option<u64> {
        self.advance(time);
        let version = self.log.append(time, item)?;
        if let Some(entry) = self.log.entry(version) {
            self.marks.observe(entry.time, &entry.item, &self.log);
        }
        Some(version)
    }

    /// Says that the session has reached `time`, with or without a change. Never moves back.
    pub fn advance(&mut self, time: SessionTime) {
        let (start, head) = self.bounds.unwrap_or((time, time));
        self.bounds = Some((start, head.max(time)));
    }

    /// Takes car samples in, in any order. They do not move the head.
    pub fn insert_cars(&mut self, samples: &[CarSample]) {
        self.telemetry.insert_cars(samples);
        self.telemetry_version += 1;
    }

    /// Takes position fixes in, in any order. They do not move the head.
    pub fn insert_positions(&mut self, samples: &[PositionSample]) {
        self.telemetry.insert_positions(samples);
        self.telemetry_version += 1;
    }

    /// Takes in where cars without position fixes are thought to be. They do not move the head.
    pub fn insert_estimates(&mut self, samples: &[PositionSample]) {
        self.telemetry.insert_estimates(samples);
        self.telemetry_version += 1;
    }

    /// Takes the telemetry of a whole recording, in place of what there is.
    pub fn set_telemetry(&mut self, telemetry: Telemetry) {
        self.telemetry = telemetry;
        self.telemetry_version += 1;
    }

    /// Every sample, also those after any client's clock: whoever reads it holds back what is later.
    pub fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    /// Changes whenever a telemetry frame may.
    pub fn telemetry_version(&self) -> u64 {
        self.telemetry_version
    }

    /// Takes the outline of the track. It is the same at every moment: a track does not give away a race.
    pub fn set_outline(&mut self, outline: Outline) {
        self.outline = Some(Arc::new(outline));
        self.telemetry_version += 1;
    }

    /// The outline of the track, if it is known.
    pub fn outline(&self) -> Option<&Arc<Outline>> {
        self.outline.as_ref()
    }

    /// Puts a better account of the same session in the place of this one, as after something came late that belongs
    /// before what was already told. Versions go on from here, so that each means one thing; telemetry and map stay unless
    /// the other account has its own.
    pub fn replace(&mut self, other: Timeline) {
        let before = std::mem::replace(self, other);
        self.log.follow_on(&before.log);
        if self.telemetry.first_time().is_none() {
            self.telemetry = before.telemetry;
        }
        self.telemetry_version += before.telemetry_version + 1;
        self.outline = self.outline.take().or(before.outline);
        self.is_complete |= before.is_complete;
        self.replaced = Some(Box::new(before.log));
    }

    /// What a client that knows everything up to `version` must be told to know everything at `time`: the latest entry of
    /// each key that differs, in order of version. `None` if a snapshot must tell it.
    pub fn changes(&self, version: u64, time: SessionTime) -> Option<Vec<&Entry>> {
        if version >= self.log.base() {
            return Some(coalesced(self.since(version, time)));
        }
        let known = self.replaced.as_ref().filter(|known| version >= known.base())?;
        self.log.differences(known, version, time)
    }

    /// The moment of the latest telemetry frame that a clock at `time` may see.
    pub fn frame_time(time: SessionTime) -> SessionTime {
        let latest = (time - LOOK_AHEAD_MS).as_millis();
        SessionTime::from_millis(latest - latest.rem_euclid(FRAME_STEP_MS))
    }

    /// What a car did at the moment of a frame, from samples no later than the clock that may see that frame.
    pub fn frame(&self, driver: DriverNumber, frame_time: SessionTime) -> Option<Frame> {
        let not_after = frame_time + LOOK_AHEAD_MS;
        match &self.outline {
            Some(outline) => self.telemetry.frame_on(outline, driver, frame_time, not_after),
            None => self.telemetry.frame_at(driver, frame_time, not_after),
        }
    }

    /// Says that nothing more will come.
    pub fn complete(&mut self) {
        self.is_complete = true;
    }

    /// True once nothing more will come.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// First moment of the session; its zero while there is nothing.
    pub fn start(&self) -> SessionTime {
        self.bounds.map_or(SessionTime::ZERO, |(start, _)| start)
    }

    /// Last moment the session has reached.
    pub fn head(&self) -> SessionTime {
        self.bounds.map_or(SessionTime::ZERO, |(_, head)| head)
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The latest entry of every key known at `time`, in order of key.
    pub fn snapshot_at(&self, time: SessionTime) -> Vec<&Entry> {
        self.log.snapshot_at(time)
    }

    /// The entries after `version` that are known at `time`, in order.
    pub fn since(&self, version: u64, time: SessionTime) -> &[Entry] {
        self.log.since(version, time)
    }

    /// The version of the last entry known at `time`; 0 if there is none.
    pub fn version_at(&self, time: SessionTime) -> u64 {
        self.log.version_at(time)
    }

    /// The marks known at `time`, in order. A span that is not over by then has no end.
    pub fn marks_at(&self, time: SessionTime) -> Vec<Mark> {
        self.marks.at(time)
    }

    /// Changes whenever [`Timeline::marks_at`] does: the number of marks, of finished spans, and of words about gaps.
    pub fn marks_version_at(&self, time: SessionTime) -> (usize, usize, usize) {
        self.marks.count_at(time)
    }
}

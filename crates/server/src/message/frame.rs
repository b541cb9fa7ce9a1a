//! Telemetry frames, encoded once per moment, format and choice of cars.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::ws::Message;
use overcut_domain::{DriverNumber, SessionTime};
use overcut_timeline::Timeline;
use overcut_track::is_race_car;

use super::{Format, encode};
use crate::{convert, wire};

/// Frames kept: a second for five groups of clients, about 1 MB.
const MAX_FRAMES: usize = 256;

/// Which cars a client wants; all if empty. In order and without repeats, so that equal choices are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Roster(Arc<[DriverNumber]>);

impl Roster {
    pub(crate) fn new(drivers: impl IntoIterator<Item = u16>) -> Roster {
        let mut drivers: Vec<_> = drivers.into_iter().map(DriverNumber).collect();
        drivers.sort();
        drivers.dedup();
        Roster(drivers.into())
    }

    pub(crate) fn drivers(&self) -> &[DriverNumber] {
        &self.0
    }
}

/// What makes two frames the same message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FrameKey {
    time: SessionTime,
    format: Format,
    roster: Roster,
    /// Samples that arrived since may change a frame.
    telemetry_version: u64,
}

/// Encoded telemetry frames.
#[derive(Debug, Default)]
pub(crate) struct FrameCache {
    // A lock for the look-up alone: the frame is made outside it, by whoever wants it first.
    frames: Mutex<Frames>,
}

#[derive(Debug, Default)]
struct Frames {
    by_key: HashMap<FrameKey, Arc<OnceLock<Message>>>,
    /// In order of arrival, to know what to drop.
    keys: std::collections::VecDeque<FrameKey>,
}

impl FrameCache {
    /// The frame at a moment of the grid.
    pub(crate) fn message(&self, format: Format, roster: &Roster, time: SessionTime, timeline: &Timeline) -> Message {
        let telemetry_version = timeline.telemetry_version();
        let key = FrameKey { time, format, roster: roster.clone(), telemetry_version };
        let slot = self.frames.lock().unwrap_or_else(PoisonError::into_inner).slot(key);
        slot.get_or_init(|| encode(format, &frame(roster, time, timeline))).clone()
    }
}

impl Frames {
    fn slot(&mut self, key: FrameKey) -> Arc<OnceLock<Message>> {
        if let Some(slot) = self.by_key.get(&key) {
            return slot.clone();
        }
        if self.keys.len() >= MAX_FRAMES
            && let Some(oldest) = self.keys.pop_front()
        {
            self.by_key.remove(&oldest);
        }
        self.keys.push_back(key.clone());
        self.by_key.entry(key).or_default().clone()
    }
}

/// A telemetry frame.
pub(crate) fn frame(roster: &Roster, time: SessionTime, timeline: &Timeline) -> wire::ServerMessage {
    let car = |driver| Some(convert::car_frame(&timeline.frame(driver, time)?));
    let cars = match roster.drivers() {
        [] => timeline.telemetry().drivers().filter(|driver| is_race_car(*driver)).filter_map(car).collect(),
        drivers => drivers.iter().copied().filter_map(car).collect(),
    };
    wire::ServerMessage::Telemetry { t_ms: convert::millis(time), cars }
}

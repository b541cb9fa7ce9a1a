//! All of a session that is decided before its first event: where every car is when, and who says what when.

use overcut_domain::{Compound, SessionTime, UtcTime};

use crate::race::RaceTrace;

use super::chance::Chance;
use super::config::SessionConfig;
use super::course::Course;
use super::cue::Word;
use super::driven::DrivenLap;
use super::route::Route;

/// One set of tyres and the laps driven on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedStint {
    pub(super) compound: Compound,
    pub(super) is_new: bool,
    /// Laps on the set when it was fitted.
    pub(super) start_laps: u16,
    pub(super) first_lap: u16,
    pub(super) last_lap: u16,
}

/// One visit to the pit lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PlannedStop {
    /// The lap on which the car came in.
    pub(super) lap: u16,
    pub(super) stands_from_s: f64,
    pub(super) stationary_s: f64,
    /// The part of it that is a served penalty.
    pub(super) penalty_s: f64,
}

/// What is decided about one car.
#[derive(Debug, Clone)]
pub(super) struct CarPlan {
    pub(super) route: Route,
    pub(super) laps: Vec<DrivenLap>,
    pub(super) stints: Vec<PlannedStint>,
    pub(super) stops: Vec<PlannedStop>,
    /// When it began to stop for good and when it stood, if it did.
    pub(super) stopped_s: Option<(f64, f64)>,
    /// Where across the track it drives: moments and metres to the left of its line, eased between.
    pub(super) lateral_keys: Vec<(f64, f64)>,
}

/// All of a session.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) config: SessionConfig,
    pub(super) chance: Chance,
    pub(super) course: Course,
    /// By place in [`super::DRIVERS`].
    pub(super) cars: Vec<CarPlan>,
    /// What those who run the session say, by time.
    pub(super) script: Vec<(i64, Word)>,
    /// Cars in the order of the grid; in other sessions, of their garages.
    pub(super) grid: Vec<usize>,
    /// When the session is started for the first time.
    pub(super) start_ms: i64,
    /// When the feed closes.
    pub(super) end_ms: i64,
    /// The classification: cars, best first.
    pub(super) classification: Vec<usize>,
    /// The race, if it is one.
    pub(super) trace: Option<RaceTrace>,
    /// When rain begins and ends.
    pub(super) rain: Vec<(f64, bool)>,
}

impl Plan {
    /// UTC of the session clock's zero: the session starts as planned.
    pub(super) fn utc_of_zero(&self) -> UtcTime {
        UtcTime::from_millis(self.config.starts_at.as_millis() - self.start_ms)
    }

    /// UTC of a session time.
    pub(super) fn utc(&self, at_ms: i64) -> UtcTime {
        UtcTime::from_millis(self.utc_of_zero().as_millis() + at_ms)
    }

    /// Laps that the winner of a race drives.
    pub(super) fn winner_laps(&self) -> u16 {
        self.trace.as_ref().map_or(self.config.n_laps, |trace| trace.n_laps)
    }

    /// True while it rains.
    pub(super) fn is_raining(&self, at_s: f64) -> bool {
        self.rain.iter().rev().find(|(from_s, _)| *from_s <= at_s).is_some_and(|(_, is_raining)| *is_raining)
    }

    /// When the feed closes.
    pub(super) fn end(&self) -> SessionTime {
        SessionTime::from_millis(self.end_ms)
    }
}

//! What is known of a race at the end of a lap.

use overcut_domain::DriverNumber;
use serde::{Deserialize, Serialize};

use super::Form;
use crate::race::{TrackState, Tyre};

/// A race up to some lap. Times are seconds on one clock with any zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaceSoFar {
    /// Racing laps.
    pub n_laps: u16,
    /// Laps the leader has completed; 0 before the start. Laps after it are passed over.
    pub lap: u16,
    /// When the lights went out, if that is known.
    pub start_s: Option<f64>,
    /// The state of the track now.
    pub track: TrackState,
    /// Laps that it has lasted.
    pub track_laps: u16,
    /// Whether it rains now.
    pub is_raining: bool,
    /// The cars that took the start, or are about to.
    pub cars: Vec<CarSoFar>,
}

/// One car up to that lap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarSoFar {
    /// Racing number.
    pub driver: DriverNumber,
    /// Which team, from 0.
    pub team_idx: u8,
    /// Place on the grid, from 1; the pit lane is last.
    pub grid: u8,
    /// Best lap of qualifying over the fastest of all, as a share: 0.01 is one per cent slower.
    pub qualifying_gap: Option<f32>,
    /// Race pace in earlier races.
    pub form: Form,
    /// Failures per lap, if more is known than the usual.
    pub failure_hazard: Option<f32>,
    /// Crashes per lap, if more is known than the usual.
    pub crash_hazard: Option<f32>,
    /// Tyre on the grid, if that is known.
    pub start_tyre: Option<Tyre>,
    /// Completed laps, in order.
    pub laps: Vec<LapSoFar>,
    /// Whether it has stopped for good.
    pub is_retired: bool,
    /// Time penalties still to be served or added.
    pub penalty_s: f32,
}

/// One completed lap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LapSoFar {
    /// Which lap, from 1.
    pub lap: u16,
    /// Lap time; `None` if the feed lacks it.
    pub lap_time_s: Option<f32>,
    /// When it ended.
    pub end_s: f64,
    /// The tyre, if known.
    pub tyre: Option<Tyre>,
    /// Laps on it, this one included.
    pub tyre_age: u16,
    /// True if the lap ended in the pit lane.
    pub is_in_lap: bool,
    /// True if the lap began in the pit lane.
    pub is_out_lap: bool,
    /// The state of the track: the worst during the lap.
    pub track: TrackState,
}

impl RaceSoFar {
    /// The laps of a car up to [`RaceSoFar::lap`].
    pub(super) fn laps_of<'a>(&self, car: &'a CarSoFar) -> &'a [LapSoFar] {
        &car.laps[..car.laps.partition_point(|lap| lap.lap <= self.lap)]
    }
}

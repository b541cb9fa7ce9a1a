//! A race at the end of a lap: what a simulation starts from.

use serde::{Deserialize, Serialize};

use super::{Plan, Tyre};

/// A race after `lap` laps of the leader; 0 is the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaceState {
    /// Laps the leader has completed.
    pub lap: u16,
    /// The state of the track.
    pub track: TrackState,
    /// Laps that state has lasted.
    pub track_laps: u16,
    /// True while it rains.
    pub is_raining: bool,
    /// How wet the track is, 0–1.
    pub wetness: f32,
    /// The cars, in the order of [`super::RaceModel::cars`].
    pub cars: Vec<CarState>,
}

/// The state of the track as a simulation distinguishes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackState {
    /// Racing.
    #[default]
    Green,
    /// Virtual safety car.
    VirtualSafetyCar,
    /// Safety car.
    SafetyCar,
    /// Stopped.
    Red,
}

/// One car after that lap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarState {
    /// Place; on lap 0 the place on the grid.
    pub position: u8,
    /// Race time since the lights at which it completes its own lap of that number. A lapped car's is projected.
    pub time_s: f32,
    /// The tyres on the car.
    pub tyre: Tyre,
    /// Laps on them.
    pub tyre_age: u16,
    /// Every kind used so far, that one included, as bits by [`Tyre::index`].
    pub used: u8,
    /// Stops made.
    pub n_stops: u8,
    /// Time penalties still to be served or added.
    pub penalty_s: f32,
    /// Whether it still runs.
    pub status: Status,
    /// What its team intends, if that is known; otherwise the policy makes up its mind.
    pub plan: Option<Plan>,
}

/// Whether a car still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It runs.
    #[default]
    Running,
    /// It is out, after this many completed laps.
    Retired {
        /// Laps completed.
        lap: u16,
    },
}

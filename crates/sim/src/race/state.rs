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
    /// Race time since the lights, time under red flags apart, at which it completed the last lap it has completed. Of
    /// no matter on lap 0.
    pub time_s: f32,
    /// Laps it is down: it has completed that many fewer than the leader. If that is not known (`None`), `time_s` is
    /// projected to the leader's lap, and laps are taken off until it is less than one behind.
    #[serde(default)]
    pub n_laps_down: Option<u8>,
    /// The tyres on the car.
    pub tyre: Tyre,
    /// Laps on them.
    pub tyre_age: u16,
    /// Every kind used so far, that one included, as bits by [`Tyre::index`].
    pub used: u8,
    /// Changes of tyres so far, those under red flags included.
    pub n_stops: u8,
    /// Time that a stop at the end of this lap will still cost on the way out.
    #[serde(default)]
    pub out_lap_loss_s: f32,
    /// Time it will lose on its next lap because it has just been lapped or has lapped others.
    #[serde(default)]
    pub carried_s: f32,
    /// Its fastest lap so far; 0 if there is none.
    #[serde(default)]
    pub best_lap_s: f32,
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

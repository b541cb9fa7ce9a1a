//! One run in full: every lap of every car and everything that happened, for plots and for the synthetic Grand Prix.

use serde::{Deserialize, Serialize};

use super::{TrackState, Tyre};

/// One run of a race.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaceTrace {
    /// Laps the winner drove.
    pub n_laps: u16,
    /// The cars, in the order of [`super::RaceModel::cars`].
    pub cars: Vec<CarTrace>,
    /// What happened, by time.
    pub events: Vec<RaceEvent>,
    /// Wetness and rain at the end of each lap of the leader, from the grid on.
    pub weather: Vec<(f32, bool)>,
    /// The classification, winner first, every car in it.
    pub classification: Vec<ClassifiedCar>,
}

/// One car's run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarTrace {
    /// Place on the grid.
    pub grid: u8,
    /// Tyre on the grid.
    pub start_tyre: Tyre,
    /// Laps completed, in order. A lapped car has fewer.
    pub laps: Vec<LapRecord>,
    /// Why and where it stopped, if it did.
    pub retirement: Option<Retirement>,
}

/// One completed lap. Its time equals the difference of the ends of it and of the lap before, stops included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LapRecord {
    /// Lap time; the first counts from the lights.
    pub lap_time_s: f32,
    /// Race time since the lights at its end.
    pub end_s: f64,
    /// Place at its end.
    pub position: u8,
    /// The tyre it was driven on.
    pub tyre: Tyre,
    /// Laps on that tyre at the end of it.
    pub tyre_age: u16,
    /// The stop at the end of this lap; its in-lap loss is in this lap's time, the rest in the next one's.
    pub pit: Option<PitRecord>,
    /// Time lost to a mistake.
    pub mistake_s: f32,
    /// Time lost to the car ahead.
    pub traffic_s: f32,
    /// The state of the track for most of it.
    pub track: TrackState,
}

/// One stop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PitRecord {
    /// What it cost against staying out, standing still included.
    pub loss_s: f32,
    /// Time standing still, waiting and penalties included.
    pub stationary_s: f32,
    /// The part of that which is a served penalty.
    pub penalty_s: f32,
    /// The tyre fitted.
    pub tyre: Tyre,
    /// True if the stop was made while the race was stopped.
    pub is_under_red: bool,
}

/// Why a car stopped for good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Retirement {
    /// The lap it did not complete.
    pub lap: u16,
    /// How far round that lap, 0–1.
    pub fraction: f32,
    /// Race time since the lights.
    pub at_s: f64,
    /// Why.
    pub cause: RetirementCause,
}

/// Why a car stopped for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetirementCause {
    /// Something broke.
    Failure,
    /// It hit something.
    Crash,
}

/// Something that happened in a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaceEvent {
    /// The track changed to this state.
    Track {
        /// Race time since the lights.
        at_s: f64,
        /// The leader's lap.
        lap: u16,
        /// The new state.
        track: TrackState,
    },
    /// A car passed another on track.
    Overtake {
        /// Race time at the end of the lap on which it did.
        at_s: f64,
        /// That lap.
        lap: u16,
        /// Which car passed, by its place in the model.
        car_idx: u8,
        /// Which car was passed.
        passed_idx: u8,
    },
    /// A car got a time penalty.
    Penalty {
        /// Race time.
        at_s: f64,
        /// The car's lap.
        lap: u16,
        /// Which car.
        car_idx: u8,
        /// How long.
        seconds: f32,
    },
    /// A car stopped for good: see its [`Retirement`].
    Retired {
        /// Race time.
        at_s: f64,
        /// The car's lap.
        lap: u16,
        /// Which car.
        car_idx: u8,
    },
    /// It began or stopped to rain.
    Rain {
        /// Race time.
        at_s: f64,
        /// The leader's lap.
        lap: u16,
        /// True if it began.
        begins: bool,
    },
}

/// One line of the classification.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassifiedCar {
    /// Which car, by its place in the model.
    pub car_idx: u8,
    /// Laps completed.
    pub n_laps: u16,
    /// Race time with penalties; a retired car's is when it stopped.
    pub time_s: f64,
    /// Penalty added after the flag.
    pub penalty_s: f32,
    /// Points.
    pub points: f32,
}

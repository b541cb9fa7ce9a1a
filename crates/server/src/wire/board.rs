//! The timing screen: a row a car, and the cells of a row.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::session::{Session, Track, Weather};

/// How a time ranks: shown plain, green (personal best) or purple (best of the session).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// No improvement.
    Plain,
    /// Personal best.
    Green,
    /// Best of the session.
    Purple,
}

/// A distance to another car. Exactly one member is set, or none if unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Gap {
    /// Milliseconds behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ms: Option<u32>,
    /// Whole laps behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub laps: Option<u16>,
    /// This car leads, on this lap.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub leader_lap: Option<u16>,
}

/// A time and its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct TimeCell {
    /// Milliseconds.
    pub ms: Option<u32>,
    /// How it ranks.
    pub colour: Colour,
}

/// One sector of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Sector {
    /// Milliseconds.
    pub ms: Option<u32>,
    /// How it ranks.
    pub colour: Colour,
    /// True while the time is that of the lap before.
    pub is_stale: bool,
    /// Mini-sectors, one letter each: `.` not driven, `y` yellow, `g` green, `p` purple, `b` pit lane, `?` unknown.
    pub segments: String,
}

/// A trap speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Speed {
    /// km/h.
    pub kmh: Option<u16>,
    /// How it ranks.
    pub colour: Colour,
}

/// A car's result in one qualifying part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Part {
    /// Best lap, milliseconds.
    pub best_ms: Option<u32>,
    /// Behind the fastest of the part.
    pub gap: Option<Gap>,
}

/// What the stewards have said about a car.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Stewards {
    /// Incidents noted or under investigation, not yet decided.
    pub n_under_investigation: u8,
    /// Time penalties not yet served, seconds.
    pub penalty_s: u16,
    /// Another pending penalty, in race control's words; empty if none.
    pub other_penalty: String,
    /// Laps deleted so far.
    pub n_deleted_laps: u8,
    /// True once the black-and-white flag was shown.
    pub is_warned: bool,
}

/// One car's row on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Car {
    /// Racing number.
    pub driver: u16,
    /// Place, from 1.
    pub position: Option<u8>,
    /// Place on the grid.
    pub grid_position: Option<u8>,
    /// Gap to the leader.
    pub gap: Option<Gap>,
    /// Interval to the car ahead.
    pub interval: Option<Gap>,
    /// True while the interval shrinks.
    pub is_catching: bool,
    /// The lap the car is on.
    pub lap: u16,
    /// Last lap.
    pub last_lap: TimeCell,
    /// Best lap.
    pub best_lap: TimeCell,
    /// The lap on which the best was driven.
    pub best_lap_number: Option<u16>,
    /// Sectors.
    #[ts(type = "[Sector, Sector, Sector]")]
    pub sectors: [Sector; 3],
    /// Trap speeds: I1, I2, finish line, speed trap.
    #[ts(type = "[Speed, Speed, Speed, Speed]")]
    pub speeds: [Speed; 4],
    /// Compound, such as `SOFT`; `null` if unknown.
    pub compound: Option<String>,
    /// Age of the tyres, laps.
    pub tyre_age: Option<u16>,
    /// True if the set was new when fitted.
    pub fresh_tyre: Option<bool>,
    /// Stint, from 1.
    pub stint: u8,
    /// Pit stops.
    pub n_pit_stops: u8,
    /// `on_track`, `in_pit`, `out_lap`, `stopped`, `retired`, `knocked_out` or `finished`.
    pub status: String,
    /// In the drop zone of the running qualifying part.
    pub in_drop_zone: bool,
    /// Q1 to Q3; empty outside qualifying.
    pub parts: Vec<Part>,
    /// What the stewards have said.
    pub stewards: Stewards,
}

/// The board at one moment: `/api/v1/sessions/{id}/board?t_ms=`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Board {
    /// The moment.
    pub t_ms: i32,
    /// The session.
    pub session: Session,
    /// The track.
    pub track: Track,
    /// The weather.
    pub weather: Option<Weather>,
    /// Rows in order of position; cars without one last.
    pub cars: Vec<Car>,
}

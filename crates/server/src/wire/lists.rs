//! What is kept of a session once it has happened: laps, runs, stops, messages, alerts, radio.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use super::board::Colour;

/// One lap of one car.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Lap {
    /// Racing number.
    pub driver: u16,
    /// Lap, from 1.
    pub number: u16,
    /// When it began.
    pub started_at_ms: Option<i32>,
    /// When the car crossed the line; `null` while it runs.
    pub ended_at_ms: Option<i32>,
    /// Lap time.
    pub time_ms: Option<u32>,
    /// How it ranked when it was set.
    pub colour: Colour,
    /// Sector times.
    pub sectors_ms: [Option<u32>; 3],
    /// How each ranked when it was set.
    pub sector_colours: [Colour; 3],
    /// Trap speeds I1, I2, finish line, speed trap, km/h.
    pub speeds_kmh: [Option<u16>; 4],
    /// Compound.
    pub compound: Option<String>,
    /// Age of the tyres at the end of the lap, laps.
    pub tyre_life: Option<u16>,
    /// True if the set was new when fitted.
    pub fresh_tyre: Option<bool>,
    /// Stint, from 1.
    pub stint: Option<u8>,
    /// Place when the lap ended; races only.
    pub position: Option<u8>,
    /// Gap to the leader when the lap ended; races only.
    pub gap_to_leader_ms: Option<u32>,
    /// When the car entered the pit lane.
    pub pit_in_at_ms: Option<i32>,
    /// When the car left the pit lane.
    pub pit_out_at_ms: Option<i32>,
    /// Track status codes met, such as `124`: 1 clear, 2 yellow, 4 SC, 5 red, 6 VSC, 7 VSC ending.
    pub track_status: String,
    /// Qualifying part.
    pub part: Option<u8>,
    /// True if the time was struck off.
    pub deleted: bool,
    /// Why.
    pub deleted_reason: String,
    /// True if it was this car's best so far.
    pub is_personal_best: bool,
    /// True if the time may be compared.
    pub is_accurate: bool,
}

/// One run on one set of tyres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Stint {
    /// Racing number.
    pub driver: u16,
    /// Stint, from 1.
    pub number: u8,
    /// Compound.
    pub compound: String,
    /// True if the set was new when fitted.
    pub fresh: Option<bool>,
    /// First lap.
    pub first_lap: u16,
    /// Last lap so far.
    pub last_lap: u16,
    /// Laps the set had when fitted.
    pub age_at_start: u16,
    /// Best lap.
    pub best_ms: Option<u32>,
    /// True once another set is on.
    pub is_over: bool,
}

/// One visit to the pit lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct PitStop {
    /// Racing number.
    pub driver: u16,
    /// Visit, from 1.
    pub number: u8,
    /// Lap on which the car came in.
    pub lap: u16,
    /// When it entered the lane.
    pub entered_at_ms: Option<i32>,
    /// When it left the lane.
    pub left_at_ms: Option<i32>,
    /// Entry to exit.
    pub lane_ms: Option<u32>,
    /// Standing still.
    pub stop_ms: Option<u32>,
    /// Compound before.
    pub from: Option<String>,
    /// Compound after.
    pub to: Option<String>,
    /// Track status on entry.
    pub track_status: String,
}

/// One message of race control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RaceControl {
    /// Place in the session's list.
    pub index: u16,
    /// When it became known.
    pub t_ms: i32,
    /// When race control issued it, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub utc_ms: Option<i64>,
    /// The leader's lap.
    pub lap: Option<u16>,
    /// `flag`, `safety_car`, `drs`, `car_event`, `session_status` or `other`.
    pub category: String,
    /// `green`, `clear`, `yellow`, `double_yellow`, `red`, `blue`, `chequered`, `black_and_white`, …
    pub flag: Option<String>,
    /// Marshal sector of the flag.
    pub sector: Option<u8>,
    /// The car it is about.
    pub driver: Option<u16>,
    /// Every car the text names.
    pub drivers: Vec<u16>,
    /// The text, as issued.
    pub text: String,
}

/// A figure that speaks for an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Evidence {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub value: f32,
    /// What it was held against.
    pub reference: f32,
    /// Unit of both.
    pub unit: String,
}

/// An anomaly on one car.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Alert {
    /// Place in the session's list.
    pub index: u16,
    /// `engine_over_rev`, `drs_open_out_of_zone`, `drs_open_under_braking`, `lock_up`, `sensor_stuck`,
    /// `sensor_drop_out`, `power_loss`, `slow_puncture` or `tyre_cliff`.
    pub kind: String,
    /// Racing number.
    pub driver: u16,
    /// Lap.
    pub lap: Option<u16>,
    /// When it was concluded.
    pub t_ms: i32,
    /// When it began.
    pub started_at_ms: i32,
    /// When it was worst.
    pub peak_at_ms: i32,
    /// When it ended.
    pub ended_at_ms: Option<i32>,
    /// Where it was worst, metres from the line.
    pub distance_m: Option<f32>,
    /// The figures.
    pub evidence: Vec<Evidence>,
    /// How sure, 0–1.
    pub confidence: f32,
    /// One line for people.
    pub text: String,
}

/// A radio recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Radio {
    /// Place in the session's list.
    pub index: u16,
    /// When it became known.
    pub t_ms: i32,
    /// Racing number.
    pub driver: u16,
    /// Path below the session's folder in the publisher's archive.
    pub path: String,
}

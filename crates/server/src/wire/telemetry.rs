//! Samples of cars: frames, windows, and the latest of each.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// One car in a telemetry frame, as an array to be short:
/// `[driver, x_dm, y_dm, speed_kmh, rpm, gear, throttle, brake, drs, lap_distance_m, flags]`.
///
/// Absent values are `null`. `drs`: 0 closed, 1 eligible, 2 open. `flags` bit 0: car channels measured at this moment
/// (else estimated); bit 1: position measured; bit 2: position is old (no fix for over a second); bit 3: off track; bit 4:
/// position concluded from the timing screen, because the session has no fixes now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct CarFrame(
    pub u16,
    pub Option<i32>,
    pub Option<i32>,
    pub Option<u16>,
    pub Option<u16>,
    pub Option<i8>,
    pub Option<u8>,
    pub Option<u8>,
    pub Option<u8>,
    pub Option<f32>,
    pub u8,
);

/// One reading of a car's channels, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct CarSample {
    /// When the car was sampled.
    pub t_ms: i32,
    /// km/h.
    pub speed_kmh: Option<u16>,
    /// 1/min.
    pub rpm: Option<u16>,
    /// Gear.
    pub gear: Option<i8>,
    /// 0–100 %.
    pub throttle_percent: Option<u8>,
    /// 0–100 %.
    pub brake_percent: Option<u8>,
    /// 0 closed, 1 eligible, 2 open.
    pub drs: Option<u8>,
}

/// One position fix, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct PositionSample {
    /// When the position was taken.
    pub t_ms: i32,
    /// East, decimetres.
    pub x_dm: i32,
    /// North, decimetres.
    pub y_dm: i32,
    /// Height, decimetres.
    pub z_dm: i32,
    /// False when the feed says that the car is off the track.
    pub on_track: bool,
}

/// The samples of one car in a window of time: `/api/v1/sessions/{id}/telemetry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct TelemetryWindow {
    /// Racing number.
    pub driver: u16,
    /// First moment of the window.
    pub from_ms: i32,
    /// The moment before which it ends.
    pub to_ms: i32,
    /// Readings of the car's channels, in order of time.
    pub cars: Vec<CarSample>,
    /// Position fixes, in order of time.
    pub positions: Vec<PositionSample>,
}

/// Latest sample of one car: `/api/v1/telemetry/live`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct LiveSample {
    /// Racing number.
    pub driver: u16,
    /// Three letters.
    pub tla: String,
    /// When it was measured.
    pub t_ms: i32,
    /// How old it is at the session's clock, milliseconds.
    pub age_ms: i32,
    /// Where it comes from, such as `archive`.
    pub source: String,
    /// True if measured at `t_ms`, false if estimated.
    pub is_measured: bool,
    /// km/h.
    pub speed_kmh: Option<u16>,
    /// 1/min.
    pub rpm: Option<u16>,
    /// Gear.
    pub gear: Option<i8>,
    /// 0–100 %.
    pub throttle_percent: Option<u8>,
    /// 0–100 %.
    pub brake_percent: Option<u8>,
    /// 0 closed, 1 eligible, 2 open.
    pub drs: Option<u8>,
    /// Decimetres.
    pub x_dm: Option<i32>,
    /// Decimetres.
    pub y_dm: Option<i32>,
}

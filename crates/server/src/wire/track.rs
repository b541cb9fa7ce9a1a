//! The map of a track, laps on distance, and what one lap loses to another.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A corner of the track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Corner {
    /// Number as painted.
    pub number: u8,
    /// Letter after the number; usually empty.
    pub letter: String,
    /// Where, decimetres.
    pub x_dm: f32,
    /// Where, decimetres.
    pub y_dm: f32,
    /// Metres from the start line.
    pub distance_m: f32,
}

/// The map of a session's track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct TrackMap {
    /// The centre line as driven, one lap from the start line: x and y in decimetres, in pairs.
    pub points_dm: Vec<[f32; 2]>,
    /// Metres from the start line of each point.
    pub distances_m: Vec<f32>,
    /// Length of a lap, metres.
    pub length_m: f32,
    /// How far to turn the picture counter-clockwise for the usual view, degrees.
    pub rotation_deg: f32,
    /// Corners in driving order; empty if none could be found.
    pub corners: Vec<Corner>,
    /// The pit lane as driven, decimetres; empty if nobody drove it.
    pub pit_lane_dm: Vec<[f32; 2]>,
    /// Where each marshal sector begins, metres from the start line, sector 1 first; empty if unknown.
    pub marshal_sectors_m: Vec<f32>,
    /// Where timing sectors 1 and 2 end, metres from the start line; empty if unknown.
    pub sectors_m: Vec<f32>,
    /// `circuit_file`, `derived` (from the session's own laps) or `designed` (a circuit of our own).
    pub origin: String,
}

/// One lap's channels on distance. All arrays have one element per step, the first at the start line; a channel without
/// any value in the lap is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Trace {
    /// Racing number.
    pub driver: u16,
    /// Lap.
    pub lap: u16,
    /// Lap time as timed, milliseconds.
    pub time_ms: Option<u32>,
    /// Metres between elements.
    pub step_m: f32,
    /// Seconds since the start of the lap.
    pub elapsed_s: Vec<f32>,
    /// km/h.
    pub speed_kmh: Vec<f32>,
    /// 0–100 %.
    pub throttle_percent: Vec<f32>,
    /// 0–100 %.
    pub brake_percent: Vec<f32>,
    /// Gear.
    pub gear: Vec<i8>,
    /// 1/min.
    pub rpm: Vec<f32>,
    /// 0 closed, 1 eligible, 2 open; `null` if the season has no such channel.
    pub drs: Option<Vec<u8>>,
    /// Decimetres; empty without positions.
    pub x_dm: Vec<f32>,
    /// Decimetres; empty without positions.
    pub y_dm: Vec<f32>,
    /// Mean time between measured samples of this lap, milliseconds.
    pub sample_interval_ms: f32,
}

/// What one corner or straight costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SectionDelta {
    /// Name, such as `T9` or `T9–T10` for the straight between them.
    pub name: String,
    /// True for a corner, false for a straight.
    pub is_corner: bool,
    /// Where it begins, metres.
    pub from_m: f32,
    /// Where it ends, metres.
    pub to_m: f32,
    /// Slowest speed of lap `a` and `b`, km/h.
    pub min_speed_kmh: [Option<f32>; 2],
    /// Time lost by `b` to `a` in it, seconds; negative if gained. The sections sum up to the difference of lap times.
    pub delta_s: f32,
}

/// Two laps aligned by distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Comparison {
    /// The reference.
    pub a: Trace,
    /// The lap held against it, on the same steps.
    pub b: Trace,
    /// Seconds that `b` is behind `a` at each step; negative if ahead. The last one is the difference of lap times.
    pub delta_s: Vec<f32>,
    /// Corner by corner.
    pub sections: Vec<SectionDelta>,
}

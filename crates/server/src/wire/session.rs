//! A session as a whole: what it is, who takes part, the track and the weather.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A recording in the data folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SessionSummary {
    /// Key of the session in every path of this API.
    pub id: String,
    /// Name of the weekend, such as `Chinese Grand Prix`.
    pub meeting: String,
    /// Name of the session, such as `Sprint`.
    pub name: String,
    /// `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
    pub kind: String,
    /// Year.
    pub season: Option<u16>,
    /// Circuit.
    pub circuit: String,
    /// Country.
    pub country: String,
    /// Planned start, ISO 8601 UTC.
    pub starts_at: Option<String>,
    /// Format of the recording, such as `archive` or `mcap`.
    pub format: String,
    /// True if it has car telemetry.
    pub has_car_data: Option<bool>,
    /// Size on disk, bytes.
    #[ts(type = "number")]
    pub size_bytes: u64,
}

/// The session as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Session {
    /// Name of the weekend.
    pub meeting: String,
    /// Name of the session.
    pub name: String,
    /// `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
    pub kind: String,
    /// Circuit.
    pub circuit: String,
    /// Country.
    pub country: String,
    /// Year.
    pub season: Option<u16>,
    /// `inactive`, `started`, `aborted`, `finished`, `finalised` or `ends`.
    pub status: String,
    /// When it was first started.
    pub started_at_ms: Option<i32>,
    /// Running qualifying part, 1–3.
    pub part: Option<u8>,
    /// Cars that may take part in each qualifying part.
    pub n_entries: Vec<u8>,
    /// The leader's lap.
    pub lap: Option<u16>,
    /// Laps in the race.
    pub n_laps: Option<u16>,
    /// Time left at `clock_at_ms`.
    pub clock_remaining_ms: Option<u32>,
    /// The moment at which that was so.
    pub clock_at_ms: Option<i32>,
    /// True while the clock runs down.
    pub clock_is_running: bool,
    /// UTC of the session clock's zero, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub utc_of_zero_ms: Option<i64>,
    /// Local time at the track less UTC, in seconds.
    pub utc_offset_s: Option<i32>,
}

/// A session and how far it goes: `/api/v1/sessions/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SessionDetail {
    /// The recording.
    pub summary: SessionSummary,
    /// First moment.
    pub start_ms: i32,
    /// Last moment available now.
    pub head_ms: i32,
    /// Where clients are that follow without delay.
    pub house_ms: i32,
    /// True while the head grows.
    pub is_live: bool,
    /// Changes in the log up to the head.
    #[ts(type = "number")]
    pub version: u64,
}

/// A marshal sector under yellow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct YellowSector {
    /// Marshal sector, from 1.
    pub sector: u8,
    /// True for double yellow.
    pub is_double: bool,
}

/// The track as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Track {
    /// `clear`, `yellow`, `safety_car`, `red`, `virtual_safety_car` or `virtual_safety_car_ending`.
    pub status: String,
    /// Since when.
    pub since_ms: i32,
    /// Marshal sectors under yellow.
    pub yellow_sectors: Vec<YellowSector>,
    /// DRS (overtake mode from 2026) enabled.
    pub overtaking_aid: Option<bool>,
}

/// A reading of the weather station.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Weather {
    /// Air temperature, °C.
    pub air_temperature_c: Option<f32>,
    /// Track temperature, °C.
    pub track_temperature_c: Option<f32>,
    /// Relative humidity, %.
    pub humidity_percent: Option<f32>,
    /// Air pressure, mbar.
    pub pressure_mbar: Option<f32>,
    /// True while it rains.
    pub is_raining: Option<bool>,
    /// Where the wind comes from, degrees.
    pub wind_direction_deg: Option<u16>,
    /// Wind speed, m/s.
    pub wind_speed_mps: Option<f32>,
}

/// A reading of the weather station and when it came: `/api/v1/sessions/{id}/weather`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WeatherReading {
    /// When it became known.
    pub t_ms: i32,
    /// The reading.
    pub weather: Weather,
}

/// An entry of the entry list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Driver {
    /// Racing number.
    pub driver: u16,
    /// Three letters.
    pub tla: String,
    /// First and last name.
    pub full_name: String,
    /// Team.
    pub team: String,
    /// Team colour, six hexadecimal digits without `#`; empty if unknown.
    pub team_colour: String,
}

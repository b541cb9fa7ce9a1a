//! Where values come from and how fresh they are, and what is forecast.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Where the values of one feed come from, and how fresh they are, from `t_ms` on until the next word about it.
///
/// Only a live session, or the recording of one, has feed states: an archived session is one source, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FeedState {
    /// `session`, `timing`, `tyres`, `race_control`, `weather`, `cars`, `positions`, `pit_stops` or `extras`.
    pub feed: String,
    /// `signalr`, `archive`, `openf1`, `open_meteo` or `estimate`; `null` if from nowhere.
    pub source: Option<String>,
    /// `live`: as fresh as its best source can be. `late`: from a slower source, or behind its usual age. `estimated`:
    /// concluded from other feeds. `missing`: not there, last values stand.
    pub liveness: String,
    /// How old values of this source usually are when they arrive.
    pub delay_ms: Option<u32>,
    /// When something last came.
    pub last_at_ms: Option<i32>,
    /// Why it is not live, in words for a person; empty if it is.
    pub reason: String,
    /// When this became known.
    pub t_ms: i32,
}

/// A time in which some feeds came from nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FeedGap {
    /// Which gap of the session, from 0 in the order of beginning.
    pub index: u16,
    /// The feeds that were missing, named as in [`FeedState`].
    pub feeds: Vec<String>,
    /// The last moment before it.
    pub from_ms: i32,
    /// The first moment after it; `null` while it lasts.
    pub to_ms: Option<i32>,
    /// Which source gave afterwards what was missed; `null` if nothing did.
    pub filled_by: Option<String>,
    /// Why, in words for a person.
    pub reason: String,
    /// When this became known.
    pub t_ms: i32,
}

/// One step of a forecast. What the forecaster does not say is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ForecastStep {
    /// The moment it is for, milliseconds since 1970. Rain and its probability are of the span that ends then.
    #[ts(type = "number")]
    pub utc_ms: i64,
    /// Air temperature two metres above the ground, °C.
    pub air_temperature_c: Option<f32>,
    /// Rain, showers and snow in the step, mm.
    pub precipitation_mm: Option<f32>,
    /// Probability of more than 0.1 mm, %.
    pub precipitation_percent: Option<u8>,
    /// Cloud cover, %.
    pub cloud_percent: Option<u8>,
    /// Wind ten metres above the ground, m/s.
    pub wind_speed_mps: Option<f32>,
    /// Where the wind comes from, degrees from north.
    pub wind_direction_deg: Option<u16>,
    /// Weather as the WMO's code 4677 has it.
    pub weather_code: Option<u8>,
}

/// A weather forecast for the circuit: `/api/v1/sessions/{id}/forecast`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Forecast {
    /// Whose data this is, to be shown wherever the forecast is: the licence demands it.
    pub attribution: String,
    /// What the attribution links to.
    pub attribution_url: String,
    /// The licence of the data.
    pub licence: String,
    /// When it was fetched, milliseconds since 1970.
    #[ts(type = "number")]
    pub fetched_utc_ms: i64,
    /// In order of time.
    pub steps: Vec<ForecastStep>,
}

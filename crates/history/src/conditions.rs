//! Weather and track status of races, on the same session clock as their laps.

use serde::Deserialize;

use crate::cell::{finite, flag, number};

/// One sample of the weather; about one a minute.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct WeatherRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Session clock.
    #[serde(deserialize_with = "finite")]
    pub time_s: f64,
    /// Air temperature.
    #[serde(deserialize_with = "number")]
    pub air_temp_c: Option<f64>,
    /// Track temperature.
    #[serde(deserialize_with = "number")]
    pub track_temp_c: Option<f64>,
    /// Whether it rained anywhere on the circuit.
    #[serde(deserialize_with = "flag")]
    pub rainfall: Option<bool>,
}

/// The state of the track, from here on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TrackStatusRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Session clock.
    #[serde(deserialize_with = "finite")]
    pub time_s: f64,
    /// Code as the feed sends it: 1 green, 2 yellow, 4 safety car, 5 red, 6 virtual safety car, 7 its end.
    pub status: u8,
}

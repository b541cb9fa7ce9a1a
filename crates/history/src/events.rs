//! Safety cars, virtual safety cars and red flags, named by the race's title and year.

use serde::Deserialize;

use crate::cell::{number, whole};

/// One deployment of the safety car.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SafetyCarRow {
    /// Season.
    pub season: u16,
    /// Race, such as `2024 Italian Grand Prix`.
    pub race: String,
    /// Why, in words.
    pub cause: Option<String>,
    /// Lap on which it came out.
    #[serde(deserialize_with = "whole")]
    pub deployed: Option<u16>,
    /// Lap on which it came in.
    #[serde(deserialize_with = "number")]
    pub retreated: Option<f64>,
    /// Whole laps behind it.
    #[serde(rename = "fulllaps", deserialize_with = "whole")]
    pub full_laps: Option<u16>,
}

/// One lap of a race under a virtual safety car; an estimate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct VirtualSafetyCarRow {
    /// Season.
    pub season: u16,
    /// Race, such as `2024 Italian Grand Prix`.
    pub race: String,
    /// The lap.
    pub lap: u16,
}

/// One stop of a race.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RedFlagRow {
    /// Season.
    pub season: u16,
    /// Race, such as `2021 Italian Grand Prix`.
    pub race: String,
    /// The lap on which it was stopped.
    #[serde(deserialize_with = "whole")]
    pub lap: Option<u16>,
    /// `S` restarted from the beginning, `R` resumed, `N` not resumed, `Y` where the list does not tell which.
    pub resumed: String,
    /// What had happened.
    pub incident: Option<String>,
}

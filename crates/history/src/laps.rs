//! Laps of a race, from the public live timing, and the compounds brought to it.

use overcut_domain::{Compound, DriverNumber};
use serde::Deserialize;

use crate::cell::{compound, driver, finite, flag, number, whole};

/// One lap of one car. The last one of a car that retires on track is there too, without a lap time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LapRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Three letters.
    pub driver: String,
    /// Racing number.
    #[serde(deserialize_with = "driver")]
    pub number: DriverNumber,
    /// Team as the feed names it.
    pub team: String,
    /// Which lap, from 1.
    pub lap: u16,
    /// Place at its end.
    #[serde(deserialize_with = "whole")]
    pub position: Option<u16>,
    /// Lap time. The first lap lacks one in most seasons.
    #[serde(deserialize_with = "number")]
    pub lap_time_s: Option<f64>,
    /// Session clock at its end.
    #[serde(deserialize_with = "finite")]
    pub time_s: f64,
    /// First sector; not before 2023.
    #[serde(default, deserialize_with = "number")]
    pub s1_s: Option<f64>,
    /// Second sector; not before 2023.
    #[serde(default, deserialize_with = "number")]
    pub s2_s: Option<f64>,
    /// Third sector; not before 2023.
    #[serde(default, deserialize_with = "number")]
    pub s3_s: Option<f64>,
    /// Which stint, from 1.
    #[serde(deserialize_with = "whole")]
    pub stint: Option<u16>,
    /// Compound, by its colour of the day.
    #[serde(deserialize_with = "compound")]
    pub compound: Compound,
    /// Laps on the set, this one included.
    #[serde(deserialize_with = "whole")]
    pub tyre_life: Option<u16>,
    /// Whether the set was new when it was fitted.
    #[serde(deserialize_with = "flag")]
    pub fresh_tyre: Option<bool>,
    /// Session clock at the exit of the pit lane, on an out-lap.
    #[serde(deserialize_with = "number")]
    pub pit_out_s: Option<f64>,
    /// Session clock at the entry of the pit lane, on an in-lap.
    #[serde(deserialize_with = "number")]
    pub pit_in_s: Option<f64>,
    /// Codes of the states of the track seen during the lap: 1 green, 2 yellow, 4 safety car, 5 red, 6 and 7 virtual.
    #[serde(default)]
    pub track_status: String,
    /// Whether the times passed the source's own check; never on laps into or out of the lane.
    #[serde(deserialize_with = "flag")]
    pub is_accurate: Option<bool>,
    /// Whether the time was struck off; not before 2023.
    #[serde(default, deserialize_with = "flag")]
    pub deleted: Option<bool>,
}

/// The three dry compounds brought to a race: hardest first from 2019 on, softest first in 2018.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CompoundSelectionRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// First, as its maker names it, such as `C2`.
    pub c1: String,
    /// Second.
    pub c2: String,
    /// Third.
    pub c3: String,
}

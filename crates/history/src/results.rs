//! Races, results, qualifying, grids and pit stops, from f1db.

use overcut_domain::DriverNumber;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use crate::cell::{driver_if_known, finite, number, whole};

/// One Grand Prix.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RaceRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Date, `2024-03-02`.
    pub date: String,
    /// Which Grand Prix, such as `italy`.
    pub grand_prix_id: String,
    /// Which circuit, such as `monza`.
    pub circuit_id: String,
    /// Which layout of it, such as `monza-7`.
    pub circuit_layout_id: String,
    /// `RACE`, `STREET` or `ROAD`.
    pub circuit_type: String,
    /// Length of a lap.
    #[serde(deserialize_with = "finite")]
    pub course_length_km: f64,
    /// Laps that the winner drove.
    #[serde(deserialize_with = "whole")]
    pub laps: Option<u16>,
    /// Laps that were planned, where that differs.
    #[serde(default, deserialize_with = "whole")]
    pub scheduled_laps: Option<u16>,
}

/// The name of a Grand Prix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GrandPrixRow {
    /// Which one, such as `italy`.
    pub id: String,
    /// Its name, such as `Italian Grand Prix`.
    pub full_name: String,
}

/// The place column of a classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Classified at this place, from 1.
    Classified(u16),
    /// Started, not classified.
    Retired,
    /// Thrown out afterwards.
    Disqualified,
    /// Did not start the race.
    NotStarted,
    /// Anything else, as written: `DNQ`, `NC`, `PL` on a grid.
    Other(String),
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Err(D::Error::custom("an empty cell where every row has a place"));
        }
        Ok(match text.as_str() {
            "DNF" => Place::Retired,
            "DSQ" => Place::Disqualified,
            "DNS" => Place::NotStarted,
            _ => match text.parse::<u16>() {
                Ok(place) => Place::Classified(place),
                Err(_) => Place::Other(text),
            },
        })
    }
}

/// One line of a race's classification. The order of lines within a race is the whole order, retired cars included.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ResultRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Place.
    pub position: Place,
    /// Racing number.
    #[serde(deserialize_with = "driver_if_known")]
    pub driver_number: Option<DriverNumber>,
    /// Who, such as `lando-norris`.
    pub driver_id: String,
    /// For whom, such as `mclaren`.
    pub constructor_id: String,
    /// Place on the grid; `None` from the pit lane.
    #[serde(deserialize_with = "place_on_grid")]
    pub grid_position: Option<u16>,
    /// Laps completed.
    #[serde(deserialize_with = "whole")]
    pub laps: Option<u16>,
    /// Race time, of cars on the winner's lap.
    #[serde(deserialize_with = "number")]
    pub time_s: Option<f64>,
    /// Gap to the winner, of cars on the winner's lap.
    #[serde(deserialize_with = "number")]
    pub gap_s: Option<f64>,
    /// Time penalties in that time.
    #[serde(default, deserialize_with = "number")]
    pub time_penalty_s: Option<f64>,
    /// Why it retired, in words.
    pub reason_retired: Option<String>,
    /// Points.
    #[serde(deserialize_with = "number")]
    pub points: Option<f64>,
}

/// One line of a qualifying result.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct QualifyingRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Racing number.
    #[serde(deserialize_with = "driver_if_known")]
    pub driver_number: Option<DriverNumber>,
    /// Who.
    pub driver_id: String,
    /// Best lap, where there is one qualifying for all.
    #[serde(deserialize_with = "number")]
    pub time_s: Option<f64>,
    /// Best lap of the first part.
    #[serde(deserialize_with = "number")]
    pub q1_s: Option<f64>,
    /// Best lap of the second part.
    #[serde(deserialize_with = "number")]
    pub q2_s: Option<f64>,
    /// Best lap of the third part.
    #[serde(deserialize_with = "number")]
    pub q3_s: Option<f64>,
}

/// One place on a grid.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GridRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Place; `None` from the pit lane. The order of lines is the whole order.
    #[serde(deserialize_with = "place_on_grid")]
    pub position: Option<u16>,
    /// Racing number.
    #[serde(deserialize_with = "driver_if_known")]
    pub driver_number: Option<DriverNumber>,
    /// Who.
    pub driver_id: String,
    /// For whom.
    pub constructor_id: String,
}

/// One pit stop.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PitStopRow {
    /// Season.
    pub season: u16,
    /// Round of the championship.
    pub round: u16,
    /// Which stop of that car, from 1.
    pub stop: u16,
    /// The lap at the end of which it came in.
    pub lap: u16,
    /// Racing number.
    #[serde(deserialize_with = "driver_if_known")]
    pub driver_number: Option<DriverNumber>,
    /// For whom.
    pub constructor_id: String,
    /// Time from the entry of the lane to its exit. Under a red flag that is the whole wait.
    #[serde(deserialize_with = "number")]
    pub pit_lane_s: Option<f64>,
}

/// A place on the grid: a number, or `PL` and anything else for none.
fn place_on_grid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.parse().ok())
}

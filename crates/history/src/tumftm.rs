//! Parameters of the race simulation of the Technical University of Munich, 2014–2019.
//!
//! Published with Heilmeier et al. 2020 (Appl. Sci. 10:4229) in TUMFTM/race-simulation. They were fitted on the very
//! races they describe, so they serve as priors only.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cell::{finite, number};

/// Parameters of one race.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct TrackParamsRow {
    /// Season.
    pub season: u16,
    /// Where, such as `MonteCarlo`.
    pub location: String,
    /// Racing laps.
    pub laps: u16,
    /// Lap time that a kilogram of fuel costs.
    #[serde(rename = "t_lap_sens_mass", deserialize_with = "finite")]
    pub mass_s_per_kg: f64,
    /// Shortest stationary time to change tyres.
    #[serde(rename = "t_pit_tirechange_min", deserialize_with = "finite")]
    pub shortest_stop_s: f64,
    /// Lost by driving through the lane, on the in-lap.
    #[serde(rename = "t_pitdrive_inlap", deserialize_with = "finite")]
    pub pit_in_lap_s: f64,
    /// The same on the out-lap.
    #[serde(rename = "t_pitdrive_outlap", deserialize_with = "finite")]
    pub pit_out_lap_s: f64,
    /// The same behind a virtual safety car.
    #[serde(rename = "t_pitdrive_inlap_fcy", deserialize_with = "number")]
    pub pit_in_lap_vsc_s: Option<f64>,
    /// The same on the out-lap.
    #[serde(rename = "t_pitdrive_outlap_fcy", deserialize_with = "number")]
    pub pit_out_lap_vsc_s: Option<f64>,
    /// The same behind the safety car.
    #[serde(rename = "t_pitdrive_inlap_sc", deserialize_with = "number")]
    pub pit_in_lap_sc_s: Option<f64>,
    /// The same on the out-lap.
    #[serde(rename = "t_pitdrive_outlap_sc", deserialize_with = "number")]
    pub pit_out_lap_sc_s: Option<f64>,
    /// Lost per place on the grid.
    #[serde(rename = "t_loss_pergridpos", deserialize_with = "finite")]
    pub grid_gap_s: f64,
    /// Lost on the first lap by the standing start.
    #[serde(rename = "t_loss_firstlap", deserialize_with = "finite")]
    pub standing_start_s: f64,
    /// Lap time that a car must be faster to overtake.
    #[serde(rename = "t_gap_overtake", deserialize_with = "finite")]
    pub overtake_gap_s: f64,
    /// Lap time behind the safety car over a green one.
    #[serde(rename = "mult_t_lap_sc", deserialize_with = "finite")]
    pub sc_lap_factor: f64,
    /// Lap time behind a virtual safety car over a green one.
    #[serde(rename = "mult_t_lap_fcy", deserialize_with = "finite")]
    pub vsc_lap_factor: f64,
}

/// What the Monte-Carlo part of that simulation draws from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MonteCarloPriors {
    /// Safety cars and virtual safety cars.
    pub phases: NeutralisationPriors,
    /// Stationary time above the minimum, per team: shape, location, scale of a Fisk distribution.
    pub stop_time: BTreeMap<String, [f64; 3]>,
    /// Lap-to-lap standard deviation per driver.
    pub lap_sigma_s: BTreeMap<String, f64>,
    /// Accidents per driver and race, of every season.
    pub accidents: Vec<f64>,
    /// Failures per car and race, of every season.
    pub failures: Vec<f64>,
}

/// How often and how long races are neutralised.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct NeutralisationPriors {
    /// Probability of 0, 1, 2, 3 safety cars in a race.
    #[serde(rename = "p_sc_quant")]
    pub safety_cars: Vec<f64>,
    /// Probability that a safety car comes on the first lap, then in each fifth of the race.
    #[serde(rename = "p_sc_start")]
    pub safety_car_start: Vec<f64>,
    /// Probability that it stays 1, 2, 3 ... laps.
    #[serde(rename = "p_sc_duration")]
    pub safety_car_laps: Vec<f64>,
    /// Probability of a virtual safety car after a failure.
    #[serde(rename = "p_vsc_aft_failure")]
    pub vsc_after_failure: f64,
    /// Probability that it stays 1, 2, 3 ... laps.
    #[serde(rename = "p_vsc_duration")]
    pub vsc_laps: Vec<f64>,
}

/// Reads `pars_mcs.ini`: lines of `name = JSON`, comments and section headings between them.
///
/// # Errors
///
/// The number of the line, from 1, and what is wrong with it.
pub fn parse_priors(text: &str) -> Result<MonteCarloPriors, (u64, String)> {
    let mut priors = MonteCarloPriors::default();
    for (line, number) in text.lines().zip(1_u64..) {
        let Some((name, json)) = line.split_once(" = ") else { continue };
        read_prior(&mut priors, name.trim(), json).map_err(|error| (number, error.to_string()))?;
    }
    Ok(priors)
}

fn read_prior(priors: &mut MonteCarloPriors, name: &str, json: &str) -> Result<(), serde_json::Error> {
    match name {
        "p_fcy_phases" => priors.phases = serde_json::from_str(json)?,
        "t_pit_var_fisk_pars" => priors.stop_time = serde_json::from_str(json)?,
        "t_lap_var_sigma" => priors.lap_sigma_s = serde_json::from_str(json)?,
        "p_accident" => priors.accidents.extend(serde_json::from_str::<BTreeMap<String, f64>>(json)?.into_values()),
        "p_failure" => priors.failures.extend(serde_json::from_str::<BTreeMap<String, f64>>(json)?.into_values()),
        _ => {}
    }
    Ok(())
}

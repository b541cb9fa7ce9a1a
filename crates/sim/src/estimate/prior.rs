//! What a car is expected to do before it has done anything in the race.

use serde::{Deserialize, Serialize};

use super::pace::CarPace;
use super::so_far::{CarSoFar, RaceSoFar};
use crate::race::CarModel;

/// Race pace in earlier races: lap time against the field's mean, as a share of a lap; negative is faster.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Form {
    /// Of the driver.
    pub driver: Option<f32>,
    /// Of the team.
    pub team: Option<f32>,
}

/// How pace is expected and learnt. Shares are of a lap time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PaceParameters {
    /// Race pace per share of qualifying pace, where form is known too.
    pub qualifying_weight: f32,
    /// The same where it is not.
    pub qualifying_alone: f32,
    /// Race pace per share of the driver's form.
    pub driver_weight: f32,
    /// Race pace per share of the team's form.
    pub team_weight: f32,
    /// Standard deviation, about what is expected, of the part of race pace that lasts the whole race, as a share.
    pub prior_sigma: f32,
    /// The part of the variance of pace which both cars of a team share.
    pub team_share: f32,
    /// Standard deviation of the mean of clean laps about that part, times the root of their number, as a share: noise
    /// of laps, and above all what a stint has of its own.
    pub lap_sigma: f32,
    /// Laps after which a lap counts half of a new one.
    pub half_life_laps: f32,
    /// Standard deviation of what half a race has of its own, as a share; shorter parts have more.
    pub drift_sigma: f32,
    /// Gap to the car ahead under which a lap tells less of a car's own pace.
    pub clean_gap_s: f32,
    /// Weight of such a lap.
    pub traffic_weight: f32,
}

impl Default for PaceParameters {
    /// Fitted to 2018–2023 (`models/sim/pooled.toml` has the figures with their intervals).
    fn default() -> PaceParameters {
        PaceParameters {
            qualifying_weight: 0.35,
            qualifying_alone: 0.6,
            driver_weight: 0.25,
            team_weight: 0.35,
            prior_sigma: 0.0045,
            team_share: 0.4,
            lap_sigma: 0.007,
            half_life_laps: 25.0,
            drift_sigma: 0.003,
            clean_gap_s: 1.8,
            traffic_weight: 0.35,
        }
    }
}

/// A slow lap in qualifying says little about the race: gaps beyond this count as this.
const LARGEST_QUALIFYING_GAP: f64 = 0.04;

/// Expected pace of each car against the field's mean, as shares of a lap.
pub(super) fn expected(so_far: &RaceSoFar, parameters: &PaceParameters) -> Vec<f64> {
    let gap = |car: &CarSoFar| car.qualifying_gap.map(|gap| f64::from(gap).clamp(0.0, LARGEST_QUALIFYING_GAP));
    let known: Vec<f64> = so_far.cars.iter().filter_map(gap).collect();
    let mean_gap = if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
    // A car without a lap in qualifying is taken for one of the slower ones: that is the usual reason.
    let unknown_gap = known.iter().copied().fold(mean_gap, f64::max).min(mean_gap * 1.5);
    let expected = |car: &CarSoFar| {
        let qualifying = gap(car).unwrap_or(unknown_gap) - mean_gap;
        match (car.form.driver, car.form.team) {
            (None, None) => qualifying * f64::from(parameters.qualifying_alone),
            (driver, team) => {
                let (driver, team) = (driver.or(team).unwrap_or(0.0), team.or(driver).unwrap_or(0.0));
                qualifying * f64::from(parameters.qualifying_weight)
                    + f64::from(driver) * f64::from(parameters.driver_weight)
                    + f64::from(team) * f64::from(parameters.team_weight)
            }
        }
    };
    let paces: Vec<f64> = so_far.cars.iter().map(expected).collect();
    let mean = paces.iter().sum::<f64>() / paces.len().max(1) as f64;
    paces.into_iter().map(|pace| pace - mean).collect()
}

/// The car as the engine takes it; what is not estimated is that of `typical`.
pub(super) fn car_model(car: &CarSoFar, pace: CarPace, typical: &CarModel, parameters: &PaceParameters) -> CarModel {
    CarModel {
        driver: car.driver,
        team_idx: car.team_idx,
        pace_s: pace.mean_s as f32,
        pace_sigma_s: pace.sigma_s as f32,
        team_share: parameters.team_share,
        noise_factor: 1.0,
        wear_factor: 1.0,
        start_s: 0.0,
        attack: 0.0,
        defence: 0.0,
        failure_hazard: car.failure_hazard.unwrap_or(typical.failure_hazard),
        crash_hazard: car.crash_hazard.unwrap_or(typical.crash_hazard),
        penalty_hazard: typical.penalty_hazard,
        crew_s: 0.0,
    }
}

//! Values that races do not tell directly and that were chosen by how well the simulator forecasts.
//!
//! Chosen on the races of 2022 and 2023 with everything else fitted to 2018–2021, one at a time, by position log-loss and
//! coverage; the steps were coarse, so none of them is tuned to a race. 2024 had no part in it.

use crate::parameters::{Estimate, ParameterSet};

/// Wear over what laps show. Teams stop before wear gets bad, so the laps that would show it are not driven; with wear as
/// seen, simulated teams stop too rarely.
const WEAR_FACTOR: f64 = 1.3;
/// Spread of laps over what halves of races say of it: laps are believed more than halves, whose means also differ
/// because traffic and tyres do.
const LAP_SIGMA_FACTOR: f64 = 0.6;
/// The same for what is left of a race.
const DRIFT_FACTOR: f64 = 0.75;

/// By section and name.
const VALUES: [(&str, &str, f64); 11] = [
    // Wear that is squared bends as much as the laps show; a cliff on top made cars on old tyres lose places they kept.
    ("tyre_soft", "cliff_s_per_lap", 0.0),
    ("tyre_medium", "cliff_s_per_lap", 0.0),
    ("tyre_hard", "cliff_s_per_lap", 0.0),
    ("pace", "team_share", 0.5),
    ("pace", "half_life_laps", 40.0),
    ("pace", "clean_gap_s", 1.8),
    ("pace", "traffic_weight", 0.6),
    ("team", "stop_aversion_s", -1.0),
    ("mixture", "weight_on_grid", 0.85),
    ("mixture", "weight_at_flag", 0.7),
    ("mixture", "unmodelled_share", 0.02),
];

/// Puts the chosen values into a fitted set.
pub(super) fn apply(set: &mut ParameterSet) {
    for (section, name, value) in VALUES {
        set.pooled.set(section, name, Estimate::fixed(value));
    }
    let scale = |set: &mut ParameterSet, section: &str, name: &str, factor: f64| {
        let own = set.circuits.values_mut().map(|file| &mut file.parameters);
        for parameters in own.chain([&mut set.pooled]) {
            if let Some(estimate) = parameters.get(section, name) {
                parameters.set(section, name, estimate.times(factor));
            }
        }
    };
    for section in ["tyre_soft", "tyre_medium", "tyre_hard"] {
        scale(set, section, "wear_s_per_lap", WEAR_FACTOR);
    }
    scale(set, "pace", "lap_sigma", LAP_SIGMA_FACTOR);
    scale(set, "pace", "drift_sigma", DRIFT_FACTOR);
}

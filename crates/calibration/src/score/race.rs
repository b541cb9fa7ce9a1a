//! One race from one stage: simulated, looked up, and what came of it.

use overcut_sim::estimate::estimate;
use overcut_sim::race::{Outcome, Settings, TrackState, simulate};

use super::metrics::{Forecast, RaceFigures, figures};
use super::{ScoreError, ScoreOptions};
use crate::archive::{CarEnd, PastRace};
use crate::fit::{lap_at, phases};
use crate::parameters::{LoadedModel, ParameterSet};
use crate::replay::History;

/// What one race says at one stage.
#[derive(Debug, Clone)]
pub(crate) struct StageResult {
    pub(crate) simulated: RaceFigures,
    pub(crate) baseline: RaceFigures,
    pub(crate) mixed: RaceFigures,
    /// Cars whose real gap to the winner is known, those inside the 50 and the 80 % interval, and its mean width.
    pub(crate) gaps: GapCoverage,
    /// From here to the flag: safety cars, stops per finisher over the whole race, share of starters that stopped for good.
    pub(crate) real: Frequencies,
    pub(crate) expected: Frequencies,
    /// Probability and truth of a podium, of every car, for calibration.
    pub(crate) podiums: Vec<(f64, bool)>,
    /// The same of winning.
    pub(crate) wins: Vec<(f64, bool)>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GapCoverage {
    pub(crate) n: f64,
    pub(crate) in50: f64,
    pub(crate) in80: f64,
    pub(crate) width80_s: f64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Frequencies {
    pub(crate) any_safety_car: f64,
    pub(crate) safety_cars: f64,
    pub(crate) stops: f64,
    pub(crate) retired: f64,
}

pub(crate) fn run(
    race: &PastRace,
    share: f64,
    loaded: &LoadedModel,
    form: &History,
    set: &ParameterSet,
    options: &ScoreOptions,
) -> Result<StageResult, ScoreError> {
    let lap = lap_at(race, share);
    let so_far = form.race_so_far(race, lap, loaded);
    let (model, state) = estimate(&so_far, &loaded.model, &loaded.pace);
    let settings = Settings {
        // Each race and stage has its own dice.
        seed: options.seed ^ (u64::from(race.season) << 32 | u64::from(race.round) << 16 | u64::from(lap)),
        n_runs: options.n_runs,
        n_threads: options.n_threads,
        team: loaded.team,
        ..Settings::default()
    };
    let outcome = simulate(&model, &state, &settings, &|_| {}).map_err(|source| ScoreError::Model {
        race: race.name(),
        lap,
        source,
    })?;
    let n_cars = race.cars.len();
    let simulated: Forecast =
        outcome.cars.iter().map(|car| probabilities(&car.positions, loaded.unmodelled_share)).collect();
    let baseline: Forecast =
        state.cars.iter().map(|car| set.lookup.probabilities(share, usize::from(car.position), n_cars)).collect();
    let weight = loaded.mixture_weight(share);
    let mixed = mix(&simulated, &baseline, weight);
    let top = |p: &Vec<f64>, n: usize| p.iter().take(n).sum::<f64>();
    Ok(StageResult {
        simulated: figures(&simulated),
        baseline: figures(&baseline),
        mixed: figures(&mixed),
        gaps: gap_coverage(race, &outcome),
        real: real_frequencies(race, lap),
        expected: expected_frequencies(race, &outcome),
        podiums: simulated.iter().enumerate().map(|(car, p)| (top(p, 3), car < 3)).collect(),
        wins: simulated.iter().enumerate().map(|(car, p)| (top(p, 1), car == 0)).collect(),
    })
}

/// Shares of the runs, and what the engine does not know of spread over all places.
fn probabilities(counts: &[u64], unmodelled_share: f64) -> Vec<f64> {
    let n_runs = counts.iter().sum::<u64>() as f64;
    let spread = unmodelled_share / counts.len().max(1) as f64;
    counts.iter().map(|count| (1.0 - unmodelled_share) * *count as f64 / n_runs + spread).collect()
}

fn mix(a: &Forecast, b: &Forecast, weight: f64) -> Forecast {
    let line = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| weight * a + (1.0 - weight) * b).collect();
    a.iter().zip(b).map(line).collect()
}

fn gap_coverage(race: &PastRace, outcome: &Outcome) -> GapCoverage {
    let mut coverage = GapCoverage::default();
    for (car, simulated) in race.cars.iter().zip(&outcome.cars).skip(1) {
        let Some(gap_s) = car.gap_s.filter(|_| car.end == CarEnd::Flag) else { continue };
        let quantile = |q| simulated.gap.quantile(q).map(f64::from);
        let (Some(low50), Some(high50)) = (quantile(0.25), quantile(0.75)) else { continue };
        let (Some(low80), Some(high80)) = (quantile(0.1), quantile(0.9)) else { continue };
        coverage.n += 1.0;
        coverage.in50 += f64::from(u8::from((low50..=high50).contains(&gap_s)));
        coverage.in80 += f64::from(u8::from((low80..=high80).contains(&gap_s)));
        coverage.width80_s += high80 - low80;
    }
    coverage
}

fn real_frequencies(race: &PastRace, lap: u16) -> Frequencies {
    let is_new = |phase: &&crate::fit::Phase| phase.track == TrackState::SafetyCar && phase.first_lap > lap;
    let safety_cars = phases(race).iter().filter(is_new).count() as f64;
    let finishers: Vec<_> = race.cars.iter().filter(|car| car.end == CarEnd::Flag).collect();
    let stops = |car: &&crate::archive::PastCar| car.laps.iter().filter(|lap| lap.is_in_lap).count() as f64;
    let retired = race.cars.iter().filter(|car| matches!(car.end, CarEnd::Crash | CarEnd::Failure)).count() as f64;
    Frequencies {
        any_safety_car: f64::from(u8::from(safety_cars > 0.0)),
        safety_cars,
        stops: finishers.iter().map(stops).sum::<f64>() / finishers.len().max(1) as f64,
        retired: retired / race.cars.len().max(1) as f64,
    }
}

fn expected_frequencies(race: &PastRace, outcome: &Outcome) -> Frequencies {
    let mean = |counts: &[u64]| {
        let sum: u64 = counts.iter().enumerate().map(|(i, count)| i as u64 * count).sum();
        sum as f64 / outcome.n_runs.max(1) as f64
    };
    let finishers = race.cars.iter().zip(&outcome.cars).filter(|(car, _)| car.end == CarEnd::Flag);
    let stops: Vec<f64> = finishers.map(|(_, car)| car.mean_stops()).collect();
    let retired = outcome.cars.iter().map(|car| car.probability_retired()).sum::<f64>();
    Frequencies {
        any_safety_car: outcome.probability_of_safety_car(),
        safety_cars: mean(&outcome.safety_cars),
        stops: stops.iter().sum::<f64>() / stops.len().max(1) as f64,
        retired: retired / race.cars.len().max(1) as f64,
    }
}

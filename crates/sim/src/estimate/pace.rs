//! Pace of each car from its laps, over what was expected of it.

use super::prior::{self, PaceParameters};
use super::so_far::{CarSoFar, LapSoFar, RaceSoFar};
use crate::race::{RaceModel, TrackState, Tyre};

/// What is known of a car's pace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarPace {
    /// Lap time against the average car: negative is faster.
    pub mean_s: f64,
    /// Standard deviation of what it will be over the rest of the race.
    pub sigma_s: f64,
}

pub(super) struct Posterior {
    /// Green lap of an average car on fresh mediums and an empty tank, as this race has it.
    pub(super) base_lap_s: f64,
    pub(super) cars: Vec<CarPace>,
}

/// A lap that tells of pace, freed of what the model explains.
struct CleanLap {
    lap: u16,
    corrected_s: f64,
    weight: f64,
}

/// Share of a race below which a part of it is not more its own: about half a stint.
const SHORTEST_PART: f64 = 0.125;

/// A lap slower than the car's median by more than this share is a mistake, traffic or damage rather than pace.
const SLOWEST: f64 = 0.03;

/// Pace of each car over its clean laps, against the mean of the cars that have any, as a share of a lap; and how many
/// laps that is. `None` for a car with fewer than `fewest`. For form and for fitting: no prior is in it.
pub fn race_pace(
    so_far: &RaceSoFar,
    model: &RaceModel,
    parameters: &PaceParameters,
    fewest: usize,
) -> Vec<Option<(f64, usize)>> {
    let laps = clean_laps(so_far, model, parameters);
    let Some(level) = levels(&laps, None, parameters, so_far.lap) else { return vec![None; so_far.cars.len()] };
    let known: Vec<f64> = level
        .cars
        .iter()
        .zip(&laps)
        .filter(|(_, laps)| laps.len() >= fewest.max(1))
        .filter_map(|(car, _)| car.map(|car| car.0))
        .collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    let share = |(car, laps): (&Option<(f64, f64)>, &Vec<CleanLap>)| {
        let (value, _) = (*car)?;
        (laps.len() >= fewest.max(1)).then(|| ((value - mean) / level.base_lap_s, laps.len()))
    };
    level.cars.iter().zip(&laps).map(share).collect()
}

/// Normal prior, normal laps: the mean of both, weighted by what is known; and what changes from
/// here to the flag on top.
pub(super) fn posterior(so_far: &RaceSoFar, model: &RaceModel, parameters: &PaceParameters) -> Posterior {
    let expected = prior::expected(so_far, parameters);
    let laps = clean_laps(so_far, model, parameters);
    let level = levels(&laps, Some(&expected), parameters, so_far.lap);
    let base_lap_s = level.as_ref().map_or(f64::from(model.circuit.base_lap_s), |level| level.base_lap_s);
    let prior_variance = f64::from(parameters.prior_sigma).powi(2);
    // What a part of a race has of its own averages out over a longer part.
    let left = (1.0 - f64::from(so_far.lap) / f64::from(so_far.n_laps.max(1))).max(SHORTEST_PART);
    let drift_variance = f64::from(parameters.drift_sigma).powi(2) * 0.5 / left;
    let observed = |idx: usize| level.as_ref().and_then(|level| level.cars[idx]);
    let car = |(idx, expected): (usize, &f64)| {
        let (mean, variance) = match observed(idx) {
            Some((seen_s, n)) => {
                let seen = seen_s / base_lap_s;
                let weight = prior_variance / (prior_variance + f64::from(parameters.lap_sigma).powi(2) / n);
                (expected + weight * (seen - expected), prior_variance * (1.0 - weight))
            }
            None => (*expected, prior_variance),
        };
        CarPace { mean_s: mean * base_lap_s, sigma_s: (variance + drift_variance).sqrt() * base_lap_s }
    };
    Posterior { base_lap_s, cars: expected.iter().enumerate().map(car).collect() }
}

struct Levels {
    base_lap_s: f64,
    /// Against the base lap, in seconds, and the weight of laps behind it.
    cars: Vec<Option<(f64, f64)>>,
}

/// Splits corrected laps into a level of the race and one per car, by turns: each car's is the weighted mean of its
/// laps less the drift of the field, the drift is the running mean of the field less the cars' levels.
///
/// The field's drift is what all cars share: a track that gets faster or slower than the model has it, heat, drizzle.
/// With `expected`, the race's level is such that the cars that have laps are on average where they were expected.
fn levels(laps: &[Vec<CleanLap>], expected: Option<&[f64]>, parameters: &PaceParameters, now: u16) -> Option<Levels> {
    let mut all: Vec<f64> = laps.iter().flatten().map(|lap| lap.corrected_s).collect();
    if all.is_empty() {
        return None;
    }
    let mut base_lap_s = median(&mut all);
    let mut drift = vec![0.0; usize::from(now) + 1];
    let mut cars = car_levels(laps, base_lap_s, &drift, parameters, now);
    for _ in 0..TURNS {
        drift = field_drift(laps, base_lap_s, &cars, now);
        cars = car_levels(laps, base_lap_s, &drift, parameters, now);
    }
    // What remains to be said is where zero is.
    let known: Vec<(f64, f64)> = (0..cars.len())
        .filter_map(|idx| {
            cars[idx].map(|(level, _)| (level, expected.map_or(0.0, |expected| expected[idx] * base_lap_s)))
        })
        .collect();
    let shift = known.iter().map(|(level, expected)| level - expected).sum::<f64>() / known.len().max(1) as f64;
    base_lap_s += shift + drift.last().copied().unwrap_or(0.0);
    for (level, _) in cars.iter_mut().flatten() {
        *level -= shift;
    }
    Some(Levels { base_lap_s, cars })
}

/// Turns of the split; the third changes nothing in the third digit.
const TURNS: usize = 4;

fn car_levels(
    laps: &[Vec<CleanLap>],
    base_lap_s: f64,
    drift: &[f64],
    parameters: &PaceParameters,
    now: u16,
) -> Vec<Option<(f64, f64)>> {
    let of_car = |laps: &Vec<CleanLap>| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for lap in laps {
            let age = f64::from(now - lap.lap) / f64::from(parameters.half_life_laps);
            let weight = lap.weight * 0.5_f64.powf(age);
            sum += weight * (lap.corrected_s - base_lap_s - drift[usize::from(lap.lap)]);
            weights += weight;
        }
        (weights > 0.0).then(|| (sum / weights, weights))
    };
    laps.iter().map(of_car).collect()
}

/// Laps on either side over which the field's drift is averaged.
const DRIFT_REACH: u16 = 3;

fn field_drift(laps: &[Vec<CleanLap>], base_lap_s: f64, cars: &[Option<(f64, f64)>], now: u16) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); usize::from(now) + 1];
    for (laps, car) in laps.iter().zip(cars) {
        let Some((level, _)) = car else { continue };
        for lap in laps {
            let sum = &mut sums[usize::from(lap.lap)];
            sum.0 += lap.weight * (lap.corrected_s - base_lap_s - level);
            sum.1 += lap.weight;
        }
    }
    let mut drift = vec![0.0; sums.len()];
    let mut last = 0.0;
    for lap in 0..=now {
        let near = lap.saturating_sub(DRIFT_REACH)..=(lap + DRIFT_REACH).min(now);
        let (sum, weights) = near.fold((0.0, 0.0), |total, lap| {
            let sum = sums[usize::from(lap)];
            (total.0 + sum.0, total.1 + sum.1)
        });
        // The pull towards nothing keeps two or three cars' laps from looking like the track's doing.
        last = if weights > 0.0 { sum / (weights + 3.0) } else { last };
        drift[usize::from(lap)] = last;
    }
    drift
}

fn clean_laps(so_far: &RaceSoFar, model: &RaceModel, parameters: &PaceParameters) -> Vec<Vec<CleanLap>> {
    let gaps = GapsAhead::of(so_far);
    let clean: Vec<_> = so_far.cars.iter().map(|car| clean_laps_of(so_far, car, model, parameters, &gaps)).collect();
    clean.into_iter().map(drop_slow_laps).collect()
}

fn clean_laps_of(
    so_far: &RaceSoFar,
    car: &CarSoFar,
    model: &RaceModel,
    parameters: &PaceParameters,
    gaps: &GapsAhead,
) -> Vec<CleanLap> {
    let laps = so_far.laps_of(car);
    let mut clean = Vec::new();
    for (previous, lap) in laps.iter().zip(laps.iter().skip(1)) {
        let (Some(lap_time_s), Some(tyre)) = (lap.lap_time_s, lap.tyre) else { continue };
        let is_green = lap.track == TrackState::Green && previous.track == TrackState::Green;
        if !is_green || lap.is_in_lap || lap.is_out_lap || !tyre.is_slick() || lap.lap != previous.lap + 1 {
            continue;
        }
        let gap_s = gaps.at_end(previous);
        let is_clean = gap_s > f64::from(parameters.clean_gap_s);
        let corrected_s = f64::from(lap_time_s) - explained_s(model, lap, tyre, gap_s);
        clean.push(CleanLap {
            lap: lap.lap,
            corrected_s,
            weight: if is_clean { 1.0 } else { f64::from(parameters.traffic_weight) },
        });
    }
    clean
}

/// What the model makes of a lap beyond the base lap: fuel, track, tyre, the car ahead.
fn explained_s(model: &RaceModel, lap: &LapSoFar, tyre: Tyre, gap_s: f64) -> f64 {
    let circuit = &model.circuit;
    let fuel = f64::from(circuit.fuel_s_per_lap) * f64::from(circuit.n_laps.saturating_sub(lap.lap));
    let evolution =
        f64::from(circuit.evolution_s) * (-f64::from(lap.lap - 1) / f64::from(circuit.evolution_laps)).exp();
    let set = &model.tyres[tyre.index()];
    let age = f64::from(lap.tyre_age.saturating_sub(1));
    let beyond = (age - f64::from(set.cliff_age)).max(0.0);
    let wear = f64::from(set.wear_s_per_lap) * age
        + f64::from(set.wear_s_per_lap2) * age * age
        + f64::from(set.cliff_s_per_lap) * beyond;
    let dirty = f64::from(circuit.traffic.dirty_air_s) * (-gap_s / f64::from(circuit.traffic.dirty_air_reach_s)).exp();
    fuel + evolution + f64::from(set.offset_s) + wear + dirty
}

fn drop_slow_laps(mut laps: Vec<CleanLap>) -> Vec<CleanLap> {
    let mut times: Vec<f64> = laps.iter().map(|lap| lap.corrected_s).collect();
    if let Some(limit) = (!times.is_empty()).then(|| median(&mut times) * (1.0 + SLOWEST)) {
        laps.retain(|lap| lap.corrected_s <= limit);
    }
    laps
}

/// Ends of laps of the whole field, to find the gap to the car ahead on the road.
struct GapsAhead {
    ends_s: Vec<f64>,
}

impl GapsAhead {
    fn of(so_far: &RaceSoFar) -> GapsAhead {
        let mut ends_s: Vec<f64> = so_far
            .cars
            .iter()
            .flat_map(|car| so_far.laps_of(car))
            .filter(|lap| !lap.is_in_lap)
            .map(|lap| lap.end_s)
            .collect();
        ends_s.sort_by(f64::total_cmp);
        GapsAhead { ends_s }
    }

    /// Time since the last car, of whatever lap, crossed the line; infinite for the first.
    fn at_end(&self, lap: &LapSoFar) -> f64 {
        match self.ends_s.partition_point(|end| *end < lap.end_s) {
            0 => f64::INFINITY,
            next => lap.end_s - self.ends_s[next - 1],
        }
    }
}

/// The median, the lower one of two; `values` is not empty.
fn median(values: &mut [f64]) -> f64 {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

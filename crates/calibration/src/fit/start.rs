//! Start and first lap.

use overcut_sim::race::TrackState;

use super::laps::RaceLaps;
use super::{Priors, Sheet};
use crate::archive::{CarEnd, PastRace};
use crate::linear::{NormalEquations, median, robust_sigma};
use crate::parameters::Estimate;

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace], laps: &[Option<RaceLaps>], priors: &Priors) {
    for (race, laps) in races.iter().zip(laps) {
        observe_spread(sheet, race);
        if let Some(laps) = laps {
            observe_launch(sheet, race, laps);
        }
    }
    for row in &priors.tracks {
        let source = format!("tum {}", row.location);
        sheet.add_elsewhere(
            source,
            "first_lap",
            "standing_start_s",
            row.standing_start_s,
            LAUNCH_SIGMA_S.powi(2) * 4.0,
        );
    }
    observe_crashes(sheet, races);
}

/// Standard deviation of one car's first lap about what it should be.
const LAUNCH_SIGMA_S: f64 = 1.5;

/// Time at the end of the first lap against place on the grid: what a place costs, and luck.
fn observe_spread(sheet: &mut Sheet, race: &PastRace) {
    let firsts = race.cars.iter().filter_map(|car| Some((f64::from(car.grid), car.laps.first()?)));
    let firsts: Vec<_> = firsts.filter(|(_, lap)| lap.lap == 1 && !lap.is_in_lap).collect();
    if firsts.len() < 10 || firsts.iter().any(|(_, lap)| lap.track != TrackState::Green) {
        return;
    }
    let lead = firsts.iter().map(|(_, lap)| lap.end_s).fold(f64::INFINITY, f64::min);
    let mut points: Vec<(f64, f64)> = firsts.iter().map(|(grid, lap)| (grid - 1.0, lap.end_s - lead)).collect();
    let mut line = (0.0, 0.0);
    for _ in 0..3 {
        let mut equations = NormalEquations::new(2);
        points.iter().for_each(|(x, y)| equations.add(&[1.0, *x], *y, 1.0));
        let Some(fitted) = equations.solve() else { return };
        line = (fitted.coefficients[0], fitted.coefficients[1]);
        let off: Vec<f64> = points.iter().map(|(x, y)| y - line.0 - line.1 * x).collect();
        // Who was turned round in the first corner is not part of the usual spread.
        let limit = 3.0 * robust_sigma(&off).max(0.3);
        points.retain(|(x, y)| (y - line.0 - line.1 * x).abs() < limit);
        if points.len() < 8 {
            return;
        }
    }
    let off: Vec<f64> = points.iter().map(|(x, y)| y - line.0 - line.1 * x).collect();
    let n = off.len();
    let sigma = robust_sigma(&off);
    let spread: f64 = points.iter().map(|(x, _)| (x - 9.5) * (x - 9.5)).sum();
    sheet.add(race, "first_lap", "grid_gap_s", line.1, sigma * sigma / spread, n);
    sheet.add(race, "first_lap", "shuffle_sigma_s", sigma, sigma * sigma / n as f64, n);
}

/// What a standing start costs the first three against the lap they should have driven; only where the first lap has
/// a time, and that counts from the lights.
fn observe_launch(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let loss = |car_idx: usize| {
        let first = race.cars[car_idx].laps.first()?;
        let tyre = first.tyre.filter(|tyre| tyre.is_slick())?;
        let expected = laps.expected_s(race, car_idx, 1, tyre.index(), f64::from(first.tyre_age.saturating_sub(1)))?;
        (race.cars[car_idx].grid <= 3 && first.track == TrackState::Green)
            .then_some(f64::from(first.lap_time_s?) - expected)
    };
    let mut losses: Vec<f64> =
        (0..race.cars.len()).filter_map(loss).filter(|loss| (0.0..15.0).contains(loss)).collect();
    if !losses.is_empty() {
        let n = losses.len();
        sheet.add(race, "first_lap", "standing_start_s", median(&mut losses), LAUNCH_SIGMA_S.powi(2) / n as f64, n);
    }
}

/// Crashes on the first lap over those on any other, per car and lap.
fn observe_crashes(sheet: &mut Sheet, races: &[&PastRace]) {
    let cars = || races.iter().flat_map(|race| &race.cars);
    let first = cars().filter(|car| car.end == CarEnd::Crash && car.n_laps == 0).count() as f64;
    let later = cars().filter(|car| car.end == CarEnd::Crash && car.n_laps > 0).count() as f64;
    let starts = cars().count() as f64;
    let laps: f64 = cars().map(|car| f64::from(car.n_laps.saturating_sub(1))).sum();
    if laps == 0.0 {
        return;
    }
    let factor = (first / starts) / (later / laps).max(1e-9);
    // Two counts: the logarithm of their ratio has the variance of both.
    let sigma = (1.0 / first.max(1.0) + 1.0 / later.max(1.0)).sqrt();
    let (low, high) = (factor * (-1.96 * sigma).exp(), factor * (1.96 * sigma).exp());
    sheet.set("first_lap", "crash_factor", Estimate { value: factor, low, high, n: first as usize });
}

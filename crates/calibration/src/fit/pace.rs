//! How race pace follows from qualifying and form, and how fast it shows in the race.

use overcut_sim::estimate::{RaceSoFar, race_pace};

use crate::archive::PastRace;
use crate::linear::{NormalEquations, mean, variance};
use crate::parameters::{Estimate, ParameterSet};
use crate::replay::{self, History, model_of};

/// One car in one race.
struct Row {
    race_idx: usize,
    team_idx: u8,
    qualifying: f64,
    form: Option<(f64, f64)>,
    /// Over the whole race.
    pace: f64,
    /// Over the first half and the laps behind it, and over the second.
    halves: Option<((f64, f64), (f64, f64))>,
}

/// Fewest clean laps of a whole race, and of half of one.
const FEWEST: usize = 12;

/// Fits the parameters of pace with the rest of the set, race after race, each with what was known before it.
pub(super) fn fit(set: &mut ParameterSet, races: &[&PastRace]) {
    let mut history = History::default();
    let mut rows = Vec::new();
    for (race_idx, race) in races.iter().enumerate() {
        if race.wet_share() < 0.1 {
            rows.extend(rows_of(race_idx, race, set, &history));
        }
        history.add(race, set);
    }
    if rows.len() < 100 {
        return;
    }
    fit_prior(set, &rows);
    fit_learning(set, &rows);
}

fn rows_of(race_idx: usize, race: &PastRace, set: &ParameterSet, history: &History) -> Vec<Row> {
    let loaded = model_of(race, set);
    let so_far = history.race_so_far(race, race.n_laps, &loaded);
    let half = race.n_laps / 2;
    let pace_of = |so_far: &RaceSoFar, fewest| race_pace(so_far, &loaded.model, &loaded.pace, fewest);
    let whole = pace_of(&so_far, FEWEST);
    let first = pace_of(&replay::bare(race, half), FEWEST / 2);
    let mut later = so_far.clone();
    later.cars.iter_mut().for_each(|car| car.laps.retain(|lap| lap.lap > half));
    let second = pace_of(&later, FEWEST / 2);
    let gaps: Vec<f64> =
        so_far.cars.iter().filter_map(|car| car.qualifying_gap).map(|gap| f64::from(gap).min(0.04)).collect();
    let mean_gap = mean(&gaps);
    let row = |idx: usize| {
        let car = &so_far.cars[idx];
        let pace = whole[idx]?.0;
        (pace.abs() < 0.03).then_some(())?;
        let halves = first[idx].zip(second[idx]).map(|(a, b)| ((a.0, a.1 as f64), (b.0, b.1 as f64)));
        Some(Row {
            race_idx,
            team_idx: car.team_idx,
            qualifying: f64::from(car.qualifying_gap?).min(0.04) - mean_gap,
            form: car.form.driver.zip(car.form.team).map(|(driver, team)| (f64::from(driver), f64::from(team))),
            pace,
            halves,
        })
    };
    (0..so_far.cars.len()).filter_map(row).collect()
}

fn fit_prior(set: &mut ParameterSet, rows: &[Row]) {
    let mut alone = NormalEquations::new(1);
    let mut with_form = NormalEquations::new(3);
    for row in rows {
        alone.add(&[row.qualifying], row.pace, 1.0);
        if let Some((driver, team)) = row.form {
            with_form.add(&[row.qualifying, driver, team], row.pace, 1.0);
        }
    }
    let (Some(alone), Some(with_form)) = (alone.solve(), with_form.solve()) else { return };
    let residual = |row: &Row| {
        let (driver, team) = row.form?;
        let c = &with_form.coefficients;
        Some(row.pace - c[0] * row.qualifying - c[1] * driver - c[2] * team)
    };
    let residuals: Vec<f64> = rows.iter().filter_map(residual).collect();
    let noise = variance(&residuals);
    let n = residuals.len();
    let names = ["qualifying_weight", "driver_weight", "team_weight"];
    for (i, name) in names.into_iter().enumerate() {
        let half_width = 1.96 * (noise * with_form.inverse[i * 3 + i]).sqrt();
        set.pooled.set("pace", name, Estimate::normal(with_form.coefficients[i], half_width, n));
    }
    let half_width = 1.96 * (noise * alone.inverse[0]).sqrt();
    set.pooled.set("pace", "qualifying_alone", Estimate::normal(alone.coefficients[0], half_width, rows.len()));
    let pairs = team_products(rows, &residual);
    let share = (mean(&pairs) / noise).clamp(0.0, 0.95);
    let half_width = 1.96 * (variance(&pairs) / pairs.len() as f64).sqrt() / noise;
    set.pooled.set("pace", "team_share", Estimate::normal(share, half_width, pairs.len()).clamped(0.0, 1.0));
}

/// Products of team mates' residuals.
fn team_products(rows: &[Row], residual: &dyn Fn(&Row) -> Option<f64>) -> Vec<f64> {
    let mut products = Vec::new();
    for (i, a) in rows.iter().enumerate() {
        let mates = rows[i + 1..].iter().take_while(|b| b.race_idx == a.race_idx).filter(|b| b.team_idx == a.team_idx);
        products.extend(mates.filter_map(|b| Some(residual(a)? * residual(b)?)));
    }
    products
}

/// From half to half: what both halves of a race show beyond expectation is the part that lasts; the rest of the first
/// half's variance shrinks with the laps seen, the rest of the second half's is drift.
fn fit_learning(set: &mut ParameterSet, rows: &[Row]) {
    let weights =
        ["qualifying_weight", "driver_weight", "team_weight"].map(|name| set.pooled.value_or("pace", name, 0.0));
    let usable: Vec<(f64, f64, f64)> = rows
        .iter()
        .filter_map(|row| {
            let (driver, team) = row.form?;
            let ((first, n), (second, _)) = row.halves?;
            let expected = weights[0] * row.qualifying + weights[1] * driver + weights[2] * team;
            let (a, b) = (first - expected, second - expected);
            (a.abs() < LARGEST_SURPRISE && b.abs() < LARGEST_SURPRISE).then_some((a, b, n))
        })
        .collect();
    if usable.len() < 50 {
        return;
    }
    let n = usable.len();
    let average = |of: &dyn Fn(&(f64, f64, f64)) -> f64| mean(&usable.iter().map(of).collect::<Vec<_>>());
    let (first, both) = (average(&|(a, ..)| a * a), average(&|(a, b, _)| a * b));
    let lasting = both.clamp(1e-7, first);
    let slope = lasting / first;
    let lap = ((first - lasting) * average(&|(.., laps)| *laps)).sqrt();
    let left = average(&|(a, b, _)| (b - slope * a).powi(2));
    let drift = (left - lasting * (1.0 - slope)).max(1e-8).sqrt();
    // A standard deviation of n values is known to 1/√(2n) of itself; products of halves are a little worse.
    let relative = 1.96 / (2.0 * n as f64).sqrt();
    for (name, value, worse) in
        [("prior_sigma", lasting.sqrt(), 1.5), ("lap_sigma", lap, 1.5), ("drift_sigma", drift, 1.0)]
    {
        set.pooled.set("pace", name, Estimate::normal(value, value * relative * worse, n));
    }
}

/// A half of a race further from what was expected than this share of a lap is damage or a data error.
const LARGEST_SURPRISE: f64 = 0.02;

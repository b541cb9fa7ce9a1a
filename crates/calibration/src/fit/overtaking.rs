//! Overtaking: a car that would end the lap closer than cars can follow each other either passes or stays behind.

use overcut_sim::race::TrackState;

use super::Sheet;
use super::laps::RaceLaps;
use crate::archive::{PastCar, PastRace};
use crate::linear::logistic_regression;
use crate::parameters::Estimate;

/// A car within reach of the one ahead at the start of a green lap on which neither stops.
struct Duel {
    /// 1, pace advantage, tyre advantage, whether the aid may be used.
    row: Vec<f64>,
    passed: bool,
}

/// Gap at the line within which a pass is thought of (the house's definition of an overtake, 1.5 s).
const WITHIN_S: f64 = 1.5;
/// A lap's noise, by which a car that should not quite be there may be.
const NOISE_S: f64 = 0.3;
/// Closest that cars follow each other over the line.
const FOLLOWING_S: f64 = 0.45;
/// Means and precisions that the coefficients are pulled by. What the aid brings cannot be told from the rest, since it
/// was always there: TUM has 0.4 to 0.7 s of it, which at this slope is near one.
const PULLS: [(f64, f64); 4] = [(-2.0, 0.01), (1.0, 0.5), (0.03, 200.0), (0.8, 50.0)];

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace], laps: &[Option<RaceLaps>]) {
    let duels: Vec<Vec<Duel>> = races.iter().zip(laps).map(|(race, laps)| duels(race, laps.as_ref())).collect();
    let rows: Vec<(Vec<f64>, bool)> = duels.iter().flatten().map(|duel| (duel.row.clone(), duel.passed)).collect();
    let Some(fitted) = logistic_regression(&rows, &PULLS) else { return };
    for (i, name) in [(1, "overtake_per_s"), (2, "overtake_per_tyre_lap"), (3, "overtake_aid")] {
        let half_width = 1.96 * fitted.inverse[i * 4 + i].sqrt();
        sheet.set("traffic", name, Estimate::normal(fitted.coefficients[i], half_width, rows.len()));
    }
    for (race, duels) in races.iter().zip(&duels) {
        // One Newton step for the circuit's own intercept, the slopes being everybody's.
        let (mut score, mut information) = (0.0, 0.0);
        for duel in duels {
            let z: f64 = duel.row.iter().zip(&fitted.coefficients).map(|(x, c)| x * c).sum();
            let p = 1.0 / (1.0 + (-z).exp());
            score += f64::from(u8::from(duel.passed)) - p;
            information += p * (1.0 - p);
        }
        if information > 1.0 {
            // A step in log-odds overshoots when it is long.
            let intercept = fitted.coefficients[0] + (score / information).clamp(-2.0, 2.0);
            sheet.add(race, "traffic", "overtake_intercept", intercept, 1.5 / information, duels.len());
        }
    }
}

fn duels(race: &PastRace, laps: Option<&RaceLaps>) -> Vec<Duel> {
    let Some(laps) = laps else { return Vec::new() };
    let mut duels = Vec::new();
    for lap in 2..race.n_laps {
        let mut order: Vec<(f64, usize)> = (race.cars.iter().enumerate())
            .filter_map(|(car_idx, car)| {
                Some((car.laps.get(usize::from(lap - 1)).filter(|it| it.lap == lap)?.end_s, car_idx))
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in order.windows(2) {
            let ((ahead_s, ahead), (behind_s, behind)) = (pair[0], pair[1]);
            duels.extend(duel(race, laps, lap, (ahead, behind), behind_s - ahead_s));
        }
    }
    duels
}

fn duel(race: &PastRace, laps: &RaceLaps, lap: u16, (ahead, behind): (usize, usize), gap_s: f64) -> Option<Duel> {
    let next = |car_idx: usize| {
        let car: &PastCar = &race.cars[car_idx];
        let (now, next) = (car.laps.get(usize::from(lap - 1))?, car.laps.get(usize::from(lap))?);
        let is_racing = next.track == TrackState::Green && now.track == TrackState::Green;
        let is_out = now.is_in_lap || now.is_out_lap || next.is_in_lap;
        (is_racing && !is_out && next.lap == lap + 1).then_some(next)
    };
    let (first, second) = (next(ahead)?, next(behind)?);
    let expected = |car_idx: usize, it: &overcut_sim::estimate::LapSoFar| {
        let tyre = it.tyre.filter(|tyre| tyre.is_slick())?;
        laps.expected_s(race, car_idx, it.lap, tyre.index(), f64::from(it.tyre_age.saturating_sub(1)))
    };
    let advantage_s = (expected(ahead, first)? - expected(behind, second)?).clamp(-3.0, 3.0);
    let is_near = gap_s < WITHIN_S && gap_s - advantage_s < FOLLOWING_S + NOISE_S;
    let age = |it: &overcut_sim::estimate::LapSoFar| f64::from(it.tyre_age);
    let aid = f64::from(u8::from(gap_s < 1.0 && lap > 2));
    is_near.then(|| Duel {
        row: vec![1.0, advantage_s, (age(first) - age(second)).clamp(-30.0, 30.0), aid],
        passed: second.end_s < first.end_s,
    })
}

//! Tyres, fuel, track and lap-to-lap noise, from laps taken apart.

use super::Sheet;
use super::laps::{AGE, AGE2, EVOLUTION, EVOLUTION_LAPS, HARD, LAPS_LEFT, ObservedLap, RaceLaps, SOFT};
use crate::archive::PastRace;
use crate::linear::{mean, median, quantile, robust_sigma, variance};
use crate::parameters::Estimate;

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace], laps: &[Option<RaceLaps>]) {
    sheet.set("circuit", "evolution_laps", Estimate::fixed(EVOLUTION_LAPS));
    for (race, laps) in races.iter().zip(laps) {
        let Some(laps) = laps else { continue };
        observe_coefficients(sheet, race, laps);
        observe_warm_up(sheet, race, laps);
        observe_noise(sheet, race, laps);
        observe_dirty_air(sheet, race, laps);
    }
    sheet.set("traffic", "dirty_air_reach_s", Estimate::fixed(DIRTY_AIR_REACH_S));
}

fn observe_coefficients(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let names = [
        (LAPS_LEFT, "circuit", "fuel_s_per_lap"),
        (EVOLUTION, "circuit", "evolution_s"),
        (SOFT, "tyre_soft", "offset_s"),
        (HARD, "tyre_hard", "offset_s"),
        (AGE, "tyre_soft", "wear_s_per_lap"),
        (AGE + 1, "tyre_medium", "wear_s_per_lap"),
        (AGE + 2, "tyre_hard", "wear_s_per_lap"),
        (AGE2, "tyre_soft", "wear_s_per_lap2"),
        (AGE2 + 1, "tyre_medium", "wear_s_per_lap2"),
        (AGE2 + 2, "tyre_hard", "wear_s_per_lap2"),
    ];
    for (i, section, name) in names {
        if laps.is_known[i] {
            sheet.add(race, section, name, laps.coefficients[i], laps.variances[i], laps.clean.len());
        }
    }
}

/// The first whole lap on a set, after the out-lap, against what it should have taken. The out-lap itself is in the
/// pit loss.
fn observe_warm_up(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let sections = ["tyre_soft", "tyre_medium", "tyre_hard"];
    for (tyre, section) in sections.into_iter().enumerate() {
        let first = laps.green.iter().filter(|lap| lap.tyre == tyre && lap.age == 1.0 && lap.gap_s > 2.0);
        let residuals: Vec<f64> = first.map(|lap| lap.residual_s).filter(|residual| residual.abs() < 3.0).collect();
        if residuals.len() >= 3 {
            sheet.add(
                race,
                section,
                "warm_up_s",
                mean(&residuals).max(0.0),
                0.16 / residuals.len() as f64,
                residuals.len(),
            );
        }
    }
}

/// Noise from lap to lap: half the variance of differences of neighbouring laps, so that drifts do not count as noise.
fn observe_noise(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let differences: Vec<f64> = neighbours(&laps.green)
        .filter(|(a, b)| a.gap_s > 1.5 && b.gap_s > 1.5)
        .map(|(a, b)| (b.residual_s - a.residual_s) / 2.0_f64.sqrt())
        .filter(|difference| difference.is_finite())
        .collect();
    if differences.len() < 100 {
        return;
    }
    let n = differences.len();
    let sigma = robust_sigma(&differences);
    sheet.add(race, "noise", "sigma_s", sigma, sigma * sigma / n as f64, n);
    // Beyond two sigmas a normal has 4.6 %; what is there in excess, up to a mistake's size, is the wide part.
    let kept: Vec<f64> = differences.iter().copied().filter(|it| it.abs() < MISTAKE_S).collect();
    let beyond = kept.iter().filter(|it| it.abs() > 2.0 * sigma).count() as f64 / kept.len() as f64;
    let factor = WIDE_FACTOR;
    // A normal so many times wider has this much beyond two of the narrow one's sigmas.
    let wide_beyond = 2.0 * normal_tail(2.0 / factor);
    let share = ((beyond - 0.0455) / (wide_beyond - 0.0455)).clamp(0.0, 0.4);
    sheet.add(race, "noise", "wide_share", share, share.max(0.01) * (1.0 - share) * 4.0 / n as f64, n);
    sheet.add(race, "noise", "wide_factor", factor, 0.01, n);
    let mistakes: Vec<f64> = lone_losses(&laps.green);
    let rate = mistakes.len() as f64 / n as f64;
    sheet.add(race, "noise", "mistake_probability", rate, (rate + 0.003) / n as f64, n);
    if mistakes.len() >= 2 {
        let size = mean(&mistakes);
        sheet.add(race, "noise", "mistake_mean_s", size, (size * size) / mistakes.len() as f64, mistakes.len());
    }
}

/// How many times wider the wide part is: a choice, its share then follows from the laps.
const WIDE_FACTOR: f64 = 2.5;
/// A lap slower than both its neighbours by this is a mistake.
const MISTAKE_S: f64 = 1.2;

fn neighbours(laps: &[ObservedLap]) -> impl Iterator<Item = (&ObservedLap, &ObservedLap)> {
    laps.windows(2).map(|pair| (&pair[0], &pair[1])).filter(|(a, b)| a.car_idx == b.car_idx && b.lap == a.lap + 1)
}

/// Time lost on laps that stand out from both neighbours.
fn lone_losses(laps: &[ObservedLap]) -> Vec<f64> {
    let loss = |three: &[ObservedLap]| {
        let [a, b, c] = [three[0], three[1], three[2]];
        let is_row = a.car_idx == c.car_idx && c.lap == a.lap + 2 && b.gap_s > 1.5;
        let loss = b.residual_s - 0.5 * (a.residual_s + c.residual_s);
        (is_row && loss > MISTAKE_S && loss < 12.0).then_some(loss)
    };
    laps.windows(3).filter_map(loss).collect()
}

/// Gap at which what the air costs has fallen to 1/e: a choice by the shape of residuals over all races.
const DIRTY_AIR_REACH_S: f64 = 1.2;

/// What cars lose 0.8 to 2.5 s behind another, where they are hindered by its air but not stuck in its gearbox.
fn observe_dirty_air(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let near: Vec<&ObservedLap> = laps.green.iter().filter(|lap| (0.8..2.5).contains(&lap.gap_s)).collect();
    let pairs: Vec<(f64, f64)> = (near.iter())
        .filter(|lap| lap.residual_s.is_finite() && lap.residual_s.abs() < 2.0)
        .map(|lap| ((-lap.gap_s / DIRTY_AIR_REACH_S).exp(), lap.residual_s))
        .collect();
    if pairs.len() < 40 {
        return;
    }
    let squares: f64 = pairs.iter().map(|(x, _)| x * x).sum();
    let loss = pairs.iter().map(|(x, y)| x * y).sum::<f64>() / squares;
    let residuals: Vec<f64> = pairs.iter().map(|(x, y)| y - loss * x).collect();
    sheet.add(race, "traffic", "dirty_air_s", loss.max(0.0), 4.0 * variance(&residuals) / squares, pairs.len());
    // Cars that follow closely: the nearest tenth of those within a second.
    let mut close: Vec<f64> = laps.green.iter().map(|lap| lap.gap_s).filter(|gap| *gap < 1.0).collect();
    if close.len() >= 40 {
        let spread = median(&mut close.clone()) - quantile(&mut close, 0.05);
        sheet.add(
            race,
            "traffic",
            "following_gap_s",
            quantile(&mut close, 0.1),
            spread * spread / close.len() as f64 * 9.0,
            close.len(),
        );
    }
}

/// Probability that a standard normal exceeds `z`, by Abramowitz and Stegun 26.2.17, to 1e-7.
fn normal_tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let poly =
        t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly
}

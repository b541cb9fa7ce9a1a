//! The formulas of a race as pure functions on plain numbers: what a kernel on any device computes.
//!
//! Everything here is `f32 -> f32` with no branch on anything but its arguments. The structure of a lap time as a sum of
//! independent losses is that of A. Heilmeier, M. Graf and M. Lienkamp, "A race simulation for strategy decisions in
//! circuit motorsports" (ITSC 2018) and of Heilmeier, Graf, Betz and Lienkamp, "Application of Monte Carlo methods to
//! consider probabilistic effects in a race simulation for circuit motorsport" (Appl. Sci. 2020, 10, 4229).

use super::{DurationModel, StopTimeModel, TrafficModel, Tyre, TyreModel, WeatherModel};

/// Lap time that the fuel for `laps_left` laps costs: mass falls evenly, lap time is linear in mass (Heilmeier 2018).
#[inline(always)]
pub fn fuel_loss_s(fuel_s_per_lap: f32, laps_left: f32) -> f32 {
    fuel_s_per_lap * laps_left
}

/// How much slower than rubbered in the track is after `laps` laps of racing.
#[inline(always)]
pub fn evolution_loss_s(evolution_s: f32, evolution_laps: f32, laps: f32) -> f32 {
    evolution_s * exp(-laps / evolution_laps)
}

/// What a set loses on a lap whatever the car: its offset and, on its first lap, its warm-up.
pub fn tyre_offset_s(tyre: &TyreModel, age: u16) -> f32 {
    tyre.offset_s + if age == 0 { tyre.warm_up_s } else { 0.0 }
}

/// What a set that has `age` laps behind it loses by wear: linear, squared, and beyond the cliff linear once more.
///
/// Heilmeier 2018 has the first two; the cliff is ours. Times the car's wear factor.
pub fn tyre_wear_s(tyre: &TyreModel, age: u16) -> f32 {
    let age = f32::from(age);
    let beyond = (age - tyre.cliff_age).max(0.0);
    tyre.wear_s_per_lap * age + tyre.wear_s_per_lap2 * age * age + tyre.cliff_s_per_lap * beyond
}

/// Lap time that intermediates lose on a dry track, as a share of the lap.
const INTERMEDIATE_ON_DRY: f32 = 0.06;
/// The same for wets.
const WET_ON_DRY: f32 = 0.11;

/// Lap time that a kind of tyre loses at a wetness, as a share of the dry lap.
///
/// Each kind loses linearly with wetness. The lines of slicks and intermediates cross at the weather's slick crossover,
/// those of intermediates and wets at its wet crossover, and wets on a fully wet track lose its wet lap share; what
/// the grooved tyres lose on a dry track (6 and 11 %) is from laps driven just before a change to slicks.
pub fn wet_loss_share(weather: &WeatherModel, tyre: Tyre, wetness: f32) -> f32 {
    let wet_slope = weather.wet_lap_share - WET_ON_DRY;
    let intermediate_slope = wet_slope + (WET_ON_DRY - INTERMEDIATE_ON_DRY) / weather.wet_crossover;
    let slick_slope = intermediate_slope + INTERMEDIATE_ON_DRY / weather.slick_crossover;
    match tyre {
        Tyre::Soft | Tyre::Medium | Tyre::Hard => slick_slope * wetness,
        Tyre::Intermediate => INTERMEDIATE_ON_DRY + intermediate_slope * wetness,
        Tyre::Wet => WET_ON_DRY + wet_slope * wetness,
    }
}

/// The kind of grooved tyre, or slicks (`None`), that loses least at a wetness.
pub fn kind_for(weather: &WeatherModel, wetness: f32) -> Option<Tyre> {
    if wetness <= weather.slick_crossover {
        None
    } else if wetness <= weather.wet_crossover {
        Some(Tyre::Intermediate)
    } else {
        Some(Tyre::Wet)
    }
}

/// Wetness after a lap: a share of the way to the shower's wetness while it rains, a share of it lost while it is dry.
#[inline(always)]
pub fn wetness_after(weather: &WeatherModel, wetness: f32, shower: Option<f32>) -> f32 {
    match shower {
        Some(towards) => wetness + (towards - wetness) * weather.wetting,
        // The last film dries like the rest on paper for ever; a track is dry when nobody could tell.
        None if wetness < 0.01 => 0.0,
        None => wetness * (1.0 - weather.drying),
    }
}

/// Lap time lost to the air behind another car, by the gap to it at the start of the lap.
#[inline(always)]
pub fn dirty_air_s(traffic: &TrafficModel, gap_s: f32) -> f32 {
    traffic.dirty_air_s * exp(-gap_s / traffic.dirty_air_reach_s)
}

/// What speaks for a pass: two cars that would be closer at the line than cars can follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Duel {
    /// Lap time of the car ahead less that of the car behind, both as if they were alone.
    pub pace_advantage_s: f32,
    /// Laps that the tyres of the car ahead are older.
    pub tyre_advantage_laps: f32,
    /// Attack of the car behind less defence of the car ahead.
    pub skill: f32,
    /// True where the rear-wing aid or the overtake mode may be used.
    pub has_aid: bool,
}

/// Probability that the car behind passes within the lap: logistic in what speaks for it.
#[inline(always)]
pub fn pass_probability(traffic: &TrafficModel, duel: Duel) -> f32 {
    let aid = if duel.has_aid { traffic.overtake_aid } else { 0.0 };
    logistic(
        traffic.overtake_intercept
            + traffic.overtake_per_s * duel.pace_advantage_s
            + traffic.overtake_per_tyre_lap * duel.tyre_advantage_laps
            + duel.skill
            + aid,
    )
}

/// Quantile of the time standing still: log-logistic above a minimum (Heilmeier 2020), cut at a minute.
pub fn stop_time_s(stop: &StopTimeModel, p: f64) -> f32 {
    let odds = p / (1.0 - p);
    let above = f64::from(stop.scale_s) * odds.powf(1.0 / f64::from(stop.shape));
    (f64::from(stop.minimum_s) + above.min(60.0)) as f32
}

/// Probability that a phase which has lasted `laps` laps ends before the next one: geometric above the minimum.
pub fn end_probability(duration: &DurationModel, laps: u16) -> f32 {
    let minimum = duration.minimum.round();
    if f32::from(laps) < minimum { 0.0 } else { 1.0 / (1.0 + (duration.mean - minimum).max(0.0)) }
}

/// `1 / (1 + e⁻ˣ)`, to 1e-6.
#[inline(always)]
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// `eˣ` to 3e-7 of its value for |x| ≤ 60, held at those ends.
///
/// Two to the whole part is put into the exponent's bits, two to the rest (at most a half) is a Taylor polynomial of
/// degree 6. No call and no branch, so loops over it vectorise, which those over the library's do not.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding and taking away 1.5·2²³ rounds to whole numbers; SSE2 has no instruction for it.
    const ROUNDER: f32 = 12_582_912.0;
    let powers = x.clamp(-60.0, 60.0) * std::f32::consts::LOG2_E;
    let rounded = powers + ROUNDER;
    let rest = (powers - (rounded - ROUNDER)) * std::f32::consts::LN_2;
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3F80_0000));
    let poly = 1.0 / 120.0 + rest * (1.0 / 720.0);
    let poly = 1.0 / 24.0 + rest * poly;
    let poly = 0.5 + rest * (1.0 / 6.0 + rest * poly);
    scale * (1.0 + rest * (1.0 + rest * poly))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::race::RaceModel;

    #[test]
    fn exp_keeps_its_stated_error() {
        for i in -60_000..=60_000 {
            let x = i as f32 * 1e-3;
            let want = f64::from(x).exp();
            let error = (f64::from(exp(x)) - want).abs() / want;
            // The argument itself is only good to 2⁻²⁴ of its size, which e^x multiplies by x.
            assert!(error < 3e-7 + f64::from(x.abs()) * 1.2e-7, "{x}: {error}");
        }
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn logistic_is_a_probability() {
        for x in [-1e30, -60.0, -1.0, 0.0, 2.0, 60.0, 1e30] {
            let p = logistic(x);
            assert!((0.0..=1.0).contains(&p));
            assert!((p + logistic(-x) - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn tyres_cross_where_the_weather_says() {
        let weather = RaceModel::pooled(20, 57).circuit.weather;
        let at = |tyre, wetness| wet_loss_share(&weather, tyre, wetness);
        let (slick, wet) = (weather.slick_crossover, weather.wet_crossover);
        assert!((at(Tyre::Soft, slick) - at(Tyre::Intermediate, slick)).abs() < 1e-6);
        assert!((at(Tyre::Wet, wet) - at(Tyre::Intermediate, wet)).abs() < 1e-6);
        assert!((at(Tyre::Wet, 1.0) - weather.wet_lap_share).abs() < 1e-6);
        assert_eq!(at(Tyre::Hard, 0.0), 0.0);
        assert!(at(Tyre::Hard, 0.0) < at(Tyre::Intermediate, 0.0));
    }

    #[test]
    fn phases_end_after_their_mean() {
        for (minimum, mean) in [(1.0, 1.0), (2.0, 4.5), (3.0, 3.0)] {
            let duration = DurationModel { minimum, mean };
            let (mut alive, mut laps) = (1.0, 0.0);
            for lap in 0..2_000 {
                alive *= 1.0 - end_probability(&duration, lap);
                laps += alive;
            }
            assert!((laps - mean).abs() < 1e-2, "{laps} {mean}");
        }
    }

    #[test]
    fn stop_times_have_their_median_and_their_tail() {
        let stop = StopTimeModel { minimum_s: 2.0, scale_s: 0.6, shape: 2.5 };
        assert!((stop_time_s(&stop, 0.5) - 2.6).abs() < 1e-5);
        assert!(stop_time_s(&stop, 0.99) > 5.0);
        assert!(stop_time_s(&stop, 1.0 - 1e-16) <= 62.0);
    }
}

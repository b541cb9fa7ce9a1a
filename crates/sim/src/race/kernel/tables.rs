//! What a model, a state and settings mean to the kernel: computed once, read by every run on every thread.

use super::{Field, LANES};
use crate::race::formulas::{evolution_loss_s, fuel_loss_s, stop_time_s, tyre_offset_s, tyre_wear_s};
use crate::race::quantile::Quantiles;
use crate::race::team::PreparedTeams;
use crate::race::{NoiseModel, Plan, PolicyChoice, RaceModel, RaceState, Script, Settings, Tyre};
use crate::random::{NO_CAR, normal_quantile};

/// Ages of tyres that lap times tell apart; older sets lose as much as the oldest.
pub(in crate::race) const N_AGES: usize = 128;

pub(in crate::race) struct Tables<'a> {
    pub(in crate::race) model: &'a RaceModel,
    pub(in crate::race) settings: &'a Settings<'a>,
    pub(in crate::race) teams: PreparedTeams,
    /// By car: the plan of its own that its state came with.
    pub(in crate::race) plans: Vec<Option<Plan>>,
    is_free: [bool; LANES],
    pub(in crate::race) n_cars: usize,
    /// Cars and the track's own lane, rounded up to whole vectors of four.
    pub(in crate::race) n_lanes: usize,
    /// The lane of the track.
    pub(in crate::race) track_lane: usize,
    pub(in crate::race) n_laps: usize,
    /// By lane: the car in the key of its random numbers.
    pub(in crate::race) keys: [u32; LANES],
    /// By lap, from 1: lap time of the average car on fresh mediums with the fuel and the track of that lap.
    pub(in crate::race) lap_s: Vec<f32>,
    /// By kind and age at the start of the lap.
    pub(in crate::race) tyre_offset_s: [[f32; N_AGES]; Tyre::COUNT],
    pub(in crate::race) tyre_wear_s: [[f32; N_AGES]; Tyre::COUNT],
    pub(in crate::race) wear_factor: [f32; LANES],
    pub(in crate::race) noise_factor: [f32; LANES],
    /// By lane: probability per lap of a failure, a penalty or a mistake; of a failure alone; of a crash.
    pub(in crate::race) mischance: [f32; LANES],
    pub(in crate::race) failure: [f32; LANES],
    pub(in crate::race) crash: [f32; LANES],
    pub(in crate::race) attack: [f32; LANES],
    pub(in crate::race) defence: [f32; LANES],
    pub(in crate::race) start_s: [f32; LANES],
    pub(in crate::race) team_idx: [u8; LANES],
    pub(in crate::race) normal: Quantiles,
    pub(in crate::race) noise: Quantiles,
    pub(in crate::race) stop: Quantiles,
    /// By lap: how much likelier a neutralisation for other reasons is than on average.
    pub(in crate::race) profile: Vec<f32>,
    pub(in crate::race) has_scripts: bool,
    /// What every run starts from.
    pub(in crate::race) start: Field,
}

impl<'a> Tables<'a> {
    pub(in crate::race) fn new(model: &'a RaceModel, state: &RaceState, settings: &'a Settings<'a>) -> Tables<'a> {
        let circuit = &model.circuit;
        let n_cars = model.cars.len();
        let n_laps = usize::from(circuit.n_laps);
        let of_cars = |value: &dyn Fn(&crate::race::CarModel) -> f32| -> [f32; LANES] {
            std::array::from_fn(|i| model.cars.get(i).map_or(0.0, value))
        };
        let key = |i: usize| model.cars.get(i).map_or(NO_CAR, |car| u32::from(car.driver.0));
        let lap_s: Vec<f32> = (0..=n_laps + 1)
            .map(|lap| {
                let laps_left = (n_laps as f32 - lap as f32).max(0.0);
                circuit.base_lap_s
                    + fuel_loss_s(circuit.fuel_s_per_lap, laps_left)
                    + evolution_loss_s(circuit.evolution_s, circuit.evolution_laps, (lap as f32 - 1.0).max(0.0))
            })
            .collect();
        let by_age = |loss: fn(&crate::race::TyreModel, u16) -> f32| -> [[f32; N_AGES]; Tyre::COUNT] {
            std::array::from_fn(|kind| std::array::from_fn(|age| loss(&model.tyres[kind], age as u16)))
        };
        let mistake = circuit.noise.mistake_probability;
        Tables {
            model,
            settings,
            teams: settings.team.prepare(model),
            plans: state.cars.iter().map(|car| car.plan.clone()).collect(),
            is_free: std::array::from_fn(|i| {
                let is_team = matches!(settings.policies.get(i), None | Some(PolicyChoice::Team));
                is_team && state.cars.get(i).is_some_and(|car| car.plan.is_none())
            }),
            n_cars,
            n_lanes: (n_cars + 1).next_multiple_of(4),
            track_lane: n_cars,
            n_laps,
            keys: std::array::from_fn(key),
            start: Field::new(model, state, settings, &lap_s),
            lap_s,
            tyre_offset_s: by_age(tyre_offset_s),
            tyre_wear_s: by_age(tyre_wear_s),
            wear_factor: of_cars(&|car| car.wear_factor),
            noise_factor: of_cars(&|car| car.noise_factor),
            mischance: of_cars(&|car| car.failure_hazard + car.penalty_hazard + mistake),
            failure: of_cars(&|car| car.failure_hazard),
            crash: of_cars(&|car| car.crash_hazard),
            attack: of_cars(&|car| car.attack),
            defence: of_cars(&|car| car.defence),
            start_s: of_cars(&|car| car.start_s),
            team_idx: std::array::from_fn(|i| model.cars.get(i).map_or(u8::MAX, |car| car.team_idx)),
            normal: Quantiles::new(|p| normal_quantile(p) as f32),
            noise: noise_quantiles(&circuit.noise),
            stop: Quantiles::new(|p| stop_time_s(&circuit.pit.stop, p)),
            profile: (0..=n_laps).map(|lap| circuit.neutralisation.profile[fifth(lap, n_laps)]).collect(),
            has_scripts: !settings.scripts.is_empty(),
        }
    }

    /// True if the team rule decides for a car, without a plan.
    #[inline(always)]
    pub(in crate::race) fn follows_team(&self, i: usize) -> bool {
        self.is_free[i]
    }

    pub(in crate::race) fn scripts(&self) -> &[Script] {
        &self.settings.scripts
    }
}

/// Which fifth of the race a lap (from 1) lies in.
fn fifth(lap: usize, n_laps: usize) -> usize {
    (lap.saturating_sub(1) * 5 / n_laps.max(1)).min(4)
}

/// Quantiles of a lap's noise: a normal, with a share of wider draws.
fn noise_quantiles(noise: &NoiseModel) -> Quantiles {
    let (share, factor) = (f64::from(noise.wide_share), f64::from(noise.wide_factor).max(1e-3));
    let below = |z: f64| (1.0 - share) * normal_probability(z) + share * normal_probability(z / factor);
    Quantiles::new(|p| {
        // Symmetric: look in the lower half, where probabilities keep their digits.
        let target = p.min(1.0 - p);
        let (mut low, mut high) = (-6.0 * factor.max(1.0), 0.0);
        for _ in 0..32 {
            let middle = 0.5 * (low + high);
            if below(middle) < target { low = middle } else { high = middle }
        }
        let z = if p < 0.5 { low } else { -low };
        noise.sigma_s * z as f32
    })
}

/// Probability that a standard normal number is below `z` ≤ 0.
///
/// Half the complementary error function, by the Chebyshev fit of Press et al., Numerical Recipes (§6.2, `erfcc`), whose
/// relative error is below 1.2e-7 everywhere.
fn normal_probability(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 10] = [
        0.17087277,
        -0.82215223,
        1.48851587,
        -1.13520398,
        0.27886807,
        -0.18628806,
        0.09678418,
        0.37409196,
        1.00002368,
        -1.26551223,
    ];
    let x = -z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let poly = COEFFICIENTS.iter().fold(0.0, |sum, c| sum * t + c);
    0.5 * t * (-x * x + poly).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_without_wide_draws_is_normal() {
        let noise = NoiseModel {
            sigma_s: 2.0,
            wide_share: 0.0,
            wide_factor: 3.0,
            mistake_probability: 0.0,
            mistake_mean_s: 0.0,
        };
        let (got, want) = (noise_quantiles(&noise), Quantiles::new(|p| 2.0 * normal_quantile(p) as f32));
        for word in [5, 1 << 20, 1 << 30, 3 << 29, 3 << 30, u32::MAX - 9] {
            assert!((got.draw(word) - want.draw(word)).abs() < 1e-4, "{word}");
        }
    }

    #[test]
    fn fifths_cover_the_race() {
        assert_eq!([1, 11, 12, 57].map(|lap| fifth(lap, 57)), [0, 0, 0, 4]);
        assert_eq!([1, 2, 3].map(|lap| fifth(lap, 3)), [0, 1, 3]);
    }
}

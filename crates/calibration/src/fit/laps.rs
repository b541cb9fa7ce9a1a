//! Lap times of one dry race, taken apart: driver, fuel and track, compound, age.

use overcut_sim::race::TrackState;

use crate::archive::PastRace;
use crate::linear::{NormalEquations, median, robust_sigma};

/// A green lap without a stop, by a car that had room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ObservedLap {
    pub(crate) car_idx: usize,
    pub(crate) lap: u16,
    /// Index of the dry compound, softest first.
    pub(crate) tyre: usize,
    /// Laps on the set before this one.
    pub(crate) age: f64,
    pub(crate) time_s: f64,
    /// Time since the car ahead crossed the line when this lap began.
    pub(crate) gap_s: f64,
    /// What the regression does not explain.
    pub(crate) residual_s: f64,
}

/// The regression of one race.
#[derive(Debug, Clone)]
pub(crate) struct RaceLaps {
    /// Every green lap, in traffic or not, by car and lap.
    pub(crate) green: Vec<ObservedLap>,
    /// Those the coefficients are from.
    pub(crate) clean: Vec<ObservedLap>,
    /// Average car, fresh mediums, empty tank.
    pub(crate) base_lap_s: f64,
    /// Level of each car against that; `None` for one without clean laps.
    pub(crate) levels: Vec<Option<f64>>,
    pub(crate) coefficients: [f64; N_REGRESSORS],
    pub(crate) variances: [f64; N_REGRESSORS],
    /// Whether the race says anything about each of them.
    pub(crate) is_known: [bool; N_REGRESSORS],
}

pub(crate) const LAPS_LEFT: usize = 0;
pub(crate) const EVOLUTION: usize = 1;
pub(crate) const SOFT: usize = 2;
pub(crate) const HARD: usize = 3;
/// Age of soft, medium and hard, then their squares.
pub(crate) const AGE: usize = 4;
pub(crate) const AGE2: usize = 7;
pub(crate) const N_REGRESSORS: usize = 10;

/// Laps in which all but 1/e of the track's early slowness is gone. Fixed: laps tell its size, hardly its length.
pub(crate) const EVOLUTION_LAPS: f64 = 10.0;
/// Gap above which a car is taken to be alone.
const CLEAN_GAP_S: f64 = 2.0;
/// Laps a race must have to be taken apart.
const FEWEST_LAPS: usize = 250;
/// Clean laps a car must have to count.
const FEWEST_OF_CAR: usize = 8;
/// Residuals beyond so many robust standard deviations are mistakes or damage.
const WIDEST: f64 = 3.0;

/// Means and precisions that a race's coefficients are pulled by where it cannot tell them apart: a race in which
/// everybody stops on the same lap cannot tell fuel from wear. Means are from the TUM parameters (0.058 s per lap of
/// fuel, wear 0.05 s a lap); standard deviations are wide enough to let any ordinary race speak for itself.
const PULLS: [(f64, f64); N_REGRESSORS] = [
    (0.058, 0.02),
    (0.6, 1.0),
    (-0.5, 0.5),
    (0.4, 0.5),
    (0.06, 0.04),
    (0.045, 0.03),
    (0.03, 0.025),
    (0.001, 0.001),
    (0.0006, 0.0007),
    (0.0003, 0.0005),
];

impl RaceLaps {
    /// Takes a race apart; `None` for wet ones and those with too few laps.
    pub(crate) fn fit(race: &PastRace) -> Option<RaceLaps> {
        if race.wet_share() > 0.1 {
            return None;
        }
        let mut green = green_laps(race);
        let usual = median(&mut green.iter().map(|lap| lap.time_s).collect::<Vec<_>>());
        green.retain(|lap| lap.time_s < usual * 1.07);
        let mut clean: Vec<ObservedLap> = green.iter().filter(|lap| lap.gap_s > CLEAN_GAP_S).copied().collect();
        let mut fitted = None;
        for _ in 0..3 {
            let count = |car_idx: usize| clean.iter().filter(|lap| lap.car_idx == car_idx).count();
            let counts: Vec<usize> = (0..race.cars.len()).map(count).collect();
            clean.retain(|lap| counts[lap.car_idx] >= FEWEST_OF_CAR);
            if clean.len() < FEWEST_LAPS {
                return None;
            }
            let regression = Regression::of(race, &clean)?;
            regression.fill_residuals(race, &mut clean);
            let sigma = robust_sigma(&clean.iter().map(|lap| lap.residual_s).collect::<Vec<_>>());
            clean.retain(|lap| lap.residual_s.abs() < WIDEST * sigma);
            fitted = Some(regression);
        }
        let regression = fitted?;
        regression.fill_residuals(race, &mut green);
        let known: Vec<f64> = regression.levels.iter().flatten().copied().collect();
        let base_lap_s = known.iter().sum::<f64>() / known.len() as f64;
        Some(RaceLaps {
            green,
            clean,
            base_lap_s,
            levels: regression.levels.iter().map(|level| level.map(|level| level - base_lap_s)).collect(),
            coefficients: regression.coefficients,
            variances: regression.variances,
            is_known: regression.is_known,
        })
    }

    /// What a lap should have taken; `None` for a car without a level.
    pub(crate) fn expected_s(&self, race: &PastRace, car_idx: usize, lap: u16, tyre: usize, age: f64) -> Option<f64> {
        let level = self.levels[car_idx]?;
        let row = regressors(race, lap, tyre, age);
        Some(self.base_lap_s + level + row.iter().zip(&self.coefficients).map(|(x, c)| x * c).sum::<f64>())
    }
}

fn regressors(race: &PastRace, lap: u16, tyre: usize, age: f64) -> [f64; N_REGRESSORS] {
    let mut row = [0.0; N_REGRESSORS];
    row[LAPS_LEFT] = f64::from(race.n_laps.saturating_sub(lap));
    row[EVOLUTION] = (-f64::from(lap - 1) / EVOLUTION_LAPS).exp();
    row[SOFT] = f64::from(u8::from(tyre == 0));
    row[HARD] = f64::from(u8::from(tyre == 2));
    row[AGE + tyre] = age;
    row[AGE2 + tyre] = age * age;
    row
}

struct Regression {
    coefficients: [f64; N_REGRESSORS],
    variances: [f64; N_REGRESSORS],
    is_known: [bool; N_REGRESSORS],
    levels: Vec<Option<f64>>,
}

impl Regression {
    /// Within cars: each car's own mean is taken out first, so its level costs no regressor.
    fn of(race: &PastRace, laps: &[ObservedLap]) -> Option<Regression> {
        let means = car_means(race, laps);
        let mut equations = NormalEquations::new(N_REGRESSORS);
        let mut sums = [0_usize; 3];
        for lap in laps {
            let (mean_row, mean_time, _) = means[lap.car_idx].as_ref()?;
            let mut row = regressors(race, lap.lap, lap.tyre, lap.age);
            row.iter_mut().zip(mean_row).for_each(|(x, mean)| *x -= mean);
            equations.add(&row, lap.time_s - mean_time, 1.0);
            sums[lap.tyre] += 1;
        }
        // Laps of one stint share what the model gets wrong, so they say less than as many independent ones would.
        let noise = 0.35_f64.powi(2) * LAPS_PER_OPINION;
        for (i, (mean, sigma)) in PULLS.iter().enumerate() {
            equations.pull(i, *mean, noise / (sigma * sigma));
        }
        let fitted = equations.solve()?;
        let mut coefficients = [0.0; N_REGRESSORS];
        coefficients.copy_from_slice(&fitted.coefficients);
        let variances = std::array::from_fn(|i| fitted.inverse[i * N_REGRESSORS + i] * noise);
        let enough = |tyre: usize| sums[tyre] >= 40;
        let is_known = [
            true,
            true,
            enough(0) && enough(1),
            enough(2) && enough(1),
            enough(0),
            enough(1),
            enough(2),
            enough(0),
            enough(1),
            enough(2),
        ];
        let level = |mean: &Option<([f64; N_REGRESSORS], f64, usize)>| {
            let (row, time, _) = mean.as_ref()?;
            Some(time - row.iter().zip(&coefficients).map(|(x, c)| x * c).sum::<f64>())
        };
        let levels = means.iter().map(level).collect();
        Some(Regression { coefficients, variances, is_known, levels })
    }

    fn fill_residuals(&self, race: &PastRace, laps: &mut [ObservedLap]) {
        for lap in laps {
            let row = regressors(race, lap.lap, lap.tyre, lap.age);
            let explained = row.iter().zip(&self.coefficients).map(|(x, c)| x * c).sum::<f64>();
            lap.residual_s = self.levels[lap.car_idx].map_or(f64::NAN, |level| lap.time_s - level - explained);
        }
    }
}

/// Laps that say as much as one independent one: about half a stint drifts together.
const LAPS_PER_OPINION: f64 = 6.0;

type CarMean = Option<([f64; N_REGRESSORS], f64, usize)>;

fn car_means(race: &PastRace, laps: &[ObservedLap]) -> Vec<CarMean> {
    let mut means: Vec<CarMean> = vec![None; race.cars.len()];
    for lap in laps {
        let (row, time, n) = means[lap.car_idx].get_or_insert(([0.0; N_REGRESSORS], 0.0, 0));
        row.iter_mut().zip(regressors(race, lap.lap, lap.tyre, lap.age)).for_each(|(sum, x)| *sum += x);
        *time += lap.time_s;
        *n += 1;
    }
    for (row, time, n) in means.iter_mut().flatten() {
        row.iter_mut().for_each(|sum| *sum /= *n as f64);
        *time /= *n as f64;
    }
    means
}

fn green_laps(race: &PastRace) -> Vec<ObservedLap> {
    let mut ends: Vec<f64> =
        race.cars.iter().flat_map(|car| &car.laps).filter(|lap| !lap.is_in_lap).map(|lap| lap.end_s).collect();
    ends.sort_by(f64::total_cmp);
    let gap = |end_s: f64| match ends.partition_point(|end| *end < end_s) {
        0 => f64::INFINITY,
        next => end_s - ends[next - 1],
    };
    let mut green = Vec::new();
    for (car_idx, car) in race.cars.iter().enumerate() {
        for (idx, pair) in car.laps.windows(2).enumerate() {
            let (previous, lap) = (&pair[0], &pair[1]);
            let (Some(time), Some(tyre)) = (lap.lap_time_s, lap.tyre) else { continue };
            let is_green = lap.track == TrackState::Green && previous.track == TrackState::Green;
            let is_whole = !lap.is_in_lap && !lap.is_out_lap && car.is_accurate[idx + 1] && lap.lap == previous.lap + 1;
            if !is_green || !is_whole || !tyre.is_slick() || lap.lap < 3 {
                continue;
            }
            green.push(ObservedLap {
                car_idx,
                lap: lap.lap,
                tyre: tyre.index(),
                age: f64::from(lap.tyre_age.saturating_sub(1)),
                time_s: f64::from(time),
                gap_s: gap(previous.end_s),
                residual_s: 0.0,
            });
        }
    }
    green
}

/// A lap that most of the field could do, for races that cannot be taken apart: a tenth of all laps are faster.
pub(crate) fn fastest_common_lap(race: &PastRace) -> Option<f64> {
    let mut times: Vec<f64> =
        race.cars.iter().flat_map(|car| &car.laps).filter_map(|lap| lap.lap_time_s).map(f64::from).collect();
    (!times.is_empty()).then(|| crate::linear::quantile(&mut times, 0.1))
}

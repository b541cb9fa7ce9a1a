//! What scoring came to, for people and programs.

use serde::Serialize;

use super::ScoreOptions;
use super::bootstrap::{Interval, interval};
use super::metrics::METRICS;
use super::race::{Frequencies, StageResult};

/// The whole score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreReport {
    /// Seasons scored.
    pub seasons: Vec<u16>,
    /// Runs per race and stage.
    pub n_runs: u64,
    /// Seed.
    pub seed: u64,
    /// By stage.
    pub stages: Vec<StageScore>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageScore {
    /// Share of the distance; 0 is the grid.
    pub share: f64,
    /// Races.
    pub n_races: usize,
    /// By metric.
    pub metrics: Vec<MetricScore>,
    /// Gaps to the winner of the cars on its lap.
    pub gaps: Coverage,
    /// Probability that a safety car comes out, from here on.
    pub any_safety_car: Frequency,
    /// Safety cars from here on.
    pub safety_cars: Frequency,
    /// Stops of each car that finished.
    pub stops: Frequency,
    /// Share of the starters that stopped for good.
    pub retired: Frequency,
    /// Expected calibration error of a podium and of winning, over 15 bins of equal mass.
    pub podium_ece: f64,
    /// The same of winning.
    pub win_ece: f64,
}

/// One metric of three forecasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricScore {
    /// `position_log_loss`, `rps`, `top3_log_loss`, `top3_brier`, `win_log_loss`, `top3_hits` (precision and recall of
    /// the three likeliest) or `spearman`.
    pub name: &'static str,
    /// Whether more is better.
    pub more_is_better: bool,
    /// Of the simulator alone.
    pub simulated: Interval,
    /// Of the table of what happened from this place before.
    pub baseline: Interval,
    /// Of the mixture of both.
    pub mixed: Interval,
    /// Simulator less table, race by race.
    pub simulated_less_baseline: Comparison,
    /// Mixture less table.
    pub mixed_less_baseline: Comparison,
}

/// A paired difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// The difference.
    pub difference: Interval,
    /// True if it is for the better and its interval excludes zero.
    pub is_better: bool,
}

/// How often the truth lay inside an interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// Cars.
    pub n: usize,
    /// Share inside the 50 % interval.
    pub of_50: Interval,
    /// Share inside the 80 % interval.
    pub of_80: Interval,
    /// Mean width of the latter, in seconds.
    pub width_80_s: f64,
}

/// A simulated frequency beside the real one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Frequency {
    /// Simulated.
    pub simulated: f64,
    /// Real.
    pub real: Interval,
}

impl ScoreReport {
    /// Header and rows of a table: stage, metric, table, simulator, mixture, difference with interval, verdict.
    pub fn rows(&self) -> Vec<[String; 7]> {
        let mut rows = vec![
            ["stage", "metric", "table", "simulator", "mixture", "simulator - table", "better"].map(str::to_owned),
        ];
        for stage in &self.stages {
            for metric in &stage.metrics {
                let difference = &metric.simulated_less_baseline;
                let it = difference.difference;
                rows.push([
                    if stage.share == 0.0 { "grid".to_owned() } else { format!("{:.0} %", stage.share * 100.0) },
                    metric.name.to_owned(),
                    format!("{:.4}", metric.baseline.mean),
                    format!("{:.4}", metric.simulated.mean),
                    format!("{:.4}", metric.mixed.mean),
                    format!("{:+.4} ({:+.4} to {:+.4})", it.mean, it.low, it.high),
                    if difference.is_better { "yes" } else { "" }.to_owned(),
                ]);
            }
        }
        rows
    }
}

pub(super) fn report(options: &ScoreOptions, results: &[Vec<StageResult>]) -> ScoreReport {
    ScoreReport {
        seasons: options.seasons.clone(),
        n_runs: options.n_runs,
        seed: options.seed,
        stages: options
            .stages
            .iter()
            .zip(results)
            .map(|(share, results)| stage(*share, results, options.seed))
            .collect(),
    }
}

fn stage(share: f64, results: &[StageResult], seed: u64) -> StageScore {
    let of = |value: &dyn Fn(&StageResult) -> f64| interval(&results.iter().map(value).collect::<Vec<_>>(), seed);
    let frequency = |field: fn(&Frequencies) -> f64| Frequency {
        simulated: of(&|it| field(&it.expected)).mean,
        real: of(&|it| field(&it.real)),
    };
    StageScore {
        share,
        n_races: results.len(),
        metrics: (0..METRICS.len()).map(|i| metric(i, results, seed)).collect(),
        gaps: coverage(results, seed),
        any_safety_car: frequency(|it| it.any_safety_car),
        safety_cars: frequency(|it| it.safety_cars),
        stops: frequency(|it| it.stops),
        retired: frequency(|it| it.retired),
        podium_ece: calibration_error(results.iter().flat_map(|it| &it.podiums).copied().collect()),
        win_ece: calibration_error(results.iter().flat_map(|it| &it.wins).copied().collect()),
    }
}

fn metric(i: usize, results: &[StageResult], seed: u64) -> MetricScore {
    let of = |value: &dyn Fn(&StageResult) -> f64| interval(&results.iter().map(value).collect::<Vec<_>>(), seed);
    let more_is_better = matches!(METRICS[i], "top3_hits" | "spearman");
    let compare = |difference: Interval| Comparison {
        difference,
        is_better: if more_is_better { difference.low > 0.0 } else { difference.high < 0.0 },
    };
    MetricScore {
        name: METRICS[i],
        more_is_better,
        simulated: of(&|it| it.simulated.values[i]),
        baseline: of(&|it| it.baseline.values[i]),
        mixed: of(&|it| it.mixed.values[i]),
        simulated_less_baseline: compare(of(&|it| it.simulated.values[i] - it.baseline.values[i])),
        mixed_less_baseline: compare(of(&|it| it.mixed.values[i] - it.baseline.values[i])),
    }
}

fn coverage(results: &[StageResult], seed: u64) -> Coverage {
    let known: Vec<_> = results.iter().map(|it| it.gaps).filter(|gaps| gaps.n > 0.0).collect();
    let n = known.iter().map(|gaps| gaps.n).sum::<f64>();
    Coverage {
        n: n as usize,
        of_50: interval(&known.iter().map(|gaps| gaps.in50 / gaps.n).collect::<Vec<_>>(), seed),
        of_80: interval(&known.iter().map(|gaps| gaps.in80 / gaps.n).collect::<Vec<_>>(), seed),
        width_80_s: known.iter().map(|gaps| gaps.width80_s).sum::<f64>() / n.max(1.0),
    }
}

/// Bins of equal mass.
const BINS: usize = 15;

/// Mean distance, weighted by mass, of what was forecast from how often it came true.
fn calibration_error(mut forecasts: Vec<(f64, bool)>) -> f64 {
    forecasts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = forecasts.len();
    let bin = |i: usize| {
        let bin = &forecasts[i * n / BINS..(i + 1) * n / BINS];
        let forecast: f64 = bin.iter().map(|(p, _)| p).sum();
        let came_true = bin.iter().filter(|(_, is_true)| *is_true).count() as f64;
        (forecast - came_true).abs()
    };
    (0..BINS).map(bin).sum::<f64>() / n.max(1) as f64
}

//! What many runs of a race came to.

use overcut_domain::DriverNumber;
use serde::Serialize;

/// Distributions over all runs.
///
/// Everything is counted in integers, so that neither threads nor their order can change a digit, and nothing grows with
/// the number of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Races run.
    pub n_runs: u64,
    /// Of those, the races behind the figures by lap ([`CarOutcome::laps`]): an even share, at most about a thousand.
    pub n_lap_runs: u64,
    /// The cars, in the order of [`super::RaceModel::cars`].
    pub cars: Vec<CarOutcome>,
    /// Runs by number of safety cars that came out after the state simulated from; the first is none.
    pub safety_cars: Vec<u64>,
    /// Runs by number of virtual safety cars.
    pub virtual_safety_cars: Vec<u64>,
    /// Runs by number of red flags.
    pub red_flags: Vec<u64>,
    /// Laps the winner drove, on average.
    pub mean_laps: f64,
    /// Overtakes on track, on average.
    pub mean_overtakes: f64,
}

/// One car over all runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CarOutcome {
    /// Racing number.
    pub driver: DriverNumber,
    /// Runs by final position, retirements ranked behind by laps; the first is wins.
    pub positions: Vec<u64>,
    /// Runs in which it stopped for good, before or after the state simulated from.
    pub n_retired: u64,
    /// Runs in which it was classified laps down, by number of laps; the first is none. Retirements are not among them.
    pub laps_down: Vec<u64>,
    /// Mean points.
    pub points: f64,
    /// Runs by number of tyre changes over the whole race.
    pub stops: Vec<u64>,
    /// Gap to the winner in the runs it finished; laps down count as the winner's mean lap.
    pub gap: GapHistogram,
    /// After each lap of the leader from the state on (the first is the first lap simulated), while it runs.
    pub laps: Vec<LapOutcome>,
}

impl CarOutcome {
    /// Probability of finishing at a position, from 1.
    pub fn probability(&self, position: usize) -> f64 {
        let count = position.checked_sub(1).and_then(|idx| self.positions.get(idx)).copied().unwrap_or(0);
        share(count, self.n_runs())
    }

    /// Probability of finishing among the first `n`.
    pub fn probability_of_top(&self, n: usize) -> f64 {
        share(self.positions.iter().take(n).sum(), self.n_runs())
    }

    /// Probability of stopping for good.
    pub fn probability_retired(&self) -> f64 {
        share(self.n_retired, self.n_runs())
    }

    /// Mean final position.
    pub fn mean_position(&self) -> f64 {
        mean_index(&self.positions) + 1.0
    }

    /// Mean number of tyre changes.
    pub fn mean_stops(&self) -> f64 {
        mean_index(&self.stops)
    }

    /// Final position that a share `q` of the runs does not exceed.
    pub fn position_quantile(&self, q: f64) -> usize {
        quantile_index(&self.positions, q) + 1
    }

    fn n_runs(&self) -> u64 {
        self.positions.iter().sum()
    }
}

/// One car after one lap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LapOutcome {
    /// The leader's lap.
    pub lap: u16,
    /// Share of the runs in which the car was still running.
    pub running: f64,
    /// Mean position of those.
    pub position: f64,
    /// Their 10, 50 and 90 % quantiles of position.
    pub position_quantiles: [u8; 3],
    /// Mean gap to the leader, laps down included.
    pub gap_s: f64,
    /// 10, 50 and 90 % quantiles of it.
    pub gap_quantiles_s: [f32; 3],
}

/// Counts of gaps: half a second a bin to two minutes, wider beyond, the last for anything above.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapHistogram {
    counts: Vec<u64>,
    sum_ms: i64,
}

const FINE_BINS: usize = 240;
const FINE_S: f32 = 0.5;
const COARSE_S: f32 = 5.0;
const N_BINS: usize = FINE_BINS + 96;

impl Default for GapHistogram {
    fn default() -> GapHistogram {
        GapHistogram { counts: vec![0; N_BINS], sum_ms: 0 }
    }
}

impl GapHistogram {
    pub(super) fn add(&mut self, gap_s: f32) {
        self.counts[GapHistogram::bin(gap_s)] += 1;
        self.sum_ms += (gap_s * 1000.0) as i64;
    }

    pub(super) fn merge(&mut self, other: &GapHistogram) {
        merge_counts(&mut self.counts, &other.counts);
        self.sum_ms += other.sum_ms;
    }

    fn bin(gap_s: f32) -> usize {
        let fine = (gap_s.max(0.0) / FINE_S) as usize;
        if fine < FINE_BINS {
            return fine;
        }
        let beyond = gap_s - FINE_BINS as f32 * FINE_S;
        FINE_BINS + ((beyond / COARSE_S) as usize).min(N_BINS - 1 - FINE_BINS)
    }

    fn edge(bin: usize) -> f32 {
        let coarse = bin.saturating_sub(FINE_BINS) as f32 * COARSE_S;
        bin.min(FINE_BINS) as f32 * FINE_S + coarse
    }

    /// How many gaps were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Mean gap; `None` if none was counted.
    pub fn mean(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum_ms as f64 / 1000.0 / count as f64)
    }

    /// Gap that a share `q` (0–1) of those counted does not exceed, linear within a bin; `None` if none was counted.
    pub fn quantile(&self, q: f64) -> Option<f32> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = q.clamp(0.0, 1.0) * count as f64;
        let mut below = 0.0;
        let bin = (0..N_BINS - 1).find(|bin| {
            let is_in = below + self.counts[*bin] as f64 >= rank && self.counts[*bin] > 0;
            if !is_in {
                below += self.counts[*bin] as f64;
            }
            is_in
        });
        let bin = bin.unwrap_or(N_BINS - 1);
        let within =
            if self.counts[bin] > 0 { ((rank - below) / self.counts[bin] as f64).clamp(0.0, 1.0) } else { 0.0 };
        let (from, to) = (GapHistogram::edge(bin), GapHistogram::edge(bin + 1));
        Some(from + (to - from) * within as f32)
    }
}

pub(super) fn merge_counts(counts: &mut [u64], other: &[u64]) {
    for (count, more) in counts.iter_mut().zip(other) {
        *count += more;
    }
}

fn share(count: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { count as f64 / of as f64 }
}

pub(super) fn mean_index(counts: &[u64]) -> f64 {
    let sum: u64 = counts.iter().enumerate().map(|(i, count)| i as u64 * count).sum();
    share(sum, counts.iter().sum())
}

pub(super) fn quantile_index(counts: &[u64], q: f64) -> usize {
    let rank = q.clamp(0.0, 1.0) * counts.iter().sum::<u64>() as f64;
    let mut below = 0;
    for (i, count) in counts.iter().enumerate() {
        below += count;
        if *count > 0 && below as f64 >= rank {
            return i;
        }
    }
    counts.len().saturating_sub(1)
}

impl Outcome {
    /// Probability that the safety car came out at least once.
    pub fn probability_of_safety_car(&self) -> f64 {
        at_least_one(&self.safety_cars)
    }

    /// Probability that the virtual safety car was deployed at least once.
    pub fn probability_of_virtual_safety_car(&self) -> f64 {
        at_least_one(&self.virtual_safety_cars)
    }

    /// Probability that the race was stopped at least once.
    pub fn probability_of_red_flag(&self) -> f64 {
        at_least_one(&self.red_flags)
    }

    /// The cars' places in the model by mean final position, best first.
    pub fn expected_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.cars.len()).collect();
        order.sort_by(|a, b| self.cars[*a].mean_position().total_cmp(&self.cars[*b].mean_position()));
        order
    }
}

fn at_least_one(counts: &[u64]) -> f64 {
    let all = counts.iter().sum::<u64>();
    share(all - counts.first().copied().unwrap_or(0), all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_where_the_gaps_are() {
        let mut gaps = GapHistogram::default();
        assert_eq!(gaps.quantile(0.5), None);
        for i in 0..1000 {
            gaps.add(i as f32 * 0.1);
        }
        for q in [0.1, 0.5, 0.9] {
            let value = gaps.quantile(q).unwrap();
            assert!((value - 100.0 * q as f32).abs() < 0.5, "{q}: {value}");
        }
        assert!((gaps.mean().unwrap() - 49.95).abs() < 0.01);
    }

    #[test]
    fn bins_cover_every_gap() {
        for gap in [-3.0, 0.0, 0.49, 119.9, 120.0, 124.9, 125.0, 599.0, 1e9, f32::INFINITY] {
            let bin = GapHistogram::bin(gap);
            assert!(bin < N_BINS);
            assert!(GapHistogram::edge(bin) <= gap.max(0.0));
        }
        assert_eq!(GapHistogram::edge(GapHistogram::bin(125.0)), 125.0);
    }

    #[test]
    fn quantiles_of_counts() {
        assert_eq!(quantile_index(&[0, 10, 0, 10], 0.5), 1);
        assert_eq!(quantile_index(&[0, 10, 0, 10], 0.51), 3);
        assert_eq!(quantile_index(&[], 0.5), 0);
        assert!((mean_index(&[1, 0, 1]) - 1.0).abs() < 1e-12);
    }
}

//! Counting runs.

use super::kernel::{Field, Finish, Recorder, Tables};
use super::outcome::{GapHistogram, mean_index, merge_counts, quantile_index};
use super::{CarOutcome, LapOutcome, Outcome};

/// The most stops, and the most phases of one kind, that are told apart.
const N_STOPS: usize = 10;
const N_PHASES: usize = 8;
const N_LAPS_DOWN: usize = 16;
/// Points are counted in thousandths: sums of integers do not depend on their order.
const POINTS: f32 = 1_000.0;

/// Sums over runs. Everything is an integer, so tallies can be merged in any order.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    n_runs: u64,
    cars: Vec<CarTally>,
    phases: [[u64; N_PHASES]; 3],
    laps: u64,
    passes: u64,
    pub(super) by_lap: LapTally,
}

#[derive(Debug, Clone, Default)]
struct CarTally {
    positions: Vec<u64>,
    n_retired: u64,
    laps_down: [u64; N_LAPS_DOWN],
    points: u64,
    stops: [u64; N_STOPS],
    gap: GapHistogram,
}

impl Tally {
    pub(super) fn new(n_cars: usize, first_lap: u16, n_laps: u16) -> Tally {
        let car = CarTally { positions: vec![0; n_cars], ..CarTally::default() };
        Tally {
            n_runs: 0,
            cars: vec![car; n_cars],
            phases: [[0; N_PHASES]; 3],
            laps: 0,
            passes: 0,
            by_lap: LapTally::new(n_cars, first_lap, n_laps),
        }
    }

    pub(super) fn add(&mut self, tables: &Tables<'_>, field: &Field) {
        let finish = Finish::new(tables, field);
        self.n_runs += 1;
        self.laps += u64::from(finish.winner_laps());
        self.passes += u64::from(field.n_passes);
        for (counts, n) in self.phases.iter_mut().zip(field.n_phases) {
            counts[usize::from(n).min(N_PHASES - 1)] += 1;
        }
        let winner_laps = finish.winner_laps();
        for (place, i) in finish.order[..tables.n_cars].iter().map(|i| usize::from(*i)).enumerate() {
            let car = &mut self.cars[i];
            car.positions[place] += 1;
            car.points += (finish.points[i] * POINTS) as u64;
            car.stops[usize::from(field.n_stops[i]).min(N_STOPS - 1)] += 1;
            if place < finish.n_finished {
                let down = usize::from(winner_laps.saturating_sub(finish.n_laps[i]));
                car.laps_down[down.min(N_LAPS_DOWN - 1)] += 1;
                car.gap.add(finish.gap_s(i));
            } else {
                car.n_retired += 1;
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Tally) {
        self.n_runs += other.n_runs;
        self.laps += other.laps;
        self.passes += other.passes;
        for (counts, more) in self.phases.iter_mut().zip(&other.phases) {
            merge_counts(counts, more);
        }
        for (car, more) in self.cars.iter_mut().zip(&other.cars) {
            merge_counts(&mut car.positions, &more.positions);
            merge_counts(&mut car.laps_down, &more.laps_down);
            merge_counts(&mut car.stops, &more.stops);
            car.gap.merge(&more.gap);
            car.n_retired += more.n_retired;
            car.points += more.points;
        }
        self.by_lap.merge(&other.by_lap);
    }

    pub(super) fn outcome(&self, tables: &Tables<'_>) -> Outcome {
        let per_run = |sum: u64| if self.n_runs == 0 { 0.0 } else { sum as f64 / self.n_runs as f64 };
        let car = |(i, car): (usize, &CarTally)| CarOutcome {
            driver: tables.model.cars[i].driver,
            positions: car.positions.clone(),
            n_retired: car.n_retired,
            laps_down: car.laps_down.to_vec(),
            points: per_run(car.points) / f64::from(POINTS),
            stops: car.stops.to_vec(),
            gap: car.gap.clone(),
            laps: self.by_lap.outcomes(i),
        };
        let [virtual_safety_cars, safety_cars, red_flags] = self.phases.map(|counts| counts.to_vec());
        Outcome {
            n_runs: self.n_runs,
            n_lap_runs: self.by_lap.n_runs,
            cars: self.cars.iter().enumerate().map(car).collect(),
            safety_cars,
            virtual_safety_cars,
            red_flags,
            mean_laps: per_run(self.laps),
            mean_overtakes: per_run(self.passes),
        }
    }
}

/// Positions and gaps after each lap, of a share of the runs: enough for a plot, and a tenth of the time.
#[derive(Debug, Clone)]
pub(super) struct LapTally {
    pub(super) n_runs: u64,
    n_cars: usize,
    first_lap: u16,
    n_laps: usize,
    /// By lap, car and position.
    positions: Vec<u32>,
    /// By lap, car and gap.
    gaps: Vec<u32>,
    gap_ms: Vec<u64>,
}

/// Gaps by lap: an eighth of an octave a bin from a tenth of a second to 27 minutes.
const LAP_BINS: usize = 112;
const PER_OCTAVE: u32 = 3;
const FIRST_GAP_S: f32 = 0.1;

impl LapTally {
    fn new(n_cars: usize, first_lap: u16, n_laps: u16) -> LapTally {
        let n_laps = usize::from(n_laps.saturating_sub(first_lap));
        LapTally {
            n_runs: 0,
            n_cars,
            first_lap,
            n_laps,
            positions: vec![0; n_laps * n_cars * n_cars],
            gaps: vec![0; n_laps * n_cars * LAP_BINS],
            gap_ms: vec![0; n_laps * n_cars],
        }
    }

    /// Bins are even in the logarithm: the number's own exponent and its first bits.
    fn bin(gap_s: f32) -> usize {
        let bits = (gap_s.max(FIRST_GAP_S) / FIRST_GAP_S).to_bits() - 1.0_f32.to_bits();
        ((bits >> (23 - PER_OCTAVE)) as usize).min(LAP_BINS - 1)
    }

    fn edge(bin: usize) -> f32 {
        let bits = 1.0_f32.to_bits() + ((bin as u32) << (23 - PER_OCTAVE));
        if bin == 0 { 0.0 } else { f32::from_bits(bits) * FIRST_GAP_S }
    }

    fn merge(&mut self, other: &LapTally) {
        self.n_runs += other.n_runs;
        for (mine, more) in [(&mut self.positions, &other.positions), (&mut self.gaps, &other.gaps)] {
            for (count, more) in mine.iter_mut().zip(more) {
                *count += more;
            }
        }
        merge_counts(&mut self.gap_ms, &other.gap_ms);
    }

    fn outcomes(&self, i: usize) -> Vec<LapOutcome> {
        if self.n_runs == 0 {
            return Vec::new();
        }
        (0..self.n_laps).map(|lap_idx| self.outcome(lap_idx, i)).collect()
    }

    fn outcome(&self, lap_idx: usize, i: usize) -> LapOutcome {
        let row = lap_idx * self.n_cars + i;
        let wide = |counts: &[u32]| counts.iter().map(|count| u64::from(*count)).collect::<Vec<u64>>();
        let positions = wide(&self.positions[row * self.n_cars..][..self.n_cars]);
        let gaps = wide(&self.gaps[row * LAP_BINS..][..LAP_BINS]);
        let count: u64 = positions.iter().sum();
        let per_run = |sum: u64| if count == 0 { 0.0 } else { sum as f64 / count as f64 };
        let gap_at = |q: f64| {
            let bin = quantile_index(&gaps, q);
            if bin == 0 { 0.0 } else { 0.5 * (LapTally::edge(bin) + LapTally::edge(bin + 1)) }
        };
        LapOutcome {
            lap: self.first_lap + lap_idx as u16 + 1,
            running: count as f64 / self.n_runs as f64,
            position: mean_index(&positions) + 1.0,
            position_quantiles: [0.1, 0.5, 0.9].map(|q| quantile_index(&positions, q) as u8 + 1),
            gap_s: per_run(self.gap_ms[row]) / 1000.0,
            gap_quantiles_s: [0.1, 0.5, 0.9].map(gap_at),
        }
    }
}

/// Counts every lap of one run into a tally.
pub(super) struct LapCounter<'t> {
    pub(super) tally: &'t mut LapTally,
    pub(super) lap_s: f32,
}

impl Recorder for LapCounter<'_> {
    const LISTENS: bool = false;

    fn lap_over(&mut self, field: &Field) {
        let tally = &mut *self.tally;
        let lap_idx = usize::from(field.lap - tally.first_lap - 1);
        let leader_s = field.leader_s();
        for (place, i) in field.running().enumerate() {
            let row = lap_idx * tally.n_cars + i;
            let gap_s = (field.time_s[i] - leader_s + field.lag[i] as f32 * self.lap_s).max(0.0);
            tally.positions[row * tally.n_cars + place] += 1;
            tally.gaps[row * LAP_BINS + LapTally::bin(gap_s)] += 1;
            tally.gap_ms[row] += (gap_s * 1000.0) as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_fall_into_their_bins() {
        for gap_s in [0.0, 0.05, 0.1, 0.5, 1.0, 12.3, 90.0, 1_000.0, 1e9] {
            let bin = LapTally::bin(gap_s);
            assert!(LapTally::edge(bin) <= gap_s.max(0.1) * 1.000_01, "{gap_s}");
            assert!(bin == LAP_BINS - 1 || gap_s < LapTally::edge(bin + 1), "{gap_s}");
        }
    }
}

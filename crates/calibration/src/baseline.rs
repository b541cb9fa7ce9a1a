//! The baseline to beat: where cars finished that were in this place at this stage of earlier races.

use std::fmt::Write as _;

use serde::Deserialize;

/// How often a car at a place, at a stage of the race, finished at each place.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LookupTable {
    /// The stages, as shares of the distance, in order.
    stages: Vec<f64>,
    /// By stage, place then and place at the end, both from 1 at index 0.
    counts: Vec<Vec<Vec<u32>>>,
}

/// Stages for which the table is learnt, and at which the simulator is scored: the grid, then shares of the distance.
pub const STAGES: [f64; 6] = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9];

/// Places that the table holds: enough for the largest field of the seasons it is for.
const N_PLACES: usize = 26;
/// Added to each smoothed count.
const ADDED: f64 = 0.2;
/// Standard deviation of the kernel, in places, that counts are smoothed with, both ways.
const KERNEL_PLACES: f64 = 0.5;

impl LookupTable {
    /// A table without races.
    pub fn new() -> LookupTable {
        LookupTable { stages: STAGES.to_vec(), counts: vec![vec![vec![0; N_PLACES]; N_PLACES]; STAGES.len()] }
    }

    /// Counts a race: `order` has the final place of each car, in the order at the stage.
    pub fn add(&mut self, stage_idx: usize, order: &[usize]) {
        for (now, last) in order.iter().enumerate() {
            if let Some(count) = self.counts[stage_idx].get_mut(now).and_then(|row| row.get_mut(last.saturating_sub(1)))
            {
                *count += 1;
            }
        }
    }

    /// Probability of each final place, of a car at a place (from 1) in a field of `n_cars`, after a share of the race.
    ///
    /// Between two stages it is between their probabilities.
    pub fn probabilities(&self, share: f64, place: usize, n_cars: usize) -> Vec<f64> {
        if self.stages.is_empty() {
            return vec![1.0 / n_cars.max(1) as f64; n_cars];
        }
        let above = self.stages.partition_point(|stage| *stage <= share).min(self.stages.len() - 1);
        let below = above.saturating_sub(1);
        let width = self.stages[above] - self.stages[below];
        let weight = if width > 0.0 { ((share - self.stages[below]) / width).clamp(0.0, 1.0) } else { 0.0 };
        let (low, high) = (self.at_stage(below, place, n_cars), self.at_stage(above, place, n_cars));
        low.iter().zip(&high).map(|(low, high)| low + weight * (high - low)).collect()
    }

    fn at_stage(&self, stage_idx: usize, place: usize, n_cars: usize) -> Vec<f64> {
        let kernel = |a: usize, b: usize| (-0.5 * ((a as f64 - b as f64) / KERNEL_PLACES).powi(2)).exp();
        let total: f64 = (0..9).map(|b| kernel(4, b)).sum();
        let counts = &self.counts[stage_idx];
        let place = (place.max(1) - 1).min(counts.len().saturating_sub(1));
        let near = |at: usize| at.saturating_sub(3)..(at + 4).min(counts.len());
        let smoothed = |last: usize| -> f64 {
            let sum = |row: usize| {
                near(last).map(|column| kernel(last, column) * f64::from(counts[row][column])).sum::<f64>()
            };
            near(place).map(|row| kernel(place, row) * sum(row)).sum::<f64>() / (total * total)
        };
        let weights: Vec<f64> =
            (0..n_cars).map(|last| ADDED + if last < counts.len() { smoothed(last) } else { 0.0 }).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    }

    /// The table as text.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::from(
            "# How often a car at a place finished at each place, by share of the distance. Written by `overcut fit`.\n",
        );
        writeln!(text, "stages = {:?}\ncounts = [", self.stages).expect("text takes any length");
        for stage in &self.counts {
            text.push_str("  [\n");
            for row in stage {
                writeln!(text, "    {row:?},").expect("text takes any length");
            }
            text.push_str("  ],\n");
        }
        text.push_str("]\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_follow_the_counts() {
        let mut table = LookupTable::new();
        for _ in 0..50 {
            table.add(3, &[1, 3, 2]);
        }
        for place in 1..=25 {
            let sum: f64 = table.probabilities(0.5, place, 22).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12);
        }
        let second = table.probabilities(0.5, 2, 3);
        assert!(second[2] > 0.6 && second[2] > second[1], "{second:?}");
        let between = table.probabilities(0.4, 2, 3);
        assert!(between[2] < second[2] && between[2] > table.probabilities(0.25, 2, 3)[2]);
    }

    #[test]
    fn text_reads_back() {
        let mut table = LookupTable::new();
        table.add(0, &[2, 1]);
        let read: LookupTable = toml::from_str(&table.to_toml()).unwrap();
        assert_eq!(read, table);
    }
}

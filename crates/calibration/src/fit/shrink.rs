//! One value for all circuits and one for each, from a value per race: partial pooling in closed form.
//!
//! A race's value is the pooled one, plus what its circuit differs by, plus what the race differs by, plus what a race
//! cannot tell. The variances of the two middle terms are found by moments (DerSimonian and Laird 1986 for their sum,
//! the mean product of races at one circuit for the circuit's part); a circuit's value is then the best linear unbiased
//! predictor: its races' mean, pulled towards the pooled value the more, the less its races say and the more alike
//! circuits are.

use std::collections::BTreeMap;

use crate::parameters::Estimate;

/// What one race says of a parameter.
#[derive(Debug, Clone)]
pub(crate) struct RaceValue {
    pub(crate) circuit: String,
    pub(crate) value: f64,
    /// Variance of that, as far as the race itself tells.
    pub(crate) variance: f64,
    /// Observations behind it.
    pub(crate) n: usize,
}

/// Pooled and per circuit.
#[derive(Debug, Clone)]
pub(crate) struct Pooling {
    pub(crate) pooled: Estimate,
    pub(crate) circuits: BTreeMap<String, Estimate>,
}

/// Normal quantile of a 95 % interval.
const Z95: f64 = 1.96;

/// Pools what races say; `None` if none says anything.
pub(crate) fn pool(values: &[RaceValue]) -> Option<Pooling> {
    if values.is_empty() {
        return None;
    }
    let total = excess_variance(values);
    let weigh = |excess: f64| {
        let weights: Vec<f64> = values.iter().map(|value| 1.0 / (value.variance + excess)).collect();
        let sum: f64 = weights.iter().sum();
        (values.iter().zip(&weights).map(|(value, weight)| value.value * weight).sum::<f64>() / sum, 1.0 / sum)
    };
    let (mean, mean_variance) = weigh(total);
    let mut by_circuit: BTreeMap<&str, Vec<&RaceValue>> = BTreeMap::new();
    for value in values {
        by_circuit.entry(&value.circuit).or_default().push(value);
    }
    let between = circuit_variance(&by_circuit, mean, total);
    let within = (total - between).max(0.0);
    let circuit = |races: &Vec<&RaceValue>| {
        let precision: f64 = races.iter().map(|race| 1.0 / (race.variance + within)).sum();
        let own = races.iter().map(|race| race.value / (race.variance + within)).sum::<f64>() / precision;
        let trust = if between > 0.0 { between / (between + 1.0 / precision) } else { 0.0 };
        let variance = between * (1.0 - trust) + mean_variance * (1.0 - trust).powi(2);
        Estimate::normal(mean + trust * (own - mean), variance.sqrt() * Z95, races.iter().map(|race| race.n).sum())
    };
    Some(Pooling {
        pooled: Estimate::normal(mean, mean_variance.sqrt() * Z95, values.iter().map(|value| value.n).sum()),
        circuits: by_circuit.iter().map(|(name, races)| ((*name).to_owned(), circuit(races))).collect(),
    })
}

/// Variance between races beyond what they cannot tell themselves.
fn excess_variance(values: &[RaceValue]) -> f64 {
    let weights: Vec<f64> = values.iter().map(|value| 1.0 / value.variance).collect();
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    let mean = values.iter().zip(&weights).map(|(value, weight)| value.value * weight).sum::<f64>() / sum;
    let q: f64 = values.iter().zip(&weights).map(|(value, weight)| weight * (value.value - mean).powi(2)).sum();
    let spread = sum - squares / sum;
    if spread > 0.0 { ((q - (values.len() as f64 - 1.0)) / spread).max(0.0) } else { 0.0 }
}

/// Variance between circuits: what races at one circuit have in common. Never more than between races altogether.
fn circuit_variance(by_circuit: &BTreeMap<&str, Vec<&RaceValue>>, mean: f64, total: f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for races in by_circuit.values() {
        for (i, a) in races.iter().enumerate() {
            for b in &races[i + 1..] {
                // A circuit with many races has many pairs, but they say one thing.
                let weight = 1.0 / ((a.variance + total) * (b.variance + total)) / (races.len() as f64 - 1.0);
                sum += weight * (a.value - mean) * (b.value - mean);
                weights += weight;
            }
        }
    }
    if weights > 0.0 { (sum / weights).clamp(0.0, total) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(circuit: &str, value: f64, variance: f64) -> RaceValue {
        RaceValue { circuit: circuit.to_owned(), value, variance, n: 10 }
    }

    #[test]
    fn races_that_say_the_same_are_pooled_entirely() {
        let values: Vec<_> = ["a", "a", "b", "b"].iter().map(|circuit| value(circuit, 2.0, 0.1)).collect();
        let pooling = pool(&values).unwrap();
        assert_eq!((pooling.pooled.value, pooling.circuits["a"].value), (2.0, 2.0));
        assert_eq!((pooling.pooled.n, pooling.circuits["a"].n), (40, 20));
    }

    #[test]
    fn a_circuit_that_differs_keeps_most_of_its_difference() {
        let mut values = Vec::new();
        for (circuit, mean) in [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)] {
            values.extend([-0.1, 0.0, 0.1].map(|noise| value(circuit, mean + noise, 0.02)));
        }
        let pooling = pool(&values).unwrap();
        assert!((pooling.pooled.value - 2.5).abs() < 0.01);
        let a = pooling.circuits["a"].value;
        assert!(a > 1.0 && a < 1.1, "{a}");
    }

    #[test]
    fn a_circuit_with_one_vague_race_is_pulled_to_the_rest() {
        let mut values = Vec::new();
        for (circuit, mean) in [("a", 1.0), ("b", 2.0), ("c", 3.0)] {
            values.extend([0.0, 0.0, 0.0].map(|noise| value(circuit, mean + noise, 0.05)));
        }
        values.push(value("d", 12.0, 25.0));
        let pooling = pool(&values).unwrap();
        let d = pooling.circuits["d"];
        assert!(d.value < 4.0 && d.high > d.value, "{d:?}");
    }

    #[test]
    fn nothing_says_nothing() {
        assert!(pool(&[]).is_none());
    }
}

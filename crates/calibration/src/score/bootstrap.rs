//! Intervals of means over races, by drawing races again with replacement.

use serde::Serialize;

/// A mean over races and the ends of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Times that races are drawn again.
const DRAWS: u64 = 2_000;

/// The mean of a value per race, with its interval; the same seed draws the same races, so that differences of two
/// values per race may be taken before. `NaN` of no races.
pub(crate) fn interval(values: &[f64], seed: u64) -> Interval {
    let n = values.len();
    if n == 0 {
        return Interval { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
    }
    let mut means: Vec<f64> =
        (0..DRAWS).map(|draw| (0..n as u64).map(|i| values[pick(seed, draw, i, n)]).sum::<f64>() / n as f64).collect();
    means.sort_by(f64::total_cmp);
    let at = |q: f64| means[((means.len() - 1) as f64 * q).round() as usize];
    Interval { mean: values.iter().sum::<f64>() / n as f64, low: at(0.025), high: at(0.975) }
}

/// A number below `n` from a key, by SplitMix64's finisher (Steele, Lea and Flood 2014).
fn pick(seed: u64, draw: u64, i: u64, n: usize) -> usize {
    let mut z = seed ^ draw.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ i.wrapping_mul(0xD1B5_4A32_D192_ED03);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    ((u128::from(z) * n as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_as_wide_as_theory_has_it() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
        let interval = interval(&values, 7);
        assert!((interval.mean - 4.5).abs() < 1e-12);
        // Standard deviation 2.87 over ten: ±1.96 of 0.287.
        assert!((interval.high - interval.low - 2.0 * 1.96 * 0.287).abs() < 0.1, "{interval:?}");
    }

    #[test]
    fn equal_values_leave_no_doubt() {
        assert_eq!(interval(&[2.0; 5], 1), Interval { mean: 2.0, low: 2.0, high: 2.0 });
        assert!(interval(&[], 1).mean.is_nan());
    }
}

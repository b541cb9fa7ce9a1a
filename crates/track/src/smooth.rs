//! A smooth curve through scattered values, of which some are wild.
//!
//! Source: W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots", Journal of the American
//! Statistical Association 74 (1979): straight lines fitted around each place, then again with less weight for what lies
//! far from them. The kernel is a triangle of fixed width.

/// A value counts for nothing if it is this many times the median distance from the curve.
const WILD: f64 = 6.0;

/// Values to be smoothed, in order of their place, with the weight each has.
pub(crate) struct Smooth {
    values: Vec<(f64, f64, f64)>,
    reach: f64,
}

impl Smooth {
    /// Of `(place, value)` in order of place; each place is judged by what lies within `reach`. `None` without values.
    pub(crate) fn of(values: &[(f64, f64)], reach: f64) -> Option<Smooth> {
        let mut smooth = Smooth { values: values.iter().map(|(at, value)| (*at, *value, 1.0)).collect(), reach };
        smooth.values.first()?;
        let away: Vec<f64> = values.iter().map(|(at, value)| (value - smooth.at(*at)).abs()).collect();
        let mut sorted = away.clone();
        sorted.sort_by(f64::total_cmp);
        let wild = WILD * sorted.get(sorted.len() / 2)?.max(1e-3);
        for ((_, _, weight), away) in smooth.values.iter_mut().zip(away) {
            let share = (away / wild).min(1.0);
            *weight = (1.0 - share * share) * (1.0 - share * share);
        }
        Some(smooth)
    }

    /// The curve at a place. Where fewer than four values lie within reach, the nearest value.
    pub(crate) fn at(&self, place: f64) -> f64 {
        let from = self.values.partition_point(|v| v.0 <= place - self.reach);
        let to = self.values.partition_point(|v| v.0 < place + self.reach);
        let near = self.values.get(from..to).unwrap_or(&[]);
        let (mut w, mut wt, mut wv, mut wtt, mut wtv) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (at, value, weight) in near {
            let t = (at - place) / self.reach;
            let weight = weight * (1.0 - t.abs());
            w += weight;
            wt += weight * t;
            wv += weight * value;
            wtt += weight * t * t;
            wtv += weight * t * value;
        }
        let spread = w * wtt - wt * wt;
        if near.len() >= 4 && spread > 0.01 * w * w {
            return (wtt * wv - wt * wtv) / spread;
        }
        let before = from.checked_sub(1).and_then(|i| self.values.get(i));
        let nearest = near.iter().chain(before).chain(self.values.get(to));
        nearest.min_by(|a, b| (a.0 - place).abs().total_cmp(&(b.0 - place).abs())).map_or(0.0, |v| v.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_values_do_not_pull_the_curve() {
        let ragged = |i: i32| if i % 10 == 3 { 500.0 } else { f64::from(i % 3) * 0.1 };
        let values: Vec<_> = (0..100).map(|i| (f64::from(i), 2.0 * f64::from(i) + ragged(i))).collect();
        let smooth = Smooth::of(&values, 20.0).unwrap();
        for i in 10..90 {
            let at = f64::from(i) + 0.5;
            assert!((smooth.at(at) - 2.0 * at).abs() < 1.0, "{} at {at}", smooth.at(at));
        }
    }

    #[test]
    fn a_lone_value_is_the_curve() {
        assert_eq!(Smooth::of(&[(5.0, 7.0)], 1.0).map(|s| s.at(99.0)), Some(7.0));
        assert!(Smooth::of(&[], 1.0).is_none());
    }
}

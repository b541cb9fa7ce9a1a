//! Least squares by the normal equations: a dozen regressors at most, thousands of rows.

/// Coefficients with their covariance.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub(crate) coefficients: Vec<f64>,
    /// Inverse of the normal matrix, row by row; times the residual variance it is the covariance.
    pub(crate) inverse: Vec<f64>,
}

/// Sums of a regression, row after row.
#[derive(Debug, Clone)]
pub(crate) struct NormalEquations {
    n: usize,
    matrix: Vec<f64>,
    right: Vec<f64>,
}

impl NormalEquations {
    pub(crate) fn new(n: usize) -> NormalEquations {
        NormalEquations { n, matrix: vec![0.0; n * n], right: vec![0.0; n] }
    }

    pub(crate) fn add(&mut self, row: &[f64], value: f64, weight: f64) {
        for i in 0..self.n {
            for j in 0..self.n {
                self.matrix[i * self.n + j] += weight * row[i] * row[j];
            }
            self.right[i] += weight * row[i] * value;
        }
    }

    /// Pulls a coefficient towards a value with this precision: a normal prior.
    pub(crate) fn pull(&mut self, i: usize, towards: f64, precision: f64) {
        self.matrix[i * self.n + i] += precision;
        self.right[i] += precision * towards;
    }

    /// Solves for the coefficients; `None` if the rows do not determine them.
    pub(crate) fn solve(&self) -> Option<Fitted> {
        let n = self.n;
        let inverse = invert(&self.matrix, n)?;
        let coefficients = (0..n).map(|i| (0..n).map(|j| inverse[i * n + j] * self.right[j]).sum()).collect();
        Some(Fitted { coefficients, inverse })
    }
}

/// Gauss-Jordan with pivots on the diagonal, enough for a positive definite matrix.
fn invert(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut left = matrix.to_vec();
    let mut right: Vec<f64> = (0..n * n).map(|i| if i / n == i % n { 1.0 } else { 0.0 }).collect();
    for pivot in 0..n {
        let scale = left[pivot * n + pivot];
        if !scale.is_finite() || scale <= 1e-9 * matrix[pivot * n + pivot].max(1e-9) {
            return None;
        }
        for column in 0..n {
            left[pivot * n + column] /= scale;
            right[pivot * n + column] /= scale;
        }
        for row in (0..n).filter(|row| *row != pivot) {
            let factor = left[row * n + pivot];
            for column in 0..n {
                left[row * n + column] -= factor * left[pivot * n + column];
                right[row * n + column] -= factor * right[pivot * n + column];
            }
        }
    }
    Some(right)
}

/// Logistic regression by Newton's method, each coefficient pulled to a prior mean with a precision.
pub(crate) fn logistic_regression(rows: &[(Vec<f64>, bool)], prior: &[(f64, f64)]) -> Option<Fitted> {
    let n = prior.len();
    let mut coefficients: Vec<f64> = prior.iter().map(|(mean, _)| *mean).collect();
    let mut last = None;
    for _ in 0..25 {
        let mut equations = NormalEquations::new(n);
        for (row, outcome) in rows {
            let z: f64 = row.iter().zip(&coefficients).map(|(x, c)| x * c).sum();
            let p = (1.0 / (1.0 + (-z).exp())).clamp(1e-6, 1.0 - 1e-6);
            let weight = p * (1.0 - p);
            equations.add(row, z + (f64::from(u8::from(*outcome)) - p) / weight, weight);
        }
        for (i, (mean, precision)) in prior.iter().enumerate() {
            equations.pull(i, *mean, *precision);
        }
        let fitted = equations.solve()?;
        let moved: f64 = fitted.coefficients.iter().zip(&coefficients).map(|(a, b)| (a - b).abs()).sum();
        coefficients.clone_from(&fitted.coefficients);
        last = Some(fitted);
        if moved < 1e-9 {
            break;
        }
    }
    last
}

/// The value below which a share `q` of the others lies; `NaN` of nothing.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    values.sort_by(f64::total_cmp);
    let at = q.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let (low, share) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(values.len() - 1);
    values[low] + share * (values[high] - values[low])
}

/// The median; `NaN` of nothing.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 0.5)
}

/// Standard deviation told from the median distance to zero, so that wild values do not count: 1.4826 of it.
pub(crate) fn robust_sigma(values: &[f64]) -> f64 {
    let mut distances: Vec<f64> = values.iter().map(|value| value.abs()).collect();
    1.4826 * median(&mut distances)
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(crate) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_that_made_the_points() {
        let mut equations = NormalEquations::new(2);
        for x in 0..20 {
            equations.add(&[1.0, f64::from(x)], 3.0 - 0.5 * f64::from(x), 1.0);
        }
        let fitted = equations.solve().unwrap();
        assert!((fitted.coefficients[0] - 3.0).abs() < 1e-9 && (fitted.coefficients[1] + 0.5).abs() < 1e-9);
    }

    #[test]
    fn says_that_two_equal_regressors_cannot_be_told_apart() {
        let mut equations = NormalEquations::new(2);
        for x in 0..20 {
            equations.add(&[f64::from(x), f64::from(x)], 1.0, 1.0);
        }
        assert!(equations.solve().is_none());
    }

    #[test]
    fn finds_the_odds_that_made_the_outcomes() {
        let rows: Vec<_> = (0..4000).map(|i| (vec![1.0, f64::from(i % 2)], i % 4 == 0 || i % 8 == 1)).collect();
        let fitted = logistic_regression(&rows, &[(0.0, 1e-6), (0.0, 1e-6)]).unwrap();
        // Half of the even ones and a quarter of the odd ones.
        assert!(fitted.coefficients[0].abs() < 1e-3 && (fitted.coefficients[1] + 3.0_f64.ln()).abs() < 1e-3);
    }

    #[test]
    fn quantiles_lie_between_the_values() {
        assert_eq!(quantile(&mut [4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
        assert_eq!(robust_sigma(&[-1.0, 1.0, 100.0]), 1.4826);
    }
}

//! Figures of merit of one race at one stage, for any forecast of final places.

/// Probability of each final place, of each car; cars in the order of the real classification.
pub(crate) type Forecast = Vec<Vec<f64>>;

/// What a forecast scored in one race. Lower is better but for `spearman` and `top3_hits`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RaceFigures {
    /// By metric, in the order of [`METRICS`].
    pub(crate) values: [f64; N_METRICS],
}

/// Names of the figures.
pub(crate) const METRICS: [&str; N_METRICS] =
    ["position_log_loss", "rps", "top3_log_loss", "top3_brier", "win_log_loss", "top3_hits", "spearman"];
pub(crate) const N_METRICS: usize = 7;

/// Least probability that a loss is taken of: a forecast that says never and is wrong is not wrong without bound.
const LEAST: f64 = 1e-4;

/// Scores a forecast; the car at index i finished at place i + 1. Every figure is a mean over the cars.
pub(crate) fn figures(forecast: &Forecast) -> RaceFigures {
    let n = forecast.len();
    let mean = |of: &dyn Fn(usize) -> f64| (0..n).map(of).sum::<f64>() / n.max(1) as f64;
    let top = |car: usize, places: usize| forecast[car].iter().take(places).sum::<f64>().clamp(0.0, 1.0);
    let binary = |p: f64, is_true: bool| -(if is_true { p } else { 1.0 - p }).max(LEAST).ln();
    RaceFigures {
        values: [
            mean(&|car| -forecast[car][car].max(LEAST).ln()),
            mean(&|car| ranked_probability_score(&forecast[car], car)),
            mean(&|car| binary(top(car, 3), car < 3)),
            mean(&|car| (top(car, 3) - f64::from(u8::from(car < 3))).powi(2)),
            mean(&|car| binary(top(car, 1), car == 0)),
            top3_hits(forecast),
            spearman(forecast),
        ],
    }
}

/// Squared distance of the cumulative probabilities from what came true, over the n − 1 thresholds.
fn ranked_probability_score(probabilities: &[f64], place: usize) -> f64 {
    let mut below = 0.0;
    let mut sum = 0.0;
    let thresholds = probabilities.len().saturating_sub(1);
    for (threshold, probability) in probabilities.iter().take(thresholds).enumerate() {
        below += probability;
        sum += (below - f64::from(u8::from(place <= threshold))).powi(2);
    }
    sum / thresholds.max(1) as f64
}

/// Share of the three likeliest on the podium that are on it: precision and recall at once.
fn top3_hits(forecast: &Forecast) -> f64 {
    let mut order: Vec<usize> = (0..forecast.len()).collect();
    let top = |car: usize| forecast[car].iter().take(3).sum::<f64>();
    order.sort_by(|a, b| {
        top(*b).total_cmp(&top(*a)).then(mean_place(forecast, *a).total_cmp(&mean_place(forecast, *b)))
    });
    order.iter().take(3).filter(|car| **car < 3).count() as f64 / 3.0
}

fn mean_place(forecast: &Forecast, car: usize) -> f64 {
    forecast[car].iter().enumerate().map(|(place, p)| place as f64 * p).sum()
}

/// Rank correlation of the order by mean place with the real one.
fn spearman(forecast: &Forecast) -> f64 {
    let n = forecast.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| mean_place(forecast, *a).total_cmp(&mean_place(forecast, *b)));
    let squares: f64 = order.iter().enumerate().map(|(rank, car)| (rank as f64 - *car as f64).powi(2)).sum();
    let n = n as f64;
    if n > 1.0 { 1.0 - 6.0 * squares / (n * (n * n - 1.0)) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_forecast_loses_nothing() {
        let perfect: Forecast =
            (0..6).map(|car| (0..6).map(|place| f64::from(u8::from(place == car))).collect()).collect();
        assert_eq!(figures(&perfect).values, [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_shrug_loses_what_it_should() {
        let even: Forecast = vec![vec![0.1; 10]; 10];
        let values = figures(&even).values;
        assert!((values[0] - 10.0_f64.ln()).abs() < 1e-9);
        assert!((values[3] - 0.21).abs() < 1e-9, "three in ten: 0.3 · 0.7");
    }

    #[test]
    fn the_wrong_way_round_correlates_negatively() {
        let reversed: Forecast =
            (0..5).map(|car| (0..5).map(|place| f64::from(u8::from(place == 4 - car))).collect()).collect();
        assert_eq!(figures(&reversed).values[6], -1.0);
    }
}

//! A driven line on even spacing.

use super::CircuitError;
use super::curve::ClosedCurve;

/// Spacing aimed at. Fine enough for a hairpin of 10 m radius, coarse enough for a lap in a fraction of a millisecond.
pub(super) const STEP_M: f64 = 2.5;

/// Fewer points than this make no circuit.
pub(super) const MIN_POINTS: usize = 8;

/// A lap shorter than this is a mistake of units.
const MIN_LENGTH_M: f64 = 200.0;

/// Points of a line further apart than this say too little about what is between.
const MAX_GAP_M: f64 = 500.0;

/// A line that cars drive along: points on even spacing with heading, curvature and the room to the edges.
///
/// A closed line of `n` points is `n * step_m` long, and after its last point comes its first. An open one (the pit
/// lane) is `(n - 1) * step_m` long.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// True for a lap, false for a pit lane.
    pub closed: bool,
    /// Metres from point to point along the line.
    pub step_m: f64,
    /// East, metres.
    pub x_m: Vec<f64>,
    /// North, metres.
    pub y_m: Vec<f64>,
    /// Direction of travel, radians from east towards north.
    pub heading_rad: Vec<f64>,
    /// One over the radius, positive to the left, 1/m.
    pub curvature_1pm: Vec<f64>,
    /// From the line to the left edge, metres.
    pub left_m: Vec<f64>,
    /// From the line to the right edge, metres.
    pub right_m: Vec<f64>,
}

impl Line {
    /// A closed line through points, on even spacing, its curvature smoothed over `smoothing_m` (standard deviation of
    /// a Gaussian). The edges are left at zero.
    pub(super) fn closed(points: &[(f64, f64)], smoothing_m: f64) -> Result<Line, CircuitError> {
        let points = checked(points)?;
        // The second pass is through points that are even already, so that arc length and parameter agree.
        let even = even_points(&points);
        let length_m = length_of(&even);
        if length_m < MIN_LENGTH_M {
            return Err(CircuitError::TooShort { length_m });
        }
        let curve = ClosedCurve::through(&even);
        let n = even.len();
        let at: Vec<_> = (0..n).map(|idx| curve.at(idx, 0.0)).collect();
        let curvature: Vec<f64> = at.iter().map(|p| p.curvature()).collect();
        let step_m = length_m / n as f64;
        Ok(Line {
            closed: true,
            step_m,
            x_m: at.iter().map(|p| p.x).collect(),
            y_m: at.iter().map(|p| p.y).collect(),
            heading_rad: at.iter().map(|p| p.dy.atan2(p.dx)).collect(),
            curvature_1pm: smooth_closed(&curvature, smoothing_m / step_m),
            left_m: vec![0.0; n],
            right_m: vec![0.0; n],
        })
    }

    /// An open line through points that lie close together already.
    pub(super) fn open(points: &[(f64, f64)], half_width_m: f64) -> Line {
        let mut along = vec![0.0];
        for pair in points.windows(2) {
            along.push(along[along.len() - 1] + (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1));
        }
        let length_m = along[along.len() - 1];
        let n = (length_m / STEP_M).round().max(2.0) as usize + 1;
        let step_m = length_m / (n - 1) as f64;
        let (mut x_m, mut y_m) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let mut piece = 0;
        for idx in 0..n {
            let at = (idx as f64 * step_m).min(length_m);
            while piece + 2 < along.len() && along[piece + 1] < at {
                piece += 1;
            }
            let t = ((at - along[piece]) / (along[piece + 1] - along[piece])).clamp(0.0, 1.0);
            x_m.push(points[piece].0 + t * (points[piece + 1].0 - points[piece].0));
            y_m.push(points[piece].1 + t * (points[piece + 1].1 - points[piece].1));
        }
        let heading_rad: Vec<f64> = (0..n)
            .map(|idx| {
                let (a, b) = (idx.saturating_sub(1), (idx + 1).min(n - 1));
                (y_m[b] - y_m[a]).atan2(x_m[b] - x_m[a])
            })
            .collect();
        let curvature: Vec<f64> = (0..n)
            .map(|idx| {
                let (a, b) = (idx.saturating_sub(1), (idx + 1).min(n - 1));
                turn(heading_rad[a], heading_rad[b]) / ((b - a) as f64 * step_m)
            })
            .collect();
        let curvature_1pm = smooth_open(&curvature, 2);
        let (left_m, right_m) = (vec![half_width_m; n], vec![half_width_m; n]);
        Line { closed: false, step_m, x_m, y_m, heading_rad, curvature_1pm, left_m, right_m }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.x_m.len()
    }

    /// True without points, which no line of a circuit is.
    pub fn is_empty(&self) -> bool {
        self.x_m.is_empty()
    }

    /// From the first point to the end, or round to the first again.
    pub fn length_m(&self) -> f64 {
        let n = self.len();
        self.step_m * if self.closed { n } else { n.saturating_sub(1) } as f64
    }

    /// The point before a distance, the one after, and how far between them, 0 to 1.
    pub(crate) fn locate(&self, distance_m: f64) -> (usize, usize, f64) {
        let n = self.len();
        if self.closed {
            let at = distance_m.rem_euclid(self.length_m()) / self.step_m;
            let idx = (at as usize).min(n - 1);
            (idx, (idx + 1) % n, (at - idx as f64).clamp(0.0, 1.0))
        } else {
            let at = (distance_m / self.step_m).clamp(0.0, (n - 1) as f64);
            let idx = (at as usize).min(n.saturating_sub(2));
            (idx, (idx + 1).min(n - 1), (at - idx as f64).clamp(0.0, 1.0))
        }
    }

    /// The point at a distance, a number of metres to the left of the line.
    pub fn point_at(&self, distance_m: f64, lateral_m: f64) -> (f64, f64) {
        let (a, b, t) = self.locate(distance_m);
        let (sin, cos) = self.heading_at(distance_m).sin_cos();
        let x = self.x_m[a] + t * (self.x_m[b] - self.x_m[a]);
        let y = self.y_m[a] + t * (self.y_m[b] - self.y_m[a]);
        (x - lateral_m * sin, y + lateral_m * cos)
    }

    /// Direction of travel at a distance, radians from east towards north.
    pub fn heading_at(&self, distance_m: f64) -> f64 {
        let (a, b, t) = self.locate(distance_m);
        self.heading_rad[a] + t * turn(self.heading_rad[a], self.heading_rad[b])
    }

    /// Curvature at a distance, 1/m, positive to the left.
    pub fn curvature_at(&self, distance_m: f64) -> f64 {
        let (a, b, t) = self.locate(distance_m);
        self.curvature_1pm[a] + t * (self.curvature_1pm[b] - self.curvature_1pm[a])
    }
}

/// From one heading to another the short way, radians.
pub(super) fn turn(from_rad: f64, to_rad: f64) -> f64 {
    let (sin, cos) = (to_rad - from_rad).sin_cos();
    sin.atan2(cos)
}

/// The points without a repetition of the first at the end, if they can be a circuit.
fn checked(points: &[(f64, f64)]) -> Result<Vec<(f64, f64)>, CircuitError> {
    let mut points = points.to_vec();
    if points.len() > 1 && apart(points[0], points[points.len() - 1]) < 1e-3 {
        points.pop();
    }
    if points.len() < MIN_POINTS {
        return Err(CircuitError::TooFewPoints { given: points.len() });
    }
    if let Some(index) = points.iter().position(|p| !p.0.is_finite() || !p.1.is_finite()) {
        return Err(CircuitError::NotFinite { index });
    }
    for index in 0..points.len() {
        let gap_m = apart(points[(index + points.len() - 1) % points.len()], points[index]);
        if gap_m < 1e-3 {
            return Err(CircuitError::RepeatedPoint { index });
        }
        if gap_m > MAX_GAP_M {
            return Err(CircuitError::Gap { index, gap_m });
        }
    }
    Ok(points)
}

fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The spline through points, sampled at even arc length, the first point kept.
fn even_points(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let curve = ClosedCurve::through(points);
    let pieces = 8;
    let (mut dense, mut along) = (Vec::new(), vec![0.0]);
    for knot in 0..curve.knots().len() - 1 {
        for piece in 0..pieces {
            let at = curve.at(knot, f64::from(piece) / f64::from(pieces));
            dense.push((at.x, at.y));
        }
    }
    dense.push(dense[0]);
    for pair in dense.windows(2) {
        along.push(along[along.len() - 1] + apart(pair[0], pair[1]));
    }
    let length_m = along[along.len() - 1];
    let n = (length_m / STEP_M).round().max(MIN_POINTS as f64) as usize;
    let mut piece = 0;
    (0..n)
        .map(|idx| {
            let at = idx as f64 * length_m / n as f64;
            while along[piece + 1] < at {
                piece += 1;
            }
            let t = (at - along[piece]) / (along[piece + 1] - along[piece]).max(1e-12);
            let knot_t = (piece % pieces as usize) as f64 + t;
            let p = curve.at(piece / pieces as usize, knot_t / f64::from(pieces));
            (p.x, p.y)
        })
        .collect()
}

fn length_of(points: &[(f64, f64)]) -> f64 {
    (0..points.len()).map(|idx| apart(points[idx], points[(idx + 1) % points.len()])).sum()
}

/// Convolution of a closed series with a Gaussian of `sigma` samples, cut at three sigma. Its sum is kept.
pub(super) fn smooth_closed(values: &[f64], sigma: f64) -> Vec<f64> {
    let (n, reach) = (values.len() as i64, (3.0 * sigma).ceil() as i64);
    if reach == 0 || sigma <= 0.0 {
        return values.to_vec();
    }
    let weights: Vec<f64> = (-reach..=reach).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let around =
        |idx: i64| (-reach..=reach).zip(&weights).map(move |(k, w)| w * values[(idx + k).rem_euclid(n) as usize]);
    (0..n).map(|idx| around(idx).sum::<f64>() / total).collect()
}

fn smooth_open(values: &[f64], reach: usize) -> Vec<f64> {
    let mean = |idx: usize| {
        let window = &values[idx.saturating_sub(reach)..(idx + reach + 1).min(values.len())];
        window.iter().sum::<f64>() / window.len() as f64
    };
    (0..values.len()).map(mean).collect()
}

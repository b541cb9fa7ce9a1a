//! A smooth closed curve through points: the periodic cubic spline.

/// A closed curve through points, twice continuously differentiable.
///
/// Interpolating cubic spline over chord length with periodic ends (de Boor, *A Practical Guide to Splines*, 1978,
/// ch. IV). Its second derivatives solve a cyclic tridiagonal system, by Thomas' algorithm and the Sherman-Morrison
/// formula (Press et al., *Numerical Recipes*, 3rd ed., 2.7.2).
pub(super) struct ClosedCurve {
    /// Parameter at each point, chord length from the first; one more than points, the last is the whole.
    knots: Vec<f64>,
    x: Axis,
    y: Axis,
}

/// One coordinate: values and second derivatives at the knots, the first repeated at the end.
struct Axis {
    value: Vec<f64>,
    bend: Vec<f64>,
}

/// Position and the two derivatives by the parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct CurvePoint {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) dx: f64,
    pub(super) dy: f64,
    pub(super) ddx: f64,
    pub(super) ddy: f64,
}

impl CurvePoint {
    /// Curvature, 1/m, positive to the left.
    pub(super) fn curvature(&self) -> f64 {
        (self.dx * self.ddy - self.dy * self.ddx) / (self.dx * self.dx + self.dy * self.dy).powf(1.5)
    }
}

impl ClosedCurve {
    /// Through at least three points, no two neighbours the same; the first is not repeated at the end.
    pub(super) fn through(points: &[(f64, f64)]) -> Self {
        let n = points.len();
        let mut knots = vec![0.0];
        for idx in 0..n {
            let ((x0, y0), (x1, y1)) = (points[idx], points[(idx + 1) % n]);
            knots.push(knots[idx] + (x1 - x0).hypot(y1 - y0));
        }
        let steps: Vec<f64> = knots.windows(2).map(|k| k[1] - k[0]).collect();
        let axis = |value: Vec<f64>| Axis::new(value, &steps);
        let (x, y) = (axis(points.iter().map(|p| p.0).collect()), axis(points.iter().map(|p| p.1).collect()));
        ClosedCurve { knots, x, y }
    }

    /// The knots' parameters, the last one closing the curve.
    pub(super) fn knots(&self) -> &[f64] {
        &self.knots
    }

    /// The point at a fraction `t` of 0 to 1 between a knot and the next.
    pub(super) fn at(&self, knot: usize, t: f64) -> CurvePoint {
        let h = self.knots[knot + 1] - self.knots[knot];
        let (x, dx, ddx) = self.x.at(knot, t, h);
        let (y, dy, ddy) = self.y.at(knot, t, h);
        CurvePoint { x, y, dx, dy, ddx, ddy }
    }
}

impl Axis {
    fn new(mut value: Vec<f64>, steps: &[f64]) -> Self {
        let n = value.len();
        let before = |idx: usize| (idx + n - 1) % n;
        let rhs: Vec<f64> = (0..n)
            .map(|idx| {
                let (h0, h1) = (steps[before(idx)], steps[idx]);
                6.0 * ((value[(idx + 1) % n] - value[idx]) / h1 - (value[idx] - value[before(idx)]) / h0)
            })
            .collect();
        let diagonal: Vec<f64> = (0..n).map(|idx| 2.0 * (steps[before(idx)] + steps[idx])).collect();
        let mut bend = solve_cyclic(steps, &diagonal, &rhs);
        bend.push(bend[0]);
        value.push(value[0]);
        Axis { value, bend }
    }

    fn at(&self, knot: usize, t: f64, h: f64) -> (f64, f64, f64) {
        let (a, b) = (1.0 - t, t);
        let (y0, y1, m0, m1) = (self.value[knot], self.value[knot + 1], self.bend[knot], self.bend[knot + 1]);
        let value = a * y0 + b * y1 + ((a * a * a - a) * m0 + (b * b * b - b) * m1) * h * h / 6.0;
        let slope = (y1 - y0) / h + ((1.0 - 3.0 * a * a) * m0 + (3.0 * b * b - 1.0) * m1) * h / 6.0;
        (value, slope, a * m0 + b * m1)
    }
}

/// Solves the symmetric cyclic tridiagonal system whose off-diagonal between row `i` and the next is `off[i]`.
fn solve_cyclic(off: &[f64], diagonal: &[f64], rhs: &[f64]) -> Vec<f64> {
    let n = diagonal.len();
    let (corner, gamma) = (off[n - 1], -diagonal[0]);
    let mut main = diagonal.to_vec();
    main[0] -= gamma;
    main[n - 1] -= corner * corner / gamma;
    let mut edge = vec![0.0; n];
    edge[0] = gamma;
    edge[n - 1] = corner;
    let solution = solve_tridiagonal(off, &main, rhs);
    let correction = solve_tridiagonal(off, &main, &edge);
    let factor =
        (solution[0] + corner * solution[n - 1] / gamma) / (1.0 + correction[0] + corner * correction[n - 1] / gamma);
    solution.iter().zip(&correction).map(|(s, c)| s - factor * c).collect()
}

fn solve_tridiagonal(off: &[f64], main: &[f64], rhs: &[f64]) -> Vec<f64> {
    let n = main.len();
    let (mut ratio, mut solution) = (vec![0.0; n], vec![0.0; n]);
    let mut pivot = main[0];
    solution[0] = rhs[0] / pivot;
    for idx in 1..n {
        ratio[idx] = off[idx - 1] / pivot;
        pivot = main[idx] - off[idx - 1] * ratio[idx];
        solution[idx] = (rhs[idx] - off[idx - 1] * solution[idx - 1]) / pivot;
    }
    for idx in (0..n - 1).rev() {
        solution[idx] -= ratio[idx + 1] * solution[idx + 1];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_has_its_radius_everywhere() {
        let points: Vec<_> = (0..60).map(|i| (f64::from(i) * std::f64::consts::TAU / 60.0).sin_cos()).collect();
        let points: Vec<_> = points.iter().map(|(s, c)| (100.0 * c, 100.0 * s)).collect();
        let curve = ClosedCurve::through(&points);
        for knot in 0..60 {
            for t in [0.0, 0.3, 0.5] {
                let curvature = curve.at(knot, t).curvature();
                assert!((curvature - 0.01).abs() < 2e-4, "{curvature} after point {knot}");
            }
        }
    }
}

//! A closed line in the plane with distance along it.

use std::f64::consts::{PI, TAU};

/// Decimetres in a metre.
pub(crate) const DM_PER_M: f64 = 10.0;

/// A point of the circuit's own grid: east and north, decimetres.
pub(crate) type Point = [f64; 2];

/// A closed line through points that are equally far apart along it.
///
/// Point `i` is at `i` steps from the first one; between two points the line is straight. The length is that of the
/// curve the points were taken from, which is a little more than the sum of the straight pieces.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClosedLine {
    points: Vec<Point>,
    step_m: f64,
}

/// A place as seen from a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projection {
    /// Metres along the line, from 0 to less than its length.
    pub distance_m: f64,
    /// Metres to the left of the line in driving direction; negative to the right.
    pub offset_m: f64,
}

impl ClosedLine {
    /// Puts points about `step_m` apart on the closed polyline through `corners`. `None` with fewer than three distinct
    /// corners or a coordinate that is not a number.
    pub(crate) fn through(corners: &[Point], step_m: f64) -> Option<ClosedLine> {
        let mut corners = corners.to_vec();
        corners.dedup();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        if corners.len() < 3 || corners.iter().flatten().any(|c| !c.is_finite()) {
            return None;
        }
        let closing = corners.first().copied();
        corners.extend(closing);
        let mut along_m = Vec::with_capacity(corners.len());
        let mut length_m = 0.0;
        along_m.push(0.0);
        for pair in corners.windows(2) {
            length_m += distance(pair[0], pair[1]) / DM_PER_M;
            along_m.push(length_m);
        }
        let n = (length_m / step_m).round().clamp(3.0, 100_000.0) as usize;
        let step_m = length_m / n as f64;
        let mut piece = 0;
        let points = (0..n).map(|i| {
            let at_m = i as f64 * step_m;
            while along_m.get(piece + 1).is_some_and(|end| *end < at_m) {
                piece += 1;
            }
            let (from_m, to_m) = (along_m[piece], along_m[piece + 1]);
            mix(corners[piece], corners[piece + 1], (at_m - from_m) / (to_m - from_m))
        });
        Some(ClosedLine { points: points.collect(), step_m })
    }

    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    pub(crate) fn step_m(&self) -> f64 {
        self.step_m
    }

    pub(crate) fn length_m(&self) -> f64 {
        self.step_m * self.points.len() as f64
    }

    /// The same place within one lap: from 0 to less than the length.
    pub(crate) fn wrap(&self, distance_m: f64) -> f64 {
        let wrapped = distance_m.rem_euclid(self.length_m());
        if wrapped < self.length_m() { wrapped } else { 0.0 }
    }

    /// The point at a distance, any number of laps on or back.
    pub(crate) fn point_at(&self, distance_m: f64) -> Point {
        let at = self.wrap(distance_m) / self.step_m;
        let idx = at as usize;
        mix(self.vertex(idx), self.vertex(idx + 1), at - idx as f64)
    }

    /// The unit vector in driving direction at a distance.
    pub(crate) fn direction_at(&self, distance_m: f64) -> Point {
        let idx = (self.wrap(distance_m) / self.step_m) as usize;
        direction(self.vertex(idx), self.vertex(idx + 1))
    }

    /// How much the line bends at a distance, 1/m, positive to the left: the change of direction from the 20 m before to
    /// the 20 m after, which is wider than the noise of fixes and narrower than a chicane.
    pub(crate) fn curvature_at(&self, distance_m: f64) -> f64 {
        const REACH_M: f64 = 20.0;
        let [before, here, after] = [-REACH_M, 0.0, REACH_M].map(|shift| self.point_at(distance_m + shift));
        let heading = |a: Point, b: Point| (b[1] - a[1]).atan2(b[0] - a[0]);
        let turn = heading(here, after) - heading(before, here);
        ((turn + PI).rem_euclid(TAU) - PI) / REACH_M
    }

    /// The point at a distance along the line and beside it.
    pub(crate) fn place(&self, projection: Projection) -> Point {
        let [x, y] = self.point_at(projection.distance_m);
        let [dx, dy] = self.direction_at(projection.distance_m);
        let offset_dm = projection.offset_m * DM_PER_M;
        [x - dy * offset_dm, y + dx * offset_dm]
    }

    /// The nearest place on the line.
    pub(crate) fn project(&self, point: Point) -> Projection {
        self.project_among(point, 0, self.points.len())
    }

    /// The nearest place on the part of the line within `reach_m` of a distance: for lines that cross themselves.
    pub(crate) fn project_near(&self, point: Point, around_m: f64, reach_m: f64) -> Projection {
        let n = self.points.len();
        let n_near = (2.0 * reach_m / self.step_m).clamp(2.0, n as f64) as usize;
        let first = (self.wrap(around_m - reach_m) / self.step_m) as usize;
        self.project_among(point, first, n_near)
    }

    /// Nearest place among `n` points from `first` on: the nearest point, then the pieces on either side of it.
    fn project_among(&self, point: Point, first: usize, n: usize) -> Projection {
        let len = self.points.len();
        let (head, tail) = ((first + n).min(len), (first + n).saturating_sub(len));
        let head = self.nearest(point, first.min(head), head);
        let tail = self.nearest(point, 0, tail.min(len));
        let (idx, _) = if tail.1 < head.1 { tail } else { head };
        let [before, after] = [self.project_on_piece(point, idx + len - 1), self.project_on_piece(point, idx)];
        let (distance, offset_m) = if before.2 < after.2 { (before.0, before.1) } else { (after.0, after.1) };
        Projection { distance_m: self.wrap(distance), offset_m }
    }

    /// Index and squared distance of the nearest point of a range; infinitely far if the range is empty.
    fn nearest(&self, [x, y]: Point, from: usize, to: usize) -> (usize, f64) {
        let mut best = (from, f64::INFINITY);
        for (idx, [px, py]) in self.points.get(from..to).unwrap_or(&[]).iter().enumerate() {
            let squared = (px - x) * (px - x) + (py - y) * (py - y);
            if squared < best.1 {
                best = (from + idx, squared);
            }
        }
        best
    }

    /// Distance along the line, offset and squared distance of the nearest place on the piece that begins at a point.
    fn project_on_piece(&self, [x, y]: Point, idx: usize) -> (f64, f64, f64) {
        let idx = idx % self.points.len();
        let ([ax, ay], [bx, by]) = (self.vertex(idx), self.vertex(idx + 1));
        let (dx, dy) = (bx - ax, by - ay);
        let squared = (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
        let share = (((x - ax) * dx + (y - ay) * dy) / squared).clamp(0.0, 1.0);
        let (fx, fy) = (x - (ax + dx * share), y - (ay + dy * share));
        let side = dx * fy - dy * fx;
        let away = fx.hypot(fy);
        let offset_m = if side < 0.0 { -away } else { away } / DM_PER_M;
        ((idx as f64 + share) * self.step_m, offset_m, away * away)
    }

    fn vertex(&self, idx: usize) -> Point {
        self.points[idx % self.points.len()]
    }
}

/// Distance between two points, in their own unit.
pub(crate) fn distance([ax, ay]: Point, [bx, by]: Point) -> f64 {
    (bx - ax).hypot(by - ay)
}

/// The unit vector from `a` to `b`; east if they are one.
pub(crate) fn direction(a: Point, b: Point) -> Point {
    match distance(a, b) {
        0.0 => [1.0, 0.0],
        length => [(b[0] - a[0]) / length, (b[1] - a[1]) / length],
    }
}

/// The point a share of the way from `a` to `b`.
pub(crate) fn mix([ax, ay]: Point, [bx, by]: Point, share: f64) -> Point {
    [ax + (bx - ax) * share, ay + (by - ay) * share]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A circuit of about 5 km whose radius waves.
    fn wavy() -> ClosedLine {
        let corner = |i: i32| {
            let angle = TAU * f64::from(i) / 800.0;
            let radius = 8000.0 + 1500.0 * (3.0 * angle).sin();
            [radius * angle.cos(), radius * angle.sin()]
        };
        ClosedLine::through(&(0..800).map(corner).collect::<Vec<_>>(), 5.0).unwrap()
    }

    #[test]
    fn a_square_is_as_long_as_its_sides() {
        let square = ClosedLine::through(&[[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0]], 5.0).unwrap();
        assert_eq!((square.length_m(), square.points().len()), (400.0, 80));
        assert_eq!(square.point_at(150.0), [1000.0, 500.0]);
        let beside = square.project([500.0, 30.0]);
        assert_eq!((beside.distance_m, beside.offset_m), (50.0, 3.0));
    }

    #[test]
    fn a_line_needs_three_points() {
        assert_eq!(ClosedLine::through(&[[0.0, 0.0], [10.0, 0.0], [0.0, 0.0]], 5.0), None);
        assert_eq!(ClosedLine::through(&[[0.0, 0.0], [f64::NAN, 0.0], [5.0, 5.0]], 5.0), None);
    }

    proptest! {
        #[test]
        fn a_point_of_the_line_projects_onto_itself(distance_m in -20_000.0..20_000.0f64, offset_m in -5.0..5.0f64) {
            let line = wavy();
            let on_line = line.project(line.point_at(distance_m));
            prop_assert!((on_line.distance_m - line.wrap(distance_m)).abs() < 1e-6);
            prop_assert!(on_line.offset_m.abs() < 1e-6);
            let beside = line.place(Projection { distance_m, offset_m });
            prop_assert!((line.project(beside).offset_m.abs() - offset_m.abs()).abs() < 0.1);
            let hinted = line.project_near(line.point_at(distance_m), distance_m + 90.0, 100.0);
            prop_assert!((hinted.distance_m - line.wrap(distance_m)).abs() < 1e-6);
        }
    }
}

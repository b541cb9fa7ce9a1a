//! What is driven: curvature, speed caps and zones on even spacing.

use crate::circuit::{Circuit, Line};

use super::Aid;
use super::car::Vehicle;

/// No car turns tighter than this, 1/m: a line that does is driven as if it did not.
const TIGHTEST_1PM: f64 = 1.0 / 5.0;

/// A stretch to be driven. A closed one of `n` points has `n` pieces, the last one back to the first point; an open one
/// has one piece less.
pub(super) struct Course {
    pub(super) closed: bool,
    pub(super) step_m: f64,
    pub(super) points: Vec<CoursePoint>,
}

/// One point of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct CoursePoint {
    /// 1/m, positive to the left.
    pub(super) curvature: f64,
    /// No faster than this here, m/s.
    pub(super) cap_ms: f64,
    /// True where wings may open.
    pub(super) is_zone: bool,
}

impl Course {
    /// A bare line without zones.
    pub(super) fn of_line(line: &Line) -> Course {
        let point = |curvature: &f64| CoursePoint {
            curvature: curvature.clamp(-TIGHTEST_1PM, TIGHTEST_1PM),
            cap_ms: f64::INFINITY,
            is_zone: false,
        };
        Course { closed: line.closed, step_m: line.step_m, points: line.curvature_1pm.iter().map(point).collect() }
    }

    /// A lap of a circuit with the zones that a car may use.
    pub(super) fn of_lap(circuit: &Circuit, vehicle: &Vehicle, aid: Aid) -> Course {
        let mut course = Course::of_line(&circuit.line);
        let zones = if vehicle.aero.is_active { &circuit.straight_zones } else { &circuit.drs_zones };
        if aid != Aid::Shut {
            for (idx, point) in course.points.iter_mut().enumerate() {
                point.is_zone = zones.iter().any(|zone| zone.contains(idx as f64 * course.step_m));
            }
        }
        course
    }

    /// Part of a lap from one distance to another, which may lie before the line or laps ahead.
    pub(super) fn stretch(lap: &Course, from_m: f64, n_points: usize) -> Course {
        let n = lap.points.len() as f64;
        let at = |k: usize| lap.interpolated((from_m / lap.step_m + k as f64).rem_euclid(n));
        Course { closed: false, step_m: lap.step_m, points: (0..n_points).map(at).collect() }
    }

    fn interpolated(&self, at: f64) -> CoursePoint {
        let n = self.points.len();
        let idx = (at as usize).min(n - 1);
        let (a, b, t) = (self.points[idx], self.points[(idx + 1) % n], at - idx as f64);
        CoursePoint { curvature: a.curvature + t * (b.curvature - a.curvature), ..a }
    }

    pub(super) fn cap(mut self, cap_ms: f64) -> Course {
        self.points.iter_mut().for_each(|p| p.cap_ms = p.cap_ms.min(cap_ms));
        self
    }
}

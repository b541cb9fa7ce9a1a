//! The pit lane beside the start straight.

use super::build::total_turn_rad;
use super::furniture::Furniture;
use super::line::Line;

/// The lane's own line and what is on it. Distances in the lane are metres along it from where it leaves the racing
/// line; its first and last point lie on the racing line, so a car passes from one to the other without a jump.
#[derive(Debug, Clone, PartialEq)]
pub struct PitLane {
    /// Where it leaves the racing line, metres of the lap (before the line: towards the end of the lap).
    pub entry_m: f64,
    /// Where it comes back to the racing line, metres of the lap.
    pub exit_m: f64,
    /// Highest speed between the two speed limit lines.
    pub limit_kmh: f64,
    /// The way through it.
    pub line: Line,
    /// The first speed limit line, metres of the lane.
    pub limit_from_m: f64,
    /// The second.
    pub limit_to_m: f64,
    /// Where the start and finish line of the track crosses the lane, metres of the lane.
    pub finish_m: f64,
    /// Where each team stops its cars, metres of the lane, in order of driving.
    pub boxes_m: Vec<f64>,
    /// The garages' side of the lane: 1 to the left of the lane, -1 to the right.
    pub garage_side: f64,
}

/// Teams with a box: eleven from 2026.
const N_TEAMS: usize = 11;

/// From the edge of the track to the middle of the lane: a wall and half a lane.
const BEYOND_EDGE_M: f64 = 9.0;

/// Metres in which the lane moves away from the track and back.
const BLEND_M: f64 = 120.0;

/// Shortest and longest way from leaving the track to the line, and from the line to coming back.
const BEFORE_LINE_M: (f64, f64) = (260.0, 420.0);
const AFTER_LINE_M: (f64, f64) = (190.0, 330.0);

/// The lane may not follow bends tighter than this, 1/m.
const STRAIGHT_CURVATURE_1PM: f64 = 1.0 / 200.0;

/// Boxes are at most this far apart, metres.
const BOX_STEP_M: f64 = 17.0;

impl PitLane {
    /// Seconds from one speed limit line to the other at the limit, without a stop.
    pub fn drive_through_s(&self) -> f64 {
        (self.limit_to_m - self.limit_from_m) / (self.limit_kmh / 3.6)
    }

    /// From leaving the racing line to coming back to it, metres.
    pub fn length_m(&self) -> f64 {
        self.line.length_m()
    }
}

/// A pit lane beside the start straight, on the inside of the circuit.
pub(super) fn beside_the_start(line: &Line, wanted: &Furniture) -> PitLane {
    let before_m = wanted.pit_entry_before_m.unwrap_or_else(|| straight_m(line, -1.0, BEFORE_LINE_M));
    let after_m = wanted.pit_exit_after_m.unwrap_or_else(|| straight_m(line, 1.0, AFTER_LINE_M));
    let side = total_turn_rad(line).signum();
    let room = |d: f64| {
        let (idx, _, _) = line.locate(d);
        if side > 0.0 { line.left_m[idx] } else { line.right_m[idx] }
    };
    let n = ((before_m + after_m) / line.step_m).round() as usize;
    let distance = |k: usize| (before_m + after_m) * k as f64 / n as f64 - before_m;
    let widest_m = (0..=n).map(|k| room(distance(k))).fold(0.0, f64::max);
    let aside_m = |d: f64| {
        let (from_entry, to_exit) = (d + before_m, after_m - d);
        (widest_m + BEYOND_EDGE_M) * ease(from_entry / BLEND_M) * ease(to_exit / BLEND_M)
    };
    let points: Vec<(f64, f64)> = (0..=n).map(|k| line.point_at(distance(k), side * aside_m(distance(k)))).collect();
    let lane = Line::open(&points, 3.0);
    // Lane metres of a track distance, by how far along its points that is: the two differ by a metre or two only.
    let lane_m = |d: f64| lane.length_m() * ((d + before_m) / (before_m + after_m));
    let (limit_from_m, limit_to_m) = (lane_m(BLEND_M - before_m), lane_m(after_m - BLEND_M));
    PitLane {
        entry_m: (-before_m).rem_euclid(line.length_m()),
        exit_m: after_m,
        limit_kmh: wanted.pit_limit_kmh,
        limit_from_m,
        limit_to_m,
        finish_m: lane_m(0.0),
        boxes_m: boxes_m(limit_from_m, limit_to_m),
        garage_side: side,
        line: lane,
    }
}

/// How far the start straight reaches from the line in a direction, within bounds.
fn straight_m(line: &Line, direction: f64, (shortest_m, longest_m): (f64, f64)) -> f64 {
    let is_straight = |m: &f64| line.curvature_at(direction * m).abs() < STRAIGHT_CURVATURE_1PM;
    let metres = (0..=(longest_m / 5.0) as u32).map(|k| f64::from(k) * 5.0);
    metres.take_while(is_straight).last().unwrap_or(0.0).clamp(shortest_m, longest_m)
}

/// Boxes in the middle of the limited part.
fn boxes_m(from_m: f64, to_m: f64) -> Vec<f64> {
    let step_m = ((to_m - from_m) / (N_TEAMS + 1) as f64).min(BOX_STEP_M);
    let first_m = (from_m + to_m) / 2.0 - step_m * (N_TEAMS - 1) as f64 / 2.0;
    (0..N_TEAMS).map(|k| first_m + step_m * k as f64).collect()
}

/// From 0 to 1 with no slope and no bend at either end (Perlin's smoother step).
fn ease(share: f64) -> f64 {
    let t = share.clamp(0.0, 1.0);
    t * t * t * (t * (6.0 * t - 15.0) + 10.0)
}

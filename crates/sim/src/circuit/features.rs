//! Corners and straights, found in the curvature of a line.

use super::Corner;
use super::line::Line;

/// A line that bends more than this is in a corner, 1/m: wider than 400 m no driver lifts.
const CORNER_CURVATURE_1PM: f64 = 1.0 / 400.0;

/// A bend through less than this is no corner, radians.
const CORNER_TURN_RAD: f64 = 0.17;

/// Bends of one direction closer than this are one corner, metres.
const SAME_CORNER_M: f64 = 25.0;

/// A stretch that bends less than this is straight, 1/m.
const STRAIGHT_CURVATURE_1PM: f64 = 1.0 / 250.0;

/// A full-throttle stretch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Straight {
    /// Where the corner before it begins.
    pub(super) corner_m: f64,
    /// Where its corner opens.
    pub(super) start_m: f64,
    /// Where the brakes are needed; below `start_m` when it runs over the line.
    pub(super) end_m: f64,
    pub(super) length_m: f64,
}

/// The corners of a line in order of driving.
pub(super) fn corners(line: &Line) -> Vec<Corner> {
    let n = line.len();
    let sign = |idx: usize| {
        let k = line.curvature_1pm[idx % n];
        if k.abs() < CORNER_CURVATURE_1PM { 0 } else { k.signum() as i8 }
    };
    // A lap is read from a straight point, so that no corner is cut in two by the line.
    let Some(origin) = (0..n).find(|idx| sign(*idx) == 0) else { return Vec::new() };
    let mut bends: Vec<(usize, usize, i8)> = Vec::new();
    for idx in origin..origin + n {
        let direction = sign(idx);
        match bends.last_mut() {
            Some((_, end, last)) if direction != 0 && *last == direction => {
                if (idx - *end) as f64 * line.step_m <= SAME_CORNER_M {
                    *end = idx;
                } else {
                    bends.push((idx, idx, direction));
                }
            }
            _ if direction != 0 => bends.push((idx, idx, direction)),
            _ => {}
        }
    }
    let mut corners: Vec<Corner> = bends.iter().filter_map(|(from, to, _)| corner(line, *from, *to)).collect();
    corners.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
    for (idx, corner) in corners.iter_mut().enumerate() {
        corner.number = u8::try_from(idx + 1).unwrap_or(u8::MAX);
    }
    corners
}

fn corner(line: &Line, from: usize, to: usize) -> Option<Corner> {
    let n = line.len();
    let curvature = |idx: usize| line.curvature_1pm[idx % n];
    let turn_rad: f64 = (from..=to).map(|idx| curvature(idx) * line.step_m).sum();
    let apex = (from..=to).max_by(|a, b| curvature(*a).abs().total_cmp(&curvature(*b).abs()))?;
    let distance_m = |idx: usize| (idx % n) as f64 * line.step_m;
    (turn_rad.abs() >= CORNER_TURN_RAD).then(|| Corner {
        number: 0,
        start_m: distance_m(from),
        distance_m: distance_m(apex),
        end_m: distance_m(to),
        radius_m: 1.0 / curvature(apex).abs(),
        turn_rad,
    })
}

/// The stretches from the opening of a corner to the next braking, longest first.
pub(super) fn straights(line: &Line, speeds_ms: &[f64], corners: &[Corner]) -> Vec<Straight> {
    let n = line.len();
    let slowest = (0..n).min_by(|a, b| speeds_ms[*a].total_cmp(&speeds_ms[*b])).unwrap_or(0);
    let speed = |idx: usize| speeds_ms[idx % n];
    let mut straights = Vec::new();
    let mut from = slowest;
    for idx in slowest + 1..=slowest + n {
        // A lift of less than 3 % in a bend does not end a straight.
        let is_braking = speed(idx + 6) < 0.97 * speed(idx);
        if is_braking || idx == slowest + n {
            if idx > from + 1 {
                straights.extend(straight(line, from, idx, corners));
            }
            from = idx;
        }
    }
    straights.sort_by(|a, b| b.length_m.total_cmp(&a.length_m));
    straights
}

/// The longest straight part between two points, and the corner before it.
fn straight(line: &Line, from: usize, to: usize, corners: &[Corner]) -> Option<Straight> {
    let n = line.len();
    let is_straight = |idx: usize| line.curvature_1pm[idx % n].abs() < STRAIGHT_CURVATURE_1PM;
    let (mut opens, mut best) = (from, from..from);
    for idx in from..=to {
        if !is_straight(idx) {
            opens = idx + 1;
        } else if idx - opens > best.len() {
            best = opens..idx;
        }
    }
    let start_m = (best.start % n) as f64 * line.step_m;
    let behind = |c: &&Corner| (start_m - c.start_m).rem_euclid(line.length_m());
    let corner = corners.iter().min_by(|a, b| behind(a).total_cmp(&behind(b)))?;
    let end_m = (best.end % n) as f64 * line.step_m;
    Some(Straight { corner_m: corner.start_m, start_m, end_m, length_m: best.len() as f64 * line.step_m })
}

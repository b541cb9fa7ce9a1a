//! Corners: where the line bends.

use crate::line::ClosedLine;

/// A corner and how far it reaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Corner {
    /// Number as painted; for derived corners counted from the start line.
    pub number: u16,
    /// Letter after the number; usually empty.
    pub letter: String,
    /// Where, decimetres.
    pub x_dm: f64,
    /// Where, decimetres.
    pub y_dm: f64,
    /// Where, metres from the start line.
    pub distance_m: f64,
    /// Where it begins, metres from the start line: where cars brake for it at the earliest.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
}

/// A corner bends more tightly than this radius at its sharpest. Kinks that are taken flat and carry a number, such as
/// Zandvoort's turns 4 to 6, have 200 to 300 m.
const MAX_RADIUS_M: f64 = 330.0;

/// A corner turns the car by at least this much.
const MIN_TURN_DEG: f64 = 15.0;

/// Two peaks of one bend are two corners if the bend eases to this share of the lesser one between them.
const VALLEY_SHARE: f64 = 0.6;

/// What is left of a bend before or after the part that bends at least half as much as its peak is a corner of its own
/// if it turns the car by this much, as turns 1 and 13 of Shanghai do.
const MIN_REST_DEG: f64 = 60.0;

/// How much of the way into a corner belongs to it: cars brake over 100 m from top speed, and that time is lost or won
/// by the corner.
const APPROACH_M: f64 = 100.0;

/// How much of the way out belongs to it: a poor exit costs along here.
const EXIT_M: f64 = 100.0;

/// Peaks of curvature along the line, numbered from the start line.
pub(super) fn find(line: &ClosedLine) -> Vec<Corner> {
    let curvature = curvatures(line);
    let bends = bends(&curvature).into_iter().flat_map(|bend| bend.with_rests(&curvature, line));
    let bends = bends.filter(|bend| bend.turn_deg(&curvature, line) >= MIN_TURN_DEG);
    let mut distances: Vec<f64> = bends.map(|bend| line.wrap(bend.middle(&curvature) * line.step_m())).collect();
    distances.sort_by(f64::total_cmp);
    let place = |(number, distance_m): (u16, f64)| {
        let [x_dm, y_dm] = line.point_at(distance_m);
        Corner { number, letter: String::new(), x_dm, y_dm, distance_m, from_m: distance_m, to_m: distance_m }
    };
    let mut corners = (1..).zip(distances).map(place).collect::<Vec<_>>();
    set_extents(&mut corners, line.length_m());
    corners
}

/// Says from where to where each corner reaches: from the approach to the exit, and where two would overlap to the
/// middle between them. `corners` is in order of distance. No corner reaches over the start line.
pub(super) fn set_extents(corners: &mut [Corner], length_m: f64) {
    let at: Vec<f64> = corners.iter().map(|c| c.distance_m).collect();
    for (idx, corner) in corners.iter_mut().enumerate() {
        let before = idx.checked_sub(1).and_then(|i| at.get(i));
        let after = at.get(idx + 1);
        let middle = |other: &f64| (other + corner.distance_m) / 2.0;
        let (first, last) = (before.map_or(0.0, middle), after.map_or(length_m, middle));
        corner.from_m = (corner.distance_m - APPROACH_M).max(first);
        corner.to_m = (corner.distance_m + EXIT_M).min(last);
    }
}

/// A run of points that bend the same way, with its sharpest one. Indices run on past the line's end.
#[derive(Clone, Copy)]
struct Bend {
    from: usize,
    peak: usize,
    to: usize,
}

impl Bend {
    fn turn_deg(self, curvature: &[f64], line: &ClosedLine) -> f64 {
        let sum: f64 = (self.from..self.to).map(|i| curvature[i % curvature.len()]).sum();
        (sum * line.step_m()).abs().to_degrees()
    }

    /// Half of the turn is before this index, so to say: the mean index, weighted by curvature.
    fn middle(self, curvature: &[f64]) -> f64 {
        let weights = (self.from..self.to).map(|i| (i as f64, curvature[i % curvature.len()].abs()));
        let (sum, weight) = weights.fold((0.0, 0.0), |(sum, all), (i, weight)| (sum + i * weight, all + weight));
        sum / weight
    }

    /// The bend around its peak, and before and after it what turns far enough to be a corner of its own.
    fn with_rests(self, curvature: &[f64], line: &ClosedLine) -> Vec<Bend> {
        let at = |i: usize| curvature[i % curvature.len()].abs();
        let is_sharp = |i: &usize| at(*i) > at(self.peak) / 2.0;
        let sharp_from = (self.from..self.peak).rev().take_while(is_sharp).last().unwrap_or(self.peak);
        let sharp_to = (self.peak..self.to).take_while(is_sharp).last().map_or(self.peak, |i| i + 1);
        let mut bend = self;
        let mut rests = Vec::new();
        let before = Bend { to: sharp_from, peak: self.from, ..self };
        if before.turn_deg(curvature, line) > MIN_REST_DEG {
            bend.from = sharp_from;
            rests.push(before);
        }
        let after = Bend { from: sharp_to, peak: sharp_to, ..self };
        if after.turn_deg(curvature, line) > MIN_REST_DEG {
            bend.to = sharp_to;
            rests.push(after);
        }
        rests.push(bend);
        rests
    }
}

/// Curvature at each point.
fn curvatures(line: &ClosedLine) -> Vec<f64> {
    (0..line.points().len()).map(|i| line.curvature_at(i as f64 * line.step_m())).collect()
}

/// Bends in order along the line, each with one peak, split where the bend eases.
fn bends(curvature: &[f64]) -> Vec<Bend> {
    let n = curvature.len();
    let at = |i: usize| curvature[i % n];
    let is_bend = |i: usize| at(i).abs() > 1.0 / MAX_RADIUS_M;
    // Begin where the line is straight, so that no bend is cut in two; a circle has no corner.
    let Some(straight) = (0..n).find(|i| !is_bend(*i)) else { return Vec::new() };
    let mut bends = Vec::new();
    let mut i = straight;
    while i < straight + n {
        if !is_bend(i) {
            i += 1;
            continue;
        }
        let from = i;
        while is_bend(i) && at(i).signum() == at(from).signum() {
            i += 1;
        }
        split(from, i, &|i| at(i).abs(), &mut bends);
    }
    bends
}

/// Splits a bend at its valleys: where it eases well below the peaks on both sides.
fn split(from: usize, to: usize, sharpness: &dyn Fn(usize) -> f64, bends: &mut Vec<Bend>) {
    let (mut start, mut peak, mut valley) = (from, from, from);
    for i in from..to {
        if sharpness(valley) < VALLEY_SHARE * sharpness(peak).min(sharpness(i)) {
            bends.push(Bend { from: start, peak, to: valley });
            (start, peak, valley) = (valley, i, i);
        } else if sharpness(i) > sharpness(peak) {
            (peak, valley) = (i, i);
        } else if sharpness(i) < sharpness(valley) {
            valley = i;
        }
    }
    bends.push(Bend { from: start, peak, to });
}

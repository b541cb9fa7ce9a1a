//! From points to a circuit.

use super::furniture::{self, Furniture};
use super::line::{Line, turn};
use super::{Circuit, CircuitError, TrackPoint, features, pit_lane, racing_line};

/// Curvature of a centre line is smoothed over this (standard deviation), metres; surveys jitter by decimetres.
const CENTRE_SMOOTHING_M: f64 = 6.0;

/// Curvature of a racing line is smoothed over this (standard deviation), metres: about a car's length, for no driver
/// turns the wheel faster.
const LINE_SMOOTHING_M: f64 = 5.0;

impl Circuit {
    /// A circuit from its centre line, driven on the line of least curvature between its edges.
    ///
    /// The first point is taken for the start and finish line. Corners, sectors (thirds of a lap by time), zones, pit
    /// lane and grid are derived; town and country are left empty.
    ///
    /// # Errors
    ///
    /// If the points are no circuit: see [`CircuitError`].
    pub fn from_centre_line(name: &str, points: &[TrackPoint]) -> Result<Circuit, CircuitError> {
        let centre = centre_line(points)?;
        let offsets = racing_line::offsets_m(&centre);
        let line: Vec<(f64, f64)> =
            (0..centre.len()).map(|idx| centre.point_at(idx as f64 * centre.step_m, offsets[idx])).collect();
        finish(name, &centre, &line, &Furniture::default())
    }

    /// A circuit from its centre line, driven on a line given by its points.
    ///
    /// # Errors
    ///
    /// If the points of either are no circuit: see [`CircuitError`].
    pub fn from_racing_line(
        name: &str,
        points: &[TrackPoint],
        racing_line: &[(f64, f64)],
    ) -> Result<Circuit, CircuitError> {
        finish(name, &centre_line(points)?, racing_line, &Furniture::default())
    }
}

/// The centre line on even spacing, with the widths given for its points.
pub(super) fn centre_line(points: &[TrackPoint]) -> Result<Line, CircuitError> {
    let place: Vec<(f64, f64)> = points.iter().map(|p| (p.x_m, p.y_m)).collect();
    let mut line = Line::closed(&place, CENTRE_SMOOTHING_M)?;
    let is_wide = |p: &TrackPoint| (p.left_m + p.right_m) > 0.0 && (p.left_m + p.right_m).is_finite();
    if let Some(index) = points.iter().position(|p| !is_wide(p)) {
        return Err(CircuitError::NoWidth { index });
    }
    let mut near = 0;
    for idx in 0..line.len() {
        near = nearest((line.x_m[idx], line.y_m[idx]), near, points.len(), |k| place[k % place.len()]);
        line.left_m[idx] = points[near].left_m;
        line.right_m[idx] = points[near].right_m;
    }
    Ok(line)
}

/// The circuit of a centre line and the points of the driven line.
pub(super) fn finish(
    name: &str,
    centre: &Line,
    driven: &[(f64, f64)],
    wanted: &Furniture,
) -> Result<Circuit, CircuitError> {
    let mut line = Line::closed(driven, LINE_SMOOTHING_M)?;
    measure_room(&mut line, centre);
    let speeds = crate::vehicle::estimate_speeds_ms(&line);
    let corners = features::corners(&line);
    let straights = features::straights(&line, &speeds, &corners);
    let sector_ends_m = furniture::sector_ends_m(&line, &speeds);
    let pit_lane = pit_lane::beside_the_start(&line, wanted);
    Ok(Circuit {
        name: name.to_owned(),
        town: String::new(),
        country: String::new(),
        mini_sector_ends_m: furniture::mini_sector_ends_m(&line, sector_ends_m),
        speed_traps: furniture::speed_traps(&line, &speeds, sector_ends_m),
        marshal_sectors: furniture::marshal_sectors(&line),
        drs_zones: furniture::drs_zones(&straights, wanted.n_drs_zones),
        straight_zones: furniture::straight_zones(&straights),
        grid: furniture::grid(&line),
        sector_ends_m,
        corners,
        pit_lane,
        line,
    })
}

/// The room from a driven line to the edges, from the widths of the centre line beside it.
fn measure_room(line: &mut Line, centre: &Line) {
    let at = |k: usize| (centre.x_m[k % centre.len()], centre.y_m[k % centre.len()]);
    let mut near = nearest((line.x_m[0], line.y_m[0]), 0, centre.len(), at);
    for idx in 0..line.len() {
        let (x, y) = (line.x_m[idx], line.y_m[idx]);
        near = nearest((x, y), near, centre.len(), at);
        let (sin, cos) = centre.heading_rad[near].sin_cos();
        let offset_m = (y - centre.y_m[near]) * cos - (x - centre.x_m[near]) * sin;
        line.left_m[idx] = (centre.left_m[near] - offset_m).max(0.0);
        line.right_m[idx] = (centre.right_m[near] + offset_m).max(0.0);
    }
}

/// The point nearest to a place, looking a little back and ahead from where the last one was found. The first look goes
/// all the way round.
fn nearest(place: (f64, f64), from: usize, n: usize, at: impl Fn(usize) -> (f64, f64)) -> usize {
    let distance = |k: usize| (at(k).0 - place.0).powi(2) + (at(k).1 - place.1).powi(2);
    let reach = 12.min(n / 2);
    let window = (0..=2 * reach).map(|k| (from + n - reach + k) % n);
    let best = window.min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(from);
    // Lost (the lines start at different places): look everywhere once.
    if distance(best) > 900.0 {
        return (0..n).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(from);
    }
    best
}

/// The angle turned through in a lap, radians: about a full turn, positive anticlockwise.
pub(super) fn total_turn_rad(line: &Line) -> f64 {
    let n = line.len();
    (0..n).map(|idx| turn(line.heading_rad[idx], line.heading_rad[(idx + 1) % n])).sum()
}

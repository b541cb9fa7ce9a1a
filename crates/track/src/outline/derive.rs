//! An outline from the session's own laps.

use overcut_domain::{DriverNumber, SessionTime};

use super::{Origin, Outline, STEP_M, Span, corners, rotation};
use crate::frame::Quality;
use crate::line::{ClosedLine, DM_PER_M, Point, Projection, direction, distance};
use crate::position;
use crate::telemetry::Telemetry;

/// Why no outline could be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutlineError {
    /// No laps were given.
    #[error("no lap to derive the outline from")]
    NoLaps,
    /// There is no position to believe in any of the laps.
    #[error("none of the {n_laps} laps has positions")]
    NoPositions {
        /// Laps given.
        n_laps: usize,
    },
    /// Every lap has a hole, or ends elsewhere than it began.
    #[error("none of the {n_laps} laps was sampled all the way round")]
    NoWholeLap {
        /// Laps given.
        n_laps: usize,
    },
}

/// Laps used at most, the fastest: more do not make the line better.
const MAX_LAPS: usize = 40;

/// Fixes of a lap may be this far apart, metres. At 300 km/h one missing fix makes 45 m.
const MAX_HOLE_M: f64 = 150.0;

/// Laps may be this much longer or shorter than the median one.
const LENGTH_TOLERANCE: f64 = 0.03;

/// Fixes further from the line than this are not on the track, metres.
const MAX_OFFSET_M: f64 = 30.0;

/// Fixes are whole decimetres: this is as near as three of them come to a straight line.
const ROUNDING_DM: f64 = 1.2;

/// Rounds of laying the fixes along the line and taking their middle. The first line cuts corners from fix to fix; the
/// second round no longer does.
const N_ROUNDS: usize = 3;

impl Outline {
    /// The outline that the cars drew: the middle of the given laps, closed, from the start line on.
    ///
    /// Give clean laps, as many as there are (one will do); laps with holes and laps of another length are left out.
    /// The start line is where cars are when their laps begin, by the clock of the timing messages, which are delivered
    /// some tenths of a second late: on `2026_chinese_gp_sprint` 14 m before the line of the circuit file. Pit lane and
    /// timing sectors are found apart: [`Outline::find_pit_lane`], [`Outline::locate`].
    ///
    /// # Errors
    ///
    /// If no lap was sampled all the way round.
    pub fn derive(telemetry: &Telemetry, laps: &[Span]) -> Result<Outline, OutlineError> {
        let n_laps = laps.len();
        if n_laps == 0 {
            return Err(OutlineError::NoLaps);
        }
        let mut drawn: Vec<DrawnLap> = laps.iter().map(|lap| DrawnLap::of(telemetry, *lap)).collect();
        if drawn.iter().all(|lap| lap.fixes.is_empty()) {
            return Err(OutlineError::NoPositions { n_laps });
        }
        drawn.retain(|lap| lap.fixes.len() > 30 && lap.hole_m < MAX_HOLE_M);
        keep_usual_length(&mut drawn);
        drawn.sort_by_key(|lap| lap.span.end.millis_since(lap.span.start));
        drawn.truncate(MAX_LAPS);
        let first = drawn.iter().min_by(|a, b| a.hole_m.total_cmp(&b.hole_m));
        let first = first.and_then(|lap| ClosedLine::through(&lap.fixes, STEP_M));
        let line = first.and_then(|first| (0..N_ROUNDS).try_fold(first, |line, _| middle(&line, &drawn)));
        let line = line.and_then(|line| from_start_line(telemetry, line, &drawn));
        let line = line.ok_or(OutlineError::NoWholeLap { n_laps })?;
        Ok(Outline {
            corners: corners::find(&line),
            pit_lane_dm: Vec::new(),
            rotation_deg: rotation::landscape_deg(line.points()),
            marshal_sectors_m: Vec::new(),
            sectors_m: Vec::new(),
            origin: Origin::Derived,
            line,
        })
    }

    /// Where cars are at given moments: the median of their distances from the start line, such as where a timing
    /// sector ends. `None` if no car has a position at any of them.
    pub fn locate(&self, telemetry: &Telemetry, moments: &[(DriverNumber, SessionTime)]) -> Option<f64> {
        median_distance(telemetry, self.line(), moments.iter().copied())
    }
}

/// One lap as its fixes draw it.
struct DrawnLap {
    span: Span,
    fixes: Vec<Point>,
    /// Length of the closed polyline through the fixes.
    length_m: f64,
    /// The longest way without a fix, that from the last to the first included.
    hole_m: f64,
}

impl DrawnLap {
    fn of(telemetry: &Telemetry, span: Span) -> DrawnLap {
        let fixes = position::believed(telemetry, span).into_iter().map(|fix| fix.point);
        let fixes = without_interpolated(&fixes.collect::<Vec<_>>());
        let closing = fixes.last().zip(fixes.first()).map(|(a, b)| distance(*a, *b)).into_iter();
        let pieces = fixes.windows(2).map(|pair| distance(pair[0], pair[1])).chain(closing);
        let (length, hole) = pieces.fold((0.0, 0.0_f64), |(length, hole), piece| (length + piece, hole.max(piece)));
        DrawnLap { span, fixes, length_m: length / DM_PER_M, hole_m: hole / DM_PER_M }
    }
}

/// Leaves out every fix that lies on the straight between its neighbours. Tables that merge car samples and fixes (all of
/// `tracinginsights`) fill in positions along such straights, which cut the corners: with them Zandvoort is 8 m shorter.
/// On real straights nothing is lost, because no two in a row are left out.
fn without_interpolated(fixes: &[Point]) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::with_capacity(fixes.len());
    let mut was_kept = false;
    for (idx, fix) in fixes.iter().enumerate() {
        let neighbours = idx.checked_sub(1).and_then(|i| fixes.get(i)).zip(fixes.get(idx + 1));
        let is_interpolated = neighbours.is_some_and(|(a, b)| off_chord(*a, *fix, *b) < ROUNDING_DM);
        was_kept = !(was_kept && is_interpolated);
        if was_kept {
            kept.push(*fix);
        }
    }
    kept
}

/// Distance of a point from the straight through `a` and `b`.
fn off_chord(a: Point, point: Point, b: Point) -> f64 {
    let [dx, dy] = direction(a, b);
    (dx * (point[1] - a[1]) - dy * (point[0] - a[0])).abs()
}

/// Leaves out laps of another length than most: through the pit lane, over the grass, or with a wild fix.
fn keep_usual_length(laps: &mut Vec<DrawnLap>) {
    let mut lengths: Vec<f64> = laps.iter().map(|lap| lap.length_m).collect();
    lengths.sort_by(f64::total_cmp);
    let Some(median) = lengths.get(lengths.len() / 2) else { return };
    laps.retain(|lap| (lap.length_m / median - 1.0).abs() < LENGTH_TOLERANCE);
}

/// The middle of the laps along a line: in every step the mean distance and the median offset of the fixes there.
fn middle(line: &ClosedLine, laps: &[DrawnLap]) -> Option<ClosedLine> {
    let mut steps: Vec<Vec<Projection>> = vec![Vec::new(); line.points().len()];
    for place in laps.iter().flat_map(|lap| along(line, &lap.fixes)) {
        if let Some(step) = steps.get_mut((place.distance_m / line.step_m()) as usize) {
            step.push(place);
        }
    }
    let points: Vec<Point> = steps.iter_mut().filter_map(|step| Some(line.place(middle_of(step)?))).collect();
    let line = ClosedLine::through(&points, STEP_M)?;
    ClosedLine::through(&smoothed(line.points()), STEP_M)
}

fn middle_of(step: &mut [Projection]) -> Option<Projection> {
    step.sort_by(|a, b| a.offset_m.total_cmp(&b.offset_m));
    let offset_m = step.get(step.len() / 2)?.offset_m;
    let distance_m = step.iter().map(|p| p.distance_m).sum::<f64>() / step.len() as f64;
    Some(Projection { distance_m, offset_m })
}

/// Lays the fixes of a lap along a line. Each is sought near where the one before puts it, so that no fix falls on
/// another branch where the track runs close to itself.
fn along(line: &ClosedLine, fixes: &[Point]) -> Vec<Projection> {
    let mut hint: Option<(f64, Point)> = None;
    let mut places = Vec::with_capacity(fixes.len());
    for fix in fixes {
        let place = match hint {
            Some((at_m, last)) => line.project_near(*fix, at_m + distance(last, *fix) / DM_PER_M, 100.0),
            None => line.project(*fix),
        };
        if place.offset_m.abs() < MAX_OFFSET_M {
            hint = Some((place.distance_m, *fix));
            places.push(place);
        }
    }
    places
}

/// The points of a closed line, each put on the cubic that fits it and its three neighbours on either side best:
/// unlike a mean, this leaves the radius of a corner and so the length of the line as they are.
///
/// Source: A. Savitzky, M. J. E. Golay, Analytical Chemistry 36 (1964), table I.
fn smoothed(points: &[Point]) -> Vec<Point> {
    const WEIGHTS: [f64; 7] = [-2.0, 3.0, 6.0, 7.0, 6.0, 3.0, -2.0];
    let n = points.len();
    let fitted = |i: usize| {
        let neighbours = WEIGHTS.iter().zip(i + n.saturating_sub(3)..);
        neighbours.fold([0.0, 0.0], |[x, y], (weight, idx)| {
            let [px, py] = points[idx % n];
            [x + px * weight / 21.0, y + py * weight / 21.0]
        })
    };
    (0..n).map(fitted).collect()
}

/// The line turned round itself so that it begins where laps do.
fn from_start_line(telemetry: &Telemetry, line: ClosedLine, laps: &[DrawnLap]) -> Option<ClosedLine> {
    let starts = laps.iter().map(|lap| (lap.span.driver, lap.span.start));
    let start_m = median_distance(telemetry, &line, starts)?;
    let points = (0..line.points().len()).map(|i| line.point_at(start_m + i as f64 * line.step_m()));
    ClosedLine::through(&points.collect::<Vec<_>>(), STEP_M)
}

/// The median of where cars are at given moments.
fn median_distance(
    telemetry: &Telemetry,
    line: &ClosedLine,
    moments: impl Iterator<Item = (DriverNumber, SessionTime)>,
) -> Option<f64> {
    let places = moments.filter_map(|(driver, time)| {
        let place = position::place_at(telemetry.car(driver)?, None, time, SessionTime::MAX)?;
        let projection = line.project([place.x_dm.into(), place.y_dm.into()]);
        (matches!(place.quality, Quality::Measured | Quality::Estimated) && projection.offset_m.abs() < MAX_OFFSET_M)
            .then_some(projection.distance_m)
    });
    let mut places: Vec<f64> = places.collect();
    // Around the first one, so that no median is taken across the seam of the line.
    let (seam, half) = (*places.first()?, line.length_m() / 2.0);
    places.iter_mut().for_each(|place| *place = line.wrap(*place - seam + half));
    places.sort_by(f64::total_cmp);
    places.get(places.len() / 2).map(|middle| line.wrap(middle + seam - half))
}

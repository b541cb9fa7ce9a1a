//! Where a car is between its fixes.

use overcut_domain::{PositionSample, SessionTime};

use crate::driven::distance_driven_dm;
use crate::frame::{MAX_GAP_MS, Quality};
use crate::hygiene;
use crate::line::{DM_PER_M, Point, Projection, distance, mix};
use crate::outline::{Outline, Span};
use crate::packed::{Packed, PackedCar, PackedPosition};
use crate::telemetry::{CarColumns, Telemetry};

/// How many fixes are gone through for one to believe: two minutes, which covers the wait on the grid in
/// `2026_chinese_gp_sprint`, where cars send a placeholder.
const MAX_SEARCH: usize = 512;

/// A car whose speed says that it moved this far while its fix stayed the same is not there any more: the fixes stall.
const STALL_DM: f64 = 150.0;

/// An estimate stands in for the fixes of a car once the last of them is older than this. Feeds deliver fixes at most
/// 2.1 s late, and in `2026_chinese_gp_sprint` leave out no more than 1.3 s.
const MAX_FIX_AGE_MS: i64 = 3000;

/// Estimates further apart than this are not connected, and one without a successor is shown for this long.
const MAX_ESTIMATE_AGE_MS: i64 = 1500;

/// A car is led along the outline if it is no further from it than this: on the track or in the pit lane.
const MAX_BESIDE_M: f64 = 30.0;

/// A car without fixes is walked along the outline no further than this: its speed is good to a few per cent.
const MAX_WALK_M: f64 = 600.0;

/// Where a car is, in the plane of the circuit's own grid.
///
/// Fixes that are placeholders, wild or stalled are passed over (`hygiene`). Between two fixes the car moves from the
/// one to the other as its speed channel says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// East, decimetres.
    pub x_dm: i32,
    /// North, decimetres.
    pub y_dm: i32,
    /// Height, decimetres, of the last fix.
    pub z_dm: i32,
    /// False if the feed had the car off the track at the last fix.
    pub on_track: bool,
    /// Metres from the start line, if an outline was given and the car is on it or beside it, as in the pit lane.
    pub distance_m: Option<f64>,
    /// Where this comes from.
    pub quality: Quality,
}

/// Where a car was at `time`, knowing nothing later than `not_after`.
///
/// With an outline the car follows it between fixes, and where the next fix may not be known it walks on along it as
/// far as its speed took it. Without one it moves straight, and stays.
pub(crate) fn place_at(
    car: &CarColumns,
    outline: Option<&Outline>,
    time: SessionTime,
    not_after: SessionTime,
) -> Option<Place> {
    if let Some(place) = inferred_at(car, outline, time, not_after) {
        return Some(place);
    }
    let channels = car.channels.samples();
    let channels = channels.get(..car.channels.n_until(not_after)).unwrap_or(&[]);
    let anchor = Anchor::find(car, channels, time.min(not_after))?;
    let next = anchor.next_within(car, channels, not_after);
    let (from_ms, now_ms) = (anchor.moving_since_ms, time.as_millis() as f64);
    let share = next.map_or(0.0, |next| share_driven(channels, from_ms, now_ms, f64::from(next.time_ms())));
    let on_line = outline.and_then(|outline| match next {
        Some(next) => follow(outline, point_of(&anchor.fix), point_of(next), share),
        None => walk(outline, point_of(&anchor.fix), distance_driven_dm(channels, from_ms, now_ms)),
    });
    let ([x, y], distance_m) = match on_line {
        Some((point, distance_m)) => (point, Some(distance_m)),
        None => (mix(point_of(&anchor.fix), point_of(next.unwrap_or(&anchor.fix)), share), None),
    };
    let PositionSample { z_dm, on_track, .. } = anchor.fix.unpack(car.driver);
    let (x_dm, y_dm) = (x.round() as i32, y.round() as i32);
    Some(Place { x_dm, y_dm, z_dm, on_track, distance_m, quality: anchor.quality(time) })
}

/// Where a car without recent fixes was thought to be. `None` if it has some, or there is no estimate either.
fn inferred_at(
    car: &CarColumns,
    outline: Option<&Outline>,
    time: SessionTime,
    not_after: SessionTime,
) -> Option<Place> {
    let now_ms = time.min(not_after).as_millis();
    let idx = car.estimates.n_until(time.min(not_after)).checked_sub(1)?;
    let last = car.estimates.samples().get(idx)?;
    let fix = car.positions.n_until(time.min(not_after)).checked_sub(1).and_then(|i| car.positions.samples().get(i));
    let is_fresh = fix.is_some_and(|fix| now_ms - i64::from(fix.time_ms()) <= MAX_FIX_AGE_MS);
    if is_fresh || now_ms - i64::from(last.time_ms()) > MAX_ESTIMATE_AGE_MS {
        return None;
    }
    let may_follow = |next: &&PackedPosition| {
        let (from_ms, to_ms) = (i64::from(last.time_ms()), i64::from(next.time_ms()));
        to_ms <= not_after.as_millis() && to_ms - from_ms <= MAX_ESTIMATE_AGE_MS
    };
    let next = car.estimates.samples().get(idx + 1).filter(may_follow).unwrap_or(last);
    let span_ms = f64::from(next.time_ms() - last.time_ms()).max(1.0);
    let share = ((now_ms - i64::from(last.time_ms())) as f64 / span_ms).clamp(0.0, 1.0);
    let on_line = outline.and_then(|outline| follow(outline, point_of(last), point_of(next), share));
    let ([x, y], distance_m) = match on_line {
        Some((point, distance_m)) => (point, Some(distance_m)),
        None => (mix(point_of(last), point_of(next), share), None),
    };
    let PositionSample { z_dm, on_track, .. } = last.unpack(car.driver);
    let (x_dm, y_dm) = (x.round() as i32, y.round() as i32);
    Some(Place { x_dm, y_dm, z_dm, on_track, distance_m, quality: Quality::Inferred })
}

/// The place a share of the way along the outline between two fixes. `None` if they are not beside it, or the way along
/// it is not the way between them, as when a car cuts across.
fn follow(outline: &Outline, from: Point, to: Point, share: f64) -> Option<(Point, f64)> {
    let chord_m = distance(from, to) / DM_PER_M;
    let start = beside(outline.project(from[0], from[1], None))?;
    let end = beside(outline.project(to[0], to[1], Some(start.distance_m + chord_m)))?;
    let ahead_m = outline.ahead_m(start.distance_m, end.distance_m);
    if !(-10.0..chord_m * 1.5 + 20.0).contains(&ahead_m) {
        return None;
    }
    let offset_m = start.offset_m + (end.offset_m - start.offset_m) * share;
    let here = Projection { distance_m: outline.line().wrap(start.distance_m + ahead_m * share), offset_m };
    Some((outline.line().place(here), here.distance_m))
}

/// The place so far along the outline from a fix. `None` if the fix is not beside it.
fn walk(outline: &Outline, from: Point, driven_dm: f64) -> Option<(Point, f64)> {
    let start = beside(outline.project(from[0], from[1], None))?;
    let driven_m = (driven_dm / DM_PER_M).min(MAX_WALK_M);
    let here = Projection { distance_m: outline.line().wrap(start.distance_m + driven_m), ..start };
    Some((outline.line().place(here), here.distance_m))
}

fn beside(place: Projection) -> Option<Projection> {
    (place.offset_m.abs() < MAX_BESIDE_M).then_some(place)
}

fn point_of(fix: &PackedPosition) -> Point {
    let (x, y) = fix.xy_dm();
    [x.into(), y.into()]
}

/// The last fix to believe.
struct Anchor {
    fix: PackedPosition,
    /// Index of the first fix that comes after the moment asked for: the only one to look ahead to.
    next_idx: usize,
    /// When the car was there: the fix's time, or if the fixes stall the time of the first of them.
    moving_since_ms: f64,
}

impl Anchor {
    fn find(car: &CarColumns, channels: &[PackedCar], known_until: SessionTime) -> Option<Anchor> {
        let fixes = car.positions.samples();
        let n_known = car.positions.n_until(known_until);
        let idx = (n_known.saturating_sub(MAX_SEARCH)..n_known).rev().find(|idx| hygiene::counts(fixes, *idx))?;
        let fix = *fixes.get(idx)?;
        let run = fixes.get(idx.saturating_sub(MAX_SEARCH)..idx).unwrap_or(&[]).iter().rev();
        let first = run.take_while(|f| f.xy_dm() == fix.xy_dm()).last().map_or(fix.time_ms(), Packed::time_ms);
        let (first_ms, last_ms) = (f64::from(first), f64::from(fix.time_ms()));
        let is_stalled = distance_driven_dm(channels, first_ms, last_ms) > STALL_DM;
        Some(Anchor { fix, next_idx: n_known, moving_since_ms: if is_stalled { first_ms } else { last_ms } })
    }

    /// The fix after the moment asked for, if it may be known and leads on from here.
    fn next_within<'a>(
        &self,
        car: &'a CarColumns,
        channels: &[PackedCar],
        not_after: SessionTime,
    ) -> Option<&'a PackedPosition> {
        let fixes = car.positions.samples();
        let next = fixes.get(self.next_idx)?;
        let (from_ms, to_ms) = (self.moving_since_ms, f64::from(next.time_ms()));
        let is_connected = i64::from(next.time_ms()) <= not_after.as_millis()
            && to_ms - from_ms <= MAX_GAP_MS as f64
            && hygiene::counts(fixes, self.next_idx);
        let is_stall = next.xy_dm() == self.fix.xy_dm() && distance_driven_dm(channels, from_ms, to_ms) > STALL_DM;
        (is_connected && !is_stall).then_some(next)
    }

    fn quality(&self, time: SessionTime) -> Quality {
        let age_ms = time.as_millis() as f64 - self.moving_since_ms;
        if age_ms > MAX_GAP_MS as f64 {
            Quality::Old
        } else if age_ms > 0.0 {
            Quality::Estimated
        } else {
            Quality::Measured
        }
    }
}

/// How much of the way between two moments was driven by `now_ms`, 0–1: by the speed channel, or by time if the car
/// stood or has no speed.
fn share_driven(channels: &[PackedCar], from_ms: f64, now_ms: f64, to_ms: f64) -> f64 {
    let whole = distance_driven_dm(channels, from_ms, to_ms);
    let share = if whole > 5.0 {
        distance_driven_dm(channels, from_ms, now_ms) / whole
    } else {
        (now_ms - from_ms) / (to_ms - from_ms).max(1.0)
    };
    share.clamp(0.0, 1.0)
}

/// A fix that counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fix {
    pub(crate) time_ms: f64,
    pub(crate) point: Point,
    pub(crate) z_dm: f64,
}

/// The fixes of a span that count, without repetitions.
pub(crate) fn believed(telemetry: &Telemetry, span: Span) -> Vec<Fix> {
    let Some(car) = telemetry.car(span.driver) else { return Vec::new() };
    let all = car.positions.samples();
    let indices = car.positions.n_until(span.start - 1)..car.positions.n_until(span.end);
    let mut fixes: Vec<Fix> = Vec::with_capacity(indices.len());
    for fix in indices.filter(|idx| hygiene::counts(all, *idx)).filter_map(|idx| all.get(idx)) {
        let point = point_of(fix);
        if fixes.last().is_none_or(|last| last.point != point) {
            let z_dm = f64::from(fix.unpack(span.driver).z_dm);
            fixes.push(Fix { time_ms: f64::from(fix.time_ms()), point, z_dm });
        }
    }
    fixes
}

//! Where a car is between its fixes.

use overcut_domain::{PositionSample, SessionTime};

use crate::driven::distance_driven_dm;
use crate::frame::{MAX_GAP_MS, Quality};
use crate::hygiene;
use crate::packed::{Packed, PackedCar, PackedPosition};
use crate::telemetry::CarColumns;

/// How many fixes are gone through for one to believe: two minutes, which covers the wait on the grid in
/// `2026_chinese_gp_sprint`, where cars send a placeholder.
const MAX_SEARCH: usize = 512;

/// A car whose speed says that it moved this far while its fix stayed the same is not there any more: the fixes stall.
const STALL_DM: f64 = 150.0;

/// Where a car is, in the plane of the circuit's own grid.
///
/// Fixes that are placeholders, wild or stalled are passed over (`hygiene`). Between two fixes the car moves from the
/// one to the other as its speed channel says; past the last one that may be known it stays there.
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
    /// Where this comes from.
    pub quality: Quality,
}

/// Where a car was at `time`, knowing nothing later than `not_after`.
pub(crate) fn place_at(car: &CarColumns, time: SessionTime, not_after: SessionTime) -> Option<Place> {
    let channels = car.channels.samples();
    let channels = channels.get(..car.channels.n_until(not_after)).unwrap_or(&[]);
    let anchor = Anchor::find(car, channels, time.min(not_after))?;
    let now_ms = time.as_millis() as f64;
    let (x_dm, y_dm) = match anchor.next_within(car, channels, not_after) {
        Some(next) => {
            let end_ms = f64::from(next.time_ms());
            let share = share_driven(channels, anchor.moving_since_ms, now_ms, end_ms);
            between(anchor.fix.xy_dm(), next.xy_dm(), share)
        }
        None => anchor.fix.xy_dm(),
    };
    let PositionSample { z_dm, on_track, .. } = anchor.fix.unpack(car.driver);
    Some(Place { x_dm, y_dm, z_dm, on_track, quality: anchor.quality(time) })
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

/// The point a share of the way from `a` to `b`.
fn between(a: (i32, i32), b: (i32, i32), share: f64) -> (i32, i32) {
    let along = |a: i32, b: i32| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as i32;
    (along(a.0, b.0), along(a.1, b.1))
}

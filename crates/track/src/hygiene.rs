//! Which position fixes and which speeds count.
//!
//! Samples are stored as they were sent; what to disbelieve is decided when they are read, from the fix itself and from
//! earlier ones only, so that an answer for a moment never changes with what came later.

use crate::packed::{Packed, PackedCar, PackedPosition};

/// Coordinates that stand for "no position". The feed sends zeros for a car without a signal (cars 242 and 243 all
/// through `2026_chinese_gp_sprint`, and 74,122 of 76,152 fixes of `2024_mexico_city_gp_fp3_fastf1client`). The sprint's
/// cars report the other one, 557 m from the track, in the garage, all through the pit lane, on the grid and for the first
/// seconds of the race: all 22 of them, half of all fixes.
const PLACEHOLDERS_DM: [(i32, i32); 2] = [(0, 0), (-8325, -7058)];

/// No car is faster: 400 km/h, in decimetres per millisecond.
const MAX_SPEED_DM_PER_MS: f64 = 400.0 / 3.6 * 10.0 / 1000.0;

/// What two true fixes may disagree by at any speed: fixes are some metres off and their stamps some hundredths of a
/// second.
const SLACK_DM: f64 = 150.0;

/// How many earlier fixes judge one, and how many of them must agree with it. About one fix in 1,000 is hundreds of
/// metres off, alone; a car that really is elsewhere (lifted off, or after a loss of signal) is believed from the third
/// fix there on.
const N_JUDGES: usize = 3;
const N_AGREEING: usize = 2;

/// How far back judges are sought among placeholders.
const MAX_JUDGE_SEARCH: usize = 8;

/// True if the fix says where the car is. Only it and earlier fixes are looked at.
pub(crate) fn counts(fixes: &[PackedPosition], idx: usize) -> bool {
    let Some(fix) = fixes.get(idx) else { return false };
    if is_placeholder(fix) {
        return false;
    }
    let before = fixes.get(idx.saturating_sub(MAX_JUDGE_SEARCH)..idx).unwrap_or(&[]);
    let judges = before.iter().rev().filter(|f| !is_placeholder(f)).take(N_JUDGES);
    let (n_judges, n_agreeing) =
        judges.fold((0, 0), |(n, agreeing), judge| (n + 1, agreeing + usize::from(agrees(judge, fix))));
    n_agreeing >= N_AGREEING.min(n_judges)
}

/// The speed of a sample, km/h, if it was measured. While the feed has lost a car it goes on sending the last speed and
/// rpm, with no value for throttle and brake: a fifth of the race's samples in `2026_chinese_gp_sprint`, for up to 49 % of
/// one car's time and many seconds on end.
pub(crate) fn speed_kmh(channels: &[PackedCar], idx: usize) -> Option<f64> {
    let sample = channels.get(idx)?;
    let before = idx.checked_sub(1).and_then(|idx| channels.get(idx));
    if before.is_some_and(|before| sample.only_repeats(before)) {
        return None;
    }
    sample.speed_kmh().map(f64::from)
}

/// True for coordinates that stand for "no position".
pub(crate) fn is_placeholder(fix: &PackedPosition) -> bool {
    PLACEHOLDERS_DM.contains(&fix.xy_dm())
}

/// True if a car can have been at both fixes.
fn agrees(earlier: &PackedPosition, later: &PackedPosition) -> bool {
    let allowed = (f64::from(later.time_ms()) - f64::from(earlier.time_ms())) * MAX_SPEED_DM_PER_MS + SLACK_DM;
    distance_dm(earlier, later) <= allowed
}

/// Distance between two fixes in the plane, decimetres.
pub(crate) fn distance_dm(a: &PackedPosition, b: &PackedPosition) -> f64 {
    let ((ax, ay), (bx, by)) = (a.xy_dm(), b.xy_dm());
    (f64::from(bx) - f64::from(ax)).hypot(f64::from(by) - f64::from(ay))
}

#[cfg(test)]
mod tests {
    use overcut_domain::{DriverNumber, PositionSample, SessionTime};

    use super::*;

    fn believed(fixes: &[(i64, i32, i32)]) -> Vec<bool> {
        let pack = |&(millis, x_dm, y_dm): &(i64, i32, i32)| {
            let time = SessionTime::from_millis(millis);
            PackedPosition::pack(&PositionSample { time, driver: DriverNumber(1), x_dm, y_dm, z_dm: 0, on_track: true })
                .unwrap()
        };
        let fixes: Vec<_> = fixes.iter().map(pack).collect();
        (0..fixes.len()).map(|idx| counts(&fixes, idx)).collect()
    }

    #[test]
    fn placeholders_do_not_count() {
        assert_eq!(believed(&[(0, 0, 0), (240, -8325, -7058), (480, 10, 0)]), [false, false, true]);
    }

    #[test]
    fn a_lone_wild_fix_does_not_count_and_does_not_hurt_its_neighbours() {
        let fixes = [(0, 0, 5), (250, 200, 5), (500, 400, 5), (750, 6000, 5), (1000, 800, 5), (1250, 1000, 5)];
        assert_eq!(believed(&fixes), [true, true, true, false, true, true]);
    }

    #[test]
    fn several_fixes_elsewhere_are_believed() {
        let fixes = [(0, 0, 5), (250, 9, 5), (500, 18, 5), (750, 9000, 5), (1000, 9010, 5), (1250, 9020, 5)];
        assert_eq!(believed(&fixes), [true, true, true, false, false, true]);
    }
}

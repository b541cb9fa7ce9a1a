//! Getting up to speed: from the grid, from the end of the pit lane's limit.

use super::pace::Pace;
use super::route::RouteBuilder;

/// What a car can do flat out on a straight: up to a speed in m/s, with this acceleration in m/s². The figures give
/// 100 km/h in 2.6 s, 200 km/h in 5.1 s and 300 km/h in 10 s, about what cars of today do.
const BANDS: [(f64, f64); 5] = [(28.0, 10.6), (56.0, 11.0), (70.0, 7.5), (83.0, 4.2), (f64::INFINITY, 2.2)];

/// How finely the meeting with the pace is looked for.
const STEP_M: f64 = 1.0;

/// Speeds up until the car is as fast as the pace driven with a slowness, past the line at least; on the track.
/// `vigour` scales the acceleration.
pub(super) fn launch(builder: &mut RouteBuilder, pace: &Pace, slowness: f64, vigour: f64) {
    let last_m = pace.length_m() - 2.0 * STEP_M;
    loop {
        let (mut at_m, from_mps) = (builder.at_m(), builder.speed_mps());
        let (top_mps, acceleration) = band(from_mps);
        let acceleration = acceleration * vigour;
        let mut square = from_mps * from_mps;
        let is_met = loop {
            if at_m >= 0.0 && (square.sqrt() >= pace.speed_at(at_m) / slowness || at_m >= last_m) {
                break true;
            }
            if square >= top_mps * top_mps {
                break false;
            }
            at_m += STEP_M;
            square += 2.0 * acceleration * STEP_M;
        };
        builder.change_speed_to(at_m, square.sqrt());
        if is_met {
            return;
        }
    }
}

fn band(speed_mps: f64) -> (f64, f64) {
    BANDS.into_iter().find(|(top_mps, _)| speed_mps < *top_mps).unwrap_or(BANDS[BANDS.len() - 1])
}

/// Where to brake on the way to a place on the track that is passed at `speed_mps` at most, and the speed to begin
/// with there: on a pace driven with a slowness, braking evenly.
pub(super) fn braking_point(
    pace: &Pace,
    slowness: f64,
    to_m: f64,
    speed_mps: f64,
    deceleration_mps2: f64,
) -> (f64, f64) {
    let mut at_m = to_m;
    loop {
        let allowed = (speed_mps * speed_mps + 2.0 * deceleration_mps2 * (to_m - at_m)).sqrt();
        let wanted = pace.speed_at(at_m) / slowness;
        if wanted <= allowed || at_m <= STEP_M {
            return (at_m, wanted.min(allowed));
        }
        at_m -= STEP_M;
    }
}

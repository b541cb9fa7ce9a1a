//! From speeds to what a driver and a logger would see.

use super::Conditions;
use super::ErsMode;
use super::car::Vehicle;
use super::course::Course;
use super::dynamics::{Dynamics, engine_rpm, gear_for};
use super::energy::{Piece, piece};
use super::profile::{Profile, Sample};

/// Drivers change down a little later than they change up: at this share of the engine speed.
const CHANGE_DOWN_SHARE: f64 = 0.97;

/// In a race lap the store is about this full at the line.
const BALANCED_STORE: f64 = 0.6;

/// Every channel of a solved course; `start_m` is the distance of its first point.
pub(super) fn profile(
    course: &Course,
    w: &[f64],
    dynamics: &Dynamics,
    (vehicle, conditions): (&Vehicle, &Conditions),
    start_m: f64,
) -> Profile {
    let n = w.len();
    let n_samples = if course.closed { n + 1 } else { n };
    let mut time_s = 0.0;
    let mut gear = gear_for(vehicle, w[0].sqrt());
    let mut store_j = match conditions.ers {
        ErsMode::Attack => vehicle.ers.capacity_j,
        ErsMode::Balanced => vehicle.ers.capacity_j * BALANCED_STORE,
        ErsMode::Harvest => 0.0,
    };
    let mut samples = Vec::with_capacity(n_samples);
    for k in 0..n_samples {
        let idx = k % n;
        let speed_ms = w[idx].sqrt();
        // The last point of an open course has no piece after it: it keeps the pedals of the one before.
        let piece = piece(course, w, dynamics, vehicle, if course.closed { idx } else { k.min(n - 2) });
        gear = next_gear(vehicle, gear, speed_ms, piece.acceleration);
        let distance_m = start_m + k as f64 * course.step_m;
        let curvature = course.points[idx].curvature;
        samples.push(sample(
            vehicle,
            &piece,
            curvature,
            Sample {
                distance_m,
                time_s,
                speed_ms,
                gear: gear as u8 + 1,
                rpm: engine_rpm(vehicle, speed_ms, gear),
                store_j,
                ..BLANK
            },
        ));
        time_s += piece.seconds;
        store_j = (store_j - (piece.motor_w - piece.exhaust_w) * piece.seconds).clamp(0.0, vehicle.ers.capacity_j);
    }
    Profile::new(course.step_m, samples)
}

const BLANK: Sample = Sample {
    distance_m: 0.0,
    time_s: 0.0,
    speed_ms: 0.0,
    long_ms2: 0.0,
    lat_ms2: 0.0,
    throttle: 0.0,
    brake: 0.0,
    gear: 1,
    rpm: 0.0,
    is_wing_open: false,
    motor_w: 0.0,
    store_j: 0.0,
    steer_rad: 0.0,
    slip_front_rad: 0.0,
    slip_rear_rad: 0.0,
    slip_ratio: 0.0,
    grip_use: 0.0,
};

/// The channels that follow from forces.
///
/// Slip angles come from the share of grip in use by the parabolic force curve `F/F_max = 1 - (1 - α/α_peak)²`, the
/// first terms of the brush model (Pacejka, *Tire and Vehicle Dynamics*, ch. 3); the front wheels turn by `l κ`, as a
/// bicycle without slip would, and by the difference of the slip angles (Milliken & Milliken, *Race Car Vehicle
/// Dynamics*, ch. 5). The front slips a little more than the rear: a car at the limit understeers gently.
fn sample(vehicle: &Vehicle, piece: &Piece, curvature: f64, blank: Sample) -> Sample {
    let (tyres, chassis) = (&vehicle.tyres, &vehicle.chassis);
    let side = curvature.signum();
    let slip = |share: f64| 1.0 - (1.0 - share.clamp(0.0, 1.0)).sqrt();
    let slip_rear_rad = side * tyres.peak_slip_rad * slip(piece.lateral_use);
    let slip_front_rad = 1.12 * slip_rear_rad;
    let long_share = piece.tyre_n / piece.straight_n;
    Sample {
        long_ms2: piece.acceleration,
        lat_ms2: blank.speed_ms * blank.speed_ms * curvature,
        throttle: piece.throttle,
        brake: (piece.brake_n / chassis.full_brake_n).clamp(0.0, 1.0),
        is_wing_open: piece.is_open,
        motor_w: piece.motor_w,
        steer_rad: chassis.wheelbase_m * curvature + slip_front_rad - slip_rear_rad,
        slip_front_rad,
        slip_rear_rad,
        slip_ratio: long_share.signum() * tyres.peak_slip_ratio * slip(long_share.abs()),
        grip_use: piece.lateral_use.hypot(long_share),
        ..blank
    }
}

/// One gear up or down at a time where the engine asks for it, never back and forth at one speed.
fn next_gear(vehicle: &Vehicle, gear: usize, speed_ms: f64, acceleration: f64) -> usize {
    let wanted = gear_for(vehicle, speed_ms);
    if wanted >= gear || acceleration > 0.0 && gear == wanted + 1 {
        return wanted.max(gear);
    }
    gear_for(vehicle, speed_ms / CHANGE_DOWN_SHARE).min(gear)
}

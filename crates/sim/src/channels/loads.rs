//! Loads on the wheels, and the slip they need for the forces of the moment.
//!
//! Quasi-static load transfer (Milliken & Milliken, *Race Car Vehicle Dynamics*, ch. 18), half of the lateral transfer on
//! each axle. Slip from the share of grip in use by the parabolic force curve that the lap-time simulation uses
//! (first terms of the brush model; Pacejka, *Tire and Vehicle Dynamics*, ch. 3).

use crate::vehicle::Vehicle;

use super::{Input, Wheels};

const GRAVITY: f64 = 9.81;
/// Air at 15 °C at sea level, kg/m³.
const AIR_KG_M3: f64 = 1.225;
/// No wheel carries less than this, N: the model has no lifted wheels.
const LEAST_LOAD_N: f64 = 150.0;
/// Grip asked for beyond this share is more than the model's curve has: the car is at its limit.
const MOST_USE: f64 = 0.985;

/// What each wheel carries and does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Loads {
    pub(super) load_n: [f64; 4],
    pub(super) slip_ratio: [f64; 4],
    pub(super) slip_angle_rad: [f64; 4],
    /// Force along the car of each wheel, N.
    pub(super) long_n: [f64; 4],
    /// Braking force of each wheel, N, at least zero.
    pub(super) brake_n: [f64; 4],
    /// Speed over ground at each wheel, m/s.
    pub(super) ground_mps: [f64; 4],
    /// Power that sliding turns into heat, W.
    pub(super) sliding_w: [f64; 4],
}

/// The loads of a car of a mass, driver and fuel included.
pub(super) fn loads(vehicle: &Vehicle, mass_kg: f64, input: &Input) -> Loads {
    let (chassis, aero, tyres) = (&vehicle.chassis, &vehicle.aero, &vehicle.tyres);
    let v = input.speed_mps;
    let lat_ms2 = v * v * input.curvature_1pm;
    let pressure = 0.5 * AIR_KG_M3 * v * v;
    let (down_share, drag_share) =
        if input.is_wing_open { (aero.open_downforce_share, aero.open_drag_share) } else { (1.0, 1.0) };
    let (down_n, drag_n) = (pressure * aero.downforce_m2 * down_share, pressure * aero.drag_m2() * drag_share);
    let tyre_n = mass_kg * input.acceleration_mps2 + drag_n + tyres.rolling * (mass_kg * GRAVITY + down_n);
    let to_rear_n = mass_kg * input.acceleration_mps2 * chassis.height_m / chassis.wheelbase_m;
    let to_right_n = mass_kg * lat_ms2 * chassis.height_m / chassis.track_m;
    let yaw_rate = v * input.curvature_1pm;
    let mut loads = Loads::default();
    for wheel in 0..4 {
        let (is_rear, side) = (wheel >= 2, if wheel % 2 == 0 { 1.0 } else { -1.0 });
        let weight = if is_rear { chassis.rear_weight_share } else { 1.0 - chassis.rear_weight_share };
        let wing = if is_rear { aero.rear_share } else { 1.0 - aero.rear_share };
        let pitch_n = if is_rear { to_rear_n } else { -to_rear_n };
        let load = (mass_kg * GRAVITY * weight + down_n * wing + pitch_n) / 2.0 - side * to_right_n / 2.0;
        let load = load.max(LEAST_LOAD_N);
        let axle_n: f64 = match (tyre_n < 0.0, is_rear) {
            (true, true) => tyre_n * chassis.rear_brake_share,
            (true, false) => tyre_n * (1.0 - chassis.rear_brake_share),
            (false, true) => tyre_n,
            (false, false) => 0.0,
        };
        let friction = 1.0 - tyres.per_newton * (load - tyres.nominal_load_n);
        let long_n = axle_n / 2.0;
        // What goes sideways is shared within an axle by load, as tyres of one slip angle do.
        let other = (mass_kg * GRAVITY * weight + down_n * wing + pitch_n).max(2.0 * LEAST_LOAD_N);
        let lat_n = mass_kg * lat_ms2 * weight * (load / other).min(1.0);
        let long_use = (long_n / (tyres.long * friction * load)).clamp(-MOST_USE, MOST_USE);
        let lat_use = (lat_n / (tyres.lat * friction * load)).clamp(-MOST_USE, MOST_USE);
        let slip = |share: f64| share.signum() * (1.0 - (1.0 - share.abs()).sqrt());
        let (ratio, angle) = (tyres.peak_slip_ratio * slip(long_use), tyres.peak_slip_rad * slip(lat_use));
        let ground = (v - side * yaw_rate * chassis.track_m / 2.0).max(0.0);
        loads.load_n[wheel] = load;
        loads.slip_ratio[wheel] = ratio;
        loads.slip_angle_rad[wheel] = angle;
        loads.long_n[wheel] = long_n;
        loads.brake_n[wheel] = if input.brake > 0.0 { (-long_n).max(0.0) } else { 0.0 };
        loads.ground_mps[wheel] = ground;
        // Of the contact patch, about the share slides that the force has of the grip; the rest only deforms.
        loads.sliding_w[wheel] = ((long_n * ratio * long_use).abs() + (lat_n * angle * lat_use).abs()) * ground;
    }
    loads
}

/// Compression of the suspension under loads more than those at rest, with a bumpy road under it, metres.
///
/// Wheel rates of 180 N/mm in front and 150 N/mm behind are of the size published for cars of these rules; nobody
/// publishes real ones.
pub(super) fn suspension(vehicle: &Vehicle, mass_kg: f64, loads: &Loads, bump_m: f64) -> Wheels {
    std::array::from_fn(|wheel| {
        let (weight, rate) = match wheel {
            0 | 1 => (1.0 - vehicle.chassis.rear_weight_share, 180_000.0),
            _ => (vehicle.chassis.rear_weight_share, 150_000.0),
        };
        let rest_n = mass_kg * GRAVITY * weight / 2.0;
        ((loads.load_n[wheel] - rest_n) / rate + bump_m) as f32
    })
}

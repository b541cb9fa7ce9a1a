//! Pedals, gear and engine speed for a speed and an acceleration.

use crate::vehicle::{Profile, Vehicle};

use super::route::RoutePoint;

/// What the driver does and the engine with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Controls {
    pub(super) throttle: f64,
    pub(super) brake: f64,
    pub(super) gear: u8,
    pub(super) rpm: f64,
    pub(super) is_wing_open: bool,
}

/// A car driven this close to its pace uses the pedals as the lap-time simulation does.
const AT_PACE: f64 = 1.12;
/// Below this speed in m/s a car that stands is in neutral.
const CREEP_MPS: f64 = 0.5;
/// Force at full throttle, as an acceleration, falls with speed as power does: m²/s³.
const POWER_PER_KG: f64 = 800.0;
const MAX_TRACTION_MPS2: f64 = 12.0;
/// Drag as an acceleration by the square of the speed, 1/m, and what rolls against the car at any speed.
const DRAG_PER_M: f64 = 0.0009;
const ROLLING_MPS2: f64 = 0.25;
/// What the engine brakes by itself, and full braking.
const ENGINE_BRAKING_MPS2: f64 = 1.2;
const FULL_BRAKING_MPS2: f64 = 38.0;

/// Controls of a car at a point of its route, `along_m` along the lap.
pub(super) fn controls(vehicle: &Vehicle, profiles: &[Profile], point: &RoutePoint, along_m: f64) -> Controls {
    let (v, a) = (point.speed_mps, point.acceleration_mps2);
    if v < CREEP_MPS && a.abs() < 0.1 {
        return Controls { throttle: 0.0, brake: 0.0, gear: 0, rpm: vehicle.power.idle_rpm, is_wing_open: false };
    }
    let (gear, rpm) = gear_at(vehicle, v);
    match point.flow {
        Some((pace, slowness)) if slowness < AT_PACE => {
            let sample = profiles[pace].at_distance(along_m);
            let gear = sample.gear;
            let ratio = vehicle.power.rpm_per_kmh[usize::from(gear.max(1)) - 1];
            let rpm = (ratio * v * 3.6).clamp(vehicle.power.idle_rpm, vehicle.power.max_rpm);
            Controls { throttle: sample.throttle, brake: sample.brake, gear, rpm, is_wing_open: sample.is_wing_open }
        }
        _ => {
            let resistance = DRAG_PER_M * v * v + ROLLING_MPS2;
            let wanted = a + resistance;
            let most = (POWER_PER_KG / v.max(1.0)).min(MAX_TRACTION_MPS2);
            let throttle = (wanted / most).clamp(0.0, 1.0);
            let brake = ((-wanted - ENGINE_BRAKING_MPS2) / FULL_BRAKING_MPS2).clamp(0.0, 1.0);
            Controls { throttle, brake, gear, rpm, is_wing_open: false }
        }
    }
}

/// The gear for a speed, from 1, and the engine speed in it.
fn gear_at(vehicle: &Vehicle, speed_mps: f64) -> (u8, f64) {
    let power = &vehicle.power;
    let kmh = speed_mps * 3.6;
    // Off the limit drivers change up early.
    let idx = power.rpm_per_kmh.iter().position(|ratio| ratio * kmh <= 0.9 * power.shift_rpm);
    let idx = idx.unwrap_or(power.rpm_per_kmh.len() - 1);
    (idx as u8 + 1, (power.rpm_per_kmh[idx] * kmh).max(power.idle_rpm))
}

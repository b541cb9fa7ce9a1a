//! What goes in and what comes out.

use serde::Serialize;

use crate::circuit::Circuit;
use crate::grand_prix::Motion;
use crate::vehicle::Profile;

/// One value a wheel: front left, front right, rear left, rear right.
pub type Wheels = [f32; 4];

/// A car at one moment, as the motion knows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Input {
    /// Session time, seconds.
    pub time_s: f64,
    /// The car's own lap, from 1.
    pub lap: u16,
    /// From the line, metres.
    pub distance_m: f64,
    /// East on the circuit's own grid, metres.
    pub x_m: f64,
    /// North, metres.
    pub y_m: f64,
    /// Direction of travel, radians from east towards north.
    pub heading_rad: f64,
    /// Metres a second.
    pub speed_mps: f64,
    /// Along the line, m/s².
    pub acceleration_mps2: f64,
    /// Of the line, 1/m, positive to the left.
    pub curvature_1pm: f64,
    /// Pedal, 0–1.
    pub throttle: f64,
    /// Pedal, 0–1.
    pub brake: f64,
    /// From 1; 0 is neutral.
    pub gear: u8,
    /// Engine speed, 1/min.
    pub rpm: f64,
    /// True with open wings.
    pub is_wing_open: bool,
    /// True while the overtake mode of 2026 is on.
    pub is_overtake_on: bool,
}

impl Input {
    /// A car of a synthetic session at a session time, whose cars do not tell whether the overtake mode is on.
    pub fn of_motion(motion: &Motion, time_s: f64) -> Input {
        Input {
            time_s,
            lap: motion.lap,
            distance_m: motion.distance_m,
            x_m: motion.x_m,
            y_m: motion.y_m,
            heading_rad: motion.heading_rad,
            speed_mps: motion.speed_mps,
            acceleration_mps2: motion.acceleration_mps2,
            curvature_1pm: motion.curvature_1pm,
            throttle: motion.throttle,
            brake: motion.brake,
            gear: motion.gear,
            rpm: motion.rpm,
            is_wing_open: motion.is_wing_open,
            is_overtake_on: false,
        }
    }

    /// A car that drives a flying lap of a profile again and again, `time_s` seconds after the line of the first.
    pub fn on_laps(circuit: &Circuit, profile: &Profile, time_s: f64) -> Input {
        let lap_idx = (time_s / profile.time_s()).floor();
        let sample = profile.at_time(time_s - lap_idx * profile.time_s());
        let (x_m, y_m) = circuit.point_at(sample.distance_m, 0.0);
        let square = sample.speed_ms * sample.speed_ms;
        Input {
            time_s,
            lap: lap_idx as u16 + 1,
            distance_m: sample.distance_m,
            x_m,
            y_m,
            heading_rad: circuit.line.heading_at(sample.distance_m),
            speed_mps: sample.speed_ms,
            acceleration_mps2: sample.long_ms2,
            curvature_1pm: if square > 0.0 { sample.lat_ms2 / square } else { 0.0 },
            throttle: sample.throttle,
            brake: sample.brake,
            gear: sample.gear,
            rpm: sample.rpm,
            is_wing_open: sample.is_wing_open,
            is_overtake_on: false,
        }
    }
}

/// Every channel of a car at one moment. Wheels are in the order of [`Wheels`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FullSample {
    /// Session time, seconds.
    pub time_s: f64,
    /// The car's own lap, from 1.
    pub lap: u16,
    /// From the line, metres.
    pub distance_m: f64,
    /// East, metres.
    pub x_m: f32,
    /// North, metres.
    pub y_m: f32,
    /// Where the nose points, radians from east towards north.
    pub yaw_rad: f32,
    /// Metres a second, over ground.
    pub speed_mps: f32,
    /// 0–1.
    pub throttle: f32,
    /// 0–1.
    pub brake: f32,
    /// From 1; 0 is neutral.
    pub gear: u8,
    /// Engine speed, 1/min.
    pub rpm: f32,
    /// Of the hand wheel, radians, positive to the left.
    pub steering_rad: f32,
    /// Of the tyre's tread, metres a second.
    pub wheel_speed_mps: Wheels,
    /// Tread speed over ground speed at the wheel, less one: −1 is a locked wheel.
    pub slip_ratio: Wheels,
    /// Radians, of the sign of the corner.
    pub slip_angle_rad: Wheels,
    /// Forward acceleration, in g.
    pub long_g: f32,
    /// To the left, in g.
    pub lat_g: f32,
    /// As an accelerometer reads it, in g: 1 at rest.
    pub vert_g: f32,
    /// Compression of the suspension from rest, metres.
    pub suspension_m: Wheels,
    /// Tyre pressure, kPa.
    pub tyre_kpa: Wheels,
    /// Tread, °C.
    pub tyre_surface_c: Wheels,
    /// Carcass, °C.
    pub tyre_carcass_c: Wheels,
    /// Worn share of the tread, 0–1.
    pub tyre_wear: Wheels,
    /// Brake discs, °C.
    pub brake_c: Wheels,
    /// Fuel on board, kg.
    pub fuel_kg: f32,
    /// In the energy store, J.
    pub ers_store_j: f32,
    /// From the motor to the wheels, W; negative while it charges the store.
    pub ers_deploy_w: f32,
    /// Damage to the car, 0–1.
    pub damage: f32,
    /// True with open wings.
    pub is_wing_open: bool,
    /// True while the overtake mode is on.
    pub is_overtake_on: bool,
}

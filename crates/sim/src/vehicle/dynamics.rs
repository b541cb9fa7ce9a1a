//! The forces on a car at a speed and a curvature. SI units.

use super::car::Vehicle;
use super::course::CoursePoint;
use super::{Aid, Conditions};

/// Standard gravity, m/s².
const GRAVITY: f64 = 9.81;

/// Wings are left shut where a corner asks for more than this share of the grip.
const OPEN_BELOW_USE: f64 = 0.6;

/// Below this speed, m/s, power is not what limits a car; it keeps force from power finite.
const SLOWEST_MS: f64 = 3.0;

/// Spacing and number of entries of the tables by speed: to 140 m/s.
const TABLE_STEP_MS: f64 = 0.25;
const TABLE_LEN: usize = 560;

/// The motor's power fades out over this much speed below where deployment is cut, m/s.
const CUT_RAMP_MS: f64 = 2.0;

/// A car under conditions, ready to be asked for forces.
pub(super) struct Dynamics {
    /// kg.
    pub(super) mass_kg: f64,
    weight_n: f64,
    /// Downforce and drag by the square of the speed, shut and open, N/(m/s)².
    shut: Wings,
    open: Wings,
    tyres: super::TyreGrip,
    grip: f64,
    /// Weight on the rear axle at rest, N; share of downforce there; height by wheelbase.
    rear_weight_n: f64,
    rear_downforce: f64,
    height_ratio: f64,
    efficiency: f64,
    /// By speed: engine power after losses, motor power after losses, what the car seems heavier by.
    table: Vec<Row>,
    /// The motor gives nothing above this, m/s.
    pub(super) cut_ms: f64,
}

#[derive(Debug, Clone, Copy)]
struct Wings {
    downforce: f64,
    drag: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Row {
    engine_w: f64,
    motor_w: f64,
    rotating: f64,
}

/// What a car can do at a point: accelerations in m/s², forces in N.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// True with open wings.
    pub(super) is_open: bool,
    /// Share of the grip that cornering takes, 0 to 1 (more: too fast).
    pub(super) lateral_use: f64,
    /// Greatest force along the car that four tyres could hold without a corner.
    pub(super) straight_n: f64,
    /// Greatest force along the car that they can hold now.
    pub(super) long_n: f64,
    /// The same of the rear axle, driving.
    pub(super) traction_n: f64,
    /// Air, rolling and cornering resistance.
    pub(super) resistance_n: f64,
}

/// Power at the tyres, W.
#[derive(Debug, Clone, Copy)]
pub(super) struct Power {
    pub(super) engine_w: f64,
    pub(super) motor_w: f64,
    pub(super) rotating: f64,
}

impl Dynamics {
    pub(super) fn new(vehicle: &Vehicle, conditions: &Conditions, effort: f64) -> Self {
        let mass_kg = vehicle.mass_kg + conditions.fuel_kg;
        let (aero, chassis) = (&vehicle.aero, &vehicle.chassis);
        let by_speed = 0.5 * conditions.air_density_kgm3;
        let shut = Wings { downforce: by_speed * aero.downforce_m2, drag: by_speed * aero.drag_m2() };
        let open =
            Wings { downforce: shut.downforce * aero.open_downforce_share, drag: shut.drag * aero.open_drag_share };
        let row = |k: usize| Row::at(k as f64 * TABLE_STEP_MS, vehicle, conditions, effort);
        Dynamics {
            mass_kg,
            weight_n: mass_kg * GRAVITY,
            shut,
            open,
            tyres: vehicle.tyres,
            grip: conditions.grip * effort,
            rear_weight_n: mass_kg * GRAVITY * chassis.rear_weight_share,
            rear_downforce: aero.rear_share,
            height_ratio: chassis.height_m / chassis.wheelbase_m,
            efficiency: vehicle.power.efficiency,
            table: (0..=TABLE_LEN).map(row).collect(),
            cut_ms: f64::INFINITY,
        }
    }

    /// The square of the greatest speed at a curvature: where the tyres give their all across the car.
    ///
    /// `m κ w = μ(N) N` with the load `N = a + b w` and `μ = c0 - c1 N` is a quadratic in `w = v²`.
    pub(super) fn cornering_limit_w(&self, curvature: f64) -> f64 {
        let tyres = &self.tyres;
        let c0 = (tyres.lat + tyres.per_newton * tyres.nominal_load_n) * self.grip;
        let c1 = tyres.per_newton / 4.0 * self.grip;
        let (a, b) = (self.weight_n, self.shut.downforce);
        let p = c1 * b * b;
        let q = 2.0 * c1 * a * b - c0 * b + self.mass_kg * curvature.abs();
        let r = a * (c0 - c1 * a);
        // Of `p w² + q w - r = 0` the positive root, in the form that does not cancel for either sign of q.
        let root = (q * q + 4.0 * p * r).sqrt();
        if q > 0.0 { 2.0 * r / (q + root) } else { (root - q) / (2.0 * p) }
    }

    /// What the tyres and the air do at a speed, given by its square.
    pub(super) fn limits(&self, point: &CoursePoint, w: f64, may_open: bool) -> Limits {
        if may_open && point.is_zone {
            let limits = self.with_wings(self.open, point.curvature, w, true);
            if limits.lateral_use < OPEN_BELOW_USE {
                return limits;
            }
        }
        self.with_wings(self.shut, point.curvature, w, false)
    }

    fn with_wings(&self, wings: Wings, curvature: f64, w: f64, is_open: bool) -> Limits {
        let load_n = self.weight_n + wings.downforce * w;
        let (long, lat) = self.tyres.at(load_n / 4.0, self.grip);
        let lateral_n = self.mass_kg * w * curvature.abs();
        let lateral_use = lateral_n / (lat * load_n);
        // The friction ellipse: what is left along the car when the corner has had its share.
        let left = (1.0 - lateral_use * lateral_use).max(0.0).sqrt();
        let slip_rad = self.tyres.peak_slip_rad * (1.0 - (1.0 - lateral_use).max(0.0).sqrt());
        let resistance_n = wings.drag * w + self.tyres.rolling * load_n + lateral_n * slip_rad;
        let straight_n = long * load_n;
        let long_n = straight_n * left;
        // The driven axle carries its share at rest, of the downforce, and what acceleration moves onto it:
        // F = μ (N_rear + (F - R) h / l), solved for F.
        let mu = long * left;
        let rear_n = self.rear_weight_n + self.rear_downforce * wings.downforce * w;
        let traction_n = mu * (rear_n - self.height_ratio * resistance_n) / (1.0 - mu * self.height_ratio);
        let traction_n = traction_n.clamp(0.0, long_n);
        Limits { is_open, lateral_use, straight_n, long_n, traction_n, resistance_n }
    }

    /// Full power at a speed.
    pub(super) fn power(&self, speed_ms: f64) -> Power {
        let at = (speed_ms / TABLE_STEP_MS).min(TABLE_LEN as f64 - 1.0);
        let (idx, t) = (at as usize, at.fract());
        let (a, b) = (&self.table[idx], &self.table[idx + 1]);
        let fade = ((self.cut_ms - speed_ms) / CUT_RAMP_MS).clamp(0.0, 1.0);
        Power {
            engine_w: a.engine_w + t * (b.engine_w - a.engine_w),
            motor_w: fade * (a.motor_w + t * (b.motor_w - a.motor_w)),
            rotating: a.rotating,
        }
    }

    /// Greatest acceleration at a point and speed; below zero where resistance wins.
    pub(super) fn acceleration(&self, point: &CoursePoint, w: f64) -> f64 {
        let limits = self.limits(point, w, true);
        let speed_ms = w.sqrt().max(SLOWEST_MS);
        let power = self.power(speed_ms);
        let by_power = ((power.engine_w + power.motor_w) / speed_ms - limits.resistance_n) / power.rotating;
        let by_grip = limits.traction_n - limits.resistance_n;
        by_power.min(by_grip) / self.mass_kg
    }

    /// Greatest deceleration at a point and speed, above zero. Brakes shut the wings.
    pub(super) fn deceleration(&self, point: &CoursePoint, w: f64) -> f64 {
        let limits = self.limits(point, w, false);
        (self.tyres.braking_share * limits.long_n + limits.resistance_n) / self.mass_kg
    }

    /// What of the power before the losses reaches the tyres.
    pub(super) fn efficiency(&self) -> f64 {
        self.efficiency
    }
}

impl Row {
    fn at(speed_ms: f64, vehicle: &Vehicle, conditions: &Conditions, effort: f64) -> Row {
        let power = &vehicle.power;
        let gear = gear_for(vehicle, speed_ms);
        let rpm = engine_rpm(vehicle, speed_ms, gear);
        let reached = power.efficiency * effort;
        Row {
            engine_w: power.engine_w * conditions.power_factor * flow_share(vehicle, rpm) * reached,
            motor_w: motor_w(vehicle, conditions, speed_ms) * reached,
            rotating: power.rotating[gear],
        }
    }
}

/// The lowest gear, from zero, that keeps the engine at or below the shift speed.
pub(super) fn gear_for(vehicle: &Vehicle, speed_ms: f64) -> usize {
    let power = &vehicle.power;
    let fits = |ratio: &f64| ratio * speed_ms * 3.6 <= power.shift_rpm;
    power.rpm_per_kmh.iter().position(fits).unwrap_or(power.rpm_per_kmh.len() - 1)
}

/// Engine speed, 1/min.
pub(super) fn engine_rpm(vehicle: &Vehicle, speed_ms: f64, gear: usize) -> f64 {
    (vehicle.power.rpm_per_kmh[gear] * speed_ms * 3.6).max(vehicle.power.idle_rpm)
}

/// Power by engine speed. The rules limit the fuel flow below 10,500 1/min to `0.009 n + 5.5` of 100 kg/h (Technical
/// Regulations 2014-2025, 5.1.5; from 2026 by energy, `0.27 n + 165` of 3000 MJ/h, which is the same share). At a
/// standstill the clutch slips at an engine speed that gives full power.
fn flow_share(vehicle: &Vehicle, rpm: f64) -> f64 {
    let power = &vehicle.power;
    let by_rules = (0.009 * rpm + 5.5) / (0.009 * power.full_flow_rpm + 5.5);
    let by_breath = (power.max_rpm - rpm) / (power.max_rpm - power.fade_rpm);
    by_rules.min(by_breath).clamp(0.0, 1.0)
}

/// Motor power before losses, by speed and mode.
fn motor_w(vehicle: &Vehicle, conditions: &Conditions, speed_ms: f64) -> f64 {
    let (ers, kmh) = (&vehicle.ers, speed_ms * 3.6);
    if speed_ms < ers.motor_from_ms || conditions.ers == super::ErsMode::Harvest {
        return 0.0;
    }
    let line = |(at, per): (f64, f64)| at - per * kmh;
    let tapered = match conditions.aid {
        Aid::Overtake => line(ers.overtake_taper),
        Aid::Shut | Aid::Open => line(ers.tapers[0]).min(line(ers.tapers[1])),
    };
    tapered.clamp(0.0, ers.motor_w)
}

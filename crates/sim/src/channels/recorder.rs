//! One car, moment by moment.

use crate::fault::FaultTruth;
use crate::vehicle::Vehicle;

use super::heat::State;
use super::loads::{Loads, loads, suspension};
use super::trouble::{self, PRESSURE_KPA};
use super::{FullSample, Input};

const GRAVITY: f64 = 9.81;
/// A longer step than this is a hole: nothing is carried over it, seconds.
const LONGEST_STEP_S: f64 = 0.25;

/// Follows one car and says what all its channels hold.
#[derive(Debug, Clone)]
pub struct Recorder {
    vehicle: Vehicle,
    car: u64,
    truths: Vec<FaultTruth>,
    state: State,
    last_s: Option<f64>,
    last: Option<FullSample>,
}

impl Recorder {
    /// A recorder of a car with so much fuel. `car` tells the small noise of one car's sensors from another's; `truths`
    /// are the faults of this car alone.
    pub fn new(vehicle: &Vehicle, car: u16, fuel_kg: f64, truths: Vec<FaultTruth>) -> Recorder {
        let truths = truths.into_iter().map(trouble::full).collect();
        let state = State::new(vehicle, fuel_kg);
        Recorder { vehicle: vehicle.clone(), car: u64::from(car), truths, state, last_s: None, last: None }
    }

    /// The faults, from when to when these channels show them: a lock-up is longer than the samples of a slow feed that
    /// it falls on.
    pub fn truths(&self) -> &[FaultTruth] {
        &self.truths
    }

    /// Other tyres have been fitted.
    pub fn fit_tyres(&mut self) {
        self.state.fit_tyres();
    }

    /// The channels at the next moment; `None` where the car's telemetry is lost. Moments must come in order.
    pub fn record(&mut self, input: &Input) -> Option<FullSample> {
        let mass_kg = self.vehicle.mass_kg + self.state.fuel_kg;
        let mut loads = loads(&self.vehicle, mass_kg, input);
        trouble::lock(&self.truths, input.time_s, input.brake > 0.05, &mut loads);
        let since_s = self.last_s.map_or(0.0, |last| input.time_s - last);
        if (0.0..LONGEST_STEP_S).contains(&since_s) {
            self.state.step(&self.vehicle, input, &loads, since_s);
        }
        self.last_s = Some(input.time_s);
        let mut sample = self.sample(input, &loads, mass_kg);
        let is_kept = trouble::show(&self.truths, self.last.as_ref(), &mut sample);
        self.last = Some(sample);
        is_kept.then_some(sample)
    }

    fn sample(&self, input: &Input, loads: &Loads, mass_kg: f64) -> FullSample {
        let chassis = &self.vehicle.chassis;
        let bump_m = bump(input.distance_m);
        let (front, rear) = (loads.slip_angle_rad[0], loads.slip_angle_rad[2]);
        let wheel_speed_mps = std::array::from_fn(|wheel| {
            let noise = 1.0 + 0.004 * self.noise(input.time_s, wheel as u64);
            (loads.ground_mps[wheel] * (1.0 + loads.slip_ratio[wheel]) * noise).max(0.0) as f32
        });
        let state = &self.state;
        let carcass = narrow(state.carcass_c);
        FullSample {
            time_s: input.time_s,
            lap: input.lap,
            distance_m: input.distance_m,
            x_m: input.x_m as f32,
            y_m: input.y_m as f32,
            // The nose points into the corner by the slip of the rear axle.
            yaw_rad: (input.heading_rad + rear) as f32,
            speed_mps: input.speed_mps as f32,
            throttle: input.throttle as f32,
            brake: input.brake as f32,
            gear: input.gear,
            rpm: input.rpm as f32,
            steering_rad: (chassis.steering_ratio * (chassis.wheelbase_m * input.curvature_1pm + front - rear)) as f32,
            wheel_speed_mps,
            slip_ratio: narrow(loads.slip_ratio),
            slip_angle_rad: narrow(loads.slip_angle_rad),
            long_g: (input.acceleration_mps2 / GRAVITY) as f32,
            lat_g: (input.speed_mps * input.speed_mps * input.curvature_1pm / GRAVITY) as f32,
            vert_g: (1.0 + bump_curvature(input.distance_m) * input.speed_mps * input.speed_mps / GRAVITY) as f32,
            suspension_m: suspension(&self.vehicle, mass_kg, loads, bump_m),
            // Warm air presses harder: at constant volume by the absolute temperature (Gay-Lussac).
            tyre_kpa: carcass.map(|celsius| PRESSURE_KPA * (celsius + 273.0) / (70.0 + 273.0)),
            tyre_surface_c: narrow(state.tread_c),
            tyre_carcass_c: carcass,
            tyre_wear: narrow(state.wear),
            brake_c: narrow(state.disc_c),
            fuel_kg: state.fuel_kg as f32,
            ers_store_j: state.store_j as f32,
            ers_deploy_w: state.motor_w as f32,
            damage: 0.0,
            is_wing_open: input.is_wing_open,
            is_overtake_on: input.is_overtake_on,
        }
    }

    /// A number between −1 and 1 that depends on car, moment (by the millisecond) and purpose alone.
    fn noise(&self, time_s: f64, purpose: u64) -> f64 {
        let key = (time_s * 1000.0) as u64 ^ self.car << 40 ^ purpose << 56;
        let mut z = key.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

fn narrow(values: [f64; 4]) -> [f32; 4] {
    values.map(|value| value as f32)
}

/// Waves of the road: length and height, metres. The same for every car at the same place.
const WAVES: [(f64, f64); 3] = [(31.0, 0.0025), (11.3, 0.0008), (4.7, 0.0002)];

fn bump(distance_m: f64) -> f64 {
    WAVES.iter().map(|(length, height)| height * (std::f64::consts::TAU * distance_m / length).sin()).sum()
}

/// Second derivative of the road's height by distance, 1/m.
fn bump_curvature(distance_m: f64) -> f64 {
    let wave = |length: f64| std::f64::consts::TAU / length;
    WAVES.iter().map(|(length, height)| -height * wave(*length).powi(2) * (wave(*length) * distance_m).sin()).sum()
}

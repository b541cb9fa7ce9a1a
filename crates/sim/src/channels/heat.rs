//! What is carried along: temperatures, wear, fuel, energy.
//!
//! Tyres have two temperatures: the tread, heated by sliding and cooled by air and road, and the carcass behind it,
//! which follows slowly (a two-node reduction of the thermal models of Farroni et al., *TRT*, 2014). Discs are one
//! lump of carbon each. Heat capacities and cooling are chosen so that a racing lap settles at what teams and
//! suppliers quote: treads near 100 °C, carcasses near 90 °C, discs between 300 and 1 000 °C.

use crate::vehicle::Vehicle;

use super::Input;
use super::loads::Loads;

const AIR_C: f64 = 25.0;
const ROAD_C: f64 = 40.0;
/// Out of the blankets, °C.
const BLANKET_C: f64 = 70.0;
/// Tread of one tyre, J/K.
const TREAD_J_K: f64 = 3_800.0;
/// Share of the sliding power that stays in the tyre.
const INTO_TYRE: f64 = 0.75;
/// Cooling of the tread at rest and per m/s, W/K.
const TREAD_COOLING: (f64, f64) = (10.0, 0.75);
/// Time in which the carcass follows the tread, and the tread the carcass, seconds.
const CARCASS_S: f64 = 45.0;
const FROM_CARCASS_S: f64 = 12.0;
/// Sliding energy that wears a tread off, J: some 30 laps of the tyre that works hardest.
const WEAR_J: f64 = 3.5e7;
/// Disc of one wheel, J/K: 1.2 kg of carbon at 1 700 J/(kg K).
const DISC_J_K: f64 = 2_040.0;
/// Cooling of a disc at rest and per m/s, W/K.
const DISC_COOLING: (f64, f64) = (10.0, 1.2);
/// Greatest flow of fuel, kg/s: 100 kg/h.
const FUEL_KG_S: f64 = 100.0 / 3_600.0;
/// Engine speed from which the flow is full, 1/min.
const FULL_FLOW_RPM: f64 = 10_500.0;

/// What a car carries along.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) tread_c: [f64; 4],
    pub(super) carcass_c: [f64; 4],
    pub(super) wear: [f64; 4],
    pub(super) disc_c: [f64; 4],
    pub(super) fuel_kg: f64,
    pub(super) store_j: f64,
    pub(super) motor_w: f64,
    lap: u16,
    deployed_j: f64,
    harvested_j: f64,
}

impl State {
    pub(super) fn new(vehicle: &Vehicle, fuel_kg: f64) -> State {
        State {
            tread_c: [BLANKET_C; 4],
            carcass_c: [BLANKET_C; 4],
            wear: [0.0; 4],
            disc_c: [300.0; 4],
            fuel_kg,
            store_j: 0.6 * vehicle.ers.capacity_j,
            motor_w: 0.0,
            lap: 0,
            deployed_j: 0.0,
            harvested_j: 0.0,
        }
    }

    /// Other tyres are fitted.
    pub(super) fn fit_tyres(&mut self) {
        (self.tread_c, self.carcass_c, self.wear) = ([BLANKET_C; 4], [BLANKET_C; 4], [0.0; 4]);
    }

    /// Goes on by some seconds of driving like this.
    pub(super) fn step(&mut self, vehicle: &Vehicle, input: &Input, loads: &Loads, seconds: f64) {
        for wheel in 0..4 {
            self.heat_tyre(wheel, loads, input.speed_mps, seconds);
            let braked_w = loads.brake_n[wheel] * loads.ground_mps[wheel];
            let cooled_w = (DISC_COOLING.0 + DISC_COOLING.1 * input.speed_mps) * (self.disc_c[wheel] - AIR_C);
            self.disc_c[wheel] += (braked_w - cooled_w) * seconds / DISC_J_K;
        }
        let flow = input.throttle * (input.rpm / FULL_FLOW_RPM).clamp(0.0, 1.0);
        self.fuel_kg = (self.fuel_kg - flow * FUEL_KG_S * seconds).max(0.0);
        self.charge(vehicle, input, loads, seconds);
    }

    fn heat_tyre(&mut self, wheel: usize, loads: &Loads, speed_mps: f64, seconds: f64) {
        let (tread, carcass) = (self.tread_c[wheel], self.carcass_c[wheel]);
        let sliding_w = loads.sliding_w[wheel];
        let cooling = TREAD_COOLING.0 + TREAD_COOLING.1 * speed_mps;
        let outside_c = 0.8 * AIR_C + 0.2 * ROAD_C;
        // Hot rubber loses less in each cycle: its loss modulus falls with temperature.
        let into_tyre = INTO_TYRE / (1.0 + ((tread - 80.0) / 30.0).max(0.0));
        let heating = (into_tyre * sliding_w - cooling * (tread - outside_c)) / TREAD_J_K;
        self.tread_c[wheel] += (heating + (carcass - tread) / FROM_CARCASS_S) * seconds;
        self.carcass_c[wheel] += (tread - carcass) / CARCASS_S * seconds;
        // Wear grows with sliding energy, faster on hot treads.
        let hot = 1.0 + ((tread - 110.0) / 40.0).max(0.0);
        self.wear[wheel] = (self.wear[wheel] + sliding_w * hot * seconds / WEAR_J).min(1.0);
    }

    /// The motor helps at full throttle and charges under braking, within the limits of store and lap.
    fn charge(&mut self, vehicle: &Vehicle, input: &Input, loads: &Loads, seconds: f64) {
        let ers = &vehicle.ers;
        if input.lap != self.lap {
            (self.lap, self.deployed_j, self.harvested_j) = (input.lap, 0.0, 0.0);
        }
        let rear_w: f64 = (2..4).map(|wheel| loads.brake_n[wheel] * loads.ground_mps[wheel]).sum();
        let may_deploy = self.store_j > 0.0 && self.deployed_j < ers.lap_deploy_j;
        let may_harvest = self.store_j < ers.capacity_j && self.harvested_j < ers.lap_harvest_j;
        self.motor_w = match () {
            () if input.throttle > 0.98 && input.speed_mps > ers.motor_from_ms && may_deploy => ers.motor_w,
            () if rear_w > 0.0 && may_harvest => -(rear_w * ers.recovery).min(ers.motor_w),
            () => 0.0,
        };
        let joules = self.motor_w * seconds;
        self.deployed_j += joules.max(0.0);
        self.harvested_j += (-joules).max(0.0);
        let exhaust_j = if input.throttle > 0.98 { ers.exhaust_w * seconds } else { 0.0 };
        self.store_j = (self.store_j - joules + exhaust_j).clamp(0.0, ers.capacity_j);
    }
}

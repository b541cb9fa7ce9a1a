//! How much wing a circuit wants.

use super::{Conditions, Vehicle, lap};
use crate::circuit::Circuit;

/// The least and the most downforce that a car's wings can be set to, by that of the car as given.
const WINGS: (f64, f64) = (0.72, 1.12);

/// Golden sections: to one part in a hundred.
const SECTIONS: usize = 8;

/// The car with the downforce that makes it quickest on a circuit, as its team would set it up. Drag follows downforce
/// by the car's polar. Golden-section search (Kiefer 1953); lap time over downforce has one valley.
pub fn best_wing(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions) -> Vehicle {
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let with = |share: f64| {
        let mut car = vehicle.clone();
        car.aero.downforce_m2 *= share;
        car
    };
    let time_s = |share: f64| lap(circuit, &with(share), conditions).time_s();
    let (mut low, mut high) = WINGS;
    let (mut a, mut b) = (high - ratio * (high - low), low + ratio * (high - low));
    let (mut time_a, mut time_b) = (time_s(a), time_s(b));
    for _ in 0..SECTIONS {
        if time_a < time_b {
            (high, b, time_b) = (b, a, time_a);
            a = high - ratio * (high - low);
            time_a = time_s(a);
        } else {
            (low, a, time_a) = (a, b, time_b);
            b = low + ratio * (high - low);
            time_b = time_s(b);
        }
    }
    with((low + high) / 2.0)
}

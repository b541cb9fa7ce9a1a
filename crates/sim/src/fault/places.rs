//! Where on the lap what can go wrong.

use serde::{Deserialize, Serialize};

use crate::circuit::Circuit;
use crate::vehicle::{Profile, Sample};

/// A stretch of the lap, as shares of its distance. It does not cross the line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stretch {
    /// Where it begins.
    pub from: f32,
    /// Where it ends.
    pub to: f32,
    /// How long a car takes for it, seconds.
    pub seconds: f32,
}

/// Where on the lap what can go wrong.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Places {
    /// Stretches driven at full throttle, from the exit of a corner to the next braking point.
    pub straights: Vec<Stretch>,
    /// DRS zones, from activation to the next braking point. Empty where cars have no DRS.
    pub drs_zones: Vec<Stretch>,
}

/// A pedal this far down is down.
const FULL_THROTTLE: f64 = 0.97;

impl Places {
    /// The places of a circuit, from how a lap of it is driven. `has_drs` is false for cars from 2026 on.
    pub fn of(circuit: &Circuit, profile: &Profile, has_drs: bool) -> Places {
        let length_m = circuit.length_m();
        let stretch = |from_m: f64, to_m: f64| Stretch {
            from: (from_m / length_m) as f32,
            to: (to_m / length_m) as f32,
            seconds: (profile.time_at_distance(to_m) - profile.time_at_distance(from_m)) as f32,
        };
        let is_full = |sample: &&Sample| sample.throttle >= FULL_THROTTLE;
        let mut straights = Vec::new();
        let mut rest = profile.samples();
        while let Some(from) = rest.iter().position(|sample| is_full(&sample)) {
            let full = rest.get(from..).unwrap_or_default().iter().take_while(is_full).count();
            let (first, last) = (rest.get(from), rest.get(from + full - 1));
            straights.extend(first.zip(last).map(|(first, last)| stretch(first.distance_m, last.distance_m)));
            rest = rest.get(from + full..).unwrap_or_default();
        }
        let zones = circuit.drs_zones.iter().filter(|_| has_drs);
        // A zone may cross the line; its part up to there is enough to keep clear of it.
        let drs_zones =
            zones.map(|zone| stretch(zone.start_m, if zone.end_m > zone.start_m { zone.end_m } else { length_m }));
        Places { straights, drs_zones: drs_zones.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vehicle::{Conditions, Vehicle, lap};

    #[test]
    fn straights_are_driven_at_full_throttle_and_zones_lie_on_them() {
        for circuit in Circuit::fictional() {
            let profile = lap(circuit, &Vehicle::season_2022(), &Conditions::default());
            let places = Places::of(circuit, &profile, true);
            let full_s: f32 = places.straights.iter().map(|s| s.seconds).sum();
            let share = full_s / profile.time_s() as f32;
            assert!((0.3..0.85).contains(&share), "{}: {share}", circuit.name);
            assert!(places.straights.windows(2).all(|w| w[0].from < w[0].to && w[0].to < w[1].from));
            assert_eq!(places.drs_zones.len(), circuit.drs_zones.len());
            let on_straight = |z: &Stretch| places.straights.iter().any(|s| s.from < z.to && z.from < s.to);
            assert!(places.drs_zones.iter().all(on_straight), "{places:?}");
            assert!(Places::of(circuit, &profile, false).drs_zones.is_empty());
        }
    }
}

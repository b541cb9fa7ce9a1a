//! How far a car drove, from its speed channel.

use crate::hygiene;
use crate::packed::{Packed, PackedCar};

/// A speed is believed to last this long past the last sample.
const MAX_HOLD_MS: f64 = 2000.0;

/// Speeds this far apart are still connected by a straight.
const MAX_BRIDGE_MS: f64 = 10_000.0;

/// Samples gone through for one with a speed to begin with.
const MAX_SEARCH: usize = 50;

/// Decimetres per millisecond in 1 km/h.
const DM_PER_MS: f64 = 10.0 / 3600.0;

/// Distance driven between two moments, decimetres: the integral of the speed by the trapezoidal rule, the speed held
/// before the first and after the last sample for at most two seconds. Speeds that the feed only repeats are passed over.
///
/// `channels` is in order of time; give only samples that may be known. Zero without any.
pub(crate) fn distance_driven_dm(channels: &[PackedCar], from_ms: f64, to_ms: f64) -> f64 {
    let first = channels.partition_point(|s| f64::from(s.time_ms()) <= from_ms);
    let first =
        (0..first).rev().take(MAX_SEARCH).find(|idx| hygiene::speed_kmh(channels, *idx).is_some()).unwrap_or(first);
    let mut last: Option<(f64, f64)> = None;
    let mut driven = 0.0;
    for (idx, sample) in channels.iter().enumerate().skip(first) {
        let (Some(kmh), time) = (hygiene::speed_kmh(channels, idx), f64::from(sample.time_ms())) else { continue };
        driven += match last {
            Some((t0, v0)) => piece(t0, v0, time, kmh, from_ms, to_ms),
            None => piece(time - MAX_HOLD_MS, kmh, time, kmh, from_ms, to_ms),
        };
        last = Some((time, kmh));
        if time >= to_ms {
            return driven * DM_PER_MS;
        }
    }
    if let Some((t0, v0)) = last {
        driven += piece(t0, v0, t0 + MAX_HOLD_MS, v0, from_ms, to_ms);
    }
    driven * DM_PER_MS
}

/// Integral over the part of a linear piece of speed that lies between two moments, km/h times ms.
fn piece(t0: f64, v0: f64, t1: f64, v1: f64, from_ms: f64, to_ms: f64) -> f64 {
    let (begin, end) = (t0.max(from_ms), t1.min(to_ms));
    if end <= begin || t1 <= t0 {
        return 0.0;
    }
    if t1 - t0 > MAX_BRIDGE_MS {
        return v0 * ((t0 + MAX_HOLD_MS).min(to_ms) - begin).max(0.0);
    }
    let at = |t: f64| v0 + (v1 - v0) * (t - t0) / (t1 - t0);
    (at(begin) + at(end)) / 2.0 * (end - begin)
}

//! How faults show in the channels.

use crate::fault::{FaultKind, FaultTruth};

use super::FullSample;
use super::loads::Loads;

/// Truth counts samples of a slow feed; a fault between two of them reaches about this far to either side.
const AROUND_MS: i64 = 120;
/// Cold pressure with the blankets on, kPa.
pub(super) const PRESSURE_KPA: f32 = 160.0;
/// What a slow puncture leaves, kPa.
const FLAT_KPA: f32 = 60.0;

/// The wheel that a fault is on: any front wheel locks, any tyre loses air.
fn wheel_of(truth: &FaultTruth) -> usize {
    let mixed = (truth.start.as_millis() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let n_wheels = if truth.kind == FaultKind::LockUp { 2 } else { 4 };
    (mixed % n_wheels) as usize
}

/// The truth as full channels show it.
pub(super) fn full(truth: FaultTruth) -> FaultTruth {
    let around_ms = if truth.kind == FaultKind::LockUp { AROUND_MS } else { 0 };
    FaultTruth { start: truth.start - around_ms, end: truth.end + around_ms, ..truth }
}

fn is_on(truth: &FaultTruth, time_s: f64) -> bool {
    let (start_s, end_s) = (truth.start.as_millis() as f64 / 1000.0, truth.end.as_millis() as f64 / 1000.0);
    (start_s..=end_s).contains(&time_s)
}

/// How far a fault has come, 0–1.
fn progress(truth: &FaultTruth, time_s: f64) -> f32 {
    let (start_s, end_s) = (truth.start.as_millis() as f64 / 1000.0, truth.end.as_millis() as f64 / 1000.0);
    ((time_s - start_s) / (end_s - start_s).max(0.001)).clamp(0.0, 1.0) as f32
}

/// A locked wheel slides over the road: slip and heat.
pub(super) fn lock(truths: &[FaultTruth], time_s: f64, is_braking: bool, loads: &mut Loads) {
    let locks = truths.iter().filter(|truth| truth.kind == FaultKind::LockUp && is_on(truth, time_s) && is_braking);
    for truth in locks {
        let wheel = wheel_of(truth);
        loads.slip_ratio[wheel] = -f64::from(0.4 + 0.6 * truth.severity);
        loads.sliding_w[wheel] += loads.brake_n[wheel] * loads.ground_mps[wheel] * -loads.slip_ratio[wheel];
        loads.brake_n[wheel] *= 1.0 + loads.slip_ratio[wheel];
    }
}

/// Changes what the channels say. False if the sample never comes.
pub(super) fn show(truths: &[FaultTruth], last: Option<&FullSample>, sample: &mut FullSample) -> bool {
    let mut is_kept = true;
    for truth in truths.iter().filter(|truth| is_on(truth, sample.time_s)) {
        let come = progress(truth, sample.time_s);
        let wheel = wheel_of(truth);
        match truth.kind {
            FaultKind::OverRev => sample.rpm = sample.rpm.max(11_500.0) + 1_500.0 + 1_500.0 * truth.severity,
            FaultKind::DrsStuckOpen | FaultKind::DrsEarly => sample.is_wing_open = true,
            FaultKind::SensorFreeze => {
                if let Some(last) = last {
                    (sample.rpm, sample.speed_mps) = (last.rpm, last.speed_mps);
                    (sample.throttle, sample.brake, sample.gear) = (last.throttle, last.brake, last.gear);
                }
            }
            FaultKind::SensorDropOut => is_kept = false,
            FaultKind::SlowPuncture => {
                sample.tyre_kpa[wheel] += (FLAT_KPA - sample.tyre_kpa[wheel]) * come;
                // A soft tyre sinks by some 25 mm before it runs on its sidewall, and works harder.
                sample.suspension_m[wheel] -= 0.025 * come;
                sample.tyre_carcass_c[wheel] += 30.0 * come;
                sample.damage = sample.damage.max(0.5 * come);
            }
            FaultKind::TyreCliff => {
                sample.tyre_wear = sample.tyre_wear.map(|wear| wear.max(0.9));
                sample.tyre_surface_c = sample.tyre_surface_c.map(|celsius| celsius + 15.0);
            }
            FaultKind::LockUp | FaultKind::PowerLoss => {}
        }
    }
    is_kept
}

//! Locked wheels in full channels, where the true slip is known.

use overcut_domain::{DriverNumber, LapNumber, SessionTime};
use overcut_predict::{AnomalyScore, LockUpWatch, WheelSample};
use overcut_sim::channels::{FullSample, Input, Recorder};
use overcut_sim::circuit::Circuit;
use overcut_sim::fault::{FaultKind, FaultTruth};
use overcut_sim::vehicle::{Conditions, Profile, Vehicle, lap};

const HZ: f64 = 60.0;
const SECONDS: f64 = 900.0;

fn millis(seconds: f64) -> SessionTime {
    SessionTime::from_millis((seconds * 1000.0).round() as i64)
}

/// A locked wheel in every third braking zone, some short and slight, some long and full.
fn truths(circuit: &Circuit, profile: &Profile, driver: DriverNumber) -> Vec<FaultTruth> {
    let (mut truths, mut zone, mut was_braking) = (Vec::new(), 0_u32, false);
    for step in 0..(SECONDS * HZ) as u32 {
        let input = Input::on_laps(circuit, profile, f64::from(step) / HZ);
        let is_braking = input.brake > 0.6 && input.speed_mps > 30.0;
        if is_braking && !was_braking {
            zone += 1;
            if zone.is_multiple_of(3) {
                let part = f64::from(zone * 37 % 100) / 100.0;
                let start = millis(input.time_s + 0.15 + 0.2 * part);
                let end = start + (20.0 + 200.0 * part) as i64;
                let severity = (zone * 61 % 100) as f32 / 100.0;
                truths.push(FaultTruth {
                    kind: FaultKind::LockUp,
                    driver,
                    lap: input.lap,
                    start,
                    end,
                    severity,
                    n_samples: 1,
                });
            }
        }
        was_braking = is_braking;
    }
    truths
}

fn wheels(sample: &FullSample, driver: DriverNumber, has_speed: bool) -> WheelSample {
    WheelSample {
        time: millis(sample.time_s),
        driver,
        lap: LapNumber(sample.lap),
        speed_mps: has_speed.then_some(sample.speed_mps),
        brake: sample.brake,
        wheel_speed_mps: sample.wheel_speed_mps,
    }
}

#[test]
fn locked_wheels_are_found_at_once_and_nothing_else_is() {
    let vehicle = Vehicle::season_2022();
    for has_speed in [true, false] {
        let mut score = AnomalyScore::default();
        for (circuit, number) in Circuit::fictional().iter().zip(1..) {
            let profile = lap(circuit, &vehicle, &Conditions::default());
            let driver = DriverNumber(number);
            let truths = truths(circuit, &profile, driver);
            let mut recorder = Recorder::new(&vehicle, number, 60.0, truths);
            let mut watch = LockUpWatch::default();
            let inputs = (0..(SECONDS * HZ) as u32).map(|step| Input::on_laps(circuit, &profile, f64::from(step) / HZ));
            let samples = inputs.filter_map(|input| recorder.record(&input));
            let alerts: Vec<_> = samples.filter_map(|s| watch.observe(&wheels(&s, driver, has_speed))).collect();
            score.add(recorder.truths(), &alerts, 1);
        }
        let all = score.report().all;
        assert!(all.n_faults > 30 && all.f1 >= 0.98, "{all:?}");
        assert!(all.delay_p95_ms.is_some_and(|ms| ms <= 250), "{all:?}");
    }
}

//! Full channels of laps on our own circuits: sane, deterministic, and faults visible where they belong.

use overcut_domain::{DriverNumber, SessionTime};
use overcut_sim::channels::{FullSample, Input, Recorder};
use overcut_sim::circuit::Circuit;
use overcut_sim::fault::{FaultKind, FaultTruth};
use overcut_sim::vehicle::{Conditions, Vehicle, lap};

const HZ: f64 = 100.0;

/// Some seconds of laps on a circuit.
fn record(circuit: &Circuit, seconds: f64, truths: &[FaultTruth]) -> Vec<FullSample> {
    let vehicle = Vehicle::season_2022();
    let profile = lap(circuit, &vehicle, &Conditions::default());
    let mut recorder = Recorder::new(&vehicle, 7, 60.0, truths.to_vec());
    let times = (0..(seconds * HZ) as u32).map(|step| f64::from(step) / HZ);
    times.filter_map(|time_s| recorder.record(&Input::on_laps(circuit, &profile, time_s))).collect()
}

fn truth(kind: FaultKind, start_s: f64, end_s: f64) -> FaultTruth {
    let at = |seconds: f64| SessionTime::from_millis((seconds * 1000.0) as i64);
    FaultTruth {
        kind,
        driver: DriverNumber(7),
        lap: 1,
        start: at(start_s),
        end: at(end_s),
        severity: 0.8,
        n_samples: 9,
    }
}

#[test]
fn a_lap_is_sane_in_every_channel() {
    for circuit in Circuit::fictional() {
        let samples = record(circuit, 900.0, &[]);
        for s in &samples {
            assert!((-6.5..2.5).contains(&s.long_g), "{s:?}");
            assert!(s.lat_g.abs() < 7.0 && (-1.0..4.0).contains(&s.vert_g), "{s:?}");
            for wheel in 0..4 {
                assert!(s.slip_ratio[wheel].abs() < 0.1 && s.slip_angle_rad[wheel].abs() < 0.1, "{s:?}");
                assert!((s.wheel_speed_mps[wheel] / s.speed_mps - 1.0).abs() < 0.2, "{s:?}");
                assert!((-0.05..0.12).contains(&s.suspension_m[wheel]), "{s:?}");
            }
        }
        // After the first minutes temperatures have settled.
        let settled = &samples[samples.len() / 2..];
        let range = |of: &dyn Fn(&FullSample) -> f32| {
            settled.iter().map(of).fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(x), high.max(x)))
        };
        for wheel in 0..4 {
            let name = &circuit.name;
            let tread = range(&|s| s.tyre_surface_c[wheel]);
            assert!(tread.0 > 60.0 && tread.1 < 140.0, "{name} tread {wheel}: {tread:?}");
            let carcass = range(&|s| s.tyre_carcass_c[wheel]);
            assert!(carcass.0 > 70.0 && carcass.1 < 130.0, "{name} carcass {wheel}: {carcass:?}");
            let disc = range(&|s| s.brake_c[wheel]);
            assert!(disc.0 > 90.0 && disc.1 < 1_050.0, "{name} disc {wheel}: {disc:?}");
        }
        let last = samples.last().expect("there are samples");
        let n_laps = f32::from(last.lap) - 1.0;
        let (fuel, wear) = ((60.0 - last.fuel_kg) / n_laps, last.tyre_wear.iter().sum::<f32>() / 4.0 / n_laps);
        assert!((1.0..2.6).contains(&fuel), "{}: {fuel} kg a lap", circuit.name);
        assert!((0.01..0.08).contains(&wear), "{}: {wear} of a tyre a lap", circuit.name);
    }
}

#[test]
fn loads_move_the_way_the_car_is_pushed() {
    let samples = record(&Circuit::fictional()[0], 200.0, &[]);
    let braking = samples.iter().filter(|s| s.long_g < -3.5 && s.lat_g.abs() < 0.3);
    // The nose dives under braking and rises on the throttle.
    let rake = |s: &FullSample| s.suspension_m[..2].iter().sum::<f32>() - s.suspension_m[2..].iter().sum::<f32>();
    let mean = |rakes: Vec<f32>| rakes.iter().sum::<f32>() / rakes.len() as f32;
    let pulling = samples.iter().filter(|s| s.long_g > 0.7 && s.lat_g.abs() < 0.3);
    assert!(mean(braking.clone().map(rake).collect()) > mean(pulling.map(rake).collect()) + 0.01);
    assert!(braking.clone().all(|s| s.slip_ratio[0] < 0.0 && s.wheel_speed_mps[0] < s.speed_mps * 1.005));
    let left: Vec<_> = samples.iter().filter(|s| s.lat_g > 2.5).collect();
    assert!(!left.is_empty() && left.iter().all(|s| s.suspension_m[1] > s.suspension_m[0]));
    assert!(left.iter().all(|s| s.steering_rad > 0.0 && s.slip_angle_rad[1] > 0.0));
}

#[test]
fn the_same_car_says_the_same_again() {
    let circuit = &Circuit::fictional()[1];
    assert_eq!(record(circuit, 120.0, &[]), record(circuit, 120.0, &[]));
}

#[test]
fn faults_show_where_they_belong_and_nowhere_else() {
    let circuit = &Circuit::fictional()[0];
    let clean = record(circuit, 200.0, &[]);
    let brakes = clean.iter().position(|s| s.time_s > 60.0 && s.brake > 0.8).expect("it brakes");
    let at = clean[brakes].time_s + 0.2;
    let locked = record(circuit, 200.0, &[truth(FaultKind::LockUp, at, at + 0.2)]);
    let slowest = |s: &FullSample| s.wheel_speed_mps[..2].iter().fold(f32::MAX, |a, b| a.min(*b)) / s.speed_mps;
    let (inside, outside): (Vec<_>, Vec<_>) = locked.iter().partition(|s| (at - 0.13..at + 0.33).contains(&s.time_s));
    assert!(inside.iter().any(|s| slowest(s) < 0.2));
    assert!(outside.iter().all(|s| slowest(s) > 0.7));

    let flat = record(circuit, 200.0, &[truth(FaultKind::SlowPuncture, 50.0, 150.0)]);
    let lowest = |s: &FullSample| s.tyre_kpa.iter().fold(f32::MAX, |a, b| a.min(*b));
    assert!(flat.iter().any(|s| lowest(s) < 80.0) && clean.iter().all(|s| lowest(s) > 140.0));

    let lost = record(circuit, 200.0, &[truth(FaultKind::SensorDropOut, 50.0, 60.0)]);
    assert_eq!(clean.len() - lost.len(), 1_001);
    let stuck = record(circuit, 200.0, &[truth(FaultKind::SensorFreeze, 50.0, 60.0)]);
    let held: Vec<_> = stuck.iter().filter(|s| (50.0..60.0).contains(&s.time_s)).collect();
    assert!(held.windows(2).all(|w| w[0].rpm == w[1].rpm && w[0].speed_mps == w[1].speed_mps));
}

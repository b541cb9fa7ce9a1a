//! Laps on distance and two of them held against each other.

#![allow(clippy::unwrap_used)] // helpers of tests

mod support;

use overcut_domain::{CarSample, DriverNumber, LapTime, PositionSample, SessionTime};
use overcut_track::{Comparison, Course, LapTrace, Outline, Span, Telemetry, TraceError, compare};
use proptest::prelude::*;

#[test]
fn piastri_lap_60_against_verstappen_lap_70() {
    let Some(session) = support::dutch_grand_prix() else { return };
    let outline = Outline::derive(&session.telemetry, &session.clean_laps()).unwrap();
    let file = overcut_testkit::recording("f1/circuits/multiviewer/55.json").unwrap();
    let corners = Outline::from_circuit_json(&std::fs::read(file).unwrap()).unwrap().corners;
    let trace = |driver, number| {
        let lap = session.lap(driver, number);
        LapTrace::of(&session.telemetry, lap.span, Some(lap.time), Course::Outline(&outline)).unwrap()
    };
    let comparison = compare(&trace(81, 60), &trace(1, 70), &corners).unwrap();
    assert_eq!((comparison.delta_s.last().unwrap() * 1000.0).round(), 650.0); // 72.921 − 72.271
    assert_eq!(comparison.sections.iter().map(|s| s.delta_ms).sum::<i32>(), 650);
    // Speeds alone, scaled to the lap, put T8 at +0.12, T9 at +0.13, T10 at +0.12 and T12 at +0.11 s (corner and the
    // straight after it). Led by the fixes T8 and T2 stay, while T12 and T10 cost more and T9 less: there the two cars'
    // distances by speed differ by 13 m of what their fixes say, and 5 m are 0.15 s at 35 m/s. Half of that is noise:
    // single slow corners are good to about a tenth, sector lines to 0.03 s (the test below).
    insta::assert_snapshot!(table(&comparison));
}

fn table(comparison: &Comparison) -> String {
    let line = |s: &overcut_track::Section| {
        let [a, b] = s.min_speed_kmh.map(|kmh| kmh.unwrap_or(f32::NAN));
        format!("{:10} {:4.0}–{:4.0} m {a:4.0} {b:4.0} km/h {:+5} ms\n", s.name, s.from_m, s.to_m, s.delta_ms)
    };
    comparison.sections.iter().map(line).collect()
}

/// The times at which cars pass the sector lines are measured apart from everything a trace is made of.
#[test]
fn traces_reach_the_sector_lines_when_the_timing_says() {
    for (session, limit_s) in [(support::dutch_grand_prix(), 0.03), (support::chinese_sprint(), 0.08)] {
        let Some(session) = session else { return };
        let outline = Outline::derive(&session.telemetry, &session.clean_laps()).unwrap();
        let laps = session.laps.iter().filter(|lap| lap.is_clean && lap.first_sector.is_some());
        let traced = laps.map(|lap| {
            let trace = LapTrace::of(&session.telemetry, lap.span, Some(lap.time), Course::Outline(&outline)).unwrap();
            (trace, lap.first_sector.unwrap().as_secs_f64())
        });
        let traced: Vec<_> = traced.collect();
        let median = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        let reached = |(trace, sector): &(LapTrace, f64)| {
            trace.elapsed_s.partition_point(|elapsed| elapsed < sector) as f64 * trace.step_m
        };
        let line_m = median(traced.iter().map(reached).collect());
        let errors: Vec<f64> = traced.iter().map(|(trace, sector)| trace.elapsed_at(line_m) - sector).collect();
        let bias = median(errors.clone());
        let spread_s = 1.483 * median(errors.iter().map(|e| (e - bias).abs()).collect());
        assert!(errors.len() > 200 && spread_s < limit_s, "{spread_s:.3} s over {} laps", errors.len());
    }
}

const DRIVER: DriverNumber = DriverNumber(4);

/// A car going round a circle of 3 km as its speeds say, sampled every 240 ms from a while before the lap on.
fn circle(speeds: &[u16], positions: bool) -> Telemetry {
    let radius_dm = 30_000.0 / std::f64::consts::TAU;
    let (mut cars, mut fixes, mut metres) = (Vec::new(), Vec::new(), 0.0);
    for (i, pair) in speeds.windows(2).enumerate() {
        let time = SessionTime::from_millis(i as i64 * 240);
        cars.push(CarSample {
            time,
            driver: DRIVER,
            rpm: Some(10_000),
            speed_kmh: Some(pair[0]),
            gear: Some(6),
            throttle_percent: Some(50),
            brake_percent: Some(0),
            drs: None,
        });
        let angle: f64 = metres * 10.0 / radius_dm;
        let (x, y) = (radius_dm * angle.cos() + 20_000.0, radius_dm * angle.sin());
        let (x_dm, y_dm) = (x.round() as i32, y.round() as i32);
        fixes.push(PositionSample { time, driver: DRIVER, x_dm, y_dm, z_dm: 7, on_track: true });
        metres += f64::from(pair[0] + pair[1]) / 2.0 / 3.6 * 0.24;
    }
    let mut telemetry = Telemetry::new();
    telemetry.insert_cars(&cars);
    if positions {
        telemetry.insert_positions(&fixes);
    }
    telemetry
}

fn lap(from_ms: i64, to_ms: i64) -> Span {
    Span { driver: DRIVER, start: SessionTime::from_millis(from_ms), end: SessionTime::from_millis(to_ms) }
}

#[test]
fn a_steady_lap_is_steady() {
    // 180 km/h is 50 m/s: 3 km take a minute.
    let telemetry = circle(&[180; 320], true);
    let outline = Outline::derive(&telemetry, &[lap(0, 60_000)]).unwrap();
    assert!((outline.length_m() - 3000.0).abs() < 3.0, "{}", outline.length_m());
    assert!(outline.corners.is_empty(), "a circle has no corner");
    let trace = LapTrace::of(&telemetry, lap(0, 60_000), None, Course::Outline(&outline)).unwrap();
    assert_eq!((trace.elapsed_s.first(), trace.elapsed_s.last()), (Some(&0.0), Some(&60.0)));
    for (i, elapsed) in trace.elapsed_s.iter().enumerate() {
        assert!((elapsed - i as f64 * trace.step_m / 50.0).abs() < 0.08, "{elapsed} s at step {i}");
    }
    assert!(trace.speed_kmh.iter().all(|kmh| *kmh == 180.0) && trace.gear.iter().all(|gear| *gear == 6));
    assert_eq!((trace.drs, trace.sample_interval_ms), (None, 240.0));
    let off = |(x, y): (&f32, &f32)| outline.project((*x).into(), (*y).into(), None).offset_m.abs();
    assert!(trace.x_dm.iter().zip(&trace.y_dm).map(off).all(|offset_m| offset_m < 2.0));
}

#[test]
fn cars_follow_the_outline_and_walk_on_without_fixes() {
    let telemetry = circle(&[180; 320], true);
    let outline = Outline::derive(&telemetry, &[lap(0, 60_000)]).unwrap();
    let at = SessionTime::from_millis;
    let frame = telemetry.frame_on(&outline, DRIVER, at(30_120), at(30_240)).unwrap().place.unwrap();
    assert!((frame.distance_m.unwrap() - 1506.0).abs() < 2.0, "{frame:?}");
    // The fix of 30.0 s is the last one known: half a second on the car is 25 m further.
    let walked = telemetry.frame_on(&outline, DRIVER, at(30_500), at(30_239)).unwrap().place.unwrap();
    assert!((walked.distance_m.unwrap() - 1525.0).abs() < 2.0, "{walked:?}");
}

#[test]
fn without_positions_the_speed_tells_the_distance() {
    let telemetry = circle(&[180; 320], false);
    let trace = LapTrace::of(&telemetry, lap(0, 60_000), None, Course::Length(3000.0)).unwrap();
    assert!((trace.elapsed_at(1500.0) - 30.0).abs() < 1e-6);
    assert!((telemetry.driven_m(lap(0, 60_000)) - 3000.0).abs() < 1e-6);
    assert!(trace.x_dm.is_empty());
}

#[test]
fn says_why_there_is_no_trace() {
    let telemetry = circle(&[180; 320], false);
    let of = |lap, length_m| LapTrace::of(&telemetry, lap, None, Course::Length(length_m)).unwrap_err();
    assert_eq!(of(lap(0, 1000), 3000.0), TraceError::TooFewSamples { driver: DRIVER, n_samples: 5 });
    assert_eq!(of(lap(1000, 0), 3000.0), TraceError::BadDuration { millis: -1000 });
    assert_eq!(of(lap(0, 60_000), f64::NAN).to_string(), "a track of NaN m cannot be traced");
    let standing = circle(&[0; 320], false);
    let error = LapTrace::of(&standing, lap(0, 60_000), None, Course::Length(3000.0)).unwrap_err();
    assert_eq!(error, TraceError::Stationary { driver: DRIVER });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn time_never_runs_back_and_ends_with_the_lap_time(
        speeds in prop::collection::vec(0u16..340, 300),
        fixes: bool,
        time in prop::option::of(55_000u32..65_000),
    ) {
        let telemetry = circle(&speeds, fixes);
        let steady = circle(&[180; 320], true);
        let outline = Outline::derive(&steady, &[lap(0, 60_000)]).unwrap();
        let time = time.map(LapTime::from_millis);
        if let Ok(trace) = LapTrace::of(&telemetry, lap(3000, 63_000), time, Course::Outline(&outline)) {
            prop_assert!(trace.elapsed_s.windows(2).all(|pair| pair[0] <= pair[1]));
            let want = time.map_or(60.0, |time| time.as_secs_f64());
            prop_assert_eq!(trace.elapsed_s.first(), Some(&0.0));
            prop_assert!((trace.lap_time_s() - want).abs() < 1e-9);
            prop_assert!((trace.length_m() - outline.length_m()).abs() < 1e-6);
            prop_assert_eq!(trace.speed_kmh.len(), trace.elapsed_s.len());
        }
    }

    #[test]
    fn what_one_lap_loses_the_other_wins(
        a in prop::collection::vec(50u16..340, 300), b in prop::collection::vec(50u16..340, 300),
    ) {
        let trace = |speeds: &[u16], end| {
            LapTrace::of(&circle(speeds, false), lap(0, end), None, Course::Length(3000.0)).unwrap()
        };
        let (a, b) = (trace(&a, 60_000), trace(&b, 61_234));
        let (ab, ba) = (compare(&a, &b, &[]).unwrap(), compare(&b, &a, &[]).unwrap());
        prop_assert!(ab.delta_s.iter().zip(&ba.delta_s).all(|(ab, ba)| *ab == -*ba));
        prop_assert_eq!(ab.sections.iter().map(|s| s.delta_ms).sum::<i32>(), 1234);
        prop_assert_eq!(ba.sections.iter().map(|s| s.delta_ms).sum::<i32>(), -1234);
    }
}

//! Outlines of real circuits, derived from laps and read from files.

mod support;

use overcut_domain::SessionTime;
use overcut_track::{Outline, OutlineError, Quality, Span, Telemetry, is_race_car};

/// How many of the given places have a corner of the outline within 40 m along it.
fn n_agreeing(outline: &Outline, places: &[(f64, f64)]) -> usize {
    let is_near = |(x, y): &&(f64, f64)| {
        let at_m = outline.project(*x, *y, None).distance_m;
        outline.corners.iter().any(|corner| outline.ahead_m(at_m, corner.distance_m).abs() < 40.0)
    };
    places.iter().filter(is_near).count()
}

#[test]
fn zandvoort_derives_from_the_dutch_grand_prix() {
    let Some(session) = support::dutch_grand_prix() else { return };
    let mut outline = Outline::derive(&session.telemetry, &session.clean_laps()).unwrap();
    // The line that cars drive is 45 m shorter than the middle of the road, which is 4259 m; the circuit file's is 4222.
    assert!((outline.length_m() / 4259.0 - 1.0).abs() < 0.011, "{} m", outline.length_m());
    let path = overcut_testkit::recording("f1/tracinginsights/2025_dutch_gp_race/corners.json").unwrap();
    let corners: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let column = |name: &str| corners[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
    let places: Vec<_> = column("X").into_iter().zip(column("Y")).collect();
    assert_eq!((n_agreeing(&outline, &places), places.len()), (14, 14));
    assert_eq!(outline.corners.len(), 15, "one kink more than the painted numbers, between turns 1 and 2");

    assert!(outline.find_pit_lane(&session.telemetry, &session.visits));
    let lane = &outline.pit_lane_dm;
    let lane_m: f64 = lane.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1]) / 10.0).sum();
    let off = |[x, y]: &[f64; 2]| outline.project(*x, *y, None).offset_m.abs();
    let furthest = lane.iter().map(off).fold(0.0, f64::max);
    println!("{lane_m} {furthest} {}", lane.len());
    assert!((200.0..500.0).contains(&lane_m) && furthest < 60.0, "{lane_m} m, {furthest} m from the line");

    // Where laps end is the start line.
    let ends: Vec<_> = session.clean_laps().iter().map(|lap| (lap.driver, lap.end)).collect();
    let line_m = outline.locate(&session.telemetry, &ends).unwrap();
    assert!(outline.ahead_m(0.0, line_m).abs() < 5.0, "{line_m} m");
}

#[test]
fn shanghai_derives_from_the_chinese_sprint() {
    let Some(session) = support::chinese_sprint() else { return };
    let mut outline = Outline::derive(&session.telemetry, &session.clean_laps()).unwrap();
    assert!((outline.length_m() / 5451.0 - 1.0).abs() < 0.003, "{} m", outline.length_m());
    let path = overcut_testkit::recording("f1/circuits/multiviewer/49.json").unwrap();
    let file = Outline::from_circuit_json(&std::fs::read(path).unwrap()).unwrap();
    let places: Vec<_> = file.corners.iter().map(|corner| (corner.x_dm, corner.y_dm)).collect();
    assert_eq!((n_agreeing(&outline, &places), places.len(), outline.corners.len()), (16, 16, 16));
    let off = |[x, y]: &[f64; 2]| file.project(*x, *y, None).offset_m.abs();
    assert!(outline.points_dm().iter().map(off).fold(0.0, f64::max) < 3.0);
    // Laps begin by the stamps of timing messages, which come some tenths of a second late: 15 m before the line.
    let [x, y] = outline.point_at(0.0);
    assert!(file.ahead_m(0.0, file.project(x, y, None).distance_m).abs() < 25.0);

    // The sprint's cars send a placeholder all through the pit lane.
    assert!(session.visits.len() > 10 && !outline.find_pit_lane(&session.telemetry, &session.visits));
}

/// What a viewer sees: every car of the sprint at 10 Hz, knowing 300 ms more than is shown.
#[test]
fn cars_do_not_jump() {
    let Some(session) = support::chinese_sprint() else { return };
    let outline = Outline::derive(&session.telemetry, &session.clean_laps()).unwrap();
    let (mut n_frames, mut n_jumps, mut n_old) = (0, 0, 0);
    for driver in session.telemetry.drivers().filter(|driver| is_race_car(*driver)) {
        let mut last: Option<f64> = None;
        for tick in 0..6000 {
            let time = SessionTime::from_millis(3_000_000 + tick * 100);
            let Some(frame) = session.telemetry.frame_on(&outline, driver, time, time + 300) else { continue };
            let Some(place) = frame.place else { continue };
            n_old += usize::from(place.quality == Quality::Old);
            // 300 km/h are 8 m in 100 ms; more than 25 m is a jump that anyone sees.
            let moved = last.zip(place.distance_m).map(|(from, to)| outline.ahead_m(from, to));
            n_jumps += usize::from(moved.is_some_and(|moved| !(-15.0..25.0).contains(&moved)));
            n_frames += 1;
            last = place.distance_m;
        }
    }
    println!("{n_frames} frames, {n_jumps} jumps, {n_old} old");
    assert!(n_frames > 100_000 && n_jumps * 1000 < n_frames * 5 && n_old * 100 < n_frames * 5);
}

#[test]
fn one_lap_is_enough() {
    let Some(session) = support::dutch_grand_prix() else { return };
    let laps = session.clean_laps();
    let whole = Outline::derive(&session.telemetry, &laps).unwrap();
    let one = Outline::derive(&session.telemetry, laps.get(..1).unwrap()).unwrap();
    assert!((one.length_m() / whole.length_m() - 1.0).abs() < 0.002);
    let off = |[x, y]: &[f64; 2]| whole.project(*x, *y, None).offset_m.abs();
    let worst = one.points_dm().iter().map(off).fold(0.0, f64::max);
    assert!(worst < 8.0, "{worst} m");
}

#[test]
fn says_what_is_missing() {
    let nothing = Telemetry::new();
    assert_eq!(Outline::derive(&nothing, &[]), Err(OutlineError::NoLaps));
    let lap = Span { driver: Default::default(), start: Default::default(), end: Default::default() };
    assert_eq!(Outline::derive(&nothing, &[lap]), Err(OutlineError::NoPositions { n_laps: 1 }));
}

#[test]
fn every_circuit_file_reads() {
    let Some(folder) = overcut_testkit::recording("f1/circuits/multiviewer") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 24);
    for path in paths {
        let outline = Outline::from_circuit_json(&std::fs::read(&path).unwrap()).unwrap();
        assert!((3000.0..7100.0).contains(&outline.length_m()), "{path:?}: {} m", outline.length_m());
        // The spacing of the points keeps every bend: projecting a point gives it back, except where a track crosses
        // itself (Suzuka), and there with a hint.
        for i in 0..100 {
            let at_m = outline.length_m() * f64::from(i) / 100.0;
            let [x, y] = outline.point_at(at_m);
            let back = outline.project(x, y, Some(at_m + 50.0));
            assert!(outline.ahead_m(at_m, back.distance_m).abs() < 1e-3, "{path:?} at {at_m} m");
        }
        assert!(outline.corners.len() >= 10 && outline.marshal_sectors_m.len() >= 15, "{path:?}");
        assert!(outline.corners.windows(2).all(|pair| pair[0].to_m <= pair[1].from_m), "{path:?}");
    }
}

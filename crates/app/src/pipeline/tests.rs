//! Same recording, same bytes out: on any number of threads, in one go or cut off and looked at again.

use std::fmt::Write;
use std::path::Path;

use overcut_domain::{Feed, Liveness, SessionTime, SourceKind};
use overcut_predict::estimate::EstimateConfig;
use overcut_track::Quality;

use super::{Pipeline, PipelineConfig, Threads, run};
use crate::input::Input;

/// Recordings of every kind that are quick to read.
const RECORDINGS: [&str; 4] = [
    "f1/livetiming/2026_chinese_gp_sprint",
    "f1/livetiming/2024_imola_qualifying_signalr",
    "f1/livetiming/2024_mexico_city_gp_fp3_fastf1client",
    "f1/livetiming/2023_monaco_gp_fp2_websocket",
];

/// Everything that a run concludes, as text: every step's changes and alerts, and the state at the end.
fn everything(path: &Path, threads: Threads, until: SessionTime) -> String {
    let mut pipeline = PipelineConfig::default().build();
    let mut out = String::new();
    run(Input::open(path).unwrap(), threads, until, &mut pipeline, |step| {
        if !step.changed.is_empty() || !step.alerts.is_empty() {
            writeln!(out, "{} {:?} {:?}", step.time, step.changed, step.alerts).unwrap();
        }
    })
    .unwrap();
    let session = &pipeline.session;
    write!(out, "{:?} {:?}", session.state(), session.track()).unwrap();
    write!(out, "{:?} {:?}", session.cars(), session.race_control()).unwrap();
    write!(out, "{:?}", session.laps().collect::<Vec<_>>()).unwrap();
    write!(out, "{:?}", session.stints().collect::<Vec<_>>()).unwrap();
    write!(out, "{:?}", session.pit_stops().collect::<Vec<_>>()).unwrap();
    for driver in pipeline.telemetry.drivers() {
        let all = SessionTime::from_millis(-1_000_000)..SessionTime::MAX;
        write!(out, "{:?}", pipeline.telemetry.car_samples(driver, all.clone()).last()).unwrap();
        write!(out, "{:?}", pipeline.telemetry.positions(driver, all).count()).unwrap();
    }
    out
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for recording in RECORDINGS {
        let Some(path) = overcut_testkit::recording(recording) else { return };
        let one = everything(&path, Threads::One, SessionTime::MAX);
        assert!(one == everything(&path, Threads::Two, SessionTime::MAX), "{recording}: threads change the result");
        assert!(one == everything(&path, Threads::One, SessionTime::MAX), "{recording}: two runs differ");
    }
}

/// What was concluded by a moment must not depend on what came later.
#[test]
fn a_cut_off_recording_concludes_the_same_until_the_cut() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let steps = |until: SessionTime| {
        let mut pipeline = PipelineConfig::default().build();
        let mut steps = Vec::new();
        run(Input::open(&path).unwrap(), Threads::Two, until, &mut pipeline, |step| {
            steps.push((step.time, format!("{:?} {:?}", step.changed, step.alerts)));
        })
        .unwrap();
        steps.pop(); // what is concluded because nothing more comes
        steps
    };
    let whole = steps(SessionTime::MAX);
    for minutes in [1, 48, 70] {
        let cut = steps(SessionTime::from_millis(minutes * 60_000));
        assert!(whole[..cut.len()] == cut[..], "a cut after {minutes} minutes changes what was concluded before");
    }
}

/// A recording after a pipeline that knows the circuits.
fn with_circuits(path: &Path) -> Option<Pipeline> {
    after(path, PipelineConfig::default())
}

fn after(path: &Path, config: PipelineConfig) -> Option<Pipeline> {
    let circuits = overcut_testkit::recording("f1/circuits/multiviewer");
    let mut pipeline = PipelineConfig { circuits, ..config }.build();
    run(Input::open(path).unwrap(), Threads::Two, SessionTime::MAX, &mut pipeline, |_| {}).unwrap();
    Some(pipeline)
}

fn n_estimates(pipeline: &Pipeline) -> usize {
    let all = SessionTime::from_millis(-1_000_000)..SessionTime::MAX;
    pipeline.telemetry.drivers().map(|driver| pipeline.telemetry.estimates(driver, all.clone()).len()).sum()
}

/// The sprint as one has it without an account.
fn without_positions() -> Option<tempfile::TempDir> {
    let path = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint")?;
    let without = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if !name.starts_with("CarData") && !name.starts_with("Position") {
            std::fs::copy(&file, without.path().join(name)).unwrap();
        }
    }
    Some(without)
}

#[test]
fn cars_without_positions_are_missing_if_estimates_are_switched_off() {
    let Some(without) = without_positions() else { return };
    let estimate = EstimateConfig { enabled: false, ..EstimateConfig::default() };
    let Some(pipeline) = after(without.path(), PipelineConfig { estimate, ..PipelineConfig::default() }) else {
        return;
    };
    assert_eq!(n_estimates(&pipeline), 0);
    let state = &pipeline.session.feeds()[&Feed::Positions];
    assert_eq!((state.liveness, state.source), (Liveness::Missing, None));
    assert_eq!(state.reason, "no positions come; estimates are switched off");
}

#[test]
fn cars_without_positions_are_on_the_map_as_estimated() {
    let Some(without) = without_positions() else { return };
    let Some(pipeline) = with_circuits(without.path()) else { return };
    assert!(n_estimates(&pipeline) > 50_000, "{}", n_estimates(&pipeline));
    let state = &pipeline.session.feeds()[&Feed::Positions];
    assert_eq!((state.liveness, state.source), (Liveness::Estimated, Some(SourceKind::Estimate)));
    let outline = pipeline.draw_map().unwrap();
    let mut ends: Vec<_> = pipeline.session.laps().filter_map(|lap| lap.ended_at).collect();
    ends.sort();
    let half_way = ends[ends.len() / 2];
    let times = (0..).map(|minute| half_way + minute * 60_000).take(10);
    let n_shown = times.map(|at| {
        let frame = |driver| pipeline.telemetry.frame_on(&outline, driver, at, at + 300);
        let places = pipeline.telemetry.drivers().filter_map(frame).filter_map(|frame| frame.place);
        places.filter(|place| place.quality == Quality::Inferred && place.distance_m.is_some()).count()
    });
    assert!(n_shown.max() >= Some(15), "most of 22 cars are on the map at once");
}

#[test]
fn nothing_is_estimated_in_a_session_with_positions() {
    for recording in ["2026_chinese_gp_sprint", "2024_mexico_city_gp_fp3_fastf1client"] {
        let Some(path) = overcut_testkit::recording(&format!("f1/livetiming/{recording}")) else { return };
        let Some(pipeline) = with_circuits(&path) else { return };
        assert!(!pipeline.session.feeds().contains_key(&Feed::Positions), "{recording}");
    }
}

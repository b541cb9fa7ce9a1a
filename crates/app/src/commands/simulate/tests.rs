//! A recorded sprint as the simulator gets to know it, and what comes of it.

use std::path::PathBuf;

use clap::Parser;
use overcut_sim::race::Status;

use super::*;
use crate::cli::{Arguments, Command};
use crate::config::Config;

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";

fn arguments(words: &[&str]) -> SimulateArguments {
    let words = ["overcut", "simulate"].iter().chain(words);
    match Arguments::try_parse_from(words).unwrap().command {
        Command::Simulate(arguments) => arguments,
        other => panic!("{other:?}"),
    }
}

fn context() -> Context {
    Context { config: Config::default() }
}

fn sprint() -> Option<PathBuf> {
    overcut_testkit::recording(SPRINT)
}

#[test]
fn a_race_is_known_up_to_a_lap_and_no_further() {
    let Some(path) = sprint() else { return };
    let cut = from_session::cut(&path, 8, None).unwrap();
    assert_eq!((cut.so_far.n_laps, cut.so_far.lap, cut.so_far.cars.len()), (19, 8, 22));
    let laps = || cut.so_far.cars.iter().flat_map(|car| &car.laps);
    let ends = laps().map(|lap| lap.end_s).fold(0.0, f64::max);
    let leader = laps().filter(|lap| lap.lap == 8).map(|lap| lap.end_s).fold(f64::INFINITY, f64::min);
    assert!(laps().all(|lap| lap.lap <= 8), "laps after the eighth");
    // The message about the leader's lap comes a moment after it: who is right behind may have ended his by then.
    assert!(ends - leader < 2.5, "{} s after the leader's lap", ends - leader);
    let names: Vec<&str> = cut.names.iter().take(3).map(|name| name.tla.as_str()).collect();
    assert_eq!(names, ["RUS", "ANT", "NOR"], "the grid");
}

#[test]
fn what_cannot_be_simulated_is_refused_in_words() {
    let Some(path) = sprint() else { return };
    let error = |lap: u16| format!("{:#}", from_session::cut(&path, lap, None).unwrap_err());
    assert_eq!(error(19), "the race has 19 laps: there is nothing left to simulate after lap 19");
    assert_eq!(error(30), "the race ends with lap 19, before lap 30");
    let Some(qualifying) = overcut_testkit::recording("f1/livetiming/2024_imola_qualifying_signalr") else { return };
    let error = from_session::cut(&qualifying, 0, None).unwrap_err().to_string();
    assert!(error.contains("only races can be simulated"), "{error}");
    let error = prepare::prepare(&context(), &arguments(&["nowhere"])).unwrap_err().to_string();
    assert!(error.contains("nowhere") && error.contains("monza"), "{error}");
}

#[test]
fn a_sprint_from_its_eighth_lap() {
    let Some(path) = sprint() else { return };
    let text = path.to_string_lossy().into_owned();
    let prepared = prepare::prepare(&context(), &arguments(&["--from", &text, "--lap", "8"])).unwrap();
    assert_eq!((prepared.model.circuit.n_laps, prepared.state.lap, prepared.model.rules.points.len()), (19, 8, 8));
    assert!(prepared.state.cars.iter().all(|car| car.status == Status::Running));
    let report = |n_threads: usize| {
        let settings = Settings { n_runs: 600, n_threads, team: prepared.team, ..Settings::default() };
        let outcome = run_races(&prepared.model, &prepared.state, &settings, &|_| {}).unwrap();
        Report::new(&prepared, &outcome, 1)
    };
    let one = report(1);
    assert_eq!(one.cars[0].tla, "RUS", "who led by two seconds, and won");
    assert!(one.cars[0].win > 0.5 && one.cars[0].podium > 0.8);
    let wins: f64 = one.cars.iter().map(|car| car.win).sum();
    assert!((wins - 1.0).abs() < 1e-9, "somebody wins: {wins}");
    assert!(one.cars.iter().all(|car| car.dnf < 0.2), "eleven laps are not a Grand Prix");
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&report(2)).unwrap(), "threads");
    assert!(one.notes.iter().any(|note| note.contains("2026")), "{:?}", one.notes);
}

#[test]
fn every_picture_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let prepared = prepare::prepare(&context(), &arguments(&["monza", "--laps", "12"])).unwrap();
    let settings = Settings { n_runs: 60, team: prepared.team, ..Settings::default() };
    let outcome = run_races(&prepared.model, &prepared.state, &settings, &|_| {}).unwrap();
    let (places, trace) = (folder.path().join("places.svg"), folder.path().join("course.svg"));
    pictures::finish(&places, &prepared, &outcome, 1).unwrap();
    let course = course(&prepared, &settings).unwrap();
    pictures::race_trace(&trace, &prepared, &outcome, &course, &["car 5".to_owned()], 1).unwrap();
    for path in [places, trace] {
        let svg = std::fs::read_to_string(&path).unwrap();
        assert!(svg.contains("Monza, from the grid") && svg.contains("car 20") && !svg.contains("NaN"));
    }
    let unknown =
        pictures::race_trace(&folder.path().join("x.svg"), &prepared, &outcome, &course, &["ABC".to_owned()], 1);
    assert!(unknown.unwrap_err().to_string().contains("no car \"ABC\""));
}

#[test]
fn a_parameter_file_stands_for_its_circuit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my-track.toml");
    std::fs::write(&path, "layout = \"a\"\nn_laps = 31\nbase_lap_s = 71.5\nn_races = 4\n[parameters]\n").unwrap();
    let text = path.to_string_lossy().into_owned();
    let prepared = prepare::prepare(&context(), &arguments(&[&text])).unwrap();
    assert_eq!((prepared.title.as_str(), prepared.model.circuit.n_laps), ("My Track", 31));
    assert_eq!(prepared.model.circuit.base_lap_s, 71.5);
    let shorter = prepare::prepare(&context(), &arguments(&[&text, "--laps", "9"])).unwrap();
    assert_eq!(shorter.model.circuit.n_laps, 9);
}

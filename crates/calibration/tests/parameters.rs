//! Parameter files: written, read back, carried in the program, put into a model.

use overcut_calibration::{Estimate, ModelRequest, Note, ParameterSet, load_model};
use overcut_sim::race::{OvertakingAid, RaceState, Settings, simulate};
use proptest::prelude::*;

#[test]
fn the_set_in_the_program_reads_and_covers_the_calendar() {
    let set = ParameterSet::embedded();
    assert!(set.circuits.len() > 25 && set.pooled.sections.len() > 8);
    for (name, file) in &set.circuits {
        assert!((50.0..130.0).contains(&file.base_lap_s), "{name}: {}", file.base_lap_s);
        assert!((40..80).contains(&file.n_laps), "{name}: {}", file.n_laps);
    }
    let passing = |circuit: &str| set.circuits[circuit].parameters.get("traffic", "overtake_intercept").unwrap().value;
    assert!(passing("monaco") < passing("spa-francorchamps"), "nobody passes at Monaco");
}

#[test]
fn every_circuit_makes_a_race_that_can_be_run() {
    let set = ParameterSet::embedded();
    for circuit in set.circuits.keys().map(String::as_str).chain(["nowhere"]) {
        let loaded = load_model(&set, &ModelRequest { circuit, season: 2024, n_cars: 20, ..ModelRequest::default() });
        loaded.model.check().unwrap_or_else(|error| panic!("{circuit}: {error}"));
        let settings = Settings { n_runs: 20, ..Settings::default() };
        let outcome = simulate(&loaded.model, &RaceState::grid(&loaded.model), &settings, &|_| {}).unwrap();
        assert_eq!(outcome.cars.len(), 20);
    }
}

#[test]
fn what_is_not_fitted_is_said() {
    let set = ParameterSet::embedded();
    let notes = |circuit, season| load_model(&set, &ModelRequest { circuit, season, ..ModelRequest::default() }).notes;
    assert_eq!(notes("monza", 2024), []);
    assert_eq!(notes("nowhere", 2024), [Note::UnknownCircuit { circuit: "nowhere".into() }]);
    assert_eq!(notes("monza", 2026), [Note::OtherCars { season: 2026 }]);
    assert!(notes("nowhere", 2024)[0].to_string().contains("all circuits"));
}

#[test]
fn an_unknown_circuit_is_scaled_to_its_lap_and_distance() {
    let set = ParameterSet::embedded();
    let request = ModelRequest { circuit: "nowhere", season: 2026, n_cars: 22, ..ModelRequest::default() };
    let long = ModelRequest { n_laps: Some(44), base_lap_s: Some(108.0), ..request.clone() };
    let (usual, long) = (load_model(&set, &request).model, load_model(&set, &long).model);
    assert_eq!(long.rules.aid, OvertakingAid::OvertakeMode);
    let ratio = long.circuit.noise.sigma_s / usual.circuit.noise.sigma_s;
    assert!((ratio - 108.0 / 90.0).abs() < 1e-4, "noise goes with the lap");
    let per_race =
        |model: &overcut_sim::race::RaceModel| model.cars[0].failure_hazard * f32::from(model.circuit.n_laps);
    assert!((per_race(&long) / per_race(&usual) - 1.0).abs() < 1e-4, "hazards are alike per race");
}

#[test]
fn what_is_written_reads_back() {
    let set = ParameterSet::embedded();
    let folder = tempfile::tempdir().unwrap();
    set.write(folder.path()).unwrap();
    let read = ParameterSet::read(folder.path()).unwrap();
    assert_eq!(read, set);
    assert_eq!(read.files(), set.files(), "and is written again with the same bytes");
}

#[test]
fn the_card_is_about_these_files() {
    let card = include_str!("../../../models/sim/README.md");
    let digest = ParameterSet::embedded().digest();
    assert!(card.contains(&digest), "models/sim/README.md names another digest than {digest}");
}

#[test]
fn a_bad_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    ParameterSet::embedded().write(folder.path()).unwrap();
    std::fs::write(folder.path().join("circuits/monza.toml"), "layout = 3").unwrap();
    let error = ParameterSet::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("monza.toml"), "{error}");
}

proptest! {
    #[test]
    fn estimates_read_back_to_four_digits(value in -1e4..1e4_f64, width in 0.0..10.0_f64, n in 0..100_000_usize) {
        let estimate = Estimate::normal(value, width, n);
        let table: std::collections::BTreeMap<String, Estimate> = toml::from_str(&format!("x = {estimate}")).unwrap();
        let read = table["x"];
        prop_assert_eq!(read.n, n);
        prop_assert!((read.value - value).abs() <= value.abs() * 1e-3 + 1e-9, "{} {}", read.value, value);
    }
}

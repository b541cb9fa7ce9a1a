//! Fit and score on real races.

use overcut_calibration::{
    Archive, CarEnd, FitOptions, ParameterSet, Priors, RaceHistory, ScoreOptions, fit, fit_archive, model_of, score,
    score_archive,
};
use overcut_history::History;

fn history() -> Option<History> {
    Some(History::open(overcut_testkit::recording("history")?).expect("the collection is whole"))
}

#[test]
fn two_seasons_give_sensible_parameters_and_the_same_bytes_again() {
    let Some(history) = history() else { return };
    let options = FitOptions { seasons: vec![2022, 2023] };
    let (first, again) = (fit(&history, &options).unwrap(), fit(&history, &options).unwrap());
    assert_eq!(first.set.files(), again.set.files());
    assert_eq!(first.n_races, 43);
    let value = |section: &str, name: &str| {
        let estimate = first.set.pooled.get(section, name);
        estimate.unwrap_or_else(|| panic!("no {section}.{name}")).value
    };
    // What anybody who watches races knows to be about so.
    assert!((0.03..0.09).contains(&value("circuit", "fuel_s_per_lap")));
    assert!((17.0..22.0).contains(&value("pit", "lane_loss_s")));
    assert!((0.3..0.8).contains(&value("pit", "sc_share")));
    assert!(value("tyre_soft", "wear_s_per_lap") > value("tyre_hard", "wear_s_per_lap"));
    assert!(value("tyre_soft", "offset_s") < 0.0 && value("tyre_hard", "offset_s") > 0.0);
    assert!((3.0..6.0).contains(&value("neutralisation", "sc_laps_mean")));
    for (section, estimates) in &first.set.pooled.sections {
        for (name, estimate) in estimates {
            assert!(estimate.low <= estimate.value && estimate.value <= estimate.high, "{section}.{name}: {estimate}");
        }
    }
}

#[test]
fn the_program_carries_the_fit_to_2018_to_2023() {
    let Some(history) = history() else { return };
    let fitted = fit(&history, &FitOptions::default()).unwrap();
    let carried = ParameterSet::embedded();
    assert_eq!(carried.files().len(), fitted.set.files().len());
    for ((name, carried), (_, fitted)) in carried.files().iter().zip(&fitted.set.files()) {
        assert_eq!(carried, fitted, "{name} is not what `overcut fit` writes");
    }
}

#[test]
fn at_half_distance_the_simulator_beats_the_order_now() {
    let Some(history) = history() else { return };
    let options = ScoreOptions { stages: vec![0.25, 0.5], n_runs: 300, ..ScoreOptions::default() };
    let report = score(&history, &ParameterSet::embedded(), &options, &|_, _| {}).unwrap();
    for stage in &report.stages {
        assert_eq!(stage.n_races, 24);
        for name in ["position_log_loss", "rps"] {
            let metric = stage.metrics.iter().find(|metric| metric.name == name).unwrap();
            let difference = &metric.simulated_less_baseline;
            assert!(difference.is_better, "{} at {}: {difference:?}", name, stage.share);
        }
    }
    // The baseline is that of models.md §3.1 (2.124 and .073) up to how its table is smoothed.
    let half = &report.stages[1].metrics;
    assert!((half[0].baseline.mean - 2.124).abs() < 0.03 && (half[1].baseline.mean - 0.073).abs() < 0.002);
}

#[test]
fn scores_are_the_same_on_any_number_of_threads() {
    let Some(history) = history() else { return };
    let archive = Archive::read(&history, &[2023, 2024]).unwrap();
    let set = ParameterSet::embedded();
    let run = |n_threads| {
        let options = ScoreOptions {
            n_threads,
            n_runs: 200,
            max_races: Some(3),
            stages: vec![0.0, 0.5],
            ..ScoreOptions::default()
        };
        let report = score_archive(&archive, &set, &options, &|_, _| {}).unwrap();
        serde_json::to_string(&report).unwrap()
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn a_race_at_a_lap_knows_nothing_of_later_laps() {
    let Some(history) = history() else { return };
    let archive = Archive::read(&history, &[2023]).unwrap();
    let set = ParameterSet::embedded();
    let mut form = RaceHistory::default();
    for race in &archive.races {
        let loaded = model_of(race, &set);
        for lap in [0, 1, race.n_laps / 4, race.n_laps / 2] {
            let known = form.race_so_far(race, lap, &loaded);
            let last_known = known.cars.iter().flat_map(|car| &car.laps).map(|lap| lap.end_s).fold(0.0, f64::max);
            let mut other = race.clone();
            for car in &mut other.cars {
                // Everything that has not happened yet happens otherwise; the tyres on the grid are seen.
                let first_tyre = car.laps.first().cloned();
                let n_known = car.laps.iter().filter(|it| it.lap <= lap && it.end_s <= last_known).count();
                car.laps.truncate(n_known.max(usize::from(first_tyre.is_some())));
                car.is_accurate.truncate(car.laps.len());
                car.track_at_end.truncate(car.laps.len());
                if car.n_laps >= lap {
                    (car.n_laps, car.end, car.gap_s) = (lap.max(1), CarEnd::Flag, None);
                }
            }
            assert_eq!(form.race_so_far(&other, lap, &loaded), known, "{} lap {lap}", race.name());
        }
        form.add(race, &set);
    }
}

#[test]
fn a_fit_to_nothing_is_empty_and_still_makes_a_race() {
    let fit = fit_archive(&Archive::default(), &Priors::default());
    assert_eq!(fit.n_races, 0);
    let request =
        overcut_calibration::ModelRequest { circuit: "monza", season: 2024, n_cars: 20, ..Default::default() };
    overcut_calibration::load_model(&fit.set, &request).model.check().unwrap();
}

//! What is made of a race at a lap: the order, the state of each car, and its pace.

use overcut_domain::DriverNumber;
use overcut_sim::estimate::{CarSoFar, Form, LapSoFar, PaceParameters, RaceSoFar, estimate, race_pace};
use overcut_sim::race::{RaceModel, Settings, Status, TrackState, Tyre, simulate};

/// A race of `n` cars of which each is a tenth of a second a lap slower than the one before, two seconds apart at the
/// start; car 3 has stopped for hards at the end of lap 12.
fn race(n: usize, lap: u16) -> RaceSoFar {
    let car = |idx: usize| {
        let mut end_s = 1_000.0 + 2.0 * idx as f64;
        let laps = (1..=50).map(|number| {
            let stopped = idx == 3 && number > 12;
            let lap_time_s = 92.0
                + 0.1 * idx as f32
                + 0.055 * (50 - number) as f32
                + if idx == 3 && number == 13 { 22.0 } else { 0.0 };
            end_s += f64::from(lap_time_s);
            LapSoFar {
                lap: number,
                lap_time_s: Some(lap_time_s),
                end_s,
                tyre: Some(if stopped { Tyre::Hard } else { Tyre::Medium }),
                tyre_age: if stopped { number - 12 } else { number },
                is_in_lap: idx == 3 && number == 12,
                is_out_lap: idx == 3 && number == 13,
                track: TrackState::Green,
            }
        });
        CarSoFar {
            driver: DriverNumber(idx as u16 + 1),
            team_idx: (idx / 2) as u8,
            grid: idx as u8 + 1,
            qualifying_gap: Some(0.001 * idx as f32),
            form: Form::default(),
            failure_hazard: None,
            crash_hazard: None,
            start_tyre: Some(Tyre::Medium),
            laps: laps.collect(),
            is_retired: false,
            penalty_s: 0.0,
        }
    };
    RaceSoFar {
        n_laps: 50,
        lap,
        start_s: Some(1_000.0),
        track: TrackState::Green,
        track_laps: 5,
        is_raining: false,
        cars: (0..n).map(car).collect(),
    }
}

fn model() -> RaceModel {
    RaceModel::pooled(2, 50)
}

#[test]
fn what_comes_later_changes_nothing() {
    let whole = race(10, 20);
    let mut cut = whole.clone();
    cut.cars.iter_mut().for_each(|car| car.laps.truncate(20));
    let mut other = whole.clone();
    for car in &mut other.cars {
        car.laps[20..].iter_mut().for_each(|lap| (lap.end_s, lap.lap_time_s) = (lap.end_s + 500.0, None));
    }
    let parameters = PaceParameters::default();
    let expected = estimate(&cut, &model(), &parameters);
    assert_eq!(estimate(&whole, &model(), &parameters), expected);
    assert_eq!(estimate(&other, &model(), &parameters), expected);
}

#[test]
fn the_grid_is_the_state_before_the_start() {
    let (model, state) = estimate(&race(6, 0), &model(), &PaceParameters::default());
    assert_eq!(state.cars.iter().map(|car| car.position).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(state.cars.iter().all(|car| car.tyre == Tyre::Medium && car.n_stops == 0));
    assert!(model.cars[0].pace_s < model.cars[5].pace_s, "qualifying tells");
    simulate(&model, &state, &Settings { n_runs: 10, ..Settings::default() }, &|_| {}).unwrap();
}

#[test]
fn laps_make_pace_known_and_better_known() {
    let parameters = PaceParameters::default();
    let sigma = |lap| estimate(&race(8, lap), &model(), &parameters).0.cars[0].pace_sigma_s;
    assert!(sigma(10) < sigma(0));
    // Qualifying that says the opposite gives way to thirty laps.
    let mut upset = race(8, 30);
    upset.cars.iter_mut().rev().enumerate().for_each(|(idx, car)| car.qualifying_gap = Some(0.001 * idx as f32));
    let (model, _) = estimate(&upset, &model(), &parameters);
    assert!(model.cars[0].pace_s < model.cars[7].pace_s);
}

#[test]
fn stops_tyres_and_order_are_in_the_state() {
    let (_, state) = estimate(&race(6, 20), &model(), &PaceParameters::default());
    let stopped = &state.cars[3];
    assert_eq!((stopped.n_stops, stopped.tyre, stopped.tyre_age), (1, Tyre::Hard, 8));
    assert_eq!(stopped.used, 1 << Tyre::Medium.index() | 1 << Tyre::Hard.index());
    assert_eq!(stopped.position, 6, "a stop costs more than the gaps");
    assert_eq!(state.cars[0].position, 1);
    let gap = state.cars[1].time_s - state.cars[0].time_s;
    assert!((gap - 4.0).abs() < 0.05, "two seconds and twenty tenths: {gap}");
}

#[test]
fn retired_cars_are_behind_by_laps_and_lapped_ones_are_told() {
    let mut so_far = race(6, 20);
    (so_far.cars[0].is_retired, so_far.cars[1].is_retired) = (true, true);
    so_far.cars[0].laps.truncate(5);
    so_far.cars[1].laps.truncate(9);
    so_far.cars[5].laps.iter_mut().for_each(|lap| lap.end_s += 150.0);
    so_far.cars[5].laps.retain(|lap| lap.lap <= 19);
    let (_, state) = estimate(&so_far, &model(), &PaceParameters::default());
    assert_eq!(state.cars[0].status, Status::Retired { lap: 5 });
    assert_eq!((state.cars[0].position, state.cars[1].position), (6, 5));
    assert_eq!((state.cars[5].n_laps_down, state.cars[5].position), (Some(1), 4));
}

#[test]
fn a_car_that_has_yet_to_cross_the_line_is_projected() {
    let mut so_far = race(4, 20);
    so_far.cars[2].laps.truncate(19);
    let (_, state) = estimate(&so_far, &model(), &PaceParameters::default());
    assert_eq!((state.cars[2].n_laps_down, state.cars[2].position), (Some(0), 3));
}

#[test]
fn race_pace_is_against_the_mean() {
    let paces = race_pace(&race(9, 50), &model(), &PaceParameters::default(), 10);
    let known: Vec<f64> = paces.iter().map(|pace| pace.unwrap().0).collect();
    assert!(known.iter().sum::<f64>().abs() < 1e-9);
    // Eight tenths between first and last, of a lap of about 92 s.
    assert!((known[8] - known[0] - 0.8 / 92.0).abs() < 0.001, "{known:?}");
}

#[test]
fn a_car_in_the_lane_has_new_tyres_and_the_way_out_before_it() {
    let (model, state) = estimate(&race(6, 12), &model(), &PaceParameters::default());
    let stopped = &state.cars[3];
    assert_eq!((stopped.n_stops, stopped.tyre, stopped.tyre_age), (1, Tyre::Hard, 0));
    assert!(stopped.out_lap_loss_s > 10.0 && stopped.out_lap_loss_s < model.circuit.pit.lane_loss_s + 10.0);
}

//! Laws that a simulated race keeps, whatever its parameters.

use overcut_domain::DriverNumber;
use overcut_sim::race::{
    CarModel, Decision, DurationModel, Outcome, Plan, PlanPolicy, PlannedStop, Policy, PolicyChoice, RaceEvent,
    RaceModel, RaceState, RaceTrace, Script, Settings, Status, TeamPolicy, TrackState, Tyre, View, compare, run_one,
    simulate, state_after,
};
use proptest::prelude::*;

fn run_many(model: &RaceModel, settings: &Settings<'_>) -> Outcome {
    simulate(model, &RaceState::grid(model), settings, &|_| {}).expect("the model is sound")
}

fn trace(model: &RaceModel, settings: &Settings<'_>, run: u64) -> RaceTrace {
    run_one(model, &RaceState::grid(model), settings, run).expect("the model is sound")
}

fn of_runs(n_runs: u64) -> Settings<'static> {
    Settings { n_runs, seed: 11, n_threads: 2, ..Settings::default() }
}

/// Cars alike, no luck of any kind.
fn without_noise(n_cars: usize, n_laps: u16) -> RaceModel {
    let mut model = RaceModel::pooled(n_cars, n_laps);
    let circuit = &mut model.circuit;
    circuit.noise.sigma_s = 0.0;
    circuit.noise.mistake_probability = 0.0;
    circuit.first_lap.shuffle_sigma_s = 0.0;
    circuit.weather.rain_at_start = 0.0;
    circuit.weather.rain_begins = 0.0;
    let it = &mut circuit.neutralisation;
    (it.sc_hazard, it.vsc_hazard, it.red_hazard) = (0.0, 0.0, 0.0);
    for car in &mut model.cars {
        (car.failure_hazard, car.crash_hazard, car.penalty_hazard) = (0.0, 0.0, 0.0);
        car.pace_sigma_s = 0.0;
    }
    model
}

/// A dry race in which nobody stops for good and nothing is neutralised.
fn undisturbed(n_cars: usize, n_laps: u16) -> RaceModel {
    let mut model = RaceModel::pooled(n_cars, n_laps);
    let quiet = without_noise(n_cars, n_laps);
    model.circuit.neutralisation = quiet.circuit.neutralisation;
    model.circuit.weather = quiet.circuit.weather;
    for (car, quiet) in model.cars.iter_mut().zip(quiet.cars) {
        (car.failure_hazard, car.crash_hazard) = (quiet.failure_hazard, quiet.crash_hazard);
    }
    model
}

/// A race in which a lot happens: every law must hold there too.
fn eventful(n_cars: usize, n_laps: u16) -> RaceModel {
    let mut model = RaceModel::pooled(n_cars, n_laps);
    let it = &mut model.circuit.neutralisation;
    (it.sc_hazard, it.vsc_hazard, it.red_hazard) = (0.04, 0.04, 0.02);
    model.circuit.weather.rain_at_start = 0.2;
    model.circuit.weather.rain_begins = 0.05;
    model.circuit.weather.rain_ends = 0.1;
    for car in &mut model.cars {
        (car.failure_hazard, car.crash_hazard, car.penalty_hazard) = (0.005, 0.005, 0.01);
        car.pace_s *= 3.0;
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_car_has_one_place_in_every_run(n_cars in 1usize..=31, n_laps in 1u16..40, seed: u64) {
        let model = eventful(n_cars, n_laps);
        let settings = Settings { seed, n_runs: 40, ..Settings::default() };
        let outcome = run_many(&model, &settings);
        for car in &outcome.cars {
            prop_assert_eq!(car.positions.iter().sum::<u64>(), 40);
            prop_assert_eq!(car.gap.count() + car.n_retired, 40);
        }
        for place in 0..n_cars {
            prop_assert_eq!(outcome.cars.iter().map(|car| car.positions[place]).sum::<u64>(), 40);
        }
    }

    #[test]
    fn a_run_in_full_keeps_its_books(n_cars in 1usize..=31, n_laps in 1u16..60, seed: u64) {
        let model = eventful(n_cars, n_laps);
        let trace = trace(&model, &Settings { seed, ..Settings::default() }, 3);
        let mut seen: Vec<u8> = trace.classification.iter().map(|car| car.car_idx).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..n_cars as u8).collect::<Vec<_>>());
        for line in &trace.classification {
            let car = &trace.cars[usize::from(line.car_idx)];
            prop_assert_eq!(car.laps.len(), usize::from(line.n_laps));
            let mut last_s = 0.0;
            for lap in &car.laps {
                prop_assert!((f64::from(lap.lap_time_s) - (lap.end_s - last_s)).abs() < 1e-2, "{lap:?} after {last_s}");
                prop_assert!(lap.lap_time_s > 0.0 && lap.lap_time_s.is_finite());
                last_s = lap.end_s;
            }
        }
        for pair in trace.events.windows(2) {
            prop_assert!(pair[0].at_s() <= pair[1].at_s());
        }
        // By laps first; on one lap by time, penalties included.
        let finished = trace.classification.iter().filter(|line| trace.cars[usize::from(line.car_idx)].retirement.is_none());
        let finished: Vec<_> = finished.collect();
        for pair in finished.windows(2) {
            prop_assert!(pair[0].n_laps >= pair[1].n_laps);
            prop_assert!(pair[0].n_laps > pair[1].n_laps || pair[0].time_s <= pair[1].time_s);
        }
    }

    /// The random numbers have keys, so a race goes on from a state exactly as it would have without the stop.
    #[test]
    fn a_race_goes_on_exactly_from_its_own_lap(lap in 1u16..44, run in 0u64..1000) {
        let model = eventful(20, 45);
        let settings = of_runs(1);
        let whole = trace(&model, &settings, run);
        let state = state_after(&model, &RaceState::grid(&model), &settings, run, lap).unwrap();
        let n_running = state.cars.iter().filter(|car| car.status == Status::Running).count();
        prop_assume!(state.lap == lap && whole.n_laps > lap && n_running > 0);
        let rest = run_one(&model, &state, &settings, run).unwrap();
        prop_assert_eq!(&rest.classification.iter().map(|car| (car.car_idx, car.n_laps)).collect::<Vec<_>>(),
            &whole.classification.iter().map(|car| (car.car_idx, car.n_laps)).collect::<Vec<_>>());
        for (a, b) in rest.cars.iter().zip(&whole.cars) {
            let n_before = b.laps.len() - a.laps.len();
            for (a, b) in a.laps.iter().zip(&b.laps[n_before..]) {
                prop_assert_eq!((a.position, a.tyre, a.tyre_age, a.track), (b.position, b.tyre, b.tyre_age, b.track));
                prop_assert!((a.lap_time_s - b.lap_time_s).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn cars_may_be_listed_in_any_order(seed: u64, by in 1usize..12) {
        let (model, settings) = (eventful(12, 20), Settings { seed, n_runs: 50, ..Settings::default() });
        let state = RaceState::grid(&model);
        let (mut turned, mut turned_state) = (model.clone(), state.clone());
        turned.cars.rotate_left(by);
        turned_state.cars.rotate_left(by);
        let mut outcome = simulate(&model, &state, &settings, &|_| {}).unwrap();
        let other = simulate(&turned, &turned_state, &settings, &|_| {}).unwrap();
        outcome.cars.rotate_left(by);
        prop_assert!(outcome == other);
    }

    #[test]
    fn threads_change_nothing(seed: u64, n_threads in 2usize..7, n_runs in 1u64..1500) {
        let model = eventful(6, 8);
        let one = run_many(&model, &Settings { seed, n_runs, n_threads: 1, ..Settings::default() });
        let many = run_many(&model, &Settings { seed, n_runs, n_threads, ..Settings::default() });
        prop_assert!(one == many);
    }

    #[test]
    fn points_add_up(seed: u64) {
        let model = undisturbed(14, 15);
        let outcome = run_many(&model, &Settings { seed, n_runs: 50, ..Settings::default() });
        let sum: f64 = outcome.cars.iter().map(|car| car.points).sum();
        prop_assert!((sum - 101.0).abs() < 1e-6, "{sum}");
    }

    /// Two different dry compounds in every dry race, whatever the teams are like.
    #[test]
    fn the_compound_rule_is_obeyed(seed: u64, aversion in 0.0f32..60.0, sigma in 0.0f32..8.0) {
        let mut model = eventful(20, 40);
        model.circuit.weather.rain_at_start = 0.0;
        model.circuit.weather.rain_begins = 0.0;
        let team = TeamPolicy { stop_aversion_s: aversion, lap_sigma: sigma, ..TeamPolicy::default() };
        let trace = trace(&model, &Settings { seed, team, ..Settings::default() }, 0);
        for line in &trace.classification {
            let car = &trace.cars[usize::from(line.car_idx)];
            if car.retirement.is_none() && line.n_laps + 3 >= model.circuit.n_laps {
                let used = car.laps.iter().fold(0u8, |used, lap| used | 1 << lap.tyre.index());
                prop_assert!(used.count_ones() >= 2, "{:?}", trace.stops(usize::from(line.car_idx)).collect::<Vec<_>>());
            }
        }
    }

    /// What passes the check runs, and gives numbers; what does not says why.
    #[test]
    fn hostile_parameters_are_refused_or_run(seed: u64, hostile in proptest::collection::vec((0usize..HOSTILE.len(), hostile_value()), 1..8)) {
        let mut model = RaceModel::pooled(8, 12);
        for (which, value) in hostile {
            HOSTILE[which](&mut model, value);
        }
        let state = RaceState::grid(&RaceModel::pooled(8, 12));
        match simulate(&model, &state, &Settings { seed, n_runs: 8, ..Settings::default() }, &|_| {}) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(outcome) => {
                for car in &outcome.cars {
                    prop_assert!(car.points.is_finite() && car.mean_position().is_finite());
                    prop_assert!(car.gap.mean().is_none_or(f64::is_finite));
                    prop_assert!(car.laps.iter().all(|lap| lap.gap_s.is_finite() && lap.position.is_finite()));
                }
                let trace = run_one(&model, &state, &Settings { seed, ..Settings::default() }, 1).unwrap();
                let laps = trace.cars.iter().flat_map(|car| &car.laps);
                prop_assert!(laps.clone().all(|lap| lap.lap_time_s.is_finite() && lap.end_s.is_finite()));
            }
        }
    }
}

type Spoil = fn(&mut RaceModel, f32);

const HOSTILE: [Spoil; 22] = [
    |model, x| model.circuit.base_lap_s = x,
    |model, x| model.circuit.fuel_s_per_lap = x,
    |model, x| model.circuit.evolution_s = x,
    |model, x| model.circuit.evolution_laps = x,
    |model, x| model.circuit.noise.sigma_s = x,
    |model, x| model.circuit.noise.wide_factor = x,
    |model, x| model.circuit.traffic.dirty_air_reach_s = x,
    |model, x| model.circuit.traffic.following_gap_s = x,
    |model, x| model.circuit.traffic.overtake_per_s = x,
    |model, x| model.circuit.first_lap.shuffle_sigma_s = x,
    |model, x| model.circuit.first_lap.crash_factor = x,
    |model, x| model.circuit.pit.lane_loss_s = x,
    |model, x| model.circuit.pit.stop.shape = x,
    |model, x| model.circuit.neutralisation.sc_hazard = x,
    |model, x| model.circuit.neutralisation.red_hazard = x,
    |model, x| model.circuit.neutralisation.sc_laps = DurationModel { minimum: 1.0, mean: x },
    |model, x| model.circuit.weather.rain_begins = x,
    |model, x| model.circuit.weather.slick_crossover = x,
    |model, x| model.tyres[1].wear_s_per_lap2 = x,
    |model, x| model.cars[3].pace_s = x,
    |model, x| model.cars[3].crash_hazard = x,
    |model, x| model.rules.time_limit_s = x,
];

fn hostile_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(-1.0),
        Just(0.0),
        Just(1.0),
        Just(20.0),
        Just(1e-30),
        Just(1e30),
        any::<f32>(),
        0.0f32..1.0,
        1.0f32..1000.0
    ]
}

#[test]
fn a_run_in_full_is_the_run_that_was_counted() {
    let model = eventful(20, 30);
    let settings = of_runs(60);
    let outcome = run_many(&model, &settings);
    let mut positions = vec![vec![0; 20]; 20];
    let mut stops = vec![vec![0; 10]; 20];
    let (mut n_sc, mut laps) = (0, 0);
    for run in 0..60 {
        let trace = trace(&model, &settings, run);
        for (place, line) in trace.classification.iter().enumerate() {
            positions[usize::from(line.car_idx)][place] += 1;
        }
        for (car_idx, stops) in stops.iter_mut().enumerate() {
            stops[trace.stops(car_idx).count().min(9)] += 1;
        }
        let has_sc = |event: &RaceEvent| matches!(event, RaceEvent::Track { track: TrackState::SafetyCar, .. });
        n_sc += u64::from(trace.events.iter().any(has_sc));
        laps += u64::from(trace.n_laps);
    }
    for (i, car) in outcome.cars.iter().enumerate() {
        assert_eq!(car.positions, positions[i]);
        assert_eq!(car.stops, stops[i], "car {i}");
    }
    assert_eq!(60 - outcome.safety_cars[0], n_sc);
    assert!((outcome.mean_laps - laps as f64 / 60.0).abs() < 1e-9);
}

#[test]
fn a_faster_car_never_does_worse_on_average() {
    for car_idx in [0, 7, 19] {
        let mut last = f64::INFINITY;
        for gain_s in [-0.2, 0.0, 0.1, 0.3, 0.8] {
            let mut model = RaceModel::pooled(20, 40);
            let state = RaceState::grid(&model);
            model.cars[car_idx].pace_s -= gain_s;
            let outcome = simulate(&model, &state, &of_runs(1_500), &|_| {}).unwrap();
            let mean = outcome.cars[car_idx].mean_position();
            assert!(mean <= last + 0.02, "car {car_idx}, {gain_s} s faster: {mean} after {last}");
            last = mean;
        }
    }
}

#[test]
fn equal_cars_that_swap_places_swap_results() {
    let n_runs = 4_000;
    let mut model = RaceModel::pooled(20, 30);
    (model.cars[9].pace_s, model.cars[9].team_idx) = (model.cars[8].pace_s, 90);
    (model.cars[9].crew_s, model.cars[9].noise_factor) = (model.cars[8].crew_s, model.cars[8].noise_factor);
    model.cars[8].team_idx = 91;
    let mut state = RaceState::grid(&model);
    for car in &mut state.cars {
        (car.tyre, car.used) = (Tyre::Medium, 1 << Tyre::Medium.index());
    }
    let one = simulate(&model, &state, &of_runs(n_runs), &|_| {}).unwrap();
    let place = state.cars[8].position;
    state.cars[8].position = state.cars[9].position;
    state.cars[9].position = place;
    let other = simulate(&model, &state, &of_runs(n_runs), &|_| {}).unwrap();
    // A final position has a standard deviation of about five places: four standard errors of a difference.
    let slack = 4.0 * 5.0 * (2.0 / n_runs as f64).sqrt();
    for (a, b) in [(&one.cars[8], &other.cars[9]), (&one.cars[9], &other.cars[8])] {
        assert!((a.mean_position() - b.mean_position()).abs() < slack);
        assert!((a.probability_of_top(10) - b.probability_of_top(10)).abs() < 4.0 * (0.5 / n_runs as f64).sqrt());
    }
}

#[test]
fn safety_cars_are_as_frequent_as_their_hazard() {
    let mut model = without_noise(10, 50);
    model.circuit.neutralisation.sc_hazard = 0.01;
    model.circuit.neutralisation.profile = [2.0, 0.5, 0.5, 1.0, 1.0];
    let n_runs = 20_000;
    let outcome = run_many(&model, &of_runs(n_runs));
    let none: f64 = [0.02_f64, 0.005, 0.005, 0.01, 0.01].iter().map(|hazard| (1.0 - hazard).powi(10)).product();
    let error = (none * (1.0 - none) / n_runs as f64).sqrt();
    assert!((outcome.probability_of_safety_car() - (1.0 - none)).abs() < 4.0 * error);
    assert_eq!(outcome.probability_of_red_flag(), 0.0);
}

#[test]
fn safety_cars_stay_out_as_long_as_their_mean() {
    let mut model = without_noise(10, 400);
    model.circuit.base_lap_s = 15.0;
    model.circuit.neutralisation.sc_hazard = 0.05;
    model.circuit.neutralisation.sc_laps = DurationModel { minimum: 2.0, mean: 4.5 };
    let (mut n_laps, mut n_phases) = (0, 0);
    for run in 0..20 {
        let trace = trace(&model, &of_runs(1), run);
        let winner = &trace.cars[usize::from(trace.classification[0].car_idx)];
        n_laps += winner.laps.iter().filter(|lap| lap.track == TrackState::SafetyCar).count();
        let deployed = |event: &&RaceEvent| matches!(event, RaceEvent::Track { track: TrackState::SafetyCar, .. });
        n_phases += trace.events.iter().filter(deployed).count();
    }
    let mean = n_laps as f64 / n_phases as f64;
    assert!(n_phases > 150 && (mean - 4.5).abs() < 0.6, "{mean} laps in {n_phases} phases");
}

#[test]
fn the_time_limit_ends_a_race() {
    let mut model = without_noise(10, 60);
    model.rules.time_limit_s = 20.5 * model.circuit.base_lap_s;
    let trace = trace(&model, &of_runs(1), 0);
    let winner = &trace.cars[usize::from(trace.classification[0].car_idx)];
    let n_laps = winner.laps.len();
    assert!(n_laps < 60);
    // The limit fell into the last lap but one.
    assert!(winner.laps[n_laps - 2].end_s >= f64::from(model.rules.time_limit_s));
    assert!(winner.laps[n_laps - 3].end_s < f64::from(model.rules.time_limit_s));
}

#[test]
fn a_red_flag_gives_free_tyres() {
    let model = without_noise(20, 50);
    let settings =
        Settings { scripts: vec![Script::Neutralise { lap: 25, track: TrackState::Red }], ..Settings::default() };
    let trace = trace(&model, &settings, 0);
    let mut n_changed = 0;
    for car in &trace.cars {
        let Some(pit) = car.laps[24].pit else { continue };
        assert!(pit.is_under_red);
        assert_eq!((pit.loss_s, pit.stationary_s), (0.0, 0.0));
        assert_eq!(car.laps[25].tyre, pit.tyre);
        assert_eq!(car.laps[25].tyre_age, 1);
        n_changed += 1;
    }
    assert!(n_changed >= 15, "{n_changed}");
    // The clock ran on while the race stood still, for everybody.
    assert!(trace.cars.iter().all(|car| car.laps[25].lap_time_s > 600.0));
}

#[test]
fn slow_cars_are_lapped_and_drive_fewer_laps() {
    let mut model = without_noise(20, 50);
    model.cars[19].pace_s = 4.0;
    let trace = trace(&model, &of_runs(1), 0);
    let slow = trace.classification.iter().find(|line| line.car_idx == 19).unwrap();
    assert!((47..=48).contains(&slow.n_laps), "{slow:?}");
    assert_eq!(trace.classification[19].car_idx, 19);
    // It ends its race when it first crosses the line after the winner has.
    let (winner_s, laps) = (trace.classification[0].time_s, &trace.cars[19].laps);
    assert!(laps.last().unwrap().end_s > winner_s);
    assert!(laps[laps.len() - 2].end_s < winner_s);
}

#[test]
fn a_fixed_plan_is_kept_to_the_lap() {
    let model = undisturbed(20, 50);
    let plan = Plan {
        start: Some(Tyre::Soft),
        stops: vec![PlannedStop { lap: 12, tyre: Tyre::Hard }, PlannedStop { lap: 37, tyre: Tyre::Medium }],
    };
    for is_reacting in [false, true] {
        let choice = PolicyChoice::Plan(PlanPolicy { plan: plan.clone(), is_reacting });
        let trace = trace(&model, &of_runs(1).with_policy(4, choice), 2);
        assert_eq!(trace.cars[4].start_tyre, Tyre::Soft);
        assert_eq!(trace.stops(4).collect::<Vec<_>>(), [(12, Tyre::Hard), (37, Tyre::Medium)]);
    }
}

/// A policy behind the trait decides as the same rule inside the kernel, whose short cut must therefore be right.
#[test]
fn the_team_rule_is_the_same_from_outside() {
    let mut model = eventful(20, 40);
    for (i, car) in model.cars.iter_mut().enumerate() {
        // The kernel keeps team mates from queueing, which a policy cannot see.
        car.team_idx = i as u8;
    }
    let settings = of_runs(80);
    let teams = settings.team.prepare(&model);
    let mut outside = settings.clone();
    for car_idx in 0..20 {
        outside = outside.with_policy(car_idx, PolicyChoice::Custom(&teams));
    }
    assert!(run_many(&model, &settings) == run_many(&model, &outside));
}

#[test]
fn any_policy_can_drive() {
    struct OnLap(u16);
    impl Policy for OnLap {
        fn decide(&self, view: &View, dice: f32) -> Decision {
            assert!((0.0..1.0).contains(&dice) && view.position >= 1);
            if view.lap == self.0 { Decision::Pit(Tyre::Hard) } else { Decision::Stay }
        }
    }
    let model = undisturbed(20, 40);
    let trace = trace(&model, &of_runs(1).with_policy(2, PolicyChoice::Custom(&OnLap(17))), 0);
    assert_eq!(trace.stops(2).collect::<Vec<_>>(), [(17, Tyre::Hard)]);
}

#[test]
fn equal_plans_do_equally_well_and_pairs_cut_the_noise() {
    let model = RaceModel::pooled(20, 50);
    let state = RaceState::grid(&model);
    let plan = |lap, tyre| Plan { start: None, stops: vec![PlannedStop { lap, tyre }] };
    let (a, b) = (plan(20, Tyre::Hard), plan(24, Tyre::Hard));
    let same = compare(&model, &state, 5, &a, &a, &of_runs(200)).unwrap();
    assert_eq!((same.position.mean, same.position.standard_error), (0.0, 0.0));
    let near = compare(&model, &state, 5, &a, &b, &of_runs(1_000)).unwrap();
    assert!(near.position.variance_reduction > 2.0, "{near:?}");
    assert!(near.time_s.variance_reduction > 2.0, "{near:?}");
    // A stop ten laps from the end on softs of no use is worse beyond doubt.
    let silly = Plan { start: None, stops: [10, 18, 26, 34].map(|lap| PlannedStop { lap, tyre: Tyre::Hard }).to_vec() };
    let worse = compare(&model, &state, 5, &a, &silly, &of_runs(1_000)).unwrap();
    assert!(worse.position.mean > 5.0 * worse.position.standard_error, "{worse:?}");
    assert!(worse.points.mean < 0.0 && worse.time_s.mean > 0.0);
    assert_eq!(compare(&model, &state, 5, &a, &b, &Settings { n_threads: 1, ..of_runs(1_000) }).unwrap(), near);
}

#[test]
fn scripts_make_things_happen() {
    let model = undisturbed(20, 40);
    let slow = Script::Loss { car_idx: 3, from_lap: 10, to_lap: 40, loss_s: 4.0, is_tyre: true };
    let settings = Settings {
        scripts: vec![
            slow,
            Script::Retire { car_idx: 0, lap: 15, is_crash: true },
            Script::Neutralise { lap: 30, track: TrackState::SafetyCar },
        ],
        ..of_runs(1)
    };
    let trace = trace(&model, &settings, 0);
    assert_eq!(trace.cars[0].retirement.unwrap().lap, 15);
    assert_eq!(trace.cars[0].laps.len(), 14);
    assert_eq!(trace.cars[8].laps[29].track, TrackState::SafetyCar);
    // The team sees a puncture and comes in; new tyres cure it.
    assert!(trace.stops(3).any(|(lap, _)| (10..=11).contains(&lap)), "{:?}", trace.stops(3).collect::<Vec<_>>());
}

/// A car's race ends with its first crossing of the line after the winner's last.
#[test]
fn nobody_begins_a_lap_after_the_flag() {
    for run in 0..300 {
        let trace = trace(&eventful(22, 30), &of_runs(1), run);
        let ends = trace.cars.iter().filter_map(|car| Some((car.laps.len(), car.laps.last()?.end_s)));
        let first = ends.max_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let Some((_, won_s)) = first else { continue };
        for (idx, car) in trace.cars.iter().enumerate() {
            let Some(begun) = car.laps.len().checked_sub(2).map(|before| car.laps[before]) else { continue };
            assert!(
                begun.end_s < won_s + 2e-3,
                "run {run}: car {idx} began its last lap {} s late",
                begun.end_s - won_s
            );
        }
    }
}

/// What the synthetic Grand Prix is made from must look like a race.
#[test]
fn a_race_looks_like_a_race() {
    let model = RaceModel::pooled(22, 57);
    let least_s = 0.9 * f64::from(model.circuit.traffic.following_gap_s);
    let (mut n_close, mut n_repeated) = (0, 0);
    for run in 0..40 {
        let trace = trace(&model, &of_runs(1), run);
        for lap_idx in 0..usize::from(trace.n_laps) {
            let on_lap = trace.cars.iter().filter_map(|car| car.laps.get(lap_idx).map(|lap| (lap, car)));
            let mut line: Vec<_> = on_lap.filter(|(lap, _)| lap.pit.is_none()).map(|(lap, _)| lap).collect();
            line.sort_by(|a, b| a.end_s.total_cmp(&b.end_s));
            for pair in line.windows(2) {
                // f32 keeps a race's clock to half a millisecond.
                let gap_s = pair[1].end_s - pair[0].end_s;
                let after_red = lap_idx > 0 && pair[1].track == TrackState::Red;
                assert!(after_red || gap_s > least_s - 2e-3, "run {run}, lap {}: {gap_s}", lap_idx + 1);
            }
            let is_green = line.iter().all(|lap| lap.track == TrackState::Green);
            let gaps_ms = line.windows(2).map(|pair| ((pair[1].end_s - pair[0].end_s) * 1e3).round() as i64);
            let close_ms: Vec<i64> = gaps_ms.filter(|gap_ms| is_green && *gap_ms < 1_000).collect();
            n_close += close_ms.len();
            n_repeated += close_ms.windows(2).filter(|pair| pair[0] == pair[1]).count();
            for lap in &line {
                let is_plain = lap.track == TrackState::Green && lap_idx > 0;
                let is_wet = trace.weather.iter().any(|(wetness, _)| *wetness > 0.0);
                if is_plain && !is_wet && lap.lap_time_s < 600.0 {
                    assert!((84.0..135.0).contains(&lap.lap_time_s), "run {run}, lap {}: {lap:?}", lap_idx + 1);
                }
            }
        }
    }
    assert!(n_close > 1_000 && n_repeated * 100 < n_close, "of {n_close} close gaps {n_repeated} are the one ahead's");
}

#[test]
fn the_queue_behind_the_safety_car_forms_over_laps() {
    let mut model = without_noise(20, 50);
    model.circuit.neutralisation.sc_laps = DurationModel { minimum: 7.0, mean: 7.0 };
    let settings =
        Settings { scripts: vec![Script::Neutralise { lap: 30, track: TrackState::SafetyCar }], ..Settings::default() };
    let trace = trace(&model, &settings, 0);
    let spread_s = |lap_idx: usize| {
        let ends = trace.cars.iter().filter_map(|car| car.laps.get(lap_idx)).map(|lap| lap.end_s);
        ends.clone().fold(f64::MIN, f64::max) - ends.fold(f64::MAX, f64::min)
    };
    let spreads: Vec<f64> = (28..36).map(spread_s).collect();
    assert!(spreads[0] > 30.0, "{spreads:?}");
    assert!(*spreads.last().unwrap() < 25.0, "{spreads:?}");
    for pair in spreads.windows(2) {
        assert!(pair[1] > pair[0] - 45.0, "{spreads:?}");
    }
}

#[test]
fn rain_brings_grooved_tyres_and_drying_takes_them_off() {
    let mut model = without_noise(20, 50);
    model.circuit.weather.rain_ends = 0.0;
    model.circuit.weather.shower_wetness = 0.5;
    model.circuit.weather.drying = 0.12;
    let settings = Settings {
        scripts: vec![Script::Rain { lap: 10, begins: true }, Script::Rain { lap: 20, begins: false }],
        ..Settings::default()
    };
    let trace = trace(&model, &settings, 1);
    let share_on_slicks = |lap_idx: usize| {
        let tyres: Vec<bool> = trace.cars.iter().map(|car| car.laps[lap_idx].tyre.is_slick()).collect();
        tyres.iter().filter(|is_slick| **is_slick).count() as f32 / tyres.len() as f32
    };
    assert_eq!(share_on_slicks(8), 1.0);
    assert!(share_on_slicks(18) < 0.1, "{}", share_on_slicks(18));
    assert!(share_on_slicks(46) > 0.9, "{}", share_on_slicks(46));
}

#[test]
fn too_many_cars_are_refused_in_words() {
    let mut model = RaceModel::pooled(31, 10);
    assert!(model.check().is_ok());
    model.cars.push(CarModel { driver: DriverNumber(77), ..model.cars[0].clone() });
    assert_eq!(model.check().unwrap_err().to_string(), "32 cars are more than the 31 that a race can have");
    model.cars.truncate(2);
    model.cars[1].driver = model.cars[0].driver;
    assert_eq!(model.check().unwrap_err().to_string(), "two cars have the number 1");
    model.cars.truncate(1);
    model.circuit.pit.lane_loss_s = f32::NAN;
    assert_eq!(model.check().unwrap_err().to_string(), "pit.lane_loss_s is NaN, not between 0 and 1000");
}

#[test]
fn a_sprint_needs_no_stop_and_a_rule_of_two_stops_is_kept() {
    let mut model = undisturbed(20, 18);
    model.rules.n_dry_compounds = 1;
    assert!(run_many(&model, &of_runs(100)).cars.iter().all(|car| car.mean_stops() < 0.2));
    let mut model = undisturbed(20, 50);
    model.rules.n_stops = 2;
    let outcome = run_many(&model, &of_runs(100));
    assert!(outcome.cars.iter().all(|car| car.stops[0] + car.stops[1] == 0), "{:?}", outcome.cars[0].stops);
}

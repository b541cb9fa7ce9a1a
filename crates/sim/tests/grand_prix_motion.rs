//! Cars of a synthetic session move as cars do: nobody jumps, nobody goes or stops faster than a car can.

use overcut_domain::SessionKind;
use overcut_sim::circuit::Circuit;
use overcut_sim::fault::FaultRates;
use overcut_sim::grand_prix::{Motion, SessionConfig, SyntheticSession, race_laps};
use overcut_sim::race::RetirementCause;

/// Between two looks.
const STEP_S: f64 = 0.1;
/// No car is faster.
const FASTEST_MPS: f64 = 105.0;
/// Nor speeds up or slows down harder: hitting something is 28 m/s², braking from top speed 60.
const HARDEST_MPS2: (f64, f64) = (-66.0, 20.0);
/// Across the track; a car that is hit slides.
const SIDEWAYS_MPS: f64 = 20.0;

fn apart(a: &Motion, b: &Motion) -> f64 {
    (a.x_m - b.x_m).hypot(a.y_m - b.y_m)
}

/// What is wrong between two looks at a car, if anything is.
fn fault(before: &Motion, now: &Motion) -> Option<String> {
    let fastest = before.speed_mps.max(now.speed_mps);
    let acceleration = (now.speed_mps - before.speed_mps) / STEP_S;
    let way_m = apart(before, now);
    // A car on the outside of a bend goes a little further than its place along the line.
    let furthest_m = STEP_S * (fastest * 1.12).hypot(SIDEWAYS_MPS) + 0.05;
    let pedals = 0.0..=1.0;
    if now.speed_mps < 0.0 || fastest > FASTEST_MPS {
        Some(format!("{fastest:.1} m/s"))
    } else if !(HARDEST_MPS2.0..HARDEST_MPS2.1).contains(&acceleration) {
        Some(format!("{acceleration:.1} m/s²"))
    } else if way_m > furthest_m {
        Some(format!("moved {way_m:.2} m"))
    } else if !pedals.contains(&now.throttle) || !pedals.contains(&now.brake) {
        Some("pedals".to_owned())
    } else if now.gear > 8 || !(0.0..14_000.0).contains(&now.rpm) {
        Some(format!("{} 1/min in gear {}", now.rpm, now.gear))
    } else {
        None
    }
}

fn drive_through(config: SessionConfig) {
    let session = SyntheticSession::new(config).expect("our own session is valid");
    let (mut before, mut now) = (Vec::new(), Vec::new());
    let n_steps = (session.ends().as_secs_f64() / STEP_S) as usize;
    for step in 0..n_steps {
        let time_s = step as f64 * STEP_S;
        session.drive().all_at(time_s, &mut now);
        for (car, (before, now)) in before.iter().zip(&now).enumerate() {
            if let Some(fault) = fault(before, now) {
                panic!("{fault}: car {car} at {time_s:.1} s: {before:?}\n{now:?}");
            }
        }
        std::mem::swap(&mut before, &mut now);
    }
}

fn race_on(circuit: usize, seed: u64) -> SessionConfig {
    let circuit = Circuit::fictional()[circuit].clone();
    SessionConfig { n_laps: race_laps(circuit.length_m()) / 3, circuit, ..SessionConfig::race(seed) }
}

#[test]
fn nobody_jumps_in_a_race() {
    for seed in [1, 2, 12, 40] {
        drive_through(race_on(0, seed));
        drive_through(race_on(1, seed));
    }
}

#[test]
fn engines_breathe_at_idle_and_die_with_a_failure() {
    let (mut n_failures, mut n_idling) = (0, 0);
    for seed in 1..=12 {
        let session = SyntheticSession::new(race_on(0, seed)).expect("our own session is valid");
        let trace = session.truth().race.expect("a race has a trace");
        let at_start = |car: usize, step: u32| session.drive().at(car, 60.0 + 0.25 * f64::from(step)).rpm;
        for (car, of_car) in trace.cars.iter().enumerate() {
            let rpm: Vec<f64> = (0..40).map(|step| at_start(car, step)).collect();
            assert!(rpm.iter().all(|rpm| (3_940.0..=4_060.0).contains(rpm)), "{rpm:?}");
            assert!(rpm.windows(2).all(|pair| pair[0] != pair[1]), "{rpm:?}");
            n_idling += 1;
            let end_s = session.ends().as_secs_f64();
            if of_car.retirement.is_some_and(|out| out.cause == RetirementCause::Failure) {
                let mut steps = (0..(end_s * 4.0) as u32).map(|step| session.drive().at(car, 0.25 * f64::from(step)));
                let dead = steps.find(|motion| motion.rpm == 0.0).expect("the engine dies");
                assert!(dead.speed_mps > 5.0, "the car still rolls: {dead:?}");
                assert!(steps.all(|motion| motion.rpm == 0.0), "nobody starts it again");
                n_failures += 1;
            }
        }
    }
    assert!(n_failures > 2 && n_idling > 200, "{n_failures} failures");
}

#[test]
fn nobody_jumps_for_a_fault() {
    let faults = Some(FaultRates::even(1.0));
    drive_through(SessionConfig { faults, season: 2025, ..race_on(0, 4) });
    drive_through(SessionConfig { faults, season: 2025, ..race_on(1, 8) });
}

#[test]
fn nobody_jumps_in_practice_and_qualifying() {
    drive_through(race_on(0, 3).session(SessionKind::Practice));
    drive_through(race_on(1, 3).session(SessionKind::Qualifying));
}

#[test]
fn one_car_alone_is_the_same_as_among_all() {
    let session = SyntheticSession::new(race_on(0, 5)).unwrap();
    let mut all = Vec::new();
    for step in 0..400 {
        let time_s = f64::from(step) * 3.7;
        session.drive().all_at(time_s, &mut all);
        let alone: Vec<_> = (0..session.drive().n_cars()).map(|car| session.drive().at(car, time_s)).collect();
        assert_eq!(all, alone);
    }
}

#[test]
fn samples_agree_with_each_other() {
    use overcut_domain::Event;
    let config = SessionConfig { n_laps: 4, ..race_on(0, 7) };
    let mut session = SyntheticSession::new(config).expect("our own session is valid");
    let mut last = std::collections::BTreeMap::new();
    let (mut n_positions, mut worst_kmh) = (0, 0.0_f64);
    let drive = session.drive().clone();
    for event in session.by_ref() {
        match event.value {
            Event::Positions(fixes) => {
                for fix in fixes {
                    assert!(fix.time <= event.time);
                    let before = last.insert(fix.driver, fix);
                    let Some(before) = before else { continue };
                    let seconds = fix.time.millis_since(before.time) as f64 / 1e3;
                    assert!((0.1..0.5).contains(&seconds), "{seconds} s from fix to fix");
                    let way_m = f64::from(fix.x_dm - before.x_dm).hypot(f64::from(fix.y_dm - before.y_dm)) / 10.0;
                    assert!(way_m / seconds < FASTEST_MPS * 1.1);
                    n_positions += 1;
                }
            }
            Event::Cars(samples) => {
                for sample in samples {
                    let car = overcut_sim::grand_prix::DRIVERS.iter().position(|d| d.number == sample.driver).unwrap();
                    let motion = drive.at(car, sample.time.as_secs_f64());
                    let speed_kmh = f64::from(sample.speed_kmh.unwrap());
                    worst_kmh = worst_kmh.max((speed_kmh - motion.speed_mps * 3.6).abs());
                    assert_eq!(sample.drs, None, "there is none from 2026 on");
                }
            }
            _ => {}
        }
    }
    assert!(worst_kmh <= 0.5, "{worst_kmh}");
    let seconds = session.ends().as_secs_f64();
    let rate = f64::from(n_positions) / seconds / 22.0;
    assert!((3.6..4.0).contains(&rate), "{rate} fixes a second");
}

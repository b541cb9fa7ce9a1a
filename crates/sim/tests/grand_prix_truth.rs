//! What a synthetic session tells, folded, is what really happened in it.

use std::collections::BTreeSet;

use overcut_domain::{DriverNumber, Event, SessionKind, SessionStatus, SessionTime, Stamped};
use overcut_session::Session;
use overcut_sim::circuit::Circuit;
use overcut_sim::fault::FaultRates;
use overcut_sim::grand_prix::{SessionConfig, SyntheticSession, Truth, race_laps};
use overcut_sim::race::{RaceEvent, RaceTrace};

/// Folds a session and returns the state with the truth.
fn fold(config: SessionConfig) -> (Session, Truth) {
    let mut synthetic = SyntheticSession::new(config).expect("our own session is valid").without_telemetry();
    let (mut session, mut changed) = (Session::new(), Vec::new());
    let mut last = SessionTime::ZERO;
    for event in synthetic.by_ref() {
        assert!(event.time >= last, "{event:?} after {last}");
        last = event.time;
        changed.clear();
        session.apply(&event, &mut changed);
    }
    (session, synthetic.truth())
}

fn race(seed: u64, n_laps: u16) -> SessionConfig {
    SessionConfig { n_laps, ..SessionConfig::race(seed) }
}

/// Laps that ended, as the fold has them, against the truth.
fn check_laps(session: &Session, truth: &Truth, seed: u64) {
    assert_eq!(session.laps().count(), truth.laps.len(), "seed {seed}");
    for want in truth.laps.iter().filter(|lap| lap.ended_at.is_some()) {
        let lap = session.lap(want.driver, want.number);
        let lap = lap.unwrap_or_else(|| panic!("seed {seed}: no lap {} of {}", want.number, want.driver));
        let place = format!("seed {seed}, lap {} of {}: {lap:?}\n{want:?}", want.number, want.driver);
        assert_eq!(lap.time, want.time, "{place}");
        assert_eq!(lap.sectors, want.sectors, "{place}");
        assert_eq!(lap.compound, Some(want.compound), "{place}");
        assert_eq!(lap.tyre_life, Some(want.tyre_age), "{place}");
        assert_eq!(lap.stint, Some(want.stint), "{place}");
        assert_eq!(lap.pit_in_at.is_some(), want.pit_in_at.is_some(), "{place}");
        assert_eq!(lap.pit_out_at.is_some(), want.pit_out_at.is_some(), "{place}");
    }
}

fn check_stints(session: &Session, truth: &Truth, seed: u64) {
    let told: Vec<_> = session
        .stints()
        .map(|s| (s.driver, s.number, s.compound, s.fresh, s.age_at_start, s.first_lap, s.last_lap))
        .collect();
    let mut driven: Vec<_> = truth
        .stints
        .iter()
        .map(|s| (s.driver, s.number, s.compound, Some(s.is_new), s.age_at_start, s.first_lap, s.last_lap))
        .collect();
    driven.sort_unstable_by_key(|s| (s.0, s.1));
    assert_eq!(told, driven, "seed {seed}");
}

fn check_stops(session: &Session, truth: &Truth, seed: u64) {
    let told: Vec<_> = session
        .pit_stops()
        .map(|s| (s.driver, s.number, s.lap, s.lane_time, s.stop_time, s.left_at.is_some()))
        .collect();
    let mut driven: Vec<_> = truth
        .pit_stops
        .iter()
        .map(|s| (s.driver, s.number, s.lap, s.lane_time, s.stop_time, s.left_at.is_some()))
        .collect();
    driven.sort_unstable_by_key(|s| (s.0, s.1));
    assert_eq!(told, driven, "seed {seed}");
}

/// A full Grand Prix: on the fast circuit for odd seeds, in the streets for even ones; every third with DRS, every fourth
/// with faults.
fn grand_prix(seed: u64) -> SessionConfig {
    let circuit = Circuit::fictional()[usize::from(seed.is_multiple_of(2))].clone();
    let season = if seed.is_multiple_of(3) { 2024 } else { 2026 };
    let faults = seed.is_multiple_of(4).then(FaultRates::default);
    SessionConfig { n_laps: race_laps(circuit.length_m()), circuit, season, faults, ..SessionConfig::race(seed) }
}

fn check_race(seed: u64, config: SessionConfig) -> RaceTrace {
    let (session, truth) = fold(config);
    assert_eq!(session.state().status, SessionStatus::Ends);
    check_laps(&session, &truth, seed);
    for want in truth.laps.iter().filter(|lap| lap.ended_at.is_some()) {
        let Some(lap) = session.lap(want.driver, want.number) else { continue };
        assert_eq!(lap.position, want.position, "seed {seed}: {lap:?}\n{want:?}");
        assert_eq!(lap.gap_to_leader_ms, want.gap_to_leader_ms, "seed {seed}: {lap:?}\n{want:?}");
    }
    check_stints(&session, &truth, seed);
    check_stops(&session, &truth, seed);
    let order: Vec<DriverNumber> = session.board_order();
    assert_eq!(order, truth.classification, "seed {seed}");
    truth.race.expect("a race has a trace")
}

#[test]
fn races_fold_to_what_happened() {
    for seed in 1..=6 {
        check_race(seed, race(seed, 20));
    }
}

#[test]
fn cars_in_a_train_have_sector_times_of_their_own() {
    let (_, truth) = fold(race(5, 20));
    let (mut n_laps, mut n_equal) = (0, 0);
    for lap in &truth.laps {
        let Some(place) = lap.position else { continue };
        let ahead = truth.laps.iter().find(|other| other.number == lap.number && other.position == Some(place - 1));
        if let Some(ahead) = ahead {
            n_laps += 1;
            n_equal += (0..3).filter(|idx| ahead.sectors[*idx] == lap.sectors[*idx]).count();
        }
    }
    assert!(
        n_laps > 300 && n_equal * 50 < 3 * n_laps,
        "of {n_laps} laps' sectors {n_equal} are those of the car ahead"
    );
}

/// Red flags, safety cars of both kinds, rain, retirements, lapped cars, double stacks: forty races have them all.
#[test]
fn grands_prix_fold_to_what_happened_whatever_happens() {
    let mut seen = BTreeSet::new();
    for seed in 1..=40 {
        let trace = check_race(seed, grand_prix(seed));
        for event in &trace.events {
            match event {
                RaceEvent::Track { track, .. } => seen.insert(format!("{track:?}")),
                RaceEvent::Rain { .. } => seen.insert("Rain".to_owned()),
                RaceEvent::Retired { .. } => seen.insert("Retired".to_owned()),
                RaceEvent::Penalty { .. } => seen.insert("Penalty".to_owned()),
                RaceEvent::Overtake { .. } => seen.insert("Overtake".to_owned()),
            };
        }
    }
    for what in ["SafetyCar", "VirtualSafetyCar", "Red", "Rain", "Retired", "Penalty", "Overtake"] {
        assert!(seen.contains(what), "no {what} in any of the races: {seen:?}");
    }
}

/// Practice and qualifying: a lap in may end in the garage, before the line, and then has no end of its own.
fn check_runs(seed: u64, kind: SessionKind) {
    let (session, truth) = fold(SessionConfig::race(seed).session(kind));
    assert_eq!(session.state().status, SessionStatus::Ends);
    check_laps(&session, &truth, seed);
    check_stints(&session, &truth, seed);
    check_stops(&session, &truth, seed);
    assert_eq!(session.board_order(), truth.classification, "seed {seed}");
}

#[test]
fn qualifying_folds_to_what_happened() {
    for seed in 1..=4 {
        check_runs(seed, SessionKind::Qualifying);
    }
}

#[test]
fn the_grid_is_the_result_of_qualifying() {
    let qualifying = SyntheticSession::new(SessionConfig::race(9).session(SessionKind::Qualifying)).unwrap().truth();
    let (session, _) = fold(race(9, 2));
    for (place, driver) in qualifying.classification.iter().enumerate() {
        assert_eq!(session.car(*driver).unwrap().grid_position, Some(place as u8 + 1));
    }
}

#[test]
fn practice_folds_to_what_happened() {
    for seed in 1..=4 {
        check_runs(seed, SessionKind::Practice);
    }
}

#[test]
fn a_session_is_the_same_however_it_is_asked_for() {
    let events = |chunk_ms: i64| -> Vec<Stamped<Event>> {
        let mut session = SyntheticSession::new(race(3, 3)).unwrap();
        let (mut events, end) = (Vec::new(), session.ends());
        let mut at = SessionTime::ZERO;
        while at < end + 10_000 {
            at = at + chunk_ms;
            session.advance_to(at, &mut events);
        }
        events
    };
    let whole: Vec<_> = SyntheticSession::new(race(3, 3)).unwrap().collect();
    assert!(whole == events(777));
    let elsewhere = std::thread::spawn(|| SyntheticSession::new(race(3, 3)).unwrap().collect::<Vec<_>>());
    assert!(whole == elsewhere.join().unwrap());
    assert!(whole != SyntheticSession::new(race(4, 3)).unwrap().collect::<Vec<_>>());
}

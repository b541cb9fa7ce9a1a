//! Positions estimated from the timing screen, against the positions of real sessions.

#![allow(clippy::unwrap_used, reason = "readers for tests only: what cannot be read fails the test")]

use std::path::Path;

use overcut_domain::{
    CarTiming, Change, DriverNumber, Event, LapTime, PositionSample, SectorUpdate, SegmentStatus, SessionTime, Stamped,
    TimeUpdate, TimingUpdate,
};
use overcut_predict::estimate::{EstimateConfig, Estimator, Map, Profile, ProfileKind, score_positions};
use overcut_session::Session;
use overcut_track::{Outline, Span, Telemetry};
use proptest::prelude::*;

/// A session with positions, read at once.
struct Recorded {
    events: Vec<Stamped<Event>>,
    session: Session,
    telemetry: Telemetry,
}

impl Recorded {
    fn read(path: &Path) -> Recorded {
        let (mut events, mut session, mut telemetry) = (Vec::new(), Session::new(), Telemetry::new());
        overcut_sources::read_events(path, |event| {
            match &event.value {
                Event::Cars(samples) => drop(telemetry.insert_cars(samples)),
                Event::Positions(samples) => drop(telemetry.insert_positions(samples)),
                _ => {}
            }
            session.apply(&event, &mut Vec::new());
            events.push(event);
        })
        .unwrap();
        Recorded { events, session, telemetry }
    }

    fn clean_laps(&self) -> Vec<Span> {
        let laps = self.session.laps().filter(|lap| lap.is_accurate);
        laps.filter_map(|lap| Some(Span { driver: lap.driver, start: lap.started_at?, end: lap.ended_at? })).collect()
    }

    fn sector_ends(&self, sector_idx: usize) -> Vec<(DriverNumber, SessionTime)> {
        let laps = self.session.laps().filter(|lap| lap.is_accurate);
        laps.filter_map(|lap| Some((lap.driver, lap.sector_ended_at[sector_idx]?))).collect()
    }

    /// The outline of the circuit file, with the sector lines that only the baseline knows.
    fn outline(&self) -> Outline {
        let key = self.session.state().info.circuit_key.unwrap();
        let path = overcut_testkit::recording(&format!("f1/circuits/multiviewer/{key}.json")).unwrap();
        let mut outline = Outline::from_circuit_json(&std::fs::read(path).unwrap()).unwrap();
        outline.sectors_m = (0..2).filter_map(|i| outline.locate(&self.telemetry, &self.sector_ends(i))).collect();
        outline
    }
}

fn sprint() -> Option<Recorded> {
    Some(Recorded::read(&overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint")?))
}

/// The figures of `docs/positions.md`, as `overcut score positions` prints them.
#[test]
fn a_race_without_positions_is_estimated_better_than_by_constant_speed() {
    let Some(recorded) = sprint() else { return };
    let outline = recorded.outline();
    let (laps, config) = (recorded.clean_laps(), EstimateConfig::default());
    let scores = score_positions(&config, &recorded.events, &outline, &laps, &recorded.telemetry);
    let kinds: Vec<_> = scores.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [ProfileKind::Even, ProfileKind::Simulated, ProfileKind::Measured]);
    for (_, report) in &scores[1..] {
        let (ours, plain) = (report.all.estimate, report.all.baseline);
        assert!(ours.median_m < plain.median_m / 2.0, "{report:?}");
        assert!(ours.p95_m < plain.p95_m && ours.right_order > plain.right_order + 0.05, "{report:?}");
    }
    let measured = &scores[2].1;
    assert!(measured.all.estimate.median_m < 20.0, "{measured:?}");
    let [first, racing, neutral] = measured.phases.map(|phase| phase.score);
    assert_eq!(first.n + racing.n + neutral.n, measured.all.n);
    assert!(racing.estimate.p95_m < 60.0, "{racing:?}");
    assert!(first.n > 0 && neutral.n > 0, "the sprint has a first lap and a safety car: {measured:?}");
}

/// Estimates of a whole session, with or without its own positions.
fn estimates(recorded: &Recorded, map: Map, has_positions: bool) -> Vec<PositionSample> {
    let (mut session, mut estimator) = (Session::new(), Estimator::new(EstimateConfig::default()));
    let mut samples = Vec::new();
    estimator.set_map(map);
    for event in &recorded.events {
        if !has_positions && matches!(event.value, Event::Cars(_) | Event::Positions(_)) {
            continue;
        }
        estimator.advance(event.time, &mut samples);
        session.apply(event, &mut Vec::new());
        estimator.observe(event, &session);
    }
    samples
}

#[test]
fn nothing_is_estimated_while_positions_come() {
    let Some(recorded) = sprint() else { return };
    let outline = recorded.outline();
    let samples = estimates(&recorded, Map::new(outline.clone(), Profile::even(&outline)), true);
    let mut telemetry = recorded.telemetry.clone();
    telemetry.insert_estimates(&samples);
    // Fixes end some minutes before the recording does; up to then no frame shows an estimate.
    let end = recorded.telemetry.last_time().unwrap();
    for second in (0..end.as_millis() / 1000).step_by(10) {
        let at = SessionTime::from_millis(second * 1000);
        for driver in recorded.telemetry.drivers() {
            let [with, without] = [&telemetry, &recorded.telemetry].map(|t| t.frame_on(&outline, driver, at, at + 300));
            assert_eq!(with, without, "{driver} at {at}");
        }
    }
}

#[test]
fn nothing_is_estimated_if_that_is_switched_off() {
    let Some(recorded) = sprint() else { return };
    let outline = recorded.outline();
    let (mut session, mut samples) = (Session::new(), Vec::new());
    let mut estimator = Estimator::new(EstimateConfig { enabled: false, ..EstimateConfig::default() });
    estimator.set_map(Map::new(outline.clone(), Profile::even(&outline)));
    let mut was_needed = false;
    for event in recorded.events.iter().filter(|event| !matches!(event.value, Event::Cars(_) | Event::Positions(_))) {
        estimator.advance(event.time, &mut samples);
        session.apply(event, &mut Vec::new());
        estimator.observe(event, &session);
        was_needed |= estimator.is_needed();
        assert!(!estimator.wants_map());
    }
    assert!(was_needed && samples.is_empty());
}

#[test]
fn estimates_follow_the_line_and_never_move_back() {
    let Some(recorded) = sprint() else { return };
    let outline = recorded.outline();
    let samples = estimates(&recorded, Map::new(outline.clone(), Profile::simulated(&outline).unwrap()), false);
    assert!(samples.is_sorted_by_key(|sample| sample.time));
    let drivers: std::collections::BTreeSet<_> = samples.iter().map(|sample| sample.driver).collect();
    assert_eq!(drivers.len(), 22);
    for driver in drivers {
        let own = samples.iter().filter(|sample| sample.driver == driver);
        let places: Vec<_> = own.map(|s| (s.time, outline.project(s.x_dm.into(), s.y_dm.into(), None))).collect();
        for pair in places.windows(2).filter(|pair| pair[1].0.millis_since(pair[0].0) == 250) {
            assert!(pair[1].1.offset_m.abs() < 1.0, "{driver}: {:?}", pair[1]);
            let ahead_m = outline.ahead_m(pair[0].1.distance_m, pair[1].1.distance_m);
            assert!(ahead_m > -1.0, "{driver} goes back {ahead_m} m at {}: {pair:?}", pair[1].0);
        }
    }
}

/// A circuit of two straights and two hairpins.
fn ring() -> Outline {
    let turn = |begin: f64, i: i32| begin + std::f64::consts::PI * f64::from(i) / 20.0;
    let quarter = std::f64::consts::FRAC_PI_2;
    let east = (0..=20).map(|i| turn(-quarter, i)).map(|a| [9000.0 + 400.0 * a.cos(), 400.0 * a.sin()]);
    let west = (0..=20).map(|i| turn(quarter, i)).map(|a| [400.0 * a.cos(), 400.0 * a.sin()]);
    Outline::designed(&east.chain(west).collect::<Vec<_>>(), &[]).unwrap()
}

fn any_car() -> impl Strategy<Value = CarTiming> {
    let status = prop_oneof![Just(SegmentStatus::None), Just(SegmentStatus::Yellow), Just(SegmentStatus::PitLane)];
    let sector = (any::<u8>(), prop::collection::vec((any::<u8>(), status), 0..6), prop::option::of(any::<u32>()));
    let sectors = prop::collection::vec(sector, 0..3);
    let flags = prop::collection::vec(prop::option::of(any::<bool>()), 3);
    (0..5_u16, sectors, prop::option::of(any::<u16>()), flags).prop_map(|(driver, sectors, n_laps, flags)| CarTiming {
        driver: DriverNumber(driver),
        n_laps,
        in_pit: flags[0],
        stopped: flags[1],
        retired: flags[2].map(|is_out| is_out && driver == 0),
        sectors: sectors
            .into_iter()
            .map(|(sector_idx, segments, time)| SectorUpdate {
                sector_idx: sector_idx % 4,
                segments: segments.into_iter().map(|(idx, status)| (idx % 70, status)).collect(),
                time: TimeUpdate {
                    time: time.map_or(Change::Keep, |ms| Change::Set(LapTime::from_millis(ms))),
                    ..TimeUpdate::default()
                },
                ..SectorUpdate::default()
            })
            .collect(),
        ..CarTiming::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_timing_is_survived(
        updates in prop::collection::vec((prop_oneof![0..5_000_i64, any::<i64>()], any::<bool>(), prop::collection::vec(any_car(), 0..4)), 0..60),
    ) {
        let outline = ring();
        let (mut session, mut estimator) = (Session::new(), Estimator::new(EstimateConfig::default()));
        estimator.set_map(Map::new(outline.clone(), Profile::simulated(&outline).unwrap()));
        let (mut at, mut samples) = (SessionTime::ZERO, Vec::new());
        for (pause_ms, is_full, cars) in updates {
            at = (at + pause_ms.clamp(0, 1 << 40)).min(SessionTime::MAX);
            let update = TimingUpdate { is_full, cars, ..TimingUpdate::default() };
            let event = Stamped { time: at, value: Event::Timing(Box::new(update)) };
            let n_before = samples.len();
            estimator.advance(at, &mut samples);
            prop_assert!(samples.len() - n_before <= 41 * 64, "holes are not filled at any length");
            session.apply(&event, &mut Vec::new());
            estimator.observe(&event, &session);
        }
        for sample in &samples {
            let place = outline.project(sample.x_dm.into(), sample.y_dm.into(), None);
            prop_assert!(place.offset_m.abs() < 1.0, "{sample:?} is off the line");
        }
    }
}

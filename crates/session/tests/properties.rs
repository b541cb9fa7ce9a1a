//! Laws of the fold, on made-up and on real sequences of events.

use std::collections::BTreeMap;

use overcut_domain::{
    CarRaceInfo, CarStints, CarTiming, Change, Compound, DriverNumber, DriverUpdate, DriversUpdate, Event, Feed,
    FeedGap, FeedState, Flag, FlagScope, Forecast, ForecastStep, Gap, Lap, LapCountUpdate, LapNumber, LapPosition,
    LapTime, Liveness, PitLaneReport, PitStop, PitStopReport, QualifyingPart, RaceControlMessage, SectorUpdate,
    SegmentStatus, SessionInfo, SessionKind, SessionStatus, SessionTime, SourceKind, SpeedTrap, SpeedUpdate, Stamped,
    Stint, StintUpdate, StintsUpdate, TimeUpdate, TimingFeed, TimingUpdate, TrackStatus,
};
use overcut_session::{CarRow, DriverEntry, Part, Session, SessionState, TrackState};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn driver() -> impl Strategy<Value = DriverNumber> {
    (1u16..5).prop_map(DriverNumber)
}

fn lap_time() -> impl Strategy<Value = LapTime> {
    prop_oneof![20_000u32..30_000, 80_000u32..90_000, Just(0), Just(u32::MAX)].prop_map(LapTime::from_millis)
}

fn change<T: std::fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Change<T>> {
    option::of(option::of(value)).prop_map(|change| change.map_or(Change::Keep, Change::from))
}

fn time_update() -> impl Strategy<Value = TimeUpdate> {
    (change(lap_time()), any::<Option<bool>>(), any::<Option<bool>>())
        .prop_map(|(time, is_overall_best, is_personal_best)| TimeUpdate { time, is_overall_best, is_personal_best })
}

fn gap() -> impl Strategy<Value = Gap> {
    prop_oneof![
        lap_time().prop_map(Gap::Time),
        (0u16..3).prop_map(Gap::Laps),
        (0u16..9).prop_map(|lap| Gap::Leader(LapNumber(lap)))
    ]
}

fn n_laps() -> impl Strategy<Value = u16> {
    prop_oneof![0u16..12, Just(u16::MAX)]
}

fn sector() -> impl Strategy<Value = SectorUpdate> {
    (0u8..4, time_update(), vec((any::<u8>(), Just(SegmentStatus::Green)), 0..2))
        .prop_map(|(sector_idx, time, segments)| SectorUpdate { sector_idx, time, segments, ..SectorUpdate::default() })
}

fn speed() -> impl Strategy<Value = SpeedUpdate> {
    (prop_oneof![Just(SpeedTrap::I1), Just(SpeedTrap::SpeedTrap)], change(any::<u16>())).prop_map(
        |(trap, speed_kmh)| SpeedUpdate { trap, speed_kmh, is_overall_best: None, is_personal_best: Some(true) },
    )
}

fn car() -> impl Strategy<Value = CarTiming> {
    let place = (driver(), option::of(1u8..5), change(gap()), option::of(n_laps()));
    let flags = (any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>(), any::<Option<bool>>());
    let times = (option::of(time_update()), change(lap_time()), option::of((0u16..9).prop_map(LapNumber)));
    (place, flags, times, vec(sector(), 0..3), vec(speed(), 0..2)).prop_map(
        |(
            (driver, position, gap_to_leader, n_laps),
            (in_pit, pit_out, retired, knocked_out),
            times,
            sectors,
            speeds,
        )| {
            let (last_lap, best_lap, best_lap_number) = times;
            CarTiming {
                driver,
                position,
                gap_to_leader,
                n_laps,
                in_pit,
                pit_out,
                retired,
                knocked_out,
                last_lap,
                best_lap,
                best_lap_number,
                sectors,
                speeds,
                ..CarTiming::default()
            }
        },
    )
}

fn timing(is_full: impl Strategy<Value = bool>) -> impl Strategy<Value = Event> {
    (is_full, any::<bool>(), vec(car(), 0..4), option::of((0u8..5).prop_map(QualifyingPart))).prop_map(
        |(is_full, is_reduced, cars, part)| {
            let feed = if is_reduced { TimingFeed::Reduced } else { TimingFeed::Full };
            let n_entries = vec![(cars.len() as u8, 15)];
            Event::Timing(Box::new(TimingUpdate { feed, is_full, cars, part, n_entries, ..TimingUpdate::default() }))
        },
    )
}

fn stints() -> impl Strategy<Value = Event> {
    let compound = prop_oneof![Just(Compound::Soft), Just(Compound::Unknown), Just(Compound::Wet)];
    let stint = (any::<u8>().prop_map(|n| n % 70), option::of(compound), option::of(n_laps()), option::of(n_laps()))
        .prop_map(|(stint_idx, compound, total_laps, start_laps)| StintUpdate {
            stint_idx,
            compound,
            total_laps,
            start_laps,
            ..StintUpdate::default()
        });
    (driver(), any::<bool>(), vec(stint, 0..3)).prop_map(|(driver, is_full, stints)| {
        Event::Stints(StintsUpdate { cars: vec![CarStints { driver, is_full, stints, ..CarStints::default() }] })
    })
}

fn race_control() -> impl Strategy<Value = Event> {
    let text = prop_oneof![
        Just("INCIDENT INVOLVING CARS 1 (VER) AND 2 (SAR) NOTED - CAUSING A COLLISION"),
        Just("FIA STEWARDS: 5 SECOND TIME PENALTY FOR CAR 1 (VER) - CAUSING A COLLISION"),
        Just("FIA STEWARDS: PENALTY SERVED - 5 SECOND TIME PENALTY FOR CAR 1 (VER) - CAUSING A COLLISION"),
        Just("CAR 2 (SAR) TIME 1:20.512 DELETED - TRACK LIMITS AT TURN 4 LAP 2 14:31:07"),
        Just("CAR 2 (SAR) LAP REINSTATED - TRACK LIMITS AT TURN 4 LAP 2 14:31:07"),
        Just("CHEQUERED FLAG"),
        Just("DRS ENABLED"),
    ];
    let flag = option::of(prop_oneof![Just(Flag::Yellow), Just(Flag::Clear), Just(Flag::Chequered)]);
    let scope = prop_oneof![Just(FlagScope::Track), Just(FlagScope::Sector(3))];
    (0u16..6, text, flag, scope).prop_map(|(index, text, flag, scope)| {
        let scope = Some(scope);
        Event::RaceControl(vec![RaceControlMessage { index, text: text.into(), flag, scope, ..Default::default() }])
    })
}

fn session_events() -> impl Strategy<Value = Event> {
    use SessionStatus::{Aborted, Finalised, Finished, Inactive, Started};
    let status = prop_oneof![Just(Inactive), Just(Started), Just(Aborted), Just(Finished), Just(Finalised)];
    let kind = prop_oneof![Just(SessionKind::Race), Just(SessionKind::Qualifying), Just(SessionKind::Unknown)];
    let track = prop_oneof![Just(TrackStatus::Clear), Just(TrackStatus::Red), Just(TrackStatus::SafetyCar)];
    prop_oneof![
        3 => status.prop_map(Event::SessionStatus),
        2 => track.prop_map(Event::TrackStatus),
        1 => (kind, option::of(0u32..2)).prop_map(|(kind, key)| Event::SessionInfo(Box::new(SessionInfo {
            kind,
            key,
            ..SessionInfo::default()
        }))),
        1 => (option::of(0u16..9), option::of(0u16..9))
            .prop_map(|(current, total)| Event::LapCount(LapCountUpdate { current, total })),
        1 => (driver(), any::<bool>(), option::of(1u8..5), vec(driver(), 0..2)).prop_map(|(driver, is_full, line, removed)| {
            let drivers = vec![DriverUpdate { driver, line, ..DriverUpdate::default() }];
            Event::Drivers(DriversUpdate { is_full, drivers, removed })
        }),
    ]
}

fn pits_and_lists() -> impl Strategy<Value = Event> {
    let lap = || option::of((0u16..9).prop_map(LapNumber));
    prop_oneof![
        (driver(), lap(), option::of(lap_time()), option::of(lap_time())).prop_map(
            |(driver, lap, lane_time, stop_time)| {
                Event::PitStops(vec![PitStopReport { driver, lap, utc: None, lane_time, stop_time }])
            }
        ),
        (driver(), lap(), option::of(lap_time()), any::<bool>()).prop_map(|(driver, lap, lane_time, removed)| {
            Event::PitLane(vec![PitLaneReport { driver, lap, lane_time, removed }])
        }),
        (driver(), n_laps(), any::<u8>()).prop_map(|(driver, lap, position)| Event::LapPositions(vec![LapPosition {
            driver,
            lap: LapNumber(lap),
            position
        }])),
        (driver(), option::of(1u8..5), any::<Option<bool>>()).prop_map(|(driver, position, is_out)| Event::RaceInfo(
            vec![CarRaceInfo { driver, position, is_out, ..Default::default() }]
        )),
    ]
}

fn origins() -> impl Strategy<Value = Event> {
    let feed = || (0..Feed::ALL.len()).prop_map(|idx| Feed::ALL[idx]);
    let source = || option::of(prop_oneof![Just(SourceKind::SignalR), Just(SourceKind::Archive)]);
    let time = || (0i64..20_000).prop_map(SessionTime::from_millis);
    let liveness = prop_oneof![Just(Liveness::Live), Just(Liveness::Late), Just(Liveness::Missing)];
    let state = (feed(), source(), liveness, option::of(time())).prop_map(|(feed, source, liveness, last)| {
        let reason = if liveness == Liveness::Live { "" } else { "no word from it" }.to_owned();
        FeedState { feed, source, liveness, delay_ms: None, last, reason }
    });
    prop_oneof![
        vec(state, 0..4).prop_map(Event::Feeds),
        (0u16..4, vec(feed(), 0..3), time(), option::of(time()), source()).prop_map(
            |(index, feeds, from, to, filled_by)| {
                Event::Gap(FeedGap { index, feeds, from, to, filled_by, reason: "silence".to_owned() })
            }
        ),
        vec(option::of(0u8..100), 0..3).prop_map(|percents| {
            let step = |precipitation_percent| ForecastStep { precipitation_percent, ..ForecastStep::default() };
            let steps = percents.into_iter().map(step).collect();
            Event::Forecast(Box::new(Forecast { steps, ..Forecast::default() }))
        }),
    ]
}

/// Any events at all, in order of time.
fn events(is_full: impl Strategy<Value = bool>) -> impl Strategy<Value = Vec<Stamped<Event>>> {
    let event = prop_oneof![
        8 => timing(is_full),
        2 => stints(),
        2 => race_control(),
        3 => session_events(),
        2 => pits_and_lists(),
        2 => origins(),
    ];
    vec((0i64..20_000, event), 0..60).prop_map(|events| {
        let mut now = 0;
        events
            .into_iter()
            .map(|(step, value)| {
                now += step;
                Stamped { time: SessionTime::from_millis(now), value }
            })
            .collect()
    })
}

/// A copy of the state that is only ever told what changed.
#[derive(Debug, Default, PartialEq)]
struct Mirror {
    state: SessionState,
    track: TrackState,
    drivers: BTreeMap<DriverNumber, DriverEntry>,
    cars: BTreeMap<DriverNumber, CarRow>,
    laps: BTreeMap<(DriverNumber, LapNumber), Lap>,
    stints: BTreeMap<(DriverNumber, u8), Stint>,
    pit_stops: BTreeMap<(DriverNumber, u8), PitStop>,
    race_control: BTreeMap<u16, RaceControlMessage>,
    feeds: BTreeMap<Feed, FeedState>,
    gaps: BTreeMap<u16, FeedGap>,
    forecast: Option<Forecast>,
}

impl Mirror {
    fn whole(session: &Session) -> Mirror {
        Mirror {
            state: session.state().clone(),
            track: session.track().clone(),
            drivers: session.drivers().clone(),
            cars: session.cars().clone(),
            laps: session.laps().map(|lap| ((lap.driver, lap.number), lap.clone())).collect(),
            stints: session.stints().map(|stint| ((stint.driver, stint.number), stint.clone())).collect(),
            pit_stops: session.pit_stops().map(|stop| ((stop.driver, stop.number), stop.clone())).collect(),
            race_control: session.race_control().iter().map(|message| (message.index, message.clone())).collect(),
            feeds: session.feeds().clone(),
            gaps: session.gaps().clone(),
            forecast: session.forecast().cloned(),
        }
    }

    fn follow(&mut self, session: &Session, changed: &[Part]) {
        for part in changed {
            match *part {
                Part::Session => self.state = session.state().clone(),
                Part::Track => self.track = session.track().clone(),
                Part::Driver(driver) => put(&mut self.drivers, driver, session.driver(driver)),
                Part::Car(driver) => put(&mut self.cars, driver, session.car(driver)),
                Part::Lap(driver, number) => put(&mut self.laps, (driver, number), session.lap(driver, number)),
                Part::Stint(driver, number) => put(&mut self.stints, (driver, number), session.stint(driver, number)),
                Part::PitStop(driver, number) => {
                    put(&mut self.pit_stops, (driver, number), session.pit_stop(driver, number));
                }
                Part::RaceControl(index) => {
                    let message = session.race_control().iter().find(|message| message.index == index);
                    put(&mut self.race_control, index, message);
                }
                Part::Gone(driver) => self.drop(driver),
                Part::Feed(feed) => put(&mut self.feeds, feed, session.feeds().get(&feed)),
                Part::Gap(index) => put(&mut self.gaps, index, session.gaps().get(&index)),
                Part::Forecast => self.forecast = session.forecast().cloned(),
                Part::Weather | Part::Radio(_) => {}
            }
        }
    }

    fn drop(&mut self, driver: DriverNumber) {
        self.drivers.remove(&driver);
        self.cars.remove(&driver);
        self.laps.retain(|(of, _), _| *of != driver);
        self.stints.retain(|(of, _), _| *of != driver);
        self.pit_stops.retain(|(of, _), _| *of != driver);
    }
}

/// A part that was named but is not there any more is gone.
fn put<K: Ord, V: Clone>(map: &mut BTreeMap<K, V>, key: K, value: Option<&V>) {
    match value {
        Some(value) => drop(map.insert(key, value.clone())),
        None => drop(map.remove(&key)),
    }
}

fn assert_no_duplicates(changed: &[Part]) {
    let mut sorted = changed.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), changed.len(), "{changed:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_changed_is_named_once_and_all_of_it(events in events(any::<bool>())) {
        let (mut session, mut mirror) = (Session::new(), Mirror::default());
        for event in &events {
            let mut changed = Vec::new();
            let key = session.state().info.key;
            session.apply(event, &mut changed);
            assert_no_duplicates(&changed);
            // Another session begins with nothing of the old one.
            if key.zip(session.state().info.key).is_some_and(|(old, new)| old != new) {
                mirror = Mirror::default();
            }
            mirror.follow(&session, &changed);
            prop_assert_eq!(&mirror, &Mirror::whole(&session), "after {:?}", event);
        }
    }

    #[test]
    fn batches_equal_one_by_one(events in events(any::<bool>()), cut in 1usize..10) {
        let (mut single, mut batched) = (Session::new(), Session::new());
        for batch in events.chunks(cut) {
            let mut changed = vec![Part::Weather];
            for event in batch {
                single.apply(event, &mut Vec::new());
                batched.apply(event, &mut changed);
            }
        }
        prop_assert_eq!(format!("{single:?}"), format!("{batched:?}"));
    }

    #[test]
    fn a_cars_laps_never_decrease_without_a_key_frame(events in events(Just(false))) {
        let mut session = Session::new();
        let mut most: BTreeMap<DriverNumber, usize> = BTreeMap::new();
        let mut key = None;
        for event in &events {
            session.apply(event, &mut Vec::new());
            if session.state().info.key != key {
                key = session.state().info.key;
                most.clear();
            }
            for driver in (1..5).map(DriverNumber) {
                let n = session.laps_of(driver).iter().filter(|lap| lap.ended_at.is_some()).count();
                let most = most.entry(driver).or_default();
                prop_assert!(n >= *most, "car {driver} had {most} laps and has {n} after {event:?}");
                *most = n;
            }
        }
    }

    #[test]
    fn lap_numbers_rise(events in events(any::<bool>())) {
        let mut session = Session::new();
        for event in &events {
            session.apply(event, &mut Vec::new());
        }
        for driver in (1..5).map(DriverNumber) {
            let laps = session.laps_of(driver);
            prop_assert!(laps.windows(2).all(|pair| pair[0].number < pair[1].number));
            prop_assert!(laps.iter().all(|lap| lap.number > LapNumber(0) && lap.driver == driver));
            let stints = session.stints_of(driver);
            prop_assert!(stints.windows(2).all(|pair| pair[0].number + 1 == pair[1].number && pair[0].is_over));
        }
    }
}

#[test]
fn a_mirror_of_a_real_session_needs_only_what_is_named() {
    for path in ["f1/livetiming/2026_chinese_gp_sprint", "f1/livetiming/2024_imola_qualifying_signalr"] {
        let Some(path) = overcut_testkit::recording(path) else { return };
        let (mut session, mut mirror, mut n) = (Session::new(), Mirror::default(), 0);
        let mut changed = Vec::new();
        let report = overcut_sources::read_events(path, |event| {
            changed.clear();
            session.apply(&event, &mut changed);
            mirror.follow(&session, &changed);
            n += 1;
            if n % 2_000 == 0 {
                assert_eq!(mirror, Mirror::whole(&session), "after {n} events");
            }
        });
        assert!(report.is_ok());
        assert_eq!(mirror, Mirror::whole(&session));
    }
}

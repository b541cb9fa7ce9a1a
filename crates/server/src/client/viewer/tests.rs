use std::collections::BTreeMap;

use overcut_domain::{CarSample, DriverNumber, LapNumber, PositionSample, TrackStatus};
use overcut_session::{CarRow, TrackState};
use overcut_timeline::{House, Item, LOOK_AHEAD_MS};
use proptest::prelude::*;

use super::*;
use crate::clock::now_ms;
use crate::wire::SessionSummary;

const END_MS: i64 = 600_000;
const CAR: DriverNumber = DriverNumber(44);

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

/// Ten minutes with a change about every third of a second and two sample a second.
fn timeline() -> Timeline {
    let mut timeline = Timeline::new();
    timeline.advance(at(0));
    for step in 0..END_MS / 330 {
        let driver = DriverNumber((step % 7) as u16);
        let row = CarRow { driver, lap: LapNumber((step / 7) as u16), ..CarRow::default() };
        timeline.append(at(step * 330), Item::Car(Arc::new(row)));
        if step % 97 == 0 {
            let status = if step % 2 == 0 { TrackStatus::Yellow } else { TrackStatus::Clear };
            let track = TrackState { status, since: at(step * 330), ..TrackState::default() };
            timeline.append(at(step * 330), Item::Track(Arc::new(track)));
        }
    }
    let moments = || (0..END_MS / 500).map(|n| at(n * 500));
    let car = |time| CarSample {
        time,
        driver: CAR,
        rpm: Some(9000),
        speed_kmh: Some((time.as_millis() / 2000) as u16),
        gear: Some(5),
        throttle_percent: Some(50),
        brake_percent: Some(0),
        drs: None,
    };
    let fix = |time: SessionTime| PositionSample {
        time,
        driver: CAR,
        x_dm: (time.as_millis() / 10) as i32,
        y_dm: 100,
        z_dm: 0,
        on_track: true,
    };
    timeline.insert_cars(&moments().map(car).collect::<Vec<_>>());
    timeline.insert_positions(&moments().map(fix).collect::<Vec<_>>());
    timeline.advance(at(END_MS));
    timeline.complete();
    timeline
}

fn session(house: House) -> Arc<SharedSession> {
    let summary = SessionSummary {
        id: "test".to_owned(),
        meeting: "Test Grand Prix".to_owned(),
        name: "Race".to_owned(),
        kind: "race".to_owned(),
        season: None,
        circuit: String::new(),
        country: String::new(),
        starts_at: None,
        format: "test".to_owned(),
        has_car_data: Some(true),
        size_bytes: 0,
    };
    Arc::new(SharedSession::new(summary, timeline(), house))
}

fn as_live() -> House {
    House::Running { since_ms: 0, from: at(0), speed: Speed::NORMAL, is_as_live: true }
}

fn read(message: &Message) -> ServerMessage {
    match message {
        Message::Text(text) => serde_json::from_str(text).unwrap(),
        other => rmp_serde::from_slice(&other.clone().into_data()).unwrap(),
    }
}

/// What a client keeps: the latest part of every key.
#[derive(Default)]
struct Client {
    parts: BTreeMap<(u8, u16), wire::Item>,
    marks: Vec<wire::Mark>,
    n_snapshots: usize,
}

fn key(item: &wire::Item) -> (u8, u16) {
    match item {
        wire::Item::Track(_) => (0, 0),
        wire::Item::Car(car) => (1, car.driver),
        other => panic!("not in the test's timeline: {other:?}"),
    }
}

impl Client {
    /// Takes messages in and checks that none is later than the clock.
    fn take(&mut self, messages: &[Message], clock: SessionTime) {
        let clock_ms = convert::millis(clock);
        for message in messages {
            match read(message) {
                ServerMessage::Snapshot { t_ms, items, marks, .. } => {
                    assert!(t_ms <= clock_ms);
                    self.parts = items.into_iter().map(|item| (key(&item), item)).collect();
                    self.marks = marks;
                    self.n_snapshots += 1;
                }
                ServerMessage::Delta { t_ms, item, .. } => {
                    assert!(t_ms <= clock_ms, "a change of {t_ms} at {clock_ms}");
                    self.parts.insert(key(&item), item);
                }
                ServerMessage::Marks { marks } => self.marks = marks,
                ServerMessage::Clock(clock) => assert!(clock.t_ms <= clock_ms),
                ServerMessage::Telemetry { t_ms, cars } => {
                    assert!(i64::from(t_ms) + LOOK_AHEAD_MS <= i64::from(clock_ms));
                    // Speed and place are functions of time in this timeline: neither may be from after the clock.
                    for wire::CarFrame(_, x_dm, _, speed_kmh, ..) in cars {
                        assert!(x_dm.is_none_or(|x_dm| x_dm <= clock_ms / 10));
                        assert!(speed_kmh.is_none_or(|speed_kmh| i32::from(speed_kmh) <= clock_ms / 2000));
                    }
                }
                ServerMessage::Successor { session_id } => panic!("nothing comes after: {session_id}"),
                ServerMessage::Error { message } => panic!("{message}"),
            }
        }
        assert!(self.marks.iter().all(|mark| mark.t_ms <= clock_ms && mark.until_ms.is_none_or(|t| t <= clock_ms)));
    }

    /// Checks that it knows exactly what the session holds at a moment.
    fn check(&self, session: &SharedSession, clock: SessionTime) {
        let timeline = session.read();
        let want: Vec<_> = timeline.snapshot_at(clock).into_iter().map(convert::item).collect();
        let mut have: Vec<_> = self.parts.values().cloned().collect();
        have.sort_by_key(key);
        assert_eq!(have, want);
        assert_eq!(self.marks, convert::marks(timeline.marks_at(clock)));
    }
}

fn command() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        Just(ClientMessage::Play),
        Just(ClientMessage::Pause),
        Just(ClientMessage::Follow),
        (-1000i32..700_000).prop_map(|t_ms| ClientMessage::Seek { t_ms }),
        (0.25f32..60.0).prop_map(|value| ClientMessage::Speed { value }),
        (0.0f32..300.0).prop_map(|seconds| ClientMessage::Delay { seconds }),
        (0.0f32..50.0).prop_map(|hz| ClientMessage::Telemetry { hz, drivers: Vec::new() }),
    ]
}

/// Drives a client through commands and pauses of any length; it must know what its clock says and nothing later.
fn drive(house: House, format: Format, commands: Vec<(u64, Option<ClientMessage>)>) {
    let session = session(house);
    let opening = Opening { format, wants_board: true, ..Opening::default() };
    let (mut now_ms, mut client, mut out) = (0, Client::default(), Vec::new());
    let mut viewer = Viewer::new(session.clone(), opening, now_ms);
    for (wait_ms, command) in commands {
        now_ms += wait_ms;
        if let Some(command) = command {
            viewer.obey(command, now_ms).unwrap();
        }
        viewer.step(now_ms, &mut out);
        let clock = viewer.time();
        let limits = session.limits_at(now_ms, &session.read());
        assert!(clock <= limits.head);
        assert!(!limits.is_held || clock <= (limits.house - viewer.cursor.delay().as_millis()).max(limits.start));
        client.take(&out, clock);
        client.check(&session, clock);
        out.clear();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_message_is_later_than_the_clock(
        commands in prop::collection::vec((0u64..20_000, prop::option::of(command())), 1..50),
        is_live: bool,
        is_binary: bool,
    ) {
        let house = if is_live { as_live() } else { House::AtEnd };
        drive(house, if is_binary { Format::Msgpack } else { Format::Json }, commands);
    }

    #[test]
    fn small_steps_at_any_speed_miss_nothing(
        speed in 0.25f32..60.0,
        steps in prop::collection::vec(1u64..100, 1..200),
    ) {
        let speed = std::iter::once((0, Some(ClientMessage::Speed { value: speed })));
        let telemetry = std::iter::once((0, Some(ClientMessage::Telemetry { hz: 50.0, drivers: vec![44] })));
        let steps = steps.into_iter().map(|wait_ms| (wait_ms, None));
        drive(House::AtEnd, Format::Json, speed.chain(telemetry).chain(steps).collect());
    }
}

/// The kinds of messages of one step.
fn kinds(messages: &[Message]) -> Vec<&'static str> {
    let kind = |message: &Message| match read(message) {
        ServerMessage::Snapshot { .. } => "snapshot",
        ServerMessage::Delta { .. } => "delta",
        ServerMessage::Marks { .. } => "marks",
        ServerMessage::Clock(_) => "clock",
        ServerMessage::Telemetry { .. } => "telemetry",
        ServerMessage::Successor { .. } => "successor",
        ServerMessage::Error { .. } => "error",
    };
    messages.iter().map(kind).collect()
}

#[test]
fn a_client_that_was_not_stepped_for_long_gets_a_snapshot() {
    let session = session(as_live());
    let mut viewer = Viewer::new(session, Opening { wants_board: true, ..Opening::default() }, 0);
    let mut step = |now_ms| {
        let mut out = Vec::new();
        viewer.step(now_ms, &mut out);
        kinds(&out)
    };
    assert_eq!(step(0), ["snapshot", "clock"]);
    assert_eq!(step(340), ["delta"]);
    assert_eq!(step(360), [""; 0], "nothing changed");
    assert_eq!(step(340 + LAG_MS + 100), ["snapshot", "clock"]);
}

#[test]
fn telemetry_comes_at_the_rate_asked_for() {
    let session = session(as_live());
    for (hz, want) in [(50.0, 50), (25.0, 25), (10.0, 10), (0.0, 0)] {
        let mut viewer = Viewer::new(session.clone(), Opening::default(), 10_000);
        viewer.obey(ClientMessage::Telemetry { hz, drivers: Vec::new() }, 10_000).unwrap();
        let mut out = Vec::new();
        for tick in 0..50 {
            viewer.step(10_000 + tick * 20, &mut out);
        }
        assert_eq!(out.len(), want, "{hz} Hz");
    }
}

#[test]
fn clients_in_step_share_their_messages() {
    let session = session(as_live());
    let opening = Opening { wants_board: true, ..Opening::default() };
    let messages = |format| {
        let mut out = Vec::new();
        let mut viewer = Viewer::new(session.clone(), Opening { format, ..opening.clone() }, 0);
        viewer.obey(ClientMessage::Telemetry { hz: 50.0, drivers: Vec::new() }, 0).unwrap();
        viewer.step(1000, &mut out);
        viewer.step(1400, &mut out);
        out
    };
    for (a, b) in messages(Format::Json).into_iter().zip(messages(Format::Json)) {
        let is_shared = a.to_text().unwrap().as_ptr() == b.to_text().unwrap().as_ptr();
        let is_own = matches!(read(&a), ServerMessage::Snapshot { .. } | ServerMessage::Clock(_));
        assert!(is_shared || is_own, "{a:?}");
    }
}

/// A session that goes on: its clock stands at 100 s at monotonic time 0.
fn live(telemetry_behind_ms: u32) -> Arc<SharedSession> {
    let mut timeline = Timeline::new();
    timeline.append(at(10_000), Item::Car(Arc::new(CarRow { driver: CAR, ..CarRow::default() })));
    let fix = PositionSample { time: at(80_000), driver: CAR, x_dm: 0, y_dm: 0, z_dm: 0, on_track: true };
    timeline.insert_positions(&[fix]);
    let house = House::Live { since_ms: 0, from: at(100_000), telemetry_behind_ms };
    Arc::new(SharedSession::new(session(House::AtEnd).summary().clone(), timeline, house))
}

#[test]
fn live_telemetry_bears_the_time_up_to_which_it_is_there() {
    let frame_ms = |behind_ms, delay_s| {
        let opening = Opening { delay: Delay::from_seconds(delay_s).unwrap(), ..Opening::default() };
        let mut viewer = Viewer::new(live(behind_ms), opening, 0);
        viewer.obey(ClientMessage::Telemetry { hz: 50.0, drivers: Vec::new() }, 0).unwrap();
        let mut out = Vec::new();
        viewer.step(1000, &mut out);
        match read(&out[0]) {
            ServerMessage::Telemetry { t_ms, .. } => t_ms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(frame_ms(0, 0.0), 100_700);
    assert_eq!(frame_ms(8000, 0.0), 92_700, "samples are eight seconds late");
    assert_eq!(frame_ms(8000, 20.0), 80_700, "whoever is later than that misses nothing");
}

#[test]
fn time_goes_on_between_the_messages_of_a_live_session() {
    let session = live(0);
    let mut viewer = Viewer::new(session.clone(), Opening { wants_board: true, ..Opening::default() }, 0);
    let mut out = Vec::new();
    viewer.step(5000, &mut out);
    assert_eq!(viewer.time(), at(105_000));
    out.clear();
    // What comes late is told at once, whatever it is stamped.
    let row = CarRow { driver: DriverNumber(1), ..CarRow::default() };
    session.update(|timeline| timeline.append(at(95_000), Item::Car(Arc::new(row))));
    viewer.step(5020, &mut out);
    assert_eq!(kinds(&out), ["delta"]);
}

#[test]
fn whoever_saw_the_end_is_told_of_the_next_session() {
    let session = live(0);
    session.succeed("next");
    let mut viewer = Viewer::new(session.clone(), Opening { wants_board: true, ..Opening::default() }, now_ms());
    let mut out = Vec::new();
    viewer.step(now_ms(), &mut out);
    assert_eq!(kinds(&out), ["snapshot", "clock"], "it is not over");
    session.update(Timeline::complete);
    out.clear();
    viewer.step(now_ms() + 20, &mut out);
    viewer.step(now_ms() + 40, &mut out);
    assert_eq!(kinds(&out).iter().filter(|kind| **kind == "successor").count(), 1);
}

#[test]
fn a_command_out_of_range_changes_nothing() {
    let mut viewer = Viewer::new(session(House::AtEnd), Opening::default(), 0);
    let before = viewer.cursor.clone();
    assert!(viewer.obey(ClientMessage::Speed { value: 100.0 }, 0).is_err());
    assert!(viewer.obey(ClientMessage::Delay { seconds: -1.0 }, 0).is_err());
    let error = viewer.obey(ClientMessage::Telemetry { hz: 51.0, drivers: Vec::new() }, 0).unwrap_err();
    assert_eq!(error.to_string(), "hz is 51, want 0 to 50");
    assert_eq!(viewer.cursor, before);
}

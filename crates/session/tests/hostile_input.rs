//! Recordings cut, damaged and out of order: decoded and folded all the same, and the state stays sane.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::OnceLock;

use overcut_domain::{Event, RawMessage, SessionTime, Stamped};
use overcut_session::{Board, Part, Session};
use overcut_sources::{DecodeReport, Decoder, Format, Recording, Skip};
use proptest::collection::vec;
use proptest::prelude::*;

/// Recordings of every format that is not tables: those have a test of their own.
const RECORDINGS: [&str; 6] = [
    "2026_chinese_gp_sprint",
    "2023_monaco_gp_fp2_websocket",
    "2024_imola_qualifying_signalr",
    "2024_mexico_city_gp_fp3_fastf1client",
    "2024_silverstone_fp1_undercut",
    "misc/fastf1_livedata_with_errors.txt",
];

/// Messages that the longest recording is cut to, so that a hundred damaged copies are folded in seconds. They reach
/// into the fifth lap.
const MAX_MESSAGES: usize = 30_000;

/// One message, owned.
#[derive(Clone)]
struct Message {
    time: SessionTime,
    channel: String,
    payload: Vec<u8>,
}

struct Raw {
    format: Format,
    messages: Vec<Message>,
}

/// All recordings, read once. Empty where there are none.
fn recordings() -> &'static [Raw] {
    static READ: OnceLock<Vec<Raw>> = OnceLock::new();
    READ.get_or_init(|| RECORDINGS.iter().filter_map(|name| read(name)).collect())
}

fn read(name: &str) -> Option<Raw> {
    let mut recording = Recording::open(overcut_testkit::recording(&format!("f1/livetiming/{name}"))?).unwrap();
    let mut messages = Vec::new();
    while let Some(raw) = recording.next_raw().unwrap() {
        let (channel, payload) = (raw.channel.to_owned(), raw.payload.to_vec());
        messages.push(Message { time: raw.time, channel, payload });
        if messages.len() >= MAX_MESSAGES {
            break;
        }
    }
    Some(Raw { format: recording.format(), messages })
}

fn decode<'a>(format: Format, messages: impl IntoIterator<Item = &'a Message>) -> (Vec<Stamped<Event>>, DecodeReport) {
    let (mut decoder, mut events) = (Decoder::new(format), Vec::new());
    for Message { time, channel, payload } in messages {
        decoder.decode(RawMessage { time: *time, channel, payload }, &mut events);
    }
    decoder.finish(&mut events);
    (events, decoder.report().clone())
}

fn fold(events: &[Stamped<Event>]) -> Session {
    let (mut session, mut changed) = (Session::new(), Vec::new());
    for event in events {
        changed.clear();
        session.apply(event, &mut changed);
        assert_named(&session, &changed);
    }
    assert_sane(&session);
    session
}

/// What is named as changed is there, unless it is gone.
fn assert_named(session: &Session, changed: &[Part]) {
    for part in changed {
        if let Part::Gone(driver) = part {
            assert!(session.car(*driver).is_none(), "{part:?}");
        }
    }
}

/// What holds of every state, whatever was sent.
fn assert_sane(session: &Session) {
    let mut order = session.board_order();
    order.sort_unstable();
    assert!(order.iter().eq(session.cars().keys()), "the board shows every car once");
    for driver in session.cars().keys() {
        let laps = session.laps_of(*driver);
        assert!(laps.windows(2).all(|pair| pair[0].number < pair[1].number), "laps of car {driver} out of order");
        assert!(laps.iter().all(|lap| lap.driver == *driver && lap.number.0 > 0), "a lap of another car than {driver}");
        let stints = session.stints_of(*driver);
        assert!(stints.iter().zip(1u8..).all(|(stint, number)| stint.number == number), "stints of car {driver}");
        let stops = session.pit_stops_of(*driver);
        assert!(stops.iter().zip(1u8..).all(|(stop, number)| stop.number == number), "stops of car {driver}");
    }
    assert!(!Board(session).to_string().is_empty());
}

/// One thing that may happen to a recording.
#[derive(Debug, Clone)]
enum Damage {
    Flip { message: usize, byte: usize, to: u8 },
    Cut { message: usize, len: usize },
    Drop { message: usize },
    Repeat { message: usize },
    Swap { message: usize, with: usize },
    Restamp { message: usize, millis: i64 },
    Rename { message: usize, like: usize },
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<prop::sample::Index>().prop_map(|index| index.index(MAX_MESSAGES));
    prop_oneof![
        (at(), 0usize..400, any::<u8>()).prop_map(|(message, byte, to)| Damage::Flip { message, byte, to }),
        (at(), 0usize..400).prop_map(|(message, len)| Damage::Cut { message, len }),
        at().prop_map(|message| Damage::Drop { message }),
        at().prop_map(|message| Damage::Repeat { message }),
        (at(), at()).prop_map(|(message, with)| Damage::Swap { message, with }),
        (at(), any::<i64>()).prop_map(|(message, millis)| Damage::Restamp { message, millis }),
        (at(), at()).prop_map(|(message, like)| Damage::Rename { message, like }),
    ]
}

impl Damage {
    fn apply(&self, messages: &mut Vec<Message>) {
        let len = messages.len();
        if len < 2 {
            return;
        }
        match *self {
            Damage::Flip { message, byte, to } => {
                let payload = &mut messages[message % len].payload;
                if let Some(slot) = payload.get_mut(byte) {
                    *slot = to;
                }
            }
            Damage::Cut { message, len: keep } => messages[message % len].payload.truncate(keep),
            Damage::Drop { message } => drop(messages.remove(message % len)),
            Damage::Repeat { message } => messages.insert(message % len, messages[message % len].clone()),
            Damage::Swap { message, with } => messages.swap(message % len, with % len),
            Damage::Restamp { message, millis } => messages[message % len].time = SessionTime::from_millis(millis / 4),
            Damage::Rename { message, like } => messages[message % len].channel = messages[like % len].channel.clone(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// A recording may end anywhere, in the middle of a message too: what it says until then is the same.
    #[test]
    fn any_prefix_is_a_valid_recording(which in 0usize..6, at in any::<prop::sample::Index>(), bytes in 0usize..300) {
        let Some(raw) = recordings().get(which) else { return Ok(()) };
        let n = at.index(raw.messages.len() + 1);
        let mut cut = raw.messages[..n].to_vec();
        let (events, _) = decode(raw.format, &raw.messages);
        let (before, _) = decode(raw.format, &raw.messages[..n.saturating_sub(1)]);
        prop_assert_eq!(&events[..before.len()], &before[..], "the future changed the past");
        if let Some(last) = cut.last_mut() {
            last.payload.truncate(bytes);
        }
        let (events, _) = decode(raw.format, &cut);
        prop_assert!(events.is_sorted_by_key(|event| event.time));
        fold(&events);
    }

    #[test]
    fn damage_is_survived(which in 0usize..6, damages in vec(damage(), 1..60)) {
        let Some(raw) = recordings().get(which) else { return Ok(()) };
        let mut messages = raw.messages.clone();
        damages.iter().for_each(|damage| damage.apply(&mut messages));
        let (events, report) = decode(raw.format, &messages);
        prop_assert!(events.is_sorted_by_key(|event| event.time));
        prop_assert_eq!(report.n_messages, messages.len() as u64);
        fold(&events);
    }
}

/// Nothing depends on chance, on an earlier run, or on how many events are folded at once.
#[test]
fn the_same_recording_gives_the_same_state() {
    for raw in recordings() {
        let (events, report) = decode(raw.format, &raw.messages);
        let (again, report_again) = decode(raw.format, &raw.messages);
        assert_eq!((&events, &report), (&again, &report_again));
        let state = format!("{:?}", fold(&events));
        assert_eq!(state, format!("{:?}", fold(&again)));
        let (mut batched, mut changed) = (Session::new(), Vec::new());
        for batch in events.chunks(97) {
            changed.clear();
            batch.iter().for_each(|event| batched.apply(event, &mut changed));
        }
        assert_eq!(state, format!("{batched:?}"));
    }
}

#[test]
fn the_broken_capture_is_reported_and_survived() {
    let Some(raw) = read("misc/fastf1_livedata_with_errors.txt") else { return };
    let (events, report) = decode(raw.format, &raw.messages);
    let session = fold(&events);
    // Four lines are no literals, eight end in a comma without a payload and one is a word; the rest lack a payload or
    // have a stamp, base64 or shape that is cut.
    let counts = [Skip::NotPython, Skip::NoPayload, Skip::BadStamp, Skip::NotBase64, Skip::WrongShape]
        .map(|kind| report.skipped.get(&kind).map_or(0, |tally| tally.count));
    assert_eq!((counts, report.n_skipped()), ([13, 10, 7, 2, 1], 33), "{:?}", report.skipped);
    // What stands between the broken lines is used: weather, race control, tyres.
    assert_eq!(session.weather().and_then(|weather| weather.air_temperature_c), Some(20.5));
    assert_eq!((session.race_control().len(), session.stints().count()), (1, 20));
}

#[test]
fn what_is_no_recording_is_refused_with_what_was_found() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/misc/Index2020.json") else { return };
    let error = Recording::open(path).err().unwrap().to_string();
    assert!(error.contains("found a file that begins with") && error.contains("expected one of"), "{error}");
}

/// One message holds the whole state of a race that is over: the cars have finished, lapped ones too.
#[test]
fn a_snapshot_after_the_flag_shows_the_result() {
    let Some(raw) = read("misc/2024_imola_race_subscribe_with_z.json.zst") else { return };
    let (events, _) = decode(raw.format, &raw.messages);
    let board = Board(&fold(&events)).to_string();
    let short = |line: &str| {
        let end = line.find(" last ").unwrap_or(line.len());
        let status = ["finished", "RETIRED", "track"].into_iter().find(|word| line.contains(word)).unwrap_or_default();
        format!("{} {status}", line[..end].trim_end()).trim_end().to_owned()
    };
    let lines: Vec<String> = board.lines().map(short).collect();
    insta::assert_snapshot!([0, 1, 2, 10, 19, 20].map(|idx| lines[idx].as_str()).join("\n"), @"
    Emilia Romagna Grand Prix Race | Ends | Track clear | lap 63/63
    P1   1 VER L63 finished
    P2   4 NOR L63 +0.725    +0.725 finished
    P10 22 TSU L62 +1 LAP    +22.132 finished
    P19 14 ALO L62 +1 LAP    +18.781 finished
    P20 23 ALB L51 +12 LAPS  +11 LAPS RETIRED
    ");
}

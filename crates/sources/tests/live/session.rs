//! Small sessions written by hand, one fault each.

use overcut_domain::{
    Event, Feed, FeedGap, FeedState, Liveness, RawMessage, SessionTime, SourceKind, Stamped, UtcTime,
};
use overcut_sources::DecodeReport;
use overcut_sources::live::{Assembler, AssemblerConfig, Note};
use overcut_sources::openf1::Translator;

use crate::told::{
    Archive, Line, Message, assert_same, closed, note, of_session, opened, read, states, take, take_with,
};

/// 2026-03-14T03:00:00Z.
const START_MS: i64 = 1_773_457_200_000;

const INFO: &str = r#"{"Key":1,"Type":"Race","Name":"Race","StartDate":"2026-03-14T03:00:00","GmtOffset":"00:00:00"}"#;

/// A session of an hour from its zero: heartbeats and track status.
fn quiet(n_seconds: i64) -> Archive {
    let mut lines = vec![Line::new(0, "SessionInfo", INFO), Line::new(500, "TrackStatus", r#"{"Status":"1"}"#)];
    for second in (1..n_seconds).step_by(5) {
        let utc = UtcTime::from_millis(START_MS - 3_600_000 + second * 1000);
        lines.push(Line::new(second * 1000, "Heartbeat", &format!(r#"{{"Utc":"{utc}"}}"#)));
        let status = if second % 2 == 0 { "1" } else { "2" };
        let json = format!(r#"{{"Status":"{status}","Message":"m{second}"}}"#);
        lines.push(Line::new(second * 1000 + 20, "TrackStatus", &json));
    }
    Archive { t0: UtcTime::from_millis(START_MS - 3_600_000), lines }
}

/// What a connection says of a part of the session.
fn pushed(archive: &Archive, channel: &str, clocks: std::ops::Range<i64>) -> Vec<Message> {
    let lines = archive.lines.iter().filter(|line| clocks.contains(&line.clock));
    lines.map(|line| (line.clock, channel.to_owned(), archive.record(line))).collect()
}

/// A connection that opens with some states and tells a part of the session.
fn connected(archive: &Archive, channel: &str, clocks: std::ops::Range<i64>) -> Vec<Message> {
    let beat = format!(r#"{{"Utc":"{}"}}"#, archive.utc(clocks.start));
    let opening = states(&[("SessionInfo", INFO), ("TrackStatus", r#"{"Status":"5"}"#), ("Heartbeat", &beat)]);
    let mut messages = vec![opened(clocks.start, channel), (clocks.start, channel.to_owned(), opening)];
    messages.extend(pushed(archive, channel, clocks));
    messages
}

/// Lines of the archive, some seconds late.
fn archived(archive: &Archive, clocks: std::ops::Range<i64>, late_ms: i64) -> Vec<Message> {
    let lines = archive.lines.iter().filter(|line| clocks.contains(&line.clock));
    lines.map(|line| (line.clock + late_ms, format!("archive/{}", line.topic), line.text.clone())).collect()
}

fn sorted(parts: impl IntoIterator<Item = Vec<Message>>) -> Vec<Message> {
    let mut messages: Vec<Message> = parts.into_iter().flatten().collect();
    messages.sort_by_key(|message| message.0);
    messages
}

fn gaps(events: &[Stamped<Event>]) -> Vec<FeedGap> {
    let gaps = events.iter().filter_map(|event| match &event.value {
        Event::Gap(gap) => Some(gap.clone()),
        _ => None,
    });
    gaps.collect()
}

fn feed_states(events: &[Stamped<Event>], feed: Feed) -> Vec<FeedState> {
    let states = events.iter().filter_map(|event| match &event.value {
        Event::Feeds(states) => Some(states.clone()),
        _ => None,
    });
    states.flatten().filter(|state| state.feed == feed).collect()
}

fn statuses(events: &[Stamped<Event>]) -> Vec<(i64, Event)> {
    let statuses = events.iter().filter(|event| matches!(event.value, Event::TrackStatus(_)));
    statuses.map(|event| (event.time.as_millis(), event.value.clone())).collect()
}

#[test]
fn a_gap_begins_ends_and_is_filled() {
    let archive = quiet(120);
    let cut = || [connected(&archive, "signalr/a", 0..40_000), vec![closed(40_000, "signalr/a")]];
    let back = || connected(&archive, "signalr/b", 61_500..120_000);
    let start = archived(&archive, 0..500, 8000);
    let (events, late, assembler) = take(&sorted(cut().into_iter().chain([back()])));
    let told = gaps(&events);
    assert_eq!(told.len(), 2, "{told:?}");
    // Session info and heartbeat are one feed, track status is in it, too.
    assert_eq!(
        (told[0].from, told[0].to, &told[0].feeds),
        (SessionTime::from_millis(36_020), None, &vec![Feed::Session])
    );
    assert_eq!(told[0].reason, "connection lost");
    assert_eq!((told[1].to, told[1].filled_by), (Some(SessionTime::from_millis(66_000)), None));
    assert!(late.iter().all(|late| !late), "nothing came late");
    assert!(assembler.wanted().contains(&Feed::Session), "a gap may still be filled");
    // The state that the connection gave when it came back stands for what is missing.
    let shown = statuses(&of_session(assembler.replay().collect()));
    assert!(shown.iter().any(|(time, event)| *time == 66_000 && format!("{event:?}").contains("Red")), "{shown:?}");

    // The archive reads its files from the beginning when the connection is lost.
    let lines = [start, archived(&archive, 0..36_000, 0).into_iter().map(|m| (46_000, m.1, m.2)).collect()];
    let rest = archived(&archive, 36_000..80_000, 8000).into_iter().map(|m| (m.0.max(47_000), m.1, m.2)).collect();
    let (events, late, assembler) = take(&sorted(cut().into_iter().chain([back(), rest]).chain(lines)));
    let told = gaps(&events);
    assert_eq!(told[0].to, None);
    assert_eq!(told.last().unwrap().filled_by, Some(SourceKind::Archive), "{told:?}");
    assert!(late.iter().any(|late| *late), "what fills a gap came late");
    let whole: Vec<_> = of_session(assembler.replay().collect());
    let want: Vec<_> = archive.events();
    assert_eq!(statuses(&whole), statuses(&want));
    assert!(!assembler.wanted().contains(&Feed::Session), "nothing is missing: {:?}", assembler.wanted());
}

#[test]
fn an_overlapping_reconnect_leaves_no_seam() {
    let archive = quiet(120);
    let (first, second) =
        (connected(&archive, "signalr/a", 0..70_000), connected(&archive, "signalr/b", 58_000..120_000));
    let messages = sorted([first, second, vec![closed(70_000, "signalr/a")]]);
    let (events, late, assembler) = take(&messages);
    assert_eq!(gaps(&events), []);
    assert!(late.iter().all(|late| !late));
    assert!(assembler.n_duplicates() > 0);
    let want: Vec<_> = archive.events().into_iter().skip(2).collect();
    let got: Vec<_> = assembler.replay().collect();
    // One state of the track when the first connection opened, none when the second did.
    assert_eq!(statuses(&got).len(), statuses(&want).len() + 2);
    assert!(feed_states(&events, Feed::Session).iter().all(|state| state.liveness == Liveness::Live));
}

#[test]
fn duplicated_and_reordered_messages_are_each_there_once_in_their_place() {
    let archive = quiet(60);
    let mut messages = connected(&archive, "signalr/a", 0..60_000);
    let mut feed = messages.split_off(2);
    feed.extend(feed.clone());
    feed.sort_by_key(|(at, _, record)| (at / 10_000, record.len(), record.clone()));
    for (at, message) in (1..).zip(&mut feed) {
        message.0 = at * 10;
    }
    let (in_order, shuffled) = (connected(&archive, "signalr/a", 0..60_000), [messages, feed].concat());
    let (want, _) = read(&in_order);
    let (got, _) = read(&shuffled);
    assert_same(&of_session(got), &of_session(want));
}

#[test]
fn a_snapshot_in_the_middle_is_harmless() {
    let archive = quiet(60);
    let (want, _) = read(&connected(&archive, "signalr/a", 0..60_000));
    let mut messages = connected(&archive, "signalr/a", 0..60_000);
    let again = messages[1].2.clone();
    messages.insert(15, (30_000, "signalr/a".into(), again.clone()));
    messages.insert(16, (30_000, "signalr/a".into(), again));
    messages.sort_by_key(|message| message.0);
    let (got, _) = read(&messages);
    assert_same(&of_session(got), &of_session(want));
}

#[test]
fn one_wild_stamp_does_not_poison() {
    let archive = quiet(60);
    let mut messages = connected(&archive, "signalr/a", 0..60_000);
    let wild = archive.record(&Line::new(9 * 3_600_000, "TrackStatus", r#"{"Status":"4"}"#));
    messages.push((30_500, "signalr/a".into(), wild));
    messages.sort_by_key(|message| message.0);
    let (events, _, assembler) = take(&messages);
    let last = |events: &[Stamped<Event>]| events.iter().map(|event| event.time.as_millis()).max();
    assert_eq!(last(&events), Some(56_020));
    let whole: Vec<_> = assembler.replay().collect();
    assert_eq!(last(&whole), Some(56_020));
    assert!(statuses(&whole).iter().any(|(_, event)| format!("{event:?}").contains("SafetyCar")), "it still counts");
}

#[test]
fn another_session_begins_and_lines_of_the_old_one_stay_out() {
    let archive = quiet(60);
    let other = INFO.replace("\"Key\":1", "\"Key\":2").replace("T03:", "T06:");
    let mut messages = sorted([connected(&archive, "signalr/a", 0..30_000), archived(&archive, 0..30_000, 5000)]);
    let begins = archive.record(&Line::new(3 * 3_600_000, "SessionInfo", &other));
    messages.push((36_000, "signalr/a".into(), begins));
    messages.extend(archived(&archive, 30_000..60_000, 8000));
    let mut assembler = Assembler::new(AssemblerConfig::default());
    let mut keys = Vec::new();
    for (at, channel, payload) in &messages {
        let raw = RawMessage { time: SessionTime::from_millis(*at), channel, payload: payload.as_bytes() };
        let taken = assembler.take(raw, &mut Vec::new());
        keys.extend(taken.new_session.and_then(|info| info.key));
    }
    assert_eq!(keys, [1, 2]);
    let events: Vec<_> = of_session(assembler.replay().collect());
    assert_eq!(statuses(&events), [], "the old session's lines are not the new one's");
    assert_eq!(assembler.session().unwrap().key, Some(2));

    // The new session's file begins anew.
    let raw = RawMessage {
        time: SessionTime::from_millis(90_000),
        channel: "archive/TrackStatus",
        payload: br#"00:00:01.000{"Status":"1"}"#,
    };
    assert!(!assembler.take(raw, &mut Vec::new()).is_late);
    assert!(assembler.replay().any(|event| matches!(event.value, Event::TrackStatus(_))) || assembler.zero().is_some());
}

#[test]
fn late_lines_say_so_and_are_given_in_their_place_by_a_replay() {
    let archive = quiet(60);
    let extra = Line::new(20_500, "TrackStatus", r#"{"Status":"6"}"#);
    let mut messages = archived(&archive, 0..60_000, 0);
    messages.push((59_000, "archive/TrackStatus".into(), extra.text));
    let (events, late, assembler) = take(&messages);
    assert_eq!(late.iter().filter(|late| **late).count(), 0, "a file's lines stand in order: {late:?}");
    assert_eq!(statuses(&events), statuses(&assembler.replay().collect::<Vec<_>>()));

    let mut messages = connected(&archive, "signalr/a", 0..60_000);
    let behind = archive.record(&Line::new(20_500, "TrackStatus", r#"{"Status":"6"}"#));
    messages.push((20_900, "signalr/a".into(), behind));
    messages.sort_by_key(|message| message.0);
    let (events, late, assembler) = take(&messages);
    assert_eq!(late.iter().filter(|late| **late).count(), 0, "no later word of it was given");
    let whole: Vec<_> = assembler.replay().collect();
    assert_eq!(statuses(&events).len(), statuses(&whole).len());
    assert!(statuses(&whole).iter().any(|(time, _)| *time == 20_500));

    let mut messages = connected(&archive, "signalr/a", 0..60_000);
    let behind = archive.record(&Line::new(20_500, "TrackStatus", r#"{"Status":"6"}"#));
    messages.push((28_000, "signalr/a".into(), behind));
    messages.sort_by_key(|message| message.0);
    let (events, late, assembler) = take(&messages);
    assert_eq!(late.iter().filter(|late| **late).count(), 1);
    let whole: Vec<_> = assembler.replay().collect();
    assert_eq!(statuses(&events).len() + 1, statuses(&whole).len());
}

#[test]
fn silence_ends_a_connection_and_time_alone_tells() {
    let archive = quiet(40);
    let messages = connected(&archive, "signalr/a", 0..40_000);
    let (mut events, _, mut assembler) = take(&messages);
    assert_eq!(gaps(&events), []);
    let mut ticked = Vec::new();
    for second in 40..120 {
        assembler.tick(SessionTime::from_millis(second * 1000), &mut ticked);
    }
    events.append(&mut ticked);
    let told = gaps(&events);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].from, SessionTime::from_millis(36_020));
    assert_eq!(told[0].reason, "nothing heard for 30 s");
    let shown = feed_states(&events, Feed::Session);
    assert_eq!(shown.last().unwrap().liveness, Liveness::Missing, "{shown:?}");
    assert!(assembler.wanted().contains(&Feed::Session));

    // A message after the silence tells the same as ticks did.
    let mut messages = messages;
    messages.push(note(119_000, &Note::ClockSet { by_ms: 0 }));
    let (only_taken, _, _) = take(&messages);
    assert_eq!(gaps(&only_taken), told);
    assert_eq!(feed_states(&only_taken, Feed::Session), shown);
}

#[test]
fn without_a_token_car_data_is_missing_or_late_and_says_why() {
    let archive = quiet(120);
    let messages = connected(&archive, "signalr/a", 0..60_000);
    let (events, _, assembler) = take(&messages);
    let cars = feed_states(&events, Feed::Cars);
    assert_eq!(cars.len(), 1, "{cars:?}");
    assert_eq!((cars[0].liveness, cars[0].source), (Liveness::Missing, None));
    assert_eq!(cars[0].reason, "without an F1TV token live timing has no car data");
    assert!(assembler.wanted().contains(&Feed::Cars) && !assembler.wanted().contains(&Feed::Session));

    let lines = (10..60).map(|second| {
        let line = Line::new(second * 1000, "CarData.z", "\"\"");
        (second * 1000 + 6000, "archive/CarData.z".to_owned(), line.text)
    });
    let beats = archived(&archive, 0..60_000, 6000);
    let (events, late, _) = take(&sorted([messages, lines.collect(), beats]));
    let cars = feed_states(&events, Feed::Cars);
    assert_eq!(cars.last().unwrap().liveness, Liveness::Late, "{cars:?}");
    assert_eq!(cars.last().unwrap().source, Some(SourceKind::Archive));
    assert_eq!(cars.last().unwrap().reason, "without an F1TV token live timing has no car data; from the archive");
    assert!(late.iter().all(|late| !late), "samples and what is told twice are never late");
    assert!(cars.len() <= 3, "only what changes is told: {cars:?}");
}

#[test]
fn delays_are_never_negative_whatever_the_clocks_say() {
    for skew_ms in [-90_000, -500, 0, 500, 90_000] {
        let archive = quiet(120);
        let begun = UtcTime::from_millis(archive.t0.as_millis() + 700 + skew_ms);
        let mut messages = vec![note(0, &Note::Begun { utc: begun })];
        messages.extend(connected(&archive, "signalr/a", 0..100_000));
        let (events, _, _) = take(&messages);
        let states = feed_states(&events, Feed::Session);
        let delay = states.last().unwrap().delay_ms.unwrap();
        assert!(delay <= 1500, "skew {skew_ms}: {states:?}");
        assert!(states.iter().all(|state| state.liveness == Liveness::Live), "skew {skew_ms}: {states:?}");
    }
}

#[test]
fn a_connection_that_comes_and_goes_does_not_flap() {
    let archive = quiet(200);
    let mut messages = Vec::new();
    for begin in (0..180_000).step_by(10_000) {
        messages.extend(connected(&archive, "signalr/a", begin..begin + 9000));
        messages.push(closed(begin + 9000, "signalr/a"));
    }
    let (events, _, _) = take(&messages);
    let states = feed_states(&events, Feed::Session);
    assert!(states.len() <= 2, "{states:?}");
}

/// A running session.
fn running(n_seconds: i64) -> Archive {
    let mut archive = quiet(n_seconds);
    archive.lines.insert(2, Line::new(600, "SessionStatus", r#"{"Status":"Started"}"#));
    archive
}

#[test]
fn what_a_silent_service_swallowed_is_a_gap_that_the_archive_fills() {
    let archive = running(120);
    let mut messages = connected(&archive, "signalr/a", 0..120_000);
    messages.retain(|(at, channel, _)| channel == "note" || !(37_000..64_000).contains(at));
    // It pings all the while.
    messages.extend([40_000, 50_000, 60_000].map(|at| (at, "signalr/a".to_owned(), r#"{"type":6}"#.to_owned())));
    messages.sort_by_key(|message| message.0);
    let (events, _, assembler) = take(&messages);
    let told = gaps(&events);
    assert_eq!(told.len(), 2, "{told:?}");
    let span = (told[1].from.as_millis(), told[1].to.unwrap().as_millis());
    assert_eq!((span, told[1].filled_by), ((36_020, 66_000), None));
    assert_eq!(told[1].reason, "live timing said nothing for 29 s");
    assert!(assembler.wanted().contains(&Feed::Session), "the archive may have it");

    messages
        .extend(archived(&archive, 0..120_000, 0).into_iter().map(|(at, c, text)| (at.max(70_000) + 6000, c, text)));
    messages.sort_by_key(|message| message.0);
    let (events, late, assembler) = take(&messages);
    assert_eq!(gaps(&events).last().unwrap().filled_by, Some(SourceKind::Archive));
    assert!(late.contains(&true));
    let timeless = |events: Vec<Stamped<Event>>| -> Vec<_> {
        of_session(events).into_iter().filter(|event| !matches!(event.value, Event::UtcOfZero(_))).collect()
    };
    assert_same(&timeless(assembler.replay().collect()), &timeless(archive.events()));
    assert!(!assembler.wanted().contains(&Feed::Session));
}

#[test]
fn a_quiet_service_is_not_a_silent_one() {
    // The session does not run, or the pause is one that running sessions have.
    for (archive, pause) in [(quiet(120), 37_000..64_000), (running(120), 37_000..54_000)] {
        let mut messages = connected(&archive, "signalr/a", 0..120_000);
        messages.retain(|(at, channel, _)| channel == "note" || !pause.contains(at));
        let (events, _, _) = take(&messages);
        assert_eq!(gaps(&events), []);
    }
}

#[test]
fn a_line_in_other_words_or_written_late_is_no_lost_message() {
    let archive = quiet(60);
    let mut odd = archive.clone();
    for line in &mut odd.lines {
        if line.topic == "TrackStatus" {
            *line = Line::new(line.clock, "TrackStatus", &line.json().replace("{", r#"{"More":1,"#));
        }
    }
    // A backlog of beats, all with the clock of the moment at which it was written.
    for line in odd.lines.iter_mut().filter(|line| line.topic == "Heartbeat" && (35_000..50_000).contains(&line.clock))
    {
        *line = Line::new(50_000, "Heartbeat", line.json());
    }
    odd.lines.sort_by_key(|line| line.clock);
    let pushed = connected(&archive, "signalr/a", 0..60_000);
    let (want, _) = read(&sorted([pushed.clone(), archived(&archive, 0..60_000, 3000)]));
    let (got, _) = read(&sorted([pushed, archived(&odd, 0..60_000, 3000)]));
    let within = |events: Vec<Stamped<Event>>| -> Vec<_> {
        let events = of_session(events).into_iter();
        events.filter(|event| (3000..55_000).contains(&event.time.as_millis())).collect()
    };
    assert_same(&within(got), &within(want));
}

#[test]
fn lost_messages_are_a_gap() {
    let archive = quiet(60);
    let mut messages = connected(&archive, "signalr/a", 0..60_000);
    let lost = Note::Lost { n_messages: 3, n_bytes: 100, reason: "the disk is full".into() };
    messages.retain(|(at, channel, _)| channel == "note" || !(20_000..30_000).contains(at));
    messages.push(note(25_000, &lost));
    messages.sort_by_key(|message| message.0);
    let (events, _, _) = take(&messages);
    let told = gaps(&events);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[1].from.as_millis(), told[1].to.unwrap().as_millis()), (16_020, 31_000));
    assert_eq!(told[1].reason, "the disk is full");
}

#[test]
fn memory_is_bounded_and_what_does_not_fit_is_counted() {
    let archive = quiet(100);
    let config = AssemblerConfig { max_entries: 20, ..AssemblerConfig::default() };
    let (events, _, assembler) = take_with(config, &connected(&archive, "signalr/a", 0..100_000));
    assert!(assembler.n_overflowed() > 15);
    assert!(statuses(&events).len() >= 20, "what is not kept is given as it comes");
    assert!(statuses(&assembler.replay().collect::<Vec<_>>()).len() < 20);
}

#[test]
fn garbage_is_counted_and_skipped() {
    let archive = quiet(30);
    let mut messages = connected(&archive, "signalr/a", 0..30_000);
    for (channel, payload) in [
        ("signalr/a", "{\"type\":1,\"target\":\"feed\",\"arguments\":[\"TrackStatus\",{\"Status\":\"1\"},\"noon\"]}"),
        ("signalr/a", "{\"type\":3,\"result\":{\"TrackStatus\":{\"Stat"),
        ("signalr/b", "no record"),
        ("archive/TrackStatus", "no clock"),
        ("archive/Gossip", "00:00:01.000{}"),
        ("open_meteo", "nothing"),
        ("note", "{}"),
        ("elsewhere", "x"),
    ] {
        messages.push((29_000, channel.into(), payload.into()));
    }
    let (_, _, assembler) = take(&messages);
    let report = assembler.report();
    assert_eq!(report.n_skipped(), 6, "{report:?}");
    assert_eq!(report.unknown_topics.len(), 2);
}

/// Rows of a real qualifying of 2026 as an API answers: endpoint and list.
fn rows() -> Option<Vec<Message>> {
    let folder = overcut_testkit::recording("f1/openf1/raw_2026_spain/qualifying_11303")?;
    let mut messages = vec![note(0, &Note::Begun { utc: "2026-06-13T13:00:00Z".parse().unwrap() })];
    for endpoint in ["sessions", "drivers", "race_control", "pit", "weather"] {
        let text = std::fs::read_to_string(folder.join(format!("openf1_{endpoint}.json"))).unwrap();
        messages.push((1000 * messages.len() as i64, format!("openf1/{endpoint}"), text));
    }
    Some(messages)
}

#[test]
fn openf1_alone_tells_a_session() {
    let Some(messages) = rows() else { return };
    let (events, _) = read(&messages);
    let mut told = Vec::new();
    let (mut translator, mut report) = (Translator::new(), DecodeReport::default());
    for (_, channel, payload) in &messages {
        if let Some(("openf1", endpoint)) = channel.split_once('/') {
            translator.take(endpoint, payload.as_bytes(), &mut report, &mut told);
        }
    }
    told.sort_by_key(|told| told.utc);
    let zero = events.iter().find_map(|event| match event.value {
        Event::UtcOfZero(utc) => Some(utc),
        _ => None,
    });
    let zero = zero.unwrap();
    let time = |utc: UtcTime| SessionTime::from_millis(utc.as_millis() - zero.as_millis());
    let want: Vec<_> = told.into_iter().map(|told| Stamped { time: time(told.utc), value: told.event }).collect();
    let is_of_rows = |event: &Stamped<Event>| !matches!(event.value, Event::UtcOfZero(_));
    let got: Vec<_> = of_session(events).into_iter().filter(is_of_rows).collect();
    assert!(got.len() > 100);
    assert_same(&got, &want);

    let (events, _, assembler) = take(&messages);
    assert_eq!(assembler.session().unwrap().key, Some(11303));
    let control = feed_states(&events, Feed::RaceControl);
    assert_eq!(control.last().unwrap().source, Some(SourceKind::OpenF1), "{control:?}");
}

#[test]
fn openf1_fills_a_gap_and_nothing_else() {
    let archive = quiet(300);
    let mut messages = sorted([
        connected(&archive, "signalr/a", 0..100_000),
        vec![closed(100_000, "signalr/a")],
        connected(&archive, "signalr/b", 200_000..300_000),
    ]);
    // Timing lines on each connection make timing a feed that it gives.
    let lines = [(50_000, "signalr/a"), (99_000, "signalr/a"), (201_000, "signalr/b"), (290_000, "signalr/b")];
    for (clock, channel) in lines {
        let line =
            Line::new(clock, "TimingData", &format!(r#"{{"Lines":{{"4":{{"NumberOfLaps":{}}}}}}}"#, clock / 10_000));
        messages.push((clock, channel.into(), archive.record(&line)));
    }
    let row = |(clock, place): (i64, u8)| {
        let utc = archive.utc(clock);
        format!(r#"{{"session_key":1,"date":"{utc}","driver_number":4,"position":{place}}}"#)
    };
    let rows = [(80_000, 8), (150_000, 5), (180_000, 6), (250_000, 9)].map(row);
    messages.push((251_000, "openf1/position".into(), format!("[{}]", rows.join(","))));
    messages.sort_by_key(|message| message.0);
    let (events, _) = read(&messages);
    let places = events.iter().filter_map(|event| match &event.value {
        Event::Timing(update) => update.cars.first().and_then(|car| car.position),
        _ => None,
    });
    assert_eq!(places.collect::<Vec<_>>(), [5, 6], "only what live timing did not tell");
    assert!(gaps(&events).iter().any(|gap| gap.filled_by == Some(SourceKind::OpenF1)), "{:?}", gaps(&events));
}

#[test]
fn a_forecast_is_an_event() {
    let archive = quiet(30);
    let mut messages = connected(&archive, "signalr/a", 0..30_000);
    let answer = r#"{"hourly":{"time":[1773453600],"temperature_2m":[14.5]}}"#;
    messages.push((20_000, "open_meteo".into(), answer.into()));
    messages.sort_by_key(|message| message.0);
    let is_forecast = |event: &Stamped<Event>| matches!(event.value, Event::Forecast(_));
    let (events, _, assembler) = take(&messages);
    assert_eq!(events.iter().filter(|event| is_forecast(event)).count(), 1);
    assert_eq!(assembler.replay().filter(is_forecast).count(), 1);
}

#[test]
fn states_without_a_stamp_wait_for_the_first_message() {
    let archive = quiet(30);
    let mut messages = connected(&archive, "signalr/a", 0..30_000);
    messages[1].2 = states(&[("TrackStatus", r#"{"Status":"5"}"#)]);
    let (events, late, assembler) = take(&messages);
    assert_eq!(late.iter().position(|late| *late), Some(2), "the first message tells when they were");
    assert!(!statuses(&events).iter().any(|(_, event)| format!("{event:?}").contains("Red")));
    assert!(
        statuses(&assembler.replay().collect::<Vec<_>>())[0].1 == Event::TrackStatus(overcut_domain::TrackStatus::Red)
    );
}

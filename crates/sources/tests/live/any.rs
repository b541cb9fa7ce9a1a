//! Whatever the cuts, the order of arrival and the split between sources: the session is that of its archive.

use std::collections::BTreeMap;

use overcut_domain::{Event, FeedGap, SessionTime, SourceKind, Stamped, UtcTime};
use proptest::prelude::*;

use crate::told::{Archive, Line, Message, assert_same, closed, of_session, opened, read, states, take};

/// 2026-03-14T02:00:00Z.
const T0_MS: i64 = 1_773_453_600_000;
const PUBLIC: [&str; 4] = ["TimingData", "TrackStatus", "WeatherData", "RaceControlMessages"];
const GATED: [&str; 2] = ["DriverRaceInfo", "PitLaneTimeCollection"];

/// Three minutes of a session: busy and quiet topics, some lines at the same moment.
fn any_archive() -> impl Strategy<Value = Archive> {
    let line = (1i64..180_000, 0usize..6, 0u32..4);
    proptest::collection::vec(line, 20..150).prop_map(|drawn| {
        let t0 = UtcTime::from_millis(T0_MS);
        let mut lines = vec![
            Line::new(0, "SessionInfo", r#"{"Key":7,"Name":"Race","Type":"Race","StartDate":"2026-03-14T03:00:00"}"#),
            Line::new(0, "TrackStatus", r#"{"Status":"2"}"#),
        ];
        for (n, (clock, topic, value)) in drawn.into_iter().enumerate() {
            let json = match topic {
                // Few values, so that the same words come again.
                0 | 1 => format!(r#"{{"Lines":{{"4":{{"NumberOfLaps":{value}}}}}}}"#),
                2 => format!(r#"{{"Status":"{}"}}"#, 1 + value),
                3 => format!(r#"{{"AirTemp":"{n}.5"}}"#),
                4 => format!(r#"{{"Messages":{{"{n}":{{"Utc":"2026-03-14T02:00:00","Message":"M{n}"}}}}}}"#),
                _ => format!(r#"{{"4":{{"Position":"{}"}}}}"#, 1 + value),
            };
            let topic =
                ["TimingData", "TimingData", "TrackStatus", "WeatherData", "RaceControlMessages", "DriverRaceInfo"]
                    [topic];
            // Forty milliseconds apart, so that some coincide.
            lines.push(Line::new(clock / 40 * 40, topic, &json));
        }
        for beat in 0..14 {
            let utc = UtcTime::from_millis(T0_MS + beat * 15_000 + 2100);
            lines.push(Line::new(beat * 15_000 + 100, "Heartbeat", &format!(r#"{{"Utc":"{utc}"}}"#)));
        }
        lines.sort_by(|a, b| (a.clock, &a.topic).cmp(&(b.clock, &b.topic)));
        lines.dedup();
        // What stands twice at one moment cannot be told from what was sent twice.
        let mut known = std::collections::HashSet::new();
        lines.retain(|line| known.insert((line.topic.clone(), line.text.clone())));
        Archive { t0, lines }
    })
}

/// What happens to one message of a connection.
#[derive(Debug, Clone, Copy)]
struct Fate {
    is_doubled: bool,
    /// It never arrives.
    is_dropped: bool,
    delay_ms: i64,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    let delay_ms = prop_oneof![3 => Just(0), 1 => 0i64..1500];
    (prop::bool::weighted(0.1), prop::bool::weighted(0.1), delay_ms)
        .prop_map(|(is_doubled, is_dropped, delay_ms)| Fate { is_doubled, is_dropped, delay_ms })
}

/// How sources tell the session.
#[derive(Debug, Clone)]
struct Story {
    /// Ends of connections, and how long until the next, in milliseconds.
    cuts: Vec<(i64, i64)>,
    /// When the service swallows everything, and for how long.
    swallows: Vec<(i64, i64)>,
    fates: Vec<Fate>,
    /// How late lines of the archive are, by topic.
    late_ms: Vec<i64>,
    /// True if the connection has the gated topics, too.
    has_token: bool,
}

fn any_story() -> impl Strategy<Value = Story> {
    let cuts = proptest::collection::vec((5000i64..60_000, 500i64..40_000), 0..4);
    let swallows = proptest::collection::vec((0i64..180_000, 500i64..50_000), 0..3);
    let fates = proptest::collection::vec(any_fate(), 50);
    let late_ms = proptest::collection::vec(500i64..9000, 8);
    (cuts, swallows, fates, late_ms, any::<bool>()).prop_map(|(cuts, swallows, fates, late_ms, has_token)| Story {
        cuts,
        swallows,
        fates,
        late_ms,
        has_token,
    })
}

/// As [`any_story`], where connections lose nothing while they last.
fn any_whole_story() -> impl Strategy<Value = Story> {
    any_story().prop_map(|mut story| {
        story.swallows.clear();
        story.fates.iter_mut().for_each(|fate| fate.is_dropped = false);
        story
    })
}

impl Story {
    /// Messages of the connections, in order of arrival.
    fn pushed(&self, archive: &Archive) -> Vec<Message> {
        let mut messages: Vec<(i64, usize, Message)> = Vec::new();
        let mut begin = 0;
        let mut ends: Vec<(i64, i64)> = Vec::new();
        for (up_ms, down_ms) in &self.cuts {
            let last = ends.last().map_or(0, |(end, down)| end + down);
            ends.push((last + up_ms, *down_ms));
        }
        ends.push((i64::MAX / 2, 0));
        for (idx, (end, down_ms)) in ends.into_iter().enumerate() {
            let channel = if idx % 2 == 0 { "signalr/a" } else { "signalr/b" };
            let topics =
                PUBLIC.iter().chain(GATED.iter().filter(|_| self.has_token)).chain(&["SessionInfo", "Heartbeat"]);
            // States that are wrong, so that one that counts shows.
            let topics: Vec<(&str, &str)> = topics
                .map(|topic| (*topic, if *topic == "TrackStatus" { r#"{"Status":"5"}"# } else { "{}" }))
                .collect();
            let n = messages.len();
            messages.push((begin, n, opened(begin, channel)));
            messages.push((begin, n + 1, (begin, channel.into(), states(&topics))));
            let is_told = |line: &&Line| {
                (begin..end).contains(&line.clock) && (self.has_token || !GATED.contains(&line.topic.as_str()))
            };
            for (n, line) in archive.lines.iter().filter(is_told).enumerate() {
                let fate = self.fates[n % self.fates.len()];
                // Whole groups of one moment are late together: their order is not stated anywhere else.
                let late = self.fates[(line.clock / 40) as usize % self.fates.len()].delay_ms;
                let message = (line.clock + late, channel.to_owned(), archive.record(line));
                // Beats tell how far apart the clocks are: without any nothing can be compared.
                let is_kept = line.topic == "Heartbeat" && line.clock < 60_000;
                let is_swallowed = self.swallows.iter().any(|(at, for_ms)| (*at..at + for_ms).contains(&line.clock));
                if message.0 < end && (is_kept || !fate.is_dropped && !is_swallowed) {
                    let order = messages.len();
                    messages.push((message.0, order, message.clone()));
                    if fate.is_doubled {
                        messages.push((message.0 + fate.delay_ms, order, message));
                    }
                }
            }
            // It pings, even while it swallows everything else.
            for at in (begin..end.min(200_000)).step_by(10_000) {
                messages.push((at, messages.len(), (at, channel.to_owned(), r#"{"type":6}"#.to_owned())));
            }
            let order = messages.len();
            messages.push((end.min(300_000), order, closed(end.min(300_000), channel)));
            begin = end.saturating_add(down_ms);
        }
        messages.retain(|(at, ..)| *at < 300_001);
        messages.sort_by_key(|(at, order, _)| (*at, *order));
        messages.into_iter().map(|(.., message)| message).collect()
    }

    /// Lines of the archive: all of it, each topic as late as it likes.
    fn archived(&self, archive: &Archive) -> Vec<Message> {
        let late = |topic: &str| self.late_ms[topic.len() % self.late_ms.len()];
        let lines = archive.lines.iter();
        lines
            .map(|line| (line.clock + late(&line.topic), format!("archive/{}", line.topic), line.text.clone()))
            .collect()
    }
}

fn together(mut messages: Vec<Message>, more: Vec<Message>) -> Vec<Message> {
    messages.extend(more);
    messages.sort_by_key(|message| message.0);
    messages
}

/// What was said last of each gap.
fn last_words(events: &[Stamped<Event>]) -> BTreeMap<u16, FeedGap> {
    let mut gaps = BTreeMap::new();
    for event in events {
        if let Event::Gap(gap) = &event.value {
            gaps.insert(gap.index, gap.clone());
        }
    }
    gaps
}

/// Events by what they are about, each in order of time.
fn by_topic(events: &[Stamped<Event>]) -> BTreeMap<String, Vec<String>> {
    let mut topics: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events {
        let text = format!("{:?}", event.value);
        let topic = text.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
        topics.entry(topic).or_default().push(text);
    }
    topics
}

/// Moments at which a connection gives way to the next, which was opened some time before.
fn seams() -> impl Strategy<Value = Vec<(i64, i64)>> {
    proptest::collection::vec((5000i64..50_000, 1000i64..5000), 1..4)
}

/// A session on connections that overlap, each of which opens with the states of that moment.
fn overlapping(archive: &Archive, seams: &[(i64, i64)]) -> Vec<Message> {
    let mut messages = Vec::new();
    let (mut from, mut end) = (0, 0);
    let seams = seams.iter().copied().chain([(i64::MAX / 2, 0)]);
    for (idx, (for_ms, overlap_ms)) in seams.enumerate() {
        let channel = if idx % 2 == 0 { "signalr/a" } else { "signalr/b" };
        end += for_ms;
        messages.push(opened(from, channel));
        let topics: Vec<(&str, &str)> = PUBLIC
            .iter()
            .chain(&GATED)
            .chain(&["SessionInfo", "Heartbeat"])
            .map(|topic| (*topic, if *topic == "TrackStatus" { r#"{"Status":"5"}"# } else { "{}" }))
            .collect();
        messages.push((from, channel.into(), states(&topics)));
        let lines = archive.lines.iter().filter(|line| (from..end).contains(&line.clock));
        messages.extend(lines.map(|line| (line.clock, channel.into(), archive.record(line))));
        if end < i64::MAX / 4 {
            messages.push(closed(end, channel));
        }
        from = end - overlap_ms;
    }
    messages.sort_by_key(|message| message.0);
    messages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn with_the_archive_the_session_is_whole(archive in any_archive(), story in any_story()) {
        let messages = together(story.pushed(&archive), story.archived(&archive));
        let (events, _) = read(&messages);
        for gap in last_words(&events).values() {
            let to = gap.to.map_or(i64::MAX, SessionTime::as_millis);
            let is_empty = !archive.lines.iter().any(|line| line.clock > gap.from.as_millis() && line.clock < to);
            prop_assert!(is_empty || gap.filled_by == Some(SourceKind::Archive), "{gap:?}");
        }
        assert_same(&of_session(events), &archive.events());
    }

    #[test]
    fn what_is_given_as_it_comes_is_the_session_unless_something_is_late(
        archive in any_archive(), story in any_story()
    ) {
        let messages = together(story.pushed(&archive), story.archived(&archive));
        let (given, late, assembler) = take(&messages);
        if !late.contains(&true) {
            let whole = of_session(assembler.replay().collect());
            let given = of_session(given);
            for text in by_topic(&whole) {
                let (got, want) = (text.1, by_topic(&given).remove(&text.0).unwrap_or_default());
                prop_assert_eq!(&got, &want, "{}", text.0);
            }
        }
    }

    #[test]
    fn nothing_is_invented_without_the_archive(archive in any_archive(), story in any_story()) {
        let messages = story.pushed(&archive);
        let (events, _) = read(&messages);
        let told: std::collections::HashSet<&str> = messages.iter().map(|message| message.2.as_str()).collect();
        let n_told = archive.lines.iter().filter(|line| line.topic == "RaceControlMessages")
            .filter(|line| told.contains(archive.record(line).as_str())).count();
        prop_assert_eq!(events.iter().filter(|event| matches!(event.value, Event::RaceControl(_))).count(), n_told);
    }

    #[test]
    fn connections_that_overlap_tell_what_one_tells(archive in any_archive(), seams in seams()) {
        let (one, _) = read(&overlapping(&archive, &[]));
        let (several, _) = read(&overlapping(&archive, &seams));
        assert_same(&of_session(several), &of_session(one));
        let (given, late, _) = take(&overlapping(&archive, &seams));
        let (want, late_of_one, _) = take(&overlapping(&archive, &[]));
        let n_late = |late: &[bool]| late.iter().filter(|late| **late).count();
        prop_assert_eq!(n_late(&late), n_late(&late_of_one));
        assert_same(&of_session(given), &of_session(want));
    }

    #[test]
    fn the_order_in_which_sources_arrive_changes_nothing(
        archive in any_archive(), story in any_story(), seed in any::<u64>()
    ) {
        let (pushed, archived) = (story.pushed(&archive), story.archived(&archive));
        let (want, _) = read(&together(pushed.clone(), archived.clone()));
        // The archive comes as a whole, at any moment.
        let at = (seed % 300_000) as i64;
        let (got, _) = read(&together(pushed, archived.into_iter().map(|message| (at, message.1, message.2)).collect()));
        assert_same(&of_session(got), &of_session(want));
    }

    #[test]
    fn without_the_archive_gaps_are_where_messages_are_missing(archive in any_archive(), story in any_whole_story()) {
        let messages = story.pushed(&archive);
        let (events, _) = read(&messages);
        let gaps = last_words(&events);
        prop_assert!(gaps.values().all(|gap| gap.filled_by.is_none()));
        let told: std::collections::HashSet<&str> = messages.iter().map(|message| message.2.as_str()).collect();
        for line in &archive.lines {
            let is_pushed = story.has_token || !GATED.contains(&line.topic.as_str());
            let is_in_gap = gaps.values().any(|gap| {
                let to = gap.to.map_or(i64::MAX, SessionTime::as_millis);
                // A message that was under way when the connection ended may have been overtaken.
                (gap.from.as_millis() - 1500..=to.saturating_add(1500)).contains(&line.clock)
            });
            if is_pushed && !told.contains(archive.record(line).as_str()) {
                prop_assert!(is_in_gap, "{line:?} is missing, but not in {gaps:?}");
            }
        }
    }
}

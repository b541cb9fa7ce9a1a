//! Whatever the cuts, the order of arrival and the split between sources: the session is that of its archive.

use std::collections::BTreeMap;

use overcut_domain::{Event, FeedGap, SessionTime, SourceKind, Stamped, UtcTime};
use proptest::prelude::*;

use crate::told::{Archive, Line, Message, assert_same, closed, of_session, opened, read, states};

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
    delay_ms: i64,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    (prop::bool::weighted(0.1), prop_oneof![3 => Just(0), 1 => 0i64..1500])
        .prop_map(|(is_doubled, delay_ms)| Fate { is_doubled, delay_ms })
}

/// How sources tell the session.
#[derive(Debug, Clone)]
struct Story {
    /// Ends of connections, and how long until the next, in milliseconds.
    cuts: Vec<(i64, i64)>,
    fates: Vec<Fate>,
    /// How late lines of the archive are, by topic.
    late_ms: Vec<i64>,
    /// True if the connection has the gated topics, too.
    has_token: bool,
}

fn any_story() -> impl Strategy<Value = Story> {
    let cuts = proptest::collection::vec((5000i64..60_000, 500i64..40_000), 0..4);
    let fates = proptest::collection::vec(any_fate(), 50);
    let late_ms = proptest::collection::vec(500i64..9000, 8);
    (cuts, fates, late_ms, any::<bool>()).prop_map(|(cuts, fates, late_ms, has_token)| Story {
        cuts,
        fates,
        late_ms,
        has_token,
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
                if message.0 < end {
                    let order = messages.len();
                    messages.push((message.0, order, message.clone()));
                    if fate.is_doubled {
                        messages.push((message.0 + fate.delay_ms, order, message));
                    }
                }
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
    fn without_the_archive_gaps_are_where_messages_are_missing(archive in any_archive(), story in any_story()) {
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

//! A real sprint, told by sources that fail.

use crate::told::{Archive, Message, assert_same, closed, of_session, opened, read, states};

/// How long after it was sent a line of the archive arrives.
const ARCHIVE_DELAY_MS: i64 = 8000;

fn sprint() -> Option<Archive> {
    let folder = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint")?;
    // Without the samples, which make nine tenths of the bytes, unless a test is about them.
    Some(Archive::open(&folder, |topic| topic != "Position.z"))
}

fn is_gated(topic: &str) -> bool {
    matches!(
        topic,
        "CarData.z"
            | "Position.z"
            | "DriverRaceInfo"
            | "ChampionshipPrediction"
            | "TeamRadio"
            | "PitStopSeries"
            | "PitStop"
            | "PitLaneTimeCollection"
            | "OvertakeSeries"
    )
}

/// Lines as they arrive from the archive.
fn archive_lines(archive: &Archive, keep: impl Fn(&str, i64) -> bool) -> Vec<Message> {
    let kept = archive.lines.iter().filter(|line| keep(&line.topic, line.clock));
    kept.map(|line| (line.clock + ARCHIVE_DELAY_MS, format!("archive/{}", line.topic), line.text.clone())).collect()
}

#[test]
fn the_archive_alone_is_the_archive() {
    let Some(archive) = sprint() else { return };
    let (events, report) = read(&archive_lines(&archive, |_, _| true));
    assert!(report.is_clean(), "{report:?}");
    assert_same(&of_session(events), &archive.events());
}

#[test]
fn without_a_token_the_archive_gives_what_the_connection_does_not() {
    let Some(archive) = sprint() else { return };
    let is_public = |topic: &str| !is_gated(topic);
    let mut messages = vec![opened(0, "signalr/a"), (0, "signalr/a".into(), states(&[]))];
    let public = archive.lines.iter().filter(|line| is_public(&line.topic));
    messages.extend(public.map(|line| (line.clock, "signalr/a".into(), archive.record(line))));
    // Until the clocks are known heartbeats are wanted too.
    messages.extend(archive_lines(&archive, |topic, clock| is_gated(topic) || topic == "Heartbeat" && clock < 60_000));
    messages.sort_by_key(|message| message.0);
    let (events, report) = read(&messages);
    assert!(report.is_clean(), "{report:?}");
    assert_same(&of_session(events), &archive.events());
}

/// The session on connections that are cut at these clocks, each for a while, and the archive while they are.
fn cut(archive: &Archive, cuts: &[(i64, i64)]) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut from = 0;
    let ends = cuts.iter().map(|(at, for_ms)| (*at, at + for_ms)).chain([(i64::MAX, i64::MAX)]);
    for (idx, (end, next)) in ends.enumerate() {
        let channel = if idx % 2 == 0 { "signalr/a" } else { "signalr/b" };
        messages.push(opened(from, channel));
        // What it states is known to be wrong, so that using it would show.
        let odd = [("TrackStatus", r#"{"Status":"5"}"#), ("SessionStatus", r#"{"Status":"Aborted"}"#)];
        let topics: std::collections::BTreeSet<&str> = archive.lines.iter().map(|line| line.topic.as_str()).collect();
        let mut topics: Vec<(&str, &str)> =
            topics.iter().filter(|topic| !topic.ends_with(".z")).map(|topic| (*topic, "{}")).collect();
        topics.retain(|(topic, _)| odd.iter().all(|(other, _)| topic != other));
        topics.extend(odd);
        topics.push(("CarData.z", "\"\""));
        messages.push((from, channel.into(), states(&topics)));
        let lines = archive.lines.iter().filter(|line| (from..end).contains(&line.clock));
        messages.extend(lines.map(|line| (line.clock, channel.into(), archive.record(line))));
        if end < i64::MAX {
            messages.push(closed(end, channel));
        }
        from = next;
    }
    let is_down = |clock: i64| cuts.iter().any(|(at, for_ms)| (*at..at + for_ms + 15_000).contains(&clock));
    messages.extend(archive_lines(archive, |_, clock| clock < 60_000 || is_down(clock)));
    messages.sort_by_key(|message| message.0);
    messages
}

#[test]
fn cut_connections_are_filled_from_the_archive() {
    let Some(archive) = sprint() else { return };
    let cuts = [(600_123, 20_000), (2_801_000, 45_000), (2_900_000, 3000), (4_000_000, 200_000)];
    let (events, _) = read(&cut(&archive, &cuts));
    assert_same(&of_session(events), &archive.events());
}

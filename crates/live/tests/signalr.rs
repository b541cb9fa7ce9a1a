//! The client of live timing against a service that fails in every way the real one does.
#![allow(clippy::unwrap_used, reason = "tests")]

mod rig;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use overcut_domain::{SessionTime, UtcTime};
use overcut_live::signalr::TokenSource;
use overcut_live::{Arrival, CredentialState, Phase, Secret};
use overcut_sources::live::Note;
use overcut_testkit::stub::signalr::Refusal;
use overcut_testkit::tape::{Tape, TapeMessage};
use rig::{Rig, Start, TOKEN, feed_of, tokens};

const T0: UtcTime = UtcTime::from_millis(1_773_454_632_000);

/// A race of one lap a second, from a minute before to ten minutes after its start.
fn laps() -> Tape {
    laps_of(9001, T0)
}

fn laps_of(key: i64, t0: UtcTime) -> Tape {
    let info = format!(r#"{{"Key":{key},"Name":"Race"}}"#);
    let mut messages = vec![
        (0, "SessionInfo", info),
        (0, "SessionStatus", r#"{"Status":"Started","Started":"Started"}"#.to_owned()),
        (0, "CarData.z", r#""7ZSx8ZSx""#.to_owned()),
        (0, "Position.z", r#""9ZSx8ZSx""#.to_owned()),
    ];
    for lap in 1..=600 {
        messages.push((lap * 1000, "LapCount", format!(r#"{{"CurrentLap":{lap}}}"#)));
        messages.push((lap * 1000 + 200, "CarData.z", format!(r#""8ZSx7ZSx{lap:04}""#)));
    }
    let messages: Vec<_> = messages.iter().map(|(at, topic, json)| (*at, *topic, json.as_str())).collect();
    Tape::of(t0, &messages)
}

/// The laps that were handed over in messages of the feed, in order of arrival.
fn laps_heard(rig: &Rig) -> Vec<i64> {
    let feed = feed_of(&rig.records());
    let laps = feed.iter().filter(|message| message.topic == "LapCount");
    laps.filter_map(|message| message.payload["CurrentLap"].as_i64()).collect()
}

/// True if no lap is missing between the first and the last heard, snapshots and all.
fn has_no_hole(laps: &[i64]) -> bool {
    let mut laps = laps.to_vec();
    laps.sort_unstable();
    laps.windows(2).all(|pair| pair[1] - pair[0] <= 1)
}

#[tokio::test]
async fn hands_over_snapshot_and_feed_of_a_real_sprint_as_they_came() {
    let Some(folder) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let minutes = |m: i64| SessionTime::from_millis(m * 60_000);
    let tape = Arc::new(Tape::from_archive(&folder).cut(minutes(50), minutes(54)));
    let rig =
        Rig::start(Start { tape: tape.clone(), speed: 200.0, faster: 50.0, token: tokens(), ..Start::new(laps()) })
            .await;
    rig.until("the end of the tape", |rig| rig.stub.counts().n_open == 1 && rig.clock.position_ms() > tape.end_ms())
        .await;
    let sent = rig.stub.counts().n_messages as usize;
    rig.until("all that was sent", |rig| rig.arrivals().len() > sent).await;
    let records = rig.records();
    assert!(records[0].len() > 100_000, "the snapshot of a race is large: {} bytes", records[0].len());
    let subscribed = overcut_live::signalr::Config::default().topics;
    let position = tape.messages().len() - sent..;
    let mut due = tape.messages().iter().filter(|message| subscribed.iter().any(|topic| **topic == *message.topic));
    let feed = feed_of(&records);
    let first = due.by_ref().position(|m| m.utc.to_string() == feed[0].stamp && *m.topic == *feed[0].topic);
    assert!(first.is_some() && position.start > 0);
    let rest: Vec<_> =
        std::iter::once(feed[0].topic.clone()).chain(due.map(|message| message.topic.to_string())).collect();
    assert_eq!(feed.iter().map(|message| message.topic.clone()).collect::<Vec<_>>(), rest[..feed.len()]);
    assert_eq!(rig.notes(), [Note::Opened { channel: "signalr/a".into() }]);
    assert!(rig.status().detail.starts_with("with a token, "), "{}", rig.status().detail);
    assert_eq!(rig.stub.counts().n_negotiations, 1);
    assert_eq!(rig.stub.asked()[0].user_agent.as_deref(), Some("BestHTTP"));
    rig.stop().await;
}

#[tokio::test]
async fn without_a_token_the_rest_comes_and_the_status_says_what_does_not() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    assert!(rig.status().detail.starts_with("without a token: no car data, no positions"), "{}", rig.status().detail);
    assert!(feed_of(&rig.records()).iter().all(|message| message.topic != "CarData.z"));
    assert_eq!(rig.status().credential, None);
    rig.stop().await;
}

#[tokio::test]
async fn stopping_notes_the_end_and_leaves_nothing_open() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.shutdown.cancel();
    rig.until("no connection", |rig| rig.stub.counts().n_open == 0).await;
    let closed = Note::Closed { channel: "signalr/a".into(), reason: "stopped".into() };
    rig.until("the note", |rig| rig.notes().last() == Some(&closed)).await;
    assert_eq!(rig.status().phase, Phase::Off);
    rig.stop().await;
}

#[tokio::test]
async fn connection_drops_at_random() {
    let rig = Rig::start(Start::new(laps())).await;
    for n in 1..=4 {
        rig.until("a connection", |rig| rig.opened() >= n && rig.stub.counts().n_open == 1).await;
        rig.stub.faults().drop_connections();
    }
    rig.until("a fifth connection", |rig| rig.opened() >= 5).await;
    assert_eq!(rig.closed_because("the connection was lost") + rig.closed_because("the connection was closed"), 4);
    // What was missed while there was no connection is in the next snapshot.
    assert!(rig.records().iter().filter(|record| record.starts_with(r#"{"type":3"#)).count() >= 5);
    assert!(rig.stub.counts().n_negotiations <= 6, "{:?}", rig.stub.counts());
    rig.stop().await;
}

#[tokio::test]
async fn connections_that_drop_every_few_seconds_are_not_asked_for_in_a_rush() {
    let start = Start::new(laps());
    let rig = Rig::start(start).await;
    // Every one lasts for less than what counts as a success, so that the pauses grow.
    rig.stub.faults().set(|settings| settings.drop_every = Some(Duration::from_millis(20)));
    rig.until("five connections", |rig| rig.stub.counts().n_connections >= 5).await;
    let asked = rig.stub.asked();
    let negotiated: Vec<_> =
        asked.iter().filter(|asked| asked.what.starts_with("POST")).map(|asked| asked.at).collect();
    for pair in negotiated.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(20), "asked again at once");
    }
    rig.stub.faults().clear();
    let before = laps_heard(&rig).len();
    rig.until("laps", |rig| laps_heard(rig).len() > before + 5).await;
    rig.stop().await;
}

#[tokio::test]
async fn half_open_socket() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().freeze_connections();
    rig.until("another connection", |rig| rig.opened() == 2).await;
    assert_eq!(rig.closed_because("nothing came for"), 1);
    let before = laps_heard(&rig).len();
    rig.until("laps", |rig| laps_heard(rig).len() > before + 3).await;
    rig.stop().await;
}

#[tokio::test]
async fn silence_while_a_session_runs() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().set(|settings| settings.is_silent = true);
    rig.until("a verdict", |rig| rig.closed_because("nothing of the running session came") == 1).await;
    rig.stub.faults().clear();
    let before = laps_heard(&rig).len();
    rig.until("laps", |rig| laps_heard(rig).len() > before + 3).await;
    rig.stop().await;
}

#[tokio::test]
async fn after_a_session_silence_is_no_fault() {
    let over = Tape::of(T0, &[(0, "SessionInfo", r#"{"Key":1}"#), (0, "SessionStatus", r#"{"Status":"Ends"}"#)]);
    let start = Start::new(over);
    let no_feed = Duration::from_millis(start.config().no_feed_ms);
    let rig = Rig::start(start).await;
    rig.until("a connection", |rig| rig.opened() == 1).await;
    let pings = rig.stub.counts().n_pings;
    let since = std::time::Instant::now();
    rig.until("time and pings", |rig| since.elapsed() > no_feed * 3 && rig.stub.counts().n_pings > pings + 3).await;
    assert_eq!((rig.stub.counts().n_connections, rig.opened()), (1, 1));
    rig.stop().await;
}

#[tokio::test]
async fn duplicated_and_reordered_messages_are_handed_over_as_they_came() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.stub.faults().set(|settings| (settings.duplicate_every, settings.reorder_every) = (Some(5), Some(3)));
    rig.until("laps", |rig| laps_heard(rig).len() > 20).await;
    let laps = laps_heard(&rig);
    assert!(
        laps.windows(2).any(|pair| pair[0] == pair[1]) && laps.windows(2).any(|pair| pair[0] > pair[1]),
        "{laps:?}"
    );
    // The last but one may still be held back.
    assert!(has_no_hole(&laps[..laps.len() - 2]), "{laps:?}");
    assert_eq!(rig.stub.counts().n_connections, 1);
    rig.stop().await;
}

#[tokio::test]
async fn snapshot_in_the_middle() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().send_snapshot();
    let snapshots = |rig: &Rig| rig.records().iter().filter(|record| record.starts_with(r#"{"type":3"#)).count();
    rig.until("a second snapshot", |rig| snapshots(rig) == 2).await;
    let before = laps_heard(&rig).len();
    rig.until("laps", |rig| laps_heard(rig).len() > before + 3).await;
    assert_eq!(rig.notes().len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn truncated_z_is_handed_over_for_its_reader_to_count() {
    let rig = Rig::start(Start { token: tokens(), ..Start::new(laps()) }).await;
    rig.stub.faults().set(|settings| settings.truncate_z_every = Some(2));
    let short = |rig: &Rig| {
        let feed = feed_of(&rig.records());
        feed.iter().filter(|m| m.topic == "CarData.z" && m.payload.as_str().is_some_and(|text| text.len() < 8)).count()
    };
    rig.until("cut payloads", |rig| short(rig) > 3).await;
    assert_eq!(rig.stub.counts().n_connections, 1);
    rig.stop().await;
}

#[tokio::test]
async fn refusals_of_every_kind_are_waited_out() {
    for status in [401, 403, 404, 422, 429, 500, 502, 503] {
        let start = Start::new(laps());
        let first = Duration::from_millis(start.config().first_pause_ms);
        let rig = Rig::start_with(start, |stub| {
            stub.faults().set(|settings| settings.negotiate = Some(Refusal::of(status, 2)));
        })
        .await;
        rig.until("a connection", |rig| rig.opened() == 1).await;
        let asked = rig.stub.asked();
        let posts: Vec<_> = asked.iter().filter(|asked| asked.what.starts_with("POST")).collect();
        assert_eq!(posts.iter().map(|asked| asked.status).collect::<Vec<_>>(), [status, status, 200]);
        assert!(posts.windows(2).all(|pair| pair[1].at - pair[0].at >= first / 2), "{status}: asked again at once");
        assert_eq!(rig.status().n_failures, 2);
        assert!(rig.has_said(&format!("HTTP {status}")), "{status} is in the log");
        rig.stop().await;
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    for status in [429, 503] {
        let start = Start::new(laps());
        let rig = Rig::start_with(start, |stub| {
            let refusal = Refusal { retry_after: Some("1".into()), ..Refusal::of(status, 1) };
            stub.faults().set(|settings| settings.negotiate = Some(refusal));
        })
        .await;
        rig.until("a connection", |rig| rig.opened() == 1).await;
        let asked = rig.stub.asked();
        let posts: Vec<_> = asked.iter().filter(|asked| asked.what.starts_with("POST")).collect();
        assert!(posts[1].at - posts[0].at >= Duration::from_secs(1), "{status}");
        assert_eq!(asked.len(), 5, "{asked:?}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_refused_upgrade_is_waited_out() {
    let rig = Rig::start_with(Start::new(laps()), |stub| {
        stub.faults().set(|settings| settings.upgrade = Some(Refusal::of(503, 2)));
    })
    .await;
    rig.until("a connection", |rig| rig.opened() == 1).await;
    assert_eq!(rig.status().n_failures, 2);
    rig.stop().await;
}

#[tokio::test]
async fn it_works_without_a_cookie_if_the_service_does() {
    let rig =
        Rig::start_with(Start::new(laps()), |stub| stub.faults().set(|settings| settings.has_no_cookie = true)).await;
    rig.until("a connection", |rig| rig.opened() == 1).await;
    assert_eq!(rig.status().n_failures, 0);
    rig.stop().await;
}

#[tokio::test]
async fn wrong_content_type() {
    let rig =
        Rig::start_with(Start::new(laps()), |stub| stub.faults().set(|settings| settings.answers_html = true)).await;
    rig.until("a failure", |rig| rig.status().n_failures >= 1).await;
    assert!(rig.status().detail.contains("text/html"), "{}", rig.status().detail);
    rig.stub.faults().clear();
    rig.until("a connection", |rig| rig.opened() == 1).await;
    rig.stop().await;
}

#[tokio::test]
async fn tls_failure() {
    let rig = Rig::start(Start { is_tls: true, ..Start::new(laps()) }).await;
    rig.until("two failures", |rig| rig.status().n_failures >= 2).await;
    assert!(rig.status().detail.contains("no trustworthy connection"), "{}", rig.status().detail);
    assert!(rig.stub.counts().n_requests == 0 && rig.opened() == 0);
    rig.stop().await;
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_if_it_is_named() {
    let start = Start { is_tls: true, is_trusted: true, token: tokens(), ..Start::new(laps()) };
    let rig = Rig::start(start).await;
    rig.until("a connection", |rig| rig.opened() == 1).await;
    rig.until("messages of the feed", |rig| feed_of(&rig.records()).len() > 5).await;
    assert_eq!(rig.status().n_failures, 0);
    rig.stop().await;
}

#[tokio::test]
async fn slow_accept() {
    let start = Start::new(laps());
    let longer = Duration::from_millis(start.config().answer_timeout_ms * 2);
    let rig = Rig::start_with(start, |stub| stub.faults().set(|settings| settings.slow_accept = longer)).await;
    rig.until("a failure", |rig| rig.status().n_failures >= 1).await;
    assert!(rig.status().detail.contains("no answer in time"), "{}", rig.status().detail);
    rig.stub.faults().clear();
    rig.until("a connection", |rig| rig.opened() == 1).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_refused_handshake_and_a_snapshot_that_never_comes() {
    let rig = Rig::start_with(Start::new(laps()), |stub| {
        stub.faults().set(|settings| settings.handshake_error = Some("not\nnow".into()));
    })
    .await;
    rig.until("a failure", |rig| rig.status().n_failures >= 1).await;
    assert!(rig.status().detail.contains("refused the handshake: \"notnow\""), "{}", rig.status().detail);
    rig.stub.faults().set(|settings| (settings.handshake_error, settings.withholds_snapshot) = (None, true));
    rig.until("a failure of another kind", |rig| rig.status().detail.contains("waiting for the snapshot")).await;
    assert_eq!(rig.opened(), 0);
    rig.stub.faults().clear();
    rig.until("a connection", |rig| rig.opened() == 1).await;
    rig.stop().await;
}

#[tokio::test]
async fn gigantic_message() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().send_gigantic(20 << 20);
    rig.until("another connection", |rig| rig.opened() == 2).await;
    assert_eq!(rig.closed_because("a message was larger than 16777216 bytes"), 1);
    assert!(rig.records().iter().all(|record| record.len() < 1 << 20));
    rig.stop().await;
}

#[tokio::test]
async fn garbage_is_handed_over_and_changes_nothing() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().set(|settings| settings.garbage_every = Some(2));
    rig.until("garbage", |rig| rig.arrivals().iter().filter(|arrival| arrival.payload.contains(&0xFF)).count() > 3)
        .await;
    rig.until("laps", |rig| laps_heard(rig).len() > 20).await;
    assert!(has_no_hole(&laps_heard(&rig)));
    assert_eq!(rig.stub.counts().n_connections, 1);
    rig.stop().await;
}

#[tokio::test]
async fn closed_by_the_service() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().close_connections(true);
    rig.until("another connection", |rig| rig.opened() == 2).await;
    assert_eq!(rig.closed_because("the service closed the connection: \"Connection closed with an error.\""), 1);
    rig.stop().await;
}

#[tokio::test]
async fn where_reconnecting_is_not_wanted_the_longest_pause_is_made() {
    let start = Start::new(laps());
    let longest = Duration::from_millis(start.config().longest_pause_ms);
    let rig = Rig::start(start).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    let since = std::time::Instant::now();
    rig.stub.faults().close_connections(false);
    rig.until("another connection", |rig| rig.opened() == 2).await;
    assert!(since.elapsed() >= longest);
    rig.stop().await;
}

#[tokio::test]
async fn clock_skew_of_the_service_is_none_of_the_connections_business() {
    let rig = Rig::start(Start::new(laps())).await;
    rig.stub.faults().set(|settings| settings.skew_ms = -3 * 3_600_000);
    rig.until("laps", |rig| laps_heard(rig).len() > 10).await;
    rig.stub.faults().set(|settings| settings.skew_ms = 3 * 3_600_000);
    rig.until("laps", |rig| laps_heard(rig).len() > 20).await;
    assert!(has_no_hole(&laps_heard(&rig)));
    assert_eq!(rig.stub.counts().n_connections, 1);
    rig.stop().await;
}

#[tokio::test]
async fn before_the_two_hour_cut_a_second_connection_takes_over_without_a_seam() {
    // Two hours are a second and a half; laps come every twenty milliseconds.
    let start = Start { speed: 50.0, faster: 4800.0, renews: true, ..Start::new(laps()) };
    let rig = Rig::start(start).await;
    rig.until("three connections", |rig| rig.opened() >= 3).await;
    let before = laps_heard(&rig).len();
    rig.until("laps", |rig| laps_heard(rig).len() > before + 5).await;
    let notes = rig.notes();
    let (a, b) = ("signalr/a".to_owned(), "signalr/b".to_owned());
    let closed = |channel: &String| Note::Closed {
        channel: channel.clone(),
        reason: "its successor took over: the service cuts one after two hours".into(),
    };
    let want = [
        Note::Opened { channel: a.clone() },
        Note::Opened { channel: b.clone() },
        closed(&a),
        Note::Opened { channel: a.clone() },
        closed(&b),
    ];
    rig.until("the second handing over", |rig| rig.notes().len() >= 5).await;
    assert_eq!(rig.notes()[..5], want, "{notes:?}");
    let laps = laps_heard(&rig);
    assert!(has_no_hole(&laps), "{laps:?}");
    assert!(laps.len() > 30, "both connections are handed over for a while");
    assert_eq!(rig.status().n_failures, 0);
    rig.stop().await;
}

#[tokio::test]
async fn a_real_race_over_many_connections_loses_no_message() {
    let Some(folder) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let minutes = |m: i64| SessionTime::from_millis(m * 60_000);
    let tape = Arc::new(Tape::from_archive(&folder).cut(minutes(46), minutes(62)));
    let start =
        Start { tape: tape.clone(), speed: 200.0, faster: 6000.0, renews: true, token: tokens(), ..Start::new(laps()) };
    let rig = Rig::start(start).await;
    let last = tape.messages().last().unwrap();
    rig.until("the end of the tape", |rig| {
        let arrivals = rig.arrivals();
        let is_last = |arrival: &Arrival| arrival.payload.ends_with(format!("\"{}\"]}}", last.utc).as_bytes());
        rig.clock.position_ms() > tape.end_ms() && arrivals.iter().rev().take(200).any(is_last)
    })
    .await;
    assert!(rig.opened() >= 4, "{:?}", rig.notes());
    let records = rig.records();
    let heard: BTreeSet<&str> = records.iter().map(String::as_str).collect();
    let topics = overcut_live::signalr::Config::default().topics;
    let told = tape.messages().iter().filter(|message| topics.iter().any(|topic| **topic == *message.topic));
    let feed = |message: &TapeMessage| {
        let (topic, json, stamp) = (&message.topic, message.json(), message.utc);
        format!(r#"{{"type":1,"target":"feed","arguments":["{topic}",{json},"{stamp}"]}}"#)
    };
    let told: Vec<String> = told.map(feed).collect();
    let first = told.iter().position(|record| heard.contains(record.as_str())).unwrap();
    let lost = told[first..].iter().filter(|record| !heard.contains(record.as_str())).count();
    assert_eq!((lost, told.len() - first > 10_000), (0, true), "of {} messages", told.len() - first);
    assert!(records.len() > told.len() - first, "some came on both connections");
    rig.stop().await;
}

#[tokio::test]
async fn a_successor_that_cannot_be_had_is_asked_for_again_while_the_first_goes_on() {
    let start = Start { speed: 50.0, faster: 2400.0, renews: true, ..Start::new(laps()) };
    let rig = Rig::start(start).await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    rig.stub.faults().set(|settings| settings.negotiate = Some(Refusal::of(503, 2)));
    rig.until("a second connection", |rig| rig.opened() >= 2).await;
    assert!(has_no_hole(&laps_heard(&rig)));
    assert_eq!(rig.status().n_failures, 0, "the feed never failed");
    assert!(rig.has_said("no second connection"));
    rig.stop().await;
}

#[tokio::test]
async fn session_switch() {
    let later = UtcTime::from_millis(T0.as_millis() + 7_200_000);
    let minutes = |m: i64| SessionTime::from_millis(m * 60_000);
    let tape = laps().cut(minutes(0), SessionTime::from_millis(30_000)).then(3000, laps_of(9002, later));
    let rig = Rig::start(Start::new(tape)).await;
    rig.until("a second connection", |rig| rig.opened() == 2).await;
    rig.until("the first to be closed", |rig| {
        rig.closed_because("its successor took over: a new session has begun") == 1
    })
    .await;
    let snapshots: Vec<String> =
        rig.records().into_iter().filter(|record| record.starts_with(r#"{"type":3"#)).collect();
    assert!(snapshots[0].contains("9001") && snapshots[1].contains("9002"), "{snapshots:?}");
    assert_eq!(rig.stub.counts().n_connections, 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_rejected_token_is_reported_and_everything_else_comes() {
    let rig = Rig::start_with(Start { token: tokens(), ..Start::new(laps()) }, |stub| {
        stub.faults().set(|settings| settings.token = Some("another".into()));
    })
    .await;
    rig.until("laps", |rig| laps_heard(rig).len() > 3).await;
    assert_eq!(rig.status().credential.unwrap().state, CredentialState::Rejected);
    let detail = rig.status().detail;
    assert!(detail.starts_with("without the token, which was not accepted: no car data, no positions"), "{detail}");
    let asked = rig.stub.asked();
    let posts: Vec<_> = asked.iter().filter(|asked| asked.what.starts_with("POST")).collect();
    assert_eq!(
        posts.iter().map(|asked| (asked.status, asked.bearer.is_some())).collect::<Vec<_>>(),
        [(401, true), (200, false)]
    );
    rig.stop().await;
}

#[tokio::test]
async fn token_expiry_mid_race() {
    let rig = Rig::start(Start { token: tokens(), ..Start::new(laps()) }).await;
    rig.until("car data", |rig| feed_of(&rig.records()).iter().any(|message| message.topic == "CarData.z")).await;
    assert!(rig.status().detail.starts_with("with a token, "), "{}", rig.status().detail);
    rig.stub.faults().set(|settings| settings.token = None);
    rig.stub.faults().close_connections(true);
    rig.until("a connection without it", |rig| rig.status().detail.starts_with("without the token")).await;
    let before = laps_heard(&rig).len();
    rig.until("laps", |rig| laps_heard(rig).len() > before + 3).await;
    assert_eq!(rig.status().credential.unwrap().state, CredentialState::Rejected);
    rig.stop().await;
}

#[tokio::test]
async fn a_new_token_in_the_file_is_taken_up_while_the_session_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "stale\n").unwrap();
    let source = Some(TokenSource::File(path.clone()));
    let rig = Rig::start(Start { source, token: tokens(), ..Start::new(laps()) }).await;
    rig.until("the refusal", |rig| rig.status().detail.starts_with("without the token")).await;
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    rig.until("a connection with it", |rig| rig.status().detail.starts_with("with a token, ")).await;
    assert!(has_no_hole(&laps_heard(&rig)));
    rig.stop().await;
}

#[tokio::test]
async fn an_expired_and_an_expiring_token_say_so() {
    let exp = |from_now_s: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
        rig::jwt(&format!(r#"{{"exp":{}}}"#, now + from_now_s))
    };
    for (token, want, said) in [
        (exp(3600 * 5), CredentialState::Expiring, "the F1TV token ends in 5.0 h"),
        (exp(-60), CredentialState::Expired, "the F1TV token ended at"),
        (exp(3600 * 50), CredentialState::Good, "the F1TV token is good until"),
    ] {
        let start = Start { source: Some(TokenSource::Given(Secret::new(token.clone()))), ..Start::new(laps()) };
        let rig =
            Rig::start_with(start, |stub| stub.faults().set(|settings| settings.token = Some(token.clone()))).await;
        rig.until("a connection", |rig| rig.opened() == 1).await;
        assert_eq!(rig.status().credential.unwrap().state, want);
        assert!(rig.has_said(said), "{said}");
        assert!(!rig.has_said(&token));
        rig.stop().await;
    }
}

#[tokio::test]
async fn switched_off_it_asks_nothing() {
    let rig = Rig::start(Start { is_off: true, ..Start::new(laps()) }).await;
    rig.until("a word", |rig| rig.status().detail.contains("switched off")).await;
    rig.shutdown.cancel();
    rig.until("the end", |rig| rig.is_over()).await;
    assert_eq!(rig.stub.counts().n_sockets, 0);
    rig.stop().await;
}

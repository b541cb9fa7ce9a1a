//! A session that is heard ends as its recording reads.

use std::collections::BTreeMap;

use overcut_domain::RawMessage;
use overcut_sources::live::{Assembler, AssemblerConfig};
use overcut_testkit::tape::{Tape, TapeMessage};
use overcut_timeline::{Item, Key};

use super::*;
use crate::load::load;

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";

/// What the push service makes of a message.
fn record(message: &TapeMessage) -> String {
    format!(r#"{{"type":1,"target":"feed","arguments":["{}",{},"{}"]}}"#, message.topic, message.json(), message.utc)
}

fn growing() -> Growing {
    let title = crate::library::Title::default();
    Growing::new(title.summary("test".into(), "live".into(), None, 0), PipelineConfig::default())
}

/// The state that clients have in the end, without what only a live session has, and without the places of alerts.
fn end_of(timeline: &Timeline) -> BTreeMap<Key, String> {
    let text = |item: &Item| match item {
        Item::Alert(_, alert) => format!("{:?} {} {}", alert.kind, alert.driver, alert.started_at),
        item => format!("{item:?}"),
    };
    let is_of_session = |key: &Key| !matches!(key, Key::Feed(_) | Key::Gap(_) | Key::Forecast);
    let entries = timeline.snapshot_at(SessionTime::MAX).into_iter().map(|entry| &entry.item);
    entries.filter(|item| is_of_session(&item.key())).map(|item| (item.key(), text(item))).collect()
}

fn assert_same(got: &BTreeMap<Key, String>, want: &BTreeMap<Key, String>) {
    for (key, want) in want {
        assert_eq!(got.get(key), Some(want), "{key:?}");
    }
    assert_eq!(got.len(), want.len(), "nothing that was never there");
}

#[test]
fn what_is_heard_in_order_and_retold_ends_as_the_recording_reads() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let whole = load(&path, PipelineConfig::default().build()).unwrap().timeline;
    let tape = Tape::from_archive(&path);
    let (mut assembler, mut growing) = (Assembler::new(AssemblerConfig::default()), growing());
    // The push service does not say where the archive's clock begins.
    assembler.set_zero(tape.sessions()[0].t0);
    let mut events = Vec::new();
    let mut n_late = 0;
    for message in tape.messages() {
        let text = record(message);
        let time = SessionTime::from_millis(message.at_ms);
        let raw = RawMessage { time, channel: "signalr/a", payload: text.as_bytes() };
        n_late += usize::from(assembler.take(raw, &mut events).is_late);
        growing.hear(&events);
        events.clear();
    }
    let began = std::time::Instant::now();
    let replay = assembler.retell();
    let sorted = began.elapsed();
    growing.retell(replay).unwrap();
    turn_to_retold(&mut growing, &mut assembler);
    println!("{n_late} late; sorted in {sorted:?}, told anew in {:?}", began.elapsed());
    growing.finish();
    assert_same(&end_of(&growing.shared().read()), &end_of(&whole));
}

fn turn_to_retold(growing: &mut Growing, assembler: &mut Assembler) {
    let (account, replay) = growing.retold(true).unwrap();
    let mut since = Vec::new();
    assembler.adopt(replay, &mut since);
    growing.turn_to(account, &since);
}

/// Every entry of the log but what we say ourselves at a moment of this machine's clock.
fn log_of(timeline: &Timeline) -> Vec<String> {
    let is_ours = |key: &Key| matches!(key, Key::Feed(_) | Key::Gap(_) | Key::Forecast);
    let entries = timeline.log().entries().iter().filter(|entry| !is_ours(&entry.item.key()));
    entries.map(|entry| format!("{} {:?}", entry.time, entry.item)).collect()
}

#[test]
fn what_is_heard_while_the_session_is_told_again_comes_after_it_in_order() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let tape = Tape::from_archive(&path);
    let is_told = |message: &&TapeMessage| !matches!(&*message.topic, "CarData.z" | "Position.z");
    let messages: Vec<&TapeMessage> = tape.messages().iter().filter(is_told).collect();
    let (begins, ends) = (messages.len() / 2, messages.len() / 2 + 2000);
    // At once, as if no time went by, or while two thousand messages are heard.
    let logs = [begins, ends].map(|turns| {
        let (mut assembler, mut growing) = (Assembler::new(AssemblerConfig::default()), growing());
        let mut events = Vec::new();
        for (idx, message) in messages.iter().enumerate() {
            if idx == begins {
                growing.retell(assembler.retell()).unwrap();
                assert!(growing.is_retelling());
            }
            if idx == turns {
                turn_to_retold(&mut growing, &mut assembler);
            }
            let text = record(message);
            let time = SessionTime::from_millis(message.at_ms);
            let raw = RawMessage { time, channel: "signalr/a", payload: text.as_bytes() };
            let _ = assembler.take(raw, &mut events);
            growing.hear(&events);
            events.clear();
        }
        growing.finish();
        let timeline = growing.shared().read();
        log_of(&timeline)
    });
    assert_eq!(logs[0].len(), logs[1].len());
    assert_eq!(logs[0].iter().zip(&logs[1]).find(|(at_once, meanwhile)| at_once != meanwhile), None);
}

#[test]
fn an_account_that_nobody_waits_for_is_given_up() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let tape = Tape::from_archive(&path);
    let (mut assembler, mut growing) = (Assembler::new(AssemblerConfig::default()), growing());
    for message in &tape.messages()[..5000] {
        let text = record(message);
        let time = SessionTime::from_millis(message.at_ms);
        let raw = RawMessage { time, channel: "signalr/a", payload: text.as_bytes() };
        let _ = assembler.take(raw, &mut Vec::new());
    }
    growing.retell(assembler.retell()).unwrap();
    growing.retell(assembler.retell()).unwrap();
    turn_to_retold(&mut growing, &mut assembler);
    assert!(!growing.is_retelling() && growing.retold(false).is_none());
    assert!(!growing.shared().read().snapshot_at(SessionTime::MAX).is_empty());
}

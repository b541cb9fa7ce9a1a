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
    println!("{n_late} late");
    let mut replay = assembler.replay();
    growing.retell(replay.by_ref());
    assembler.adopt(replay);
    growing.finish();
    assert_same(&end_of(&growing.shared().read()), &end_of(&whole));
}

//! A session that grows says the same as one that is read at once.

use super::*;
use crate::input::Input;
use crate::load::load;
use crate::pipeline::PipelineConfig;
use overcut_sources::Decoder;
use overcut_timeline::Item;

/// A real recording as a feed, message by message.
fn feed(mut input: Input) -> Feed {
    let mut decoder = Decoder::new(input.format());
    Box::new(move |events| match input.next_raw() {
        Ok(Some(message)) => {
            decoder.decode(message, events);
            true
        }
        _ => false,
    })
}

/// Every change, without the place of alerts: a whole recording draws its own map, a growing one is given one.
fn changes(timeline: &Timeline) -> Vec<String> {
    let plain = |item: &Item| match item {
        Item::Alert(index, alert) => format!("{index} {:?} {} {}", alert.kind, alert.driver, alert.started_at),
        item => format!("{item:?}"),
    };
    timeline.log().entries().iter().map(|entry| format!("{} {}", entry.time, plain(&entry.item))).collect()
}

#[test]
fn growing_changes_nothing() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let whole = load(&path, PipelineConfig::default().build()).unwrap().timeline;
    let outline = whole.outline().map(|outline| Outline::clone(outline));
    let mut grower = Grower::new(feed(Input::open(&path).unwrap()), PipelineConfig::default().build(), outline);
    let mut timeline = Timeline::new();
    let mut until = SessionTime::ZERO;
    let mut n_pauses = 0;
    loop {
        match grower.grow(&mut timeline, until, 500) {
            Growth::Reached => {
                assert!(timeline.head() <= until, "nothing is there before its time");
                until = until + 7_000;
                n_pauses += 1;
            }
            Growth::Further => {}
            Growth::Over => break,
        }
    }
    assert!(timeline.is_complete() && n_pauses > 500, "{n_pauses}");
    assert_eq!(changes(&timeline), changes(&whole));
    for driver in whole.telemetry().drivers() {
        assert_eq!(timeline.frame(driver, until - 600_000), whole.frame(driver, until - 600_000));
    }
    assert_eq!(grower.grow(&mut timeline, SessionTime::MAX, 1), Growth::Over);
}

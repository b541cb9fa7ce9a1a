//! A real recording behind a real listener.

mod common;

use std::sync::Arc;

use common::{connect, get, next, send, start, summary};
use overcut_domain::Event;
use overcut_server::wire::{ClientMessage, Item, ServerMessage};
use overcut_server::{ServerConfig, SharedSession};
use overcut_session::Session;
use overcut_sources::read_events;
use overcut_timeline::{House, Item as LogItem, Timeline};
use overcut_track::{Outline, Span};

/// The timeline of a recording, as the program builds it.
fn timeline(path: &std::path::Path) -> Timeline {
    let (mut timeline, mut session, mut changed) = (Timeline::new(), Session::new(), Vec::new());
    let folded = read_events(path, |event| {
        match &event.value {
            Event::Cars(samples) => timeline.insert_cars(samples),
            Event::Positions(samples) => timeline.insert_positions(samples),
            _ => {}
        }
        session.apply(&event, &mut changed);
        for part in changed.drain(..) {
            if let Some(item) = LogItem::of(&session, part) {
                timeline.append(event.time, item);
            }
        }
        timeline.advance(event.time);
    });
    folded.expect("the recording is there");
    let laps = session.laps().filter(|lap| lap.is_accurate);
    let spans = laps.filter_map(|lap| Some(Span { driver: lap.driver, start: lap.started_at?, end: lap.ended_at? }));
    if let Ok(outline) = Outline::derive(timeline.telemetry(), &spans.collect::<Vec<_>>()) {
        timeline.set_outline(outline);
    }
    timeline.complete();
    timeline
}

#[tokio::test]
async fn a_sprint_can_be_asked_for_and_watched() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let timeline = timeline(&path);
    let marks = timeline.marks_at(timeline.head());
    let marks = marks.iter().map(|mark| format!("{} {:?} {}", mark.time, mark.kind, mark.text));
    insta::assert_snapshot!(marks.collect::<Vec<_>>().join("\n"));
    let server = start(ServerConfig::default());
    server.library.put(Arc::new(SharedSession::new(summary("sprint"), timeline, House::AtEnd)));

    let sprint = "/api/v1/sessions/current";
    let board = get(server.address, &format!("{sprint}/board")).await.json();
    let order: Vec<_> = board["cars"].as_array().unwrap().iter().take(3).map(|car| car["driver"].to_string()).collect();
    let laps = get(server.address, &format!("{sprint}/laps?driver={}", order[0])).await.json();
    let (a, b) = (&order[0], &order[1]);
    let comparison = get(server.address, &format!("{sprint}/compare?a={a}:17&b={b}:17")).await.json();
    let sections: f64 = comparison["sections"].as_array().unwrap().iter().filter_map(|s| s["delta_s"].as_f64()).sum();
    let times = ["b", "a"].map(|lap| comparison[lap]["time_ms"].as_f64().unwrap());
    assert!((sections - (times[0] - times[1]) / 1000.0).abs() < 0.01, "the sections add up: {sections} {times:?}");
    insta::assert_snapshot!(format!("{} laps of {a}, ahead of {b} and {}", laps["total"], order[2]), @"19 laps of 63, ahead of 16 and 44");

    let seek_ms = board["session"]["started_at_ms"].as_i64().unwrap() + 600_000;
    let mut socket = connect(server.address, "/ws/v1/timeline?paused=true&format=msgpack").await;
    send(&mut socket, &ClientMessage::Telemetry { hz: 50.0, drivers: Vec::new() }).await;
    send(&mut socket, &ClientMessage::Seek { t_ms: seek_ms as i32 }).await;
    let mut n_cars = 0;
    let frame = loop {
        match next(&mut socket).await {
            ServerMessage::Snapshot { items, .. } => {
                n_cars = items.iter().filter(|item| matches!(item, Item::Car(_))).count();
            }
            ServerMessage::Telemetry { t_ms, cars } if i64::from(t_ms) > seek_ms - 400 => break cars,
            _ => {}
        }
    };
    assert_eq!(n_cars, 22);
    assert!(
        frame.len() >= 20 && frame.iter().filter(|car| car.9.is_some()).count() >= 20,
        "cars with a place on the lap"
    );
}

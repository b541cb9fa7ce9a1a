//! The feed port: samples as JSON from connect on, for programs written for the simple "telemetry server" convention.
//!
//! The first message is a header: `{"type": "session", "session": {…}, "drivers": […], "predictions": []}`. Then comes
//! one message per car and moment: `{"type": "telemetry", "driver": 44, "code": "HAM", "time": 3600.02, "speed": 312,
//! "rpm": 11480, "gear": 8, "throttle": 100, "brake": 0, "drs": 1, "x": -123.4, "y": 56.7, "lap": 12}`. Time is in
//! seconds on the session clock, x and y in metres; what is not known is `null`. A client need not send anything, and
//! what it sends is ignored. It goes through the session at its own pace, from connect on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use overcut_domain::SessionTime;
use overcut_timeline::{Item, Timeline};
use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::connection::{close_for_shutdown, send_all};
use super::viewer::{Opening, first_cursor};
use crate::clock::{TICK_MS, now_ms};
use crate::message::Roster;
use crate::shared::SharedSession;
use crate::wire::{self, SessionSummary};
use crate::{convert, message};

/// The first message.
#[derive(Debug, Serialize)]
struct Header<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    session: &'a SessionSummary,
    drivers: Vec<wire::Driver>,
    /// The current forecasts; empty until there are models.
    predictions: Vec<serde_json::Value>,
}

/// One car at one moment.
#[derive(Debug, Serialize)]
struct Sample<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    driver: u16,
    code: &'a str,
    time: f64,
    speed: Option<u16>,
    rpm: Option<u16>,
    gear: Option<i8>,
    throttle: Option<u8>,
    brake: Option<u8>,
    drs: Option<u8>,
    x: Option<f64>,
    y: Option<f64>,
    lap: Option<u16>,
}

/// What the samples of a moment need beside the frame: three letters and the lap of each car.
#[derive(Debug, Default)]
struct Grid {
    version: u64,
    codes: BTreeMap<u16, String>,
    laps: BTreeMap<u16, u16>,
}

/// Serves one client of the feed port until it goes or the server stops.
pub(crate) async fn serve_feed_client(
    mut socket: WebSocket,
    session: Arc<SharedSession>,
    hz: f32,
    mut ticks: watch::Receiver<u64>,
    shutdown: CancellationToken,
) {
    let _counted = session.count_client();
    let mut cursor = first_cursor(&session, &Opening::default(), now_ms());
    let mut out = vec![header(&session, cursor.time())];
    let (mut grid, mut last_frame, mut next_at_ms) = (Grid::default(), None, 0.0);
    let interval_ms = 1000.0 / f64::from(hz);
    ticks.mark_changed();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            incoming = socket.recv() => match incoming {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            },
            tick = ticks.changed() => {
                if tick.is_err() {
                    break;
                }
                let now_ms = *ticks.borrow_and_update();
                let is_due = now_ms as f64 + TICK_MS as f64 / 2.0 >= next_at_ms;
                if is_due {
                    let timeline = session.read();
                    let limits = session.limits_at(now_ms, &timeline);
                    cursor.advance(now_ms, limits);
                    let frame_time = Timeline::frame_time(cursor.time().min(limits.telemetry_until));
                    if last_frame != Some(frame_time) {
                        grid.update(&timeline, cursor.time());
                        out.extend(samples(&timeline, &grid, frame_time));
                        last_frame = Some(frame_time);
                    }
                    next_at_ms = f64::max(next_at_ms + interval_ms, now_ms as f64);
                }
                if send_all(&mut socket, &mut out, &shutdown).await.is_err() {
                    break;
                }
            }
        }
    }
    close_for_shutdown(socket).await;
}

fn header(session: &SharedSession, time: SessionTime) -> Message {
    let timeline = session.read();
    let drivers = timeline.snapshot_at(time).into_iter().filter_map(|entry| match &entry.item {
        Item::Driver(driver) => Some(convert::driver(driver)),
        _ => None,
    });
    json(&Header { kind: "session", session: session.summary(), drivers: drivers.collect(), predictions: Vec::new() })
}

fn samples(timeline: &Timeline, grid: &Grid, frame_time: SessionTime) -> Vec<Message> {
    let wire::ServerMessage::Telemetry { cars, .. } = message::frame(&Roster::default(), frame_time, timeline) else {
        return Vec::new();
    };
    let sample = |car: wire::CarFrame| {
        let wire::CarFrame(driver, x_dm, y_dm, speed, rpm, gear, throttle, brake, drs, _, _) = car;
        json(&Sample {
            kind: "telemetry",
            driver,
            code: grid.codes.get(&driver).map_or("", String::as_str),
            time: frame_time.as_secs_f64(),
            speed,
            rpm,
            gear,
            throttle,
            brake,
            drs,
            x: x_dm.map(|x_dm| f64::from(x_dm) / 10.0),
            y: y_dm.map(|y_dm| f64::from(y_dm) / 10.0),
            lap: grid.laps.get(&driver).copied(),
        })
    };
    cars.into_iter().map(sample).collect()
}

fn json<T: Serialize>(value: &T) -> Message {
    Message::Text(Utf8Bytes::from(serde_json::to_string(value).expect("the feed's types serialize")))
}

impl Grid {
    /// Brings it to a moment: by what changed since, or afresh after a jump.
    fn update(&mut self, timeline: &Timeline, time: SessionTime) {
        if timeline.version_at(time) < self.version {
            *self = Grid::default();
        }
        let entries = timeline.since(self.version, time);
        self.version = entries.last().map_or(self.version, |entry| entry.version);
        for entry in entries {
            match &entry.item {
                Item::Driver(driver) => {
                    self.codes.insert(driver.driver.0, driver.tla.clone());
                }
                Item::Car(row) => {
                    self.laps.insert(row.driver.0, row.lap.0);
                }
                _ => {}
            }
        }
    }
}

//! What is live, late or missing, over REST: feeds, gaps, forecast and health.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail by panicking")]

mod common;

use std::sync::{Arc, Mutex};

use common::{TestServer, at, get, start, summary};
use overcut_domain::{Feed, FeedGap, FeedState, Forecast, ForecastStep, Liveness, SourceKind, UtcTime};
use overcut_server::wire::{CredentialHealth, RecorderHealth, SourceHealth};
use overcut_server::{LiveReport, ServerConfig, SharedSession};
use overcut_timeline::{House, Item, Timeline};

fn state(feed: Feed, liveness: Liveness, reason: &str) -> Item {
    Item::Feed(Arc::new(FeedState {
        feed,
        source: Some(SourceKind::SignalR),
        liveness,
        delay_ms: Some(400),
        last: Some(at(55_000)),
        reason: reason.to_owned(),
    }))
}

fn gap(to: Option<i64>, filled_by: Option<SourceKind>) -> Item {
    Item::Gap(Arc::new(FeedGap {
        index: 0,
        feeds: vec![Feed::Timing],
        from: at(55_000),
        to: to.map(at),
        filled_by,
        reason: "the connection was cut".to_owned(),
    }))
}

/// A live session in which timing was lost at 0:55, came back at 1:20 and was filled at 1:30.
fn timeline() -> Timeline {
    let mut timeline = Timeline::new();
    timeline.append(at(10_000), state(Feed::Timing, Liveness::Live, ""));
    timeline.append(at(60_000), state(Feed::Timing, Liveness::Missing, "the connection was cut"));
    timeline.append(at(60_000), gap(None, None));
    timeline.append(at(80_000), state(Feed::Timing, Liveness::Live, ""));
    timeline.append(at(80_000), gap(Some(80_000), None));
    timeline.append(at(90_000), gap(Some(80_000), Some(SourceKind::Archive)));
    let step = ForecastStep { precipitation_percent: Some(30), ..ForecastStep::default() };
    let forecast = Forecast { fetched_at: UtcTime::from_millis(1_700_000_000_000), steps: vec![step] };
    timeline.append(at(70_000), Item::Forecast(Arc::new(forecast)));
    timeline.advance(at(100_000));
    timeline
}

/// The live session as far as `head_ms`, with what `report` says.
fn live_server(head_ms: i64, report: LiveReport) -> TestServer {
    let server = start(ServerConfig::default());
    let mut held = Timeline::new();
    for entry in timeline().since(0, at(head_ms)) {
        held.append(entry.time, entry.item.clone());
    }
    held.advance(at(head_ms));
    server.library.put(Arc::new(SharedSession::new(summary("live"), held, House::AtEnd)));
    server.library.watch_live(move || LiveReport { session_id: Some("live".to_owned()), ..report.clone() });
    server
}

fn source(phase: &str, detail: &str) -> SourceHealth {
    SourceHealth {
        source: "signalr".to_owned(),
        phase: phase.to_owned(),
        since_s: 12,
        detail: detail.to_owned(),
        last_message_age_ms: Some(140),
        n_messages: 900,
        n_bytes: 80_000,
        n_failures: 1,
        retry_in_ms: None,
        credential: None,
    }
}

fn recorder(state: &str, reason: &str) -> RecorderHealth {
    RecorderHealth {
        state: state.to_owned(),
        reason: reason.to_owned(),
        file: Some("2026-race.mcap".to_owned()),
        size_bytes: 1_000,
        n_messages: 900,
        unflushed_age_ms: Some(200),
        n_lost_messages: 0,
        n_lost_bytes: 0,
    }
}

#[tokio::test]
async fn feeds_gaps_and_forecast_are_those_of_the_moment() {
    let server = live_server(100_000, LiveReport::default());
    let list = async |path: &str| get(server.address, &format!("/api/v1/sessions/live{path}")).await.json();
    let feed = list("/feeds?t_ms=60000").await["items"][0].clone();
    assert_eq!(
        (&feed["feed"], &feed["liveness"], &feed["t_ms"]),
        (&"timing".into(), &"missing".into(), &60_000.into())
    );
    assert_eq!(list("/feeds?t_ms=59999").await["items"][0]["liveness"], "live");
    assert_eq!(list("/gaps?t_ms=59999").await["total"], 0);
    let gap = list("/gaps?t_ms=89999").await["items"][0].clone();
    assert_eq!((&gap["to_ms"], &gap["filled_by"]), (&80_000.into(), &serde_json::Value::Null));
    assert_eq!(list("/gaps").await["items"][0]["filled_by"], "archive");
    let marks = list("/marks").await;
    let mark = &marks["items"][0];
    assert_eq!(
        (&mark["kind"], &mark["t_ms"], &mark["until_ms"]),
        (&"filled_gap".into(), &55_000.into(), &80_000.into())
    );
    let forecast = list("/forecast").await;
    assert_eq!(forecast["steps"][0]["precipitation_percent"], 30);
    assert_eq!(forecast["attribution"], "Weather data by Open-Meteo.com");
    assert_eq!(
        (&forecast["attribution_url"], &forecast["licence"]),
        (&"https://open-meteo.com/".into(), &"CC BY 4.0".into())
    );
    assert_eq!(list("/forecast?t_ms=69999").await["type"], "/problems/no-data");
}

#[tokio::test]
async fn without_a_live_session_health_is_plain() {
    let server = start(ServerConfig::default());
    let health = get(server.address, "/api/v1/health").await.json();
    assert_eq!((&health["status"], &health["live"]), (&"ok".into(), &serde_json::Value::Null));
    let live = get(server.address, "/api/v1/live").await;
    assert_eq!((live.status, &live.body[..]), (200, "null"));
}

#[tokio::test]
async fn health_says_what_is_wrong_worst_first() {
    let well = LiveReport {
        sources: vec![source("connected", "without a token")],
        recorder: Some(recorder("recording", "")),
        ..LiveReport::default()
    };
    let rejected = Some(CredentialHealth { state: "rejected".to_owned(), expires_utc_ms: None });
    let ill = LiveReport {
        sources: vec![SourceHealth { credential: rejected, ..source("waiting", "HTTP 503") }],
        recorder: Some(recorder("stopped", "no space left on device")),
        ..LiveReport::default()
    };
    let lost: Vec<&str> =
        vec!["timing is missing: the connection was cut", "gap since 0:00:55.000 in timing: the connection was cut"];
    let cases = [
        (100_000, &well, vec![]),
        (70_000, &well, lost.clone()),
        (
            70_000,
            &ill,
            [
                vec!["recording stopped: no space left on device", "no source is connected; signalr: HTTP 503"],
                lost,
                vec!["signalr: the token or password was rejected"],
            ]
            .concat(),
        ),
    ];
    for (head_ms, report, want) in cases {
        let server = live_server(head_ms, report.clone());
        let answer = get(server.address, "/api/v1/health").await;
        let health = answer.json();
        assert_eq!(answer.status, 200, "a monitor reads the status, not the code");
        let reasons: Vec<_> = health["reasons"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        assert_eq!(reasons, want);
        assert_eq!(health["status"], if want.is_empty() { "ok" } else { "degraded" });
        assert_eq!(get(server.address, "/api/v1/live").await.json(), health["live"]);
        assert_eq!(health["live"]["feeds"][0]["age_ms"], head_ms - 55_000);
    }
}

#[tokio::test]
async fn a_session_that_is_over_misses_nothing() {
    let server = live_server(70_000, LiveReport::default());
    let session = server.library.open_session("live").await.unwrap();
    session.update(Timeline::complete);
    assert_eq!(get(server.address, "/api/v1/health").await.json()["status"], "ok");
}

#[tokio::test]
async fn the_report_is_asked_for_anew_each_time() {
    let server = start(ServerConfig::default());
    let n_asked = Arc::new(Mutex::new(0));
    let count = n_asked.clone();
    server.library.watch_live(move || {
        *count.lock().unwrap() += 1;
        LiveReport::default()
    });
    get(server.address, "/api/v1/live").await;
    get(server.address, "/api/v1/health").await;
    assert_eq!(*n_asked.lock().unwrap(), 2);
}

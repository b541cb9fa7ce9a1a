//! The stub of the push service, step by step as its protocol has it.
#![cfg(feature = "stubs")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use overcut_domain::UtcTime;
use overcut_testkit::stub::signalr::{SignalRConfig, SignalRStub};
use overcut_testkit::tape::{Tape, TapeClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

const COOKIE: &str = "AWSALBCORS=stub-affinity-7d1f";

fn tape() -> Arc<Tape> {
    let t0 = UtcTime::from_millis(1_773_454_632_000);
    Arc::new(Tape::of(
        t0,
        &[
            (0, "LapCount", r#"{"CurrentLap":1,"TotalLaps":3}"#),
            (0, "CarData.z", r#""7ZSx""#),
            (1000, "LapCount", r#"{"CurrentLap":2}"#),
            (1000, "CarData.z", r#""8ZSx""#),
        ],
    ))
}

async fn ask(stub: &SignalRStub, request: &str) -> (u16, String) {
    let url = stub.url();
    let mut socket = TcpStream::connect(url.split('/').nth(2).unwrap()).await.unwrap();
    let request = format!("{request}Host: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let len = socket.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..len]).into_owned();
    (answer[9..12].parse().unwrap(), answer)
}

/// Negotiates, connects, subscribes; gives the records that come until `enough` of them are there.
async fn records(stub: &SignalRStub, bearer: &str, enough: usize) -> Vec<Value> {
    let (status, answer) = ask(stub, &format!("POST /signalrcore/negotiate HTTP/1.1\r\n{bearer}")).await;
    assert_eq!(status, 200);
    let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let id = body["connectionToken"].as_str().unwrap().replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let url = format!("{}?id={id}", stub.url().replace("http", "ws"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("cookie", COOKIE.parse().unwrap());
    if let Some((name, value)) = bearer.trim().split_once(": ") {
        request.headers_mut().insert(name.to_owned().leak() as &'static str, value.parse().unwrap());
    }
    let (mut web, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let hello = "{\"protocol\":\"json\",\"version\":1}\u{1E}";
    let subscribe =
        json!({"type": 1, "invocationId": "0", "target": "Subscribe", "arguments": [["LapCount", "CarData.z", "X"]]});
    web.send(Message::text(format!("{hello}{subscribe}\u{1E}"))).await.unwrap();
    let mut records = Vec::new();
    while records.len() < enough {
        let Some(Ok(Message::Text(text))) = web.next().await else { break };
        records.extend(text.split('\u{1E}').filter(|r| !r.is_empty()).map(|r| serde_json::from_str(r).unwrap()));
    }
    records
}

#[tokio::test]
async fn speaks_the_protocol_step_by_step() {
    let clock = TapeClock::start(10.0);
    let stub = SignalRStub::start(SignalRConfig::new(tape(), clock)).await;
    let (status, answer) = ask(&stub, "OPTIONS /signalrcore/negotiate HTTP/1.1\r\n").await;
    assert!(status == 200 && answer.contains(COOKIE), "{answer}");
    assert_eq!(ask(&stub, "GET /signalrcore/negotiate HTTP/1.1\r\n").await.0, 405);
    assert_eq!(ask(&stub, "GET /signalr/negotiate HTTP/1.1\r\n").await.0, 401);
    assert_eq!(ask(&stub, "POST /signalrcore/negotiate HTTP/1.1\r\nAuthorization: Bearer x\r\n").await.0, 401);
    let records = records(&stub, "", 4).await;
    assert_eq!(records[0], json!({}));
    let snapshot = json!({"type": 3, "invocationId": "0", "result": {"LapCount": {"CurrentLap": 1, "TotalLaps": 3}}});
    assert_eq!(records[1], snapshot, "without a token no car data");
    let feed = json!(["LapCount", {"CurrentLap": 2}, "2026-03-14T02:17:13.000Z"]);
    assert_eq!(records[2], json!({"type": 1, "target": "feed", "arguments": feed}));
    assert_eq!(records[3], json!({"type": 6}));
    assert_eq!((stub.counts().n_connections, stub.counts().n_messages), (1, 1));
    assert!(stub.sent_at("LapCount", "2026-03-14T02:17:13Z".parse().unwrap()).is_some());
}

#[tokio::test]
async fn the_right_bearer_opens_gated_topics() {
    let mut config = SignalRConfig::new(tape(), TapeClock::paused(1.0));
    config.token = Some("right".into());
    let stub = SignalRStub::start(config).await;
    let records = records(&stub, "Authorization: Bearer right\r\n", 2).await;
    assert_eq!(records[1]["result"]["CarData.z"], json!("7ZSx"));
}

#[tokio::test]
async fn a_connection_without_its_cookie_is_unknown() {
    let stub = SignalRStub::start(SignalRConfig::new(tape(), TapeClock::paused(1.0))).await;
    let failed = tokio_tungstenite::connect_async(format!("{}?id=none", stub.url().replace("http", "ws"))).await;
    let Err(Error::Http(answer)) = failed else { panic!("no refusal") };
    assert_eq!(answer.status(), 404);
    stub.faults().set(|settings| settings.slow_accept = Duration::from_millis(1));
    assert_eq!(stub.counts().n_open, 0);
}

//! Redis behind `REDIS_HOST` and `REDIS_PORT`.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::collections::BTreeMap;
use std::time::Duration;

use overcut_warehouse::{Delivery, LatestOptions, LatestState, SessionId};
use redis::Commands as _;

fn options() -> Option<LatestOptions> {
    let (Ok(host), Ok(port)) = (std::env::var("REDIS_HOST"), std::env::var("REDIS_PORT")) else {
        eprintln!("skipped: REDIS_HOST and REDIS_PORT name no Redis");
        return None;
    };
    let password = std::env::var("REDIS_PASSWORD").ok().filter(|password| !password.is_empty());
    Some(LatestOptions { host, port: port.parse().unwrap(), password, ttl: Duration::from_secs(60) })
}

fn row(car: &str, json: &str) -> (String, Option<String>) {
    (car.to_owned(), Some(json.to_owned()))
}

#[test]
fn rows_are_there_expire_and_are_told_of() {
    let Some(options) = options() else { return };
    let session: SessionId = format!("test-{}", std::process::id()).parse().unwrap();
    let latest = LatestState::new(&options).unwrap();
    let client = redis::Client::open((options.host.as_str(), options.port)).unwrap();
    let mut listener = client.get_connection().unwrap();
    let mut listener = listener.as_pubsub();
    listener.subscribe(LatestState::channel(&session)).unwrap();
    let rows = [row("63", r#"{"position":1,"name":"\"🏎️\""}"#), row("44", r#"{"position":2}"#)];
    assert_eq!(latest.update(&session, rows), Delivery::Sent);
    assert_eq!(latest.update(&session, [("44".to_owned(), None), row("63", r#"{"position":3}"#)]), Delivery::Sent);
    let mut connection = client.get_connection().unwrap();
    let kept: BTreeMap<String, String> = connection.hgetall(LatestState::key(&session)).unwrap();
    assert_eq!(kept, BTreeMap::from([("63".to_owned(), r#"{"position":3}"#.to_owned())]));
    let ttl: i64 = connection.ttl(LatestState::key(&session)).unwrap();
    assert!((1..=60).contains(&ttl), "{ttl}");
    let first: String = listener.get_message().unwrap().get_payload().unwrap();
    let json: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(json["board"]["63"]["name"], "\"🏎️\"");
    let second: String = listener.get_message().unwrap().get_payload().unwrap();
    assert_eq!(second, r#"{"board":{"44":null,"63":{"position":3}}}"#);
    let _: () = connection.del(LatestState::key(&session)).unwrap();
}

#[test]
fn a_server_that_is_away_holds_nobody_up() {
    let options = LatestOptions {
        host: "127.0.0.1".to_owned(),
        port: 1,
        password: Some("hunter2".to_owned()),
        ttl: Duration::from_secs(1),
    };
    assert!(!format!("{options:?}").contains("hunter2"));
    let latest = LatestState::new(&options).unwrap();
    assert!(!format!("{latest:?}").contains("hunter2"));
    for n in 0..10_000 {
        let session: SessionId = format!("s{}", n % 100).parse().unwrap();
        assert_eq!(latest.update(&session, [row("63", "{}")]), Delivery::Waiting);
    }
}

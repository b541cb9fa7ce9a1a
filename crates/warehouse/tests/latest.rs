//! Redis behind `REDIS_HOST` and `REDIS_PORT`.
#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::collections::BTreeMap;
use std::time::Duration;

use overcut_warehouse::{Delivery, LatestOptions, LatestRows, LatestState, SessionId};
use redis::Commands as _;

fn options() -> Option<LatestOptions> {
    let (host, port) = (overcut_testkit::service("REDIS_HOST")?, overcut_testkit::service("REDIS_PORT")?);
    let password = std::env::var("REDIS_PASSWORD").ok().filter(|password| !password.is_empty());
    Some(LatestOptions { host, port: port.parse().unwrap(), tls: false, password, ttl: Duration::from_secs(60) })
}

fn rows(rows: &[(&str, Option<&str>)]) -> LatestRows {
    rows.iter().map(|(car, json)| ((*car).to_owned(), json.map(str::to_owned))).collect()
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
    let mut hear = || -> String { listener.get_message().unwrap().get_payload().unwrap() };
    let mut connection = client.get_connection().unwrap();
    let mut kept = || -> BTreeMap<String, String> { connection.hgetall(LatestState::key(&session)).unwrap() };
    let only = |car: &str, json: &str| BTreeMap::from([(car.to_owned(), json.to_owned())]);

    let first = rows(&[("63", Some(r#"{"position":1,"name":"\"🏎️\""}"#)), ("44", Some(r#"{"position":2}"#))]);
    assert_eq!(latest.replace(&session, &first), Delivery::Sent);
    let json: serde_json::Value = serde_json::from_str(&hear()).unwrap();
    assert_eq!((&json["board"]["63"]["name"], &json["is_whole"]), (&"\"🏎️\"".into(), &true.into()));

    let change = rows(&[("44", None), ("63", Some(r#"{"position":3}"#))]);
    assert_eq!(latest.update(&session, &change), Delivery::Sent);
    assert_eq!(kept(), only("63", r#"{"position":3}"#));
    assert_eq!(hear(), r#"{"board":{"44":null,"63":{"position":3}},"is_whole":false}"#);

    // Whoever takes over does not know what was there.
    assert_eq!(latest.replace(&session, &rows(&[("81", Some("{}"))])), Delivery::Sent);
    assert_eq!(kept(), only("81", "{}"));
    let ttl: i64 = client.get_connection().unwrap().ttl(LatestState::key(&session)).unwrap();
    assert!((1..=60).contains(&ttl), "{ttl}");
    let _: () = client.get_connection().unwrap().del(LatestState::key(&session)).unwrap();
}

#[test]
fn a_server_that_is_away_holds_nobody_up() {
    let options = LatestOptions {
        host: "127.0.0.1".to_owned(),
        port: 1,
        tls: false,
        password: Some("hunter2".to_owned()),
        ttl: Duration::from_secs(1),
    };
    assert!(!format!("{options:?}").contains("hunter2"));
    let latest = LatestState::new(&options).unwrap();
    assert!(!format!("{latest:?}").contains("hunter2"));
    let update = |n: u32| {
        let session: SessionId = format!("s{}", n % 100).parse().unwrap();
        latest.update(&session, &rows(&[("63", Some("{}"))]))
    };
    let Delivery::Lost(why) = update(0) else { panic!() };
    assert!(why.contains("refused") && !why.contains("hunter2"), "{why}");
    let n_tried = (1..10_000).filter(|n| update(*n) != Delivery::Resting).count();
    assert!(n_tried < 10, "{n_tried}");
}

//! The WebSockets over a real listener.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{END_MS, TestServer, at, connect, next, race, read, send, start, summary};
use futures_util::StreamExt;
use overcut_domain::{DriverNumber, Lap, LapNumber};
use overcut_server::wire::{ClientMessage, Clock, Item, ServerMessage};
use overcut_server::{FeedConfig, Server, ServerConfig, SharedSession, now_ms};
use overcut_timeline::{House, Item as LogItem, Speed, Timeline};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

/// Puts a race in that runs as if live and has come to 0:03:20.
fn put_live(server: &TestServer) {
    let house = House::Running { since_ms: now_ms(), from: at(200_000), speed: Speed::NORMAL, is_as_live: true };
    server.library.put(Arc::new(SharedSession::new(summary("live"), race(), house)));
}

/// The snapshot and the first word about the clock.
async fn opening(socket: &mut common::Socket) -> (i32, Vec<Item>, Clock) {
    let ServerMessage::Snapshot { t_ms, items, .. } = next(socket).await else { panic!("first a snapshot") };
    let ServerMessage::Clock(clock) = next(socket).await else { panic!("then the clock") };
    (t_ms, items, clock)
}

fn n_laps(items: &[Item]) -> usize {
    items.iter().filter(|item| matches!(item, Item::Lap(_))).count()
}

#[tokio::test]
async fn clients_with_different_delays_see_different_moments() {
    let server = start(ServerConfig::default());
    put_live(&server);
    let mut live = connect(server.address, "/ws/v1/timeline").await;
    let mut delayed = connect(server.address, "/ws/v1/timeline?session=live&delay_s=100&format=msgpack").await;
    let ((now_ms, items, clock), (then_ms, earlier, delayed_clock)) =
        (opening(&mut live).await, opening(&mut delayed).await);
    let apart_ms = now_ms - then_ms;
    assert!((90_000..=100_000).contains(&apart_ms), "a hundred seconds less the time between connecting: {apart_ms}");
    assert_eq!((n_laps(&items), n_laps(&earlier)), (4, 2));
    assert!(clock.is_live && clock.is_following && delayed_clock.is_following);
    assert_eq!(delayed_clock.delay_s, 100.0);
}

#[tokio::test]
async fn seek_pause_and_speed_do_as_they_say() {
    let server = start(ServerConfig::default());
    let mut socket = connect(server.address, "/ws/v1/timeline?session=race&paused=true").await;
    let (t_ms, _, clock) = opening(&mut socket).await;
    assert_eq!((t_ms, clock.is_playing), (20_000, false), "ten seconds before the start");
    send(&mut socket, &ClientMessage::Seek { t_ms: 400_000 }).await;
    let (t_ms, items, _) = opening(&mut socket).await;
    assert_eq!((t_ms, n_laps(&items)), (400_000, 12));
    send(&mut socket, &ClientMessage::Speed { value: 60.0 }).await;
    send(&mut socket, &ClientMessage::Play).await;
    let mut n_laps = n_laps(&items);
    loop {
        match next(&mut socket).await {
            ServerMessage::Delta { item: Item::Lap(_), .. } => n_laps += 1,
            ServerMessage::Clock(clock) if i64::from(clock.t_ms) == END_MS => {
                assert!(!clock.is_playing, "it pauses at the end");
                break;
            }
            _ => {}
        }
    }
    assert_eq!(n_laps, 20, "not one is missing");
    send(&mut socket, &ClientMessage::Speed { value: 61.0 }).await;
    let error = loop {
        if let ServerMessage::Error { message } = next(&mut socket).await {
            break message;
        }
    };
    assert_eq!(error, "speed is 61, want 0.25 to 60");
}

#[tokio::test]
async fn telemetry_alone_streams_the_cars_asked_for() {
    let server = start(ServerConfig::default());
    put_live(&server);
    let mut socket = connect(server.address, "/ws/telemetry?drivers=44&hz=50").await;
    let mut last_ms = 0;
    for _ in 0..10 {
        let ServerMessage::Telemetry { t_ms, cars } = next(&mut socket).await else { panic!("telemetry only") };
        assert!(t_ms > last_ms && t_ms % 20 == 0);
        assert_eq!(cars.iter().map(|car| (car.0, car.3)).collect::<Vec<_>>(), [(44, Some(244))]);
        last_ms = t_ms;
    }
}

#[tokio::test]
async fn the_feed_port_begins_with_a_header() {
    let server = start(ServerConfig::default());
    let config = ServerConfig { address: "127.0.0.1:0".parse().unwrap(), ..ServerConfig::default() };
    let feed = FeedConfig { server: config, session: "race".to_owned(), hz: 10.0 };
    let feed = Server::bind_feed(&feed, server.library.clone(), server.shutdown.clone()).await.unwrap();
    let address = feed.address();
    tokio::spawn(feed.run());
    let mut socket = connect(address, "/").await;
    let mut next = async || {
        let message = socket.next().await.unwrap().unwrap();
        serde_json::from_str::<serde_json::Value>(message.to_text().unwrap()).unwrap()
    };
    let header = next().await;
    assert_eq!((&header["type"], &header["session"]["id"]), (&"session".into(), &"race".into()));
    assert_eq!(header["predictions"], serde_json::json!([]));
    assert_eq!(header["drivers"][1]["tla"], "HAM");
    let (first, second) = (next().await, next().await);
    assert_eq!((&first["driver"], &first["code"], &first["speed"]), (&1.into(), &"ABC".into(), &201.into()));
    assert_eq!((&second["driver"], &second["code"]), (&44.into(), &"HAM".into()));
    assert_eq!(first["time"], second["time"]);
}

/// A session in which something changes every ten milliseconds: every lap of 99 cars again and again.
fn busy() -> Timeline {
    let mut timeline = Timeline::new();
    for step in 0..20_000u32 {
        let (driver, number) = (DriverNumber((step % 99) as u16), LapNumber((step / 99 % 30) as u16));
        let lap = Lap { driver, number, deleted_reason: format!("step {step}"), ..Lap::default() };
        timeline.append(at(i64::from(step) * 10), LogItem::Lap(Arc::new(lap)));
    }
    timeline.complete();
    timeline
}

/// What a client knows: the text of every lap.
#[derive(Default)]
struct Known(BTreeMap<(u16, u16), String>);

impl Known {
    fn take(&mut self, message: ServerMessage) -> bool {
        let mut insert = |item| {
            if let Item::Lap(lap) = item {
                self.0.insert((lap.driver, lap.number), lap.deleted_reason);
            }
        };
        match message {
            ServerMessage::Snapshot { items, .. } => {
                items.into_iter().for_each(&mut insert);
                return true;
            }
            ServerMessage::Delta { item, .. } => insert(item),
            _ => {}
        }
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_laggard_gets_a_snapshot_and_misses_nothing() {
    let server = start(ServerConfig { send_buffer_bytes: Some(4096), ..ServerConfig::default() });
    server.library.put(Arc::new(SharedSession::new(summary("busy"), busy(), House::AtEnd)));
    // A client with next to no buffer, which does not read.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.address).await.unwrap();
    let url = format!("ws://{}/ws/v1/timeline?session=busy&speed=60", server.address);
    let (mut laggard, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    let first = laggard.next().await.unwrap().unwrap();
    let mut known = Known::default();
    assert!(known.take(read(&first).unwrap()), "first a snapshot");
    // Meanwhile another one, that reads, comes to the end: nobody is held up.
    let mut other = connect(server.address, "/ws/v1/timeline?session=busy&speed=60").await;
    let mut end = Known::default();
    loop {
        match next(&mut other).await {
            ServerMessage::Clock(clock) if !clock.is_playing => break,
            message => drop(end.take(message)),
        }
    }
    let mut n_snapshots = 0;
    loop {
        let message = laggard.next().await.unwrap().unwrap();
        match read(&message) {
            Some(ServerMessage::Clock(clock)) if !clock.is_playing => break,
            Some(message) => n_snapshots += usize::from(known.take(message)),
            None => {}
        }
    }
    assert!(n_snapshots >= 1, "what it missed comes as a snapshot");
    assert_eq!(known.0, end.0, "and it ends where everybody ends");
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let server = start(ServerConfig::default());
    put_live(&server);
    let mut socket = connect(server.address, "/ws/v1/timeline").await;
    opening(&mut socket).await;
    server.shutdown.cancel();
    let frame = loop {
        match socket.next().await.unwrap().unwrap() {
            Message::Close(frame) => break frame.unwrap(),
            _ => continue,
        }
    };
    assert_eq!(u16::from(frame.code), 1001);
    assert!(socket.next().await.is_none_or(|message| message.is_err()), "and then the connection ends");
    server.running.await.unwrap();
}

#[tokio::test]
async fn a_session_may_grow_while_clients_read() {
    let server = start(ServerConfig::default());
    let session = Arc::new(SharedSession::new(summary("growing"), Timeline::new(), House::AtEnd));
    server.library.put(session.clone());
    let mut socket = connect(server.address, "/ws/v1/timeline").await;
    let (_, items, clock) = opening(&mut socket).await;
    assert_eq!((items.len(), clock.is_live, clock.is_following), (0, true, true));
    let lap = Lap { driver: DriverNumber(44), number: LapNumber(1), ..Lap::default() };
    session.update(|timeline| timeline.append(at(1000), LogItem::Lap(Arc::new(lap))));
    let (version, t_ms) = loop {
        if let ServerMessage::Delta { version, t_ms, .. } = next(&mut socket).await {
            break (version, t_ms);
        }
    };
    assert_eq!((version, t_ms), (1, 1000));
}

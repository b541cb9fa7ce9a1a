//! A small hand-made session, a server on a free port, and the plainest of clients.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a helper of tests")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use overcut_domain::{
    Alert, AlertKind, CarSample, DriverNumber, Lap, LapNumber, LapTime, PitStop, PositionSample, RaceControlMessage,
    SessionStatus, SessionTime, Stint, Weather,
};
use overcut_server::wire::{ClientMessage, ServerMessage, SessionSummary};
use overcut_server::{Library, Server, ServerConfig, SharedSession, Shelf};
use overcut_session::{CarRow, DriverEntry, SessionState};
use overcut_timeline::{House, Item, Timeline};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

pub const LAP_MS: i64 = 60_000;
pub const N_LAPS: i64 = 10;
pub const END_MS: i64 = 700_000;

pub fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

/// Two cars, 1 (ABC) and 44 (HAM), drive ten laps of a minute from 0:30 on.
pub fn race() -> Timeline {
    let mut timeline = Timeline::new();
    timeline.advance(at(0));
    for (number, tla) in [(1, "ABC"), (44, "HAM")] {
        let entry = DriverEntry { driver: DriverNumber(number), tla: tla.to_owned(), ..DriverEntry::default() };
        timeline.append(at(0), Item::Driver(Arc::new(entry)));
    }
    timeline
        .append(at(10_000), Item::Weather(Arc::new(Weather { humidity_percent: Some(40.0), ..Weather::default() })));
    let started =
        SessionState { status: SessionStatus::Started, started_at: Some(at(30_000)), ..SessionState::default() };
    timeline.append(at(30_000), Item::Session(Arc::new(started)));
    for lap in 1..=N_LAPS {
        let ended_at = 30_000 + lap * LAP_MS;
        for driver in [DriverNumber(1), DriverNumber(44)] {
            let number = LapNumber(lap as u16);
            let row =
                CarRow { driver, lap: number, position: Some(if driver.0 == 1 { 1 } else { 2 }), ..CarRow::default() };
            timeline.append(at(ended_at), Item::Car(Arc::new(row)));
            let lap = Lap {
                driver,
                number,
                started_at: Some(at(ended_at - LAP_MS)),
                ended_at: Some(at(ended_at)),
                time: Some(LapTime::from_millis(LAP_MS as u32)),
                ..Lap::default()
            };
            timeline.append(at(ended_at), Item::Lap(Arc::new(lap)));
        }
    }
    timeline
        .append(at(100_000), Item::Stint(Arc::new(Stint { driver: DriverNumber(44), number: 1, ..Stint::default() })));
    let stop = PitStop { driver: DriverNumber(44), number: 1, lap: LapNumber(3), ..PitStop::default() };
    timeline.append(at(END_MS - 1000), Item::PitStop(Arc::new(stop)));
    let message = RaceControlMessage { text: "CAR 44 (HAM) NOTED".to_owned(), ..RaceControlMessage::default() };
    timeline.append(at(END_MS - 1000), Item::RaceControl(Arc::new(message)));
    timeline.append(at(END_MS - 1000), Item::Alert(0, Arc::new(alert())));
    for n in 0..END_MS / 250 {
        timeline.insert_cars(&[car(at(n * 250), 1), car(at(n * 250), 44)]);
        timeline.insert_positions(&[fix(at(n * 250 + 10), 1), fix(at(n * 250 + 10), 44)]);
    }
    timeline.advance(at(END_MS));
    timeline.complete();
    timeline
}

fn alert() -> Alert {
    Alert {
        kind: AlertKind::LockUp,
        driver: DriverNumber(44),
        lap: Some(LapNumber(10)),
        raised_at: at(END_MS - 1000),
        settled_at: at(END_MS - 1400),
        waited_ms: 0,
        started_at: at(END_MS - 2000),
        peak_at: at(END_MS - 1500),
        ended_at: None,
        distance_m: None,
        evidence: Vec::new(),
        confidence: 0.5,
        text: "front left locked".to_owned(),
    }
}

fn car(time: SessionTime, driver: u16) -> CarSample {
    CarSample {
        time,
        driver: DriverNumber(driver),
        rpm: Some(10_500),
        speed_kmh: Some(200 + driver),
        gear: Some(6),
        throttle_percent: Some(80),
        brake_percent: Some(0),
        drs: None,
    }
}

fn fix(time: SessionTime, driver: u16) -> PositionSample {
    let (x_dm, y_dm) = ((time.as_millis() / 10) as i32, 500);
    PositionSample { time, driver: DriverNumber(driver), x_dm, y_dm, z_dm: 0, on_track: true }
}

pub fn summary(id: &str) -> SessionSummary {
    SessionSummary {
        id: id.to_owned(),
        meeting: "Test Grand Prix".to_owned(),
        name: "Race".to_owned(),
        kind: "race".to_owned(),
        season: Some(2024),
        circuit: "Ring".to_owned(),
        country: "Nowhere".to_owned(),
        starts_at: None,
        format: "test".to_owned(),
        has_car_data: Some(true),
        size_bytes: 0,
    }
}

/// A shelf with one good session and a broken one.
pub struct TestShelf;

impl Shelf for TestShelf {
    fn list(&self) -> Vec<SessionSummary> {
        vec![summary("race"), SessionSummary { season: Some(2023), ..summary("broken") }]
    }

    fn open(&self, summary: &SessionSummary) -> Result<Arc<SharedSession>, String> {
        match summary.id.as_str() {
            "race" => Ok(Arc::new(SharedSession::new(summary.clone(), race(), House::AtEnd))),
            _ => Err("it is a photograph of a dog".to_owned()),
        }
    }
}

/// A server on a free port.
pub struct TestServer {
    pub address: SocketAddr,
    pub library: Arc<Library>,
    pub shutdown: CancellationToken,
    pub running: JoinHandle<()>,
}

pub fn start(config: ServerConfig) -> TestServer {
    let (library, shutdown) = (Arc::new(Library::new(TestShelf)), CancellationToken::new());
    let config = ServerConfig { address: "127.0.0.1:0".parse().unwrap(), ..config };
    let server = Server::bind(&config, library.clone(), shutdown.clone()).unwrap();
    TestServer { address: server.address(), library, shutdown, running: tokio::spawn(server.run()) }
}

/// An answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends a request as it stands and reads the whole answer.
pub async fn request(address: SocketAddr, head: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer { status, headers: lines.filter_map(header).collect(), body: body.to_owned() }
}

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}")).await
}

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn connect(address: SocketAddr, path: &str) -> Socket {
    tokio_tungstenite::connect_async(format!("ws://{address}{path}")).await.unwrap().0
}

pub fn read(message: &Message) -> Option<ServerMessage> {
    match message {
        Message::Text(text) => Some(serde_json::from_str(text).unwrap()),
        Message::Binary(bytes) => Some(rmp_serde::from_slice(bytes).unwrap()),
        _ => None,
    }
}

pub async fn next(socket: &mut Socket) -> ServerMessage {
    loop {
        let message = socket.next().await.expect("the connection is open").expect("and works");
        if let Some(message) = read(&message) {
            return message;
        }
    }
}

pub async fn send(socket: &mut Socket, command: &ClientMessage) {
    let text = serde_json::to_string(command).unwrap();
    socket.send(tungstenite::Message::text(text)).await.unwrap();
}

//! A live session as a person has it: how late rows come, how soon there is something to see, what it costs.
//!
//! `cargo bench -p overcut --bench live [-- SECONDS]` starts the program against a server on loopback that plays the real
//! sprint in real time with every topic, and a client as the dashboard is one. Printed beside each figure is what it is
//! meant to be. A row's delay runs from the server's write of the message that it is made of to the client's having it.
#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use overcut_domain::SessionTime;
use overcut_testkit::stub::signalr::{SignalRConfig, SignalRStub};
use overcut_testkit::tape::{Tape, TapeClock};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";
const TOKEN: &str = "a-token-for-a-stub";
/// Shortly before the lights of the sprint, on its session clock.
const BEFORE_START_MS: i64 = 62 * 60_000;
/// Ticks a second in the accounts of processes: `sysconf(_SC_CLK_TCK)` on every Linux there is.
const TICKS_PER_S: f64 = 100.0;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[tokio::main]
async fn main() {
    let seconds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(60);
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let tape = Tape::from_archive(&path).cut(SessionTime::from_millis(BEFORE_START_MS), SessionTime::MAX);
    let tape = Arc::new(tape);
    let clock = TapeClock::start(1.0);
    let stub =
        SignalRStub::start(SignalRConfig { token: Some(TOKEN.to_owned()), ..SignalRConfig::new(tape.clone(), clock) });
    let stub = stub.await;
    let data = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let (mut program, mut socket) = start(data.path(), &stub.url()).await;
    let tower = first_tower(&mut socket).await - begun;
    print("from start to the first complete tower", tower.as_secs_f64() * 1000.0, "ms", "under 2000");
    let (cpu, since) = (cpu_of(&program), Instant::now());
    let mut heard = hear(&mut socket, Duration::from_secs(seconds)).await;
    let cpu = (cpu_of(&program) - cpu) / since.elapsed().as_secs_f64();
    print("processor time", 100.0 * cpu, "% of a core", "under 5");
    let delays = delays(&mut heard, &stub);
    let quantile = |share: f64| delays[((delays.len() as f64 * share) as usize).min(delays.len() - 1)] * 1000.0;
    print("rows measured", delays.len() as f64, "", "");
    print("delay of a row, p50", quantile(0.5), "ms", "");
    print("delay of a row, p99", quantile(0.99), "ms", "under 50");
    print("delay of a row, worst", quantile(1.0), "ms", "");
    print("telemetry frames", heard.n_frames as f64 / seconds as f64, "1/s", "10");
    print("longest time between two of them", heard.longest_pause.as_secs_f64() * 1000.0, "ms", "");
    program.kill().await.unwrap();
}

fn print(what: &str, value: f64, unit: &str, aim: &str) {
    let aim = if aim.is_empty() { String::new() } else { format!("(aim: {aim})") };
    println!("{what:<42} {value:>10.1} {unit:<12} {aim}");
}

/// Starts the program and connects to it as soon as it listens.
async fn start(data: &Path, url: &str) -> (Child, Socket) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_overcut"))
        .args(["live", "--port", "0", "--no-openf1", "--no-weather", "--signalr-url", url, "--data"])
        .arg(data)
        .env("OVERCUT_F1TV_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let address = line.split("http://").nth(1).unwrap().to_owned();
    let socket = connect(&address, "current").await;
    (program, follow(socket, &address).await)
}

async fn connect(address: &str, session: &str) -> Socket {
    let (socket, _) = connect_async(format!("ws://{address}/ws/v1/timeline?session={session}")).await.unwrap();
    socket
}

/// As the page does: waits for the session that comes after "waiting for a session".
async fn follow(mut socket: Socket, address: &str) -> Socket {
    loop {
        let message = read(&mut socket).await;
        let id = match message["type"].as_str() {
            Some("snapshot") if message["session_id"] != "live" => message["session_id"].as_str(),
            Some("successor") => message["session_id"].as_str(),
            _ => None,
        };
        if let Some(id) = id {
            let mut socket = connect(address, id).await;
            let wish = r#"{"type":"telemetry","hz":10,"drivers":[]}"#;
            socket.send(Message::text(wish)).await.unwrap();
            return socket;
        }
    }
}

async fn read(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

/// When every car of the entry list has a row with a position.
async fn first_tower(socket: &mut Socket) -> Instant {
    let (mut drivers, mut placed) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let message = read(socket).await;
        let items = match message["type"].as_str() {
            Some("snapshot") => message["items"].as_array().unwrap().clone(),
            Some("delta") => vec![message["item"].clone()],
            _ => continue,
        };
        for item in items {
            let number = item["value"]["driver"].as_u64();
            match item["kind"].as_str() {
                Some("driver") => drivers.extend(number),
                Some("car") if !item["value"]["position"].is_null() => placed.extend(number),
                _ => {}
            }
        }
        if drivers.len() > 15 && drivers.is_subset(&placed) {
            return Instant::now();
        }
    }
}

/// What a client was sent.
#[derive(Default)]
struct Heard {
    /// Each change: its moment on the session clock, and when it was there.
    changes: Vec<(i64, Instant)>,
    zero_ms: i64,
    n_frames: u64,
    longest_pause: Duration,
}

async fn hear(socket: &mut Socket, span: Duration) -> Heard {
    let mut heard = Heard::default();
    let (until, mut last_frame) = (Instant::now() + span, Instant::now());
    while Instant::now() < until {
        let message = read(socket).await;
        let now = Instant::now();
        match message["type"].as_str() {
            Some("delta") => heard.changes.push((message["t_ms"].as_i64().unwrap(), now)),
            Some("telemetry") => {
                heard.n_frames += 1;
                heard.longest_pause = heard.longest_pause.max(now - last_frame);
                last_frame = now;
            }
            _ => {}
        }
    }
    heard
}

/// How late each change was, in seconds, in order: a change bears the stamp of the message that it is made of. Changes
/// that nobody sent, such as that a feed is late now, are left out.
fn delays(heard: &mut Heard, stub: &SignalRStub) -> Vec<f64> {
    let mut sent_at: HashMap<i64, Instant> = HashMap::new();
    for sent in stub.sent() {
        sent_at.entry(sent.stamp.as_millis()).or_insert(sent.at);
    }
    // The session's zero is a whole second: the one that explains most changes.
    let stamps: Vec<i64> = sent_at.keys().copied().collect();
    let mut votes: HashMap<i64, usize> = HashMap::new();
    for (time_ms, _) in heard.changes.iter().step_by(20).take(60) {
        for stamp in &stamps {
            *votes.entry(stamp - time_ms).or_default() += 1;
        }
    }
    heard.zero_ms = votes.into_iter().max_by_key(|(_, n)| *n).map_or(0, |(zero, _)| zero);
    let delay = |(time_ms, at): &(i64, Instant)| {
        let sent_at = sent_at.get(&(time_ms + heard.zero_ms))?;
        at.checked_duration_since(*sent_at).map(|delay| delay.as_secs_f64())
    };
    let mut delays: Vec<f64> = heard.changes.iter().filter_map(delay).collect();
    delays.sort_by(f64::total_cmp);
    delays
}

/// Processor time that a process has used, in seconds.
fn cpu_of(program: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.id().unwrap())).unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    fields.get(11..13).map_or(0.0, |ticks| (ticks[0] + ticks[1]) / TICKS_PER_S)
}

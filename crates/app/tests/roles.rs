//! The roles as processes over a real broker, killed at any moment, held against a single program.
//!
//! `make test-services` runs it, with the broker that it starts. Without `KAFKA_BOOTSTRAP_SERVERS` it says that it skipped;
//! in CI it must run where that is set. `OVERCUT_CHAOS_SEED` chooses which process dies when.
#![cfg(feature = "kafka")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";
const ID: &str = "2026-chinese-grand-prix-sprint";
const BROKERS: &str = "KAFKA_BOOTSTRAP_SERVERS";
/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(240);
/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// What a wall shows of a session.
const LISTS: [&str; 6] = ["laps", "stints", "pit-stops", "race-control", "alerts", "drivers"];

/// A process of the program, killed with this.
struct Role {
    name: &'static str,
    arguments: Vec<String>,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Role {
    fn start(stage: &Stage, name: &'static str, arguments: &[&str]) -> Role {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let (child, said) = stage.spawn(&arguments, &Arc::default());
        Role { name, arguments, child, said }
    }

    /// `kill -9`, and another one in its place.
    fn kill_and_start_again(&mut self, stage: &Stage) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.child, self.said) = stage.spawn(&self.arguments, &self.said);
    }

    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Topics of our own, and a data folder.
struct Stage {
    folder: TempDir,
    prefix: String,
}

impl Stage {
    /// `None` if there is no broker.
    fn set() -> Option<Stage> {
        if std::env::var(BROKERS).is_err() {
            println!("skipped: {BROKERS} is not set; `make test-services` sets it");
            return None;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let (folder, prefix) = (tempfile::tempdir().unwrap(), format!("chaos-{now}."));
        let config = format!(
            "[bus]\nprefix = \"{prefix}\"\npartitions = 4\nfetch_wait_ms = 10\nsession_timeout_s = 6.0\n\
             max_poll_interval_s = 6.0\n"
        );
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Some(Stage { folder, prefix })
    }

    fn spawn(&self, arguments: &[String], said: &Arc<Mutex<String>>) -> (Child, Arc<Mutex<String>>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_overcut"))
            .arg("--config")
            .arg(self.folder.path().join("config.toml"))
            .arg("--data")
            .arg(self.folder.path().join("data"))
            .args(arguments)
            .env("OVERCUT_DATA", overcut_testkit::data().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        for stream in
            [Box::new(child.stdout.take().unwrap()) as Box<dyn Read + Send>, Box::new(child.stderr.take().unwrap())]
        {
            let said = said.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    said.lock().unwrap().push_str(&format!("{line}\n"));
                }
            });
        }
        (child, said.clone())
    }
}

/// Where a role that serves a wall listens.
fn address(role: &Role) -> String {
    let began = Instant::now();
    loop {
        let said = role.said();
        if let Some(rest) = said.rsplit("wall  http://").next().filter(|_| said.contains("wall  http://")) {
            return rest.lines().next().unwrap().split('/').next().unwrap().to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "{}: {said}", role.name);
        thread::sleep(LOOK);
    }
}

/// What an address answers; nothing while nobody does.
fn get(address: &str, path: &str) -> Option<Value> {
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let is_good = head.starts_with("HTTP/1.1 200");
    // Chunked or not: what is between the first and the last brace is the document.
    let body: String =
        if head.to_lowercase().contains("transfer-encoding: chunked") { unchunked(body)? } else { body.to_owned() };
    serde_json::from_str(&body).ok().filter(|_| is_good)
}

fn unchunked(body: &str) -> Option<String> {
    let (mut rest, mut out) = (body, String::new());
    loop {
        let (size, after) = rest.split_once("\r\n")?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.push_str(after.get(..size)?);
        rest = after.get(size + 2..)?;
    }
}

/// Every list of a session, as JSON.
fn lists(address: &str) -> Option<Vec<Value>> {
    LISTS
        .iter()
        .map(|list| Some(get(address, &format!("/api/v1/sessions/{ID}/{list}?limit=5000"))?["items"].clone()))
        .collect()
}

/// A number that looks random, and is the same again for the same seed.
fn roll(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

/// What a single program shows of the recording.
fn single_program(stage: &Stage, recording: &Path) -> Vec<Value> {
    let single = Role::start(stage, "serve", &["replay", recording.to_str().unwrap(), "--port", "0"]);
    let address = address(&single);
    let id = get(&address, "/api/v1/health").unwrap()["current_session"].as_str().unwrap().to_owned();
    LISTS
        .iter()
        .map(|list| get(&address, &format!("/api/v1/sessions/{id}/{list}?limit=5000")).unwrap()["items"].clone())
        .collect()
}

#[test]
fn whatever_is_killed_the_tables_are_those_of_a_single_program() {
    let (Some(recording), Some(stage)) = (overcut_testkit::recording(SPRINT), Stage::set()) else { return };
    let want = single_program(&stage, &recording);
    let seed = std::env::var("OVERCUT_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    println!("seed {seed}, topics {}", stage.prefix);
    let mut random: u64 = seed * 2_654_435_761 + 1;
    let tell = ["ingest", "chinese sprint", "--speed", "60", "--from", "0:58:00"];
    let mut roles = [
        Role::start(&stage, "ingest", &tell),
        Role::start(&stage, "engine one", &["engine"]),
        Role::start(&stage, "engine two", &["engine"]),
        Role::start(&stage, "gateway", &["gateway", "--port", "0"]),
    ];
    let began = Instant::now();
    let mut n_kills = 0;
    while !roles[0].is_over() {
        assert!(began.elapsed() < PATIENCE, "{}", roles.iter().map(Role::said).collect::<Vec<_>>().join("\n--\n"));
        thread::sleep(Duration::from_millis(5_000 + roll(&mut random, 4_000)));
        // Whoever tells dies first: there is little time for it.
        let unlucky = if n_kills == 0 { 0 } else { roll(&mut random, 4) as usize };
        if roles[unlucky].is_over() {
            break;
        }
        println!("{:.0} s: kill {}", began.elapsed().as_secs_f64(), roles[unlucky].name);
        roles[unlucky].kill_and_start_again(&stage);
        n_kills += 1;
    }
    assert!(n_kills >= 3, "only {n_kills} processes were killed");
    let mut got = None;
    while got.as_ref() != Some(&want) {
        if began.elapsed() > PATIENCE {
            for ((list, got), want) in LISTS.iter().zip(got.iter().flatten()).zip(&want) {
                let n = |value: &Value| value.as_array().map_or(0, Vec::len);
                println!("{list}: {} rows of {}, same: {}", n(got), n(want), got == want);
            }
            panic!("{}", roles.iter().map(Role::said).collect::<Vec<_>>().join("\n--\n"));
        }
        thread::sleep(LOOK * 4);
        // Each gateway picks a port of its own.
        got = lists(&address(&roles[3]));
    }
    println!("{n_kills} kills, {:.0} s", began.elapsed().as_secs_f64());
    for role in &roles[1..3] {
        assert!(!role.said().contains("messages are missing"), "{}", role.said());
    }
}

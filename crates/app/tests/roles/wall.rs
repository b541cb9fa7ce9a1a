//! What a wall shows, asked over HTTP.

use std::io::Read as _;
use std::path::Path;
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::stage::{Role, Stage, said};
use crate::{ID, LOOK, PATIENCE};

/// What a wall shows of a session.
const LISTS: [&str; 6] = ["laps", "stints", "pit-stops", "race-control", "alerts", "drivers"];

/// Where a role that serves a wall listens.
fn address(role: &Role) -> String {
    let said = role.until_said(&["wall  http://"]);
    said.rsplit("wall  http://").next().unwrap().lines().next().unwrap().split('/').next().unwrap().to_owned()
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

/// What a single program shows of the recording.
pub fn single_program(stage: &Stage, recording: &Path) -> Vec<Value> {
    let single = Role::start(stage, "serve", &["replay", recording.to_str().unwrap(), "--port", "0"]);
    let address = address(&single);
    let id = get(&address, "/api/v1/health").unwrap()["current_session"].as_str().unwrap().to_owned();
    LISTS
        .iter()
        .map(|list| get(&address, &format!("/api/v1/sessions/{id}/{list}?limit=5000")).unwrap()["items"].clone())
        .collect()
}

/// Waits until the gateway among the roles shows what is wanted.
pub fn until_shown(roles: &[Role], gateway: usize, want: &[Value], began: Instant) {
    let mut got = None;
    while got.as_deref() != Some(want) {
        if began.elapsed() > PATIENCE {
            for ((list, got), want) in LISTS.iter().zip(got.iter().flatten()).zip(want) {
                let n = |value: &Value| value.as_array().map_or(0, Vec::len);
                println!("{list}: {} rows of {}, same: {}", n(got), n(want), got == want);
            }
            panic!("{}", said(roles));
        }
        thread::sleep(LOOK * 4);
        // Each gateway picks a port of its own.
        got = lists(&address(&roles[gateway]));
    }
}

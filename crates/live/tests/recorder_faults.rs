//! The recorder in processes of their own: killed at any moment, and on a disk that takes no more.
//!
//! The processes are this test program again, told by the environment to be one: see [`victim`].

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{RLIM_INFINITY, Resource, setrlimit};
use overcut_live::{Arrival, Clock, Recorder, RecorderConfig, RecorderState, RecorderStatus};
use overcut_sources::live::Note;
use overcut_store::RecordingReader;

/// What the process should do, in the environment.
const ROLE: &str = "OVERCUT_TEST_VICTIM";
/// Where it should record.
const FOLDER: &str = "OVERCUT_TEST_FOLDER";
/// Channel of what it records.
const CHANNEL: &str = "signalr/a";
/// Between two flushes.
const FLUSH_EVERY: Duration = Duration::from_millis(200);
/// What a busy machine may add to that.
const SLACK: Duration = Duration::from_millis(1500);

/// Does nothing, unless this process was started by a test below.
#[test]
fn victim() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    match std::env::var(ROLE).unwrap().as_str() {
        "record" => record_until_killed(&folder),
        "full_disk" => record_on_a_full_disk(&folder),
        other => panic!("no such role: {other}"),
    }
}

fn start(role: &str, folder: &Path) -> Child {
    // A file that hits its limit raises a signal that would end the process; a full disk only makes writing fail.
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn config() -> RecorderConfig {
    RecorderConfig {
        flush_every_s: FLUSH_EVERY.as_secs_f64(),
        sync_every_s: 0.5,
        warn_below_mib: 0,
        max_waiting_mib: 1,
        ..RecorderConfig::default()
    }
}

fn utc_ms() -> i64 {
    Clock::system().now().utc.as_millis()
}

/// Records when it is, as fast as a session, and says so.
fn record_until_killed(folder: &Path) {
    let mut recorder = Recorder::start(folder, config(), Clock::system(), |_| {}).unwrap();
    let mut out = Vec::new();
    loop {
        let sent_ms = utc_ms();
        recorder.record(Arrival { channel: CHANNEL.into(), payload: sent_ms.to_string().into() }, &mut out);
        println!("sent {sent_ms}");
        std::io::stdout().flush().unwrap();
        out.clear();
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Payloads of the channel, and the notes.
fn read(path: &Path) -> (Vec<String>, Vec<Note>) {
    let mut reader = RecordingReader::open(path).unwrap();
    let (mut payloads, mut notes) = (Vec::new(), Vec::new());
    while let Some(message) = reader.next_raw().unwrap() {
        match message.channel {
            CHANNEL => payloads.push(String::from_utf8(message.payload.to_vec()).unwrap()),
            _ => notes.push(Note::from_json(message.payload).unwrap()),
        }
    }
    (payloads, notes)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn killed_again_and_again_it_keeps_all_but_the_last_moments_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let (mut all_sent, mut kept_before) = (BTreeSet::new(), 0);
    // So many messages before each kill: moments all over the span between two flushes.
    let kills = [120, 1, 187, 93, 240, 151];
    for n_messages in kills {
        let mut child = start("record", folder.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let sent_ms = |line: String| line.split_once("sent ").and_then(|(_, ms)| ms.parse::<i64>().ok());
        let mut sent: Vec<i64> = lines.by_ref().filter_map(sent_ms).take(n_messages).collect();
        child.kill().unwrap();
        sent.extend(lines.filter_map(sent_ms));
        child.wait().unwrap();

        let [part] = files(folder.path()).try_into().unwrap();
        let kept: Vec<i64> = read(&part).0.iter().map(|text| text.parse().unwrap()).collect();
        assert!(kept.len() >= kept_before, "a kill cost what an earlier run had kept");
        kept_before = kept.len();
        let newest = *kept.iter().chain(sent.first()).max().unwrap();
        let age = Duration::from_millis((sent.last().unwrap() - newest) as u64);
        assert!(age <= FLUSH_EVERY + SLACK, "after {n_messages} messages {age:?} are lost");
        all_sent.extend(sent);
    }
    let mut n_kept = 0;
    let recorder = Recorder::start(folder.path(), config(), Clock::system(), |_| n_kept += 1).unwrap();
    let path = recorder.finish().unwrap().unwrap().path;
    assert_eq!(files(folder.path()), std::slice::from_ref(&path));
    let mut reader = RecordingReader::open(&path).unwrap();
    let (mut last, mut n) = (None, 0);
    while let Some(message) = reader.next_raw().unwrap() {
        assert!(last <= Some(message.time), "time goes back");
        last = Some(message.time);
        n += 1;
    }
    assert!(reader.damage().is_none(), "{}", reader.damage());
    assert_eq!(n, n_kept + 1, "what was kept, and the note that the last one began");
    let (payloads, notes) = read(&path);
    let kept: Vec<i64> = payloads.iter().map(|text| text.parse().unwrap()).collect();
    assert!(kept.is_sorted() && kept.iter().all(|ms| all_sent.contains(ms)));
    // Whoever is killed before the first flush leaves no note.
    let n_begun = notes.iter().filter(|note| matches!(note, Note::Begun { .. })).count();
    assert!((kills.len() - 1..=kills.len() + 1).contains(&n_begun), "{n_begun} beginnings");
}

#[test]
fn a_full_disk_is_waited_out_and_what_is_lost_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let child = start("full_disk", folder.path());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let [path] = files(folder.path()).try_into().unwrap();
    let (payloads, notes) = read(&path);
    let mut reader = RecordingReader::open(&path).unwrap();
    while reader.next_raw().unwrap().is_some() {}
    assert!(reader.damage().is_none(), "{}", reader.damage());
    // What waited is there, in order and once; of what did not fit the number is known.
    let n_waited = payloads.iter().filter(|payload| payload.starts_with("waits")).count();
    assert_eq!(n_waited, 100);
    let n_dropped = 3000 - payloads.iter().filter(|payload| payload.starts_with("too much")).count();
    let n_noted: u64 =
        notes.iter().map(|note| if let Note::Lost { n_messages, .. } = note { *n_messages } else { 0 }).sum();
    assert_eq!(n_noted, n_dropped as u64);
    assert!(n_dropped > 0 && n_dropped < 3000);
    assert_eq!(payloads.last().map(String::as_str), Some("goes on"));
}

/// Runs in a process of its own, because its limits are the process's.
fn record_on_a_full_disk(folder: &Path) {
    let limit = |bytes| setrlimit(Resource::RLIMIT_FSIZE, bytes, RLIM_INFINITY).unwrap();
    let mut recorder = Recorder::start(folder, config(), Clock::system(), |_| {}).unwrap();
    let status = recorder.status();
    let mut seed = 1;
    let mut record = |text: &str| {
        while !recorder.has_room() {
            std::thread::yield_now();
        }
        let arrival = Arrival { channel: CHANNEL.into(), payload: incompressible(text, &mut seed).into() };
        recorder.record(arrival, &mut Vec::new());
    };
    // There is room for 32 KiB; 100 messages of 1 KB want more, and wait.
    limit(32 << 10);
    (0..100).for_each(|_| record("waits"));
    let waiting = until("waiting", || status.get(), |status| status.state == RecorderState::Waiting);
    assert_eq!(waiting.detail, "the recording waits: the file must not grow any larger");
    assert!(waiting.size_bytes <= 32 << 10 && waiting.n_waiting_bytes > 30_000, "{waiting:?}");
    assert_eq!(waiting.lost.n_messages, 0);
    // A MiB may wait; three do not fit.
    (0..3000).for_each(|_| record("too much"));
    let losing = until("losing", || status.get(), |status| status.lost.n_messages > 0);
    assert_eq!(losing.state, RecorderState::Losing);
    assert!(losing.n_waiting_bytes <= 2 << 20, "{losing:?}");
    limit(RLIM_INFINITY);
    until("room again", || status.get(), |status| status.state == RecorderState::Recording);
    recorder.record(Arrival { channel: CHANNEL.into(), payload: "goes on".into() }, &mut Vec::new());
    recorder.finish().unwrap();
}

/// A thousand bytes that begin with the text and do not compress to less than half.
fn incompressible(text: &str, seed: &mut u64) -> Vec<u8> {
    let mut bytes = format!("{text} ").into_bytes();
    bytes.resize_with(1000, || {
        // Xorshift, Marsaglia 2003.
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        b' ' + (*seed % 94) as u8
    });
    bytes
}

/// Waits until the status is so.
fn until(what: &str, status: impl Fn() -> RecorderStatus, is_so: impl Fn(&RecorderStatus) -> bool) -> RecorderStatus {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let now = status();
        if is_so(&now) {
            return now;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}: {now:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

//! Live sessions from end to end: the program as it is started, against servers that play a real session.
//!
//! Sessions are played fast. `OVERCUT_LIVE_SPEED` says how fast (default 240), for a closer look or a slower machine.
#![allow(clippy::unwrap_used, reason = "tests")]

mod program;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use overcut_domain::UtcTime;
use overcut_testkit::stub::archive::{ArchiveConfig, ArchiveStub, Rewrite, Trouble};
use overcut_testkit::stub::signalr::{Refusal, SignalRConfig, SignalRStub};
use overcut_testkit::tape::{Tape, TapeClock};
use tempfile::TempDir;

use program::{Program, assert_nowhere, data, recordings, table};

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJub3RoaW5nIjoiaGVyZSJ9.c2VjcmV0LXRoYXQtbXVzdC1ub3QtbGVhaw";
/// Whoever is asked for something is asked within this time.
const STILL: Duration = Duration::from_secs(2);
/// A program that is told to end has ended after this, on a busy machine too.
const SOON: Duration = Duration::from_secs(15);
/// Waits are not made shorter than this many times: a busy machine is no dead connection.
const FASTEST: f64 = 30.0;
/// What must be the same, however a session was heard.
const TABLES: [&str; 6] = ["laps", "stints", "pit-stops", "race-control", "results", "drivers"];

fn speed() -> f64 {
    std::env::var("OVERCUT_LIVE_SPEED").ok().and_then(|text| text.parse().ok()).unwrap_or(240.0)
}

/// The sprint, on a tape.
fn sprint() -> Option<(PathBuf, Arc<Tape>)> {
    let path = overcut_testkit::recording(SPRINT)?;
    let tape = Arc::new(Tape::from_archive(&path));
    Some((path, tape))
}

/// The program without the sources that a test has no server for, with waits as short as the tape is fast.
fn live(data: &TempDir, arguments: &[&str]) -> Program {
    let faster = speed().min(FASTEST).to_string();
    let others = ["--no-openf1", "--no-weather", "--faster", &faster];
    Program::live(data.path(), &[arguments, &others].concat(), &[])
}

async fn signalr(tape: &Arc<Tape>, clock: &TapeClock) -> SignalRStub {
    let config = SignalRConfig::new(tape.clone(), clock.clone());
    // As patient as the client.
    let faster = clock.speed().min(FASTEST);
    SignalRStub::start(SignalRConfig { token: Some(TOKEN.to_owned()), faster, ..config }).await
}

/// Waits until the push service is listened to: what it said before it will not say again.
fn connected(program: &Program) {
    program.get_until("/api/v1/live", |live| live["sources"][0]["phase"] == "connected");
}

/// Waits until everything on the tape was sent, and what was sent was heard: then nothing comes but signs of life.
async fn played(tape: &Tape, clock: &TapeClock, program: &Program) {
    clock.reached(tape.end_ms() + 10_000).await;
    let n_heard = || program.get("/api/v1/live")["recorder"]["n_messages"].as_u64().unwrap();
    let mut before = 0;
    loop {
        let now = n_heard();
        if now < before + 100 {
            return;
        }
        before = now;
        tokio::time::sleep(STILL).await;
    }
}

/// Checks that two recordings say the same.
fn assert_same_tables(got: &Path, want: &Path) {
    for name in TABLES {
        assert_same(name, &table(got, name), &table(want, name));
    }
}

/// The same for sessions whose clocks begin at different moments: without their times of day.
fn assert_same_but_for_the_clock(got: &Path, want: &Path) {
    for name in TABLES {
        assert_same(name, &without_times(&table(got, name)), &without_times(&table(want, name)));
    }
}

fn assert_same(name: &str, got: &str, want: &str) {
    let differing = got.lines().zip(want.lines()).find(|(got, want)| got != want);
    assert_eq!(differing, None, "{name}");
    assert_eq!(got.lines().count(), want.lines().count(), "{name}");
}

/// A table without the columns that are moments on the session clock.
fn without_times(table: &str) -> String {
    let header: Vec<&str> = table.lines().next().unwrap_or_default().split(',').collect();
    let is_kept = |idx: usize| header.get(idx).is_none_or(|name| !name.ends_with("_at_ms") && *name != "time_ms");
    let line = |line: &str| {
        let cells = line.split(',').enumerate().filter(|(idx, _)| is_kept(*idx));
        cells.map(|(_, cell)| cell).collect::<Vec<_>>().join(",")
    };
    table.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_program_whose_terminal_has_gone_stops_when_it_is_told_to() {
    let data = data();
    let (_, took) = Program::unheard(data.path()).stop();
    assert!(took < SOON, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_over_the_push_service_equals_its_archive() {
    let Some((archive, tape)) = sprint() else { return };
    let clock = TapeClock::paused(speed());
    let stub = signalr(&tape, &clock).await;
    let data = data();
    let faster = speed().min(FASTEST).to_string();
    let program = Program::live(
        data.path(),
        &["--signalr-url", &stub.url(), "--no-openf1", "--no-weather", "--faster", &faster],
        &[("OVERCUT_F1TV_TOKEN", TOKEN), ("OVERCUT_LOG", "debug")],
    );
    connected(&program);
    clock.run();
    let health = program.get_until("/api/v1/health", |health| {
        health["current_session"].as_str().is_some_and(|id| id.contains("chinese-grand-prix-sprint"))
    });
    assert_eq!(health["live"]["sources"][0]["source"], "signalr");
    played(&tape, &clock, &program).await;
    let answers = [program.get("/api/v1/health"), program.get("/api/v1/live")].map(|answer| answer.to_string());
    let (said, took) = program.stop();
    assert!(took < SOON, "{took:?}");
    let [recording] = &recordings(data.path())[..] else { panic!("{:?}", recordings(data.path())) };
    assert!(said.contains(&format!("recorded {}", recording.display())), "{said}");
    assert_same_but_for_the_clock(recording, &archive);
    assert_nowhere(TOKEN, &format!("{said}{}", answers.concat()), data.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_source_fails_it_says_what_is_missing_and_why() {
    let data = data();
    let nowhere = "http://127.0.0.1:9/signalrcore";
    let arguments = ["--signalr-url", nowhere, "--no-openf1", "--no-weather", "--faster", "20"];
    let program = Program::live(data.path(), &arguments, &[]);
    let live = program.get_until("/api/v1/live", |live| {
        live["sources"][0]["phase"] == "waiting" && live["feeds"].as_array().is_some_and(|feeds| !feeds.is_empty())
    });
    for feed in live["feeds"].as_array().unwrap() {
        assert_eq!(feed["state"]["liveness"], "missing", "{feed}");
        assert_ne!(feed["state"]["reason"], "", "{feed}");
    }
    let (said, _) = program.stop();
    assert!(said.contains("signalr: ") && said.contains("nothing was heard"), "{said}");
    assert_eq!(recordings(data.path()), [] as [PathBuf; 0]);
}

/// The archive of a tape: it grows a few seconds behind it, and its index says that its session is now.
async fn archive(tape: &Tape, clock: &TapeClock) -> ArchiveStub {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut config = ArchiveConfig::growing(tape, clock.clone(), 5_000..9_000);
    config.dated = Some(UtcTime::from_millis(now.as_millis() as i64));
    ArchiveStub::start(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_account_the_growing_archive_gives_cars_and_positions() {
    let Some((folder, tape)) = sprint() else { return };
    let clock = TapeClock::start(speed());
    let (stub, archive) = tokio::join!(signalr(&tape, &clock), archive(&tape, &clock));
    let data = data();
    let program = live(&data, &["--signalr-url", &stub.url(), "--archive", "--archive-url", &archive.url()]);
    played(&tape, &clock, &program).await;
    program.stop();
    let [recording] = &recordings(data.path())[..] else { panic!("{:?}", recordings(data.path())) };
    assert_same_tables(recording, &folder);
    let samples = |recording| table(recording, "telemetry").lines().count();
    assert_eq!(samples(recording), samples(&folder));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_push_service_is_dead_from_the_start_the_archive_gives_everything() {
    let Some((folder, tape)) = sprint() else { return };
    let clock = TapeClock::start(speed());
    let archive = archive(&tape, &clock).await;
    let data = data();
    let nowhere = "http://127.0.0.1:9/signalrcore";
    let program = live(&data, &["--signalr-url", nowhere, "--archive", "--archive-url", &archive.url()]);
    played(&tape, &clock, &program).await;
    let (said, _) = program.stop();
    let [recording] = &recordings(data.path())[..] else { panic!("{:?}\n{said}", recordings(data.path())) };
    assert_same_tables(recording, &folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_and_started_again_loses_nothing() {
    let Some((folder, tape)) = sprint() else { return };
    let clock = TapeClock::start(speed());
    let (stub, archive) = tokio::join!(signalr(&tape, &clock), archive(&tape, &clock));
    let data = data();
    let (push, files) = (stub.url(), archive.url());
    let arguments = ["--signalr-url", &*push, "--archive", "--archive-url", &*files];
    let program = live(&data, &arguments);
    clock.reached(tape.end_ms() * 2 / 5).await;
    program.kill();
    let listed = Program::start(data.path(), &["sessions"], &[]).wait();
    assert!(listed.contains("chinese-grand-prix-sprint"), "what was broken off is listed: {listed}");
    let program = live(&data, &arguments);
    clock.reached(tape.end_ms() / 2).await;
    program.kill();
    let program = live(&data, &arguments);
    played(&tape, &clock, &program).await;
    let (said, _) = program.stop();
    let [recording] = &recordings(data.path())[..] else { panic!("{:?}\n{said}", recordings(data.path())) };
    assert_same_tables(recording, &folder);
}

/// The beginning of a session, under another name.
fn qualifying(sprint: &Tape) -> Tape {
    let rename = |json: &str| {
        let json = json
            .replace(r#""Name":"Sprint""#, r#""Name":"Qualifying""#)
            .replace(r#""Type":"Race""#, r#""Type":"Qualifying""#);
        let at = json.rfind(r#""Key":"#).unwrap() + 6;
        let len = json[at..].find(',').unwrap();
        format!("{}99999{}", &json[..at], &json[at + len..]).replace("_Sprint/", "_Qualifying/")
    };
    let messages: Vec<(i64, String, String)> = sprint.messages()[..400]
        .iter()
        .map(|message| {
            let json = message.json();
            let json = if &*message.topic == "SessionInfo" { rename(json) } else { json.to_owned() };
            (message.clock.as_millis(), message.topic.to_string(), json)
        })
        .collect();
    let messages: Vec<_> = messages.iter().map(|(at, topic, json)| (*at, topic.as_str(), json.as_str())).collect();
    Tape::of(UtcTime::from_millis(sprint.sessions()[0].t0.as_millis() + 4 * 3_600_000), &messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_takes_the_place_of_the_old_one_and_both_are_kept() {
    let Some((folder, sprint)) = sprint() else { return };
    let tape = Arc::new(Tape::clone(&sprint).then(60_000, qualifying(&sprint)));
    let clock = TapeClock::paused(speed());
    let stub = signalr(&tape, &clock).await;
    let data = data();
    let program = live(&data, &["--signalr-url", &stub.url()]);
    connected(&program);
    clock.run();
    played(&tape, &clock, &program).await;
    let health = program.get("/api/v1/health");
    assert!(health["current_session"].as_str().unwrap().ends_with("qualifying"), "{health}");
    // The first recording is finished on the recorder's own thread.
    program.get_until("/api/v1/sessions", |listed| listed.to_string().contains("grand-prix-sprint\""));
    program.stop();
    let recordings = recordings(data.path());
    let sprint = recordings.iter().find(|path| path.to_string_lossy().contains("sprint"));
    let names: Vec<_> = recordings.iter().map(|path| path.file_name().unwrap().to_string_lossy()).collect();
    assert_eq!(recordings.len(), 2, "{names:?}");
    // The first one was told without an account.
    for name in ["laps", "stints", "race-control", "drivers"] {
        let [got, want] = [sprint.unwrap(), &folder].map(|path| without_times(&table(path, name)));
        assert_same(name, &got, &want);
    }
}

/// One fault after the other, of every kind that the servers have, each for a moment.
async fn misfortune(n: usize, push: &SignalRStub, archive: &ArchiveStub, span: Duration) {
    let faults = push.faults();
    match n % 24 {
        0 => faults.drop_connections(),
        1 => faults.freeze_connections(),
        2 => faults.close_connections(true),
        3 => faults.send_snapshot(),
        4 => faults.send_gigantic(20 << 20),
        5 => faults.send_garbage(),
        6 => faults.set(|settings| settings.is_silent = true),
        7 => faults.set(|settings| settings.duplicate_every = Some(3)),
        8 => faults.set(|settings| settings.reorder_every = Some(4)),
        9 => faults.set(|settings| settings.truncate_z_every = Some(3)),
        10 => faults.set(|settings| settings.garbage_every = Some(5)),
        11 => {
            faults.set(|settings| settings.negotiate = Some(Refusal::of(503, 2)));
            faults.drop_connections();
        }
        12 => {
            let refusal = Refusal { retry_after: Some("1".to_owned()), ..Refusal::of(429, 1) };
            faults.set(|settings| settings.negotiate = Some(refusal));
            faults.close_connections(false);
        }
        13 => {
            faults.set(|settings| settings.upgrade = Some(Refusal::of(404, 2)));
            faults.drop_connections();
        }
        14 => {
            faults.set(|settings| settings.answers_html = true);
            faults.drop_connections();
        }
        15 => {
            faults.set(|settings| settings.withholds_snapshot = true);
            faults.drop_connections();
        }
        16 => {
            faults.set(|settings| settings.handshake_error = Some("not now".to_owned()));
            faults.drop_connections();
        }
        // The subscription ends in the middle of the session, and somebody renews it.
        17 => {
            faults.set(|settings| settings.token = None);
            faults.drop_connections();
        }
        18 => archive.fail("TimingData", Trouble::Status(500, None), 3),
        19 => archive.fail(".jsonStream", Trouble::Status(403, None), 10),
        20 => archive.stall("CarData.z"),
        21 => archive.ignore_ranges(true),
        22 => archive.rewrite("TimingAppData", Rewrite::Longer),
        _ => archive.fail("Position.z", Trouble::Cut(500), 2),
    }
    tokio::time::sleep(span).await;
    faults.clear();
    faults.set(|settings| settings.token = Some(TOKEN.to_owned()));
    archive.ignore_ranges(false);
    archive.heal();
}

/// The whole session with a fault every few seconds: what is wanted is what a clean recording says. `OVERCUT_SOAK_SPEED`
/// chooses how fast it is played: 20 is the rehearsal of a race day, and takes five minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_every_few_seconds_costs_no_lap() {
    let Some((folder, tape)) = sprint() else { return };
    let speed = std::env::var("OVERCUT_SOAK_SPEED").ok().and_then(|text| text.parse().ok()).unwrap_or(120.0);
    let clock = TapeClock::start(speed);
    let (push, archive) = tokio::join!(signalr(&tape, &clock), archive(&tape, &clock));
    let data = data();
    let faster = speed.min(FASTEST).to_string();
    let (push_url, archive_url) = (push.url(), archive.url());
    let arguments = ["--signalr-url", &push_url, "--archive", "--archive-url", &archive_url];
    let others = ["--no-openf1", "--no-weather", "--faster", &faster];
    let environment = [("OVERCUT_F1TV_TOKEN", TOKEN)];
    let program = Program::live(data.path(), &[&arguments[..], &others].concat(), &environment);
    let (mut n, every) = (0, Duration::from_secs_f64((60.0 / speed).max(0.3)));
    let mut peak_memory = 0;
    while clock.position_ms() < tape.end_ms() - 60_000 {
        tokio::time::sleep(every).await;
        misfortune(n, &push, &archive, every).await;
        peak_memory = peak_memory.max(program.memory_bytes());
        n += 1;
    }
    played(&tape, &clock, &program).await;
    let live = program.get("/api/v1/live");
    let (said, _) = program.stop();
    println!(
        "{n} faults, peak memory {} MB, {} requests",
        peak_memory >> 20,
        push.asked().len() + archive.asked().len()
    );
    let [recording] = &recordings(data.path())[..] else { panic!("{:?}\n{said}", recordings(data.path())) };
    assert_same_tables(recording, &folder);
    assert!(n > 20, "{n} faults");
    assert!(peak_memory < 700 << 20, "{peak_memory} bytes");
    assert!(push.asked().len() < 30 * n, "{} requests: {live:#}", push.asked().len());
    assert_nowhere(TOKEN, &format!("{said}{live}"), data.path());
}

//! The roles on a bus in one process, held against a single program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use overcut_bus::{Bus, InProcess, InProcessSettings, Message, Record, SessionRecord, Start, Topic, partition_of};
use overcut_domain::{Event, SessionTime, UtcTime};
use overcut_live::{Audience, Clock, Recorded, Recorder, RecorderConfig};
use overcut_server::Shelf;
use overcut_sources::live::{Assembler, AssemblerConfig};
use overcut_store::SessionRow;
use overcut_testkit::tape::Tape;
use overcut_timeline::Timeline;
use overcut_warehouse::{Batch, ParquetFolder, Warehouse};
use tokio_util::sync::CancellationToken;

use super::ingest::Pace;
use super::script::whole;
use super::*;
use crate::config::DataConfig;
use crate::load::load;
use crate::pipeline::{PipelineConfig, Threads};
use crate::rows::Changes;
use crate::synthetic::Synthetic;

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";
const GROUP: &str = "engines";
/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(120);

/// A race with faults in it, so that there is something to conclude.
fn faulty_race(folder: &Path) -> PathBuf {
    let synthetic = Synthetic { seed: 501, n_laps: Some(12), has_faults: true, ..Synthetic::default() };
    let mut transmission = synthetic.transmission(false).unwrap();
    let path = folder.join("race");
    crate::synthetic::folder::write(&path, |out| transmission.next_messages(out), &ProgressBar::hidden()).unwrap();
    path
}

/// It, and where they are at hand a real one.
fn races(folder: &Path) -> Vec<PathBuf> {
    [faulty_race(folder)].into_iter().chain(overcut_testkit::recording(SPRINT)).collect()
}

fn bus() -> Arc<dyn Bus> {
    let bus: Arc<dyn Bus> = Arc::new(InProcess::new(InProcessSettings::default()).unwrap());
    bus.prepare().unwrap();
    bus
}

/// An engine on a thread, until the token is cancelled.
fn engine(bus: &Arc<dyn Bus>, shutdown: &CancellationToken) -> (Status, thread::JoinHandle<anyhow::Result<()>>) {
    let (bus, shutdown, status) = (bus.clone(), shutdown.clone(), Status::of("engine"));
    let shared = status.clone();
    let thread = thread::spawn(move || {
        let catalogue = Catalogue::follow(&bus, &shutdown)?;
        let new = || Engine::new(bus.clone(), PipelineConfig::default(), status.clone());
        follow(&*bus, GROUP, &catalogue, &status, &shutdown, new)
    });
    (shared, thread)
}

fn tell(bus: &Arc<dyn Bus>, id: &str, path: &Path, shutdown: &CancellationToken) -> anyhow::Result<()> {
    tell_recording(bus, id, path, Pace::Full, &Status::of("ingest"), shutdown)
}

fn record(bus: &Arc<dyn Bus>, id: &str) -> SessionRecord {
    Catalogue::read(&**bus, &CancellationToken::new()).unwrap().get(id).unwrap()
}

/// Every message of a session on a topic, in order.
fn messages(bus: &Arc<dyn Bus>, topic: Topic, id: &str) -> Vec<Message> {
    let partition = partition_of(id, bus.partitions());
    let mut reader = bus.read(topic, partition, Start::Beginning).unwrap();
    let mut messages = Vec::new();
    while let Some(delivery) = reader.poll(Duration::ZERO).unwrap() {
        if delivery.key == id {
            messages.push(delivery.message().unwrap());
        }
    }
    messages
}

/// Waits until engines have concluded everything of a session.
fn concluded(bus: &Arc<dyn Bus>, id: &str) {
    let began = Instant::now();
    let is_over = |message: &Message| matches!(message, Message::Progress(p) if p.next_event == engine::ALL_EVENTS);
    while !messages(bus, Topic::Insights, id).iter().any(is_over) {
        assert!(began.elapsed() < PATIENCE, "the engine does not come to an end");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The numbers of a session's messages must count from 0 without holes or doubles.
fn assert_counted(bus: &Arc<dyn Bus>, topic: Topic, id: &str) -> u64 {
    let messages = messages(bus, topic, id);
    let numbers = messages.iter().filter_map(Message::number).map(|number| number.sequence);
    let numbers: Vec<u64> = numbers.collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>(), "{topic}");
    numbers.len() as u64
}

fn assert_same(got: &Timeline, want: &Timeline) {
    assert_eq!(got.log().entries().len(), want.log().entries().len());
    for (got, want) in got.log().entries().iter().zip(want.log().entries()) {
        // Versions go on behind those of an earlier account.
        assert_eq!((got.time, &got.item), (want.time, &want.item));
    }
    assert_eq!(got.outline(), want.outline());
}

fn shelf(bus: &Arc<dyn Bus>, shutdown: &CancellationToken) -> BusShelf {
    let catalogue = Catalogue::follow(bus, shutdown).unwrap();
    BusShelf::new(bus.clone(), catalogue, PipelineConfig::default(), DataConfig::default(), shutdown.clone())
}

#[test]
fn a_race_over_the_bus_is_what_a_single_program_has() {
    let folder = tempfile::tempdir().unwrap();
    for path in races(folder.path()) {
        let want = load(&path, PipelineConfig::default().build()).unwrap();
        let (bus, shutdown) = (bus(), CancellationToken::new());
        let (status, engine) = engine(&bus, &shutdown);
        tell(&bus, "race", &path, &shutdown).unwrap();
        concluded(&bus, "race");
        assert_same(&whole(&*bus, &record(&bus, "race"), PipelineConfig::default()).unwrap().unwrap(), &want.timeline);
        assert_eq!(assert_counted(&bus, Topic::Insights, "race"), want.alerts.len() as u64);
        let shelf = shelf(&bus, &shutdown);
        let [summary] = &shelf.list()[..] else { panic!("{:?}", shelf.list()) };
        let shown = shelf.open(summary).unwrap();
        assert!(shown.read().is_complete());
        assert_same(&shown.read(), &want.timeline);
        shutdown.cancel();
        engine.join().unwrap().unwrap();
        assert_eq!(status.figures().n_missing, 0);
    }
}

#[test]
fn engines_and_ingests_that_end_and_begin_at_any_moment_tell_everything_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = faulty_race(folder.path());
    let want = load(&path, PipelineConfig::default().build()).unwrap();
    assert!(want.alerts.len() > 3, "{}", want.alerts.len());
    let (bus, all) = (bus(), CancellationToken::new());
    let (telling, concluding) = (bus.clone(), bus.clone());
    let is_told = CancellationToken::new();
    let told = is_told.clone();
    let tellers = thread::spawn(move || {
        // Each is stopped after a while, a little later than the one before.
        for n in 1.. {
            let shutdown = CancellationToken::new();
            let ending = shutdown.clone();
            let killer = thread::spawn(move || {
                thread::sleep(Duration::from_millis(40 * n));
                ending.cancel();
            });
            tell(&telling, "race", &path, &shutdown).unwrap();
            killer.join().unwrap();
            if record(&telling, "race").state == overcut_bus::SessionState::Complete {
                return told.cancel();
            }
        }
    });
    let mut engines = Vec::new();
    let mut n = 0;
    while !is_told.is_cancelled() {
        n += 1;
        let shutdown = CancellationToken::new();
        engines.push((engine(&concluding, &shutdown).1, shutdown));
        thread::sleep(Duration::from_millis(130));
        if engines.len() > 1 {
            let (thread, shutdown) = engines.remove(n % 2);
            shutdown.cancel();
            thread.join().unwrap().unwrap();
        }
    }
    tellers.join().unwrap();
    engines.push((engine(&concluding, &all).1, all.clone()));
    concluded(&bus, "race");
    for (thread, shutdown) in engines {
        shutdown.cancel();
        thread.join().unwrap().unwrap();
    }
    assert_counted(&bus, Topic::Raw, "race");
    assert_counted(&bus, Topic::Events, "race");
    assert_eq!(assert_counted(&bus, Topic::Insights, "race"), want.alerts.len() as u64);
    assert_same(&whole(&*bus, &record(&bus, "race"), PipelineConfig::default()).unwrap().unwrap(), &want.timeline);
}

#[test]
fn what_cannot_be_read_is_put_aside_and_the_others_go_on() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let (bus, shutdown) = (bus(), CancellationToken::new());
    let mut publisher = bus.publisher().unwrap();
    let garbage = Record { payload: b"not a message of ours".to_vec().into(), schema: None, content_type: "".into() };
    publisher.publish(Topic::Events, "race", garbage).unwrap();
    publisher.flush(PATIENCE).unwrap();
    let (status, engine) = engine(&bus, &shutdown);
    tell(&bus, "race", &path, &shutdown).unwrap();
    concluded(&bus, "race");
    shutdown.cancel();
    engine.join().unwrap().unwrap();
    assert_eq!(status.figures().dead.values().sum::<u64>(), 1, "{:?}", status.figures().dead);
    let mut reader = bus.read(Topic::Dead, 0, Start::Beginning).unwrap();
    let Some(Message::Dead(letter)) = reader.poll(PATIENCE).unwrap().map(|d| d.message().unwrap()) else { panic!() };
    assert_eq!(
        (letter.topic, letter.key.as_str(), &letter.payload[..]),
        (Topic::Events, "race", &b"not a message of ours"[..])
    );
    assert!(!letter.reason.is_empty());
}

#[test]
fn a_wall_follows_a_session_while_it_is_told() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let want = load(&path, PipelineConfig::default().build()).unwrap();
    let (bus, shutdown) = (bus(), CancellationToken::new());
    let (_, engine) = engine(&bus, &shutdown);
    let shelf = shelf(&bus, &shutdown);
    let telling = {
        let (bus, shutdown) = (bus.clone(), shutdown.clone());
        let pace = Pace::Times(2_000.0, SessionTime::ZERO);
        thread::spawn(move || tell_recording(&bus, "race", &path, pace, &Status::of("ingest"), &shutdown))
    };
    let began = Instant::now();
    let shown = loop {
        if let [summary] = &shelf.list()[..] {
            assert_eq!(shelf.current().as_deref(), Some("race"));
            break shelf.open(summary).unwrap();
        }
        assert!(began.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(10));
    };
    let (mut seen, mut n_growths) = (0, 0);
    while !shown.read().is_complete() {
        let n_entries = shown.read().log().entries().len();
        n_growths += usize::from(n_entries > seen);
        seen = n_entries;
        assert!(began.elapsed() < PATIENCE, "{n_entries} entries");
        thread::sleep(Duration::from_millis(10));
    }
    telling.join().unwrap().unwrap();
    assert!(n_growths > 3, "it grew {n_growths} times");
    assert_same(&shown.read(), &want.timeline);
    shutdown.cancel();
    engine.join().unwrap().unwrap();
}

#[test]
fn a_session_told_anew_takes_the_place_of_the_first_account() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let want = load(&path, PipelineConfig::default().build()).unwrap();
    let (bus, shutdown) = (bus(), CancellationToken::new());
    let (_, engine) = engine(&bus, &shutdown);
    let mut input = crate::input::Input::open(&path).unwrap();
    let mut decoder = overcut_sources::Decoder::new(input.format());
    let mut events: Vec<overcut_domain::Stamped<Event>> = Vec::new();
    while let Ok(Some(raw)) = input.next_raw() {
        decoder.decode(raw, &mut events);
    }
    decoder.finish(&mut events);
    let mut teller = teller::Teller::begin(&bus, "race", None, &shutdown).unwrap().unwrap();
    let shelf = shelf(&bus, &shutdown);
    // First without half of the timing, as if it came late.
    for (n, event) in events.iter().take(20_000).enumerate() {
        if n % 2 == 0 {
            teller.event(event.clone()).unwrap();
        }
    }
    teller.flush().unwrap();
    let shown = shelf.open(&shelf.list()[0]).unwrap();
    teller.anew().unwrap();
    for event in &events {
        teller.event(event.clone()).unwrap();
    }
    teller.complete().unwrap();
    let began = Instant::now();
    while !shown.read().is_complete() {
        assert!(began.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(10));
    }
    shutdown.cancel();
    engine.join().unwrap().unwrap();
    let state = |timeline: &Timeline| {
        let items = timeline.snapshot_at(SessionTime::MAX).into_iter().map(|entry| format!("{:?}", entry.item));
        items.collect::<Vec<_>>()
    };
    assert_eq!(state(&shown.read()), state(&want.timeline));
}

#[test]
fn a_live_session_is_told_and_its_recording_can_be_taken_over() {
    let Some(path) = overcut_testkit::recording(SPRINT) else { return };
    let want = load(&path, PipelineConfig::default().build()).unwrap();
    let (bus, shutdown) = (bus(), CancellationToken::new());
    let (_, engine) = engine(&bus, &shutdown);
    let tape = Tape::from_archive(&path);
    let mut assembler = Assembler::new(AssemblerConfig::default());
    assembler.set_zero(tape.sessions()[0].t0);
    let mut teller = LiveTeller::start(&bus, Status::of("ingest"), shutdown.clone()).unwrap();
    let mut raw = Vec::new();
    for message in tape.messages() {
        let text = format!(
            r#"{{"type":1,"target":"feed","arguments":["{}",{},"{}"]}}"#,
            message.topic,
            message.json(),
            message.utc
        );
        let time = SessionTime::from_millis(message.at_ms);
        let recorded = Recorded { time, channel: "signalr/a".into(), payload: text.into() };
        teller.record(&recorded);
        let mut events = Vec::new();
        let taken = assembler.take(recorded.as_raw(), &mut events);
        if let Some(info) = taken.new_session {
            teller.begin(&info, Path::new("live.mcap"));
        }
        teller.hear(&events, taken.is_late);
        teller.pass(&mut assembler);
        raw.push(recorded);
    }
    teller.end(&mut assembler);
    teller.finish();
    let [record] = &Catalogue::read(&*bus, &shutdown).unwrap().all()[..] else { panic!() };
    assert_eq!(assert_counted(&bus, Topic::Raw, &record.session), raw.len() as u64);
    assert_eq!(record.state, overcut_bus::SessionState::Complete, "the session said that it was over");
    concluded(&bus, &record.session);
    let told = whole(&*bus, record, PipelineConfig::default()).unwrap().unwrap();
    assert_eq!(laps(&told), laps(&want.timeline));
    // Another machine, in the middle of it.
    let mut running = record.clone();
    running.state = overcut_bus::SessionState::Running;
    running.begun_at = UtcTime::from_millis(now_utc_ms());
    let mut publisher = bus.publisher().unwrap();
    publisher.send(&Message::Session(Box::new(running)), bus.format()).unwrap();
    publisher.flush(PATIENCE).unwrap();
    let folder = tempfile::tempdir().unwrap();
    take_over(&*bus, folder.path(), Duration::from_secs(3600), &shutdown).unwrap();
    let mut kept = Vec::new();
    let recorder = Recorder::start(folder.path(), RecorderConfig::default(), Clock::system(), |message| {
        kept.push((message.time, message.payload.to_vec()));
    });
    drop(recorder.unwrap());
    assert_eq!(kept, raw.iter().map(|raw| (raw.time, raw.payload.to_vec())).collect::<Vec<_>>());
    shutdown.cancel();
    engine.join().unwrap().unwrap();
}

fn now_utc_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Every lap as it stands in the end.
fn laps(timeline: &Timeline) -> Vec<String> {
    let items = timeline.snapshot_at(SessionTime::MAX).into_iter().map(|entry| &entry.item);
    items.filter(|item| matches!(item, overcut_timeline::Item::Lap(_))).map(|item| format!("{item:?}")).collect()
}

/// A sink on a thread, until the token is cancelled.
fn sink(bus: &Arc<dyn Bus>, folder: &Path, shutdown: &CancellationToken) -> thread::JoinHandle<anyhow::Result<()>> {
    let store: Arc<dyn Warehouse> = Arc::new(ParquetFolder::new(folder.to_owned(), Duration::from_millis(200)));
    let (bus, shutdown, status) = (bus.clone(), shutdown.clone(), Status::of("sink"));
    thread::spawn(move || {
        store.prepare()?;
        let catalogue = Catalogue::follow(&bus, &shutdown)?;
        let new = || Ok(Sink::new(store.clone(), PipelineConfig::default(), status.clone()));
        follow(&*bus, "sinks", &catalogue, &status, &shutdown, new)
    })
}

/// Every file of tables but that of the sessions, which says how it came about.
fn tables(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            match entry.path() {
                path if path.is_dir() && path.file_name().unwrap() == "sessions" => {}
                path if path.is_dir() => folders.push(path),
                path => {
                    drop(files.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap()))
                }
            }
        }
    }
    files
}

#[test]
fn sinks_that_end_and_begin_at_any_moment_write_every_row_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = faulty_race(folder.path());
    let (want, got) = (folder.path().join("want"), folder.path().join("got"));
    // What a single program writes of it.
    let (mut changes, mut pipeline) = (Changes::default(), PipelineConfig::default().build());
    let input = crate::input::Input::open(&path).unwrap();
    crate::pipeline::run(input, Threads::Two, SessionTime::MAX, &mut pipeline, |step| changes.follow(&step)).unwrap();
    let rows = changes.take(&pipeline.session, &pipeline.telemetry);
    let state = pipeline.session.state();
    let title = crate::library::Title::new(Some(&state.info), Path::new("race"));
    let session = SessionRow {
        season: title.season,
        sequence: 1,
        state: "running",
        utc_of_zero: state.utc_of_zero,
        ..SessionRow::default()
    };
    let single = ParquetFolder::new(want.clone(), Duration::from_secs(60));
    single.prepare().unwrap();
    single.write(&"race".parse().unwrap(), &Batch { session, after: 0, rows }).unwrap();
    single.finish(&"race".parse().unwrap()).unwrap();

    let (bus, all) = (bus(), CancellationToken::new());
    let (_, engine) = engine(&bus, &all);
    let telling = {
        let (bus, shutdown) = (bus.clone(), all.clone());
        let pace = Pace::Times(600.0, SessionTime::ZERO);
        thread::spawn(move || tell_recording(&bus, "race", &path, pace, &Status::of("ingest"), &shutdown))
    };
    let mut n = 0;
    while !telling.is_finished() {
        n += 1;
        let shutdown = CancellationToken::new();
        let sink = sink(&bus, &got, &shutdown);
        thread::sleep(Duration::from_millis(300 + 70 * (n % 5)));
        shutdown.cancel();
        sink.join().unwrap().unwrap();
    }
    telling.join().unwrap().unwrap();
    let last = CancellationToken::new();
    let sink = sink(&bus, &got, &last);
    let began = Instant::now();
    while !got.exists() || tables(&got) != tables(&want) {
        assert!(began.elapsed() < PATIENCE, "{:?} {:?}", tables(&got).keys(), tables(&want).keys());
        thread::sleep(Duration::from_millis(100));
    }
    for shutdown in [last, all] {
        shutdown.cancel();
    }
    sink.join().unwrap().unwrap();
    engine.join().unwrap().unwrap();
    assert!(n > 2, "{n} sinks");
}

//! The recorder on a clock that the tests turn.

use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use overcut_domain::UtcTime;
use overcut_store::{RecordingReader, recording_info};

use super::*;

/// 14 March 2026, 02:59:13 UTC.
const BEGIN_MS: i64 = 1_773_457_153_000;

/// Both clocks, to be turned by hand.
#[derive(Debug, Clone)]
struct Hands(Arc<Mutex<Moment>>);

impl Hands {
    fn new(utc_ms: i64) -> Hands {
        Hands(Arc::new(Mutex::new(Moment { steady: Duration::from_secs(100), utc: UtcTime::from_millis(utc_ms) })))
    }

    fn pass(&self, millis: i64) {
        let mut now = self.0.lock().unwrap();
        now.steady += Duration::from_millis(millis as u64);
        now.utc = UtcTime::from_millis(now.utc.as_millis() + millis);
    }

    fn set(&self, by_ms: i64) {
        let mut now = self.0.lock().unwrap();
        now.utc = UtcTime::from_millis(now.utc.as_millis() + by_ms);
    }

    fn clock(&self) -> Clock {
        let hands = self.clone();
        Clock::from_fn(move || *hands.0.lock().unwrap())
    }
}

fn config() -> RecorderConfig {
    RecorderConfig { flush_every_s: 0.01, warn_below_mib: 0, ..RecorderConfig::default() }
}

fn start(folder: &Path, hands: &Hands) -> (Recorder, Vec<String>) {
    let mut kept = Vec::new();
    let recorder = Recorder::start(folder, config(), hands.clock(), |message| kept.push(text(message))).unwrap();
    (recorder, kept)
}

fn arrival(text: &str) -> Arrival {
    Arrival { channel: "signalr/a".into(), payload: text.to_owned().into() }
}

fn session(name: &str, key: u32) -> SessionInfo {
    SessionInfo {
        key: Some(key),
        meeting_name: "Chinese Grand Prix".to_owned(),
        name: name.to_owned(),
        archive_path: "2026/".to_owned(),
        ..SessionInfo::default()
    }
}

fn text(message: &RawMessage<'_>) -> String {
    format!("{} {} {}", message.time.as_millis(), message.channel, String::from_utf8_lossy(message.payload))
}

fn record(recorder: &mut Recorder, payload: &str) -> Vec<String> {
    let mut recorded = Vec::new();
    recorder.record(arrival(payload), &mut recorded);
    recorded.iter().map(|message| text(&message.as_raw())).collect()
}

fn read(path: &Path) -> Vec<String> {
    let (mut reader, mut messages) = (RecordingReader::open(path).unwrap(), Vec::new());
    while let Some(message) = reader.next_raw().unwrap() {
        messages.push(text(&message));
    }
    messages
}

/// Waits until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn begun(at_ms: i64, utc_ms: i64) -> String {
    format!("{at_ms} note {{\"note\":\"begun\",\"utc\":{utc_ms}}}")
}

#[test]
fn what_is_given_out_is_what_is_recorded() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let (mut recorder, kept) = start(folder.path(), &hands);
    assert_eq!(kept, Vec::<String>::new());
    hands.pass(250);
    let mut given = record(&mut recorder, "one");
    hands.pass(1000);
    given.extend(record(&mut recorder, "two"));
    assert_eq!(given, [begun(0, BEGIN_MS), "250 signalr/a one".to_owned(), "1250 signalr/a two".to_owned()]);
    let written = recorder.finish().unwrap().unwrap();
    assert_eq!(read(&written.path), given);
    assert_eq!(names(folder.path()), ["live-2026-03-14t02-59-13-000z.mcap"]);
}

#[test]
fn a_recording_of_nothing_leaves_no_file() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    assert_eq!(start(folder.path(), &hands).0.finish().unwrap(), None);
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn a_recording_gets_its_name_when_the_session_is_known() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let (mut recorder, _) = start(folder.path(), &hands);
    let status = recorder.status();
    record(&mut recorder, "snapshot");
    assert_eq!(recorder.set_session(&SessionInfo { key: Some(7), ..SessionInfo::default() }), SessionChange::Same);
    assert_eq!(recorder.set_session(&session("Sprint", 7)), SessionChange::Same);
    let path = folder.path().join("2026-chinese-grand-prix-sprint.mcap");
    until("the name", || status.get().path == path);
    assert_eq!(recorder.set_session(&session("Sprint", 7)), SessionChange::Same);
    let part = folder.path().join("2026-chinese-grand-prix-sprint.mcap.part");
    until("a flush", || status.get().unflushed_since.is_none());
    assert_eq!(recording_info(&part).unwrap().origin.session, Some(session("Sprint", 7)));
    assert_eq!(recorder.finish().unwrap().unwrap().path, path);
    assert_eq!(recording_info(&path).unwrap().origin, folder::origin(Some(&session("Sprint", 7))));
}

#[test]
fn a_new_session_gets_a_recording_of_its_own() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    fs::write(folder.path().join("2026-chinese-grand-prix-race.mcap"), "an import").unwrap();
    let (mut recorder, _) = start(folder.path(), &hands);
    recorder.set_session(&session("Sprint", 7));
    let sprint = record(&mut recorder, "sprint");
    hands.pass(5000);
    let switch = record(&mut recorder, "now the race");
    assert_eq!(recorder.set_session(&session("Race", 8)), SessionChange::New);
    // Known at once, whatever the other thread does.
    assert_eq!(recorder.path(), folder.path().join("2026-chinese-grand-prix-race-2.mcap"));
    let mut race = record(&mut recorder, "now the race");
    assert_eq!(race, [begun(0, BEGIN_MS + 5000), "0 signalr/a now the race".to_owned()]);
    hands.pass(10);
    race.extend(record(&mut recorder, "go"));
    recorder.finish().unwrap();
    let path = |name| folder.path().join(name);
    assert_eq!(read(&path("2026-chinese-grand-prix-sprint.mcap")), [sprint, switch].concat());
    assert_eq!(read(&path("2026-chinese-grand-prix-race-2.mcap")), race);
    assert_eq!(fs::read(path("2026-chinese-grand-prix-race.mcap")).unwrap(), b"an import");
    assert_eq!(names(folder.path()).len(), 3);
}

#[test]
fn a_set_clock_is_noted_and_moves_no_stamp() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let (mut recorder, _) = start(folder.path(), &hands);
    record(&mut recorder, "one");
    hands.pass(1000);
    hands.set(-7_200_000);
    let given = record(&mut recorder, "two");
    assert_eq!(given, ["1000 note {\"note\":\"clock_set\",\"by_ms\":-7200000}", "1000 signalr/a two"]);
    hands.pass(1000);
    hands.set(900);
    assert_eq!(record(&mut recorder, "three"), ["2000 signalr/a three"]);
}

#[test]
fn a_program_that_starts_again_goes_on_with_the_recording() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let (mut recorder, _) = start(folder.path(), &hands);
    let mut all = record(&mut recorder, "one");
    recorder.set_session(&session("Sprint", 7));
    hands.pass(1000);
    all.extend(record(&mut recorder, "two"));
    recorder.finish().unwrap();

    // The machine was started anew: its steady clock begins somewhere else.
    let hands = Hands::new(BEGIN_MS + 61_000);
    let (mut recorder, kept) = start(folder.path(), &hands);
    assert_eq!(kept, all);
    assert_eq!(names(folder.path()), ["2026-chinese-grand-prix-sprint.mcap.part"]);
    hands.pass(500);
    all.extend(record(&mut recorder, "three"));
    assert_eq!(all[3..], [begun(61_000, BEGIN_MS + 61_000), "61500 signalr/a three".to_owned()]);
    assert_eq!(recorder.set_session(&session("Sprint", 7)), SessionChange::Same);
    let written = recorder.finish().unwrap().unwrap();
    assert_eq!(read(&written.path), all);
    assert_eq!(names(folder.path()), ["2026-chinese-grand-prix-sprint.mcap"]);
}

#[test]
fn what_was_broken_off_long_ago_is_finished() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let path = |name| folder.path().join(name);
    let (mut recorder, _) = start(folder.path(), &hands);
    let all = record(&mut recorder, "one");
    let status = recorder.status();
    until("a flush", || status.get().size_bytes > 300);
    // Copied while it is written: what a crash leaves.
    let part = fs::read(path("live-2026-03-14t02-59-13-000z.mcap.part")).unwrap();
    recorder.finish().unwrap();
    fs::remove_file(path("live-2026-03-14t02-59-13-000z.mcap")).unwrap();
    fs::write(path("old.mcap"), "taken").unwrap();
    for (name, bytes) in [("old.mcap.part", part.as_slice()), ("live-x.mcap.part", b""), ("import.mcap.part", b"")] {
        fs::write(path(name), bytes).unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(24 * 3600);
        fs::File::options().write(true).open(path(name)).unwrap().set_modified(long_ago).unwrap();
    }
    let (recorder, kept) = start(folder.path(), &Hands::new(BEGIN_MS + 1));
    assert_eq!(kept, Vec::<String>::new());
    until("the leftovers", || path("old-2.mcap").exists() && !path("live-x.mcap.part").exists());
    recorder.finish().unwrap();
    assert_eq!(read(&path("old-2.mcap")), all);
    assert_eq!(names(folder.path()), ["import.mcap.part", "old-2.mcap", "old.mcap"]);
}

#[test]
fn two_programs_do_not_record_into_one_folder() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let (mut recorder, _) = start(folder.path(), &hands);
    record(&mut recorder, "one");
    let refused = Recorder::start(folder.path(), config(), hands.clock(), |_| {}).unwrap_err();
    assert!(matches!(refused.source, WriteError::InUse { .. }), "{refused:?}");
    recorder.finish().unwrap();
}

#[test]
fn what_finds_no_room_in_the_queue_is_counted_and_noted() {
    let (folder, hands) = (tempfile::tempdir().unwrap(), Hands::new(BEGIN_MS));
    let tiny = RecorderConfig { max_waiting_mib: 0, ..config() };
    let mut recorder = Recorder::start(folder.path(), tiny, hands.clock(), |_| {}).unwrap();
    let status = recorder.status();
    until("the note", || status.get().n_messages == 1);
    // One message may wait whatever its size; more may not. Some of many come while one waits.
    let (mut recorded, mut n_sent) = (Vec::new(), 0);
    while status.get().lost.n_messages == 0 && n_sent < 1_000_000 {
        recorder.record(arrival("x"), &mut recorded);
        n_sent += 1;
    }
    let lost = status.get().lost;
    recorder.record(arrival("last"), &mut recorded);
    assert!(lost.n_messages > 0);
    let path = recorder.finish().unwrap().unwrap().path;
    let n_lost: u64 = read(&path)
        .iter()
        .filter_map(|line| line.split_once(" note ").and_then(|(_, json)| Note::from_json(json.as_bytes()).ok()))
        .map(|note| if let Note::Lost { n_messages, .. } = note { n_messages } else { 0 })
        .sum();
    assert_eq!(n_lost, status.get().lost.n_messages);
}

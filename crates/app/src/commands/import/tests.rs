use std::fs;

use overcut_domain::Lap;
use overcut_session::CarRow;

use super::*;
use crate::config::DataConfig;
use crate::library::Library;
use crate::pipeline::{self, PipelineConfig, Threads};

const LINES: &str =
    "00:00:01.000{\"Utc\":\"2031-03-14T03:00:00Z\"}\r\n00:00:01.500{\"Utc\":\"2031-03-14T03:00:15Z\"}\r\n";

/// A short archive and an empty data folder.
fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (source, data) = (folder.path().join("2031_moon_gp_race"), folder.path().join("data"));
    fs::create_dir(&source).unwrap();
    fs::write(source.join("Heartbeat.jsonStream"), LINES).unwrap();
    fs::write(source.join("TrackStatus.jsonStream"), "00:00:01.200{\"Status\":\"1\",\"Message\":\"AllClear\"}\r\n")
        .unwrap();
    (folder, source, data)
}

fn messages(path: &Path) -> Vec<(i64, String, Vec<u8>)> {
    let (mut input, mut messages) = (Input::open(path).unwrap(), Vec::new());
    each_message(&mut input, |message| {
        messages.push((message.time.as_millis(), message.channel.to_owned(), message.payload.to_vec()));
        Ok(())
    })
    .unwrap();
    messages
}

/// What the fold makes of a recording, as far as it shows.
fn folded(path: &Path) -> (Vec<CarRow>, Vec<Lap>) {
    let mut pipeline = PipelineConfig::default().build();
    pipeline::run(Input::open(path).unwrap(), Threads::Two, SessionTime::MAX, &mut pipeline, |_| {}).unwrap();
    (pipeline.session.cars().values().cloned().collect(), pipeline.session.laps().cloned().collect())
}

#[test]
fn an_import_holds_the_same_messages_and_folds_the_same() {
    let Some(livetiming) = overcut_testkit::recording("f1/livetiming") else { return };
    let data = tempfile::tempdir().unwrap();
    let config = |folder: &Path| DataConfig { folder: folder.to_owned(), ..DataConfig::default() };
    let originals = Library::scan(&config(&livetiming));
    for original in originals.entries() {
        let imported =
            take_in(&original.path, data.path(), None).unwrap_or_else(|error| panic!("{}: {error:#}", original.id));
        let copy = &imported.written.path;
        assert_eq!(messages(copy), messages(&original.path), "{}", original.id);
        assert_eq!(folded(copy), folded(&original.path), "{}", original.id);
        // A cheap look sees that the topic is there; only decoding tells whether it holds any sample.
        assert!(!imported.survey.has_car_data || original.has_car_data == Some(true), "{}", original.id);
    }
    let copies = Library::scan(&config(data.path()));
    let ids = |library: &Library| library.entries().iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&copies), ids(&originals), "a link to a session stays good when it is imported");
}

#[test]
fn a_recording_is_taken_in_once() {
    let (_folder, source, data) = folders();
    let imported = take_in(&source, &data, None).unwrap();
    assert_eq!(imported.written.path, data.join("2031-moon-grand-prix-race.mcap"));
    assert_eq!(imported.survey.content.n_messages, 3);
    let error = take_in(&source, &data, Some("again")).unwrap_err().to_string();
    assert!(error.contains("already") && error.contains("2031-moon-grand-prix-race.mcap"), "{error}");
    let error = take_in(&imported.written.path, &data, None).unwrap_err().to_string();
    assert!(error.contains("already"), "{error}");
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
}

#[test]
fn another_recording_of_the_session_gets_another_name() {
    let (_folder, source, data) = folders();
    take_in(&source, &data, None).unwrap();
    fs::write(source.join("Heartbeat.jsonStream"), &LINES[..LINES.len() / 2]).unwrap();
    let second = take_in(&source, &data, None).unwrap();
    assert_eq!(second.written.path, data.join("2031-moon-grand-prix-race-f1-archive.mcap"));
}

#[test]
fn names_are_plain() {
    let (_folder, source, data) = folders();
    for name in ["../out", "a/b", "", ".hidden", "..", "/etc/x"] {
        let error = take_in(&source, &data, Some(name)).unwrap_err().to_string();
        assert!(error.contains("not a plain file name"), "{name:?}: {error}");
    }
    assert_eq!(take_in(&source, &data, Some("moon.mcap")).unwrap().written.path, data.join("moon.mcap"));
}

#[test]
fn what_is_no_recording_leaves_nothing_behind() {
    let (folder, _, data) = folders();
    let junk = folder.path().join("junk.txt");
    fs::write(&junk, "hello").unwrap();
    assert!(take_in(&junk, &data, None).is_err());
    assert!(take_in(&folder.path().join("nowhere"), &data, None).is_err());
    assert!(!data.exists());
}

#[test]
fn an_unfinished_recording_can_be_taken_in() {
    let (folder, source, data) = folders();
    let whole = take_in(&source, &data, None).unwrap().written.path;
    let bytes = fs::read(&whole).unwrap();
    let part = folder.path().join("2031_moon_gp_fp1.mcap.part");
    fs::write(&part, &bytes[..bytes.len() - 40]).unwrap();
    fs::remove_file(whole).unwrap();
    let imported = take_in(&part, &data, None).unwrap();
    assert_eq!(imported.survey.content.n_messages, 3);
    assert!(imported.text().contains("damaged: the end is missing"), "{}", imported.text());
    assert_eq!(messages(&imported.written.path), messages(&source));
}

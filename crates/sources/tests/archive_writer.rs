//! Archives that are written at once, and archives that grow while somebody reads them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use overcut_domain::{
    CarSample, CarTiming, Change, DriverNumber, Event, LapCountUpdate, LapTime, SessionInfo, SessionKind,
    SessionStatus, SessionTime, Stamped, TimeUpdate, TimingUpdate, UtcTime,
};
use overcut_sources::{ArchiveWriter, Encoder, EncoderConfig, Format, Message, Recording, probe, read_events};

const CAR: DriverNumber = DriverNumber(7);

/// Two minutes of a session: a lap counter, a last lap, and a sample every second.
fn messages() -> Vec<Message> {
    let info = SessionInfo {
        key: Some(1),
        name: "Race".to_owned(),
        kind: SessionKind::Race,
        meeting_name: "Grand Prix of \"Nowhere\"".to_owned(),
        ..SessionInfo::default()
    };
    let mut events = vec![Event::SessionInfo(Box::new(info)), Event::SessionStatus(SessionStatus::Started)];
    for second in 0..120 {
        let time = SessionTime::from_millis(second * 1000);
        let sample = CarSample {
            time,
            driver: CAR,
            rpm: Some(11_000),
            speed_kmh: Some(300),
            gear: Some(8),
            throttle_percent: Some(100),
            brake_percent: Some(0),
            drs: None,
        };
        events.push(Event::Cars(vec![sample]));
        if second % 40 == 0 {
            let lap = u16::try_from(second / 40 + 1).unwrap();
            events.push(Event::LapCount(LapCountUpdate { current: Some(lap), total: Some(3) }));
            let time = Change::Set(LapTime::from_millis(40_000 + u32::from(lap)));
            let last_lap = Some(TimeUpdate { time, ..TimeUpdate::default() });
            let car = CarTiming { driver: CAR, n_laps: Some(lap), last_lap, ..CarTiming::default() };
            events.push(Event::Timing(Box::new(TimingUpdate { cars: vec![car], ..TimingUpdate::default() })));
        }
    }
    let mut encoder = Encoder::new(EncoderConfig {
        utc_of_zero: UtcTime::from_millis(1_773_454_632_000),
        ..EncoderConfig::default()
    });
    let (mut messages, mut time) = (Vec::new(), SessionTime::ZERO);
    for value in events {
        if let Event::Cars(samples) = &value {
            time = samples[0].time;
        }
        encoder.encode(&Stamped { time, value }, &mut messages);
    }
    encoder.finish(&mut messages);
    messages
}

fn events(folder: &Path) -> Vec<Stamped<Event>> {
    let mut events = Vec::new();
    let report = read_events(folder, |event| events.push(event)).unwrap();
    assert!(report.is_clean(), "{report:#?}");
    events
}

fn json(path: &Path) -> serde_json::Value {
    let bytes = fs::read(path).unwrap();
    serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap()).unwrap()
}

#[test]
fn an_archive_is_what_the_publisher_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ArchiveWriter::create(folder.path()).unwrap();
    messages().iter().for_each(|message| writer.append(message).unwrap());
    writer.finish().unwrap();

    let laps = fs::read_to_string(folder.path().join("LapCount.jsonStream")).unwrap();
    assert!(laps.starts_with("00:00:00.000{\"CurrentLap\":1,\"TotalLaps\":3}\r\n00:00:40.000{"));
    assert!(laps.ends_with("}\r\n"));
    let packed = fs::read_to_string(folder.path().join("CarData.z.jsonStream")).unwrap();
    assert!(packed.lines().all(|line| line.get(12..13) == Some("\"") && line.ends_with('"')));

    let index = json(&folder.path().join("Index.json"));
    let paths = serde_json::json!({"KeyFramePath": "CarData.z.json", "StreamPath": "CarData.z.jsonStream"});
    assert_eq!(index["Feeds"]["CarData.z"], paths);
    assert_eq!(index["Feeds"].as_object().unwrap().len(), 5);
    let timing = json(&folder.path().join("TimingData.json"));
    assert_eq!(timing["Lines"]["7"]["LastLapTime"]["Value"], "40.003");
    assert_eq!(timing["Lines"]["7"]["RacingNumber"], "7");
    assert_eq!(json(&folder.path().join("SessionInfo.json"))["ArchiveStatus"]["Status"], "Complete");

    assert_eq!(Recording::open(folder.path()).unwrap().format(), Format::Archive);
    let probe = probe(folder.path()).unwrap();
    assert_eq!(probe.info.unwrap().meeting_name, "Grand Prix of \"Nowhere\"");
    assert!(probe.has_car_data);
}

#[test]
fn a_growing_archive_reads_at_every_moment() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ArchiveWriter::create(folder.path()).unwrap();
    // As a client of the growing archive reads: from where it stopped, file by file.
    let mut read: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut before: Vec<Stamped<Event>> = Vec::new();
    for second in messages().chunk_by(|a, b| a.time == b.time) {
        second.iter().for_each(|message| writer.append(message).unwrap());
        writer.flush().unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "jsonStream") {
                let known = read.entry(path.file_name().unwrap().to_string_lossy().into_owned()).or_default();
                let bytes = fs::read(&path).unwrap();
                assert!(bytes.starts_with(known), "a file only grows");
                assert!(bytes.ends_with(b"\r\n"), "a file ends with a whole line");
                *known = bytes;
            }
        }
        let now = events(folder.path());
        assert!(now.starts_with(&before), "what was there stays as it was");
        before = now;
        if second[0].time.as_millis() == 60_000 {
            writer.write_key_frames().unwrap();
            assert_eq!(json(&folder.path().join("LapCount.json"))["CurrentLap"], 2);
        }
    }
    writer.finish().unwrap();
    assert_eq!(json(&folder.path().join("LapCount.json"))["CurrentLap"], 3);
    assert_eq!(events(folder.path()), before);
}

/// Files of the folder that this process has open.
#[cfg(target_os = "linux")]
fn n_open(folder: &Path) -> usize {
    let links = fs::read_dir("/proc/self/fd").unwrap().filter_map(|link| fs::read_link(link.ok()?.path()).ok());
    links.filter(|path| path.starts_with(folder)).count()
}

#[cfg(target_os = "linux")]
#[test]
fn few_files_are_open_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ArchiveWriter::create(folder.path()).unwrap();
    let mut latest = 0;
    for message in messages() {
        writer.append(&message).unwrap();
        writer.flush().unwrap();
        latest = n_open(&folder.path().canonicalize().unwrap());
        assert!(latest <= ArchiveWriter::MAX_OPEN, "{latest} files are open");
    }
    assert_eq!(latest, ArchiveWriter::MAX_OPEN);
}

#[test]
fn a_folder_with_an_archive_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = ArchiveWriter::create(folder.path()).unwrap();
    let messages = messages();
    writer.append(&messages[0]).unwrap();
    writer.flush().unwrap();
    let error = ArchiveWriter::create(folder.path()).err().unwrap();
    assert_eq!(error.source.kind(), std::io::ErrorKind::AlreadyExists);
    let stray = Message { channel: "../Elsewhere", ..messages[0].clone() };
    assert_eq!(writer.append(&stray).unwrap_err().source.kind(), std::io::ErrorKind::InvalidInput);
}

//! Wrong, truncated, empty and compressed inputs, written by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::io::Write;

use overcut_domain::Event;
use overcut_sources::{DecodeReport, Format, OpenError, ReadError, Recording, Skip, read_events};

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn events(files: &[(&str, &[u8])]) -> (Vec<(i64, Event)>, DecodeReport) {
    let folder = folder(files);
    let mut events = Vec::new();
    let report = read_events(folder.path(), |stamped| events.push((stamped.time.as_millis(), stamped.value))).unwrap();
    (events, report)
}

/// Why a folder of these files is refused.
fn refusal(files: &[(&str, &[u8])]) -> String {
    let folder = folder(files);
    match Recording::open(folder.path()) {
        Ok(recording) => panic!("opened as {}", recording.format()),
        Err(OpenError::Unknown { found, .. }) => found,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn an_error_says_what_was_found_and_what_is_accepted() {
    assert_eq!(refusal(&[]), "an empty folder");
    assert_eq!(refusal(&[("TimingData.jsonStream", b"")]), "a folder of 1 empty files");
    assert_eq!(
        refusal(&[("notes.txt", b"box box")]),
        "a folder of 1 files, of which \"notes.txt\" begins with \"box box\""
    );
    let error = Recording::open("/nonexistent").err().unwrap().to_string();
    assert_eq!(error, "cannot read \"/nonexistent\"");
    let folder = folder(&[("a.bin", &[0xFF, 0, 1])]);
    let error = Recording::open(folder.path().join("a.bin")).err().unwrap().to_string();
    assert!(error.contains("a file that begins with") && error.contains("expected one of"), "{error}");
}

#[test]
fn formats_are_known_by_content_and_not_by_name() {
    let archive = folder(&[("x.y", b"00:00:01.000{\"Status\":\"1\"}")]);
    assert_eq!(Recording::open(archive.path()).unwrap().format(), Format::Archive);
    let capture = folder(&[("TimingData.jsonStream", b"['Heartbeat', {}, '2024-05-18T13:59:10Z']")]);
    assert_eq!(Recording::open(capture.path()).unwrap().format(), Format::FastF1Client);
}

#[test]
fn signalr_core_frames_hold_several_records() {
    let snapshot =
        "{\"type\":3,\"invocationId\":\"0\",\"result\":{\"LapCount\":{\"CurrentLap\":3,\"TotalLaps\":50}}}\u{1e}";
    let feed = |lap, at| {
        format!(
            "{{\"type\":1,\"target\":\"feed\",\"arguments\":[\"LapCount\",{{\"CurrentLap\":{lap}}},\"2026-03-14T03:00:{at}Z\"]}}\u{1e}"
        )
    };
    let frames = format!(
        "{{}}\u{1e}\n{snapshot}{}\n{{\"type\":6}}\u{1e}\n{}{}\n{{\"type\":7,\"error\":\"over\",\"allowReconnect\":true}}\u{1e}\n",
        feed(4, "10"),
        feed(5, "12"),
        feed(6, "12.5"),
    );
    let (events, report) = events(&[("frames.txt", frames.as_bytes())]);
    let laps: Vec<_> = events
        .iter()
        .filter_map(|(time, event)| match event {
            Event::LapCount(update) => Some((*time, update.current)),
            _ => None,
        })
        .collect();
    assert_eq!(laps, [(0, Some(3)), (0, Some(4)), (2500, Some(5)), (2500, Some(6))]);
    assert!(report.is_clean(), "{report:#?}");
}

#[test]
fn pitwall_lines_are_read_too() {
    let lines =
        b"{\"offset\":0,\"timestamp\":\"2026-03-14T03:00:00Z\",\"type\":\"LapCount\",\"data\":{\"CurrentLap\":1}}\n\
        {\"offset\":900,\"timestamp\":\"2026-03-14T03:00:00.9Z\",\"type\":\"LapCount\",\"data\":{\"CurrentLap\":2}}\n";
    let (events, report) = events(&[("live.txt", lines)]);
    assert_eq!(events.iter().map(|(time, _)| *time).collect::<Vec<_>>(), [0, 0, 900]);
    assert!(report.is_clean(), "{report:#?}");
}

#[test]
fn unknown_topics_and_members_are_counted_with_an_example() {
    let (_, report) = events(&[
        ("Brand.jsonStream", b"00:00:01.000{\"New\":1}\r\n00:00:02.000{\"New\":2}\r\n"),
        ("LapCount.jsonStream", b"00:00:01.000{\"CurrentLap\":1,\"Mood\":\"good\"}\r\n"),
        ("DriverTracker.jsonStream", b"00:00:01.000{}\r\n"),
    ]);
    assert_eq!(report.unknown_topics["Brand"].count, 2);
    assert_eq!(report.unknown_members["LapCount.Mood"].example, "\"good\"");
    assert_eq!(report.ignored_topics(), [("DriverTracker", 1)].into());
}

#[test]
fn a_cut_compressed_file_is_read_as_far_as_it_goes() {
    let lines: String = (0..20_000)
        .map(|i| format!("00:{:02}:{:02}.000{{\"CurrentLap\":{}}}\r\n", i / 60 % 60, i % 60, i % 70))
        .collect();
    let packed = zstd::encode_all(lines.as_bytes(), 1).unwrap();
    let cut = &packed[..packed.len() / 2];
    let (events, report) = events(&[("LapCount.jsonStream.zst", cut)]);
    assert!(!events.is_empty());
    assert_eq!(report.skipped[&Skip::DamagedFile].count, 1);

    let folder = folder(&[("LapCount.jsonStream.zst", cut)]);
    let mut recording = Recording::open(folder.path()).unwrap();
    let damage = loop {
        match recording.next_raw() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the damage is not told"),
            Err(damage) => break damage,
        }
    };
    let ReadError::Damaged { file, .. } = damage;
    assert_eq!(file, "LapCount.jsonStream");
    assert!(matches!(recording.next_raw(), Ok(None)));
}

#[test]
fn plain_and_compressed_files_give_the_same() {
    let line = b"00:00:01.000{\"Status\":\"4\"}\r\n";
    let mut packed = zstd::Encoder::new(Vec::new(), 3).unwrap();
    packed.write_all(line).unwrap();
    let packed = packed.finish().unwrap();
    let plain = events(&[("TrackStatus.jsonStream", line)]);
    assert_eq!(events(&[("TrackStatus.jsonStream.zst", &packed)]), plain);
    assert_eq!(plain.0.len(), 1);
}

#[test]
fn safety_cars_come_out_as_cars() {
    // {"Position":[{"Timestamp":"2026-03-14T03:00:00Z","Entries":{"241":{"Status":"OnTrack","X":10,"Y":20,"Z":3}}}]}
    let json = br#"{"Position":[{"Timestamp":"2026-03-14T03:00:00Z","Entries":{"241":{"Status":"OnTrack","X":10,"Y":20,"Z":3}}}]}"#;
    let line = format!("00:00:01.000\"{}\"\r\n", packed(json));
    let (events, report) = events(&[("Position.z.jsonStream", line.as_bytes())]);
    let Some((_, Event::Positions(samples))) = events.last() else { panic!("{events:?} {report:#?}") };
    assert_eq!((samples[0].driver.0, samples[0].time.as_millis(), samples[0].x_dm), (241, 1000, 10));
}

/// The text of a `.z` topic: DEFLATE, here in one stored block, in base64.
fn packed(json: &[u8]) -> String {
    use base64::Engine;
    let len = u16::try_from(json.len()).unwrap();
    let mut block = vec![1];
    block.extend(len.to_le_bytes());
    block.extend((!len).to_le_bytes());
    block.extend(json);
    base64::engine::general_purpose::STANDARD.encode(block)
}

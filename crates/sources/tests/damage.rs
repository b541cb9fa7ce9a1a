//! Any prefix of a recording is a valid input, and damage is never passed over in silence.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;

use overcut_domain::{Event, RawMessage, SessionTime, Stamped};
use overcut_sources::{DecodeReport, Decoder, Format, Skip, read_events};
use proptest::prelude::*;

/// Lines that all say something, in the shape of one container.
#[derive(Debug)]
struct Sample {
    format: Format,
    channel: &'static str,
    lines: &'static [&'static str],
}

const SAMPLES: [Sample; 4] = [
    Sample {
        format: Format::Archive,
        channel: "TimingData",
        lines: &[
            r#"00:00:07.406{"Lines":{"63":{"GapToLeader":"","Line":1,"Position":"1","Sectors":[{"Value":"27.9"}]}}}"#,
            r#"00:12:58.351{"Lines":{"5":{"InPit":false,"Status":64}}}"#,
            r#"00:13:12.104{"Lines":{"77":{"Sectors":{"0":{"Segments":{"0":{"Status":2064}}}}}}}"#,
        ],
    },
    Sample {
        format: Format::SignalRClassic,
        channel: "live",
        lines: &[
            r#"{"R":{"LapCount":{"CurrentLap":1,"TotalLaps":50},"TrackStatus":{"Status":"1"}},"I":"1"}"#,
            r#"{"C":"d","M":[{"H":"Streaming","M":"feed","A":["LapCount",{"CurrentLap":2},"2026-03-14T03:00:00.5Z"]}]}"#,
            r#"{"C":"d","M":[{"H":"Streaming","M":"feed","A":["TrackStatus",{"Status":"4"},"2026-03-14T03:00:01Z"]}]}"#,
        ],
    },
    Sample {
        format: Format::Undercut,
        channel: "live",
        lines: &[
            r#"{"Type":"LapCount","Json":{"CurrentLap":2},"DateTime":"2026-03-14T03:00:00.5+00:00"}"#,
            r#"{"H":"Streaming","M":"feed","A":["LapCount",{"CurrentLap":3},"2026-03-14T03:00:07Z"]}"#,
        ],
    },
    Sample {
        format: Format::FastF1Client,
        channel: "live",
        lines: &[
            r#"['LapCount', {'CurrentLap': 2, '_kf': True}, '2026-03-14T03:00:00.5Z']"#,
            r#"['RaceControlMessages', {'Messages': {'1': {'Message': "DRIVER'S LAP", 'Lap': 3}}}, '2026-03-14T03:00:01Z']"#,
        ],
    },
];

fn decode(sample: &Sample, lines: &[&[u8]]) -> (Vec<Stamped<Event>>, DecodeReport) {
    let mut decoder = Decoder::new(sample.format);
    let mut events = Vec::new();
    for (second, payload) in (0..).zip(lines) {
        let time = SessionTime::from_millis(second * 1000);
        decoder.decode(RawMessage { time, channel: sample.channel, payload }, &mut events);
    }
    (events, decoder.report().clone())
}

fn samples() -> impl Strategy<Value = &'static Sample> {
    (0..SAMPLES.len()).prop_map(|idx| &SAMPLES[idx])
}

#[test]
fn a_call_without_arguments_is_counted() {
    let line =
        br#"{"C":"d","M":[{"H":"Streaming","M":"feed","B":["LapCount",{"CurrentLap":2},"2026-03-14T03:00:00Z"]}]}"#;
    let (events, report) = decode(&SAMPLES[1], &[line]);
    assert!(events.is_empty() && report.skipped[&Skip::NoPayload].count == 1, "{report:#?}");
}

/// Every byte of every line, damaged in every way there is.
#[test]
fn a_damaged_line_says_something_or_is_counted() {
    for sample in &SAMPLES {
        for line in sample.lines {
            let mut line = line.as_bytes().to_vec();
            for at in 0..line.len() {
                let whole = line[at];
                for byte in 0..=u8::MAX {
                    line[at] = byte;
                    let (events, report) = decode(sample, &[&line]);
                    assert!(!events.is_empty() || !report.is_clean(), "{}", String::from_utf8_lossy(&line));
                }
                line[at] = whole;
            }
        }
    }
}

#[test]
fn the_samples_are_whole() {
    for sample in &SAMPLES {
        let lines: Vec<&[u8]> = sample.lines.iter().map(|line| line.as_bytes()).collect();
        let (events, report) = decode(sample, &lines);
        assert!(report.is_clean() && events.len() >= lines.len(), "{report:#?}");
    }
}

proptest! {
    #[test]
    fn a_cut_line_is_counted_and_says_nothing(sample in samples(), which: prop::sample::Index, cut: prop::sample::Index) {
        let line = sample.lines[which.index(sample.lines.len())].as_bytes();
        let cut = &line[..1 + cut.index(line.len() - 1)];
        let (events, report) = decode(sample, &[cut]);
        prop_assert!(events.is_empty(), "{:?}", events);
        prop_assert_eq!(report.n_skipped(), 1);
    }

    #[test]
    fn the_events_of_a_prefix_are_a_prefix_of_the_events(sample in samples(), cut: prop::sample::Index) {
        let text = sample.lines.join("\r\n") + "\r\n";
        let read = |bytes: &[u8]| {
            let file = tempfile::tempdir().unwrap();
            let path = file.path().join("LapCount.jsonStream");
            fs::write(&path, bytes).unwrap();
            let mut events = Vec::new();
            read_events(&path, |stamped| events.push(stamped)).map(|_| events)
        };
        let all = read(text.as_bytes()).unwrap();
        // What is cut before the first line is told from other texts is refused, and that is told.
        if let Ok(some) = read(&text.as_bytes()[..cut.index(text.len())]) {
            prop_assert!(all.starts_with(&some), "{:?} is no prefix of {:?}", some, all);
        }
    }
}

//! A snapshot over a real recording of every container: counts, and a handful of events.
//!
//! Nothing of the recordings themselves is kept here. A change of a count is a change of behaviour: look at it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;
use std::fmt::Write;

use overcut_domain::{Event, Stamped};
use overcut_sources::{DecodeReport, OpenError, Recording, probe, read_events};

/// What the decoder made of a recording.
fn summary(path: &str) -> Option<String> {
    let path = overcut_testkit::recording(path)?;
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut n_samples, mut late_ms, mut last) = ((0, 0), i64::MIN, None);
    let mut firsts = String::new();
    let report = read_events(&path, |stamped| {
        assert!(last.is_none_or(|last| last <= stamped.time), "time goes back at {:?}", stamped.time);
        last = Some(stamped.time);
        let kind = kind(&stamped.value);
        let n_seen = kinds.entry(kind.clone()).or_default();
        *n_seen += 1;
        match &stamped.value {
            Event::Cars(samples) => {
                n_samples.0 += samples.len();
                late_ms = samples.iter().map(|sample| sample.time.millis_since(stamped.time)).fold(late_ms, i64::max);
            }
            Event::Positions(samples) => {
                n_samples.1 += samples.len();
                late_ms = samples.iter().map(|sample| sample.time.millis_since(stamped.time)).fold(late_ms, i64::max);
            }
            _ if *n_seen == 1 && shows(&kind) => show(&stamped, &mut firsts),
            _ => {}
        }
    })
    .expect("the recording opens");
    let probe = probe(&path).expect("the recording opens");
    let mut out = String::new();
    let info = probe
        .info
        .as_ref()
        .map(|info| format!("{} {} {:?} ({:?})", info.meeting_name, info.name, info.season(), info.kind));
    writeln!(
        out,
        "{}, {}, car data: {}",
        probe.format,
        info.as_deref().unwrap_or("session not stated"),
        probe.has_car_data
    )
    .unwrap();
    write_report(&report, &mut out);
    writeln!(out, "events: {kinds:?}").unwrap();
    if n_samples != (0, 0) {
        let (n_cars, n_positions) = n_samples;
        writeln!(out, "samples: {n_cars} of cars, {n_positions} of positions, latest {late_ms} ms after their message")
            .unwrap();
    }
    writeln!(out, "ends at {}\n{firsts}", last.expect("there are events")).unwrap();
    Some(out)
}

fn kind(event: &Event) -> String {
    let text = format!("{event:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// Kinds of which the first event is short enough to be shown.
fn shows(kind: &str) -> bool {
    matches!(kind, "UtcOfZero" | "Weather" | "TrackStatus" | "SessionStatus" | "LapCount" | "Clock" | "PitStops")
}

fn show(stamped: &Stamped<Event>, out: &mut String) {
    writeln!(out, "{} {:?}", stamped.time, stamped.value).unwrap();
}

fn write_report(report: &DecodeReport, out: &mut String) {
    writeln!(out, "{} messages, {} bytes, {} events", report.n_messages, report.n_bytes, report.n_events).unwrap();
    writeln!(out, "topics: {:?}", report.topics()).unwrap();
    writeln!(out, "ignored: {:?}", report.ignored_topics()).unwrap();
    writeln!(out, "garbage: {:?}", report.garbage()).unwrap();
    let skipped: BTreeMap<_, u64> = report.skipped.iter().map(|(kind, tally)| (kind, tally.count)).collect();
    writeln!(out, "skipped: {skipped:?}").unwrap();
    for (name, table) in [
        ("unknown topics", &report.unknown_topics),
        ("unknown members", &report.unknown_members),
        ("bad values", &report.bad_values),
    ] {
        let counts: BTreeMap<_, u64> = table.iter().map(|(name, tally)| (name, tally.count)).collect();
        writeln!(out, "{name}: {counts:?}").unwrap();
    }
}

macro_rules! recordings {
    ($($name:ident $path:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            if let Some(summary) = summary(concat!("f1/livetiming/", $path)) {
                insta::assert_snapshot!(stringify!($name), summary);
            }
        })*
    };
}

recordings! {
    archive_of_2026_with_all_topics "2026_chinese_gp_sprint",
    archive_of_2026_without_the_big_topics "2026_australian_gp_race_partial",
    archive_of_2025_without_the_big_topics "2025_singapore_gp_race_partial",
    archive_with_byte_order_marks_and_snake_case_names "2020_70th_anniversary_gp_fp2_fastf1",
    signalr_classic_frames "2023_monaco_gp_fp2_websocket",
    undercut_folder_in_its_older_shape "2024_imola_qualifying_signalr",
    undercut_folder_in_its_newer_shape "2024_silverstone_fp1_undercut",
    fastf1_client_with_car_data "2024_mexico_city_gp_fp3_fastf1client",
    fastf1_client_without_snapshot "2025_sao_paulo_gp_sprint_fastf1client",
    fastf1_client_with_broken_lines "misc/fastf1_livedata_with_errors.txt",
    one_topic_of_an_archive "misc/2021_bahrain_race_lap_count.raw",
    subscription_answer_with_car_data "misc/2024_imola_race_subscribe_with_z.json.zst",
    table_of_timing_data "misc/undercut_timingdata_feed.csv.zst",
}

#[test]
fn the_zero_of_the_session_clock_is_exact() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let mut zeros = Vec::new();
    read_events(path, |stamped| {
        if let Event::UtcOfZero(utc) = stamped.value {
            zeros.push(utc.to_string());
        }
    })
    .unwrap();
    assert_eq!(zeros, ["2026-03-14T02:17:12.373Z"]);
}

#[test]
fn reading_twice_gives_the_same_events() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2023_monaco_gp_fp2_websocket") else { return };
    let read = || {
        let mut events = Vec::new();
        read_events(&path, |stamped| events.push(stamped)).unwrap();
        events
    };
    assert_eq!(read(), read());
}

#[test]
fn what_is_no_recording_is_refused_with_what_was_found() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/misc/Index2020.json") else { return };
    let Err(OpenError::Unknown { found, .. }) = Recording::open(path) else { panic!() };
    assert!(found.contains("Year"), "{found}");
}

//! Real recordings, decoded, encoded and decoded again.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use overcut_domain::{Event, Lap, PitStop, RaceControlMessage, Stamped, Stint, UtcTime};
use overcut_session::{CarRow, Session};
use overcut_sources::{
    ArchiveWriter, DecodeReport, Decoder, Encoder, EncoderConfig, Format, Garbage, Message, Quirks, Recording,
    read_events,
};

fn decoded(path: &str) -> Option<(Vec<Stamped<Event>>, DecodeReport)> {
    let path = overcut_testkit::recording(path)?;
    let mut events = Vec::new();
    let report = read_events(path, |event| events.push(event)).unwrap();
    Some((events, report))
}

fn encode(events: &[Stamped<Event>], config: EncoderConfig) -> Vec<Message> {
    let mut encoder = Encoder::new(config);
    let mut messages = Vec::new();
    events.iter().for_each(|event| encoder.encode(event, &mut messages));
    encoder.finish(&mut messages);
    messages
}

fn decode(messages: &[Message]) -> (Vec<Stamped<Event>>, DecodeReport) {
    let mut decoder = Decoder::new(Format::Archive);
    let mut events = Vec::new();
    messages.iter().for_each(|message| decoder.decode(message.raw(), &mut events));
    decoder.finish(&mut events);
    (events, decoder.report().clone())
}

/// Takes out what the wire has no words for: the zero, which decoders learn. Returns the last word on it.
fn take_zero(events: &mut Vec<Stamped<Event>>) -> Option<UtcTime> {
    let mut zero = None;
    events.retain(|event| match event.value {
        Event::UtcOfZero(utc) => {
            zero = Some(utc);
            false
        }
        _ => true,
    });
    zero
}

fn check_round_trip(path: &str) {
    let Some((mut events, _)) = decoded(path) else { return };
    // A capture may hold samples before it says when its zero was.
    let zero = take_zero(&mut events);
    let messages = encode(&events, EncoderConfig { utc_of_zero: zero.unwrap_or_default(), ..EncoderConfig::default() });
    let (mut again, report) = decode(&messages);
    assert!(report.is_clean(), "{report:#?}");
    let zero_again = take_zero(&mut again);
    if messages.iter().any(|message| message.channel.ends_with(".z")) {
        assert_eq!(zero, zero_again);
    }
    for (event, again) in events.iter().zip(&again) {
        assert_eq!(event, again);
    }
    assert_eq!(events.len(), again.len());
}

macro_rules! recordings {
    ($($name:ident $path:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            check_round_trip(concat!("f1/livetiming/", $path));
        })*
    };
}

recordings! {
    a_whole_sprint_reads_back "2026_chinese_gp_sprint",
    a_race_without_the_big_topics_reads_back "2026_australian_gp_race_partial",
    a_race_without_a_timing_screen_reads_back "2026_japanese_gp_race_partial",
    an_older_race_reads_back "2025_singapore_gp_race_partial",
    a_practice_of_2020_reads_back "2020_70th_anniversary_gp_fp2_fastf1",
    a_practice_with_drs_reads_back "2023_monaco_gp_fp2_websocket",
    a_qualifying_reads_back "2024_imola_qualifying_signalr",
    a_practice_without_snapshot_reads_back "2024_mexico_city_gp_fp3_fastf1client",
    a_late_capture_reads_back "2025_sao_paulo_gp_sprint_fastf1client",
}

const SPRINT: &str = "f1/livetiming/2026_chinese_gp_sprint";

fn write(folder: &Path, messages: &[Message]) {
    let mut writer = ArchiveWriter::create(folder).unwrap();
    messages.iter().for_each(|message| writer.append(message).unwrap());
    writer.finish().unwrap();
}

/// What a fold makes of a session's timing.
#[derive(Debug, PartialEq)]
struct Timing {
    laps: Vec<Lap>,
    stints: Vec<Stint>,
    pit_stops: Vec<PitStop>,
    rows: Vec<CarRow>,
    race_control: Vec<RaceControlMessage>,
}

fn fold(events: &[Stamped<Event>]) -> Timing {
    let mut session = Session::new();
    events.iter().for_each(|event| session.apply(event, &mut Vec::new()));
    Timing {
        laps: session.laps().cloned().collect(),
        stints: session.stints().cloned().collect(),
        pit_stops: session.pit_stops().cloned().collect(),
        rows: session.cars().values().cloned().collect(),
        race_control: session.race_control().to_vec(),
    }
}

fn n_samples(events: &[Stamped<Event>]) -> u64 {
    let n_of = |event: &Stamped<Event>| match &event.value {
        Event::Cars(samples) => samples.len() as u64,
        Event::Positions(samples) => samples.len() as u64,
        _ => 0,
    };
    events.iter().map(n_of).sum()
}

/// The first lap, stint or stop that differs, rather than ten thousand lines of both.
fn assert_same_timing(got: &Timing, want: &Timing) {
    got.laps.iter().zip(&want.laps).for_each(|(got, want)| assert_eq!(got, want));
    got.stints.iter().zip(&want.stints).for_each(|(got, want)| assert_eq!(got, want));
    got.rows.iter().zip(&want.rows).for_each(|(got, want)| assert_eq!(got, want));
    assert_eq!(got, want);
}

#[test]
fn an_archive_that_is_written_reads_as_the_one_it_was_read_from() {
    let Some((events, report)) = decoded(SPRINT) else { return };
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &encode(&events, EncoderConfig::default()));
    let recording = Recording::open(folder.path()).unwrap();
    assert_eq!(recording.format(), Format::Archive);
    assert!(recording.unused_files().iter().any(|name| name == "Index.json"));
    let mut again = Vec::new();
    let report_again = read_events(folder.path(), |event| again.push(event)).unwrap();
    assert!(report_again.is_clean());
    // Tyres come on two topics there and on one here, so what happens at one moment may change places.
    assert_same_timing(&fold(&again), &fold(&events));
    assert_eq!(report_again.n_events, report.n_events);
}

#[test]
fn quirks_lose_nothing_but_samples() {
    let Some((mut events, _)) = decoded(SPRINT) else { return };
    let zero = take_zero(&mut events).unwrap();
    let (want, n_samples) = (fold(&events), n_samples(&events));
    let plain = EncoderConfig { utc_of_zero: zero, ..EncoderConfig::default() };
    let (_, plain_report) = decode(&encode(&events, plain));
    for seed in 0..3 {
        let quirks = Quirks::realistic();
        let config = EncoderConfig { utc_of_zero: zero, has_redundant_topics: true, quirks, seed };
        let folder = tempfile::tempdir().unwrap();
        let messages = encode(&events, config.clone());
        assert!(messages.is_sorted_by_key(|message| message.time));
        assert!(messages == encode(&events, config), "the same seed gives the same bytes");
        write(folder.path(), &messages);
        let mut again = Vec::new();
        let report_again = read_events(folder.path(), |event| again.push(event)).unwrap();
        assert!(report_again.is_clean(), "{report_again:#?}");
        assert_eq!(take_zero(&mut again), Some(zero));
        assert_same_timing(&fold(&again), &want);
        let new_garbage = |kind| {
            let count = |report: &DecodeReport| report.garbage().get(&kind).copied().unwrap_or(0);
            count(&report_again) - count(&plain_report)
        };
        assert!(new_garbage(Garbage::Throttle) > 100 && new_garbage(Garbage::Gear) > 0);
        // Only positions are lost as such, and each is counted; lines that came twice brought theirs twice.
        let n_lost = new_garbage(Garbage::NoFix) + new_garbage(Garbage::FarPosition);
        let n_again = self::n_samples(&again);
        assert!(n_lost > 100 && n_again + n_lost >= n_samples && n_again < n_samples + n_samples / 50);
    }
}

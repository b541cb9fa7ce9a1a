//! Real recordings, decoded, encoded and decoded again.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use overcut_domain::{Event, Stamped, UtcTime};
use overcut_sources::{DecodeReport, Decoder, Encoder, EncoderConfig, Format, Message, read_events};

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

//! Whatever events say, it reads back as it was said.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use overcut_domain::{
    CarSample, DriverNumber, Event, LapCountUpdate, PitStopReport, SessionTime, Stamped, TrackStatus, UtcTime,
};
use overcut_sources::{ArchiveWriter, Decoder, Encoder, EncoderConfig, Format, Message, Quirks, read_events};
use overcut_testkit::any_events::{ZERO, events};
use proptest::prelude::*;

fn encode(events: &[Stamped<Event>], config: EncoderConfig) -> Vec<Message> {
    let mut encoder = Encoder::new(EncoderConfig { utc_of_zero: ZERO, ..config });
    let mut messages = Vec::new();
    events.iter().for_each(|event| encoder.encode(event, &mut messages));
    encoder.finish(&mut messages);
    messages
}

/// The events of messages, but for those on the zero, which are handed out apart.
fn decode(messages: &[Message]) -> (Vec<Stamped<Event>>, Vec<UtcTime>) {
    let mut decoder = Decoder::new(Format::Archive);
    let mut events = Vec::new();
    messages.iter().for_each(|message| decoder.decode(message.raw(), &mut events));
    assert!(decoder.report().is_clean(), "{:#?}", decoder.report());
    let mut zeros = Vec::new();
    events.retain(|event| match event.value {
        Event::UtcOfZero(utc) => {
            zeros.push(utc);
            false
        }
        _ => true,
    });
    (events, zeros)
}

proptest! {
    #[test]
    fn what_is_encoded_reads_back(events in events()) {
        let messages = encode(&events, EncoderConfig::default());
        for message in &messages {
            prop_assert!(!message.payload.iter().any(u8::is_ascii_control), "a message is one line");
        }
        let (again, zeros) = decode(&messages);
        prop_assert_eq!(&again, &events);
        prop_assert!(zeros.iter().all(|zero| *zero == ZERO));
    }

    #[test]
    fn lists_read_back_however_they_are_written(events in events(), seed: u64) {
        let quirks = Quirks { index_keys: true, fine_stamps: true, ..Quirks::default() };
        let (again, _) = decode(&encode(&events, EncoderConfig { quirks, seed, ..EncoderConfig::default() }));
        prop_assert_eq!(again, events);
    }

    #[test]
    fn quirks_add_and_delay_but_keep_what_is_said(events in events(), seed: u64) {
        let is_said = |event: &&Stamped<Event>| !matches!(event.value, Event::Cars(_) | Event::Positions(_));
        let config = EncoderConfig { quirks: Quirks::realistic(), seed, ..EncoderConfig::default() };
        let messages = encode(&events, config);
        prop_assert!(messages.is_sorted_by_key(|message| message.time));
        let (mut again, _) = decode(&messages);
        again.dedup();
        let mut once = events.clone();
        once.dedup();
        let (again, once) = (again.iter().filter(is_said), once.iter().filter(is_said));
        prop_assert!(again.eq(once));
    }

    #[test]
    fn samples_are_late_by_two_seconds_at_most(events in events(), seed: u64) {
        let quirks = Quirks { late_batches: true, ..Quirks::default() };
        let (again, _) = decode(&encode(&events, EncoderConfig { quirks, seed, ..EncoderConfig::default() }));
        let mut readings = Vec::new();
        for event in &again {
            if let Event::Cars(samples) = &event.value {
                for sample in samples {
                    let late_ms = event.time.millis_since(sample.time);
                    prop_assert!((0..=2_100).contains(&late_ms), "{late_ms} ms late");
                }
                readings.extend_from_slice(samples);
            }
        }
        let all: Vec<CarSample> = events.iter().flat_map(|event| match &event.value {
            Event::Cars(samples) => samples.clone(),
            _ => Vec::new(),
        }).collect();
        prop_assert_eq!(readings, all);
    }

    #[test]
    fn an_archive_holds_every_event(events in events()) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = ArchiveWriter::create(folder.path()).unwrap();
        let messages = encode(&events, EncoderConfig::default());
        messages.iter().for_each(|message| writer.append(message).unwrap());
        writer.finish().unwrap();
        let mut again = Vec::new();
        if messages.is_empty() {
            prop_assert!(read_events(folder.path(), |event| again.push(event)).is_err());
            return Ok(());
        }
        let report = read_events(folder.path(), |event| again.push(event)).unwrap();
        prop_assert!(report.is_clean());
        again.retain(|event| !matches!(event.value, Event::UtcOfZero(_)));
        // Topics are merged by name where their clocks agree, so only the order may differ.
        let sorted = |events: Vec<Stamped<Event>>| {
            let mut texts: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
            texts.sort();
            texts
        };
        prop_assert_eq!(sorted(again), sorted(events));
    }
}

#[test]
fn an_update_that_cannot_be_one_message_becomes_several() {
    let stop = |driver| PitStopReport {
        driver: DriverNumber(driver),
        lap: None,
        utc: Some(ZERO),
        lane_time: None,
        stop_time: None,
    };
    let events = [Stamped { time: SessionTime::ZERO, value: Event::PitStops(vec![stop(1), stop(2), stop(1)]) }];
    let (again, _) = decode(&encode(&events, EncoderConfig::default()));
    let stops: Vec<Event> = again.into_iter().map(|event| event.value).collect();
    assert_eq!(stops, [Event::PitStops(vec![stop(1), stop(2)]), Event::PitStops(vec![stop(1)])]);
}

#[test]
fn topics_may_be_missing() {
    let quirks = Quirks { missing_topics: vec!["LapCount".to_owned()], ..Quirks::default() };
    let event = |value| Stamped { time: SessionTime::ZERO, value };
    let laps = LapCountUpdate { current: Some(1), total: None };
    let events = [event(Event::LapCount(laps)), event(Event::TrackStatus(TrackStatus::Clear))];
    let messages = encode(&events, EncoderConfig { quirks, ..EncoderConfig::default() });
    let topics: Vec<&str> = messages.iter().map(|message| message.channel).collect();
    assert_eq!(topics, ["TrackStatus"]);
}

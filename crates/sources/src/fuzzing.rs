//! What the fuzz targets and the property tests run, so that both hold the decoder to the same.
//!
//! Each function takes any bytes and panics if a law is broken. They are public for the `fuzz` crate only.

use overcut_domain::{Event, ForecastStep, RawMessage, SessionTime, Stamped, UtcTime};

use crate::decoder::Decoder;
use crate::format::Format;
use crate::live::{Assembler, AssemblerConfig};
use crate::openf1::Translator;
use crate::report::DecodeReport;
use crate::topic::{Topic, check_samples};

/// Decodes messages of one channel a second apart, and checks what must hold whatever they are.
fn decode(format: Format, channel: &str, payloads: &[&[u8]]) -> (Vec<Stamped<Event>>, DecodeReport) {
    let mut decoder = Decoder::new(format);
    let mut events = Vec::new();
    for (second, payload) in (0..).zip(payloads) {
        let n_before = events.len();
        let time = SessionTime::from_millis(second * 1000);
        decoder.decode(RawMessage { time, channel, payload }, &mut events);
        assert!(events.iter().skip(n_before).all(|event| event.time == time), "an event is stamped with its message");
    }
    decoder.finish(&mut events);
    let report = decoder.report().clone();
    assert_eq!(report.n_messages, payloads.len() as u64);
    assert_eq!(report.n_events, events.len() as u64);
    (events, report)
}

/// Lines of an archive file. The first byte chooses the topic.
pub fn archive_line(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let topic = Topic::ALL.get(usize::from(*choice) % Topic::COUNT).map_or("Unknown", |topic| topic.name());
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    decode(Format::Archive, topic, &lines);
}

/// One message of a topic, without the line around it. The first byte chooses the topic.
pub fn topic_json(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let topic = Topic::ALL.get(usize::from(*choice) % Topic::COUNT).map_or("Unknown", |topic| topic.name());
    let line = [b"00:00:00.000", text].concat();
    // Twice: the second time, what the first left behind is there.
    let (events, report) = decode(Format::Archive, topic, &[&line, &line]);
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    let is_plain = Topic::from_name(topic).is_some_and(|topic| !topic.is_ignored()) && !topic.ends_with(".z");
    if is_plain && !is_json {
        assert!(report.n_skipped() > 0, "text that is not JSON is counted");
        assert!(events.is_empty(), "text that is not JSON says nothing");
    }
}

/// The JSON of a `CarData` message.
pub fn car_data(data: &[u8]) {
    check_samples(Topic::CarData, data);
}

/// The JSON of a `Position` message.
pub fn position(data: &[u8]) {
    check_samples(Topic::Position, data);
}

/// Lines of frames of a live connection.
pub fn frames(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    decode(Format::SignalRClassic, "live", &lines);
    decode(Format::Undercut, crate::decoder::SNAPSHOT, &lines);
}

/// Lines of Python literals.
pub fn python(data: &[u8]) {
    let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    decode(Format::FastF1Client, "live", &lines);
}

/// Files of a table recording, separated by 0x1E, each after a line with its name.
pub fn tables(data: &[u8]) {
    let mut decoder = Decoder::new(Format::FastF1Tables);
    let mut events = Vec::new();
    for file in data.split(|byte| *byte == 0x1e) {
        let mut parts = file.splitn(2, |byte| *byte == b'\n');
        let name = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let payload = parts.next().unwrap_or_default();
        decoder.decode(RawMessage { time: SessionTime::ZERO, channel: &name, payload }, &mut events);
    }
    assert!(events.is_empty(), "tables say nothing before all of them are read");
    decoder.finish(&mut events);
    assert!(events.is_sorted_by_key(|event| event.time), "events of tables are in order of time");
}

/// An answer of Open-Meteo.
pub fn open_meteo(data: &[u8]) {
    let fetched_at = UtcTime::from_millis(1);
    let Ok(forecasts) = crate::open_meteo::forecasts(data, fetched_at) else { return };
    for forecast in forecasts {
        assert_eq!(forecast.fetched_at, fetched_at);
        assert!(forecast.steps.is_sorted_by(|a, b| a.utc < b.utc), "one step per moment, in order");
        let percents = |step: &ForecastStep| [step.precipitation_percent, step.cloud_percent];
        assert!(forecast.steps.iter().flat_map(percents).flatten().all(|percent| percent <= 100));
        assert!(forecast.steps.iter().filter_map(|step| step.wind_direction_deg).all(|degrees| degrees < 360));
    }
}

/// Messages of a live session, separated by 0x1D, each after a line with the seconds since the one before and its
/// channel, as in `2 signalr/a`.
pub fn live(data: &[u8]) {
    let mut decoder = Decoder::new(Format::Live);
    let mut assembler = Assembler::new(AssemblerConfig { max_entries: 100, max_bytes: 10_000 });
    let (mut given, mut now, mut n_messages) = (Vec::new(), 0i64, 0);
    for message in data.split(|byte| *byte == 0x1d) {
        let mut parts = message.splitn(2, |byte| *byte == b'\n');
        let head = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let payload = parts.next().unwrap_or_default();
        let (seconds, channel) = head.split_once(' ').unwrap_or(("1", &head));
        now += seconds.parse::<u8>().map_or(1000, |seconds| i64::from(seconds) * 1000);
        n_messages += 1;
        let raw = RawMessage { time: SessionTime::from_millis(now), channel, payload };
        decoder.decode(raw, &mut Vec::new());
        let taken = assembler.take(raw, &mut given);
        if taken.new_session.is_some() {
            given.clear(); // another session has another clock
        }
        assert!(given.is_sorted_by_key(|event| event.time), "time goes back");
    }
    let _ = assembler.wanted();
    let replay: Vec<_> = assembler.replay().collect();
    assert!(replay.is_sorted_by_key(|event| event.time), "a replay is in order of time");
    let again: Vec<_> = assembler.replay().collect();
    assert_eq!(replay, again, "a replay depends on nothing else");
    assert_eq!(assembler.report().n_messages, n_messages);
    let mut events = Vec::new();
    decoder.finish(&mut events);
    assert!(events.is_sorted_by_key(|event| event.time), "a recording is in order of time");
    assert_eq!(decoder.report().n_events, events.len() as u64);
}

/// Messages of OpenF1, separated by 0x1E, each after a line with its endpoint.
pub fn openf1(data: &[u8]) {
    let (mut translator, mut told, mut report) = (Translator::new(), Vec::new(), DecodeReport::default());
    for message in data.split(|byte| *byte == 0x1e) {
        let mut parts = message.splitn(2, |byte| *byte == b'\n');
        let endpoint = String::from_utf8_lossy(parts.next().unwrap_or_default());
        let payload = parts.next().unwrap_or_default();
        // Twice: what is known already is no news.
        for _ in 0..2 {
            let n_before = told.len();
            translator.take(&endpoint, payload, &mut report, &mut told);
            let new = told.get(n_before..).unwrap_or_default();
            assert!(new.is_sorted_by_key(|told| told.utc), "what one message tells is in order of time");
        }
    }
    translator.finish(&mut told);
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;

    type Target = fn(&[u8]);

    const TARGETS: [(&str, Target); 10] = [
        ("archive_line", archive_line),
        ("topic_json", topic_json),
        ("car_data", car_data),
        ("position", position),
        ("frames", frames),
        ("python", python),
        ("tables", tables),
        ("openf1", openf1),
        ("open_meteo", open_meteo),
        ("live", live),
    ];

    /// The hand-made inputs that fuzzing starts from.
    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("no seeds at {}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "no seeds for {target}");
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    #[test]
    fn every_seed_holds() {
        for (name, target) in TARGETS {
            seeds(name).iter().for_each(|seed| target(seed));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_hold(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            TARGETS.iter().for_each(|(_, target)| target(&data));
        }

        #[test]
        fn damaged_seeds_hold(which: prop::sample::Index, cut: prop::sample::Index, changes in
            proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
        ) {
            for (name, target) in TARGETS {
                let seeds = seeds(name);
                let mut data = seeds[which.index(seeds.len())].clone();
                for (at, byte) in &changes {
                    let at = at.index(data.len());
                    data[at] = *byte;
                }
                target(&data);
                data.truncate(cut.index(data.len()));
                target(&data);
            }
        }
    }
}

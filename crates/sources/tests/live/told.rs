//! A session, and what sources say of it: the only place that knows how a recording of them looks.

use std::path::Path;

use overcut_domain::{Event, RawMessage, SessionTime, Stamped, UtcTime};
use overcut_sources::live::{Assembler, AssemblerConfig, Note};
use overcut_sources::{DecodeReport, Decoder, Format, Recording};

/// One line of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) clock: i64,
    pub(crate) topic: String,
    /// Clock and JSON.
    pub(crate) text: String,
}

impl Line {
    pub(crate) fn new(clock: i64, topic: &str, json: &str) -> Line {
        let (seconds, millis) = (clock / 1000, clock % 1000);
        let text = format!("{:02}:{:02}:{:02}.{millis:03}{json}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        Line { clock, topic: topic.into(), text }
    }

    pub(crate) fn json(&self) -> &str {
        &self.text[12..]
    }
}

/// A message of a recording: arrival in milliseconds, channel, bytes.
pub(crate) type Message = (i64, String, String);

/// A session as its archive has it, in order.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    pub(crate) t0: UtcTime,
    pub(crate) lines: Vec<Line>,
}

impl Archive {
    /// The lines of a folder. A line that stands twice is there once: sources cannot tell it from one that was sent twice.
    pub(crate) fn open(folder: &Path, keep: impl Fn(&str) -> bool) -> Archive {
        let mut recording = Recording::open(folder).unwrap();
        let mut lines: Vec<Line> = Vec::new();
        let mut known = std::collections::HashSet::new();
        while let Some(raw) = recording.next_raw().unwrap() {
            if !keep(raw.channel) {
                continue;
            }
            let text = String::from_utf8(raw.payload.to_vec()).unwrap();
            if known.insert((raw.channel.to_owned(), text.clone())) {
                lines.push(Line { clock: raw.time.as_millis(), topic: raw.channel.to_owned(), text });
            }
        }
        let mut archive = Archive { t0: UtcTime::from_millis(0), lines };
        let mut zeros = archive.events().into_iter().filter_map(|event| match event.value {
            Event::UtcOfZero(utc) => Some(utc),
            _ => None,
        });
        archive.t0 = zeros.next_back().unwrap_or(UtcTime::from_millis(1_773_454_632_000));
        archive
    }

    /// What the archive itself decodes to.
    pub(crate) fn events(&self) -> Vec<Stamped<Event>> {
        let mut decoder = Decoder::new(Format::Archive);
        let mut events = Vec::new();
        for line in &self.lines {
            let time = SessionTime::from_millis(line.clock);
            decoder.decode(RawMessage { time, channel: &line.topic, payload: line.text.as_bytes() }, &mut events);
        }
        decoder.finish(&mut events);
        events
    }

    /// UTC of a clock, as a server writes it.
    pub(crate) fn utc(&self, clock: i64) -> UtcTime {
        UtcTime::from_millis(self.t0.as_millis() + clock)
    }

    /// A line as a record of a connection, which marks whole states.
    pub(crate) fn record(&self, line: &Line) -> String {
        let (topic, mut json, utc) = (&line.topic, line.json().to_owned(), self.utc(line.clock));
        if let ("Heartbeat" | "TrackStatus", Some(members)) = (topic.as_str(), json.strip_suffix('}')) {
            json = format!(r#"{members},"_kf":true}}"#);
        }
        format!(r#"{{"type":1,"target":"feed","arguments":["{topic}",{json},"{utc}"]}}"#)
    }
}

/// A record that opens a connection.
pub(crate) fn states(topics: &[(&str, &str)]) -> String {
    let members: Vec<String> = topics.iter().map(|(topic, json)| format!("\"{topic}\":{json}")).collect();
    format!(r#"{{"type":3,"invocationId":"0","result":{{{}}}}}"#, members.join(","))
}

pub(crate) fn note(at: i64, note: &Note) -> Message {
    (at, Note::CHANNEL.to_owned(), String::from_utf8(note.to_json()).unwrap())
}

pub(crate) fn opened(at: i64, channel: &str) -> Message {
    note(at, &Note::Opened { channel: channel.into() })
}

pub(crate) fn closed(at: i64, channel: &str) -> Message {
    note(at, &Note::Closed { channel: channel.into(), reason: "connection lost".into() })
}

/// What a recording of these messages is read as.
pub(crate) fn read(messages: &[Message]) -> (Vec<Stamped<Event>>, DecodeReport) {
    let mut decoder = Decoder::new(Format::Live);
    let mut events = Vec::new();
    for (at, channel, payload) in messages {
        let raw = RawMessage { time: SessionTime::from_millis(*at), channel, payload: payload.as_bytes() };
        decoder.decode(raw, &mut events);
    }
    assert!(events.is_empty(), "a live session is given at the end");
    decoder.finish(&mut events);
    assert!(events.is_sorted_by_key(|event| event.time), "events are in order of time");
    (events, decoder.report().clone())
}

/// What an assembler gives of these messages as they come, and itself.
pub(crate) fn take(messages: &[Message]) -> (Vec<Stamped<Event>>, Vec<bool>, Assembler) {
    take_with(AssemblerConfig::default(), messages)
}

/// As [`take`], with other limits.
pub(crate) fn take_with(config: AssemblerConfig, messages: &[Message]) -> (Vec<Stamped<Event>>, Vec<bool>, Assembler) {
    let mut assembler = Assembler::new(config);
    let (mut events, mut late) = (Vec::new(), Vec::new());
    for (at, channel, payload) in messages {
        let raw = RawMessage { time: SessionTime::from_millis(*at), channel, payload: payload.as_bytes() };
        late.push(assembler.take(raw, &mut events).is_late);
    }
    assert!(events.is_sorted_by_key(|event| event.time), "events are in order of time");
    (events, late, assembler)
}

/// Events of the session itself: without where they came from.
pub(crate) fn of_session(events: Vec<Stamped<Event>>) -> Vec<Stamped<Event>> {
    events.into_iter().filter(|event| !matches!(event.value, Event::Feeds(_) | Event::Gap(_))).collect()
}

/// Fails with the first difference, not with a hundred megabytes.
#[track_caller]
pub(crate) fn assert_same(got: &[Stamped<Event>], want: &[Stamped<Event>]) {
    let first = got.iter().zip(want).position(|(got, want)| got != want);
    if let Some(idx) = first {
        let show = |events: &[Stamped<Event>]| {
            let near: Vec<String> = events[idx.saturating_sub(2)..]
                .iter()
                .take(5)
                .map(|event| {
                    let text = format!("{event:?}");
                    text.chars().take(300).collect()
                })
                .collect();
            near.join("\n  ")
        };
        panic!(
            "event {idx} of {} and {} differs:\ngot\n  {}\nwant\n  {}",
            got.len(),
            want.len(),
            show(got),
            show(want)
        );
    }
    assert_eq!(got.len(), want.len(), "number of events");
}

//! Frames of live connections and the captures made of them.
//!
//! All of them wrap the same three things: a topic, a payload and the server's stamp. Which wrapping it is shows in
//! each record, so one reader takes them all, mixed if need be:
//!
//! | record | from |
//! |---|---|
//! | `{"C":…,"M":[{"H":…,"M":"feed","A":[topic, payload, stamp]}]}` | classic SignalR |
//! | `{"R":{topic: state, …},"I":"1"}` | classic SignalR, answer to the subscription |
//! | `{"type":1,"target":"feed","arguments":[topic, payload, stamp]}` and 0x1E | SignalR Core |
//! | `{"type":3,"result":{topic: state, …}}` and 0x1E | SignalR Core, answer to the subscription |
//! | `{"H":…,"M":"feed","A":[topic, payload, stamp]}` | undercut-f1, older |
//! | `{"Type":topic,"Json":payload,"DateTime":stamp}` | undercut-f1 |
//! | `{"offset":…,"timestamp":stamp,"type":topic,"data":payload}` | pitwall |

use overcut_domain::{Event, SessionTime};

use crate::report::{DecodeReport, Skip};
use crate::topic::{Arrival, State, Topic, Witness};
use crate::wire::{Json, Malformed, Scalar, utc};

use super::BOM;

/// Ends a record of SignalR Core.
pub(crate) const RECORD_END: u8 = 0x1E;

/// Reads one line: one frame, of one or several records.
pub(super) fn line(
    state: &mut State,
    line: &[u8],
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) {
    let line = line.strip_prefix(BOM).unwrap_or(line);
    for record in line.split(|byte| *byte == RECORD_END) {
        let record = record.trim_ascii();
        if record.is_empty() {
            continue;
        }
        if let Err(skip) = read_record(state, record, at, report, out) {
            report.skip(skip, record);
        }
    }
}

/// What a record is made of, before its parts are read.
#[derive(Default)]
struct Record<'a> {
    feed: Vec<&'a str>,
    snapshot: Option<&'a str>,
    topic: Option<String>,
    payload: Option<&'a str>,
    stamp: Option<String>,
    /// Calls in a classic frame that lack their arguments.
    n_empty_calls: u32,
    /// A member that only a frame of a connection has.
    is_frame: bool,
    /// Carries nothing by design: handshakes, keep-alives, acknowledgements.
    is_control: bool,
}

fn read_record(
    state: &mut State,
    record: &[u8],
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    let text = std::str::from_utf8(record).map_err(|_| Skip::NotUtf8)?;
    if !text.starts_with('{') {
        return Err(Skip::NotAFrame);
    }
    let record = parse_record(text).map_err(|_| Skip::NotJson)?;
    if let Some(states) = record.snapshot {
        snapshot(state, states.as_bytes(), at, false, report, out);
    }
    for message in &record.feed {
        if let Err(skip) = feed_message(state, message, at, report, out) {
            report.skip(skip, message.as_bytes());
        }
    }
    for _ in 0..record.n_empty_calls {
        report.skip(Skip::NoPayload, text.as_bytes());
    }
    match (record.topic, record.payload) {
        (Some(topic), Some(payload)) => feed(state, &topic, payload, record.stamp.as_deref(), at, report, out),
        _ if !record.feed.is_empty() || record.snapshot.is_some() || record.is_control => Ok(()),
        _ if record.is_frame => Err(Skip::NoPayload),
        _ => Err(Skip::NotAFrame),
    }
}

fn parse_record(text: &str) -> Result<Record<'_>, Malformed> {
    let mut record = Record { is_control: true, ..Record::default() };
    Json::whole(text, |json| {
        json.members(|name, json| {
            match (name, json.peek()) {
                ("M", Some(b'[')) => {
                    json.elements(|_, json| feed_arguments(&mut record, json))?;
                }
                ("A" | "arguments", Some(b'[')) => record.feed.push(json.raw()?),
                ("R" | "result", Some(b'{')) => record.snapshot = Some(json.raw()?),
                ("Type" | "type", Some(b'"')) => record.topic = text_of(json)?,
                ("Json" | "data", _) => record.payload = Some(json.raw()?),
                ("DateTime" | "timestamp", _) => record.stamp = text_of(json)?,
                ("M" | "target", Some(b'"')) => {
                    record.is_frame = true;
                    // `feed` must carry something; other calls of the hub are not ours.
                    record.is_control = text_of(json)?.as_deref() != Some("feed");
                }
                // Cursors, tokens, identifiers, kinds and errors of the connection itself: plain values, all of them.
                (
                    "C" | "G" | "S" | "T" | "L" | "I" | "H" | "E" | "offset" | "type" | "invocationId" | "error"
                    | "allowReconnect" | "result" | "R",
                    Some(first),
                ) if !matches!(first, b'{' | b'[') => json.skip()?,
                _ => {
                    record.is_control = false;
                    json.skip()?;
                }
            }
            Ok(())
        })
    })?;
    Ok(record)
}

/// One call of a classic frame: `{"H":…,"M":"feed","A":[…]}`.
fn feed_arguments<'a>(record: &mut Record<'a>, json: &mut Json<'a>) -> Result<(), Malformed> {
    let mut has_arguments = false;
    json.members(|name, json| {
        if name == "A" && json.peek() == Some(b'[') {
            has_arguments = true;
            record.feed.push(json.raw()?);
            return Ok(());
        }
        json.skip()
    })?;
    if !has_arguments {
        record.n_empty_calls += 1;
    }
    Ok(())
}

fn text_of(json: &mut Json<'_>) -> Result<Option<String>, Malformed> {
    Ok(match json.scalar()? {
        Scalar::Text(text) => Some(text.into_owned()),
        _ => None,
    })
}

/// Reads `[topic, payload, stamp]`.
pub(super) fn feed_message(
    state: &mut State,
    text: &str,
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    let (mut topic, mut payload, mut stamp) = (None, None, None);
    let is_list = Json::whole(text, |json| {
        json.elements(|idx, json| {
            match idx {
                0 => topic = text_of(json)?,
                1 => payload = Some(json.raw()?),
                2 => stamp = text_of(json)?,
                _ => json.skip()?,
            }
            Ok(())
        })
    });
    match (is_list, topic, payload) {
        (Err(_), _, _) => Err(Skip::NotJson),
        (Ok(true), Some(topic), Some(payload)) => feed(state, &topic, payload, stamp.as_deref(), at, report, out),
        (Ok(_), _, _) => Err(Skip::NoPayload),
    }
}

fn feed(
    state: &mut State,
    topic: &str,
    payload: &str,
    stamp: Option<&str>,
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    match stamp.and_then(utc) {
        // A capture's clock starts at its first stamp, so stamps and not samples say when that was.
        Some(stamp) => {
            state.zero.learn(stamp, at, Witness::Sample).map(&mut *out);
        }
        None => report.skip(Skip::BadStamp, stamp.unwrap_or(payload).as_bytes()),
    }
    let arrival = Arrival { at, is_snapshot: false, sets_zero: false };
    topic_message(state, topic, payload, arrival, report, out)
}

fn topic_message(
    state: &mut State,
    name: &str,
    payload: &str,
    arrival: Arrival,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    match Topic::from_name(name) {
        Some(topic) => state.decode(topic, payload.as_bytes(), arrival, report, out),
        None => {
            report.unknown_topic(name, payload.as_bytes());
            Ok(())
        }
    }
}

/// Reads an object of topics and their full states.
pub(super) fn snapshot(
    state: &mut State,
    payload: &[u8],
    at: SessionTime,
    sets_zero: bool,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) {
    let text = std::str::from_utf8(payload.strip_prefix(BOM).unwrap_or(payload));
    let Ok(text) = text else {
        report.skip(Skip::NotUtf8, payload);
        return;
    };
    let arrival = Arrival { at, is_snapshot: true, sets_zero };
    let is_object = Json::whole(text, |json| {
        json.members(|name, json| {
            let value = json.raw()?;
            if let Err(skip) = topic_message(state, name, value, arrival, report, out) {
                report.skip(skip, value.as_bytes());
            }
            Ok(())
        })
    });
    match is_object {
        Ok(true) => {}
        Ok(false) => report.skip(Skip::WrongShape, payload),
        Err(_) => report.skip(Skip::NotJson, payload),
    }
}

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

/// What a record says.
pub(crate) enum Said<'a> {
    /// The full states of topics: an object.
    States(&'a str),
    /// One message of a topic.
    Feed(FeedMessage<'a>),
}

/// One message of a topic, as a record carries it.
pub(crate) struct FeedMessage<'a> {
    pub(crate) topic: String,
    /// Its JSON.
    pub(crate) payload: &'a str,
    /// The server's stamp, as written.
    pub(crate) stamp: Option<String>,
}

fn read_record(
    state: &mut State,
    record: &[u8],
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    say(record, report, |said, report| match said {
        Said::States(states) => snapshot(state, states.as_bytes(), at, false, report, out),
        Said::Feed(message) => {
            if let Err(skip) = feed(state, &message, at, report, out) {
                report.skip(skip, message.payload.as_bytes());
            }
        }
    })
}

/// Hands out what a record says, part by part. What it says badly is in the report.
///
/// # Errors
///
/// If it is no record, or says nothing where it should.
pub(crate) fn say(
    record: &[u8],
    report: &mut DecodeReport,
    mut each: impl FnMut(Said<'_>, &mut DecodeReport),
) -> Result<(), Skip> {
    let text = std::str::from_utf8(record).map_err(|_| Skip::NotUtf8)?;
    if !text.starts_with('{') {
        return Err(Skip::NotAFrame);
    }
    let record = parse_record(text).map_err(|_| Skip::NotJson)?;
    if let Some(states) = record.snapshot {
        each(Said::States(states), report);
    }
    for arguments in &record.feed {
        match feed_message_of(arguments) {
            Ok(message) => each(Said::Feed(message), report),
            Err(skip) => report.skip(skip, arguments.as_bytes()),
        }
    }
    for _ in 0..record.n_empty_calls {
        report.skip(Skip::NoPayload, text.as_bytes());
    }
    match (record.topic, record.payload) {
        (Some(topic), Some(payload)) => {
            each(Said::Feed(FeedMessage { topic, payload, stamp: record.stamp }), report);
            Ok(())
        }
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
fn feed_message_of(text: &str) -> Result<FeedMessage<'_>, Skip> {
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
        (Ok(true), Some(topic), Some(payload)) => Ok(FeedMessage { topic, payload, stamp }),
        (Ok(_), _, _) => Err(Skip::NoPayload),
    }
}

/// Reads `[topic, payload, stamp]` and hands out its events.
pub(super) fn feed_message(
    state: &mut State,
    text: &str,
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    feed(state, &feed_message_of(text)?, at, report, out)
}

fn feed(
    state: &mut State,
    message: &FeedMessage<'_>,
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    match message.stamp.as_deref().and_then(utc) {
        // A capture's clock starts at its first stamp, so stamps and not samples say when that was.
        Some(stamp) => {
            state.zero.learn(stamp, at, Witness::Sample).map(&mut *out);
        }
        None => report.skip(Skip::BadStamp, message.stamp.as_deref().unwrap_or(message.payload).as_bytes()),
    }
    let arrival = Arrival { at, is_snapshot: false, sets_zero: false };
    topic_message(state, &message.topic, message.payload, arrival, report, out)
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
    let arrival = Arrival { at, is_snapshot: true, sets_zero };
    let text = std::str::from_utf8(payload.strip_prefix(BOM).unwrap_or(payload));
    let Ok(text) = text else {
        report.skip(Skip::NotUtf8, payload);
        return;
    };
    let is_read = states_of(text, |name, value| {
        if let Err(skip) = topic_message(state, name, value, arrival, report, out) {
            report.skip(skip, value.as_bytes());
        }
    });
    if let Err(skip) = is_read {
        report.skip(skip, payload);
    }
}

/// Hands out the topics of a snapshot and their full states.
///
/// # Errors
///
/// If it is no object, or not whole; what stood before the damage was handed out.
pub(crate) fn states_of<'a>(text: &'a str, mut each: impl FnMut(&str, &'a str)) -> Result<(), Skip> {
    let is_object = Json::whole(text, |json| {
        json.members(|name, json| {
            each(name, json.raw()?);
            Ok(())
        })
    });
    match is_object {
        Ok(true) => Ok(()),
        Ok(false) => Err(Skip::WrongShape),
        Err(_) => Err(Skip::NotJson),
    }
}

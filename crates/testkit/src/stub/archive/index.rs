//! The indices, with the traps of the real ones.

use std::collections::BTreeSet;

use overcut_domain::UtcTime;
use serde_json::{Value, json};

use super::ArchiveConfig;
use super::store::Session;

/// The years that there are.
pub(super) fn years(config: &ArchiveConfig) -> String {
    let made = config.sessions.iter().filter_map(|session| year_of(config, session));
    let years: BTreeSet<u16> = config.years.iter().map(|(year, _)| *year).chain(made).collect();
    let years: Vec<Value> = years.iter().map(|year| json!({"Year": year, "Path": format!("{year}/")})).collect();
    json!({ "Years": years }).to_string()
}

/// The meetings and sessions of a year, as far as they have begun.
pub(super) fn year(config: &ArchiveConfig, year: u16, position_ms: i64) -> Option<String> {
    if let Some((_, index)) = config.years.iter().find(|(known, _)| *known == year) {
        return Some(index.clone());
    }
    let is_there = |session: &&Session| session.from_ms <= position_ms && year_of(config, session) == Some(year);
    let mut meetings: Vec<Value> = Vec::new();
    for session in config.sessions.iter().filter(is_there) {
        let known = meetings.iter_mut().find(|meeting| meeting["Key"] == session.info["Meeting"]["Key"]);
        match known {
            Some(meeting) => meeting["Sessions"].as_array_mut()?.push(entry(config, session)),
            None => meetings.push(meeting(config, session)),
        }
    }
    let stray = json!({"Sessions": [{"Key": -1, "Type": "Practice", "Number": 1, "Name": "Practice 1"}], "Key": 1,
        "Name": "Pre-Season Testing", "Location": "Nowhere"});
    (!meetings.is_empty()).then(|| {
        meetings.insert(0, stray);
        json!({"Year": year, "Meetings": meetings}).to_string()
    })
}

/// The topics of a session.
pub(super) fn feeds(session: &Session) -> String {
    let feed = |topic: &String| {
        let value = json!({"KeyFramePath": format!("{topic}.json"), "StreamPath": format!("{topic}.jsonStream")});
        (topic.clone(), value)
    };
    let feeds: serde_json::Map<String, Value> = session.files.keys().map(feed).collect();
    json!({ "Feeds": feeds }).to_string()
}

/// A meeting with its first session, and with one that was never published.
fn meeting(config: &ArchiveConfig, session: &Session) -> Value {
    let mut meeting = session.info["Meeting"].clone();
    if !meeting.is_object() {
        meeting = json!({"Key": 2, "Name": "A Grand Prix"});
    }
    let unpublished = json!({"Key": 99999, "Type": "Race", "Number": -1, "Name": "Race",
        "StartDate": "2099-12-31T15:00:00", "EndDate": "2099-12-31T17:00:00", "GmtOffset": "00:00:00"});
    meeting["Sessions"] = json!([entry(config, session), unpublished]);
    meeting
}

fn entry(config: &ArchiveConfig, session: &Session) -> Value {
    let moved = |name: &str| moved(session.info[name].as_str()?, shift_ms(config, session));
    json!({
        "Key": session.info["Key"], "Type": session.info["Type"], "Number": -1, "Name": session.info["Name"],
        "StartDate": moved("StartDate"), "EndDate": moved("EndDate"), "GmtOffset": session.info["GmtOffset"],
        "Path": session.path,
    })
}

/// The year in whose index a session stands.
fn year_of(config: &ArchiveConfig, session: &Session) -> Option<u16> {
    if config.dated.is_none() {
        return session.path.get(..4)?.parse().ok();
    }
    moved(session.info["StartDate"].as_str()?, shift_ms(config, session))?.get(..4)?.parse().ok()
}

/// By how much the index is off the session's own word.
fn shift_ms(config: &ArchiveConfig, session: &Session) -> i64 {
    let dated_ms = config.dated.zip(session.began_ms).map_or(0, |(dated, began_ms)| dated.as_millis() - began_ms);
    dated_ms + config.stale_by_min * 60_000
}

/// A moment such as `2026-03-14T11:00:00`, moved.
fn moved(text: &str, by_ms: i64) -> Option<String> {
    let moment: UtcTime = format!("{text}Z").parse().ok()?;
    let text = UtcTime::from_millis(moment.as_millis() + by_ms).to_string();
    Some(text.get(..19)?.to_owned())
}

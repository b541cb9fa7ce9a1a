//! Records of SignalR Core as the server writes them.

use std::collections::BTreeSet;

use overcut_domain::UtcTime;
use serde_json::Value;

use crate::tape::{TapeMessage, TapeState};

/// Ends a record.
pub(super) const RECORD_END: char = '\u{1E}';

/// What only a subscriber's token opens.
pub const GATED: [&str; 8] = [
    "CarData.z",
    "Position.z",
    "DriverRaceInfo",
    "ChampionshipPrediction",
    "TeamRadio",
    "PitStopSeries",
    "PitLaneTimeCollection",
    "OvertakeSeries",
];

/// What the server has no topic for, although the archive has a file of that name.
pub(super) fn may_see(topic: &str, subscribed: &BTreeSet<String>, is_authorised: bool) -> bool {
    subscribed.contains(topic) && (is_authorised || !GATED.contains(&topic))
}

/// The answer to a subscription: the state of every topic that the subscriber may see.
pub(super) fn snapshot(state: &TapeState, subscribed: &BTreeSet<String>, is_authorised: bool) -> String {
    let seen = state.topics().iter().filter(|(topic, _)| may_see(topic, subscribed, is_authorised));
    let result: serde_json::Map<String, Value> =
        seen.map(|(topic, value)| (topic.to_string(), value.clone())).collect();
    ended(format!(r#"{{"type":3,"invocationId":"0","result":{}}}"#, Value::Object(result)))
}

/// One message of the feed; the payload stands as it was recorded.
pub(super) fn feed(message: &TapeMessage, payload: &str, stamp: UtcTime) -> String {
    ended(format!(r#"{{"type":1,"target":"feed","arguments":["{}",{payload},"{stamp}"]}}"#, message.topic))
}

pub(super) fn ping() -> String {
    ended(r#"{"type":6}"#)
}

pub(super) fn close(error: &str, allow_reconnect: bool) -> String {
    ended(format!(r#"{{"type":7,"error":{},"allowReconnect":{allow_reconnect}}}"#, Value::from(error)))
}

/// A `.z` payload that is cut off in the middle; the JSON around it is whole.
pub(super) fn truncated(payload: &str) -> String {
    let text = payload.trim_matches('"');
    format!("\"{}\"", text.get(..text.len() / 2).unwrap_or_default())
}

pub(super) fn ended(record: impl Into<String>) -> String {
    let mut record = record.into();
    record.push(RECORD_END);
    record
}

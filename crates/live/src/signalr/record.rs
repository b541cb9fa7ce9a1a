//! Records of SignalR Core: cut apart, and looked at as far as keeping the connection needs.

use std::borrow::Cow;
use std::collections::BTreeSet;

use bytes::Bytes;
use overcut_domain::UtcTime;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Ends a record.
pub(super) const RECORD_END: u8 = 0x1E;

/// The records of a frame, in order and without their ends; empty ones are none.
pub(super) fn records(frame: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        while from < frame.len() {
            let len = frame[from..].iter().position(|byte| *byte == RECORD_END).unwrap_or(frame.len() - from);
            let record = frame.slice(from..from + len);
            from += len + 1;
            if !record.trim_ascii().is_empty() {
                return Some(record);
            }
        }
        None
    })
}

/// What a record is to the connection.
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// The answer to the subscription.
    Snapshot(Facts),
    /// The subscription failed.
    Refused(String),
    /// A message of the feed, with what it says about the session, if it does.
    Feed(Facts),
    /// The service closes the connection.
    Close { error: String, allow_reconnect: bool },
    /// A ping, or nothing we know: none of our business.
    Other,
}

/// What a record says about the session.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Facts {
    /// The topics of a snapshot.
    pub(super) topics: BTreeSet<String>,
    /// Key of the session.
    pub(super) session_key: Option<i64>,
    /// Its status, such as `Started`.
    pub(super) status: Option<String>,
    /// The service's stamp of a message of the feed.
    pub(super) stamp: Option<UtcTime>,
}

impl Facts {
    /// Takes in what a later record says.
    pub(super) fn update(&mut self, later: Facts) {
        self.session_key = later.session_key.or(self.session_key);
        if later.status.is_some() {
            self.status = later.status;
        }
    }

    fn learn(&mut self, topic: &str, payload: &RawValue) {
        match topic {
            // A delta need not have the key.
            "SessionInfo" => {
                if let Ok(info) = serde_json::from_str::<SessionInfo>(payload.get()) {
                    self.session_key = info.key;
                }
            }
            "SessionStatus" => {
                if let Ok(status) = serde_json::from_str::<SessionStatus<'_>>(payload.get()) {
                    self.status = Some(status.status.into_owned());
                }
            }
            _ => {}
        }
    }
}

#[derive(Deserialize)]
struct SessionInfo {
    #[serde(rename = "Key")]
    key: Option<i64>,
}

#[derive(Deserialize)]
struct SessionStatus<'a> {
    #[serde(rename = "Status", borrow)]
    status: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(rename = "type")]
    kind: Option<u64>,
    #[serde(borrow)]
    target: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<Cow<'a, str>>,
    #[serde(rename = "allowReconnect", default)]
    allow_reconnect: bool,
}

/// What a record is. Whatever cannot be read is [`Kind::Other`]: it is recorded all the same, and its reader counts it.
pub(super) fn kind(record: &[u8]) -> Kind {
    let Ok(record) = serde_json::from_slice::<Record<'_>>(record) else { return Kind::Other };
    let error = || record.error.as_deref().unwrap_or_default().to_owned();
    match record.kind {
        Some(1) if record.target.as_deref() == Some("feed") => {
            record.arguments.and_then(feed).map_or(Kind::Other, Kind::Feed)
        }
        Some(3) if record.error.is_some() => Kind::Refused(error()),
        Some(3) => record.result.and_then(snapshot).map_or(Kind::Other, Kind::Snapshot),
        Some(7) => Kind::Close { error: error(), allow_reconnect: record.allow_reconnect },
        _ => Kind::Other,
    }
}

fn feed(arguments: &RawValue) -> Option<Facts> {
    // Topic, payload and stamp; whatever a later version adds behind them is no trouble.
    let arguments: Vec<&RawValue> = serde_json::from_str(arguments.get()).ok()?;
    let (topic, payload) = (arguments.first()?, arguments.get(1)?);
    let topic: Cow<'_, str> = serde_json::from_str(topic.get()).ok()?;
    let mut facts = Facts::default();
    facts.learn(&topic, payload);
    let stamp: Option<Cow<'_, str>> = arguments.get(2).and_then(|stamp| serde_json::from_str(stamp.get()).ok());
    facts.stamp = stamp.and_then(|stamp| stamp.parse().ok());
    Some(facts)
}

fn snapshot(result: &RawValue) -> Option<Facts> {
    let states: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(result.get()).ok()?;
    let mut facts = Facts::default();
    for (topic, state) in &states {
        facts.learn(topic, state);
    }
    facts.topics = states.into_keys().collect();
    Some(facts)
}

/// The answer to the handshake: `Ok` if it was taken.
pub(super) fn handshake(record: &[u8]) -> Result<(), Option<String>> {
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        error: Option<Cow<'a, str>>,
    }
    match serde_json::from_slice::<Answer<'_>>(record) {
        Ok(Answer { error: None }) => Ok(()),
        Ok(Answer { error: Some(error) }) => Err(Some(error.into_owned())),
        Err(_) => Err(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(frame: &str) -> Vec<String> {
        let frame = Bytes::copy_from_slice(frame.as_bytes());
        records(&frame).map(|record| String::from_utf8_lossy(&record).into_owned()).collect()
    }

    #[test]
    fn a_frame_may_hold_several_records_or_none() {
        assert_eq!(cut("{}\u{1E}{\"type\":6}\u{1E}"), ["{}", "{\"type\":6}"]);
        assert_eq!(cut("{}"), ["{}"]);
        assert_eq!(cut("\u{1E} \u{1E}\r\n\u{1E}"), [""; 0]);
        assert_eq!(cut(""), [""; 0]);
    }

    #[test]
    fn records_are_known_by_what_they_say() {
        let facts = |key, status: Option<&str>| Facts {
            session_key: key,
            status: status.map(str::to_owned),
            topics: BTreeSet::new(),
            stamp: None,
        };
        let feed = |json: &str| kind(format!(r#"{{"type":1,"target":"feed","arguments":{json}}}"#).as_bytes());
        assert_eq!(feed(r#"["SessionInfo",{"Key":9877},"2026"]"#), Kind::Feed(facts(Some(9877), None)));
        assert_eq!(feed(r#"["SessionInfo",{"ArchiveStatus":{}},"2026"]"#), Kind::Feed(facts(None, None)));
        assert_eq!(feed(r#"["SessionStatus",{"Status":"Started"},"2026"]"#), Kind::Feed(facts(None, Some("Started"))));
        assert_eq!(feed(r#"["CarData.z","7ZSx"]"#), Kind::Feed(Facts::default()));
        assert_eq!(feed("[7]"), Kind::Other);
        assert_eq!(kind(br#"{"type":6}"#), Kind::Other);
        assert_eq!(kind(b"<html>"), Kind::Other);
        assert_eq!(kind(br#"{"type":3,"error":"no such hub"}"#), Kind::Refused("no such hub".into()));
        let close = Kind::Close { error: "bye".into(), allow_reconnect: true };
        assert_eq!(kind(br#"{"type":7,"error":"bye","allowReconnect":true}"#), close);
        let Kind::Snapshot(facts) = kind(br#"{"type":3,"result":{"SessionInfo":{"Key":1},"CarData.z":"x"}}"#) else {
            panic!("no snapshot")
        };
        assert_eq!((facts.session_key, facts.topics.len()), (Some(1), 2));
    }

    #[test]
    fn a_handshake_is_taken_or_not() {
        assert_eq!(handshake(b"{}"), Ok(()));
        assert_eq!(handshake(br#"{"error":"no"}"#), Err(Some("no".into())));
        assert_eq!(handshake(b"<html>"), Err(None));
    }

    /// Cuts and reads any bytes.
    fn fuzz(frame: &[u8]) {
        let frame = Bytes::copy_from_slice(frame);
        let mut n_bytes = 0;
        for record in records(&frame) {
            assert!(!record.contains(&RECORD_END), "a record ends where it ends");
            n_bytes += record.len();
            // Only that it returns matters.
            let _ = (kind(&record), handshake(&record));
        }
        assert!(n_bytes <= frame.len(), "nothing is made up");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(frame in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            fuzz(&frame);
        }

        #[test]
        fn any_text_is_survived(frame in "[\\[\\]{}\",:0-9a-z\u{1e}]{0,200}") {
            fuzz(frame.as_bytes());
        }
    }
}

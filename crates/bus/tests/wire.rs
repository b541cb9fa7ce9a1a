//! Whatever can be said reads back as it was said, in both formats; whatever cannot be read is refused in words.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use bytes::Bytes;
use overcut_bus::{
    DeadLetter, Format, Message, Number, Numbered, Progress, Raw, Record, SCHEMA, SessionLog, SessionRecord,
    SessionState, Topic, WireError,
};
use overcut_domain::{Event, SessionInfo, SessionStatus, SessionTime, Stamped, UtcTime};
use overcut_testkit::any_insights::{any_event, any_insight};
use proptest::prelude::*;

/// Writes a message and reads it, in both formats.
fn check(message: &Message) {
    for format in [Format::Protobuf, Format::Json] {
        let record = Record::encode(message, format).unwrap();
        assert_eq!(&record.decode(message.topic()).unwrap(), message, "{format:?}");
    }
}

fn number() -> impl Strategy<Value = Number> {
    ("[a-z0-9-]{1,40}", any::<u32>(), any::<u64>()).prop_map(|(session, revision, sequence)| Number {
        session,
        revision,
        sequence,
    })
}

proptest! {
    #[test]
    fn events_read_back(number in number(), value in any_event()) {
        check(&Message::Event(Numbered { number, value }));
    }

    #[test]
    fn insights_read_back(number in number(), value in any_insight()) {
        check(&Message::Insight(Numbered { number, value }));
    }

    #[test]
    fn raw_messages_read_back(number in number(), channel: String, payload: Vec<u8>, text: String, millis in -1i64..1 << 40) {
        for payload in [Bytes::from(payload), Bytes::from(text)] {
            let value = Raw { time: SessionTime::from_millis(millis), channel: channel.clone(), payload };
            check(&Message::Raw(Numbered { number: number.clone(), value }));
        }
    }

    #[test]
    fn the_rest_reads_back(number in number(), numbers: [u64; 2], name: String, is_complete: bool, payload: Vec<u8>) {
        let Number { session, revision, sequence } = number;
        check(&Message::Progress(Progress {
            session: session.clone(),
            revision,
            next_event: sequence,
            next_insight: numbers[0],
        }));
        let log = |topic| SessionLog { topic, first_offset: numbers[0], n_messages: is_complete.then_some(numbers[1]) };
        check(&Message::Session(Box::new(SessionRecord {
            session: session.clone(),
            revision,
            info: is_complete.then(|| SessionInfo { name: name.clone(), ..SessionInfo::default() }),
            state: if is_complete { SessionState::Complete } else { SessionState::Running },
            begun_at: UtcTime::from_millis(1_773_454_632_373),
            logs: vec![log(Topic::Raw), log(Topic::Events), log(Topic::Insights)],
        })));
        check(&Message::Dead(DeadLetter {
            topic: Topic::Events,
            partition: revision,
            offset: sequence,
            key: session,
            reason: name.clone(),
            schema: is_complete.then_some(revision),
            content_type: name,
            payload: Bytes::from(payload),
        }));
    }
}

fn event(value: Event) -> Message {
    let number = Number { session: "2026-shanghai-sprint".into(), revision: 1, sequence: 7 };
    Message::Event(Numbered { number, value: Stamped { time: SessionTime::from_millis(1500), value } })
}

fn refusal(record: &Record, topic: Topic) -> String {
    let error = record.decode(topic).unwrap_err();
    match std::error::Error::source(&error) {
        None => error.to_string(),
        Some(source) => format!("{error}: {source}"),
    }
}

#[test]
fn json_is_our_own_types() {
    let record = Record::encode(&event(Event::SessionStatus(SessionStatus::Started)), Format::Json).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&record.payload),
        r#"{"number":{"session":"2026-shanghai-sprint","revision":1,"sequence":7},"value":{"time":1500,"value":{"SessionStatus":"started"}}}"#
    );
    assert_eq!((record.schema, &*record.content_type), (Some(1), "application/json"));
}

#[test]
fn newer_and_foreign_records_are_refused_in_words() {
    let good = Record::encode(&event(Event::Heartbeat(UtcTime::from_millis(1))), Format::Protobuf).unwrap();
    let cases = [
        (
            Record { schema: None, ..good.clone() },
            "no readable header \"overcut-schema\": this is not a message of overcut",
        ),
        (
            Record { schema: Some(SCHEMA + 1), ..good.clone() },
            "written by schema 2, and this program reads up to 1: use a newer overcut",
        ),
        (
            Record { content_type: "text/plain".into(), ..good.clone() },
            "content type \"text/plain\" is neither application/x-protobuf nor application/json",
        ),
        (
            Record { payload: Bytes::new(), ..good.clone() },
            "the event is not stated, or of a kind that this program does not know",
        ),
        (
            // Field 99 of the event: a kind that a newer program may know.
            Record { payload: Bytes::from_static(b"\x0a\x03\x0a\x01a\x1a\x03\x98\x06\x01"), ..good.clone() },
            "the event is not stated, or of a kind that this program does not know",
        ),
        (
            Record { payload: vec![0; (1 << 20) + 1].into(), ..good.clone() },
            "1048577 bytes are more than the 1048576 that a message may have",
        ),
    ];
    for (record, want) in cases {
        assert_eq!(refusal(&record, Topic::Events), want);
    }
    assert!(matches!(good.decode(Topic::Sessions), Err(WireError::Protobuf(_) | WireError::Missing { .. })));
}

#[test]
fn what_no_message_may_say_is_refused_in_either_format() {
    let cases = [
        ("SessionStatus\":\"running", "unknown variant `running`"),
        ("Heartbeat\":99e99,\"x\":\"", "not JSON of this message"),
        ("LapCount\":{\"current\":70000,\"total\":null},\"x\":\"", "invalid value: integer `70000`, expected u16"),
    ];
    for (value, want) in cases {
        let text = format!(
            r#"{{"number":{{"session":"a","revision":0,"sequence":0}},"value":{{"time":0,"value":{{"{value}"}}}}}}"#
        );
        let record = Record { payload: text.into(), schema: Some(1), content_type: "application/json".into() };
        let got = refusal(&record, Topic::Events);
        assert!(got.contains(want), "{value}: {got}");
    }
    let text = r#"{"number":{"session":"a","revision":0,"sequence":0},"value":{"time":9000000000000000000,"value":{"TrackStatus":"clear"}}}"#;
    let record = Record { payload: text.into(), schema: Some(1), content_type: "application/json".into() };
    assert_eq!(
        refusal(&record, Topic::Events),
        "a moment on the session clock is 9000000000000000000, out of its range"
    );
    let text = text.replace("\"a\"", "\"\"").replace("9000000000000000000", "0");
    let record = Record { payload: text.into(), ..record };
    assert_eq!(
        refusal(&record, Topic::Events),
        "the session's id is not stated, or of a kind that this program does not know"
    );
}

//! Whole messages of the topics.

use bytes::Bytes;
use prost::Message as _;

use overcut_domain::{Event, Insight, SessionInfo, Stamped};

use super::change::{required, time, utc};
use super::enums::Word;
use super::event::{read_event, write_event};
use super::{MAX_SESSION_BYTES, Wire, WireError, pb, read_all, write_all};
use crate::{DeadLetter, Message, Number, Numbered, Progress, Raw, SessionLog, SessionRecord, SessionState, Topic};

pub(super) fn encode(message: &Message) -> Bytes {
    let bytes = match message {
        Message::Raw(raw) => raw.write().encode_to_vec(),
        Message::Event(event) => event.write().encode_to_vec(),
        Message::Insight(insight) => in_envelope(pb::insight_message::Message::Insight(insight.write())),
        Message::Progress(progress) => in_envelope(pb::insight_message::Message::Progress(progress.write())),
        Message::Session(record) => record.write().encode_to_vec(),
        Message::Dead(letter) => letter.write().encode_to_vec(),
    };
    Bytes::from(bytes)
}

fn in_envelope(message: pb::insight_message::Message) -> Vec<u8> {
    pb::InsightMessage { message: Some(message) }.encode_to_vec()
}

pub(super) fn decode(topic: Topic, bytes: Bytes) -> Result<Message, WireError> {
    Ok(match topic {
        Topic::Raw => Message::Raw(Wire::read(pb::RawMessage::decode(bytes)?)?),
        Topic::Events => Message::Event(Wire::read(pb::EventMessage::decode(bytes)?)?),
        Topic::Insights => {
            use pb::insight_message::Message as Pb;
            let message = pb::InsightMessage::decode(bytes)?.message;
            match message.ok_or(WireError::Missing { what: "insight or progress" })? {
                Pb::Insight(insight) => Message::Insight(Wire::read(insight)?),
                Pb::Progress(progress) => Message::Progress(Progress::read(progress)?),
            }
        }
        Topic::Sessions => Message::Session(Box::new(SessionRecord::read(pb::SessionRecord::decode(bytes)?)?)),
        Topic::Dead => Message::Dead(DeadLetter::read(pb::DeadLetter::decode(bytes)?)?),
    })
}

/// A session's id: a short text that is not empty.
fn session_id(text: String) -> Result<String, WireError> {
    match text.len() {
        0 => Err(WireError::Missing { what: "the session's id" }),
        1..=MAX_SESSION_BYTES => Ok(text),
        len => Err(WireError::Range { what: "length of the session's id", value: len as i64 }),
    }
}

impl Wire for Number {
    type Pb = pb::Number;

    fn write(&self) -> pb::Number {
        pb::Number { session: self.session.clone(), revision: self.revision, sequence: self.sequence }
    }

    fn read(pb: pb::Number) -> Result<Self, WireError> {
        Ok(Number { session: session_id(pb.session)?, revision: pb.revision, sequence: pb.sequence })
    }
}

impl Wire for Numbered<Raw> {
    type Pb = pb::RawMessage;

    fn write(&self) -> pb::RawMessage {
        pb::RawMessage {
            number: Some(self.number.write()),
            time_ms: self.value.time.as_millis(),
            channel: self.value.channel.clone(),
            payload: self.value.payload.clone(),
        }
    }

    fn read(pb: pb::RawMessage) -> Result<Self, WireError> {
        let value = Raw { time: time(pb.time_ms)?, channel: pb.channel, payload: pb.payload };
        Ok(Numbered { number: required(pb.number, NUMBER)?, value })
    }
}

const NUMBER: &str = "the message's number";

impl Wire for Numbered<Stamped<Event>> {
    type Pb = pb::EventMessage;

    fn write(&self) -> pb::EventMessage {
        pb::EventMessage {
            number: Some(self.number.write()),
            time_ms: self.value.time.as_millis(),
            event: Some(write_event(self.value.time, &self.value.value)),
        }
    }

    fn read(pb: pb::EventMessage) -> Result<Self, WireError> {
        let time = time(pb.time_ms)?;
        let event = read_event(time, pb.event.ok_or(WireError::Missing { what: "the event" })?)?;
        Ok(Numbered { number: required(pb.number, NUMBER)?, value: Stamped { time, value: event } })
    }
}

impl Wire for Numbered<Stamped<Insight>> {
    type Pb = pb::NumberedInsight;

    fn write(&self) -> pb::NumberedInsight {
        pb::NumberedInsight {
            number: Some(self.number.write()),
            time_ms: self.value.time.as_millis(),
            insight: Some(self.value.value.write()),
        }
    }

    fn read(pb: pb::NumberedInsight) -> Result<Self, WireError> {
        let value = Stamped { time: time(pb.time_ms)?, value: required(pb.insight, "the insight")? };
        Ok(Numbered { number: required(pb.number, NUMBER)?, value })
    }
}

impl Wire for Progress {
    type Pb = pb::Progress;

    fn write(&self) -> pb::Progress {
        pb::Progress {
            session: self.session.clone(),
            revision: self.revision,
            next_event: self.next_event,
            next_insight: self.next_insight,
        }
    }

    fn read(pb: pb::Progress) -> Result<Self, WireError> {
        Ok(Progress {
            session: session_id(pb.session)?,
            revision: pb.revision,
            next_event: pb.next_event,
            next_insight: pb.next_insight,
        })
    }
}

impl Wire for SessionRecord {
    type Pb = pb::SessionRecord;

    fn write(&self) -> pb::SessionRecord {
        pb::SessionRecord {
            session: self.session.clone(),
            revision: self.revision,
            info: self.info.as_ref().map(Wire::write),
            state: self.state.pb_code(),
            begun_at_ms: self.begun_at.as_millis(),
            logs: write_all(&self.logs),
        }
    }

    fn read(pb: pb::SessionRecord) -> Result<Self, WireError> {
        Ok(SessionRecord {
            session: session_id(pb.session)?,
            revision: pb.revision,
            info: pb.info.map(SessionInfo::read).transpose()?,
            state: SessionState::read(pb.state)?,
            begun_at: utc(pb.begun_at_ms)?,
            logs: read_all(pb.logs)?,
        })
    }
}

impl Wire for SessionLog {
    type Pb = pb::SessionLog;

    fn write(&self) -> pb::SessionLog {
        pb::SessionLog {
            topic: self.topic.name().to_owned(),
            first_offset: self.first_offset,
            n_messages: self.n_messages,
        }
    }

    fn read(pb: pb::SessionLog) -> Result<Self, WireError> {
        Ok(SessionLog { topic: topic(&pb.topic)?, first_offset: pb.first_offset, n_messages: pb.n_messages })
    }
}

fn topic(name: &str) -> Result<Topic, WireError> {
    name.parse().map_err(|_| WireError::Missing { what: "the topic" })
}

impl Wire for DeadLetter {
    type Pb = pb::DeadLetter;

    fn write(&self) -> pb::DeadLetter {
        pb::DeadLetter {
            topic: self.topic.name().to_owned(),
            partition: self.partition,
            offset: self.offset,
            key: self.key.clone(),
            reason: self.reason.clone(),
            schema: self.schema,
            content_type: self.content_type.clone(),
            payload: self.payload.clone(),
        }
    }

    fn read(pb: pb::DeadLetter) -> Result<Self, WireError> {
        Ok(DeadLetter {
            topic: topic(&pb.topic)?,
            partition: pb.partition,
            offset: pb.offset,
            key: pb.key,
            reason: pb.reason,
            schema: pb.schema,
            content_type: pb.content_type,
            payload: pb.payload,
        })
    }
}

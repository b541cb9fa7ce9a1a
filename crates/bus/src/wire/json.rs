//! The same messages as JSON: our own types as they are.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use overcut_domain::{Insight, Stamped};

use super::{WireError, messages};
use crate::{Message, Numbered, Progress, Topic};

/// What is on the topic of insights.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OnInsights<I, P> {
    Insight(I),
    Progress(P),
}

pub(super) fn encode(message: &Message) -> Result<Bytes, WireError> {
    let text = match message {
        Message::Raw(raw) => serde_json::to_vec(raw),
        Message::Event(event) => serde_json::to_vec(event),
        Message::Insight(insight) => serde_json::to_vec(&OnInsights::<_, ()>::Insight(insight)),
        Message::Progress(progress) => serde_json::to_vec(&OnInsights::<(), _>::Progress(progress)),
        Message::Session(record) => serde_json::to_vec(record),
        Message::Dead(letter) => serde_json::to_vec(letter),
    };
    Ok(Bytes::from(text?))
}

pub(super) fn decode(topic: Topic, text: &[u8]) -> Result<Message, WireError> {
    let message = match topic {
        Topic::Raw => Message::Raw(serde_json::from_slice(text)?),
        Topic::Events => Message::Event(serde_json::from_slice(text)?),
        Topic::Insights => match serde_json::from_slice::<OnInsights<Numbered<Stamped<Insight>>, Progress>>(text)? {
            OnInsights::Insight(insight) => Message::Insight(insight),
            OnInsights::Progress(progress) => Message::Progress(progress),
        },
        Topic::Sessions => Message::Session(serde_json::from_slice(text)?),
        Topic::Dead => Message::Dead(serde_json::from_slice(text)?),
    };
    // What a message may say is written in one place: where the schema is read.
    messages::decode(topic, messages::encode(&message))
}

/// Bytes as `text` where they are text, else as `base64`.
pub(crate) mod text_or_base64 {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use bytes::Bytes;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Payload<T> {
        Text(T),
        Base64(String),
    }

    pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        let payload = match std::str::from_utf8(bytes) {
            Ok(text) => Payload::Text(text),
            Err(_) => Payload::Base64(BASE64_STANDARD.encode(bytes)),
        };
        payload.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        Ok(Bytes::from(match Payload::<String>::deserialize(deserializer)? {
            Payload::Text(text) => text.into_bytes(),
            Payload::Base64(text) => BASE64_STANDARD.decode(text).map_err(D::Error::custom)?,
        }))
    }
}

//! The two encodings of a message.

use axum::extract::ws::{Message, Utf8Bytes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How messages are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// JSON in text frames.
    #[default]
    Json,
    /// MessagePack with names in binary frames.
    Msgpack,
}

/// A message of any wire type. Its types serialize always: no maps with odd keys, no failing implementations.
pub(crate) fn encode<T: Serialize>(format: Format, value: &T) -> Message {
    let failed = "wire types serialize";
    match format {
        Format::Json => Message::Text(Utf8Bytes::from(serde_json::to_string(value).expect(failed))),
        Format::Msgpack => Message::Binary(rmp_serde::to_vec_named(value).expect(failed).into()),
    }
}

/// The bytes of a value that is an object.
pub(super) fn encode_object<T: Serialize>(format: Format, value: &T) -> Vec<u8> {
    let failed = "wire types serialize";
    match format {
        Format::Json => serde_json::to_vec(value).expect(failed),
        Format::Msgpack => rmp_serde::to_vec_named(value).expect(failed),
    }
}

/// One object with the members of two encoded ones, which have no name in common and at most 15 members together.
pub(super) fn joined(format: Format, head: &[u8], body: &[u8]) -> Message {
    match (format, head, body) {
        (Format::Json, [head @ .., b'}'], [b'{', body @ ..]) => {
            let text = [head, b",", body].concat();
            Message::Text(Utf8Bytes::from(String::from_utf8(text).expect("both are JSON")))
        }
        // A map of up to 15 members starts with 0x80 plus their number.
        (Format::Msgpack, [n_head @ 0x80..=0x8f, head @ ..], [n_body @ 0x80..=0x8f, body @ ..]) => {
            let n_members = (n_head & 0x0f) + (n_body & 0x0f);
            Message::Binary([&[0x80 | n_members], head, body].concat().into())
        }
        _ => unreachable!("both are objects with members"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Head {
        kind: &'static str,
        version: u64,
    }

    #[derive(Serialize)]
    struct Body {
        items: Vec<u8>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Whole {
        kind: String,
        version: u64,
        items: Vec<u8>,
    }

    #[test]
    fn two_objects_join_to_one() {
        let (head, body) = (Head { kind: "snapshot", version: 70_000 }, Body { items: vec![1, 2, 3] });
        let want = Whole { kind: "snapshot".to_owned(), version: 70_000, items: vec![1, 2, 3] };
        for format in [Format::Json, Format::Msgpack] {
            let message = joined(format, &encode_object(format, &head), &encode_object(format, &body));
            let whole: Whole = match message {
                Message::Text(text) => serde_json::from_str(&text).unwrap(),
                other => rmp_serde::from_slice(&other.into_data()).unwrap(),
            };
            assert_eq!(whole, want);
        }
    }
}

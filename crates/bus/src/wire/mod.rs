//! How messages are written: Protobuf by the published schema, or JSON.

mod change;
mod enums;
mod event;
mod insight;
pub(crate) mod json;
mod messages;
mod race;
mod samples;
mod timing;

use std::borrow::Cow;
use std::str::FromStr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Message, Topic};

/// The generated types of `proto/overcut/v1`.
#[allow(missing_docs, unreachable_pub, clippy::all)] // generated
pub(crate) mod pb {
    include!(concat!(env!("OUT_DIR"), "/overcut.v1.rs"));
}

/// The version of the schema that this program writes and the newest that it reads.
pub const SCHEMA: u32 = 1;

/// The header with the version of the schema.
pub const SCHEMA_HEADER: &str = "overcut-schema";

/// The header with the format.
pub const CONTENT_TYPE_HEADER: &str = "content-type";

/// Longest session id, in bytes.
pub const MAX_SESSION_BYTES: usize = 200;

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// By the published schema: small and fast.
    #[default]
    Protobuf,
    /// For people and small programs: about ten times as large. It has no words for numbers that are not finite.
    Json,
}

impl Format {
    /// As the header says it.
    pub const fn content_type(self) -> &'static str {
        match self {
            Format::Protobuf => "application/x-protobuf",
            Format::Json => "application/json",
        }
    }
}

impl FromStr for Format {
    type Err = WireError;

    /// From a content type, without parameters.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Format::Protobuf, Format::Json].into_iter().find(|format| format.content_type() == text);
        known.ok_or_else(|| WireError::ContentType(text.chars().take(100).collect()))
    }
}

/// A message as it is on a topic: bytes, and what its headers say about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The bytes.
    pub payload: Bytes,
    /// The version of the schema, if a header says one.
    pub schema: Option<u32>,
    /// The content type; empty if no header says one.
    pub content_type: Cow<'static, str>,
}

impl Record {
    /// Writes a message.
    ///
    /// # Errors
    ///
    /// If it would be larger than a reader takes.
    pub fn encode(message: &Message, format: Format) -> Result<Record, WireError> {
        let payload = match format {
            Format::Protobuf => messages::encode(message),
            Format::Json => json::encode(message)?,
        };
        check_size(message.topic(), format, payload.len())?;
        Ok(Record { payload, schema: Some(SCHEMA), content_type: Cow::Borrowed(format.content_type()) })
    }

    /// Reads a message of a topic. Any bytes whatever give a message or an error, within bounded memory.
    ///
    /// # Errors
    ///
    /// If a newer program wrote it, if it is too large, or if it is no message of that topic.
    pub fn decode(&self, topic: Topic) -> Result<Message, WireError> {
        match self.schema {
            None => return Err(WireError::NoSchema),
            Some(found) if found > SCHEMA => return Err(WireError::NewerSchema { found }),
            Some(_) => {}
        }
        let format = self.content_type.parse()?;
        check_size(topic, format, self.payload.len())?;
        match format {
            Format::Protobuf => messages::decode(topic, self.payload.clone()),
            Format::Json => json::decode(topic, &self.payload),
        }
    }
}

/// The largest message, in bytes. A small message may become a few hundred times as large in memory, hostile ones do.
const fn limit(topic: Topic, format: Format) -> usize {
    let protobuf = match topic {
        Topic::Raw | Topic::Dead => 16 << 20,
        Topic::Events | Topic::Insights | Topic::Sessions => 1 << 20,
    };
    match format {
        Format::Protobuf => protobuf,
        Format::Json => protobuf * 2,
    }
}

fn check_size(topic: Topic, format: Format, size: usize) -> Result<(), WireError> {
    let limit = limit(topic, format);
    if size > limit { Err(WireError::TooLarge { size, limit }) } else { Ok(()) }
}

/// Why a message cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// No header says by which schema it was written.
    #[error("no readable header {SCHEMA_HEADER:?}: this is not a message of overcut")]
    NoSchema,
    /// It was written by a newer program.
    #[error("written by schema {found}, and this program reads up to {SCHEMA}: use a newer overcut")]
    NewerSchema {
        /// The schema.
        found: u32,
    },
    /// The content type is not one of ours.
    #[error("content type {0:?} is neither application/x-protobuf nor application/json")]
    ContentType(String),
    /// It is too large.
    #[error("{size} bytes are more than the {limit} that a message may have")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The largest size in bytes.
        limit: usize,
    },
    /// The bytes are not Protobuf, or not of that message.
    #[error("not a message of this schema")]
    Protobuf(#[from] prost::DecodeError),
    /// The text is not JSON, or not of that message.
    #[error("not JSON of this message")]
    Json(#[from] serde_json::Error),
    /// Something that must be stated is not, or is of a kind that this program does not know.
    #[error("{what} is not stated, or of a kind that this program does not know")]
    Missing {
        /// What.
        what: &'static str,
    },
    /// A value is out of its range.
    #[error("{what} is {value}, out of its range")]
    Range {
        /// What.
        what: &'static str,
        /// The value.
        value: i64,
    },
    /// Columns of samples do not fit each other.
    #[error("column {what} has {len} entries for {n_samples} samples")]
    Columns {
        /// Which column.
        what: &'static str,
        /// How long it is.
        len: usize,
        /// How long it should be.
        n_samples: usize,
    },
}

/// A type of ours with its counterpart in the schema.
trait Wire: Sized {
    /// The counterpart.
    type Pb;
    /// Says it in the schema's words.
    fn write(&self) -> Self::Pb;
    /// Reads it back.
    fn read(pb: Self::Pb) -> Result<Self, WireError>;
}

fn write_all<T: Wire>(values: &[T]) -> Vec<T::Pb> {
    values.iter().map(T::write).collect()
}

fn read_all<T: Wire>(values: Vec<T::Pb>) -> Result<Vec<T>, WireError> {
    values.into_iter().map(T::read).collect()
}

//! What is said on the topics.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use overcut_domain::{Event, Insight, SessionInfo, SessionTime, Stamped, UtcTime};

use crate::Topic;

/// Where a message stands in its session's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// Session id.
    pub session: String,
    /// How often the session has been told anew, from 0.
    pub revision: u32,
    /// Place among the session's messages of that topic, from 0, without holes within a revision.
    pub sequence: u64,
}

/// Something with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered<T> {
    /// Where it stands.
    pub number: Number,
    /// What.
    pub value: T,
}

/// A raw message that owns what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raw {
    /// When it arrived, on the recording's own clock.
    pub time: SessionTime,
    /// What it arrived on.
    pub channel: String,
    /// The bytes.
    #[serde(with = "crate::wire::json::text_or_base64", flatten)]
    pub payload: Bytes,
}

/// How far an engine has come: everything that it concluded from the events before `next_event` stands before this.
///
/// It has no number, so it may be said as often as one likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Session id.
    pub session: String,
    /// Which revision.
    pub revision: u32,
    /// Sequence of the first event not taken yet.
    pub next_event: u64,
    /// Sequence that the next insight will have.
    pub next_insight: u64,
}

/// Whether more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// More may come.
    Running,
    /// Nothing more will come.
    Complete,
}

/// Where a session's messages on one topic are. The partition follows from the session's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLog {
    /// Which topic.
    pub topic: Topic,
    /// Offset of the first message of the newest revision.
    pub first_offset: u64,
    /// How many messages the newest revision has, once the session is complete.
    pub n_messages: Option<u64>,
}

/// A session that is or was told on the topics. The latest record of a session counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Session id.
    pub session: String,
    /// The newest revision.
    pub revision: u32,
    /// What it is, as far as that is known.
    pub info: Option<SessionInfo>,
    /// Whether more may come.
    pub state: SessionState,
    /// When its first message was published, by the wall clock of who did.
    pub begun_at: UtcTime,
    /// Where its logs are.
    pub logs: Vec<SessionLog>,
}

impl SessionRecord {
    /// Where its log on a topic is, if it is there.
    pub fn log(&self, topic: Topic) -> Option<&SessionLog> {
        self.logs.iter().find(|log| log.topic == topic)
    }
}

/// A record that could not be read, as it was, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Where it was.
    pub topic: Topic,
    /// Where it was.
    pub partition: u32,
    /// Where it was.
    pub offset: u64,
    /// Its key.
    pub key: String,
    /// Why it could not be read, in words.
    pub reason: String,
    /// The version of the schema that its headers named, if they did.
    pub schema: Option<u32>,
    /// The content type that its headers named; empty if they did not.
    pub content_type: String,
    /// The bytes.
    #[serde(with = "crate::wire::json::text_or_base64", flatten)]
    pub payload: Bytes,
}

/// Anything that is said on a topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// On [`Topic::Raw`].
    Raw(Numbered<Raw>),
    /// On [`Topic::Events`].
    Event(Numbered<Stamped<Event>>),
    /// On [`Topic::Insights`].
    Insight(Numbered<Stamped<Insight>>),
    /// On [`Topic::Insights`].
    Progress(Progress),
    /// On [`Topic::Sessions`].
    Session(Box<SessionRecord>),
    /// On [`Topic::Dead`].
    Dead(DeadLetter),
}

impl Message {
    /// Where it is said.
    pub fn topic(&self) -> Topic {
        match self {
            Message::Raw(_) => Topic::Raw,
            Message::Event(_) => Topic::Events,
            Message::Insight(_) | Message::Progress(_) => Topic::Insights,
            Message::Session(_) => Topic::Sessions,
            Message::Dead(_) => Topic::Dead,
        }
    }

    /// What it is keyed by: the session's id, for a dead letter what it was keyed by.
    pub fn key(&self) -> &str {
        match self {
            Message::Raw(message) => &message.number.session,
            Message::Event(message) => &message.number.session,
            Message::Insight(message) => &message.number.session,
            Message::Progress(progress) => &progress.session,
            Message::Session(record) => &record.session,
            Message::Dead(letter) => &letter.key,
        }
    }

    /// Its number, if it has one.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Message::Raw(message) => Some(&message.number),
            Message::Event(message) => Some(&message.number),
            Message::Insight(message) => Some(&message.number),
            Message::Progress(_) | Message::Session(_) | Message::Dead(_) => None,
        }
    }
}

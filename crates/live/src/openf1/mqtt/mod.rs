//! A listener of an MQTT broker.

mod packet;
mod wire;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::timeout;

use packet::Packet;
use wire::Wire;

/// Why there is no connection, or no longer, in words for a person; never a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct Lost {
    pub(super) why: String,
    /// True if the broker did not like the login.
    pub(super) is_refused: bool,
}

impl Lost {
    pub(super) fn new(why: impl Into<String>) -> Lost {
        Lost { why: why.into(), is_refused: false }
    }
}

/// How a connection is made and kept.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) certificates: Option<PathBuf>,
    pub(super) connect_timeout: Duration,
    pub(super) answer_timeout: Duration,
    /// What the broker is told of how often it hears from us.
    pub(super) keep_alive: Duration,
    pub(super) max_message: usize,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// A message on a topic.
    Message { topic: String, payload: Bytes },
    /// A sign of life.
    Alive,
}

/// A connection that is greeted and subscribed.
pub(super) struct Connection {
    wire: Wire,
    buffer: BytesMut,
    limit: usize,
    answer_timeout: Duration,
    topics: BTreeSet<String>,
    last_id: u16,
}

impl Connection {
    /// Connects, greets and subscribes.
    pub(super) async fn open(
        url: &str,
        login: Option<(&str, &str)>,
        topics: BTreeSet<String>,
        settings: &Settings,
    ) -> Result<Connection, Lost> {
        let connecting = Wire::connect(url, settings.certificates.as_deref(), settings.max_message);
        let wire = timeout(settings.connect_timeout, connecting).await;
        let wire = wire.map_err(|_| Lost::new("the broker cannot be reached in time"))??;
        let mut connection = Connection {
            wire,
            buffer: BytesMut::new(),
            limit: settings.max_message,
            answer_timeout: settings.answer_timeout,
            topics: BTreeSet::new(),
            last_id: 0,
        };
        // Twice as long as we will really be silent: the broker hangs up after one and a half of it.
        let keep_alive_s = u16::try_from(settings.keep_alive.as_secs().saturating_mul(2).max(1)).unwrap_or(u16::MAX);
        let client = format!("overcut-{:x}", std::process::id());
        connection.wire.send(packet::greeting(&client, login, keep_alive_s)).await?;
        match connection.answer().await? {
            Packet::Greeted { code: 0 } => {}
            Packet::Greeted { code: 4 | 5 } => {
                return Err(Lost { why: "the broker refused the token".to_owned(), is_refused: true });
            }
            Packet::Greeted { code } => return Err(Lost::new(format!("the broker refused with code {code}"))),
            _ => return Err(Lost::new("the broker did not greet")),
        }
        connection.want(topics).await?;
        Ok(connection)
    }

    /// The next packet, in answer to something.
    async fn answer(&mut self) -> Result<Packet, Lost> {
        let limit = self.answer_timeout;
        timeout(limit, self.packet()).await.map_err(|_| Lost::new("the broker did not answer in time"))?
    }

    /// The next packet. Cancel safe.
    async fn packet(&mut self) -> Result<Packet, Lost> {
        loop {
            match packet::take(&mut self.buffer, self.limit) {
                Ok(Some(packet)) => return Ok(packet),
                Ok(None) => self.wire.receive(&mut self.buffer).await?,
                Err(error) => return Err(Lost::new(error.to_string())),
            }
        }
    }

    /// Wants these topics from now on, and no others.
    pub(super) async fn want(&mut self, topics: BTreeSet<String>) -> Result<(), Lost> {
        let new: Vec<&str> = topics.difference(&self.topics).map(String::as_str).collect();
        let old: Vec<&str> = self.topics.difference(&topics).map(String::as_str).collect();
        if !new.is_empty() {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            self.wire.send(packet::subscribe(self.last_id, new)).await?;
        }
        if !old.is_empty() {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            self.wire.send(packet::unsubscribe(self.last_id, old)).await?;
        }
        self.topics = topics;
        Ok(())
    }

    /// Asks whether the broker is there.
    pub(super) async fn ping(&mut self) -> Result<(), Lost> {
        let sent = timeout(self.answer_timeout, self.wire.send(Bytes::from_static(&packet::PING))).await;
        sent.map_err(|_| Lost::new("the broker takes nothing any more"))?
    }

    /// What comes next. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Heard, Lost> {
        Ok(match self.packet().await? {
            Packet::Message { topic, payload } => Heard::Message { topic, payload },
            Packet::Subscribed { is_taken: false } => return Err(Lost::new("the broker refused a subscription")),
            Packet::Greeted { .. } | Packet::Subscribed { .. } | Packet::Pong | Packet::Other => Heard::Alive,
        })
    }

    /// Hangs up politely.
    pub(super) async fn close(mut self) {
        // The other side may have gone already, which is as good.
        let _ = timeout(self.answer_timeout, self.wire.send(Bytes::from_static(&packet::DISCONNECT))).await;
    }
}

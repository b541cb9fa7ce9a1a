//! What sources hand over.

use std::borrow::Cow;

use bytes::Bytes;
use overcut_sources::live::Note;
use tokio::sync::mpsc;

/// Messages that may wait to be recorded. When it is full sources wait, and with them the network: memory stays bounded.
const MAX_WAITING: usize = 4096;

/// One message as it arrived, on a channel of [`overcut_sources::live`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The channel, such as `signalr/a` or `archive/TimingData`.
    pub channel: Cow<'static, str>,
    /// The bytes.
    pub payload: Bytes,
}

/// Where sources hand over what they hear. Cheap to clone; order is kept per clone.
#[derive(Debug, Clone)]
pub struct Inbox(mpsc::Sender<Arrival>);

/// Nobody listens any more: the source should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nobody listens any more")]
pub struct Closed;

/// An inbox and its other end.
pub fn inbox() -> (Inbox, mpsc::Receiver<Arrival>) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (Inbox(sender), receiver)
}

impl Inbox {
    /// Hands a message over.
    ///
    /// # Errors
    ///
    /// If nobody listens any more.
    pub async fn hand_over(&self, channel: impl Into<Cow<'static, str>>, payload: Bytes) -> Result<(), Closed> {
        self.0.send(Arrival { channel: channel.into(), payload }).await.map_err(|_| Closed)
    }

    /// Hands a note over.
    ///
    /// # Errors
    ///
    /// If nobody listens any more.
    pub async fn note(&self, note: &Note) -> Result<(), Closed> {
        self.hand_over(Note::CHANNEL, note.to_json().into()).await
    }
}

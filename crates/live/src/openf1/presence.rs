//! Whether the source gives anything now, for the recording and for people.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use overcut_sources::live::Note;

use crate::{Closed, Inbox, StatusHandle};

/// The first part of the channels.
const CHANNEL: &str = "openf1";

/// Tells when rows begin to come, and when they stop.
pub(super) struct Presence {
    inbox: Inbox,
    status: StatusHandle,
    is_open: AtomicBool,
    is_streaming: AtomicBool,
}

impl Presence {
    pub(super) fn new(inbox: Inbox, status: StatusHandle) -> Presence {
        Presence { inbox, status, is_open: AtomicBool::new(false), is_streaming: AtomicBool::new(false) }
    }

    /// Hands rows over.
    pub(super) async fn hand_over(&self, endpoint: &str, rows: bytes::Bytes) -> Result<(), Closed> {
        self.status.heard(rows.len());
        self.inbox.hand_over(format!("{CHANNEL}/{endpoint}"), rows).await
    }

    /// Rows come now.
    pub(super) async fn opened(&self, detail: &str, is_streaming: bool) -> Result<(), Closed> {
        self.is_streaming.fetch_or(is_streaming, Ordering::Relaxed);
        if is_streaming || !self.is_streaming() {
            self.status.connected(detail);
        }
        if !self.is_open.swap(true, Ordering::Relaxed) {
            self.inbox.note(&Note::Opened { channel: CHANNEL.to_owned() }).await?;
        }
        Ok(())
    }

    /// The broker is gone; rows are asked for again.
    pub(super) async fn stream_ended(&self, why: &str) -> Result<(), Closed> {
        if self.is_streaming.swap(false, Ordering::Relaxed) {
            self.closed(why).await?;
        }
        Ok(())
    }

    /// Rows stop coming, for that reason.
    pub(super) async fn closed(&self, why: &str) -> Result<(), Closed> {
        if self.is_open.swap(false, Ordering::Relaxed) {
            self.inbox.note(&Note::Closed { channel: CHANNEL.to_owned(), reason: why.to_owned() }).await?;
        }
        Ok(())
    }

    /// Asking failed. While the broker sends, that matters to nobody.
    pub(super) async fn failed(&self, why: &str, pause: Duration) -> Result<(), Closed> {
        if self.is_streaming() {
            return Ok(());
        }
        self.status.failed(why, pause);
        self.closed(why).await
    }

    pub(super) fn is_streaming(&self) -> bool {
        self.is_streaming.load(Ordering::Relaxed)
    }
}

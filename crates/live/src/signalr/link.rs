//! One connection, from negotiation to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt;
use overcut_domain::UtcTime;
use overcut_sources::live::Note;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::config::wait;
use super::dial::{Connected, Dial, Web, next_frame, record};
use super::failure::{Failure, said};
use super::record::{Facts, Kind, kind, records};
use crate::{Inbox, Secret, StatusHandle};

/// Time that a polite farewell may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// A connection to be.
pub(super) struct Link {
    pub(super) id: u64,
    pub(super) channel: &'static str,
    pub(super) token: Option<Secret>,
    pub(super) dial: Arc<Dial>,
    pub(super) inbox: Inbox,
    pub(super) status: StatusHandle,
    pub(super) events: mpsc::Sender<(u64, Event)>,
    /// Told why to stop.
    pub(super) stop: oneshot::Receiver<String>,
    pub(super) progress: Arc<Progress>,
}

/// How far a link has come, by the service's own stamps.
#[derive(Debug)]
pub(super) struct Progress {
    first_ms: AtomicI64,
    latest_ms: AtomicI64,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { first_ms: AtomicI64::new(i64::MAX), latest_ms: AtomicI64::new(i64::MIN) }
    }

    fn reach(&self, stamp: UtcTime) {
        self.first_ms.fetch_min(stamp.as_millis(), Ordering::Relaxed);
        self.latest_ms.fetch_max(stamp.as_millis(), Ordering::Relaxed);
    }

    /// True once it has told all that came before the other one's first message. Messages come in order but for a
    /// little, which the overlap is for.
    pub(super) fn has_reached(&self, other: &Progress) -> bool {
        self.latest_ms.load(Ordering::Relaxed) >= other.first_ms.load(Ordering::Relaxed)
    }
}

/// What a link tells while it lives.
#[derive(Debug)]
pub(super) enum Event {
    /// The snapshot was handed over.
    Up(Facts),
    /// The feed tells of another session than the snapshot.
    NewSession,
}

/// How a link ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// As it was told.
    Stopped,
    /// By itself.
    Failed(Failure),
}

/// A link, while it is up.
struct Up<'a> {
    link: &'a Link,
    web: &'a mut Web,
    facts: Option<Facts>,
    is_noted: bool,
    has_feed: bool,
    last_heard: Instant,
    last_feed: Instant,
    next_ping: Instant,
}

impl Link {
    /// Connects and hands over all that comes, until it fails or is told to stop.
    pub(super) async fn serve(mut self) -> Ended {
        let mut stop = std::mem::replace(&mut self.stop, oneshot::channel().1);
        let connected = tokio::select! {
            connected = self.dial.connect(self.token.as_ref()) => connected,
            _ = &mut stop => return Ended::Stopped,
        };
        match connected {
            Ok(connected) => self.serve_web(connected, stop).await,
            Err(failure) => Ended::Failed(failure),
        }
    }

    async fn tell(&self, event: Event) {
        // A supervisor that is gone has no use for it.
        let _ = self.events.send((self.id, event)).await;
    }

    async fn serve_web(&self, connected: Connected, mut stop: oneshot::Receiver<String>) -> Ended {
        let Connected { mut web, early } = connected;
        let now = Instant::now();
        let mut up = Up {
            link: self,
            web: &mut web,
            facts: None,
            is_noted: false,
            has_feed: false,
            last_heard: now,
            last_feed: now,
            next_ping: now + wait(self.dial.config.ping_ms),
        };
        let (ended, reason) = tokio::select! {
            failure = up.pump(early) => {
                let reason = failure.to_string();
                (Ended::Failed(failure), reason)
            }
            reason = &mut stop => (Ended::Stopped, reason.unwrap_or_else(|_| "stopped".to_owned())),
        };
        if up.is_noted {
            // If nobody listens, nobody wants the note.
            let _ = self.inbox.note(&Note::Closed { channel: self.channel.to_owned(), reason }).await;
        }
        // A lost connection cannot be closed, and a half-open one not in time: it goes away all the same.
        let _ = timeout(FAREWELL.min(wait(self.dial.config.answer_timeout_ms)), web.close(None)).await;
        ended
    }
}

impl Up<'_> {
    /// Hands over all that comes, and says that we are there, until that fails.
    async fn pump(&mut self, early: Vec<Bytes>) -> Failure {
        let failed = async {
            for record in early {
                self.take(record).await?;
            }
            loop {
                self.step().await?;
            }
        };
        let failed: Result<std::convert::Infallible, Failure> = failed.await;
        match failed {
            Err(failure) => failure,
        }
    }

    /// Waits for a frame or for something that is due.
    async fn step(&mut self) -> Result<(), Failure> {
        let limit = self.link.dial.config.max_message_bytes;
        let (deadline, overdue) = self.deadline();
        tokio::select! {
            // In this order: what comes without an end must not keep us from saying that we are there, and what has come
            // already is no silence.
            biased;
            () = sleep_until(self.next_ping) => self.ping().await,
            frame = next_frame(self.web) => {
                let frame = frame.map_err(|error| Failure::of_socket(error, limit))?;
                self.last_heard = Instant::now();
                for record in records(&frame.ok_or(Failure::Closed)?) {
                    self.take(record).await?;
                }
                Ok(())
            }
            () = sleep_until(deadline) => Err(overdue),
        }
    }

    /// Says that we are there.
    async fn ping(&mut self) -> Result<(), Failure> {
        let config = &self.link.dial.config;
        self.next_ping = Instant::now() + wait(config.ping_ms);
        let (limit, after) = (config.max_message_bytes, wait(config.silence_ms));
        // Where nobody reads, a full buffer blocks even the smallest message.
        match timeout(after, self.web.send(record(r#"{"type":6}"#))).await {
            Ok(sent) => sent.map_err(|error| Failure::of_socket(error, limit)),
            Err(_) => Err(Failure::Silent { after }),
        }
    }

    /// When it is dead, and of what.
    fn deadline(&self) -> (Instant, Failure) {
        let config = &self.link.dial.config;
        let silence = wait(config.silence_ms);
        let mut first = (self.last_heard + silence, Failure::Silent { after: silence });
        let mut or = |at: Instant, failure: Failure| {
            if at < first.0 {
                first = (at, failure);
            }
        };
        if self.facts.is_none() {
            let after = wait(config.snapshot_timeout_ms);
            // Until the snapshot `last_feed` is the beginning.
            or(self.last_feed + after, Failure::Slow { step: "waiting for the snapshot", after });
        } else if self.expects_feed() {
            let after = wait(config.no_feed_ms);
            or(self.last_feed + after, Failure::NoFeed { after });
        }
        first
    }

    /// True while the feed cannot be still: a session is on, or it was heard on this connection and has not ended.
    /// Outside of sessions the service gives the last one's snapshot and then nothing.
    fn expects_feed(&self) -> bool {
        let status = self.facts.as_ref().and_then(|facts| facts.status.as_deref());
        match status {
            Some("Started" | "Aborted") => true,
            Some("Finalised" | "Ends") => false,
            _ => self.has_feed,
        }
    }

    /// Hands a record over, and looks at what it means for the connection.
    async fn take(&mut self, record: Bytes) -> Result<(), Failure> {
        let kind = kind(&record);
        if !self.is_noted && matches!(kind, Kind::Snapshot(_) | Kind::Feed(_)) {
            self.is_noted = true;
            let note = Note::Opened { channel: self.link.channel.to_owned() };
            self.link.inbox.note(&note).await.map_err(|_| Failure::NobodyListens)?;
        }
        self.link.status.heard(record.len());
        self.link.inbox.hand_over(self.link.channel, record).await.map_err(|_| Failure::NobodyListens)?;
        let token = self.link.token.as_ref().map_or("", Secret::reveal);
        match kind {
            Kind::Snapshot(facts) => self.take_snapshot(facts).await,
            Kind::Feed(facts) => self.take_feed(facts).await,
            Kind::Refused(error) => return Err(Failure::Subscription { said: said(&error, &[token]) }),
            Kind::Close { error, allow_reconnect } => {
                return Err(Failure::ClosedByService { said: said(&error, &[token]), allow_reconnect });
            }
            Kind::Other => {}
        }
        Ok(())
    }

    async fn take_snapshot(&mut self, facts: Facts) {
        if self.facts.is_none() {
            self.last_feed = Instant::now();
            self.link.tell(Event::Up(facts.clone())).await;
        }
        self.facts = Some(facts);
    }

    async fn take_feed(&mut self, said: Facts) {
        self.last_feed = Instant::now();
        self.has_feed = true;
        if let Some(stamp) = said.stamp {
            self.link.progress.reach(stamp);
        }
        let Some(facts) = &mut self.facts else { return };
        let is_other = |key| facts.session_key.is_some_and(|known| known != key);
        let is_new = said.session_key.is_some_and(is_other);
        facts.update(said);
        if is_new {
            self.link.tell(Event::NewSession).await;
        }
    }
}

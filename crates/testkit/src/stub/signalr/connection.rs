//! One WebSocket: handshake, subscription, feed.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use overcut_domain::UtcTime;
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::faults::{Command, Settings};
use super::{Sent, Shared, wire};
use crate::stub::http::Socket;
use crate::tape::TapeMessage;

/// Most records in one frame.
const MAX_RECORDS: usize = 8;

/// Every so many frames one comes in fragments.
const FRAGMENT_EVERY: u64 = 16;

type Web = WebSocketStream<Box<dyn Socket>>;

/// Why a connection is over, as far as it matters here.
pub(super) enum Ended {
    /// It is closed, by either side.
    Closed,
    /// It stands half open for ever.
    Frozen,
}

pub(super) struct Connection {
    shared: Arc<Shared>,
    web: Web,
    commands: broadcast::Receiver<Command>,
    idx: u64,
    is_authorised: bool,
    is_shaken: bool,
    subscribed: BTreeSet<String>,
    /// The next message of the tape, once the snapshot was sent.
    next: Option<usize>,
    n_frames: u64,
    /// Held back to come after its successor.
    held: Option<String>,
    last_heard: Instant,
    next_ping: Instant,
    ends_at: Instant,
}

impl Connection {
    pub(super) fn new(shared: Arc<Shared>, web: Web, idx: u64, is_authorised: bool) -> Connection {
        let now = Instant::now();
        let commands = shared.faults.commands();
        let next_ping = now + shared.wait(PING);
        let ends_at = now + shared.wait(LONGEST);
        Connection {
            shared,
            web,
            commands,
            idx,
            is_authorised,
            is_shaken: false,
            subscribed: BTreeSet::new(),
            next: None,
            n_frames: 0,
            held: None,
            last_heard: now,
            next_ping,
            ends_at,
        }
    }

    /// Serves it to its end.
    pub(super) async fn serve(&mut self) -> Ended {
        match self.serve_until_failure().await {
            Ok(ended) => ended,
            Err(_) => Ended::Closed,
        }
    }

    async fn serve_until_failure(&mut self) -> Result<Ended, Error> {
        let opened = Instant::now();
        loop {
            let settings = self.shared.faults.settings();
            let cut_at = settings.drop_every.map(|every| opened + every);
            let silent_at = self.last_heard + self.shared.wait(CLIENT_TIMEOUT);
            tokio::select! {
                // Faults first, so that a test that has switched one sees nothing sent after it.
                biased;
                command = self.commands.recv() => match command {
                    Ok(Command::Drop) => return Ok(Ended::Closed),
                    Ok(Command::Freeze) => return Ok(Ended::Frozen),
                    Ok(command) => if self.obey(command).await? { return Ok(Ended::Closed) },
                    Err(_) => {}
                },
                () = sleep_until(cut_at.unwrap_or(self.ends_at)), if cut_at.is_some() => return Ok(Ended::Closed),
                () = sleep_until(self.ends_at) => return self.close("Connection timed out.").await,
                message = self.web.next() => match message {
                    Some(Ok(message)) => if !self.hear(message, &settings).await? { return Ok(Ended::Closed) },
                    Some(Err(_)) | None => return Ok(Ended::Closed),
                },
                // What came while nobody looked is no silence.
                () = sleep_until(silent_at) => {
                    return self.close("Client hasn't sent a message/ping within the configured ClientTimeoutInterval.").await;
                }
                () = due(&self.shared, self.next) => self.send_due(&settings).await?,
                () = sleep_until(self.next_ping) => {
                    self.next_ping = Instant::now() + self.shared.wait(PING);
                    self.send(wire::ping()).await?;
                }
            }
        }
    }

    async fn close(&mut self, error: &str) -> Result<Ended, Error> {
        self.send(wire::close(error, true)).await?;
        self.web.close(None).await?;
        Ok(Ended::Closed)
    }

    /// Does what was ordered; true if the connection is over.
    async fn obey(&mut self, command: Command) -> Result<bool, Error> {
        match command {
            Command::Drop | Command::Freeze => {}
            Command::Close { allow_reconnect } => {
                self.send(wire::close("Connection closed with an error.", allow_reconnect)).await?;
                self.web.close(None).await?;
                return Ok(true);
            }
            Command::Snapshot if self.next.is_some() => self.send_snapshot().await?,
            Command::Snapshot => {}
            Command::Gigantic { len } => {
                let text = "x".repeat(len);
                let record = format!(r#"{{"type":1,"target":"feed","arguments":["Gigantic","{text}",""]}}"#);
                self.send(wire::ended(record)).await?;
            }
            Command::Garbage => self.send_garbage().await?,
        }
        Ok(false)
    }

    /// Takes in a frame; false if the other side closes.
    async fn hear(&mut self, message: Message, settings: &Settings) -> Result<bool, Error> {
        self.last_heard = Instant::now();
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Ok(false),
            _ => return Ok(true),
        };
        for record in text.split(wire::RECORD_END).filter(|record| !record.is_empty()) {
            let Ok(record) = serde_json::from_str::<Value>(record) else { return Ok(false) };
            if !self.is_shaken {
                if !self.shake(&record, settings).await? {
                    return Ok(false);
                }
                continue;
            }
            match record["type"].as_u64() {
                Some(1) if record["target"] == "Subscribe" => self.subscribe(&record, settings).await?,
                Some(6) => self.shared.count(|counts| counts.n_pings += 1),
                Some(7) => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }

    async fn shake(&mut self, record: &Value, settings: &Settings) -> Result<bool, Error> {
        let error = match &settings.handshake_error {
            Some(error) => Some(error.clone()),
            None if record["protocol"] == "json" && record["version"] == 1 => None,
            None => Some(format!("The protocol '{}' is not supported.", record["protocol"])),
        };
        self.is_shaken = error.is_none();
        let answer = error.map_or("{}".to_owned(), |error| serde_json::json!({ "error": error }).to_string());
        self.send(wire::ended(answer)).await?;
        Ok(self.is_shaken)
    }

    async fn subscribe(&mut self, record: &Value, settings: &Settings) -> Result<(), Error> {
        self.shared.count(|counts| counts.n_subscriptions += 1);
        let topics = record["arguments"][0].as_array().cloned().unwrap_or_default();
        self.subscribed = topics.iter().filter_map(|topic| topic.as_str().map(str::to_owned)).collect();
        if settings.withholds_snapshot {
            return Ok(());
        }
        self.send_snapshot().await
    }

    /// Sends the state as of now and goes on from there.
    async fn send_snapshot(&mut self) -> Result<(), Error> {
        let position_ms = self.shared.clock.position_ms();
        let (record, n_sent) = self.shared.with_state(position_ms, |state| {
            (wire::snapshot(state, &self.subscribed, self.is_authorised), state.n_messages())
        });
        self.next = Some(n_sent);
        self.send(record).await
    }

    /// Sends all that is due, several records to a frame.
    async fn send_due(&mut self, settings: &Settings) -> Result<(), Error> {
        let shared = self.shared.clone();
        let Some(from) = self.next else { return Ok(()) };
        let to = shared.tape.n_sent(shared.clock.position_ms()).min(from + MAX_RECORDS);
        self.next = Some(to.max(from));
        let due = shared.tape.messages().get(from..to).unwrap_or_default();
        let mut frame = String::new();
        for message in due {
            let is_seen = wire::may_see(&message.topic, &self.subscribed, self.is_authorised);
            if is_seen && !settings.is_silent {
                self.write(message, settings, &mut frame).await?;
            }
        }
        if frame.is_empty() { Ok(()) } else { self.send(frame).await }
    }

    /// Writes a message behind those that go with it, struck by the faults that are on.
    async fn write(&mut self, message: &TapeMessage, settings: &Settings, frame: &mut String) -> Result<(), Error> {
        let n = self.shared.count(|counts| {
            counts.n_messages += 1;
            counts.n_messages
        });
        let strikes = |every: Option<u32>| every.is_some_and(|every| n.is_multiple_of(u64::from(every)));
        let stamp = UtcTime::from_millis(message.utc.as_millis() + settings.skew_ms);
        let is_cut = message.topic.ends_with(".z") && {
            let n = self.shared.count(|counts| {
                counts.n_packed += 1;
                counts.n_packed
            });
            settings.truncate_z_every.is_some_and(|every| n.is_multiple_of(u64::from(every)))
        };
        let record = if is_cut {
            wire::feed(message, &wire::truncated(message.json()), stamp)
        } else {
            wire::feed(message, message.json(), stamp)
        };
        self.shared.log_sent(Sent {
            topic: message.topic.clone(),
            stamp,
            connection: self.idx,
            at: Instant::now().into(),
        });
        if strikes(settings.garbage_every) {
            self.send_garbage().await?;
        }
        if strikes(settings.duplicate_every) {
            frame.push_str(&record);
        }
        if strikes(settings.reorder_every) && self.held.is_none() {
            self.held = Some(record);
            return Ok(());
        }
        frame.push_str(&record);
        frame.push_str(&self.held.take().unwrap_or_default());
        Ok(())
    }

    async fn send_garbage(&mut self) -> Result<(), Error> {
        for text in ["<html>", "{\"type\":1,\"target\":\"feed\",\"arguments\":[\u{1E}", "\u{1E}\u{1E}[]\u{1E}7\u{1E}"] {
            self.web.send(Message::text(text)).await?;
        }
        self.web.send(Message::binary(vec![0xFF, 0x00, 0x1E, 0x80])).await
    }

    /// Sends a frame, every now and then in fragments.
    async fn send(&mut self, text: String) -> Result<(), Error> {
        self.n_frames += 1;
        if !self.n_frames.is_multiple_of(FRAGMENT_EVERY) || text.len() < 3 {
            return self.web.send(Message::text(text)).await;
        }
        let mut rest = text.into_bytes();
        let len = rest.len() / 3;
        let (second, last) = (rest.split_off(len), Data::Continue);
        let (middle, end) = second.split_at(len);
        for (part, code, is_last) in [(rest, Data::Text, false), (middle.into(), last, false), (end.into(), last, true)]
        {
            self.web.feed(Message::Frame(Frame::message(part, OpCode::Data(code), is_last))).await?;
        }
        self.web.flush().await
    }
}

/// How often the server pings.
const PING: Duration = Duration::from_secs(15);

/// How long it bears a client's silence.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);

/// When it ends any connection.
const LONGEST: Duration = Duration::from_secs(2 * 3600);

/// Waits until the next message is due; for ever if there is none.
async fn due(shared: &Shared, next: Option<usize>) {
    match next.and_then(|next| shared.tape.messages().get(next)) {
        Some(message) => shared.clock.reached(message.at_ms).await,
        None => pending().await,
    }
}

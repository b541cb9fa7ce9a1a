//! What may go wrong, switched while the server runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, watch};

/// The switches of a [`SignalRStub`](super::SignalRStub). Cheap to clone.
#[derive(Debug, Clone)]
pub struct Faults {
    settings: Arc<watch::Sender<Settings>>,
    commands: broadcast::Sender<Command>,
}

/// Faults that last until they are switched off. None of them is on at first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The bearer that opens gated topics; every other one is refused with 401. `None` refuses all.
    pub token: Option<String>,
    /// Every connection is cut without a word after this long.
    pub drop_every: Option<Duration>,
    /// Nothing of the feed is sent, and what was due is lost; pings go on.
    pub is_silent: bool,
    /// Every so many messages one comes twice.
    pub duplicate_every: Option<u32>,
    /// Every so many messages one comes after its successor.
    pub reorder_every: Option<u32>,
    /// Every so many messages of a `.z` topic one is cut off in the middle.
    pub truncate_z_every: Option<u32>,
    /// Every so many messages a frame of garbage comes as well.
    pub garbage_every: Option<u32>,
    /// The server's clock is off by this much: its stamps are.
    pub skew_ms: i64,
    /// How the next negotiations are refused.
    pub negotiate: Option<Refusal>,
    /// How the next upgrades to a WebSocket are refused.
    pub upgrade: Option<Refusal>,
    /// A new connection waits this long before anything is read from it.
    pub slow_accept: Duration,
    /// Negotiation answers 200 with a page of HTML.
    pub answers_html: bool,
    /// No cookie is given, and none is asked for.
    pub has_no_cookie: bool,
    /// The handshake is answered with this error.
    pub handshake_error: Option<String>,
    /// The subscription is never answered.
    pub withholds_snapshot: bool,
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status, such as 503.
    pub status: u16,
    /// The header `Retry-After`, as it is sent.
    pub retry_after: Option<String>,
    /// How many requests are refused before all is well again.
    pub n_times: u32,
}

impl Refusal {
    /// So many refusals without a word about when to come back.
    pub const fn of(status: u16, n_times: u32) -> Refusal {
        Refusal { status, retry_after: None, n_times }
    }
}

/// A fault that happens once, to every connection that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Drop,
    Freeze,
    Close { allow_reconnect: bool },
    Snapshot,
    Gigantic { len: usize },
    Garbage,
}

impl Faults {
    pub(super) fn new(token: Option<String>) -> Faults {
        let settings = Settings { token, ..Settings::default() };
        Faults { settings: Arc::new(watch::Sender::new(settings)), commands: broadcast::Sender::new(64) }
    }

    /// Changes what goes wrong from now on.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.settings.send_modify(change);
    }

    /// Puts everything right but the token.
    pub fn clear(&self) {
        self.set(|settings| *settings = Settings { token: settings.token.take(), ..Settings::default() });
    }

    /// What goes wrong now.
    pub fn settings(&self) -> Settings {
        self.settings.borrow().clone()
    }

    /// Cuts every open connection without a word.
    pub fn drop_connections(&self) {
        self.command(Command::Drop);
    }

    /// Lets every open connection stand half open: nothing is read or written any more, and nothing is closed.
    pub fn freeze_connections(&self) {
        self.command(Command::Freeze);
    }

    /// Closes every open connection with a record of the protocol.
    pub fn close_connections(&self, allow_reconnect: bool) {
        self.command(Command::Close { allow_reconnect });
    }

    /// Sends the snapshot again in the middle of the feed.
    pub fn send_snapshot(&self) {
        self.command(Command::Snapshot);
    }

    /// Sends a record of so many bytes.
    pub fn send_gigantic(&self, len: usize) {
        self.command(Command::Gigantic { len });
    }

    /// Sends frames that are no records.
    pub fn send_garbage(&self) {
        self.command(Command::Garbage);
    }

    fn command(&self, command: Command) {
        // Without a connection there is nobody to strike.
        let _ = self.commands.send(command);
    }

    pub(super) fn commands(&self) -> broadcast::Receiver<Command> {
        self.commands.subscribe()
    }

    /// The refusal that stands for this request, if one does; it is used up by being asked.
    pub(super) fn take_refusal(&self, which: impl Fn(&mut Settings) -> &mut Option<Refusal>) -> Option<Refusal> {
        let mut taken = None;
        self.settings.send_if_modified(|settings| {
            let slot = which(settings);
            if let Some(refusal) = slot {
                taken = Some(refusal.clone());
                refusal.n_times -= 1;
                if refusal.n_times == 0 {
                    *slot = None;
                }
            }
            taken.is_some()
        });
        taken
    }
}

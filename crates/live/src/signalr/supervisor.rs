//! Keeps one link up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::config::{Config, wait};
use super::dial::Dial;
use super::failure::Failure;
use super::link::{Ended, Event, Link, Progress};
use super::record::Facts;
use super::token::{TokenSource, Wallet};
use crate::http::Lookup;
use crate::{Backoff, Inbox, Secret, StatusHandle};

/// The channels of a connection and its successor.
const CHANNELS: [&str; 2] = ["signalr/a", "signalr/b"];

/// Events that may wait for the supervisor; a link tells a handful in its life.
const MAX_EVENTS: usize = 16;

/// Time that links have to note their end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Listens to live timing until it is told to stop.
///
/// What comes is handed to the inbox on `signalr/a` and `signalr/b`, between notes of opening and closing. Failures
/// are on the status, and followed by a pause; they never end this.
pub async fn run(config: Config, token: TokenSource, inbox: Inbox, status: StatusHandle, shutdown: CancellationToken) {
    if !config.enabled {
        status.off("switched off in the configuration");
        return shutdown.cancelled().await;
    }
    let config = Arc::new(config);
    let dial = match Dial::new(config.clone(), Lookup::system()) {
        Ok(dial) => Arc::new(dial),
        Err(error) => {
            status.off(format!("cannot be used as it is configured: {error}"));
            return shutdown.cancelled().await;
        }
    };
    let mut supervisor = Supervisor::new(config, dial, Wallet::new(token), inbox, status.clone());
    let why = tokio::select! {
        why = supervisor.keep_up() => why,
        () = shutdown.cancelled() => "stopped",
    };
    supervisor.stop_all(why).await;
    status.off(why);
    shutdown.cancelled().await;
}

struct Supervisor {
    config: Arc<Config>,
    dial: Arc<Dial>,
    wallet: Wallet,
    inbox: Inbox,
    status: StatusHandle,
    tasks: JoinSet<(u64, Ended)>,
    tell: mpsc::Sender<(u64, Event)>,
    told: mpsc::Receiver<(u64, Event)>,
    n_links: u64,
    /// The link that counts.
    first: Option<Handle>,
    /// The one that is to take over.
    second: Option<Handle>,
    backoff: Backoff,
    /// Failures to open a second link. They pause on their own, for the first one goes on.
    second_backoff: Backoff,
    /// When the next link may be opened.
    next_at: Instant,
    next_check: Instant,
}

/// A link as its supervisor knows it.
struct Handle {
    id: u64,
    channel: &'static str,
    token: Option<Secret>,
    stop: oneshot::Sender<String>,
    facts: Option<Facts>,
    progress: Arc<Progress>,
    /// Since when it is up.
    up_at: Option<Instant>,
    /// When another one is to take over, and why.
    renew_at: Instant,
    renew_why: &'static str,
    /// When the service would cut it before long.
    grows_old_at: Instant,
}

/// Why another link is to take over.
const OLD: &str = "the service cuts one after two hours";
const NEW_SESSION: &str = "a new session has begun";
const NEW_TOKEN: &str = "there is another token";

impl Supervisor {
    fn new(config: Arc<Config>, dial: Arc<Dial>, wallet: Wallet, inbox: Inbox, status: StatusHandle) -> Supervisor {
        let (tell, told) = mpsc::channel(MAX_EVENTS);
        let backoff = Backoff::new(wait(config.first_pause_ms), wait(config.longest_pause_ms));
        let now = Instant::now();
        Supervisor {
            config,
            dial,
            wallet,
            inbox,
            status,
            tasks: JoinSet::new(),
            tell,
            told,
            n_links: 0,
            first: None,
            second: None,
            second_backoff: backoff.clone(),
            backoff,
            next_at: now,
            next_check: now,
        }
    }

    /// Keeps a link up until nobody listens any more.
    async fn keep_up(&mut self) -> &'static str {
        loop {
            self.do_what_is_due();
            let next = self.next_deadline();
            tokio::select! {
                // What a link told comes before how it ended.
                biased;
                Some((id, event)) = self.told.recv() => self.hear(id, event),
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok((_, Ended::Failed(Failure::NobodyListens))) => return "nobody listens any more",
                    Ok((id, Ended::Failed(failure))) => self.lost(id, &failure),
                    Ok((id, Ended::Stopped)) => self.forget(id),
                    // A link that panicked is a bug; it was reported where it happened, and the feed goes on.
                    Err(_) => self.lost_unknown(),
                },
                () = sleep_until(next) => {}
            }
        }
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        if now >= self.next_check {
            self.next_check = now + wait(self.config.token_check_ms);
            self.check_token();
        }
        if self.hands_over_at().is_some_and(|at| now >= at) {
            self.hand_over();
        }
        match &self.first {
            None if now >= self.next_at => {
                self.wallet.read();
                self.status.connecting(format!("to {}", self.dial.host()));
                self.first = Some(self.open(CHANNELS[0]));
            }
            Some(first)
                if self.second.is_none() && first.up_at.is_some() && now >= first.renew_at.max(self.next_at) =>
            {
                tracing::info!("signalr: opening a second connection: {}", first.renew_why);
                self.wallet.read();
                let channel = if first.channel == CHANNELS[0] { CHANNELS[1] } else { CHANNELS[0] };
                self.second = Some(self.open(channel));
            }
            _ => {}
        }
    }

    fn next_deadline(&self) -> Instant {
        let mut next = self.next_check;
        match (&self.first, &self.second) {
            (None, _) => next = next.min(self.next_at),
            (Some(first), None) if first.up_at.is_some() => next = next.min(first.renew_at.max(self.next_at)),
            (Some(_), Some(_)) => next = self.hands_over_at().map_or(next, |at| next.min(at)),
            (Some(_), None) => {}
        }
        next
    }

    /// When the second link takes over, or when to look again: after the overlap, once the first link has come as far as
    /// where the second one began, but in any case after six times the overlap.
    fn hands_over_at(&self) -> Option<Instant> {
        let (first, second) = (self.first.as_ref()?, self.second.as_ref()?);
        let (up_at, overlap) = (second.up_at?, wait(self.config.overlap_ms));
        let (earliest, latest) = (up_at + overlap, up_at + overlap * 6);
        let now = Instant::now();
        if now < earliest || first.progress.has_reached(&second.progress) {
            return Some(earliest);
        }
        Some(latest.min(now + overlap / 4))
    }

    fn open(&mut self, channel: &'static str) -> Handle {
        let id = self.n_links;
        self.n_links += 1;
        let token = self.wallet.shown(wait(self.config.token_retry_ms));
        let (stop, stopped) = oneshot::channel();
        let progress = Arc::new(Progress::new());
        let link = Link {
            id,
            channel,
            token: token.clone(),
            dial: self.dial.clone(),
            inbox: self.inbox.clone(),
            status: self.status.clone(),
            events: self.tell.clone(),
            stop: stopped,
            progress: progress.clone(),
        };
        self.tasks.spawn(async move { (id, link.serve().await) });
        let grows_old_at = Instant::now() + wait(self.config.renew_ms);
        let (renew_at, renew_why) = (grows_old_at, OLD);
        Handle { id, channel, token, stop, progress, facts: None, up_at: None, renew_at, renew_why, grows_old_at }
    }

    fn hear(&mut self, id: u64, event: Event) {
        let now = Instant::now();
        let Some(link) = [&mut self.first, &mut self.second].into_iter().flatten().find(|link| link.id == id) else {
            return;
        };
        match event {
            Event::Up(facts) => {
                (link.facts, link.up_at) = (Some(facts), Some(now));
                if self.second.as_ref().is_some_and(|second| second.id == id) {
                    self.second_backoff.succeeded();
                }
                self.show_connected();
            }
            Event::NewSession => (link.renew_at, link.renew_why) = (now, NEW_SESSION),
        }
    }

    /// The second link takes over.
    fn hand_over(&mut self) {
        let Some(second) = self.second.take() else { return };
        if let Some(first) = self.first.replace(second) {
            // It may have ended in this very moment.
            let _ = first.stop.send(format!("its successor took over: {}", first.renew_why));
        }
        self.show_connected();
    }

    /// A link failed.
    fn lost(&mut self, id: u64, failure: &Failure) {
        let is_first = self.first.as_ref().is_some_and(|link| link.id == id);
        let is_second = self.second.as_ref().is_some_and(|link| link.id == id);
        let Some(lost) = (if is_first {
            self.first.take()
        } else if is_second {
            self.second.take()
        } else {
            None // It was replaced before it failed.
        }) else {
            return;
        };
        let was_refused = matches!(failure, Failure::TokenRefused { .. });
        if let (true, Some(token)) = (was_refused, &lost.token) {
            self.wallet.refused(token);
            self.status.credential(self.wallet.credential());
        }
        if was_refused && let Some(first) = self.first.as_mut().filter(|first| first.renew_why == NEW_TOKEN) {
            // The first link may still go by the token before; without one there would be less.
            (first.renew_at, first.renew_why) = (first.grows_old_at, OLD);
        }
        if is_first && let Some(second) = self.second.take() {
            tracing::warn!("signalr: {failure}; its successor is on its way");
            let is_up = second.up_at.is_some();
            self.first = Some(second);
            if is_up {
                return self.show_connected();
            }
            return self.status.connecting("while its predecessor was lost");
        }
        let lasted = lost.up_at.is_some_and(|at| at.elapsed() >= wait(self.config.steady_ms));
        let backoff = if is_first { &mut self.backoff } else { &mut self.second_backoff };
        if lasted {
            backoff.succeeded();
        }
        let mut pause = backoff.pause();
        if was_refused {
            // There is another way to try, and it is tried only once.
            pause = wait(self.config.first_pause_ms / 2);
        } else if failure.is_unwelcome() {
            pause = wait(self.config.longest_pause_ms);
        }
        let asked = failure.retry_after().map(|asked| asked.min(wait(self.config.longest_retry_after_ms)));
        let pause = asked.map_or(pause, |asked| asked.max(pause));
        self.next_at = Instant::now() + pause;
        if is_first {
            self.status.failed(failure.to_string(), pause);
        } else {
            let again_s = pause.as_secs_f32();
            tracing::warn!("signalr: no second connection: {failure}; again in {again_s:.1} s");
        }
    }

    /// A link ended as it was told.
    fn forget(&mut self, id: u64) {
        if self.first.as_ref().is_some_and(|link| link.id == id) {
            self.first = None;
        }
        if self.second.as_ref().is_some_and(|link| link.id == id) {
            self.second = None;
        }
    }

    /// A link ended without telling which: all begin anew.
    fn lost_unknown(&mut self) {
        (self.first, self.second) = (None, None);
        let pause = self.backoff.pause();
        self.next_at = Instant::now() + pause;
        self.status.failed("a connection ended unexpectedly", pause);
    }

    /// Reads the token again. A new one is worth a new connection.
    fn check_token(&mut self) {
        let is_new = self.wallet.read();
        self.status.credential(self.wallet.credential());
        if is_new && let Some(first) = &mut self.first {
            (first.renew_at, first.renew_why) = (Instant::now(), NEW_TOKEN);
        }
    }

    fn show_connected(&mut self) {
        let Some(Handle { facts: Some(facts), token, .. }) = &self.first else { return };
        let detail = what_is_given(facts, token.is_some(), self.wallet.credential().is_some());
        self.status.credential(self.wallet.credential());
        self.status.connected(detail);
    }

    /// Stops all links and waits for their last notes.
    async fn stop_all(&mut self, why: &'static str) {
        for link in [self.first.take(), self.second.take()].into_iter().flatten() {
            // It may have ended in this very moment.
            let _ = link.stop.send(why.to_owned());
        }
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // A recorder that takes nothing any more must not hold up the end.
        let _ = timeout(FAREWELL, ended).await;
        self.tasks.shutdown().await;
    }
}

/// What the service gives, and why not more.
fn what_is_given(facts: &Facts, shows_token: bool, has_token: bool) -> String {
    let mut missing = Vec::new();
    for (topic, name) in [("CarData.z", "car data"), ("Position.z", "positions")] {
        if !facts.topics.contains(topic) {
            missing.push(format!("no {name}"));
        }
    }
    let how = match (shows_token, has_token) {
        (true, _) => "with a token",
        (false, true) => "without the token, which was not accepted",
        (false, false) => "without a token",
    };
    let n_topics = facts.topics.len();
    match missing.as_slice() {
        [] => format!("{how}, {n_topics} topics"),
        missing => format!("{how}: {} ({n_topics} topics)", missing.join(", ")),
    }
}

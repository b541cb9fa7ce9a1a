//! Whose turn it is to tell a session.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use overcut_bus::{Bus, BusError, Happening, Subscription, Topic};
use tokio_util::sync::CancellationToken;

use super::patience::{sleep, until_it_works};

/// How long the bus is asked at a time. Whoever does not ask is taken for dead.
const POLL: Duration = Duration::from_millis(100);
/// After so long somebody else must have it.
const STANDS_BY: Duration = Duration::from_secs(15);
/// Between two tries after the connection broke.
const REJOIN: Duration = Duration::from_secs(1);
/// For how long the bus must have answered, and not given the turn back, before it is somebody else's.
const GRACE: Duration = Duration::from_secs(5);

/// A place in the group of those who could tell a session: one partition is shared, so one member owns it.
///
/// A thread asks the bus for as long as this lives, whatever else takes how long. A group that takes in another member takes
/// everything away for a moment, and a bus that is away cannot be asked; both are waited for, because messages are numbered:
/// if two should tell for some seconds, what comes second is recognised.
pub struct Turn {
    shared: Arc<Shared>,
    is_over: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// The token of our turn, while it is ours.
#[derive(Default)]
struct Shared {
    ours: Mutex<Option<CancellationToken>>,
    changed: Condvar,
}

impl Turn {
    /// Joins the group of a session. `None` if the program is to end before the bus is there.
    ///
    /// # Errors
    ///
    /// If the bus refuses, or no thread can be started.
    pub fn join(bus: &Arc<dyn Bus>, session: &str, shutdown: &CancellationToken) -> Result<Option<Turn>> {
        let asking = Asking { bus: bus.clone(), group: format!("overcut-ingest-{session}"), doubt: None };
        let subscription = until_it_works("joining those who tell", shutdown, || asking.subscribe())?;
        let Some(subscription) = subscription else { return Ok(None) };
        let (shared, is_over) = (Arc::new(Shared::default()), shutdown.child_token());
        let (told, until) = (shared.clone(), is_over.clone());
        let thread = thread::Builder::new().name("turn".to_owned());
        let thread = thread.spawn(move || asking.run(subscription, &told, &until)).context("cannot start a thread")?;
        Ok(Some(Turn { shared, is_over, thread: Some(thread) }))
    }

    /// Waits until it is ours. The token is cancelled when it is somebody else's, or the program is to end; `None` if it is to
    /// end before.
    pub fn wait(&self, session: &str) -> Option<CancellationToken> {
        let (began, mut has_said) = (Instant::now(), false);
        let mut ours = self.shared.lock();
        while !self.is_over.is_cancelled() {
            if let Some(token) = &*ours {
                return Some(token.clone());
            }
            if !has_said && began.elapsed() > STANDS_BY {
                has_said = true;
                tracing::info!(session, "somebody else tells it; standing by");
            }
            ours = self.shared.changed.wait_timeout(ours, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        None
    }
}

impl Drop for Turn {
    /// Leaves the group, so that whoever stands by need not wait until we are taken for dead.
    fn drop(&mut self) {
        self.is_over.cancel();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("asking whose turn it is broke down; this is a bug");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<CancellationToken>> {
        self.ours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, until: &CancellationToken) {
        self.lock().get_or_insert_with(|| until.child_token());
        self.changed.notify_all();
    }

    fn end(&self) {
        if let Some(token) = self.lock().take() {
            tracing::warn!("somebody else tells from now on");
            token.cancel();
        }
    }
}

/// What the thread does.
struct Asking {
    bus: Arc<dyn Bus>,
    group: String,
    doubt: Option<Doubt>,
}

/// The turn was taken away. Whether that was meant, time tells.
struct Doubt {
    asked_at: Instant,
    answers_since: Option<Instant>,
}

impl Asking {
    fn subscribe(&self) -> Result<Box<dyn Subscription>, BusError> {
        self.bus.subscribe(&self.group, &[Topic::Sessions])
    }

    fn run(mut self, mut subscription: Box<dyn Subscription>, shared: &Shared, until: &CancellationToken) {
        while !until.is_cancelled() {
            match subscription.poll(POLL) {
                Ok(Some(Happening::Assigned(partitions))) if partitions.contains(&0) => {
                    self.doubt = None;
                    shared.begin(until);
                }
                Ok(Some(Happening::Revoked(partitions))) if partitions.contains(&0) => self.begin_to_doubt(),
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "cannot ask whose turn it is");
                    self.begin_to_doubt();
                    sleep(REJOIN, until);
                    if let Ok(again) = self.subscribe() {
                        subscription = again;
                    }
                }
            }
            if self.is_lost() {
                self.doubt = None;
                shared.end();
            }
        }
    }

    fn begin_to_doubt(&mut self) {
        self.doubt.get_or_insert(Doubt { asked_at: Instant::now(), answers_since: None });
    }

    /// While the bus is away nobody else can take the turn either.
    fn is_lost(&mut self) -> bool {
        let Some(doubt) = &mut self.doubt else { return false };
        if doubt.asked_at.elapsed() >= REJOIN {
            doubt.asked_at = Instant::now();
            let answers = self.bus.ends(Topic::Sessions, 0).is_ok();
            doubt.answers_since = answers.then(|| doubt.answers_since.unwrap_or_else(Instant::now));
        }
        doubt.answers_since.is_some_and(|since| since.elapsed() >= GRACE)
    }
}

//! The readers of the bench: of what engines conclude, and of the bare events for comparison.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use overcut_bus::{Bus, Delivery, Happening, Message, Topic};
use tokio_util::sync::CancellationToken;

use super::prepare::Prepared;
use super::produce::{Begun, Pace};

/// How long a message is waited for at a time.
const POLL: Duration = Duration::from_millis(20);
/// How often it is looked whether somebody is ready.
const LOOK: Duration = Duration::from_millis(10);

/// What a reader does with what comes.
pub trait Note: Send + 'static {
    /// Takes it in; true once everything has come.
    fn note(&mut self, delivery: &Delivery) -> bool;
}

/// A reader of every partition of a topic, on a thread.
pub struct Watch<N> {
    is_ready: Arc<AtomicBool>,
    stop: CancellationToken,
    thread: JoinHandle<Result<N>>,
}

impl<N: Note> Watch<N> {
    /// Starts to read.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(bus: &Arc<dyn Bus>, topic: Topic, mut note: N) -> Result<Watch<N>> {
        let (is_ready, stop) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
        let (bus, ready, stopped) = (bus.clone(), is_ready.clone(), stop.clone());
        let read = move || {
            let mut subscription = bus.subscribe("overcut-bench", &[topic])?;
            let mut n_owned = 0;
            while !stopped.is_cancelled() {
                match subscription.poll(POLL)? {
                    Some(Happening::Delivered(delivery)) if note.note(&delivery) => break,
                    Some(Happening::Delivered(_)) | None => {}
                    Some(Happening::Assigned(partitions)) => n_owned += partitions.len(),
                    Some(Happening::Revoked(partitions)) => n_owned -= partitions.len(),
                }
                ready.store(n_owned == bus.partitions() as usize, Ordering::Relaxed);
            }
            Ok(note)
        };
        let thread = thread::Builder::new().name("watch".to_owned()).spawn(read).context("cannot start a thread")?;
        Ok(Watch { is_ready, stop, thread })
    }

    /// Waits until every partition is read.
    ///
    /// # Errors
    ///
    /// If that takes longer than it is worth waiting.
    pub fn wait_until_ready(&self, patience: Duration) -> Result<()> {
        let began = Instant::now();
        while !self.is_ready.load(Ordering::Relaxed) {
            ensure!(!self.thread.is_finished(), "the reader of the bench broke down");
            ensure!(began.elapsed() < patience, "the bus gives the reader of the bench nothing");
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// What it has noted, once everything has come.
    ///
    /// # Errors
    ///
    /// If it broke down, or not everything came in time.
    pub fn finish(self, patience: Duration) -> Result<N> {
        let began = Instant::now();
        while !self.thread.is_finished() && began.elapsed() < patience {
            thread::sleep(LOOK);
        }
        let is_whole = self.thread.is_finished();
        self.stop.cancel();
        let note = self.thread.join().map_err(|_| anyhow!("the reader of the bench broke down"))??;
        ensure!(is_whole, "not everything came within {patience:?}");
        Ok(note)
    }
}

/// When each event was due, for who sees it later.
#[derive(Clone)]
pub struct Dues {
    pub prepared: Arc<Prepared>,
    pub pace: Pace,
    pub begun: Begun,
}

impl Dues {
    /// How late it is now for an event, in microseconds.
    fn late_us(&self, session: usize, sequence: u64) -> Option<u32> {
        let (started, _) = self.begun.get()?;
        let n_told = self.prepared.sessions.get(session)?.n_told.get(usize::try_from(sequence).ok()?)?;
        let late = started.elapsed().saturating_sub(self.pace.due(*n_told)?);
        Some(u32::try_from(late.as_micros()).unwrap_or(u32::MAX))
    }

    fn ids(&self) -> BTreeMap<String, usize> {
        self.prepared.sessions.iter().enumerate().map(|(number, session)| (session.id.clone(), number)).collect()
    }
}

/// The bare events: nothing is made of them.
pub struct Bare {
    dues: Dues,
    ids: BTreeMap<String, usize>,
    next: Vec<u64>,
    n_left: u64,
    /// How late they came.
    pub late_us: Vec<u32>,
    /// When the last came.
    pub done_at: Option<Instant>,
}

impl Bare {
    /// Nothing has come.
    pub fn new(dues: Dues) -> Bare {
        let (ids, n_left) = (dues.ids(), dues.prepared.n_events());
        let next = vec![0; ids.len()];
        Bare { dues, ids, next, n_left, late_us: Vec::new(), done_at: None }
    }
}

impl Note for Bare {
    fn note(&mut self, delivery: &Delivery) -> bool {
        // A topic of our own: every message of a session is its next event.
        let Some(session) = self.ids.get(&delivery.key) else { return false };
        self.late_us.extend(self.dues.late_us(*session, self.next[*session]));
        self.next[*session] += 1;
        self.n_left -= 1;
        self.done_at = Some(Instant::now());
        self.n_left == 0
    }
}

/// What engines conclude.
pub struct Conclusions {
    dues: Dues,
    ids: BTreeMap<String, usize>,
    /// The event that each session's conclusions belong to which come now.
    at_event: Vec<u64>,
    /// How late alerts came, from when the event was due that they were concluded from.
    pub late_us: Vec<u32>,
    /// How many alerts came.
    pub n_alerts: u64,
    /// When everything was concluded from every event.
    pub done_at: Option<Instant>,
}

impl Conclusions {
    /// Nothing has come.
    pub fn new(dues: Dues) -> Conclusions {
        let ids = dues.ids();
        let at_event = vec![0; ids.len()];
        Conclusions { dues, ids, at_event, late_us: Vec::new(), n_alerts: 0, done_at: None }
    }
}

impl Note for Conclusions {
    fn note(&mut self, delivery: &Delivery) -> bool {
        let Some(session) = self.ids.get(&delivery.key).copied() else { return false };
        match delivery.message() {
            Ok(Message::Progress(progress)) => self.at_event[session] = progress.next_event,
            Ok(Message::Insight(_)) => {
                self.n_alerts += 1;
                self.late_us.extend(self.dues.late_us(session, self.at_event[session]));
            }
            _ => {}
        }
        let counts = || self.at_event.iter().zip(&self.dues.prepared.sessions);
        if self.done_at.is_none() && counts().all(|(at_event, session)| *at_event >= session.events.len() as u64) {
            self.done_at = Some(Instant::now());
        }
        counts().all(|(at_event, session)| *at_event > session.events.len() as u64) // the end counts as more than any
    }
}

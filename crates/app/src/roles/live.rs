//! A session that happens now, told on the bus by whoever records it.
//!
//! The conductor must never be held up: what it hears goes into a queue, and a thread tells it. While the bus is away the
//! queue grows; a race takes some 50 MB. Beyond its bound the session is no longer told, only recorded, and
//! `overcut ingest RECORDING` tells the rest afterwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use overcut_bus::Bus;
use overcut_domain::{Event, SessionInfo, SessionStatus, Stamped};
use overcut_live::{Audience, Recorded};
use overcut_sources::live::Assembler;
use tokio_util::sync::CancellationToken;

use super::patience::{may_begin_again, sleep};
use super::status::Status;
use super::teller::Teller;
use crate::input::Input;
use crate::library::Title;

/// Bytes of messages and events that may wait for the bus.
const MAX_WAITING_BYTES: usize = 256 << 20;
/// What an event is counted as, and each sample in it.
const EVENT_BYTES: usize = 256;
const SAMPLE_BYTES: usize = 48;
/// Between two times that a session is told anew: what comes late mostly comes in many pieces.
const ANEW_EVERY: Duration = Duration::from_secs(30);
/// How often it is made sure that what was told is safe.
const FLUSH_EVERY: Duration = Duration::from_millis(500);
/// Between two tries after the connection broke.
const REJOIN: Duration = Duration::from_secs(1);

/// What is to be told.
enum Job {
    Begin {
        id: String,
        info: Box<SessionInfo>,
        kept: Option<(PathBuf, u64)>,
    },
    Raw(Recorded),
    Events(Vec<Stamped<Event>>),
    /// The whole session anew.
    Anew(Vec<Stamped<Event>>),
    Over,
}

/// The conductor's audience that tells the bus.
pub struct LiveTeller {
    jobs: Sender<(Job, usize)>,
    thread: Option<JoinHandle<()>>,
    waiting_bytes: Arc<AtomicUsize>,
    /// Messages heard before it was known which session they are of.
    pending: Vec<Recorded>,
    kept: Option<(PathBuf, u64)>,
    has_session: bool,
    has_late: bool,
    told_anew_at: Option<Instant>,
    /// True once there was no room: then nothing more of the session is told.
    is_full: bool,
}

impl LiveTeller {
    /// Begins with no session.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn start(bus: &Arc<dyn Bus>, status: Status, shutdown: CancellationToken) -> Result<LiveTeller> {
        let (jobs, queue) = channel();
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let (bus, waiting) = (bus.clone(), waiting_bytes.clone());
        let thread = thread::Builder::new().name("teller".to_owned());
        let thread = thread.spawn(move || Desk::new(bus, status, shutdown).run(&queue, &waiting));
        Ok(LiveTeller {
            jobs,
            thread: Some(thread.context("cannot start a thread")?),
            waiting_bytes,
            pending: Vec::new(),
            kept: None,
            has_session: false,
            has_late: false,
            told_anew_at: None,
            is_full: false,
        })
    }

    /// Waits until everything is told that was heard, or the program ends for good.
    pub fn finish(mut self) {
        self.send(Job::Over, 0);
        let Some(thread) = self.thread.take() else { return };
        if thread.join().is_err() {
            tracing::error!("telling the bus broke down, which is a bug; the recording is whole");
        }
    }

    fn send(&mut self, job: Job, n_bytes: usize) {
        if self.is_full && !matches!(job, Job::Begin { .. } | Job::Over) {
            return;
        }
        let waiting = self.waiting_bytes.fetch_add(n_bytes, Ordering::Relaxed) + n_bytes;
        if waiting > MAX_WAITING_BYTES && n_bytes > 0 {
            self.waiting_bytes.fetch_sub(n_bytes, Ordering::Relaxed);
            self.is_full = true;
            tracing::error!(
                "the bus has been away for too long: this session is only recorded from now on; \
                 `overcut ingest` with its recording tells the rest afterwards"
            );
            return;
        }
        // If the thread has ended, it has said why.
        let _ = self.jobs.send((job, n_bytes));
    }
}

impl Audience for LiveTeller {
    fn begin(&mut self, info: &SessionInfo, recording: &Path) {
        (self.is_full, self.has_late, self.told_anew_at) = (false, false, None);
        let id = Title::new(Some(info), recording).slug();
        let kept = self.kept.take();
        self.send(Job::Begin { id, info: Box::new(info.clone()), kept }, 0);
        let was_first = !std::mem::replace(&mut self.has_session, true);
        for message in std::mem::take(&mut self.pending).into_iter().filter(|_| was_first) {
            self.record(&message);
        }
    }

    fn resume(&mut self, recording: &Path, n_messages: u64) {
        self.kept = Some((recording.to_owned(), n_messages));
    }

    fn record(&mut self, message: &Recorded) {
        match self.has_session {
            true => self.send(Job::Raw(message.clone()), message.payload.len() + EVENT_BYTES),
            false => self.pending.push(message.clone()),
        }
    }

    fn hear(&mut self, events: &[Stamped<Event>], is_late: bool) {
        self.has_late |= is_late;
        if self.has_session && !events.is_empty() {
            self.send(Job::Events(events.to_vec()), events.iter().map(bytes_of).sum());
        }
    }

    fn pass(&mut self, assembler: &mut Assembler) {
        let is_due = self.told_anew_at.is_none_or(|at| at.elapsed() >= ANEW_EVERY);
        if self.has_session && self.has_late && is_due {
            (self.has_late, self.told_anew_at) = (false, Some(Instant::now()));
            let mut replay = assembler.retell();
            let mut events: Vec<_> = replay.by_ref().collect();
            assembler.adopt(replay, &mut events);
            let n_bytes = events.iter().map(bytes_of).sum();
            self.send(Job::Anew(events), n_bytes);
        }
    }

    fn end(&mut self, assembler: &mut Assembler) {
        self.told_anew_at = None;
        self.pass(assembler);
    }
}

/// About what an event takes in memory.
fn bytes_of(event: &Stamped<Event>) -> usize {
    EVENT_BYTES
        + match &event.value {
            Event::Cars(samples) => samples.len() * SAMPLE_BYTES,
            Event::Positions(samples) => samples.len() * SAMPLE_BYTES,
            _ => 0,
        }
}

/// The thread that tells.
struct Desk {
    bus: Arc<dyn Bus>,
    status: Status,
    shutdown: CancellationToken,
    teller: Option<Teller>,
    /// The session it tells.
    id: String,
    info: Box<SessionInfo>,
    /// Told, but not known to be safe; and how much was told when everything last was.
    unsafe_jobs: Vec<Job>,
    safe: (u64, u64),
    flushed_at: Instant,
    /// True once the session said that it is over.
    is_over: bool,
}

impl Desk {
    fn new(bus: Arc<dyn Bus>, status: Status, shutdown: CancellationToken) -> Desk {
        let (id, info, unsafe_jobs, safe) = (String::new(), Box::default(), Vec::new(), (0, 0));
        let flushed_at = Instant::now();
        Desk { bus, status, shutdown, teller: None, id, info, unsafe_jobs, safe, flushed_at, is_over: false }
    }

    fn run(mut self, queue: &Receiver<(Job, usize)>, waiting_bytes: &AtomicUsize) {
        loop {
            match queue.recv_timeout(FLUSH_EVERY) {
                Ok((Job::Over, _)) | Err(RecvTimeoutError::Disconnected) => return self.end(),
                Ok((Job::Begin { id, info, kept }, _)) => {
                    self.end_for_good();
                    self.begin(id, info, kept);
                }
                Ok((job, n_bytes)) => {
                    self.tell(job);
                    waiting_bytes.fetch_sub(n_bytes, Ordering::Relaxed);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.flushed_at.elapsed() >= FLUSH_EVERY {
                self.flush();
            }
        }
    }

    fn begin(&mut self, id: String, info: Box<SessionInfo>, kept: Option<(PathBuf, u64)>) {
        (self.id, self.info, self.is_over, self.safe) = (id, info, false, (0, 0));
        let begun = Teller::begin(&self.bus, &self.id, Some(&self.info), &self.shutdown).and_then(|teller| {
            self.teller = teller;
            self.tell_kept(kept)
        });
        if let Err(error) = begun {
            self.give_up(&error);
        }
    }

    fn tell(&mut self, job: Job) {
        if let Job::Events(events) | Job::Anew(events) = &job {
            let is_end = |event: &Stamped<Event>| {
                matches!(event.value, Event::SessionStatus(SessionStatus::Finalised | SessionStatus::Ends))
            };
            self.is_over |= events.iter().any(is_end);
        }
        let Some(teller) = &mut self.teller else { return };
        let told = tell(teller, &job);
        self.status.came_out(1);
        self.unsafe_jobs.push(job);
        if let Err(error) = told {
            self.begin_again(&error);
        }
    }

    fn flush(&mut self) {
        self.flushed_at = Instant::now();
        let Some(teller) = &mut self.teller else { return };
        match teller.flush() {
            Ok(()) => {
                self.safe = teller.told();
                self.unsafe_jobs.clear();
            }
            Err(error) => self.begin_again(&error),
        }
    }

    /// Tells with a new connection what may have been lost on the old one. What did arrive is recognised by its number.
    fn begin_again(&mut self, error: &anyhow::Error) {
        let mut error = format!("{error:#}");
        while sleep(REJOIN, &self.shutdown) {
            tracing::warn!(session = self.id, error, "beginning again");
            let again = Teller::begin(&self.bus, &self.id, Some(&self.info), &self.shutdown).and_then(|teller| {
                let Some(mut teller) = teller else { return Ok(None) };
                teller.go_on_from(self.safe);
                self.unsafe_jobs.iter().try_for_each(|job| tell(&mut teller, job))?;
                teller.flush()?;
                Ok(Some(teller))
            });
            match again {
                Ok(teller) => {
                    self.safe = teller.as_ref().map_or(self.safe, Teller::told);
                    (self.teller, self.flushed_at) = (teller, Instant::now());
                    return self.unsafe_jobs.clear();
                }
                Err(again) if may_begin_again(&again) => error = format!("{again:#}"),
                Err(again) => return self.give_up(&again),
            }
        }
    }

    fn give_up(&mut self, error: &anyhow::Error) {
        self.status.trouble(error);
        let error = format!("{error:#}");
        tracing::error!(session = self.id, error, "this session is no longer told, only recorded");
        self.teller = None;
        self.unsafe_jobs.clear();
    }

    /// What was recorded before the program was started again, as far as it was not told.
    fn tell_kept(&mut self, kept: Option<(PathBuf, u64)>) -> Result<()> {
        let (Some((path, n_messages)), Some(teller)) = (kept, &mut self.teller) else { return Ok(()) };
        let part = overcut_store::part_path(&path);
        let mut input = Input::open(if part.exists() { &part } else { &path })?;
        for _ in 0..n_messages {
            let Ok(Some(raw)) = input.next_raw() else { break };
            teller.raw(&raw)?;
        }
        Ok(())
    }

    /// The program ends. The session goes on if it did not say that it is over: somebody else may tell the rest.
    fn end(&mut self) {
        if self.is_over {
            return self.end_for_good();
        }
        self.flush();
        self.teller = None;
    }

    /// Nothing more will come of the session.
    fn end_for_good(&mut self) {
        self.flush();
        let Some(mut teller) = self.teller.take() else { return };
        if let Err(error) = teller.complete() {
            tracing::error!(
                session = self.id,
                error = format!("{error:#}"),
                "the end of the session could not be told"
            );
        }
    }
}

fn tell(teller: &mut Teller, job: &Job) -> Result<()> {
    match job {
        Job::Raw(message) => teller.raw(&message.as_raw()),
        Job::Events(events) => events.iter().try_for_each(|event| teller.event(event.clone())),
        Job::Anew(events) => {
            teller.anew()?;
            events.iter().try_for_each(|event| teller.event(event.clone()))
        }
        Job::Begin { .. } | Job::Over => Ok(()),
    }
}

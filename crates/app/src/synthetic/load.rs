//! Many synthetic sessions at once, in real time: a load for whatever reads feeds.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use overcut_domain::SessionTime;
use overcut_sources::Message;
use tokio_util::sync::CancellationToken;

use super::destination::Destination;
use super::folder::Paced;
use crate::delays::Delays;
use crate::output::say;

/// Where a session's messages come from: appends the next ones and returns false once there are no more.
pub type Messages = Box<dyn FnMut(&mut Vec<Message>) -> bool + Send>;

/// A session that can be played.
pub struct Session {
    /// Its messages.
    pub messages: Messages,
    /// From when on it is played; what is before goes out at once.
    pub from: SessionTime,
    /// Where they go.
    pub destination: Box<dyn Destination>,
}

/// Begins a session by its number.
type Make<'a> = &'a (dyn Fn(usize) -> Result<Session> + Sync);

/// How often each session sends what is due.
const PULSE: Duration = Duration::from_millis(100);
/// How often the figures are said.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// What to play.
pub struct Load {
    /// How many sessions.
    pub n_sessions: usize,
    /// On how many threads.
    pub n_threads: usize,
    /// For how long; without end if `None`.
    pub lasts: Option<Duration>,
}

/// What came of it.
#[derive(Debug)]
pub struct Played {
    /// What was sent.
    pub sent: Sent,
    /// How long it took, the time to begin the sessions apart.
    pub took: Duration,
}

/// What was sent, and how late.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Messages.
    pub n_messages: u64,
    /// Their bytes.
    pub n_bytes: u64,
    /// How late they were.
    pub late: Delays,
    /// Sessions that came to their end.
    pub n_over: usize,
}

impl Sent {
    fn note(&mut self, n_bytes: usize, late: Duration) {
        self.n_messages += 1;
        self.n_bytes += n_bytes as u64;
        self.late.note(late.as_millis() as u64);
    }

    fn merge(&mut self, other: &Sent) {
        self.n_messages += other.n_messages;
        self.n_bytes += other.n_bytes;
        self.late.merge(&other.late);
        self.n_over += other.n_over;
    }

    /// One line of figures over a span of real time.
    pub fn line(&self, span: Duration) -> String {
        let per_second = |n: u64| n as f64 / span.as_secs_f64().max(1e-9);
        format!(
            "{:.0} messages/s, {:.2} MB/s, late p50 {} ms, p99 {} ms, max {} ms",
            per_second(self.n_messages),
            per_second(self.n_bytes) / 1e6,
            self.late.quantile_ms(0.5),
            self.late.quantile_ms(0.99),
            self.late.max_ms()
        )
    }
}

/// Plays until every session is over, the time is up, or the token is cancelled.
///
/// Each thread owns every so-manieth session, so that no lock is held while one is played; `make` begins a session by
/// its number. What is said on standard error every few seconds is about the time since it was said last.
///
/// # Errors
///
/// If a session cannot be begun or written.
pub fn play(load: &Load, make: Make<'_>, stop: &CancellationToken) -> Result<Played> {
    // Filled by the players every pulse and emptied by the reporter.
    let recent = Mutex::new(Sent::default());
    let n_ready = AtomicUsize::new(0);
    thread::scope(|scope| {
        let players: Vec<_> = (0..load.n_threads)
            .map(|thread_idx| {
                let (recent, n_ready) = (&recent, &n_ready);
                scope.spawn(move || Player::begin(load, thread_idx, make, n_ready)?.run(load, recent, n_ready, stop))
            })
            .collect();
        let mut said = Instant::now();
        while players.iter().any(|player| !player.is_finished()) {
            thread::sleep(PULSE);
            if said.elapsed() >= REPORT_EVERY && n_ready.load(Ordering::Relaxed) >= load.n_threads {
                let sent = std::mem::take(&mut *recent.lock().unwrap_or_else(PoisonError::into_inner));
                say!("{} sessions: {}", load.n_sessions, sent.line(said.elapsed()));
                said = Instant::now();
            }
        }
        let mut played = Played { sent: Sent::default(), took: Duration::ZERO };
        for player in players {
            let (sent, took) = player.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            played.sent.merge(&sent);
            played.took = played.took.max(took);
        }
        Ok(played)
    })
}

/// The sessions of one thread.
struct Player {
    sessions: Vec<Playing>,
}

/// One session on its way.
struct Playing {
    paced: Paced<Messages>,
    destination: Box<dyn Destination>,
}

impl Player {
    fn begin(load: &Load, thread_idx: usize, make: Make<'_>, n_ready: &AtomicUsize) -> Result<Player> {
        let numbers = (thread_idx..load.n_sessions).step_by(load.n_threads);
        let begin = |number: usize| {
            let Session { messages, from, destination } = make(number)?;
            let mut session = Playing { paced: Paced::new(messages, from), destination };
            session.send_due(|| Duration::ZERO, &mut Sent::default())?; // what was before goes out before clocks begin
            Ok(session)
        };
        let sessions = numbers.map(begin).collect::<Result<Vec<_>>>();
        n_ready.fetch_add(1, Ordering::Relaxed); // ready or failed: nobody must wait for this thread
        Ok(Player { sessions: sessions? })
    }

    fn run(
        mut self,
        load: &Load,
        recent: &Mutex<Sent>,
        n_ready: &AtomicUsize,
        stop: &CancellationToken,
    ) -> Result<(Sent, Duration)> {
        while n_ready.load(Ordering::Relaxed) < load.n_threads {
            thread::sleep(Duration::from_millis(5)); // all clocks begin together
        }
        let started = Instant::now();
        let mut total = Sent::default();
        while !self.sessions.is_empty()
            && !stop.is_cancelled()
            && load.lasts.is_none_or(|lasts| started.elapsed() < lasts)
        {
            let pulse_began = Instant::now();
            let sent = self.pulse(started)?;
            recent.lock().unwrap_or_else(PoisonError::into_inner).merge(&sent);
            total.merge(&sent);
            thread::sleep(PULSE.saturating_sub(pulse_began.elapsed()));
        }
        let took = started.elapsed();
        for session in self.sessions {
            session.destination.finish()?;
        }
        Ok((total, took))
    }

    /// Sends what is due in every session, and lets go of those that are over.
    fn pulse(&mut self, started: Instant) -> Result<Sent> {
        let mut sent = Sent::default();
        let mut idx = 0;
        while let Some(session) = self.sessions.get_mut(idx) {
            if session.send_due(|| started.elapsed(), &mut sent)? {
                idx += 1;
                continue;
            }
            self.sessions.swap_remove(idx).destination.finish()?;
            sent.n_over += 1;
        }
        Ok(sent)
    }
}

impl Playing {
    /// False once nothing is left.
    fn send_due(&mut self, clock: impl Fn() -> Duration, sent: &mut Sent) -> Result<bool> {
        let goes_on = self.paced.advance(clock, |message, late| {
            sent.note(message.payload.len(), late);
            self.destination.take(message)
        })?;
        self.destination.pass()?;
        Ok(goes_on)
    }
}

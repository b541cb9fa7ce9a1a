//! The ingest: from a source to the topics.
//!
//! A recording is told as it was heard: raw messages byte for byte, and the events that they decode to. Both are numbered
//! by the recording alone, so an ingest that takes over reads it again from the start and goes on behind what is on the
//! bus. Of several that were started for one session, one tells and the others stand by: the bus says which.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use overcut_bus::{Bus, Happening, Subscription, Topic};
use overcut_domain::{Event, SessionTime};
use overcut_sources::Decoder;
use tokio_util::sync::CancellationToken;

use super::patience::{may_begin_again, sleep};
use super::status::Status;
use super::teller::Teller;
use crate::input::{Input, Trouble};

/// How long the bus is asked at a time whose turn it is.
const POLL: Duration = Duration::from_millis(100);
/// How often it is asked while we tell: whoever does not ask is taken for dead.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// Between two tries after the connection broke.
const REJOIN: Duration = Duration::from_secs(1);

/// How fast a recording is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// So many times as fast as it was heard, from a moment on; what is before is told at once.
    Times(f64, SessionTime),
    /// As fast as the bus takes it.
    Full,
}

/// Tells a recording to its end, or until the program ends. Begins again by itself when the connection breaks.
///
/// # Errors
///
/// If the recording cannot be read, or what beginning again cannot mend.
pub fn tell_recording(
    bus: &Arc<dyn Bus>,
    session: &str,
    path: &Path,
    pace: Pace,
    status: &Status,
    shutdown: &CancellationToken,
) -> Result<()> {
    while !shutdown.is_cancelled() {
        match tell_once(bus, session, path, pace, status, shutdown) {
            Err(error) if may_begin_again(&error) => {
                tracing::warn!(session, error = format!("{error:#}"), "beginning again");
                status.trouble(&error);
                sleep(REJOIN, shutdown);
            }
            Ok(Told::ToTheEnd) => return Ok(()),
            Ok(Told::TurnIsOver) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How telling ended.
enum Told {
    ToTheEnd,
    /// Somebody else has the session now, or the program ends.
    TurnIsOver,
}

fn tell_once(
    bus: &Arc<dyn Bus>,
    session: &str,
    path: &Path,
    pace: Pace,
    status: &Status,
    shutdown: &CancellationToken,
) -> Result<Told> {
    let Some(mut turn) = Turn::wait(&**bus, session, shutdown)? else { return Ok(Told::TurnIsOver) };
    let Some(mut teller) = Teller::begin(bus, session, None, shutdown)? else { return Ok(Told::TurnIsOver) };
    if teller.is_complete() {
        tracing::info!(session, "is on the bus already, to its end");
        return Ok(Told::ToTheEnd);
    }
    tracing::info!(session, from = teller.n_told(), "telling");
    let mut input = Input::open(path)?;
    let mut decoder = Decoder::new(input.format());
    let mut clock = PaceClock::new(pace);
    let mut events = Vec::new();
    let n_told = teller.n_told();
    let mut n_raw = 0;
    loop {
        match input.next_raw() {
            Ok(Some(raw)) => {
                n_raw += 1;
                let is_news = n_raw > n_told;
                if is_news && !clock.wait_for(raw.time, &mut turn, &mut teller, shutdown)? {
                    return Ok(Told::TurnIsOver);
                }
                teller.raw(&raw)?;
                decoder.decode(raw, &mut events);
                status.came_out(u64::from(is_news));
            }
            Ok(None) => break,
            Err(Trouble::Damaged(what)) => decoder.note_damage(&what),
            Err(Trouble::Broken(error)) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        }
        tell_events(&mut teller, &mut events)?;
    }
    decoder.finish(&mut events);
    tell_events(&mut teller, &mut events)?;
    teller.complete()?;
    if shutdown.is_cancelled() { Ok(Told::TurnIsOver) } else { Ok(Told::ToTheEnd) }
}

fn tell_events(teller: &mut Teller, events: &mut Vec<overcut_domain::Stamped<Event>>) -> Result<()> {
    for event in events.drain(..) {
        if let Event::SessionInfo(info) = &event.value {
            teller.set_info(info)?;
        }
        teller.event(event)?;
    }
    Ok(())
}

/// Whose turn it is to tell a session: a group that shares one partition has one member that owns it.
pub struct Turn {
    subscription: Box<dyn Subscription>,
    is_ours: bool,
    asked_at: Instant,
}

impl Turn {
    /// Waits until it is ours. `None` if the program ends before.
    ///
    /// # Errors
    ///
    /// If the bus breaks down.
    pub fn wait(bus: &dyn Bus, session: &str, shutdown: &CancellationToken) -> Result<Option<Turn>> {
        let subscription = bus.subscribe(&format!("overcut-ingest-{session}"), &[Topic::Sessions])?;
        let mut turn = Turn { subscription, is_ours: false, asked_at: Instant::now() };
        let began = Instant::now();
        let mut has_said = false;
        while !turn.is_ours {
            if shutdown.is_cancelled() {
                return Ok(None);
            }
            if !has_said && began.elapsed() > Duration::from_secs(15) {
                has_said = true;
                tracing::info!(session, "somebody else tells it; standing by");
            }
            turn.ask(POLL)?;
        }
        Ok(Some(turn))
    }

    /// True as long as it is ours. Asks the bus now and then.
    pub fn is_ours(&mut self) -> Result<bool> {
        if self.asked_at.elapsed() >= ASK_EVERY {
            self.asked_at = Instant::now();
            while self.ask(Duration::ZERO)? {}
        }
        Ok(self.is_ours)
    }

    /// Looks after it on a thread: when it is somebody else's, or the bus is gone for good, the token is cancelled.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn watch(mut self, turn: CancellationToken) -> Result<JoinHandle<()>> {
        let watch = move || {
            while !turn.is_cancelled() {
                match self.is_ours() {
                    Ok(true) => drop(sleep(POLL, &turn)),
                    Ok(false) => {
                        tracing::warn!("somebody else tells from now on");
                        turn.cancel();
                    }
                    // The bus is away: nobody else can take the turn either.
                    Err(error) => {
                        tracing::debug!(%error, "cannot ask whose turn it is");
                        sleep(REJOIN, &turn);
                    }
                }
            }
        };
        thread::Builder::new().name("turn".to_owned()).spawn(watch).context("cannot start a thread")
    }

    /// True if there was anything to hear.
    fn ask(&mut self, wait: Duration) -> Result<bool> {
        match self.subscription.poll(wait)? {
            Some(Happening::Assigned(partitions)) => self.is_ours |= partitions.contains(&0),
            Some(Happening::Revoked(partitions)) => self.is_ours &= !partitions.contains(&0),
            Some(Happening::Delivered(_)) => {}
            None => return Ok(false),
        }
        Ok(true)
    }
}

/// Waits for the moments of a recording.
struct PaceClock {
    pace: Pace,
    /// When the first message after `from` was told, and its time.
    begun: Option<(Instant, SessionTime)>,
}

impl PaceClock {
    fn new(pace: Pace) -> PaceClock {
        PaceClock { pace, begun: None }
    }

    /// False if it is no longer our turn, or the program ends.
    fn wait_for(
        &mut self,
        time: SessionTime,
        turn: &mut Turn,
        teller: &mut Teller,
        shutdown: &CancellationToken,
    ) -> Result<bool> {
        loop {
            if shutdown.is_cancelled() || !turn.is_ours()? {
                teller.flush()?;
                return Ok(false);
            }
            let Pace::Times(speed, from) = self.pace else { return Ok(true) };
            if time < from {
                return Ok(true);
            }
            let (at, since) = *self.begun.get_or_insert((Instant::now(), time));
            let due = Duration::from_secs_f64(time.millis_since(since).max(0) as f64 / 1000.0 / speed);
            let wait = due.saturating_sub(at.elapsed());
            if wait.is_zero() {
                return Ok(true);
            }
            std::thread::sleep(wait.min(POLL));
        }
    }
}

/// A pace from what the command line says.
///
/// # Errors
///
/// If the speed makes no sense.
pub fn pace(speed: Option<f64>, from: SessionTime) -> Result<Pace> {
    match speed {
        None => Ok(Pace::Full),
        Some(speed) if speed.is_finite() && (0.01..=10_000.0).contains(&speed) => Ok(Pace::Times(speed, from)),
        Some(speed) => bail!("--speed {speed} makes no sense: 0.01 to 10000, or leave it away for as fast as possible"),
    }
}

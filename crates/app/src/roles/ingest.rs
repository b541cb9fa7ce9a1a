//! The ingest: from a source to the topics.
//!
//! A recording is told as it was heard: raw messages byte for byte, and the events that they decode to. Both are numbered
//! by the recording alone, so an ingest that takes over reads it again from the start and goes on behind what is on the
//! bus. Of several that were started for one session, one tells and the others stand by: the bus says which.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use overcut_bus::Bus;
use overcut_domain::{Event, SessionTime};
use overcut_sources::Decoder;
use tokio_util::sync::CancellationToken;

use super::patience::{sleep, until_done};
use super::status::Status;
use super::teller::Teller;
use super::turn::Turn;
use crate::input::{Input, Trouble};

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
    until_done(session, status, shutdown, || tell_when_it_is_our_turn(bus, session, path, pace, status, shutdown))
}

/// How telling ended.
enum Told {
    ToTheEnd,
    /// Somebody else has the session now, or the program ends.
    TurnIsOver,
}

fn tell_when_it_is_our_turn(
    bus: &Arc<dyn Bus>,
    session: &str,
    path: &Path,
    pace: Pace,
    status: &Status,
    shutdown: &CancellationToken,
) -> Result<()> {
    let Some(turn) = Turn::join(bus, session, shutdown)? else { return Ok(()) };
    while let Some(our_turn) = turn.wait(session) {
        match tell_once(bus, session, path, pace, status, &our_turn)? {
            Told::ToTheEnd => break,
            Told::TurnIsOver => {}
        }
    }
    Ok(())
}

/// Tells what is not told yet, until our turn is over.
fn tell_once(
    bus: &Arc<dyn Bus>,
    session: &str,
    path: &Path,
    pace: Pace,
    status: &Status,
    our_turn: &CancellationToken,
) -> Result<Told> {
    let Some(mut teller) = Teller::begin(bus, session, None, our_turn)? else { return Ok(Told::TurnIsOver) };
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
                if our_turn.is_cancelled() || is_news && !clock.wait_for(raw.time, our_turn) {
                    teller.flush()?;
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
    if our_turn.is_cancelled() { Ok(Told::TurnIsOver) } else { Ok(Told::ToTheEnd) }
}

/// Tells events, and what the session is once they say so.
///
/// # Errors
///
/// If the bus refuses them.
pub fn tell_events(teller: &mut Teller, events: &mut Vec<overcut_domain::Stamped<Event>>) -> Result<()> {
    for event in events.drain(..) {
        if let Event::SessionInfo(info) = &event.value {
            teller.set_info(info)?;
        }
        teller.event(event)?;
    }
    Ok(())
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

    /// False if it is no longer our turn.
    fn wait_for(&mut self, time: SessionTime, our_turn: &CancellationToken) -> bool {
        let Pace::Times(speed, from) = self.pace else { return true };
        if time < from {
            return true;
        }
        let (at, since) = *self.begun.get_or_insert((Instant::now(), time));
        let due = Duration::from_secs_f64(time.millis_since(since).max(0) as f64 / 1000.0 / speed);
        sleep(due.saturating_sub(at.elapsed()), our_turn)
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

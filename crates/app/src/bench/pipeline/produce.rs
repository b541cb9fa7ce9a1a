//! The producer: tells what was prepared, as fast as the bus takes it or at a pace.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use overcut_bus::{Bus, Topic};
use tokio_util::sync::CancellationToken;

use super::prepare::{Prepared, Session};
use crate::clock::utc_now;
use crate::roles::{Out, Outlet, Teller};

/// When the clock began: on our own clock, and on the wall's in milliseconds since 1970. Empty until it does.
pub type Begun = Arc<OnceLock<(Instant, i64)>>;

/// How fast it is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as the bus takes it.
    FlatOut,
    /// So many samples a second, whatever happens: who is late does not shift what comes behind.
    Rate(f64),
}

impl Pace {
    /// How long after the beginning an event is due with which so many samples have been told; `None` if it has no time.
    pub fn due(self, n_told: u64) -> Option<Duration> {
        match self {
            Pace::FlatOut => None,
            Pace::Rate(rate) => Some(Duration::from_secs_f64(n_told as f64 / rate)),
        }
    }
}

/// Tells of all sessions.
pub struct Producer {
    outlet: Outlet,
    tellers: Vec<Teller>,
}

/// What came of it.
pub struct Produced {
    /// From the beginning until everything was acknowledged.
    pub took: Duration,
    /// How late events were handed over, in microseconds, in order.
    pub late_us: Vec<u32>,
    /// What went out on the events' topic.
    pub out: Out,
}

impl Producer {
    /// Says which sessions there are going to be, and tells the first event of each: whoever folds them has begun to when the
    /// clock starts.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn begin(bus: &Arc<dyn Bus>, prepared: &Prepared) -> Result<Producer> {
        let (outlet, shutdown) = (Outlet::new(bus.publisher()?), CancellationToken::new());
        let begin = |session: &Session| {
            let teller = Teller::begin_new(bus, Box::new(outlet.clone()), &session.id, &shutdown)?;
            let mut teller = teller.with_context(|| format!("{} could not be begun", session.id))?;
            session.events.first().map_or(Ok(()), |event| teller.event(event.clone()))?;
            teller.flush()?;
            Ok(teller)
        };
        let tellers = prepared.sessions.iter().map(begin).collect::<Result<Vec<_>>>()?;
        Ok(Producer { outlet, tellers })
    }

    /// Starts the clock and tells the rest.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn tell(&mut self, prepared: &Prepared, pace: Pace, begun: &Begun) -> Result<Produced> {
        let (started, wall_ms) = *begun.get_or_init(|| (Instant::now(), utc_now().as_millis()));
        let mut late_us = Vec::new();
        for (number, sequence) in prepared.order.iter().filter(|(_, sequence)| *sequence > 0) {
            let session = &prepared.sessions[*number];
            if let Some(due) = pace.due(session.n_told[*sequence]) {
                std::thread::sleep(due.saturating_sub(started.elapsed()));
                self.outlet.set_due(wall_ms + due.as_millis() as i64);
                let late = started.elapsed().saturating_sub(due);
                late_us.push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
            }
            let teller = self.tellers.get_mut(*number).ok_or_else(|| anyhow!("a session has no teller"))?;
            teller.event(session.events[*sequence].clone())?;
        }
        self.tellers.first_mut().map_or(Ok(()), Teller::flush)?; // they share one publisher
        late_us.sort_unstable();
        let out = self.outlet.out().get(&Topic::Events).copied().unwrap_or_default();
        Ok(Produced { took: started.elapsed(), late_us, out })
    }

    /// Says that nothing more comes.
    ///
    /// # Errors
    ///
    /// If the bus refuses.
    pub fn complete(&mut self) -> Result<()> {
        self.tellers.iter_mut().try_for_each(Teller::complete)
    }
}

//! What is going to be told: the events of synthetic sessions, decoded as an ingest decodes them, in the order of telling.

use anyhow::{Context as _, Result, ensure};
use overcut_domain::{CarSample, Event, Stamped};

use crate::synthetic::{Reception, Synthetic};
use crate::threads::{self, all_cores};

/// Synthetic sessions, as far as they are told.
pub struct Prepared {
    /// Them.
    pub sessions: Vec<Session>,
    /// Session and sequence of every event, in the order of telling: that of the sessions' clocks, which begin together.
    pub order: Vec<(usize, usize)>,
    /// Samples: what one car sent at one moment, its channels or its position.
    pub n_samples: u64,
    /// Values in them.
    pub n_values: u64,
}

/// One session.
pub struct Session {
    /// Its id.
    pub id: String,
    /// Its events.
    pub events: Vec<Stamped<Event>>,
    /// How many samples of all sessions have been told once each event has.
    pub n_told: Vec<u64>,
}

impl Prepared {
    /// So many sessions with at least so many samples together, unless they end before.
    ///
    /// # Errors
    ///
    /// If a session cannot be made.
    pub fn make(n_sessions: usize, n_samples: u64) -> Result<Prepared> {
        ensure!(n_sessions > 0, "--sessions must be at least 1");
        let share = n_samples.div_ceil(n_sessions as u64);
        let made = threads::map(n_sessions, all_cores(), |number| Session::make(number, share), || {});
        let mut sessions = made.into_iter().collect::<Result<Vec<_>>>()?;
        let mut order: Vec<(usize, usize)> = Vec::new();
        for (number, session) in sessions.iter().enumerate() {
            order.extend((0..session.events.len()).map(|sequence| (number, sequence)));
        }
        // Stable: events of one moment stay in their order.
        order.sort_by_key(|(number, sequence)| sessions[*number].events[*sequence].time);
        let (mut n_samples, mut n_values) = (0, 0);
        for (number, sequence) in &order {
            let session = &mut sessions[*number];
            let (samples, values) = contents(&session.events[*sequence].value);
            n_samples += samples;
            n_values += values;
            session.n_told.push(n_samples);
        }
        ensure!(n_samples > 0, "there is nothing to tell");
        Ok(Prepared { sessions, order, n_samples, n_values })
    }

    /// How many events there are.
    pub fn n_events(&self) -> u64 {
        self.order.len() as u64
    }
}

impl Session {
    fn make(number: usize, n_samples: u64) -> Result<Session> {
        let synthetic = Synthetic { seed: 1 + number as u64, has_faults: true, ..Synthetic::default() };
        let mut transmission = synthetic.transmission(true).context("a synthetic session")?;
        let (mut reception, mut events, mut told, mut seen) = (Reception::default(), Vec::new(), 0, 0);
        while told < n_samples && reception.next_events(&mut transmission, &mut events) {
            told += events[seen..].iter().map(|event| contents(&event.value).0).sum::<u64>();
            seen = events.len();
        }
        Ok(Session { id: format!("bench-{number:04}"), events, n_told: Vec::new() })
    }
}

/// How many samples an event has, and how many values are in them.
fn contents(event: &Event) -> (u64, u64) {
    match event {
        Event::Cars(samples) => (samples.len() as u64, samples.iter().map(n_channels).sum()),
        // East, north and height.
        Event::Positions(samples) => (samples.len() as u64, samples.len() as u64 * 3),
        _ => (0, 0),
    }
}

fn n_channels(sample: &CarSample) -> u64 {
    let channels = [
        sample.rpm.is_some(),
        sample.speed_kmh.is_some(),
        sample.gear.is_some(),
        sample.throttle_percent.is_some(),
        sample.brake_percent.is_some(),
        sample.drs.is_some(),
    ];
    channels.into_iter().filter(|is_there| *is_there).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_told_once_in_the_order_of_its_session() {
        let prepared = Prepared::make(3, 6_000).unwrap();
        assert!(prepared.n_samples >= 6_000 && prepared.n_values > 2 * prepared.n_samples);
        let mut next = [0; 3];
        for (number, sequence) in &prepared.order {
            assert_eq!(*sequence, next[*number]);
            next[*number] += 1;
        }
        for (session, n) in prepared.sessions.iter().zip(next) {
            assert_eq!((session.events.len(), session.n_told.len()), (n, n));
            assert!(session.n_told.is_sorted());
        }
    }
}

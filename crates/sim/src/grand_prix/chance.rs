//! Chance of a synthetic session, from keys like all chance in this crate.

use crate::random::{self, Purpose};

/// What a draw decides. Nothing decided for one reason changes what is decided for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum What {
    /// The form of teams and drivers on this weekend.
    Form = 200,
    /// A lap of qualifying or practice.
    QuickLap,
    /// The plan of a run.
    Run,
    /// Reaction at the start.
    Launch,
    /// Where on the lap a mistake happens.
    Mistake,
    /// How late a message arrives.
    Delay,
    /// Stewards and marshals.
    RaceControl,
    /// The weather station.
    Weather,
    /// When cars are sampled.
    Sampling,
    /// Sets of tyres.
    Tyres,
    /// Who speaks on the radio.
    Radio,
    /// The championship before this race.
    Standings,
    /// Where on a lap its driver is a little quicker than in the rest of it.
    Swing,
    /// How an idling engine runs.
    Idle,
}

/// The dice of one session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance {
    seed: u64,
    stream: u64,
}

impl Chance {
    /// Dice for a seed; sessions of one weekend differ in their stream.
    pub(super) fn new(seed: u64, stream: u64) -> Chance {
        Chance { seed, stream }
    }

    fn word(&self, what: What, lap: u32, car: usize) -> u32 {
        random::words(self.seed, self.stream, lap, car as u32, Purpose(what as u32))[0]
    }

    /// A number between 0 and 1.
    pub(super) fn uniform(&self, what: What, lap: u32, car: usize) -> f64 {
        f64::from(random::uniform(self.word(what, lap, car)))
    }

    /// A number between two others.
    pub(super) fn between(&self, what: What, lap: u32, car: usize, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform(what, lap, car)
    }

    /// A standard normal number.
    pub(super) fn normal(&self, what: What, lap: u32, car: usize) -> f64 {
        f64::from(random::normal(self.word(what, lap, car)))
    }

    /// One of `n`.
    pub(super) fn one_of(&self, what: What, lap: u32, car: usize, n: usize) -> usize {
        ((self.uniform(what, lap, car) * n as f64) as usize).min(n.saturating_sub(1))
    }
}

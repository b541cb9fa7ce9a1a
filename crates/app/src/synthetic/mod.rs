//! Synthetic sessions: which one is meant, and the ways it can be had: played, written, or as a load.

pub mod channels;
mod circuit;
pub mod destination;
pub mod folder;
pub mod load;
mod outline;
mod wire;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use overcut_domain::{Event, SessionKind, SessionTime, Stamped};
use overcut_server::SharedSession;
use overcut_server::wire::SessionSummary;
use overcut_sim::circuit::Circuit;
use overcut_sim::fault::FaultRates;
use overcut_sim::grand_prix::{SessionConfig, SyntheticSession, Truth, race_laps};
use overcut_timeline::Speed;

use crate::cli::{SyntheticArguments, SyntheticKind};
use crate::library::Title;
use crate::live::{Grower, Start, play};
use crate::pipeline::PipelineConfig;

pub use wire::{Reception, Transmission, encoding};

/// How long before the lights (elsewhere: before the pit lane opens) the wall comes on.
const LEAD_IN_MS: i64 = 12_000;

/// A synthetic session that can be made.
#[derive(Debug, Clone)]
pub struct Synthetic {
    /// Everything random follows from it.
    pub seed: u64,
    /// What kind of session.
    pub kind: SyntheticKind,
    /// Where.
    pub circuit: Circuit,
    /// Racing laps, if not those of a Grand Prix.
    pub n_laps: Option<u16>,
    /// Year, which decides about cars and rules, if not the generator's usual one.
    pub season: Option<u16>,
    /// True if cars get faults.
    pub has_faults: bool,
}

impl Default for Synthetic {
    /// The race that a fresh machine shows.
    fn default() -> Synthetic {
        let circuit = Circuit::fictional()[0].clone();
        let kind = SyntheticKind::Race;
        Synthetic { seed: 1, kind, circuit, n_laps: None, season: None, has_faults: false }
    }
}

impl Synthetic {
    /// The session that a command line asks for.
    ///
    /// # Errors
    ///
    /// If its circuit is none.
    pub fn new(what: &SyntheticArguments, kind: SyntheticKind) -> Result<Synthetic> {
        let circuit = circuit::find(what.circuit.as_deref())?;
        Ok(Synthetic { seed: what.seed, kind, circuit, n_laps: what.laps, ..Synthetic::default() })
    }

    /// Key of the session, such as `2026-valtesa-grand-prix-synthetic-race`.
    pub fn id(&self) -> String {
        self.title().slug()
    }

    /// As the API lists it.
    pub fn summary(&self) -> SessionSummary {
        let title = self.title();
        title.summary(title.slug(), "synthetic".to_owned(), Some(true), 0)
    }

    fn title(&self) -> Title {
        let config = self.config();
        let (name, kind) = match self.kind {
            SyntheticKind::Race => ("Race", SessionKind::Race),
            SyntheticKind::Qualifying => ("Qualifying", SessionKind::Qualifying),
            SyntheticKind::Practice => ("Practice 1", SessionKind::Practice),
        };
        let place = if self.circuit.town.is_empty() { &self.circuit.name } else { &self.circuit.town };
        Title {
            season: Some(config.season),
            meeting: said_to_be_synthetic(&format!("{place} Grand Prix")),
            name: name.to_owned(),
            kind,
            circuit: self.circuit.name.clone(),
            country: self.circuit.country.clone(),
            location: self.circuit.town.clone(),
            starts_at: Some(config.starts_at),
        }
    }

    fn config(&self) -> SessionConfig {
        let race = SessionConfig::race(self.seed);
        let race = SessionConfig {
            n_laps: self.n_laps.unwrap_or_else(|| race_laps(self.circuit.length_m())),
            season: self.season.unwrap_or(race.season),
            circuit: self.circuit.clone(),
            faults: self.has_faults.then(FaultRates::default),
            ..race
        };
        match self.kind {
            SyntheticKind::Race => race,
            SyntheticKind::Qualifying => race.session(SessionKind::Qualifying),
            SyntheticKind::Practice => race.session(SessionKind::Practice),
        }
    }

    /// The session on the wire.
    ///
    /// # Errors
    ///
    /// If it cannot be run, say because it has no laps.
    pub fn transmission(&self, has_quirks: bool) -> Result<Transmission<Named>> {
        let session = SyntheticSession::new(self.config()).context("this session cannot be made")?;
        Ok(Transmission::new(Named { session }, encoding(self.seed, has_quirks)))
    }

    /// Begins to play the session. It is made as it plays: by the same way that a real feed goes, and no faster.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub fn play(&self, pipeline: PipelineConfig, speed: Speed) -> Result<Arc<SharedSession>> {
        let mut transmission = self.transmission(true)?;
        let from = transmission.events.begins_to_matter();
        let mut reception = Reception::default();
        let feed = move |out: &mut Vec<_>| reception.next_events(&mut transmission, out);
        let grower = Grower::new(Box::new(feed), pipeline.build(), outline::outline(&self.circuit));
        play(self.summary(), grower, Start { from, speed })
    }
}

/// A synthetic session that says so by its name.
pub struct Named {
    session: SyntheticSession,
}

impl Named {
    /// Shortly before the lights, or in other sessions before the pit lane opens.
    pub fn begins_to_matter(&self) -> SessionTime {
        self.session.starts() - LEAD_IN_MS
    }

    /// What really happens in it. Of faults, those that the events so far show.
    pub fn truth(&self) -> Truth {
        self.session.truth()
    }
}

impl Iterator for Named {
    type Item = Stamped<Event>;

    fn next(&mut self) -> Option<Stamped<Event>> {
        let mut event = self.session.next()?;
        if let Event::SessionInfo(info) = &mut event.value {
            info.meeting_name = said_to_be_synthetic(&info.meeting_name);
            info.country = said_to_be_synthetic(&info.country); // all that small screens show
        }
        Some(event)
    }
}

/// Nobody must take it for a real one, wherever the name turns up.
fn said_to_be_synthetic(name: &str) -> String {
    format!("{name} (synthetic)")
}

#[cfg(test)]
mod tests;

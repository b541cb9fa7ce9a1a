//! The one way through: raw messages → events → session, telemetry and alerts.
//!
//! [`Pipeline`] is the fold of all parts over one event; [`run`] feeds it a whole recording, decoding on a second
//! thread. Batches cross in order, so the number of threads changes nothing in what comes out.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use anyhow::{Result, anyhow};
use overcut_domain::{Alert, Event, PositionSample, SessionTime, Stamped};
use overcut_predict::Detectors;
use overcut_predict::estimate::EstimateConfig;
use overcut_session::{Part, Session};
use overcut_sources::{DecodeReport, Decoder};
use overcut_track::{Outline, Telemetry};

use crate::estimate::Estimate;
use crate::input::{Input, Trouble};
use crate::map;

/// Events decoded before they are handed over: large enough that handing over costs nothing, small enough that both
/// threads are busy from the start.
const BATCH: usize = 64;
/// Batches that may wait. When it is full the decoder waits: memory stays bounded.
const WAITING: usize = 8;

/// What a pipeline is told.
#[derive(Debug, Clone, Default)]
pub struct PipelineConfig {
    /// Thresholds of the detectors.
    pub alerts: overcut_predict::Config,
    /// How cars without positions are estimated, and whether they are.
    pub estimate: EstimateConfig,
    /// Folder of circuit files, named after the publisher's key of the circuit.
    pub circuits: Option<PathBuf>,
    /// True if somebody else looks for anomalies, and tells of them: then nobody does here.
    pub is_told_alerts: bool,
}

impl PipelineConfig {
    /// An empty pipeline.
    pub fn build(self) -> Pipeline {
        Pipeline {
            session: Session::new(),
            telemetry: Telemetry::new(),
            keeps_telemetry: true,
            detectors: (!self.is_told_alerts).then(|| Detectors::new(self.alerts)),
            circuits: self.circuits,
            outline: None,
            estimate: Estimate::new(self.estimate),
            time: SessionTime::ZERO,
            changed: Vec::new(),
            alerts: Vec::new(),
        }
    }
}

/// Everything that is folded from events, except what clients see.
pub struct Pipeline {
    /// The state of the session.
    pub session: Session,
    /// Every sample of every car.
    pub telemetry: Telemetry,
    keeps_telemetry: bool,
    detectors: Option<Detectors>,
    circuits: Option<PathBuf>,
    /// The map as it was known when the first alert had to be placed.
    outline: Option<Outline>,
    estimate: Estimate,
    time: SessionTime,
    changed: Vec<Part>,
    alerts: Vec<Alert>,
}

/// What one event changed.
pub struct Step<'a> {
    /// When it became known.
    pub time: SessionTime,
    /// The event; `None` for what is concluded at the end.
    pub event: Option<&'a Event>,
    /// The state with the event in it.
    pub session: &'a Session,
    /// Every sample up to it. Empty if the pipeline leaves telemetry to somebody else.
    pub telemetry: &'a Telemetry,
    /// The parts it changed.
    pub changed: &'a [Part],
    /// The alerts it raised.
    pub alerts: &'a [Alert],
    /// Where cars without positions are thought to have been up to it. Empty if the pipeline keeps telemetry itself.
    pub estimates: &'a [PositionSample],
}

impl Pipeline {
    /// A pipeline that leaves telemetry to somebody else, and so does not say where alerts were.
    pub fn without_telemetry(mut self) -> Pipeline {
        self.keeps_telemetry = false;
        self
    }

    /// Folds one event in.
    pub fn apply<'a>(&'a mut self, event: &'a Stamped<Event>) -> Step<'a> {
        self.changed.clear();
        self.alerts.clear();
        self.estimate.advance(event.time);
        match &event.value {
            _ if !self.keeps_telemetry => {}
            Event::Cars(samples) => drop(self.telemetry.insert_cars(samples)),
            Event::Positions(samples) => drop(self.telemetry.insert_positions(samples)),
            _ => {}
        }
        self.session.apply(event, &mut self.changed);
        self.estimate_cars(event);
        if let Some(detectors) = &mut self.detectors {
            detectors.observe(event, &self.session, &mut self.alerts);
        }
        self.time = event.time;
        self.place_alerts();
        self.step(Some(&event.value))
    }

    /// Concludes what is still open when nothing more comes.
    pub fn finish(&mut self) -> Step<'_> {
        self.changed.clear();
        self.alerts.clear();
        self.estimate.clear();
        if let Some(detectors) = &mut self.detectors {
            detectors.finish(self.time, &mut self.alerts);
        }
        self.place_alerts();
        self.step(None)
    }

    /// Keeps what was estimated up to an event, takes the event in, and says so if positions are estimated from now on.
    fn estimate_cars(&mut self, event: &Stamped<Event>) {
        if self.keeps_telemetry {
            self.telemetry.insert_estimates(self.estimate.samples());
        }
        self.estimate.observe(event, &self.session);
        if self.estimate.wants_map(event.time) {
            let circuits = self.circuits.as_deref();
            let outline = map::draw(&self.session, &self.telemetry, circuits);
            self.estimate.set_map(outline, &self.session, &self.telemetry);
        }
        if let Some(state) = self.estimate.news(event) {
            let news = Stamped { time: event.time, value: Event::Feeds(vec![state]) };
            self.session.apply(&news, &mut self.changed);
        }
    }

    /// Lays estimates on a map from elsewhere, for a pipeline that leaves telemetry to somebody else.
    pub fn lay_estimates_on(&mut self, outline: &Outline, telemetry: &Telemetry) {
        if self.estimate.is_without_map() {
            self.estimate.set_map(Some(outline.clone()), &self.session, telemetry);
        }
    }

    /// The map, drawn from all that is known now.
    pub fn draw_map(&self) -> Option<Outline> {
        map::draw(&self.session, &self.telemetry, self.circuits.as_deref())
    }

    /// Says where new alerts were, on the map as far as it is known: an alert must not depend on later laps.
    fn place_alerts(&mut self) {
        if self.alerts.is_empty() || !self.keeps_telemetry {
            return;
        }
        if self.outline.is_none() {
            self.outline = self.draw_map();
        }
        let Some(outline) = &self.outline else { return };
        self.alerts.iter_mut().for_each(|alert| map::place(alert, outline, &self.telemetry));
    }

    fn step<'a>(&'a self, event: Option<&'a Event>) -> Step<'a> {
        let estimates = if self.keeps_telemetry { &[] } else { self.estimate.samples() };
        Step {
            time: self.time,
            event,
            session: &self.session,
            telemetry: &self.telemetry,
            changed: &self.changed,
            alerts: &self.alerts,
            estimates,
        }
    }
}

/// How many threads read a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Decode and fold in turn.
    One,
    /// Decode on one thread, fold on another.
    Two,
}

/// Runs a recording through the pipeline, up to a moment, and hands every step on.
///
/// # Errors
///
/// If the recording cannot be read to its end.
pub fn run(
    input: Input,
    threads: Threads,
    until: SessionTime,
    pipeline: &mut Pipeline,
    mut on_step: impl FnMut(Step<'_>),
) -> Result<DecodeReport> {
    let report = match threads {
        Threads::One => decode(input, |batch| fold(batch, until, pipeline, &mut on_step)),
        Threads::Two => thread::scope(|scope| {
            let (sender, receiver) = sync_channel(WAITING);
            let decoder = scope.spawn(move || decode(input, |batch| sender.send(std::mem::take(batch)).is_ok()));
            for batch in &receiver {
                if !fold(&batch, until, pipeline, &mut on_step) {
                    break;
                }
            }
            drop(receiver); // a decoder that waits to hand over more now learns that nobody wants it
            decoder.join().map_err(|_| anyhow!("the decoder stopped unexpectedly"))?
        }),
    }?;
    on_step(pipeline.finish());
    Ok(report)
}

/// Folds a batch in; false once an event is later than `until`.
fn fold(
    batch: &[Stamped<Event>],
    until: SessionTime,
    pipeline: &mut Pipeline,
    on_step: &mut impl FnMut(Step<'_>),
) -> bool {
    for event in batch {
        if event.time > until {
            return false;
        }
        on_step(pipeline.apply(event));
    }
    true
}

/// Every event of a recording, in order.
///
/// # Errors
///
/// If the recording cannot be read to its end.
pub fn events(input: Input) -> Result<Vec<Stamped<Event>>> {
    let mut events = Vec::new();
    decode(input, |batch| {
        events.append(batch);
        true
    })?;
    Ok(events)
}

/// Decodes a recording batch by batch, until `take` says that nobody wants more.
fn decode(mut input: Input, mut take: impl FnMut(&mut Vec<Stamped<Event>>) -> bool) -> Result<DecodeReport> {
    let mut decoder = Decoder::new(input.format());
    let mut batch = Vec::with_capacity(BATCH + 64);
    loop {
        match input.next_raw() {
            Ok(Some(message)) => decoder.decode(message, &mut batch),
            Ok(None) => break,
            Err(Trouble::Damaged(what)) => decoder.note_damage(&what),
            Err(Trouble::Broken(error)) => return Err(error),
        }
        if batch.len() >= BATCH {
            if !take(&mut batch) {
                break;
            }
            batch.clear();
        }
    }
    if let Some(what) = input.damage() {
        decoder.note_damage(&what);
    }
    decoder.finish(&mut batch);
    take(&mut batch);
    Ok(decoder.report().clone())
}

#[cfg(test)]
mod tests;

//! A session that happens now: what is heard of it is folded and shown at once.
//!
//! Clients read the timeline behind a clock that runs with the session ([`LiveClock`]). When something comes late that
//! belongs before what was told already, the whole is [told again](Growing::retell) in the right order, on another thread,
//! and [takes the place](Growing::turn_to) of the first account: in the end clients see what they would have seen of the
//! finished recording.

use std::io;
use std::sync::Arc;

use overcut_domain::{Alert, Event, SessionTime, Stamped};
use overcut_server::wire::SessionSummary;
use overcut_server::{SharedSession, now_ms};
use overcut_session::Session;
use overcut_sources::live::Replay;
use overcut_timeline::{House, Item, LiveClock, Timeline};

use super::grow::placed;
use super::retelling::{Account, Retelling};
use crate::load::append;
use crate::pipeline::{Pipeline, PipelineConfig};

/// A session that happens now.
pub struct Growing {
    session: Arc<SharedSession>,
    config: PipelineConfig,
    told: Told,
    clock: LiveClock,
    retelling: Option<Retelling>,
}

/// What was folded so far.
pub(super) struct Told {
    pipeline: Pipeline,
    n_alerts: u16,
    /// UTC of the session clock's zero, in milliseconds: when it changes, every time does.
    zero_ms: Option<i64>,
}

impl Growing {
    /// A session of which nothing was heard yet.
    pub fn new(summary: SessionSummary, config: PipelineConfig) -> Growing {
        let house = House::Live { since_ms: now_ms(), from: SessionTime::ZERO, telemetry_behind_ms: 0 };
        let session = Arc::new(SharedSession::new(summary, Timeline::new(), house));
        Growing { session, told: Told::new(&config), config, clock: LiveClock::new(), retelling: None }
    }

    /// The session as clients have it.
    pub fn shared(&self) -> &Arc<SharedSession> {
        &self.session
    }

    /// The state that is folded.
    pub fn state(&self) -> &Session {
        &self.told.pipeline.session
    }

    /// Takes in what became known just now, in order of arrival.
    pub fn hear(&mut self, events: &[Stamped<Event>]) {
        let now_ms = now_ms();
        for event in events {
            self.set_clock_by(event, now_ms);
        }
        self.pass(now_ms);
        let (house, told) = (self.house(), &mut self.told);
        self.session.update(|timeline| events.iter().for_each(|event| told.tell(timeline, event, house)));
    }

    /// Takes in what somebody else concluded, in order of arrival.
    pub fn raise(&mut self, alert: Alert) {
        let n_alerts = &mut self.told.n_alerts;
        self.session.update(|timeline| {
            let time = timeline.head().max(alert.raised_at);
            timeline.append(time, Item::Alert(*n_alerts, alert.into()));
            *n_alerts = n_alerts.saturating_add(1);
        });
    }

    /// Lets the clock run on.
    pub fn pass(&mut self, now_ms: u64) {
        if let Some(house) = self.clock.house(now_ms) {
            self.session.set_house(house);
        }
    }

    /// Begins to tell the whole session again, in place of one that may be under way. Clients see the first account until
    /// [it is done](Growing::retold).
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn retell(&mut self, replay: Replay) -> io::Result<()> {
        let (outline, house) = (self.session.read().outline().cloned(), self.house());
        self.retelling = Some(Retelling::begin(&self.config, replay, outline, house)?);
        Ok(())
    }

    /// Tells the whole session again at once, from its events in order.
    pub fn tell_anew(&mut self, events: &[Stamped<Event>]) {
        let (mut told, mut timeline) = (Told::new(&self.config), Timeline::new());
        let (outline, house) = (self.session.read().outline().cloned(), self.house());
        if let Some(outline) = &outline {
            timeline.set_outline((**outline).clone());
        }
        events.iter().for_each(|event| told.tell(&mut timeline, event, house));
        self.turn_to(Account { told, timeline, outline }, &[]);
    }

    /// True while the session is told again.
    pub fn is_retelling(&self) -> bool {
        self.retelling.is_some()
    }

    /// The other account once it is done, or, with `waits`, when it is; and what it was told from, for the assembler to go
    /// on from.
    pub fn retold(&mut self, waits: bool) -> Option<(Account, Replay)> {
        self.retelling.take_if(|retelling| waits || retelling.is_done())?.wait()
    }

    /// Lets another account take the place of the first, with what was heard since it began.
    pub fn turn_to(&mut self, account: Account, since: &[Stamped<Event>]) {
        let Account { mut told, mut timeline, outline } = account;
        let (house, newest) = (self.house(), self.session.read().outline().cloned());
        if let Some(newest) = newest.filter(|newest| outline.is_none_or(|outline| !Arc::ptr_eq(&outline, newest))) {
            timeline.set_outline((*newest).clone());
        }
        since.iter().for_each(|event| told.tell(&mut timeline, event, house));
        if let (Some(before), Some(after)) = (self.told.zero_ms, told.zero_ms) {
            self.clock.shift(before - after);
        }
        self.told = told;
        self.session.update(|shown| shown.replace(timeline));
        self.pass(now_ms());
    }

    /// Nothing more will come.
    pub fn finish(&mut self) {
        let Told { pipeline, n_alerts, .. } = &mut self.told;
        self.session.update(|timeline| {
            let step = pipeline.finish();
            let alerts = placed(step.alerts, timeline);
            append(timeline, &step, n_alerts, alerts);
            timeline.complete();
        });
    }

    /// What is heard tells what time it is on the session's clock; what we say ourselves does not.
    fn set_clock_by(&mut self, event: &Stamped<Event>, now_ms: u64) {
        let newest = match &event.value {
            event if is_ours(event) => return,
            Event::Cars(samples) => samples.iter().map(|sample| sample.time).max(),
            Event::Positions(samples) => samples.iter().map(|sample| sample.time).max(),
            _ => None,
        };
        self.clock.heard(now_ms, event.time);
        if let Some(newest) = newest {
            self.clock.sampled(now_ms, newest);
        }
    }

    fn house(&self) -> SessionTime {
        let timeline = self.session.read();
        self.session.limits(&timeline).house
    }
}

impl Told {
    pub(super) fn new(config: &PipelineConfig) -> Told {
        Told { pipeline: config.clone().build().without_telemetry(), n_alerts: 0, zero_ms: None }
    }

    /// Folds an event in and shows what it changed.
    pub(super) fn tell(&mut self, timeline: &mut Timeline, event: &Stamped<Event>, house: SessionTime) {
        match &event.value {
            Event::Cars(samples) => timeline.insert_cars(samples),
            Event::Positions(samples) => timeline.insert_positions(samples),
            Event::UtcOfZero(utc) => self.zero_ms = Some(utc.as_millis()),
            _ => {}
        }
        // What we say ourselves is said now, whatever this machine's clock makes of that.
        let held = is_ours(&event.value) && event.time > house;
        let held = held.then(|| Stamped { time: house, value: event.value.clone() });
        if let Some(outline) = timeline.outline() {
            self.pipeline.lay_estimates_on(outline, timeline.telemetry());
        }
        let step = self.pipeline.apply(held.as_ref().unwrap_or(event));
        let alerts = if step.alerts.is_empty() { Vec::new() } else { placed(step.alerts, timeline) };
        append(timeline, &step, &mut self.n_alerts, alerts);
    }
}

/// True for what no source said.
fn is_ours(event: &Event) -> bool {
    matches!(event, Event::Feeds(_) | Event::Gap(_) | Event::Forecast(_) | Event::UtcOfZero(_))
}

#[cfg(test)]
mod tests;

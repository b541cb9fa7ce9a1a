//! A session that happens now: what is heard of it is folded and shown at once.
//!
//! Clients read the timeline behind a clock that runs with the session ([`LiveClock`]). When something comes late that
//! belongs before what was told already, the whole is [told again](Growing::retell) in the right order and takes the place
//! of the first account: in the end clients see what they would have seen of the finished recording.

use std::sync::Arc;

use overcut_domain::{Event, SessionTime, Stamped};
use overcut_server::wire::SessionSummary;
use overcut_server::{SharedSession, now_ms};
use overcut_session::Session;
use overcut_timeline::{House, LiveClock, Timeline};

use super::grow::placed;
use crate::load::append;
use crate::pipeline::{Pipeline, PipelineConfig};

/// A session that happens now.
pub struct Growing {
    session: Arc<SharedSession>,
    config: PipelineConfig,
    told: Told,
    clock: LiveClock,
}

/// What was folded so far.
struct Told {
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
        Growing { session, told: Told::new(&config), config, clock: LiveClock::new() }
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

    /// Lets the clock run on.
    pub fn pass(&mut self, now_ms: u64) {
        if let Some(house) = self.clock.house(now_ms) {
            self.session.set_house(house);
        }
    }

    /// Tells the whole session again, from its events in order. Clients see the first account until it is done.
    pub fn retell(&mut self, events: impl Iterator<Item = Stamped<Event>>) {
        let (mut told, mut timeline) = (Told::new(&self.config), Timeline::new());
        let house = self.house();
        if let Some(outline) = self.session.read().outline() {
            timeline.set_outline((**outline).clone());
        }
        events.for_each(|event| told.tell(&mut timeline, &event, house));
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
    fn new(config: &PipelineConfig) -> Told {
        Told { pipeline: config.clone().build().without_telemetry(), n_alerts: 0, zero_ms: None }
    }

    /// Folds an event in and shows what it changed.
    fn tell(&mut self, timeline: &mut Timeline, event: &Stamped<Event>, house: SessionTime) {
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

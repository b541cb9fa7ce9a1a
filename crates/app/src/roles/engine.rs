//! The engine: from events to insights.
//!
//! It folds each session as a single program would, and publishes what the detectors conclude, numbered. The numbers are
//! a function of the events alone: an engine that takes a session over concludes the same again, finds on the topic how
//! much of it is there, and goes on behind that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use overcut_bus::{Bus, Delivery, Format, Message, Number, Numbered, Progress, Publisher, Start, Subscription, Topic};
use overcut_domain::{Alert, Event, Insight, SessionTime, Stamped};

use super::drain::drain;
use super::follow::{Partition, Work};
use super::status::Status;
use crate::pipeline::{Pipeline, PipelineConfig};

/// How long acknowledgements are waited for.
const FLUSH: Duration = Duration::from_secs(30);

/// [`Progress::next_event`] of a session of which everything was concluded.
pub const ALL_EVENTS: u64 = u64::MAX;

/// Concludes.
pub struct Engine {
    bus: Arc<dyn Bus>,
    publisher: Box<dyn Publisher>,
    format: Format,
    config: PipelineConfig,
    status: Status,
    /// What is on the topic of sessions that begin in our partitions: their revision, insights, and the first offset.
    known: BTreeMap<String, Known>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    revision: u32,
    n_insights: u64,
    is_over: bool,
    first_offset: u64,
}

/// One session on its way.
pub struct Concluding {
    session: String,
    revision: u32,
    pipeline: Pipeline,
    /// Insights concluded so far, and how many of the first ones are on the topic already.
    n_insights: u64,
    n_known: u64,
    next_event: u64,
    /// Progress as it was last said.
    said: u64,
    is_finished: bool,
    /// Nothing of the session is before it on the insights' topic.
    first_offset: u64,
}

impl Engine {
    /// An engine that has concluded nothing yet.
    ///
    /// # Errors
    ///
    /// If the bus cannot be published to.
    pub fn new(bus: Arc<dyn Bus>, config: PipelineConfig, status: Status) -> Result<Engine> {
        let (publisher, format) = (bus.publisher()?, bus.format());
        Ok(Engine { bus, publisher, format, config, status, known: BTreeMap::new() })
    }

    /// Publishes what was concluded from one event, between the progress up to that event and the progress behind it: so
    /// readers know which event each belongs to.
    fn publish(&mut self, concluding: &mut Concluding, time: SessionTime, alerts: Vec<Alert>) -> Result<()> {
        for alert in alerts {
            let sequence = concluding.n_insights;
            if sequence < concluding.n_known {
                concluding.n_insights += 1;
                continue;
            }
            self.say_progress(concluding)?;
            concluding.n_insights += 1;
            let number = Number { session: concluding.session.clone(), revision: concluding.revision, sequence };
            let value = Stamped { time, value: Insight::Alert(alert) };
            self.publisher.send(&Message::Insight(Numbered { number, value }), self.format)?;
            self.status.came_out(1);
        }
        Ok(())
    }

    fn say_progress(&mut self, concluding: &mut Concluding) -> Result<()> {
        let next_event = if concluding.is_finished { ALL_EVENTS } else { concluding.next_event };
        if concluding.said == next_event {
            return Ok(());
        }
        concluding.said = next_event;
        let progress = Progress {
            session: concluding.session.clone(),
            revision: concluding.revision,
            next_event,
            next_insight: concluding.n_insights,
        };
        Ok(self.publisher.send(&Message::Progress(progress), self.format)?)
    }
}

/// Notes what is on the topic of a session.
fn note(known: &mut BTreeMap<String, Known>, offset: u64, message: Message) {
    let (session, revision, n_insights, is_over) = match message {
        Message::Insight(insight) => {
            (insight.number.session, insight.number.revision, insight.number.sequence + 1, false)
        }
        Message::Progress(progress) => {
            (progress.session, progress.revision, progress.next_insight, progress.next_event == ALL_EVENTS)
        }
        _ => return,
    };
    let fresh = Known { revision, n_insights: 0, is_over: false, first_offset: offset };
    let known = known.entry(session).or_insert(fresh);
    if revision > known.revision {
        *known = Known { first_offset: known.first_offset, ..fresh };
    }
    if revision == known.revision {
        known.n_insights = known.n_insights.max(n_insights);
        known.is_over |= is_over;
    }
}

impl Work for Engine {
    type Folding = Concluding;

    const BESIDES: &'static [Topic] = &[];

    /// Reads what was concluded before, by whoever had the partition.
    fn gain(&mut self, partition: u32, subscription: &mut dyn Subscription) -> Result<()> {
        let from = subscription.committed(Topic::Insights, partition)?;
        let known = &mut self.known;
        drain(&*self.bus, Topic::Insights, partition, from.map_or(Start::Beginning, Start::Offset), |delivery| {
            if let Ok(message) = delivery.message() {
                note(known, delivery.offset, message);
            }
        })?;
        Ok(())
    }

    fn begin(&mut self, partition: u32, number: &Number) -> Result<Concluding> {
        let known = self.known.get(&number.session).copied();
        let first_offset = match known {
            Some(known) => known.first_offset,
            None => self.bus.ends(Topic::Insights, partition)?.end,
        };
        let (n_known, is_said) = match known {
            // What a better account has taken the place of is of no use to anybody.
            Some(known) if known.revision > number.revision => (u64::MAX, true),
            Some(known) if known.revision == number.revision => (known.n_insights, known.is_over),
            _ => (0, false),
        };
        Ok(Concluding {
            session: number.session.clone(),
            revision: number.revision,
            pipeline: self.config.clone().build(),
            n_insights: 0,
            n_known,
            next_event: 0,
            said: if is_said { ALL_EVENTS } else { 0 },
            is_finished: false,
            first_offset,
        })
    }

    fn take(&mut self, concluding: &mut Concluding, sequence: u64, event: &Stamped<Event>, _: i64) -> Result<()> {
        let step = concluding.pipeline.apply(event);
        let (time, alerts) = (step.time, step.alerts.to_vec());
        let has_news = concluding.n_insights + alerts.len() as u64 > concluding.n_known && !alerts.is_empty();
        concluding.next_event = sequence;
        self.publish(concluding, time, alerts)?;
        concluding.next_event = sequence + 1;
        if has_news { self.say_progress(concluding) } else { Ok(()) }
    }

    fn lose(&mut self, _: &mut Partition<Concluding>) -> Result<()> {
        Ok(())
    }

    fn hear(&mut self, _: &mut Partition<Concluding>, _: &Delivery, _: Message) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self, concluding: &mut Concluding) -> Result<bool> {
        let step = concluding.pipeline.finish();
        let (time, alerts) = (step.time, step.alerts.to_vec());
        self.publish(concluding, time, alerts)?;
        concluding.is_finished = true;
        self.say_progress(concluding)?;
        Ok(true)
    }

    fn pass(&mut self, partition: &mut Partition<Concluding>) -> Result<()> {
        for open in partition.open.values_mut() {
            // Progress that was said to the end is not taken back while the session is folded again.
            if open.folding.said != ALL_EVENTS {
                self.say_progress(&mut open.folding)?;
            }
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        Ok(self.publisher.flush(FLUSH)?)
    }

    fn begin_again(&self, partition: &Partition<Concluding>) -> Vec<(Topic, u64)> {
        let first = partition.open.values().map(|open| open.folding.first_offset).min();
        first.map(|offset| (Topic::Insights, offset)).into_iter().collect()
    }
}

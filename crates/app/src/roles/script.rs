//! A session's two logs on the bus as one: each event, and behind it what was concluded from it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Result;
use overcut_bus::{
    Bus, Delivery, Follower, Message, Numbered, Reader, SessionRecord, Start, Topic, Verdict, partition_of,
};
use overcut_domain::{Alert, Event, Insight, Stamped};
use overcut_timeline::Timeline;

use super::engine::ALL_EVENTS;
use crate::load::{append, finish};
use crate::pipeline::PipelineConfig;

/// How long an event waits for engines to look at it: longer than they take, and shorter than anybody notices.
const HOLD: Duration = Duration::from_millis(400);
/// How long the end of a session waits for engines.
const HOLD_END: Duration = Duration::from_secs(30);
/// How long what is there already may take to come.
const WAIT: Duration = Duration::from_secs(5);
/// How long what engines concluded may take to come: if there is none, nothing tells.
const LINGER: Duration = Duration::from_millis(500);
/// Messages read at once, so that time passes in between.
const MAX_AT_ONCE: usize = 2000;
/// Events that may wait for engines.
const MAX_WAITING: usize = 100_000;

/// What comes next.
pub enum Line {
    /// An event.
    Event(Stamped<Event>),
    /// What was concluded: from the last event, or from an earlier one if it is late.
    Alert {
        /// It.
        alert: Box<Alert>,
        /// True if the events behind it came first.
        is_late: bool,
    },
    /// The session is told anew: what came before counts no more.
    Anew,
}

/// Reads a session.
pub struct Script {
    session: String,
    partition: u32,
    events: Box<dyn Reader>,
    insights: Box<dyn Reader>,
    follower: Follower,
    /// Read and not given yet, with the number and the moment of reading.
    waiting: VecDeque<(u64, Stamped<Event>, Instant)>,
    /// The number of the next event to be given.
    next: u64,
    last_given_at: Instant,
    concluded: Concluded,
}

/// What engines said of one revision.
#[derive(Default)]
struct Concluded {
    follower: Follower,
    revision: u32,
    /// The event that conclusions belong to which come now.
    at_event: u64,
    /// Everything is concluded from the events before this.
    up_to: u64,
    /// Events that engines took, as far as they said.
    n_events: u64,
    alerts: VecDeque<(u64, Box<Alert>)>,
}

impl Script {
    /// A session from its beginning.
    ///
    /// # Errors
    ///
    /// If the bus cannot be read.
    pub fn open(bus: &dyn Bus, record: &SessionRecord) -> Result<Script> {
        let partition = partition_of(&record.session, bus.partitions());
        let read = |topic: Topic| {
            let log = record.log(topic);
            bus.read(topic, partition, log.map_or(Start::Beginning, |log| Start::Offset(log.first_offset)))
        };
        Ok(Script {
            session: record.session.clone(),
            partition,
            events: read(Topic::Events)?,
            insights: read(Topic::Insights)?,
            follower: Follower::from(record.revision, 0),
            waiting: VecDeque::new(),
            next: 0,
            last_given_at: Instant::now(),
            concluded: Concluded::of(record.revision),
        })
    }

    /// Goes on with new readers, where the old ones stood.
    ///
    /// # Errors
    ///
    /// If the bus cannot be read.
    pub fn reconnect(&mut self, bus: &dyn Bus) -> Result<()> {
        let read = |topic, reader: &dyn Reader| bus.read(topic, self.partition, Start::Offset(reader.position()));
        let (events, insights) = (read(Topic::Events, &*self.events)?, read(Topic::Insights, &*self.insights)?);
        (self.events, self.insights) = (events, insights);
        Ok(())
    }

    /// The revision, and the number of the next event.
    pub fn place(&self) -> (u32, u64) {
        (self.follower.expected().0, self.next)
    }

    /// True once engines have concluded everything, or have not answered for so long that nobody waits for them.
    pub fn is_concluded(&self) -> bool {
        self.is_all_concluded() || self.last_given_at.elapsed() > HOLD_END
    }

    /// True if everything that is on the bus now was read and given.
    ///
    /// # Errors
    ///
    /// If the bus cannot be read.
    pub fn has_caught_up(&self, bus: &dyn Bus) -> Result<bool> {
        let is_at_end = |topic, reader: &dyn Reader| -> Result<bool> {
            Ok(reader.position() >= bus.ends(topic, self.partition)?.end)
        };
        Ok(self.waiting.is_empty()
            && is_at_end(Topic::Events, &*self.events)?
            && is_at_end(Topic::Insights, &*self.insights)?)
    }

    /// Appends what is to be shown next, after waiting for news for a moment.
    ///
    /// # Errors
    ///
    /// If the bus cannot be read.
    pub fn read(&mut self, wait: Duration, lines: &mut Vec<Line>) -> Result<()> {
        let mut wait = wait;
        for _ in 0..MAX_AT_ONCE {
            let insight = self.insights.poll(Duration::ZERO)?;
            let event = if self.waiting.len() < MAX_WAITING { self.events.poll(wait)? } else { None };
            wait = Duration::ZERO;
            if insight.is_none() && event.is_none() {
                break;
            }
            if let Some(delivery) = insight.filter(|delivery| delivery.key == self.session) {
                self.concluded.hear(&delivery);
            }
            if let Some(delivery) = event.filter(|delivery| delivery.key == self.session) {
                self.hear(&delivery, lines);
            }
        }
        self.give(lines);
        Ok(())
    }

    /// The events of a revision that has just begun, as far as they are there.
    ///
    /// # Errors
    ///
    /// If the bus cannot be read.
    pub fn rest_of_revision(&mut self) -> Result<Vec<Stamped<Event>>> {
        let mut lines = Vec::new();
        while let Some(delivery) = self.events.poll(Duration::from_millis(300))? {
            if delivery.key == self.session {
                self.hear(&delivery, &mut lines);
            }
        }
        let again: Vec<_> = self.waiting.drain(..).map(|(_, event, _)| event).collect();
        self.next += again.len() as u64;
        Ok(again)
    }

    fn hear(&mut self, delivery: &Delivery, lines: &mut Vec<Line>) {
        let Ok(Message::Event(Numbered { number, value })) = delivery.message() else { return };
        match self.follower.take(&number) {
            Verdict::Next => self.waiting.push_back((number.sequence, value, Instant::now())),
            Verdict::Anew => {
                self.waiting.clear();
                self.waiting.push_back((0, value, Instant::now()));
                self.next = 0;
                self.concluded.turn_to(number.revision);
                lines.push(Line::Anew);
            }
            Verdict::Hole { expected } if expected.0 == number.revision => {
                tracing::error!(session = self.session, n = number.sequence - expected.1, "events are missing");
                self.follower = Follower::from(number.revision, number.sequence + 1);
                self.waiting.push_back((number.sequence, value, Instant::now()));
            }
            Verdict::Hole { .. } | Verdict::Repeat => {}
        }
    }

    /// Gives the events that engines have looked at, or that have waited for long enough, and what was concluded.
    fn give(&mut self, lines: &mut Vec<Line>) {
        // What was concluded from another account is of no use to this one.
        let is_same = self.concluded.revision == self.follower.expected().0;
        loop {
            while is_same
                && let Some((event, alert)) = self.concluded.alerts.pop_front_if(|(event, _)| *event < self.next)
            {
                lines.push(Line::Alert { alert, is_late: event + 1 < self.next });
            }
            let up_to = if is_same { self.concluded.up_to } else { 0 };
            let is_due = |(sequence, _, read_at): &mut (u64, Stamped<Event>, Instant)| {
                *sequence < up_to || read_at.elapsed() >= HOLD
            };
            let Some((sequence, event, _)) = self.waiting.pop_front_if(is_due) else { break };
            self.next = sequence + 1;
            self.last_given_at = Instant::now();
            lines.push(Line::Event(event));
        }
        if is_same && self.concluded.up_to == ALL_EVENTS && self.next >= self.concluded.n_events {
            let rest = self.concluded.alerts.drain(..);
            lines.extend(rest.map(|(_, alert)| Line::Alert { alert, is_late: false }));
        }
    }

    fn is_all_concluded(&self) -> bool {
        let concluded = &self.concluded;
        concluded.revision == self.follower.expected().0 && concluded.up_to == ALL_EVENTS && concluded.alerts.is_empty()
    }
}

/// A complete session as a single program would have it; `None` if it is not complete, or not everything is concluded.
///
/// # Errors
///
/// If the bus cannot be read.
pub fn whole(bus: &dyn Bus, record: &SessionRecord, config: PipelineConfig) -> Result<Option<Timeline>> {
    let log = record.log(Topic::Events);
    let Some(n_events) = log.and_then(|log| log.n_messages) else { return Ok(None) };
    let mut script = Script::open(bus, record)?;
    let mut nothing = Vec::new();
    while script.concluded.up_to != ALL_EVENTS
        && let Some(delivery) = script.insights.poll(LINGER)?
    {
        if delivery.key == script.session {
            script.concluded.hear(&delivery);
        }
    }
    if script.concluded.up_to != ALL_EVENTS {
        return Ok(None);
    }
    while script.follower.expected().1 < n_events
        && let Some(delivery) = script.events.poll(WAIT)?
    {
        if delivery.key == script.session {
            script.hear(&delivery, &mut nothing);
        }
    }
    let (mut timeline, mut pipeline, mut n_alerts) = (Timeline::new(), config.build(), 0);
    let Script { waiting, mut concluded, .. } = script;
    for (sequence, event, _) in waiting {
        let step = pipeline.apply(&event);
        let alerts = std::iter::from_fn(|| concluded.alerts.pop_front_if(|(event, _)| *event <= sequence));
        append(&mut timeline, &step, &mut n_alerts, alerts.map(|(_, alert)| *alert).collect::<Vec<_>>());
    }
    let rest = concluded.alerts.into_iter().map(|(_, alert)| *alert);
    append(&mut timeline, &pipeline.finish(), &mut n_alerts, rest);
    finish(&mut timeline, &mut pipeline);
    Ok(Some(timeline))
}

impl Concluded {
    fn of(revision: u32) -> Concluded {
        Concluded { follower: Follower::from(revision, 0), revision, ..Concluded::default() }
    }

    /// Conclusions about another revision count no more, but what came of this one already.
    fn turn_to(&mut self, revision: u32) {
        if self.revision != revision {
            *self = Concluded::of(revision);
        }
    }

    fn hear(&mut self, delivery: &Delivery) {
        match delivery.message() {
            Ok(Message::Progress(progress)) if progress.revision >= self.revision => {
                self.turn_to(progress.revision);
                self.at_event = progress.next_event;
                self.up_to = self.up_to.max(progress.next_event);
                if progress.next_event != ALL_EVENTS {
                    self.n_events = self.n_events.max(progress.next_event);
                }
            }
            Ok(Message::Insight(Numbered { number, value })) if number.revision >= self.revision => {
                self.turn_to(number.revision);
                if self.follower.take(&number) == Verdict::Repeat {
                    return;
                }
                let Insight::Alert(alert) = value.value;
                self.alerts.push_back((self.at_event, Box::new(alert)));
            }
            _ => {}
        }
    }
}

//! The sink: from the topics to a store of tables.
//!
//! It folds each session and hands the store what has changed, every second or so, each batch with the number of the last
//! event in it. The store keeps rows and number in one step. A sink that takes over folds the session from its start and
//! goes on where the store's number ends, so that nothing is missing and nothing is there twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use overcut_bus::{Delivery, Follower, Message, Number, Subscription, Topic, Verdict, partition_of};
use overcut_domain::{Alert, Event, Insight, Stamped};
use overcut_store::SessionRow;
use overcut_warehouse::{Batch, Progress, SessionId, Warehouse, Written};

use super::engine::ALL_EVENTS;
use super::follow::{Partition, Work};
use super::status::Status;
use crate::library::Title;
use crate::pipeline::{Pipeline, PipelineConfig};
use crate::rows::Changes;

/// How often rows are written.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Events after which rows are written though less time has passed: what a session that is caught up with may hold.
const MAX_EVENTS: u64 = 20_000;

/// Writes tables.
pub struct Sink {
    store: Arc<dyn Warehouse>,
    config: PipelineConfig,
    status: Status,
    /// What was concluded of sessions whose events have not come yet.
    early: BTreeMap<String, Conclusions>,
}

/// What engines said of a session.
#[derive(Default)]
struct Conclusions {
    follower: Follower,
    alerts: Vec<Alert>,
    is_all: bool,
    /// Nothing of the session is before it on the insights' topic.
    first_offset: Option<u64>,
}

/// A session on its way into the store.
pub struct Keeping {
    id: SessionId,
    revision: u32,
    pipeline: Pipeline,
    changes: Changes,
    /// Events folded.
    n_events: u64,
    /// Where the next batch begins; what is before it is in the store.
    after: u64,
    /// Where somebody else ended, until it is reached.
    known: Option<Progress>,
    /// Alerts that somebody else may not have written.
    unsure: Vec<Alert>,
    written_at: Instant,
    /// When the events were published that the store does not have yet.
    unwritten: Vec<i64>,
    conclusions: Conclusions,
}

impl Sink {
    /// A sink that has written nothing yet.
    pub fn new(store: Arc<dyn Warehouse>, config: PipelineConfig, status: Status) -> Sink {
        // Engines look for anomalies: here they are only told.
        let config = PipelineConfig { is_told_alerts: true, ..config };
        Sink { store, config, status, early: BTreeMap::new() }
    }

    /// Writes what has changed, up to a number.
    fn write(&self, keeping: &mut Keeping, sequence: u64) -> Result<()> {
        keeping.written_at = Instant::now();
        if keeping.known.is_some() || sequence <= keeping.after {
            return Ok(());
        }
        let mut rows = keeping.changes.take(&keeping.pipeline.session, &keeping.pipeline.telemetry);
        rows.alerts.put.extend(std::mem::take(&mut keeping.unsure));
        let n_rows = rows.count(|table| self.store.keeps(table)) as u64;
        let batch = Batch { session: session_row(keeping, sequence), after: keeping.after, rows };
        if self.store.write(&keeping.id, &batch)? == Written::Now {
            self.status.came_out(n_rows);
            self.status.stored(&keeping.unwritten);
        }
        keeping.unwritten.clear();
        keeping.after = sequence;
        Ok(())
    }

    /// Gives the alerts that came to whoever makes rows of them.
    fn take_alerts(keeping: &mut Keeping) {
        for alert in keeping.conclusions.alerts.drain(..) {
            keeping.changes.note_alert(alert);
        }
    }
}

impl Work for Sink {
    type Folding = Keeping;

    const BESIDES: &'static [Topic] = &[Topic::Insights];

    fn gain(&mut self, _: u32, _: &mut dyn Subscription) -> Result<()> {
        Ok(())
    }

    fn lose(&mut self, partition: &mut Partition<Keeping>) -> Result<()> {
        for open in partition.open.values_mut() {
            self.store.release(&open.folding.id)?;
        }
        Ok(())
    }

    fn begin(&mut self, _: u32, number: &Number) -> Result<Keeping> {
        let id: SessionId = number.session.parse()?;
        let known = self.store.progress(&id)?.filter(|known| known.revision == u64::from(number.revision));
        let early = self.early.remove(&number.session).unwrap_or_default();
        let conclusions = early.of(number.revision);
        Ok(Keeping {
            id,
            revision: number.revision,
            pipeline: self.config.clone().build(),
            changes: Changes::default(),
            n_events: 0,
            after: 0,
            known: known.filter(|known| known.sequence > 0),
            unsure: Vec::new(),
            written_at: Instant::now() + phase(&number.session),
            unwritten: Vec::new(),
            conclusions,
        })
    }

    fn take(&mut self, keeping: &mut Keeping, sequence: u64, event: &Stamped<Event>, published_ms: i64) -> Result<()> {
        keeping.unwritten.push(published_ms);
        let step = keeping.pipeline.apply(event);
        keeping.changes.follow(&step);
        keeping.n_events = sequence + 1;
        if keeping.known.is_some_and(|known| known.sequence == keeping.n_events) {
            keeping.turn_to_own_rows();
        }
        if keeping.n_events - keeping.after >= MAX_EVENTS {
            Sink::take_alerts(keeping);
            self.write(keeping, keeping.n_events)?;
        }
        Ok(())
    }

    fn hear(&mut self, partition: &mut Partition<Keeping>, delivery: &Delivery, message: Message) -> Result<()> {
        let Some((session, revision)) = of(&message) else { return Ok(()) };
        let conclusions = match partition.open.get_mut(session) {
            Some(open) if open.folding.revision >= revision => &mut open.folding.conclusions,
            // The events of that account are still to come.
            _ => self.early.entry(session.to_owned()).or_default(),
        };
        conclusions.hear(delivery.offset, message);
        Ok(())
    }

    /// The rows are whole once everything was concluded, too.
    fn finish(&mut self, keeping: &mut Keeping) -> Result<bool> {
        if !keeping.conclusions.is_all {
            return Ok(false);
        }
        let step = keeping.pipeline.finish();
        keeping.changes.follow(&step);
        Sink::take_alerts(keeping);
        let end = keeping.n_events + 1;
        if keeping.known.is_some_and(|known| known.sequence >= end) {
            keeping.after = end;
            keeping.known = None;
        }
        self.write(keeping, end)?;
        self.store.finish(&keeping.id)?;
        Ok(true)
    }

    fn pass(&mut self, partition: &mut Partition<Keeping>) -> Result<()> {
        for open in partition.open.values_mut().filter(|open| open.folding.written_at.elapsed() >= WRITE_EVERY) {
            Sink::take_alerts(&mut open.folding);
            let n_events = open.folding.n_events;
            self.write(&mut open.folding, n_events)?;
        }
        Ok(())
    }

    /// What the store has taken is safe; what it has not will be folded again.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn begin_again(&self, partition: &Partition<Keeping>) -> Vec<(Topic, u64)> {
        let open = partition.open.values().filter_map(|open| open.folding.conclusions.first_offset);
        let early = self.early.values().filter_map(|conclusions| conclusions.first_offset);
        let first = open.chain(early).min().or(partition.next(Topic::Insights));
        first.map(|offset| (Topic::Insights, offset)).into_iter().collect()
    }
}

impl Keeping {
    /// Somebody else wrote the rows up to here. Which alerts were among them cannot be told: they are written again.
    fn turn_to_own_rows(&mut self) {
        self.known = None;
        self.unwritten.clear();
        self.after = self.n_events;
        let rows = self.changes.take(&self.pipeline.session, &self.pipeline.telemetry);
        self.unsure = rows.alerts.put;
    }
}

impl Conclusions {
    /// Those about a revision; others count no more.
    fn of(self, revision: u32) -> Conclusions {
        if self.follower.expected().0 == revision {
            return self;
        }
        Conclusions { follower: Follower::from(revision, 0), first_offset: self.first_offset, ..Conclusions::default() }
    }

    fn hear(&mut self, offset: u64, message: Message) {
        self.first_offset.get_or_insert(offset);
        match message {
            Message::Insight(insight) => match self.follower.take(&insight.number) {
                Verdict::Repeat => {}
                verdict => {
                    if verdict == Verdict::Anew {
                        (self.alerts, self.is_all) = (Vec::new(), false);
                    }
                    let Insight::Alert(alert) = insight.value.value;
                    self.alerts.push(alert);
                }
            },
            Message::Progress(progress) => {
                let known = self.follower.expected().0;
                if progress.revision > known {
                    *self = std::mem::take(self).of(progress.revision);
                }
                self.is_all |= progress.revision >= known && progress.next_event == ALL_EVENTS;
            }
            _ => {}
        }
    }
}

/// Sessions that begin at one moment are not all written at one moment: what waits behind that would be late.
fn phase(session: &str) -> Duration {
    const N_PHASES: u32 = 10;
    WRITE_EVERY / N_PHASES * partition_of(session, N_PHASES)
}

/// Which account of which session a conclusion is about.
fn of(message: &Message) -> Option<(&str, u32)> {
    match message {
        Message::Insight(insight) => Some((&insight.number.session, insight.number.revision)),
        Message::Progress(progress) => Some((&progress.session, progress.revision)),
        _ => None,
    }
}

fn session_row(keeping: &Keeping, sequence: u64) -> SessionRow {
    let state = keeping.pipeline.session.state();
    let title = Title::new(Some(&state.info), Path::new(keeping.id.as_str()));
    SessionRow {
        season: title.season,
        meeting: title.meeting,
        name: title.name,
        circuit: title.circuit,
        starts_at: title.starts_at,
        utc_of_zero: state.utc_of_zero,
        state: "running",
        revision: u64::from(keeping.revision),
        sequence,
    }
}

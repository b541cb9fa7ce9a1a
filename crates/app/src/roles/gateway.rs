//! The gateway: sessions on the bus, for clients.
//!
//! It reads by itself, in no group: every gateway can serve every session, and folds those that somebody looks at. A
//! session's events are folded in order; what engines concluded is put behind the event that it belongs to, as a single
//! program would. While no engine answers, events are not held up for long: what it concludes then comes late, is shown
//! when it comes, and stands in its place once the session is over.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use overcut_bus::{Bus, SessionRecord, SessionState};
use overcut_server::wire::SessionSummary;
use overcut_server::{SharedSession, Shelf, now_ms};
use overcut_timeline::House;
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogue;
use super::patience::{may_begin_again, sleep};
use super::script::{Line, Script, whole};
use crate::config::DataConfig;
use crate::library::Title;
use crate::live::{Growing, MapMaker};
use crate::map;
use crate::pipeline::PipelineConfig;

/// How long news are waited for at a time.
const POLL: Duration = Duration::from_millis(20);
/// How long opening a session may take before clients get what is there.
const OPENING: Duration = Duration::from_secs(20);
/// Between two tries after the connection broke.
const REJOIN: Duration = Duration::from_secs(1);
/// How often a better map is thought of.
const MAP_EVERY: Duration = Duration::from_secs(2);

/// The sessions on a bus.
pub struct BusShelf {
    bus: Arc<dyn Bus>,
    catalogue: Catalogue,
    pipeline: PipelineConfig,
    data: DataConfig,
    shutdown: CancellationToken,
}

impl BusShelf {
    /// Those of a bus, as a catalogue lists them.
    pub fn new(
        bus: Arc<dyn Bus>,
        catalogue: Catalogue,
        pipeline: PipelineConfig,
        data: DataConfig,
        shutdown: CancellationToken,
    ) -> BusShelf {
        // Engines look for anomalies: here they are only told.
        let pipeline = PipelineConfig { is_told_alerts: true, ..pipeline };
        BusShelf { bus, catalogue, pipeline, data, shutdown }
    }
}

impl Shelf for BusShelf {
    /// Those that run first, then the latest.
    fn list(&self) -> Vec<SessionSummary> {
        let mut records = self.catalogue.all();
        records.sort_by_key(|record| {
            (record.state != SessionState::Running, std::cmp::Reverse(record.begun_at), record.session.clone())
        });
        records.iter().map(summary).collect()
    }

    /// The one that began last of those that run.
    fn current(&self) -> Option<String> {
        let records = self.catalogue.all().into_iter();
        let running = records.filter(|record| record.state == SessionState::Running);
        running.max_by_key(|record| (record.begun_at, record.session.clone())).map(|record| record.session)
    }

    fn open(&self, summary: &SessionSummary) -> Result<Arc<SharedSession>, String> {
        let record = self.catalogue.get(&summary.id).ok_or("it is no longer on the bus")?;
        self.follow(summary.clone(), record).map_err(|error| format!("{error:#}"))
    }
}

/// As the API lists it.
pub fn summary(record: &SessionRecord) -> SessionSummary {
    let title = Title::new(record.info.as_ref(), Path::new(&record.session));
    title.summary(record.session.clone(), "bus".to_owned(), None, 0)
}

impl BusShelf {
    /// Opens a session as far as it is on the bus now, and goes on on a thread for as long as somebody looks at it.
    fn follow(&self, summary: SessionSummary, record: SessionRecord) -> Result<Arc<SharedSession>> {
        if let Some(timeline) = whole(&*self.bus, &record, self.pipeline.clone())? {
            ensure!(timeline.log().entries().len() > 1, "it holds nothing to show");
            return Ok(Arc::new(SharedSession::new(summary, timeline, House::AtEnd)));
        }
        let script = Script::open(&*self.bus, &record)?;
        let growing = Growing::new(summary, self.pipeline.clone());
        let session = growing.shared().clone();
        let info = record.info.clone().unwrap_or_default();
        let map = MapMaker::new(self.pipeline.clone(), self.data.clone(), &info, Path::new("").into(), &session);
        let circuits = self.pipeline.circuits.clone();
        let mut shown =
            Shown { id: record.session, growing, script, map, map_at: Instant::now(), circuits, has_late: false };
        let until = Instant::now() + OPENING;
        while !shown.has_caught_up(&*self.bus)? && Instant::now() < until && !self.shutdown.is_cancelled() {
            shown.read(POLL)?;
        }
        let weak = Arc::downgrade(&session);
        let (bus, catalogue) = (self.bus.clone(), self.catalogue.clone());
        let (pipeline, shutdown) = (self.pipeline.clone(), self.shutdown.clone());
        let thread = thread::Builder::new().name("gateway".to_owned());
        thread
            .spawn(move || keep_up(shown, &weak, &*bus, &catalogue, &pipeline, &shutdown))
            .context("cannot start a thread")?;
        Ok(session)
    }
}

/// Goes on until the session is over, or nobody looks at it.
fn keep_up(
    mut shown: Shown,
    session: &Weak<SharedSession>,
    bus: &dyn Bus,
    catalogue: &Catalogue,
    pipeline: &PipelineConfig,
    shutdown: &CancellationToken,
) {
    // One hold is ours, in `shown`.
    while session.strong_count() > 1 && !shutdown.is_cancelled() {
        let read = shown.read(POLL).and_then(|()| shown.end_if_over(bus, catalogue, pipeline));
        match read {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) if may_begin_again(&error) => {
                tracing::warn!(session = shown.id, error = format!("{error:#}"), "the session is read again");
                sleep(REJOIN, shutdown);
                if let Err(error) = shown.script.reconnect(bus) {
                    tracing::debug!(%error, "not yet");
                }
            }
            Err(error) => {
                return tracing::error!(session = shown.id, error = format!("{error:#}"), "the session stands still");
            }
        }
    }
}

/// A session that somebody looks at.
struct Shown {
    id: String,
    growing: Growing,
    script: Script,
    map: MapMaker,
    map_at: Instant,
    /// Folder of circuit files.
    circuits: Option<PathBuf>,
    /// True if something was shown where a single program would not have shown it.
    has_late: bool,
}

impl Shown {
    fn has_caught_up(&self, bus: &dyn Bus) -> Result<bool> {
        self.script.has_caught_up(bus)
    }

    /// Reads what came, and shows it.
    fn read(&mut self, wait: Duration) -> Result<()> {
        let mut lines = Vec::new();
        self.script.read(wait, &mut lines)?;
        let mut events = Vec::new();
        for line in lines {
            match line {
                Line::Event(event) => events.push(event),
                Line::Alert { alert, is_late } => {
                    self.hear(&mut events);
                    self.has_late |= is_late;
                    self.growing.raise(*alert);
                }
                Line::Anew => {
                    events.clear();
                    let again = self.script.rest_of_revision()?;
                    self.growing.tell_anew(&again);
                    self.has_late = true;
                }
            }
        }
        self.hear(&mut events);
        self.growing.pass(now_ms());
        if self.map_at.elapsed() >= MAP_EVERY {
            self.map_at = Instant::now();
            self.map.consider(self.growing.state(), self.growing.shared());
        }
        Ok(())
    }

    /// The map that all of the session gives.
    fn draw_map(&self) {
        let session = self.growing.shared();
        let outline = map::draw(self.growing.state(), session.read().telemetry(), self.circuits.as_deref());
        if let Some(outline) = outline {
            session.update(|timeline| timeline.set_outline(outline));
        }
    }

    fn hear(&mut self, events: &mut Vec<overcut_domain::Stamped<overcut_domain::Event>>) {
        if !events.is_empty() {
            self.growing.hear(events);
            events.clear();
        }
    }

    /// Ends the session once everything of it was shown. True if it has ended.
    fn end_if_over(&mut self, bus: &dyn Bus, catalogue: &Catalogue, pipeline: &PipelineConfig) -> Result<bool> {
        let (revision, next) = self.script.place();
        if catalogue.n_events(&self.id, revision).is_none_or(|n_events| next < n_events) || !self.script.is_concluded()
        {
            return Ok(false);
        }
        if self.has_late
            && let Some(record) = catalogue.get(&self.id)
            && let Some(told) = whole(bus, &record, pipeline.clone())?
        {
            self.growing.shared().update(|shown| shown.replace(told));
        }
        self.draw_map();
        self.growing.finish();
        Ok(true)
    }
}

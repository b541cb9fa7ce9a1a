//! The whole road: produce, through the bus, into an engine and a sink, and what they conclude and write.
//!
//! The roles are those of the program, at their full work: the engine folds and concludes, the sink folds and writes
//! Parquet. What is told was made and decoded before the clock starts; writing it as Protobuf counts. The baseline is told
//! the same on topics of its own just before, and is read by one who makes nothing of it.

mod figures;
mod prepare;
mod produce;
mod stage;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use overcut_bus::Topic;
use overcut_warehouse::{ParquetFolder, SessionId, Warehouse};
use serde_json::Value;

use super::figures::Figure;
use super::folder::Folder;
use super::usage::usage;
use crate::config::Config;
use crate::output::say;
use prepare::Prepared;
use produce::{Begun, Produced, Producer};
use stage::{Kind, Stage};
use watch::{Bare, Conclusions, Dues, Watch};

pub use produce::Pace;

/// What takes longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often it is looked how far the roles are.
const LOOK: Duration = Duration::from_millis(20);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Load {
    /// The broker; none for a bus in this process.
    pub url: Option<String>,
    /// How many samples.
    pub n_samples: u64,
    /// How fast.
    pub pace: Pace,
    /// Of how many sessions.
    pub n_sessions: usize,
    /// Folder below which tables are written.
    pub parent: PathBuf,
}

/// What the baseline came to.
struct Baseline {
    produced: Produced,
    /// From the beginning until everything was read.
    took: Duration,
    late_us: Vec<u32>,
    /// Processor time of producer and reader.
    cpu: Duration,
}

/// What the whole road came to.
struct Road {
    produced: Produced,
    /// From the beginning until a reader had everything that was concluded, the sink had folded everything, and every
    /// table was whole.
    concluded: Duration,
    taken: Duration,
    stored: Duration,
    /// Events not folded yet by engine and sink when the last was acknowledged.
    behind: [u64; 2],
    conclusions: Conclusions,
    /// What engine and sink say of themselves in the end.
    figures: [Value; 2],
    /// Processor time of engine, sink, and this process.
    cpu: [Duration; 3],
}

/// Measures all of it.
///
/// # Errors
///
/// If the bus cannot be had, a role breaks down, or not everything comes through.
pub fn pipeline(config: &Config, load: &Load) -> Result<Vec<Figure>> {
    say!("preparing {} samples of {} sessions", load.n_samples, load.n_sessions);
    let prepared = Arc::new(Prepared::make(load.n_sessions, load.n_samples)?);
    say!("telling {} events with {} samples, bare", prepared.n_events(), prepared.n_samples);
    let baseline = bare(config, load, &prepared)?;
    say!("telling them to an engine and a sink");
    let road = road(config, load, &prepared)?;
    figures::figures(load, &prepared, &baseline, &road)
}

fn dues(load: &Load, prepared: &Arc<Prepared>) -> Dues {
    Dues { prepared: prepared.clone(), pace: load.pace, begun: Begun::default() }
}

fn bare(config: &Config, load: &Load, prepared: &Arc<Prepared>) -> Result<Baseline> {
    let stage = Stage::set(config, load.url.as_deref(), "bare")?;
    let dues = dues(load, prepared);
    let watch = Watch::start(&stage.bus, Topic::Events, Bare::new(dues.clone()))?;
    watch.wait_until_ready(PATIENCE)?;
    let mut producer = Producer::begin(&stage.bus, prepared)?;
    let cpu_before = usage().cpu;
    let produced = producer.tell(prepared, load.pace, &dues.begun)?;
    let mut bare = watch.finish(PATIENCE)?;
    let cpu = usage().cpu.saturating_sub(cpu_before);
    bare.late_us.sort_unstable();
    Ok(Baseline { produced, took: since(&dues.begun, bare.done_at)?, late_us: bare.late_us, cpu })
}

fn road(config: &Config, load: &Load, prepared: &Arc<Prepared>) -> Result<Road> {
    let stage = Stage::set(config, load.url.as_deref(), "road")?;
    let folder = Folder::make(&load.parent, "pipeline")?;
    let (engine_folder, sink_folder) = (folder.fresh("engine")?, folder.fresh("sink")?);
    let mut engine = stage.start(Kind::Engine, &engine_folder, config)?;
    let mut sink = stage.start(Kind::Sink, &sink_folder, config)?;
    let tables = stage::store(&sink_folder, config);
    let dues = dues(load, prepared);
    let watch = Watch::start(&stage.bus, Topic::Insights, Conclusions::new(dues.clone()))?;
    watch.wait_until_ready(PATIENCE)?;
    for role in [&mut engine, &mut sink] {
        role.wait_until_ready(stage.bus.partitions(), PATIENCE)?;
    }
    let mut producer = Producer::begin(&stage.bus, prepared)?;
    for role in [&mut engine, &mut sink] {
        role.wait_until_taken(load.n_sessions as u64, PATIENCE)?;
    }
    let cpu_before = usage().cpu;
    let produced = producer.tell(prepared, load.pace, &dues.begun)?;
    let n_events = prepared.n_events();
    let behind = [n_events.saturating_sub(engine.n_taken()?), n_events.saturating_sub(sink.n_taken()?)];
    producer.complete()?;
    let (mut taken_at, mut left, began) = (None, session_ids(prepared)?, Instant::now());
    while taken_at.is_none() || !left.is_empty() {
        ensure!(began.elapsed() < PATIENCE, "not everything was written within {PATIENCE:?}: {left:?}");
        if taken_at.is_none() && sink.n_taken()? >= n_events {
            taken_at = Some(Instant::now());
        }
        left.retain(|session| !is_whole(&tables, session));
        for role in [&mut engine, &mut sink] {
            role.check()?;
        }
        thread::sleep(LOOK);
    }
    let stored_at = Some(Instant::now());
    let mut conclusions = watch.finish(PATIENCE)?;
    conclusions.late_us.sort_unstable();
    let figures = [engine.figures()?, sink.figures()?];
    let own = usage().cpu.saturating_sub(cpu_before);
    let roles = [engine.end()?, sink.end()?];
    // Threads of this process are counted once.
    let own = if stage.has_processes() { own } else { own.saturating_sub(roles[0]).saturating_sub(roles[1]) };
    Ok(Road {
        produced,
        concluded: since(&dues.begun, conclusions.done_at)?,
        taken: since(&dues.begun, taken_at)?,
        stored: since(&dues.begun, stored_at)?,
        behind,
        conclusions,
        figures,
        cpu: [roles[0], roles[1], own],
    })
}

fn session_ids(prepared: &Prepared) -> Result<Vec<SessionId>> {
    prepared.sessions.iter().map(|session| Ok(session.id.parse()?)).collect()
}

/// True once the tables of a session hold everything.
fn is_whole(tables: &ParquetFolder, session: &SessionId) -> bool {
    // A file that is being put in its place now is looked at again.
    tables.progress(session).is_ok_and(|progress| progress.is_some_and(|progress| progress.is_finished))
}

fn since(begun: &Begun, at: Option<Instant>) -> Result<Duration> {
    let (started, _) = begun.get().context("the clock never began")?;
    Ok(at.context("not everything came")?.saturating_duration_since(*started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_goes_through_a_bus_in_process() {
        let folder = tempfile::tempdir().unwrap();
        let parent = folder.path().to_owned();
        for pace in [Pace::FlatOut, Pace::Rate(200_000.0)] {
            let load = Load { url: None, n_samples: 20_000, pace, n_sessions: 2, parent: parent.clone() };
            let figures = pipeline(&Config::default(), &load).unwrap();
            let value = |name: &str| figures.iter().find(|figure| figure.name == name).map(|figure| figure.value);
            assert!(value("pipeline.sink.samples").unwrap() > 0.0);
            assert_eq!(value("pipeline.sink.stored.delay_p99").is_some(), pace != Pace::FlatOut);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it leaves nothing behind");
    }
}

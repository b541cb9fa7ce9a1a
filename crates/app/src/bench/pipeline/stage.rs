//! The bus and the roles that are measured: processes of their own beside a broker, threads on a bus in process.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use overcut_bus::{Bus, InProcess, InProcessSettings};
use overcut_warehouse::{ParquetFolder, Warehouse};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::bench::usage::{children_cpu, thread_cpu};
use crate::clock::utc_now;
use crate::config::{BusConfig, Config};
use crate::pipeline::PipelineConfig;
use crate::roles::{self, Catalogue, Engine, Sink, Status};

/// How often it is looked how a role is.
const LOOK: Duration = Duration::from_millis(20);
/// How long a role may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Topics of our own on a broker, or a bus in process.
pub struct Stage {
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The broker and how it is spoken to; `None` in process.
    broker: Option<(String, BusConfig)>,
}

impl Stage {
    /// Makes the topics. `url` names the broker; without one it is all in this process.
    ///
    /// # Errors
    ///
    /// If the broker cannot be had.
    pub fn set(config: &Config, url: Option<&str>, name: &str) -> Result<Stage> {
        let Some(url) = url else {
            // Whoever is slow holds the producer up: nothing may be lost.
            let settings = InProcessSettings { patience: Duration::from_secs(600), ..InProcessSettings::default() };
            return Ok(Stage { bus: Arc::new(InProcess::new(settings)?), broker: None });
        };
        for variable in [roles::EVENTS_TOPIC, roles::INSIGHTS_TOPIC] {
            ensure!(std::env::var_os(variable).is_none(), "unset {variable}: the bench wants topics of its own");
        }
        let prefix = format!("bench-{}-{}-{name}.", utc_now().as_millis(), std::process::id());
        let (events_topic, insights_topic) = (String::new(), String::new());
        let bus_config = BusConfig { prefix, events_topic, insights_topic, ..config.bus.clone() };
        let bus = roles::open(&bus_config, Some(url), &CancellationToken::new())?.context("there is no bus")?;
        Ok(Stage { bus, broker: Some((url.to_owned(), bus_config)) })
    }

    /// True if roles are processes of their own.
    pub fn has_processes(&self) -> bool {
        self.broker.is_some()
    }

    /// Starts a role, with a data folder.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start(&self, kind: Kind, folder: &Path, config: &Config) -> Result<Role> {
        match &self.broker {
            Some((url, bus_config)) => Role::process(kind, url, bus_config, folder),
            None => Role::thread(kind, &self.bus, folder, config),
        }
    }
}

/// Which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// From events to insights.
    Engine,
    /// From both to Parquet tables.
    Sink,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Engine => "engine",
            Kind::Sink => "sink",
        }
    }
}

/// A role that runs. A process is killed when it is dropped.
pub enum Role {
    /// A process, which answers there.
    Process { kind: Kind, child: Child, address: SocketAddr },
    /// A thread, which says what processor time it took.
    Thread { kind: Kind, status: Status, shutdown: CancellationToken, thread: Option<JoinHandle<Result<Duration>>> },
}

/// What is written into the configuration of a process.
#[derive(Serialize)]
struct Settings<'a> {
    bus: &'a BusConfig,
}

impl Role {
    fn process(kind: Kind, url: &str, bus_config: &BusConfig, folder: &Path) -> Result<Role> {
        let path = folder.join("config.toml");
        std::fs::write(&path, toml::to_string(&Settings { bus: bus_config })?)?;
        // Free now, and nobody else takes it within a moment.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let child = Command::new(std::env::current_exe().context("cannot find this program")?)
            .arg("--config")
            .arg(&path)
            .arg("--data")
            .arg(folder)
            .args([kind.name(), "--bus", url, "--status", &address.to_string()])
            .env("OVERCUT_LOG", std::env::var("OVERCUT_LOG").unwrap_or_else(|_| "warn".to_owned()))
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start the {}", kind.name()))?;
        Ok(Role::Process { kind, child, address })
    }

    fn thread(kind: Kind, bus: &Arc<dyn Bus>, folder: &Path, config: &Config) -> Result<Role> {
        let (status, shutdown) = (Status::of(kind.name()), CancellationToken::new());
        let (bus, shared, ending) = (bus.clone(), status.clone(), shutdown.clone());
        let store = store(folder, config);
        let run = move || {
            let catalogue = Catalogue::follow(&bus, &ending)?;
            let pipeline = PipelineConfig::default();
            match kind {
                Kind::Engine => {
                    let engine = || Engine::new(bus.clone(), pipeline.clone(), shared.clone());
                    roles::follow(&*bus, kind.name(), &catalogue, &shared, &ending, engine)?;
                }
                Kind::Sink => {
                    let store: Arc<dyn Warehouse> = Arc::new(store);
                    store.prepare()?;
                    let sink = || Ok(Sink::new(store.clone(), pipeline.clone(), shared.clone()));
                    roles::follow(&*bus, kind.name(), &catalogue, &shared, &ending, sink)?;
                }
            }
            Ok(thread_cpu())
        };
        let thread = thread::Builder::new().name(kind.name().to_owned()).spawn(run).context("cannot start a thread")?;
        Ok(Role::Thread { kind, status, shutdown, thread: Some(thread) })
    }

    /// Waits until it has every partition.
    ///
    /// # Errors
    ///
    /// If it ended, or that takes longer than it is worth waiting.
    pub fn wait_until_ready(&mut self, n_partitions: u32, patience: Duration) -> Result<()> {
        self.wait_until(patience, |role| Ok(role.figures()?["n_partitions"] == n_partitions))
    }

    /// Waits until it has folded so many events.
    ///
    /// # Errors
    ///
    /// If it ended, or that takes longer than it is worth waiting.
    pub fn wait_until_taken(&mut self, n_events: u64, patience: Duration) -> Result<()> {
        self.wait_until(patience, |role| Ok(role.n_taken()? >= n_events))
    }

    fn wait_until(&mut self, patience: Duration, is_so: impl Fn(&Role) -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        // One that has just been started does not answer yet.
        while !is_so(self).unwrap_or(false) {
            self.check()?;
            ensure!(began.elapsed() < patience, "the {} is given nothing", self.kind().name());
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// What it counted so far.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn figures(&self) -> Result<Value> {
        match self {
            Role::Process { address, .. } => ask(*address),
            Role::Thread { status, .. } => Ok(serde_json::to_value(status.figures())?),
        }
    }

    /// How many events it has folded.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn n_taken(&self) -> Result<u64> {
        self.figures()?["taken_delay"]["n"].as_u64().context("a role does not say what it took")
    }

    /// Says so if it ended by itself.
    ///
    /// # Errors
    ///
    /// Then.
    pub fn check(&mut self) -> Result<()> {
        let has_ended = match self {
            Role::Process { child, .. } => child.try_wait()?.is_some(),
            Role::Thread { thread, .. } => thread.as_ref().is_none_or(JoinHandle::is_finished),
        };
        if has_ended {
            bail!("the {} has ended by itself", self.kind().name());
        }
        Ok(())
    }

    /// Ends it, and says what processor time it took from its start.
    ///
    /// # Errors
    ///
    /// If it broke down.
    pub fn end(mut self) -> Result<Duration> {
        match &mut self {
            Role::Process { child, .. } => {
                let before = children_cpu();
                child.kill()?;
                child.wait()?;
                Ok(children_cpu().saturating_sub(before))
            }
            Role::Thread { shutdown, thread, .. } => {
                shutdown.cancel();
                let thread = thread.take().context("it has ended before")?;
                thread.join().map_err(|_| anyhow!("a role broke down; this is a bug"))?
            }
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Role::Process { kind, .. } | Role::Thread { kind, .. } => *kind,
        }
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        match self {
            Role::Process { child, .. } => {
                // An error means that it has ended already.
                let _ = child.kill().and_then(|()| child.wait());
            }
            Role::Thread { shutdown, .. } => shutdown.cancel(),
        }
    }
}

/// The tables that a sink with that data folder writes.
pub fn store(folder: &Path, config: &Config) -> ParquetFolder {
    let tables: PathBuf = folder.join("tables");
    ParquetFolder::new(tables, Duration::from_secs(config.stores.write_every_s))
}

/// What a role answers.
fn ask(address: SocketAddr) -> Result<Value> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("a role answers in riddles")?;
    Ok(serde_json::from_str(body)?)
}

//! `overcut ingest`, `engine` and `gateway`: the roles, over a bus.

use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result, anyhow};
use overcut_bus::Bus;
use overcut_domain::SessionTime;
use overcut_server::Library as ServedLibrary;
use overcut_warehouse::Warehouse;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::cli::{BusArguments, EngineArguments, GatewayArguments, IngestArguments, SinkArguments, StoreKind};
use crate::interrupt::cancel_on_signal;
use crate::output::out;
use crate::roles::{self, BusShelf, Catalogue, Engine, LiveTeller, Sink, Status, Turn};
use crate::{limits, listen, stores};

/// What every role needs: a bus, figures, and a way to end.
struct Stage {
    runtime: Runtime,
    bus: Arc<dyn Bus>,
    status: Status,
    shutdown: CancellationToken,
}

impl Stage {
    fn set(context: &Context, arguments: &BusArguments, role: &str) -> Result<Stage> {
        let runtime = Runtime::new().context("cannot start the runtime")?;
        let (status, shutdown) = (Status::of(role), CancellationToken::new());
        runtime.spawn(cancel_on_signal(shutdown.clone()));
        if let Some(address) = arguments.status {
            let (status, shutdown) = (status.clone(), shutdown.clone());
            runtime.spawn(async move {
                if let Err(error) = status.serve(address, shutdown).await {
                    tracing::error!(error = format!("{error:#}"), "nobody can ask how this role is");
                }
            });
        }
        let bus = roles::open(&context.config.bus, arguments.bus.as_deref(), &shutdown)?;
        let bus = bus.context("stopped before the bus was there")?;
        Ok(Stage { runtime, bus, status, shutdown })
    }
}

/// Tells recordings, all at once, until each is told to its end; or the session that happens now, until Ctrl-C.
pub fn ingest(context: &Context, arguments: &IngestArguments) -> Result<()> {
    if arguments.live {
        return ingest_live(context, arguments);
    }
    let pace = roles::pace(arguments.speed, arguments.from.unwrap_or(SessionTime::ZERO))?;
    let entries = arguments.recordings.iter().map(|words| context.resolve(words)).collect::<Result<Vec<_>>>()?;
    let Stage { bus, status, shutdown, .. } = &Stage::set(context, &arguments.bus, "ingest")?;
    thread::scope(|scope| {
        let telling: Vec<_> = entries
            .iter()
            .map(|entry| {
                let tell = || roles::tell_recording(bus, &entry.id, &entry.path, pace, status, shutdown);
                (entry, scope.spawn(tell))
            })
            .collect();
        for (entry, telling) in telling {
            telling
                .join()
                .unwrap_or_else(|_| Err(anyhow!("it broke down; this is a bug")))
                .with_context(|| entry.id.clone())?;
            if !shutdown.is_cancelled() {
                out!("{}: told", entry.id);
            }
        }
        Ok(())
    })
}

/// Records and tells for as long as it is our turn, and stands by while it is somebody else's.
fn ingest_live(context: &Context, arguments: &IngestArguments) -> Result<()> {
    let Stage { bus, status, shutdown, .. } = &Stage::set(context, &arguments.bus, "ingest")?;
    let data = &context.config.data;
    let Some(turn) = Turn::join(bus, "live", shutdown)? else { return Ok(()) };
    while let Some(our_turn) = turn.wait("live") {
        let config = &context.config.live.recorder;
        roles::take_over(&**bus, &data.folder, config.resume_within(), &our_turn)?;
        let mut teller = LiveTeller::start(bus, status.clone(), our_turn.clone())?;
        let written = super::live::tell(context, &arguments.sources, &mut teller, our_turn.clone());
        teller.finish();
        super::live::say_where(written?)?;
    }
    Ok(())
}

/// Concludes until Ctrl-C.
pub fn engine(context: &Context, arguments: &EngineArguments) -> Result<()> {
    let Stage { bus, status, shutdown, .. } = &Stage::set(context, &arguments.bus, "engine")?;
    let catalogue = Catalogue::follow(bus, shutdown)?;
    let engine = || Engine::new(bus.clone(), context.pipeline_config(), status.clone());
    roles::follow(&**bus, &arguments.group, &catalogue, status, shutdown, engine)
}

/// Writes tables, or the latest state, until Ctrl-C.
pub fn sink(context: &Context, arguments: &SinkArguments) -> Result<()> {
    match arguments.to.tables() {
        Some(kind) => sink_tables(context, arguments, kind),
        None => sink_latest(context, arguments),
    }
}

fn sink_tables(context: &Context, arguments: &SinkArguments, kind: StoreKind) -> Result<()> {
    let Stage { bus, status, shutdown, .. } = &Stage::set(context, &arguments.bus, "sink")?;
    let store: Arc<dyn Warehouse> = stores::open(kind, &context.config)?.into();
    let group = arguments.group.clone().unwrap_or_else(|| format!("overcut-sink-{}", store.name()));
    let catalogue = Catalogue::follow(bus, shutdown)?;
    let sink = || Ok(Sink::new(store.clone(), context.pipeline_config(), status.clone()));
    roles::follow(&**bus, &group, &catalogue, status, shutdown, sink)
}

#[cfg(feature = "redis")]
fn sink_latest(context: &Context, arguments: &SinkArguments) -> Result<()> {
    let options = stores::latest(&context.config.stores)?;
    let Stage { bus, status, shutdown, .. } = &Stage::set(context, &arguments.bus, "sink")?;
    let group = arguments.group.clone().unwrap_or_else(|| "overcut-sink-redis".to_owned());
    let catalogue = Catalogue::follow(bus, shutdown)?;
    let latest = || {
        let redis = overcut_warehouse::LatestState::new(&options)?;
        Ok(roles::Latest::new(redis, options.ttl, context.pipeline_config(), status.clone()))
    };
    roles::follow(&**bus, &group, &catalogue, status, shutdown, latest)
}

#[cfg(not(feature = "redis"))]
fn sink_latest(_: &Context, _: &SinkArguments) -> Result<()> {
    anyhow::bail!("this overcut was built without Redis: build it with `--features redis`")
}

/// Serves the wall and the API on the sessions of the bus, until Ctrl-C.
pub fn gateway(context: &Context, arguments: &GatewayArguments) -> Result<()> {
    limits::raise_open_files();
    let Stage { runtime, bus, shutdown, .. } = Stage::set(context, &arguments.bus, "gateway")?;
    let catalogue = Catalogue::follow(&bus, &shutdown)?;
    let (pipeline, data) = (context.pipeline_config(), context.config.data.clone());
    let shelf = BusShelf::new(bus, catalogue, pipeline, data, shutdown.clone());
    let library = Arc::new(ServedLibrary::new(shelf));
    let listening = listen::listen(&context.config, &arguments.listen, library, None, &shutdown);
    let listening = runtime.block_on(listening)?;
    runtime.block_on(listening.run());
    Ok(())
}

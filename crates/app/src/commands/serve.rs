//! `overcut serve` and `overcut replay`: the dashboard and the API, on every recording or on one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use overcut_domain::SessionTime;
use overcut_server::wire::SessionSummary;
use overcut_server::{FeedConfig, Library as ServedLibrary, Server, ServerConfig, SharedSession, Shelf, now_ms};
use overcut_timeline::{House, MarkKind, Speed, Timeline};
use tokio_util::sync::CancellationToken;

use crate::cli::{ListenArguments, ReplayArguments, ServeArguments};
use crate::commands::Context;
use crate::config::{Config, DataConfig};
use crate::library::{Entry, Library};
use crate::limits;
use crate::load::load;
use crate::output::out;
use crate::pipeline::PipelineConfig;

/// How long before the start a replay begins if nothing else is asked for.
const LEAD_IN_MS: i64 = 30_000;

/// Serves every recording there is.
pub fn serve(context: &Context, arguments: &ServeArguments) -> Result<()> {
    let library = Library::scan(&context.config.data);
    let first = choose(&library, arguments)?;
    if library.entries().is_empty() {
        print_what_to_import(&context.config.data);
    }
    let served = Arc::new(ServedLibrary::new(DataFolder::new(context)));
    if let Some(entry) = &first {
        served.set_current(&entry.id);
    }
    start(context, &arguments.listen, served, first.map(|entry| entry.id))
}

/// Plays one recording as if it happened now.
pub fn replay(context: &Context, arguments: &ReplayArguments) -> Result<()> {
    let started = Instant::now();
    let speed = Speed::from_times(arguments.speed).context("--speed")?;
    let entry = context.resolve(&arguments.recording)?;
    let session = open(&entry, context.pipeline_config())?;
    let from = from(arguments.from.as_deref(), &session.read())?;
    session.set_house(House::Running { since_ms: now_ms(), from, speed, is_as_live: arguments.as_live });
    tracing::debug!(ms = started.elapsed().as_millis() as u64, "ready");
    let served = Arc::new(ServedLibrary::new(DataFolder::new(context)));
    served.put(Arc::new(session));
    start(context, &arguments.listen, served, Some(entry.id))
}

/// The session that the arguments of `serve` name, if they name one.
fn choose(library: &Library, arguments: &ServeArguments) -> Result<Option<Entry>> {
    let year = arguments.year.map(|year| year.to_string());
    let words: Vec<_> = [year, arguments.event.clone(), arguments.session.clone()].into_iter().flatten().collect();
    if words.is_empty() {
        return Ok(library.entries().first().cloned());
    }
    library.find(&words.join(" ")).cloned().map(Some)
}

/// The moment that `--from` names, or shortly before the start.
fn from(text: Option<&str>, timeline: &Timeline) -> Result<SessionTime> {
    match text {
        Some("start") => Ok(timeline.start()),
        Some(text) => {
            let time: SessionTime = text.parse().context("--from takes session time such as 0:46:30, or start")?;
            ensure!(
                (timeline.start()..=timeline.head()).contains(&time),
                "--from {time} is outside the recording, which runs from {} to {}",
                timeline.start(),
                timeline.head()
            );
            Ok(time)
        }
        None => {
            let marks = timeline.marks_at(timeline.head());
            let start = marks.iter().find(|mark| mark.kind == MarkKind::Start).map(|mark| mark.time - LEAD_IN_MS);
            Ok(start.map_or(timeline.start(), |time| time.max(timeline.start())))
        }
    }
}

/// Reads a recording for the server.
pub(super) fn open(entry: &Entry, pipeline: PipelineConfig) -> Result<SharedSession> {
    let loaded = load(&entry.path, pipeline.build())?;
    ensure!(loaded.timeline.log().entries().len() > 1, "{} holds nothing to show", entry.path.display());
    Ok(SharedSession::new(entry.summary(), loaded.timeline, House::AtEnd))
}

/// The recordings of the data folder, as the server's library sees them.
struct DataFolder {
    data: DataConfig,
    pipeline: PipelineConfig,
}

impl DataFolder {
    fn new(context: &Context) -> DataFolder {
        DataFolder { data: context.config.data.clone(), pipeline: context.pipeline_config() }
    }
}

impl Shelf for DataFolder {
    fn list(&self) -> Vec<SessionSummary> {
        Library::scan(&self.data).entries().iter().map(Entry::summary).collect()
    }

    fn open(&self, summary: &SessionSummary) -> Result<Arc<SharedSession>, String> {
        let library = Library::scan(&self.data);
        let entry = library.get(&summary.id).ok_or("it is no longer there")?;
        open(entry, self.pipeline.clone()).map(Arc::new).map_err(|error| format!("{error:#}"))
    }
}

/// Listens, says where, and serves until Ctrl-C or SIGTERM.
fn start(
    context: &Context,
    arguments: &ListenArguments,
    library: Arc<ServedLibrary>,
    session: Option<String>,
) -> Result<()> {
    limits::raise_open_files();
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let config = server_config(&context.config, arguments);
        let server = Server::bind(&config, library.clone(), shutdown.clone())
            .with_context(|| "choose another port with --port, or 0 for any free one")?;
        let feed = bind_feed(arguments, &config, library, session.as_deref(), &shutdown).await?;
        announce(&server, feed.as_ref(), session.as_deref(), arguments.open)?;
        tokio::spawn(stop_on_signal(shutdown));
        match feed {
            Some(feed) => drop(tokio::join!(server.run(), feed.run())),
            None => server.run().await,
        }
        Ok(())
    })
}

fn server_config(config: &Config, arguments: &ListenArguments) -> ServerConfig {
    let server = &config.server;
    ServerConfig {
        address: SocketAddr::new(arguments.bind.unwrap_or(server.bind), arguments.port.unwrap_or(server.port)),
        allowed_origins: server.allowed_origins.clone(),
        allowed_hosts: server.allowed_hosts.clone(),
        max_connections: server.max_connections,
        ..ServerConfig::default()
    }
}

async fn bind_feed(
    arguments: &ListenArguments,
    config: &ServerConfig,
    library: Arc<ServedLibrary>,
    session: Option<&str>,
    shutdown: &CancellationToken,
) -> Result<Option<Server>> {
    let Some(port) = arguments.feed_port else { return Ok(None) };
    let Some(session) = session else { bail!("--feed-port needs a session: there is no recording yet") };
    let mut server = config.clone();
    server.address.set_port(port);
    let feed = FeedConfig { server, session: session.to_owned(), hz: arguments.hz };
    Ok(Some(Server::bind_feed(&feed, library, shutdown.clone()).await.context("cannot serve the feed port")?))
}

/// Says where the wall is, on standard output, so that scripts can read it too.
fn announce(server: &Server, feed: Option<&Server>, session: Option<&str>, open: bool) -> Result<()> {
    let query = session.map_or(String::new(), |id| format!("/?session={id}"));
    let url = format!("http://{}{query}", server.address());
    out!("wall  {url}");
    out!("api   http://{}/api/docs", server.address());
    if let Some(feed) = feed {
        out!("feed  ws://{}", feed.address());
    }
    if open {
        open_browser(&url);
    }
    Ok(())
}

/// Asks the desktop to open the page. Where there is no desktop, the printed address has to do.
fn open_browser(url: &str) {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let quiet = std::process::Stdio::null;
    let started = std::process::Command::new(opener).arg(url).stdout(quiet()).stderr(quiet()).spawn();
    if let Err(error) = started {
        tracing::debug!(opener, %error, "no browser to open");
    }
}

/// Cancels on the first Ctrl-C or SIGTERM; a second one ends the program at once.
async fn stop_on_signal(shutdown: CancellationToken) {
    signal().await;
    eprintln!("stopping; once more to stop at once");
    shutdown.cancel();
    signal().await;
    std::process::exit(130);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot listen for SIGTERM");
            let _ = tokio::signal::ctrl_c().await; // an error here means that no signal will ever come
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await; // an error here means that no signal will ever come
}

fn print_what_to_import(data: &DataConfig) {
    let mut places: Vec<PathBuf> = vec![data.folder.clone()];
    places.extend(data.also.iter().cloned());
    let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
    eprintln!("no recordings yet in {}", places.join(" or "));
    eprintln!("take one in with `overcut import <folder or file>`, or name a folder of them in $OVERCUT_DATA;");
    eprintln!("docs/formats.md says what can be read");
}

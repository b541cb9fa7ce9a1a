//! Listening: where the server is, who is told, and when it stops.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use overcut_server::{FeedConfig, Library, Server, ServerConfig};
use tokio_util::sync::CancellationToken;

use crate::cli::ListenArguments;
use crate::config::Config;
use crate::interrupt::cancel_on_signal;
use crate::limits;
use crate::output::out;

/// Listens, says where, and serves until Ctrl-C or SIGTERM.
pub fn serve(
    config: &Config,
    arguments: &ListenArguments,
    library: Arc<Library>,
    session: Option<String>,
) -> Result<()> {
    limits::raise_open_files();
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        let listening = listen(config, arguments, library, session.as_deref(), &shutdown).await?;
        tokio::spawn(cancel_on_signal(shutdown));
        listening.run().await;
        Ok(())
    })
}

/// What listens.
pub struct Listening {
    server: Server,
    feed: Option<Server>,
}

/// Listens and says where. On a runtime.
pub async fn listen(
    config: &Config,
    arguments: &ListenArguments,
    library: Arc<Library>,
    session: Option<&str>,
    shutdown: &CancellationToken,
) -> Result<Listening> {
    let config = server_config(config, arguments);
    let server = Server::bind(&config, library.clone(), shutdown.clone())
        .with_context(|| "choose another port with --port, or 0 for any free one")?;
    let feed = bind_feed(arguments, &config, library, session, shutdown).await?;
    announce(&server, feed.as_ref(), session, arguments.open)?;
    Ok(Listening { server, feed })
}

impl Listening {
    /// Serves until the token is cancelled.
    pub async fn run(self) {
        match self.feed {
            Some(feed) => drop(tokio::join!(self.server.run(), feed.run())),
            None => self.server.run().await,
        }
    }
}

/// Where to listen, as asked for or configured.
pub fn address(config: &Config, arguments: &ListenArguments) -> SocketAddr {
    let server = &config.server;
    SocketAddr::new(arguments.bind.unwrap_or(server.bind), arguments.port.unwrap_or(server.port))
}

fn server_config(config: &Config, arguments: &ListenArguments) -> ServerConfig {
    let server = &config.server;
    ServerConfig {
        address: address(config, arguments),
        allowed_origins: server.allowed_origins.clone(),
        allowed_hosts: server.allowed_hosts.clone(),
        max_connections: server.max_connections,
        ..ServerConfig::default()
    }
}

async fn bind_feed(
    arguments: &ListenArguments,
    config: &ServerConfig,
    library: Arc<Library>,
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

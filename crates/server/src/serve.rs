//! Putting it together: routes, layers, listener, shutdown.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::client::feed::serve_feed_client;
use crate::client::routes::{self, sized};
use crate::clock::{Ticker, now_ms};
use crate::guard::{Guard, add_headers, check, only_reads};
use crate::library::{Library, LibraryError};
use crate::shared::SharedSession;
use crate::state::{App, ClientGuard};
use crate::{dashboard, listener, rest};

/// Longest body of a request: none is needed.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// How long an answer may take, opening a recording included.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long clients have to take their close frame when the server stops.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// What the system may keep for a client that does not read, bytes: about two seconds of everything.
const SEND_BUFFER_BYTES: u32 = 256 * 1024;

/// Where and for whom to serve.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Address; loopback unless told otherwise. Port 0 takes a free one.
    pub address: SocketAddr,
    /// Origins besides our own that browsers may call from, such as `https://wall.example`.
    pub allowed_origins: Vec<String>,
    /// Names besides the address and `localhost` under which the server may be reached.
    pub allowed_hosts: Vec<String>,
    /// Connections at the same time; others wait.
    pub max_connections: usize,
    /// What the system may keep of messages for a client that does not read, bytes; `None` leaves it to the system.
    pub send_buffer_bytes: Option<u32>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8722),
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            max_connections: 5000,
            send_buffer_bytes: Some(SEND_BUFFER_BYTES),
        }
    }
}

/// The feed port: samples of one session as JSON.
#[derive(Debug, Clone)]
pub struct FeedConfig {
    /// Where and for whom; port 8765 by convention.
    pub server: ServerConfig,
    /// Key of the session.
    pub session: String,
    /// Moments a second, above 0 to 50.
    pub hz: f32,
}

/// Why serving cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// An origin is not one.
    #[error("allowed origin {0:?} is not an origin, such as https://wall.example")]
    Origin(String),
    /// The feed's session cannot be served.
    #[error(transparent)]
    Session(#[from] LibraryError),
    /// The feed's rate is out of range.
    #[error("hz is {0}, want above 0 to 50")]
    Hz(f32),
}

/// A server that has begun to listen.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
    max_connections: usize,
    shutdown: CancellationToken,
    clients: TaskTracker,
    address: SocketAddr,
}

impl Server {
    /// Listens for the API, the WebSockets and the dashboard. Must be called on a runtime.
    ///
    /// # Errors
    ///
    /// If the address is taken or an origin is malformed.
    pub fn bind(
        config: &ServerConfig,
        library: Arc<Library>,
        shutdown: CancellationToken,
    ) -> Result<Server, ServeError> {
        let (listener, address) = listen(config)?;
        let (app, clients) = state(library, shutdown.clone());
        let (api, _) = rest::router();
        let routes = api.merge(routes::router()).fallback(dashboard::file).with_state(app);
        let router = layered(routes, config, address)?;
        Ok(Server { listener, router, max_connections: config.max_connections, shutdown, clients, address })
    }

    /// Listens for clients of the simple "telemetry server" convention, on a port of their own.
    ///
    /// # Errors
    ///
    /// As [`Server::bind`], and if the session cannot be opened or the rate is out of range.
    pub async fn bind_feed(
        config: &FeedConfig,
        library: Arc<Library>,
        shutdown: CancellationToken,
    ) -> Result<Server, ServeError> {
        if !(config.hz > 0.0 && config.hz <= 50.0) {
            return Err(ServeError::Hz(config.hz));
        }
        let session = library.open_session(&config.session).await?;
        let (listener, address) = listen(&config.server)?;
        let (app, clients) = state(library, shutdown.clone());
        let feed = Arc::new(Feed { app, session, hz: config.hz });
        // Clients of the convention connect to the bare port; some name a path.
        let routes = Router::new().route("/", get(feed_client)).fallback(get(feed_client)).with_state(feed);
        let router = layered(routes, &config.server, address)?;
        Ok(Server { listener, router, max_connections: config.server.max_connections, shutdown, clients, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the token is cancelled; then tells clients goodbye and ends within a few seconds.
    pub async fn run(self) {
        listener::serve(self.listener, self.router, self.max_connections, self.shutdown).await;
        self.clients.close();
        if tokio::time::timeout(CLOSE_GRACE, self.clients.wait()).await.is_err() {
            tracing::debug!("some clients did not close in time");
        }
    }
}

fn listen(config: &ServerConfig) -> Result<(TcpListener, SocketAddr), ServeError> {
    let failed = |source| ServeError::Bind { address: config.address, source };
    let listener = listener::bind(config.address, config.send_buffer_bytes).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn state(library: Arc<Library>, shutdown: CancellationToken) -> (Arc<App>, TaskTracker) {
    let clients = TaskTracker::new();
    let app = App {
        library,
        ticker: Ticker::start(shutdown.clone()),
        shutdown,
        started_ms: now_ms(),
        n_clients: AtomicU32::new(0),
        clients: clients.clone(),
    };
    (Arc::new(app), clients)
}

/// Puts the layers on that every path has. The first one added is the innermost.
fn layered(routes: Router, config: &ServerConfig, address: SocketAddr) -> Result<Router, ServeError> {
    let guard = Arc::new(Guard::new(address, &config.allowed_hosts, &config.allowed_origins));
    Ok(routes
        .layer(CompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, ANSWER_TIMEOUT))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(from_fn(only_reads))
        .layer(cors(&config.allowed_origins)?)
        .layer(from_fn_with_state(guard, check))
        .layer(from_fn(add_headers)))
}

/// Lets pages of the configured origins read our answers; others get no such permission.
fn cors(origins: &[String]) -> Result<CorsLayer, ServeError> {
    let value = |origin: &String| {
        let is_origin = origin.split_once("://").is_some_and(|(_, rest)| !rest.trim_end_matches('/').contains('/'));
        let value = HeaderValue::from_str(origin.trim_end_matches('/')).ok().filter(|_| is_origin);
        value.ok_or_else(|| ServeError::Origin(origin.clone()))
    };
    let origins = origins.iter().map(value).collect::<Result<Vec<_>, _>>()?;
    Ok(CorsLayer::new().allow_origin(AllowOrigin::list(origins)).allow_methods([Method::GET, Method::HEAD]))
}

/// What the feed port serves.
struct Feed {
    app: Arc<App>,
    session: Arc<SharedSession>,
    hz: f32,
}

async fn feed_client(State(feed): State<Arc<Feed>>, upgrade: WebSocketUpgrade) -> Response {
    sized(upgrade).on_upgrade(async move |socket| {
        let app = feed.app.clone();
        let _counted = ClientGuard::new(app.clone());
        serve_feed_client(socket, feed.session.clone(), feed.hz, app.ticker.subscribe(), app.shutdown.clone()).await;
    })
}

//! Formula 1's push service: SignalR Core as `livetiming.formula1.com` speaks it, playing a tape.
//!
//! | request | answer |
//! |---|---|
//! | `OPTIONS /signalrcore/negotiate` | the load balancer's cookie |
//! | `GET /signalrcore/negotiate` | 405 |
//! | `POST /signalrcore/negotiate` | a connection token; 401 for a bearer that is not the right one |
//! | `GET /signalrcore?id=…`, upgrade | the WebSocket; 404 without the token and the cookie of a negotiation |
//! | `/signalr/negotiate` | 401: the classic service is gone |
//!
//! Over the WebSocket: handshake, `Subscribe` with the snapshot for an answer, then the feed at the tape's pace, several
//! records to a frame and now and then a frame in fragments; a ping every 15 s, an end after 30 s of silence from the
//! client and after two hours in any case.

mod connection;
mod faults;
mod wire;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use overcut_domain::UtcTime;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::http::{Answer, Request, Socket};
use super::tls::SelfSigned;
use crate::tape::{Tape, TapeClock, TapeState};
use connection::{Connection, Ended};
pub use faults::{Faults, Refusal, Settings};
pub use wire::GATED;

/// What a stub plays, and how.
#[derive(Debug, Clone)]
pub struct SignalRConfig {
    /// What it plays.
    pub tape: Arc<Tape>,
    /// Where the tape is.
    pub clock: TapeClock,
    /// The token that opens gated topics.
    pub token: Option<String>,
    /// How many times shorter than the real server's its waits are: between pings, for a silent client, to the cut
    /// after two hours.
    pub faster: f64,
    /// Serves with a certificate that nobody signed.
    pub is_tls: bool,
}

impl SignalRConfig {
    /// A tape, waits as much shorter as the tape is faster, no token.
    pub fn new(tape: Arc<Tape>, clock: TapeClock) -> SignalRConfig {
        let faster = clock.speed();
        SignalRConfig { tape, clock, token: None, faster, is_tls: false }
    }
}

/// What a stub has seen and done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// TCP connections taken.
    pub n_sockets: u64,
    /// Requests, upgrades among them.
    pub n_requests: u64,
    /// Negotiations asked for, refused ones among them.
    pub n_negotiations: u64,
    /// WebSockets opened.
    pub n_connections: u64,
    /// WebSockets that are open, half-open ones included.
    pub n_open: u64,
    /// Subscriptions.
    pub n_subscriptions: u64,
    /// Messages of the feed sent, all connections together.
    pub n_messages: u64,
    /// Those of a `.z` topic.
    pub n_packed: u64,
    /// Pings received.
    pub n_pings: u64,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// Method and path, such as `POST /signalrcore/negotiate`.
    pub what: String,
    /// The status of the answer.
    pub status: u16,
    /// The bearer that came with it.
    pub bearer: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
}

/// A message of the feed as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The topic.
    pub topic: Arc<str>,
    /// The stamp it bears.
    pub stamp: UtcTime,
    /// The connection, from 0 in the order of opening.
    pub connection: u64,
    /// When it was handed to the socket.
    pub at: Instant,
}

/// A running server. It stops when this is dropped.
pub struct SignalRStub {
    address: SocketAddr,
    shared: Arc<Shared>,
    certificate_pem: Option<String>,
    task: JoinHandle<()>,
}

struct Shared {
    tape: Arc<Tape>,
    clock: TapeClock,
    faster: f64,
    faults: Faults,
    state: Mutex<TapeState>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    counts: Counts,
    asked: Vec<Asked>,
    sent: Vec<Sent>,
    /// Connection tokens given out, and whether they came with the right bearer.
    negotiated: HashMap<String, bool>,
}

/// Longest log of messages: three whole sessions.
const MAX_SENT: usize = 200_000;

impl SignalRStub {
    /// Starts one on a free port.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn start(config: SignalRConfig) -> SignalRStub {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on loopback");
        let address = listener.local_addr().expect("the address it was bound to");
        let shared = Arc::new(Shared {
            tape: config.tape,
            clock: config.clock,
            faster: config.faster,
            faults: Faults::new(config.token),
            state: Mutex::default(),
            log: Mutex::default(),
        });
        let tls = config.is_tls.then(SelfSigned::new);
        let certificate_pem = tls.as_ref().map(|tls| tls.pem.clone());
        let task = tokio::spawn(accept_all(listener, shared.clone(), tls));
        SignalRStub { address, shared, certificate_pem, task }
    }

    /// Its address, as a client is configured: `http://127.0.0.1:PORT/signalrcore`.
    pub fn url(&self) -> String {
        let scheme = if self.certificate_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/signalrcore", self.address)
    }

    /// The certificate it serves, in PEM.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate_pem.as_deref()
    }

    /// The switches of what may go wrong.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// What it has seen and done so far.
    pub fn counts(&self) -> Counts {
        self.shared.log().counts
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.log().asked.clone()
    }

    /// All messages of the feed sent so far, in the order of sending.
    pub fn sent(&self) -> Vec<Sent> {
        self.shared.log().sent.clone()
    }

    /// When the message of that topic and stamp was first sent.
    pub fn sent_at(&self, topic: &str, stamp: UtcTime) -> Option<Instant> {
        let log = self.shared.log();
        log.sent.iter().find(|sent| *sent.topic == *topic && sent.stamp == stamp).map(|sent| sent.at)
    }
}

impl Drop for SignalRStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count<R>(&self, change: impl FnOnce(&mut Counts) -> R) -> R {
        change(&mut self.log().counts)
    }

    fn log_sent(&self, sent: Sent) {
        let mut log = self.log();
        if log.sent.len() < MAX_SENT {
            log.sent.push(sent);
        }
    }

    /// The tape's state at a position.
    fn with_state<R>(&self, position_ms: i64, read: impl FnOnce(&TapeState) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.advance(&self.tape, self.tape.n_sent(position_ms));
        read(&state)
    }

    fn wait(&self, real: Duration) -> Duration {
        real.div_f64(self.faster)
    }
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared>, tls: Option<SelfSigned>) {
    let mut sockets = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        while sockets.try_join_next().is_some() {}
        shared.count(|counts| counts.n_sockets += 1);
        sockets.spawn(serve_socket(socket, shared.clone(), tls.clone()));
    }
}

async fn serve_socket(socket: TcpStream, shared: Arc<Shared>, tls: Option<SelfSigned>) {
    // A feed of small messages must not wait for more of them.
    let _ = socket.set_nodelay(true);
    tokio::time::sleep(shared.faults.settings().slow_accept).await;
    let socket: Box<dyn Socket> = match tls {
        None => Box::new(socket),
        Some(tls) => match tls.acceptor.accept(socket).await {
            Ok(socket) => Box::new(socket),
            Err(_) => return,
        },
    };
    // Whoever hangs up in the middle is gone; there is nobody to tell.
    let _ = serve_requests(socket, shared).await;
}

async fn serve_requests(mut socket: Box<dyn Socket>, shared: Arc<Shared>) -> io::Result<()> {
    let mut rest = Vec::new();
    while let Some(request) = Request::read(&mut *socket, &mut rest).await? {
        let (answer, upgraded) = shared.answer(&request);
        shared.note(&request, answer.status);
        answer.write(&mut *socket).await?;
        if let Some(is_authorised) = upgraded {
            let web = WebSocketStream::from_partially_read(socket, rest, Role::Server, None).await;
            serve_web(web, shared, is_authorised).await;
            return Ok(());
        }
    }
    Ok(())
}

async fn serve_web(web: WebSocketStream<Box<dyn Socket>>, shared: Arc<Shared>, is_authorised: bool) {
    let idx = shared.count(|counts| {
        counts.n_connections += 1;
        counts.n_open += 1;
        counts.n_connections - 1
    });
    let _open = Open(shared.clone());
    let mut connection = Connection::new(shared, web, idx, is_authorised);
    if let Ended::Frozen = connection.serve().await {
        // The socket lives on in `connection`, and nobody tends to it.
        std::future::pending().await
    }
}

/// Counts a connection as open for as long as it lives.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.count(|counts| counts.n_open -= 1);
    }
}

/// The load balancer's cookie.
const COOKIE: &str = "AWSALBCORS=stub-affinity-7d1f";

impl Shared {
    /// The answer to a request, and for an upgrade whether it came with the right bearer.
    fn answer(&self, request: &Request) -> (Answer, Option<bool>) {
        match (request.method.as_str(), request.path.as_str()) {
            ("OPTIONS", "/signalrcore/negotiate") => (self.give_cookie(Answer::of(200, "")), None),
            ("POST", "/signalrcore/negotiate") => (self.negotiate(request), None),
            (_, "/signalrcore/negotiate") => (Answer::of(405, "").with("allow", "OPTIONS, POST"), None),
            ("GET", "/signalrcore") => self.upgrade(request),
            (_, "/signalr/negotiate") => (Answer::of(401, ""), None),
            _ => (Answer::of(404, ""), None),
        }
    }

    fn give_cookie(&self, answer: Answer) -> Answer {
        if self.faults.settings().has_no_cookie {
            return answer;
        }
        answer.with(
            "set-cookie",
            format!("{COOKIE}; Expires=Sat, 21 Mar 2099 02:17:12 GMT; Path=/; SameSite=None; Secure"),
        )
    }

    fn negotiate(&self, request: &Request) -> Answer {
        self.count(|counts| counts.n_negotiations += 1);
        if let Some(refusal) = self.faults.take_refusal(|settings| &mut settings.negotiate) {
            return refused(&refusal);
        }
        let settings = self.faults.settings();
        if settings.answers_html {
            let page = "<!doctype html><title>Welcome</title><p>Please sign in to this network.";
            return Answer::of(200, page).with("content-type", "text/html");
        }
        let bearer = bearer(request);
        if bearer.is_some() && bearer != settings.token.as_deref() {
            return Answer::of(401, "").with("www-authenticate", "Bearer error=\"invalid_token\"");
        }
        let mut log = self.log();
        // A real token is base64, which a query must not carry as it is.
        let token = format!("Zm9v+{}/8=", log.negotiated.len());
        log.negotiated.insert(token.clone(), bearer.is_some());
        let transport = |name: &str, formats: &[&str]| json!({ "transport": name, "transferFormats": formats });
        let body = json!({
            "negotiateVersion": 1,
            "connectionId": format!("q1{}", log.negotiated.len()),
            "connectionToken": token,
            "availableTransports": [
                transport("WebSockets", &["Text", "Binary"]),
                transport("ServerSentEvents", &["Text"]),
                transport("LongPolling", &["Text", "Binary"]),
            ],
        });
        drop(log);
        self.give_cookie(Answer::of(200, body.to_string()).with("content-type", "application/json"))
    }

    fn upgrade(&self, request: &Request) -> (Answer, Option<bool>) {
        if let Some(refusal) = self.faults.take_refusal(|settings| &mut settings.upgrade) {
            return (refused(&refusal), None);
        }
        let settings = self.faults.settings();
        let token = request.parameter("id").unwrap_or_default();
        let is_authorised = self.log().negotiated.remove(&token);
        let has_cookie = request.header("cookie").is_some_and(|cookies| cookies.contains(COOKIE));
        let (Some(is_authorised), true) = (is_authorised, has_cookie || settings.has_no_cookie) else {
            // Without its cookie the load balancer asks another machine, which knows nothing of this connection.
            return (Answer::of(404, "No Connection with that ID"), None);
        };
        let bearer = bearer(request);
        if bearer.is_some() && bearer != settings.token.as_deref() {
            return (Answer::of(401, ""), None);
        }
        let Some(key) = request.header("sec-websocket-key") else { return (Answer::of(400, ""), None) };
        let answer = Answer::of(101, "")
            .with("upgrade", "websocket")
            .with("connection", "Upgrade")
            .with("sec-websocket-accept", derive_accept_key(key.as_bytes()));
        (answer, Some(is_authorised && bearer.is_some()))
    }

    fn note(&self, request: &Request, status: u16) {
        let mut log = self.log();
        log.counts.n_requests += 1;
        log.asked.push(Asked {
            at: Instant::now(),
            what: format!("{} {}", request.method, request.path),
            status,
            bearer: bearer(request).map(str::to_owned),
            user_agent: request.header("user-agent").map(str::to_owned),
        });
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let answer = Answer::of(refusal.status, "");
    match &refusal.retry_after {
        Some(retry_after) => answer.with("retry-after", retry_after),
        None => answer,
    }
}

fn bearer(request: &Request) -> Option<&str> {
    request.header("authorization")?.strip_prefix("Bearer ")
}

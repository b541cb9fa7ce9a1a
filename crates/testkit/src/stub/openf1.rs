//! OpenF1: its REST API, its token, and its broker, hosted or one's own.
//!
//! | request | answer |
//! |---|---|
//! | `POST /token` | a token with a life that is a text; 401 for a wrong name or password |
//! | `GET /v1/ENDPOINT?…` | the rows that match, or CSV; what does not match is 404, or `[]` on a server of one's own |
//! | without a token, locked | 401, whatever is asked for |
//! | too many rows | 422 |
//! | too often | 429 with `retry-after` |
//! | another path | 500 with a page |
//!
//! The broker speaks MQTT 3.1.1 on a plain port, an encrypted one, and through WebSockets at `/mqtt`.

mod broker;
mod query;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::{JoinHandle, JoinSet};

use super::http::{Answer, Request, Socket};
use super::tls::SelfSigned;

/// What a stub holds, and how strict it is.
#[derive(Debug, Clone)]
pub struct OpenF1Config {
    /// The rows of each endpoint, in order.
    pub rows: BTreeMap<String, Vec<Value>>,
    /// Name and password that get a token.
    pub account: (String, String),
    /// Empty answers are 404, as those of the hosted service; else `[]`.
    pub is_hosted: bool,
    /// Life of tokens.
    pub token_life: Duration,
    /// Requests without a token that are allowed in a second and in a minute; with one twice as many.
    pub limits: Option<(usize, usize)>,
    /// More rows than this are too much at once.
    pub max_rows: usize,
}

/// What happens to a request instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// This status, with a page for a body.
    Status(u16),
    /// 429 without `retry-after`.
    RateLimited,
    /// 429 with so many seconds of `retry-after`.
    RateLimitedFor(u64),
    /// A page instead of rows, with status 200.
    Page,
    /// The answer ends in its middle.
    Truncated,
    /// An answer of so many bytes.
    Gigantic(usize),
    /// The connection ends without an answer.
    HangUp,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// Method, path and query as sent.
    pub what: String,
    /// Whether a token came with it that is good.
    pub has_token: bool,
    /// Status of the answer; 0 if there was none.
    pub status: u16,
}

/// What the broker does with what it should send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BrokerFaults {
    /// Sends nothing any more, and answers no ping either.
    pub is_stalled: bool,
    /// Sends no rows, but answers pings.
    pub is_mute: bool,
    /// Refuses everybody.
    pub is_closed: bool,
}

/// A running server. It stops when this is dropped.
pub struct OpenF1Stub {
    rest: SocketAddr,
    plain: SocketAddr,
    encrypted: SocketAddr,
    shared: Arc<Shared>,
    certificate: String,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    config: OpenF1Config,
    log: Mutex<Log>,
    rows: broadcast::Sender<broker::Sent>,
}

#[derive(Default)]
struct Log {
    asked: Vec<Asked>,
    slots: VecDeque<Instant>,
    tokens: BTreeMap<String, Instant>,
    troubles: VecDeque<(String, Trouble)>,
    is_locked: bool,
    broker: BrokerFaults,
    n_ids: i64,
    n_tokens: u64,
    n_connections: u64,
    n_open: u64,
    subscribed: Vec<String>,
    logins: Vec<String>,
}

impl OpenF1Config {
    /// A server that holds nothing.
    pub fn empty() -> OpenF1Config {
        OpenF1Config {
            rows: BTreeMap::new(),
            account: ("somebody@example.org".to_owned(), "correct horse battery".to_owned()),
            is_hosted: true,
            token_life: Duration::from_secs(3600),
            limits: None,
            max_rows: usize::MAX,
        }
    }

    /// The answers in a folder, `openf1_ENDPOINT.json` each, compressed or not.
    ///
    /// # Panics
    ///
    /// If the folder or a file cannot be read.
    pub fn of_folder(folder: &Path) -> OpenF1Config {
        let mut config = OpenF1Config::empty();
        for entry in std::fs::read_dir(folder).expect("a folder of answers") {
            let path = entry.expect("an entry of a folder").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(endpoint) = name.strip_prefix("openf1_").and_then(|name| name.split('.').next()) else { continue };
            let bytes = std::fs::read(&path).expect("a file of a folder");
            let bytes = if name.ends_with(".zst") { zstd::decode_all(&bytes[..]).expect("Zstandard") } else { bytes };
            let rows: Vec<Value> = serde_json::from_slice(&bytes).expect("a list of rows");
            config.rows.insert(endpoint.to_owned(), rows);
        }
        config
    }

    /// With these rows of an endpoint besides.
    #[must_use]
    pub fn with(mut self, endpoint: &str, rows: Value) -> OpenF1Config {
        let Value::Array(rows) = rows else { return self };
        self.rows.entry(endpoint.to_owned()).or_default().extend(rows);
        self
    }
}

impl OpenF1Stub {
    /// Starts one on free ports.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn start(config: OpenF1Config) -> OpenF1Stub {
        let (rest, rest_address) = bind().await;
        let (plain, plain_address) = bind().await;
        let (encrypted, encrypted_address) = bind().await;
        let tls = SelfSigned::new();
        let shared =
            Arc::new(Shared { config, log: Mutex::default(), rows: broadcast::channel(broker::MAX_WAITING).0 });
        let tasks = vec![
            tokio::spawn(accept_all(rest, shared.clone(), None, serve)),
            tokio::spawn(accept_all(plain, shared.clone(), None, broker::serve)),
            tokio::spawn(accept_all(encrypted, shared.clone(), Some(tls.clone()), broker::serve)),
        ];
        OpenF1Stub {
            rest: rest_address,
            plain: plain_address,
            encrypted: encrypted_address,
            shared,
            certificate: tls.pem,
            tasks,
        }
    }

    /// Where the REST API is, without `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}", self.rest)
    }

    /// Where tokens are got.
    pub fn token_url(&self) -> String {
        format!("http://{}/token", self.rest)
    }

    /// The broker, plain.
    pub fn mqtt_url(&self) -> String {
        format!("mqtt://{}", self.plain)
    }

    /// The broker, encrypted with a certificate that nobody signed.
    pub fn mqtts_url(&self) -> String {
        format!("mqtts://{}", self.encrypted)
    }

    /// The broker through a WebSocket, plain.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/mqtt", self.plain)
    }

    /// The broker through a WebSocket, encrypted.
    pub fn wss_url(&self) -> String {
        format!("wss://{}/mqtt", self.encrypted)
    }

    /// The broker's certificate in PEM, for clients that are told to trust it.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A session is live, or is not: without a token nothing is answered then.
    pub fn lock(&self, is_locked: bool) {
        self.shared.log().is_locked = is_locked;
    }

    /// The next request whose path contains `part` meets with this.
    pub fn fail(&self, part: &str, trouble: Trouble) {
        self.shared.log().troubles.push_back((part.to_owned(), trouble));
    }

    /// Every token that was given out ends now.
    pub fn expire_tokens(&self) {
        self.shared.log().tokens.clear();
    }

    /// What the broker does wrong from now on.
    pub fn broker(&self, faults: BrokerFaults) {
        self.shared.log().broker = faults;
    }

    /// The broker sends a row to whoever wants it, under this key and the next number. Returns the number.
    pub fn publish(&self, endpoint: &str, key: &str, row: &Value) -> i64 {
        let id = {
            let mut log = self.shared.log();
            log.n_ids += 1;
            log.n_ids
        };
        self.publish_as(endpoint, key, id, row);
        id
    }

    /// The broker sends a row with that number: an old one again, or out of order.
    pub fn publish_as(&self, endpoint: &str, key: &str, id: i64, row: &Value) {
        let mut row = row.clone();
        if let Value::Object(members) = &mut row {
            members.insert("_id".to_owned(), json!(id));
            members.insert("_key".to_owned(), json!(key));
        }
        let sent = broker::Sent::Row { topic: format!("v1/{endpoint}"), payload: row.to_string() };
        // Without a listener nobody misses it: the broker keeps nothing.
        let _ = self.shared.rows.send(sent);
    }

    /// The broker hangs up on everybody.
    pub fn drop_connections(&self) {
        let _ = self.shared.rows.send(broker::Sent::HangUp);
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.log().asked.clone()
    }

    /// How many requests came whose method, path or query contains this.
    pub fn n_asked(&self, part: &str) -> usize {
        self.shared.log().asked.iter().filter(|asked| asked.what.contains(part)).count()
    }

    /// Connections of the broker that were greeted so far, and those that are open.
    pub fn n_connections(&self) -> (u64, u64) {
        let log = self.shared.log();
        (log.n_connections, log.n_open)
    }

    /// Topics that were subscribed to, in order.
    pub fn subscribed(&self) -> Vec<String> {
        self.shared.log().subscribed.clone()
    }

    /// Passwords that the broker was shown, in order.
    pub fn logins(&self) -> Vec<String> {
        self.shared.log().logins.clone()
    }

    /// Tokens that were given out and still live.
    pub fn tokens(&self) -> Vec<String> {
        self.shared.log().tokens.keys().cloned().collect()
    }
}

impl Drop for OpenF1Stub {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_good(&self, token: &str) -> bool {
        self.log().tokens.get(token).is_some_and(|ends| *ends > Instant::now())
    }
}

async fn bind() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on loopback");
    let address = listener.local_addr().expect("the address it was bound to");
    (listener, address)
}

async fn accept_all<S, F>(listener: TcpListener, shared: Arc<Shared>, tls: Option<SelfSigned>, serve: S)
where
    S: Fn(Box<dyn Socket + Sync>, Arc<Shared>) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let mut sockets = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        while sockets.try_join_next().is_some() {}
        let (shared, tls, serve) = (shared.clone(), tls.clone(), serve.clone());
        sockets.spawn(async move {
            let Some(socket) = opened(socket, tls).await else { return };
            serve(socket, shared).await;
        });
    }
}

async fn opened(socket: TcpStream, tls: Option<SelfSigned>) -> Option<Box<dyn Socket + Sync>> {
    match tls {
        None => Some(Box::new(socket)),
        // A client that does not trust us has gone already.
        Some(tls) => Some(Box::new(tls.acceptor.accept(socket).await.ok()?)),
    }
}

async fn serve(mut socket: Box<dyn Socket + Sync>, shared: Arc<Shared>) {
    let mut rest = Vec::new();
    while let Ok(Some(request)) = Request::read(&mut *socket, &mut rest).await {
        let is_over = answer(&mut *socket, &request, &shared).await.map_or(true, |goes_on| !goes_on);
        if is_over {
            return;
        }
    }
}

/// Answers one request. Returns whether the connection goes on.
async fn answer(socket: &mut dyn Socket, request: &Request, shared: &Shared) -> io::Result<bool> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let has_token = bearer.is_some_and(|token| shared.is_good(token));
    let trouble = {
        let mut log = shared.log();
        let idx = log.troubles.iter().position(|(part, _)| request.path.contains(part.as_str()));
        idx.and_then(|idx| log.troubles.remove(idx)).map(|(_, trouble)| trouble)
    };
    let answer = match trouble {
        None => Some(respond(request, shared, bearer.is_some(), has_token)),
        Some(Trouble::Status(status)) => Some(page(status, "upstream request timeout")),
        Some(Trouble::RateLimited) => {
            Some(json_answer(429, &json!({"error": "Rate limit exceeded: 30 per 10 second"})))
        }
        Some(Trouble::RateLimitedFor(seconds)) => Some(rate_limited(3, "second", seconds)),
        Some(Trouble::Page) => Some(page(200, "Sign in")),
        Some(Trouble::Gigantic(len)) => {
            let body = format!("[{}]", " ".repeat(len));
            Some(Answer::of(200, body).with("content-type", "application/json"))
        }
        Some(Trouble::Truncated | Trouble::HangUp) => None,
    };
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    shared.log().asked.push(Asked {
        at: Instant::now(),
        what: format!("{} {}{query}", request.method, request.path),
        has_token,
        status: answer.as_ref().map_or(0, |answer| answer.status),
    });
    match (answer, trouble) {
        (Some(answer), _) => answer.write(socket).await.map(|()| true),
        (None, Some(Trouble::Truncated)) => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n[{\"lap_number\":";
            tokio::io::AsyncWriteExt::write_all(socket, head.as_bytes()).await?;
            Ok(false)
        }
        (None, _) => Ok(false),
    }
}

fn respond(request: &Request, shared: &Shared, has_bearer: bool, has_token: bool) -> Answer {
    if request.path == "/token" && request.method == "POST" {
        return token(request, shared);
    }
    let Some(endpoint) = request.path.strip_prefix("/v1/") else {
        return page(500, "An error occurred");
    };
    if let Some(refusal) = limited(shared, has_token) {
        return refusal;
    }
    if has_bearer && !has_token {
        return json_answer(401, &json!({"detail": "Invalid or expired token"}));
    }
    if shared.log().is_locked && !has_token {
        let detail = "Live F1 session in progress. Global API access (including past sessions) is restricted to \
            authenticated users until the session ends.";
        return json_answer(401, &json!({"detail": detail}));
    }
    let rows = query::matching(&shared.config.rows, endpoint, &request.query);
    match rows {
        Ok(rows) if rows.len() > shared.config.max_rows => {
            let detail = "Failed to retrieve information. You're likely asking for too much data at once.";
            json_answer(422, &json!({"detail": detail}))
        }
        Ok(rows) if rows.is_empty() && shared.config.is_hosted => {
            json_answer(404, &json!({"detail": "No results found."}))
        }
        Ok(rows) if query::wants_csv(&request.query) => csv(endpoint, &rows),
        Ok(rows) => json_answer(200, &json!(rows)),
        Err(()) => page(500, "An error occurred"),
    }
}

fn token(request: &Request, shared: &Shared) -> Answer {
    let form = String::from_utf8_lossy(&request.body).into_owned();
    let member = |name: &str| query::pairs(&form).into_iter().find(|pair| pair.0 == name).map(|pair| pair.1);
    let (user, password) = &shared.config.account;
    if member("username").as_ref() != Some(user) || member("password").as_ref() != Some(password) {
        return json_answer(401, &json!({"detail": "Incorrect username or password"}));
    }
    let life = shared.config.token_life;
    let mut log = shared.log();
    log.n_tokens += 1;
    let token = format!("token-{}-{}", log.n_tokens, "x".repeat(60));
    log.tokens.insert(token.clone(), Instant::now() + life);
    let seconds = life.as_secs().to_string();
    json_answer(200, &json!({"expires_in": seconds, "access_token": token, "token_type": "bearer"}))
}

/// The refusal of a request that comes too soon after others.
fn limited(shared: &Shared, has_token: bool) -> Option<Answer> {
    let (per_second, per_minute) = shared.config.limits?;
    let factor = if has_token { 2 } else { 1 };
    let mut log = shared.log();
    let now = Instant::now();
    let within = |log: &Log, span| log.slots.iter().filter(|slot| now - **slot < Duration::from_secs(span)).count();
    if within(&log, 1) >= per_second * factor {
        return Some(rate_limited(per_second * factor, "second", 1));
    }
    if within(&log, 60) >= per_minute * factor {
        return Some(rate_limited(per_minute * factor, "minute", 60));
    }
    log.slots.push_back(now);
    None
}

fn rate_limited(limit: usize, span: &str, retry_after_s: u64) -> Answer {
    let detail = format!("Rate limit exceeded. Max {limit} requests/{span}.");
    json_answer(429, &json!({"detail": detail, "error": "Too Many Requests"}))
        .with("retry-after", retry_after_s.to_string())
}

fn json_answer(status: u16, body: &Value) -> Answer {
    Answer::of(status, body.to_string()).with("content-type", "application/json")
}

fn page(status: u16, text: &str) -> Answer {
    Answer::of(status, format!("<h1>{text}</h1>")).with("content-type", "text/html")
}

/// Columns in the order of the alphabet, empty cells for null.
fn csv(endpoint: &str, rows: &[Value]) -> Answer {
    let columns: std::collections::BTreeSet<&String> =
        rows.iter().filter_map(Value::as_object).flat_map(|row| row.keys()).collect();
    let cell = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let mut text = columns.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(",") + "\r\n";
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|name| cell(row.get(name.as_str()))).collect();
        text += &(cells.join(",") + "\r\n");
    }
    let disposition = format!("attachment; filename={endpoint}.csv");
    Answer::of(200, text).with("content-type", "text/csv").with("content-disposition", disposition)
}

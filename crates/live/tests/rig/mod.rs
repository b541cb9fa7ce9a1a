//! The client, a stub for it to talk to, and all that it hands over.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use overcut_domain::SourceKind;
use overcut_live::signalr::{Config, TokenSource};
use overcut_live::{Arrival, Secret, SourceStatus, StatusBoard};
use overcut_sources::live::Note;
use overcut_testkit::stub::signalr::{SignalRConfig, SignalRStub};
use overcut_testkit::tape::{Tape, TapeClock};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The token that the stub takes.
pub(crate) const TOKEN: &str = "hunter2-the-token-that-must-not-be-seen";

/// What must not be seen either: the load balancer's cookie.
const COOKIE: &str = "stub-affinity-7d1f";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn tokens() -> Option<String> {
    Some(TOKEN.to_owned())
}

/// How a rig begins.
pub(crate) struct Start {
    pub(crate) tape: Arc<Tape>,
    /// Speed of the tape.
    pub(crate) speed: f64,
    /// How many times shorter all waits are.
    pub(crate) faster: f64,
    /// The token of the stub, and of the client unless it has a source of its own.
    pub(crate) token: Option<String>,
    pub(crate) source: Option<TokenSource>,
    pub(crate) is_tls: bool,
    /// The client is told of the stub's certificate.
    pub(crate) is_trusted: bool,
    pub(crate) is_off: bool,
    /// The waits for renewal are shortened; the others only as far as tests on a busy machine bear.
    pub(crate) renews: bool,
}

impl Start {
    pub(crate) fn new(tape: impl Into<Arc<Tape>>) -> Start {
        let (token, source) = (None, None);
        Start {
            tape: tape.into(),
            speed: 20.0,
            faster: 50.0,
            token,
            source,
            is_tls: false,
            is_trusted: false,
            is_off: false,
            renews: false,
        }
    }

    /// The client's settings: half a minute of silence is six tenths of a second.
    pub(crate) fn config(&self) -> Config {
        let waits = if self.renews { 50.0 } else { self.faster };
        let (config, fast) = (Config::default().faster(waits), Config::default().faster(self.faster));
        let renew_ms = if self.renews { fast.renew_ms } else { config.renew_ms };
        Config { enabled: !self.is_off, renew_ms, ..config }
    }
}

pub(crate) struct Rig {
    pub(crate) stub: SignalRStub,
    pub(crate) clock: TapeClock,
    pub(crate) shutdown: CancellationToken,
    board: StatusBoard,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    client: JoinHandle<()>,
    _certificates: Option<tempfile::NamedTempFile>,
}

impl Rig {
    pub(crate) async fn start(start: Start) -> Rig {
        Rig::start_with(start, |_| {}).await
    }

    /// Starts with a stub that is prepared before the client asks it anything.
    pub(crate) async fn start_with(start: Start, prepare: impl FnOnce(&SignalRStub)) -> Rig {
        log();
        let clock = TapeClock::start(start.speed);
        let stub = SignalRStub::start(SignalRConfig {
            tape: start.tape.clone(),
            clock: clock.clone(),
            token: start.token.clone(),
            faster: if start.renews { 50.0 } else { start.faster },
            is_tls: start.is_tls,
        })
        .await;
        prepare(&stub);
        let certificates = start.is_trusted.then(|| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(stub.certificate_pem().unwrap().as_bytes()).unwrap();
            file
        });
        let path = certificates.as_ref().map(|file| file.path().to_owned());
        let config = Config { url: stub.url(), certificates: path, ..start.config() };
        let token = start.source.unwrap_or_else(|| start.token.map(Secret::new).into());
        let (inbox, mut arriving) = overcut_live::inbox();
        let (board, shutdown) = (StatusBoard::default(), CancellationToken::new());
        let status = board.handle(SourceKind::SignalR);
        let client = tokio::spawn(overcut_live::signalr::run(config, token, inbox, status, shutdown.clone()));
        let arrivals = Arc::new(Mutex::new(Vec::new()));
        let heard = arrivals.clone();
        tokio::spawn(async move {
            while let Some(arrival) = arriving.recv().await {
                heard.lock().unwrap().push(arrival);
            }
        });
        Rig { stub, clock, shutdown, board, arrivals, client, _certificates: certificates }
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Rig) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(
                Instant::now() < deadline,
                "no {what}: {:?} {:?} {:?}",
                self.status(),
                self.notes(),
                self.stub.counts()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn status(&self) -> SourceStatus {
        self.board.all().remove(0).1
    }

    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }

    /// The records of both connections that are text.
    pub(crate) fn records(&self) -> Vec<String> {
        let arrivals = self.arrivals();
        let records = arrivals.iter().filter(|arrival| arrival.channel != Note::CHANNEL);
        records.filter_map(|arrival| String::from_utf8(arrival.payload.to_vec()).ok()).collect()
    }

    pub(crate) fn notes(&self) -> Vec<Note> {
        let arrivals = self.arrivals();
        let notes = arrivals.iter().filter(|arrival| arrival.channel == Note::CHANNEL);
        notes.map(|note| Note::from_json(&note.payload).unwrap()).collect()
    }

    /// How many connections were noted as opened.
    pub(crate) fn opened(&self) -> usize {
        self.notes().iter().filter(|note| matches!(note, Note::Opened { .. })).count()
    }

    /// How many were noted as closed for a reason that begins so.
    pub(crate) fn closed_because(&self, beginning: &str) -> usize {
        let notes = self.notes();
        notes.iter().filter(|note| matches!(note, Note::Closed { reason, .. } if reason.starts_with(beginning))).count()
    }

    /// True if the log of all tests of this program says so.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        String::from_utf8_lossy(&log().lock().unwrap()).contains(text)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.client.is_finished()
    }

    /// Stops the client, and looks through all that can be seen for what must not be.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.until("end", Rig::is_over).await;
        let mut seen = String::from_utf8_lossy(&log().lock().unwrap()).into_owned();
        seen += &format!("{:?} {:?}", self.status(), self.notes());
        for arrival in self.arrivals() {
            seen += &String::from_utf8_lossy(&arrival.payload);
        }
        for secret in [TOKEN, COOKIE, "Zm9v"] {
            let at = seen.find(secret);
            assert!(
                at.is_none(),
                "{secret} is seen: {:?}",
                at.map(|at| &seen[at.saturating_sub(200)..at + secret.len()])
            );
        }
    }
}

/// A message of the feed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fed {
    pub(crate) topic: String,
    pub(crate) payload: Value,
    pub(crate) stamp: String,
}

/// The messages of the feed among records.
pub(crate) fn feed_of(records: &[String]) -> Vec<Fed> {
    let fed = |record: &String| {
        let mut record: Value = serde_json::from_str(record).ok()?;
        let arguments = record.get_mut("arguments")?.as_array_mut()?;
        let payload = arguments.get_mut(1)?.take();
        Some(Fed { topic: arguments[0].as_str()?.to_owned(), payload, stamp: arguments[2].as_str()?.to_owned() })
    };
    records.iter().filter_map(fed).collect()
}

/// A token that says that about itself.
pub(crate) fn jwt(claims: &str) -> String {
    use base64::Engine;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2lnbmF0dXJl", encode(r#"{"alg":"RS256"}"#), encode(claims))
}

/// Everything that is logged, down to the lowest layers; of single frames only those of the tests themselves are looked
/// at, for they are all that a trace of frames would show.
fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<&'static Mutex<Vec<u8>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Mutex<Vec<u8>> = Box::leak(Box::default());
        let levels = "trace,tungstenite=debug,tokio_tungstenite=debug,mio=debug";
        tracing_subscriber::fmt().with_env_filter(levels).with_writer(move || Writer(log)).init();
        log
    })
}

struct Writer(&'static Mutex<Vec<u8>>);

impl Write for Writer {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! Formula 1's static archive: finished sessions, and files that grow while a tape plays.
//!
//! | request | answer |
//! |---|---|
//! | `/static/Index.json` | the years |
//! | `/static/2026/Index.json` | meetings and sessions, a stray key of −1 and a session without a path among them |
//! | `/static/PATH/Index.json` | the topics of a session |
//! | `/static/PATH/TOPIC.json` | the state of a topic |
//! | `/static/PATH/TOPIC.jsonStream` | its messages, as far as they are published |
//! | another file of a session | 403 with the XML of an object store |
//! | anything else | 404 |
//!
//! Texts begin with a byte order mark where [`ArchiveConfig::has_bom`] says so, lines end in CR LF. `HEAD`, `Range`
//! (206 and 416), `If-Range` and gzip are understood. A growing file is published 5 to 10 s behind the tape, in pieces
//! that end in the middle of a line or of a letter.

mod faults;
mod index;
mod send;
mod store;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use overcut_domain::UtcTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::http::{Request, Socket};
use super::tls::SelfSigned;
use crate::tape::{Tape, TapeClock};
use faults::Faults;
pub use faults::{Rewrite, Trouble};
use store::Store;

/// What an archive holds, and how it answers.
#[derive(Debug, Clone)]
pub struct ArchiveConfig {
    sessions: Vec<store::Session>,
    clock: TapeClock,
    /// Texts begin with a byte order mark.
    pub has_bom: bool,
    /// Sessions are in the index as if the tape were at position zero at that moment, so that one of them is now.
    pub dated: Option<UtcTime>,
    /// The index of a year as it is served, instead of one made from the sessions.
    pub years: Vec<(u16, String)>,
    /// The index says so many minutes too much for each start and end: nobody told it about the new schedule.
    pub stale_by_min: i64,
    /// Serves with a certificate that nobody signed.
    pub is_tls: bool,
}

impl ArchiveConfig {
    /// Sessions that are over, from folders of archive files, compressed or not: byte for byte.
    ///
    /// # Panics
    ///
    /// If a folder cannot be read.
    pub fn finished(folders: &[&Path]) -> ArchiveConfig {
        let sessions = folders.iter().map(|folder| store::Session::read(folder)).collect();
        ArchiveConfig::new(sessions, TapeClock::paused(1.0))
    }

    /// The sessions of a tape, which grow as its clock runs, `lag_ms` of the tape's time behind it.
    pub fn growing(tape: &Tape, clock: TapeClock, lag_ms: std::ops::Range<i64>) -> ArchiveConfig {
        let n_sessions = tape.sessions().len();
        let sessions = (0..n_sessions).map(|idx| store::Session::growing(tape, idx, &lag_ms)).collect();
        ArchiveConfig::new(sessions, clock)
    }

    fn new(sessions: Vec<store::Session>, clock: TapeClock) -> ArchiveConfig {
        let (has_bom, dated, years, stale_by_min, is_tls) = (true, None, Vec::new(), 0, false);
        ArchiveConfig { sessions, clock, has_bom, dated, years, stale_by_min, is_tls }
    }
}

/// A request as it came, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Instant,
    /// Method and path, such as `GET /static/Index.json`.
    pub what: String,
    /// The header `Range`.
    pub range: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// Whether a credential came with it: a cookie or an authorisation.
    pub has_credential: bool,
    /// Which connection it came on, from 0.
    pub connection: u64,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// Bytes of the answer's body.
    pub n_bytes: usize,
}

/// A running server. It stops when this is dropped.
pub struct ArchiveStub {
    address: SocketAddr,
    shared: Arc<Shared>,
    certificate_pem: Option<String>,
    task: JoinHandle<()>,
}

struct Shared {
    store: Store,
    clock: TapeClock,
    faults: Mutex<Faults>,
    asked: Mutex<Vec<Asked>>,
}

impl ArchiveStub {
    /// Starts one on a free port.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn start(config: ArchiveConfig) -> ArchiveStub {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on loopback");
        let address = listener.local_addr().expect("the address it was bound to");
        let tls = config.is_tls.then(SelfSigned::new);
        let shared = Arc::new(Shared {
            clock: config.clock.clone(),
            store: Store::new(config),
            faults: Mutex::default(),
            asked: Mutex::default(),
        });
        let certificate_pem = tls.as_ref().map(|tls| tls.pem.clone());
        let task = tokio::spawn(accept_all(listener, shared.clone(), tls));
        ArchiveStub { address, shared, certificate_pem, task }
    }

    /// Its address, as a client is configured: `http://127.0.0.1:PORT/static/`.
    pub fn url(&self) -> String {
        let scheme = if self.certificate_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/static/", self.address)
    }

    /// The certificate it serves, in PEM.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate_pem.as_deref()
    }

    /// Where the session of that number keeps its files: what its index and its `SessionInfo` say.
    ///
    /// # Panics
    ///
    /// If there is no such session.
    pub fn path(&self, session_idx: usize) -> String {
        self.shared.store.sessions()[session_idx].path.clone()
    }

    /// A file as it is when all of it is published, such as `TimingData.jsonStream`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn whole(&self, session_idx: usize, topic: &str) -> Bytes {
        self.shared.store.whole(session_idx, topic)
    }

    /// All topics of a session.
    ///
    /// # Panics
    ///
    /// If there is no such session.
    pub fn topics(&self, session_idx: usize) -> Vec<String> {
        self.shared.store.sessions()[session_idx].files.keys().cloned().collect()
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked().clone()
    }

    /// How many requests came whose method and path contain this.
    pub fn n_asked(&self, part: &str) -> usize {
        self.shared.asked().iter().filter(|asked| asked.what.contains(part)).count()
    }

    /// The next `n_times` requests whose path contains `part` meet with this.
    pub fn fail(&self, part: &str, trouble: Trouble, n_times: u32) {
        self.shared.faults().fail(part, trouble, n_times);
    }

    /// From now on requests for parts of files are answered with the whole.
    pub fn ignore_ranges(&self, is_on: bool) {
        self.shared.faults().ignores_ranges = is_on;
    }

    /// The archive says that it is, or is not, still being made.
    pub fn generating(&self, is_generating: bool) {
        self.shared.faults().is_generating = Some(is_generating);
    }

    /// The file of a topic grows no further.
    pub fn stall(&self, topic: &str) {
        let position_ms = self.shared.clock.position_ms();
        self.shared.faults().stalled.insert(topic.to_owned(), position_ms);
    }

    /// The file of a topic loses everything behind its first `len` bytes, and grows no further.
    pub fn shrink(&self, topic: &str, len: usize) {
        self.shared.faults().shrunk.insert(topic.to_owned(), len);
    }

    /// The file of a topic is written anew: the same messages, other bytes.
    pub fn rewrite(&self, topic: &str, how: Rewrite) {
        self.shared.faults().rewritten.insert(topic.to_owned(), how);
    }

    /// Puts everything right; what was written anew stays so.
    pub fn heal(&self) {
        let mut faults = self.shared.faults();
        let rewritten = std::mem::take(&mut faults.rewritten);
        *faults = Faults::default();
        faults.rewritten = rewritten;
    }
}

impl Drop for ArchiveStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, Vec<Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared>, tls: Option<SelfSigned>) {
    let mut sockets = JoinSet::new();
    let mut n_connections = 0;
    while let Ok((socket, _)) = listener.accept().await {
        while sockets.try_join_next().is_some() {}
        sockets.spawn(serve_socket(socket, n_connections, shared.clone(), tls.clone()));
        n_connections += 1;
    }
}

async fn serve_socket(socket: TcpStream, connection: u64, shared: Arc<Shared>, tls: Option<SelfSigned>) {
    let _ = socket.set_nodelay(true);
    let mut socket: Box<dyn Socket> = match tls {
        None => Box::new(socket),
        Some(tls) => match tls.acceptor.accept(socket).await {
            Ok(socket) => Box::new(socket),
            Err(_) => return,
        },
    };
    let mut rest = Vec::new();
    // Whoever hangs up in the middle is gone; there is nobody to tell.
    while let Ok(Some(request)) = Request::read(&mut *socket, &mut rest).await {
        match send::answer(&mut *socket, &request, connection, &shared).await {
            Ok(true) => {}
            Ok(false) | Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests;

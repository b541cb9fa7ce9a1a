//! The library: which sessions there are, and the ones that are open.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::live::{LiveReport, Reporter};
use crate::shared::SharedSession;
use crate::sql::SqlOffer;
use crate::wire::SessionSummary;

/// Sessions kept open when nobody looks at them: each holds its whole log and telemetry in memory.
const MAX_IDLE: usize = 4;

/// Where sessions come from: the application's side of the library. Calls may block, unless they say otherwise.
pub trait Shelf: Send + Sync + 'static {
    /// What there is, in the order to show it.
    fn list(&self) -> Vec<SessionSummary>;

    /// The id of the session that happens now, if one does. This call must not block.
    fn current(&self) -> Option<String> {
        None
    }

    /// Reads one of them, whole, or begins to: a session may go on growing. Whoever feeds it should hold it weakly, and
    /// stop when it is gone: a library closes sessions that nobody looks at.
    ///
    /// # Errors
    ///
    /// Why it could not be read, for the person who asked.
    fn open(&self, summary: &SessionSummary) -> Result<Arc<SharedSession>, String>;
}

/// Why a session is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    /// No such session.
    #[error("no session {0:?}")]
    Unknown(String),
    /// It is there but cannot be read.
    #[error("session {id:?} cannot be read: {reason}")]
    Unreadable {
        /// Which.
        id: String,
        /// Why.
        reason: String,
    },
}

type Slot = Arc<OnceCell<Arc<SharedSession>>>;

/// The sessions that clients may choose from. Each is opened when it is first wanted, once, and shared.
pub struct Library {
    shelf: Arc<dyn Shelf>,
    // Held for look-ups only, never while a session is read.
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// Each with the count of look-ups when it was last used.
    slots: BTreeMap<String, (Slot, u64)>,
    /// Sessions put here by the application: never closed.
    resident: BTreeMap<String, Arc<SharedSession>>,
    current: Option<String>,
    live: Option<Reporter>,
    sql: SqlOffer,
    n_lookups: u64,
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").finish_non_exhaustive()
    }
}

impl Library {
    /// A library over a shelf.
    pub fn new(shelf: impl Shelf) -> Library {
        Library { shelf: Arc::new(shelf), open: Mutex::default() }
    }

    /// Puts an open session in, such as the one being replayed or recorded, and makes it the current one. It comes
    /// before a session of the same id on the shelf and stays open.
    pub fn put(&self, session: Arc<SharedSession>) {
        let id = session.summary().id.clone();
        let mut open = self.open();
        open.current = Some(id.clone());
        open.resident.insert(id, session);
    }

    /// Takes a session out that was put in. Whoever looks at it keeps it; others find what the shelf has of it.
    pub fn retire(&self, id: &str) {
        self.open().resident.remove(id);
    }

    /// Makes a session the current one: that which `/api/v1/telemetry/live` follows.
    pub fn set_current(&self, id: &str) {
        self.open().current = Some(id.to_owned());
    }

    /// The id of the current session: that which was put in or chosen, else the one that happens now.
    pub fn current(&self) -> Option<String> {
        let chosen = self.open().current.clone();
        chosen.or_else(|| self.shelf.current())
    }

    /// Tells the server how live sources and recorder are: from then on `/api/v1/health` and `/api/v1/live` call
    /// `report` once per request, on the runtime's threads, so it must not block.
    pub fn watch_live(&self, report: impl Fn() -> LiveReport + Send + Sync + 'static) {
        self.open().live = Some(Reporter(Arc::new(report)));
    }

    /// Says whether and by whom `/api/v1/sql` is answered.
    pub fn offer_sql(&self, offer: SqlOffer) {
        self.open().sql = offer;
    }

    /// Whether and by whom SQL is answered.
    pub(crate) fn sql(&self) -> SqlOffer {
        self.open().sql.clone()
    }

    /// How live sources and recorder are; `None` if the program runs none.
    pub(crate) fn live_report(&self) -> Option<LiveReport> {
        // The closure takes locks of its own: ours is given back first.
        let reporter = self.open().live.clone()?;
        Some((reporter.0)())
    }

    /// Every session: those put in, then those on the shelf.
    pub async fn list(&self) -> Vec<SessionSummary> {
        let resident: Vec<_> = self.open().resident.values().map(|session| session.summary().clone()).collect();
        let shelf = self.shelf.clone();
        let on_shelf = tokio::task::spawn_blocking(move || shelf.list()).await.unwrap_or_default();
        let is_new = |summary: &SessionSummary| resident.iter().all(|known| known.id != summary.id);
        let on_shelf: Vec<_> = on_shelf.into_iter().filter(is_new).collect();
        resident.into_iter().chain(on_shelf).collect()
    }

    /// A session, opened if need be. `current` stands for the current one.
    ///
    /// # Errors
    ///
    /// If there is none of that id, or it cannot be read. The next call tries again.
    pub async fn open_session(&self, id: &str) -> Result<Arc<SharedSession>, LibraryError> {
        let unknown = || LibraryError::Unknown(id.to_owned());
        let id = if id == "current" { self.current().ok_or_else(unknown)? } else { id.to_owned() };
        if let Some(session) = self.open().resident.get(&id) {
            return Ok(session.clone());
        }
        let already_open = self.open().use_slot(&id).and_then(|slot| slot.get().cloned());
        if let Some(session) = already_open {
            return Ok(session);
        }
        let summary = self.list().await.into_iter().find(|summary| summary.id == id);
        let summary = summary.ok_or_else(|| LibraryError::Unknown(id.clone()))?;
        let slot = self.open().slot(&id);
        let session = slot.get_or_try_init(|| read(self.shelf.clone(), summary)).await?;
        Ok(session.clone())
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a session on a worker, away from the clients.
async fn read(shelf: Arc<dyn Shelf>, summary: SessionSummary) -> Result<Arc<SharedSession>, LibraryError> {
    let id = summary.id.clone();
    let opened = tokio::task::spawn_blocking(move || shelf.open(&summary)).await;
    let result = opened.unwrap_or_else(|_| Err("the reader broke down; this is a bug".to_owned()));
    result.map_err(|reason| {
        tracing::warn!(session = id, reason, "cannot read session");
        LibraryError::Unreadable { id, reason }
    })
}

impl Open {
    fn use_slot(&mut self, id: &str) -> Option<Slot> {
        self.n_lookups += 1;
        let (slot, used) = self.slots.get_mut(id)?;
        *used = self.n_lookups;
        Some(slot.clone())
    }

    fn slot(&mut self, id: &str) -> Slot {
        self.close_idle();
        self.n_lookups += 1;
        let n_lookups = self.n_lookups;
        self.slots.entry(id.to_owned()).or_insert_with(|| (Slot::default(), n_lookups)).0.clone()
    }

    /// Forgets sessions that nobody holds, the longest unused first, until few enough are left.
    fn close_idle(&mut self) {
        let is_idle = |slot: &Slot| slot.get().is_none_or(|session| Arc::strong_count(session) == 1);
        let mut idle: Vec<_> = self
            .slots
            .iter()
            .filter(|(_, (slot, _))| is_idle(slot))
            .map(|(id, (_, used))| (*used, id.clone()))
            .collect();
        idle.sort();
        let n_excess = idle.len().saturating_sub(MAX_IDLE.saturating_sub(1));
        for (_, id) in idle.into_iter().take(n_excess) {
            self.slots.remove(&id);
        }
    }
}

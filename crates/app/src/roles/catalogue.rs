//! Which sessions are on the bus.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use overcut_bus::{Bus, Message, Reader, SessionRecord, SessionState, Start, Topic};
use tokio_util::sync::CancellationToken;

use super::drain::drain;
use super::patience::until_it_works;

/// How long a look for news takes at most, and with it the end of the program.
const LOOK: Duration = Duration::from_millis(200);

/// The latest record of every session, kept up to date by a thread.
#[derive(Clone, Default)]
pub struct Catalogue(Arc<RwLock<BTreeMap<String, SessionRecord>>>);

impl Catalogue {
    /// Reads what is there, and goes on reading until the program ends. Empty if it is to end before anything was read.
    ///
    /// # Errors
    ///
    /// If the topic cannot be read.
    pub fn follow(bus: &Arc<dyn Bus>, shutdown: &CancellationToken) -> Result<Catalogue> {
        let catalogue = Catalogue::default();
        let Some(reader) = catalogue.catch_up(&**bus, shutdown)? else { return Ok(catalogue) };
        let (bus, shutdown, following) = (bus.clone(), shutdown.clone(), catalogue.clone());
        let thread = thread::Builder::new().name("catalogue".to_owned());
        thread.spawn(move || following.keep_up(&*bus, reader, &shutdown)).context("cannot start a thread")?;
        Ok(catalogue)
    }

    /// Reads what is there now, and no more.
    ///
    /// # Errors
    ///
    /// If the topic cannot be read.
    pub fn read(bus: &dyn Bus, shutdown: &CancellationToken) -> Result<Catalogue> {
        let catalogue = Catalogue::default();
        catalogue.catch_up(bus, shutdown)?;
        Ok(catalogue)
    }

    /// A session's record.
    pub fn get(&self, session: &str) -> Option<SessionRecord> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(session).cloned()
    }

    /// Every session's record.
    pub fn all(&self) -> Vec<SessionRecord> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// How many events a session has in a revision, once it is complete.
    pub fn n_events(&self, session: &str, revision: u32) -> Option<u64> {
        let records = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let record = records.get(session).filter(|record| record.state == SessionState::Complete)?;
        let log = record.log(Topic::Events)?;
        log.n_messages.filter(|_| record.revision == revision)
    }

    fn catch_up(&self, bus: &dyn Bus, shutdown: &CancellationToken) -> Result<Option<Box<dyn Reader>>> {
        until_it_works("reading the list of sessions", shutdown, || {
            drain(bus, Topic::Sessions, 0, Start::Beginning, |delivery| self.note(delivery.message().ok()))
        })
    }

    fn keep_up(&self, bus: &dyn Bus, mut reader: Box<dyn Reader>, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            match reader.poll(LOOK) {
                Ok(Some(delivery)) => self.note(delivery.message().ok()),
                Ok(None) => {}
                Err(error) => {
                    tracing::debug!(%error, "the list of sessions is read anew");
                    match self.catch_up(bus, shutdown) {
                        Ok(Some(again)) => reader = again,
                        Ok(None) => return,
                        Err(error) => return tracing::error!(%error, "the list of sessions cannot be read any more"),
                    }
                }
            }
        }
    }

    fn note(&self, message: Option<Message>) {
        if let Some(Message::Session(record)) = message {
            let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
            records.insert(record.session.clone(), *record);
        }
    }
}

//! One publisher for many sessions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use overcut_bus::{BusError, Publisher, Record, Topic};

/// A publisher that clones share, so that many sessions need one connection. It counts what goes out.
#[derive(Clone)]
pub struct Outlet(Arc<Mutex<Inner>>);

struct Inner {
    publisher: Box<dyn Publisher>,
    due_ms: Option<i64>,
    out: BTreeMap<Topic, Out>,
}

/// What went out on a topic.
#[derive(Debug, Clone, Copy, Default)]
pub struct Out {
    /// Messages.
    pub n_messages: u64,
    /// Their bytes as they are written, before the connection compresses them.
    pub n_bytes: u64,
}

impl Outlet {
    /// On one publisher.
    pub fn new(publisher: Box<dyn Publisher>) -> Outlet {
        Outlet(Arc::new(Mutex::new(Inner { publisher, due_ms: None, out: BTreeMap::new() })))
    }

    /// Says when what is published from now on was due, by the wall clock in milliseconds since 1970.
    pub fn set_due(&self, due_ms: i64) {
        self.lock().due_ms = Some(due_ms);
    }

    /// What went out so far, by topic.
    pub fn out(&self) -> BTreeMap<Topic, Out> {
        self.lock().out.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn count(&mut self, topic: Topic, n_bytes: usize) {
        let out = self.out.entry(topic).or_default();
        out.n_messages += 1;
        out.n_bytes += n_bytes as u64;
    }
}

impl Publisher for Outlet {
    fn publish(&mut self, topic: Topic, key: &str, record: Record) -> Result<(), BusError> {
        let mut inner = self.lock();
        inner.count(topic, key.len() + record.payload.len());
        match inner.due_ms {
            Some(due_ms) => inner.publisher.publish_at(topic, key, record, due_ms),
            None => inner.publisher.publish(topic, key, record),
        }
    }

    fn publish_at(&mut self, topic: Topic, key: &str, record: Record, published_ms: i64) -> Result<(), BusError> {
        let mut inner = self.lock();
        inner.count(topic, key.len() + record.payload.len());
        inner.publisher.publish_at(topic, key, record, published_ms)
    }

    fn flush(&mut self, timeout: Duration) -> Result<(), BusError> {
        self.lock().publisher.flush(timeout)
    }
}

//! The bus in process: logs in memory, for one program that needs nothing else.

mod group;
mod log;
mod state;

use std::ops::Range;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use self::group::Consumer;
use self::state::{CursorId, Shared, State};
use crate::{
    Bus, BusError, Delivery, Format, Lag, Publisher, Reader, Record, Start, Subscription, Topic, partition_of,
};

/// How a bus in process is set up.
#[derive(Debug, Clone)]
pub struct InProcessSettings {
    /// Partitions of each topic of sessions.
    pub partitions: u32,
    /// Bytes of all messages that are kept, about. Beyond them the oldest go that everybody has read.
    pub max_bytes: usize,
    /// The largest message, in bytes.
    pub max_message_bytes: usize,
    /// How long a publisher waits when somebody has not read the oldest. Then they go unread: they are counted, and who
    /// missed them sees it by their numbers. So one who hangs holds the others up once, not for ever.
    pub patience: Duration,
    /// How messages are written.
    pub format: Format,
}

impl Default for InProcessSettings {
    fn default() -> Self {
        InProcessSettings {
            partitions: 12,
            max_bytes: 256 << 20,
            max_message_bytes: 16 << 20,
            patience: Duration::from_secs(1),
            format: Format::Protobuf,
        }
    }
}

/// A bus in process. Clones are the same bus.
///
/// Groups share partitions as on a broker: when a consumer comes, those who must give partitions up are told so, and the
/// new one has them once they poll again. A consumer that hangs keeps what it has.
#[derive(Debug, Clone)]
pub struct InProcess {
    shared: Arc<Shared>,
    settings: InProcessSettings,
}

impl InProcess {
    /// An empty bus.
    ///
    /// # Errors
    ///
    /// If it is to have no partitions.
    pub fn new(settings: InProcessSettings) -> Result<InProcess, BusError> {
        if settings.partitions == 0 {
            return Err(BusError::Settings("a bus needs at least one partition".into()));
        }
        Ok(InProcess { shared: Arc::new(Shared::new(State::new(settings.partitions))), settings })
    }

    /// Messages that were dropped although somebody had not read them.
    pub fn n_dropped_unread(&self) -> u64 {
        self.shared.lock().n_dropped_unread
    }
}

impl Bus for InProcess {
    fn prepare(&self) -> Result<(), BusError> {
        Ok(())
    }

    fn partitions(&self) -> u32 {
        self.settings.partitions
    }

    fn format(&self) -> Format {
        self.settings.format
    }

    fn publisher(&self) -> Result<Box<dyn Publisher>, BusError> {
        Ok(Box::new(self.clone()))
    }

    fn subscribe(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Subscription>, BusError> {
        crate::bus::check_topics(topics)?;
        Ok(Box::new(Consumer::join(Arc::clone(&self.shared), group, topics)?))
    }

    fn read(&self, topic: Topic, partition: u32, from: Start) -> Result<Box<dyn Reader>, BusError> {
        let mut state = self.shared.lock();
        let log = state.log(topic, partition)?;
        let position = match from {
            Start::Beginning => log.first(),
            Start::Offset(offset) => offset,
            Start::End => log.next(),
        };
        let cursor = state.add_cursor(topic, partition, position);
        Ok(Box::new(LogReader { shared: Arc::clone(&self.shared), cursor, position }))
    }

    fn ends(&self, topic: Topic, partition: u32) -> Result<Range<u64>, BusError> {
        let state = self.shared.lock();
        let log = state.log(topic, partition)?;
        Ok(log.first()..log.next())
    }

    fn lag(&self, group: &str) -> Result<Vec<Lag>, BusError> {
        let state = self.shared.lock();
        let committed = state.groups.get(group).map(|group| &group.committed);
        let lag = |(&(topic, partition), &offset): (&(Topic, u32), &u64)| {
            Ok(Lag { topic, partition, offset, end: state.log(topic, partition)?.next() })
        };
        committed.into_iter().flatten().map(lag).collect()
    }
}

impl Publisher for InProcess {
    fn publish_at(&mut self, topic: Topic, key: &str, record: Record, published_ms: i64) -> Result<(), BusError> {
        let size = record.payload.len();
        let limit = self.settings.max_message_bytes;
        if size > limit {
            return Err(BusError::TooLarge { topic, size, limit });
        }
        let limit = self.settings.max_bytes.saturating_sub(size);
        let deadline = Instant::now() + self.settings.patience;
        let mut state = self.shared.lock();
        while !state.make_room(limit, false) {
            state.n_held_up += 1;
            let again = wait(&self.shared, state, deadline);
            state = match again {
                Some(mut again) => {
                    again.n_held_up -= 1;
                    again
                }
                None => {
                    let mut state = self.shared.lock();
                    state.n_held_up -= 1;
                    state.make_room(limit, true);
                    tracing::warn!(n_dropped = state.n_dropped_unread, "a reader did not keep up with the bus");
                    state
                }
            };
        }
        let partition = if topic.is_partitioned() { partition_of(key, self.settings.partitions) } else { 0 };
        state.append(topic, partition, key, published_ms, record);
        drop(state);
        self.shared.changed.notify_all();
        Ok(())
    }

    fn flush(&mut self, _timeout: Duration) -> Result<(), BusError> {
        Ok(())
    }
}

#[derive(Debug)]
struct LogReader {
    shared: Arc<Shared>,
    cursor: CursorId,
    position: u64,
}

impl Reader for LogReader {
    fn poll(&mut self, timeout: Duration) -> Result<Option<Delivery>, BusError> {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.lock();
        loop {
            if let Some(delivery) = state.next(self.cursor) {
                self.position = delivery.offset + 1;
                self.shared.has_read(&state);
                return Ok(Some(delivery));
            }
            match wait(&self.shared, state, deadline) {
                Some(again) => state = again,
                None => return Ok(None),
            }
        }
    }

    fn position(&self) -> u64 {
        self.position
    }
}

impl Drop for LogReader {
    fn drop(&mut self) {
        self.shared.lock().remove_cursor(self.cursor);
        self.shared.changed.notify_all();
    }
}

/// Waits until something changes; `None` once the deadline has passed.
fn wait<'a>(shared: &'a Shared, state: MutexGuard<'a, State>, deadline: Instant) -> Option<MutexGuard<'a, State>> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return None;
    }
    let (state, _) = shared.changed.wait_timeout(state, left).unwrap_or_else(std::sync::PoisonError::into_inner);
    Some(state)
}

//! What all publishers and consumers of a bus in process share.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::group::Group;
use super::log::Log;
use crate::{BusError, Delivery, Record, Topic};

/// Who reads.
pub(super) type CursorId = u64;

/// Where somebody reads.
#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) topic: Topic,
    pub(super) partition: u32,
    /// The next offset.
    pub(super) position: u64,
    /// True if records were dropped before it read them: until it reads again, nobody waits for it.
    is_overrun: bool,
}

/// Logs, readers and groups.
#[derive(Debug)]
pub(super) struct State {
    logs: [Vec<Log>; Topic::ALL.len()],
    bytes: usize,
    cursors: BTreeMap<CursorId, Cursor>,
    n_ids: u64,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) n_dropped_unread: u64,
    /// Publishers that wait for room: readers need not tell anybody else that they have read.
    pub(super) n_held_up: usize,
}

impl State {
    pub(super) fn new(n_partitions: u32) -> State {
        let logs = |topic: Topic| {
            let n = if topic.is_partitioned() { n_partitions } else { 1 };
            (0..n).map(|_| Log::default()).collect()
        };
        State {
            logs: Topic::ALL.map(logs),
            bytes: 0,
            cursors: BTreeMap::new(),
            n_ids: 0,
            groups: BTreeMap::new(),
            n_dropped_unread: 0,
            n_held_up: 0,
        }
    }

    /// How many partitions a topic has.
    pub(super) fn n_partitions(&self, topic: Topic) -> u32 {
        self.partitions(topic).len() as u32
    }

    fn partitions(&self, topic: Topic) -> &[Log] {
        self.logs.get(topic.idx()).map_or(&[], Vec::as_slice)
    }

    pub(super) fn log(&self, topic: Topic, partition: u32) -> Result<&Log, BusError> {
        let logs = self.partitions(topic);
        let missing = BusError::NoPartition { topic, partition, count: logs.len() as u32 };
        logs.get(partition as usize).ok_or(missing)
    }

    fn log_mut(&mut self, topic: Topic, partition: u32) -> Option<&mut Log> {
        self.logs.get_mut(topic.idx())?.get_mut(partition as usize)
    }

    pub(super) fn append(&mut self, topic: Topic, partition: u32, key: &str, published_ms: i64, record: Record) {
        let Some(log) = self.log_mut(topic, partition) else { return };
        let growth = log.push(key, published_ms, record, topic.is_compacted());
        self.bytes = self.bytes.saturating_add_signed(growth);
    }

    /// Drops the oldest records of the largest logs until there are at most `limit` bytes: those that every reader has
    /// passed, with `unread` also others. True if that was enough.
    pub(super) fn make_room(&mut self, limit: usize, unread: bool) -> bool {
        while self.bytes > limit {
            let Some((topic, partition)) = self.fullest(unread) else { return unread };
            let first = self.log(topic, partition).map_or(0, Log::first);
            let mut is_read = true;
            for cursor in self.cursors.values_mut().filter(|c| (c.topic, c.partition) == (topic, partition)) {
                if cursor.position <= first {
                    cursor.is_overrun = true;
                    is_read = false;
                }
            }
            self.n_dropped_unread += u64::from(!is_read);
            self.bytes -= self.log_mut(topic, partition).map_or(0, Log::drop_first);
        }
        true
    }

    /// The partition with the most bytes whose oldest record may be dropped. What sessions there are is never dropped.
    fn fullest(&self, unread: bool) -> Option<(Topic, u32)> {
        let logs = Topic::ALL.into_iter().filter(|topic| !topic.is_compacted()).flat_map(|topic| {
            (0u32..).zip(self.partitions(topic)).map(move |(partition, log)| (topic, partition, log))
        });
        let may_go = |(topic, partition, log): &(Topic, u32, &Log)| {
            !log.is_empty() && (unread || !self.is_wanted(*topic, *partition, log.first()))
        };
        let fullest = logs.filter(may_go).max_by_key(|(_, _, log)| log.bytes());
        fullest.map(|(topic, partition, _)| (topic, partition))
    }

    /// True if somebody has not read that offset, and has not been left behind.
    fn is_wanted(&self, topic: Topic, partition: u32, offset: u64) -> bool {
        let here = |cursor: &&Cursor| (cursor.topic, cursor.partition) == (topic, partition);
        self.cursors.values().filter(here).any(|cursor| cursor.position <= offset && !cursor.is_overrun)
    }

    /// A number that nobody else has.
    pub(super) fn new_id(&mut self) -> u64 {
        self.n_ids += 1;
        self.n_ids
    }

    pub(super) fn add_cursor(&mut self, topic: Topic, partition: u32, position: u64) -> CursorId {
        let id = self.new_id();
        self.cursors.insert(id, Cursor { topic, partition, position, is_overrun: false });
        id
    }

    pub(super) fn cursor(&self, id: CursorId) -> Option<&Cursor> {
        self.cursors.get(&id)
    }

    pub(super) fn remove_cursor(&mut self, id: CursorId) {
        self.cursors.remove(&id);
    }

    /// What comes next for a reader, which moves on.
    pub(super) fn next(&mut self, id: CursorId) -> Option<Delivery> {
        let cursor = self.cursors.get_mut(&id)?;
        let (topic, partition) = (cursor.topic, cursor.partition);
        let log = self.logs.get(topic.idx())?.get(partition as usize)?;
        cursor.is_overrun = false;
        let entry = log.at(cursor.position)?;
        cursor.position = entry.offset + 1;
        Some(Delivery {
            topic,
            partition,
            offset: entry.offset,
            key: entry.key.clone(),
            published_ms: entry.published_ms,
            record: entry.record.clone(),
        })
    }
}

/// The state, and the news that something in it changed.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Something was published or read, or a consumer came or went.
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn new(state: State) -> Shared {
        Shared { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Somebody has read, so there may be room for a publisher.
    pub(super) fn has_read(&self, state: &State) {
        if state.n_held_up > 0 {
            self.changed.notify_all();
        }
    }

    /// Nothing panics while it holds the lock, and nothing is left half done there: a poisoned lock is still whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

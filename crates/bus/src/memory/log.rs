//! One partition: records in order, the oldest dropped first.

use std::collections::VecDeque;

use crate::Record;

/// A record at its offset.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) key: String,
    pub(super) published_ms: i64,
    pub(super) record: Record,
}

impl Entry {
    /// What it takes in memory, about.
    pub(super) fn size(&self) -> usize {
        size_of::<Entry>() + self.key.len() + self.record.payload.len()
    }
}

/// The records of one partition.
#[derive(Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    next: u64,
    bytes: usize,
}

impl Log {
    /// Appends a record. With `compacted`, an older one of the same key goes. Returns how many bytes more there are.
    pub(super) fn push(&mut self, key: &str, published_ms: i64, record: Record, compacted: bool) -> isize {
        let before = self.bytes;
        if compacted && let Some(idx) = self.entries.iter().position(|entry| entry.key == key) {
            let old = self.entries.remove(idx);
            self.bytes -= old.map_or(0, |old| old.size());
        }
        let entry = Entry { offset: self.next, key: key.to_owned(), published_ms, record };
        self.next += 1;
        self.bytes += entry.size();
        self.entries.push_back(entry);
        self.bytes.cast_signed() - before.cast_signed()
    }

    /// The first record at that offset or after it.
    pub(super) fn at(&self, offset: u64) -> Option<&Entry> {
        // Without holes, as all but compacted logs are, it is where its offset says.
        let guess = offset.saturating_sub(self.first());
        match usize::try_from(guess).ok().and_then(|idx| self.entries.get(idx)) {
            Some(entry) if entry.offset == offset => Some(entry),
            _ => self.entries.get(self.entries.partition_point(|entry| entry.offset < offset)),
        }
    }

    /// Drops the oldest record and returns its size.
    pub(super) fn drop_first(&mut self) -> usize {
        let size = self.entries.pop_front().map_or(0, |entry| entry.size());
        self.bytes -= size;
        size
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Offset of the first record that is still there.
    pub(super) fn first(&self) -> u64 {
        self.entries.front().map_or(self.next, |entry| entry.offset)
    }

    /// Offset of the next record.
    pub(super) fn next(&self) -> u64 {
        self.next
    }
}

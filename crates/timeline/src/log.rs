//! The keyed log: every change in order, and checkpoints that make any moment of it cheap to look up.

use std::collections::BTreeMap;

use overcut_domain::SessionTime;

use crate::{Entry, Item, Key};

/// Entries between two checkpoints. A look-up folds at most this many on top of one; a race of 100,000 changes then
/// needs about 400 checkpoints of some thousand indices, which is less than 2 MB.
const CHECKPOINT_EVERY: usize = 256;

/// The latest entry of every key after the first `n_entries` entries.
#[derive(Debug, Clone)]
struct Checkpoint {
    n_entries: usize,
    /// Indices of entries, in order of key.
    latest: Vec<u32>,
}

/// Every change that a client may see, in order.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: Vec<Entry>,
    latest: BTreeMap<Key, u32>,
    checkpoints: Vec<Checkpoint>,
}

impl Log {
    /// Appends a change and returns its version; `None` if the item equals the latest of its key.
    ///
    /// A time before that of the last entry counts as that of the last entry: what became known stays known.
    pub fn append(&mut self, time: SessionTime, item: Item) -> Option<u64> {
        let key = item.key();
        if self.latest(&key).is_some_and(|entry| entry.item == item) {
            return None;
        }
        let idx = u32::try_from(self.entries.len()).ok()?;
        let time = self.entries.last().map_or(time, |last| time.max(last.time));
        let version = u64::from(idx) + 1;
        self.entries.push(Entry { version, time, item });
        self.latest.insert(key, idx);
        if self.entries.len().is_multiple_of(CHECKPOINT_EVERY) {
            let latest = self.latest.values().copied().collect();
            self.checkpoints.push(Checkpoint { n_entries: self.entries.len(), latest });
        }
        Some(version)
    }

    /// The latest entry of a key.
    pub fn latest(&self, key: &Key) -> Option<&Entry> {
        self.latest.get(key).and_then(|idx| self.entries.get(*idx as usize))
    }

    /// The entry of a version.
    pub fn entry(&self, version: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(version.checked_sub(1)?).ok()?)
    }

    /// Every entry, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The version of the last entry known at `time`; 0 if there is none.
    pub fn version_at(&self, time: SessionTime) -> u64 {
        self.entries.partition_point(|entry| entry.time <= time) as u64
    }

    /// The entries after `version` that are known at `time`, in order.
    pub fn since(&self, version: u64, time: SessionTime) -> &[Entry] {
        let end = self.version_at(time) as usize;
        let begin = usize::try_from(version).unwrap_or(usize::MAX).min(end);
        &self.entries[begin..end]
    }

    /// The latest entry of every key known at `time`, in order of key.
    pub fn snapshot_at(&self, time: SessionTime) -> Vec<&Entry> {
        let end = self.version_at(time) as usize;
        let n_checkpoints = self.checkpoints.partition_point(|checkpoint| checkpoint.n_entries <= end);
        let checkpoint = n_checkpoints.checked_sub(1).and_then(|idx| self.checkpoints.get(idx));
        let (begin, base) = checkpoint.map_or((0, &[][..]), |checkpoint| (checkpoint.n_entries, &checkpoint.latest));
        let base = base.iter().filter_map(|idx| self.entries.get(*idx as usize));
        merge(base, latest_by_key(&self.entries[begin..end]))
    }
}

/// The latest entry of every key among `entries`, in order of key.
fn latest_by_key(entries: &[Entry]) -> Vec<(Key, &Entry)> {
    let mut changes: Vec<_> = entries.iter().map(|entry| (entry.item.key(), entry)).collect();
    changes.sort_by_key(|(key, entry)| (*key, std::cmp::Reverse(entry.version)));
    changes.dedup_by_key(|(key, _)| *key);
    changes
}

/// The latest entry of every key among `entries`, in order of version: the same end state in fewer messages.
pub fn coalesced(entries: &[Entry]) -> Vec<&Entry> {
    let mut changes: Vec<_> = latest_by_key(entries).into_iter().map(|(_, entry)| entry).collect();
    changes.sort_by_key(|entry| entry.version);
    changes
}

/// Lays `changes` over `base`; both are in order of key, and so is the result.
fn merge<'a>(base: impl Iterator<Item = &'a Entry>, changes: Vec<(Key, &'a Entry)>) -> Vec<&'a Entry> {
    let mut merged = Vec::with_capacity(base.size_hint().1.unwrap_or(0) + changes.len());
    let mut changes = changes.into_iter().peekable();
    for old in base {
        let key = old.item.key();
        while let Some((_, new)) = changes.next_if(|(change, _)| *change < key) {
            merged.push(new);
        }
        merged.push(changes.next_if(|(change, _)| *change == key).map_or(old, |(_, new)| new));
    }
    merged.extend(changes.map(|(_, entry)| entry));
    merged
}

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
    /// Version before that of the first entry.
    base: u64,
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
        let version = self.base + u64::from(idx) + 1;
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
        self.entries.get(usize::try_from(version.checked_sub(self.base + 1)?).ok()?)
    }

    /// The version before that of the first entry: 0, unless this log took the place of another.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The version of the last entry; [`Log::base`] if there is none.
    pub fn version(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    /// Numbers the entries on from those of the log whose place this one takes, so that no version means two things.
    pub(crate) fn follow_on(&mut self, before: &Log) {
        // One is left out: who knows all of that log knows nothing of this one.
        let shift = (before.version() + 1).saturating_sub(self.base);
        self.base += shift;
        self.entries.iter_mut().for_each(|entry| entry.version += shift);
    }

    /// Every entry, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The version of the last entry known at `time`; [`Log::base`] if there is none.
    pub fn version_at(&self, time: SessionTime) -> u64 {
        self.base + self.n_until(time) as u64
    }

    /// The entries after `version` that are known at `time`, in order.
    pub fn since(&self, version: u64, time: SessionTime) -> &[Entry] {
        let end = self.n_until(time);
        &self.entries[self.n_of(version).min(end)..end]
    }

    /// The latest entry of every key known at `time`, in order of key.
    pub fn snapshot_at(&self, time: SessionTime) -> Vec<&Entry> {
        self.snapshot_of(self.n_until(time))
    }

    /// What a client that knows another log up to `version` must be told to know this one at `time`: the entries that
    /// differ, in order of version. `None` if it knows of something that this log has not got, and needs a snapshot.
    pub(crate) fn differences(&self, other: &Log, version: u64, time: SessionTime) -> Option<Vec<&Entry>> {
        let mut known = other.snapshot_of(other.n_of(version).min(other.entries.len())).into_iter().peekable();
        let mut changes = Vec::new();
        for entry in self.snapshot_at(time) {
            let key = entry.item.key();
            let is_known = known.next_if(|known| known.item.key() <= key);
            match is_known {
                Some(known) if known.item.key() < key => return None,
                Some(known) if known.item == entry.item => {}
                _ => changes.push(entry),
            }
        }
        changes.sort_by_key(|entry| entry.version);
        known.next().is_none().then_some(changes)
    }

    /// How many entries are known at `time`.
    fn n_until(&self, time: SessionTime) -> usize {
        self.entries.partition_point(|entry| entry.time <= time)
    }

    /// How many entries there are up to a version.
    fn n_of(&self, version: u64) -> usize {
        usize::try_from(version.saturating_sub(self.base)).unwrap_or(usize::MAX)
    }

    /// The latest entry of every key among the first `end` entries, in order of key.
    fn snapshot_of(&self, end: usize) -> Vec<&Entry> {
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

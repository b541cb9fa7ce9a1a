//! What was heard: every message once, in order of arrival, with where it came from.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use memchr::memmem;

use super::belief::Correction;
use super::twins::TwinKey;
use crate::topic::Topic;

/// Where an entry came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A connection of SignalR, by its index.
    Connection(u32),
    /// A line of the archive.
    Archive,
}

/// One message of a topic.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) topic: Topic,
    pub(super) origin: Origin,
    /// True if it is the full state out of a connection's snapshot.
    pub(super) is_snapshot: bool,
    /// The moment, as it is believed: UTC on a connection, the line's clock in the archive, in milliseconds.
    pub(super) stamp: i64,
    /// Of its words, the same for both sources.
    pub(super) hash: u64,
    /// Its JSON. Shared, so that a replay on another thread copies nothing.
    pub(super) payload: Arc<[u8]>,
}

impl Entry {
    /// What twins have in common.
    pub(super) fn key(&self) -> TwinKey {
        (self.topic, self.hash)
    }
}

/// All entries, and what keeps them from growing without bound.
#[derive(Debug)]
pub(super) struct Log {
    entries: Vec<Entry>,
    /// Messages that are known: topic, archive or not, stated stamp, hash.
    known: HashSet<(u8, bool, i64, u64)>,
    n_bytes: usize,
    max_entries: usize,
    max_bytes: usize,
    /// Messages that came a second time.
    pub(super) n_duplicates: u64,
    /// Messages for which there was no room.
    pub(super) n_overflowed: u64,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// It is new, and this entry.
    New(u32),
    /// It is known.
    Duplicate,
    /// It is new, but there is no room for it.
    Overflow,
}

impl Log {
    pub(super) fn new(max_entries: usize, max_bytes: usize) -> Log {
        Log {
            entries: Vec::new(),
            known: HashSet::new(),
            n_bytes: 0,
            max_entries: max_entries.min(u32::MAX as usize - 1),
            max_bytes,
            n_duplicates: 0,
            n_overflowed: 0,
        }
    }

    /// Keeps a message unless it is known. A snapshot is never known: what it states may have been true before.
    pub(super) fn keep(
        &mut self,
        topic: Topic,
        origin: Origin,
        is_snapshot: bool,
        stated: i64,
        payload: &[u8],
    ) -> Kept {
        let hash = hash_of(payload);
        let has_room =
            self.entries.len() < self.max_entries && self.n_bytes.saturating_add(payload.len()) <= self.max_bytes;
        if !is_snapshot {
            let key = (topic as u8, origin == Origin::Archive, stated, hash);
            let is_known = if has_room { !self.known.insert(key) } else { self.known.contains(&key) };
            if is_known {
                self.n_duplicates += 1;
                return Kept::Duplicate;
            }
        }
        if !has_room {
            self.n_overflowed += 1;
            return Kept::Overflow;
        }
        self.n_bytes += payload.len();
        self.entries.push(Entry { topic, origin, is_snapshot, stamp: stated, hash, payload: payload.into() });
        u32::try_from(self.entries.len() - 1).map_or(Kept::Overflow, Kept::New)
    }

    pub(super) fn believe(&mut self, corrections: &mut Vec<Correction>) {
        for (entry, stamp) in corrections.drain(..) {
            self.set_stamp(entry, stamp);
        }
    }

    pub(super) fn set_stamp(&mut self, entry: u32, stamp: i64) {
        if let Some(entry) = self.entries.get_mut(entry as usize) {
            entry.stamp = stamp;
        }
    }

    pub(super) fn get(&self, entry: u32) -> Option<&Entry> {
        self.entries.get(entry as usize)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// The same on every machine: the hasher's keys are fixed.
fn hash_of(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words(payload).hash(&mut hasher);
    hasher.finish()
}

/// The mark of a whole state, which the push service sets and the archive leaves out.
const KEYFRAME: &[u8] = br#""_kf":true"#;

/// What a message says in the words of the archive: without the marks of whole states.
fn words(payload: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = payload;
    let mut kept: Vec<u8> = Vec::new();
    while let Some((before, after)) = memmem::find(rest, KEYFRAME).and_then(|at| rest.split_at_checked(at)) {
        let after = after.get(KEYFRAME.len()..).unwrap_or_default();
        // Its comma goes with it: the one before, or, at the beginning of an object, the one after.
        match before.strip_suffix(b",") {
            Some(before) => {
                kept.extend(before);
                rest = after;
            }
            None => {
                kept.extend(before);
                rest = after.strip_prefix(b",").unwrap_or(after);
            }
        }
    }
    if rest.len() == payload.len() {
        return Cow::Borrowed(payload);
    }
    kept.extend(rest);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_use_the_same_words() {
        let cases = [
            (r#"{"Status":"1","_kf":true}"#, r#"{"Status":"1"}"#),
            (r#"{"_kf":true,"Status":"1"}"#, r#"{"Status":"1"}"#),
            (r#"{"a":{"b":1,"_kf":true},"_kf":true}"#, r#"{"a":{"b":1}}"#),
            (r#"{"_kf":true}"#, "{}"),
            (r#"{"_kf":false}"#, r#"{"_kf":false}"#),
        ];
        for (pushed, archived) in cases {
            assert_eq!(words(pushed.as_bytes()), archived.as_bytes(), "{pushed}");
        }
    }
}

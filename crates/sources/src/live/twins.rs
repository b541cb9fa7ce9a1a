//! Which message of a connection says the same as a line of the archive.
//!
//! The archive writes what the push service sends, each message once, at the same moment and in the same words but for
//! the mark of a whole state. So each line is the twin of one message, and a line without one was lost on its way to us.
//! Known exceptions: the archive may write a backlog with the clock of the moment it was written (heartbeats of the
//! Japanese Grand Prix of 2026 stand up to 55 minutes late), and a damaged message is not in the words it was sent in.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::choose::{EDGE_MS, SAME_MS};
use super::log::{Entry, Origin};
use crate::topic::Topic;

/// Topic and hash of the words.
pub(super) type TwinKey = (Topic, u64);

/// Messages of connections that no line was found to repeat so far: stamps and entries by their words.
#[derive(Default)]
pub(super) struct Twins(HashMap<(u8, u64), Vec<(i64, u32)>>);

impl Twins {
    /// Those of a log.
    pub(super) fn of<'a>(entries: impl Iterator<Item = (u32, &'a Entry)>) -> Twins {
        let mut twins = Twins::default();
        for (idx, entry) in entries {
            if entry.origin != Origin::Archive && !entry.is_snapshot {
                twins.add(entry.key(), entry.stamp, idx);
            }
        }
        twins
    }

    fn add(&mut self, (topic, hash): TwinKey, stamp: i64, entry: u32) {
        self.0.entry((topic as u8, hash)).or_default().push((stamp, entry));
    }

    /// Takes out the message in the same words that is nearest in time, if it is near enough.
    pub(super) fn take(&mut self, (topic, hash): TwinKey, utc: i64, apart_ms: i64) -> Option<u32> {
        let same = self.0.get_mut(&(topic as u8, hash))?;
        let near = same.iter().enumerate().filter(|(_, (stamp, _))| stamp.abs_diff(utc) <= apart_ms.unsigned_abs());
        let (slot, _) = near.min_by_key(|(_, (stamp, entry))| (stamp.abs_diff(utc), *entry))?;
        Some(same.swap_remove(slot).1)
    }

    /// Takes out the latest message in the same words of any time before: a line may be written late, but never early.
    pub(super) fn take_earlier(&mut self, (topic, hash): TwinKey, utc: i64) -> Option<u32> {
        let same = self.0.get_mut(&(topic as u8, hash))?;
        let earlier = same.iter().enumerate().filter(|(_, (stamp, _))| *stamp <= utc);
        let (slot, _) = earlier.max_by_key(|(_, message)| **message)?;
        Some(same.swap_remove(slot).1)
    }

    /// The messages without twins by their moments.
    pub(super) fn rest(self) -> Others {
        let mut others = Others::default();
        for ((topic, _), messages) in self.0 {
            messages.into_iter().for_each(|message| {
                others.0.insert((topic, message.0, message.1));
            });
        }
        others
    }
}

/// Messages of connections without a twin: topic, stamp, entry.
#[derive(Default)]
pub(super) struct Others(BTreeSet<(u8, i64, u32)>);

impl Others {
    /// Takes out a message of the same moment: it may say the same in words that differ, or that were damaged.
    pub(super) fn take(&mut self, topic: Topic, utc: i64) -> bool {
        let (topic, from, to) = (topic as u8, utc.saturating_sub(SAME_MS), utc.saturating_add(SAME_MS));
        let near =
            self.0.range((topic, from, 0)..=(topic, to, u32::MAX)).min_by_key(|(_, stamp, _)| stamp.abs_diff(utc));
        near.copied().is_some_and(|message| self.0.remove(&message))
    }
}

/// What became of twins so far, while messages and lines come one by one.
///
/// It goes by what is there, and so may take a message for the twin of the wrong line. Then the line that is its twin
/// comes later, and what was given before it is to be looked at again.
#[derive(Default)]
pub(super) struct Meeting {
    messages: Twins,
    /// Messages that a line was found for.
    met: HashMap<(u8, u64), Vec<i64>>,
    /// Messages that stand for a line in other words.
    stand_ins: HashSet<u32>,
    /// Lines that were given.
    given: HashMap<(u8, u64), Vec<i64>>,
}

/// What a line of the archive turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// What a connection told.
    Twin,
    /// The twin of a message that another line was taken for.
    Another,
    /// What no connection told.
    None,
}

impl Meeting {
    /// A message of a connection came. True if its line was given already.
    pub(super) fn message(&mut self, key: TwinKey, stamp: i64, entry: u32) -> bool {
        self.messages.add(key, stamp, entry);
        is_near(&self.given, key, stamp)
    }

    /// A line of the archive came, inside what connections covered or not.
    pub(super) fn line(&mut self, key: TwinKey, utc: i64, is_covered: bool) -> Met {
        let near = [0, SAME_MS, EDGE_MS].into_iter().find_map(|apart_ms| self.messages.take(key, utc, apart_ms));
        let twin = near.or_else(|| is_covered.then(|| self.messages.take_earlier(key, utc)).flatten());
        match twin {
            Some(entry) => {
                self.met.entry((key.0 as u8, key.1)).or_default().push(utc);
                if self.stand_ins.remove(&entry) { Met::Another } else { Met::Twin }
            }
            None if is_near(&self.met, key, utc) => Met::Another,
            None => Met::None,
        }
    }

    /// A message without a twin stands for a line in other words.
    pub(super) fn stand_in(&mut self, entry: u32) {
        self.stand_ins.insert(entry);
    }

    /// True if no line was found for a message so far, and it stands for none.
    pub(super) fn is_single(&self, key: TwinKey, entry: u32) -> bool {
        let same = self.messages.0.get(&(key.0 as u8, key.1));
        !self.stand_ins.contains(&entry) && same.is_some_and(|same| same.iter().any(|(_, other)| *other == entry))
    }

    /// A line was given.
    pub(super) fn give(&mut self, key: TwinKey, utc: i64) {
        self.given.entry((key.0 as u8, key.1)).or_default().push(utc);
    }
}

fn is_near(moments: &HashMap<(u8, u64), Vec<i64>>, (topic, hash): TwinKey, utc: i64) -> bool {
    let same = moments.get(&(topic as u8, hash));
    same.is_some_and(|same| same.iter().any(|moment| moment.abs_diff(utc) <= EDGE_MS.unsigned_abs()))
}

//! What each connection of SignalR was good for.

use super::belief::Belief;
use crate::topic::Topic;

/// One connection, from its opening to its end.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) is_second: bool,
    pub(super) is_open: bool,
    /// True if somebody noted its opening, so that a second snapshot on it is no new connection.
    pub(super) is_noted: bool,
    pub(super) has_snapshot: bool,
    /// Earliest and latest stamp of its feed.
    pub(super) first: Option<i64>,
    pub(super) belief: Belief,
    /// The stamp at which its topics' states were taken, as far as that is known before its first message.
    pub(super) snapshot_stamp: Option<i64>,
    /// Topics whose state it gave when it opened.
    granted: u64,
    /// Topics that were heard later only, by the stamp since when; `i64::MAX` for the others.
    later: [i64; Topic::COUNT],
    /// Latest stamp of each topic; `i64::MIN` for those that were not heard.
    last_of: [i64; Topic::COUNT],
    /// While another connection was open when this one's snapshot came: how far that one had told, and what.
    relieves: Option<(i64, u64)>,
    /// When it was opened, on the arrival clock.
    pub(super) opened_at_ms: i64,
    /// Last message of any kind, on the arrival clock.
    pub(super) heard_at_ms: i64,
    /// Why it ended, in words; empty while it is open.
    pub(super) end: String,
}

impl Connection {
    pub(super) fn new(is_second: bool, is_noted: bool, heard_at_ms: i64) -> Connection {
        Connection {
            is_second,
            is_open: true,
            is_noted,
            has_snapshot: false,
            first: None,
            belief: Belief::default(),
            snapshot_stamp: None,
            granted: 0,
            later: [i64::MAX; Topic::COUNT],
            last_of: [i64::MIN; Topic::COUNT],
            relieves: None,
            opened_at_ms: heard_at_ms,
            heard_at_ms,
            end: String::new(),
        }
    }

    pub(super) fn grant(&mut self, topic: Topic) {
        self.granted |= bit(topic);
    }

    /// Takes over from a connection that is still open.
    pub(super) fn relieve(&mut self, other: &Connection) {
        // One that said nothing so far stands for the one that it took over from itself.
        if let Some(told) = other.belief.latest().or(other.relieves.map(|(told, _)| told)) {
            let topics = other.topics();
            self.relieves = Some(self.relieves.map_or((told, topics), |(at, had)| (at.max(told), had | topics)));
        }
    }

    /// True if its predecessor, from which it took over, tells of a topic how it came to what this one stated.
    pub(super) fn takes_over(&self, topic: Topic) -> bool {
        self.relieves.is_some_and(|(_, topics)| topics & bit(topic) != 0)
    }

    /// A message of the feed came, with the stamp that is believed of it.
    pub(super) fn hear(&mut self, topic: Topic, stamp: i64) {
        self.first = Some(self.first.map_or(stamp, |first| first.min(stamp)));
        if let Some(last) = self.last_of.get_mut(topic as usize) {
            *last = stamp.max(*last);
        }
        if self.granted & bit(topic) == 0
            && let Some(later) = self.later.get_mut(topic as usize)
        {
            *later = stamp.min(*later);
        }
    }

    /// The times of which it told everything about a topic, as stamps of first and last message.
    pub(super) fn cover(&self, topic: Topic) -> Option<(i64, i64)> {
        let (first, last) = (self.first?, self.belief.latest()?);
        let from = if self.granted & bit(topic) == 0 {
            *self.later.get(topic as usize).filter(|later| **later < i64::MAX)?
        } else {
            match self.relieves {
                Some((told, topics)) if topics & bit(topic) != 0 => first.min(told),
                _ => first,
            }
        };
        Some((from, last.max(from)))
    }

    /// The stamp of what it last said of a topic.
    pub(super) fn last_of(&self, topic: Topic) -> Option<i64> {
        self.last_of.get(topic as usize).copied().filter(|last| *last > i64::MIN)
    }

    /// True if it gives a topic, or gave it while it was open.
    pub(super) fn gives(&self, topic: Topic) -> bool {
        self.topics() & bit(topic) != 0
    }

    pub(super) fn topics(&self) -> u64 {
        let later = Topic::ALL.into_iter().zip(&self.later).filter(|(_, later)| **later < i64::MAX);
        later.fold(self.granted, |topics, (topic, _)| topics | bit(topic))
    }
}

/// A topic as a member of a set.
pub(super) const fn bit(topic: Topic) -> u64 {
    1 << topic as u64
}

const _: () = assert!(Topic::COUNT <= 64, "a set of topics is one word");

//! Which entries count: per topic and moment those of the best source that covers it, each once, in order.

use super::archive::Archive;
use super::clock::Clocks;
use super::connection::Connection;
use super::log::{Entry, Origin};
use super::twins::{Others, Twins};
use crate::topic::Topic;

/// Near the ends of what a connection covered, and where nothing covers, the same message from two sources is known by
/// its content if its two moments are no farther apart.
pub(super) const EDGE_MS: i64 = 2000;

/// The same moment, written by one server on two ways.
pub(super) const SAME_MS: i64 = 50;

/// All that is known, to choose from.
pub(super) struct Choice<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) connections: &'a [Connection],
    pub(super) archive: &'a Archive,
    pub(super) clocks: Clocks,
    /// True if the two clocks were compared by what both sources told: else nothing can be missed in a cover.
    pub(super) is_exact: bool,
    /// Topics that any connection gave.
    pub(super) given: u64,
}

/// An entry that counts, with its place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pick {
    /// On the session clock, milliseconds.
    pub(super) at: i64,
    /// States come before what changed at the same moment.
    is_change: bool,
    /// Topics stand in the order of their names, as in a folder of the archive.
    topic: u8,
    /// Then as the archive has them, or else as they arrived.
    order: u32,
    pub(super) entry: u32,
}

/// Times that a source covers, apart and in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Cover(Vec<(i64, i64)>);

impl Cover {
    pub(super) fn of(mut spans: Vec<(i64, i64)>) -> Cover {
        spans.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::with_capacity(spans.len());
        for (from, to) in spans {
            match joined.last_mut() {
                Some((_, end)) if from <= *end => *end = to.max(*end),
                _ => joined.push((from, to)),
            }
        }
        Cover(joined)
    }

    /// True well inside, where the source must have told everything.
    pub(super) fn contains_well(&self, moment: i64) -> bool {
        let idx = self.0.partition_point(|(from, _)| *from <= moment);
        let span = idx.checked_sub(1).and_then(|idx| self.0.get(idx));
        span.is_some_and(|(from, to)| moment > from.saturating_add(EDGE_MS) && moment < to.saturating_sub(EDGE_MS))
    }

    /// True from the first to the last moment of a span.
    pub(super) fn contains(&self, moment: i64) -> bool {
        let idx = self.0.partition_point(|(from, _)| *from <= moment);
        idx.checked_sub(1).and_then(|idx| self.0.get(idx)).is_some_and(|(_, to)| moment <= *to)
    }

    /// The span that begins latest before a moment.
    fn before(&self, moment: i64) -> Option<(i64, i64)> {
        let idx = self.0.partition_point(|(from, _)| *from < moment);
        idx.checked_sub(1).and_then(|idx| self.0.get(idx)).copied()
    }
}

impl Choice<'_> {
    /// Every entry that counts, in order.
    pub(super) fn picks(&self) -> Vec<Pick> {
        let covers: Vec<Cover> = Topic::ALL.into_iter().map(|topic| self.cover(topic)).collect();
        let is_archived = |entry: &Entry| self.archive.of(entry.topic).first.is_some();
        let mut twins = Twins::of((0..).zip(self.entries).filter(|(_, entry)| is_archived(entry)));
        let mut picks = Vec::with_capacity(self.entries.len());
        // Lines of the archive first: they lend their order to their twins.
        let mut order: Vec<u32> = (0..).take(self.entries.len()).collect();
        let mut lines: Vec<(u32, &Entry)> =
            (0..).zip(self.entries).filter(|(_, entry)| entry.origin == Origin::Archive).collect();
        // The same moment first: the same words may come again within seconds, and each is the twin of its own.
        for apart_ms in [0, SAME_MS, EDGE_MS] {
            lines.retain(|(idx, entry)| {
                let utc = self.clocks.utc_ms(entry.origin, entry.stamp);
                let twin = utc.and_then(|utc| twins.take(entry.key(), utc, apart_ms));
                if let Some(slot) = twin.and_then(|twin| order.get_mut(twin as usize)) {
                    *slot = *idx;
                }
                twin.is_none()
            });
        }
        // Inside a cover what has no twin was lost on its way to us, unless the connection told it at another moment or in
        // other words.
        let covered = |entry: &Entry| {
            let utc = self.clocks.utc_ms(entry.origin, entry.stamp)?;
            covers.get(entry.topic as usize)?.contains_well(utc).then_some(utc)
        };
        lines.retain(|(_, entry)| {
            covered(entry).is_none_or(|utc| self.is_exact && twins.take_earlier(entry.key(), utc).is_none())
        });
        let is_any_left = lines.iter().any(|(_, entry)| covered(entry).is_some());
        let mut others = if is_any_left { twins.rest() } else { Others::default() };
        lines.retain(|(_, entry)| covered(entry).is_none_or(|utc| !others.take(entry.topic, utc)));
        picks.extend(lines.into_iter().filter_map(|(idx, entry)| self.pick(entry, idx, idx)));
        for ((idx, entry), order) in (0..).zip(self.entries).zip(order) {
            if entry.origin != Origin::Archive && !entry.is_snapshot {
                picks.extend(self.pick(entry, idx, order));
            }
        }
        picks.extend(self.states(&covers));
        picks.sort_unstable();
        picks
    }

    fn pick(&self, entry: &Entry, idx: u32, order: u32) -> Option<Pick> {
        let at = self.clocks.session_ms(entry.origin, entry.stamp)?;
        Some(Pick { at, is_change: true, topic: entry.topic as u8, order, entry: idx })
    }

    /// When connections covered a topic, in UTC.
    pub(super) fn cover(&self, topic: Topic) -> Cover {
        Cover::of(self.connections.iter().filter_map(|connection| connection.cover(topic)).collect())
    }

    /// The states that a connection gave when it opened, where nothing tells how they came about.
    fn states(&self, covers: &[Cover]) -> Vec<Pick> {
        let mut picks = Vec::new();
        for (idx, entry) in (0..).zip(self.entries).filter(|(_, entry)| entry.is_snapshot) {
            let Origin::Connection(number) = entry.origin else { continue };
            let Some(connection) = self.connections.get(number as usize) else { continue };
            // States are those of the moment before the connection's first message.
            let cover = connection.cover(entry.topic).map(|(from, _)| from);
            let Some(moment) = cover.or(connection.snapshot_stamp) else { continue };
            let before = covers.get(entry.topic as usize).and_then(|cover| cover.before(moment));
            let is_told = before.is_some_and(|(_, to)| moment <= to);
            if is_told || self.archive_fills(entry.topic, before.map(|(_, to)| to), moment) {
                continue; // how it came about is known
            }
            if let Some(at) = self.clocks.session_ms(entry.origin, moment) {
                picks.push(Pick { at, is_change: false, topic: entry.topic as u8, order: idx, entry: idx });
            }
        }
        picks
    }

    /// True if the archive told everything of a topic between two moments in UTC; `None` is the beginning.
    pub(super) fn archive_fills(&self, topic: Topic, from: Option<i64>, to: i64) -> bool {
        let Some(zero) = self.clocks.archive_ms else { return false };
        let clock = |utc: i64| utc.saturating_sub(zero);
        // What a connection said of the topic last before the gap.
        let heard = self.connections.iter().filter_map(|connection| connection.last_of(topic));
        let told = heard.filter(|last| from.is_some_and(|from| *last <= from)).max().map(clock);
        self.archive.covers(topic, from.map(clock), clock(to), told, self.given)
    }
}

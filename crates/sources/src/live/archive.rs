//! How far the growing archive has told.

use super::belief::Belief;
use crate::topic::Topic;

/// Clock of the earliest line of a reading from the beginning; files of all sessions begin within seconds of zero.
const AT_BEGINNING_MS: i64 = 2 * 60_000;

/// What is known of one topic's file.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    pub(super) belief: Belief,
    /// Earliest and latest line's clock.
    pub(super) first: Option<i64>,
    pub(super) last: Option<i64>,
    /// The file is still that of the session before: its lines do not count until it begins anew.
    pub(super) is_stale: bool,
}

/// The files that are followed.
#[derive(Debug)]
pub(super) struct Archive {
    lines: [Lines; Topic::COUNT],
}

impl Archive {
    pub(super) fn new() -> Archive {
        Archive { lines: std::array::from_fn(|_| Lines::default()) }
    }

    pub(super) fn of(&self, topic: Topic) -> &Lines {
        &self.lines[topic as usize]
    }

    pub(super) fn of_mut(&mut self, topic: Topic) -> &mut Lines {
        &mut self.lines[topic as usize]
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Lines> {
        self.lines.iter_mut()
    }

    pub(super) fn has_lines(&self) -> bool {
        self.lines.iter().any(|lines| lines.first.is_some())
    }

    /// True if files were read from their beginning and not from where they had grown to.
    fn is_from_beginning(&self) -> bool {
        self.lines.iter().filter_map(|lines| lines.first).min().is_some_and(|first| first <= AT_BEGINNING_MS)
    }

    /// Clock of the latest line of any of these topics: what others of them lack before it never was.
    pub(super) fn frontier(&self, topics: u64) -> Option<i64> {
        let of_set = Topic::ALL.into_iter().filter(|topic| topics & super::connection::bit(*topic) != 0);
        of_set.filter_map(|topic| self.of(topic).last).max()
    }

    /// True if the archive told all of a topic from one moment (`None` is the beginning) to another, on its own clock.
    ///
    /// A quiet topic has no line to show for it. Topics that are asked for together grow together, so the latest line
    /// of any of `together` tells how far all were read, if the topic itself had been read up to `told`, the last that
    /// is known of it from elsewhere.
    pub(super) fn covers(&self, topic: Topic, from: Option<i64>, to: i64, told: Option<i64>, together: u64) -> bool {
        let lines = self.of(topic);
        let (Some(first), Some(last)) = (lines.first, lines.last) else { return false };
        let has_beginning = self.is_from_beginning() || from.is_some_and(|from| first <= from);
        let is_caught_up = told.is_none_or(|told| last >= told - super::choose::EDGE_MS);
        let has_end = last >= to || is_caught_up && self.frontier(together).is_some_and(|frontier| frontier >= to);
        has_beginning && has_end
    }
}

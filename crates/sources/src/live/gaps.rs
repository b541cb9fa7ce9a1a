//! Times in which feeds came from nowhere.

use overcut_domain::{Feed, FeedGap, SourceKind};

use super::clock::Clocks;
use super::connection::bit;
use super::feeds::feed;
use crate::topic::Topic;

/// Most gaps told of; more are counted with the last.
const MAX_GAPS: usize = 1000;
/// How long after a gap lower sources are asked to fill it.
const PATIENCE_MS: i64 = 10 * 60_000;

/// One gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// The topics that were missing.
    pub(super) topics: u64,
    /// The last moment before it, in UTC; `None` is the beginning of the session.
    pub(super) from: Option<i64>,
    /// What is shown as its beginning.
    shown_from: i64,
    pub(super) to: Option<i64>,
    pub(super) filled_by: Option<SourceKind>,
    reason: String,
    /// Arrival of its end.
    ended_at_ms: i64,
}

/// All gaps of a session, in the order of their beginning.
#[derive(Debug, Clone, Default)]
pub(super) struct Gaps(Vec<Gap>);

/// A gap as it is now: which, and what.
#[derive(Debug, Clone)]
pub(super) struct GapNews {
    index: u16,
    gap: Gap,
}

impl GapNews {
    pub(super) fn to_domain(&self, clocks: Clocks) -> Option<FeedGap> {
        let GapNews { index, gap } = self;
        let to = match gap.to {
            Some(to) => Some(clocks.session_time(to)?),
            None => None,
        };
        Some(FeedGap {
            index: *index,
            feeds: feeds_of(gap.topics),
            from: clocks.session_time(gap.shown_from)?,
            to,
            filled_by: gap.filled_by,
            reason: gap.reason.clone(),
        })
    }
}

/// The feeds of these topics.
pub(super) fn feeds_of(topics: u64) -> Vec<Feed> {
    let has = |wanted: Feed| Topic::ALL.into_iter().any(|topic| topics & bit(topic) != 0 && feed(topic) == wanted);
    Feed::ALL.into_iter().filter(|feed| has(*feed)).collect()
}

impl Gaps {
    /// The gap that lasts, if one does.
    pub(super) fn lasting(&self) -> Option<usize> {
        self.0.iter().rposition(|gap| gap.to.is_none())
    }

    /// Gaps that nothing has filled so far, newest first.
    pub(super) fn unfilled(&self) -> impl Iterator<Item = (usize, &Gap)> {
        self.0.iter().enumerate().rev().take(16).filter(|(_, gap)| gap.filled_by.is_none())
    }

    /// Feeds that lower sources should fetch because of gaps.
    pub(super) fn wanted(&self, now_ms: i64) -> impl Iterator<Item = Feed> {
        let is_open = move |gap: &&Gap| gap.to.is_none() || now_ms - gap.ended_at_ms <= PATIENCE_MS;
        let topics = self.unfilled().map(|(_, gap)| gap).filter(is_open).fold(0, |topics, gap| topics | gap.topics);
        feeds_of(topics).into_iter()
    }

    /// A gap begins. `from` is `None` for the beginning of the session, which is shown as `shown_from`.
    pub(super) fn begin(&mut self, topics: u64, from: Option<i64>, shown_from: i64, reason: &str) -> Option<GapNews> {
        if topics == 0 || self.0.len() >= MAX_GAPS {
            return None;
        }
        let (to, filled_by) = (None, None);
        self.0.push(Gap { topics, from, shown_from, to, filled_by, reason: reason.to_owned(), ended_at_ms: 0 });
        self.news(self.0.len() - 1)
    }

    /// Some topics of a gap are there again. Those that are not stay missing.
    pub(super) fn end(&mut self, idx: usize, topics: u64, to: i64, now_ms: i64) -> Vec<GapNews> {
        let Some(gap) = self.0.get_mut(idx) else { return Vec::new() };
        let rest = gap.topics & !topics;
        let (from, shown_from, reason) = (gap.from, gap.shown_from, gap.reason.clone());
        let rest_feeds = feeds_of(rest).into_iter().filter(|feed| !feeds_of(topics).contains(feed)).count();
        gap.topics &= topics;
        (gap.to, gap.ended_at_ms) = (Some(to.max(gap.shown_from)), now_ms);
        let mut news: Vec<GapNews> = self.news(idx).into_iter().collect();
        if rest_feeds > 0 {
            news.extend(self.begin(rest, from, shown_from, &reason));
        }
        news
    }

    /// A gap was filled.
    pub(super) fn fill(&mut self, idx: usize, by: SourceKind, to: i64, now_ms: i64) -> Option<GapNews> {
        let gap = self.0.get_mut(idx)?;
        gap.filled_by = Some(by);
        if gap.to.is_none() {
            (gap.to, gap.ended_at_ms) = (Some(to.max(gap.shown_from)), now_ms);
        }
        self.news(idx)
    }

    pub(super) fn get(&self, idx: usize) -> Option<&Gap> {
        self.0.get(idx)
    }

    fn news(&self, idx: usize) -> Option<GapNews> {
        Some(GapNews { index: u16::try_from(idx).ok()?, gap: self.0.get(idx)?.clone() })
    }
}

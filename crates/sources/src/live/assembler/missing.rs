//! What is missing: connections that end, gaps, and what fills them.

use overcut_domain::{Feed, SessionStatus, SourceKind};

use super::Assembler;
use crate::live::belief::WILD_MS;
use crate::live::connection::Connection;
use crate::live::feeds::main_topic;
use crate::live::gaps::{Gap, feeds_of};
use crate::live::log::Origin;
use crate::topic::Topic;

/// A connection that says nothing for this long, not even that it is alive, is taken for dead.
const SILENCE_MS: i64 = 30_000;
/// While a session runs and samples come, no recording has more than 2.6 s in which nothing comes.
const QUIET_WITH_SAMPLES_MS: i64 = 5_000;
/// Without samples there are heartbeats at least; the longest pause in a recording is 15.2 s.
const QUIET_MS: i64 = 20_000;
/// A first message this much after the planned start means that something was missed.
const LATE_START_MS: i64 = 60_000;
/// No session is longer.
const LONGEST_SESSION_MS: i64 = 5 * 3_600_000;

impl Assembler {
    pub(super) fn end_silent(&mut self) {
        let is_silent = |c: &Connection| c.is_open && self.now_ms - c.heard_at_ms > SILENCE_MS;
        let silent: Vec<usize> = (0..).zip(&self.connections).filter(|(_, c)| is_silent(c)).map(|(n, _)| n).collect();
        if !silent.is_empty() {
            self.end(&silent, &format!("nothing heard for {} s", SILENCE_MS / 1000));
        }
    }

    /// Notices before a message that the service said nothing for longer than a running session is ever quiet: what it
    /// did not say may be missing.
    pub(super) fn notice_silence(&mut self, stamp: i64) {
        let open = self.connections.iter().filter(|connection| connection.is_open && connection.first.is_some());
        let Some(told) = open.clone().filter_map(|connection| connection.belief.latest()).max() else { return };
        let has_samples = open.clone().any(|c| c.gives(Topic::CarData) || c.gives(Topic::Position));
        let longest_ms = if has_samples { QUIET_WITH_SAMPLES_MS } else { QUIET_MS };
        let silent_ms = stamp.saturating_sub(told);
        // What is farther ahead is a wild stamp.
        if self.status == Some(SessionStatus::Started) && (longest_ms + 1..=WILD_MS).contains(&silent_ms) {
            self.lose(&format!("live timing said nothing for {} s", silent_ms / 1000));
        }
    }

    /// Messages were lost: what connections tell from now on does not follow from what they told before.
    pub(super) fn lose(&mut self, reason: &str) {
        let open: Vec<usize> = (0..).zip(&self.connections).filter(|(_, c)| c.is_open).map(|(n, _)| n).collect();
        let wires: Vec<Connection> = open.iter().filter_map(|n| self.connections.get(*n)).cloned().collect();
        self.end(&open, reason);
        for before in wires {
            let number = self.open(before.is_second, before.is_noted);
            if let Some(connection) = self.connections.get_mut(number) {
                // It still gives the same topics.
                connection.has_snapshot = before.has_snapshot;
                connection.snapshot_stamp = before.belief.latest().or(before.snapshot_stamp);
                let granted = Topic::ALL.into_iter().filter(|topic| before.gives(*topic));
                granted.for_each(|topic| connection.grant(topic));
            }
        }
    }

    /// Ends the connection on a wire, or all of them.
    pub(super) fn close(&mut self, is_second: Option<bool>, reason: &str) {
        let is_meant = |c: &Connection| c.is_open && is_second.is_none_or(|is_second| c.is_second == is_second);
        let meant: Vec<usize> = (0..).zip(&self.connections).filter(|(_, c)| is_meant(c)).map(|(n, _)| n).collect();
        self.end(&meant, reason);
    }

    /// Ends connections. What no other one gives is missing from then on.
    pub(super) fn end(&mut self, numbers: &[usize], reason: &str) {
        let (mut topics, mut from) = (0, None);
        for number in numbers {
            let Some(connection) = self.connections.get_mut(*number) else { continue };
            connection.is_open = false;
            connection.end = reason.to_owned();
            if connection.first.is_some() {
                topics |= connection.topics();
                from = from.max(connection.belief.latest());
            }
        }
        let others = self.connections.iter().filter(|c| c.is_open && c.has_snapshot);
        let given = others.fold(0, |topics, connection| topics | connection.topics());
        let lasting = self.gaps.lasting().and_then(|idx| self.gaps.get(idx)).map_or(0, |gap| gap.topics);
        if let Some(from) = from {
            let news = self.gaps.begin(topics & !given & !lasting, Some(from), from, reason);
            self.decide_gaps(news);
        }
    }

    /// A connection said its first: a gap ends, or turns out to have been.
    pub(super) fn end_gap(&mut self, number: usize, stamp: i64) {
        let Some(connection) = self.connections.get(number) else { return };
        let topics = connection.topics();
        if let Some(idx) = self.gaps.lasting() {
            let news = self.gaps.end(idx, topics, stamp, self.now_ms);
            self.decide_gaps(news);
            return;
        }
        let others = (0..).zip(&self.connections).filter(|(n, _)| *n != number).map(|(_, other)| other);
        if others.clone().any(|other| other.is_open && other.first.is_some()) {
            return;
        }
        let told = others.filter_map(|other| other.belief.latest()).max();
        let (from, shown_from, reason) = match (told, self.late_start(stamp)) {
            (Some(told), _) => {
                // The archive stepped in, but it is behind.
                let archived =
                    self.clocks().and_then(|clocks| clocks.utc_ms(Origin::Archive, self.archive.frontier(topics)?));
                (Some(told), told.max(archived.unwrap_or(told)), "the archive was behind live timing")
            }
            (None, Some(starts_at)) => (None, starts_at, "live timing was not yet connected"),
            (None, None) => return,
        };
        let Some(news) = self.gaps.begin(topics, from, shown_from.min(stamp), reason) else { return };
        let Some(idx) = self.gaps.lasting() else { return };
        self.decide_gaps([news]);
        let news = self.gaps.end(idx, topics, stamp, self.now_ms);
        self.decide_gaps(news);
        self.fill_gaps();
    }

    /// When the session started, if that was well before the first message.
    pub(super) fn late_start(&self, first: i64) -> Option<i64> {
        let is_over = matches!(self.status, Some(SessionStatus::Finalised | SessionStatus::Ends));
        let starts_at = self.info.as_ref()?.starts_at?.as_millis();
        (!is_over && (LATE_START_MS..LONGEST_SESSION_MS).contains(&(first - starts_at))).then_some(starts_at)
    }

    /// Marks gaps that lower sources have filled. True if one was.
    pub(super) fn fill_gaps(&mut self) -> bool {
        if self.gaps.unfilled().next().is_none() {
            return false;
        }
        let Some(clocks) = self.clocks() else { return false };
        let choice = self.choice(clocks);
        let filled: Vec<(usize, SourceKind, i64)> = self
            .gaps
            .unfilled()
            .filter_map(|(idx, gap)| {
                if let Some(to) = self.rows_fill(gap) {
                    return Some((idx, SourceKind::OpenF1, to));
                }
                let frontier = clocks.utc_ms(Origin::Archive, self.archive.frontier(gap.topics)?)?;
                let to = gap.to.unwrap_or(frontier);
                let begins = gap.to.is_some() || gap.from.is_some_and(|from| frontier > from);
                let has = |topic: Topic| {
                    self.archive.of(topic).first.is_some()
                        || self.connections.iter().any(|connection| connection.last_of(topic).is_some())
                };
                let mains = feeds_of(gap.topics).into_iter().map(main_topic).filter(|topic| has(*topic));
                let (mut n_mains, mut is_filled) = (0, begins);
                for topic in mains {
                    n_mains += 1;
                    is_filled &= choice.archive_fills(topic, gap.from, to);
                }
                (is_filled && n_mains > 0).then_some((idx, SourceKind::Archive, to))
            })
            .collect();
        for (idx, by, to) in &filled {
            let news = self.gaps.fill(*idx, *by, *to, self.now_ms);
            self.decide_gaps(news);
        }
        !filled.is_empty()
    }

    /// Until when OpenF1 told what a gap lacks; `None` if it did not.
    pub(super) fn rows_fill(&self, gap: &Gap) -> Option<i64> {
        // What it makes of the rest follows from these.
        let feeds = feeds_of(gap.topics).into_iter();
        let mut keys: Vec<Feed> =
            feeds.filter(|feed| [Feed::Timing, Feed::Cars, Feed::Positions].contains(feed)).collect();
        if keys.contains(&Feed::Timing) {
            keys.retain(|feed| *feed == Feed::Timing);
        }
        let spans: Option<Vec<(i64, i64)>> = keys.iter().map(|feed| self.rows.span(*feed)).collect();
        let told = spans?.into_iter().map(|(_, last)| last).min()?;
        let to = gap.to.unwrap_or(told);
        (told >= to && gap.from.is_none_or(|from| told > from)).then_some(to)
    }

    /// Notices that the archive, which had stepped in for a lost connection, stopped growing.
    pub(super) fn notice_stall(&mut self) {
        let is_connected = self.connections.iter().any(|connection| connection.is_open && connection.has_snapshot);
        if is_connected || self.gaps.lasting().is_some() || !self.health.lower_stalled(self.now_ms) {
            return;
        }
        let Some(topics) = self.connections.iter().rfind(|c| c.first.is_some()).map(Connection::topics) else { return };
        let frontier = self.archive.frontier(topics);
        let from = self.clocks().zip(frontier).and_then(|(clocks, clock)| clocks.utc_ms(Origin::Archive, clock));
        if let Some(from) = from {
            let news = self.gaps.begin(topics, Some(from), from, "the archive does not grow");
            self.decide_gaps(news);
        }
    }
}

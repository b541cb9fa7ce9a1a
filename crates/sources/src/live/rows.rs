//! What OpenF1 tells: rows made into events, each at its own moment.

use overcut_domain::{Event, Feed, SessionInfo, Stamped, UtcTime};

use super::choose::{Choice, Cover};
use super::clock::Clocks;
use super::feeds::main_topic;
use super::log::Origin;
use crate::openf1::{Told, Translator, put_on_clock};
use crate::report::DecodeReport;

/// All that OpenF1 told of the session.
pub(super) struct Rows {
    translator: Translator,
    told: Vec<Told>,
    /// First and last moment told of each feed, in UTC.
    spans: [Option<(i64, i64)>; Feed::ALL.len()],
    max_told: usize,
}

impl Rows {
    pub(super) fn new(max_told: usize) -> Rows {
        Rows { translator: Translator::new(), told: Vec::new(), spans: [None; Feed::ALL.len()], max_told }
    }

    /// Forgets what was told, but not which session rows belong to.
    pub(super) fn begin_anew(&mut self) {
        (self.told, self.spans) = (Vec::new(), [None; Feed::ALL.len()]);
    }

    /// Reads a message of an endpoint. What is new is handed back, whether it counts or not.
    pub(super) fn take(&mut self, endpoint: &str, payload: &[u8], report: &mut DecodeReport) -> Vec<Told> {
        let mut news = Vec::new();
        self.translator.take(endpoint, payload, report, &mut news);
        news
    }

    /// The session that rows are of.
    pub(super) fn session_key(&self) -> Option<u32> {
        self.translator.session_key()
    }

    /// Keeps news. False if there was no room for all of it.
    pub(super) fn keep(&mut self, news: &[Told]) -> bool {
        let n = news.len().min(self.max_told.saturating_sub(self.told.len()));
        for told in news.iter().take(n) {
            let utc = told.utc.as_millis();
            let span = &mut self.spans[told.feed as usize];
            *span = Some(span.map_or((utc, utc), |(first, last)| (first.min(utc), last.max(utc))));
            self.told.push(told.clone());
        }
        n == news.len()
    }

    /// First and last moment told of a feed, in UTC.
    pub(super) fn span(&self, feed: Feed) -> Option<(i64, i64)> {
        self.spans.get(feed as usize).copied().flatten()
    }

    /// The first and the last moment told of anything.
    pub(super) fn whole_span(&self) -> Option<(i64, i64)> {
        let spans = self.spans.iter().flatten();
        spans.copied().reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
    }

    /// Everything that no better source tells, as events on a session clock, in order.
    pub(super) fn events(&self, choice: &Choice<'_>) -> Vec<Stamped<Event>> {
        if self.told.is_empty() {
            return Vec::new();
        }
        let covers: Vec<Cover> = Feed::ALL.into_iter().map(|feed| better_cover(choice, feed)).collect();
        let counts =
            |told: &&Told| !covers.get(told.feed as usize).is_some_and(|cover| cover.contains(told.utc.as_millis()));
        let mut events: Vec<_> =
            self.told.iter().filter(counts).filter_map(|told| event(told, choice.clocks)).collect();
        events.sort_by_key(|event| event.time);
        events
    }
}

/// When live timing or the archive told a feed, in UTC.
pub(super) fn better_cover(choice: &Choice<'_>, feed: Feed) -> Cover {
    let topic = main_topic(feed);
    let lines = choice.archive.of(topic);
    let utc = |clock| choice.clocks.utc_ms(Origin::Archive, clock);
    // Files that are followed are read in turn: how far one is tells of all.
    let last = lines.last.and_then(|_| choice.archive.frontier(u64::MAX));
    let archived = lines.first.and_then(utc).zip(last.and_then(utc));
    Cover::of(choice.connections.iter().filter_map(|connection| connection.cover(topic)).chain(archived).collect())
}

/// News on a session clock.
pub(super) fn event(told: &Told, clocks: Clocks) -> Option<Stamped<Event>> {
    let time = clocks.session_time(told.utc.as_millis())?;
    let mut value = told.event.clone();
    put_on_clock(&mut value, UtcTime::from_millis(clocks.zero_ms()?));
    Some(Stamped { time, value })
}

/// The session that news name, if they do.
pub(super) fn session_of(news: &[Told]) -> Option<&SessionInfo> {
    let mut infos = news.iter().filter_map(|told| match &told.event {
        Event::SessionInfo(info) => Some(&**info),
        _ => None,
    });
    infos.rfind(|info| info.key.is_some())
}

//! Where each feed comes from now, and how fresh it is.
//!
//! Looked at once a second of the arrival clock. A change for the worse must last two looks, one for the better five, so
//! that nothing flaps.

use std::collections::VecDeque;

use overcut_domain::{Feed, FeedState, Liveness, SourceKind};

use super::connection::Connection;
use super::feeds::main_topic;
use crate::topic::Topic;

/// Samples come every second while cars run.
const SAMPLES_SILENT_MS: i64 = 15_000;
/// Heartbeats come every 15 s; two may be lost.
const HEARTBEAT_SILENT_MS: i64 = 45_000;
/// A followed file, or one of those beside it, grows at least with each heartbeat.
const ARCHIVE_SILENT_MS: i64 = 30_000;
/// OpenF1 is asked for each endpoint in turn.
const OPENF1_SILENT_MS: i64 = 60_000;
/// More than its usual delay by this much is late.
const LATE_MS: i64 = 10_000;
/// A pushed message is never this old: then the two clocks differ.
const MOST_PUSHED_MS: i64 = 10_000;
/// Older than this is history that was read up, and says nothing of delays.
const HISTORY_MS: i64 = 5 * 60_000;
/// Delays of which the median is taken.
const N_DELAYS: usize = 32;
/// Looks that a change must last.
const WORSE_LOOKS: u32 = 2;
const BETTER_LOOKS: u32 = 5;
/// A delay is news if it is another by a half and by this much.
const DELAY_NEWS_MS: i64 = 1000;

/// Sources of feeds, best first.
const SOURCES: [SourceKind; 3] = [SourceKind::SignalR, SourceKind::Archive, SourceKind::OpenF1];

/// What one source said of one feed.
#[derive(Debug, Clone, Default)]
struct Heard {
    /// Arrival of the last message.
    at_ms: Option<i64>,
    /// Its own moment.
    utc_ms: i64,
    delays: VecDeque<i64>,
}

impl Heard {
    fn is_fresh(&self, now_ms: i64, silent_ms: i64) -> bool {
        self.at_ms.is_some_and(|at| now_ms - at <= silent_ms)
    }

    fn usual_ms(&self) -> Option<i64> {
        let mut delays: Vec<i64> = self.delays.iter().copied().collect();
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied()
    }
}

/// A feed as it was told last, and what it seems to be now.
#[derive(Debug, Clone, Default)]
struct Shown {
    told: Option<Look>,
    told_delay_ms: Option<i64>,
    next: Option<Look>,
    n_looks: u32,
}

/// What one look at a feed shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    source: Option<SourceKind>,
    liveness: Liveness,
    reason: String,
}

/// A feed's state, with its last message's own moment in UTC.
#[derive(Debug, Clone)]
pub(super) struct FeedNews {
    pub(super) state: FeedState,
    pub(super) last_utc_ms: Option<i64>,
}

/// What a look goes by.
pub(super) struct Sight<'a> {
    pub(super) now_ms: i64,
    pub(super) connections: &'a [Connection],
    /// True while the session runs.
    pub(super) is_running: bool,
}

/// The health of all feeds.
#[derive(Debug, Clone)]
pub(super) struct Health {
    heard: [[Heard; SOURCES.len()]; Feed::ALL.len()],
    shown: [Shown; Feed::ALL.len()],
    /// Last arrival of anything from the archive.
    archive_at_ms: Option<i64>,
    /// Last arrival of anything new from OpenF1.
    openf1_at_ms: Option<i64>,
    /// How much this machine's clock is ahead of the server's, as far as delays tell.
    skew_ms: i64,
}

impl Health {
    pub(super) fn new() -> Health {
        Health {
            heard: std::array::from_fn(|_| std::array::from_fn(|_| Heard::default())),
            shown: std::array::from_fn(|_| Shown::default()),
            archive_at_ms: None,
            openf1_at_ms: None,
            skew_ms: 0,
        }
    }

    /// Hears that a source said something of a feed: when it arrived, on both clocks, and its own moment.
    pub(super) fn hear(&mut self, feed: Feed, source: SourceKind, now_ms: i64, begun_ms: Option<i64>, utc_ms: i64) {
        let Some(idx) = SOURCES.iter().position(|known| *known == source) else { return };
        match source {
            SourceKind::Archive => self.archive_at_ms = Some(now_ms),
            SourceKind::OpenF1 => self.openf1_at_ms = Some(now_ms),
            _ => {}
        }
        let age_ms = begun_ms.map(|begun| begun.saturating_add(now_ms).saturating_sub(utc_ms));
        if let Some(age_ms) = age_ms {
            self.tell_skew(source, age_ms);
        }
        let heard = &mut self.heard[feed as usize][idx];
        heard.at_ms = Some(now_ms);
        heard.utc_ms = heard.utc_ms.max(utc_ms);
        let delay_ms = age_ms.map(|age| age.saturating_sub(self.skew_ms).max(0));
        if let Some(delay_ms) = delay_ms.filter(|delay| *delay <= HISTORY_MS) {
            if heard.delays.len() >= N_DELAYS {
                heard.delays.pop_front();
            }
            heard.delays.push_back(delay_ms);
        }
    }

    /// Tells a wrong clock from a slow message: nothing arrives before it is sent, and what is pushed arrives soon.
    fn tell_skew(&mut self, source: SourceKind, age_ms: i64) {
        let delay_ms = age_ms.saturating_sub(self.skew_ms);
        let is_too_old = source == SourceKind::SignalR && self.skew_ms == 0 && delay_ms > MOST_PUSHED_MS;
        if delay_ms < 0 || is_too_old {
            self.skew_ms = age_ms;
        }
    }

    /// True if lower sources gave something, but not lately.
    pub(super) fn lower_stalled(&self, now_ms: i64) -> bool {
        let is_silent = |at: Option<i64>, silent_ms| at.is_none_or(|at| now_ms - at > silent_ms);
        let was_heard = self.archive_at_ms.is_some() || self.openf1_at_ms.is_some();
        was_heard && is_silent(self.archive_at_ms, ARCHIVE_SILENT_MS) && is_silent(self.openf1_at_ms, OPENF1_SILENT_MS)
    }

    /// Looks at every feed, and returns those of which there is news.
    pub(super) fn look(&mut self, sight: &Sight<'_>) -> Vec<FeedNews> {
        Feed::ALL.into_iter().filter_map(|feed| self.look_at(feed, sight)).collect()
    }

    fn look_at(&mut self, feed: Feed, sight: &Sight<'_>) -> Option<FeedNews> {
        let look = self.now(feed, sight);
        let heard = look.source.and_then(|source| self.of(feed, source));
        let (usual_ms, last_utc_ms) = (heard.and_then(Heard::usual_ms), heard.map(|heard| heard.utc_ms));
        let shown = &mut self.shown[feed as usize];
        let is_news = match &shown.told {
            None => look.liveness != Liveness::Missing || !look.reason.is_empty(),
            Some(told) if *told == look => {
                (shown.next, shown.n_looks) = (None, 0);
                false
            }
            Some(told) => {
                shown.n_looks = if shown.next.as_ref() == Some(&look) { shown.n_looks + 1 } else { 1 };
                shown.next = Some(look.clone());
                shown.n_looks >= if rank(&look) > rank(told) { WORSE_LOOKS } else { BETTER_LOOKS }
            }
        };
        let is_delay_news = shown.told.as_ref() == Some(&look) && is_another_delay(shown.told_delay_ms, usual_ms);
        if !is_news && !is_delay_news {
            return None;
        }
        *shown = Shown { told: Some(look.clone()), told_delay_ms: usual_ms, next: None, n_looks: 0 };
        let delay_ms = usual_ms.and_then(|delay| u32::try_from(delay).ok());
        let state =
            FeedState { feed, source: look.source, liveness: look.liveness, delay_ms, last: None, reason: look.reason };
        Some(FeedNews { state, last_utc_ms: last_utc_ms.filter(|utc| *utc != 0) })
    }

    fn of(&self, feed: Feed, source: SourceKind) -> Option<&Heard> {
        let idx = SOURCES.iter().position(|known| *known == source)?;
        self.heard.get(feed as usize)?.get(idx)
    }

    /// What a feed seems to be now.
    fn now(&self, feed: Feed, sight: &Sight<'_>) -> Look {
        let connection = sight.connections.iter().rfind(|connection| connection.is_open && connection.has_snapshot);
        let is_sampled = matches!(feed, Feed::Cars | Feed::Positions);
        let is_fresh = |source, silent_ms| self.of(feed, source).is_some_and(|h| h.is_fresh(sight.now_ms, silent_ms));
        let is_carried = connection.is_some_and(|connection| connection.gives(main_topic(feed)));
        let pushed_silent_ms = match feed {
            Feed::Cars | Feed::Positions if sight.is_running => Some(SAMPLES_SILENT_MS),
            Feed::Session => Some(HEARTBEAT_SILENT_MS),
            _ => None,
        };
        let is_silent = pushed_silent_ms.is_some_and(|silent| {
            // What never spoke has since the connection opened to do so.
            let at = self.of(feed, SourceKind::SignalR).and_then(|heard| heard.at_ms);
            let since = at.max(connection.map(|connection| connection.opened_at_ms));
            since.is_some_and(|since| sight.now_ms - since > silent)
        });
        if is_carried && !is_silent {
            return self.pushed(feed);
        }
        let why = why_not_pushed(feed, sight, connection, is_carried);
        let follows = |silent_ms| self.archive_at_ms.is_some_and(|at| sight.now_ms - at <= silent_ms);
        let has_lines = self.of(feed, SourceKind::Archive).is_some_and(|heard| heard.at_ms.is_some());
        let is_archived = if is_sampled {
            is_fresh(SourceKind::Archive, SAMPLES_SILENT_MS)
        } else {
            has_lines && follows(ARCHIVE_SILENT_MS)
        };
        if is_archived {
            return self.fallen_back(feed, SourceKind::Archive, why, sight);
        }
        let has_rows = self.of(feed, SourceKind::OpenF1).is_some_and(|heard| heard.at_ms.is_some());
        let asks = self.openf1_at_ms.is_some_and(|at| sight.now_ms - at <= OPENF1_SILENT_MS);
        let is_told = if is_sampled { is_fresh(SourceKind::OpenF1, OPENF1_SILENT_MS) } else { has_rows && asks };
        if is_told {
            return self.fallen_back(feed, SourceKind::OpenF1, why, sight);
        }
        let reason = if why.is_empty() && has_lines { "the archive does not grow".to_owned() } else { why };
        Look { source: None, liveness: Liveness::Missing, reason }
    }

    /// A feed that is pushed: live, unless its last messages were much older than usual.
    fn pushed(&self, feed: Feed) -> Look {
        let source = Some(SourceKind::SignalR);
        let heard = self.of(feed, SourceKind::SignalR);
        let latest = heard.and_then(|heard| heard.delays.back().copied());
        let is_late = latest.zip(heard.and_then(Heard::usual_ms)).is_some_and(|(now, usual)| now > usual + LATE_MS);
        if is_late {
            let reason = "live timing is behind its usual delay".to_owned();
            return Look { source, liveness: Liveness::Late, reason };
        }
        Look { source, liveness: Liveness::Live, reason: String::new() }
    }

    /// A feed from a source that is not the best: late, unless the best was never there.
    fn fallen_back(&self, feed: Feed, source: SourceKind, why: String, sight: &Sight<'_>) -> Look {
        let usual_ms = self.of(feed, source).and_then(Heard::usual_ms);
        let is_timely = usual_ms.is_none_or(|usual| usual <= ARCHIVE_SILENT_MS);
        let (liveness, reason) = if sight.connections.is_empty() && is_timely {
            (Liveness::Live, String::new())
        } else if sight.connections.is_empty() {
            (Liveness::Late, format!("{} is behind", name(source)))
        } else {
            (Liveness::Late, format!("{why}; from {}", name(source)))
        };
        Look { source: Some(source), liveness, reason }
    }
}

/// Why live timing does not give a feed now; empty if it was never asked.
fn why_not_pushed(feed: Feed, sight: &Sight<'_>, connection: Option<&Connection>, is_carried: bool) -> String {
    let Some(connection) = connection else {
        let is_opening = sight.connections.last().is_some_and(|last| last.is_open);
        return match sight.connections.iter().rfind(|connection| !connection.is_open) {
            Some(last) => format!("live timing lost: {}", last.end),
            None if is_opening => "live timing is connecting".to_owned(),
            None => String::new(),
        };
    };
    let is_gated = matches!(feed, Feed::Cars | Feed::Positions | Feed::PitStops | Feed::Extras);
    // A connection that gives any of the gated topics has a token: then it is not for want of one that others lack.
    let has_token = [Topic::CarData, Topic::Position].into_iter().any(|topic| connection.gives(topic));
    match (is_carried, is_gated && !has_token) {
        (true, _) => "live timing says nothing of it".to_owned(),
        (false, true) => format!("without an F1TV token live timing has no {}", noun(feed)),
        (false, false) => format!("live timing has no {} in this session so far", noun(feed)),
    }
}

/// A feed in words.
const fn noun(feed: Feed) -> &'static str {
    match feed {
        Feed::Session => "session data",
        Feed::Timing => "timing",
        Feed::Tyres => "tyres",
        Feed::RaceControl => "race control",
        Feed::Weather => "weather",
        Feed::Cars => "car data",
        Feed::Positions => "positions",
        Feed::PitStops => "pit stop times",
        Feed::Extras => "radio and standings",
    }
}

/// A source in words.
pub(super) const fn name(source: SourceKind) -> &'static str {
    match source {
        SourceKind::SignalR => "live timing",
        SourceKind::Archive => "the archive",
        SourceKind::OpenF1 => "OpenF1",
        SourceKind::OpenMeteo => "Open-Meteo",
        SourceKind::Estimate => "our estimate",
    }
}

/// The larger the worse.
fn rank(look: &Look) -> (u8, Option<SourceKind>) {
    let liveness = match look.liveness {
        Liveness::Live => 0,
        Liveness::Late => 1,
        Liveness::Estimated => 2,
        Liveness::Missing => 3,
    };
    (liveness, look.source)
}

fn is_another_delay(told: Option<i64>, now: Option<i64>) -> bool {
    match (told, now) {
        (Some(told), Some(now)) => (told - now).abs() > DELAY_NEWS_MS.max(told / 2),
        (None, Some(_)) => true,
        _ => false,
    }
}

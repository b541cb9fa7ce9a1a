//! What the assembler itself says beside what sources say.

use overcut_domain::{Event, Forecast, Stamped};

use super::clock::Clocks;
use super::gaps::GapNews;
use super::health::FeedNews;

/// Most decisions kept. A session with a fault every few seconds has about a thousand.
const MAX_DECISIONS: usize = 20_000;

/// Something that was decided or found out.
#[derive(Debug, Clone)]
pub(super) enum Decision {
    /// Feeds come from elsewhere, or are fresher or staler.
    Feeds(Vec<FeedNews>),
    /// A gap began, ended or was filled.
    Gap(GapNews),
    /// A forecast came.
    Forecast(Box<Forecast>),
}

impl Decision {
    pub(super) fn to_event(&self, clocks: Clocks) -> Option<Event> {
        Some(match self {
            Decision::Feeds(news) => Event::Feeds(
                news.iter()
                    .map(|news| {
                        let mut state = news.state.clone();
                        state.last = news.last_utc_ms.and_then(|utc| clocks.session_time(utc));
                        state
                    })
                    .collect(),
            ),
            Decision::Gap(gap) => Event::Gap(gap.to_domain(clocks)?),
            Decision::Forecast(forecast) => Event::Forecast(forecast.clone()),
        })
    }
}

/// What was decided so far, each with the moment up to which sources had told, in UTC.
#[derive(Debug, Clone, Default)]
pub(super) struct Decisions {
    all: Vec<(i64, Decision)>,
    n_told: usize,
}

impl Decisions {
    pub(super) fn note(&mut self, utc_ms: i64, decision: Decision) {
        if self.all.len() < MAX_DECISIONS {
            // Never before what was decided earlier, so that a replay tells them in the same order.
            let utc_ms = self.all.last().map_or(utc_ms, |(last, _)| utc_ms.max(*last));
            self.all.push((utc_ms, decision));
        }
    }

    /// All of them as events on a session clock.
    pub(super) fn events(&self, clocks: Clocks) -> Vec<Stamped<Event>> {
        self.all.iter().filter_map(|(utc, decision)| event(*utc, decision, clocks)).collect()
    }

    /// Those that were not asked for before.
    pub(super) fn untold(&mut self, clocks: Clocks) -> Vec<Stamped<Event>> {
        let new = self.all.get(self.n_told..).unwrap_or_default();
        self.n_told = self.all.len();
        new.iter().filter_map(|(utc, decision)| event(*utc, decision, clocks)).collect()
    }
}

fn event(utc_ms: i64, decision: &Decision, clocks: Clocks) -> Option<Stamped<Event>> {
    Some(Stamped { time: clocks.session_time(utc_ms)?, value: decision.to_event(clocks)? })
}

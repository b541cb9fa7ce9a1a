//! Rows as they are asked for: the past for whoever joins late, and the present while there is no broker.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use overcut_domain::{Feed, SessionInfo, SessionKind, UtcTime};
use overcut_sources::openf1::Endpoint;
use tokio::sync::watch;
use tokio::time::Instant;

use super::config::ms;
use super::rest::{Mark, Query, Trouble, all_rows, date_member};
use super::slice::{Extent, Slice};
use super::{Context, wanted};
use crate::{Backoff, Closed};

/// Laps are rewritten for as long as they last: rows that began this long before the newest are asked for again.
const LAPS_BACK_MS: i64 = 300_000;
/// Rows may come in out of order: those this much older than the newest are asked for again.
const ROWS_BACK_MS: i64 = 5_000;
/// After so many refreshes everything is asked for anew, because lost laps are added later.
const REFRESHES_TO_ANEW: u32 = 10;

/// Asks until nobody wants it any more.
pub(super) async fn ask(
    context: &Context,
    mut session: watch::Receiver<Option<Arc<SessionInfo>>>,
    mut demand: watch::Receiver<BTreeSet<Feed>>,
) -> Result<(), Closed> {
    let mut backoff = Backoff::new(ms(context.config.first_pause_ms), ms(context.config.longest_pause_ms));
    let mut asked = Asked::default();
    loop {
        let feeds = demand.borrow_and_update().clone();
        if feeds.is_empty() {
            context.status.idle("a better source gives everything");
            context.presence.closed("a better source gives everything").await?;
            if demand.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            continue;
        }
        let known = session.borrow_and_update().clone();
        asked.follow(known.as_deref());
        let next = asked.next(context, &feeds);
        let step = async {
            match next {
                Next::Wait(until) => {
                    tokio::time::sleep_until(until).await;
                    Ok(None)
                }
                Next::Ask(endpoint) => asked.ask(context, endpoint).await.map(Some),
            }
        };
        let outcome = tokio::select! {
            outcome = step => outcome,
            // What is wanted has changed: look again. An answer that is under way is not worth waiting for.
            _ = demand.changed() => continue,
            _ = session.changed() => continue,
        };
        match outcome {
            Ok(None) => {}
            Ok(Some(answers)) => {
                backoff.succeeded();
                context.presence.opened("polling", false).await?;
                for (endpoint, rows) in answers {
                    context.presence.hand_over(endpoint.name(), rows).await?;
                }
            }
            Err(Trouble::TooMuch) => {}
            Err(Trouble::Refused { why, pause }) => {
                context.presence.failed(&why, pause).await?;
                tokio::time::sleep(pause).await;
            }
            Err(Trouble::Later { why, pause }) => {
                let drawn = backoff.pause();
                let pause = pause.unwrap_or(drawn).max(drawn.min(ms(context.config.first_pause_ms)));
                context.presence.failed(&why, pause).await?;
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// What to do next.
enum Next {
    Ask(Endpoint),
    Wait(Instant),
}

/// What was asked for so far.
#[derive(Default)]
struct Asked {
    session_key: Option<u32>,
    meeting_key: Option<u32>,
    is_race: bool,
    drivers: Vec<u16>,
    endpoints: BTreeMap<Endpoint, State>,
}

/// How far an endpoint was asked.
#[derive(Default, Clone)]
struct State {
    at: Option<Instant>,
    newest: Option<UtcTime>,
    last: Option<Bytes>,
    n_times: u32,
    /// How often that was when everything was asked for.
    anew_at: u32,
}

impl Asked {
    /// Turns to a session, if it is another than before.
    fn follow(&mut self, session: Option<&SessionInfo>) {
        let Some(info) = session else { return };
        if info.key.is_some() && info.key != self.session_key {
            *self = Asked { session_key: info.key, ..Asked::default() };
        }
        self.meeting_key = info.meeting_key.or(self.meeting_key);
        self.is_race = info.kind == SessionKind::Race;
    }

    /// The endpoint that is due first.
    fn next(&self, context: &Context, feeds: &BTreeSet<Feed>) -> Next {
        let now = Instant::now();
        if self.session_key.is_none() {
            return self.when_due(Endpoint::Sessions, context).map_or(Next::Ask(Endpoint::Sessions), Next::Wait);
        }
        let mut soonest = now + ms(context.config.refresh_ms);
        let mut due: Option<(Option<Instant>, Endpoint)> = None;
        for endpoint in wanted(feeds).filter(|endpoint| self.can_be_asked(*endpoint)) {
            let at = self.endpoints.get(&endpoint).and_then(|state| state.at);
            match self.when_due(endpoint, context) {
                // Whatever was never asked comes first, in the order of endpoints; then the longest waiting.
                None => due = Some(due.map_or((at, endpoint), |due| if at < due.0 { (at, endpoint) } else { due })),
                Some(when) => soonest = soonest.min(when),
            }
        }
        due.map_or(Next::Wait(soonest), |(_, endpoint)| Next::Ask(endpoint))
    }

    fn can_be_asked(&self, endpoint: Endpoint) -> bool {
        match endpoint {
            Endpoint::Meetings => self.meeting_key.is_some(),
            Endpoint::StartingGrid => self.meeting_key.is_some() && self.is_race,
            _ => true,
        }
    }

    /// When an endpoint is to be asked again; `None` for now.
    fn when_due(&self, endpoint: Endpoint, context: &Context) -> Option<Instant> {
        let at = self.endpoints.get(&endpoint)?.at?;
        let config = &context.config;
        let is_slow = date_member(endpoint).is_none() && endpoint != Endpoint::Stints;
        let pause = if is_slow || context.presence.is_streaming() { ms(config.refresh_ms) } else { ms(config.poll_ms) };
        Some(at + pause).filter(|when| *when > Instant::now())
    }

    /// Asks for what is new at an endpoint.
    async fn ask(&mut self, context: &Context, endpoint: Endpoint) -> Result<Vec<(Endpoint, Bytes)>, Trouble> {
        let mut state = self.endpoints.get(&endpoint).cloned().unwrap_or_default();
        state.at = Some(Instant::now());
        state.n_times += 1;
        // Noted at once: a request that is given up, or fails, does not come first again.
        self.endpoints.insert(endpoint, state.clone());
        let refreshes = context.config.refresh_ms / context.config.poll_ms.max(1);
        let is_anew = state.n_times - state.anew_at > REFRESHES_TO_ANEW * u32::try_from(refreshes).unwrap_or(1).max(1);
        let slice = Slice::since(self.since(endpoint, &state, is_anew, context));
        if is_anew {
            state.anew_at = state.n_times;
        }
        let now = now();
        let span = (state.newest.unwrap_or(UtcTime::from_millis(now.as_millis() - 6 * 3_600_000)), now);
        let extent = Extent { drivers: self.drivers.clone(), span: Some(span) };
        let answers = all_rows(&context.rest, endpoint, &self.query(endpoint), slice, &extent).await?;
        let mut news = Vec::new();
        for answer in answers {
            self.learn(endpoint, &answer, &mut state);
            if state.last.as_ref() != Some(&answer) {
                state.last = Some(answer.clone());
                news.push((endpoint, answer));
            }
        }
        self.endpoints.insert(endpoint, state);
        Ok(news)
    }

    fn query(&self, endpoint: Endpoint) -> Query {
        let by = |key: &str, value: Option<u32>| {
            vec![(key.to_owned(), value.map_or_else(|| "latest".to_owned(), |key| key.to_string()))]
        };
        match endpoint {
            Endpoint::Meetings | Endpoint::StartingGrid => by("meeting_key", self.meeting_key),
            _ => by("session_key", self.session_key),
        }
    }

    /// From which moment on rows are asked for; `None` for all.
    fn since(&self, endpoint: Endpoint, state: &State, is_anew: bool, context: &Context) -> Option<UtcTime> {
        date_member(endpoint)?;
        let is_sample = matches!(endpoint, Endpoint::CarData | Endpoint::Location);
        let back_ms = if endpoint == Endpoint::Laps { LAPS_BACK_MS } else { ROWS_BACK_MS };
        let newest = state.newest.map(|newest| UtcTime::from_millis(newest.as_millis() - back_ms));
        if is_sample {
            // The past of samples is too much to ask for. The clock that counts is the service's.
            let latest = self.endpoints.values().filter_map(|state| state.newest).max().unwrap_or_else(now);
            let samples_ms = i64::try_from(context.config.samples_ms).unwrap_or(i64::MAX);
            return newest.max(Some(UtcTime::from_millis(latest.as_millis().saturating_sub(samples_ms))));
        }
        newest.filter(|_| !is_anew)
    }

    fn learn(&mut self, endpoint: Endpoint, answer: &[u8], state: &mut State) {
        let marks = Mark::of(answer);
        match endpoint {
            Endpoint::Sessions => {
                let Some(mark) = marks.last() else { return };
                self.session_key = self.session_key.or(mark.session_key);
                self.meeting_key = self.meeting_key.or(mark.meeting_key);
            }
            Endpoint::Drivers => self.drivers = marks.iter().filter_map(|mark| mark.driver_number).collect(),
            _ => state.newest = marks.iter().filter_map(Mark::date).max().max(state.newest),
        }
    }
}

fn now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    UtcTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(0))
}

//! Where cars without positions are: the estimator with a map, and what is said about it.

use overcut_domain::{Event, Feed, FeedState, Liveness, PositionSample, SessionTime, SourceKind, Stamped};
use overcut_predict::estimate::{EstimateConfig, Estimator, Map, Profile};
use overcut_session::Session;
use overcut_track::{Outline, Telemetry};

use crate::map;

/// How long to wait before a map is sought again, milliseconds of session time: a circuit file does not appear, but laps
/// to draw one from may.
const MAP_PAUSE_MS: i64 = 60_000;

/// With fewer laps to learn from the simulation knows better how a lap is driven.
const MIN_LAPS: usize = 3;

/// Positions are said to come again once fixes have come for so long, so that a lone late one changes nothing.
const SETTLED_MS: i64 = 2_000;

/// The estimate of one session.
pub struct Estimate {
    estimator: Estimator,
    is_enabled: bool,
    samples: Vec<PositionSample>,
    sought_at: Option<SessionTime>,
    /// What others last said of positions.
    told: Option<FeedState>,
    is_said: bool,
    fixes_since: Option<SessionTime>,
}

impl Estimate {
    /// An estimate of a session of which nothing is known.
    pub fn new(config: EstimateConfig) -> Estimate {
        Estimate {
            is_enabled: config.enabled,
            estimator: Estimator::new(config),
            samples: Vec::new(),
            sought_at: None,
            told: None,
            is_said: false,
            fixes_since: None,
        }
    }

    /// Estimates up to a moment, from what was known before.
    pub fn advance(&mut self, now: SessionTime) {
        self.samples.clear();
        self.estimator.advance(now, &mut self.samples);
    }

    /// What was estimated since the event before.
    pub fn samples(&self) -> &[PositionSample] {
        &self.samples
    }

    /// Forgets what was estimated since the event before.
    pub fn clear(&mut self) {
        self.samples.clear();
    }

    /// Takes in an event that `session` has folded in.
    pub fn observe(&mut self, event: &Stamped<Event>, session: &Session) {
        self.estimator.observe(event, session);
        if let Event::Feeds(states) = &event.value {
            self.told = states.iter().rfind(|state| state.feed == Feed::Positions).cloned().or(self.told.take());
        }
        let has_fixes = self.estimator.has_fixes(event.time);
        self.fixes_since = has_fixes.then(|| self.fixes_since.unwrap_or(event.time));
    }

    /// True if there are cars to be estimated, nothing to lay them on, and none was sought lately.
    pub fn wants_map(&mut self, now: SessionTime) -> bool {
        let is_due = self.sought_at.is_none_or(|at| now.millis_since(at) >= MAP_PAUSE_MS);
        let wants = is_due && self.estimator.wants_map();
        if wants {
            self.sought_at = Some(now);
        }
        wants
    }

    fn has_cars_to_estimate(&self) -> bool {
        if self.is_enabled { self.estimator.n_estimated() > 0 } else { self.estimator.is_needed() }
    }

    /// True if there are cars to be estimated and nothing to lay them on.
    pub fn is_without_map(&self) -> bool {
        self.estimator.wants_map()
    }

    /// Takes the map, if one was found. How fast it is driven where is learnt from laps with positions, else simulated.
    pub fn set_map(&mut self, outline: Option<Outline>, session: &Session, telemetry: &Telemetry) {
        let Some(outline) = outline else { return };
        let laps = map::clean_laps(session);
        let measured = (laps.len() >= MIN_LAPS).then(|| Profile::measured(&outline, telemetry, &laps)).flatten();
        let profile = measured.or_else(|| Profile::simulated(&outline)).unwrap_or_else(|| Profile::even(&outline));
        self.estimator.set_map(Map::new(outline, profile));
    }

    /// What is to be said of positions because of this event, if anything: that they are estimated from now on, that they
    /// are missing because estimates are switched off, or that they are what others said they were.
    pub fn news(&mut self, event: &Stamped<Event>) -> Option<FeedState> {
        let now = event.time;
        let is_overruled = self.is_said && matches!(&event.value, Event::Feeds(states) if names_positions(states));
        let is_over = self.fixes_since.is_some_and(|since| now.millis_since(since) >= SETTLED_MS);
        if (!self.is_said || is_overruled) && self.fixes_since.is_none() && self.has_cars_to_estimate() {
            self.is_said = true;
            return Some(if self.is_enabled { estimated(now) } else { switched_off(self.told.as_ref()) });
        }
        if self.is_said && is_over {
            self.is_said = false;
            return Some(self.told.clone().unwrap_or_else(|| measured(now)));
        }
        None
    }
}

/// That nothing is estimated by choice, after why there are no positions.
fn switched_off(told: Option<&FeedState>) -> FeedState {
    let why = told.filter(|state| state.liveness == Liveness::Missing).map_or("", |state| &state.reason);
    let why = if why.is_empty() { "no positions come" } else { why };
    FeedState {
        feed: Feed::Positions,
        source: None,
        liveness: Liveness::Missing,
        delay_ms: None,
        last: told.and_then(|state| state.last),
        reason: format!("{why}; estimates are switched off"),
    }
}

fn names_positions(states: &[FeedState]) -> bool {
    states.iter().any(|state| state.feed == Feed::Positions)
}

fn estimated(now: SessionTime) -> FeedState {
    FeedState {
        feed: Feed::Positions,
        source: Some(SourceKind::Estimate),
        liveness: Liveness::Estimated,
        delay_ms: None,
        last: Some(now),
        reason: "no positions come: estimated from mini-sectors".to_owned(),
    }
}

fn measured(now: SessionTime) -> FeedState {
    FeedState {
        feed: Feed::Positions,
        source: None,
        liveness: Liveness::Live,
        delay_ms: None,
        last: Some(now),
        reason: String::new(),
    }
}

//! All cars of a session.

use std::collections::BTreeMap;

use overcut_domain::{
    DriverNumber, Event, PositionSample, SessionStatus, SessionTime, Stamped, TimingFeed, TimingUpdate,
};
use overcut_session::Session;
use overcut_track::is_race_car;
use serde::{Deserialize, Serialize};

use super::car::{Car, Knowledge};
use super::map::Map;

/// Cars followed at most; numbers beyond are ghosts of a broken feed.
const MAX_CARS: usize = 64;

/// Fixes older than this on arrival are history that is caught up on, milliseconds.
const MAX_LATE_MS: i64 = 30_000;

/// After a hole in the events estimates go on from so long before its end: nobody can tell what was in it.
const MAX_SILENCE_MS: i64 = 10_000;

/// Without a word of the timing screen for so long nothing is estimated.
const MAX_TIMING_AGE_MS: i64 = 30_000;

/// Places of the grid are this far apart, and the first so far behind the line, metres (sporting regulations of the FIA).
const GRID_STEP_M: f64 = 8.0;
const POLE_M: f64 = 8.0;

/// Settings of the estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EstimateConfig {
    /// False to leave the map empty where there are no positions.
    pub enabled: bool,
    /// Time between two estimates, milliseconds.
    pub step_ms: u32,
    /// A car whose last fix is older than this is estimated, milliseconds.
    pub fix_age_ms: u32,
    /// How long after the car has passed it the feed reports a mini-sector, milliseconds.
    pub report_delay_ms: u32,
}

impl Default for EstimateConfig {
    fn default() -> Self {
        EstimateConfig { enabled: true, step_ms: 250, fix_age_ms: 4000, report_delay_ms: 60 }
    }
}

/// Estimates where the cars of a session are.
#[derive(Debug, Clone, Default)]
pub struct Estimator {
    config: EstimateConfig,
    cars: BTreeMap<DriverNumber, Car>,
    known: Knowledge,
    map: Option<Map>,
    session_key: Option<u32>,
    status: SessionStatus,
    is_race: bool,
    has_full_timing: bool,
    /// When anything was first heard.
    heard_since: Option<SessionTime>,
    timing_at: Option<SessionTime>,
    /// The last moment for which there are estimates.
    stepped_to: Option<SessionTime>,
    n_estimated: usize,
}

impl Estimator {
    /// An estimator that has heard nothing yet.
    pub fn new(config: EstimateConfig) -> Estimator {
        Estimator { config, ..Estimator::default() }
    }

    /// True while there are cars to be estimated, whether there is anything to lay them on or not.
    pub fn is_needed(&self) -> bool {
        let may_show = |car: &Car| !car.retired && car.in_pit_since.is_none();
        self.known.marks.len() > 0
            && self
                .timing_at
                .is_some_and(|now| self.cars.values().any(|car| may_show(car) && self.is_without_fix(car, now)))
    }

    /// True while there are cars to be estimated but nothing to lay them on. Never if estimates are switched off.
    pub fn wants_map(&self) -> bool {
        self.config.enabled && self.map.is_none() && self.is_needed()
    }

    /// Takes the map. Without one, and if estimates are switched off, nothing is estimated.
    pub fn set_map(&mut self, map: Map) {
        if self.config.enabled {
            self.known.profile_lap_s = map.profile.lap_s();
            self.map = Some(map);
        }
    }

    /// True while the fixes of any car come.
    pub fn has_fixes(&self, now: SessionTime) -> bool {
        self.cars.values().any(|car| car.fix_at.is_some() && !self.is_without_fix(car, now))
    }

    /// Cars that were estimated at the last moment for which there are estimates.
    pub fn n_estimated(&self) -> usize {
        self.n_estimated
    }

    /// Metres since a car was first seen, as last estimated.
    pub(super) fn shown_m(&self, driver: DriverNumber) -> Option<f64> {
        self.cars.get(&driver)?.shown_m()
    }

    /// Estimates every car up to `now` from what was known before, at even steps of time.
    pub fn advance(&mut self, now: SessionTime, samples: &mut Vec<PositionSample>) {
        let step_ms = i64::from(self.config.step_ms.max(20));
        let earliest = now - MAX_SILENCE_MS;
        let from = self.stepped_to.map_or(now, |at| at.max(earliest));
        let first = (from.as_millis().div_euclid(step_ms) + 1).saturating_mul(step_ms);
        let mut at = SessionTime::from_millis(first);
        self.stepped_to = Some(from.max(self.stepped_to.unwrap_or(from)));
        while at <= now {
            self.step(at, samples);
            self.stepped_to = Some(at);
            at = at + step_ms;
        }
    }

    /// Takes in an event that `session` has already folded in.
    pub fn observe(&mut self, event: &Stamped<Event>, session: &Session) {
        self.heard_since.get_or_insert(event.time);
        match &event.value {
            Event::Timing(update) => self.observe_timing(event.time, update),
            Event::Positions(fixes) => {
                for fix in fixes {
                    // What counts is that they come: those of the growing archive are always some seconds old.
                    let is_of_now = event.time.millis_since(fix.time) <= MAX_LATE_MS;
                    let at = if is_of_now { event.time.max(fix.time) } else { fix.time };
                    if let Some(car) = self.car(fix.driver) {
                        car.fix_at = car.fix_at.max(Some(at));
                    }
                }
            }
            Event::SessionInfo(info) if info.key.is_some() && self.session_key != info.key => {
                if self.session_key.is_some() {
                    *self = Estimator::new(self.config.clone());
                }
                self.session_key = info.key;
            }
            _ => {}
        }
        self.is_race = session.state().info.kind.is_race();
        let status = session.state().status;
        if std::mem::replace(&mut self.status, status) != status && status == SessionStatus::Started {
            self.start(event.time, session);
        }
    }

    fn observe_timing(&mut self, at: SessionTime, update: &TimingUpdate) {
        match update.feed {
            TimingFeed::Full => self.has_full_timing = true,
            TimingFeed::Reduced if self.has_full_timing => return,
            TimingFeed::Reduced => {}
        }
        self.timing_at = Some(at);
        let exit = self.map.as_ref().and_then(|map| Some(map.profile.laps_at(map.lane.as_ref()?.exit_m)));
        for timing in &update.cars {
            let mut known = std::mem::take(&mut self.known);
            if let Some(car) = self.car(timing.driver) {
                car.observe(at, update.is_full, timing, &mut known, exit);
            }
            self.known = known;
        }
    }

    /// The first start of a race: cars stand on the grid.
    fn start(&mut self, at: SessionTime, session: &Session) {
        if !self.is_race {
            return;
        }
        let on_grid = session.cars().values().filter(|row| row.lap.0 <= 1);
        for row in on_grid.filter(|row| is_race_car(row.driver)) {
            let Some(place) = row.grid_position.or(row.position).filter(|place| *place > 0) else { continue };
            if let Some(car) = self.car(row.driver).filter(|car| car.in_pit_since.is_none()) {
                car.launch(at, POLE_M + GRID_STEP_M * f64::from(place - 1));
            }
        }
    }

    fn car(&mut self, driver: DriverNumber) -> Option<&mut Car> {
        if !self.cars.contains_key(&driver) && (self.cars.len() >= MAX_CARS || !is_race_car(driver)) {
            return None;
        }
        Some(self.cars.entry(driver).or_default())
    }

    fn is_without_fix(&self, car: &Car, now: SessionTime) -> bool {
        let since = car.fix_at.or(self.heard_since);
        since.is_some_and(|at| now.millis_since(at) > i64::from(self.config.fix_age_ms))
    }

    fn step(&mut self, now: SessionTime, samples: &mut Vec<PositionSample>) {
        self.n_estimated = 0;
        // Laps to the grid are driven any way, and end somewhere on it.
        let is_before = self.is_race && self.status == SessionStatus::Inactive;
        let is_over = matches!(self.status, SessionStatus::Finalised | SessionStatus::Ends);
        let hears = self.timing_at.is_some_and(|at| now.millis_since(at) <= MAX_TIMING_AGE_MS);
        let Some(map) = self.map.take() else { return };
        let delay_s = f64::from(self.config.report_delay_ms) / 1000.0;
        let mut cars = std::mem::take(&mut self.cars);
        for (driver, car) in &mut cars {
            if is_before || is_over || !hears || car.retired || !self.is_without_fix(car, now) {
                car.forget_shown();
                continue;
            }
            let Some([x, y]) = car.place(now, &self.known, &map, delay_s) else { continue };
            self.n_estimated += 1;
            let (x_dm, y_dm) = (x.round() as i32, y.round() as i32);
            samples.push(PositionSample { time: now, driver: *driver, x_dm, y_dm, z_dm: 0, on_track: true });
        }
        (self.cars, self.map) = (cars, Some(map));
    }
}

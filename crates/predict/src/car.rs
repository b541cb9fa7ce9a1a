//! One car: its samples in order of their own time, and the detectors that look at them.

use std::collections::VecDeque;

use overcut_domain::{CarSample, DriverNumber, Drs, SessionTime};
use overcut_session::Session;

use crate::config::Config;
use crate::detect::drs::{DrsWatch, Zones};
use crate::detect::finding::Finding;
use crate::detect::lock_up::LockUp;
use crate::detect::over_rev::OverRev;
use crate::detect::pace::{Pace, Trend};
use crate::detect::place::Fixes;
use crate::detect::power_loss::{Gains, PowerLoss};
use crate::detect::presence::Presence;
use crate::detect::recent::Recent;
use crate::detect::sensor::{Around, Sensors, Usual, is_moving};
use crate::setting::CarSetting;

/// Samples that wait at most. When a hostile feed sends more, the oldest is looked at early.
const MAX_WAITING: usize = 128;
/// A hole in a car's samples longer than this breaks what detectors follow.
const HOLE_MS: i64 = 2_500;
/// A car without a fix for longer than this has no positions to wait for.
const PLACE_MS: i64 = 2_000;

/// What is learnt from all cars.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared {
    pub(crate) zones: Zones,
    pub(crate) gains: Gains,
    pub(crate) usual: Usual,
    pub(crate) presence: Presence,
    pub(crate) trend: Trend,
    pub(crate) drs_disabled_since: Option<SessionTime>,
}

/// A sample that waits to be looked at, and since when.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    sample: CarSample,
    arrived_at: SessionTime,
}

/// What a detector says, and when it became certain.
#[derive(Debug, Clone)]
pub(crate) struct Settled {
    pub(crate) finding: Finding,
    pub(crate) settled_at: SessionTime,
    pub(crate) waited_ms: u32,
}

/// The moment, and how far the feed is trusted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) time: SessionTime,
    /// How old a sample must be to be looked at.
    pub(crate) hold_ms: i64,
    /// True if nothing more will come.
    pub(crate) is_over: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Car {
    idx: usize,
    waiting: VecDeque<Waiting>,
    /// The newest sample that came with an earlier event.
    newest_at: Option<SessionTime>,
    newest_now: Option<SessionTime>,
    last_at: Option<SessionTime>,
    is_racing: bool,
    /// True if the car could be racing at the last look; it cannot become so sooner than it settles.
    may_race: bool,
    recent: Recent,
    pub(crate) fixes: Fixes,
    pub(crate) setting: CarSetting,
    over_rev: OverRev,
    drs: DrsWatch,
    lock_up: LockUp,
    sensors: Sensors,
    power_loss: PowerLoss,
    pace: Pace,
}

impl Car {
    pub(crate) fn new(idx: usize, config: &Config) -> Self {
        Car {
            idx,
            waiting: VecDeque::new(),
            newest_at: None,
            newest_now: None,
            last_at: None,
            is_racing: false,
            may_race: false,
            recent: Recent::default(),
            fixes: Fixes::default(),
            setting: CarSetting::default(),
            over_rev: OverRev::new(&config.over_rev),
            drs: DrsWatch::default(),
            lock_up: LockUp::default(),
            sensors: Sensors::default(),
            power_loss: PowerLoss::default(),
            pace: Pace::default(),
        }
    }

    pub(crate) fn idx(&self) -> usize {
        self.idx
    }

    /// Lets a sample wait for its elders. One that is older than what was already looked at, or a repeat, is dropped.
    /// False if it came out of order: after a younger one that an earlier event brought.
    pub(crate) fn insert(&mut self, sample: &CarSample, now: SessionTime) -> bool {
        let is_in_order = self.newest_at.is_none_or(|newest| sample.time >= newest);
        self.newest_now = self.newest_now.max(Some(sample.time));
        if self.last_at.is_some_and(|last| sample.time <= last) || self.is_parked(sample) {
            return is_in_order;
        }
        let waiting = Waiting { sample: *sample, arrived_at: now };
        if self.waiting.back().is_none_or(|newest| newest.sample.time < sample.time) {
            self.waiting.push_back(waiting);
            return is_in_order;
        }
        let at = self.waiting.partition_point(|other| other.sample.time < sample.time);
        if self.waiting.get(at).is_none_or(|other| other.sample.time != sample.time) {
            self.waiting.insert(at, waiting);
        }
        is_in_order
    }

    /// True if the sample says nothing new to anybody: half of all samples are of parked cars.
    fn is_parked(&self, sample: &CarSample) -> bool {
        let idle = !self.may_race && !self.is_racing;
        let is_told = self.waiting.back().map_or(!self.sensors.is_awake(), |newest| !is_moving(&newest.sample));
        idle && is_told && !is_moving(sample)
    }

    /// Looks at every sample whose time has come. `racing_from` is `None` while cars are not driven in anger.
    pub(crate) fn release(
        &mut self,
        now: Now,
        racing_from: Option<SessionTime>,
        shared: &mut Shared,
        config: &Config,
        settled: &mut Vec<Settled>,
    ) {
        self.may_race = racing_from.is_some();
        self.newest_at = self.newest_now;
        while let Some(Waiting { sample, arrived_at }) = self.waiting.front().copied() {
            let age_ms = now.time.millis_since(sample.time);
            let must_wait = age_ms < now.hold_ms || self.waits_for_place(&sample, age_ms, config);
            if must_wait && !now.is_over && self.waiting.len() <= MAX_WAITING {
                break;
            }
            self.waiting.pop_front();
            let mut findings = Vec::new();
            self.look(sample, racing_from, shared, config, &mut findings);
            let waited_ms = u32::try_from(now.time.millis_since(arrived_at)).unwrap_or(0);
            let settle = |finding| Settled { finding, settled_at: sample.time, waited_ms };
            settled.extend(findings.into_iter().map(settle));
        }
        let heard = (shared.presence.heard_at(), racing_from);
        if config.sensor.enabled
            && self.waiting.is_empty()
            && let (Some(heard_at), Some(racing_from)) = heard
        {
            let around = Around { car_idx: self.idx, presence: &shared.presence, racing_from: Some(racing_from) };
            let finding = self.sensors.note_silence(heard_at, &around, &shared.usual, &config.sensor);
            settled.extend(finding.map(|(finding, settled_at)| Settled { finding, settled_at, waited_ms: 0 }));
        }
    }

    /// True while the place of an open wing is still on its way: positions come in messages of their own.
    fn waits_for_place(&self, sample: &CarSample, age_ms: i64, config: &Config) -> bool {
        let is_open = sample.drs == Some(Drs::Open) && config.drs.enabled;
        is_open
            && age_ms < i64::from(config.hold_ms)
            && self.fixes.newest().is_some_and(|at| (1..PLACE_MS).contains(&sample.time.millis_since(at)))
    }

    fn look(
        &mut self,
        sample: CarSample,
        racing_from: Option<SessionTime>,
        shared: &mut Shared,
        config: &Config,
        findings: &mut Vec<Finding>,
    ) {
        let since = self.last_at.map(|last| sample.time.millis_since(last));
        if since.is_some_and(|ms| ms < i64::from(config.min_spacing_ms)) {
            return;
        }
        self.last_at = Some(sample.time);
        let Some(racing_from) = racing_from.filter(|from| sample.time >= *from) else {
            self.interrupt(shared, config, findings);
            self.judge_sensors(&sample, None, shared, config, findings);
            return;
        };
        self.is_racing = true;
        if since.is_some_and(|ms| ms > HOLE_MS) {
            self.break_off(shared, config, findings);
        }
        self.recent.push(sample);
        self.judge(&sample, shared, config, findings);
        self.judge_sensors(&sample, Some(racing_from), shared, config, findings);
    }

    /// Looks at the sectors that have ended since.
    pub(crate) fn judge_pace(
        &mut self,
        driver: DriverNumber,
        session: &Session,
        shared: &mut Shared,
        config: &Config,
        settled: &mut Vec<Settled>,
    ) {
        let Some(row) = session.car(driver).filter(|_| config.pace.enabled) else { return };
        let found = self.pace.observe(row, session.laps_of(driver), session, &mut shared.trend, &config.pace);
        settled.extend(found.map(|(finding, settled_at)| Settled { finding, settled_at, waited_ms: 0 }));
    }

    fn judge(&mut self, sample: &CarSample, shared: &mut Shared, config: &Config, findings: &mut Vec<Finding>) {
        if config.over_rev.enabled {
            findings.extend(self.over_rev.observe(sample, &config.over_rev));
        }
        if config.drs.enabled && sample.drs.is_some() {
            let is_open = sample.drs == Some(Drs::Open);
            let place = if is_open { self.fixes.at(sample.time) } else { None };
            let (disabled, zones) = (shared.drs_disabled_since, &mut shared.zones);
            findings.extend(self.drs.observe(sample, place, self.idx, disabled, zones, &config.drs));
        }
        if config.lock_up.enabled {
            findings.extend(self.lock_up.observe(sample, &self.recent, &config.lock_up));
        }
        if config.power_loss.enabled {
            let gains = &mut shared.gains;
            findings.extend(self.power_loss.observe(sample, &self.recent, gains, &config.power_loss));
        }
    }

    fn judge_sensors(
        &mut self,
        sample: &CarSample,
        racing_from: Option<SessionTime>,
        shared: &mut Shared,
        config: &Config,
        findings: &mut Vec<Finding>,
    ) {
        if config.sensor.enabled {
            let around = Around { car_idx: self.idx, presence: &shared.presence, racing_from };
            self.sensors.observe(sample, &around, &mut shared.usual, &config.sensor, findings);
        }
    }

    /// Ends whatever ran: the car has gone to the pits, or the race stands still.
    fn interrupt(&mut self, shared: &Shared, config: &Config, findings: &mut Vec<Finding>) {
        if !self.is_racing {
            return;
        }
        self.is_racing = false;
        self.break_off(shared, config, findings);
    }

    /// Ends what cannot be followed through a hole in the samples.
    fn break_off(&mut self, shared: &Shared, config: &Config, findings: &mut Vec<Finding>) {
        findings.extend(self.over_rev.interrupt(&config.over_rev));
        findings.extend(self.drs.interrupt(&shared.zones, &config.drs));
        self.lock_up.interrupt();
        findings.extend(self.power_loss.interrupt(&config.power_loss));
        self.power_loss.forget();
        self.recent.clear();
    }
}

//! One car: its samples in order of their own time, and the detectors that look at them.

use std::collections::VecDeque;

use overcut_domain::{CarSample, SessionTime};

use crate::config::Config;
use crate::detect::drs::{DrsWatch, Zones};
use crate::detect::finding::Finding;
use crate::detect::lock_up::LockUp;
use crate::detect::over_rev::OverRev;
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

/// What is learnt from all cars.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shared {
    pub(crate) zones: Zones,
    pub(crate) gains: Gains,
    pub(crate) usual: Usual,
    pub(crate) presence: Presence,
    pub(crate) drs_disabled_since: Option<SessionTime>,
}

#[derive(Debug, Clone)]
pub(crate) struct Car {
    idx: usize,
    waiting: VecDeque<CarSample>,
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
}

impl Car {
    pub(crate) fn new(idx: usize, config: &Config) -> Self {
        Car {
            idx,
            waiting: VecDeque::new(),
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
        }
    }

    pub(crate) fn idx(&self) -> usize {
        self.idx
    }

    /// Lets a sample wait for its elders. One that is older than what was already looked at, or a repeat, is dropped.
    pub(crate) fn insert(&mut self, sample: &CarSample) {
        if self.last_at.is_some_and(|last| sample.time <= last) || self.is_parked(sample) {
            return;
        }
        if self.waiting.back().is_none_or(|newest| newest.time < sample.time) {
            self.waiting.push_back(*sample);
            return;
        }
        let at = self.waiting.partition_point(|other| other.time < sample.time);
        if self.waiting.get(at).is_none_or(|other| other.time != sample.time) {
            self.waiting.insert(at, *sample);
        }
    }

    /// True if the sample says nothing new to anybody: half of all samples are of parked cars.
    fn is_parked(&self, sample: &CarSample) -> bool {
        let idle = !self.may_race && !self.is_racing;
        let is_told = self.waiting.back().map_or(!self.sensors.is_awake(), |newest| !is_moving(newest));
        idle && is_told && !is_moving(sample)
    }

    /// Looks at every sample up to a moment. `racing_from` is `None` while cars are not driven in anger.
    pub(crate) fn release(
        &mut self,
        until: SessionTime,
        racing_from: Option<SessionTime>,
        shared: &mut Shared,
        config: &Config,
        findings: &mut Vec<Finding>,
    ) {
        self.may_race = racing_from.is_some();
        while let Some(sample) = self.waiting.front().copied() {
            if sample.time > until && self.waiting.len() <= MAX_WAITING {
                return;
            }
            self.waiting.pop_front();
            self.look(sample, racing_from, shared, config, findings);
        }
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
            self.interrupt(config, findings);
            self.judge_sensors(&sample, None, shared, config, findings);
            return;
        };
        self.is_racing = true;
        if since.is_some_and(|ms| ms > HOLE_MS) {
            self.break_off(config, findings);
        }
        self.recent.push(sample);
        self.judge(&sample, shared, config, findings);
        self.judge_sensors(&sample, Some(racing_from), shared, config, findings);
    }

    fn judge(&mut self, sample: &CarSample, shared: &mut Shared, config: &Config, findings: &mut Vec<Finding>) {
        if config.over_rev.enabled {
            findings.extend(self.over_rev.observe(sample, &config.over_rev));
        }
        if config.drs.enabled && sample.drs.is_some() {
            let is_open = sample.drs == Some(overcut_domain::Drs::Open);
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
    fn interrupt(&mut self, config: &Config, findings: &mut Vec<Finding>) {
        if !self.is_racing {
            return;
        }
        self.is_racing = false;
        self.break_off(config, findings);
    }

    /// Ends what cannot be followed through a hole in the samples.
    fn break_off(&mut self, config: &Config, findings: &mut Vec<Finding>) {
        findings.extend(self.over_rev.interrupt(&config.over_rev));
        findings.extend(self.drs.interrupt(&config.drs));
        findings.extend(self.lock_up.interrupt(&config.lock_up));
        findings.extend(self.power_loss.interrupt(&config.power_loss));
        self.power_loss.forget();
        self.recent.clear();
    }
}

//! Channels that hold one value while the car plainly moves, and cars that fall silent on track.
//!
//! Feeds hold and lose values all the time, some far more than others (2026 China: 500 holds of more than 1.5 s;
//! 2023 Monaco: 4). What is usual is learnt from all cars of the session, and only what is far beyond it is reported,
//! for as long as the other cars are heard.

use overcut_domain::{AlertKind, CarSample, SessionTime};

use crate::config::SensorConfig;
use crate::histogram::Histogram;

use super::finding::{Finding, confidence, evidence};
use super::presence::Presence;

/// Holds and silences shorter than this are how feeds are, and teach nothing.
const NOTABLE_MS: i64 = 1_000;
/// Notable holds that must have been seen before they raise the limit.
const LEARN: u32 = 30;
/// A hold that lasts this much longer than the limit is reported while it still runs.
const CERTAIN_MS: i64 = 6_000;
/// Engine speeds below this are a stopped engine, not a stuck sensor.
const RUNNING_RPM: u16 = 2_800;
/// Cars faster than this are driven, not pushed or turned round.
const MOVING_KMH: u16 = 50;
/// Speeds up to this are held on purpose: pit lane limiter.
const LIMITER_KMH: u16 = 85;

/// How long things usually hold or are silent in this session, in milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct Usual {
    rpm: Histogram<120>,
    speed: Histogram<120>,
    throttle: Histogram<120>,
    silence: Histogram<120>,
}

impl Default for Usual {
    fn default() -> Self {
        let empty = Histogram::new(0.0, 500.0);
        Usual { rpm: empty.clone(), speed: empty.clone(), throttle: empty.clone(), silence: empty }
    }
}

/// The limit: the configured one, or a multiple of what is usual.
fn limit_ms(usual: &Histogram<120>, configured_ms: u32, config: &SensorConfig) -> i64 {
    let learnt = if usual.n() < LEARN { None } else { usual.quantile(0.99) };
    i64::from(configured_ms).max(learnt.map_or(0, |ms| (ms * config.usual_factor) as i64))
}

/// One channel's hold.
#[derive(Debug, Clone, Copy)]
struct Hold {
    value: u16,
    since: SessionTime,
    last_at: SessionTime,
    low: u16,
    high: u16,
    last_witness: u16,
    n_changes: u16,
    is_reported: bool,
}

impl Hold {
    fn new(value: u16, witness: u16, time: SessionTime) -> Self {
        Hold {
            value,
            since: time,
            last_at: time,
            low: witness,
            high: witness,
            last_witness: witness,
            n_changes: 0,
            is_reported: false,
        }
    }

    fn follow(&mut self, witness: u16, time: SessionTime) {
        self.last_at = time;
        self.n_changes = self.n_changes.saturating_add(u16::from(witness != self.last_witness));
        self.last_witness = witness;
        self.low = self.low.min(witness);
        self.high = self.high.max(witness);
    }

    fn lasted_ms(&self) -> i64 {
        self.last_at.millis_since(self.since)
    }
}

/// A channel that is watched, and what shows that the car moves.
struct Channel {
    name: &'static str,
    unit: &'static str,
    witness: &'static str,
    witness_unit: &'static str,
    /// The witness must range over this much.
    range: u16,
}

const RPM: Channel =
    Channel { name: "engine speed", unit: "1/min", witness: "speed range meanwhile", witness_unit: "km/h", range: 40 };
const SPEED: Channel = Channel {
    name: "speed",
    unit: "km/h",
    witness: "engine speed range meanwhile",
    witness_unit: "1/min",
    range: 3_000,
};
const THROTTLE: Channel =
    Channel { name: "throttle", unit: "%", witness: "speed range meanwhile", witness_unit: "km/h", range: 80 };

#[derive(Debug, Clone, Default)]
pub(crate) struct Sensors {
    rpm: Option<Hold>,
    speed: Option<Hold>,
    throttle: Option<Hold>,
    /// True while channels may hold: the car has moved since it last stood.
    is_awake: bool,
    /// Time and speed of the last valid sample.
    valid_at: Option<(SessionTime, u16)>,
}

/// What only the caller knows about a sample.
pub(crate) struct Around<'a> {
    pub(crate) car_idx: usize,
    pub(crate) presence: &'a Presence,
    /// Since when the car has been driven in anger; `None` while it is not. Then its habits are learnt, not judged.
    pub(crate) racing_from: Option<SessionTime>,
}

impl Sensors {
    pub(crate) fn observe(
        &mut self,
        sample: &CarSample,
        around: &Around<'_>,
        usual: &mut Usual,
        config: &SensorConfig,
        findings: &mut Vec<Finding>,
    ) {
        let (rpm, speed) = (sample.rpm, sample.speed_kmh);
        if around.racing_from.is_none() && !is_moving(sample) {
            if self.is_awake {
                *self = Sensors::default();
            }
            return;
        }
        self.is_awake = true;
        let watched_rpm = rpm.filter(|rpm| *rpm > RUNNING_RPM);
        let watched_speed = speed.filter(|speed| *speed > LIMITER_KMH);
        // Closed, open and nearly open are held for good reasons: coasting, straights, saving fuel.
        let watched_throttle = sample.throttle_percent.filter(|t| (4..=85).contains(t)).map(u16::from);
        let when = (sample.time, around.racing_from);
        watch(&mut self.rpm, &RPM, (watched_rpm, speed), when, &mut usual.rpm, config, findings);
        watch(&mut self.speed, &SPEED, (watched_speed, rpm), when, &mut usual.speed, config, findings);
        let throttle = (watched_throttle, speed);
        watch(&mut self.throttle, &THROTTLE, throttle, when, &mut usual.throttle, config, findings);
        if is_valid(sample) {
            findings.extend(self.end_silence(sample, around, usual, config));
        }
    }

    /// True if channels may hold: the car has moved since it last stood.
    pub(crate) fn is_awake(&self) -> bool {
        self.is_awake
    }

    fn end_silence(
        &mut self,
        sample: &CarSample,
        around: &Around<'_>,
        usual: &mut Usual,
        config: &SensorConfig,
    ) -> Option<Finding> {
        let speed = sample.speed_kmh?;
        let (valid_at, valid_speed) = self.valid_at.replace((sample.time, speed))?;
        let silent_ms = sample.time.millis_since(valid_at);
        if silent_ms < NOTABLE_MS || silent_ms > i64::from(config.max_drop_out_ms) {
            return None;
        }
        let limit = limit_ms(&usual.silence, config.drop_out_ms, config);
        let others = around.presence.others_share(valid_at, sample.time, around.car_idx);
        if others < 0.5 {
            return None; // the feed was silent, not the car
        }
        let moved = valid_speed > MOVING_KMH && speed > MOVING_KMH;
        if silent_ms < limit || !moved || around.racing_from.is_none_or(|from| valid_at < from) {
            usual.silence.add(silent_ms as f32);
            return None;
        }
        let seconds = silent_ms as f32 / 1000.0;
        Some(Finding {
            kind: AlertKind::SensorDropOut,
            started_at: valid_at,
            peak_at: valid_at,
            ended_at: Some(sample.time),
            evidence: vec![
                evidence("without a valid sample", seconds, limit as f32 / 1000.0, "s"),
                evidence("time in which other cars were heard", others * 100.0, 50.0, "%"),
            ],
            confidence: confidence(silent_ms as f32, (limit as f32, 3.0 * limit as f32), (0.6, 0.9)),
            text: format!("telemetry drop-out for {seconds:.1} s while other cars deliver"),
        })
    }
}

/// True for a sample whose channels hold values and whose engine turns: rows of zeros are how lost values look.
fn is_valid(sample: &CarSample) -> bool {
    let has_pedals = sample.throttle_percent.is_some() || sample.brake_percent.is_some();
    has_pedals && sample.rpm.is_some_and(|rpm| rpm > 0) && sample.speed_kmh.is_some()
}

/// True for a valid sample of a car that moves.
pub(crate) fn is_good(sample: &CarSample) -> bool {
    is_valid(sample) && is_moving(sample)
}

/// True for a sample of a car that is driven.
pub(crate) fn is_moving(sample: &CarSample) -> bool {
    sample.speed_kmh.is_some_and(|speed| speed > MOVING_KMH)
}

/// Follows one channel; reports a hold that was too long when it is over or certain.
fn watch(
    hold: &mut Option<Hold>,
    channel: &Channel,
    (value, witness): (Option<u16>, Option<u16>),
    (time, racing_from): (SessionTime, Option<SessionTime>),
    usual: &mut Histogram<120>,
    config: &SensorConfig,
    findings: &mut Vec<Finding>,
) {
    let now = value.zip(witness);
    if let (Some(running), Some((value, witness))) = (hold.as_mut(), now)
        && running.value == value
    {
        running.follow(witness, time);
        if !running.is_reported && running.lasted_ms() >= i64::from(config.stuck_ms) + CERTAIN_MS {
            let finding = report(running, channel, (None, racing_from), usual, config);
            running.is_reported = finding.is_some();
            findings.extend(finding);
        }
        return;
    }
    // Nearly all holds are of one sample: nothing to say about them.
    if let Some(over) = hold.filter(|over| over.lasted_ms() >= NOTABLE_MS) {
        findings.extend(end(&over, channel, racing_from, usual, config));
    }
    *hold = now.map(|(value, witness)| Hold::new(value, witness, time));
}

fn end(
    hold: &Hold,
    channel: &Channel,
    racing_from: Option<SessionTime>,
    usual: &mut Histogram<120>,
    config: &SensorConfig,
) -> Option<Finding> {
    let is_long = hold.lasted_ms() >= i64::from(config.stuck_ms);
    let ended = (Some(hold.last_at), racing_from);
    let finding = if is_long { report(hold, channel, ended, usual, config) } else { None };
    // What is reported teaches nothing, or faults would raise the limit by which they are told.
    if finding.is_none() && hold.high.saturating_sub(hold.low) >= channel.range / 2 {
        usual.add(hold.lasted_ms() as f32);
    }
    finding.filter(|_| !hold.is_reported)
}

fn report(
    hold: &Hold,
    channel: &Channel,
    (ended_at, racing_from): (Option<SessionTime>, Option<SessionTime>),
    usual: &Histogram<120>,
    config: &SensorConfig,
) -> Option<Finding> {
    let limit = limit_ms(usual, config.stuck_ms, config);
    let needed = if ended_at.is_none() { limit + CERTAIN_MS } else { limit };
    let range = hold.high.saturating_sub(hold.low);
    if hold.lasted_ms() < needed || range < channel.range || hold.n_changes < 6 {
        return None;
    }
    if racing_from.is_none_or(|from| hold.since < from) {
        return None;
    }
    let seconds = hold.lasted_ms() as f32 / 1000.0;
    let limit_s = limit as f32 / 1000.0;
    Some(Finding {
        kind: AlertKind::SensorStuck,
        started_at: hold.since,
        peak_at: hold.last_at,
        ended_at,
        evidence: vec![
            evidence("held", seconds, limit_s, "s"),
            evidence(channel.witness, f32::from(range), f32::from(channel.range), channel.witness_unit),
        ],
        confidence: confidence(seconds, (limit_s, 3.0 * limit_s), (0.6, 0.95)),
        text: format!("{} stuck at {} {} for {seconds:.1} s", channel.name, hold.value, channel.unit),
    })
}

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
/// A hold that lasts this much longer than a limit that was not learnt closely is reported while it still runs.
const CERTAIN_MS: i64 = 6_000;
/// Engine speeds up to this are an engine that stands or idles, not a stuck sensor.
const IDLE_RPM: u16 = 5_000;
/// In these gears drag may hold a car at its top speed.
const TOP_GEARS: i8 = 7;
/// Cars faster than this are driven, not pushed or turned round.
const MOVING_KMH: u16 = 50;
/// Speeds up to this are held on purpose: pit lane limiter.
const LIMITER_KMH: u16 = 85;

/// How long something usually holds or is silent in this session.
#[derive(Debug, Clone)]
pub(crate) struct Habit {
    /// Notable ones, in milliseconds.
    notable: Histogram<120>,
    /// The three longest, longest first, in milliseconds: one freak does not set the limit.
    longest: [i64; 3],
    /// The three widest moves of the witness during a hold, widest first.
    widest: [u16; 3],
    /// Samples looked at.
    n: u32,
}

impl Default for Habit {
    fn default() -> Self {
        Habit { notable: Histogram::new(0.0, 500.0), longest: [0; 3], widest: [0; 3], n: 0 }
    }
}

impl Habit {
    fn add(&mut self, lasted_ms: i64, is_racing: bool) {
        if lasted_ms >= NOTABLE_MS {
            self.notable.add(lasted_ms as f32);
        }
        if !is_racing {
            return;
        }
        rank(&mut self.longest, lasted_ms);
    }

    /// Learns how far the car moved during a hold.
    fn add_move(&mut self, range: u16) {
        rank(&mut self.widest, range);
    }

    /// A move of the witness that no hold of this feed has seen: what shows a stuck channel before time does.
    fn move_limit(&self, (range, _): (u16, u16), config: &SensorConfig) -> Option<f32> {
        let [.., third] = self.widest;
        let limit = f32::from(range).max(f32::from(third) * config.move_factor);
        (range > 0 && self.n >= config.learn_samples).then_some(limit)
    }

    /// The limit that holds in any feed: the configured one, or a multiple of what is usual.
    fn wide_limit_ms(&self, configured_ms: u32, config: &SensorConfig) -> i64 {
        let learnt = if self.notable.n() < LEARN { None } else { self.notable.quantile(0.99) };
        i64::from(configured_ms).max(learnt.map_or(0, |ms| (ms * config.usual_factor) as i64))
    }

    /// The limit of a feed that has long shown how seldom it holds anything.
    fn close_limit_ms(&self, shortest_ms: u32, config: &SensorConfig) -> Option<i64> {
        let [.., third] = self.longest;
        let limit = i64::from(shortest_ms).max((third as f32 * config.close_factor) as i64);
        (self.n >= config.learn_samples).then_some(limit)
    }
}

/// Puts a value among the three largest, if it is one.
fn rank<T: Copy + PartialOrd>(largest: &mut [T; 3], value: T) {
    let at = largest.partition_point(|larger| *larger >= value);
    if let Some(smaller) = largest.get_mut(at..) {
        smaller.rotate_right(1.min(smaller.len()));
        smaller.iter_mut().take(1).for_each(|slot| *slot = value);
    }
}

/// How long channels hold and cars are silent in this session.
#[derive(Debug, Clone, Default)]
pub(crate) struct Usual {
    rpm: Habit,
    speed: Habit,
    speed_in_gear: Habit,
    speed_over_gears: Habit,
    throttle: Habit,
    row: Habit,
    /// At full throttle in a high gear, where drag holds speeds.
    row_at_top: Habit,
    silence: Habit,
}

/// One channel's hold.
#[derive(Debug, Clone, Copy)]
struct Hold {
    value: u64,
    since: SessionTime,
    last_at: SessionTime,
    low: u16,
    high: u16,
    last_witness: u16,
    n_changes: u16,
    is_reported: bool,
}

impl Hold {
    fn new(value: u64, witness: u16, time: SessionTime) -> Self {
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

    fn range(&self) -> u16 {
        self.high.saturating_sub(self.low)
    }

    /// The value as people are told it: of a whole row, the speed.
    fn shown(&self, channel: &Channel) -> u64 {
        if channel.range == 0 { self.last_witness.into() } else { self.value & 0xFFFF }
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
    /// It must range over this much, and have changed this often, where the limit was learnt closely; never, if `None`.
    close: Option<(u16, u16)>,
}

const RPM: Channel = Channel {
    name: "engine speed",
    unit: "1/min",
    witness: "speed range meanwhile",
    witness_unit: "km/h",
    range: 40,
    close: Some((10, 2)),
};
const SPEED: Channel = Channel {
    name: "speed",
    unit: "km/h",
    witness: "engine speed range meanwhile",
    witness_unit: "1/min",
    range: 3_000,
    close: None,
};
/// Between two changes of gear: a car that changes gear at a steady speed changes its engine speed, too.
const SPEED_IN_GEAR: Channel = Channel { close: Some((600, 2)), ..SPEED };
/// Over several gears: no car shifts up and up without gaining speed.
const SPEED_OVER_GEARS: Channel =
    Channel { witness: "gears meanwhile", witness_unit: "", close: Some((3, 3)), ..SPEED };
const THROTTLE: Channel = Channel {
    name: "throttle",
    unit: "%",
    witness: "speed range meanwhile",
    witness_unit: "km/h",
    range: 80,
    close: None,
};
/// All channels at once: no witness is left, but no car drives so evenly.
const ROW: Channel = Channel {
    name: "all channels",
    unit: "km/h",
    witness: "speed",
    witness_unit: "km/h",
    range: 0,
    close: Some((0, 0)),
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Sensors {
    rpm: Option<Hold>,
    speed: Option<Hold>,
    speed_in_gear: Option<Hold>,
    speed_over_gears: Option<Hold>,
    throttle: Option<Hold>,
    row: Option<Hold>,
    row_at_top: Option<Hold>,
    /// True while channels may hold: the car has moved since it last stood.
    is_awake: bool,
    /// Time and speed of the last valid sample.
    valid_at: Option<(SessionTime, u16)>,
    /// True if what came since then were rows of zeros: lost values look like that, and so does a car that is out.
    is_zeroed: bool,
    is_silence_reported: bool,
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
        let watched_rpm = rpm.filter(|rpm| *rpm > IDLE_RPM);
        let watched_speed = speed.filter(|speed| *speed > LIMITER_KMH);
        // Closed, open and nearly open are held for good reasons: coasting, straights, saving fuel.
        let watched_throttle = sample.throttle_percent.filter(|t| (4..=85).contains(t)).map(u16::from);
        let watched_row = row_of(sample).filter(|_| watched_rpm.is_some() && watched_speed.is_some());
        let when = (sample.time, around.racing_from);
        let wide = |value: Option<u16>| value.map(u64::from);
        watch(&mut self.rpm, &RPM, (wide(watched_rpm), speed), when, &mut usual.rpm, config, findings);
        watch(&mut self.speed, &SPEED, (wide(watched_speed), rpm), when, &mut usual.speed, config, findings);
        let in_gear =
            watched_speed.zip(sample.gear).map(|(speed, gear)| u64::from(speed) | u64::from(gear as u8) << 16);
        // Three ways to tell a stuck speed; it is told once.
        let in_gear = (in_gear, rpm);
        if !self.is_speed_reported() {
            watch(&mut self.speed_in_gear, &SPEED_IN_GEAR, in_gear, when, &mut usual.speed_in_gear, config, findings);
        }
        if !self.is_speed_reported() {
            let over_gears = (wide(watched_speed), sample.gear.and_then(|gear| u16::try_from(gear).ok()));
            let usual = &mut usual.speed_over_gears;
            watch(&mut self.speed_over_gears, &SPEED_OVER_GEARS, over_gears, when, usual, config, findings);
        }
        let is_reported = self.is_speed_reported();
        if let Some(whole) = &mut self.speed {
            whole.is_reported |= is_reported;
        }
        let throttle = (wide(watched_throttle), speed);
        watch(&mut self.throttle, &THROTTLE, throttle, when, &mut usual.throttle, config, findings);
        let is_at_top = sample.throttle_percent >= Some(95) && sample.gear >= Some(TOP_GEARS);
        let (top, other) = if is_at_top { (watched_row, None) } else { (None, watched_row) };
        watch(&mut self.row, &ROW, (other, speed), when, &mut usual.row, config, findings);
        watch(&mut self.row_at_top, &ROW, (top, speed), when, &mut usual.row_at_top, config, findings);
        if is_valid(sample) {
            usual.silence.n += 1;
            findings.extend(self.end_silence(sample, around, usual, config));
            (self.is_zeroed, self.is_silence_reported) = (false, false);
        } else {
            self.is_zeroed |= rpm == Some(0) || speed == Some(0);
        }
    }

    /// Says so if the car has been silent for too long by a moment up to which others are heard.
    pub(crate) fn note_silence(
        &mut self,
        heard_at: SessionTime,
        around: &Around<'_>,
        usual: &Usual,
        config: &SensorConfig,
    ) -> Option<(Finding, SessionTime)> {
        let (valid_at, valid_speed) = self.valid_at?;
        let silent_ms = heard_at.millis_since(valid_at);
        // Nearly always: the car was heard just now.
        if silent_ms < i64::from(config.close_drop_out_ms) || self.is_zeroed || self.is_silence_reported {
            return None;
        }
        let limit = usual.silence.close_limit_ms(config.close_drop_out_ms, config)?;
        let is_racing = around.racing_from.is_some_and(|from| valid_at >= from);
        let is_long = (limit..i64::from(config.max_drop_out_ms)).contains(&silent_ms);
        if !is_long || !is_racing || valid_speed <= MOVING_KMH {
            return None;
        }
        let others = around.presence.others_share(valid_at, heard_at, around.car_idx);
        if others < 0.5 {
            return None;
        }
        self.is_silence_reported = true;
        // What was heard up to then is enough, whatever came with it.
        Some((drop_out((valid_at, heard_at), None, limit, others), valid_at + limit))
    }

    /// True if the speed that is held now has been reported as stuck.
    fn is_speed_reported(&self) -> bool {
        let holds = [&self.speed, &self.speed_in_gear, &self.speed_over_gears];
        let now = self.speed.map(|hold| hold.value);
        let is_same = |hold: &Hold| now.is_some_and(|value| value == hold.value & 0xFFFF);
        holds.into_iter().flatten().any(|hold| hold.is_reported && is_same(hold))
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
        if silent_ms < NOTABLE_MS / 2 || silent_ms > i64::from(config.max_drop_out_ms) {
            return None;
        }
        let limit = usual.silence.wide_limit_ms(config.drop_out_ms, config);
        let others = around.presence.others_share(valid_at, sample.time, around.car_idx);
        if others < 0.5 {
            return None; // the feed was silent, not the car
        }
        let moved = valid_speed > MOVING_KMH && speed > MOVING_KMH;
        if self.is_silence_reported {
            return None;
        }
        if silent_ms < limit || !moved || around.racing_from.is_none_or(|from| valid_at < from) {
            usual.silence.add(silent_ms, true);
            return None;
        }
        Some(drop_out((valid_at, sample.time), Some(sample.time), limit, others))
    }
}

fn drop_out(
    (since, until): (SessionTime, SessionTime),
    ended_at: Option<SessionTime>,
    limit_ms: i64,
    others: f32,
) -> Finding {
    let (silent_ms, limit) = (until.millis_since(since) as f32, limit_ms as f32);
    let seconds = silent_ms / 1000.0;
    let so_far = if ended_at.is_none() { " so far" } else { "" };
    Finding {
        kind: AlertKind::SensorDropOut,
        started_at: since,
        peak_at: since,
        ended_at,
        evidence: vec![
            evidence("without a valid sample", seconds, limit / 1000.0, "s"),
            evidence("time in which other cars were heard", others * 100.0, 50.0, "%"),
        ],
        confidence: confidence(silent_ms, (limit, 3.0 * limit), (0.6, 0.9)),
        text: format!("telemetry drop-out for {seconds:.1} s{so_far} while other cars deliver"),
    }
}

/// The whole row in one number, if it holds values.
fn row_of(sample: &CarSample) -> Option<u64> {
    let pedals = u64::from(sample.throttle_percent?) << 8 | u64::from(sample.brake_percent.unwrap_or(u8::MAX));
    let gear = sample.gear.map_or(u64::from(u8::MAX), |gear| gear as u64 & 0xFF);
    Some(u64::from(sample.rpm?) << 40 | u64::from(sample.speed_kmh?) << 24 | gear << 16 | pedals)
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
    (value, witness): (Option<u64>, Option<u16>),
    (time, racing_from): (SessionTime, Option<SessionTime>),
    usual: &mut Habit,
    config: &SensorConfig,
    findings: &mut Vec<Finding>,
) {
    let now = value.zip(witness);
    let is_racing = racing_from.is_some_and(|from| time >= from);
    usual.n = usual.n.saturating_add(u32::from(now.is_some() && is_racing));
    if let (Some(running), Some((value, witness))) = (hold.as_mut(), now)
        && running.value == value
    {
        running.follow(witness, time);
        if !running.is_reported {
            let finding = report(running, channel, (None, racing_from), usual, config);
            running.is_reported = finding.is_some();
            findings.extend(finding);
        }
        return;
    }
    // Nearly all holds are of one sample: nothing to say about them.
    if let Some(over) = hold.filter(|over| over.last_at > over.since && !over.is_reported) {
        findings.extend(end(&over, channel, racing_from, usual, config));
    }
    *hold = now.map(|(value, witness)| Hold::new(value, witness, time));
}

fn end(
    hold: &Hold,
    channel: &Channel,
    racing_from: Option<SessionTime>,
    usual: &mut Habit,
    config: &SensorConfig,
) -> Option<Finding> {
    let is_long = hold.lasted_ms() >= i64::from(config.stuck_ms);
    let ended = (Some(hold.last_at), racing_from);
    let finding = if is_long { report(hold, channel, ended, usual, config) } else { None };
    // What is reported teaches nothing, or faults would raise the limit by which they are told.
    let (range, _) = channel.close.unwrap_or((channel.range / 2, 0));
    // Behind a safety car speeds are steady: that is no habit of the feed.
    let is_racing = racing_from.is_some_and(|from| hold.since >= from);
    if finding.is_none() && is_racing {
        usual.add_move(hold.range());
    }
    if finding.is_none() && hold.range() >= range {
        usual.add(hold.lasted_ms(), is_racing);
    }
    finding
}

fn report(
    hold: &Hold,
    channel: &Channel,
    (ended_at, racing_from): (Option<SessionTime>, Option<SessionTime>),
    usual: &Habit,
    config: &SensorConfig,
) -> Option<Finding> {
    let wide = usual.wide_limit_ms(config.stuck_ms, config);
    let certain = if ended_at.is_none() { wide + CERTAIN_MS } else { wide };
    let is_wide = hold.lasted_ms() >= certain && hold.range() >= channel.range && hold.n_changes >= 6;
    let close = usual
        .close_limit_ms(config.close_stuck_ms, config)
        .zip(channel.close)
        .filter(|(limit, (range, n))| hold.lasted_ms() >= *limit && hold.range() >= *range && hold.n_changes >= *n);
    let moved = usual
        .move_limit(channel.close.unwrap_or_default(), config)
        .filter(|limit| hold.lasted_ms() >= i64::from(config.move_stuck_ms) && f32::from(hold.range()) >= *limit)
        .filter(|_| hold.n_changes >= 2);
    if !(is_wide || close.is_some() || moved.is_some()) || racing_from.is_none_or(|from| hold.since < from) {
        return None;
    }
    let by_time = close.map(|(limit, (range, _))| (limit, f32::from(range)));
    let by_move = moved.map(|range| (i64::from(config.move_stuck_ms), range));
    let (limit, range) = by_time.or(by_move).unwrap_or((wide, f32::from(channel.range)));
    let seconds = hold.lasted_ms() as f32 / 1000.0;
    let limit_s = limit as f32 / 1000.0;
    let so_far = if ended_at.is_none() { " so far" } else { "" };
    Some(Finding {
        kind: AlertKind::SensorStuck,
        started_at: hold.since,
        peak_at: hold.last_at,
        ended_at,
        evidence: vec![
            evidence("held", seconds, limit_s, "s"),
            evidence(channel.witness, f32::from(hold.range()), range, channel.witness_unit),
        ],
        confidence: confidence(seconds, (limit_s, 3.0 * limit_s), (0.6, 0.95)),
        text: format!("{} stuck at {} {} for {seconds:.1} s{so_far}", channel.name, hold.shown(channel), channel.unit),
    })
}

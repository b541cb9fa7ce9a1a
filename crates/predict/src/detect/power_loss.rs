//! Sudden loss of power.
//!
//! Two signs. *The engine has stopped*: engine speed far below idle while the car rolls on at speed (2025 Dutch Grand
//! Prix, lap 65: 11 080 to 0 in 1.5 s at 240 km/h). *The car does not pull*: the throttle is fully open and the speed
//! gained is far below what the car has always gained from that speed. What it usually gains is learnt speed by
//! speed, from this car or, until it has shown enough, from all cars. Cars of 2026 are judged by the first sign only.

use overcut_domain::{AlertKind, CarSample, SessionTime};

use crate::config::PowerLossConfig;
use crate::histogram::Histogram;

use super::finding::{Finding, confidence, evidence};
use super::recent::Recent;

const BIN_KMH: f32 = 20.0;
const BINS: usize = 18;
/// Without a valid throttle for longer than this the throttle is not known to have stayed open.
const MAX_BLIND_MS: i64 = 700;
/// The engine must have been running this recently for its silence to be sudden.
const ALIVE_MS: i64 = 8_000;

/// How long a loss must last that is twice as large as it has to be.
const PLAIN_MS: i64 = 250;
/// Additions between two looks at the quantile.
const REFRESH: u32 = 32;

/// Speed gained at full throttle over a window, by speed at its beginning.
#[derive(Debug, Clone)]
struct Curve(Vec<(Histogram<48>, Option<f32>)>);

/// What is usually gained over the long and the short window.
#[derive(Debug, Clone)]
pub(crate) struct Gains {
    long: Curve,
    short: Curve,
}

impl Default for Gains {
    fn default() -> Self {
        let curve = |low, step| Curve(vec![(Histogram::new(low, step), None); BINS]);
        Gains { long: curve(-64.0, 3.0), short: curve(-24.0, 1.0) }
    }
}

/// A time over which the gain of speed is measured, and what it takes for a lack of it to count.
#[derive(Debug, Clone, Copy)]
struct Window {
    ms: i64,
    skip_ms: i64,
    deficit_kmh: f32,
    /// Times that engine speed and speed must have changed: channels that stand still are stuck.
    n_changes: (u16, u16),
}

impl Window {
    fn long(config: &PowerLossConfig) -> Self {
        let (ms, skip_ms) = (i64::from(config.window_ms), i64::from(config.skip_ms));
        Window { ms, skip_ms, deficit_kmh: config.deficit_kmh, n_changes: (4, 3) }
    }

    fn short(config: &PowerLossConfig) -> Self {
        let (ms, skip_ms) = (i64::from(config.short_window_ms), i64::from(config.short_skip_ms));
        Window { ms, skip_ms, deficit_kmh: config.short_deficit_kmh, n_changes: (2, 2) }
    }
}

impl Curve {
    fn add(&mut self, speed: f32, gain: f32, config: &PowerLossConfig) {
        let Some((histogram, lowest)) = self.0.get_mut((speed / BIN_KMH) as usize) else { return };
        histogram.add(gain);
        if histogram.n() >= config.learn_samples && (lowest.is_none() || histogram.n().is_multiple_of(REFRESH)) {
            *lowest = histogram.quantile(config.tail);
        }
    }

    /// The lowest usual gain from that speed, once enough is known. Cars pull harder the slower they are, so what is
    /// known of the next higher speeds holds for one that was never seen, and its first sights cannot set the norm.
    fn lowest(&self, speed: f32) -> Option<f32> {
        let from_here = self.0.get((speed / BIN_KMH) as usize..)?;
        from_here.iter().take(3).find_map(|(_, lowest)| *lowest)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sign {
    Stopped,
    Weak { gain: f32, usual: f32 },
}

#[derive(Debug, Clone)]
struct Episode {
    sign: Sign,
    started_at: SessionTime,
    from_speed: f32,
    last_at: SessionTime,
    last_speed: f32,
    peak_at: SessionTime,
    n: u16,
    is_reported: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct PowerLoss {
    own: Gains,
    full_since: Option<SessionTime>,
    known_at: Option<SessionTime>,
    alive_at: Option<SessionTime>,
    /// Samples running that lack pull over the short window.
    n_weak: u16,
    /// The stretch of full throttle, by its beginning, that the short window has told of.
    told_for: Option<SessionTime>,
    episode: Option<Episode>,
}

impl PowerLoss {
    pub(crate) fn observe(
        &mut self,
        sample: &CarSample,
        recent: &Recent,
        all: &mut Gains,
        config: &PowerLossConfig,
    ) -> Option<Finding> {
        let speed = f32::from(sample.speed_kmh?);
        if sample.rpm.is_some_and(|rpm| rpm > 6_000) && speed > config.stopped_min_speed_kmh {
            self.alive_at = Some(sample.time);
        }
        self.note_throttle(sample, config);
        if self.is_stopped(sample, speed, config) {
            return self.follow(sample, speed, sample.time, speed, Sign::Stopped, config);
        }
        // Cars of 2026, told by the missing wing, charge their batteries at full throttle: not pulling is by design.
        let at_once = sample.drs.and_then(|_| self.observe_short(sample, speed, recent, &mut all.short, config));
        if at_once.is_some() {
            return at_once;
        }
        let judged = sample.drs.and_then(|_| self.gain(sample, speed, recent, Window::long(config)));
        let Some((then, gain)) = judged else {
            return self.interrupt(config);
        };
        let from = f32::from(then.speed_kmh?);
        let usual = self.own.long.lowest(from).or_else(|| all.long.lowest(from));
        let needed = if self.episode.is_some() { config.deficit_kmh / 2.0 } else { config.deficit_kmh };
        match usual {
            Some(usual) if usual - gain >= needed => {
                self.follow(sample, speed, then.time, from, Sign::Weak { gain, usual }, config)
            }
            _ => {
                self.own.long.add(from, gain, config);
                all.long.add(from, gain, config);
                self.interrupt(config)
            }
        }
    }

    /// Looks at the short window: a lack of pull larger than any that cars ever show, in two samples running.
    fn observe_short(
        &mut self,
        sample: &CarSample,
        speed: f32,
        recent: &Recent,
        all: &mut Curve,
        config: &PowerLossConfig,
    ) -> Option<Finding> {
        let window = Window::short(config);
        let n_before = std::mem::take(&mut self.n_weak);
        let (then, gain) = self.gain(sample, speed, recent, window)?;
        let from = f32::from(then.speed_kmh?);
        let usual = self.own.short.lowest(from).or_else(|| all.lowest(from));
        let Some(usual) = usual.filter(|usual| usual - gain >= window.deficit_kmh) else {
            self.own.short.add(from, gain, config);
            all.add(from, gain, config);
            return None;
        };
        self.n_weak = n_before.saturating_add(1);
        if self.n_weak < config.short_samples || self.is_told() || self.episode.as_ref().is_some_and(|e| e.is_reported)
        {
            return None;
        }
        self.told_for = self.full_since;
        if let Some(episode) = &mut self.episode {
            episode.is_reported = true;
        }
        Some(Finding {
            kind: AlertKind::PowerLoss,
            started_at: then.time,
            peak_at: sample.time,
            ended_at: None,
            evidence: vec![evidence("speed gained at full throttle", gain, usual, "km/h")],
            confidence: confidence(usual - gain, (window.deficit_kmh, 4.0 * window.deficit_kmh), (0.4, 0.8)),
            text: format!("sudden power loss, full throttle, {from}→{speed} km/h"),
        })
    }

    /// True if this stretch of full throttle has had its alert.
    fn is_told(&self) -> bool {
        self.told_for.is_some() && self.told_for == self.full_since
    }

    /// Ends a running episode.
    pub(crate) fn interrupt(&mut self, config: &PowerLossConfig) -> Option<Finding> {
        let episode = self.episode.take()?;
        conclude(&episode, Some(episode.last_at), config)
    }

    /// Forgets what the throttle did, because samples are missing.
    pub(crate) fn forget(&mut self) {
        (self.full_since, self.known_at, self.alive_at) = (None, None, None);
    }

    fn note_throttle(&mut self, sample: &CarSample, config: &PowerLossConfig) {
        match (sample.throttle_percent, sample.brake_percent) {
            (Some(throttle), Some(0)) if f32::from(throttle) >= config.full_throttle_percent => {
                self.full_since.get_or_insert(sample.time);
                self.known_at = Some(sample.time);
            }
            (None, _) | (_, None) => {
                if self.known_at.is_none_or(|at| sample.time.millis_since(at) > MAX_BLIND_MS) {
                    self.full_since = None;
                }
            }
            _ => self.full_since = None,
        }
    }

    fn is_stopped(&self, sample: &CarSample, speed: f32, config: &PowerLossConfig) -> bool {
        let was_alive = self.alive_at.is_some_and(|at| sample.time.millis_since(at) <= ALIVE_MS);
        let is_running = matches!(self.episode, Some(Episode { sign: Sign::Stopped, .. }));
        let fast = speed >= config.stopped_min_speed_kmh || is_running && speed > 20.0;
        let rolls_down = self.episode.as_ref().is_none_or(|episode| speed <= episode.last_speed + 3.0);
        sample.rpm.is_some_and(|rpm| f32::from(rpm) < config.stopped_rpm)
            && fast
            && (was_alive || is_running)
            && rolls_down
    }

    /// The sample at the window's beginning and the speed gained since, if the throttle was open all the while and
    /// the channels were alive.
    fn gain<'r>(
        &self,
        sample: &CarSample,
        speed: f32,
        recent: &'r Recent,
        judged: Window,
    ) -> Option<(&'r CarSample, f32)> {
        let open_ms = sample.time.millis_since(self.full_since?);
        let window = judged.ms;
        if open_ms < window + judged.skip_ms || self.known_at != Some(sample.time) {
            return None;
        }
        let mut n_changes = 0; // engine speed is fine-grained: if it stands still, the channels do
        let mut n_speed_changes = 0; // a speed that stands still is stuck before it is a weak engine
        let mut newer = sample;
        for older in recent.newest_first().skip(1) {
            if newer.time.millis_since(older.time) > 700 {
                return None;
            }
            n_changes += u16::from(older.rpm != newer.rpm);
            n_speed_changes += u16::from(older.speed_kmh != newer.speed_kmh);
            let span = sample.time.millis_since(older.time);
            if span >= window {
                let gain = (speed - f32::from(older.speed_kmh?)) * window as f32 / span as f32;
                let is_alive = n_changes >= judged.n_changes.0
                    && n_speed_changes >= judged.n_changes.1
                    && span < window + 400
                    && speed_follows_engine(older, sample);
                return is_alive.then_some((older, gain));
            }
            newer = older;
        }
        None
    }

    fn follow(
        &mut self,
        sample: &CarSample,
        speed: f32,
        since: SessionTime,
        from_speed: f32,
        sign: Sign,
        config: &PowerLossConfig,
    ) -> Option<Finding> {
        let is_told = self.is_told();
        let episode = self.episode.get_or_insert(Episode {
            sign,
            started_at: since,
            from_speed,
            last_at: sample.time,
            last_speed: speed,
            peak_at: sample.time,
            n: 0,
            is_reported: is_told,
        });
        let is_worse = match (episode.sign, sign) {
            (Sign::Weak { gain: old, usual: was }, Sign::Weak { gain, usual }) => usual - gain > was - old,
            (Sign::Weak { .. }, Sign::Stopped) => true,
            (Sign::Stopped, _) => false,
        };
        if is_worse {
            (episode.sign, episode.peak_at) = (sign, sample.time);
        }
        (episode.last_at, episode.last_speed) = (sample.time, speed);
        episode.n = episode.n.saturating_add(1);
        if episode.is_reported {
            return None;
        }
        let finding = conclude(episode, None, config);
        episode.is_reported = finding.is_some();
        finding
    }
}

/// True unless the speed stands still while the engine gains in the same gear: then the speed is a stuck channel.
fn speed_follows_engine(older: &CarSample, newer: &CarSample) -> bool {
    let (Some(rpm), Some(old_rpm)) = (newer.rpm, older.rpm) else { return false };
    let (Some(speed), Some(old_speed)) = (newer.speed_kmh, older.speed_kmh) else { return false };
    if old_rpm == 0 || old_speed == 0 {
        return false;
    }
    let engine = f32::from(rpm) / f32::from(old_rpm);
    let wheels = f32::from(speed) / f32::from(old_speed);
    // Changing up means that the car gains speed, whatever the channel says.
    if newer.gear == older.gear { engine - wheels < 0.05 } else { wheels > 1.03 || newer.gear < older.gear }
}

fn conclude(episode: &Episode, ended_at: Option<SessionTime>, config: &PowerLossConfig) -> Option<Finding> {
    let lasted_ms = episode.last_at.millis_since(episode.started_at);
    let (needed_ms, figures, sure, what) = match episode.sign {
        Sign::Stopped => (
            i64::from(config.stopped_ms),
            vec![evidence("speed with the engine stopped", episode.from_speed, config.stopped_min_speed_kmh, "km/h")],
            confidence(lasted_ms as f32, (1_200.0, 4_000.0), (0.7, 0.95)),
            "engine stopped",
        ),
        Sign::Weak { gain, usual } => (
            // What is plain need not last.
            i64::from(config.window_ms)
                + if usual - gain >= 2.0 * config.deficit_kmh { PLAIN_MS } else { i64::from(config.min_ms) },
            vec![evidence("speed gained at full throttle", gain, usual, "km/h")],
            confidence(usual - gain, (config.deficit_kmh, 4.0 * config.deficit_kmh), (0.4, 0.8)),
            "full throttle",
        ),
    };
    if episode.is_reported || episode.n < 2 || lasted_ms < needed_ms {
        return None;
    }
    Some(Finding {
        kind: AlertKind::PowerLoss,
        started_at: episode.started_at,
        peak_at: episode.peak_at,
        ended_at,
        evidence: figures,
        confidence: sure,
        text: format!("sudden power loss, {what}, {}→{} km/h", episode.from_speed, episode.last_speed),
    })
}

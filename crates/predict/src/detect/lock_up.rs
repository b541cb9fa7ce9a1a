//! A wheel that probably locked under braking.
//!
//! With four samples a second and no wheel speeds a lock-up can only be suspected. The one honest sign is that the
//! speed channel, which comes from the wheels, dips and then *rises again while the brake is still on*: a car cannot
//! gain speed by braking, a locked wheel that is let go can. Feeds also repeat old values late, which looks similar
//! (2026 China: 237, 223, 210, **234**, 192). There the odd one out lies above the curve, here below it: with the dip
//! taken away, what remains must fall steadily.

use overcut_domain::{AlertKind, CarSample, SessionTime};

use crate::config::LockUpConfig;

use super::finding::{Finding, confidence, evidence};
use super::recent::Recent;

/// Samples further apart than this do not show a dip.
const MAX_STEP_MS: i64 = 560;
/// No car brakes harder than this, km/h per second (6.5 g).
const HARDEST_KMH_S: f32 = 230.0;
/// A car under braking loses at least this, even on locked wheels in the wet, km/h per second.
const SOFTEST_KMH_S: f32 = 8.0;
/// No car gains speed faster than this, km/h per second (2 g).
const QUICKEST_KMH_S: f32 = 70.0;
/// Channels are rounded, and their times too.
const SLACK_KMH: f32 = 4.0;
/// A dip that no car can drive is at least as deep as this, and comes back by as much as that.
const PLAIN_DIP_KMH: f32 = 20.0;
const PLAIN_REBOUND_KMH: f32 = 15.0;
/// Samples of a dip at most: a second.
const MAX_DIP: usize = 4;

#[derive(Debug, Clone, Default)]
pub(crate) struct LockUp {
    episode: Option<Episode>,
}

#[derive(Debug, Clone)]
struct Episode {
    last_at: SessionTime,
}

/// A dip of the speed channel below the line through the samples around it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Dip {
    from: SessionTime,
    at: SessionTime,
    to: SessionTime,
    speed: f32,
    expected: f32,
    rebound: f32,
}

impl Dip {
    fn depth(&self) -> f32 {
        self.expected - self.speed
    }
}

impl LockUp {
    pub(crate) fn observe(&mut self, sample: &CarSample, recent: &Recent, config: &LockUpConfig) -> Option<Finding> {
        let plain = find_plain_dip(recent, config);
        let Some(dip) = plain.or_else(|| find_dip(recent, config)) else {
            let is_over = |episode: &Episode| sample.time.millis_since(episode.last_at) > i64::from(config.join_ms);
            if self.episode.as_ref().is_some_and(is_over) {
                self.episode = None;
            }
            return None;
        };
        match &mut self.episode {
            // Locking again and again into one corner is one episode, which has been told.
            Some(episode) if dip.from.millis_since(episode.last_at) <= i64::from(config.join_ms) => {
                episode.last_at = dip.to.max(episode.last_at);
                None
            }
            _ => {
                self.episode = Some(Episode { last_at: dip.to });
                Some(finding(&dip, config))
            }
        }
    }

    /// Ends a running episode.
    pub(crate) fn interrupt(&mut self) {
        self.episode = None;
    }
}

fn finding(dip: &Dip, config: &LockUpConfig) -> Finding {
    let Dip { from, at, to, speed, expected, rebound } = *dip;
    Finding {
        kind: AlertKind::LockUp,
        started_at: from,
        peak_at: at,
        ended_at: Some(to),
        evidence: vec![
            evidence("wheel speed in the dip", speed, expected, "km/h"),
            evidence("speed regained under braking", rebound, config.min_rebound_kmh, "km/h"),
        ],
        confidence: confidence(dip.depth() / expected, (0.1, 0.6), (0.4, 0.8)),
        text: format!("lock-up suspected, wheels at {speed:.0} of {expected:.0} km/h under braking"),
    }
}

/// Looks for a dip that no car can drive: down faster than any brake stops it and up faster than any engine pulls it.
/// The newest sample, in which it is over, is proof enough, whatever the pedals say by then.
fn find_plain_dip(recent: &Recent, config: &LockUpConfig) -> Option<Dip> {
    let post = moving(recent.back(0)?)?;
    let low = moving(recent.back(1)?)?;
    if post.1 - low.1 < PLAIN_REBOUND_KMH.max(QUICKEST_KMH_S * seconds(low.0, post.0)) {
        return None;
    }
    (1..=MAX_DIP).find_map(|n_dip| {
        let pre = moving(recent.back(1 + n_dip)?)?;
        let first = braking(recent.back(n_dip)?)?;
        if post.1 >= pre.1 || !steps_are_short(recent, 3 + n_dip) || !is_live(recent, 2 + n_dip) {
            return None;
        }
        let dip = deepest(recent, 1..1 + n_dip, pre, post, config)?;
        let hardest = HARDEST_KMH_S * seconds(pre.0, first.0) + SLACK_KMH;
        let is_plain = pre.1 - first.1 > hardest && dip.depth() >= PLAIN_DIP_KMH;
        is_plain.then_some(dip)
    })
}

/// True if the channels were alive from that sample on: feeds that hold values, and let them go one by one, show dips
/// that were never driven (2026 China: 250, 250, 250, **111**, 111, 193, 86 under braking).
fn is_live(recent: &Recent, oldest: usize) -> bool {
    let moves = (0..oldest).all(|back| match (recent.back(back), recent.back(back + 1)) {
        (Some(newer), Some(older)) => newer.rpm != older.rpm,
        _ => false,
    });
    let (Some(before), Some(pre)) = (recent.back(oldest), recent.back(oldest - 1)) else { return false };
    let (Some(from), Some(to)) = (before.speed_kmh, pre.speed_kmh) else { return false };
    let loss = f32::from(from) - f32::from(to);
    let is_held = loss == 0.0 && braking(before).is_some();
    moves && !is_held && loss <= HARDEST_KMH_S * seconds(before.time, pre.time) + SLACK_KMH
}

fn seconds(from: SessionTime, to: SessionTime) -> f32 {
    to.millis_since(from) as f32 / 1000.0
}

/// Time and speed of a sample with a running engine.
fn moving(sample: &CarSample) -> Option<(SessionTime, f32)> {
    sample.rpm.filter(|rpm| *rpm > 2_800)?;
    Some((sample.time, f32::from(sample.speed_kmh?)))
}

/// Looks for a dip whose recovery the sample before the newest shows; the newest must confirm it.
fn find_dip(recent: &Recent, config: &LockUpConfig) -> Option<Dip> {
    let after = recent.back(0)?;
    let post = braking(recent.back(1)?)?;
    let low = braking(recent.back(2)?)?;
    if post.1 - low.1 < config.min_rebound_kmh || f32::from(after.speed_kmh?) > post.1 {
        return None;
    }
    (1..=MAX_DIP).find_map(|n_dip| dip_of(recent, n_dip, config))
}

/// The dip of `n_dip` samples that ends two samples before the newest, if it is one.
fn dip_of(recent: &Recent, n_dip: usize, config: &LockUpConfig) -> Option<Dip> {
    let after = recent.back(0)?;
    let post = braking(recent.back(1)?)?;
    let pre = braking(recent.back(2 + n_dip)?)?;
    let before = recent.back(3 + n_dip)?;
    // Falling steadily before and after: held or repeated values are no ground to stand on.
    if f32::from(before.speed_kmh?) <= pre.1 || post.1 >= pre.1 {
        return None;
    }
    if !steps_are_short(recent, 4 + n_dip) {
        return None;
    }
    let dip = deepest(recent, 2..2 + n_dip, pre, post, config)?;
    let slope = (pre.1 - post.1) / seconds(pre.0, post.0);
    let next_s = seconds(post.0, after.time);
    let next_slope = (post.1 - f32::from(after.speed_kmh?)) / next_s.max(0.05);
    (next_slope <= 3.0 * slope + 40.0).then_some(dip)
}

/// The deepest of some samples below the line from `pre` to `post`, if that is a dip and the line is one of braking.
fn deepest(
    recent: &Recent,
    backs: std::ops::Range<usize>,
    pre: (SessionTime, f32),
    post: (SessionTime, f32),
    config: &LockUpConfig,
) -> Option<Dip> {
    let span_s = seconds(pre.0, post.0);
    if span_s <= 0.0 || span_s * 1000.0 > config.max_span_ms as f32 {
        return None;
    }
    let slope = (pre.1 - post.1) / span_s;
    if !(SOFTEST_KMH_S..=HARDEST_KMH_S).contains(&slope) {
        return None;
    }
    let dips = backs.filter_map(|back| moving(recent.back(back)?)).map(|(at, speed)| {
        let expected = pre.1 - slope * seconds(pre.0, at);
        Dip { from: pre.0, at, to: post.0, speed, expected, rebound: post.1 - speed }
    });
    let deepest = dips.max_by(|a, b| a.depth().total_cmp(&b.depth()))?;
    let is_deep = deepest.depth() >= config.min_dip_kmh.max(config.min_dip_share * deepest.expected);
    let regains = deepest.rebound >= config.min_rebound_kmh;
    (is_deep && regains && deepest.expected >= config.min_speed_kmh).then_some(deepest)
}

/// Time and speed of a sample with the brake on and the throttle closed.
fn braking(sample: &CarSample) -> Option<(SessionTime, f32)> {
    let on = sample.brake_percent? > 0 && sample.throttle_percent? <= 10;
    on.then_some((sample.time, f32::from(sample.speed_kmh?)))
}

fn steps_are_short(recent: &Recent, n: usize) -> bool {
    (0..n - 1).all(|back| match (recent.back(back), recent.back(back + 1)) {
        (Some(newer), Some(older)) => newer.time.millis_since(older.time) <= MAX_STEP_MS,
        _ => false,
    })
}

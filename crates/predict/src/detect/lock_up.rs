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

#[derive(Debug, Clone, Default)]
pub(crate) struct LockUp {
    episode: Option<Episode>,
}

#[derive(Debug, Clone)]
struct Episode {
    started_at: SessionTime,
    last_at: SessionTime,
    peak: Dip,
    n: u16,
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
        if let Some(dip) = find_dip(recent, config) {
            match &mut self.episode {
                Some(episode) if dip.from.millis_since(episode.last_at) <= i64::from(config.join_ms) => {
                    if dip.at > episode.peak.at {
                        episode.n += 1;
                    }
                    episode.last_at = dip.to.max(episode.last_at);
                    if dip.depth() > episode.peak.depth() {
                        episode.peak = dip;
                    }
                }
                _ => {
                    let finding = self.interrupt(config);
                    self.episode = Some(Episode { started_at: dip.from, last_at: dip.to, peak: dip, n: 1 });
                    return finding;
                }
            }
            return None;
        }
        let is_over = |episode: &Episode| sample.time.millis_since(episode.last_at) > i64::from(config.join_ms);
        if self.episode.as_ref().is_some_and(is_over) { self.interrupt(config) } else { None }
    }

    /// Ends a running episode.
    pub(crate) fn interrupt(&mut self, config: &LockUpConfig) -> Option<Finding> {
        let episode = self.episode.take()?;
        let Dip { speed, expected, rebound, .. } = episode.peak;
        let again = if episode.n > 1 { ", more than once" } else { "" };
        Some(Finding {
            kind: AlertKind::LockUp,
            started_at: episode.started_at,
            peak_at: episode.peak.at,
            ended_at: Some(episode.last_at),
            evidence: vec![
                evidence("wheel speed in the dip", speed, expected, "km/h"),
                evidence("speed regained under braking", rebound, config.min_rebound_kmh, "km/h"),
            ],
            confidence: confidence(episode.peak.depth() / expected, (0.1, 0.6), (0.4, 0.8)),
            text: format!("lock-up suspected, wheels at {speed:.0} of {expected:.0} km/h under braking{again}"),
        })
    }
}

/// Looks for a dip whose recovery the sample before the newest shows; the newest must confirm it.
fn find_dip(recent: &Recent, config: &LockUpConfig) -> Option<Dip> {
    let after = recent.back(0)?;
    let post = braking(recent.back(1)?)?;
    let low = braking(recent.back(2)?)?;
    if post.1 - low.1 < config.min_rebound_kmh || f32::from(after.speed_kmh?) > post.1 {
        return None;
    }
    (1..=2).find_map(|n_dip| dip_of(recent, n_dip, config))
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
    let span_s = post.0.millis_since(pre.0) as f32 / 1000.0;
    if span_s <= 0.0 || span_s * 1000.0 > config.max_span_ms as f32 {
        return None;
    }
    let slope = (pre.1 - post.1) / span_s;
    let next_s = after.time.millis_since(post.0) as f32 / 1000.0;
    let next_slope = (post.1 - f32::from(after.speed_kmh?)) / next_s.max(0.05);
    let is_steady = next_slope <= 3.0 * slope + 40.0;
    if !(SOFTEST_KMH_S..=HARDEST_KMH_S).contains(&slope) || !is_steady {
        return None;
    }
    let dips = (2..2 + n_dip).filter_map(|back| braking(recent.back(back)?)).map(|(at, speed)| {
        let expected = pre.1 - slope * at.millis_since(pre.0) as f32 / 1000.0;
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

//! Engine speed above what the car reaches in normal driving.
//!
//! The usual limit is a high quantile of the car's own samples, so a car whose engine is simply taken further on every
//! lap (2023 Monaco, car 22: 12 950 before the same corner) is not reported.

use overcut_domain::{AlertKind, CarSample, SessionTime};

use crate::config::OverRevConfig;
use crate::histogram::Histogram;

use super::finding::{Finding, confidence, evidence};

/// Samples between two looks at the quantile.
const REFRESH: u32 = 128;
/// Engine speeds from here on are a broken channel; the rules' limit is 15 000.
const MAX_RPM: u16 = 17_000;
/// A value that holds longer than this is a stuck channel, which another detector reports.
const MAX_HOLD_MS: i64 = 1_000;

#[derive(Debug, Clone)]
pub(crate) struct OverRev {
    usual: Histogram<160>,
    threshold: f32,
    is_learnt: bool,
    episode: Option<Episode>,
}

#[derive(Debug, Clone)]
struct Episode {
    started_at: SessionTime,
    last_at: SessionTime,
    peak: CarSample,
    peak_rpm: u16,
    n: u16,
    held_since: SessionTime,
    last_rpm: u16,
    /// True once the value has changed, as no stuck channel does.
    has_moved: bool,
    is_reported: bool,
}

impl OverRev {
    pub(crate) fn new(config: &OverRevConfig) -> Self {
        OverRev { usual: Histogram::new(8_000.0, 50.0), threshold: config.default_rpm, is_learnt: false, episode: None }
    }

    pub(crate) fn observe(&mut self, sample: &CarSample, config: &OverRevConfig) -> Option<Finding> {
        let rpm = sample.rpm?;
        if sample.speed_kmh.is_none_or(|v| v < 50) || rpm < 8_000 {
            return self.interrupt(config);
        }
        let finding = self.follow(sample, rpm, config);
        self.learn(f32::from(rpm), config);
        finding
    }

    /// Ends a running episode, because the car is no longer driven in anger.
    pub(crate) fn interrupt(&mut self, config: &OverRevConfig) -> Option<Finding> {
        let episode = self.episode.take()?;
        self.conclude(&episode, Some(episode.last_at), config)
    }

    fn follow(&mut self, sample: &CarSample, rpm: u16, config: &OverRevConfig) -> Option<Finding> {
        let speed = f32::from(rpm);
        match &mut self.episode {
            None if speed > self.threshold => {
                let mut episode = Episode {
                    started_at: sample.time,
                    last_at: sample.time,
                    peak: *sample,
                    peak_rpm: rpm,
                    n: 1,
                    held_since: sample.time,
                    last_rpm: rpm,
                    has_moved: false,
                    is_reported: false,
                };
                // So far above a limit the car has always kept that no second sample is needed.
                let is_plain = self.is_learnt && speed > self.threshold + config.certain_rpm;
                let finding = if is_plain && rpm < MAX_RPM { self.finding(&episode, None) } else { None };
                episode.is_reported = finding.is_some();
                self.episode = Some(episode);
                finding
            }
            None => None,
            Some(episode) if speed > self.threshold - config.hysteresis_rpm => {
                if rpm != episode.last_rpm {
                    (episode.held_since, episode.last_rpm, episode.has_moved) = (sample.time, rpm, true);
                }
                if sample.time.millis_since(episode.held_since) > MAX_HOLD_MS {
                    episode.is_reported = true; // stuck: never to be reported here
                }
                if speed > self.threshold {
                    episode.n += 1;
                    episode.last_at = sample.time;
                }
                if rpm > episode.peak_rpm {
                    (episode.peak_rpm, episode.peak) = (rpm, *sample);
                }
                if episode.is_reported || !episode.has_moved || episode.n < config.min_samples {
                    return None;
                }
                episode.is_reported = true;
                let running = episode.clone();
                self.finding(&running, None)
            }
            Some(_) => self.interrupt(config),
        }
    }

    fn conclude(&self, episode: &Episode, ended_at: Option<SessionTime>, config: &OverRevConfig) -> Option<Finding> {
        if episode.is_reported || episode.n < config.min_samples {
            return None;
        }
        self.finding(episode, ended_at)
    }

    fn finding(&self, episode: &Episode, ended_at: Option<SessionTime>) -> Option<Finding> {
        let (peak, limit) = (f32::from(episode.peak_rpm), self.threshold);
        let gear = episode.peak.gear.map(|g| format!(" in gear {g}")).unwrap_or_default();
        let how = match (episode.peak.brake_percent, episode.peak.throttle_percent) {
            (Some(brake), _) if brake > 0 => ", shifting down",
            (_, Some(throttle)) if throttle > 30 => ", on the throttle",
            _ => "",
        };
        let scale = if self.is_learnt { (0.5, 0.9) } else { (0.3, 0.6) };
        Some(Finding {
            kind: AlertKind::EngineOverRev,
            started_at: episode.started_at,
            peak_at: episode.peak.time,
            ended_at,
            evidence: vec![evidence("peak engine speed", peak, limit, "1/min")],
            confidence: confidence(peak - limit, (0.0, 800.0), scale),
            text: format!("engine over-rev, {} 1/min{gear}{how}", episode.peak_rpm),
        })
    }

    fn learn(&mut self, rpm: f32, config: &OverRevConfig) {
        self.usual.add(rpm);
        if self.usual.n() < config.learn_samples || !self.usual.n().is_multiple_of(REFRESH) {
            return;
        }
        if let Some(limit) = self.usual.quantile(1.0 - config.tail) {
            self.threshold = (limit + config.margin_rpm).clamp(config.floor_rpm, config.ceiling_rpm);
            self.is_learnt = true;
        }
    }
}

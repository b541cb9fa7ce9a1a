//! Tyres that fall off and tyres that lose air: what shows in sector times only, over laps.
//!
//! A sector is held against what the car itself needed for it on the last laps of the stint, and against how much more
//! than that the others need just now, so that rain, wind and a drying track are nobody's fault. What remains is lost
//! pace. A *cliff* is lost pace that came from one sector to the next and stays the same; a *slow puncture* grows from lap
//! to lap. Sectors in traffic, under flags, in the rain and around pit stops say nothing.

use std::collections::VecDeque;

use overcut_domain::{AlertKind, Gap, Lap, SessionTime, TrackStatus};
use overcut_session::{CarRow, Session};

use crate::config::PaceConfig;

use super::finding::{Finding, confidence, evidence};

/// Laps of the stint from which the usual time of a sector is taken.
const KEPT_LAPS: usize = 6;
/// Laps of a stint that are not held against anything: tyres warm up.
const WARM_UP_LAPS: u16 = 2;
/// Judged sectors that are kept: four laps.
const KEPT: usize = 12;
/// Sectors of other cars that make the trend: about a lap of the field.
const TREND: usize = 48;
/// A car closer than this to the one ahead may be held up.
const TRAFFIC_MS: u32 = 1_300;
/// When the whole field is so much slower or faster than usual, what is usual is not known.
const UNSETTLED: f32 = 0.01;
/// Lost pace below this is ordinary, as a share.
const ORDINARY: f32 = 0.008;

/// How much slower than usual the field is just now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trend(VecDeque<f32>);

impl Trend {
    fn add(&mut self, share: f32) {
        if self.0.len() == TREND {
            self.0.pop_front();
        }
        self.0.push_back(share);
    }

    fn now(&self) -> Option<f32> {
        let values: Vec<_> = self.0.iter().copied().collect();
        (values.len() >= TREND / 2).then(|| median(values)).flatten()
    }
}

fn median(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// A sector that was held against the usual.
#[derive(Debug, Clone, Copy)]
struct Judged {
    /// Time lost beyond the usual and the trend, as a share of the usual.
    lost: f32,
    usual_s: f32,
    from: SessionTime,
    to: SessionTime,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Pace {
    stint: u8,
    /// Usual times of each sector, newest last, in seconds.
    usual: [VecDeque<f32>; 3],
    judged: VecDeque<Judged>,
    /// The last sector that was taken in, by lap and index.
    last: Option<(u16, usize)>,
}

impl Pace {
    /// Takes in whatever sectors have ended since.
    pub(crate) fn observe(
        &mut self,
        row: &CarRow,
        laps: &[Lap],
        session: &Session,
        trend: &mut Trend,
        config: &PaceConfig,
    ) -> Option<(Finding, SessionTime)> {
        let is_judged =
            session.state().info.kind.is_race() && session.weather().is_none_or(|w| w.is_raining != Some(true));
        if row.stint != self.stint || !is_judged {
            *self = Pace { stint: row.stint, last: self.last, ..Pace::default() };
        }
        let mut finding = None;
        let recent = laps.iter().rev().take(2).rev();
        for (lap, idx) in recent.flat_map(|lap| (0..3).map(move |idx| (lap, idx))) {
            let at = Some((lap.number.0, idx));
            let (Some(time), Some(ended_at)) =
                (lap.sectors.get(idx).copied().flatten(), lap.sector_ended_at.get(idx).copied().flatten())
            else {
                continue;
            };
            if at <= self.last {
                continue;
            }
            self.last = at;
            if !is_judged || !is_clean(lap, row) {
                continue;
            }
            let seconds = time.as_millis() as f32 / 1000.0;
            finding = self.judge(idx, (seconds, ended_at), is_held_up(row), trend, config).or(finding);
        }
        finding
    }

    fn judge(
        &mut self,
        idx: usize,
        (seconds, ended_at): (f32, SessionTime),
        is_held_up: bool,
        trend: &mut Trend,
        config: &PaceConfig,
    ) -> Option<(Finding, SessionTime)> {
        let usual = self.usual.get_mut(idx)?;
        let enough = usual.len() >= 3;
        let Some(usual_s) = median(usual.iter().copied().collect()).filter(|_| enough) else {
            usual.push_back(seconds);
            return None;
        };
        let share = (seconds - usual_s) / usual_s;
        let field = trend.now();
        trend.add(share);
        let field = field.filter(|field| field.abs() < UNSETTLED)?;
        let lost = share - field.max(0.0);
        if lost < ORDINARY {
            if usual.len() == KEPT_LAPS {
                usual.pop_front();
            }
            usual.push_back(seconds);
        }
        if is_held_up && lost >= ORDINARY {
            return None;
        }
        if self.judged.len() == KEPT {
            self.judged.pop_front();
        }
        let from = ended_at - (seconds * 1000.0) as i64;
        self.judged.push_back(Judged { lost, usual_s, from, to: ended_at });
        let finding = find(&self.judged, config)?;
        // The car is slow from now on: what is usual is learnt anew.
        (self.usual, self.judged) = (Default::default(), VecDeque::new());
        Some((finding, ended_at))
    }
}

/// True for a lap at racing pace from line to line, as far as it is known.
fn is_clean(lap: &Lap, row: &CarRow) -> bool {
    let is_clear = lap.track_status.iter().all(|status| *status == TrackStatus::Clear);
    let is_warm = row.tyre_age.is_none_or(|age| age > WARM_UP_LAPS) && lap.number.0 > WARM_UP_LAPS;
    is_clear && is_warm && lap.pit_in_at.is_none() && lap.pit_out_at.is_none()
}

fn is_held_up(row: &CarRow) -> bool {
    matches!(row.interval, Some(Gap::Time(time)) if time.as_millis() < TRAFFIC_MS)
}

/// Looks for a cliff or a puncture that the newest sector completes.
///
/// Which of the two it is shows when a sector is driven again: the loss is the same, or it has grown. The first slow
/// sector is left out of that, because it may have begun well.
fn find(judged: &VecDeque<Judged>, config: &PaceConfig) -> Option<Finding> {
    let n_slow = judged.iter().rev().take_while(|judged| judged.lost >= config.min_share).count();
    let n_before = judged.len() - n_slow;
    if n_slow < usize::from(config.min_sectors) || n_before < 3 {
        return None;
    }
    let slow: Vec<_> = judged.iter().skip(n_before).map(|judged| judged.lost).collect();
    let before = judged.iter().skip(n_before - 3).take(3).map(|judged| judged.lost).sum::<f32>() / 3.0;
    let (then, now) = slow.iter().skip(1).zip(slow.iter().skip(4)).fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let n_pairs = slow.len().saturating_sub(4).max(1) as f32;
    let lap_s: f32 = judged.iter().rev().take(3).map(|j| j.usual_s).sum();
    let late_s = now / n_pairs * lap_s;
    if before >= config.min_share || late_s < config.min_lost_s {
        return None;
    }
    let growth = now / then.max(0.001);
    let (kind, what) = match growth {
        g if g >= config.puncture_growth => {
            (AlertKind::SlowPuncture, "slow puncture suspected, slower from lap to lap")
        }
        g if g < config.cliff_growth => (AlertKind::TyreCliff, "tyre cliff suspected, suddenly slower"),
        _ => return None,
    };
    let (first, last) = (judged.get(n_before)?, judged.back()?);
    Some(Finding {
        kind,
        started_at: first.from,
        peak_at: last.to,
        ended_at: None,
        evidence: vec![
            evidence("time lost a lap", late_s, config.min_lost_s, "s"),
            evidence("sectors in a row", n_slow as f32, f32::from(config.min_sectors), ""),
        ],
        confidence: confidence(late_s, (config.min_lost_s, 4.0 * config.min_lost_s), (0.4, 0.8)),
        text: format!("{what}, by now {late_s:.1} s a lap"),
    })
}

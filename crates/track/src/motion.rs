//! How far round the lap a car is at every moment of it.

use overcut_domain::SessionTime;

use crate::driven::distance_driven_dm;
use crate::hygiene;
use crate::line::{DM_PER_M, Projection, distance};
use crate::outline::{Outline, Span};
use crate::packed::{Packed, PackedCar};
use crate::position;
use crate::smooth::Smooth;
use crate::telemetry::Telemetry;

/// Time between two points of the curve. Between them the car moves evenly.
const STEP_MS: f64 = 40.0;

/// How much of the laps before and after is looked at, to see the car cross the line.
const MARGIN_MS: i64 = 1500;

/// A lap without a hole this long between its speeds has a good integral: it drifts by some ten metres in a whole lap,
/// while fixes are off by as much in a second when they are delivered late (18 m at turn 11 in lap 70 of car 1 of
/// `2025_dutch_gp_race`).
const MAX_SPEED_HOLE_MS: f64 = 1500.0;

/// Fixes within this time of a moment say together how far a good integral is off there. Of reaches from 1.5 to 40 s
/// this one puts the sector lines best: 1,005 laps of the Dutch race reach them with a spread of 1.6 and 2.0 m (0.020 and
/// 0.027 s), by speed alone with 2.5 and 2.2 m.
const LONG_REACH_MS: f64 = 20_000.0;

/// The same for an integral over speeds with holes, which drifts by tens of metres within seconds. 296 laps of
/// `2026_chinese_gp_sprint` reach the sector lines with a spread of 5.6 and 4.7 m (0.067 s), by speed alone with 100 m.
const SHORT_REACH_MS: f64 = 2500.0;

/// Time between the moments for which that is worked out.
const FIT_STEP_MS: f64 = 240.0;

/// Fixes further from the line than this do not count.
const MAX_OFFSET_M: f64 = 30.0;

/// A lap is not measured by fixes if they put its length this much off that of the line.
const MAX_STRETCH: f64 = 0.05;

/// The line is not sought further from where the timing puts it.
const MAX_SHIFT_MS: f64 = 1000.0;

/// A car's distance over time, from the start line of one lap to the end of it.
pub(crate) struct Motion {
    /// The first moment, milliseconds on the session clock; the others follow every [`STEP_MS`].
    first_ms: f64,
    /// Metres since the start of the lap; never decreasing.
    metres: Vec<f64>,
    /// When the lap began and ended.
    pub(crate) start_ms: f64,
    pub(crate) end_ms: f64,
    /// Fixes along the line, in order; empty without an outline.
    pub(crate) fixes: Vec<FixOnLap>,
}

/// A fix as seen from the line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixOnLap {
    time_ms: f64,
    /// Metres since the start of the lap.
    pub(crate) along_m: f64,
    pub(crate) offset_m: f64,
    pub(crate) z_dm: f64,
}

impl Motion {
    /// The integrated speed, led by the fixes where there is an outline, and scaled so that the lap is `length_m` long.
    ///
    /// Timing messages are stamped when they are delivered, some tenths of a second after the car crossed the line and
    /// unevenly. Where fixes show the crossings, the lap is moved to them as a whole; its duration stays as timed.
    /// `None` if the car did not move.
    pub(crate) fn of(
        telemetry: &Telemetry,
        channels: &[PackedCar],
        lap: Span,
        duration_ms: f64,
        outline: Option<&Outline>,
        length_m: f64,
    ) -> Option<Motion> {
        let slack_ms = lap.end.millis_since(lap.start) as f64 - duration_ms;
        let start_ms = lap.start.as_millis() as f64 + slack_ms / 2.0;
        let driven = integrated(channels, start_ms - MARGIN_MS as f64, duration_ms + 2.0 * MARGIN_MS as f64);
        let by_speed = Motion {
            first_ms: start_ms - MARGIN_MS as f64,
            metres: driven,
            start_ms,
            end_ms: start_ms + duration_ms,
            fixes: Vec::new(),
        };
        let is_whole = longest_hole_ms(channels, by_speed.start_ms, by_speed.end_ms) < MAX_SPEED_HOLE_MS;
        let reach_ms = if is_whole { LONG_REACH_MS } else { SHORT_REACH_MS };
        let by_fixes = outline.and_then(|outline| by_speed.led_by_fixes(telemetry, lap, outline, reach_ms));
        by_fixes.unwrap_or(by_speed).closed(length_m)
    }

    /// Metres since the start of the lap at a moment.
    fn at(&self, time_ms: f64) -> f64 {
        let at = ((time_ms - self.first_ms) / STEP_MS).clamp(0.0, (self.metres.len() - 1) as f64);
        let idx = at as usize;
        let here = self.metres.get(idx).copied().unwrap_or(0.0);
        let next = self.metres.get(idx + 1).copied().unwrap_or(here);
        here + (next - here) * (at - idx as f64)
    }

    /// The first moment at which the car is this far.
    pub(crate) fn time_at(&self, metres: f64) -> f64 {
        let idx = self.metres.partition_point(|m| *m < metres);
        let Some(before) = idx.checked_sub(1).and_then(|i| self.metres.get(i)) else { return self.first_ms };
        let share = self.metres.get(idx).map_or(0.0, |after| (metres - before) / (after - before));
        self.first_ms + (idx as f64 - 1.0 + share) * STEP_MS
    }

    /// The same motion with the drift of the integrated speed taken out, and the lap moved to where the fixes show the
    /// car cross the line. `None` if the fixes do not go all the way round.
    fn led_by_fixes(&self, telemetry: &Telemetry, lap: Span, outline: &Outline, reach_ms: f64) -> Option<Motion> {
        let window = Span { start: lap.start - MARGIN_MS, end: lap.end + MARGIN_MS, ..lap };
        let fixes = along_outline(telemetry, window, outline);
        let bent = Motion { metres: self.along_line(outline, &fixes), fixes: Vec::new(), ..*self };
        let errors: Vec<_> = fixes.iter().map(|fix| (fix.time_ms, fix.along_m - bent.at(fix.time_ms))).collect();
        let errors = Smooth::of(&errors, reach_ms)?;
        let n_fits = (bent.metres.len() as f64 * STEP_MS / FIT_STEP_MS) as usize + 2;
        let fits: Vec<f64> = (0..n_fits).map(|i| errors.at(self.first_ms + i as f64 * FIT_STEP_MS)).collect();
        let mut furthest = f64::NEG_INFINITY;
        let mut metres = Vec::with_capacity(self.metres.len());
        for (i, driven) in bent.metres.iter().enumerate() {
            let at = i as f64 * STEP_MS / FIT_STEP_MS;
            let [a, b] = [0, 1].map(|next| fits.get(at as usize + next).copied().unwrap_or(0.0));
            furthest = furthest.max(driven + a + (b - a) * at.fract());
            metres.push(furthest);
        }
        let led = Motion { metres, fixes, ..bent };
        let shift_at = |metres: f64, time_ms: f64| led.time_at(metres) - time_ms;
        let shift_ms = (shift_at(0.0, self.start_ms) + shift_at(outline.length_m(), self.end_ms)) / 2.0;
        let shift_ms = shift_ms.clamp(-MAX_SHIFT_MS, MAX_SHIFT_MS);
        let led = Motion { start_ms: self.start_ms + shift_ms, end_ms: self.end_ms + shift_ms, ..led };
        let stretch = (led.at(led.end_ms) - led.at(led.start_ms)) / outline.length_m();
        ((stretch - 1.0).abs() < MAX_STRETCH).then_some(led)
    }

    /// The distance along the outline that goes with the distance driven: a car on the outside of a bend drives further
    /// than the line. Around a hairpin, 3 m further out are 9 m.
    ///
    /// A piece `ds` at the offset `o` to the left of a line of curvature `k` (left positive) is `ds / (1 - k o)` along it.
    fn along_line(&self, outline: &Outline, fixes: &[FixOnLap]) -> Vec<f64> {
        let (mut along, mut next) = (0.0, 0);
        let mut metres = Vec::with_capacity(self.metres.len());
        metres.push(along);
        for (i, piece) in self.metres.windows(2).enumerate() {
            let time_ms = self.first_ms + (i as f64 + 0.5) * STEP_MS;
            while fixes.get(next).is_some_and(|fix| fix.time_ms <= time_ms) {
                next += 1;
            }
            let near = next.checked_sub(1).and_then(|i| fixes.get(i)).zip(fixes.get(next));
            let shortening = near.map_or(1.0, |(a, b)| {
                let share = (time_ms - a.time_ms) / (b.time_ms - a.time_ms);
                let offset_m = a.offset_m + (b.offset_m - a.offset_m) * share;
                1.0 - outline.line().curvature_at(a.along_m + (b.along_m - a.along_m) * share) * offset_m
            });
            along += (piece[1] - piece[0]) / shortening.clamp(0.7, 1.4);
            metres.push(along);
        }
        metres
    }

    /// The same motion stretched so that the lap begins at 0 and ends at `length_m`.
    fn closed(mut self, length_m: f64) -> Option<Motion> {
        let (from, to) = (self.at(self.start_ms), self.at(self.end_ms));
        if to - from < 1.0 {
            return None;
        }
        let scale = length_m / (to - from);
        self.metres.iter_mut().for_each(|m| *m = (*m - from) * scale);
        self.fixes.iter_mut().for_each(|fix| fix.along_m = (fix.along_m - from) * scale);
        Some(self)
    }
}

/// Metres driven since `first_ms`, every step.
fn integrated(channels: &[PackedCar], first_ms: f64, duration_ms: f64) -> Vec<f64> {
    let n = (duration_ms / STEP_MS).ceil().clamp(1.0, 1_000_000.0) as usize;
    let mut driven = 0.0;
    let mut metres = Vec::with_capacity(n + 1);
    metres.push(0.0);
    for i in 0..n {
        let from_ms = first_ms + i as f64 * STEP_MS;
        driven += distance_driven_dm(channels, from_ms, from_ms + STEP_MS) / DM_PER_M;
        metres.push(driven);
    }
    metres
}

/// Fixes of a lap along the outline, counted on from the start line through the whole lap. Each is sought near where
/// the one before puts it, so that none falls on another branch of the track.
fn along_outline(telemetry: &Telemetry, window: Span, outline: &Outline) -> Vec<FixOnLap> {
    let mut fixes: Vec<FixOnLap> = Vec::new();
    let mut last_point = None;
    for fix in position::believed(telemetry, window) {
        let [x, y] = fix.point;
        let (hint_m, last_m) = match (fixes.last(), last_point) {
            (Some(last), Some(point)) => (last.along_m + distance(point, fix.point) / DM_PER_M, last.along_m),
            _ => (0.0, 0.0),
        };
        let Projection { distance_m, offset_m } = outline.project(x, y, Some(hint_m));
        if offset_m.abs() > MAX_OFFSET_M {
            continue;
        }
        let along_m = last_m + outline.ahead_m(last_m, distance_m);
        fixes.push(FixOnLap { time_ms: fix.time_ms, along_m, offset_m, z_dm: fix.z_dm });
        last_point = Some(fix.point);
    }
    fixes
}

/// The longest time between two speeds that were measured.
fn longest_hole_ms(channels: &[PackedCar], from_ms: f64, to_ms: f64) -> f64 {
    let inside = |idx: &usize| channels.get(*idx).is_some_and(|s| (from_ms..to_ms).contains(&s.time_ms().into()));
    let known = (0..channels.len()).filter(inside).filter(|idx| hygiene::speed_kmh(channels, *idx).is_some());
    let times = known.filter_map(|idx| channels.get(idx)).map(|s| f64::from(s.time_ms())).chain([to_ms]);
    let hole = times.fold((from_ms, 0.0_f64), |(last, longest), time| (time, longest.max(time - last)));
    hole.1
}

/// Where the lap is looked at: with the margins on both sides.
pub(crate) fn window(lap: Span) -> std::ops::Range<SessionTime> {
    lap.start - 2 * MARGIN_MS..lap.end + 2 * MARGIN_MS
}

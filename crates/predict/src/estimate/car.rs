//! One car: the last mark it passed, its pace since, and what is shown of it.

use std::collections::{BTreeMap, VecDeque};

use overcut_domain::{CarTiming, Change, SegmentStatus, SessionTime};

use super::map::Map;
use super::marks::{Mark, Marks, Middle};

/// A car is not reported at a mark before it can be there: at twice the pace of a clean lap.
const FASTEST: f64 = 0.5;

/// The pace is that of the last part of a lap this long, by time on a clean lap.
const PACE_LAPS: f64 = 0.1;

/// No pace is slower than this many clean laps, nor faster.
const PACES: std::ops::RangeInclusive<f64> = 0.85..=8.0;

/// Up to this share of the way to the next mark a car moves at its pace; then, if it is not reported there, ever slower.
const EVEN_UNTIL: f64 = 0.85;

/// A car this much slower than a clean lap is not raced: behind a safety car, on its way in or out. It then moves as
/// fast everywhere.
const CRUISING: (f64, f64) = (1.15, 1.6);

/// What is shown catches up at no more than this, m/s: faster and a display would see a car jump.
const CATCH_UP_MPS: f64 = 160.0;

/// What is shown jumps to where the car is if it is this far behind, metres: after a hole in the timing.
const JUMP_M: f64 = 400.0;

/// A standing start costs this much before the first mark, s, and the distance grows by this power of time.
const LAUNCH_S: f64 = 4.0;
const LAUNCH_POWER: f64 = 1.7;

/// Mini-sectors wiped in one message when a car begins a lap: all but the first.
const N_WIPED: usize = 3;

/// A mark that a car was reported at.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Passed {
    at: SessionTime,
    /// Laps since the car was first seen, by time on a clean lap.
    laps: f64,
    /// `None` for the line.
    mark: Option<Mark>,
}

/// A lap whose beginning was seen.
#[derive(Debug, Clone)]
struct RunningLap {
    began: SessionTime,
    /// What the standing start cost, s; 0 for a lap that began at speed.
    lost_s: f64,
    stamps: Vec<(Mark, SessionTime)>,
}

impl RunningLap {
    fn new(began: SessionTime, lost_s: f64) -> RunningLap {
        RunningLap { began, lost_s, stamps: Vec::new() }
    }

    /// Seconds driven at speed.
    fn seconds_at(&self, at: SessionTime) -> f64 {
        (at.millis_since(self.began) as f64 / 1000.0 - self.lost_s).max(0.0)
    }
}

/// What the timing says of one car.
#[derive(Debug, Clone, Default)]
pub(super) struct Car {
    last: Option<Passed>,
    /// Marks before it, for the pace.
    recent: VecDeque<Passed>,
    /// The car stands on the grid so far behind the line, metres, and was let go then.
    launch_m: Option<f64>,
    lap: Option<RunningLap>,
    n_laps: Option<u16>,
    pub(super) in_pit_since: Option<SessionTime>,
    stopped: bool,
    pub(super) retired: bool,
    /// When the last fix was taken.
    pub(super) fix_at: Option<SessionTime>,
    /// Metres since the car was first seen, as shown, and when.
    shown: Option<(SessionTime, f64)>,
    /// Where it was shown when it was last told of.
    pub(super) shown_dm: Option<[f64; 2]>,
}

impl Car {
    /// Takes in what the timing screen changed.
    pub(super) fn observe(
        &mut self,
        at: SessionTime,
        is_full: bool,
        timing: &CarTiming,
        map: &mut Knowledge,
        lane_exit_laps: Option<f64>,
    ) {
        for sector in &timing.sectors {
            let marks = sector.segments.iter().filter_map(|(idx, _)| Mark::segment(sector.sector_idx, *idx));
            marks.for_each(|mark| map.marks.know(mark));
        }
        self.retired = timing.retired.unwrap_or(self.retired);
        self.stopped = timing.stopped.unwrap_or(self.stopped);
        self.observe_pit(at, is_full, timing, lane_exit_laps);
        if is_full {
            self.n_laps = timing.n_laps.or(self.n_laps);
            self.stand_where_told(at, timing, &map.marks);
            return;
        }
        for mark in reported(timing, self.is_on_first_mark()) {
            self.reach(at, mark, map);
        }
        if timing.n_laps.is_some_and(|n| self.n_laps.replace(n) != Some(n)) {
            self.reach(at, Mark::LINE, map);
        }
    }

    /// A snapshot tells which marks of the lap are behind the car, not since when.
    fn stand_where_told(&mut self, at: SessionTime, timing: &CarTiming, marks: &Marks) {
        let mark = reported(timing, false).into_iter().max();
        if let (None, Some(mark)) = (self.last, mark) {
            self.last = Some(Passed { at, laps: marks.share(mark), mark: Some(mark) });
        }
        self.lap = None;
    }

    fn observe_pit(&mut self, at: SessionTime, is_full: bool, timing: &CarTiming, lane_exit_laps: Option<f64>) {
        match (timing.in_pit, self.in_pit_since) {
            (Some(true), None) => {
                // A snapshot tells that the car is in, and nothing of when it came.
                self.in_pit_since = Some(if is_full { SessionTime::from_millis(i64::MIN / 4) } else { at });
                self.lap = None;
            }
            (Some(false), Some(_)) => {
                self.in_pit_since = None;
                self.lap = None;
                self.recent.clear();
                if let (None, Some(last)) = (lane_exit_laps, self.last.as_mut()) {
                    last.at = at; // it stood, for all that is known
                }
                if let Some(share) = lane_exit_laps {
                    let so_far = self.last.map_or(0.0, |last| last.laps);
                    let laps = (so_far - 0.02 - share).ceil() + share;
                    self.last = Some(Passed { at, laps, mark: self.last.and_then(|last| last.mark) });
                    self.shown = None;
                }
            }
            _ => {}
        }
    }

    /// True from the line to the first mark.
    fn is_on_first_mark(&self) -> bool {
        self.last.is_some_and(|last| last.mark.is_none())
    }

    /// The car was reported at a mark.
    fn reach(&mut self, at: SessionTime, mark: Mark, map: &mut Knowledge) {
        let is_line = mark == Mark::LINE;
        let Some(last) = self.last else {
            let laps = if is_line { 0.0 } else { map.marks.share(mark) };
            self.last = Some(Passed { at, laps, mark: (!is_line).then_some(mark) });
            self.lap = is_line.then(|| RunningLap::new(at, 0.0));
            return;
        };
        let begun = last.laps.floor();
        let share = match &self.lap {
            // Nobody has told where it is: as far as the car must be by now.
            Some(lap) if !map.marks.is_placed(mark) && last.mark < Some(mark) => {
                (lap.seconds_at(at) / map.lap_s()).min(0.99).max(last.laps - begun)
            }
            _ => map.marks.share(mark),
        };
        let is_new_lap = !is_line && last.laps - begun - share > 0.5; // the line itself was not reported
        let laps = begun + share + f64::from(u8::from(is_new_lap));
        let is_ahead = laps > last.laps || (laps == last.laps && last.mark < Some(mark));
        let elapsed_s = at.millis_since(last.at) as f64 / 1000.0;
        let at_least = begun + map.marks.share(mark) + f64::from(u8::from(is_new_lap));
        let needed_s = (at_least - last.laps - 0.05) * map.lap_s() * FASTEST;
        let is_too_soon = match &self.lap {
            Some(lap) if is_line => lap.seconds_at(at) < map.lap_s() * FASTEST,
            // In the pit lane the line may be told after marks beyond it.
            None if is_line => elapsed_s < (laps - last.laps - 0.3) * map.lap_s() * FASTEST,
            _ => elapsed_s < needed_s,
        };
        if !is_ahead || is_too_soon {
            return; // a colour changed afterwards, or the end of the lap before was told late
        }
        if is_line || is_new_lap {
            self.end_lap(at, is_line, map);
        }
        if let Some(lap) = self.lap.as_mut().filter(|_| !is_line) {
            lap.stamps.push((mark, at));
            if !map.marks.is_placed(mark) {
                map.marks.guess([(mark, share)].into_iter());
            }
        }
        self.launch_m = None;
        map.followed.insert(mark, Followed { at, laps: laps - last.laps, took_s: elapsed_s });
        self.recent.push_back(last);
        while self.recent.front().is_some_and(|first| laps - first.laps > PACE_LAPS) && self.recent.len() > 1 {
            self.recent.pop_front();
        }
        self.last = Some(Passed { at, laps, mark: (!is_line).then_some(mark) });
    }

    /// A lap ended: if it was a clean one, its marks say where they are.
    fn end_lap(&mut self, at: SessionTime, is_timed: bool, map: &mut Knowledge) {
        let lap = self.lap.take();
        if let Some(lap) = lap.filter(|_| is_timed) {
            map.learn(&lap, at);
        }
        self.lap = (is_timed && self.in_pit_since.is_none()).then(|| RunningLap::new(at, 0.0));
    }

    /// The race begins; the car stands so far behind the line.
    pub(super) fn launch(&mut self, at: SessionTime, behind_line_m: f64) {
        let laps = self.last.map_or(0.0, |last| last.laps.ceil());
        *self = Car {
            last: Some(Passed { at, laps, mark: None }),
            launch_m: Some(behind_line_m),
            lap: Some(RunningLap::new(at, LAUNCH_S)),
            n_laps: self.n_laps,
            fix_at: self.fix_at,
            ..Car::default()
        };
    }

    /// How many clean laps' times the last part of a lap took.
    fn pace(&self, lap_s: f64) -> f64 {
        let Some((first, last)) = self.recent.front().zip(self.last) else { return 1.0 };
        let (driven, took_s) = (last.laps - first.laps, last.at.millis_since(first.at) as f64 / 1000.0);
        if driven <= 0.0 { 1.0 } else { (took_s / (driven * lap_s)).clamp(*PACES.start(), *PACES.end()) }
    }

    /// Metres since the car was first seen, from what is known at `now`; `None` if it was not reported anywhere yet.
    fn target_m(&self, now: SessionTime, known: &Knowledge, map: &Map, delay_s: f64) -> Option<f64> {
        let last = self.last?;
        let lap_s = known.lap_s();
        let begun = last.laps.floor();
        let mut next = known.marks.after(last.mark);
        // A pit exit is between marks.
        while next.0 != Mark::LINE && begun + next.1 <= last.laps {
            next = known.marks.after(Some(next.0));
        }
        let next_laps = (begun + next.1).max(last.laps);
        let at_mark_m = |laps: f64| map.profile.distance_at(laps + delay_s / lap_s);
        let elapsed_s = now.millis_since(last.at).max(0) as f64 / 1000.0;
        let span = next_laps - last.laps;
        if let Some(behind_m) = self.launch_m {
            let from_m = map.profile.distance_at(last.laps) - behind_m;
            let share = eased(elapsed_s / (span * lap_s + LAUNCH_S));
            return Some(from_m + (at_mark_m(next_laps) - from_m) * share.powf(LAUNCH_POWER));
        }
        if self.stopped || self.in_pit_since.is_some() || span <= 0.0 {
            return Some(at_mark_m(last.laps));
        }
        let pace = self.pace(lap_s);
        let own_s = span * lap_s * pace;
        let cruising = ((pace - CRUISING.0) / (CRUISING.1 - CRUISING.0)).clamp(0.0, 1.0);
        let by_others_s = known.by_others_s(next.0, last.at, span).map_or(own_s, |s| s.clamp(own_s / 3.0, own_s * 3.0));
        let share = eased(elapsed_s / (own_s + (by_others_s - own_s) * cruising));
        let (from_m, to_m) = (at_mark_m(last.laps), at_mark_m(next_laps));
        let racing_m = at_mark_m(last.laps + span * share);
        let cruising_m = from_m + (to_m - from_m) * share;
        Some(racing_m + (cruising_m - racing_m) * cruising)
    }

    /// Where the car is shown at `now`, decimetres: never behind where it was shown before.
    pub(super) fn place(&mut self, now: SessionTime, known: &Knowledge, map: &Map, delay_s: f64) -> Option<[f64; 2]> {
        if let (Some(since), Some(lane)) = (self.in_pit_since, &map.lane) {
            self.shown = None;
            return Some(lane.point_after(now.millis_since(since) as f64 / 1000.0));
        }
        let target_m = self.target_m(now, known, map, delay_s)?;
        let shown_m = match self.shown {
            Some((at, shown_m)) if target_m - shown_m < JUMP_M => {
                let reach_m = now.millis_since(at).max(0) as f64 / 1000.0 * CATCH_UP_MPS;
                let may_move = !self.stopped && (self.in_pit_since.is_none() || target_m > shown_m);
                if may_move { target_m.clamp(shown_m, shown_m + reach_m) } else { shown_m }
            }
            _ => target_m,
        };
        self.shown = Some((now, shown_m));
        Some(map.outline.point_at(shown_m))
    }

    /// Metres since the car was first seen, as last shown; `None` in the pit lane.
    pub(super) fn shown_m(&self) -> Option<f64> {
        self.shown.map(|(_, metres)| metres)
    }

    /// Forgets what was shown: fixes have been shown since.
    pub(super) fn forget_shown(&mut self) {
        (self.shown, self.shown_dm) = (None, None);
    }
}

/// The share of the way to the next mark after a share of the time it should take: even at first, then ever slower, and
/// never there.
fn eased(share: f64) -> f64 {
    if share <= EVEN_UNTIL {
        return share;
    }
    let rest = 1.0 - EVEN_UNTIL;
    1.0 - rest * (-(share - EVEN_UNTIL) / rest).exp()
}

/// The marks that a message says were reached, in order. When a car ends its first mini-sector the feed wipes all
/// others, and leaves the first one out if its colour is that of the lap before.
fn reported(timing: &CarTiming, may_be_first: bool) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut n_wiped = 0;
    for sector in &timing.sectors {
        for (idx, status) in &sector.segments {
            match status {
                SegmentStatus::None => n_wiped += 1,
                _ => marks.extend(Mark::segment(sector.sector_idx, *idx)),
            }
        }
        if matches!(sector.time.time, Change::Set(_)) {
            marks.extend(Mark::sector_line(sector.sector_idx));
        }
    }
    if marks.is_empty() && n_wiped >= N_WIPED && may_be_first && timing.in_pit.is_none() {
        marks.extend(Mark::segment(0, 0));
    }
    marks.sort();
    marks
}

/// How a car came to a mark from the one before.
#[derive(Debug, Clone, Copy)]
struct Followed {
    at: SessionTime,
    laps: f64,
    took_s: f64,
}

/// Another car says how long the way to a mark takes only if it was there so recently, ms.
const FOLLOWS_MS: i64 = 30_000;

/// What all cars together have shown of the circuit.
#[derive(Debug, Clone, Default)]
pub(super) struct Knowledge {
    pub(super) marks: Marks,
    laps_s: Middle,
    /// How the last car came to each mark: behind a safety car the next one does the same.
    followed: BTreeMap<Mark, Followed>,
    /// Seconds of a lap by the map's profile.
    pub(super) profile_lap_s: Option<f64>,
}

/// A lap of a Formula 1 circuit takes about this long where nothing is known of it, s.
const USUAL_LAP_S: f64 = 90.0;

/// A clean lap is no slower than this by the best of the last ones.
const CLEAN: f64 = 1.06;

/// And no slower than this by the simulated one, while there is no other.
const CLEAN_BY_PROFILE: f64 = 1.25;

impl Knowledge {
    /// Seconds of a clean lap.
    pub(super) fn lap_s(&self) -> f64 {
        self.laps_s.value().or(self.profile_lap_s).unwrap_or(USUAL_LAP_S)
    }

    /// Seconds that a car needs to a mark as the last one came there, if it was from the same place and not long ago.
    fn by_others_s(&self, mark: Mark, since: SessionTime, laps: f64) -> Option<f64> {
        let last = self.followed.get(&mark)?;
        let is_same_way = (last.laps - laps).abs() < 0.3 * laps;
        (is_same_way && since.millis_since(last.at) < FOLLOWS_MS).then(|| last.took_s * laps / last.laps)
    }

    fn learn(&mut self, lap: &RunningLap, ended: SessionTime) {
        let took_s = lap.seconds_at(ended);
        let shares = || lap.stamps.iter().map(|(mark, at)| (*mark, lap.seconds_at(*at) / took_s));
        let limit_s = match (self.laps_s.least(), self.profile_lap_s) {
            (Some(best_s), _) => best_s * CLEAN,
            (None, Some(profile_s)) => profile_s * CLEAN_BY_PROFILE,
            (None, None) => USUAL_LAP_S * 2.0,
        };
        if took_s < 30.0 || took_s > limit_s || lap.stamps.len() * 10 < self.marks.len() * 8 {
            return;
        }
        if lap.lost_s > 0.0 {
            self.marks.guess(shares());
            return;
        }
        self.laps_s.push(took_s);
        self.marks.learn(shares());
    }
}

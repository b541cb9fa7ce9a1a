//! Stints: which tyres a car is on, how old they are, and on which laps.
//!
//! Feeds number the sets they see and correct themselves. A set that turns up without a visit to the pit lane while
//! the race runs is not a stint but a correction of the one that runs (phantom stints at the start, compounds that
//! flap). The age is counted from the age when fitted, because the running total restarts after gaps of the feed.

use overcut_domain::{
    CarStints, Compound, DriverNumber, LapNumber, SessionTime, Stint, StintUpdate, StintsUpdate, TrackStatus,
};

use crate::changes::Changes;
use crate::{Part, Session};

/// Sets a car can be given in one session.
const MAX_SETS: usize = 60;

/// What the feed said about one set, as it numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Set {
    compound: Option<Compound>,
    fresh: Option<bool>,
    start_laps: Option<u16>,
    total_laps: Option<u16>,
    best_lap: Option<overcut_domain::LapTime>,
    /// True once the age of the set is known, from its age when fitted or from a total.
    has_age: bool,
    /// Stint it belongs to, from 0.
    stint_idx: usize,
}

/// The sets and stints of one car.
#[derive(Debug, Clone, Default)]
pub(crate) struct TyreHistory {
    sets: Vec<Set>,
    stints: Vec<Stint>,
    /// For each stint, the number of the visit to the pit lane it began with; 0 for none.
    visits: Vec<u8>,
    /// Visits so far.
    n_visits: u8,
    /// The lap on which the car last left the pit lane.
    exit_lap: Option<LapNumber>,
    is_in_lane: bool,
    /// True if the session was stopped since the running stint began: sets may then change without a visit.
    was_stopped: bool,
    /// True until the first laps of stints joined in the middle are worked out.
    needs_placing: bool,
    /// True if first laps moved since the laps were last told of it.
    has_moved: bool,
}

/// Where a car stands when its tyres change.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// The lap it is on; 0 if not known.
    lap: LapNumber,
    /// True while sets cannot change outside the pit lane.
    is_racing: bool,
    /// True before a race has begun.
    is_before_race: bool,
}

impl TyreHistory {
    /// Every stint, by number.
    pub(crate) fn stints(&self) -> &[Stint] {
        &self.stints
    }

    pub(crate) fn enter_pit(&mut self, visit: u8) {
        self.n_visits = visit;
        self.is_in_lane = true;
        self.exit_lap = None;
    }

    /// The car left the lane on this lap: a stint begun in the lane begins on it.
    pub(crate) fn leave_pit(&mut self, lap: LapNumber) {
        self.is_in_lane = false;
        self.exit_lap = Some(lap);
        if self.n_visits > 0 && self.visits.last() == Some(&self.n_visits) {
            self.set_first_lap(self.stints.len() - 1, lap);
        }
    }

    pub(crate) fn note_stoppage(&mut self) {
        self.was_stopped = true;
    }

    /// Compound fitted on a visit, if a stint began with it.
    fn fitted_on(&self, visit: u8) -> Option<Compound> {
        let idx = self.visits.iter().position(|began_with| *began_with == visit && visit > 0)?;
        self.stints.get(idx).map(|stint| stint.compound).and_then(known)
    }

    fn set_first_lap(&mut self, idx: usize, lap: LapNumber) {
        self.has_moved = true;
        if let Some(stint) = self.stints.get_mut(idx) {
            stint.first_lap = lap;
            stint.last_lap = stint.last_lap.max(lap);
        }
        if let Some(before) = idx.checked_sub(1).and_then(|before| self.stints.get_mut(before)) {
            before.last_lap = LapNumber(lap.0.saturating_sub(1)).max(before.first_lap);
        }
    }

    /// Takes a delta in. Returns true if a stint changed in more than its length.
    fn update(&mut self, driver: DriverNumber, delta: &CarStints, moment: Moment) -> bool {
        let before = self.stints.clone();
        if delta.is_full && !delta.stints.is_empty() {
            self.keep_only(delta);
        }
        for update in &delta.stints {
            self.update_set(driver, update, moment);
        }
        if self.needs_placing {
            self.place(moment.lap);
        }
        before != self.stints
    }

    /// A whole list: sets past its end never were.
    fn keep_only(&mut self, delta: &CarStints) {
        let n_sets = delta.stints.iter().map(|update| usize::from(update.stint_idx) + 1).max().unwrap_or(0);
        self.sets.truncate(n_sets);
        let n_stints = self.sets.iter().map(|set| set.stint_idx + 1).max().unwrap_or(0);
        self.stints.truncate(n_stints);
        self.visits.truncate(n_stints);
        if let Some(last) = self.stints.last_mut() {
            last.is_over = false;
        }
    }

    fn update_set(&mut self, driver: DriverNumber, update: &StintUpdate, moment: Moment) {
        let set_idx = usize::from(update.stint_idx);
        if set_idx >= MAX_SETS {
            return;
        }
        while self.sets.len() <= set_idx {
            let stint_idx = self.stint_of_new_set(driver, update, moment);
            self.sets.push(Set { stint_idx, ..Set::default() });
        }
        let Some(set) = self.sets.get_mut(set_idx) else { return };
        set.compound = update.compound.or(set.compound);
        set.fresh = update.fresh.or(set.fresh);
        set.start_laps = update.start_laps.or(set.start_laps);
        set.total_laps = update.total_laps.or(set.total_laps);
        set.best_lap = update.best_lap.or(set.best_lap);
        let had_age = std::mem::replace(&mut set.has_age, set.start_laps.is_some() || set.total_laps.is_some());
        let set = Set { has_age: had_age, ..*set };
        if let Some(stint) = self.stints.get_mut(set.stint_idx) {
            stint.compound = set.compound.unwrap_or(stint.compound);
            stint.fresh = set.fresh.or(stint.fresh);
            // A recording that missed the fitting still tells the age now.
            let run = moment.lap.0.saturating_sub(stint.first_lap.0);
            let from_total = update.total_laps.filter(|_| !set.has_age).map(|total| total.saturating_sub(run));
            stint.age_at_start = set.start_laps.or(from_total).unwrap_or(stint.age_at_start);
            stint.best_lap = set.best_lap.or(stint.best_lap);
        }
    }

    /// The stint that a set seen for the first time belongs to: a new one, or the running one corrected.
    fn stint_of_new_set(&mut self, driver: DriverNumber, update: &StintUpdate, moment: Moment) -> usize {
        let has_run = update.total_laps.zip(update.start_laps).is_some_and(|(total, start)| total > start);
        let Some(last_idx) = self.stints.len().checked_sub(1) else {
            self.needs_placing |= has_run;
            let lap = if moment.is_racing { LapNumber(1) } else { moment.lap.max(LapNumber(1)) };
            return self.begin_stint(driver, lap, 0);
        };
        let is_after_visit = self.n_visits > self.visits.get(last_idx).copied().unwrap_or(0);
        let joined_late = self.needs_placing || has_run && !is_after_visit;
        if joined_late {
            self.needs_placing = true;
            return self.begin_stint(driver, moment.lap, 0);
        }
        if moment.is_before_race || moment.is_racing && !is_after_visit && !self.was_stopped {
            return last_idx;
        }
        let lap = self.exit_lap.filter(|_| is_after_visit && !self.is_in_lane).unwrap_or(moment.lap);
        self.begin_stint(driver, lap, if is_after_visit { self.n_visits } else { 0 })
    }

    fn begin_stint(&mut self, driver: DriverNumber, lap: LapNumber, visit: u8) -> usize {
        let idx = self.stints.len();
        if let Some(last) = self.stints.last_mut() {
            last.is_over = true;
        }
        let number = u8::try_from(idx + 1).unwrap_or(u8::MAX);
        self.stints.push(Stint { driver, number, first_lap: lap, last_lap: lap, ..Stint::default() });
        // A stint after a visit nobody noticed uses that visit up all the same.
        self.visits.push(visit.max(self.visits.last().copied().unwrap_or(0)));
        self.was_stopped = false;
        self.set_first_lap(idx, lap);
        idx
    }

    /// Works out the first laps of stints that were joined in the middle: the running one began as many laps ago as
    /// the set has run, the one before ended there, and so on.
    fn place(&mut self, lap: LapNumber) {
        if lap == LapNumber(0) {
            return;
        }
        let mut next_first = lap.0;
        for idx in (0..self.stints.len()).rev() {
            let set = self.sets.iter().rev().find(|set| set.stint_idx == idx);
            let n_run = set.and_then(|set| set.total_laps?.checked_sub(set.start_laps.unwrap_or(0))).unwrap_or(0);
            let first = if idx == 0 { 1 } else { next_first.saturating_sub(n_run).max(1) };
            self.set_first_lap(idx, LapNumber(first));
            next_first = first;
        }
        self.needs_placing = false;
    }

    /// The stint that a lap was driven on.
    pub(crate) fn on_lap(&self, lap: LapNumber) -> Option<&Stint> {
        self.stints.iter().rev().find(|stint| stint.first_lap <= lap)
    }

    /// Laps the set on the car has run by the feed's own total, for feeds without a timing screen.
    fn stated_age(&self) -> Option<u16> {
        self.sets.last().and_then(|set| set.total_laps)
    }

    /// True if the age of the stint's set is known.
    fn has_age(&self, stint_number: u8) -> bool {
        self.sets.iter().any(|set| set.has_age && set.stint_idx + 1 == usize::from(stint_number))
    }

    /// Laps driven on all sets by the feed's own totals.
    fn stated_laps(&self) -> u16 {
        let run = |set: &Set| set.total_laps.unwrap_or(0).saturating_sub(set.start_laps.unwrap_or(0));
        self.sets.iter().map(run).fold(0, u16::saturating_add)
    }
}

impl Session {
    pub(crate) fn apply_stints(&mut self, time: SessionTime, update: &StintsUpdate, changes: &mut Changes) {
        for delta in &update.cars {
            let driver = delta.driver;
            if !self.admit(driver, changes) {
                continue;
            }
            let moment = self.tyre_moment(driver);
            let (Some(row), Some(history)) = (self.rows.get_mut(&driver), self.histories.get_mut(&driver)) else {
                continue;
            };
            if let Some(position) = delta.grid_position {
                row.grid_position = Some(position);
                changes.add(Part::Car(driver));
            }
            let n_before = history.tyres.stints.len();
            if history.tyres.update(driver, delta, moment) {
                for number in history.tyres.stints.len() + 1..=n_before {
                    changes.add(Part::Stint(driver, u8::try_from(number).unwrap_or(u8::MAX)));
                }
                self.describe_laps(driver, changes);
            }
            self.count_laps_by_tyres(time, driver, changes);
            self.place_stints(driver, changes);
            self.note_stint_bests(driver, delta, changes);
        }
    }

    fn tyre_moment(&self, driver: DriverNumber) -> Moment {
        let history = self.histories.get(&driver);
        let completed = history.and_then(|history| history.laps.n_completed());
        let running = history.and_then(|history| history.laps.running()).map(|lap| lap.number);
        Moment {
            lap: running.filter(|lap| lap.0 > 0).or(completed.map(|n| LapNumber(n).next())).unwrap_or_default(),
            is_racing: self.is_race() && self.sees_pit_lane() && self.track.status != TrackStatus::Red,
            is_before_race: self.is_race()
                && self.has_status
                && self.state.started_at.is_none()
                && completed.unwrap_or(0) == 0,
        }
    }

    /// True if the recording tells of visits to the pit lane: only then is a set without one a correction.
    fn sees_pit_lane(&self) -> bool {
        self.has_timing || self.has_pit_reports
    }

    /// Without a timing screen and a lap chart, the tyres' own counters tell how many laps a car has done.
    fn count_laps_by_tyres(&mut self, time: SessionTime, driver: DriverNumber, changes: &mut Changes) {
        if self.has_timing || self.has_lap_chart || !self.is_race() || self.state.started_at.is_none() {
            return;
        }
        let Some(history) = self.histories.get(&driver) else { return };
        let n = history.tyres.stated_laps();
        if n > history.laps.n_completed().unwrap_or(0) {
            self.set_lap_count(time, driver, n, false, changes);
            self.forget_line_times(driver, LapNumber(n));
            self.finish_row(driver, changes);
        }
    }

    /// Brings the row's tyres, the running stint and the pit stop they were fitted on up to date.
    pub(crate) fn place_stints(&mut self, driver: DriverNumber, changes: &mut Changes) {
        let moment = self.tyre_moment(driver);
        let (Some(row), Some(history)) = (self.rows.get_mut(&driver), self.histories.get_mut(&driver)) else { return };
        let tyres = &mut history.tyres;
        if tyres.needs_placing && moment.lap > LapNumber(0) {
            tyres.place(moment.lap);
        }
        let stated_age = tyres.stated_age();
        let has_age = tyres.stints.last().is_some_and(|stint| tyres.has_age(stint.number));
        let Some(stint) = tyres.stints.last_mut() else { return };
        let completed = history.laps.n_completed();
        let last_lap = history.laps.running().map_or(LapNumber(completed.unwrap_or(0)), |lap| lap.number);
        if stint.last_lap < last_lap {
            stint.last_lap = last_lap;
            changes.add(Part::Stint(driver, stint.number));
        }
        let run = completed.map(|n| n.saturating_sub(stint.first_lap.0.saturating_sub(1)));
        let age = run.map(|run| stint.age_at_start.saturating_add(run)).filter(|_| has_age).or(stated_age);
        let tyre = (known(stint.compound), age, stint.fresh, stint.number);
        if tyre != (row.compound, row.tyre_age, row.fresh_tyre, row.stint) {
            (row.compound, row.tyre_age, row.fresh_tyre, row.stint) = tyre;
            changes.add(Part::Car(driver));
        }
        let running = history.laps.running().map(|lap| lap.number);
        let has_moved = std::mem::take(&mut history.tyres.has_moved);
        for stop in history.pit_stops.iter_mut().rev().take(2) {
            let to = history.tyres.fitted_on(stop.number);
            if stop.to != to && to.is_some() {
                stop.to = to;
                changes.add(Part::PitStop(driver, stop.number));
            }
        }
        if has_moved {
            self.describe_laps(driver, changes);
        } else if let Some(running) = running {
            self.describe_tyres(driver, running, changes);
        }
    }

    /// Writes the tyres into every lap anew, because stints were corrected or joined.
    fn describe_laps(&mut self, driver: DriverNumber, changes: &mut Changes) {
        let numbers: Vec<_> = self.laps_of(driver).iter().map(|lap| lap.number).collect();
        for number in numbers {
            self.describe_lap(driver, number, changes);
        }
        for stint in self.stints_of(driver) {
            changes.add(Part::Stint(driver, stint.number));
        }
    }

    /// Writes the tyres into one lap.
    pub(crate) fn describe_tyres(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let Some(stint) = history.tyres.on_lap(number).cloned() else { return };
        let Some(lap) = history.laps.get_mut(number) else { return };
        let run = number.0.saturating_sub(stint.first_lap.0).saturating_add(1);
        let life = Some(stint.age_at_start.saturating_add(run)).filter(|_| history.tyres.has_age(stint.number));
        let tyre = (known(stint.compound), life, stint.fresh, Some(stint.number));
        if tyre != (lap.compound, lap.tyre_life, lap.fresh_tyre, lap.stint) {
            (lap.compound, lap.tyre_life, lap.fresh_tyre, lap.stint) = tyre;
            changes.add(Part::Lap(driver, number));
        }
    }
}

/// `None` for the word with which feeds say that they do not know.
fn known(compound: Compound) -> Option<Compound> {
    Some(compound).filter(|compound| *compound != Compound::Unknown)
}

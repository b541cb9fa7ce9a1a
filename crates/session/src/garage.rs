//! Runs from the garage, in practice and qualifying.
//!
//! There the feed's lap counter is the number of the lap that the car is on, not of those it has completed: it is 1
//! from the first exit of the pit lane and rises at the line and at every further exit. An in-lap ends where the car
//! crosses the line in the pit lane; its time is the last word on it, and the counter does not rise before the next
//! exit. What lies between, in the garage, belongs to no lap.

use overcut_domain::{CarTiming, Change, LapNumber, SessionTime};

use crate::changes::Changes;
use crate::laps::LapStart;
use crate::{Part, Session};

impl Session {
    /// Laps completed, from the feed's lap counter.
    pub(crate) fn completed_from_counter(&self, counter: u16) -> u16 {
        if self.is_race() { counter } else { counter.saturating_sub(1) }
    }

    /// A lap time that comes while the car is in the pit lane ends its in-lap.
    pub(crate) fn end_in_lap(&mut self, time: SessionTime, car: &CarTiming, changes: &mut Changes) {
        let has_time = car.last_lap.is_some_and(|update| matches!(update.time, Change::Set(_)));
        let Some(history) = self.histories.get_mut(&car.driver).filter(|_| has_time) else { return };
        let Some(lap) = history.laps.running().filter(|lap| lap.pit_in_at.is_some() && lap.time.is_some()) else {
            return;
        };
        let number = lap.number;
        if history.in_pit != Some(true) || number == LapNumber(0) {
            return;
        }
        history.laps.close(time);
        history.laps.set_n_completed(number.0);
        self.describe_lap(car.driver, number, changes);
    }

    /// The car leaves the pit lane: the lap before is over if it was not yet, and the next one begins.
    pub(crate) fn begin_run(&mut self, time: SessionTime, car: &CarTiming, changes: &mut Changes) {
        let start = LapStart { is_fixed: true, ..self.lap_start(Some(time)) };
        let stated = car.n_laps.map(|counter| self.completed_from_counter(counter));
        let is_beginning = self.saw_beginning;
        let Some(history) = self.histories.get_mut(&car.driver) else { return };
        let laps = &mut history.laps;
        let ended = laps.end_run(stated.map(LapNumber));
        let known = laps.n_completed().max(ended.map(|number| number.0));
        let completed = stated.filter(|n| known.is_none_or(|known| *n >= known)).or(known);
        let completed = completed.or(Some(0).filter(|_| is_beginning));
        if let Some(n) = completed {
            laps.set_n_completed(n);
        }
        let number = completed.map_or(LapNumber(0), |n| LapNumber(n).next());
        laps.begin(number, start);
        if let Some(lap) = laps.running_mut() {
            lap.pit_out_at = Some(time);
        }
        history.tyres.leave_pit(number);
        if let Some(number) = ended {
            self.describe_lap(car.driver, number, changes);
            changes.add(Part::Lap(car.driver, number));
        }
    }
}

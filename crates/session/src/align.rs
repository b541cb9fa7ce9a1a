//! Ties the crossings of different cars together by the gaps that the feed states at the line.
//!
//! Each car's crossings are late by the smallest delay of its own messages, which differs from car to car by a tenth
//! of a second. The gap to the leader that stands when a car completes a lap is exact to the millisecond, so the two
//! cars that it ties are late by the same amount: the smaller of both. As a car's crossings are tied together by its
//! lap times, one shift aligns all of them, and lap after lap asks for the same one. That is the test of a gap: one
//! lap in two hundred states a gap of another place (in the Chinese GP sprint of 2026 LEC's lap 8, OCO's lap 18) or one
//! with a penalty in it (PER's last), so a shift counts only when two crossings in a row ask for it.

use overcut_domain::{DriverNumber, Gap, LapNumber, SessionTime};

use crate::Session;
use crate::changes::Changes;

/// A gap stands at the line if it was sent this shortly before the lap counter rose; most come 0.2 s before.
pub(crate) const GAP_AT_LINE_MS: i64 = 1_000;
/// Delays differ by less than this; a gap further off is not the one at the line.
const MAX_SHIFT_MS: i64 = 1_000;
/// Gaps are cut to milliseconds one by one.
const SAME_SHIFT_MS: i64 = 1;

/// How a car's crossings stand to those of the others.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Alignment {
    /// True if they are late by the same amount as those of every other aligned car.
    is_aligned: bool,
    /// The shift that the last crossing asked for.
    asked_ms: Option<i64>,
}

impl Alignment {
    /// Takes in the shift that a crossing asks for; returns it once it is to be believed.
    fn ask(&mut self, shift_ms: i64) -> Option<i64> {
        let before = self.asked_ms.replace(shift_ms);
        let is_same = before.is_some_and(|before| before.abs_diff(shift_ms) <= SAME_SHIFT_MS.unsigned_abs());
        if is_same {
            self.is_aligned = true;
            self.asked_ms = Some(0);
        }
        Some(shift_ms).filter(|shift| is_same && shift.abs() > SAME_SHIFT_MS)
    }
}

impl Session {
    /// The car completed lap `number`: moves its crossings, or those of all aligned cars, to the earlier of the two.
    pub(crate) fn align(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let Some((leader, leader_end)) = self.leader_of(number) else { return };
        let crossing = self.crossing_with_gap(driver, number);
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let is_tied = number == LapNumber(1) || history.laps.get(number).is_some_and(|lap| lap.time.is_some());
        if !is_tied {
            history.alignment = Alignment::default();
        }
        let Some((end, gap_ms)) = crossing.filter(|_| driver != leader) else { return };
        let shift_ms = end.millis_since(leader_end + gap_ms);
        if shift_ms.abs() > MAX_SHIFT_MS {
            return;
        }
        match history.alignment.ask(shift_ms) {
            Some(late_ms) if late_ms > 0 => self.pull(driver, late_ms, changes),
            Some(early_ms) => self.pull_others(driver, leader, -early_ms, changes),
            None => {}
        }
    }

    /// Moves the leader, and with it every aligned car but this one.
    fn pull_others(&mut self, driver: DriverNumber, leader: DriverNumber, by_ms: i64, changes: &mut Changes) {
        let is_moved = |other: &DriverNumber| {
            let is_aligned = self.histories.get(other).is_some_and(|history| history.alignment.is_aligned);
            *other != driver && (is_aligned || *other == leader)
        };
        let others: Vec<_> = self.rows.keys().copied().filter(is_moved).collect();
        for other in others {
            self.pull(other, by_ms, changes);
        }
    }

    fn pull(&mut self, driver: DriverNumber, by_ms: i64, changes: &mut Changes) {
        if let Some(history) = self.histories.get_mut(&driver) {
            history.laps.pull(by_ms);
            self.finish_row(driver, changes);
        }
    }

    /// The car that completed the lap as leader, by the feed's word.
    fn leader_of(&self, number: LapNumber) -> Option<(DriverNumber, SessionTime)> {
        let as_leader = self.histories.iter().filter_map(|(driver, history)| {
            let led = matches!(history.laps.gap_at_line(number), Some(Gap::Leader(_)));
            history.laps.get(number)?.ended_at.filter(|_| led).map(|end| (*driver, end))
        });
        as_leader.min_by_key(|(_, end)| *end)
    }

    fn crossing_with_gap(&self, driver: DriverNumber, number: LapNumber) -> Option<(SessionTime, i64)> {
        let laps = &self.histories.get(&driver)?.laps;
        let Some(Gap::Time(gap)) = laps.gap_at_line(number) else { return None };
        Some((laps.get(number)?.ended_at?, i64::from(gap.as_millis())))
    }
}

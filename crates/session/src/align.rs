//! Ties the crossings of different cars together by the gaps that the feed states at the line.
//!
//! Each car's crossings are late by the smallest delay of its own messages, which differs from car to car by a tenth
//! of a second. The gap to the leader that stands when a car completes a lap is exact to the millisecond, so the two
//! cars that it ties are late by the same amount from then on: the smaller of both. In the Chinese GP sprint of 2026
//! the difference of two aligned crossings equals the stated gap on every lap without a pit stop.

use overcut_domain::{DriverNumber, Gap, LapNumber, SessionTime};

use crate::Session;
use crate::changes::Changes;

/// A gap stands at the line if it was sent this shortly before the lap counter rose; most come 0.2 s before.
pub(crate) const GAP_AT_LINE_MS: i64 = 1_000;
/// Delays differ by less than this; a gap further off is not the one at the line.
const MAX_SHIFT_MS: i64 = 700;

impl Session {
    /// The car completed lap `number`: moves it, or the leader and the others with it, to the earlier of their times.
    pub(crate) fn align(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let Some((leader, leader_end)) = self.leader_of(number) else { return };
        let Some((end, gap_ms)) = self.crossing_with_gap(driver, number) else { return };
        let shift = end.millis_since(leader_end + gap_ms);
        if driver == leader || shift == 0 || shift.abs() > MAX_SHIFT_MS {
            return;
        }
        if shift > 0 {
            self.pull(driver, number, leader_end + gap_ms, changes);
            return;
        }
        let leader_end = end - gap_ms;
        self.pull(leader, number, leader_end, changes);
        let others: Vec<_> = self.rows.keys().copied().filter(|other| *other != leader && *other != driver).collect();
        for other in others {
            let Some((end, gap_ms)) = self.crossing_with_gap(other, number) else { continue };
            let shift = end.millis_since(leader_end + gap_ms);
            if (1..=MAX_SHIFT_MS).contains(&shift) {
                self.pull(other, number, leader_end + gap_ms, changes);
            }
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

    fn pull(&mut self, driver: DriverNumber, number: LapNumber, end: SessionTime, changes: &mut Changes) {
        if let Some(history) = self.histories.get_mut(&driver) {
            history.laps.pull_end(number, end);
            self.finish_row(driver, changes);
        }
    }
}

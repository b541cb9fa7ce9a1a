//! Places and gaps at the line: the lap chart, told from the crossings alone.

use overcut_domain::{DriverNumber, LapNumber, SessionTime};

use crate::changes::Changes;
use crate::{Part, Session};

impl Session {
    /// Orders the cars that have finished lap `number` of a race by when they did.
    pub(crate) fn rank_lap(&mut self, number: LapNumber, changes: &mut Changes) {
        if !self.is_race() {
            return;
        }
        let mut crossings: Vec<(SessionTime, DriverNumber)> = self
            .histories
            .iter()
            .filter_map(|(driver, history)| Some((history.laps.get(number)?.ended_at?, *driver)))
            .collect();
        crossings.sort_unstable();
        let Some((first, _)) = crossings.first().copied() else { return };
        let leader_again = self.first_crossing(number.next());
        for (idx, (end, driver)) in crossings.into_iter().enumerate() {
            let Some(lap) = self.histories.get_mut(&driver).and_then(|history| history.laps.get_mut(number)) else {
                continue;
            };
            let position = u8::try_from(idx + 1).ok();
            let is_on_lead_lap = leader_again.is_none_or(|again| end < again);
            let gap_ms = u32::try_from(end.millis_since(first)).ok().filter(|_| is_on_lead_lap);
            if (lap.position, lap.gap_to_leader_ms) != (position, gap_ms) {
                (lap.position, lap.gap_to_leader_ms) = (position, gap_ms);
                changes.add(Part::Lap(driver, number));
            }
            self.place_by_crossing(driver, number, position, changes);
        }
    }

    /// A recording that starts in mid-session never hears the place of a car that keeps it: it is that at the line.
    fn place_by_crossing(
        &mut self,
        driver: DriverNumber,
        number: LapNumber,
        position: Option<u8>,
        changes: &mut Changes,
    ) {
        let Some((row, history)) = self.rows.get_mut(&driver).zip(self.histories.get(&driver)) else { return };
        let is_latest = history.laps.n_completed().is_none_or(|n| n <= number.0);
        if self.has_timing && !history.has_stated_position && is_latest && row.position != position {
            row.position = position;
            changes.add(Part::Car(driver));
        }
    }

    fn first_crossing(&self, number: LapNumber) -> Option<SessionTime> {
        self.histories.values().filter_map(|history| history.laps.get(number)?.ended_at).min()
    }
}

//! What the publisher's other lists tell when there is no timing screen.
//!
//! Some archives lack the large topics. The race summary, the lap chart and the leader board then give positions,
//! gaps and lap counts; where a timing screen exists they stay silent, because they lag behind it.

use overcut_domain::{CarRaceInfo, DriverNumber, LapNumber, LapPosition, SessionTime, TopThreeEntry};

use crate::changes::Changes;
use crate::{Part, Session};

impl Session {
    /// The entry list's line on the screen is the place in a race.
    pub(crate) fn set_line(&mut self, driver: DriverNumber, line: u8, changes: &mut Changes) {
        let is_place = self.is_race() && !self.has_timing;
        let (Some(row), Some(history)) = (self.rows.get_mut(&driver), self.histories.get_mut(&driver)) else { return };
        if self.has_timing && history.line.is_some() {
            return;
        }
        history.line = Some(line);
        if is_place && row.position != Some(line) {
            row.position = Some(line);
            changes.add(Part::Car(driver));
        }
    }

    /// The results are settled: whoever is not out has finished.
    pub(crate) fn finish_all(&mut self, changes: &mut Changes) {
        let drivers: Vec<_> = self.rows.keys().copied().collect();
        for driver in drivers {
            let Some(history) = self.histories.get_mut(&driver) else { continue };
            if !history.status.is_out && !history.status.has_finished {
                history.status.has_finished = true;
                history.laps.drop_running();
                changes.add(Part::Car(driver));
                self.row_lap(driver);
                self.finish_row(driver, changes);
            }
        }
    }

    pub(crate) fn apply_race_info(&mut self, cars: &[CarRaceInfo], changes: &mut Changes) {
        if self.has_timing {
            return;
        }
        for car in cars {
            if !self.admit(car.driver, changes) {
                continue;
            }
            let (Some(row), Some(history)) = (self.rows.get_mut(&car.driver), self.histories.get_mut(&car.driver))
            else {
                continue;
            };
            row.position = car.position.or(row.position);
            car.gap_to_leader.apply(&mut row.gap);
            car.interval.apply(&mut row.interval);
            row.n_pit_stops = car.n_pit_stops.unwrap_or(row.n_pit_stops);
            history.status.is_out = car.is_out.unwrap_or(history.status.is_out);
            changes.add(Part::Car(car.driver));
            self.finish_row(car.driver, changes);
        }
    }

    /// The lap chart: a place on lap n means that the car has completed n laps.
    pub(crate) fn apply_lap_positions(&mut self, time: SessionTime, positions: &[LapPosition], changes: &mut Changes) {
        if self.has_timing {
            return;
        }
        self.has_lap_chart = true;
        for entry in positions {
            let driver = entry.driver;
            if !self.admit(driver, changes) {
                continue;
            }
            if entry.lap == LapNumber(0) {
                if let Some(row) = self.rows.get_mut(&driver) {
                    row.grid_position = row.grid_position.or(Some(entry.position));
                    row.position = row.position.or(Some(entry.position));
                }
            } else {
                self.set_lap_count(time, driver, entry.lap.0, false, changes);
                self.set_chart_position(driver, entry, changes);
            }
            changes.add(Part::Car(driver));
            self.finish_row(driver, changes);
        }
    }

    fn set_chart_position(&mut self, driver: DriverNumber, entry: &LapPosition, changes: &mut Changes) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let Some(lap) = history.laps.get_mut(entry.lap) else { return };
        lap.position = Some(entry.position);
        changes.add(Part::Lap(driver, entry.lap));
    }

    /// Laps counted by something slower than the line give no time at the line.
    pub(crate) fn forget_line_times(&mut self, driver: DriverNumber, number: LapNumber) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        if let Some(lap) = history.laps.get_mut(number) {
            lap.ended_at = None;
        }
        if let Some(lap) = history.laps.get_mut(number.next()) {
            lap.started_at = None;
        }
    }

    pub(crate) fn apply_top_three(&mut self, entries: &[TopThreeEntry], changes: &mut Changes) {
        for entry in entries {
            let row_idx = usize::from(entry.row_idx);
            let Some(slot) = self.top_three.get_mut(row_idx) else { continue };
            *slot = entry.driver.or(*slot);
            let Some(driver) = *slot else { continue };
            if self.has_timing || !self.admit(driver, changes) {
                continue;
            }
            let Some(row) = self.rows.get_mut(&driver) else { continue };
            row.position = row.position.or(Some(entry.row_idx + 1));
            entry.gap_to_leader.apply(&mut row.gap);
            entry.interval.apply(&mut row.interval);
            entry.lap_time.apply(&mut row.last_lap.time);
            changes.add(Part::Car(driver));
        }
    }
}

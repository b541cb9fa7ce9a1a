//! The best lap, sectors and trap speeds of the session.

use overcut_domain::{
    BestsUpdate, CarStints, CarTiming, Change, DriverNumber, LapNumber, LapTime, SpeedTrap, TimeColour,
};

use crate::changes::Changes;
use crate::{Part, Session};

/// A best value and who drove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best<T> {
    /// Who.
    pub driver: DriverNumber,
    /// The value.
    pub value: T,
    /// On which lap, if known.
    pub lap: Option<LapNumber>,
}

/// The best of the session so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bests {
    /// Lap.
    pub lap: Option<Best<LapTime>>,
    /// Sectors.
    pub sectors: [Option<Best<LapTime>>; 3],
    /// Trap speeds in km/h: I1, I2, finish line, speed trap.
    pub speeds_kmh: [Option<Best<u16>>; 4],
}

impl Session {
    /// A car has a new best lap, or its best was struck off and this is what is left.
    pub(crate) fn note_best_lap(
        &mut self,
        driver: DriverNumber,
        time: LapTime,
        number: Option<LapNumber>,
        changes: &mut Changes,
    ) {
        if let Some(row) = self.rows.get_mut(&driver) {
            row.best_lap.time = Some(time);
            row.best_lap_number = number.or(row.best_lap_number);
        }
        let fastest = self.rows.values().filter_map(|row| Some((row.best_lap.time?, row.driver))).min();
        let holder = self.bests.lap.map(|best| best.driver);
        if let Some((value, driver)) = fastest {
            let lap = self.rows.get(&driver).and_then(|row| row.best_lap_number);
            self.bests.lap = Some(Best { driver, value, lap });
        }
        let new_holder = self.bests.lap.map(|best| best.driver);
        for driver in [holder, new_holder, Some(driver)].into_iter().flatten() {
            let Some(row) = self.rows.get_mut(&driver) else { continue };
            let colour = if Some(driver) == new_holder { TimeColour::Purple } else { TimeColour::Plain };
            if row.best_lap.colour != colour {
                row.best_lap.colour = colour;
                changes.add(Part::Car(driver));
            }
        }
    }

    /// Sectors and speeds that the timing screen shows in purple.
    pub(crate) fn note_purple(&mut self, car: &CarTiming) {
        // What comes with a rise of the lap counter belongs to the lap before, and so may what comes just behind it.
        let running = self.histories.get(&car.driver).and_then(|history| history.laps.running());
        let lap = running.filter(|lap| lap.sectors[0].is_some()).map(|lap| lap.number);
        for sector in car.sectors.iter().filter(|sector| sector.time.is_overall_best == Some(true)) {
            let slot = self.bests.sectors.get_mut(usize::from(sector.sector_idx));
            if let (Some(slot), Change::Set(value)) = (slot, sector.time.time) {
                *slot = Some(Best { driver: car.driver, value, lap });
            }
        }
        for speed in car.speeds.iter().filter(|speed| speed.is_overall_best == Some(true)) {
            if let Change::Set(value) = speed.speed_kmh {
                self.bests.speeds_kmh[trap_idx(speed.trap)] = Some(Best { driver: car.driver, value, lap });
            }
        }
    }

    /// The publisher's table of bests: rank 1 is the best of the session.
    pub(crate) fn apply_bests(&mut self, update: &BestsUpdate, changes: &mut Changes) {
        for car in &update.cars {
            if !self.admit(car.driver, changes) {
                continue;
            }
            for (idx, best) in &car.sectors {
                let slot = self.bests.sectors.get_mut(usize::from(*idx));
                if let (Some(slot), Change::Set(value), Some(1)) = (slot, best.time, best.rank) {
                    *slot = Some(Best { driver: car.driver, value, lap: None });
                }
            }
            for (trap, speed_kmh, rank) in &car.speeds {
                if let (Change::Set(value), Some(1)) = (*speed_kmh, *rank) {
                    self.bests.speeds_kmh[trap_idx(*trap)] = Some(Best { driver: car.driver, value, lap: None });
                }
            }
            if let Some(Change::Set(time)) = car.lap.map(|lap| lap.time) {
                self.note_stated_best(car.driver, time, car.lap_number, changes);
            }
        }
    }

    /// A best lap told by a list beside the timing screen: the screen's own word comes first where there is one.
    fn note_stated_best(
        &mut self,
        driver: DriverNumber,
        time: LapTime,
        number: Option<LapNumber>,
        changes: &mut Changes,
    ) {
        if self.has_timing {
            return;
        }
        self.note_best_lap(driver, time, number, changes);
        changes.add(Part::Car(driver));
        let Some(history) = self.histories.get_mut(&driver) else { return };
        if let Some(lap) = number.and_then(|number| history.laps.get_mut(number)) {
            lap.time = Some(time);
            lap.is_personal_best = true;
            changes.add(Part::Lap(driver, lap.number));
        }
    }

    /// Best laps of stints are the only lap times that a feed without a timing screen tells.
    pub(crate) fn note_stint_bests(&mut self, driver: DriverNumber, delta: &CarStints, changes: &mut Changes) {
        if self.has_timing {
            return;
        }
        for update in &delta.stints {
            let (Some(time), Some(number)) = (update.best_lap, update.best_lap_number) else { continue };
            let Some(history) = self.histories.get_mut(&driver) else { continue };
            let Some(lap) = history.laps.get_mut(number) else { continue };
            lap.time = Some(time);
            changes.add(Part::Lap(driver, number));
        }
    }
}

pub(crate) fn trap_idx(trap: SpeedTrap) -> usize {
    match trap {
        SpeedTrap::I1 => 0,
        SpeedTrap::I2 => 1,
        SpeedTrap::FinishLine => 2,
        SpeedTrap::SpeedTrap => 3,
    }
}

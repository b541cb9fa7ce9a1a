//! Messages of race control: flags, the stewards, deleted laps.

use overcut_domain::{DriverNumber, Flag, FlagScope, LapNumber, RaceControlCategory, RaceControlMessage, SessionTime};

use crate::changes::Changes;
use crate::penalties::Stewards;
use crate::rulings::read_ruling;
use crate::{Part, Session};

impl Session {
    pub(crate) fn apply_race_control(
        &mut self,
        time: SessionTime,
        messages: &[RaceControlMessage],
        changes: &mut Changes,
    ) {
        for message in messages {
            match self.race_control.binary_search_by_key(&message.index, |known| known.index) {
                Ok(idx) if self.race_control[idx] == *message => {}
                Ok(idx) => {
                    self.race_control[idx] = message.clone();
                    self.read_all_rulings(changes);
                    changes.add(Part::RaceControl(message.index));
                }
                Err(idx) => {
                    self.race_control.insert(idx, message.clone());
                    changes.add(Part::RaceControl(message.index));
                    self.apply_flag(message, changes);
                    self.apply_chequered_flag(time, message, changes);
                    if idx + 1 == self.race_control.len() {
                        self.apply_ruling(&message.text, changes);
                    } else {
                        self.read_all_rulings(changes);
                    }
                }
            }
        }
    }

    fn apply_ruling(&mut self, text: &str, changes: &mut Changes) {
        let Some(ruling) = read_ruling(text) else { return };
        for driver in self.stewards.apply(ruling) {
            self.show_rulings(driver, changes);
        }
    }

    /// A message was corrected or came out of order: what the stewards ruled is read again from the first message.
    fn read_all_rulings(&mut self, changes: &mut Changes) {
        self.stewards = Stewards::default();
        for message in &self.race_control {
            if let Some(ruling) = read_ruling(&message.text) {
                self.stewards.apply(ruling);
            }
        }
        let drivers: Vec<_> = self.rows.keys().copied().collect();
        for driver in drivers {
            self.show_rulings(driver, changes);
        }
    }

    /// Brings a car's row and laps into line with the stewards.
    fn show_rulings(&mut self, driver: DriverNumber, changes: &mut Changes) {
        let cell = self.stewards.cell(driver);
        if let Some(row) = self.rows.get_mut(&driver)
            && row.stewards != cell
        {
            row.stewards = cell;
            changes.add(Part::Car(driver));
        }
        let numbers: Vec<_> = self.laps_of(driver).iter().map(|lap| lap.number).collect();
        for number in numbers {
            self.describe_lap(driver, number, changes);
        }
    }

    /// Strikes a lap off or puts it back, as the stewards say.
    pub(crate) fn describe_deletion(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let rulings = self.stewards.deleted_laps();
        if rulings.is_empty() {
            let is_deleted = self.lap(driver, number).is_some_and(|lap| lap.deleted);
            if !is_deleted {
                return;
            }
        }
        let Some(lap) = self.histories.get_mut(&driver).and_then(|history| history.laps.get_mut(number)) else {
            return;
        };
        let ruling = rulings.iter().find(|ruling| {
            // Some texts name only the time, and some name a lap that the time does not belong to.
            let by_time = ruling.time.is_some() && ruling.time == lap.time;
            let by_number = ruling.lap == Some(number) && (ruling.time.is_none() || lap.time.is_none());
            ruling.car == driver && (by_time || by_number)
        });
        let reason = ruling.map_or("", |ruling| ruling.reason.as_str());
        if lap.deleted != ruling.is_some() || lap.deleted_reason != reason {
            lap.deleted = ruling.is_some();
            reason.clone_into(&mut lap.deleted_reason);
            if lap.deleted {
                lap.is_personal_best = false;
            }
            changes.add(Part::Lap(driver, number));
        }
    }

    fn apply_flag(&mut self, message: &RaceControlMessage, changes: &mut Changes) {
        let before = self.track.clone();
        match (message.flag, message.scope) {
            (Some(Flag::Yellow), Some(FlagScope::Sector(sector))) => self.set_yellow(sector, Some(false)),
            (Some(Flag::DoubleYellow), Some(FlagScope::Sector(sector))) => self.set_yellow(sector, Some(true)),
            (Some(Flag::Clear | Flag::Green), Some(FlagScope::Sector(sector))) => self.set_yellow(sector, None),
            (Some(Flag::Clear | Flag::Green), Some(FlagScope::Track)) => self.track.yellow_sectors.clear(),
            _ => {}
        }
        if let Some(is_enabled) = overtaking_aid(message) {
            self.track.overtaking_aid = Some(is_enabled);
        }
        if self.track != before {
            changes.add(Part::Track);
        }
    }

    /// Recordings without the session's status still have the flag.
    fn apply_chequered_flag(&mut self, time: SessionTime, message: &RaceControlMessage, changes: &mut Changes) {
        if message.flag == Some(Flag::Chequered) && self.is_race() && !self.has_chequered_flag {
            self.has_chequered_flag = true;
            self.flag_the_leaders(time, changes);
        }
    }

    fn set_yellow(&mut self, sector: u8, is_double: Option<bool>) {
        let yellow = &mut self.track.yellow_sectors;
        yellow.retain(|(known, _)| *known != sector);
        if let Some(is_double) = is_double {
            yellow.push((sector, is_double));
            yellow.sort_unstable();
        }
    }
}

/// Whether DRS, or from 2026 overtake mode, is allowed from now on. A word about one zone says nothing of the rest.
fn overtaking_aid(message: &RaceControlMessage) -> Option<bool> {
    let text = message.text.trim();
    let is_about_it = message.category == RaceControlCategory::Drs && !text.contains("ZONE");
    match text {
        "DRS ENABLED" | "OVERTAKE ENABLED" => Some(true),
        "DRS DISABLED" | "OVERTAKE DISABLED" => Some(false),
        _ if is_about_it => match message.status.as_str() {
            "ENABLED" => Some(true),
            "DISABLED" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

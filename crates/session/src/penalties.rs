//! What the stewards hold against each car, folded from the rulings.

use std::collections::BTreeMap;

use overcut_domain::{DriverNumber, LapNumber};

use crate::StewardsCell;
use crate::rulings::{LapRuling, Ruling};

/// Incidents kept: a session has a few dozen.
const MAX_INCIDENTS: usize = 500;

/// Something noted or under investigation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Incident {
    cars: Vec<DriverNumber>,
    reason: String,
}

/// A penalty not yet served.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Penalty {
    /// `None` if it is not counted in seconds.
    seconds: Option<u16>,
    words: String,
    reason: String,
}

/// The stewards' desk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stewards {
    open: Vec<Incident>,
    penalties: BTreeMap<DriverNumber, Vec<Penalty>>,
    warned: Vec<DriverNumber>,
    /// Laps struck off, with the last word on each.
    laps: Vec<LapRuling>,
}

impl Stewards {
    /// Folds a ruling in. Returns the cars it is about.
    pub(crate) fn apply(&mut self, ruling: Ruling) -> Vec<DriverNumber> {
        match ruling {
            Ruling::Incident { cars, reason } => {
                self.close(&cars, &reason);
                if self.open.len() < MAX_INCIDENTS {
                    self.open.push(Incident { cars: cars.clone(), reason });
                }
                cars
            }
            Ruling::Closed { cars, reason } => self.close(&cars, &reason),
            Ruling::TimePenalty { cars, seconds, reason } => {
                let penalty = Penalty { seconds: Some(seconds), words: String::new(), reason };
                self.punish(&cars, &penalty)
            }
            Ruling::OtherPenalty { cars, words, reason } => {
                self.punish(&cars, &Penalty { seconds: None, words, reason })
            }
            Ruling::PenaltyGone { cars, seconds, reason } => {
                for car in &cars {
                    self.forgive(*car, seconds, &reason);
                }
                cars
            }
            Ruling::Warning { cars } => {
                self.warned.extend(&cars);
                cars
            }
            Ruling::Lap(ruling) => {
                let car = ruling.car;
                self.laps.retain(|known| !is_same_lap(known, &ruling));
                if ruling.is_deleted {
                    self.laps.push(ruling);
                }
                vec![car]
            }
        }
    }

    /// Laps struck off that now stand so.
    pub(crate) fn deleted_laps(&self) -> &[LapRuling] {
        &self.laps
    }

    /// Decides the incidents of this reason that any of these cars is in. Returns every car of theirs.
    fn close(&mut self, cars: &[DriverNumber], reason: &str) -> Vec<DriverNumber> {
        let mut touched = cars.to_vec();
        self.open.retain(|incident| {
            let is_it = incident.reason == reason && incident.cars.iter().any(|car| cars.contains(car));
            if is_it {
                touched.extend(incident.cars.iter().filter(|car| !cars.contains(car)));
            }
            !is_it
        });
        touched
    }

    fn punish(&mut self, cars: &[DriverNumber], penalty: &Penalty) -> Vec<DriverNumber> {
        for car in cars {
            let penalties = self.penalties.entry(*car).or_default();
            if penalties.len() < MAX_INCIDENTS {
                penalties.push(penalty.clone());
            }
        }
        self.close(cars, &penalty.reason)
    }

    fn forgive(&mut self, car: DriverNumber, seconds: Option<u16>, reason: &str) {
        let Some(penalties) = self.penalties.get_mut(&car) else { return };
        let exact = penalties.iter().position(|penalty| penalty.seconds == seconds && penalty.reason == reason);
        let like = || penalties.iter().position(|penalty| penalty.seconds == seconds);
        if let Some(idx) = exact.or_else(like) {
            penalties.remove(idx);
        }
    }

    /// What the board shows of a car.
    pub(crate) fn cell(&self, car: DriverNumber) -> StewardsCell {
        let count = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        let penalties = self.penalties.get(&car).map_or(&[] as &[Penalty], Vec::as_slice);
        let other: Vec<&str> = penalties
            .iter()
            .filter(|penalty| penalty.seconds.is_none())
            .map(|penalty| penalty.words.as_str())
            .collect();
        StewardsCell {
            n_under_investigation: count(self.open.iter().filter(|incident| incident.cars.contains(&car)).count()),
            penalty_s: penalties.iter().filter_map(|penalty| penalty.seconds).fold(0, u16::saturating_add),
            other_penalty: other.join(", "),
            n_deleted_laps: count(self.laps.iter().filter(|lap| lap.car == car).count()),
            is_warned: self.warned.contains(&car),
        }
    }
}

/// Two texts are about the same lap if they name the same lap, or the same time where one names no lap.
fn is_same_lap(a: &LapRuling, b: &LapRuling) -> bool {
    let same_lap = |(a, b): (LapNumber, LapNumber)| a == b;
    a.car == b.car
        && match a.lap.zip(b.lap) {
            Some(laps) => same_lap(laps),
            None => a.time.is_some() && a.time == b.time,
        }
}

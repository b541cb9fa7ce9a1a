//! Sensors that stall, and sensors that talk nonsense.

use std::collections::BTreeMap;

use overcut_domain::DriverNumber;

use super::{Garbled, Sample};
use crate::encode::quirks::{Dice, Quirks};

/// A car's sensor stalls once in so many readings: some six times a car and race.
const STALL_ONE_IN: u32 = 4_000;
/// For at least so many readings, and fewer than so many more.
const STALL_READINGS: (u32, u32) = (3, 6);
/// Of so many readings ...
const READINGS: u32 = 100_000;
/// ... so many are garbled in each way.
const SILENT: u32 = 60;
const ZEROS: u32 = 6;
const ABSURD: u32 = 4;

/// The sensors of all cars, of one kind.
pub(super) struct Sensors<T> {
    garbage: Option<Dice>,
    stalls: Option<Dice>,
    /// Last readings of the cars whose sensors stall, and for how many readings more.
    stalled: BTreeMap<DriverNumber, (T, u32)>,
}

impl<T: Sample> Sensors<T> {
    pub(super) fn new(quirks: &Quirks, mut dice: Dice) -> Sensors<T> {
        let (garbage, stalls) = (Dice::new(dice.bits(), 1), Dice::new(dice.bits(), 2));
        Sensors {
            garbage: quirks.garbage_values.then_some(garbage),
            stalls: quirks.held_values.then_some(stalls),
            stalled: BTreeMap::new(),
        }
    }

    /// What the sensor says for a true reading, and how that is garbled.
    pub(super) fn read(&mut self, truth: &T) -> (T, Option<Garbled>) {
        let garbled = self.garbage.as_mut().and_then(|dice| garble(dice.below(READINGS)));
        (self.stall(truth), garbled)
    }

    fn stall(&mut self, truth: &T) -> T {
        let Some(dice) = &mut self.stalls else { return *truth };
        if let Some((last, n_left)) = self.stalled.get_mut(&truth.driver()) {
            let held = last.at(truth.time());
            *n_left -= 1;
            if *n_left == 0 {
                self.stalled.remove(&truth.driver());
            }
            return held;
        }
        if dice.one_in(STALL_ONE_IN) {
            let (least, more) = STALL_READINGS;
            self.stalled.insert(truth.driver(), (*truth, least + dice.below(more)));
        }
        *truth
    }
}

fn garble(throw: u32) -> Option<Garbled> {
    match throw {
        _ if throw < SILENT => Some(Garbled::Silent),
        _ if throw < SILENT + ZEROS => Some(Garbled::Zeros),
        _ if throw < SILENT + ZEROS + ABSURD => Some(Garbled::Absurd),
        _ => None,
    }
}

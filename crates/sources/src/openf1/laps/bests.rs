//! The best so far, which decides the colours.

use std::collections::BTreeMap;

use overcut_domain::{DriverNumber, LapTime};

/// Bests of all cars and of each.
#[derive(Debug, Default)]
pub(super) struct Bests {
    all: Best,
    cars: BTreeMap<DriverNumber, Best>,
    parts: BTreeMap<(DriverNumber, u8), LapTime>,
}

#[derive(Debug, Default)]
struct Best {
    lap: Option<LapTime>,
    sectors: [Option<LapTime>; 3],
    speeds: [Option<u16>; 3],
}

/// How a value compares with all before it: best of its car, best of all.
pub(super) type Rank = (bool, bool);

impl Bests {
    pub(super) fn lap(&mut self, driver: DriverNumber, time: LapTime) -> Rank {
        self.rank(driver, |best| takes(&mut best.lap, time, |new, old| new < old))
    }

    pub(super) fn sector(&mut self, driver: DriverNumber, idx: usize, time: LapTime) -> Rank {
        let takes =
            |best: &mut Best| best.sectors.get_mut(idx).is_some_and(|slot| takes(slot, time, |new, old| new < old));
        self.rank(driver, takes)
    }

    pub(super) fn speed(&mut self, driver: DriverNumber, idx: usize, speed: u16) -> Rank {
        let takes =
            |best: &mut Best| best.speeds.get_mut(idx).is_some_and(|slot| takes(slot, speed, |new, old| new > old));
        self.rank(driver, takes)
    }

    /// True if it is the car's best lap of a part of qualifying.
    pub(super) fn lap_of_part(&mut self, driver: DriverNumber, part: u8, time: LapTime) -> bool {
        let best = self.parts.entry((driver, part)).or_insert(LapTime::from_millis(u32::MAX));
        let is_best = time < *best;
        *best = time.min(*best);
        is_best
    }

    fn rank(&mut self, driver: DriverNumber, takes: impl Fn(&mut Best) -> bool) -> Rank {
        (takes(self.cars.entry(driver).or_default()), takes(&mut self.all))
    }
}

/// Puts a value into a slot if it is better than what is there.
fn takes<T: Copy>(slot: &mut Option<T>, value: T, is_better: impl Fn(T, T) -> bool) -> bool {
    let is_best = slot.is_none_or(|old| is_better(value, old));
    if is_best {
        *slot = Some(value);
    }
    is_best
}

//! Places, gaps and lap counts of a race, from one passing to the next.

use overcut_domain::{CarTiming, Change, Gap, LapNumber};

use super::course::Course;
use super::entry_list::DRIVERS;
use super::screen::lap_time;

/// The order on the road and when everybody passed what.
#[derive(Debug, Clone)]
pub(super) struct RaceOrder {
    n_minis: usize,
    /// First to last.
    pub(super) order: Vec<usize>,
    /// By car: when it passed the end of each mini-sector of the race so far.
    passed_ms: Vec<Vec<i64>>,
    /// By car: the last interval stated, in milliseconds.
    interval_ms: Vec<Option<i64>>,
    /// Laps that the winner drives.
    n_laps: u16,
}

/// What a passing changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Passing {
    /// Cars that lost a place to the one that passed, the nearest first.
    pub(super) overtaken: Vec<usize>,
    /// Gap and interval of the car that passed.
    pub(super) gap: Option<Gap>,
    pub(super) interval: Option<Gap>,
    pub(super) is_catching: bool,
}

impl RaceOrder {
    pub(super) fn new(course: &Course, grid: &[usize], n_laps: u16) -> RaceOrder {
        let n = grid.len();
        RaceOrder {
            n_minis: course.n_minis(),
            order: grid.to_vec(),
            passed_ms: vec![Vec::new(); n],
            interval_ms: vec![None; n],
            n_laps,
        }
    }

    /// The place of a car, from 1.
    pub(super) fn place(&self, car: usize) -> u8 {
        self.order.iter().position(|other| *other == car).map_or(0, |idx| idx as u8 + 1)
    }

    /// The lap the leader is on.
    pub(super) fn leader_lap(&self) -> u16 {
        self.order.first().map_or(0, |leader| (self.passed_ms[*leader].len() / self.n_minis) as u16 + 1)
    }

    /// True if the car is this close to the one ahead.
    pub(super) fn is_within(&self, car: usize, interval_ms: i64) -> bool {
        self.interval_ms[car].is_some_and(|interval| interval < interval_ms)
    }

    /// A car passes the end of mini-sector `mini` of its lap `lap`, counted from 1.
    pub(super) fn pass(&mut self, car: usize, lap: u16, mini: usize, at_ms: i64) -> Passing {
        let idx = usize::from(lap.saturating_sub(1)) * self.n_minis + mini;
        // A passing that the route lacks counts as made at this one.
        self.passed_ms[car].resize(idx, at_ms);
        self.passed_ms[car].push(at_ms);
        let overtaken = self.move_up(car, idx);
        let place = self.order.iter().position(|other| *other == car).unwrap_or(0);
        let Some(ahead) = place.checked_sub(1).map(|ahead| self.order[ahead]) else {
            self.interval_ms[car] = None;
            let lap = (self.passed_ms[car].len() / self.n_minis) as u16 + 1;
            let leads = Some(Gap::Leader(LapNumber(lap.min(self.n_laps))));
            return Passing { overtaken, gap: leads, interval: leads, is_catching: false };
        };
        let gap = self.gap_to(self.order[0], idx, at_ms);
        let interval = self.gap_to(ahead, idx, at_ms);
        let interval_ms = match interval {
            Some(Gap::Time(time)) => Some(i64::from(time.as_millis())),
            _ => None,
        };
        let before_ms = std::mem::replace(&mut self.interval_ms[car], interval_ms);
        let is_catching = before_ms.zip(interval_ms).is_some_and(|(before, now)| now < before);
        Passing { overtaken, gap, interval, is_catching }
    }

    /// Moves a car past those that have not come as far. Those that have, came earlier.
    fn move_up(&mut self, car: usize, idx: usize) -> Vec<usize> {
        let mut overtaken = Vec::new();
        let Some(mut place) = self.order.iter().position(|other| *other == car) else { return overtaken };
        while let Some(ahead) = place.checked_sub(1) {
            let other = self.order[ahead];
            if self.passed_ms[other].len() > idx {
                break;
            }
            self.order.swap(ahead, place);
            overtaken.push(other);
            place = ahead;
        }
        overtaken
    }

    /// The gap to another car at a passing: in time at the same place, or in whole laps.
    fn gap_to(&self, other: usize, idx: usize, at_ms: i64) -> Option<Gap> {
        let passed = &self.passed_ms[other];
        let n_ahead = passed.len().checked_sub(idx + 1)? / self.n_minis;
        if n_ahead > 0 {
            return Some(Gap::Laps(n_ahead as u16));
        }
        passed.get(idx).map(|then| Gap::Time(lap_time(at_ms - then)))
    }

    /// The car that passed the same place last before this one, if it is laps down and was close: it is about to be
    /// lapped.
    pub(super) fn about_to_lap(&self, car: usize, within_ms: i64) -> Option<usize> {
        let own = &self.passed_ms[car];
        let (idx, at_ms) = (own.len().checked_sub(1)?, *own.last()?);
        let place = idx % self.n_minis;
        let mut nearest: Option<(i64, usize)> = None;
        for (other, passed) in self.passed_ms.iter().enumerate() {
            let Some(last) = passed.len().checked_sub(1).filter(|last| other != car && *last < idx) else { continue };
            // The other's last passing of this place.
            let Some(there) = last.checked_sub((last + self.n_minis - place) % self.n_minis) else { continue };
            let ago_ms = at_ms - passed[there];
            let laps_down = (idx - there) / self.n_minis;
            if laps_down > 0 && (0..within_ms).contains(&ago_ms) && nearest.is_none_or(|(best, _)| ago_ms < best) {
                nearest = Some((ago_ms, other));
            }
        }
        nearest.map(|(_, other)| other)
    }
}

/// The lines of cars whose places changed.
pub(super) fn placed(order: &RaceOrder, cars: impl Iterator<Item = usize>) -> Vec<CarTiming> {
    let line = |car: usize| {
        let place = order.place(car);
        CarTiming { driver: DRIVERS[car].number, position: Some(place), line: Some(place), ..CarTiming::default() }
    };
    cars.map(line).collect()
}

/// A gap as an update: nothing known clears it.
pub(super) fn stated(gap: Option<Gap>) -> Change<Gap> {
    gap.map_or(Change::Clear, Change::Set)
}

#[cfg(test)]
mod tests {
    use overcut_domain::LapTime;

    use super::*;

    fn order() -> RaceOrder {
        RaceOrder {
            n_minis: 3,
            order: vec![0, 1, 2],
            passed_ms: vec![Vec::new(); 3],
            interval_ms: vec![None; 3],
            n_laps: 9,
        }
    }

    #[test]
    fn places_and_gaps_follow_the_passings() {
        let mut race = order();
        let seconds = |ms| Some(Gap::Time(LapTime::from_millis(ms)));
        assert_eq!(race.pass(0, 1, 0, 1_000).gap, Some(Gap::Leader(LapNumber(1))));
        let second = race.pass(2, 1, 0, 1_400);
        assert_eq!((second.overtaken, second.gap, second.interval), (vec![1], seconds(400), seconds(400)));
        let third = race.pass(1, 1, 0, 1_900);
        assert_eq!((third.gap, third.interval), (seconds(900), seconds(500)));
        assert_eq!(race.order, [0, 2, 1]);
        for (mini, at) in [(1, 2_000), (2, 3_000)] {
            race.pass(0, 1, mini, at);
        }
        assert_eq!(race.leader_lap(), 2);
        race.pass(0, 2, 0, 4_000);
        race.pass(0, 2, 1, 5_000);
        assert_eq!(race.pass(1, 1, 1, 5_100).gap, Some(Gap::Laps(1)));
        assert_eq!(race.about_to_lap(0, 1_500), None);
        race.pass(0, 2, 2, 6_000);
        race.pass(1, 1, 2, 6_100);
        race.pass(0, 3, 0, 7_000);
        assert_eq!(race.about_to_lap(0, 1_500), None);
    }
}

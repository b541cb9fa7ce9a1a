//! Places and gaps, and the result.

use std::collections::BTreeMap;

use overcut_domain::{CarTiming, Change, DriverNumber, Gap, LapTime, UtcTime};

use super::laps::Laps;
use super::rows::{Intervals, Position, SessionResult};
use super::tell::{Telling, timing};
use crate::report::{DecodeReport, Skip};

/// Most rows of one endpoint that are remembered, to know them again. A race has 40 000 intervals.
const MAX_ROWS: usize = 500_000;

/// The rows of one endpoint by car and moment, each with the broker's number for it and what it said.
type Known<T> = BTreeMap<(DriverNumber, UtcTime), (Option<i64>, T)>;

/// What was said of the order so far.
#[derive(Debug, Default)]
pub(super) struct Order {
    positions: Known<u8>,
    intervals: Known<(Option<Gap>, Option<Gap>)>,
    /// Each car's latest gap and interval, if they are in laps: nulls after that mean the same.
    lapped: BTreeMap<DriverNumber, (UtcTime, [bool; 2])>,
    result: BTreeMap<DriverNumber, CarTiming>,
}

impl Order {
    pub(super) fn take_positions(&mut self, rows: Vec<Position>, report: &mut DecodeReport, news: &mut Vec<Telling>) {
        let mut by_date: BTreeMap<UtcTime, Vec<CarTiming>> = BTreeMap::new();
        for row in rows {
            let key = row.driver_number.get().map(DriverNumber).zip(row.date.get());
            let (Some(key), Some(position)) = (key, row.position.get()) else {
                report.skip(Skip::BadRow, b"position without date, driver or position");
                continue;
            };
            if is_news(&mut self.positions, key, row.id.get(), position) {
                by_date.entry(key.1).or_default().push(place(key.0, position));
            }
        }
        news.extend(by_date.into_iter().map(|(date, cars)| Telling::timing(date, cars)));
    }

    pub(super) fn take_intervals(
        &mut self,
        mut rows: Vec<Intervals>,
        laps: &Laps,
        report: &mut DecodeReport,
        news: &mut Vec<Telling>,
    ) {
        rows.sort_by_key(|row| row.date.get());
        let mut by_date: BTreeMap<UtcTime, Vec<CarTiming>> = BTreeMap::new();
        for row in rows {
            let Some(key) = row.driver_number.get().map(DriverNumber).zip(row.date.get()) else {
                report.skip(Skip::BadRow, b"intervals without date or driver");
                continue;
            };
            let stated = (row.gap_to_leader.get(), row.interval.get());
            if !is_news(&mut self.intervals, key, row.id.get(), stated) {
                continue;
            }
            let (driver, date) = key;
            let (gap_to_leader, interval) = if self.leads(driver, date, stated.0) {
                let leads = laps.lap_at(driver, date).map_or(Change::Clear, |lap| Change::Set(Gap::Leader(lap)));
                (leads, leads)
            } else {
                self.gaps(driver, date, stated)
            };
            by_date.entry(date).or_default().push(CarTiming {
                driver,
                gap_to_leader,
                interval,
                ..CarTiming::default()
            });
        }
        news.extend(by_date.into_iter().map(|(date, cars)| Telling::timing(date, cars)));
    }

    /// True if the car leads: its gap is nothing, and by its place, where that is known, it is the first.
    fn leads(&self, driver: DriverNumber, date: UtcTime, gap: Option<Gap>) -> bool {
        if gap.is_some_and(|gap| gap != Gap::Time(LapTime::from_millis(0))) {
            return false;
        }
        let mut before = self.positions.range((driver, UtcTime::from_millis(i64::MIN))..=(driver, date));
        let place = before.next_back().map(|(_, (_, place))| *place);
        place.map_or(gap.is_some(), |place| place == 1)
    }

    /// Gap and interval of a car that follows. `+1 LAP` is said once and then null, so null says nothing of a car that
    /// is laps behind, and takes away what stood there of any other.
    fn gaps(
        &mut self,
        driver: DriverNumber,
        date: UtcTime,
        stated: (Option<Gap>, Option<Gap>),
    ) -> (Change<Gap>, Change<Gap>) {
        let lapped = self.lapped.entry(driver).or_insert((date, [false; 2]));
        let change = |stated: Option<Gap>, was_lapped: bool| match stated {
            Some(gap) => Change::Set(gap),
            None if was_lapped => Change::Keep,
            None => Change::Clear,
        };
        let changes = (change(stated.0, lapped.1[0]), change(stated.1, lapped.1[1]));
        if date >= lapped.0 {
            let is_lapped = |stated: Option<Gap>, was: bool| stated.map_or(was, |gap| matches!(gap, Gap::Laps(_)));
            *lapped = (date, [is_lapped(stated.0, lapped.1[0]), is_lapped(stated.1, lapped.1[1])]);
        }
        changes
    }

    /// The result, when it is official.
    pub(super) fn take_result(&mut self, rows: Vec<SessionResult>, is_race: bool, news: &mut Vec<Telling>) {
        let mut cars = Vec::new();
        for row in rows {
            let Some(driver) = row.driver_number.get().map(DriverNumber) else { continue };
            let is_out = row.dnf.get() == Some(true) || row.dns.get() == Some(true);
            let position = row.position.get();
            let car = CarTiming {
                driver,
                position,
                line: position,
                retired: (is_race && is_out).then_some(true),
                ..CarTiming::default()
            };
            let is_empty = position.is_none() && car.retired.is_none();
            if !is_empty && self.result.get(&driver) != Some(&car) {
                self.result.insert(driver, car.clone());
                cars.push(car);
            }
        }
        if !cars.is_empty() {
            news.push(Telling::of_now(overcut_domain::Feed::Timing, timing(cars)));
        }
    }
}

fn place(driver: DriverNumber, position: u8) -> CarTiming {
    CarTiming { driver, position: Some(position), line: Some(position), ..CarTiming::default() }
}

/// True if a row says something that no newer one said before it.
fn is_news<T: PartialEq>(known: &mut Known<T>, key: (DriverNumber, UtcTime), id: Option<i64>, value: T) -> bool {
    let is_full = known.len() >= MAX_ROWS;
    match known.get_mut(&key) {
        Some((known_id, known)) => {
            let is_older = id.zip(*known_id).is_some_and(|(id, known)| id <= known);
            let is_news = !is_older && *known != value;
            if !is_older {
                (*known_id, *known) = (id.or(*known_id), value);
            }
            is_news
        }
        None if is_full => false,
        None => {
            known.insert(key, (id, value));
            true
        }
    }
}

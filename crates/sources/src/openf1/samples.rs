//! Car channels and position fixes.
//!
//! The rows come out of order across cars, and some twice.

use std::collections::BTreeMap;

use overcut_domain::{CarSample, DriverNumber, Event, Feed, PositionSample, SessionTime, UtcTime};

use super::rows::{CarData, Location};
use super::tell::Telling;
use crate::report::{DecodeReport, Skip};
use crate::topic::{car_sample, position_sample};

/// Most cars whose samples are kept apart.
const MAX_CARS: usize = 200;
/// Most samples per car that are remembered, to know them again: a day of testing.
const MAX_SAMPLES: usize = 200_000;

/// The samples that were told already.
#[derive(Debug, Default)]
pub(super) struct Seen {
    cars: BTreeMap<DriverNumber, Vec<i64>>,
    fixes: BTreeMap<DriverNumber, Vec<i64>>,
}

impl Seen {
    pub(super) fn take_cars(&mut self, rows: Vec<CarData>, report: &mut DecodeReport, news: &mut Vec<Telling>) {
        let mut samples = Vec::new();
        for row in rows {
            let (Some(date), Some(driver)) = (row.date.get(), row.driver_number.get()) else {
                report.skip(Skip::BadRow, b"car_data without date or driver");
                continue;
            };
            let driver = DriverNumber(driver);
            if is_new(&mut self.cars, driver, date) {
                let channels =
                    [row.rpm, row.speed, row.n_gear, row.throttle, row.brake, row.drs].map(|field| field.get());
                let sample = car_sample(driver, &channels, &mut report.garbage);
                samples.push(CarSample { time: SessionTime::from_millis(date.as_millis()), ..sample });
            }
        }
        tell(samples, |sample| (sample.time, sample.driver), Feed::Cars, Event::Cars, news);
    }

    pub(super) fn take_fixes(&mut self, rows: Vec<Location>, report: &mut DecodeReport, news: &mut Vec<Telling>) {
        let mut fixes = Vec::new();
        for row in rows {
            let (Some(date), Some(driver)) = (row.date.get(), row.driver_number.get()) else {
                report.skip(Skip::BadRow, b"location without date or driver");
                continue;
            };
            let (Some(x), Some(y)) = (row.x.get(), row.y.get()) else { continue };
            let driver = DriverNumber(driver);
            if !is_new(&mut self.fixes, driver, date) {
                continue;
            }
            // Rows do not say whether the car is on the track; those of cars that are not have no fix, mostly.
            let fix = position_sample(driver, true, [x, y, row.z.get().unwrap_or(0)], &mut report.garbage);
            let time = SessionTime::from_millis(date.as_millis());
            fixes.extend(fix.map(|fix| PositionSample { time, ..fix }));
        }
        tell(fixes, |fix| (fix.time, fix.driver), Feed::Positions, Event::Positions, news);
    }
}

/// True the first time that a car's sample of that moment comes.
fn is_new(seen: &mut BTreeMap<DriverNumber, Vec<i64>>, driver: DriverNumber, date: UtcTime) -> bool {
    if seen.len() >= MAX_CARS && !seen.contains_key(&driver) {
        return false;
    }
    let dates = seen.entry(driver).or_default();
    let date = date.as_millis();
    match dates.last() {
        Some(last) if *last >= date => match dates.binary_search(&date) {
            Ok(_) => return false,
            Err(_) if dates.len() >= MAX_SAMPLES => return false,
            Err(idx) => dates.insert(idx, date),
        },
        _ if dates.len() >= MAX_SAMPLES => return false,
        _ => dates.push(date),
    }
    true
}

/// Tells samples second by second, as the feed does: each batch at the moment of its last sample.
fn tell<T>(
    mut samples: Vec<T>,
    key: impl Fn(&T) -> (SessionTime, DriverNumber),
    feed: Feed,
    event: impl Fn(Vec<T>) -> Event,
    news: &mut Vec<Telling>,
) {
    samples.sort_by_key(|sample| key(sample));
    let second = |sample: &T| key(sample).0.as_millis().div_euclid(1000);
    let mut rest = samples.into_iter().peekable();
    while let Some(first) = rest.next() {
        let of = second(&first);
        let mut batch = vec![first];
        while let Some(sample) = rest.next_if(|sample| second(sample) == of) {
            batch.push(sample);
        }
        let Some(last) = batch.last().map(|sample| key(sample).0) else { continue };
        news.push(Telling::new(UtcTime::from_millis(last.as_millis()), feed, event(batch)));
    }
}

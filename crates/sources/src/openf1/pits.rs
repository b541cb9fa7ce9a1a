//! Visits to the pit lane.
//!
//! A row's moment is when the car left the lane, in races and elsewhere (2026: it equals the stamp of the feed's own
//! pit stop, or the beginning of the lap out of the garage); it came in as much earlier as the row's duration says.

use std::collections::{BTreeMap, BTreeSet};

use overcut_domain::{CarTiming, DriverNumber, Event, Feed, LapNumber, LapTime, PitLaneReport, PitStopReport, UtcTime};

use super::rows::Pit;
use super::tell::{Telling, shifted};
use crate::report::{DecodeReport, Skip};

/// Most visits of a session.
const MAX_VISITS: usize = 10_000;

/// One visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Visit {
    id: Option<i64>,
    left_at: UtcTime,
    lane_time: Option<LapTime>,
    stop_time: Option<LapTime>,
}

/// The visits so far, by car and lap.
#[derive(Debug, Default)]
pub(super) struct Pits {
    visits: BTreeMap<(DriverNumber, u16), Visit>,
}

impl Pits {
    /// When the car came in before the lap that its row names, as far as that was measured.
    pub(super) fn entered_before(&self, driver: DriverNumber, lap: u16) -> Option<UtcTime> {
        let visit = self.visits.get(&(driver, lap))?;
        Some(shifted(visit.left_at, -i64::from(visit.lane_time?.as_millis())))
    }

    /// Takes visits in. Returns the cars of which something is new.
    pub(super) fn take(
        &mut self,
        mut rows: Vec<Pit>,
        is_race: bool,
        report: &mut DecodeReport,
        news: &mut Vec<Telling>,
    ) -> BTreeSet<DriverNumber> {
        rows.sort_by_key(|row| row.date.get());
        let mut touched = BTreeSet::new();
        for row in rows {
            let (Some(left_at), Some(driver)) = (row.date.get(), row.driver_number.get()) else {
                report.skip(Skip::BadRow, b"pit without date or driver");
                continue;
            };
            let key = (DriverNumber(driver), row.lap_number.get().unwrap_or(0));
            let known = self.visits.get(&key).copied();
            let id = row.id.get();
            let is_older = known.and_then(|known| known.id).zip(id).is_some_and(|(known, id)| id <= known);
            if is_older || known.is_none() && self.visits.len() >= MAX_VISITS {
                continue;
            }
            let visit = Visit {
                id: id.or(known.and_then(|known| known.id)),
                left_at,
                lane_time: row
                    .lane_duration
                    .get()
                    .or(row.pit_duration.get())
                    .or(known.and_then(|known| known.lane_time)),
                stop_time: row.stop_duration.get().or(known.and_then(|known| known.stop_time)),
            };
            if known.is_some_and(|known| Visit { id: visit.id, ..known } == visit) {
                continue;
            }
            self.visits.insert(key, visit);
            touched.insert(key.0);
            let is_first = known.is_none_or(|known| known.lane_time != visit.lane_time);
            if is_race && is_first {
                self.tell_edges(key.0, &visit, news);
            }
            tell_times(key, &visit, is_race, news);
        }
        touched
    }

    /// A race's laps do not say when a car was in the lane, its visits do.
    fn tell_edges(&self, driver: DriverNumber, visit: &Visit, news: &mut Vec<Telling>) {
        let Some(lane_time) = visit.lane_time else { return };
        let of_car = self.visits.range((driver, 0)..=(driver, u16::MAX));
        let n_visits = of_car.filter(|(_, other)| other.left_at <= visit.left_at).count();
        let entered_at = shifted(visit.left_at, -i64::from(lane_time.as_millis()));
        let car = CarTiming { driver, ..CarTiming::default() };
        let n_pit_stops = u8::try_from(n_visits).ok();
        let enters = CarTiming { in_pit: Some(true), n_pit_stops, ..car.clone() };
        let leaves = CarTiming { in_pit: Some(false), pit_out: Some(true), ..car };
        news.push(Telling::timing(entered_at, vec![enters]));
        news.push(Telling::timing(visit.left_at, vec![leaves]));
    }
}

fn tell_times(key: (DriverNumber, u16), visit: &Visit, is_race: bool, news: &mut Vec<Telling>) {
    let (driver, lap) = (key.0, Some(LapNumber(key.1)).filter(|lap| lap.0 > 0));
    let (lane_time, stop_time) = (visit.lane_time, visit.stop_time);
    if lane_time.is_none() && stop_time.is_none() {
        return;
    }
    let event = if is_race || stop_time.is_some() {
        Event::PitStops(vec![PitStopReport { driver, lap, utc: Some(visit.left_at), lane_time, stop_time }])
    } else {
        Event::PitLane(vec![PitLaneReport { driver, lap, lane_time, removed: false }])
    };
    news.push(Telling::new(visit.left_at, Feed::PitStops, event));
}

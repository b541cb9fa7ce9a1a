//! Laps: rows that grow, told as a timing screen tells them.
//!
//! Each value of a row becomes a piece of news at the moment that follows from the row itself ([`super::places`]), so
//! that a row that comes once, complete, tells the same as one that was sent anew for every sector. A lap that the
//! service lost leaves a hole: laps are never renumbered.

mod bests;
mod facts;

use std::collections::{BTreeMap, BTreeSet};

use overcut_domain::{DriverNumber, Event, Feed, LapCountUpdate, LapNumber, LapTime, QualifyingPart, UtcTime};

use super::pits::Pits;
use super::places;
use super::rows;
use super::tell::Telling;
use crate::report::{DecodeReport, Skip};
use bests::Bests;
use facts::Fact;

/// Most cars, and most laps of each: a day of testing has under two hundred.
const MAX_CARS: usize = 100;
const MAX_LAPS: usize = 500;

/// The laps so far.
#[derive(Debug, Default)]
pub(super) struct Laps {
    cars: BTreeMap<DriverNumber, BTreeMap<u16, LapRow>>,
    /// Cars of which something is new.
    touched: BTreeSet<DriverNumber>,
    bests: Bests,
    /// The last time any car took for each sector: how far mini-sectors of a running one lie apart.
    typical: [Option<LapTime>; 3],
    /// The leader's lap as told.
    leader_lap: u16,
}

/// What else laps are placed by.
pub(super) struct Context<'a> {
    pub(super) is_race: bool,
    pub(super) pits: &'a Pits,
    /// When each part of qualifying began.
    pub(super) parts: &'a [(UtcTime, QualifyingPart)],
}

/// One row, merged from all that came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct LapRow {
    id: Option<i64>,
    pub(super) started_at: Option<UtcTime>,
    pub(super) time: Option<LapTime>,
    pub(super) sectors: [Option<LapTime>; 3],
    /// At the ends of sectors 1 and 2, and at the speed trap, km/h.
    pub(super) speeds: [Option<u16>; 3],
    pub(super) is_out: bool,
    pub(super) segments: [Vec<Option<u16>>; 3],
    told: Told,
}

/// What was told of a row.
#[derive(Debug, Clone, Default)]
struct Told {
    begins: bool,
    enters: bool,
    ends: bool,
    time: Option<LapTime>,
    sectors: [Option<LapTime>; 3],
    speeds: [Option<u16>; 3],
    segments: [Vec<Option<u16>>; 3],
}

impl Laps {
    /// Merges rows in. A row's null never takes away what was there: rows are sent before they are complete.
    pub(super) fn take(&mut self, rows: Vec<rows::Laps>, report: &mut DecodeReport) {
        for row in rows {
            let (Some(driver), Some(number)) = (row.driver_number.get().map(DriverNumber), row.lap_number.get()) else {
                report.skip(Skip::BadRow, b"laps without driver or number");
                continue;
            };
            if self.cars.len() >= MAX_CARS && !self.cars.contains_key(&driver) {
                continue;
            }
            let laps = self.cars.entry(driver).or_default();
            if number == 0 || laps.len() >= MAX_LAPS && !laps.contains_key(&number) {
                continue;
            }
            if laps.entry(number).or_default().merge(row) {
                self.touched.insert(driver);
            }
        }
    }

    /// Looks at these cars again when news are told: something that their laps depend on is new.
    pub(super) fn touch(&mut self, drivers: BTreeSet<DriverNumber>) {
        self.touched.extend(drivers);
    }

    /// Tells what is new and can be placed.
    pub(super) fn tell_news(&mut self, context: &Context<'_>, news: &mut Vec<Telling>) {
        let touched = std::mem::take(&mut self.touched);
        self.tell_cars(touched, context, false, news);
    }

    /// Tells everything that was not told yet, placed or not.
    pub(super) fn finish(&mut self, context: &Context<'_>, news: &mut Vec<Telling>) {
        let all = self.cars.keys().copied().collect();
        self.tell_cars(all, context, true, news);
    }

    fn tell_cars(
        &mut self,
        cars: BTreeSet<DriverNumber>,
        context: &Context<'_>,
        is_last_chance: bool,
        news: &mut Vec<Telling>,
    ) {
        let mut facts: Vec<Fact> = Vec::new();
        for driver in cars {
            let Some(rows) = self.cars.get_mut(&driver) else { continue };
            for sectors in rows.values().rev().take(2).map(|row| row.sectors) {
                self.typical = std::array::from_fn(|idx| sectors[idx].or(self.typical[idx]));
            }
            let places = places::place(rows, context.is_race);
            let mut n_visits = 0;
            for (number, row) in rows.iter_mut() {
                let Some(place) = places.get(number) else { continue };
                n_visits = u8::saturating_add(n_visits, u8::from(row.is_out && *number > 1));
                let lap =
                    facts::Lap { driver, number: *number, place, n_visits, typical: &self.typical, is_last_chance };
                facts::collect(&lap, row, context, &mut facts);
            }
        }
        facts.sort_by(Fact::compare);
        if context.is_race {
            self.tell_leader_lap(&facts, news);
        }
        news.extend(facts.into_iter().map(|fact| fact.tell(&mut self.bests, context)));
    }

    /// The first car to begin a lap takes the lap count with it.
    fn tell_leader_lap(&mut self, facts: &[Fact], news: &mut Vec<Telling>) {
        for (utc, begun) in facts.iter().filter_map(Fact::begins) {
            if begun > self.leader_lap {
                self.leader_lap = begun;
                let event = Event::LapCount(LapCountUpdate { current: Some(begun), total: None });
                news.push(Telling::new(utc, Feed::Session, event));
            }
        }
    }

    /// When a car began a lap, or the first one after it that is known.
    pub(super) fn began(&self, driver: DriverNumber, lap: u16) -> Option<UtcTime> {
        let rows = self.cars.get(&driver)?;
        rows.range(lap..).find_map(|(_, row)| row.started_at)
    }

    /// The lap that a car is on at a moment.
    pub(super) fn lap_at(&self, driver: DriverNumber, utc: UtcTime) -> Option<LapNumber> {
        let rows = self.cars.get(&driver)?;
        let begun = rows.iter().rev().find(|(_, row)| row.started_at.is_some_and(|start| start <= utc));
        begun.or(rows.first_key_value()).map(|(number, _)| LapNumber(*number))
    }
}

impl LapRow {
    /// Takes a newer row over. Returns true if anything changed.
    fn merge(&mut self, row: rows::Laps) -> bool {
        let id = row.id.get();
        if id.zip(self.id).is_some_and(|(id, known)| id <= known) {
            return false;
        }
        self.id = id.or(self.id);
        let sectors = [row.duration_sector_1, row.duration_sector_2, row.duration_sector_3].map(|field| field.get());
        let speeds = [row.i1_speed, row.i2_speed, row.st_speed].map(|field| field.get());
        let segments = [row.segments_sector_1, row.segments_sector_2, row.segments_sector_3]
            .map(|list| list.items.into_iter().map(|code| code.get()).collect::<Vec<_>>());
        let mut is_changed = replace(&mut self.started_at, row.date_start.get());
        is_changed |= replace(&mut self.time, row.lap_duration.get());
        for idx in 0..3 {
            is_changed |= replace(&mut self.sectors[idx], sectors[idx]);
            // A trap that measured nothing sends 0.
            is_changed |= replace(&mut self.speeds[idx], speeds[idx].filter(|speed| *speed > 0));
        }
        for (known, new) in self.segments.iter_mut().zip(segments) {
            let is_news = new.iter().any(Option::is_some) && *known != new;
            if is_news {
                *known = new;
            }
            is_changed |= is_news;
        }
        let is_out = row.is_pit_out_lap.get().unwrap_or(self.is_out);
        is_changed |= std::mem::replace(&mut self.is_out, is_out) != is_out;
        is_changed || self.is_empty()
    }

    /// True if a row says no more than that there is such a lap.
    fn is_empty(&self) -> bool {
        self.started_at.is_none() && self.time.is_none() && self.sectors == [None; 3]
    }
}

fn replace<T: PartialEq>(slot: &mut Option<T>, new: Option<T>) -> bool {
    let is_news = new.is_some() && *slot != new;
    if is_news {
        *slot = new;
    }
    is_news
}

//! Tyres.
//!
//! The service numbers stints, repeats some, and invents others: where a later one begins on the same lap or before,
//! the earlier never was. A stint lasts until the next begins, whatever its row says of its end. A compound that is
//! null stays unknown.

use std::collections::BTreeMap;

use overcut_domain::{CarStints, Compound, DriverNumber, Event, Feed, StintUpdate, StintsUpdate};

use super::laps::Laps;
use super::rows;
use super::tell::{Telling, shifted};
use crate::report::{DecodeReport, Skip};

/// Most stints of a session.
const MAX_STINTS: usize = 5_000;

/// One row.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    id: Option<i64>,
    lap_start: u16,
    lap_end: Option<u16>,
    compound: Option<Compound>,
    age: Option<u16>,
}

impl Row {
    /// A stint that ends before it begins never was.
    fn is_real(&self) -> bool {
        self.lap_end.is_none_or(|end| end >= self.lap_start)
    }
}

/// The stints so far.
#[derive(Debug, Default)]
pub(super) struct Stints {
    rows: BTreeMap<(DriverNumber, u8), Row>,
    /// What was told of each car's stints, by their place in the list.
    told: BTreeMap<(DriverNumber, u8), StintUpdate>,
}

impl Stints {
    pub(super) fn take(&mut self, rows: Vec<rows::Stints>, report: &mut DecodeReport) {
        for row in rows {
            let key = row.driver_number.get().map(DriverNumber).zip(row.stint_number.get());
            let (Some(key), Some(lap_start)) = (key, row.lap_start.get()) else {
                report.skip(Skip::BadRow, b"stints without driver, number or first lap");
                continue;
            };
            let known = self.rows.get(&key);
            let id = row.id.get();
            let is_older = known.and_then(|known| known.id).zip(id).is_some_and(|(known, id)| id <= known);
            if is_older || known.is_none() && self.rows.len() >= MAX_STINTS {
                continue;
            }
            let compound = row.compound.get().as_deref().and_then(Compound::from_name);
            let row = Row {
                id: id.or(known.and_then(|known| known.id)),
                lap_start,
                lap_end: row.lap_end.get(),
                compound: compound.or(known.and_then(|known| known.compound)),
                age: row.tyre_age_at_start.get().or(known.and_then(|known| known.age)),
            };
            self.rows.insert(key, row);
        }
    }

    /// Tells stints whose beginning is known now.
    pub(super) fn tell_news(&mut self, laps: &Laps, news: &mut Vec<Telling>) {
        let mut before: Option<(DriverNumber, u8)> = None;
        for (driver, row) in self.real_stints() {
            let stint_idx = before.filter(|(car, _)| *car == driver).map_or(0, |(_, idx)| idx.saturating_add(1));
            before = Some((driver, stint_idx));
            let update = StintUpdate {
                stint_idx,
                compound: row.compound,
                fresh: row.age.map(|age| age == 0),
                changed: Some(true),
                // The age when fitted: the fold counts the laps itself.
                total_laps: row.age,
                start_laps: row.age,
                ..StintUpdate::default()
            };
            if self.told.get(&(driver, stint_idx)) == Some(&update) {
                continue;
            }
            let event = Event::Stints(StintsUpdate {
                cars: vec![CarStints { driver, stints: vec![update], ..CarStints::default() }],
            });
            let telling = if stint_idx == 0 {
                Telling::of_opening(Feed::Tyres, event)
            } else if let Some(start) = laps.began(driver, row.lap_start) {
                // A moment later: the lap must have begun when its tyres are told.
                Telling::new(shifted(start, 1), Feed::Tyres, event)
            } else {
                continue;
            };
            self.told.insert((driver, stint_idx), update);
            news.push(telling);
        }
    }

    /// The stints that were driven, by car and number.
    fn real_stints(&self) -> Vec<(DriverNumber, Row)> {
        let mut real: Vec<(DriverNumber, Row)> = Vec::new();
        for ((driver, _), row) in self.rows.iter().filter(|(_, row)| row.is_real()) {
            while real.last().is_some_and(|(car, before)| car == driver && before.lap_start >= row.lap_start) {
                real.pop();
            }
            real.push((*driver, row.clone()));
        }
        real
    }
}

//! When laps and their sectors began and ended.
//!
//! A row states when its lap began (to a few tenths of a second) and how long it and its sectors took. Outside of races
//! a lap out of the garage is stated to begin at the exit of the pit lane, while its time counts from the line that
//! the car crossed on its way in, garage and all.

use std::collections::BTreeMap;

use overcut_domain::{LapTime, UtcTime};

use super::laps::LapRow;
use super::tell::shifted;

/// The moments of one lap, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) start: Option<UtcTime>,
    /// When each sector ended; the third is the lap's end.
    pub(super) ends: [Option<UtcTime>; 3],
    /// When the next lap that there is a row of began, and its number.
    pub(super) next: Option<(u16, Option<UtcTime>)>,
    /// True if the car went into the pit lane on it.
    pub(super) is_in_lap: bool,
}

impl Place {
    pub(super) fn end(&self) -> Option<UtcTime> {
        self.ends[2]
    }

    /// When sector `idx` began.
    pub(super) fn sector_start(&self, idx: usize) -> Option<UtcTime> {
        idx.checked_sub(1).map_or(self.start, |before| self.ends.get(before).copied().flatten())
    }

    /// The latest moment of the lap that is known.
    pub(super) fn latest(&self) -> Option<UtcTime> {
        self.ends.iter().rev().copied().chain([self.start]).flatten().next()
    }
}

/// Stated beginnings of laps are off by a few tenths of a second; more than this is something else.
const MAX_OFF_MS: i64 = 5_000;

/// The mini-sector code of the pit lane.
const PIT_LANE_CODE: u16 = 2064;

/// Places every lap of one car.
pub(super) fn place(rows: &BTreeMap<u16, LapRow>, is_race: bool) -> BTreeMap<u16, Place> {
    let mut places = BTreeMap::new();
    let mut before: Option<(u16, Place)> = None;
    let mut rest = rows.iter().peekable();
    while let Some((number, row)) = rest.next() {
        let next = rest.peek().map(|(number, row)| (**number, *row));
        let before_this = before.filter(|(before, _)| before.saturating_add(1) == *number).map(|(_, place)| place);
        let place = place_lap(*number, row, before_this, next, is_race);
        places.insert(*number, place);
        before = Some((*number, place));
    }
    places
}

fn place_lap(number: u16, row: &LapRow, before: Option<Place>, next: Option<(u16, &LapRow)>, is_race: bool) -> Place {
    let is_from_garage = row.is_out && !is_race;
    let follows = next.filter(|(next, _)| *next == number.saturating_add(1)).map(|(_, row)| row);
    // Where the next lap begins at the line, this one ends there.
    let next_at_line = follows.filter(|next| !next.is_out || is_race).and_then(|next| next.started_at);
    let end_before = before.and_then(|before| before.end());
    let start = row.started_at.or(end_before.filter(|_| !is_from_garage));
    // The time of a lap out of the garage counts from the line.
    let counts_from = if is_from_garage { end_before } else { start };
    let sum = row.sectors.iter().copied().sum::<Option<Millis>>().map(|Millis(sum)| sum);
    let lasted = row.time.map(millis).or(sum.filter(|_| !is_from_garage));
    let by_time = counts_from.zip(lasted).map(|(from, millis)| shifted(from, millis));
    // A car that comes out and back in without reaching the line keeps the time of the lap before in its row (car 30
    // in the second practice at Barcelona in 2026, lap 4): it ended before it began.
    let by_time = by_time.filter(|end| start.is_none_or(|start| *end > start));
    // A garage lap after one whose end nobody saw (a red flag) would end long after the next has begun.
    let next_start = next.and_then(|(_, next)| next.started_at);
    let by_time = by_time.filter(|end| next_start.is_none_or(|next| *end < shifted(next, MAX_OFF_MS)));
    let end = match (by_time, next_at_line) {
        (Some(by_time), Some(next)) => Some(by_time.min(next)),
        (by_time, next) => by_time.or(next),
    };
    // A lap of which nothing tells the end was over when the next one began.
    let end = end.or(next_start.map(|next| shifted(next, -2)));
    let back_from = |end: Option<UtcTime>, sector: Option<LapTime>| {
        end.zip(sector).map(|(end, sector)| shifted(end, -millis(sector)))
    };
    let on_from = |start: Option<UtcTime>, sector: Option<LapTime>| {
        start.zip(sector).map(|(start, sector)| shifted(start, millis(sector)))
    };
    let [first, second, third] = row.sectors;
    // Out of the garage a lap's sectors count from the line, too, so they are placed from its end.
    let forward = start.filter(|_| !is_from_garage);
    let second_end = on_from(on_from(forward, first), second).or(back_from(end, third));
    let first_end = on_from(forward, first).or(back_from(second_end, second));
    let not_after = |at: Option<UtcTime>, end: Option<UtcTime>| at.map(|at| end.map_or(at, |end| at.min(end)));
    let second_end = not_after(second_end, end);
    let first_end = not_after(first_end, second_end);
    let goes_in = row.segments[2].last().is_some_and(|code| *code == Some(PIT_LANE_CODE));
    Place {
        start,
        ends: [first_end, second_end, end],
        next: next.map(|(number, row)| (number, row.started_at)),
        is_in_lap: goes_in || follows.is_some_and(|next| next.is_out),
    }
}

pub(super) fn millis(time: LapTime) -> i64 {
    i64::from(time.as_millis())
}

/// A sum of sector times, if all are known.
struct Millis(i64);

impl std::iter::Sum<LapTime> for Millis {
    fn sum<I: Iterator<Item = LapTime>>(times: I) -> Self {
        Millis(times.map(millis).sum())
    }
}

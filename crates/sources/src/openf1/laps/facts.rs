//! What a lap's row says, value by value, each with its moment.

use std::cmp::Ordering;

use overcut_domain::{
    CarTiming, Change, DriverNumber, LapNumber, LapTime, PartStats, SectorUpdate, SegmentStatus, SpeedTrap,
    SpeedUpdate, TimeUpdate, UtcTime,
};

use super::super::places::{Place, millis};
use super::super::tell::{Telling, shifted};
use super::bests::{Bests, Rank};
use super::{Context, LapRow};

/// Where nothing tells when a car went into the pit lane at the end of a lap, it is taken to have been this long
/// before the line.
const ENTERS_BEFORE_LINE_MS: i64 = 5_000;
/// Where nothing tells when a lap began, it is taken to have been this long before the first moment that is known.
const BEGAN_BEFORE_MS: i64 = 60_000;
/// Most lost laps in a row that are counted one by one.
const MAX_LOST: u16 = 100;

/// A value and its moment.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    utc: UtcTime,
    driver: DriverNumber,
    kind: Kind,
}

/// In the order in which things of one moment are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The car goes into the pit lane; its visits so far.
    Enters(u8),
    Segment(u8, u8, u16),
    Sector(u8, LapTime, Option<u16>),
    Speed(u8, u16),
    /// The time of a lap.
    Time(LapNumber, LapTime),
    /// The car's counter of laps is this now, and the lap it is on that.
    Counts(u16, LapNumber),
    /// The car leaves the pit lane for this lap, and the counter is that.
    Leaves(LapNumber, Option<u16>),
}

/// A lap and what is known around it.
pub(super) struct Lap<'a> {
    pub(super) driver: DriverNumber,
    pub(super) number: u16,
    pub(super) place: &'a Place,
    /// Visits to the pit lane before it.
    pub(super) n_visits: u8,
    pub(super) typical: &'a [Option<LapTime>; 3],
    pub(super) is_last_chance: bool,
}

impl Lap<'_> {
    fn push(&self, facts: &mut Vec<Fact>, utc: UtcTime, kind: Kind) {
        facts.push(Fact { utc, driver: self.driver, kind });
    }

    /// When it began; if that is not known, well before the first moment that is.
    fn start(&self) -> Option<UtcTime> {
        let first_end = self.place.ends.iter().flatten().next();
        self.place.start.or(first_end.map(|end| shifted(*end, -BEGAN_BEFORE_MS)))
    }
}

/// Appends what is new in a row and can be placed.
pub(super) fn collect(lap: &Lap<'_>, row: &mut LapRow, context: &Context<'_>, facts: &mut Vec<Fact>) {
    begins(lap, row, context, facts);
    sectors(lap, row, facts);
    speeds(lap, row, facts);
    segments(lap, row, facts);
    enters(lap, row, context, facts);
    ends(lap, row, context, facts);
}

/// Outside of races the counter is the lap that the car is on, in races the laps it has completed.
fn begins(lap: &Lap<'_>, row: &mut LapRow, context: &Context<'_>, facts: &mut Vec<Fact>) {
    if row.told.begins {
        return;
    }
    let Some(start) = lap.start() else { return };
    row.told.begins = true;
    let number = LapNumber(lap.number);
    if context.is_race {
        if lap.number > 1 {
            lap.push(facts, start, Kind::Counts(lap.number - 1, number));
        }
        if row.is_out && lap.number > 1 {
            // The visit itself tells it better, if its row comes; the line was crossed in the lane in any case, and at
            // the end of the first sector the car is out of it.
            lap.push(facts, shifted(start, -1), Kind::Enters(lap.n_visits));
            let left = lap.place.ends[0].unwrap_or_else(|| shifted(start, BEGAN_BEFORE_MS));
            lap.push(facts, left, Kind::Leaves(number, None));
        }
    } else if row.is_out {
        lap.push(facts, start, Kind::Leaves(number, Some(lap.number)));
    } else {
        lap.push(facts, start, Kind::Counts(lap.number, number));
    }
}

fn sectors(lap: &Lap<'_>, row: &mut LapRow, facts: &mut Vec<Fact>) {
    for (idx, sector_idx) in (0..3).zip(0u8..) {
        let Some(time) = row.sectors[idx].filter(|time| row.told.sectors[idx] != Some(*time)) else { continue };
        if let Some(end) = lap.place.ends[idx].or(fallback(lap)) {
            row.told.sectors[idx] = Some(time);
            // The first trap stands at the end of the first sector, and a feed tells both at once: a sector without a
            // speed would mean that it is the same as on the lap before.
            let speed = row.speeds[0].filter(|_| idx == 0);
            row.told.speeds[0] = speed.or(row.told.speeds[0]);
            lap.push(facts, end, Kind::Sector(sector_idx, time, speed));
        }
    }
}

/// The first two traps are at the ends of sectors. Where the third is the rows do not say, so its value is told when
/// the last thing before it is.
fn speeds(lap: &Lap<'_>, row: &mut LapRow, facts: &mut Vec<Fact>) {
    let ends = lap.place.ends;
    let end = ends[2].map(|end| shifted(end, -1));
    let places = [ends[0].or(end), ends[1].or(end), end.or(lap.place.latest().map(|latest| shifted(latest, 1)))];
    for (idx, trap_idx) in (0..3).zip(0u8..) {
        let Some(speed) = row.speeds[idx].filter(|speed| row.told.speeds[idx] != Some(*speed)) else { continue };
        if let Some(at) = places[idx].or(fallback(lap)) {
            row.told.speeds[idx] = Some(speed);
            lap.push(facts, at, Kind::Speed(trap_idx, speed));
        }
    }
}

/// Mini-sectors are spread evenly over their sector, or over the time that a car last took for it.
fn segments(lap: &Lap<'_>, row: &mut LapRow, facts: &mut Vec<Fact>) {
    for (idx, sector_idx) in (0..3).zip(0u8..) {
        let codes = &row.segments[idx];
        if *codes == row.told.segments[idx] {
            continue;
        }
        let Some(start) = lap.place.sector_start(idx).or(fallback(lap)) else { continue };
        let lasts = lap.place.ends[idx].map(|end| end.as_millis().saturating_sub(start.as_millis()));
        let Some(lasts) = lasts.or(lap.typical[idx].map(millis)) else { continue };
        let n = i64::try_from(codes.len()).unwrap_or(i64::MAX).max(1);
        for (code, (segment, segment_idx)) in codes.iter().zip((1i64..).zip(0u8..)) {
            let told = row.told.segments[idx].get(usize::from(segment_idx)).copied().flatten();
            let Some(code) = code.filter(|code| told != Some(*code)) else { continue };
            let at = shifted(start, lasts.max(0).saturating_mul(segment) / n);
            lap.push(facts, at, Kind::Segment(sector_idx, segment_idx, code));
        }
        row.told.segments[idx].clone_from(codes);
    }
}

/// The car goes into the pit lane at the end of the lap. In races the line lies in the lane's way, so the next lap
/// tells it.
fn enters(lap: &Lap<'_>, row: &mut LapRow, context: &Context<'_>, facts: &mut Vec<Fact>) {
    let Some(end) = lap.place.end().filter(|_| lap.place.is_in_lap && !row.told.enters && !context.is_race) else {
        return;
    };
    row.told.enters = true;
    let second_end = lap.place.ends[1].unwrap_or(UtcTime::from_millis(i64::MIN));
    let measured = context.pits.entered_before(lap.driver, lap.number.saturating_add(1));
    let at = measured.filter(|at| *at > second_end).unwrap_or_else(|| shifted(end, -ENTERS_BEFORE_LINE_MS));
    let at = at.max(second_end).min(shifted(end, -1));
    lap.push(facts, at, Kind::Enters(lap.n_visits.saturating_add(1)));
}

fn ends(lap: &Lap<'_>, row: &mut LapRow, context: &Context<'_>, facts: &mut Vec<Fact>) {
    let Some(end) = lap.place.end().or(fallback(lap)) else { return };
    let number = LapNumber(lap.number);
    // Outside of races the time of a lap out of the pits counts from the line that the car crossed before it stood in
    // the garage: that is no lap time.
    let is_timed = context.is_race || !row.is_out;
    if let Some(time) = row.time.filter(|time| is_timed && row.told.time != Some(*time)) {
        row.told.time = Some(time);
        lap.push(facts, end, Kind::Time(number, time));
    }
    let is_over = row.time.is_some() || lap.place.next.is_some();
    if row.told.ends || !is_over || lap.place.end().is_none() {
        return;
    }
    let Some((next, next_start)) = lap.place.next else {
        // The last lap of a race, as far as is known; elsewhere the car may stay out or not.
        if context.is_race {
            row.told.ends = true;
            lap.push(facts, end, Kind::Counts(lap.number, number));
        }
        return;
    };
    row.told.ends = true;
    if context.is_race {
        lap.push(facts, end, Kind::Counts(lap.number, number.next()));
    }
    let n_lost = next.saturating_sub(lap.number).saturating_sub(1).min(MAX_LOST);
    lost_laps(lap, n_lost, (end, next_start.unwrap_or(end)), context, facts);
}

/// Laps of which there is no row are counted, so that those after them keep their numbers.
fn lost_laps(lap: &Lap<'_>, n_lost: u16, between: (UtcTime, UtcTime), context: &Context<'_>, facts: &mut Vec<Fact>) {
    let (end, next_start) = between;
    let span = next_start.as_millis().saturating_sub(end.as_millis()).max(0);
    for n in 1..=n_lost {
        // Spread evenly, which is as good as anything; the last one ends where the next that is known begins, for laps
        // follow one another.
        let at = |n: u16| shifted(end, span.saturating_mul(i64::from(n)) / i64::from(n_lost));
        let lost = lap.number.saturating_add(n);
        let kind = if context.is_race {
            Kind::Counts(lost, LapNumber(lost).next())
        } else {
            Kind::Counts(lost, LapNumber(lost))
        };
        lap.push(facts, at(if context.is_race { n } else { n - 1 }), kind);
    }
}

/// Where a value goes that nothing places, once no more can come.
fn fallback(lap: &Lap<'_>) -> Option<UtcTime> {
    lap.place.latest().filter(|_| lap.is_last_chance).map(|latest| shifted(latest, 1))
}

impl Fact {
    /// The order in which facts are told.
    pub(super) fn compare(&self, other: &Fact) -> Ordering {
        (self.utc, self.driver, self.kind).cmp(&(other.utc, other.driver, other.kind))
    }

    /// The lap that a car begins with this, and when.
    pub(super) fn begins(&self) -> Option<(UtcTime, u16)> {
        match self.kind {
            Kind::Counts(_, lap) => Some((self.utc, lap.0)),
            _ => None,
        }
    }

    /// The news of it.
    pub(super) fn tell(self, bests: &mut Bests, context: &Context<'_>) -> Telling {
        let driver = self.driver;
        let mut car = CarTiming { driver, ..CarTiming::default() };
        match self.kind {
            Kind::Enters(n_visits) => (car.in_pit, car.n_pit_stops) = (Some(true), Some(n_visits)),
            Kind::Segment(sector_idx, segment, code) => {
                let segments = vec![(segment, SegmentStatus::from_code(code))];
                car.sectors.push(SectorUpdate { sector_idx, segments, ..SectorUpdate::default() });
            }
            Kind::Sector(sector_idx, time, speed) => {
                let time = ranked(time, bests.sector(driver, usize::from(sector_idx), time));
                car.sectors.push(SectorUpdate { sector_idx, time, ..SectorUpdate::default() });
                match speed {
                    Some(speed) => car.speeds.push(trap_speed(driver, 0, speed, bests)),
                    None if sector_idx == 0 => car.speeds.push(NO_FIRST_SPEED),
                    None => {}
                }
            }
            Kind::Speed(trap_idx, speed) => car.speeds.push(trap_speed(driver, trap_idx, speed, bests)),
            Kind::Time(number, time) => {
                let rank = bests.lap(driver, time);
                car.last_lap = Some(ranked(time, rank));
                if rank.0 {
                    (car.best_lap, car.best_lap_number) = (Change::Set(time), Some(number));
                }
                let part = context.parts.iter().rev().find(|(began, _)| *began <= self.utc);
                let part_idx = part.and_then(|(_, part)| part.0.checked_sub(1));
                if let Some(part_idx) = part_idx.filter(|part| bests.lap_of_part(driver, *part, time)) {
                    let best_lap = Change::Set(time);
                    let stats = PartStats { part_idx, best_lap, best_lap_number: Some(number), ..PartStats::default() };
                    car.parts.push(stats);
                }
            }
            Kind::Counts(n, _) => (car.n_laps, car.pit_out) = (Some(n), Some(false)),
            Kind::Leaves(_, n_laps) => (car.in_pit, car.pit_out, car.n_laps) = (Some(false), Some(true), n_laps),
        }
        Telling::timing(self.utc, vec![car])
    }
}

/// Takes the speed of the lap before off the screen.
const NO_FIRST_SPEED: SpeedUpdate = SpeedUpdate {
    trap: SpeedTrap::I1,
    speed_kmh: Change::Clear,
    is_overall_best: Some(false),
    is_personal_best: Some(false),
};

fn trap_speed(driver: DriverNumber, trap_idx: u8, speed: u16, bests: &mut Bests) -> SpeedUpdate {
    let (is_personal_best, is_overall_best) = bests.speed(driver, usize::from(trap_idx), speed);
    SpeedUpdate {
        trap: [SpeedTrap::I1, SpeedTrap::I2, SpeedTrap::SpeedTrap][usize::from(trap_idx).min(2)],
        speed_kmh: Change::Set(speed),
        is_overall_best: Some(is_overall_best),
        is_personal_best: Some(is_personal_best),
    }
}

fn ranked(time: LapTime, (is_personal_best, is_overall_best): Rank) -> TimeUpdate {
    TimeUpdate {
        time: Change::Set(time),
        is_overall_best: Some(is_overall_best),
        is_personal_best: Some(is_personal_best),
    }
}

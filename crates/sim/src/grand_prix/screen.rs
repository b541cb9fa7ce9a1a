//! What the timing screen says of one car's laps: mini-sectors, sectors, traps, lap times, and how they rank.
//!
//! The same in every kind of session. Places, gaps and lap counts differ and are told by `race_timing` and `run_timing`.

use overcut_domain::{
    BestsUpdate, CarBests, CarTiming, Change, LapNumber, LapTime, RankedTime, SectorUpdate, SegmentStatus, SpeedTrap,
    SpeedUpdate, TimeUpdate,
};

use super::course::Course;
use super::driven::DrivenLap;
use super::entry_list::DRIVERS;
use super::ranking::{Improvement, Ranking};

const TRAPS: [SpeedTrap; 4] = [SpeedTrap::I1, SpeedTrap::I2, SpeedTrap::FinishLine, SpeedTrap::SpeedTrap];

/// Bests so far, and what follows from them.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    laps: Ranking,
    sectors: [Ranking; 3],
    /// Negative km/h, so that faster is smaller.
    speeds: [Ranking; 4],
    minis: Vec<Ranking>,
    /// The last sector times stated, by car.
    previous: Vec<[Option<LapTime>; 3]>,
    /// Lines of other cars that something changed in.
    pub(super) others: Vec<CarTiming>,
    /// Changes of the table of bests.
    pub(super) bests: BestsUpdate,
}

impl Screen {
    pub(super) fn new(course: &Course) -> Screen {
        let n = DRIVERS.len();
        Screen {
            laps: Ranking::new(n),
            sectors: [0; 3].map(|_| Ranking::new(n)),
            speeds: [0; 4].map(|_| Ranking::new(n)),
            minis: vec![Ranking::new(n); course.n_minis()],
            previous: vec![[None; 3]; n],
            others: Vec::new(),
            bests: BestsUpdate::default(),
        }
    }

    /// Another part of qualifying: everybody begins anew.
    pub(super) fn begin_part(&mut self) {
        let rankings = self.sectors.iter_mut().chain(&mut self.speeds).chain(&mut self.minis);
        rankings.chain([&mut self.laps]).for_each(Ranking::clear);
    }

    /// The car passed the end of a mini-sector: its colour, and on the first of a lap the others go dark.
    pub(super) fn pass_mini(
        &mut self,
        course: &Course,
        car: usize,
        lap: &DrivenLap,
        mini: usize,
        line: &mut CarTiming,
    ) {
        let Some(end_ms) = lap.crossings_ms[mini] else { return };
        let begin_ms = match mini.checked_sub(1) {
            None => Some(lap.start_ms),
            Some(before) => lap.crossings_ms[before],
        };
        let in_lane = lap.pit_in_ms.is_some_and(|pit_in| pit_in < end_ms)
            || lap.pit_out_ms.is_some_and(|pit_out| begin_ms.is_none_or(|begin| begin < pit_out));
        let status = match begin_ms {
            _ if in_lane => SegmentStatus::PitLane,
            None => SegmentStatus::Yellow,
            Some(begin) => {
                let improvement = self.minis[mini].note(car, end_ms - begin);
                match (improvement.is_overall, improvement.is_personal) {
                    (true, _) => SegmentStatus::Purple,
                    (false, true) => SegmentStatus::Green,
                    (false, false) => SegmentStatus::Yellow,
                }
            }
        };
        if mini == 0 {
            darken(course, line);
        }
        let (sector_idx, segment_idx) = course.mini_places[mini];
        sector_of(line, sector_idx).segments.push((segment_idx, status));
    }

    /// The car completed a sector: its time, and the speed at its end. The first one wipes what the lap before left.
    pub(super) fn pass_sector(
        &mut self,
        course: &Course,
        car: usize,
        lap: &DrivenLap,
        sector: usize,
        line: &mut CarTiming,
    ) {
        if sector == 0 {
            wipe(line);
        }
        // The first lap of a race and laps from the garage have no first sector: no line was crossed at its start.
        let has_time = sector > 0 || !lap.is_from_standstill;
        let time_ms = lap.sector_ms(course, sector).filter(|_| has_time);
        if let Some(time_ms) = time_ms {
            let improvement = self.sectors[sector].note(car, time_ms);
            self.rank(
                &improvement,
                |bests, rank, time| bests.sectors.push((sector as u8, ranked(rank, time))),
                car,
                time_ms,
            );
            if let Some(other) = improvement.dethroned {
                sector_of(other_line(&mut self.others, other), sector as u8).time.is_overall_best = Some(false);
            }
            let time = lap_time(time_ms);
            let cell = sector_of(line, sector as u8);
            cell.time = time_update(time, &improvement);
            cell.previous = self.previous[car][sector].map_or(Change::Keep, Change::Set);
            self.previous[car][sector] = Some(time);
        }
        self.pass_trap(car, lap, sector, line);
    }

    /// The car was measured at a trap: 0 and 1 at the ends of the first sectors, 2 at the line, 3 on the straight.
    pub(super) fn pass_trap(&mut self, car: usize, lap: &DrivenLap, trap: usize, line: &mut CarTiming) {
        let Some(speed_kmh) = lap.speeds_kmh[trap] else { return };
        // A car in the pit lane does not pass the beam over the track.
        if trap == 2 && lap.pit_in_ms.is_some() {
            return;
        }
        let improvement = self.speeds[trap].note(car, -i64::from(speed_kmh));
        let of_trap = |bests: &mut CarBests, rank, value: Option<i64>| {
            let speed = value.map_or(Change::Keep, |value| Change::Set((-value) as u16));
            bests.speeds.push((TRAPS[trap], speed, Some(rank)));
        };
        self.rank(&improvement, of_trap, car, -i64::from(speed_kmh));
        if let Some(other) = improvement.dethroned {
            let (speed_kmh, is_overall_best) = (Change::Keep, Some(false));
            other_line(&mut self.others, other).speeds.push(SpeedUpdate {
                trap: TRAPS[trap],
                speed_kmh,
                is_overall_best,
                is_personal_best: None,
            });
        }
        line.speeds.push(SpeedUpdate {
            trap: TRAPS[trap],
            speed_kmh: Change::Set(speed_kmh),
            is_overall_best: Some(improvement.is_overall),
            is_personal_best: Some(improvement.is_personal),
        });
    }

    /// The car's lap time. True if it is its best.
    pub(super) fn state_lap(
        &mut self,
        car: usize,
        number: u16,
        time_ms: i64,
        may_be_best: bool,
        line: &mut CarTiming,
    ) -> bool {
        let improvement = if may_be_best { self.laps.note(car, time_ms) } else { Improvement::default() };
        line.last_lap = Some(time_update(lap_time(time_ms), &improvement));
        if !improvement.is_personal {
            return false;
        }
        line.best_lap = Change::Set(lap_time(time_ms));
        line.best_lap_number = Some(LapNumber(number));
        let of_lap = |bests: &mut CarBests, rank, time: Option<i64>| {
            bests.lap = Some(ranked(rank, time));
            bests.lap_number = time.map(|_| LapNumber(number));
        };
        self.rank(&improvement, of_lap, car, time_ms);
        if let Some(other) = improvement.dethroned {
            let line = other_line(&mut self.others, other);
            line.last_lap = Some(TimeUpdate { is_overall_best: Some(false), ..TimeUpdate::default() });
        }
        true
    }

    /// Writes new ranks into the table of bests: `write` is given the rank, and the value for the car that improved.
    fn rank(
        &mut self,
        improvement: &Improvement,
        write: impl Fn(&mut CarBests, u8, Option<i64>),
        car: usize,
        value: i64,
    ) {
        for (other, rank) in &improvement.ranks {
            let driver = DRIVERS[*other].number;
            let idx = self.bests.cars.iter().position(|bests| bests.driver == driver).unwrap_or_else(|| {
                self.bests.cars.push(CarBests { driver, ..CarBests::default() });
                self.bests.cars.len() - 1
            });
            write(&mut self.bests.cars[idx], *rank, (*other == car).then_some(value));
        }
    }
}

/// Every mini-sector but the first goes dark.
fn darken(course: &Course, line: &mut CarTiming) {
    for (sector_idx, segment_idx) in course.mini_places.iter().skip(1) {
        sector_of(line, *sector_idx).segments.push((*segment_idx, SegmentStatus::None));
    }
}

/// Times of the second and third sector and the speeds but the first go.
fn wipe(line: &mut CarTiming) {
    for sector_idx in [1, 2] {
        sector_of(line, sector_idx).time =
            TimeUpdate { time: Change::Clear, is_overall_best: Some(false), is_personal_best: Some(false) };
    }
    for trap in &TRAPS[1..] {
        line.speeds.push(SpeedUpdate {
            trap: *trap,
            speed_kmh: Change::Clear,
            is_overall_best: Some(false),
            is_personal_best: Some(false),
        });
    }
}

/// All sectors and speeds but that at the line go: the car leaves the pit lane.
pub(super) fn wipe_all(line: &mut CarTiming) {
    wipe(line);
    line.speeds.retain(|speed| speed.trap != SpeedTrap::FinishLine);
    sector_of(line, 0).time = TimeUpdate { time: Change::Clear, ..TimeUpdate::default() };
}

/// The update of a sector within a line.
pub(super) fn sector_of(line: &mut CarTiming, sector_idx: u8) -> &mut SectorUpdate {
    let idx = line.sectors.iter().position(|sector| sector.sector_idx == sector_idx).unwrap_or_else(|| {
        line.sectors.push(SectorUpdate { sector_idx, ..SectorUpdate::default() });
        line.sectors.len() - 1
    });
    &mut line.sectors[idx]
}

/// The line of a car among others.
fn other_line(lines: &mut Vec<CarTiming>, car: usize) -> &mut CarTiming {
    let driver = DRIVERS[car].number;
    let idx = lines.iter().position(|line| line.driver == driver).unwrap_or_else(|| {
        lines.push(CarTiming { driver, ..CarTiming::default() });
        lines.len() - 1
    });
    &mut lines[idx]
}

fn time_update(time: LapTime, improvement: &Improvement) -> TimeUpdate {
    TimeUpdate {
        time: Change::Set(time),
        is_overall_best: Some(improvement.is_overall),
        is_personal_best: Some(improvement.is_personal),
    }
}

fn ranked(rank: u8, time_ms: Option<i64>) -> RankedTime {
    RankedTime { time: time_ms.map_or(Change::Keep, |ms| Change::Set(lap_time(ms))), rank: Some(rank) }
}

/// Milliseconds as a lap time.
pub(super) fn lap_time(millis: i64) -> LapTime {
    LapTime::from_millis(u32::try_from(millis).unwrap_or(0))
}

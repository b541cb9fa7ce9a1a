//! Practice and qualifying on the screen: order by best lap, gaps by best lap, runs from the garage, parts.

use overcut_domain::{
    CarTiming, Change, Event, Gap, LapNumber, LapTime, PartStats, QualifyingPart, SeriesEntry, SeriesMark, TimeUpdate,
    TimingUpdate,
};

use super::entry_list::DRIVERS;
use super::outbox::Topic;
use super::plan::Plan;
use super::screen::{lap_time, sector_of};
use super::stage::{Stage, TIMING_DELAY_MS};

/// Cars that go through from each part of qualifying; the last is of those that count in it.
pub(super) const PLACES: [usize; 3] = [16, 10, 10];

/// The order by best laps.
#[derive(Debug, Clone)]
pub(super) struct RunBoard {
    /// First to last on the screen.
    pub(super) order: Vec<usize>,
    /// 1 to 3 in qualifying, else 0.
    part: u8,
    /// Best lap of the running part or session, by car.
    best_ms: Vec<Option<i64>>,
    /// How many cars of the order still take part.
    n_running: usize,
    /// Gaps last stated, by car.
    stated: Vec<(Option<Gap>, Option<Gap>, bool)>,
    cut_off: Option<LapTime>,
}

impl RunBoard {
    pub(super) fn new(plan: &Plan) -> RunBoard {
        let n = plan.grid.len();
        RunBoard {
            order: plan.grid.clone(),
            part: 0,
            best_ms: vec![None; n],
            n_running: n,
            stated: vec![(None, None, false); n],
            cut_off: None,
        }
    }

    /// Sorts the cars that still take part; those without a time keep their order behind the others.
    fn sort(&mut self) {
        let best_ms = &self.best_ms;
        self.order[..self.n_running].sort_by_key(|car| best_ms[*car].unwrap_or(i64::MAX));
    }

    /// The best lap of a car in milliseconds, with its gap to the fastest and to the car ahead.
    pub(super) fn best(&self, car: usize) -> Option<(i64, Option<Gap>, Option<Gap>)> {
        let (gap, interval, _) = self.standing(car);
        self.best_ms[car].map(|best_ms| (best_ms, gap, interval))
    }

    fn place(&self, car: usize) -> u8 {
        self.order.iter().position(|other| *other == car).map_or(0, |idx| idx as u8 + 1)
    }

    /// Gap to the fastest, interval, and whether the car is in the drop zone.
    fn standing(&self, car: usize) -> (Option<Gap>, Option<Gap>, bool) {
        let Some(idx) = self.order[..self.n_running].iter().position(|other| *other == car) else {
            return (None, None, false);
        };
        let behind = |other: usize| {
            let gap_ms = self.best_ms[car]? - self.best_ms[other]?;
            Some(Gap::Time(lap_time(gap_ms)))
        };
        let is_first = idx == 0;
        let gap = if is_first { None } else { behind(self.order[0]) };
        let interval = if is_first { None } else { behind(self.order[idx - 1]) };
        let n_safe = self.n_safe();
        (gap, interval, n_safe.is_some_and(|n_safe| idx >= n_safe))
    }

    /// Cars that are through as things stand; `None` where nobody drops out.
    fn n_safe(&self) -> Option<usize> {
        if (1..=2).contains(&self.part) { Some(PLACES[usize::from(self.part) - 1]) } else { None }
    }
}

impl Stage {
    /// A car passes the end of a mini-sector in practice or qualifying.
    pub(super) fn pass_on_a_run(&mut self, at_ms: i64, car: usize, lap_idx: usize, mini: usize, mut line: CarTiming) {
        let plan = std::sync::Arc::clone(&self.plan);
        let (course, lap) = (&plan.course, &plan.cars[car].laps[lap_idx]);
        if let Some(sector) = course.sector_end_minis.iter().position(|end| *end == mini) {
            self.screen.pass_sector(course, car, lap, sector, &mut line);
            if sector == 0 && lap.pit_out_ms.is_some() {
                line.pit_out = Some(false);
            }
        }
        if mini + 1 < course.n_minis() {
            self.send_lines(at_ms, vec![line]);
            return;
        }
        // In the pit lane the counter waits for the next exit.
        let ends_in_lane = lap.pit_in_ms.is_some();
        if !ends_in_lane {
            line.n_laps = Some(lap.number + 1);
            self.n_laps[car] = lap.number + 1;
        }
        let time_ms = lap.time_ms().filter(|_| !lap.is_from_standstill);
        let is_out = self.is_out[car];
        let mut lines = Vec::new();
        if let Some(time_ms) = time_ms {
            let may_be_best = !ends_in_lane && !is_out && (self.runs.part == 0 || lap.part == self.runs.part);
            let is_best = self.screen.state_lap(car, lap.number, time_ms, may_be_best, &mut line);
            self.tell_stint_best(at_ms, car, lap.stint_idx, lap.number, time_ms);
            if is_best {
                self.runs.best_ms[car] = Some(time_ms);
                if let Some(part_idx) = self.runs.part.checked_sub(1) {
                    line.parts.push(PartStats {
                        part_idx,
                        best_lap: Change::Set(lap_time(time_ms)),
                        best_lap_number: Some(LapNumber(lap.number)),
                        ..PartStats::default()
                    });
                }
                lines = self.reorder();
            }
        }
        match lines.iter_mut().find(|other| other.driver == line.driver) {
            Some(own) => merge(own, line),
            None => lines.insert(0, line),
        }
        let has_new_order = lines.len() > 1 || self.runs.order.first() == Some(&car);
        self.send_lines(at_ms, lines);
        self.tell_cut_off(at_ms);
        if has_new_order {
            self.tell_top_three(at_ms, None);
        }
        self.side.tyres_ran(car);
    }

    /// Sorts the board; returns the lines whose place, gaps or drop zone changed.
    fn reorder(&mut self) -> Vec<CarTiming> {
        let before: Vec<u8> = (0..DRIVERS.len()).map(|car| self.runs.place(car)).collect();
        self.runs.sort();
        let mut lines = Vec::new();
        for car in self.runs.order.clone() {
            let (place, standing) = (self.runs.place(car), self.runs.standing(car));
            let stated = std::mem::replace(&mut self.runs.stated[car], standing);
            if place == before[car] && stated == standing {
                continue;
            }
            let mut line = CarTiming { driver: DRIVERS[car].number, ..CarTiming::default() };
            if place != before[car] {
                (line.position, line.line) = (Some(place), Some(place));
            }
            let (gap, interval) = (change(stated.0, standing.0), change(stated.1, standing.1));
            match self.runs.part.checked_sub(1) {
                Some(part_idx) => {
                    if !(gap.is_keep() && interval.is_keep()) {
                        let stats = PartStats { part_idx, gap_to_fastest: gap, interval, ..PartStats::default() };
                        line.parts.push(stats);
                    }
                    line.in_drop_zone = (stated.2 != standing.2).then_some(standing.2);
                }
                None => (line.gap_to_leader, line.interval) = (gap, interval),
            }
            lines.push(line);
        }
        lines
    }

    /// The time to beat to stay in.
    fn tell_cut_off(&mut self, at_ms: i64) {
        let Some(n_safe) = self.runs.n_safe() else { return };
        let last_safe = self.runs.order.get(n_safe - 1).and_then(|car| self.runs.best_ms[*car]).map(lap_time);
        if last_safe.is_some() && self.runs.cut_off != last_safe {
            self.runs.cut_off = last_safe;
            let update = TimingUpdate { cut_off: last_safe.into(), ..TimingUpdate::default() };
            self.send(Topic::Timing, at_ms, TIMING_DELAY_MS + 30, Event::Timing(Box::new(update)));
        }
    }

    /// A part of qualifying begins: every time is wiped but those of the parts before.
    pub(super) fn begin_part(&mut self, at_ms: i64, part: QualifyingPart) {
        self.runs.part = part.0;
        let n_running = match part.0 {
            0 | 1 => DRIVERS.len(),
            number => PLACES[usize::from(number) - 2],
        };
        self.runs.n_running = n_running;
        self.runs.best_ms.fill(None);
        self.runs.stated.fill((None, None, false));
        self.runs.cut_off = None;
        self.screen.begin_part();
        let line = |car: &usize| {
            let mut line = CarTiming {
                driver: DRIVERS[*car].number,
                best_lap: Change::Clear,
                last_lap: Some(TimeUpdate { time: Change::Clear, ..TimeUpdate::default() }),
                ..CarTiming::default()
            };
            for sector_idx in 0..3 {
                let cleared =
                    TimeUpdate { time: Change::Clear, is_overall_best: Some(false), is_personal_best: Some(false) };
                sector_of(&mut line, sector_idx).time = cleared;
            }
            line
        };
        let cars = if part.0 > 1 { self.runs.order[..n_running].iter().map(line).collect() } else { Vec::new() };
        let update = TimingUpdate { part: Some(part), cars, ..TimingUpdate::default() };
        let series = vec![SeriesEntry { utc: self.utc(at_ms), mark: SeriesMark::Part(part) }];
        self.send(Topic::Direction, at_ms, TIMING_DELAY_MS, Event::Series(series));
        self.send(Topic::Timing, at_ms, TIMING_DELAY_MS, Event::Timing(Box::new(update)));
    }

    /// The slowest of a part are out.
    pub(super) fn knock_out(&mut self, at_ms: i64, cars: &[usize]) {
        let line = |car: &usize| CarTiming {
            driver: DRIVERS[*car].number,
            knocked_out: Some(true),
            in_drop_zone: Some(false),
            ..CarTiming::default()
        };
        let lines = cars.iter().map(line).collect();
        for car in cars {
            self.is_out[*car] = true;
        }
        self.send_lines(at_ms, lines);
    }
}

/// What changed from one value to another.
fn change<T: PartialEq>(before: Option<T>, now: Option<T>) -> Change<T> {
    if before == now { Change::Keep } else { now.into() }
}

/// Adds what another update of the same line says.
fn merge(line: &mut CarTiming, other: CarTiming) {
    let places = (line.position, line.line);
    let (gap, interval, in_drop_zone) = (line.gap_to_leader, line.interval, line.in_drop_zone);
    let stats = std::mem::take(&mut line.parts);
    *line = other;
    (line.position, line.line) = places;
    (line.gap_to_leader, line.interval, line.in_drop_zone) = (gap, interval, in_drop_zone);
    for stats in stats {
        match line.parts.iter_mut().find(|own| own.part_idx == stats.part_idx) {
            Some(own) => (own.gap_to_fastest, own.interval) = (stats.gap_to_fastest, stats.interval),
            None => line.parts.push(stats),
        }
    }
}

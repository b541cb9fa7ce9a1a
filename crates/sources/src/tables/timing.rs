//! The timing screen, played from a lap table.
//!
//! A table says of each lap what was true in the end. This module walks through all laps in the order of time and says
//! at each moment what a timing feed would have said: a sector when it ends, a lap when the car crosses the line, the
//! pit lane when the car enters and leaves it. Places and gaps are those at the line: in a race cars are in the order
//! of laps completed, then of crossing; elsewhere in the order of best laps.

use std::collections::BTreeMap;

use overcut_domain::{
    CarStints, CarTiming, Change, DriverNumber, Event, Gap, LapCountUpdate, LapNumber, LapTime, SectorUpdate,
    SessionTime, SpeedTrap, SpeedUpdate, Stamped, StintUpdate, StintsUpdate, TimeUpdate, TimingUpdate,
};

use super::lap_row::{LapRow, finished_at};

/// What the timing screen is played from.
pub(super) struct Screen<'a> {
    /// Each car's laps in order.
    pub(super) laps: &'a BTreeMap<DriverNumber, Vec<LapRow>>,
    /// The order before anybody has crossed the line.
    pub(super) start_order: &'a [DriverNumber],
    /// True if `start_order` is the grid, so that it states places.
    pub(super) has_grid: bool,
    /// True for races: places and gaps are those on the track.
    pub(super) is_race: bool,
    /// When the session started.
    pub(super) started_at: SessionTime,
    /// When cars went out of the race.
    pub(super) retirements: &'a BTreeMap<DriverNumber, SessionTime>,
}

/// Something that a lap table puts on the screen. In the order in which things of one moment are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    Fitted,
    PitOut,
    Sector(usize),
    PitIn,
    Crossing,
    Retired,
}

/// What is remembered of one car.
#[derive(Debug, Default)]
struct Car {
    n_laps: u16,
    crossed_at: Option<SessionTime>,
    best_lap: Option<LapTime>,
    best_sectors: [Option<LapTime>; 3],
    best_speeds: BTreeMap<SpeedTrap, u16>,
    n_pit_stops: u8,
    in_pit: bool,
    is_out_lap: bool,
    /// Stints begun so far.
    n_stints: u8,
    /// Sectors still on the screen from the lap before.
    has_old_sectors: bool,
    said: (Option<u8>, Change<Gap>, Change<Gap>),
}

/// Plays the whole screen.
pub(super) fn play(screen: &Screen<'_>) -> Vec<Stamped<Event>> {
    let mut player = Player::new(screen);
    for (time, moment, driver, lap_idx) in moments(screen) {
        let Some(row) = screen.laps.get(&driver).and_then(|laps| laps.get(lap_idx)) else {
            player.retire(time, driver); // a car without any lap
            continue;
        };
        match moment {
            Moment::Fitted => player.fit(time, driver, lap_idx, row),
            Moment::PitOut => player.pit_out(time, driver),
            Moment::Sector(sector) => player.sector(time, driver, sector, row),
            Moment::PitIn => player.pit_in(time, driver),
            Moment::Crossing => player.cross(time, driver, row),
            Moment::Retired => player.retire(time, driver),
        }
    }
    player.events
}

/// Everything that happens, in order of time.
fn moments(screen: &Screen<'_>) -> Vec<(SessionTime, Moment, DriverNumber, usize)> {
    let mut moments = Vec::new();
    for (driver, laps) in screen.laps {
        let mut last: Option<&LapRow> = None;
        for (idx, row) in laps.iter().enumerate() {
            let lap = &row.lap;
            let ended_at = finished_at(row, idx + 1 == laps.len());
            let mut push = |time: Option<SessionTime>, moment| {
                moments.extend(time.map(|time| (time, moment, *driver, idx)));
            };
            if last.is_none_or(|last| is_new_stint(last, row)) {
                let began = if idx == 0 { Some(screen.started_at) } else { last.and_then(|last| last.lap.ended_at) };
                push(lap.pit_out_at.or(began).or(lap.started_at), Moment::Fitted);
            }
            push(lap.pit_out_at, Moment::PitOut);
            push(lap.pit_in_at, Moment::PitIn);
            push(ended_at, Moment::Crossing);
            for sector in 0..3 {
                let at = lap.sector_ended_at[sector].filter(|_| lap.sectors[sector].is_some());
                // The third one ends at the line, and feeds send both in one message.
                if sector < 2 || ended_at.is_none() {
                    push(at, Moment::Sector(sector));
                }
            }
            last = Some(row);
        }
    }
    for (driver, time) in screen.retirements {
        let last_lap = screen.laps.get(driver).map_or(0, |laps| laps.len().saturating_sub(1));
        moments.push((*time, Moment::Retired, *driver, last_lap));
    }
    moments.sort();
    moments
}

/// True if a row begins a stint: the table counts another one, or, where it does not count, the compound is another.
fn is_new_stint(last: &LapRow, row: &LapRow) -> bool {
    match (last.lap.stint, row.lap.stint) {
        (Some(last), Some(stint)) => last != stint,
        _ => row.lap.compound.is_some() && last.lap.compound != row.lap.compound,
    }
}

struct Player<'a> {
    screen: &'a Screen<'a>,
    cars: BTreeMap<DriverNumber, Car>,
    order: Vec<DriverNumber>,
    /// When each lap was first completed by anybody.
    leader_crossings: Vec<SessionTime>,
    best_lap: Option<LapTime>,
    best_sectors: [Option<LapTime>; 3],
    best_speeds: BTreeMap<SpeedTrap, u16>,
    n_race_laps: u16,
    events: Vec<Stamped<Event>>,
}

impl<'a> Player<'a> {
    fn new(screen: &'a Screen<'a>) -> Self {
        let n_race_laps = screen.laps.values().flatten().map(|row| row.lap.number.0).max().unwrap_or(0);
        let mut order = screen.start_order.to_vec();
        order.extend(screen.laps.keys().filter(|driver| !screen.start_order.contains(driver)));
        Player {
            screen,
            cars: order.iter().map(|driver| (*driver, Car::default())).collect(),
            order,
            leader_crossings: Vec::new(),
            best_lap: None,
            best_sectors: [None; 3],
            best_speeds: BTreeMap::new(),
            n_race_laps,
            events: Vec::new(),
        }
    }

    fn push(&mut self, time: SessionTime, value: Event) {
        self.events.push(Stamped { time, value });
    }

    fn say(&mut self, time: SessionTime, cars: Vec<CarTiming>) {
        self.push(time, Event::Timing(Box::new(TimingUpdate { cars, ..TimingUpdate::default() })));
    }

    fn car(&mut self, driver: DriverNumber) -> &mut Car {
        self.cars.entry(driver).or_default()
    }

    fn fit(&mut self, time: SessionTime, driver: DriverNumber, lap_idx: usize, row: &LapRow) {
        let before = lap_idx.checked_sub(1).and_then(|idx| self.screen.laps.get(&driver)?.get(idx));
        let same_set = before.is_some_and(|before| {
            let ages = before.lap.tyre_life.zip(row.lap.tyre_life);
            before.lap.compound == row.lap.compound && ages.is_some_and(|(before, now)| now == before.saturating_add(1))
        });
        let car = self.car(driver);
        let stint_idx = car.n_stints;
        car.n_stints = car.n_stints.saturating_add(1);
        // The table states the age at the end of the stint's first lap.
        let age = row.lap.tyre_life.map(|age| age.saturating_sub(1));
        let stint = StintUpdate {
            stint_idx,
            compound: row.lap.compound,
            fresh: row.lap.fresh_tyre,
            changed: Some(!same_set),
            total_laps: age,
            start_laps: age,
            ..StintUpdate::default()
        };
        self.push(time, stints(driver, stint));
    }

    fn pit_out(&mut self, time: SessionTime, driver: DriverNumber) {
        let car = self.car(driver);
        (car.in_pit, car.is_out_lap) = (false, true);
        self.say(time, vec![CarTiming { in_pit: Some(false), pit_out: Some(true), ..timing(driver) }]);
    }

    fn pit_in(&mut self, time: SessionTime, driver: DriverNumber) {
        let car = self.car(driver);
        car.in_pit = true;
        car.n_pit_stops = car.n_pit_stops.saturating_add(1);
        let n_pit_stops = Some(car.n_pit_stops);
        let pit_out = std::mem::take(&mut car.is_out_lap).then_some(false);
        self.say(time, vec![CarTiming { in_pit: Some(true), pit_out, n_pit_stops, ..timing(driver) }]);
    }

    fn retire(&mut self, time: SessionTime, driver: DriverNumber) {
        let stopped = (!self.car(driver).in_pit).then_some(true);
        self.say(time, vec![CarTiming { retired: Some(true), stopped, ..timing(driver) }]);
    }

    fn sector(&mut self, time: SessionTime, driver: DriverNumber, sector: usize, row: &LapRow) {
        let sectors = self.sectors(driver, sector, row);
        // A first lap has no first sector time (it does not begin at the line) but a speed at the end of it.
        let (of_first, of_second) = (row.lap.speeds.i1_kmh, row.lap.speeds.i2_kmh);
        let is_first = sector == 0 || row.lap.sectors[0].is_none();
        let known = [
            (SpeedTrap::I1, of_first.filter(|_| is_first)),
            (SpeedTrap::I2, of_second.filter(|_| sector == 1)),
            (SpeedTrap::FinishLine, None),
            (SpeedTrap::SpeedTrap, None),
        ];
        let mut speeds = Vec::new();
        for (trap, speed) in known {
            match speed {
                Some(speed) => speeds.push(self.speed(driver, trap, speed)),
                // Those of the lap before leave the screen when this one's first appears.
                None if is_first => speeds.push(no_speed(trap)),
                None => {}
            }
        }
        self.say(time, vec![CarTiming { sectors, speeds, ..timing(driver) }]);
    }

    /// The update of one sector. The first of a lap also takes those of the lap before off the screen.
    fn sectors(&mut self, driver: DriverNumber, sector: usize, row: &LapRow) -> Vec<SectorUpdate> {
        let Some(time) = row.lap.sectors.get(sector).copied().flatten() else { return Vec::new() };
        let car = self.cars.entry(driver).or_default();
        let is_best = |best: &mut [Option<LapTime>; 3]| {
            let is_best = best[sector].is_none_or(|best| time < best);
            if is_best {
                best[sector] = Some(time);
            }
            Some(is_best)
        };
        let time = TimeUpdate {
            time: Change::Set(time),
            is_personal_best: is_best(&mut car.best_sectors),
            is_overall_best: is_best(&mut self.best_sectors),
        };
        let mut sectors = vec![SectorUpdate { sector_idx: sector as u8, time, ..SectorUpdate::default() }];
        if std::mem::take(&mut car.has_old_sectors) {
            let old = (0..3u8).filter(|idx| usize::from(*idx) != sector);
            sectors.extend(old.map(|sector_idx| {
                let time =
                    TimeUpdate { time: Change::Clear, is_overall_best: Some(false), is_personal_best: Some(false) };
                SectorUpdate { sector_idx, time, ..SectorUpdate::default() }
            }));
        }
        sectors.sort_by_key(|sector| sector.sector_idx);
        sectors
    }

    fn speed(&mut self, driver: DriverNumber, trap: SpeedTrap, speed: u16) -> SpeedUpdate {
        let is_best = |best: &mut BTreeMap<SpeedTrap, u16>| {
            let is_best = best.get(&trap).is_none_or(|best| speed > *best);
            if is_best {
                best.insert(trap, speed);
            }
            Some(is_best)
        };
        SpeedUpdate {
            trap,
            speed_kmh: Change::Set(speed),
            is_personal_best: is_best(&mut self.cars.entry(driver).or_default().best_speeds),
            is_overall_best: is_best(&mut self.best_speeds),
        }
    }

    fn cross(&mut self, time: SessionTime, driver: DriverNumber, row: &LapRow) {
        let lap = &row.lap;
        if let Some(age) = lap.tyre_life {
            let stint_idx = self.car(driver).n_stints.saturating_sub(1);
            let stint = StintUpdate { stint_idx, total_laps: Some(age), ..StintUpdate::default() };
            self.push(time, stints(driver, stint));
        }
        let mut timing = CarTiming { n_laps: Some(lap.number.0), ..timing(driver) };
        timing.sectors = self.sectors(driver, 2, row);
        let [first, second, _] = lap.sectors;
        let traps = [
            (SpeedTrap::I1, lap.speeds.i1_kmh.filter(|_| first.is_none() && second.is_none())),
            (SpeedTrap::I2, lap.speeds.i2_kmh.filter(|_| second.is_none())),
            (SpeedTrap::FinishLine, lap.speeds.finish_line_kmh),
            (SpeedTrap::SpeedTrap, lap.speeds.speed_trap_kmh),
        ];
        for (trap, speed) in traps {
            timing.speeds.extend(speed.map(|speed| self.speed(driver, trap, speed)));
        }
        let car = self.car(driver);
        (car.n_laps, car.crossed_at, car.has_old_sectors) = (lap.number.0, Some(time), true);
        // The lap on which the car came out of the pits is over.
        timing.pit_out = std::mem::take(&mut car.is_out_lap).then_some(false);
        self.lap_time(row, &mut timing);
        let new_leader_lap = self.screen.is_race && self.leader_crossings.len() < usize::from(lap.number.0);
        if new_leader_lap {
            self.leader_crossings.resize(usize::from(lap.number.0), time);
        }
        let cars = self.places(driver, timing);
        self.say(time, cars);
        if new_leader_lap {
            let current = lap.number.0.saturating_add(1).min(self.n_race_laps);
            self.push(time, Event::LapCount(LapCountUpdate { current: Some(current), total: Some(self.n_race_laps) }));
        }
    }

    /// The lap time and the bests. A lap that will be deleted counts for no best.
    fn lap_time(&mut self, row: &LapRow, timing: &mut CarTiming) {
        let best_of_all = self.best_lap;
        let car = self.car(timing.driver);
        // Where the table says which laps were personal bests, a first lap, whose time feeds do not tell, is none.
        let counted = row.lap.time.filter(|_| !row.lap.deleted && row.personal_best != Some(false));
        let is_best = counted.is_some_and(|time| car.best_lap.is_none_or(|best| time < best));
        let is_overall_best = is_best && counted.is_some_and(|time| best_of_all.is_none_or(|best| time < best));
        timing.last_lap = Some(TimeUpdate {
            time: row.lap.time.into(),
            is_personal_best: Some(is_best),
            is_overall_best: Some(is_overall_best),
        });
        if is_best {
            car.best_lap = counted;
            timing.best_lap = counted.into();
            timing.best_lap_number = Some(row.lap.number);
        }
        if is_overall_best {
            self.best_lap = counted;
        }
    }

    /// Puts the car that crossed the line where it belongs, and says what changed for it and for the others.
    fn places(&mut self, driver: DriverNumber, timing: CarTiming) -> Vec<CarTiming> {
        if self.screen.is_race {
            self.move_on_track(driver);
        } else {
            let best = |driver: &DriverNumber| self.cars.get(driver).and_then(|car| car.best_lap);
            self.order.sort_by_key(|driver| (best(driver).is_none(), best(driver)));
        }
        let mut updates = vec![timing];
        for (idx, other) in self.order.clone().into_iter().enumerate() {
            let mut now = if self.screen.is_race { self.race_place(idx, other) } else { self.timed_place(idx, other) };
            let mut update = if other == driver { updates.remove(0) } else { self::timing(other) };
            let Some(car) = self.cars.get_mut(&other) else { continue };
            // Gaps in a race are known at the line only, so those of other cars stand until they cross it; but a car
            // that led and does no more has no gap until then.
            let led = idx > 0 && matches!(car.said.1, Change::Set(Gap::Leader(_)));
            if led && other != driver {
                (now.1, now.2) = (Change::Clear, Change::Clear);
            }
            let gaps_known = other == driver || led || !self.screen.is_race;
            if gaps_known && car.said.1 != now.1 {
                (update.gap_to_leader, car.said.1) = (now.1, now.1);
            }
            if gaps_known && car.said.2 != now.2 {
                (update.interval, car.said.2) = (now.2, now.2);
            }
            if car.said.0 != now.0 {
                (update.position, update.line, car.said.0) = (now.0, now.0, now.0);
            }
            if other == driver {
                updates.insert(0, update);
            } else if update != self::timing(other) {
                updates.push(update);
            }
        }
        updates
    }

    fn move_on_track(&mut self, driver: DriverNumber) {
        self.order.retain(|other| *other != driver);
        let laps = |driver: &DriverNumber| self.cars.get(driver).map_or(0, |car| car.n_laps);
        let own = laps(&driver);
        let idx = self.order.iter().position(|other| laps(other) < own).unwrap_or(self.order.len());
        self.order.insert(idx, driver);
    }

    /// Place, gap to the leader and interval to the car ahead, at the line.
    fn race_place(&self, idx: usize, driver: DriverNumber) -> (Option<u8>, Change<Gap>, Change<Gap>) {
        let Some(car) = self.cars.get(&driver) else { return Default::default() };
        let position = u8::try_from(idx + 1).ok().filter(|_| car.n_laps > 0 || self.screen.has_grid);
        let Some(crossed_at) = car.crossed_at else { return (position, Change::Keep, Change::Keep) };
        let leader_laps = u16::try_from(self.leader_crossings.len()).unwrap_or(u16::MAX);
        let leader_crossed_at = car.n_laps.checked_sub(1).and_then(|lap| self.leader_crossings.get(usize::from(lap)));
        let behind = |n_laps: u16, at: SessionTime| match n_laps.saturating_sub(car.n_laps) {
            0 => Gap::Time(span(crossed_at.millis_since(at))),
            laps => Gap::Laps(laps),
        };
        if idx == 0 {
            // The winner is on the last lap for good, not on one more.
            let lap = LapNumber(car.n_laps.saturating_add(1).min(self.n_race_laps));
            let leads = Change::Set(Gap::Leader(lap));
            return (position, leads, leads);
        }
        let gap = leader_crossed_at.map_or(Change::Keep, |at| Change::Set(behind(leader_laps, *at)));
        let ahead = idx.checked_sub(1).and_then(|ahead| self.cars.get(self.order.get(ahead)?));
        let interval = ahead.and_then(|ahead| Some(Change::Set(behind(ahead.n_laps, ahead.crossed_at?))));
        (position, gap, interval.unwrap_or(Change::Keep))
    }

    /// Place, gap and interval by best lap.
    fn timed_place(&self, idx: usize, driver: DriverNumber) -> (Option<u8>, Change<Gap>, Change<Gap>) {
        let best = |driver: &DriverNumber| self.cars.get(driver).and_then(|car| car.best_lap);
        let position = u8::try_from(idx + 1).ok();
        let Some(own) = best(&driver) else { return (position, Change::Keep, Change::Keep) };
        let behind = |other: Option<&DriverNumber>| {
            let other = other.and_then(best)?;
            Some(Change::Set(Gap::Time(span(i64::from(own.as_millis()) - i64::from(other.as_millis())))))
        };
        let ahead = idx.checked_sub(1);
        let gap = ahead.and_then(|_| behind(self.order.first())).unwrap_or(Change::Clear);
        let interval = ahead.and_then(|ahead| behind(self.order.get(ahead))).unwrap_or(Change::Clear);
        (position, gap, interval)
    }
}

fn timing(driver: DriverNumber) -> CarTiming {
    CarTiming { driver, ..CarTiming::default() }
}

/// Takes the speed of the lap before off the screen.
fn no_speed(trap: SpeedTrap) -> SpeedUpdate {
    let none = Some(false);
    SpeedUpdate { trap, speed_kmh: Change::Clear, is_overall_best: none, is_personal_best: none }
}

fn span(millis: i64) -> LapTime {
    LapTime::from_millis(u32::try_from(millis.max(0)).unwrap_or(u32::MAX))
}

fn stints(driver: DriverNumber, stint: StintUpdate) -> Event {
    let car = CarStints { driver, stints: vec![stint], ..CarStints::default() };
    Event::Stints(StintsUpdate { cars: vec![car] })
}

//! What runs beside the timing: tyres, the championship, the weather station, radio, and the agenda of it all.

use overcut_domain::{
    CarStints, ChampionshipEntry, ChampionshipUpdate, DriverUpdate, DriversUpdate, Event, LapNumber, LapTime,
    RadioCapture, StintUpdate, StintsUpdate, Weather,
};

use super::chance::What;
use super::cue::{Agenda, Cue};
use super::driven::millis;
use super::entry_list::{DRIVERS, TEAMS};
use super::outbox::Topic;
use super::plan::Plan;
use super::screen::lap_time;
use super::stage::{Stage, TIMING_DELAY_MS};

/// Tyres are brought up to date this often.
const TICK_MS: i64 = 5_000;
const WEATHER_MS: i64 = 60_000;
const HEARTBEAT_MS: i64 = 15_000;
/// A car that stands is given up after this.
const GIVEN_UP_MS: i64 = 35_000;
/// Radio messages put up per hour.
const RADIO_PER_HOUR: f64 = 16.0;
/// Points of the championship before this race come from this many races.
const RACES_BEFORE: u32 = 8;

/// What runs beside the timing.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) in_lane: Vec<bool>,
    last_lap: Vec<Option<LapTime>>,
    /// By car: best lap of the running stint.
    stint_best: Vec<(usize, i64)>,
    /// By car: laps driven in the running stint.
    pub(super) stint_laps: Vec<u16>,
    /// By car: the stint that the screen knows of.
    pub(super) known_stint: Vec<usize>,
    /// By car: true once the running stint was told.
    is_stint_told: Vec<bool>,
    /// By car shown blue flags and car that laps it: when last.
    blue_ms: std::collections::BTreeMap<(usize, usize), i64>,
    /// Cars whose tyres have run since the last tick.
    ran: Vec<bool>,
    have_places_changed: bool,
    /// By lap: cars that have completed it.
    at_line: Vec<u8>,
    points: Vec<f32>,
    /// By driver, then team: places and points last predicted.
    predicted: Vec<(u16, f32)>,
    predicted_teams: Vec<(u16, f32)>,
}

/// Notes everything that is known beforehand on the agenda.
pub(super) fn schedule(plan: &Plan, agenda: &mut Agenda) {
    for (idx, (at_ms, _)) in plan.script.iter().enumerate() {
        agenda.note(*at_ms, Cue::Word(idx as u32));
    }
    for (car, of_car) in plan.cars.iter().enumerate() {
        let car = car as u8;
        for (lap_idx, lap) in of_car.laps.iter().enumerate() {
            let lap_idx = lap_idx as u16;
            for (mini, at_ms) in lap.crossings_ms.iter().enumerate() {
                if let Some(at_ms) = at_ms {
                    agenda.note(*at_ms, Cue::Mini { car, lap_idx, mini: mini as u8 });
                }
            }
            let cues = [
                (lap.trap_ms, Cue::Trap { car, lap_idx }),
                (lap.pit_in_ms, Cue::PitIn { car, lap_idx }),
                (lap.pit_out_ms, Cue::PitOut { car, lap_idx }),
            ];
            for (at_ms, cue) in cues {
                if let Some(at_ms) = at_ms {
                    agenda.note(at_ms, cue);
                }
            }
        }
        if let Some((_, stands_s)) = of_car.stopped_s {
            agenda.note(millis(stands_s) + 2_500, Cue::Stopped { car });
            agenda.note(millis(stands_s) + GIVEN_UP_MS, Cue::Retired { car });
        }
    }
    for (at_ms, cue) in
        [(200, Cue::Heartbeat), (500, Cue::Weather), (2_000, Cue::Tick), (600, Cue::Cars), (700, Cue::Positions)]
    {
        agenda.note(at_ms, cue);
    }
    schedule_radio(plan, agenda);
}

fn schedule_radio(plan: &Plan, agenda: &mut Agenda) {
    let mut at_s = plan.start_ms as f64 / 1e3;
    for number in 0.. {
        at_s += 20.0 + plan.chance.between(What::Radio, number, 0, 0.0, 2.0 * 3_600.0 / RADIO_PER_HOUR - 40.0);
        if millis(at_s) >= plan.end_ms - 60_000 {
            return;
        }
        agenda.note(millis(at_s), Cue::Radio(number));
    }
}

/// Places on the screen as the entry list states them.
pub(super) fn lines(places: impl Iterator<Item = (usize, u8)>) -> DriversUpdate {
    let update = |(car, line): (usize, u8)| DriverUpdate {
        driver: DRIVERS[car].number,
        line: Some(line),
        ..DriverUpdate::default()
    };
    DriversUpdate { drivers: places.map(update).collect(), ..DriversUpdate::default() }
}

impl Side {
    pub(super) fn new(plan: &Plan) -> Side {
        let n = DRIVERS.len();
        let points = points_before(plan);
        Side {
            in_lane: vec![false; n],
            last_lap: vec![None; n],
            stint_best: vec![(usize::MAX, 0); n],
            stint_laps: vec![0; n],
            known_stint: vec![0; n],
            is_stint_told: vec![plan.trace.is_some(); n],
            blue_ms: std::collections::BTreeMap::new(),
            ran: vec![false; n],
            have_places_changed: false,
            at_line: vec![0; usize::from(plan.config.n_laps) + 4],
            predicted: vec![(0, -1.0); n],
            predicted_teams: vec![(0, -1.0); TEAMS.len()],
            points,
        }
    }

    pub(super) fn last_lap(&self, car: usize) -> Option<LapTime> {
        self.last_lap[car]
    }

    pub(super) fn places_changed(&mut self) {
        self.have_places_changed = true;
    }

    pub(super) fn tyres_ran(&mut self, car: usize) {
        self.stint_laps[car] += 1;
        self.ran[car] = true;
    }

    pub(super) fn is_stint_told(&self, car: usize) -> bool {
        self.is_stint_told[car]
    }

    /// Another set is on the car.
    pub(super) fn begin_stint(&mut self, car: usize, stint_idx: usize) {
        if self.known_stint[car] != stint_idx || !self.is_stint_told[car] {
            (self.known_stint[car], self.stint_laps[car], self.is_stint_told[car]) = (stint_idx, 0, true);
        }
    }

    /// True if blue flags may be waved now; then they are.
    pub(super) fn may_wave_blue(&mut self, lapped: usize, by: usize, at_ms: i64) -> bool {
        let last = self.blue_ms.entry((lapped, by)).or_insert(i64::MIN / 2);
        let may = at_ms - *last > super::words::BLUE_AGAIN_MS;
        if may {
            *last = at_ms;
        }
        may
    }

    /// Cars that have completed a lap, this one included.
    pub(super) fn count_at_line(&mut self, lap: u16) -> u8 {
        let Some(count) = self.at_line.get_mut(usize::from(lap)) else { return 0 };
        *count += 1;
        *count
    }

    /// A lap time was stated.
    pub(super) fn note_lap(&mut self, car: usize, stint_idx: usize, time_ms: i64) -> bool {
        self.last_lap[car] = Some(lap_time(time_ms));
        let best = &mut self.stint_best[car];
        let is_best = best.0 != stint_idx || time_ms < best.1;
        if is_best {
            *best = (stint_idx, time_ms);
        }
        is_best
    }
}

impl Stage {
    /// The best lap of a stint, told with the tyres.
    pub(super) fn tell_stint_best(&mut self, at_ms: i64, car: usize, stint_idx: usize, number: u16, time_ms: i64) {
        if self.side.known_stint[car] != stint_idx || !self.side.note_lap(car, stint_idx, time_ms) {
            return;
        }
        let stint = StintUpdate {
            stint_idx: stint_idx as u8,
            best_lap: Some(lap_time(time_ms)),
            best_lap_number: Some(LapNumber(number)),
            ..StintUpdate::default()
        };
        let cars = vec![CarStints { driver: DRIVERS[car].number, stints: vec![stint], ..CarStints::default() }];
        self.send(Topic::Tyres, at_ms, TIMING_DELAY_MS + 400, Event::Stints(StintsUpdate { cars }));
    }

    /// Ages of tyres, and the championship if places changed.
    pub(super) fn tick(&mut self, at_ms: i64) {
        let mut cars = Vec::new();
        for (car, entry) in DRIVERS.iter().enumerate() {
            if !std::mem::take(&mut self.side.ran[car]) {
                continue;
            }
            let stint_idx = self.side.known_stint[car];
            let start_laps = self.plan.cars[car].stints.get(stint_idx).map_or(0, |stint| stint.start_laps);
            let total_laps = Some(start_laps + self.side.stint_laps[car]);
            let stint = StintUpdate { stint_idx: stint_idx as u8, total_laps, ..StintUpdate::default() };
            cars.push(CarStints { driver: entry.number, stints: vec![stint], ..CarStints::default() });
        }
        if !cars.is_empty() {
            self.send(Topic::Tyres, at_ms, 40, Event::Stints(StintsUpdate { cars }));
        }
        if std::mem::take(&mut self.side.have_places_changed) {
            self.predict_championship(at_ms);
        }
        self.again(at_ms + TICK_MS, Cue::Tick);
    }

    /// Notes a cue that comes again and again, until the feed closes.
    pub(super) fn again(&mut self, at_ms: i64, cue: Cue) {
        if at_ms < self.plan.end_ms {
            self.agenda.note(at_ms, cue);
        }
    }

    pub(super) fn heartbeat(&mut self, at_ms: i64) {
        let utc = self.utc(at_ms);
        self.send(Topic::Side, at_ms, 15, Event::Heartbeat(utc));
        self.again(at_ms + HEARTBEAT_MS, Cue::Heartbeat);
    }

    /// A reading of the weather station: a slow walk, cooler and damper while it rains.
    pub(super) fn weather(&mut self, at_ms: i64) {
        let reading = reading(&self.plan, at_ms);
        self.send(Topic::Side, at_ms, 90, Event::Weather(reading));
        self.again(at_ms + WEATHER_MS, Cue::Weather);
    }

    pub(super) fn radio(&mut self, at_ms: i64, number: u32) {
        let running: Vec<usize> = (0..DRIVERS.len()).filter(|car| !self.is_out[*car]).collect();
        let Some(car) = running.get(self.plan.chance.one_of(What::Radio, number, 1, running.len())) else { return };
        let driver = &DRIVERS[*car];
        let spoken = self.utc(at_ms - 12_000);
        let digits: String = spoken.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
        let (day, time) = digits.split_at(digits.len().min(8));
        let path = format!("TeamRadio/{}_{}_{day}_{time}.mp3", driver.tla, driver.number);
        let capture = RadioCapture { driver: driver.number, utc: Some(spoken), path };
        self.send(Topic::Side, at_ms, 120, Event::Radio(vec![capture]));
    }

    /// The championship if the race ended now.
    pub(super) fn predict_championship(&mut self, at_ms: i64) {
        let rules = crate::race::Rules::default();
        let mut points = self.side.points.clone();
        for (place, car) in self.race.order.iter().enumerate() {
            if !self.is_out[*car] {
                points[*car] += rules.points.get(place).copied().unwrap_or(0.0);
            }
        }
        let (places, team_points) = (places_by(&points), by_team(&points));
        let team_places = places_by(&team_points);
        let mut update = ChampionshipUpdate::default();
        for car in 0..points.len() {
            let now = (places[car], points[car]);
            if std::mem::replace(&mut self.side.predicted[car], now) != now {
                update.drivers.push(entry(DRIVERS[car].number.to_string(), now));
            }
        }
        for team in 0..team_points.len() {
            let now = (team_places[team], team_points[team]);
            if std::mem::replace(&mut self.side.predicted_teams[team], now) != now {
                update.teams.push(entry(TEAMS[team].name.to_owned(), now));
            }
        }
        if update != ChampionshipUpdate::default() {
            self.send(Topic::Summary, at_ms, 300, Event::Championship(update));
        }
    }

    /// The championship before the race.
    pub(super) fn championship_before(&self) -> ChampionshipUpdate {
        let points = &self.side.points;
        let (places, team_points) = (places_by(points), by_team(points));
        let team_places = places_by(&team_points);
        let before = |key: String, name: Option<String>, place: u16, points: f32| ChampionshipEntry {
            key,
            name,
            current_position: Some(place),
            predicted_position: Some(place),
            current_points: Some(points),
            predicted_points: Some(points),
        };
        let drivers =
            (0..points.len()).map(|car| before(DRIVERS[car].number.to_string(), None, places[car], points[car]));
        let teams = (0..TEAMS.len()).map(|team| {
            before(TEAMS[team].name.to_owned(), Some(TEAMS[team].name.to_owned()), team_places[team], team_points[team])
        });
        ChampionshipUpdate { drivers: drivers.collect(), teams: teams.collect() }
    }
}

fn entry(key: String, (place, points): (u16, f32)) -> ChampionshipEntry {
    ChampionshipEntry {
        key,
        predicted_position: Some(place),
        predicted_points: Some(points),
        ..ChampionshipEntry::default()
    }
}

/// Places from 1 by points, equals by list.
fn places_by(points: &[f32]) -> Vec<u16> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| points[*b].total_cmp(&points[*a]).then(a.cmp(b)));
    let mut places = vec![0; points.len()];
    for (place, idx) in order.into_iter().enumerate() {
        places[idx] = place as u16 + 1;
    }
    places
}

fn by_team(points: &[f32]) -> Vec<f32> {
    let mut of_team = vec![0.0; TEAMS.len()];
    for (driver, points) in DRIVERS.iter().zip(points) {
        of_team[usize::from(driver.team_idx)] += points;
    }
    of_team
}

/// Points before this race: so many races decided by pace and luck.
fn points_before(plan: &Plan) -> Vec<f32> {
    let rules = crate::race::Rules::default();
    let mut points = vec![0.0; DRIVERS.len()];
    for race in 0..RACES_BEFORE {
        let form = |car: usize| {
            let driver = &DRIVERS[car];
            let pace = f64::from(driver.team().pace_share + driver.pace_share);
            pace + 0.004 * plan.chance.normal(What::Standings, race, car)
        };
        let mut order: Vec<(usize, f64)> = (0..DRIVERS.len()).map(|car| (car, form(car))).collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        for ((car, _), award) in order.iter().zip(&rules.points) {
            points[*car] += award;
        }
    }
    points
}

/// What the station measures at a moment.
fn reading(plan: &Plan, at_ms: i64) -> Weather {
    let (chance, minute) = (&plan.chance, (at_ms / WEATHER_MS) as u32);
    let is_raining = plan.is_raining(at_ms as f64 / 1e3);
    // A smooth walk: a few slow waves of random phase.
    let wave = |which: usize, size: f64| {
        let phase = |k: u32| chance.uniform(What::Weather, 1_000 + k, which) * std::f64::consts::TAU;
        let at = f64::from(minute);
        size * ((at / 37.0 + phase(0)).sin() + 0.5 * (at / 11.0 + phase(1)).sin() + 0.2 * (at / 3.0 + phase(2)).sin())
    };
    let base = |which: usize, low: f64, high: f64| chance.between(What::Weather, 2_000, which, low, high);
    let tenths = |value: f64| (value * 10.0).round() as f32 / 10.0;
    let air = base(0, 19.0, 29.0) + wave(0, 0.5) - if is_raining { 3.0 } else { 0.0 };
    let track = air + if is_raining { 1.5 } else { base(1, 9.0, 19.0) + wave(1, 1.0) };
    let humidity = (base(2, 35.0, 60.0) + wave(2, 2.0) + if is_raining { 35.0 } else { 0.0 }).clamp(5.0, 100.0);
    Weather {
        air_temperature_c: Some(tenths(air)),
        track_temperature_c: Some(tenths(track)),
        humidity_percent: Some(humidity.round() as f32),
        pressure_mbar: Some(tenths(base(3, 985.0, 1_018.0) + wave(3, 0.2))),
        is_raining: Some(is_raining),
        wind_direction_deg: Some((base(4, 0.0, 360.0) + wave(4, 20.0)).rem_euclid(360.0) as u16),
        wind_speed_mps: Some(tenths((base(5, 0.8, 4.0) + wave(5, 0.7)).max(0.0))),
    }
}

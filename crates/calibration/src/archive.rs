//! Past races put together from the tables: who drove, from where, how fast, and how it ended.

use std::collections::BTreeMap;

use overcut_domain::DriverNumber;
use overcut_history::{History, HistoryError, LapRow, Place, ResultRow};
use overcut_sim::estimate::LapSoFar;
use overcut_sim::race::{TrackState, Tyre};

/// Races in the order they were run.
#[derive(Debug, Clone, Default)]
pub struct Archive {
    /// The races that have laps.
    pub races: Vec<PastRace>,
}

/// One race.
#[derive(Debug, Clone)]
pub struct PastRace {
    /// Season.
    pub season: u16,
    /// Round.
    pub round: u16,
    /// Which Grand Prix, such as `italy`.
    pub grand_prix: String,
    /// Its name, such as `Italian Grand Prix`; empty where the table of names is missing.
    pub event: String,
    /// Which circuit, such as `monza`.
    pub circuit: String,
    /// Its layout.
    pub layout: String,
    /// Laps the winner drove.
    pub n_laps: u16,
    /// Laps that were planned, as far as is known.
    pub planned_laps: u16,
    /// Those who took the start, in the order of the classification.
    pub cars: Vec<PastCar>,
    /// Visits to the pit lane; empty where the table of stops is missing.
    pub stops: Vec<PastStop>,
    /// Session clock at which rain began or stopped: (when, whether it rains from then on).
    pub rain: Vec<(f64, bool)>,
}

/// One visit to the pit lane.
#[derive(Debug, Clone, Copy)]
pub struct PastStop {
    /// The lap at the end of which the car came in.
    pub lap: u16,
    /// Time from the entry of the lane to its exit.
    pub lane_s: f64,
}

/// One car in one race.
#[derive(Debug, Clone)]
pub struct PastCar {
    /// Racing number.
    pub driver: DriverNumber,
    /// Who, such as `lando-norris`.
    pub driver_id: String,
    /// For whom, such as `mclaren`.
    pub constructor_id: String,
    /// The team's place among the race's teams, by id.
    pub team_idx: u8,
    /// Place on the grid, from 1; cars from the pit lane come last.
    pub grid: u8,
    /// Best lap of qualifying over the fastest of all, as a share.
    pub qualifying_gap: Option<f32>,
    /// Laps completed.
    pub n_laps: u16,
    /// How it ended.
    pub end: CarEnd,
    /// Gap to the winner, of cars on its lap.
    pub gap_s: Option<f64>,
    /// Time penalties in the result.
    pub penalty_s: f64,
    /// Completed laps.
    pub laps: Vec<LapSoFar>,
    /// For each of those, the laps' own flag that its times are sound.
    pub is_accurate: Vec<bool>,
    /// For each of those, the state of the track at its end.
    pub track_at_end: Vec<TrackState>,
}

/// How a car's race ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarEnd {
    /// At the flag.
    Flag,
    /// Something broke.
    Failure,
    /// It hit something.
    Crash,
    /// It was thrown out afterwards.
    Disqualified,
}

impl Archive {
    /// Puts the races of some seasons together.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] of the first table that cannot be read.
    pub fn read(history: &History, seasons: &[u16]) -> Result<Archive, HistoryError> {
        let results = by_race(history.results()?, |row| (row.season, row.round));
        let qualifying = by_race(history.qualifying()?, |row| (row.season, row.round));
        let grids = by_race(history.grids()?, |row| (row.season, row.round));
        let stops = by_race(history.pit_stops()?.unwrap_or_default(), |row| (row.season, row.round));
        let weather = by_race(history.weather()?.unwrap_or_default(), |row| (row.season, row.round));
        let names = history.grands_prix()?.unwrap_or_default();
        let event = |id: &str| names.iter().find(|row| row.id == id).map_or("", |row| row.full_name.as_str());
        let races: BTreeMap<_, _> =
            history.races()?.into_iter().map(|race| ((race.season, race.round), race)).collect();
        let mut archive = Archive::default();
        for season in seasons {
            for (key, laps) in by_race(history.laps(*season)?, |row| (row.season, row.round)) {
                let (Some(race), Some(results)) = (races.get(&key), results.get(&key)) else { continue };
                let order: Vec<&str> =
                    grids.get(&key).into_iter().flatten().map(|row| row.driver_id.as_str()).collect();
                let fastest = qualifying_gaps(qualifying.get(&key).map_or(&[], Vec::as_slice));
                let cars = cars(results, &order, &fastest, laps);
                let n_laps = race.laps.or(cars.iter().map(|car| car.n_laps).max()).unwrap_or(0);
                archive.races.push(PastRace {
                    season: key.0,
                    round: key.1,
                    grand_prix: race.grand_prix_id.clone(),
                    event: event(&race.grand_prix_id).to_owned(),
                    circuit: race.circuit_id.clone(),
                    layout: race.circuit_layout_id.clone(),
                    n_laps,
                    planned_laps: race.scheduled_laps.unwrap_or(n_laps),
                    cars,
                    stops: past_stops(stops.get(&key).map_or(&[], Vec::as_slice)),
                    rain: rain(weather.get(&key).map_or(&[], Vec::as_slice)),
                });
            }
        }
        Ok(archive)
    }
}

impl PastRace {
    /// `2024 R1 bahrain`, to name it by.
    pub fn name(&self) -> String {
        format!("{} R{} {}", self.season, self.round, self.grand_prix)
    }

    /// Whether it rained at some moment of the session clock.
    pub fn is_raining_at(&self, at_s: f64) -> bool {
        self.rain.iter().take_while(|(since_s, _)| *since_s <= at_s).last().is_some_and(|(_, rains)| *rains)
    }

    /// The share of laps that were driven on intermediates or wets.
    pub fn wet_share(&self) -> f64 {
        let laps = || self.cars.iter().flat_map(|car| &car.laps);
        let wet = laps().filter(|lap| lap.tyre.is_some_and(|tyre| !tyre.is_slick())).count();
        wet as f64 / laps().count().max(1) as f64
    }
}

fn past_stops(rows: &[overcut_history::PitStopRow]) -> Vec<PastStop> {
    rows.iter().filter_map(|row| Some(PastStop { lap: row.lap, lane_s: row.pit_lane_s? })).collect()
}

fn by_race<Row>(rows: Vec<Row>, key: impl Fn(&Row) -> (u16, u16)) -> BTreeMap<(u16, u16), Vec<Row>> {
    let mut races: BTreeMap<(u16, u16), Vec<Row>> = BTreeMap::new();
    for row in rows {
        races.entry(key(&row)).or_default().push(row);
    }
    races
}

/// The best lap of each driver in qualifying over the best of all.
fn qualifying_gaps(rows: &[overcut_history::QualifyingRow]) -> BTreeMap<&str, f32> {
    let best = |row: &overcut_history::QualifyingRow| {
        [row.time_s, row.q1_s, row.q2_s, row.q3_s].into_iter().flatten().fold(f64::INFINITY, f64::min)
    };
    let fastest = rows.iter().map(best).fold(f64::INFINITY, f64::min);
    let gap = |row| (best(row) / fastest - 1.0) as f32;
    rows.iter().filter(|row| best(row).is_finite()).map(|row| (row.driver_id.as_str(), gap(row))).collect()
}

fn cars(results: &[ResultRow], grid: &[&str], gaps: &BTreeMap<&str, f32>, laps: Vec<LapRow>) -> Vec<PastCar> {
    let mut laps_of: BTreeMap<DriverNumber, Vec<LapRow>> = BTreeMap::new();
    for lap in laps {
        laps_of.entry(lap.number).or_default().push(lap);
    }
    let starters: Vec<&ResultRow> = results.iter().filter(|row| took_the_start(row)).collect();
    let mut teams: Vec<&str> = starters.iter().map(|row| row.constructor_id.as_str()).collect();
    teams.sort_unstable();
    teams.dedup();
    let mut by_grid = starters.clone();
    // Cars from the pit lane have no place; the grid's own order has them at the end.
    by_grid.sort_by_key(|row| {
        let listed = grid.iter().position(|driver| *driver == row.driver_id);
        (row.grid_position.unwrap_or(u16::MAX), listed.unwrap_or(usize::MAX))
    });
    let place = |row: &ResultRow| {
        by_grid.iter().position(|other| other.driver_id == row.driver_id).map_or(0, |idx| idx as u8 + 1)
    };
    let car = |row: &&ResultRow| {
        let driver = row.driver_number?;
        let mut rows = laps_of.remove(&driver).unwrap_or_default();
        rows.sort_by_key(|lap| lap.lap);
        let n_laps = row.laps.unwrap_or(0);
        // The lap on which a car stops is in the table, too. Those after the flag of a race that was counted back, too.
        rows.retain(|lap| lap.lap <= n_laps);
        Some(PastCar {
            driver,
            driver_id: row.driver_id.clone(),
            constructor_id: row.constructor_id.clone(),
            team_idx: teams.binary_search(&row.constructor_id.as_str()).map_or(0, |idx| idx as u8),
            grid: place(row),
            qualifying_gap: gaps.get(row.driver_id.as_str()).copied(),
            n_laps,
            end: end_of(row),
            gap_s: row.gap_s,
            penalty_s: row.time_penalty_s.unwrap_or(0.0),
            laps: rows.iter().map(lap_so_far).collect(),
            is_accurate: rows.iter().map(|lap| lap.is_accurate.unwrap_or(false)).collect(),
            track_at_end: rows.iter().map(|lap| last_state(&lap.track_status)).collect(),
        })
    };
    starters.iter().filter_map(car).collect()
}

fn took_the_start(row: &ResultRow) -> bool {
    match &row.position {
        Place::Classified(_) | Place::Retired | Place::Disqualified => row.laps.is_some(),
        Place::Other(text) => text == "NC" && row.laps.is_some(),
        Place::NotStarted => false,
    }
}

/// A car classified for having driven nine tenths of the race may have stopped all the same: the reason tells.
fn end_of(row: &ResultRow) -> CarEnd {
    const CRASHES: [&str; 5] = ["Collision", "Accident", "Spun", "damage", "Puncture"];
    match (&row.position, row.reason_retired.as_deref()) {
        (Place::Disqualified, _) => CarEnd::Disqualified,
        (_, None) if row.position == Place::Retired => CarEnd::Failure,
        (_, None) => CarEnd::Flag,
        (_, Some(reason)) if CRASHES.iter().any(|word| reason.contains(word)) => CarEnd::Crash,
        (_, Some(_)) => CarEnd::Failure,
    }
}

fn lap_so_far(row: &LapRow) -> LapSoFar {
    LapSoFar {
        lap: row.lap,
        lap_time_s: row.lap_time_s.map(|time| time as f32),
        end_s: row.time_s,
        tyre: Tyre::from_compound(row.compound),
        tyre_age: row.tyre_life.unwrap_or(1),
        is_in_lap: row.pit_in_s.is_some(),
        // On the first lap the way from the garage to the grid is in this column.
        is_out_lap: row.pit_out_s.is_some() && row.lap > 1,
        track: track_state(&row.track_status),
    }
}

/// The worst state seen during a lap, from the codes of the feed.
pub(crate) fn track_state(codes: &str) -> TrackState {
    if codes.contains('5') {
        TrackState::Red
    } else if codes.contains('4') {
        TrackState::SafetyCar
    } else if codes.contains(['6', '7']) {
        TrackState::VirtualSafetyCar
    } else {
        TrackState::Green
    }
}

/// The last state seen during a lap: the codes are in the order they were seen. A phase that is ending has ended.
fn last_state(codes: &str) -> TrackState {
    match codes.chars().last() {
        Some('7') | None => TrackState::Green,
        Some(code) => track_state(code.encode_utf8(&mut [0; 4])),
    }
}

/// When rain began and stopped. A single sample of rain between dry ones is a sensor's drop, not a shower.
fn rain(rows: &[overcut_history::WeatherRow]) -> Vec<(f64, bool)> {
    let rains = |idx: usize| rows.get(idx).and_then(|row| row.rainfall).unwrap_or(false);
    let mut changes = Vec::new();
    let mut last = false;
    for (idx, row) in rows.iter().enumerate() {
        // Two in a row make a change, from samples up to this one only.
        let settled = if idx > 0 && rains(idx) == rains(idx - 1) { rains(idx) } else { last };
        if settled != last {
            changes.push((row.time_s, settled));
            last = settled;
        }
    }
    changes
}

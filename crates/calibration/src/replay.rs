//! A past race as it was known at one of its laps.

use std::collections::BTreeMap;

use overcut_sim::estimate::{CarSoFar, Form, RaceSoFar, race_pace};
use overcut_sim::race::TrackState;

use crate::archive::{CarEnd, PastCar, PastRace};
use crate::parameters::{LoadedModel, ModelRequest, ParameterSet, load_model};

/// What earlier races say of drivers and teams: race after race is added, and asked before it is.
#[derive(Debug, Clone, Default)]
pub struct History {
    drivers: BTreeMap<String, Running>,
    teams: BTreeMap<(u16, String), Running>,
    ends: BTreeMap<String, Ends>,
    team_ends: BTreeMap<(u16, String), Ends>,
    last_season: u16,
}

/// A mean in which older races count less.
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    sum: f64,
    weight: f64,
}

impl Running {
    fn add(&mut self, value: f64) {
        self.sum = self.sum * RACE_DECAY + value;
        self.weight = self.weight * RACE_DECAY + 1.0;
    }

    fn fade(&mut self, factor: f64) {
        self.sum *= factor;
        self.weight *= factor;
    }

    /// The mean, pulled towards another as if that were so many races.
    fn pulled(&self, towards: f64, races: f64) -> f64 {
        (self.sum + towards * races) / (self.weight + races)
    }
}

/// Laps driven, and how often they ended badly; older races count less.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    laps: f64,
    failures: f64,
    crashes: f64,
}

/// What a race counts after the next one: half after six.
const RACE_DECAY: f64 = 0.89;
/// What a driver's and a team's races count after the winter, when cars are new.
const WINTER: f64 = 0.35;
/// Races that a team's form counts as for a driver's, and the field's mean for a team's.
const TEAM_RACES: f64 = 2.0;
const FIELD_RACES: f64 = 1.0;
/// What laps and ends count after the next race: half after about a season.
const END_DECAY: f64 = 0.97;
/// Race distances of the usual hazard that a driver's or team's own is pulled by, before and during its first season.
const END_RACES: f64 = 40.0;
/// Fewest clean laps that make a race count for form.
const FEWEST_LAPS: usize = 10;

impl History {
    /// Adds a race that has been run.
    pub fn add(&mut self, race: &PastRace, set: &ParameterSet) {
        if race.season != self.last_season {
            self.drivers.values_mut().for_each(|form| form.fade(WINTER));
            // The team of a new season is a new entry, which inherits what the winter leaves.
            let inherited: Vec<_> = (self.teams.iter())
                .filter(|((season, _), _)| *season == self.last_season)
                .map(|((_, team), form)| ((race.season, team.clone()), *form))
                .collect();
            for (key, mut form) in inherited {
                form.fade(WINTER);
                self.teams.insert(key, form);
            }
            self.last_season = race.season;
        }
        self.add_ends(race);
        if race.wet_share() > 0.3 {
            return;
        }
        let loaded = model_of(race, set);
        let so_far = bare(race, race.n_laps);
        let paces = race_pace(&so_far, &loaded.model, &loaded.pace, FEWEST_LAPS);
        for (car, pace) in race.cars.iter().zip(paces) {
            let Some((pace, _)) = pace else { continue };
            // A limping car says nothing about the next race.
            let pace = pace.clamp(-0.025, 0.025);
            self.drivers.entry(car.driver_id.clone()).or_default().add(pace);
            self.teams.entry((race.season, car.constructor_id.clone())).or_default().add(pace);
        }
    }

    fn add_ends(&mut self, race: &PastRace) {
        for car in &race.cars {
            let team = (race.season, car.constructor_id.clone());
            for ends in [self.ends.entry(car.driver_id.clone()).or_default(), self.team_ends.entry(team).or_default()] {
                ends.laps = ends.laps * END_DECAY + f64::from(car.n_laps);
                ends.failures = ends.failures * END_DECAY + f64::from(u8::from(car.end == CarEnd::Failure));
                // First laps are another matter: they say more about who was near.
                let is_crash = car.end == CarEnd::Crash && car.n_laps > 0;
                ends.crashes = ends.crashes * END_DECAY + f64::from(u8::from(is_crash));
            }
        }
    }

    fn form(&self, car: &PastCar, season: u16) -> Form {
        let team = self.teams.get(&(season, car.constructor_id.clone())).or_else(|| {
            // Before the first race of a season, last year's car has to do.
            self.teams.get(&(season - 1, car.constructor_id.clone()))
        });
        let team = team.map(|form| form.pulled(0.0, FIELD_RACES));
        let driver = self.drivers.get(&car.driver_id);
        Form {
            driver: driver.map(|form| form.pulled(team.unwrap_or(0.0), TEAM_RACES) as f32),
            team: team.map(|team| team as f32),
        }
    }

    fn hazards(&self, car: &PastCar, season: u16, usual: &LoadedModel, n_laps: u16) -> (f32, f32) {
        let typical = &usual.model.cars[0];
        let pull = END_RACES * f64::from(n_laps);
        let rate = |count: f64, laps: f64, usual: f32| ((count + pull * f64::from(usual)) / (laps + pull)) as f32;
        let team = self.team_ends.get(&(season, car.constructor_id.clone())).copied().unwrap_or_default();
        let driver = self.ends.get(&car.driver_id).copied().unwrap_or_default();
        (
            rate(team.failures, team.laps, typical.failure_hazard),
            rate(driver.crashes, driver.laps, typical.crash_hazard),
        )
    }

    /// A race as it was known at the end of a lap of the leader; 0 is the grid.
    pub fn race_so_far(&self, race: &PastRace, lap: u16, loaded: &LoadedModel) -> RaceSoFar {
        let mut so_far = bare(race, lap);
        for (car, past) in so_far.cars.iter_mut().zip(&race.cars) {
            car.form = self.form(past, race.season);
            let (failure, crash) = self.hazards(past, race.season, loaded, race.planned_laps);
            (car.failure_hazard, car.crash_hazard) = (Some(failure), Some(crash));
        }
        so_far
    }
}

/// The model of a past race's circuit, by its distance and the season's rules.
pub fn model_of(race: &PastRace, set: &ParameterSet) -> LoadedModel {
    load_model(
        set,
        &ModelRequest {
            circuit: &race.circuit,
            season: race.season,
            n_laps: Some(race.planned_laps),
            base_lap_s: None,
            n_cars: race.cars.len(),
        },
    )
}

/// The race at a lap, without what earlier races say.
///
/// Known is what had happened when the leader was about to end the lap after it: the cars on the leader's lap have then
/// all ended this one, and those laps down have not ended more than they had.
pub(crate) fn bare(race: &PastRace, lap: u16) -> RaceSoFar {
    let leader_end = |lap: u16| {
        let ends = race.cars.iter().filter_map(|car| car.laps.iter().find(|it| it.lap == lap)).map(|it| it.end_s);
        ends.fold(f64::INFINITY, f64::min)
    };
    let now_s = if lap == 0 { f64::NEG_INFINITY } else { leader_end(lap) };
    let lap_s = if lap > 1 { (now_s - leader_end(lap - 1)).clamp(50.0, 200.0) } else { 130.0 };
    let known_until_s = if lap >= race.n_laps { f64::INFINITY } else { now_s + lap_s };
    let cars = race.cars.iter().map(|car| car_so_far(car, lap, known_until_s)).collect();
    let mut so_far = RaceSoFar {
        n_laps: race.planned_laps.max(lap + 1),
        lap,
        start_s: None,
        track: TrackState::Green,
        track_laps: 0,
        is_raining: race.is_raining_at(if lap == 0 { first_start(race) } else { now_s }),
        cars,
    };
    set_track(&mut so_far, race);
    so_far
}

/// The session clock about when the lights went out.
fn first_start(race: &PastRace) -> f64 {
    let firsts = race.cars.iter().filter_map(|car| car.laps.first()).map(|lap| lap.end_s);
    firsts.fold(f64::INFINITY, f64::min) - 100.0
}

fn car_so_far(car: &PastCar, lap: u16, known_until_s: f64) -> CarSoFar {
    let laps: Vec<_> = car.laps.iter().filter(|it| it.lap <= lap && it.end_s <= known_until_s).copied().collect();
    let is_retired = matches!(car.end, CarEnd::Failure | CarEnd::Crash) && car.n_laps < lap;
    CarSoFar {
        driver: car.driver,
        team_idx: car.team_idx,
        grid: car.grid,
        qualifying_gap: car.qualifying_gap,
        form: Form::default(),
        failure_hazard: None,
        crash_hazard: None,
        // The tyres on the grid are seen minutes before the start.
        start_tyre: car.laps.first().and_then(|lap| lap.tyre),
        laps,
        is_retired,
        penalty_s: 0.0,
    }
}

/// The state of the track when the leader ended the lap. A stopped race is looked at when it goes on.
fn set_track(so_far: &mut RaceSoFar, race: &PastRace) {
    let lap = so_far.lap;
    let place = |car: &PastCar| car.laps.iter().position(|it| it.lap == lap);
    let leader = race.cars.iter().filter_map(|car| Some((car.laps[place(car)?].end_s, car)));
    let Some((_, leader)) = leader.min_by(|a, b| a.0.total_cmp(&b.0)) else { return };
    let Some(idx) = place(leader) else { return };
    let state = leader.track_at_end[idx];
    so_far.track = if state == TrackState::Red { TrackState::Green } else { state };
    let lasted = leader.laps[..=idx].iter().rev().take_while(|it| it.track == state);
    so_far.track_laps = lasted.count() as u16;
}

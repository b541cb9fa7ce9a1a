//! The field as the race simulator knows it: our cars on a circuit whose times come from the lap-time simulation.

use crate::circuit::Circuit;
use crate::race::{CarModel, OvertakingAid, PitModel, RaceModel, Rules, Tyre};
use crate::vehicle::{Aid, Conditions, ErsMode, Profile, Vehicle, lap};

use super::chance::{Chance, What};
use super::course::Course;
use super::entry_list::DRIVERS;
use super::lane;
use super::launch::launch;
use super::pace::Pace;
use super::route::{Path, RouteBuilder};

/// Fuel at the start of a Grand Prix, and what is left at its end, kg.
const FULL_TANK_KG: f64 = 105.0;
const LAST_FUEL_KG: f64 = 4.0;
/// Paces by fuel: from full to empty.
pub(super) const N_FUEL_PACES: usize = 4;
/// The pace on a wet track comes behind those by fuel, that of qualifying last.
pub(super) const WET_PACE: usize = N_FUEL_PACES;
pub(super) const QUALIFYING_PACE: usize = N_FUEL_PACES + 1;
/// Grip of intermediates on the track they are made for.
const WET_GRIP: f64 = 0.80;
/// Grip of used tyres by that of new soft ones: the usual state in a race.
const RACE_GRIP: f64 = 0.965;
/// How much a team's form differs from weekend to weekend, and a driver's, as a share of a lap.
const TEAM_FORM: f64 = 0.0018;
const DRIVER_FORM: f64 = 0.0009;

/// Circuit, paces and the profiles behind them.
pub(super) fn course(circuit: &Circuit, season: u16) -> (Course, Vec<Profile>) {
    let vehicle = vehicle_of(season);
    let by_fuel = (0..N_FUEL_PACES).map(|idx| {
        let share = 1.0 - (idx as f64 + 0.5) / N_FUEL_PACES as f64;
        race_conditions(LAST_FUEL_KG + share * (FULL_TANK_KG - LAST_FUEL_KG), RACE_GRIP)
    });
    let wet = Conditions { aid: Aid::Shut, ..race_conditions(50.0, WET_GRIP) };
    let conditions: Vec<Conditions> = by_fuel.chain([wet, Conditions::default()]).collect();
    let profiles: Vec<Profile> = conditions.iter().map(|conditions| lap(circuit, &vehicle, conditions)).collect();
    let paces = profiles.iter().map(pace_of).collect();
    (Course::new(circuit.clone(), paces), profiles)
}

fn race_conditions(fuel_kg: f64, grip: f64) -> Conditions {
    // To 2025 wings open in the zones for the car that follows only; the pace is that of a car on its own.
    Conditions { fuel_kg, grip, ers: ErsMode::Balanced, aid: Aid::Open, ..Conditions::default() }
}

/// The car of a season.
pub(super) fn vehicle_of(season: u16) -> Vehicle {
    if season >= 2026 { Vehicle::season_2026() } else { Vehicle::season_2022() }
}

fn pace_of(profile: &Profile) -> Pace {
    let samples = profile.samples();
    let speeds: Vec<f64> = samples[..samples.len() - 1].iter().map(|sample| sample.speed_ms).collect();
    Pace::new(profile.step_m(), &speeds)
}

/// The pace of a lap of a race.
pub(super) fn race_pace(lap: u16, n_laps: u16, wetness: f32) -> usize {
    if wetness > 0.15 {
        return WET_PACE;
    }
    let done = f64::from(lap.saturating_sub(1)) / f64::from(n_laps.max(1));
    ((done * N_FUEL_PACES as f64) as usize).min(N_FUEL_PACES - 1)
}

/// How fast a car is on this weekend against the average car, as a share of a lap: negative is faster.
pub(super) fn pace_share(chance: &Chance, car: usize) -> f64 {
    let driver = &DRIVERS[car];
    let team = usize::from(driver.team_idx);
    f64::from(driver.team().pace_share + driver.pace_share)
        + TEAM_FORM * chance.normal(What::Form, 1, team)
        + DRIVER_FORM * chance.normal(What::Form, 2, car)
}

/// The race as the simulator is to run it.
pub(super) fn race_model(course: &Course, chance: &Chance, season: u16, n_laps: u16) -> RaceModel {
    let mut model = RaceModel::pooled(DRIVERS.len(), n_laps);
    let (full, empty) = (course.paces[0].lap_s(), course.paces[N_FUEL_PACES - 1].lap_s());
    let base_s = empty as f32;
    let circuit = &mut model.circuit;
    circuit.name = course.circuit.name.clone();
    circuit.base_lap_s = base_s;
    // The paces stand in the middle of their quarter of the race.
    circuit.fuel_s_per_lap = ((full - empty) / (f64::from(n_laps) * 0.75)) as f32;
    pit_lane(&mut circuit.pit, course);
    model.cars = (0..DRIVERS.len()).map(|car| car_model(chance, car, base_s)).collect();
    let aid = if season >= 2026 { OvertakingAid::OvertakeMode } else { OvertakingAid::Drs };
    model.rules = Rules { aid, ..Rules::default() };
    model
}

fn car_model(chance: &Chance, car: usize, base_s: f32) -> CarModel {
    let (driver, team) = (&DRIVERS[car], DRIVERS[car].team());
    CarModel {
        driver: driver.number,
        team_idx: driver.team_idx,
        pace_s: pace_share(chance, car) as f32 * base_s,
        pace_sigma_s: 0.08,
        noise_factor: driver.noise_factor,
        attack: driver.attack,
        defence: driver.defence,
        failure_hazard: team.failure_hazard,
        crew_s: team.crew_s,
        ..CarModel::pooled(car, DRIVERS.len())
    }
}

/// What our pit lane costs, from driving through it.
fn pit_lane(pit: &mut PitModel, course: &Course) {
    let (pace, lane) = (&course.paces[1], &course.circuit.pit_lane);
    let middle_m = lane.boxes_m.get(lane.boxes_m.len() / 2).copied().unwrap_or(lane.finish_m);
    let entry_m = course.lane_entry_m();
    let entry_mps = pace.speed_at(entry_m).min(lane::entry_speed_mps(course));
    let (to_line_s, whole_s) = lane::lane_times(course, middle_m, 0.0, entry_mps);
    let past_entry_s = pace.lap_s() - pace.time_at(entry_m);
    let mut out = RouteBuilder::standing(0.0, 0, Path::Track, lane.exit_m);
    out.set_speed(lane::exit_speed_mps(course));
    launch(&mut out, pace, 1.0, 1.0);
    let in_s = to_line_s - past_entry_s;
    let out_s = whole_s - to_line_s + out.now_s() - pace.time_at(out.at_m());
    pit.lane_loss_s = (in_s + out_s) as f32;
    // Over a half would tell the simulator that the boxes are before the line.
    pit.in_lap_share = ((in_s / (in_s + out_s)) as f32).clamp(0.02, if middle_m < lane.finish_m { 0.98 } else { 0.5 });
}

/// The tyre a car starts on: mostly mediums; hards and softs here and there, the former rather at the back.
pub(super) fn start_tyre(chance: &Chance, place: usize, car: usize) -> Tyre {
    let draw = chance.uniform(What::Tyres, 10, car);
    let hards = 0.08 + 0.25 * place as f64 / DRIVERS.len() as f64;
    if draw < hards {
        Tyre::Hard
    } else if draw > 0.9 {
        Tyre::Soft
    } else {
        Tyre::Medium
    }
}

/// Laps on it: hards are kept new for the race, of the others half have been used on the days before.
pub(super) fn start_tyre_age(chance: &Chance, tyre: Tyre, car: usize) -> u16 {
    let is_used = tyre != Tyre::Hard && chance.uniform(What::Tyres, 11, car) < 0.5;
    if is_used { 2 + chance.one_of(What::Tyres, 12, car, 3) as u16 } else { 0 }
}

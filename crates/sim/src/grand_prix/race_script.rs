//! What race control, the stewards and the session's clock say in the course of a race.

use overcut_domain::{SafetyCarMode, SessionStatus, TrackStatus};

use crate::race::{RaceEvent, RetirementCause, TrackState};

use super::chance::What;
use super::cue::{Note, Word};
use super::driven::millis;
use super::notes;
use super::plan::Plan;
use super::race_plan::{END_AFTER_S, RESULT_AFTER_S};

/// The session clock of a race runs down from two hours.
const RACE_CLOCK_MS: u32 = 7_200_000;
/// A virtual safety car is announced to end this long before it does.
const ENDING_MS: i64 = 12_000;
/// A car that stopped no longer ago than this is why the race is neutralised.
const DEBRIS_MS: i64 = 90_000;
/// Stands longer than this are waits under a red flag.
const WAIT_S: f64 = 120.0;

const REASONS: [&str; 4] = [
    "CAUSING A COLLISION",
    "LEAVING THE TRACK AND GAINING AN ADVANTAGE",
    "FORCING ANOTHER DRIVER OFF THE TRACK",
    "MOVING UNDER BRAKING",
];

/// A time in which the whole track is in a state.
#[derive(Debug, Clone, Copy)]
struct Spell {
    from_ms: i64,
    to_ms: i64,
    track: TrackState,
}

/// A time in which marshals wave yellow flags somewhere.
#[derive(Debug, Clone, Copy)]
struct YellowSpell {
    from_ms: i64,
    to_ms: i64,
    sector: u8,
    is_double: bool,
}

/// The script of a race whose last car finished at `finished_ms`.
pub(super) fn script(plan: &Plan, finished_ms: i64) -> Vec<(i64, Word)> {
    let mut script = vec![(0, Word::Opening)];
    before_the_start(plan, &mut script);
    let spells = spells(plan, finished_ms);
    let mut yellows = yellows(plan, &spells);
    debris(plan, &spells, &mut yellows, &mut script);
    track(&spells, &yellows, finished_ms, &mut script);
    safety_cars(plan, &spells, &mut script);
    for yellow in &yellows {
        script.push((yellow.from_ms + 300, Word::Message(notes::yellow(yellow.sector, yellow.is_double))));
        script.push((yellow.to_ms, Word::Message(notes::clear(yellow.sector))));
    }
    overtaking_aid(plan, &spells, &mut script);
    stopped_cars(plan, &mut script);
    stewards(plan, &mut script);
    weather(plan, &mut script);
    the_end(plan, finished_ms, &mut script);
    script.sort_by_key(|(at_ms, _)| *at_ms);
    script
}

fn note(script: &mut Vec<(i64, Word)>, at_ms: i64, note: Note) {
    script.push((at_ms, Word::Message(note)));
}

fn before_the_start(plan: &Plan, script: &mut Vec<(i64, Word)>) {
    let risk = if plan.is_raining(0.0) { 100 } else { plan.chance.one_of(What::Weather, 0, 0, 5) as u8 * 10 };
    note(script, 8_000, notes::rain_risk(if plan.rain.len() > 1 { risk.max(60) } else { risk }));
    note(script, 20_000, notes::pit_exit_closed());
    script.push((40_000, Word::GridTyres));
    note(script, 55_000, notes::overtaking_aid(plan.config.season, false));
    note(script, 75_000, notes::other("FORMATION LAP STARTED"));
    script.push((plan.start_ms, Word::Status(SessionStatus::Started)));
    script.push((plan.start_ms, Word::Clock { remaining_ms: RACE_CLOCK_MS - 1_000, is_running: true }));
    note(script, plan.start_ms + 500, notes::pit_exit_open());
}

/// The trace's states of the track in session time.
fn spells(plan: &Plan, finished_ms: i64) -> Vec<Spell> {
    let Some(trace) = &plan.trace else { return Vec::new() };
    let mut spells: Vec<Spell> = Vec::new();
    for event in &trace.events {
        let RaceEvent::Track { at_s, track, .. } = event else { continue };
        let at_ms = plan.start_ms + millis(*at_s);
        if let Some(open) = spells.last_mut().filter(|open| open.to_ms == i64::MAX) {
            open.to_ms = at_ms;
        }
        if *track != TrackState::Green {
            spells.push(Spell { from_ms: at_ms, to_ms: i64::MAX, track: *track });
        }
    }
    if let Some(open) = spells.last_mut().filter(|open| open.to_ms == i64::MAX) {
        open.to_ms = finished_ms + 30_000;
    }
    for red in spells.iter_mut().filter(|spell| spell.track == TrackState::Red) {
        // Cars drive off a little before the race goes on at the line.
        red.to_ms = restart_ms(plan, red.from_ms).unwrap_or(red.to_ms);
    }
    spells
}

/// When the first car drove off after a red flag.
fn restart_ms(plan: &Plan, red_ms: i64) -> Option<i64> {
    let stops = plan.cars.iter().flat_map(|car| &car.stops).filter(|stop| stop.stationary_s > WAIT_S);
    let ends = stops.map(|stop| millis(stop.stands_from_s + stop.stationary_s));
    ends.filter(|end_ms| *end_ms > red_ms).min().map(|end_ms| end_ms - 2_000)
}

/// Yellow flags where cars have stopped.
fn yellows(plan: &Plan, spells: &[Spell]) -> Vec<YellowSpell> {
    let mut yellows = Vec::new();
    for (car, of_car) in plan.cars.iter().enumerate() {
        let Some((from_s, to_s)) = of_car.stopped_s else { continue };
        let place = of_car.route.at(&plan.course.paces, to_s);
        let is_crash = cause(plan, car) == Some(RetirementCause::Crash);
        let from_ms = millis(if is_crash { from_s } else { to_s - 3.0 }) + 1_200;
        let last_s = plan.chance.between(What::RaceControl, 1, car, 40.0, 85.0);
        let alone_ms = from_ms + millis(last_s);
        // Under a safety car the flags come in when the place is clear, shortly before the race goes on.
        let spell = spells.iter().rfind(|spell| spell.from_ms < alone_ms && from_ms < spell.to_ms);
        let to_ms = spell.map_or(alone_ms, |spell| alone_ms.max(spell.to_ms - 25_000));
        let sector = plan.course.marshal_sector_at(place.distance_m.rem_euclid(plan.course.length_m()));
        yellows.push(YellowSpell { from_ms, to_ms, sector, is_double: is_crash });
    }
    yellows
}

/// Where no car has stopped, something lies on the track.
fn debris(plan: &Plan, spells: &[Spell], yellows: &mut Vec<YellowSpell>, script: &mut Vec<(i64, Word)>) {
    for (idx, spell) in spells.iter().enumerate() {
        let is_cause = |yellow: &YellowSpell| (0..DEBRIS_MS).contains(&(spell.from_ms - yellow.from_ms));
        let from_ms = spell.from_ms - 14_000;
        if yellows.iter().any(is_cause) || from_ms < plan.start_ms {
            continue;
        }
        let at_m = plan.chance.between(What::RaceControl, 500 + idx as u32, 0, 0.05, 0.95) * plan.course.length_m();
        let sector = plan.course.marshal_sector_at(at_m);
        let to_ms = (spell.to_ms - 25_000).max(spell.from_ms + 1_000);
        note(script, from_ms + 2_000, notes::debris(plan.course.corner_at(at_m)));
        yellows.push(YellowSpell { from_ms, to_ms, sector, is_double: false });
    }
}

fn cause(plan: &Plan, car: usize) -> Option<RetirementCause> {
    plan.trace.as_ref()?.cars[car].retirement.map(|out| out.cause)
}

/// The state of the whole track, whenever it changes.
fn track(spells: &[Spell], yellows: &[YellowSpell], finished_ms: i64, script: &mut Vec<(i64, Word)>) {
    let mut moments: Vec<i64> =
        spells.iter().flat_map(|spell| [spell.from_ms, spell.to_ms - ENDING_MS, spell.to_ms]).collect();
    moments.extend(yellows.iter().flat_map(|yellow| [yellow.from_ms, yellow.to_ms]));
    moments.sort_unstable();
    let mut now = TrackStatus::Clear;
    for at_ms in moments.into_iter().filter(|at_ms| *at_ms < finished_ms + 60_000) {
        let status = status_at(spells, yellows, at_ms);
        if status != now {
            now = status;
            script.push((at_ms, Word::Track(status)));
        }
    }
}

fn status_at(spells: &[Spell], yellows: &[YellowSpell], at_ms: i64) -> TrackStatus {
    let spell = spells.iter().find(|spell| (spell.from_ms..spell.to_ms).contains(&at_ms));
    match spell.map(|spell| (spell.track, spell.to_ms - at_ms)) {
        Some((TrackState::Red, _)) => TrackStatus::Red,
        Some((TrackState::SafetyCar, _)) => TrackStatus::SafetyCar,
        Some((TrackState::VirtualSafetyCar, left_ms)) if left_ms <= ENDING_MS => TrackStatus::VirtualSafetyCarEnding,
        Some((TrackState::VirtualSafetyCar, _)) => TrackStatus::VirtualSafetyCar,
        Some((TrackState::Green, _)) | None => {
            let is_yellow = yellows.iter().any(|yellow| (yellow.from_ms..yellow.to_ms).contains(&at_ms));
            if is_yellow { TrackStatus::Yellow } else { TrackStatus::Clear }
        }
    }
}

/// Deployments and their ends, red flags and restarts.
fn safety_cars(plan: &Plan, spells: &[Spell], script: &mut Vec<(i64, Word)>) {
    for spell in spells {
        let (from_ms, to_ms) = (spell.from_ms, spell.to_ms);
        match spell.track {
            TrackState::SafetyCar => {
                let mode = SafetyCarMode::SafetyCar;
                note(script, from_ms + 50, notes::safety_car(mode, "DEPLOYED"));
                let lap_ms = millis(plan.course.paces[0].lap_s() * 1.5);
                note(script, (to_ms - lap_ms).max(from_ms + 5_000), notes::safety_car(mode, "IN THIS LAP"));
                note(script, to_ms + 20, notes::track_clear());
            }
            TrackState::VirtualSafetyCar => {
                let mode = SafetyCarMode::Virtual;
                note(script, from_ms + 50, notes::safety_car(mode, "DEPLOYED"));
                note(script, (to_ms - ENDING_MS).max(from_ms + 3_000), notes::safety_car(mode, "ENDING"));
                note(script, to_ms + 20, notes::track_clear());
            }
            TrackState::Red => {
                note(script, from_ms + 50, notes::red());
                script.push((from_ms + 400, Word::Status(SessionStatus::Aborted)));
                note(script, from_ms + 90_000, notes::pit_exit_closed());
                note(script, to_ms - 600_000, notes::other("THE RACE WILL RESUME IN TEN MINUTES"));
                script.push((to_ms, Word::Status(SessionStatus::Started)));
                note(script, to_ms + 100, notes::pit_exit_open());
                note(script, to_ms + 200, notes::track_clear());
            }
            TrackState::Green => {}
        }
    }
}

/// DRS or overtake mode: from the second or third lap on, not while the race is neutralised, not in the wet.
fn overtaking_aid(plan: &Plan, spells: &[Spell], script: &mut Vec<(i64, Word)>) {
    let Some(trace) = &plan.trace else { return };
    let leader_end_ms = |lap: u16| {
        let ends = plan.cars.iter().filter_map(|car| car.laps.get(usize::from(lap) - 1)?.end_ms);
        ends.min().unwrap_or(i64::MAX)
    };
    let first_ms = leader_end_ms(if plan.config.season >= 2026 { 1 } else { 2 });
    let lap_ms = millis(plan.course.paces[0].lap_s());
    let season = plan.config.season;
    let mut off_until_ms = first_ms;
    let is_wet = trace.weather.iter().any(|(wetness, _)| *wetness > 0.2);
    if is_wet || first_ms == i64::MAX {
        return;
    }
    for spell in spells {
        if spell.from_ms > off_until_ms {
            note(script, off_until_ms + 400, notes::overtaking_aid(season, true));
            note(script, spell.from_ms + 150, notes::overtaking_aid(season, false));
        }
        off_until_ms = off_until_ms.max(spell.to_ms + lap_ms);
    }
    if off_until_ms < plan.end_ms - millis(END_AFTER_S) {
        note(script, off_until_ms + 400, notes::overtaking_aid(season, true));
    }
}

fn stopped_cars(plan: &Plan, script: &mut Vec<(i64, Word)>) {
    for (car, of_car) in plan.cars.iter().enumerate() {
        let Some((_, to_s)) = of_car.stopped_s else { continue };
        let at_m = of_car.route.at(&plan.course.paces, to_s).distance_m.rem_euclid(plan.course.length_m());
        note(script, millis(to_s) + 9_000, notes::stopped(car, plan.course.corner_at(at_m)));
    }
}

/// Penalties: noted, investigated, given, served.
fn stewards(plan: &Plan, script: &mut Vec<(i64, Word)>) {
    let Some(trace) = &plan.trace else { return };
    for (idx, event) in trace.events.iter().enumerate() {
        let RaceEvent::Penalty { at_s, car_idx, seconds, .. } = event else { continue };
        let (car, key) = (usize::from(*car_idx), idx as u32);
        let at_ms = plan.start_ms + millis(*at_s);
        let reason = REASONS[plan.chance.one_of(What::RaceControl, 100 + key, car, REASONS.len())];
        let n_corners = plan.course.circuit.corners.len().max(1);
        let corner = plan.chance.one_of(What::RaceControl, 200 + key, car, n_corners) as u8 + 1;
        let noted_ms = (at_ms - millis(plan.chance.between(What::RaceControl, 300 + key, car, 60.0, 150.0)))
            .max(plan.start_ms + 15_000);
        let seconds = seconds.round() as u32;
        note(script, noted_ms, notes::noted(car, corner, reason));
        note(script, noted_ms + 14_000, notes::under_investigation(car, corner, reason));
        note(script, at_ms.max(noted_ms + 30_000), notes::time_penalty(car, seconds, reason));
        let served =
            plan.cars[car].stops.iter().find(|stop| stop.penalty_s > 0.0 && millis(stop.stands_from_s) > at_ms);
        if let Some(stop) = served {
            let done_ms = millis(stop.stands_from_s + stop.stationary_s) + 45_000;
            note(script, done_ms.max(noted_ms + 31_000), notes::penalty_served(car, seconds, reason));
        }
    }
}

fn weather(plan: &Plan, script: &mut Vec<(i64, Word)>) {
    for (at_s, begins) in plan.rain.iter().skip(1) {
        let text = if *begins { "RAIN REPORTED IN TRACK SECTOR 1" } else { "NO RAIN REPORTED" };
        note(script, millis(*at_s) + 4_000, notes::other(text));
    }
}

fn the_end(plan: &Plan, finished_ms: i64, script: &mut Vec<(i64, Word)>) {
    let won = plan.cars.iter().filter_map(|car| {
        let last = car.laps.iter().rev().find(|lap| lap.end_ms.is_some())?;
        Some((std::cmp::Reverse(last.number), last.end_ms?))
    });
    if let Some((_, won_ms)) = won.min() {
        // Behind the winner's lap, and before anybody else's.
        script.push((won_ms + 1, Word::Status(SessionStatus::Finished)));
        note(script, won_ms + 60, notes::chequered());
    }
    let result_ms = finished_ms + millis(RESULT_AFTER_S);
    script.push((result_ms, Word::Result));
    script.push((result_ms + 2_000, Word::Status(SessionStatus::Finalised)));
    script.push((finished_ms + millis(END_AFTER_S) - 500, Word::Status(SessionStatus::Ends)));
}

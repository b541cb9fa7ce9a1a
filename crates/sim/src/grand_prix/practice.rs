//! An hour of free practice: everybody's programme of runs.

use overcut_domain::{Compound, SessionStatus};

use super::chance::{Chance, What};
use super::config::SessionConfig;
use super::course::Course;
use super::cue::Word;
use super::driven::millis;
use super::entry_list::DRIVERS;
use super::field::{QUALIFYING_PACE, pace_share};
use super::notes;
use super::plan::Plan;
use super::runs::{COOL_SLOWNESS, Run, drive, lap_ms, out_lap_s};

const START_S: f64 = 60.0;
const LENGTH_S: f64 = 3_600.0;
/// Cars have come home this long after the flag.
const HOME_S: f64 = 240.0;
/// Full tanks: the pace of long runs.
const LONG_RUN_PACE: usize = 0;
const LONG_RUN_LAPS: usize = 14;
/// Lap-to-lap noise as a share of a lap, and what a lap on the same tyres costs more.
const NOISE: f64 = 0.0018;
const WEAR: f64 = 0.0007;

/// Decides and drives it; `weekend` has the form of cars and drivers.
pub(super) fn plan(config: SessionConfig, course: Course, weekend: &Chance) -> Plan {
    let chance = Chance::new(config.seed, 1);
    let mut best_ms = Vec::new();
    let mut cars = Vec::new();
    for car in 0..DRIVERS.len() {
        let runs = programme(&course, &chance, weekend, car);
        let laps = runs.iter().flat_map(|run| run.laps_ms.iter().copied());
        best_ms.push(laps.min().unwrap_or(i64::MAX));
        cars.push(drive(&course, &chance, car, &runs));
    }
    let mut classification: Vec<usize> = (0..DRIVERS.len()).collect();
    // Equal times are won by whoever drove first.
    let first_end_ms = |car: usize| {
        let of_car: &super::plan::CarPlan = &cars[car];
        let best = of_car.laps.iter().find(|lap| !lap.is_from_standstill && lap.time_ms() == Some(best_ms[car]));
        best.and_then(|lap| lap.end_ms)
    };
    classification.sort_by_key(|car| (best_ms[*car], first_end_ms(*car)));
    Plan {
        config,
        chance,
        course,
        cars,
        script: script(),
        grid: (0..DRIVERS.len()).collect(),
        start_ms: millis(START_S),
        end_ms: millis(START_S + LENGTH_S + HOME_S + 60.0),
        classification,
        trace: None,
        rain: vec![(0.0, false)],
    }
}

/// Two runs on little fuel, then a long one.
fn programme(course: &Course, chance: &Chance, weekend: &Chance, car: usize) -> Vec<Run> {
    let share = pace_share(weekend, car);
    let quick_ms = |key: u32, slower: f64| {
        let noise = NOISE * f64::from(DRIVERS[car].noise_factor) * chance.normal(What::QuickLap, key, car);
        lap_ms(course, QUALIFYING_PACE, 1.0 + share + slower + noise.max(-0.003))
    };
    let cool_ms = lap_ms(course, QUALIFYING_PACE, COOL_SLOWNESS);
    let at_s = |key: u32, from: f64, to: f64| START_S + chance.between(What::Run, key, car, from, to);
    let short = |leave_s, compound, slower, key| Run {
        leave_s,
        pace: QUALIFYING_PACE,
        laps_ms: vec![quick_ms(key, slower), cool_ms, quick_ms(key + 1, slower - 0.001)],
        compound,
        start_laps: 0,
        part: 0,
    };
    let first = short(at_s(1, 15.0, 260.0), Compound::Medium, 0.024, 10);
    let second = short(at_s(2, 1_080.0, 1_320.0), Compound::Soft, 0.011, 20);
    let leave_s = at_s(3, 2_050.0, 2_300.0);
    let on_hards = chance.uniform(What::Tyres, 1, car) < 0.5;
    let boxes = &course.circuit.pit_lane.boxes_m;
    let begins_s = leave_s + out_lap_s(course, boxes[usize::from(DRIVERS[car].team_idx) % boxes.len()], LONG_RUN_PACE);
    let mut laps_ms = Vec::new();
    let mut now_s = begins_s;
    while laps_ms.len() < LONG_RUN_LAPS && now_s < START_S + LENGTH_S - 2.0 {
        let age = laps_ms.len() as f64;
        let noise = NOISE * chance.normal(What::QuickLap, 100 + laps_ms.len() as u32, car);
        let slower = 0.012 + WEAR * age + if on_hards { 0.004 } else { 0.0 };
        let time_ms = lap_ms(course, LONG_RUN_PACE, 1.0 + share + slower + noise);
        now_s += time_ms as f64 / 1e3;
        laps_ms.push(time_ms);
    }
    let (compound, start_laps) = if on_hards { (Compound::Hard, 0) } else { (Compound::Medium, 5) };
    let long = Run { leave_s, pace: LONG_RUN_PACE, laps_ms, compound, start_laps, part: 0 };
    vec![first, second, long]
}

fn script() -> Vec<(i64, Word)> {
    let (start_ms, end_ms) = (millis(START_S), millis(START_S + LENGTH_S));
    let length_ms = (LENGTH_S * 1e3) as u32;
    vec![
        (0, Word::Opening),
        (5_000, Word::Clock { remaining_ms: length_ms, is_running: false }),
        (start_ms, Word::Status(SessionStatus::Started)),
        (start_ms + 100, Word::Message(notes::pit_exit_open())),
        (start_ms + 1_000, Word::Clock { remaining_ms: length_ms - 1_000, is_running: true }),
        (end_ms, Word::Clock { remaining_ms: 0, is_running: false }),
        (end_ms + 100, Word::Status(SessionStatus::Finished)),
        (end_ms + 150, Word::Message(notes::chequered())),
        (end_ms + millis(HOME_S) + 10_000, Word::Status(SessionStatus::Finalised)),
        (end_ms + millis(HOME_S) + 55_000, Word::Status(SessionStatus::Ends)),
    ]
}

//! Knock-out qualifying: who drives when and how fast, and the grid that follows.
//!
//! Times are decided from seed and circuit alone, without driving anything, so a race can ask for its grid.

use overcut_domain::{Compound, QualifyingPart, SessionStatus};

use super::chance::{Chance, What};
use super::config::SessionConfig;
use super::course::Course;
use super::cue::Word;
use super::driven::millis;
use super::entry_list::DRIVERS;
use super::field::{QUALIFYING_PACE, pace_share};
use super::notes;
use super::plan::Plan;
use super::run_timing::PLACES;
use super::runs::{COOL_SLOWNESS, Run, drive, lap_ms, out_lap_s};

/// Lengths of the parts, and the first one's start.
const PARTS_S: [f64; 3] = [1_080.0, 900.0, 780.0];
const FIRST_START_S: f64 = 90.0;
const BREAK_S: f64 = 450.0;
/// Cars have come home this long after the flag.
const HOME_S: f64 = 170.0;
/// The track gets faster from part to part, as a share of a lap.
const EVOLUTION: [f64; 3] = [0.0045, 0.0020, 0.0];
/// Lap-to-lap noise, and how often and how much a lap goes wrong, as shares of a lap.
const NOISE: f64 = 0.0011;
const MISTAKES: f64 = 0.07;
const MISTAKE: (f64, f64) = (0.002, 0.016);
/// The second run of a part is driven on a track with more rubber.
const FIRST_RUN: f64 = 0.0012;

/// A part's start in session time.
fn start_s(part_idx: usize) -> f64 {
    FIRST_START_S + PARTS_S[..part_idx].iter().map(|length_s| length_s + BREAK_S).sum::<f64>()
}

/// Everybody's runs, and the result.
pub(super) struct Qualifying {
    /// By car.
    runs: Vec<Vec<Run>>,
    /// Cars, best first.
    pub(super) result: Vec<usize>,
    /// Cars that drop out of the first and second part.
    knocked_out: [Vec<usize>; 2],
}

impl Qualifying {
    /// Decides it for a weekend; `weekend` has the form of cars and drivers.
    pub(super) fn new(course: &Course, seed: u64, weekend: &Chance) -> Qualifying {
        let chance = Chance::new(seed, 4);
        let mut qualifying =
            Qualifying { runs: vec![Vec::new(); DRIVERS.len()], result: Vec::new(), knocked_out: Default::default() };
        let mut running: Vec<usize> = (0..DRIVERS.len()).collect();
        let mut behind: Vec<usize> = Vec::new();
        for (part_idx, n_through) in PLACES.into_iter().enumerate() {
            qualifying.plan_part(course, &chance, weekend, part_idx, &running);
            running.sort_by_key(|car| best(&qualifying.runs[*car], part_idx as u8 + 1));
            if let Some(knocked_out) = qualifying.knocked_out.get_mut(part_idx) {
                *knocked_out = running.split_off(n_through);
                behind.splice(0..0, knocked_out.iter().copied());
            }
        }
        running.extend(behind);
        qualifying.result = running;
        qualifying
    }

    fn plan_part(&mut self, course: &Course, chance: &Chance, weekend: &Chance, part_idx: usize, cars: &[usize]) {
        let key = 100 * part_idx as u32;
        let mut order: Vec<usize> = cars.to_vec();
        order.sort_by(|a, b| {
            let draw = |car: usize| chance.uniform(What::Run, key, car);
            draw(*a).total_cmp(&draw(*b))
        });
        let (start, length_s) = (start_s(part_idx), PARTS_S[part_idx]);
        for (place, car) in order.iter().copied().enumerate() {
            let share = (place as f64 + chance.uniform(What::Run, key + 1, car)) / order.len() as f64;
            let push_ms = |nth: u32| push_ms(course, chance, weekend, (part_idx, nth), car);
            let cool_ms = lap_ms(course, QUALIFYING_PACE, COOL_SLOWNESS);
            let first = if part_idx == 0 { vec![push_ms(0), cool_ms, push_ms(1)] } else { vec![push_ms(0)] };
            let leave_s = start + 12.0 + share * 0.17 * length_s;
            self.runs[car].push(run(leave_s, first, part_idx));
            let box_m = course.circuit.pit_lane.boxes_m
                [usize::from(DRIVERS[car].team_idx) % course.circuit.pit_lane.boxes_m.len()];
            let out_s = out_lap_s(course, box_m, QUALIFYING_PACE);
            let home_s = leave_s
                + 2.2 * out_s
                + self.runs[car].last().map_or(0, |run| run.laps_ms.iter().sum::<i64>()) as f64 / 1e3;
            let begins_s = start + length_s - 8.0 - 85.0 * (1.0 - share);
            // There is no second run for whom the first took too long.
            if begins_s - out_s > home_s + 60.0 {
                self.runs[car].push(run(begins_s - out_s, vec![push_ms(2)], part_idx));
            }
        }
    }

    /// Drives it.
    pub(super) fn plan(self, config: SessionConfig, course: Course) -> Plan {
        let chance = Chance::new(config.seed, 4);
        let cars = self.runs.iter().enumerate().map(|(car, runs)| drive(&course, &chance, car, runs)).collect();
        let end_s = start_s(2) + PARTS_S[2] + HOME_S + 60.0;
        Plan {
            config,
            chance,
            course,
            cars,
            script: self.script(),
            grid: (0..DRIVERS.len()).collect(),
            start_ms: millis(FIRST_START_S),
            end_ms: millis(end_s),
            classification: self.result,
            trace: None,
            rain: vec![(0.0, false)],
        }
    }

    fn script(&self) -> Vec<(i64, Word)> {
        let mut script = vec![(0, Word::Opening)];
        for (part_idx, length_s) in PARTS_S.into_iter().enumerate() {
            let (start_ms, end_ms) = (millis(start_s(part_idx)), millis(start_s(part_idx) + length_s));
            let length_ms = (length_s * 1e3) as u32;
            if part_idx > 0 {
                script.push((start_ms - 80_000, Word::Status(SessionStatus::Inactive)));
            }
            script.push((start_ms - 82_000, Word::Part(QualifyingPart(part_idx as u8 + 1))));
            script.push((start_ms - 81_000, Word::Clock { remaining_ms: length_ms, is_running: false }));
            script.push((start_ms, Word::Status(SessionStatus::Started)));
            script.push((start_ms + 100, Word::Message(notes::pit_exit_open())));
            script.push((start_ms + 1_000, Word::Clock { remaining_ms: length_ms - 1_000, is_running: true }));
            script.push((end_ms, Word::Clock { remaining_ms: 0, is_running: false }));
            script.push((end_ms + 100, Word::Status(SessionStatus::Finished)));
            script.push((end_ms + 150, Word::Message(notes::chequered())));
            if let Some(knocked_out) = self.knocked_out.get(part_idx) {
                script.push((end_ms + millis(HOME_S), Word::KnockedOut(knocked_out.clone())));
            }
        }
        let end_ms = millis(start_s(2) + PARTS_S[2] + HOME_S);
        script.push((end_ms + 20_000, Word::Status(SessionStatus::Finalised)));
        script.push((end_ms + 59_000, Word::Status(SessionStatus::Ends)));
        script.sort_by_key(|(at_ms, _)| *at_ms);
        script
    }
}

fn run(leave_s: f64, laps_ms: Vec<i64>, part_idx: usize) -> Run {
    Run { leave_s, pace: QUALIFYING_PACE, laps_ms, compound: Compound::Soft, start_laps: 0, part: part_idx as u8 + 1 }
}

/// A push lap.
fn push_ms(course: &Course, chance: &Chance, weekend: &Chance, (part_idx, nth): (usize, u32), car: usize) -> i64 {
    let key = 1_000 + 100 * part_idx as u32 + 10 * nth;
    let noise = NOISE * f64::from(DRIVERS[car].noise_factor) * chance.normal(What::QuickLap, key, car);
    let is_wrong = chance.uniform(What::QuickLap, key + 1, car) < MISTAKES;
    let wrong = if is_wrong { chance.between(What::QuickLap, key + 2, car, MISTAKE.0, MISTAKE.1) } else { 0.0 };
    let rubber = EVOLUTION[part_idx] + if nth < 2 { FIRST_RUN } else { 0.0 };
    // The paces are those of a very good lap; nobody is much better.
    let share = 0.006 + pace_share(weekend, car) + rubber + noise.max(-0.003) + wrong;
    lap_ms(course, QUALIFYING_PACE, 1.0 + share)
}

/// The best lap of a part and about when it ended, which decides between equals.
fn best(runs: &[Run], part: u8) -> (i64, i64) {
    let of_part = runs.iter().filter(|run| run.part == part);
    let laps = of_part.flat_map(|run| {
        run.laps_ms.iter().scan(millis(run.leave_s), |at_ms, time_ms| {
            *at_ms += time_ms;
            Some((*time_ms, *at_ms))
        })
    });
    laps.min().unwrap_or((i64::MAX, 0))
}

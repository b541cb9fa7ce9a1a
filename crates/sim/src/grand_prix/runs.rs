//! Runs from the garage and back: what practice and qualifying are made of.

use overcut_domain::Compound;

use super::chance::{Chance, What};
use super::course::Course;
use super::driven::{DrivenLap, millis};
use super::entry_list::DRIVERS;
use super::lane;
use super::lap_shape::LapShape;
use super::launch::launch;
use super::plan::{CarPlan, PlannedStint, PlannedStop};
use super::route::{Path, RouteBuilder};

/// Slowness of laps out of the pits, between push laps, and home.
pub(super) const OUT_SLOWNESS: f64 = 1.28;
pub(super) const COOL_SLOWNESS: f64 = 1.38;
pub(super) const IN_SLOWNESS: f64 = 1.34;
/// How far from the middle of the lane cars stand at their garages.
const GARAGE_ASIDE_M: f64 = 5.0;
/// Cars leave for the track at a third of what they can.
const LEAVE_VIGOUR: f64 = 0.6;

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// When the car drives off from its box.
    pub(super) leave_s: f64,
    /// Which pace it drives on.
    pub(super) pace: usize,
    /// Laps between the lap out and the lap in, in milliseconds.
    pub(super) laps_ms: Vec<i64>,
    pub(super) compound: Compound,
    pub(super) start_laps: u16,
    /// Qualifying part, from 1; 0 elsewhere.
    pub(super) part: u8,
}

/// How long a car takes from its box to the line, where its first timed lap begins.
pub(super) fn out_lap_s(course: &Course, box_m: f64, pace: usize) -> f64 {
    let mut builder = RouteBuilder::standing(0.0, 1, Path::Lane, box_m);
    drive_out_lap(course, &mut builder, pace, COOL_SLOWNESS, 1);
    builder.now_s()
}

/// A number of milliseconds for a lap that is so much slower than the pace.
pub(super) fn lap_ms(course: &Course, pace: usize, slowness: f64) -> i64 {
    millis(course.paces[pace].lap_s() * slowness)
}

/// Drives all runs of a car.
pub(super) fn drive(course: &Course, chance: &Chance, car: usize, runs: &[Run]) -> CarPlan {
    let boxes = &course.circuit.pit_lane.boxes_m;
    let box_m = boxes[usize::from(DRIVERS[car].team_idx) % boxes.len()];
    let mut builder = RouteBuilder::standing(0.0, 1, Path::Lane, box_m);
    let mut spans: Vec<(u16, Option<f64>, Option<f64>, usize)> = Vec::new();
    let mut stints = Vec::new();
    let mut stops = Vec::new();
    let aside_m = course.circuit.pit_lane.garage_side * GARAGE_ASIDE_M;
    let mut lateral_keys = Vec::new();
    let mut number = 1;
    for (run_idx, run) in runs.iter().enumerate() {
        builder.clear_gate();
        builder.rebase(number, box_m);
        let stood_from_s = builder.now_s();
        builder.stand_until(run.leave_s);
        let left_s = builder.now_s();
        if let Some(stop) = stops.last_mut() {
            let stop: &mut PlannedStop = stop;
            stop.stationary_s = left_s - stood_from_s;
        }
        lateral_keys.extend([(left_s + 0.4, aside_m), (left_s + 3.0, 0.0)]);
        let first_lap = number;
        let first_ms = run.laps_ms.first().copied();
        let next = slowness_of(course, run.pace, first_ms);
        drive_out_lap(course, &mut builder, run.pace, next, number + 1);
        spans.push((number, None, Some(builder.now_s()), run_idx));
        number += 1;
        for (idx, time_ms) in run.laps_ms.iter().enumerate() {
            let next = slowness_of(course, run.pace, run.laps_ms.get(idx + 1).copied());
            let start_s = builder.now_s();
            drive_timed_lap(course, &mut builder, run.pace, *time_ms, next, number + 1);
            spans.push((number, Some(start_s), Some(builder.now_s()), run_idx));
            number += 1;
        }
        let start_s = builder.now_s();
        let wobble = chance.between(What::Run, 500 + u32::from(number), car, 0.0, 0.08);
        drive_in_lap(course, &mut builder, run.pace, IN_SLOWNESS + wobble, box_m, number + 1);
        let crossed_s = builder.crossings().iter().rfind(|(lap, _)| *lap == number + 1).map(|(_, at_s)| *at_s);
        spans.push((number, Some(start_s), crossed_s, run_idx));
        let stands_from_s = builder.now_s();
        lateral_keys.extend([(stands_from_s - 3.0, 0.0), (stands_from_s - 0.4, aside_m)]);
        stops.push(PlannedStop { lap: number, stands_from_s, stationary_s: 0.0, penalty_s: 0.0 });
        stints.push(PlannedStint {
            compound: run.compound,
            is_new: run.start_laps == 0,
            start_laps: run.start_laps,
            first_lap,
            last_lap: number,
        });
        number += 1;
    }
    let route = builder.finish();
    let mut laps: Vec<DrivenLap> = Vec::with_capacity(spans.len());
    for (number, start_s, end_s, run_idx) in spans {
        let leaves_s = || route.time_at(&course.paces, number, Path::Lane, course.circuit.pit_lane.limit_to_m);
        let start_ms = millis(start_s.or_else(leaves_s).unwrap_or(0.0));
        let mut lap = DrivenLap::read(course, &route, number, start_ms, end_s.map(millis));
        (lap.stint_idx, lap.part, lap.is_from_standstill) = (run_idx, runs[run_idx].part, start_s.is_none());
        lap.pit_out_ms = lap.pit_out_ms.filter(|_| start_s.is_none());
        lap.pit_in_ms = lap.pit_in_ms.filter(|pit_in| start_s.is_some() && *pit_in > start_ms);
        laps.push(lap);
    }
    CarPlan { route, laps, stints, stops, stopped_s: None, lateral_keys }
}

/// Slowness of a timed lap; of the lap in if there is none.
fn slowness_of(course: &Course, pace: usize, time_ms: Option<i64>) -> f64 {
    time_ms.map_or(IN_SLOWNESS, |time_ms| time_ms as f64 / 1e3 / course.paces[pace].lap_s())
}

/// From the box, out of the lane, and round to the line at a whole millisecond.
fn drive_out_lap(course: &Course, builder: &mut RouteBuilder, pace: usize, next_slowness: f64, next_lap: u16) {
    lane::drive_out(course, builder);
    launch(builder, &course.paces[pace], OUT_SLOWNESS, LEAVE_VIGOUR);
    let way_s = course.paces[pace].lap_s() - course.paces[pace].time_at(builder.at_m());
    let until_s = ((builder.now_s() + OUT_SLOWNESS * way_s) * 1e3).round() / 1e3;
    flow_to_line(course, builder, pace, until_s, OUT_SLOWNESS.midpoint(next_slowness), next_lap);
}

fn drive_timed_lap(
    course: &Course,
    builder: &mut RouteBuilder,
    pace: usize,
    time_ms: i64,
    next_slowness: f64,
    next_lap: u16,
) {
    let until_s = ((builder.now_s() * 1e3).round() + time_ms as f64) / 1e3;
    let own = slowness_of(course, pace, Some(time_ms));
    flow_to_line(course, builder, pace, until_s, own.midpoint(next_slowness), next_lap);
}

/// Flows to the line and passes it at a moment, with a slowness.
fn flow_to_line(course: &Course, builder: &mut RouteBuilder, pace: usize, until_s: f64, slowness: f64, next_lap: u16) {
    let length_m = course.length_m();
    builder.set_gate(length_m, next_lap);
    let to_mps = course.paces[pace].speed_at(length_m) / slowness;
    flow(course, builder, pace, length_m, until_s - builder.now_s(), to_mps);
}

/// Into the lane and to the box.
fn drive_in_lap(course: &Course, builder: &mut RouteBuilder, pace: usize, slowness: f64, box_m: f64, next_lap: u16) {
    let entry_m = course.lane_entry_m();
    let to_mps = (course.paces[pace].speed_at(entry_m) / slowness).min(0.8 * lane::entry_speed_mps(course));
    let way_s = course.paces[pace].time_at(entry_m) - course.paces[pace].time_at(builder.at_m());
    flow(course, builder, pace, entry_m, slowness * way_s, to_mps);
    lane::drive_in(course, builder, box_m, next_lap);
}

fn flow(course: &Course, builder: &mut RouteBuilder, pace: usize, to_m: f64, duration_s: f64, to_mps: f64) {
    let shape = LapShape {
        pace: &course.paces[pace],
        from_m: builder.at_m(),
        to_m,
        duration_s,
        from_mps: builder.speed_mps(),
        to_mps,
        losses: Vec::new(),
        onset: None,
    };
    builder.flow(&course.paces, pace, shape.stretch(), to_m);
}

//! A visit to the pit lane: along it at the limit, standing at the box, and out again.

use super::course::Course;
use super::route::{Path, RouteBuilder};

/// Braking for the box and driving off from it.
const BOX_BRAKING_MPS2: f64 = 9.0;
const BOX_LAUNCH_MPS2: f64 = 7.0;
/// Acceleration from the end of the limit to the lane's exit.
const EXIT_LAUNCH_MPS2: f64 = 8.5;

/// Hardest braking on the way into the lane.
const ENTRY_BRAKING_MPS2: f64 = 22.0;

/// The highest speed at which a car may leave the track for the lane and still be at the limit in time.
pub(super) fn entry_speed_mps(course: &Course) -> f64 {
    let limit = course.lane_limit_mps();
    (limit * limit + 2.0 * ENTRY_BRAKING_MPS2 * course.circuit.pit_lane.limit_from_m).sqrt()
}

/// The speed at which cars come back to the track.
pub(super) fn exit_speed_mps(course: &Course) -> f64 {
    let (limit, lane) = (course.lane_limit_mps(), &course.circuit.pit_lane);
    (limit * limit + 2.0 * EXIT_LAUNCH_MPS2 * (lane.length_m() - lane.limit_to_m)).sqrt()
}

/// From the lane's entry to a box, where the car stands still. Crossing the line in the lane, it begins `next_lap`.
pub(super) fn drive_in(course: &Course, builder: &mut RouteBuilder, box_m: f64, next_lap: u16) {
    let (limit, lane) = (course.lane_limit_mps(), &course.circuit.pit_lane);
    builder.change_path(Path::Lane, 0.0);
    builder.set_gate(lane.finish_m, next_lap);
    builder.change_speed_to(lane.limit_from_m, limit);
    let brake_m = (box_m - limit * limit / (2.0 * BOX_BRAKING_MPS2)).max(lane.limit_from_m);
    builder.roll_to(brake_m);
    builder.change_speed_to(box_m, 0.0);
}

/// From a box, where the car stands, to the lane's exit.
pub(super) fn drive_out(course: &Course, builder: &mut RouteBuilder) {
    let lane = &course.circuit.pit_lane;
    let room_m = lane.limit_to_m - builder.at_m();
    let reached = (2.0 * BOX_LAUNCH_MPS2 * room_m).max(0.0).sqrt().min(course.lane_limit_mps());
    builder.reach_speed(reached, BOX_LAUNCH_MPS2);
    builder.roll_to(lane.limit_to_m);
    builder.change_speed_to(lane.length_m(), exit_speed_mps(course));
    builder.change_path(Path::Track, lane.exit_m);
}

/// Time from the lane's entry, passed at `entry_mps`, to the line and to the exit, with a stop of `stationary_s` on the
/// way.
pub(super) fn lane_times(course: &Course, box_m: f64, stationary_s: f64, entry_mps: f64) -> (f64, f64) {
    let mut builder = RouteBuilder::standing(0.0, 0, Path::Lane, 0.0);
    builder.set_speed(entry_mps);
    drive_in(course, &mut builder, box_m, 1);
    let standing_from_s = builder.now_s();
    builder.stand_until(standing_from_s + stationary_s);
    drive_out(course, &mut builder);
    (builder.crossings()[0].1, builder.now_s())
}

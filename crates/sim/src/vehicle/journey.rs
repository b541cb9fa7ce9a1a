//! Whole ways of a car: flying laps, slow laps, starts, and the way to and from its box.

use crate::circuit::{Circuit, GridSlot, Line};

use super::channels::profile;
use super::course::{Course, CoursePoint};
use super::dynamics::Dynamics;
use super::energy::within_budget;
use super::solve::{Ends, speeds_w};
use super::{Aid, Conditions, Profile, Vehicle};

/// A driver looks this far past the end of a stretch for what must be braked for, metres.
const LOOK_AHEAD_M: f64 = 500.0;

/// A stretch of track driven in a way of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drive {
    /// Where it begins; below zero is before the line.
    pub from_m: f64,
    /// Where it ends; beyond a lap is on the next one.
    pub to_m: f64,
    /// Speed at the beginning; `None` for as fast as the corner there allows.
    pub entry_ms: Option<f64>,
    /// Speed at the end; `None` for whatever the road beyond allows.
    pub exit_ms: Option<f64>,
    /// Share of grip and power that is used, 0 to 1.
    pub effort: f64,
    /// No faster than this, m/s.
    pub cap_ms: f64,
}

/// What a car does in the pit lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It stops at the box of that number, from zero.
    Box(usize),
    /// It drives through.
    Through,
}

/// A way that is partly on the track and partly in the pit lane; speeds agree where they meet.
#[derive(Debug, Clone, PartialEq)]
pub struct PitRun {
    /// On the track, distances of the lap.
    pub track: Profile,
    /// In the lane, distances of the lane.
    pub lane: Profile,
}

/// A flying lap.
pub fn lap(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions) -> Profile {
    lap_at(circuit, vehicle, conditions, 1.0, f64::INFINITY)
}

/// A lap with a share of the car's grip and power (`effort`, 0 to 1) and no faster than `cap_ms`: behind a safety car,
/// to save tyres, or home. It closes: it ends as fast as it began.
pub fn lap_at(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions, effort: f64, cap_ms: f64) -> Profile {
    let Flying { course, dynamics, w } = Flying::new(circuit, vehicle, conditions, effort, cap_ms);
    profile(&course, &w, &dynamics, (vehicle, conditions), 0.0)
}

/// A stretch of track.
pub fn drive(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions, drive: &Drive) -> Profile {
    let flying = Flying::new(circuit, vehicle, conditions, drive.effort, drive.cap_ms);
    let n = n_points(drive.to_m - drive.from_m, flying.course.step_m);
    let beyond = if drive.exit_ms.is_some() { 0 } else { (LOOK_AHEAD_M / flying.course.step_m) as usize };
    let mut course = Course::stretch(&flying.course, drive.from_m, n + beyond);
    // The end is wherever it is wanted, so the spacing gives way a little.
    course.step_m = (drive.to_m - drive.from_m) / (n - 1) as f64;
    let ends = Ends { entry_ms: drive.entry_ms, exit_ms: drive.exit_ms };
    let w = speeds_w(&course, &flying.dynamics, ends);
    profile(&course, &w, &flying.dynamics, (vehicle, conditions), drive.from_m).cut_after(n - 1)
}

/// The first lap, from a standstill on the grid to the line: distances begin below zero.
pub fn standing_start(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions, slot: &GridSlot) -> Profile {
    let away = Drive {
        from_m: -slot.behind_line_m,
        to_m: circuit.length_m(),
        entry_ms: Some(0.0),
        exit_ms: None,
        effort: 1.0,
        cap_ms: f64::INFINITY,
    };
    drive(circuit, vehicle, conditions, &away)
}

/// From the line to the pits, the lane up to the box: braking to the limit at the lane's first line and to a stop at the
/// box, or, driving through, up to the second speed limit line. `effort` is that on the track.
pub fn in_lap(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions, stop: Stop, effort: f64) -> PitRun {
    let lane = &circuit.pit_lane;
    let (to_m, exit_ms) = stop_at(circuit, stop);
    let flying = Flying::new(circuit, vehicle, conditions, effort, f64::INFINITY);
    let ends = Ends { entry_ms: Some(flying.w[0].sqrt()), exit_ms: Some(exit_ms) };
    let way = [Leg::track(&flying.course, circuit, 0.0, lane.entry_m), Leg::lane(circuit, 0.0, to_m)];
    let [track, lane] = joined(way, &flying.dynamics, (vehicle, conditions), ends);
    PitRun { track, lane }
}

/// From the box (or, driving through, from the second speed limit line) out of the lane and round to the line. The lap
/// it is on began where the line crosses the lane.
pub fn out_lap(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions, stop: Stop, effort: f64) -> PitRun {
    let lane = &circuit.pit_lane;
    let (from_m, entry_ms) = stop_at(circuit, stop);
    let flying = Flying::new(circuit, vehicle, conditions, effort, f64::INFINITY);
    let ends = Ends { entry_ms: Some(entry_ms), exit_ms: Some(flying.w[0].sqrt()) };
    let track = Leg::track(&flying.course, circuit, lane.exit_m, circuit.length_m());
    let way = [Leg::lane(circuit, from_m, lane.length_m()), track];
    let [lane, track] = joined(way, &flying.dynamics, (vehicle, conditions), ends);
    PitRun { track, lane }
}

/// Where in the lane a stop is, and the speed there.
fn stop_at(circuit: &Circuit, stop: Stop) -> (f64, f64) {
    let lane = &circuit.pit_lane;
    match stop {
        Stop::Box(idx) => (lane.boxes_m[idx.min(lane.boxes_m.len() - 1)], 0.0),
        Stop::Through => (lane.limit_to_m, lane.limit_kmh / 3.6),
    }
}

/// A quick estimate of the speeds on a line, m/s, before there is a circuit round it.
pub(crate) fn estimate_speeds_ms(line: &Line) -> Vec<f64> {
    let conditions = Conditions { aid: Aid::Shut, ..Conditions::default() };
    let dynamics = Dynamics::new(&Vehicle::default(), &conditions, 1.0);
    speeds_w(&Course::of_line(line), &dynamics, Ends::default()).into_iter().map(f64::sqrt).collect()
}

/// A flying lap, solved. What else is driven that day uses the motor as it does.
struct Flying {
    course: Course,
    dynamics: Dynamics,
    w: Vec<f64>,
}

impl Flying {
    fn new(circuit: &Circuit, vehicle: &Vehicle, conditions: &Conditions, effort: f64, cap_ms: f64) -> Flying {
        let course = Course::of_lap(circuit, vehicle, conditions.aid).cap(cap_ms);
        let mut dynamics = Dynamics::new(vehicle, conditions, effort);
        let w = within_budget(&course, &mut dynamics, vehicle, conditions);
        Flying { course, dynamics, w }
    }
}

fn n_points(length_m: f64, step_m: f64) -> usize {
    (length_m / step_m).round().max(1.0) as usize + 1
}

/// A part of a way with distances of its own.
struct Leg {
    from_m: f64,
    step_m: f64,
    points: Vec<CoursePoint>,
}

impl Leg {
    fn track(lap: &Course, circuit: &Circuit, from_m: f64, to_m: f64) -> Leg {
        let n = n_points(to_m - from_m, circuit.line.step_m);
        let course = Course::stretch(lap, from_m, n);
        Leg { from_m, step_m: (to_m - from_m) / (n - 1) as f64, points: course.points }
    }

    fn lane(circuit: &Circuit, from_m: f64, to_m: f64) -> Leg {
        let lane = &circuit.pit_lane;
        let n = n_points(to_m - from_m, lane.line.step_m);
        let step_m = (to_m - from_m) / (n - 1) as f64;
        let point = |k: usize| {
            let lane_m = from_m + k as f64 * step_m;
            let is_limited = (lane.limit_from_m..=lane.limit_to_m).contains(&lane_m);
            let cap_ms = if is_limited { lane.limit_kmh / 3.6 } else { f64::INFINITY };
            CoursePoint { curvature: lane.line.curvature_at(lane_m), cap_ms, is_zone: false }
        };
        Leg { from_m, step_m, points: (0..n).map(point).collect() }
    }
}

/// Two legs driven one after the other, with the same speed where they meet: what the second can be entered with, and
/// the first can be left with.
fn joined(
    [first, second]: [Leg; 2],
    dynamics: &Dynamics,
    (vehicle, conditions): (&Vehicle, &Conditions),
    ends: Ends,
) -> [Profile; 2] {
    let (first_m, second_m) = (first.from_m, second.from_m);
    let [first, second] = [first, second].map(|leg| Course { closed: false, step_m: leg.step_m, points: leg.points });
    let enters_w = speeds_w(&second, dynamics, Ends { entry_ms: None, ..ends })[0];
    let first_w = speeds_w(&first, dynamics, Ends { exit_ms: Some(enters_w.sqrt()), ..ends });
    let joint_w = first_w[first_w.len() - 1].min(enters_w);
    let second_w = speeds_w(&second, dynamics, Ends { entry_ms: Some(joint_w.sqrt()), ..ends });
    let run = |course: &Course, w: &[f64], from_m: f64| profile(course, w, dynamics, (vehicle, conditions), from_m);
    [run(&first, &first_w, first_m), run(&second, &second_w, second_m)]
}

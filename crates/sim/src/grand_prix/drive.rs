//! Where every car is, how fast, and what its driver does, at any moment of a session.
//!
//! [`Drive::at`] is a pure function of car and time, continuous in time: feeds sample it at 4 Hz, games at 200.

use std::sync::Arc;

use crate::race::RetirementCause;
use crate::vehicle::{Profile, Sample, Vehicle};

use super::chance::What;
use super::controls::{Controls, controls};
use super::field::vehicle_of;
use super::plan::Plan;
use super::route::{Path, RoutePoint};

/// Where a car is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On the track.
    Track,
    /// In the pit lane or at its box.
    Lane,
}

/// A car at one moment. SI units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Motion {
    /// The lap it is on, from 1; 0 before the start.
    pub lap: u16,
    /// On the track or in the pit lane.
    pub place: Place,
    /// Along the racing line from the start and finish line, within a lap. In the pit lane: the place beside it.
    pub distance_m: f64,
    /// Along the pit lane from its entry, in the lane.
    pub lane_m: Option<f64>,
    /// To the left of the racing line or of the lane.
    pub lateral_m: f64,
    /// East on the circuit's own grid.
    pub x_m: f64,
    /// North.
    pub y_m: f64,
    /// Direction of travel, radians from east towards north.
    pub heading_rad: f64,
    /// Along the line.
    pub speed_mps: f64,
    /// Along the line.
    pub acceleration_mps2: f64,
    /// Of the line, 1/m, positive to the left.
    pub curvature_1pm: f64,
    /// Pedals, 0 to 1.
    pub throttle: f64,
    /// Pedals, 0 to 1.
    pub brake: f64,
    /// From 1; 0 is neutral.
    pub gear: u8,
    /// Engine speed, 1/min.
    pub rpm: f64,
    /// True with open wings: DRS to 2025, the straight-line mode from 2026.
    pub is_wing_open: bool,
    /// How much slower than its pace the car is driven, where it is driven on one.
    pub slowness: Option<f64>,
}

/// Where every car is at any moment.
#[derive(Debug, Clone)]
pub struct Drive {
    plan: Arc<Plan>,
    profiles: Arc<Vec<Profile>>,
    vehicle: Arc<Vehicle>,
}

/// Two cars closer than this along the track, and a bit more the faster one passes the other, give each other room.
const ROOM_M: f64 = 11.0;
const ROOM_PER_MPS: f64 = 1.6;
/// How far each moves aside when they are alongside.
const ASIDE_M: f64 = 1.6;
/// Cars drive their line this long before and after they change between track and pit lane.
const LANE_CHANGE_S: f64 = 1.5;
/// How far an engine's speed wanders at idle, how fast, and how far above idle it no longer does.
const BREATH_RPM: f64 = 60.0;
const BREATH_HZ: (f64, f64) = (0.47, 1.31);
const IDLE_BAND_RPM: f64 = 400.0;
/// An engine that dies stands still after this long.
const RUNS_DOWN_S: f64 = 1.5;
/// The time in which cars change over to the far side of one that stops.
const CHANGE_SIDE_S: f64 = 2.5;

impl Drive {
    pub(super) fn new(plan: Arc<Plan>, profiles: Vec<Profile>) -> Drive {
        let vehicle = Arc::new(vehicle_of(plan.config.season));
        Drive { plan, profiles: Arc::new(profiles), vehicle }
    }

    /// Cars that take part.
    pub fn n_cars(&self) -> usize {
        self.plan.cars.len()
    }

    /// One car, by its place in [`super::DRIVERS`], at session time `time_s`.
    pub fn at(&self, car: usize, time_s: f64) -> Motion {
        let points = self.points(time_s);
        self.motion(car, time_s, &points)
    }

    /// All cars at session time `time_s`, in the order of [`super::DRIVERS`]. Cheaper than one by one.
    pub fn all_at(&self, time_s: f64, motions: &mut Vec<Motion>) {
        let points = self.points(time_s);
        motions.clear();
        motions.extend((0..points.len()).map(|car| self.motion(car, time_s, &points)));
    }

    /// What the lap-time simulation says of the place where a car is: wheel, slip, energy. Speeds and accelerations are
    /// those of the pace, which the car drives [`Motion::slowness`] times slower.
    pub fn pace_sample(&self, car: usize, time_s: f64) -> Option<Sample> {
        let point = self.plan.cars[car].route.at(&self.plan.course.paces, time_s);
        let (pace, _) = point.flow?;
        Some(self.profiles[pace].at_distance(point.distance_m))
    }

    /// The car that is driven.
    pub fn vehicle(&self) -> &Vehicle {
        &self.vehicle
    }

    fn points(&self, time_s: f64) -> Vec<RoutePoint> {
        self.plan.cars.iter().map(|car| car.route.at(&self.plan.course.paces, time_s)).collect()
    }

    fn motion(&self, car: usize, time_s: f64, points: &[RoutePoint]) -> Motion {
        let (course, point) = (&self.plan.course, &points[car]);
        let aside_m = self.lateral_m(car, time_s);
        let on_track = point.path == Path::Track;
        let (line, along_m, lateral_m) = if on_track {
            let along_m = point.distance_m.rem_euclid(course.length_m());
            (&course.circuit.line, along_m, self.make_room(car, time_s, along_m, aside_m, points))
        } else {
            (&course.circuit.pit_lane.line, point.distance_m, aside_m)
        };
        let (x_m, y_m) = line.point_at(along_m, lateral_m);
        let distance_m = if on_track { along_m } else { course.track_beside(along_m).rem_euclid(course.length_m()) };
        let curvature = line.curvature_at(along_m);
        let Controls { throttle, brake, gear, rpm, is_wing_open } =
            controls(&self.vehicle, &self.profiles, point, along_m);
        let rpm = self.engine_runs(car, time_s) * (rpm + self.breath_rpm(car, time_s, rpm));
        Motion {
            lap: point.lap,
            place: if on_track { Place::Track } else { Place::Lane },
            distance_m,
            lane_m: (!on_track).then_some(point.distance_m),
            lateral_m,
            x_m,
            y_m,
            heading_rad: line.heading_at(along_m),
            speed_mps: point.speed_mps,
            acceleration_mps2: point.acceleration_mps2,
            curvature_1pm: curvature,
            throttle,
            brake,
            gear,
            rpm,
            is_wing_open,
            slowness: point.flow.map(|(_, slowness)| slowness),
        }
    }

    /// How much of its speed the engine has: 1, or falling to 0 once the car is out of the race. A failure stops it at
    /// once, a crash when the car stands.
    fn engine_runs(&self, car: usize, time_s: f64) -> f64 {
        let plan = &self.plan;
        let cause = plan.trace.as_ref().and_then(|trace| trace.cars[car].retirement).map(|out| out.cause);
        let dies_s = match (plan.cars[car].stopped_s, cause) {
            (Some((began_s, _)), Some(RetirementCause::Failure)) => began_s,
            (Some((_, stood_s)), _) => stood_s,
            (None, _) => return 1.0,
        };
        (1.0 - (time_s - dies_s) / RUNS_DOWN_S).clamp(0.0, 1.0)
    }

    /// An idling engine hunts a little: two slow waves of the car's own, which fade as it picks up speed.
    fn breath_rpm(&self, car: usize, time_s: f64, rpm: f64) -> f64 {
        let idling = 1.0 - (rpm - self.vehicle.power.idle_rpm) / IDLE_BAND_RPM;
        if idling <= 0.0 {
            return 0.0;
        }
        let wave = |key: u32, hertz: f64| {
            let phase = self.plan.chance.uniform(What::Idle, key, car);
            (std::f64::consts::TAU * (hertz * time_s + phase)).sin()
        };
        BREATH_RPM * idling * (0.6 * wave(0, BREATH_HZ.0) + 0.4 * wave(1, BREATH_HZ.1))
    }

    /// Where across the track the car would be without others: eased from key to key.
    fn lateral_m(&self, car: usize, time_s: f64) -> f64 {
        let keys = &self.plan.cars[car].lateral_keys;
        let idx = keys.partition_point(|(at_s, _)| *at_s <= time_s);
        match (idx.checked_sub(1).map(|before| keys[before]), keys.get(idx)) {
            (None, Some((_, first))) => *first,
            (Some((_, last)), None) => last,
            (Some((from_s, from)), Some((to_s, to))) => {
                let share = (time_s - from_s) / (to_s - from_s);
                from + (to - from) * share * share * (3.0 - 2.0 * share)
            }
            (None, None) => 0.0,
        }
    }

    /// Cars side by side move apart, each to its side, within the track: where one has no room, the other gives more.
    fn make_room(&self, car: usize, time_s: f64, along_m: f64, aside_m: f64, points: &[RoutePoint]) -> f64 {
        let length_m = self.plan.course.length_m();
        let own = &points[car];
        let (left_m, right_m) = self.plan.course.room_at(along_m);
        let (left_m, right_m) = ((left_m - aside_m).max(0.0), (right_m + aside_m).max(0.0));
        let mut push_m = 0.0;
        for (other, point) in points.iter().enumerate() {
            if other == car || point.path != Path::Track {
                continue;
            }
            let apart_m = (point.distance_m - along_m + 0.5 * length_m).rem_euclid(length_m) - 0.5 * length_m;
            let reach_m = ROOM_M + ROOM_PER_MPS * (point.speed_mps - own.speed_mps).abs();
            let nearness = 1.0 - (apart_m / reach_m).powi(2);
            if nearness <= 0.0 {
                continue;
            }
            let want_m = ASIDE_M * nearness * nearness * self.on_its_line(other, time_s);
            let left_push_m = (want_m + (want_m - right_m).max(0.0)).min(left_m);
            let right_push_m = (want_m + (want_m - left_m).max(0.0)).min(right_m);
            let left_share = self.left_share(car, other, time_s);
            push_m += left_share * left_push_m - (1.0 - left_share) * right_push_m;
        }
        // Nobody weaves at a standstill, nor where track and pit lane part.
        let is_moving = (own.speed_mps / 12.0).min(1.0);
        let in_control = 1.0 - self.has_stopped(car, time_s);
        aside_m + (push_m * is_moving * in_control * self.on_its_line(car, time_s)).clamp(-right_m, left_m)
    }

    /// 0 where a car changes between track and pit lane, 1 a little before and after.
    fn on_its_line(&self, car: usize, time_s: f64) -> f64 {
        (self.plan.cars[car].route.to_change_of_path(time_s) / LANE_CHANGE_S).min(1.0)
    }

    /// 0 before a car stops for good, 1 from shortly after it began to.
    fn has_stopped(&self, car: usize, time_s: f64) -> f64 {
        let stopped_s = self.plan.cars[car].stopped_s;
        stopped_s.map_or(0.0, |(from_s, _)| ((time_s - from_s) / CHANGE_SIDE_S + 0.5).clamp(0.0, 1.0))
    }

    /// How far to its left a car makes room for another, 0 or 1: one of two goes left. Everybody passes a car that stops
    /// for good on the far side, and changes over while it does.
    fn left_share(&self, car: usize, other: usize, time_s: f64) -> f64 {
        let by_pair = if side_of(car, other) { 1.0 } else { 0.0 };
        let stops_left = self.plan.cars[other].lateral_keys.last().is_some_and(|(_, at_m)| *at_m > 0.0);
        let has_stopped = self.has_stopped(other, time_s);
        let far_side = if stops_left { 0.0 } else { 1.0 };
        by_pair + (far_side - by_pair) * has_stopped
    }
}

/// True if the first car goes to the left of the second. One of two always does.
fn side_of(car: usize, other: usize) -> bool {
    let pair = (car.min(other) * 31 + car.max(other) * 17).is_multiple_of(2);
    (car < other) == pair
}

//! A whole race, decided: the simulator's run, the motion of every car, and what race control says.

use std::collections::BTreeMap;

use crate::circuit::GridSlot;
use crate::fault::LapLoss;
use crate::race::{RaceEvent, RaceTrace, TrackState, Tyre};

use super::chance::Chance;
use super::config::SessionConfig;
use super::course::Course;
use super::driven::millis;
use super::entry_list::DRIVERS;
use super::field::{N_FUEL_PACES, race_pace};
use super::flag;
use super::lane;
use super::lap_shape::Loss;
use super::launch::launch;
use super::plan::{CarPlan, Plan, PlannedStint, PlannedStop};
use super::race_drive::{CarRace, CarRaceRun, RESTART_SLOWNESS, Wait};
use super::race_script;
use super::route::{Path, RouteBuilder};

/// The formation lap starts this long after the feed.
const FORMATION_S: f64 = 75.0;
/// Cars leave for it this much apart, and the last one stands this long before the lights go out.
const FORMATION_GAP_S: f64 = 0.9;
const LIGHTS_AFTER_GRID_S: f64 = 9.0;
/// Cars in a queue are this far apart.
const QUEUE_STEP_M: f64 = 7.0;
/// A car that comes in this soon after its team mate has left the box stops behind the box.
const DOUBLE_STACK_S: f64 = 6.0;
/// They drive off at least this much apart.
const QUEUE_STEP_S: f64 = 0.45;
/// The feed goes on this long after the last car has finished.
pub(super) const RESULT_AFTER_S: f64 = 75.0;
pub(super) const END_AFTER_S: f64 = 150.0;

/// What a race plan is made from.
pub(super) struct RaceInput {
    pub(super) config: SessionConfig,
    pub(super) chance: Chance,
    pub(super) course: Course,
    pub(super) trace: RaceTrace,
    /// Age of each car's tyres on the grid.
    pub(super) grid_tyre_ages: Vec<u16>,
    /// Time that faults cost.
    pub(super) losses: Vec<LapLoss>,
    /// How the simulator divides what a stop costs; see [`crate::race::PitModel::in_lap_share`].
    pub(super) in_lap_share: f64,
}

/// Where on a straight most is lost of the speed that the engine does not give.
const POWER_PEAK: f64 = 0.2;

impl RaceInput {
    /// Decides everything else.
    pub(super) fn plan(mut self) -> Plan {
        flag::fall(&mut self.trace);
        let mut grid: Vec<usize> = (0..self.trace.cars.len()).collect();
        grid.sort_by_key(|car| self.trace.cars[*car].grid);
        let lights_s = self.lights_s();
        let waits = self.waits(lights_s);
        let runs: Vec<CarRaceRun> = (0..self.trace.cars.len()).map(|car| self.drive(car, lights_s, &waits)).collect();
        let last_s = runs.iter().filter_map(|run| run.laps.iter().rev().find_map(|lap| lap.end_ms)).max();
        let finished_s = last_s.unwrap_or(0) as f64 / 1e3;
        let cars = runs.into_iter().enumerate().map(|(car, run)| self.car_plan(car, run, lights_s)).collect();
        let rain = self.trace.events.iter().filter_map(|event| match event {
            RaceEvent::Rain { at_s, begins, .. } => Some((lights_s + at_s, *begins)),
            _ => None,
        });
        let starts_wet = self.trace.weather.first().is_some_and(|(_, is_raining)| *is_raining);
        let rain = std::iter::once((0.0, starts_wet)).chain(rain).collect();
        let mut plan = Plan {
            config: self.config,
            chance: self.chance,
            course: self.course,
            cars,
            script: Vec::new(),
            grid,
            start_ms: millis(lights_s),
            end_ms: millis(finished_s + END_AFTER_S),
            classification: self.trace.classification.iter().map(|line| usize::from(line.car_idx)).collect(),
            trace: Some(self.trace),
            rain,
        };
        plan.script = race_script::script(&plan, millis(finished_s));
        plan
    }

    /// The lights go out once the last car has come round and stands.
    fn lights_s(&self) -> f64 {
        let round_s = 1.5 * self.course.paces[0].lap_s() + 25.0;
        FORMATION_S + FORMATION_GAP_S * self.trace.cars.len() as f64 + round_s + LIGHTS_AFTER_GRID_S
    }

    fn slot(&self, car: usize) -> GridSlot {
        let place = usize::from(self.trace.cars[car].grid.max(1)) - 1;
        let slots = &self.course.circuit.grid;
        slots.get(place).copied().unwrap_or(GridSlot { behind_line_m: 8.0 * (place + 1) as f64, lateral_m: 0.0 })
    }

    /// Where a car stops at the end of a lap: at its team's box, or behind its team mate that got there just before.
    fn box_m(&self, car: usize, lap: u16) -> f64 {
        let boxes = &self.course.circuit.pit_lane.boxes_m;
        let box_m = boxes[usize::from(DRIVERS[car].team_idx) % boxes.len()];
        let stops_at_s = |car: usize, idx: usize| {
            let lap = self.trace.cars[car].laps.get(idx)?;
            lap.pit.map(|pit| (lap.end_s, f64::from(pit.stationary_s)))
        };
        let Some((own_s, _)) = usize::from(lap).checked_sub(1).and_then(|idx| stops_at_s(car, idx)) else {
            return box_m;
        };
        let mate = (0..DRIVERS.len()).find(|mate| *mate != car && DRIVERS[*mate].team_idx == DRIVERS[car].team_idx);
        let of_mate =
            mate.map(|mate| (0..self.trace.cars[mate].laps.len()).filter_map(move |idx| stops_at_s(mate, idx)));
        let is_stacked = of_mate.is_some_and(|mut stops| {
            stops.any(|(at_s, stands_s)| at_s <= own_s && own_s < at_s + stands_s + DOUBLE_STACK_S)
        });
        if is_stacked { box_m - QUEUE_STEP_M } else { box_m }
    }

    fn drive(&self, car: usize, lights_s: f64, waits: &BTreeMap<usize, Vec<Wait>>) -> CarRaceRun {
        let trace = &self.trace;
        let n_laps = self.config.n_laps;
        let wetness = |lap: u16| trace.weather.get(usize::from(lap)).map_or(0.0, |(wetness, _)| *wetness);
        let onsets_s: Vec<f64> = trace.events.iter().filter_map(slows_down).map(|at_s| lights_s + at_s).collect();
        let grid = f64::from(trace.cars[car].grid);
        CarRace {
            course: &self.course,
            chance: &self.chance,
            car_idx: car,
            trace: &trace.cars[car],
            slot: self.slot(car),
            box_m: &|lap| self.box_m(car, lap),
            formation_s: FORMATION_S + FORMATION_GAP_S * grid,
            lights_s,
            session_s: &|race_s| lights_s + race_s,
            pace_of_lap: &|lap| race_pace(lap, n_laps, wetness(lap)),
            onsets_s: &onsets_s,
            fault_losses: self.fault_losses(car),
            in_lap_share: self.in_lap_share,
            waits: waits.get(&car).map_or(&[], Vec::as_slice),
        }
        .drive()
    }

    fn fault_losses(&self, car: usize) -> Vec<(u16, Loss)> {
        let length_m = self.course.length_m();
        let of_car = self.losses.iter().filter(|loss| loss.driver == DRIVERS[car].number);
        let as_loss = |loss: &LapLoss| Loss {
            seconds: f64::from(loss.seconds),
            from_m: f64::from(loss.from) * length_m,
            to_m: f64::from(loss.to) * length_m,
            peak: POWER_PEAK,
        };
        // Missing grip is felt all round the lap, as the lap's time is; missing power has its place.
        of_car.filter(|loss| loss.is_ramp).map(|loss| (loss.lap, as_loss(loss))).collect()
    }

    /// Where cars wait under red flags: at the end of the lane, first come, first to go.
    fn waits(&self, lights_s: f64) -> BTreeMap<usize, Vec<Wait>> {
        let mut waits: BTreeMap<usize, Vec<Wait>> = BTreeMap::new();
        for (red_s, green_s) in red_flags(&self.trace) {
            let mut queue: Vec<(f64, usize, usize)> = Vec::new();
            for (car, of_car) in self.trace.cars.iter().enumerate() {
                let idx = of_car.laps.iter().rposition(|lap| lap.end_s < green_s);
                if let Some(idx) = idx.filter(|idx| of_car.laps[*idx].end_s > red_s) {
                    queue.push((of_car.laps[idx].end_s, car, idx));
                }
            }
            queue.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut earliest_s = f64::NEG_INFINITY;
            for (place, (_, car, idx)) in queue.into_iter().enumerate() {
                let lane_m = self.course.circuit.pit_lane.limit_to_m - 6.0 - QUEUE_STEP_M * place as f64;
                let natural_s = self.natural_release_s(car, idx, lane_m, green_s, lights_s);
                let release_s = natural_s.max(earliest_s + QUEUE_STEP_S);
                earliest_s = release_s;
                waits.entry(car).or_default().push(Wait { lap: idx as u16 + 1, lane_m, release_s });
            }
        }
        waits
    }

    /// When a car must leave the queue to end its next lap in time at an ordinary pace.
    fn natural_release_s(&self, car: usize, idx: usize, lane_m: f64, green_s: f64, lights_s: f64) -> f64 {
        let pace = &self.course.paces[1.min(N_FUEL_PACES - 1)];
        let mut out = RouteBuilder::standing(0.0, 0, Path::Lane, lane_m);
        lane::drive_out(&self.course, &mut out);
        launch(&mut out, pace, RESTART_SLOWNESS, 1.0);
        let flow_s = RESTART_SLOWNESS * (pace.lap_s() - pace.time_at(out.at_m()));
        let end_s = self.trace.cars[car].laps.get(idx + 1).map(|lap| lap.end_s);
        lights_s + end_s.map_or(green_s, |end_s| end_s - flow_s - out.now_s())
    }

    fn car_plan(&self, car: usize, mut run: CarRaceRun, lights_s: f64) -> CarPlan {
        let trace = &self.trace.cars[car];
        let stints = self.stints(car);
        for lap in &mut run.laps {
            lap.stint_idx = stints.iter().rposition(|stint| stint.first_lap <= lap.number).unwrap_or(0);
            lap.is_from_standstill = lap.number == 1;
        }
        let penalty_s = |lap: u16| {
            trace.laps.get(usize::from(lap) - 1).and_then(|lap| lap.pit).map_or(0.0, |pit| f64::from(pit.penalty_s))
        };
        let stops = run.stops.iter().map(|(lap, stands_from_s, stationary_s)| PlannedStop {
            lap: *lap,
            stands_from_s: *stands_from_s,
            stationary_s: *stationary_s,
            penalty_s: penalty_s(*lap),
        });
        let stops: Vec<PlannedStop> = stops.collect();
        let lateral_keys = self.lateral_keys(car, lights_s, &stops, &run);
        CarPlan { route: run.route, laps: run.laps, stints, stops, stopped_s: run.stopped_s, lateral_keys }
    }

    fn stints(&self, car: usize) -> Vec<PlannedStint> {
        let trace = &self.trace.cars[car];
        let n_laps = trace.laps.len() as u16 + u16::from(trace.retirement.is_some());
        let stint = |tyre: Tyre, start_laps: u16, first_lap: u16| PlannedStint {
            compound: tyre.compound(),
            is_new: start_laps == 0,
            start_laps,
            first_lap,
            last_lap: first_lap,
        };
        // Rain on the grid brings other tyres, new ones.
        let is_dry = trace.start_tyre.is_slick();
        let start_laps = self.grid_tyre_ages.get(car).copied().filter(|_| is_dry).unwrap_or(0);
        let mut stints = vec![stint(trace.start_tyre, start_laps, 1)];
        for (idx, lap) in trace.laps.iter().enumerate() {
            if let Some(pit) = lap.pit {
                stints.push(stint(pit.tyre, 0, idx as u16 + 2));
            }
        }
        let ends: Vec<u16> = stints.iter().skip(1).map(|stint| stint.first_lap - 1).chain([n_laps]).collect();
        for (stint, end) in stints.iter_mut().zip(ends) {
            stint.last_lap = end.max(stint.first_lap);
        }
        stints
    }

    /// Across the track: from the slot on the grid to the line, to the box and back, to the edge if it stops.
    fn lateral_keys(&self, car: usize, lights_s: f64, stops: &[PlannedStop], run: &CarRaceRun) -> Vec<(f64, f64)> {
        let slot_m = self.slot(car).lateral_m;
        let formation_s = FORMATION_S + FORMATION_GAP_S * f64::from(self.trace.cars[car].grid);
        let mut keys = vec![
            (formation_s + 2.0, slot_m),
            (formation_s + 9.0, 0.0),
            (lights_s - LIGHTS_AFTER_GRID_S - 26.0, 0.0),
            (lights_s - LIGHTS_AFTER_GRID_S - 8.0, slot_m),
            (lights_s + 1.0, slot_m),
            (lights_s + 7.0, 0.0),
        ];
        let aside_m = self.course.circuit.pit_lane.garage_side * 3.6;
        for stop in stops.iter().filter(|stop| stop.stationary_s < 120.0) {
            let (from, to) = (stop.stands_from_s, stop.stands_from_s + stop.stationary_s);
            keys.extend([(from - 2.6, 0.0), (from - 0.4, aside_m), (to + 0.4, aside_m), (to + 2.6, 0.0)]);
        }
        if let Some((from_s, to_s)) = run.stopped_s {
            let at_m =
                self.trace.cars[car].retirement.map_or(0.0, |out| f64::from(out.fraction)) * self.course.length_m();
            keys.extend([(from_s, 0.0), (to_s.max(from_s + 1.0), self.edge_m(at_m))]);
        }
        keys
    }

    /// Just beyond the nearer edge of the track.
    fn edge_m(&self, distance_m: f64) -> f64 {
        let line = &self.course.circuit.line;
        let idx = ((distance_m / line.step_m) as usize) % line.len();
        if line.left_m[idx] < line.right_m[idx] { line.left_m[idx] + 2.5 } else { -line.right_m[idx] - 2.5 }
    }
}

/// When a neutralisation slows the cars down.
fn slows_down(event: &RaceEvent) -> Option<f64> {
    match event {
        RaceEvent::Track {
            at_s,
            track: TrackState::SafetyCar | TrackState::VirtualSafetyCar | TrackState::Red,
            ..
        } => Some(*at_s),
        _ => None,
    }
}

/// Red flags: when shown, and when the race went on.
pub(super) fn red_flags(trace: &RaceTrace) -> Vec<(f64, f64)> {
    let track = trace.events.iter().filter_map(|event| match event {
        RaceEvent::Track { at_s, track, .. } => Some((*at_s, *track)),
        _ => None,
    });
    let track: Vec<(f64, TrackState)> = track.collect();
    let pairs = track.windows(2).filter(|pair| pair[0].1 == TrackState::Red);
    pairs.map(|pair| (pair[0].0, pair[1].0)).collect()
}

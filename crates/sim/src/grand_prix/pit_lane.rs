//! Cars in the pit lane, cars that stop for good, and the tyres they are given.

use overcut_domain::{
    CarRaceInfo, CarStints, CarTiming, Event, LapNumber, PitLaneReport, PitStopReport, StintUpdate, StintsUpdate,
};

use super::chance::What;
use super::cue::Cue;
use super::driven::millis;
use super::entry_list::DRIVERS;
use super::outbox::Topic;
use super::screen::{lap_time, wipe_all};
use super::stage::{Stage, TIMING_DELAY_MS};

/// A car's lane time stays on the list for this long.
const ON_THE_LIST_MS: i64 = 38_000;
/// A new set is seen this long after the car has left the lane.
const NEW_SET_MS: (f64, f64) = (3_000.0, 7_000.0);
/// The longest visit that is timed as a stop.
pub(super) const LONGEST_STOP_MS: i64 = 180_000;

impl Stage {
    pub(super) fn pass_trap(&mut self, at_ms: i64, car: usize, lap_idx: usize) {
        let plan = std::sync::Arc::clone(&self.plan);
        let mut line = CarTiming { driver: DRIVERS[car].number, ..CarTiming::default() };
        self.screen.pass_trap(car, &plan.cars[car].laps[lap_idx], 3, &mut line);
        self.send_lines(at_ms, vec![line]);
    }

    pub(super) fn pit_in(&mut self, at_ms: i64, car: usize, lap_idx: usize) {
        self.side.in_lane[car] = true;
        self.n_stops[car] += 1;
        let mut line = CarTiming {
            driver: DRIVERS[car].number,
            in_pit: Some(true),
            n_pit_stops: Some(self.n_stops[car]),
            status_bits: Some(80),
            ..CarTiming::default()
        };
        if self.plan.cars[car].laps[lap_idx].pit_out_ms.is_some() {
            line.pit_out = Some(false);
        }
        self.send_lines(at_ms, vec![line]);
        if self.is_race() {
            let info = CarRaceInfo {
                driver: DRIVERS[car].number,
                n_pit_stops: Some(self.n_stops[car]),
                ..CarRaceInfo::default()
            };
            self.send(Topic::Summary, at_ms, TIMING_DELAY_MS + 20, Event::RaceInfo(vec![info]));
            self.tell_lane_time(at_ms, car, self.plan.cars[car].laps[lap_idx].number, None);
        }
    }

    pub(super) fn pit_out(&mut self, at_ms: i64, car: usize, lap_idx: usize) {
        self.side.in_lane[car] = false;
        let plan = std::sync::Arc::clone(&self.plan);
        let lap = &plan.cars[car].laps[lap_idx];
        let mut line = CarTiming {
            driver: DRIVERS[car].number,
            in_pit: Some(false),
            pit_out: Some(true),
            status_bits: Some(96),
            ..CarTiming::default()
        };
        wipe_all(&mut line);
        if !self.is_race() {
            line.n_laps = Some(lap.number);
            self.n_laps[car] = lap.number;
        }
        self.send_lines(at_ms, vec![line]);
        if self.side.known_stint[car] != lap.stint_idx || !self.side.is_stint_told(car) {
            let key = lap.number.into();
            let delay_ms = self.plan.chance.between(What::Delay, key, car, NEW_SET_MS.0, NEW_SET_MS.1) as i64;
            self.agenda.note(at_ms + delay_ms, Cue::NewSet { car: car as u8, stint_idx: lap.stint_idx as u8 });
        }
        if self.is_race() {
            self.tell_stop(at_ms, car, lap_idx);
        }
    }

    /// Lane time and standing time, as the car leaves.
    fn tell_stop(&mut self, at_ms: i64, car: usize, lap_idx: usize) {
        let plan = std::sync::Arc::clone(&self.plan);
        let laps = &plan.cars[car].laps;
        let Some(came_in) =
            laps[..=lap_idx].iter().rev().find(|lap| lap.pit_in_ms.is_some_and(|pit_in| pit_in < at_ms))
        else {
            return;
        };
        let lane_ms = at_ms - came_in.pit_in_ms.unwrap_or(at_ms);
        let Some(stop) = plan.cars[car].stops.iter().find(|stop| stop.lap == came_in.number) else { return };
        if lane_ms > LONGEST_STOP_MS {
            return;
        }
        self.tell_lane_time(at_ms, car, came_in.number, Some(lane_ms / 100 * 100));
        self.agenda.note(at_ms + ON_THE_LIST_MS, Cue::LaneTimeGone { car: car as u8 });
        let report = PitStopReport {
            driver: DRIVERS[car].number,
            lap: Some(LapNumber(came_in.number)),
            utc: Some(self.utc(at_ms)),
            lane_time: Some(lap_time(lane_ms)),
            stop_time: Some(lap_time(stated_stop_ms(stop.stationary_s))),
        };
        self.send(Topic::Pits, at_ms, TIMING_DELAY_MS + 30, Event::PitStops(vec![report]));
    }

    fn tell_lane_time(&mut self, at_ms: i64, car: usize, lap: u16, lane_ms: Option<i64>) {
        let report = PitLaneReport {
            driver: DRIVERS[car].number,
            lap: Some(LapNumber(lap)),
            lane_time: lane_ms.map(lap_time),
            removed: false,
        };
        self.send(Topic::Pits, at_ms, TIMING_DELAY_MS + 10, Event::PitLane(vec![report]));
    }

    pub(super) fn lane_time_gone(&mut self, at_ms: i64, car: usize) {
        let report = PitLaneReport { driver: DRIVERS[car].number, lap: None, lane_time: None, removed: true };
        self.send(Topic::Pits, at_ms, 0, Event::PitLane(vec![report]));
    }

    pub(super) fn new_set(&mut self, at_ms: i64, car: usize, stint_idx: usize) {
        let Some(stint) = self.plan.cars[car].stints.get(stint_idx).copied() else { return };
        self.side.begin_stint(car, stint_idx);
        let stint = StintUpdate {
            stint_idx: stint_idx as u8,
            compound: Some(stint.compound),
            fresh: Some(stint.is_new),
            changed: Some(true),
            total_laps: Some(stint.start_laps),
            start_laps: Some(stint.start_laps),
            ..StintUpdate::default()
        };
        let cars = vec![CarStints { driver: DRIVERS[car].number, stints: vec![stint], ..CarStints::default() }];
        self.send(Topic::Tyres, at_ms, 50, Event::Stints(StintsUpdate { cars }));
    }

    pub(super) fn stopped(&mut self, at_ms: i64, car: usize) {
        let line = CarTiming { driver: DRIVERS[car].number, stopped: Some(true), ..CarTiming::default() };
        self.send_lines(at_ms, vec![line]);
    }

    pub(super) fn retired(&mut self, at_ms: i64, car: usize) {
        self.is_out[car] = true;
        let line = CarTiming {
            driver: DRIVERS[car].number,
            retired: Some(true),
            stopped: Some(false),
            ..CarTiming::default()
        };
        self.send_lines(at_ms, vec![line]);
        let info = CarRaceInfo { driver: DRIVERS[car].number, is_out: Some(true), ..CarRaceInfo::default() };
        self.send(Topic::Summary, at_ms, TIMING_DELAY_MS, Event::RaceInfo(vec![info]));
        self.side.places_changed();
    }
}

/// A standing time as the publisher states it: to a tenth.
pub(super) fn stated_stop_ms(stationary_s: f64) -> i64 {
    (millis(stationary_s) + 50) / 100 * 100
}

//! Laps as they were driven: when a car passed what, from its route.

use super::course::Course;
use super::route::{Path, Route};

/// One lap of one car, in milliseconds of session time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DrivenLap {
    /// From 1; in practice and qualifying every exit of the pit lane begins one.
    pub(super) number: u16,
    pub(super) start_ms: i64,
    /// When it crossed the line at its end; `None` if it never did.
    pub(super) end_ms: Option<i64>,
    /// When it passed the end of each mini-sector.
    pub(super) crossings_ms: Vec<Option<i64>>,
    /// When it passed the trap on the straight.
    pub(super) trap_ms: Option<i64>,
    /// At the first and second intermediate, the line and the trap.
    pub(super) speeds_kmh: [Option<u16>; 4],
    pub(super) pit_in_ms: Option<i64>,
    pub(super) pit_out_ms: Option<i64>,
    /// Which of the car's stints, from 0.
    pub(super) stint_idx: usize,
    /// Qualifying part, from 1; 0 elsewhere.
    pub(super) part: u8,
    /// True if it began without crossing a line: from the grid, from the garage.
    pub(super) is_from_standstill: bool,
}

impl DrivenLap {
    /// Reads a lap off a route. The moments at its ends are given, because they are exact.
    pub(super) fn read(course: &Course, route: &Route, number: u16, start_ms: i64, end_ms: Option<i64>) -> DrivenLap {
        let paces = &course.paces;
        let lane = &course.circuit.pit_lane;
        let passing = |distance_m: f64| -> Option<f64> {
            route.time_at(paces, number, Path::Track, distance_m).or_else(|| {
                let lane_m = course.lane_beside(distance_m)?;
                route.time_at(paces, number, Path::Lane, lane_m)
            })
        };
        let is_in_time = |time_s: &f64| end_ms.is_none_or(|end| millis(*time_s) < end) && millis(*time_s) > start_ms;
        let mut crossings_ms: Vec<Option<i64>> =
            course.mini_ends_m.iter().map(|end_m| passing(*end_m).filter(is_in_time).map(millis)).collect();
        if let Some(last) = crossings_ms.last_mut() {
            *last = end_ms;
        }
        let speed_at = |time_ms: Option<i64>| {
            time_ms.map(|time_ms| (route.at(paces, time_ms as f64 / 1e3).speed_mps * 3.6).round() as u16)
        };
        let sector_end = |sector: usize| crossings_ms[course.sector_end_minis[sector]];
        let trap_ms = passing(course.circuit.speed_traps.st_m).filter(is_in_time).map(millis);
        let in_lane = |lane_m: f64| route.time_at(paces, number, Path::Lane, lane_m).map(millis);
        DrivenLap {
            number,
            start_ms,
            end_ms,
            trap_ms,
            speeds_kmh: [speed_at(sector_end(0)), speed_at(sector_end(1)), speed_at(end_ms), speed_at(trap_ms)],
            pit_in_ms: in_lane(lane.limit_from_m),
            pit_out_ms: in_lane(lane.limit_to_m),
            crossings_ms,
            stint_idx: 0,
            part: 0,
            is_from_standstill: false,
        }
    }

    /// Its sector times in milliseconds; they add up to the lap time.
    pub(super) fn sector_ms(&self, course: &Course, sector: usize) -> Option<i64> {
        let end = self.crossings_ms[course.sector_end_minis[sector]]?;
        let begin = match sector.checked_sub(1) {
            None => self.start_ms,
            Some(before) => self.crossings_ms[course.sector_end_minis[before]]?,
        };
        Some(end - begin)
    }

    /// Its lap time in milliseconds.
    pub(super) fn time_ms(&self) -> Option<i64> {
        Some(self.end_ms? - self.start_ms)
    }
}

/// Session seconds as milliseconds.
pub(super) fn millis(time_s: f64) -> i64 {
    (time_s * 1e3).round() as i64
}

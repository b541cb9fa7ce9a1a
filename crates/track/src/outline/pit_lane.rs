//! The pit lane: where cars leave the line between pit entry and exit.

use super::{Outline, Span};
use crate::line::{DM_PER_M, Point, distance};
use crate::position;
use crate::telemetry::Telemetry;

/// Further from the line than this is beside the track, metres: tracks are 12 to 15 m wide.
const MIN_OFFSET_M: f64 = 8.0;

/// Further away than this is no pit lane, metres.
const MAX_OFFSET_M: f64 = 150.0;

/// Points of the lane are at least this far apart, metres.
const MIN_STEP_M: f64 = 4.0;

/// Fixes in the lane may be this far apart, metres: at 80 km/h one comes every 6 m.
const MAX_HOLE_M: f64 = 60.0;

impl Outline {
    /// Finds the pit lane from visits, each from a car's entry to its exit: of those that left the line the one with
    /// the most points. False, and no change, if none did.
    pub fn find_pit_lane(&mut self, telemetry: &Telemetry, visits: &[Span]) -> bool {
        let lanes = visits.iter().map(|visit| self.lane_of(telemetry, *visit)).filter(|lane| lane.len() >= 10);
        // The first of equals, so that later visits do not move the picture about.
        let best = lanes.reduce(|best, lane| if lane.len() > best.len() { lane } else { best });
        match best {
            Some(lane) => self.pit_lane_dm = lane,
            None => return false,
        }
        true
    }

    /// The way of one visit from the first point beside the line to the last. Empty if it has a hole.
    fn lane_of(&self, telemetry: &Telemetry, visit: Span) -> Vec<Point> {
        let mut lane: Vec<Point> = Vec::new();
        let mut n_beside = 0;
        for fix in position::believed(telemetry, visit) {
            let offset_m = self.line().project(fix.point).offset_m.abs();
            if offset_m > MAX_OFFSET_M || (lane.is_empty() && offset_m < MIN_OFFSET_M) {
                continue;
            }
            match lane.last().map(|last| distance(*last, fix.point) / DM_PER_M) {
                Some(step_m) if step_m < MIN_STEP_M => continue,
                Some(step_m) if step_m > MAX_HOLE_M => return Vec::new(),
                _ => lane.push(fix.point),
            }
            if offset_m >= MIN_OFFSET_M {
                n_beside = lane.len();
            }
        }
        lane.truncate(n_beside);
        lane
    }
}

//! The circuit as a session drives it: mini-sectors in a row, the pit lane beside the lap, paces.

use crate::circuit::Circuit;

use super::pace::Pace;

/// A circuit with what is worked out once for a session.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub(super) circuit: Circuit,
    /// Paces that cars flow along.
    pub(super) paces: Vec<Pace>,
    /// Where mini-sectors end, in a row; the last is the line.
    pub(super) mini_ends_m: Vec<f64>,
    /// For each mini-sector, its sector and its place in that.
    pub(super) mini_places: Vec<(u8, u8)>,
    /// For each sector, which mini-sector in the row ends it.
    pub(super) sector_end_minis: [usize; 3],
    /// Room for cars side by side, left and right of each point of the racing line, metres.
    room_m: Vec<(f64, f64)>,
}

/// A car keeps this much of the track between its middle and the edge.
const HALF_CAR_M: f64 = 1.0;
/// Cars side by side do not follow every bend of the racing line to the edge: room is the mean over this to both sides.
const ROOM_REACH_M: f64 = 70.0;

impl Course {
    pub(super) fn new(circuit: Circuit, paces: Vec<Pace>) -> Course {
        let mut course = Course {
            circuit,
            paces,
            mini_ends_m: Vec::new(),
            mini_places: Vec::new(),
            sector_end_minis: [0; 3],
            room_m: Vec::new(),
        };
        for (sector_idx, ends_m) in course.circuit.mini_sector_ends_m.iter().enumerate() {
            for (idx, end_m) in ends_m.iter().enumerate() {
                course.mini_ends_m.push(*end_m);
                course.mini_places.push((sector_idx as u8, idx as u8));
            }
            course.sector_end_minis[sector_idx] = course.mini_ends_m.len() - 1;
        }
        let line = &course.circuit.line;
        let reach = (ROOM_REACH_M / line.step_m) as usize;
        let (left, right) = (mean_around(&line.left_m, reach), mean_around(&line.right_m, reach));
        let room = |edge_m: f64| (edge_m - HALF_CAR_M).max(0.0);
        course.room_m = left.into_iter().zip(right).map(|(left, right)| (room(left), room(right))).collect();
        course
    }

    pub(super) fn length_m(&self) -> f64 {
        self.circuit.length_m()
    }

    pub(super) fn n_minis(&self) -> usize {
        self.mini_ends_m.len()
    }

    /// The limit in the pit lane.
    pub(super) fn lane_limit_mps(&self) -> f64 {
        self.circuit.pit_lane.limit_kmh / 3.6
    }

    /// Where the pit lane leaves the track, as a distance of the lap.
    pub(super) fn lane_entry_m(&self) -> f64 {
        self.circuit.pit_lane.entry_m
    }

    /// The lane beside a distance of the lap; `None` where there is none.
    pub(super) fn lane_beside(&self, distance_m: f64) -> Option<f64> {
        let lane = &self.circuit.pit_lane;
        let before_m = self.length_m() - lane.entry_m;
        let along_m = if distance_m >= lane.entry_m { distance_m - lane.entry_m } else { distance_m + before_m };
        let whole_m = before_m + lane.exit_m;
        (along_m <= whole_m).then(|| lane.length_m() * along_m / whole_m)
    }

    /// The distance of the lap beside a place in the lane; above the lap's length past the line.
    pub(super) fn track_beside(&self, lane_m: f64) -> f64 {
        let lane = &self.circuit.pit_lane;
        let whole_m = self.length_m() - lane.entry_m + lane.exit_m;
        lane.entry_m + lane_m / lane.length_m() * whole_m
    }

    /// Room to the left and right of the racing line.
    pub(super) fn room_at(&self, along_m: f64) -> (f64, f64) {
        let (a, b, t) = self.circuit.line.locate(along_m);
        let ((left_a, right_a), (left_b, right_b)) = (self.room_m[a], self.room_m[b]);
        (left_a + t * (left_b - left_a), right_a + t * (right_b - right_a))
    }

    /// The marshals' sector at a distance of the lap.
    pub(super) fn marshal_sector_at(&self, distance_m: f64) -> u8 {
        let sectors = &self.circuit.marshal_sectors;
        let idx = sectors.partition_point(|sector| sector.start_m <= distance_m).saturating_sub(1);
        sectors.get(idx).map_or(1, |sector| sector.number)
    }

    /// The number of the corner nearest to a distance of the lap, going on.
    pub(super) fn corner_at(&self, distance_m: f64) -> u8 {
        let corners = &self.circuit.corners;
        corners.iter().find(|corner| corner.end_m >= distance_m).or(corners.first()).map_or(1, |corner| corner.number)
    }
}

/// The mean over `reach` points to both sides, round a closed lap, twice.
fn mean_around(values: &[f64], reach: usize) -> Vec<f64> {
    let once = |values: &[f64]| -> Vec<f64> {
        let n = values.len();
        let width = 2 * reach.min(n / 2) + 1;
        let mut sum: f64 = (0..width).map(|k| values[(n + k - width / 2) % n]).sum();
        let mut means = Vec::with_capacity(n);
        for idx in 0..n {
            means.push(sum / width as f64);
            sum += values[(idx + 1 + width / 2) % n] - values[(n + idx - width / 2) % n];
        }
        means
    };
    once(&once(values))
}

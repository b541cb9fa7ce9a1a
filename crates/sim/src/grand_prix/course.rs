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
}

impl Course {
    pub(super) fn new(circuit: Circuit, paces: Vec<Pace>) -> Course {
        let mut course =
            Course { circuit, paces, mini_ends_m: Vec::new(), mini_places: Vec::new(), sector_end_minis: [0; 3] };
        for (sector_idx, ends_m) in course.circuit.mini_sector_ends_m.iter().enumerate() {
            for (idx, end_m) in ends_m.iter().enumerate() {
                course.mini_ends_m.push(*end_m);
                course.mini_places.push((sector_idx as u8, idx as u8));
            }
            course.sector_end_minis[sector_idx] = course.mini_ends_m.len() - 1;
        }
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

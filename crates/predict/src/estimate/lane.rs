//! The way through the pit lane.

use overcut_track::Outline;

/// The speed limit of most pit lanes, m/s: 80 km/h.
const LIMIT_MPS: f64 = 80.0 / 3.6;

/// Where in the lane a car is thought to stand, as share of its length: nobody says which box is whose.
const BOX: f64 = 0.5;

/// The pit lane as driven.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    points_dm: Vec<[f64; 2]>,
    /// Metres along the lane of each point.
    along_m: Vec<f64>,
    /// Where on the lap it leads back to the track.
    pub(super) exit_m: f64,
}

impl Lane {
    /// The lane of an outline; `None` if it has none.
    pub(super) fn of(outline: &Outline) -> Option<Lane> {
        let points_dm = outline.pit_lane_dm.clone();
        let [x, y] = *points_dm.last()?;
        let mut along_m = vec![0.0];
        for pair in points_dm.windows(2) {
            let step_dm = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
            along_m.push(along_m.last().copied().unwrap_or(0.0) + step_dm / 10.0);
        }
        let exit_m = outline.project(x, y, None).distance_m;
        (points_dm.len() > 1).then_some(Lane { points_dm, along_m, exit_m })
    }

    /// Where a car is that came in so long ago and has not left: on the way to its box, or there.
    pub(super) fn point_after(&self, seconds: f64) -> [f64; 2] {
        let length_m = self.along_m.last().copied().unwrap_or(0.0);
        let at_m = (seconds.max(0.0) * LIMIT_MPS).min(length_m * BOX);
        let after = self.along_m.partition_point(|m| *m <= at_m).clamp(1, self.along_m.len() - 1);
        let (from, to) = (self.points_dm[after - 1], self.points_dm[after]);
        let share = (at_m - self.along_m[after - 1]) / (self.along_m[after] - self.along_m[after - 1]).max(1e-9);
        [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
    }
}

//! Circuits: centre and racing line, corners, sectors, pit lane and zones; two of our own and any centre line.
//!
//! A [`Circuit`] is built from a centre line with widths, with or without a racing line; everything else on it (corners,
//! sectors, zones, pit lane, grid) is derived from the geometry. Distances are metres along the racing line from the
//! start and finish line in the direction of travel; lateral offsets are metres to the left of the racing line. The
//! frame is local and right-handed: x and y in metres.
//!
//! Lines come as points: this module reads no file.

mod build;
mod curve;
mod error;
mod features;
mod fictional;
mod furniture;
mod line;
mod pit_lane;
mod racing_line;

pub use error::CircuitError;
pub use line::Line;
pub use pit_lane::PitLane;

/// A point of a centre line with the width of the track on either side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrackPoint {
    /// East, metres.
    pub x_m: f64,
    /// North, metres.
    pub y_m: f64,
    /// From here to the right edge of the track, metres.
    pub right_m: f64,
    /// From here to the left edge of the track, metres.
    pub left_m: f64,
}

/// A circuit and all that stands beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Circuit {
    /// Its name.
    pub name: String,
    /// The town it is in or near.
    pub town: String,
    /// The country.
    pub country: String,
    /// The racing line, with the room to the edges of the track on either side.
    pub line: Line,
    /// The corners in order of driving.
    pub corners: Vec<Corner>,
    /// Where the first and the second sector end; the third ends at the line.
    pub sector_ends_m: [f64; 2],
    /// Where the mini-sectors end, by sector; the last of each is the sector's own end.
    pub mini_sector_ends_m: [Vec<f64>; 3],
    /// Where speeds are measured.
    pub speed_traps: SpeedTraps,
    /// The marshals' sectors in order of driving, the first one at the line.
    pub marshal_sectors: Vec<MarshalSector>,
    /// Where the rear wing may be opened by a car that is close to another (to 2025).
    pub drs_zones: Vec<DrsZone>,
    /// Where every car may set its wings for the straight (2026 on).
    pub straight_zones: Vec<DrsZone>,
    /// The pit lane.
    pub pit_lane: PitLane,
    /// The places of the starting grid, pole position first.
    pub grid: Vec<GridSlot>,
}

/// A corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corner {
    /// As painted on the board, from one.
    pub number: u8,
    /// Where it begins.
    pub start_m: f64,
    /// Where the line is tightest: the corner's own distance.
    pub distance_m: f64,
    /// Where it ends.
    pub end_m: f64,
    /// Radius at the tightest point, metres.
    pub radius_m: f64,
    /// The angle turned through, radians, positive to the left.
    pub turn_rad: f64,
}

/// Where speeds are measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpeedTraps {
    /// First intermediate: the end of the first sector.
    pub i1_m: f64,
    /// Second intermediate: the end of the second sector.
    pub i2_m: f64,
    /// The finish line.
    pub fl_m: f64,
    /// The trap on the fastest straight.
    pub st_m: f64,
}

/// A stretch of track watched by one post.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarshalSector {
    /// From one.
    pub number: u8,
    /// Where it begins; it ends where the next begins.
    pub start_m: f64,
}

/// A stretch where wings may be opened. One that runs over the line has `end_m` below `start_m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrsZone {
    /// Where the gap to the car ahead is measured.
    pub detection_m: f64,
    /// Where the wing may open.
    pub start_m: f64,
    /// Where it must be shut, or earlier at the first touch of the brake.
    pub end_m: f64,
}

impl DrsZone {
    /// True where the zone holds a distance within a lap.
    pub fn contains(&self, distance_m: f64) -> bool {
        if self.start_m <= self.end_m {
            (self.start_m..self.end_m).contains(&distance_m)
        } else {
            distance_m >= self.start_m || distance_m < self.end_m
        }
    }
}

/// A place on the starting grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridSlot {
    /// How far behind the line the car stands; its distance is minus this.
    pub behind_line_m: f64,
    /// Where across the track, metres to the left of the racing line.
    pub lateral_m: f64,
}

impl Circuit {
    /// Length of a lap along the racing line.
    pub fn length_m(&self) -> f64 {
        self.line.length_m()
    }

    /// Where a car is. Distances below zero and beyond a lap wrap round.
    pub fn point_at(&self, distance_m: f64, lateral_m: f64) -> (f64, f64) {
        self.line.point_at(distance_m, lateral_m)
    }

    /// Where a car in the pit lane is; distances outside the lane are held at its ends.
    pub fn lane_point_at(&self, lane_m: f64) -> (f64, f64) {
        self.pit_lane.line.point_at(lane_m, 0.0)
    }

    /// The sector that holds a distance, from zero.
    pub fn sector_at(&self, distance_m: f64) -> usize {
        let distance_m = distance_m.rem_euclid(self.length_m());
        self.sector_ends_m.iter().filter(|end_m| distance_m >= **end_m).count()
    }
}

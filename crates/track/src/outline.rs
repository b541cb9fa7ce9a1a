//! The shape of a circuit: its line with distance, corners, pit lane and sectors.

mod circuit_file;
mod corners;
mod derive;
mod pit_lane;
mod rotation;

use overcut_domain::{DriverNumber, SessionTime};

pub use circuit_file::CircuitFileError;
pub use corners::Corner;
pub use derive::OutlineError;

use crate::line::{ClosedLine, Projection};

/// Distance between the points of an outline, metres.
const STEP_M: f64 = 5.0;

/// A span of one car's session: a lap from line to line, or a visit to the pit lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Which car.
    pub driver: DriverNumber,
    /// When it began.
    pub start: SessionTime,
    /// When it ended.
    pub end: SessionTime,
}

/// Where an outline comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A circuit file.
    CircuitFile,
    /// The session's own laps.
    Derived,
    /// A circuit of our own, whose line is known exactly.
    Designed,
}

/// The circuit as driven: a closed line from the start line on, in driving direction.
///
/// Coordinates are those of the timing feed's positions (decimetres on the circuit's own grid), distances are metres
/// from the start line.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    line: ClosedLine,
    /// Corners in driving order.
    pub corners: Vec<Corner>,
    /// The pit lane as driven; empty if nobody drove it.
    pub pit_lane_dm: Vec<[f64; 2]>,
    /// How far to turn the picture counter-clockwise for the usual view, degrees.
    pub rotation_deg: f64,
    /// Where each marshal sector begins, sector 1 first; empty if unknown.
    pub marshal_sectors_m: Vec<f64>,
    /// Where timing sectors 1 and 2 end; empty if unknown.
    pub sectors_m: Vec<f64>,
    /// Where this comes from.
    pub origin: Origin,
}

impl Outline {
    /// The outline of a circuit whose line is known: points of one lap from the start line in driving direction, and its
    /// corners as number and distance, in order. All else is added by the caller. `None` if the points make no line.
    pub fn designed(points_dm: &[[f64; 2]], corners: &[(u16, f64)]) -> Option<Outline> {
        let line = ClosedLine::through(points_dm, STEP_M)?;
        let corner = |(number, distance_m): &(u16, f64)| {
            let (distance_m, letter) = (line.wrap(*distance_m), String::new());
            let [x_dm, y_dm] = line.point_at(distance_m);
            Corner { number: *number, letter, x_dm, y_dm, distance_m, from_m: distance_m, to_m: distance_m }
        };
        let mut corners: Vec<Corner> = corners.iter().map(corner).collect();
        corners::set_extents(&mut corners, line.length_m());
        Some(Outline {
            corners,
            pit_lane_dm: Vec::new(),
            rotation_deg: 0.0,
            marshal_sectors_m: Vec::new(),
            sectors_m: Vec::new(),
            origin: Origin::Designed,
            line,
        })
    }

    /// The points of the line, equally far apart along it; the first is on the start line, and the line closes from the
    /// last one to it.
    pub fn points_dm(&self) -> &[[f64; 2]] {
        self.line.points()
    }

    /// Distance between two points along the line, about 5 m.
    pub fn step_m(&self) -> f64 {
        self.line.step_m()
    }

    /// Length of a lap.
    pub fn length_m(&self) -> f64 {
        self.line.length_m()
    }

    /// The point at a distance from the start line; more or less than a lap is taken round.
    pub fn point_at(&self, distance_m: f64) -> [f64; 2] {
        self.line.point_at(distance_m)
    }

    /// The nearest place on the line. With a hint, a distance that the place must be within 300 m of, the right branch
    /// is found where the track crosses or doubles back on itself.
    pub fn project(&self, x_dm: f64, y_dm: f64, hint_m: Option<f64>) -> Projection {
        match hint_m {
            Some(around_m) => self.line.project_near([x_dm, y_dm], around_m, 300.0),
            None => self.line.project([x_dm, y_dm]),
        }
    }

    /// Metres from `from_m` forward to `to_m`, from minus half a lap to half a lap.
    pub fn ahead_m(&self, from_m: f64, to_m: f64) -> f64 {
        let ahead = self.line.wrap(to_m - from_m);
        if ahead > self.length_m() / 2.0 { ahead - self.length_m() } else { ahead }
    }

    pub(crate) fn line(&self) -> &ClosedLine {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_designed_outline_is_as_drawn() {
        let square = [[0.0, 0.0], [1000.0, 0.0], [1000.0, 1000.0], [0.0, 1000.0]];
        let outline = Outline::designed(&square, &[(1, 100.0), (2, 200.0)]).unwrap();
        assert_eq!((outline.length_m(), outline.origin), (400.0, Origin::Designed));
        let corner = &outline.corners[1];
        assert_eq!((corner.number, corner.x_dm, corner.y_dm, corner.from_m), (2, 1000.0, 1000.0, 150.0));
        assert!(Outline::designed(&square[..2], &[]).is_none());
    }
}

//! Circuit files as MultiViewer serves them: outline, corners and marshal sectors in the timing feed's own grid.

use serde::Deserialize;

use super::corners::{self, Corner};
use super::{Origin, Outline, STEP_M};
use crate::line::ClosedLine;

/// Why a circuit file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CircuitFileError {
    /// Not the JSON of a circuit.
    #[error("not a circuit file")]
    Json(#[from] serde_json::Error),
    /// Its lists of coordinates do not make a line.
    #[error("the circuit file has {n_x} x and {n_y} y coordinates, which make no closed line")]
    NoLine {
        /// Number of x coordinates.
        n_x: usize,
        /// Number of y coordinates.
        n_y: usize,
    },
}

#[derive(Deserialize)]
struct CircuitFile {
    #[serde(default)]
    rotation: f64,
    x: Vec<f64>,
    y: Vec<f64>,
    #[serde(default)]
    corners: Vec<Marker>,
    #[serde(default, rename = "marshalSectors")]
    marshal_sectors: Vec<Marker>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    number: u16,
    #[serde(default)]
    letter: String,
    track_position: TrackPosition,
}

#[derive(Deserialize)]
struct TrackPosition {
    x: f64,
    y: f64,
}

impl Outline {
    /// Reads a circuit file: decimetres in the timing feed's grid, one lap from the start line in driving direction.
    ///
    /// Its pit lane and timing sectors are unknown. Markers are put where the line comes nearest.
    ///
    /// # Errors
    ///
    /// If the bytes are not such a file, or its coordinates make no closed line.
    pub fn from_circuit_json(bytes: &[u8]) -> Result<Outline, CircuitFileError> {
        let file: CircuitFile = serde_json::from_slice(bytes)?;
        let points: Vec<_> = file.x.iter().zip(&file.y).map(|(x, y)| [*x, *y]).collect();
        let no_line = CircuitFileError::NoLine { n_x: file.x.len(), n_y: file.y.len() };
        let line = if file.x.len() == file.y.len() { ClosedLine::through(&points, STEP_M) } else { None };
        let line = line.ok_or(no_line)?;
        let at = |marker: &Marker| line.project([marker.track_position.x, marker.track_position.y]).distance_m;
        let corner = |marker: &Marker| {
            let distance_m = at(marker);
            let [x_dm, y_dm] = line.point_at(distance_m);
            let (number, letter) = (marker.number, marker.letter.clone());
            Corner { number, letter, x_dm, y_dm, distance_m, from_m: distance_m, to_m: distance_m }
        };
        let mut corners: Vec<Corner> = file.corners.iter().map(corner).collect();
        corners.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
        corners::set_extents(&mut corners, line.length_m());
        let mut sectors: Vec<_> = file.marshal_sectors.iter().map(|marker| (marker.number, at(marker))).collect();
        sectors.sort_by_key(|(number, _)| *number);
        Ok(Outline {
            corners,
            pit_lane_dm: Vec::new(),
            rotation_deg: file.rotation,
            marshal_sectors_m: sectors.into_iter().map(|(_, distance_m)| distance_m).collect(),
            sectors_m: Vec::new(),
            origin: Origin::CircuitFile,
            line,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_circuit() {
        let json = br#"{"rotation":90,"x":[0,1000,1000,0],"y":[0,0,1000,1000],"year":2026,
            "corners":[{"number":2,"letter":"","angle":1,"length":2,"trackPosition":{"x":1001,"y":990}},
                       {"number":1,"letter":"A","trackPosition":{"x":990,"y":-3}}],
            "marshalSectors":[{"number":1,"trackPosition":{"x":0,"y":100}}]}"#;
        let outline = Outline::from_circuit_json(json).unwrap();
        assert_eq!((outline.length_m(), outline.rotation_deg), (400.0, 90.0));
        let corners: Vec<_> = outline.corners.iter().map(|c| (c.number, c.letter.as_str(), c.distance_m)).collect();
        assert_eq!(corners, [(1, "A", 99.0), (2, "", 199.0)]);
        assert_eq!(outline.marshal_sectors_m, [390.0]);
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |bytes: &[u8]| Outline::from_circuit_json(bytes).unwrap_err().to_string();
        assert_eq!(error(b"{}"), "not a circuit file");
        assert_eq!(
            error(br#"{"x":[1,2,3],"y":[1]}"#),
            "the circuit file has 3 x and 1 y coordinates, which make no closed line"
        );
    }
}

//! Real circuits, from the published centre and racing lines.

use std::path::Path;

use overcut_sim::circuit::{Circuit, TrackPoint};

/// A circuit with the published racing line, and the same with one of our own.
pub(crate) fn read(folder: &Path, name: &str) -> (Circuit, Circuit) {
    let centre = numbers(&folder.join(format!("tracks/{name}.csv")));
    let line = numbers(&folder.join(format!("racelines/{name}.csv")));
    let centre: Vec<TrackPoint> =
        centre.iter().map(|v| TrackPoint { x_m: v[0], y_m: v[1], right_m: v[2], left_m: v[3] }).collect();
    let line: Vec<(f64, f64)> = line.iter().map(|v| (v[0], v[1])).collect();
    let published = Circuit::from_racing_line(name, &centre, &line).unwrap();
    (published, Circuit::from_centre_line(name, &centre).unwrap())
}

fn numbers(path: &Path) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

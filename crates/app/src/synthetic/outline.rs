//! The map of a circuit of our own.

use overcut_sim::circuit::Circuit;
use overcut_track::Outline;

/// Decimetres, the feed's unit of positions, in a metre.
const DM_PER_M: f64 = 10.0;
/// Distance between the points that the outline is drawn through, metres.
const STEP_M: f64 = 2.0;

/// The outline of a circuit: its racing line with corners, sectors, marshals' posts and pit lane. `None` if its line is
/// none, which a circuit that was built never is.
pub fn outline(circuit: &Circuit) -> Option<Outline> {
    let steps = |length_m: f64| {
        let n_steps = (length_m / STEP_M).round().max(1.0) as u32;
        (0..n_steps).map(move |i| f64::from(i) * length_m / f64::from(n_steps))
    };
    let points: Vec<[f64; 2]> = steps(circuit.length_m()).map(|at_m| in_dm(circuit.point_at(at_m, 0.0))).collect();
    let corners: Vec<(u16, f64)> =
        circuit.corners.iter().map(|corner| (u16::from(corner.number), corner.distance_m)).collect();
    let mut outline = Outline::designed(&points, &corners)?;
    outline.sectors_m = circuit.sector_ends_m.to_vec();
    outline.marshal_sectors_m = circuit.marshal_sectors.iter().map(|sector| sector.start_m).collect();
    let lane = &circuit.pit_lane.line;
    outline.pit_lane_dm = steps(lane.length_m()).map(|at_m| in_dm(circuit.lane_point_at(at_m))).collect();
    Some(outline)
}

fn in_dm((x_m, y_m): (f64, f64)) -> [f64; 2] {
    [x_m * DM_PER_M, y_m * DM_PER_M]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_of_our_circuits_is_theirs() {
        for circuit in Circuit::fictional() {
            let outline = outline(circuit).unwrap();
            assert!((outline.length_m() - circuit.length_m()).abs() < 2.0, "{}", circuit.name);
            assert_eq!(outline.corners.len(), circuit.corners.len());
            for corner in &outline.corners {
                let place = outline.project(corner.x_dm, corner.y_dm, None);
                assert!((place.distance_m - corner.distance_m).abs() < 1.0, "{} T{}", circuit.name, corner.number);
            }
            let [x, y] = outline.pit_lane_dm[outline.pit_lane_dm.len() / 2];
            let offset_m = outline.project(x, y, None).offset_m.abs();
            assert!((5.0..60.0).contains(&offset_m), "the pit lane of {} is {offset_m} m off", circuit.name);
        }
    }
}

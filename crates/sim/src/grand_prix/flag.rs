//! The chequered flag, strictly: whoever crosses the line after the winner has finished.

use crate::race::{ClassifiedCar, RaceTrace};

/// The flag falls this long after the first car has crossed the line.
pub(super) const FLAG_S: f64 = 0.002;

/// Ends the race of each car with its first crossing of the line after the last one of the first car.
///
/// The lap-level simulator lets a car on the lead lap drive its last lap even if that begins after the winner has
/// finished, which happens when a lap behind the safety car is shorter than the gap to the leader.
pub(super) fn fall(trace: &mut RaceTrace) {
    // The first on the road, who need not win once penalties are added.
    let ends = trace.cars.iter().filter_map(|car| Some((car.laps.len(), car.laps.last()?.end_s)));
    let first = ends.max_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let Some((_, won_s)) = first else { return };
    let mut is_cut = false;
    // Nobody takes the flag in the same millisecond.
    for last in trace.cars.iter_mut().filter_map(|car| car.laps.last_mut()) {
        if last.end_s > won_s && last.end_s < won_s + FLAG_S {
            last.end_s = won_s + FLAG_S;
        }
    }
    for line in &mut trace.classification {
        let car = &mut trace.cars[usize::from(line.car_idx)];
        let n_laps = car.laps.iter().take_while(|lap| lap.end_s < won_s).count() + 1;
        if car.retirement.is_some() || n_laps >= car.laps.len() {
            continue;
        }
        car.laps.truncate(n_laps);
        let end_s = car.laps.last().map_or(line.time_s, |lap| lap.end_s);
        (line.n_laps, line.time_s) = (n_laps as u16, end_s + f64::from(line.penalty_s));
        is_cut = true;
    }
    if is_cut {
        let is_out = |line: &ClassifiedCar| trace.cars[usize::from(line.car_idx)].retirement.is_some();
        let points: Vec<f32> = trace.classification.iter().map(|line| line.points).collect();
        trace.classification.sort_by(|a, b| {
            let by_laps = is_out(a).cmp(&is_out(b)).then(b.n_laps.cmp(&a.n_laps));
            by_laps.then(a.time_s.total_cmp(&b.time_s))
        });
        for (line, points) in trace.classification.iter_mut().zip(points) {
            line.points = points;
        }
    }
}

//! The flag: who is where, with how many laps, with what points.

use super::{Field, LANES, RUNS, Tables, lane};

/// The result of a run, by car.
#[derive(Debug, Clone)]
pub(in crate::race) struct Finish {
    /// Every car, winner first, those that stopped last.
    pub(in crate::race) order: [u8; LANES],
    /// How many of them saw the flag.
    pub(in crate::race) n_finished: usize,
    pub(in crate::race) n_laps: [u16; LANES],
    /// Time at the flag with penalties, or when it stopped.
    pub(in crate::race) time_s: [f32; LANES],
    pub(in crate::race) points: [f32; LANES],
}

impl Finish {
    pub(in crate::race) fn new(tables: &Tables<'_>, field: &Field) -> Finish {
        let mut order = [0; LANES];
        let mut time_s = field.retired_at_s;
        let mut n_laps = field.retired_on.map(|lap| lap.saturating_sub(1));
        let n_finished = field.n_running;
        order[..n_finished].copy_from_slice(&field.order[..n_finished]);
        for i in field.running() {
            time_s[i] = field.time_s[i] + field.penalty_s[i];
            n_laps[i] = (field.own_lap[i] - 1) as u16;
        }
        super::insertion_sort(&mut order[..n_finished], &field.lag, &time_s);
        let mut n = n_finished;
        for i in 0..tables.n_cars {
            if field.retired_on[i] != RUNS {
                order[n] = i as u8;
                n += 1;
            }
        }
        // Who stopped later is ahead of who stopped earlier: by laps, then by time, then by number.
        order[n_finished..n].sort_unstable_by(|a, b| {
            let (a, b) = (usize::from(*a), usize::from(*b));
            let by_laps = n_laps[b].cmp(&n_laps[a]);
            by_laps.then(time_s[b].total_cmp(&time_s[a])).then(tables.keys[a].cmp(&tables.keys[b]))
        });
        let points = points(tables, field, &order, n_finished);
        Finish { order, n_finished, n_laps, time_s, points }
    }

    /// The winner's laps; those of the car that got furthest if nobody saw the flag.
    pub(in crate::race) fn winner_laps(&self) -> u16 {
        self.n_laps[lane(self.order[0])]
    }

    /// Gap to the winner, laps down counted as the winner's mean lap.
    pub(in crate::race) fn gap_s(&self, i: usize) -> f32 {
        let winner = lane(self.order[0]);
        let down = f32::from(self.n_laps[winner].saturating_sub(self.n_laps[i]));
        let mean_lap_s = self.time_s[winner] / f32::from(self.n_laps[winner].max(1));
        (self.time_s[i] - self.time_s[winner] + down * mean_lap_s).max(0.0)
    }
}

/// Points by place for cars that saw the flag, and for the fastest lap among the first ten.
fn points(tables: &Tables<'_>, field: &Field, order: &[u8; LANES], n_finished: usize) -> [f32; LANES] {
    let rules = &tables.model.rules;
    let mut points = [0.0; LANES];
    for (i, award) in order[..n_finished].iter().zip(&rules.points) {
        points[usize::from(*i)] = *award;
    }
    if rules.fastest_lap_points > 0.0 {
        let everybody = (0..tables.n_cars).min_by(|a, b| field.best_lap_s[*a].total_cmp(&field.best_lap_s[*b]));
        if let Some(fastest) = everybody.filter(|i| field.best_lap_s[*i].is_finite()) {
            let is_among_ten = order[..n_finished.min(10)].iter().any(|i| usize::from(*i) == fastest);
            points[fastest] += if is_among_ten { rules.fastest_lap_points } else { 0.0 };
        }
    }
    points
}

//! How a car goes round on its own: speed and time along a lap.

/// Speed along a lap on even spacing, and the time at each point. Between two points the acceleration is constant, so
/// that speed, distance and time agree exactly at every moment.
///
/// Time on it is *profile time*: what the lap-time simulation needs. A lap of a race stretches it (see `stretch`).
#[derive(Debug, Clone)]
pub(super) struct Pace {
    step_m: f64,
    /// Speed at each point, the first repeated at the end.
    speed_mps: Vec<f64>,
    /// Profile time at each point, from 0 to the lap time.
    time_s: Vec<f64>,
}

/// A car on a pace at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PacePoint {
    pub(super) distance_m: f64,
    pub(super) speed_mps: f64,
    pub(super) acceleration_mps2: f64,
}

impl Pace {
    /// From speeds at points `step_m` apart on a closed lap, all above zero.
    pub(super) fn new(step_m: f64, speeds_mps: &[f64]) -> Pace {
        let mut speed_mps = speeds_mps.to_vec();
        speed_mps.extend(speeds_mps.first());
        let mut time_s = Vec::with_capacity(speed_mps.len());
        let mut now_s = 0.0;
        time_s.push(now_s);
        for pair in speed_mps.windows(2) {
            now_s += 2.0 * step_m / (pair[0] + pair[1]);
            time_s.push(now_s);
        }
        Pace { step_m, speed_mps, time_s }
    }

    /// Length of the lap.
    pub(super) fn length_m(&self) -> f64 {
        self.step_m * (self.speed_mps.len() - 1) as f64
    }

    /// Profile time of the whole lap.
    pub(super) fn lap_s(&self) -> f64 {
        self.time_s[self.time_s.len() - 1]
    }

    fn n_cells(&self) -> usize {
        self.speed_mps.len() - 1
    }

    /// Acceleration within a cell.
    fn acceleration(&self, cell: usize) -> f64 {
        let (a, b) = (self.speed_mps[cell], self.speed_mps[cell + 1]);
        (b * b - a * a) / (2.0 * self.step_m)
    }

    /// The car at a profile time within the lap.
    pub(super) fn at_time(&self, time_s: f64) -> PacePoint {
        let cell = self.time_s.partition_point(|t| *t <= time_s).saturating_sub(1).min(self.n_cells() - 1);
        let dt = (time_s - self.time_s[cell]).max(0.0);
        let (v, a) = (self.speed_mps[cell], self.acceleration(cell));
        PacePoint {
            distance_m: cell as f64 * self.step_m + (v + 0.5 * a * dt) * dt,
            speed_mps: v + a * dt,
            acceleration_mps2: a,
        }
    }

    /// Speed at a distance within the lap.
    pub(super) fn speed_at(&self, distance_m: f64) -> f64 {
        let (cell, rest_m) = self.cell_of(distance_m);
        let v = self.speed_mps[cell];
        (v * v + 2.0 * self.acceleration(cell) * rest_m).max(0.0).sqrt()
    }

    /// Profile time at a distance within the lap.
    pub(super) fn time_at(&self, distance_m: f64) -> f64 {
        let (cell, rest_m) = self.cell_of(distance_m);
        self.time_s[cell] + 2.0 * rest_m / (self.speed_mps[cell] + self.speed_at(distance_m))
    }

    fn cell_of(&self, distance_m: f64) -> (usize, f64) {
        let cell = ((distance_m / self.step_m).max(0.0) as usize).min(self.n_cells() - 1);
        (cell, distance_m - cell as f64 * self.step_m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_distance_read_back() {
        let speeds: Vec<f64> = (0..400).map(|idx| 50.0 + 30.0 * (f64::from(idx) * 0.05).sin()).collect();
        let pace = Pace::new(2.5, &speeds);
        assert!((pace.length_m() - 1000.0).abs() < 1e-9);
        for idx in 0..=1000 {
            let distance_m = f64::from(idx);
            let point = pace.at_time(pace.time_at(distance_m));
            assert!((point.distance_m - distance_m).abs() < 1e-6, "{point:?} for {distance_m}");
            assert!((point.speed_mps - pace.speed_at(distance_m)).abs() < 1e-6, "{point:?}");
        }
    }
}

//! A driven stretch: every channel at every point of the line.

/// A car at a point of its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Along the line the profile is on, metres.
    pub distance_m: f64,
    /// Since the start of the profile, seconds.
    pub time_s: f64,
    /// Metres a second.
    pub speed_ms: f64,
    /// Acceleration along the car until the next point, m/s².
    pub long_ms2: f64,
    /// Acceleration across it, positive to the left, m/s².
    pub lat_ms2: f64,
    /// Pedal, 0 to 1.
    pub throttle: f64,
    /// Pedal pressure, 0 to 1.
    pub brake: f64,
    /// From one.
    pub gear: u8,
    /// Engine speed, 1/min.
    pub rpm: f64,
    /// True with open wings (DRS, or the straight-line mode of 2026).
    pub is_wing_open: bool,
    /// Power of the motor, W; negative while it charges the store.
    pub motor_w: f64,
    /// In the store, J.
    pub store_j: f64,
    /// Angle of the front wheels, radians, positive to the left. Times the steering ratio it is that of the hand wheel.
    pub steer_rad: f64,
    /// Slip angle of the front axle, radians, of the sign of the corner.
    pub slip_front_rad: f64,
    /// Slip angle of the rear axle, radians.
    pub slip_rear_rad: f64,
    /// Slip ratio of the rear wheels: positive driving, negative braking.
    pub slip_ratio: f64,
    /// Share of the friction ellipse in use, 0 to 1.
    pub grip_use: f64,
}

/// A driven stretch on even spacing. A flying lap begins at the line and ends there, with the same sample but for
/// distance and time at both ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    step_m: f64,
    samples: Vec<Sample>,
}

impl Profile {
    /// From samples `step_m` apart; at least one.
    pub(super) fn new(step_m: f64, samples: Vec<Sample>) -> Self {
        Profile { step_m, samples }
    }

    /// Metres from sample to sample.
    pub fn step_m(&self) -> f64 {
        self.step_m
    }

    /// The samples in order of driving.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Where it begins: for a standing start below zero.
    pub fn start_m(&self) -> f64 {
        self.samples[0].distance_m
    }

    /// Where it ends.
    pub fn end_m(&self) -> f64 {
        self.samples[self.samples.len() - 1].distance_m
    }

    /// How long it takes, seconds.
    pub fn time_s(&self) -> f64 {
        self.samples[self.samples.len() - 1].time_s
    }

    /// The car at a distance, which is held at the ends. Within a piece the acceleration is constant, so the square of
    /// the speed is linear in distance; gear and wings are those of the point before.
    pub fn at_distance(&self, distance_m: f64) -> Sample {
        let at = ((distance_m - self.start_m()) / self.step_m).max(0.0);
        let idx = (at as usize).min(self.samples.len() - 1);
        let Some(next) = self.samples.get(idx + 1) else { return self.samples[idx] };
        let (from, t) = (&self.samples[idx], at - idx as f64);
        let length_m = t * self.step_m;
        let (w0, w1) = (from.speed_ms * from.speed_ms, next.speed_ms * next.speed_ms);
        let speed_ms = (w0 + t * (w1 - w0)).max(0.0).sqrt();
        let mean_ms = (from.speed_ms + speed_ms) / 2.0;
        let time_s = if mean_ms > 0.0 { from.time_s + length_m / mean_ms } else { from.time_s };
        Sample { distance_m: from.distance_m + length_m, time_s, speed_ms, ..between(from, next, t) }
    }

    /// How far the car has come after a time, which is held at the ends.
    pub fn distance_at_time(&self, time_s: f64) -> f64 {
        let after = self.samples.partition_point(|s| s.time_s <= time_s);
        let Some(idx) = after.checked_sub(1) else { return self.start_m() };
        let Some(next) = self.samples.get(idx + 1) else { return self.end_m() };
        let (from, dt) = (&self.samples[idx], time_s - self.samples[idx].time_s);
        let acceleration = (next.speed_ms - from.speed_ms) / (next.time_s - from.time_s);
        from.distance_m + (from.speed_ms * dt + 0.5 * acceleration * dt * dt).clamp(0.0, self.step_m)
    }

    /// The car after a time.
    pub fn at_time(&self, time_s: f64) -> Sample {
        self.at_distance(self.distance_at_time(time_s))
    }

    /// The time at which the car is at a distance, seconds since the start of the profile.
    pub fn time_at_distance(&self, distance_m: f64) -> f64 {
        self.at_distance(distance_m).time_s
    }

    /// The same way driven slower (`factor` above one) all along: times by the factor, speeds by one over it.
    pub fn stretched(&self, factor: f64) -> Profile {
        let slower = |s: &Sample| Sample {
            time_s: s.time_s * factor,
            speed_ms: s.speed_ms / factor,
            long_ms2: s.long_ms2 / (factor * factor),
            lat_ms2: s.lat_ms2 / (factor * factor),
            rpm: s.rpm / factor,
            ..*s
        };
        Profile { step_m: self.step_m, samples: self.samples.iter().map(slower).collect() }
    }

    /// The part up to a sample, that one included.
    pub(super) fn cut_after(mut self, last: usize) -> Profile {
        self.samples.truncate(last + 1);
        self
    }
}

/// Channels that change smoothly, between two samples; the others are those of the first.
fn between(a: &Sample, b: &Sample, t: f64) -> Sample {
    let mix = |from: f64, to: f64| from + t * (to - from);
    Sample {
        long_ms2: mix(a.long_ms2, b.long_ms2),
        lat_ms2: mix(a.lat_ms2, b.lat_ms2),
        throttle: mix(a.throttle, b.throttle),
        brake: mix(a.brake, b.brake),
        rpm: if a.gear == b.gear { mix(a.rpm, b.rpm) } else { a.rpm },
        motor_w: mix(a.motor_w, b.motor_w),
        store_j: mix(a.store_j, b.store_j),
        steer_rad: mix(a.steer_rad, b.steer_rad),
        slip_front_rad: mix(a.slip_front_rad, b.slip_front_rad),
        slip_rear_rad: mix(a.slip_rear_rad, b.slip_rear_rad),
        slip_ratio: mix(a.slip_ratio, b.slip_ratio),
        grip_use: mix(a.grip_use, b.grip_use),
        ..*a
    }
}

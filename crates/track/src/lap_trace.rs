//! One lap's channels on distance.

use overcut_domain::{DriverNumber, Drs, LapTime, SessionTime};

use crate::hygiene;
use crate::line::Projection;
use crate::motion::{self, Motion};
use crate::outline::{Outline, Span};
use crate::packed::{Packed, PackedCar};
use crate::telemetry::Telemetry;

/// Metres between two elements of a trace, about: a car at 300 km/h is sampled every 20 m, in a hairpin every 4 m.
const STEP_M: f64 = 5.0;

/// Laps with fewer samples make no trace.
const MIN_SAMPLES: usize = 20;

/// What a lap is laid along.
#[derive(Debug, Clone, Copy)]
pub enum Course<'a> {
    /// The outline: distances are led by the car's fixes, and the trace has positions.
    Outline(&'a Outline),
    /// Nothing but a length in metres, for sessions without positions: distances are those of the speed channel.
    Length(f64),
}

/// One lap's channels on distance. Element `i` of every channel is at `i * step_m` metres from the start line; the last
/// one is at its end. A channel without a single value in the lap is empty.
///
/// Feeds sample cars about four times a second: between samples speed, rpm and throttle run straight over time, and
/// gear, brake and DRS hold.
#[derive(Debug, Clone, PartialEq)]
pub struct LapTrace {
    /// Which car.
    pub driver: DriverNumber,
    /// When the lap began: where the car's fixes show it cross the line, or as given.
    pub started_at: SessionTime,
    /// Metres between two elements.
    pub step_m: f64,
    /// Seconds since the start of the lap: exactly 0 first, exactly the lap time last.
    pub elapsed_s: Vec<f64>,
    /// Speed, km/h.
    pub speed_kmh: Vec<f32>,
    /// Throttle, 0–100 %.
    pub throttle_percent: Vec<f32>,
    /// Brake, 0–100 %.
    pub brake_percent: Vec<f32>,
    /// Gear.
    pub gear: Vec<i8>,
    /// Engine speed, 1/min.
    pub rpm: Vec<f32>,
    /// Rear wing; `None` if the season has no such channel.
    pub drs: Option<Vec<Drs>>,
    /// East, decimetres; empty without an outline or positions, as the two below.
    pub x_dm: Vec<f32>,
    /// North, decimetres.
    pub y_dm: Vec<f32>,
    /// Height, decimetres.
    pub z_dm: Vec<f32>,
    /// Mean time between two samples of the lap, milliseconds. What happens faster is not seen.
    pub sample_interval_ms: f32,
    /// The longest time without a sample, milliseconds.
    pub longest_gap_ms: f32,
}

/// Why a lap has no trace.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum TraceError {
    /// Too little car data in the lap.
    #[error("car {driver} has {n_samples} car samples in the lap, fewer than the {MIN_SAMPLES} that make a trace")]
    TooFewSamples {
        /// The car.
        driver: DriverNumber,
        /// Its samples in the lap.
        n_samples: usize,
    },
    /// The car stood still all the time.
    #[error("car {driver} did not move")]
    Stationary {
        /// The car.
        driver: DriverNumber,
    },
    /// The lap ends before it begins, or takes more than ten hours.
    #[error("a lap of {millis} ms cannot be traced")]
    BadDuration {
        /// Its duration.
        millis: i64,
    },
    /// No track is this long.
    #[error("a track of {length_m} m cannot be traced")]
    BadLength {
        /// The length given.
        length_m: f64,
    },
}

impl LapTrace {
    /// Lays a lap along its course. `time` is the lap time as measured; without it the lap takes from `lap.start` to
    /// `lap.end`.
    ///
    /// The distance at a moment is the integral of the speed, on an [`Outline`] led by the fixes of the two and a half
    /// seconds around it, and scaled so that the lap is as long as the course. All traces on one course have the same
    /// grid and can be compared.
    ///
    /// # Errors
    ///
    /// If the car has too few samples in the lap or did not move, or if the lap or the course has no usable size.
    pub fn of(
        telemetry: &Telemetry,
        lap: Span,
        time: Option<LapTime>,
        course: Course<'_>,
    ) -> Result<LapTrace, TraceError> {
        let millis = time.map_or(lap.end.millis_since(lap.start), |time| time.as_millis().into());
        if !(1..36_000_000).contains(&millis) || !(0..72_000_000).contains(&lap.end.millis_since(lap.start)) {
            return Err(TraceError::BadDuration { millis });
        }
        let (outline, length_m) = match course {
            Course::Outline(outline) => (Some(outline), outline.length_m()),
            Course::Length(length_m) => (None, length_m),
        };
        if !(50.0..100_000.0).contains(&length_m) {
            return Err(TraceError::BadLength { length_m });
        }
        let driver = lap.driver;
        let columns = telemetry.car(driver);
        let channels = columns.map_or(&[][..], |car| car.channels.between(motion::window(lap)));
        let n_samples = columns.map_or(0, |car| car.channels.between(lap.start..lap.end).len());
        if n_samples < MIN_SAMPLES {
            return Err(TraceError::TooFewSamples { driver, n_samples });
        }
        let motion = Motion::of(telemetry, channels, lap, millis as f64, outline, length_m);
        let motion = motion.ok_or(TraceError::Stationary { driver })?;
        let n_steps = (length_m / STEP_M).round().max(1.0);
        let step_m = length_m / n_steps;
        let distances_m: Vec<f64> = (0..=n_steps as usize).map(|i| i as f64 * step_m).collect();
        let times_ms: Vec<f64> = times(&motion, &distances_m);
        let mut trace = LapTrace {
            driver,
            started_at: SessionTime::from_millis(motion.start_ms.round() as i64),
            step_m,
            elapsed_s: times_ms.iter().map(|t| (t - motion.start_ms) / 1000.0).collect(),
            speed_kmh: straight(&known(channels, |_, idx| hygiene::speed_kmh(channels, idx)), &times_ms),
            throttle_percent: straight(&known(channels, |s, _| s.throttle_percent.map(f64::from)), &times_ms),
            brake_percent: held(&known(channels, |s, _| s.brake_percent.map(f32::from)), &times_ms),
            gear: held(&known(channels, |s, _| s.gear), &times_ms),
            rpm: straight(&known(channels, |s, _| s.rpm.map(f64::from)), &times_ms),
            drs: Some(held(&known(channels, |s, _| s.drs), &times_ms)).filter(|drs| !drs.is_empty()),
            x_dm: Vec::new(),
            y_dm: Vec::new(),
            z_dm: Vec::new(),
            sample_interval_ms: 0.0,
            longest_gap_ms: 0.0,
        };
        if let Some(outline) = outline {
            trace.set_positions(&motion, outline, &distances_m);
        }
        if let Some(interval) = telemetry.sample_interval(driver, lap.start..lap.end) {
            trace.sample_interval_ms = interval.mean_ms;
            trace.longest_gap_ms = interval.max_ms as f32;
        }
        Ok(trace)
    }

    /// Length of the lap, metres.
    pub fn length_m(&self) -> f64 {
        self.step_m * self.elapsed_s.len().saturating_sub(1) as f64
    }

    /// The lap time, seconds.
    pub fn lap_time_s(&self) -> f64 {
        self.elapsed_s.last().copied().unwrap_or(0.0)
    }

    /// Seconds since the start of the lap at a distance, straight between elements.
    pub fn elapsed_at(&self, distance_m: f64) -> f64 {
        let at = (distance_m / self.step_m).clamp(0.0, self.elapsed_s.len().saturating_sub(1) as f64);
        let idx = at as usize;
        let here = self.elapsed_s.get(idx).copied().unwrap_or(0.0);
        let next = self.elapsed_s.get(idx + 1).copied().unwrap_or(here);
        here + (next - here) * (at - idx as f64)
    }

    /// Puts the car beside the line as its fixes do, the offset running straight from fix to fix.
    fn set_positions(&mut self, motion: &Motion, outline: &Outline, distances_m: &[f64]) {
        let offsets: Vec<_> = motion.fixes.iter().map(|fix| (fix.along_m, fix.offset_m)).collect();
        let heights: Vec<_> = motion.fixes.iter().map(|fix| (fix.along_m, fix.z_dm)).collect();
        self.z_dm = straight(&heights, distances_m);
        for (distance_m, offset_m) in distances_m.iter().zip(straight(&offsets, distances_m)) {
            let place = Projection { distance_m: *distance_m, offset_m: offset_m.into() };
            let [x, y] = outline.line().place(place);
            self.x_dm.push(x as f32);
            self.y_dm.push(y as f32);
        }
    }
}

/// When the car was at each distance, the ends exactly.
fn times(motion: &Motion, distances_m: &[f64]) -> Vec<f64> {
    let inside = |m: &f64| motion.time_at(*m).clamp(motion.start_ms, motion.end_ms);
    let mut times: Vec<f64> = distances_m.iter().map(inside).collect();
    if let Some(first) = times.first_mut() {
        *first = motion.start_ms;
    }
    if let Some(last) = times.last_mut() {
        *last = motion.end_ms;
    }
    times
}

/// The samples that have a value, with their times in milliseconds.
fn known<V>(channels: &[PackedCar], value: impl Fn(&overcut_domain::CarSample, usize) -> Option<V>) -> Vec<(f64, V)> {
    let of_sample = |(idx, packed): (usize, &PackedCar)| {
        Some((f64::from(packed.time_ms()), value(&packed.unpack(DriverNumber(0)), idx)?))
    };
    channels.iter().enumerate().filter_map(of_sample).collect()
}

/// Values at rising places, straight between the known ones and held outside. Empty if none is known.
fn straight(known: &[(f64, f64)], places: &[f64]) -> Vec<f32> {
    let mut next = 0;
    let at = |place: &f64| {
        while known.get(next).is_some_and(|(at, _)| at <= place) {
            next += 1;
        }
        let before = next.checked_sub(1).and_then(|i| known.get(i));
        let (a, b) = (before.or(known.get(next))?, known.get(next).or(before)?);
        let share = if b.0 > a.0 { (place - a.0) / (b.0 - a.0) } else { 0.0 };
        Some((a.1 + (b.1 - a.1) * share) as f32)
    };
    places.iter().map_while(at).collect()
}

/// Values at rising times, each held until the next one; the first one also before. Empty if none is known.
fn held<V: Copy>(known: &[(f64, V)], times_ms: &[f64]) -> Vec<V> {
    let mut next = 0;
    let at = |time: &f64| {
        while known.get(next).is_some_and(|(at, _)| at <= time) {
            next += 1;
        }
        known.get(next.saturating_sub(1)).map(|(_, value)| *value)
    };
    times_ms.iter().map_while(at).collect()
}

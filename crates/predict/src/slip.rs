//! Locked wheels from wheel speeds: for games and loggers that have them.
//!
//! With a speed of each wheel there is nothing to suspect: under braking, a wheel that turns much slower than the car
//! moves is locked or about to be. Tyres brake hardest at a slip of some 10 %; beyond 25 % they only slide.

use overcut_domain::{Alert, AlertKind, DriverNumber, Evidence, LapNumber, SessionTime};

/// What is looked at of one moment of one car.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WheelSample {
    /// When.
    pub time: SessionTime,
    /// Which car.
    pub driver: DriverNumber,
    /// On which lap.
    pub lap: LapNumber,
    /// Over ground, m/s; where that is not known, the fastest wheel is taken for it.
    pub speed_mps: Option<f32>,
    /// Pedal, 0–1.
    pub brake: f32,
    /// Of the treads: front left, front right, rear left, rear right, m/s.
    pub wheel_speed_mps: [f32; 4],
}

/// Slower cars manoeuvre, m/s.
const MIN_SPEED_MPS: f32 = 8.0;
/// Slip from which a wheel counts as locked.
const LOCKED_SLIP: f32 = -0.25;
/// Slip at which it turns again.
const FREE_SLIP: f32 = -0.15;
/// Wheels lock together, and again and again: what is closer than this is one episode, in milliseconds.
const JOIN_MS: i64 = 500;
const WHEELS: [&str; 4] = ["front left", "front right", "rear left", "rear right"];

/// Finds locked wheels of one car in its full channels, at 60 Hz and faster.
#[derive(Debug, Clone, Default)]
pub struct LockUpWatch {
    /// Since when each wheel has been locked.
    since: [Option<SessionTime>; 4],
    locked_at: Option<SessionTime>,
}

impl LockUpWatch {
    /// Looks at the next sample. An alert is raised with the second sample in a row in which a wheel is locked.
    pub fn observe(&mut self, sample: &WheelSample) -> Option<Alert> {
        let fastest = sample.wheel_speed_mps.iter().copied().fold(0.0, f32::max);
        let speed = sample.speed_mps.unwrap_or(fastest);
        if speed < MIN_SPEED_MPS || sample.brake < 0.05 {
            self.since = [None; 4];
            return None;
        }
        let mut found = None;
        for (wheel, (wheel_speed, since)) in sample.wheel_speed_mps.iter().zip(&mut self.since).enumerate() {
            let slip = wheel_speed / speed - 1.0;
            match *since {
                None if slip < LOCKED_SLIP => *since = Some(sample.time),
                Some(_) if slip > FREE_SLIP => *since = None,
                Some(from) => found = found.or(Some((wheel, from, slip))),
                None => {}
            }
        }
        let (wheel, from, slip) = found?;
        let is_new = self.locked_at.is_none_or(|at| sample.time.millis_since(at) > JOIN_MS);
        self.locked_at = Some(sample.time);
        is_new.then(|| alert(sample, wheel, from, (slip, speed)))
    }
}

fn alert(sample: &WheelSample, wheel: usize, from: SessionTime, (slip, speed): (f32, f32)) -> Alert {
    let name = WHEELS.get(wheel).copied().unwrap_or("a");
    Alert {
        kind: AlertKind::LockUp,
        driver: sample.driver,
        lap: Some(sample.lap),
        raised_at: sample.time,
        settled_at: sample.time,
        waited_ms: 0,
        started_at: from,
        peak_at: sample.time,
        ended_at: None,
        distance_m: None,
        evidence: vec![Evidence {
            what: format!("slip of the {name} wheel"),
            value: slip * 100.0,
            reference: LOCKED_SLIP * 100.0,
            unit: "%".to_owned(),
        }],
        confidence: 0.95,
        text: format!("{name} wheel locked at {:.0} km/h", speed * 3.6),
    }
}

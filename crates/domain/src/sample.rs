//! Samples of car telemetry and position, small enough to keep every one of a session.

use serde::{Deserialize, Serialize};

use crate::{DriverNumber, SessionTime};

/// The state of the rear-wing aid, to 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drs {
    /// Closed.
    Off,
    /// Closed, but allowed in the next zone.
    Eligible,
    /// Open.
    Open,
}

impl Drs {
    /// From channel 45: 0 and 1 closed, 8 eligible, 10, 12 and 14 open; everything else is not known.
    pub const fn from_code(code: u8) -> Option<Drs> {
        match code {
            0 | 1 => Some(Drs::Off),
            8 => Some(Drs::Eligible),
            10 | 12 | 14 => Some(Drs::Open),
            _ => None,
        }
    }
}

/// One reading of a car's channels. A channel that the feed lacks, or that held garbage, is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarSample {
    /// When the car was sampled (not when it arrived).
    pub time: SessionTime,
    /// Which car.
    pub driver: DriverNumber,
    /// Engine speed, 1/min.
    pub rpm: Option<u16>,
    /// Speed, km/h.
    pub speed_kmh: Option<u16>,
    /// Gear: 0 is neutral, −1 reverse.
    pub gear: Option<i8>,
    /// Throttle, 0–100 %.
    pub throttle_percent: Option<u8>,
    /// Brake, 0–100 %; real feeds know only 0 and 100.
    pub brake_percent: Option<u8>,
    /// Rear wing; there is no such channel from 2026 on.
    pub drs: Option<Drs>,
}

/// One position fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PositionSample {
    /// When the position was taken (not when it arrived).
    pub time: SessionTime,
    /// Which car.
    pub driver: DriverNumber,
    /// East on the circuit's own grid, in decimetres.
    pub x_dm: i32,
    /// North on the circuit's own grid, in decimetres.
    pub y_dm: i32,
    /// Height, in decimetres.
    pub z_dm: i32,
    /// False when the feed says that the car is off the track.
    pub on_track: bool,
}

//! What Overcut concludes from events. Insights travel the same road as everything else and bear the same stamp.

use serde::{Deserialize, Serialize};

use crate::{DriverNumber, LapNumber, SessionTime};

/// A conclusion. Forecasts and advice will join alerts here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Insight {
    /// Something on a car is not as it should be.
    Alert(Alert),
}

/// What kind of anomaly an alert reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Engine speed above what this car reaches in normal driving.
    EngineOverRev,
    /// DRS open where or when it may not be.
    DrsOpenOutOfZone,
    /// DRS still open under braking.
    DrsOpenUnderBraking,
    /// A wheel probably locked under braking.
    LockUp,
    /// A channel holds one value while the car plainly moves.
    SensorStuck,
    /// Samples stop coming or hold no valid values while the car is on track.
    SensorDropOut,
    /// The car loses power although the throttle is open.
    PowerLoss,
    /// The car is slower from lap to lap, as on a tyre that loses air.
    SlowPuncture,
    /// The car is suddenly slower and stays so, as on tyres that have fallen off.
    TyreCliff,
}

/// A measured figure that speaks for an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was measured, such as `peak engine speed`.
    pub what: String,
    /// The figure.
    pub value: f32,
    /// What it was held against: the threshold or the expected figure.
    pub reference: f32,
    /// The unit of both, such as `1/min`.
    pub unit: String,
}

/// One episode of an anomaly on one car: raised once, as soon as it is certain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is.
    pub kind: AlertKind,
    /// Which car.
    pub driver: DriverNumber,
    /// The car's lap when it began, if known.
    pub lap: Option<LapNumber>,
    /// When it was concluded. Nothing it says depends on anything later.
    pub raised_at: SessionTime,
    /// The time of the sample, in the sample's own time, that made it certain: what lies between this and `raised_at` is
    /// how late the feed delivered it, and how long it waited for samples still on their way.
    pub settled_at: SessionTime,
    /// The part of that for which it waited after it had been delivered, in milliseconds.
    pub waited_ms: u32,
    /// When the episode began.
    pub started_at: SessionTime,
    /// When it was worst.
    pub peak_at: SessionTime,
    /// When it ended; `None` if it still ran when the alert was raised.
    pub ended_at: Option<SessionTime>,
    /// Where it was worst, metres from the start line, if the track is known.
    pub distance_m: Option<f32>,
    /// The figures that speak for it.
    pub evidence: Vec<Evidence>,
    /// How sure we are, 0–1.
    pub confidence: f32,
    /// One line for people, without the driver's name.
    pub text: String,
}

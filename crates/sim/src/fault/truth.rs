//! What really happened, for those who judge detectors.

use overcut_domain::{DriverNumber, SessionTime};
use serde::{Deserialize, Serialize};

use super::FaultKind;

/// A fault as it came to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaultTruth {
    /// What went wrong.
    pub kind: FaultKind,
    /// On which car.
    pub driver: DriverNumber,
    /// The car's own lap on which it began.
    pub lap: u16,
    /// Time of the first sample that shows it; of a drop-out, of the first that is missing.
    pub start: SessionTime,
    /// Time of the last sample that shows it.
    pub end: SessionTime,
    /// How bad it was planned, 0–1.
    pub severity: f32,
    /// Samples that show it, or are missing, while the car raced.
    pub n_samples: u32,
}

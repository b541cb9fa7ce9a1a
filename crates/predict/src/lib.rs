//! What we conclude from events and folded state: today the anomaly engine.
//!
//! [`Detectors`] puts every car's samples in order of their own time and shows them to one detector after the other;
//! what is normal is learnt from the session itself. It reads no clock, knows no future and keeps constant memory per
//! car. `docs/alerts.md` says what each detector means and how often it fires on real recordings.

mod car;
mod config;
mod detect;
mod detectors;
pub mod estimate;
mod histogram;
mod score;
mod setting;
mod slip;

pub use config::{Config, DrsConfig, LockUpConfig, OverRevConfig, PaceConfig, PowerLossConfig, SensorConfig};
pub use detectors::Detectors;
pub use score::{AnomalyReport, AnomalyRow, AnomalyScore, Confusion, alert_kinds};
pub use slip::{LockUpWatch, WheelSample};

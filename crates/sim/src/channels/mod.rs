//! Full-channel telemetry at 60 to 200 Hz: what a game, or a team's own logger, would show of a car.
//!
//! A [`Recorder`] follows one car. It is given the car's [`Input`] at one moment after another (from the synthetic Grand
//! Prix or from a lap-time profile) and returns a [`FullSample`] each time. Loads and slips follow from the motion at
//! that moment; temperatures, wear, fuel and the energy store are carried along. Faults of the car ([`FaultTruth`]
//! windows) show in the channels they would show in. The models are first-order and say so; `docs/synthetic.md` has
//! their sources and limits.
//!
//! [`FaultTruth`]: crate::fault::FaultTruth

mod heat;
mod loads;
mod recorder;
mod sample;
mod trouble;

pub use recorder::Recorder;
pub use sample::{FullSample, Input, Wheels};

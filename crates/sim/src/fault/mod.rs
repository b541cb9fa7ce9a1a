//! Faults put into a synthetic session, and the truth about them.
//!
//! A [`FaultPlan`] says, from a seed, which car gets which [`Fault`] on which lap. What a fault does to the motion of the
//! car (power loss, slow puncture, tyre cliff) is handed out as [`LapLoss`]es: the race engine adds their seconds to lap
//! times, the motion spreads them over the lap, so that lap times, positions and channels agree. What it does to the
//! channels is done by the [`Injector`], sample by sample, and what was done to them is the [`FaultTruth`].

mod dice;
mod inject;
mod kind;
mod loss;
mod places;
mod plan;
mod truth;

pub use inject::{Injector, Moment};
pub use kind::{Fault, FaultKind, FrozenChannel};
pub use loss::LapLoss;
pub use places::{Places, Stretch};
pub use plan::{FaultPlan, FaultRates, Stage};
pub use truth::FaultTruth;

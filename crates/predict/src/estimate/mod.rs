//! Where cars are, from the timing screen alone.
//!
//! Without an account the feed has no positions, but it tells within half a second when a car ends a mini-sector, of
//! which a lap has some twenty. Where they end is learnt from the session's own clean laps as shares of a lap's time
//! ([`marks`](self)), and a [`Profile`] of the circuit turns shares of time into metres. Between two marks a car moves at
//! its own recent pace, ever slower if it is overdue, and never reaches a mark before it is reported there; what is shown
//! never moves back.
//!
//! [`Estimator`] is pure and knows nothing but the past. It does not speak for a car whose fixes come.

mod car;
mod estimator;
mod lane;
mod map;
mod marks;
mod profile;
mod score;

pub use estimator::{EstimateConfig, Estimator};
pub use map::Map;
pub use profile::Profile;
pub use score::{
    Phase, PhaseScore, PositionReport, PositionScore, PositionScorer, ProfileKind, Spread, score_positions,
};

//! Car traces on session time and on distance; circuit geometry; the 50 Hz resampler.
//!
//! [`Telemetry`] keeps every sample of a session, a column per car in order of the samples' own time, and makes smooth
//! [`Frame`]s of them that never know more than they are allowed to.

mod column;
mod driven;
mod frame;
mod hygiene;
mod packed;
mod position;
mod telemetry;

pub use frame::{Frame, Quality};
pub use position::Place;
pub use telemetry::{Inserted, SampleInterval, Telemetry, is_race_car};

//! Car traces on session time and on distance; circuit geometry; the 50 Hz resampler.
//!
//! [`Telemetry`] keeps every sample of a session, a column per car in order of the samples' own time, and makes smooth
//! [`Frame`]s of them that never know more than they are allowed to. An [`Outline`] is the circuit as driven: a line
//! with distances, corners, pit lane and sectors, derived from the session's own laps or read from a circuit file.

mod column;
mod driven;
mod frame;
mod hygiene;
mod line;
mod outline;
mod packed;
mod position;
mod telemetry;

pub use frame::{Frame, Quality};
pub use line::Projection;
pub use outline::{CircuitFileError, Corner, Origin, Outline, OutlineError, Span};
pub use position::Place;
pub use telemetry::{Inserted, SampleInterval, Telemetry, is_race_car};

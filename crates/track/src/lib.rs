//! Car traces on session time and on distance; circuit geometry; the 50 Hz resampler.
//!
//! [`Telemetry`] keeps every sample of a session, a column per car in order of the samples' own time, and makes smooth
//! [`Frame`]s of them that never know more than they are allowed to. An [`Outline`] is the circuit as driven: a line
//! with distances, corners, pit lane and sectors, derived from the session's own laps or read from a circuit file.
//! A [`LapTrace`] is one lap on that distance, and [`compare`] says where one lap loses time to another.

mod column;
mod compare;
mod driven;
mod frame;
mod hygiene;
mod lap_trace;
mod line;
mod motion;
mod outline;
mod packed;
mod position;
mod smooth;
mod telemetry;

pub use compare::{CompareError, Comparison, Section, compare};
pub use frame::{Frame, Quality};
pub use lap_trace::{Course, LapTrace, TraceError};
pub use line::Projection;
pub use outline::{CircuitFileError, Corner, Origin, Outline, OutlineError, Span};
pub use position::Place;
pub use telemetry::{Inserted, SampleInterval, Telemetry, is_race_car};

//! The ordered log of all that a client may see, and the cursors that read it.
//!
//! [`Log`] is a keyed log: each [`Entry`] replaces the one before of the same [`Key`], and any moment can be looked up
//! at the cost of a few hundred entries. [`Timeline`] adds the marks of the scrubber and the cars' telemetry. A client
//! is a [`Cursor`] on it; what "follow" means is the session's [`House`] clock.
//!
//! Nothing here reads a clock or does I/O: monotonic time comes in as a number.

mod item;
mod log;
mod marks;
mod project;
mod timeline;

mod cursor;
mod house;
mod live_clock;

pub use cursor::{Cursor, Delay, OutOfRange, Speed};
pub use house::{House, Limits};
pub use item::{Entry, Item, Key};
pub use live_clock::LiveClock;
pub use log::{Log, coalesced};
pub use marks::{Mark, MarkKind};
pub use timeline::{FRAME_STEP_MS, LOOK_AHEAD_MS, Timeline};

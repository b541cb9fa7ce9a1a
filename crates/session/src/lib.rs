//! The fold of events into session state: board, laps, stints, pit stops.
//!
//! [`Session::apply`] takes one [`Event`](overcut_domain::Event) after another and names every [`Part`] of the state
//! that it changed; getters lend the state. The fold is pure: it never reads a clock, draws a random number or does
//! I/O, and what it says at one moment depends on nothing that came later. Values that a feed did not send stay
//! unknown.
//!
//! Events come in order of arrival, but a lap ends when the car crosses the line, not when the message about it
//! arrives: see `crossing` for how the two are told apart.

mod align;
mod bests;
mod board;
mod car;
mod changes;
mod crossing;
mod describe;
mod fallback;
mod garage;
mod laps;
mod origin;
mod part;
mod penalties;
mod phases;
mod pits;
mod race_control;
mod ranks;
mod render;
mod rulings;
mod session;
mod status;
mod timing;
mod tyres;

pub use bests::{Best, Bests};
pub use board::{
    CarRow, CarStatus, ClockState, DriverEntry, PartCell, SectorCell, SessionState, SpeedCell, StewardsCell, TimeCell,
    TrackState,
};
pub use part::Part;
pub use render::Board;
pub use session::Session;

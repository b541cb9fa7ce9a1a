//! The fold of events into session state: board, laps, stints, pit stops.

mod board;
mod part;

pub use board::{
    CarRow, CarStatus, ClockState, DriverEntry, PartCell, SectorCell, SessionState, SpeedCell, StewardsCell, TimeCell,
    TrackState,
};
pub use part::Part;

//! The race simulator, at two resolutions.
//!
//! `race` plays a race lap by lap, thousands of times, from any state: the engine under forecasts and strategy. The
//! lap-time simulation (`circuit`, `vehicle`) and the synthetic Grand Prix built on both make a session that looks to
//! the rest of the house like a feed, with the truth beside it. Nothing here does I/O, reads a clock or shares a random
//! number generator: every number comes from a key (`random`), so threads and order change nothing.

pub mod channels;
pub mod circuit;
pub mod estimate;
pub mod fault;
pub mod grand_prix;
pub mod race;
pub mod random;
pub mod vehicle;

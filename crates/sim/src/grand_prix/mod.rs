//! Synthetic sessions: a fictional race, practice and qualifying as a stream of events, with the truth beside it.

mod entry_list;

pub use entry_list::{DRIVERS, DRIVERS_PER_TEAM, Driver, N_CARS, TEAMS, Team};

//! The history tables, read into typed rows: results, laps, conditions and events of past seasons.
//!
//! A [`History`] is a folder laid out like the project's collection: `results/`, `laps/`, and, where they are there,
//! `conditions/`, `events/` and `tumftm/`. Each method reads one table, plain or gzipped, into a list of rows with one
//! field per column. An empty cell and a column that a season lacks are `None`, never an invented value. A cell that
//! cannot be read is an error that names file, line and column: the tables are ours, so a bad cell is a defect.
//!
//! This crate reads; it joins nothing and judges nothing.

mod cell;
mod conditions;
mod error;
mod events;
mod gzip;
mod history;
mod laps;
mod results;
mod table;
mod tumftm;

pub use conditions::{TrackStatusRow, WeatherRow};
pub use error::HistoryError;
pub use events::{RedFlagRow, SafetyCarRow, VirtualSafetyCarRow};
pub use history::History;
pub use laps::{CompoundSelectionRow, LapRow};
pub use results::{GrandPrixRow, GridRow, PitStopRow, Place, QualifyingRow, RaceRow, ResultRow};
pub use table::parse_table;
pub use tumftm::{MonteCarloPriors, NeutralisationPriors, TrackParamsRow, parse_priors};

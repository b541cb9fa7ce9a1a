//! The history tables, read into typed rows: results, laps, conditions and events of past seasons.

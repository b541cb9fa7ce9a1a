//! Recordings and table export: what Overcut keeps on disk and what it hands to other programs.
//!
//! A [recording](RecordingWriter) keeps what arrived, byte for byte, and survives being cut off or damaged. A
//! [table](Table) hands rows of a session to other programs as CSV, JSON or Parquet. Nothing here decodes a message or
//! knows where the data folder is.

mod recording;
mod table;

pub use recording::{
    Content, ContentDigest, Damage, Origin, ReadError, RecordingInfo, RecordingReader, RecordingWriter, Resumed,
    WriteError, WriterOptions, Written, is_recording, part_path, recording_info,
};
#[cfg(feature = "parquet")]
pub use table::Constant;
pub use table::{
    Cell, Column, DriverRow, ResultRow, SessionRow, Table, TableError, TableFormat, TelemetryRow, Value, alerts_table,
    drivers_table, laps_table, pit_stops_table, race_control_table, results_table, sessions_table, stints_table,
    telemetry_rows, telemetry_table, weather_table,
};

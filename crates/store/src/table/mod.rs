//! Tables for other programs: CSV, JSON and Parquet from one description.
//!
//! A [`Table`] names its columns once, with type, meaning and where the value comes from. The three writers know
//! nothing of laps, and the tables nothing of formats. Rows are streamed; only Parquet holds a row group at a time.
//!
//! Values are the domain's own: times are whole milliseconds on the session clock, absent values are absent (an empty
//! field, `null`), and nothing is rounded or prettified.

mod csv;
mod json;
mod lists;
#[cfg(feature = "parquet")]
mod parquet;
mod sessions;
mod telemetry;

use std::borrow::{Borrow, Cow};
use std::io::{self, Write};

use overcut_domain::UtcTime;
use serde::Serialize;

pub use lists::{
    DriverRow, ResultRow, alerts_table, drivers_table, laps_table, pit_stops_table, race_control_table, results_table,
    stints_table, weather_table,
};
pub use sessions::{SessionRow, sessions_table};
pub use telemetry::{TelemetryRow, telemetry_rows, telemetry_table};

/// A table: its name and its columns, in order.
#[derive(Debug)]
pub struct Table<R> {
    /// Name, such as `laps`.
    pub name: &'static str,
    /// Columns that tell a row from every other of its session: the natural key.
    pub key: &'static [&'static str],
    /// Columns.
    pub columns: Vec<Column<R>>,
}

/// A column of a table with rows `R`.
#[derive(Debug)]
pub struct Column<R> {
    /// Name, with the unit last: `lap_time_ms`.
    pub name: &'static str,
    /// What it holds, for people.
    pub about: &'static str,
    /// Its type, and how to get the value of a row.
    pub cell: Cell<R>,
}

/// The type of a column, and how to get the value of a row. Every value may be absent.
pub enum Cell<R> {
    /// A whole number (Parquet `INT32`).
    Whole(fn(&R) -> Option<i32>),
    /// Milliseconds: a duration, or a moment on the session clock (Parquet `INT64`).
    Millis(fn(&R) -> Option<i64>),
    /// A moment in UTC (Parquet `TIMESTAMP`; ISO 8601 as text).
    Utc(fn(&R) -> Option<UtcTime>),
    /// A measured number (Parquet `FLOAT`). What is not finite is absent.
    Real(fn(&R) -> Option<f32>),
    /// Yes or no (Parquet `BOOLEAN`).
    Flag(fn(&R) -> Option<bool>),
    /// Text (Parquet `STRING`).
    Text(fn(&R) -> Option<Cow<'_, str>>),
}

impl<R> Cell<R> {
    /// Name of the type, as the documentation lists it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Cell::Whole(_) => "integer",
            Cell::Millis(_) => "integer (64 bits)",
            Cell::Utc(_) => "UTC timestamp",
            Cell::Real(_) => "number",
            Cell::Flag(_) => "boolean",
            Cell::Text(_) => "text",
        }
    }

    /// The value of a row.
    pub fn value<'a>(&self, row: &'a R) -> Value<'a> {
        let value = match self {
            Cell::Whole(get) => get(row).map(|n| Value::Whole(n.into())),
            Cell::Millis(get) => get(row).map(Value::Whole),
            Cell::Utc(get) => get(row).map(Value::Utc),
            Cell::Real(get) => get(row).filter(|number| number.is_finite()).map(Value::Real),
            Cell::Flag(get) => get(row).map(Value::Flag),
            Cell::Text(get) => get(row).map(Value::Text),
        };
        value.unwrap_or(Value::Absent)
    }
}

impl<R> std::fmt::Debug for Cell<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.type_name())
    }
}

/// One value of a row, whatever the table.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// There is none.
    Absent,
    /// A whole number, or milliseconds.
    Whole(i64),
    /// A moment in UTC.
    Utc(UtcTime),
    /// A measured number, always finite.
    Real(f32),
    /// Yes or no.
    Flag(bool),
    /// Text.
    Text(Cow<'a, str>),
}

/// A format that tables are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma-separated values, quoted as RFC 4180 says, lines ended by a line feed.
    Csv,
    /// An array of objects, one a line.
    Json,
    /// Parquet, compressed with Zstandard.
    #[cfg(feature = "parquet")]
    Parquet,
}

impl<R> Table<R> {
    /// Writes rows in a format and returns how many there were.
    ///
    /// # Errors
    ///
    /// If `out` does not take them.
    pub fn write<I>(&self, format: TableFormat, rows: I, out: impl Write + Send) -> Result<u64, TableError>
    where
        I: IntoIterator<Item: Borrow<R>>,
    {
        match format {
            TableFormat::Csv => csv::write(self, rows, out),
            TableFormat::Json => Ok(json::write(self, rows, out)?),
            #[cfg(feature = "parquet")]
            TableFormat::Parquet => Ok(parquet::write(self, None, rows, out)?),
        }
    }

    /// Writes rows as Parquet with one more column before the others that says the same in every row, and returns how
    /// many rows there were: files of many sessions can then be read as one table.
    ///
    /// # Errors
    ///
    /// If `out` does not take them.
    #[cfg(feature = "parquet")]
    pub fn write_parquet_of<I>(&self, of: &Constant<'_>, rows: I, out: impl Write + Send) -> Result<u64, TableError>
    where
        I: IntoIterator<Item: Borrow<R>>,
    {
        Ok(parquet::write(self, Some(of), rows, out)?)
    }

    /// The table without a column.
    pub fn without(mut self, name: &str) -> Table<R> {
        self.columns.retain(|column| column.name != name);
        self
    }
}

/// A column of text that says the same in every row.
#[cfg(feature = "parquet")]
#[derive(Debug, Clone, Copy)]
pub struct Constant<'a> {
    /// Name of the column.
    pub name: &'static str,
    /// What it holds, for people.
    pub about: &'static str,
    /// What it says.
    pub value: &'a str,
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The destination did not take it.
    #[error("could not write the table")]
    Io(#[from] io::Error),
    /// The Parquet writer failed.
    #[cfg(feature = "parquet")]
    #[error("could not write the Parquet file")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// A column; the tables are lists of these.
fn column<R>(name: &'static str, about: &'static str, cell: Cell<R>) -> Column<R> {
    Column { name, about, cell }
}

/// The word that the API and the tables use for a value of a closed set, such as `safety_car`.
fn word(value: &impl Serialize) -> Option<Cow<'static, str>> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(Cow::Owned(word)),
        _ => None,
    }
}

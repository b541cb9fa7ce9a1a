//! Which tables there are, and what their columns mean: the descriptions that `overcut-store` writes files from.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use overcut_store::{self as store, Cell, Table};

/// The column that says which session a row is of. It is the first of every file.
const SESSION_ID: (&str, &str) = ("session_id", "Session, by the id that `overcut sessions` lists");

/// The column made of the name of the folder. It is the last of every table.
pub(crate) const SEASON: (&str, &str) = ("season", "Year of the session");

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableInfo {
    /// Name, such as `laps`.
    pub name: String,
    /// Columns, in order.
    pub columns: Vec<ColumnInfo>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name.
    pub name: String,
    /// Name of its type: `integer`, `number`, `timestamp`, `boolean` or `text`.
    pub type_name: String,
    /// What it holds.
    pub about: String,
}

/// Every table that can be asked, whether it has files or not.
pub fn tables() -> Vec<TableInfo> {
    described().into_iter().map(|described| described.info()).collect()
}

/// A table with the types of its columns.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub name: &'static str,
    /// Name, type and meaning.
    columns: Vec<(&'static str, DataType, &'static str)>,
}

pub(crate) fn described() -> Vec<Described> {
    vec![
        describe(store::sessions_table()),
        describe(store::laps_table()),
        describe(store::stints_table()),
        describe(store::pit_stops_table()),
        describe(store::race_control_table()),
        describe(store::weather_table()),
        describe(store::drivers_table()),
        describe(store::results_table()),
        describe(store::alerts_table()),
        describe(store::telemetry_table()),
    ]
}

fn describe<R>(table: Table<R>) -> Described {
    // The season is in the name of the folder, not in the file.
    let table = table.without(SEASON.0);
    let own = table.columns.iter().map(|column| (column.name, data_type(&column.cell), column.about));
    let session = (SESSION_ID.0, DataType::Utf8View, SESSION_ID.1);
    Described { name: table.name, columns: std::iter::once(session).chain(own).collect() }
}

/// The type that a column of a file is read as: that which it was written with.
fn data_type<R>(cell: &Cell<R>) -> DataType {
    match cell {
        Cell::Whole(_) => DataType::Int32,
        Cell::Millis(_) => DataType::Int64,
        Cell::Utc(_) => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        Cell::Real(_) => DataType::Float32,
        Cell::Flag(_) => DataType::Boolean,
        Cell::Text(_) => DataType::Utf8View,
    }
}

impl Described {
    /// What a file holds: everything but the season.
    pub(crate) fn file_schema(&self) -> SchemaRef {
        let field = |(name, data_type, _): &(&str, DataType, &str)| Field::new(*name, data_type.clone(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    pub(crate) fn info(&self) -> TableInfo {
        let season = (SEASON.0, DataType::Int32, SEASON.1);
        let columns = self.columns.iter().chain([&season]).map(|(name, data_type, about)| ColumnInfo {
            name: (*name).to_owned(),
            type_name: type_name(data_type),
            about: (*about).to_owned(),
        });
        TableInfo { name: self.name.to_owned(), columns: columns.collect() }
    }
}

/// The type in a word. What has none keeps the engine's own.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        _ if data_type.is_integer() => "integer".to_owned(),
        _ if data_type.is_numeric() => "number".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

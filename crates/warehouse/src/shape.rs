//! Tables without the type of their rows, for stores that are told of columns by name.

use overcut_store::{
    Cell, Table, Value, alerts_table, drivers_table, laps_table, pit_stops_table, race_control_table, results_table,
    stints_table, weather_table,
};

use crate::{Edits, Rows};

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Whole,
    Millis,
    Utc,
    Real,
    Flag,
    Text,
}

impl Kind {
    pub(crate) fn of<R>(cell: &Cell<R>) -> Kind {
        match cell {
            Cell::Whole(_) => Kind::Whole,
            Cell::Millis(_) => Kind::Millis,
            Cell::Utc(_) => Kind::Utc,
            Cell::Real(_) => Kind::Real,
            Cell::Flag(_) => Kind::Flag,
            Cell::Text(_) => Kind::Text,
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnShape {
    pub(crate) name: &'static str,
    /// What it holds, for people. Only some stores have room for it.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "PostgreSQL keeps it beside the column"))]
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    /// True if it belongs to the natural key.
    pub(crate) is_key: bool,
}

/// A table: its name and its columns, in order.
#[derive(Debug, Clone)]
pub(crate) struct TableShape {
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<ColumnShape>,
}

impl TableShape {
    pub(crate) fn of<R>(table: &Table<R>) -> TableShape {
        let shape = |column: &overcut_store::Column<R>| ColumnShape {
            name: column.name,
            about: column.about,
            kind: Kind::of(&column.cell),
            is_key: table.key.contains(&column.name),
        };
        TableShape { name: table.name, columns: table.columns.iter().map(shape).collect() }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &ColumnShape> + Clone {
        self.columns.iter().filter(|column| column.is_key)
    }
}

/// What becomes of the rows of a table, as values in the order of its columns.
#[derive(Debug)]
pub(crate) struct TableEdits<'a> {
    pub(crate) shape: TableShape,
    pub(crate) put: Vec<Vec<Value<'a>>>,
    /// Only the values of the key matter.
    pub(crate) remove: Vec<Vec<Value<'a>>>,
}

impl<'a> TableEdits<'a> {
    pub(crate) fn of<R>(table: &Table<R>, edits: &'a Edits<R>) -> TableEdits<'a> {
        TableEdits {
            shape: TableShape::of(table),
            put: values(table, &edits.put),
            remove: values(table, &edits.remove),
        }
    }

    /// One row that is put.
    pub(crate) fn put<R>(table: &Table<R>, row: &'a R) -> TableEdits<'a> {
        let put = values(table, std::slice::from_ref(row));
        TableEdits { shape: TableShape::of(table), put, remove: Vec::new() }
    }
}

fn values<'a, R>(table: &Table<R>, rows: &'a [R]) -> Vec<Vec<Value<'a>>> {
    let row = |row: &'a R| table.columns.iter().map(|column| column.cell.value(row)).collect();
    rows.iter().map(row).collect()
}

/// The edits of all tables but telemetry.
pub(crate) fn table_edits(rows: &Rows) -> Vec<TableEdits<'_>> {
    vec![
        TableEdits::of(&laps_table(), &rows.laps),
        TableEdits::of(&stints_table(), &rows.stints),
        TableEdits::of(&pit_stops_table(), &rows.pit_stops),
        TableEdits::of(&race_control_table(), &rows.race_control),
        TableEdits::of(&weather_table(), &rows.weather),
        TableEdits::of(&drivers_table(), &rows.drivers),
        TableEdits::of(&results_table(), &rows.results),
        TableEdits::of(&alerts_table(), &rows.alerts),
    ]
}

/// All tables but telemetry and sessions.
pub(crate) fn shapes() -> Vec<TableShape> {
    table_edits(&Rows::default()).into_iter().map(|edits| edits.shape).collect()
}

//! A store under test, and how its rows are read by somebody else.

use overcut_store::{
    Table, Value, alerts_table, drivers_table, laps_table, pit_stops_table, race_control_table, results_table,
    sessions_table, stints_table, telemetry_table, weather_table,
};
use overcut_warehouse::{SessionId, Warehouse};

use crate::log::State;

/// A store under test. Everything it opens looks at the same tables, as programs that follow one another do.
pub trait Rig {
    /// Opens it as a program that has just been started.
    fn open(&self) -> Box<dyn Warehouse>;
    /// True if it has that table.
    fn keeps(&self, table: &str) -> bool;
    /// Rows of a table, in any order: every value as text, an absent one as nothing. Read without the code under test.
    fn rows(&self, session: &SessionId, shape: &Shape) -> Vec<Vec<String>>;
    /// Makes every write into the table `results` fail.
    fn break_results(&self);
    /// Makes an end of that.
    fn mend_results(&self);
    /// What becomes of text in this store.
    fn text(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// Name and columns of a table, without its rows.
pub struct Shape {
    pub table: &'static str,
    /// Names and types of the columns.
    pub columns: Vec<(&'static str, &'static str)>,
}

impl Shape {
    pub fn of<R>(table: &Table<R>) -> Shape {
        let columns = table.columns.iter().map(|column| (column.name, column.cell.type_name())).collect();
        Shape { table: table.name, columns }
    }
}

/// Every table with the rows that a state makes.
pub fn tables(rig: &dyn Rig, state: &State) -> Vec<(Shape, Vec<Vec<String>>)> {
    vec![
        expected(rig, &laps_table(), &state.laps),
        expected(rig, &stints_table(), &state.stints),
        expected(rig, &pit_stops_table(), &state.pit_stops),
        expected(rig, &race_control_table(), &state.race_control),
        expected(rig, &weather_table(), &state.weather),
        expected(rig, &drivers_table(), &state.drivers),
        expected(rig, &results_table(), &state.results),
        expected(rig, &alerts_table(), &state.alerts),
        expected(rig, &telemetry_table(), &state.telemetry),
    ]
}

pub fn expected<R>(rig: &dyn Rig, table: &Table<R>, rows: &[R]) -> (Shape, Vec<Vec<String>>) {
    let row = |row| table.columns.iter().map(|column| text(rig, column.cell.value(row))).collect();
    let mut rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    rows.sort();
    (Shape::of(table), rows)
}

fn text(rig: &dyn Rig, value: Value<'_>) -> String {
    match value {
        Value::Absent => String::new(),
        Value::Whole(number) => number.to_string(),
        Value::Utc(utc) => utc.as_millis().to_string(),
        Value::Real(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Text(text) => rig.text(&text),
    }
}

/// Rows as they are in the store, in order.
pub fn found(rig: &dyn Rig, session: &SessionId, shape: &Shape) -> Vec<Vec<String>> {
    let mut rows = rig.rows(session, shape);
    rows.sort();
    rows
}

/// Holds all tables of a session against a state.
#[track_caller]
pub fn assert_same(rig: &dyn Rig, session: &SessionId, state: &State) {
    for (shape, want) in tables(rig, state) {
        if rig.keeps(shape.table) {
            assert_eq!(found(rig, session, &shape), want, "{} of {session}", shape.table);
        }
    }
}

/// True if there is no row of a session anywhere.
pub fn is_gone(rig: &dyn Rig, session: &SessionId) -> bool {
    let mut shapes: Vec<Shape> = tables(rig, &State::default()).into_iter().map(|(shape, _)| shape).collect();
    shapes.push(Shape::of(&sessions_table().without("season")));
    shapes.iter().filter(|shape| rig.keeps(shape.table)).all(|shape| rig.rows(session, shape).is_empty())
}

//! The rows of a table by their natural key, and what differs from them.

use std::collections::BTreeMap;

use overcut_domain::UtcTime;
use overcut_store::{Cell, Column, Table, Value};

use crate::Edits;

/// The rows of one table of one session, in order of their natural key.
///
/// A writer keeps one of what it has handed over, and [`advance`](Mirror::advance)s it; a store that holds rows in
/// memory [`apply`](Mirror::apply)s what it is given.
#[derive(Debug, Clone)]
pub struct Mirror<R>(BTreeMap<Vec<KeyPart>, R>);

/// A value of a key, in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum KeyPart {
    Absent,
    Whole(i64),
    Utc(UtcTime),
    Text(String),
}

impl<R> Default for Mirror<R> {
    fn default() -> Self {
        Mirror(BTreeMap::new())
    }
}

impl<R: Clone + PartialEq> Mirror<R> {
    /// Makes the mirror equal to `rows`, and returns what had to be changed. Of rows with the same key the last counts.
    pub fn advance(&mut self, table: &Table<R>, rows: impl IntoIterator<Item = R>) -> Edits<R> {
        let cells = key_columns(table);
        let mut now: BTreeMap<_, _> = rows.into_iter().map(|row| (key(&cells, &row), row)).collect();
        let gone = self.0.iter().filter(|(key, _)| !now.contains_key(*key));
        let remove = gone.map(|(_, row)| row.clone()).collect();
        let is_new = |(key, row): &(&Vec<KeyPart>, &R)| self.0.get(*key) != Some(*row);
        let put = now.iter().filter(is_new).map(|(_, row)| row.clone()).collect();
        std::mem::swap(&mut self.0, &mut now);
        Edits { put, remove }
    }
}

impl<R: Clone> Mirror<R> {
    /// Changes what the edits say.
    pub fn apply(&mut self, table: &Table<R>, edits: &Edits<R>) {
        let cells = key_columns(table);
        for row in &edits.remove {
            self.0.remove(&key(&cells, row));
        }
        self.0.extend(edits.put.iter().map(|row| (key(&cells, row), row.clone())));
    }
}

impl<R> Mirror<R> {
    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &R> {
        self.0.values()
    }
}

fn key_columns<R>(table: &Table<R>) -> Vec<&Column<R>> {
    table.columns.iter().filter(|column| table.key.contains(&column.name)).collect()
}

fn key<R>(columns: &[&Column<R>], row: &R) -> Vec<KeyPart> {
    columns.iter().map(|column| part(&column.cell, row)).collect()
}

/// Measured numbers and flags are no keys.
fn part<R>(cell: &Cell<R>, row: &R) -> KeyPart {
    match cell.value(row) {
        Value::Whole(number) => KeyPart::Whole(number),
        Value::Utc(utc) => KeyPart::Utc(utc),
        Value::Text(text) => KeyPart::Text(text.into_owned()),
        Value::Absent | Value::Real(_) | Value::Flag(_) => KeyPart::Absent,
    }
}

#[cfg(test)]
mod tests {
    use overcut_domain::DriverNumber;
    use overcut_store::{DriverRow, drivers_table};

    use super::*;

    fn entry(driver: u16, tla: &str) -> DriverRow {
        DriverRow { driver: DriverNumber(driver), tla: tla.to_owned(), ..DriverRow::default() }
    }

    #[test]
    fn says_what_differs_and_only_that() {
        let table = drivers_table();
        let (mut writer, mut store) = (Mirror::default(), Mirror::default());
        let first = writer.advance(&table, [entry(7, "MOO"), entry(9, "NIN")]);
        assert_eq!(first.put.len(), 2);
        store.apply(&table, &first);
        let edits = writer.advance(&table, [entry(9, "NIN"), entry(11, "ELF")]);
        assert_eq!((edits.put.clone(), edits.remove.clone()), (vec![entry(11, "ELF")], vec![entry(7, "MOO")]));
        store.apply(&table, &edits);
        assert!(store.rows().eq([entry(9, "NIN"), entry(11, "ELF")].iter()));
        assert_eq!(writer.advance(&table, [entry(9, "NIN"), entry(11, "ELF")]), Edits::default());
    }
}

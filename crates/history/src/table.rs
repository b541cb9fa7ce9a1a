//! A table as text: header line, comma separated, one row a line.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::HistoryError;
use crate::gzip;

/// Reads a table from a file; one that ends in `.gz` is unpacked first.
///
/// # Errors
///
/// [`HistoryError`], with the file's name, and the line and column where there is one.
pub(crate) fn read_table<Row: DeserializeOwned>(path: &Path) -> Result<Vec<Row>, HistoryError> {
    let bytes = fs::read(path).map_err(|source| HistoryError::Io { path: path.to_owned(), source })?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        let contents = gzip::unpack(&bytes).map_err(|reason| HistoryError::Gzip { path: path.to_owned(), reason })?;
        return parse_table(path, &contents);
    }
    parse_table(path, &bytes)
}

/// Reads a table from its bytes; `path` is what errors call it. Columns that `Row` does not know are passed over.
///
/// # Errors
///
/// [`HistoryError::Cell`] at the first cell that cannot be read, [`HistoryError::Table`] if a needed column is missing
/// or a line has more or fewer cells than the header.
pub fn parse_table<Row: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<Vec<Row>, HistoryError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let header = reader.headers().map_err(|error| whole(path, &error))?.clone();
    let mut record = csv::StringRecord::new();
    let mut rows = Vec::new();
    while reader.read_record(&mut record).map_err(|error| whole(path, &error))? {
        rows.push(row(&header, &record).map_err(|error| cell(path, &header, &record, &error))?);
    }
    Ok(rows)
}

fn whole(path: &Path, error: &csv::Error) -> HistoryError {
    HistoryError::Table { path: path.to_owned(), reason: error.to_string() }
}

/// Names the cell that an error is about. Errors without one, such as a missing column, are about the table.
fn cell(path: &Path, header: &csv::StringRecord, record: &csv::StringRecord, error: &FailedRow) -> HistoryError {
    let line = record.position().map_or(0, csv::Position::line);
    let Some(column) = error.column else {
        return HistoryError::Table { path: path.to_owned(), reason: format!("line {line}: {}", error.reason) };
    };
    HistoryError::Cell {
        path: path.to_owned(),
        line,
        column: header.get(column).unwrap_or("?").to_owned(),
        reason: format!("{:?}: {}", record.get(column).unwrap_or_default(), error.reason),
    }
}

struct FailedRow {
    column: Option<usize>,
    reason: String,
}

/// Reads one row. Which cell is to blame the reader knows only of its own rules, not of those in `cell`; but it goes
/// through the columns in order, so it is the last of the shortest row that fails for the same reason.
fn row<Row: DeserializeOwned>(header: &csv::StringRecord, record: &csv::StringRecord) -> Result<Row, FailedRow> {
    let reason = match record.deserialize(Some(header)) {
        Ok(row) => return Ok(row),
        Err(error) => reason(&error),
    };
    let fails_alike = |n_columns: &usize| {
        let first = |record: &csv::StringRecord| record.iter().take(*n_columns).collect::<csv::StringRecord>();
        match first(record).deserialize::<Row>(Some(&first(header))) {
            Ok(_) => false,
            Err(error) => self::reason(&error) == reason,
        }
    };
    // A missing column is noticed at the end of a row, whatever its length.
    let is_missing_column = reason.starts_with("missing field");
    let n_columns = (1..=header.len()).find(|n_columns| !is_missing_column && fails_alike(n_columns));
    Err(FailedRow { column: n_columns.map(|n| n - 1), reason })
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => error.to_string(),
    }
}

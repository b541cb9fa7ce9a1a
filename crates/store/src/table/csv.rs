//! Comma-separated values.
//!
//! Fields are quoted where RFC 4180 asks for it, and are otherwise exact: a text that begins with `=` stays as it is,
//! because these files are for programs. Import such a column as text into a spreadsheet.

use std::borrow::Borrow;
use std::fmt::Write as _;
use std::io::Write;

use super::{Table, TableError, Value};

pub(super) fn write<R, I>(table: &Table<R>, rows: I, out: impl Write) -> Result<u64, TableError>
where
    I: IntoIterator<Item: Borrow<R>>,
{
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(table.columns.iter().map(|column| column.name)).map_err(io_error)?;
    let (mut n_rows, mut field) = (0, String::new());
    for row in rows {
        for column in &table.columns {
            field.clear();
            append(&mut field, column.cell.value(row.borrow()));
            csv.write_field(&field).map_err(io_error)?;
        }
        csv.write_record(None::<&[u8]>).map_err(io_error)?;
        n_rows += 1;
    }
    csv.flush()?;
    Ok(n_rows)
}

fn append(field: &mut String, value: Value<'_>) {
    // Writing to a `String` cannot fail.
    let _ = match value {
        Value::Absent => Ok(()),
        Value::Whole(number) => write!(field, "{number}"),
        Value::Utc(utc) => write!(field, "{utc}"),
        Value::Real(number) => write!(field, "{number}"),
        Value::Flag(flag) => write!(field, "{flag}"),
        Value::Text(text) => {
            field.push_str(&text);
            Ok(())
        }
    };
}

/// The CSV writer only fails when its destination does: every record has the same number of fields.
fn io_error(error: csv::Error) -> TableError {
    TableError::Io(error.into())
}

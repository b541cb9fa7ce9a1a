//! JSON: an array of objects, one a line, so that line tools can read it too.

use std::borrow::Borrow;
use std::io::{self, Write};

use super::{Table, Value};

pub(super) fn write<R, I>(table: &Table<R>, rows: I, mut out: impl Write) -> io::Result<u64>
where
    I: IntoIterator<Item: Borrow<R>>,
{
    let mut n_rows = 0;
    out.write_all(b"[")?;
    for row in rows {
        out.write_all(if n_rows == 0 { b"\n" } else { b",\n" })?;
        write_row(table, row.borrow(), &mut out)?;
        n_rows += 1;
    }
    out.write_all(b"\n]\n")?;
    out.flush()?;
    Ok(n_rows)
}

fn write_row<R>(table: &Table<R>, row: &R, out: &mut impl Write) -> io::Result<()> {
    let mut before = b'{';
    for column in &table.columns {
        // Names of columns are plain words, which need no escapes.
        write!(out, "{}\"{}\":", before as char, column.name)?;
        before = b',';
        match column.cell.value(row) {
            Value::Absent => out.write_all(b"null")?,
            Value::Whole(number) => write!(out, "{number}")?,
            Value::Utc(utc) => write!(out, "\"{utc}\"")?,
            Value::Real(number) => write!(out, "{number}")?,
            Value::Flag(flag) => write!(out, "{flag}")?,
            Value::Text(text) => serde_json::to_writer(&mut *out, &text)?,
        }
    }
    out.write_all(b"}")
}

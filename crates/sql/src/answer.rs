//! Rows as bytes.
//!
//! The words are those of the table export: an absent value is `null` or an empty field, a timestamp is ISO 8601 with
//! milliseconds, a number is not rounded.

use std::io::{self, Write};

use datafusion::arrow::csv::WriterBuilder as CsvBuilder;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::StructMode;
use datafusion::arrow::json::writer::{JsonArray, WriterBuilder as JsonBuilder};
use datafusion::arrow::record_batch::RecordBatch;
use serde_json::json;

use crate::engine::Rows;
use crate::query::{Answer, Format, QueryError};
use crate::tables::type_name;

const UTC_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";
const LOCAL_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.3f";

/// Writes rows in a format.
pub(crate) fn answer(rows: &Rows, format: Format, limit_bytes: usize) -> Result<Answer, QueryError> {
    let mut out = Bounded { bytes: Vec::new(), limit: limit_bytes, is_full: false };
    let written = match format {
        Format::Json => write_json(rows, &mut out),
        Format::Csv => write_csv(rows, &mut out),
    };
    match written {
        _ if out.is_full => Err(QueryError::TooLong(limit_bytes)),
        Ok(()) => Ok(Answer { n_rows: rows.n_rows, is_truncated: rows.is_truncated, body: out.bytes }),
        Err(error) => Err(QueryError::Failed(error.to_string())),
    }
}

fn write_json(rows: &Rows, out: &mut Bounded) -> Result<(), ArrowError> {
    let columns: Vec<_> = rows
        .schema
        .fields()
        .iter()
        .map(|field| json!({ "name": field.name(), "type": type_name(field.data_type()) }))
        .collect();
    write!(out, "{{\"columns\":{},\"rows\":", json!(columns))?;
    let mut writer = JsonBuilder::new()
        .with_struct_mode(StructMode::ListOnly)
        .with_explicit_nulls(true)
        .with_timestamp_tz_format(UTC_FORMAT.to_owned())
        .with_timestamp_format(LOCAL_FORMAT.to_owned())
        .build::<_, JsonArray>(&mut *out);
    for batch in &rows.batches {
        writer.write(batch)?;
    }
    writer.finish()?;
    writeln!(out, ",\"n_rows\":{},\"is_truncated\":{}}}", rows.n_rows, rows.is_truncated)?;
    Ok(())
}

fn write_csv(rows: &Rows, out: &mut Bounded) -> Result<(), ArrowError> {
    // The writer names the columns with its first rows: an answer without any names them itself.
    let empty = RecordBatch::new_empty(rows.schema.clone());
    let mut writer = CsvBuilder::new()
        .with_timestamp_tz_format(UTC_FORMAT.to_owned())
        .with_timestamp_format(LOCAL_FORMAT.to_owned())
        .build(&mut *out);
    writer.write(&empty)?;
    for batch in &rows.batches {
        writer.write(batch)?;
    }
    Ok(())
}

/// Bytes up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    is_full: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.is_full = true;
            return Err(io::Error::other("the answer is too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! One CSV file: its header by name, its rows one at a time.

use std::io::{self, BufRead, BufReader, Read};

use csv::ByteRecord;

/// The first four bytes of a Zstandard frame.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Most bytes that a compressed table is unpacked to; the largest real one has 45 MB.
const MAX_UNPACKED: u64 = 1 << 30;

/// Most rows read of one table. The largest real one, a whole race at 8 Hz, has 840,000.
const MAX_ROWS: u64 = 8_000_000;

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    /// The text is not CSV, or the bytes do not decompress.
    #[error("cannot read table {file:?}")]
    Unreadable {
        /// Which file.
        file: String,
        /// Why.
        source: csv::Error,
    },
    /// The header lacks a column that the table is nothing without.
    #[error("table {file:?} has no column {column:?}; its columns are {found}")]
    MissingColumn {
        /// Which file.
        file: String,
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A table of a whole season or of several sessions.
    #[error("table {file:?} holds several sessions: {first:?} and {second:?}; cut it to one")]
    SeveralSessions {
        /// Which file.
        file: String,
        /// The first session's name.
        first: String,
        /// Another one's.
        second: String,
    },
    /// More rows than any session has.
    #[error("table {file:?} has more than {MAX_ROWS} rows")]
    TooLong {
        /// Which file.
        file: String,
    },
}

/// A reader over a file's bytes, decompressing them on the way if they are Zstandard. A byte order mark is skipped.
pub(super) fn reader<'a>(payload: &'a [u8]) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut reader: Box<dyn BufRead + 'a> = if payload.starts_with(&ZSTD_MAGIC) {
        Box::new(BufReader::new(zstd::stream::read::Decoder::with_buffer(payload)?.take(MAX_UNPACKED)))
    } else {
        Box::new(payload)
    };
    if reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    Ok(reader)
}

/// All of a small file's bytes, at most `limit` of them.
pub(super) fn bytes(payload: &[u8], limit: u64) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    reader(payload)?.take(limit).read_to_end(&mut all)?;
    Ok(all)
}

/// A CSV file whose header has been read.
pub(super) struct Table<'a> {
    file: &'a str,
    reader: csv::Reader<Box<dyn BufRead + 'a>>,
    header: Vec<String>,
    record: ByteRecord,
    n_rows: u64,
}

impl<'a> Table<'a> {
    /// Opens a table and reads its header. `file` is the name for errors.
    pub(super) fn open(file: &'a str, payload: &'a [u8]) -> Result<Self, TableError> {
        let unreadable = |source| TableError::Unreadable { file: file.to_owned(), source };
        let bytes = reader(payload).map_err(|error| unreadable(error.into()))?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let header = reader.byte_headers().map_err(unreadable)?;
        let header = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(Table { file, reader, header, record: ByteRecord::new(), n_rows: 0 })
    }

    /// The columns' names.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Where a column is that the table must have.
    pub(super) fn column(&self, name: &'static str) -> Result<Column, TableError> {
        let column = self.optional(name);
        if column.0.is_some() {
            return Ok(column);
        }
        let found: String = self.header.join(", ").chars().take(400).collect();
        Err(TableError::MissingColumn { file: self.file.to_owned(), column: name, found })
    }

    /// Where a column is that the table may lack.
    pub(super) fn optional(&self, name: &str) -> Column {
        Column(self.header.iter().position(|column| column == name))
    }

    /// The first two columns, for a table without names.
    pub(super) fn first_two(&self) -> (Column, Column) {
        (Column(Some(0)), Column(Some(1)))
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, TableError> {
        if self.n_rows >= MAX_ROWS {
            return Err(TableError::TooLong { file: self.file.to_owned() });
        }
        self.n_rows += 1;
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => Ok(Some(Row(&self.record))),
            Ok(false) => Ok(None),
            Err(source) => Err(TableError::Unreadable { file: self.file.to_owned(), source }),
        }
    }
}

/// The place of a column, if the table has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column(Option<usize>);

/// One row.
#[derive(Clone, Copy)]
pub(super) struct Row<'r>(&'r ByteRecord);

impl<'r> Row<'r> {
    /// The cell of a column; empty where the table or the row lacks it.
    pub(super) fn cell(self, column: Column) -> &'r [u8] {
        column.0.and_then(|idx| self.0.get(idx)).unwrap_or_default()
    }

    /// The row as text, for reports.
    pub(super) fn example(self) -> Vec<u8> {
        self.0.iter().collect::<Vec<_>>().join(&b","[..])
    }
}

//! What can be wrong with a history folder.

use std::io;
use std::path::PathBuf;

/// A table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file is not there or cannot be opened.
    #[error("cannot read {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file ends in `.gz` but is no gzip file, or a damaged one.
    #[error("{}: damaged gzip: {reason}", path.display())]
    Gzip {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The table lacks a column that every row needs, or is no table.
    #[error("{}: {reason}", path.display())]
    Table {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// One cell cannot be read.
    #[error("{}, line {line}, column {column:?}: {reason}", path.display())]
    Cell {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1; the header is line 1.
        line: u64,
        /// The name of its column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
}

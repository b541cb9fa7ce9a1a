//! Where the files of a session are, and how they get there whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use overcut_store::{Constant, Table, TableError};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use crate::{Progress, SessionId};

/// Ending of a file that is being written. No reader of tables takes it for one.
const PART: &str = ".part";

/// The folder `season=2026` of a table; season 0 holds the sessions whose year nobody knows.
pub(super) fn season_folder(root: &Path, table: &str, season: Option<u16>) -> PathBuf {
    root.join(table).join(format!("season={}", season.unwrap_or_default()))
}

pub(super) fn file_name(session: &SessionId) -> String {
    format!("{session}.parquet")
}

/// Writes a table of a session: under a temporary name, down to the disk, and then renamed.
pub(super) fn write<'r, R: 'r>(
    folder: &Path,
    session: &SessionId,
    table: &Table<R>,
    rows: impl Iterator<Item = &'r R>,
) -> Result<(), TableError> {
    fs::create_dir_all(folder)?;
    let path = folder.join(file_name(session));
    // Two programs that write the same session do not write into one another's file.
    let part = folder.join(format!("{session}.{}{PART}", std::process::id()));
    let of = Constant { name: "session_id", about: "Id of the session", value: session.as_str() };
    let written = write_whole(&part, |out| table.write_parquet_of(&of, rows, out).map(drop))
        .and_then(|()| Ok(fs::rename(&part, &path)?));
    if written.is_err() {
        // The error says more than a second one about the remains would.
        let _ = fs::remove_file(&part);
    }
    written
}

fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), TableError>,
) -> Result<(), TableError> {
    let mut out = BufWriter::new(File::create(path)?);
    write(&mut out)?;
    out.flush()?;
    Ok(out.get_ref().sync_all()?)
}

/// Removes the files of a session from every season of a table, but for one.
pub(super) fn remove(root: &Path, table: &str, session: &SessionId, except: Option<&Path>) -> io::Result<()> {
    for folder in seasons(root, table)? {
        let path = folder.join(file_name(session));
        if except != Some(folder.as_path()) && path.exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The season folders of a table.
pub(super) fn seasons(root: &Path, table: &str) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(root.join(table)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let is_season = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("season="));
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(is_season).collect())
}

/// Removes what writers left that were killed more than a day ago.
pub(super) fn sweep(root: &Path, table: &str) -> io::Result<()> {
    const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
    for folder in seasons(root, table)? {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let is_part = entry.file_name().to_string_lossy().ends_with(PART);
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            if is_part && age > DAY {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// What the file of a session in the table `sessions` says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kept {
    pub(super) progress: Progress,
    /// Planned start, UTC milliseconds.
    pub(super) starts_at_ms: Option<i64>,
}

/// Reads such a file. `None` if it is not there.
pub(super) fn read_session(path: &Path) -> Result<Option<Kept>, ParquetError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let reader = SerializedFileReader::new(file)?;
    let Some(row) = reader.get_row_iter(None)?.next().transpose()? else { return Ok(None) };
    let number = |name| match field(&row, name) {
        Some(Field::Long(number)) => u64::try_from(*number).ok(),
        _ => None,
    };
    let missing = |name| ParquetError::General(format!("{} has no {name}", path.display()));
    let progress = Progress {
        revision: number("revision").ok_or_else(|| missing("revision"))?,
        sequence: number("sequence").ok_or_else(|| missing("sequence"))?,
        is_finished: matches!(field(&row, "state"), Some(Field::Str(state)) if state == "finished"),
    };
    let starts_at_ms = match field(&row, "starts_at") {
        Some(Field::TimestampMillis(millis)) => Some(*millis),
        _ => None,
    };
    Ok(Some(Kept { progress, starts_at_ms }))
}

fn field<'a>(row: &'a Row, name: &str) -> Option<&'a Field> {
    row.get_column_iter().find(|(known, _)| known.as_str() == name).map(|(_, field)| field)
}

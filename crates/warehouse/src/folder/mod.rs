//! Tables as Parquet files in a folder: `TABLE/season=YEAR/SESSION.parquet`, with a column `session_id` before the others.
//!
//! A session that grows is held in memory and written whole from time to time, and when it is finished. Every file is
//! written under another name and renamed, the one in `sessions` last, so a reader sees whole files at any moment, and
//! what `sessions` says is never ahead of the rest. A writer that is killed takes what it held with it: whoever follows
//! is told to begin at the start, and the files stay as they are until it has come further than they go.

mod files;
mod held;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use overcut_domain::UtcTime;
use overcut_store::{
    Table, TableError, alerts_table, drivers_table, laps_table, pit_stops_table, race_control_table, results_table,
    sessions_table, stints_table, telemetry_table, weather_table,
};

use crate::admission::{Admission, admit};
use crate::{Batch, Progress, SessionId, Warehouse, WarehouseError, Written};
use files::Kept;
use held::Held;

/// Names of the tables, in the order in which they are written: the one that says how far they go comes last.
pub const TABLES: [&str; 10] =
    ["telemetry", "laps", "stints", "pit_stops", "race_control", "weather", "drivers", "results", "alerts", "sessions"];

/// Tables as Parquet files in a folder.
#[derive(Debug)]
pub struct ParquetFolder {
    root: PathBuf,
    write_every: Duration,
    /// Sessions that grow. The inner lock is held while one is written, the outer one never for long.
    growing: Mutex<BTreeMap<SessionId, Arc<Mutex<Growing>>>>,
}

/// A session that is being written.
#[derive(Debug, Default)]
struct Growing {
    /// `None` until the first batch has been taken.
    rows: Option<Held>,
    written_at: Option<Instant>,
}

impl ParquetFolder {
    /// Tables below `root`. A session that grows is written every `write_every`.
    pub fn new(root: impl Into<PathBuf>, write_every: Duration) -> ParquetFolder {
        ParquetFolder { root: root.into(), write_every, growing: Mutex::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files of a session, those in `sessions` last. Empty if it is not there.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn files(&self, session: &SessionId) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for table in TABLES {
            let paths =
                files::seasons(&self.root, table)?.into_iter().map(|folder| folder.join(files::file_name(session)));
            found.extend(paths.filter(|path| path.is_file()));
        }
        Ok(found)
    }

    fn growing(&self, session: &SessionId) -> Arc<Mutex<Growing>> {
        Arc::clone(lock(&self.growing).entry(session.clone()).or_default())
    }

    /// What the files say of a session.
    fn kept(&self, session: &SessionId) -> Result<Option<Kept>, WarehouseError> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            WarehouseError::refused(format!("read how far {session} is written"), error)
        };
        for folder in files::seasons(&self.root, "sessions").map_err(|error| failed(error.into()))? {
            let path = folder.join(files::file_name(session));
            if let Some(kept) = files::read_session(&path).map_err(|error| failed(error.into()))? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    /// Writes what is held, unless the files go as far or further.
    fn save(&self, session: &SessionId, growing: &mut Growing) -> Result<(), WarehouseError> {
        let Some(held) = &growing.rows else { return Ok(()) };
        let kept = self.kept(session)?.map(|kept| kept.progress);
        let reached = |progress: Progress| (progress.revision, progress.sequence, progress.is_finished);
        if kept.is_none_or(|kept| reached(kept) < reached(progress_of(held))) {
            self.write_files(session, held)
                .map_err(|error| WarehouseError::refused(format!("write the tables of {session}"), error))?;
        }
        growing.written_at = Some(Instant::now());
        Ok(())
    }

    fn write_files(&self, session: &SessionId, held: &Held) -> Result<(), TableError> {
        let telemetry = held.telemetry.values().flatten();
        self.write_file(session, held, &telemetry_table(), telemetry)?;
        self.write_file(session, held, &laps_table(), held.laps.rows())?;
        self.write_file(session, held, &stints_table(), held.stints.rows())?;
        self.write_file(session, held, &pit_stops_table(), held.pit_stops.rows())?;
        self.write_file(session, held, &race_control_table(), held.race_control.rows())?;
        self.write_file(session, held, &weather_table(), held.weather.rows())?;
        self.write_file(session, held, &drivers_table(), held.drivers.rows())?;
        self.write_file(session, held, &results_table(), held.results.rows())?;
        self.write_file(session, held, &alerts_table(), held.alerts.rows())?;
        // The name of the folder says the season, and readers make a column of it.
        self.write_file(session, held, &sessions_table().without("season"), [&held.session].into_iter())
    }

    fn write_file<'r, R: 'r>(
        &self,
        session: &SessionId,
        held: &Held,
        table: &Table<R>,
        rows: impl Iterator<Item = &'r R>,
    ) -> Result<(), TableError> {
        let folder = files::season_folder(&self.root, table.name, held.session.season);
        files::write(&folder, session, table, rows)?;
        Ok(files::remove(&self.root, table.name, session, Some(&folder))?)
    }
}

impl Warehouse for ParquetFolder {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn prepare(&self) -> Result<(), WarehouseError> {
        let made = std::fs::create_dir_all(&self.root);
        let swept = made.and_then(|()| TABLES.iter().try_for_each(|table| files::sweep(&self.root, table)));
        swept.map_err(|error| WarehouseError::refused(format!("prepare {}", self.root.display()), error))
    }

    fn progress(&self, session: &SessionId) -> Result<Option<Progress>, WarehouseError> {
        let growing = lock(&self.growing).get(session).cloned();
        if let Some(growing) = growing
            && let Some(held) = &lock(&growing).rows
        {
            return Ok(Some(progress_of(held)));
        }
        // What is not held cannot be added to: only a session that needs no more may be passed over.
        Ok(self.kept(session)?.map(|kept| kept.progress).filter(|progress| progress.is_finished))
    }

    fn write(&self, session: &SessionId, batch: &Batch) -> Result<Written, WarehouseError> {
        let growing = self.growing(session);
        let growing = &mut *lock(&growing);
        let have = match &growing.rows {
            Some(held) => Some(progress_of(held)),
            // An unfinished session of an older writer begins anew, but never in an older revision.
            None => self
                .kept(session)?
                .map(|kept| kept.progress)
                .filter(|progress| progress.is_finished || progress.revision > batch.session.revision),
        };
        let admission = admit(session, have, batch)?;
        if admission == Admission::Known {
            return Ok(Written::Before);
        }
        // What is held is written before more is taken: a batch that is refused leaves nothing behind.
        let since = *growing.written_at.get_or_insert_with(Instant::now);
        if since.elapsed() >= self.write_every {
            self.save(session, growing)?;
        }
        if admission == Admission::Replace {
            growing.rows = None;
        }
        let held = growing.rows.get_or_insert_default();
        held.apply(batch);
        held.session.state = "running";
        Ok(Written::Now)
    }

    fn finish(&self, session: &SessionId) -> Result<(), WarehouseError> {
        if let Some(held) = &mut lock(&self.growing(session)).rows {
            held.session.state = "finished";
        }
        self.release(session)
    }

    fn release(&self, session: &SessionId) -> Result<(), WarehouseError> {
        let growing = self.growing(session);
        let mut growing = lock(&growing);
        self.save(session, &mut growing)?;
        growing.rows = None;
        lock(&self.growing).remove(session);
        Ok(())
    }

    fn forget(&self, session: &SessionId) -> Result<(), WarehouseError> {
        let growing = self.growing(session);
        let mut growing = lock(&growing);
        growing.rows = None;
        lock(&self.growing).remove(session);
        let mut tables = TABLES.iter();
        tables
            .try_for_each(|table| files::remove(&self.root, table, session, None))
            .map_err(|error| WarehouseError::refused(format!("remove the tables of {session}"), error))
    }

    fn forget_before(&self, moment: UtcTime) -> Result<Vec<SessionId>, WarehouseError> {
        let mut forgotten = Vec::new();
        for session in self.sessions()? {
            let Some(kept) = self.kept(&session)? else { continue };
            let is_old = kept.starts_at_ms.is_some_and(|millis| millis < moment.as_millis());
            if is_old && kept.progress.is_finished {
                self.forget(&session)?;
                forgotten.push(session);
            }
        }
        Ok(forgotten)
    }
}

impl ParquetFolder {
    /// The sessions that are there, in order of their ids.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn sessions(&self) -> Result<Vec<SessionId>, WarehouseError> {
        let failed = |error: io::Error| WarehouseError::refused(format!("list {}", self.root.display()), error);
        let mut sessions = Vec::new();
        for folder in files::seasons(&self.root, "sessions").map_err(failed)? {
            for entry in std::fs::read_dir(folder).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                let stem = name.to_str().and_then(|name| name.strip_suffix(".parquet"));
                sessions.extend(stem.and_then(|stem| stem.parse::<SessionId>().ok()));
            }
        }
        sessions.sort();
        sessions.dedup();
        Ok(sessions)
    }
}

fn progress_of(held: &Held) -> Progress {
    Progress {
        revision: held.session.revision,
        sequence: held.session.sequence,
        is_finished: held.session.state == "finished",
    }
}

/// A thread that panicked while it held a lock left whole rows behind: every batch is applied without a way out.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

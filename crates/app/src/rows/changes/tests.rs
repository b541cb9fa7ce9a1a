use std::fs::File;
use std::path::Path;
use std::time::Duration;

use overcut_store::{SessionRow, TableFormat};
use overcut_warehouse::{Batch, ParquetFolder, SessionId, Warehouse, Written};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use super::*;
use crate::cli::Table;
use crate::commands::Tables;
use crate::input::Input;
use crate::pipeline::{self, PipelineConfig, Threads};

const TABLES: [(Table, &str); 9] = [
    (Table::Laps, "laps"),
    (Table::Stints, "stints"),
    (Table::PitStops, "pit_stops"),
    (Table::RaceControl, "race_control"),
    (Table::Weather, "weather"),
    (Table::Drivers, "drivers"),
    (Table::Results, "results"),
    (Table::Alerts, "alerts"),
    (Table::Telemetry, "telemetry"),
];

/// A few numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Folds a recording from its start, goes on where the store says, and is killed at a moment, or finishes.
fn write(store: &dyn Warehouse, session: &SessionId, path: &Path, dice: &mut Dice, until: SessionTime) {
    let progress = store.progress(session).unwrap().map_or(0, |progress| progress.sequence);
    let (mut changes, mut sequence, mut after, mut due) = (Changes::default(), 0, progress, progress);
    let mut pipeline = PipelineConfig::default().build();
    let is_killed = until < SessionTime::MAX;
    pipeline::run(Input::open(path).unwrap(), Threads::Two, until, &mut pipeline, |step| {
        let is_end = step.event.is_none();
        if is_end && is_killed {
            return; // the log goes on
        }
        changes.follow(&step);
        sequence += 1;
        if sequence == progress {
            changes.take(step.session, step.telemetry);
        }
        if sequence <= progress || (sequence < due && !is_end) {
            return;
        }
        let utc_of_zero = step.session.state().utc_of_zero;
        let row = SessionRow { season: Some(2026), utc_of_zero, sequence, ..SessionRow::default() };
        let batch = Batch { session: row, after, rows: changes.take(step.session, step.telemetry) };
        assert_eq!(store.write(session, &batch).unwrap(), Written::Now);
        (after, due) = (sequence, sequence + 1 + dice.below(20_000));
    })
    .unwrap();
    if !is_killed {
        store.finish(session).unwrap();
    }
}

/// Rows of a Parquet file without the name of the session.
fn rows(path: &Path) -> Vec<Vec<Field>> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let fields = |row: Row| row.into_columns().into_iter().filter(|(name, _)| name != "session_id").map(|(_, f)| f);
    reader.get_row_iter(None).unwrap().map(|row| fields(row.unwrap()).collect()).collect()
}

/// In an order that depends on nothing but the rows.
fn sorted(mut rows: Vec<Vec<Field>>) -> Vec<Vec<Field>> {
    rows.sort_by_cached_key(|row| format!("{row:?}"));
    rows
}

#[test]
fn what_is_written_in_pieces_is_what_is_exported_at_the_end() {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (session, mut dice): (SessionId, _) = ("sprint".parse().unwrap(), Dice(7));
    for (minutes, write_every) in [(12, Duration::ZERO), (45, Duration::MAX)] {
        let killed = ParquetFolder::new(folder.path().join("tables"), write_every);
        let seconds = minutes * 60 + dice.below(60) as i64;
        write(&killed, &session, &path, &mut dice, SessionTime::from_millis(seconds * 1000));
    }
    let last = ParquetFolder::new(folder.path().join("tables"), Duration::MAX);
    write(&last, &session, &path, &mut dice, SessionTime::MAX);
    assert!(last.progress(&session).unwrap().unwrap().is_finished);

    let exported = Tables::read(&path, PipelineConfig::default().build()).unwrap();
    for (table, name) in TABLES {
        let want = folder.path().join(format!("{name}.parquet"));
        exported.write(table, TableFormat::Parquet, None, File::create(&want).unwrap()).unwrap();
        let found = rows(&folder.path().join(format!("tables/{name}/season=2026/sprint.parquet")));
        let is_same = match table {
            Table::Telemetry => found == rows(&want), // both car by car, in order of time
            _ => sorted(found) == sorted(rows(&want)),
        };
        assert!(is_same, "{name} differs");
    }
}

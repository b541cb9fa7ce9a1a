//! The Parquet folder, read with the `parquet` crate's own rows.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Duration;

use overcut_warehouse::{ParquetFolder, SessionId, Warehouse};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use tempfile::TempDir;

use crate::rig::{Rig, Shape};
use crate::suite;

struct Folder {
    root: TempDir,
    write_every: Duration,
}

impl Folder {
    fn files(&self, session: &SessionId, table: &str) -> Vec<PathBuf> {
        let Ok(seasons) = fs::read_dir(self.root.path().join(table)) else { return Vec::new() };
        let paths = seasons.map(|season| season.unwrap().path().join(format!("{session}.parquet")));
        paths.filter(|path| path.exists()).collect()
    }

    fn blocked(&self) -> PathBuf {
        self.root.path().join("results")
    }
}

impl Rig for Folder {
    fn open(&self) -> Box<dyn Warehouse> {
        Box::new(ParquetFolder::new(self.root.path(), self.write_every))
    }

    fn keeps(&self, _: &str) -> bool {
        true
    }

    fn rows(&self, session: &SessionId, shape: &Shape) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for path in self.files(session, shape.table) {
            let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
            for row in reader.get_row_iter(None).unwrap() {
                let row = row.unwrap();
                let fields: Vec<_> = row.get_column_iter().collect();
                assert_eq!(fields[0], (&"session_id".to_owned(), &Field::Str(session.to_string())));
                let names = fields[1..].iter().map(|(name, _)| name.as_str());
                assert!(names.eq(shape.columns.iter().filter(|(name, _)| *name != "season").map(|(name, _)| *name)));
                rows.push(fields[1..].iter().map(|(_, field)| text(field)).collect());
            }
        }
        rows
    }

    fn break_results(&self) {
        fs::rename(self.blocked(), self.root.path().join("away")).unwrap();
        fs::write(self.blocked(), "not a folder").unwrap();
    }

    fn mend_results(&self) {
        fs::remove_file(self.blocked()).unwrap();
        fs::rename(self.root.path().join("away"), self.blocked()).unwrap();
    }
}

fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Bool(flag) => flag.to_string(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) | Field::TimestampMillis(number) => number.to_string(),
        Field::Float(number) => number.to_string(),
        Field::Str(text) => text.clone(),
        other => panic!("{other:?} in a table"),
    }
}

#[test]
fn conforms_when_every_batch_is_written() {
    suite::run(&Folder { root: TempDir::new().unwrap(), write_every: Duration::ZERO });
}

/// Killed at any byte, that is: also with the files of one moment beside those of another. What is left then is made
/// here by hand.
#[test]
fn remains_of_a_killed_writer_do_no_harm() {
    let rig = Folder { root: TempDir::new().unwrap(), write_every: Duration::MAX };
    let session: SessionId = "killed".parse().unwrap();
    let log = crate::log::Log::new(1, 30);
    let first = rig.open();
    first.write(&session, &log.batch(0, 0, 10)).unwrap();
    first.release(&session).unwrap();
    // The second writer got as far as the laps, and left half a file behind.
    let elsewhere = Folder { root: TempDir::new().unwrap(), write_every: Duration::MAX };
    let second = elsewhere.open();
    second.write(&session, &log.batch(0, 0, 20)).unwrap();
    second.release(&session).unwrap();
    let season = rig.root.path().join("laps/season=2026");
    fs::copy(&elsewhere.files(&session, "laps")[0], &rig.files(&session, "laps")[0]).unwrap();
    fs::write(season.join("killed.1.part"), "PAR1 and no more").unwrap();
    let third = rig.open();
    third.prepare().unwrap();
    assert_eq!(third.progress(&session).unwrap(), None, "what was held is gone: it begins at the start");
    third.write(&session, &log.batch(0, 0, 5)).unwrap();
    third.release(&session).unwrap();
    let shape = Shape::of(&overcut_store::laps_table());
    assert_eq!(rig.rows(&session, &shape).len(), log.states[20].laps.len(), "files never go back");
    let last = rig.open();
    last.write(&session, &log.batch(0, 0, 30)).unwrap();
    last.finish(&session).unwrap();
    crate::rig::assert_same(&rig, &session, &log.states[30]);
}

/// The year may become known only after the first rows have been written.
#[test]
fn a_session_is_in_one_season_only() {
    let rig = Folder { root: TempDir::new().unwrap(), write_every: Duration::ZERO };
    let (store, session) = (rig.open(), "moves".parse().unwrap());
    let mut log = crate::log::Log::new(1, 10);
    let season = log.session.season.take();
    store.write(&session, &log.batch(0, 0, 4)).unwrap();
    store.write(&session, &log.batch(0, 4, 6)).unwrap();
    assert!(rig.root.path().join("laps/season=0/moves.parquet").exists());
    log.session.season = season;
    store.write(&session, &log.batch(0, 6, 10)).unwrap();
    store.finish(&session).unwrap();
    crate::rig::assert_same(&rig, &session, &log.states[10]);
}

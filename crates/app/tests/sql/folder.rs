//! Data folders with tables.

use std::fs::File;
use std::path::Path;

use overcut_domain::{DriverNumber, Lap, LapNumber, LapTime};
use overcut_store::{Constant, laps_table};
use tempfile::TempDir;

/// The session of these folders.
pub const SESSION: &str = "2026-chinese-grand-prix-sprint";

/// A data folder with the laps given, as those of one session of 2026.
pub fn with_laps<'a>(laps: impl IntoIterator<Item = &'a Lap>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_laps(folder.path(), laps);
    folder
}

/// Two cars with twenty laps each: the second is slower, and each lap is slower than the one before.
pub fn small() -> TempDir {
    let lap = |driver: u16, number: u16| Lap {
        driver: DriverNumber(driver),
        number: LapNumber(number),
        time: Some(LapTime::from_millis(80_000 + 100 * u32::from(driver) + 10 * u32::from(number))),
        deleted_reason: if number == 3 { "TRACK LIMITS, \"T9\"".to_owned() } else { String::new() },
        ..Lap::default()
    };
    let laps: Vec<Lap> =
        [1, 44].into_iter().flat_map(|driver| (1..=20).map(move |number| lap(driver, number))).collect();
    with_laps(&laps)
}

fn write_laps<'a>(data: &Path, laps: impl IntoIterator<Item = &'a Lap>) {
    let folder = data.join("tables/laps/season=2026");
    std::fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(format!("{SESSION}.parquet"))).unwrap();
    let session = Constant { name: "session_id", about: "Session", value: SESSION };
    laps_table().write_parquet_of(&session, laps, file).unwrap();
}

//! Small tables in the layout of the data folder, for tests.

use std::fs::File;
use std::path::Path;

use overcut_domain::{Compound, DriverNumber, Lap, LapNumber, LapTime, SessionTime};
use overcut_store::{Constant, laps_table};
use tempfile::TempDir;

/// The sessions of the fixture.
pub(crate) const MONZA: &str = "2025-italian-grand-prix-race";
pub(crate) const SPA: &str = "2024-belgian-grand-prix-race";

/// A folder with two sessions of laps, one in each of two seasons, and no other table.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 2025, MONZA, &laps(80_000));
    write(folder.path(), 2024, SPA, &laps(106_000));
    folder
}

/// Ten laps of each of two cars; car 44 is a tenth faster, and each lap on the tyres costs 50 ms.
fn laps(base_ms: u32) -> Vec<Lap> {
    let lap = |driver: u16, number: u16| Lap {
        driver: DriverNumber(driver),
        number: LapNumber(number),
        started_at: Some(SessionTime::from_millis(i64::from(number) * 100_000)),
        time: Some(LapTime::from_millis(base_ms + u32::from(number) * 50 - if driver == 44 { 100 } else { 0 })),
        compound: Some(Compound::Hard),
        tyre_life: Some(number),
        is_accurate: true,
        ..Lap::default()
    };
    [1, 44].into_iter().flat_map(|driver| (1..=10).map(move |number| lap(driver, number))).collect()
}

/// Writes a file of laps where the data folder has it.
fn write(folder: &Path, season: u16, id: &str, laps: &[Lap]) {
    let folder = folder.join("laps").join(format!("season={season}"));
    std::fs::create_dir_all(&folder).unwrap();
    let file = File::create(folder.join(format!("{id}.parquet"))).unwrap();
    let session = Constant { name: "session_id", about: "Session", value: id };
    laps_table().write_parquet_of(&session, laps, file).unwrap();
}

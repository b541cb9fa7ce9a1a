//! Rows of OpenF1 against the fold: what the tables say in the end is what the session holds in the end.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

use std::collections::BTreeMap;
use std::path::Path;

use overcut_domain::{DriverNumber, Event, LapNumber, Stamped};
use overcut_session::Session;
use overcut_sources::{DecodeReport, Format, Recording, read_events};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const SESSIONS: [&str; 3] = ["practice_2_11301", "practice_3_11302", "qualifying_11303"];

#[derive(Deserialize)]
struct LapRow {
    driver_number: u16,
    lap_number: u16,
    lap_duration: Option<f64>,
    duration_sector_1: Option<f64>,
    duration_sector_2: Option<f64>,
    duration_sector_3: Option<f64>,
    i1_speed: Option<u16>,
    i2_speed: Option<u16>,
    st_speed: Option<u16>,
    is_pit_out_lap: bool,
}

impl LapRow {
    /// The times as the session has them. The time of a lap out of the garage counts from the line that was crossed
    /// before, garage and all, and is no lap time.
    fn times(&self) -> (Option<u32>, [Option<u32>; 3]) {
        let sectors = [self.duration_sector_1, self.duration_sector_2, self.duration_sector_3].map(millis);
        (millis(self.lap_duration).filter(|_| !self.is_pit_out_lap), sectors)
    }

    /// The one sector that the row leaves out, from the lap time: the fold fills it in where it is that of the lap
    /// before, which a feed does not repeat.
    fn fill(&self, got: [Option<u32>; 3]) -> [Option<u32>; 3] {
        let (time, sectors) = self.times();
        let sum: u32 = sectors.iter().flatten().sum();
        let rest = time.and_then(|time| time.checked_sub(sum));
        let n_missing = sectors.iter().filter(|sector| sector.is_none()).count();
        std::array::from_fn(|idx| sectors[idx].or(rest.filter(|_| n_missing == 1 && got[idx].is_some())))
    }
}

fn fold(folder: &Path) -> (Session, DecodeReport) {
    let (mut session, mut changed) = (Session::new(), Vec::new());
    let mut last = None;
    let report = read_events(folder, |event: Stamped<Event>| {
        assert!(last.is_none_or(|last| last <= event.time), "events are in order of time");
        last = Some(event.time);
        session.apply(&event, &mut changed);
    });
    (session, report.unwrap())
}

fn rows<T: DeserializeOwned>(folder: &Path, endpoint: &str) -> Vec<T> {
    let plain = folder.join(format!("openf1_{endpoint}.json"));
    let bytes = match std::fs::read(&plain) {
        Ok(bytes) => bytes,
        Err(_) => zstd::decode_all(std::fs::File::open(plain.with_extension("json.zst")).unwrap()).unwrap(),
    };
    serde_json::from_slice(&bytes).unwrap()
}

fn millis(seconds: Option<f64>) -> Option<u32> {
    seconds.map(|seconds| (seconds * 1000.0).round() as u32)
}

#[test]
fn a_folder_of_answers_is_a_recording() {
    let Some(folder) = overcut_testkit::recording("f1/openf1/raw_2026_spain/qualifying_11303") else { return };
    let recording = Recording::open(&folder).unwrap();
    assert_eq!(recording.format(), Format::OpenF1);
    let probe = overcut_sources::probe(&folder).unwrap();
    let info = probe.info.unwrap();
    assert_eq!((info.key, info.name.as_str(), info.circuit_key), (Some(11303), "Qualifying", Some(15)));
    assert!(!probe.has_car_data);
}

#[test]
fn the_fold_has_the_laps_of_the_rows() {
    for name in SESSIONS {
        let Some(folder) = overcut_testkit::recording(&format!("f1/openf1/raw_2026_spain/{name}")) else { return };
        let (session, report) = fold(&folder);
        assert!(report.is_clean(), "{report:#?}");
        let laps: Vec<LapRow> = rows(&folder, "laps");
        let mut wrong = Vec::new();
        for row in &laps {
            let Some(lap) = session.lap(DriverNumber(row.driver_number), LapNumber(row.lap_number)) else {
                wrong.push(format!("{} lap {} is missing", row.driver_number, row.lap_number));
                continue;
            };
            let ms = |time: Option<overcut_domain::LapTime>| time.map(|time| time.as_millis());
            let sectors = lap.sectors.map(ms);
            let got = (ms(lap.time), sectors, lap.speeds.i1_kmh, lap.speeds.i2_kmh, lap.speeds.speed_trap_kmh);
            let want = (row.times().0, row.fill(sectors), row.i1_speed, row.i2_speed, row.st_speed);
            if got != want {
                wrong.push(format!("{} lap {}: {got:?}, want {want:?}", row.driver_number, row.lap_number));
            }
        }
        assert!(wrong.is_empty(), "{name}: {} of {} laps\n{}", wrong.len(), laps.len(), wrong.join("\n"));
        assert_eq!(session.laps().count(), laps.len(), "{name}: laps that no row tells of");
    }
}

#[test]
fn the_fold_ends_in_the_order_of_the_result() {
    #[derive(Deserialize)]
    struct Result {
        driver_number: u16,
        position: Option<u8>,
    }
    for name in SESSIONS {
        let Some(folder) = overcut_testkit::recording(&format!("f1/openf1/raw_2026_spain/{name}")) else { return };
        let (session, _) = fold(&folder);
        let result: Vec<Result> = rows(&folder, "session_result");
        for row in &result {
            let car = session.car(DriverNumber(row.driver_number)).unwrap();
            assert_eq!(car.position, row.position, "{name}: car {}", row.driver_number);
        }
    }
}

#[test]
fn the_fold_has_the_stints_of_the_rows() {
    #[derive(Deserialize)]
    struct Row {
        driver_number: u16,
        stint_number: u8,
        lap_start: u16,
        lap_end: u16,
        compound: String,
        tyre_age_at_start: u16,
    }
    for name in SESSIONS {
        let Some(folder) = overcut_testkit::recording(&format!("f1/openf1/raw_2026_spain/{name}")) else { return };
        let (session, _) = fold(&folder);
        let rows: Vec<Row> = rows(&folder, "stints");
        let mut wrong = Vec::new();
        let mut n: BTreeMap<u16, usize> = BTreeMap::new();
        for row in &rows {
            *n.entry(row.driver_number).or_default() += 1;
            let stint = session.stint(DriverNumber(row.driver_number), row.stint_number);
            let got = stint.map(|s| (s.first_lap.0, s.last_lap.0, s.compound.name().to_owned(), s.age_at_start));
            let want = (row.lap_start, row.lap_end, row.compound.clone(), row.tyre_age_at_start);
            if got != Some(want.clone()) {
                wrong.push(format!("{} stint {}: {got:?}, want {want:?}", row.driver_number, row.stint_number));
            }
        }
        assert!(wrong.is_empty(), "{name}: {} of {} stints\n{}", wrong.len(), rows.len(), wrong.join("\n"));
        for (driver, n) in n {
            assert_eq!(session.stints_of(DriverNumber(driver)).len(), n, "{name}: car {driver}");
        }
    }
}

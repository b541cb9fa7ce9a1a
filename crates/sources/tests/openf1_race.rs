//! Real races of OpenF1 against the fold. They are kept as tables, of which the rows of the service are made again: the
//! laps of the 2024 Italian Grand Prix, and what else there is of the 2026 Japanese Grand Prix.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use overcut_domain::{DriverNumber, Event, Gap, LapNumber, LapTime, PitStopReport, Stamped, UtcTime};
use overcut_session::Session;
use overcut_sources::read_events;
use serde_json::{Map, Value, json};

/// A row of a table, by column.
type Row = BTreeMap<String, String>;

fn table(path: &Path) -> Vec<Row> {
    let bytes = std::fs::read(path).unwrap();
    let is_compressed = path.extension().is_some_and(|ending| ending == "zst");
    let bytes = if is_compressed { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
    csv::Reader::from_reader(&bytes[..]).deserialize().map(Result::unwrap).collect()
}

/// A cell as the service would have said it. A column with holes made floats of whole numbers.
fn value(cell: &str) -> Value {
    match (cell, cell.parse::<f64>()) {
        ("", _) => Value::Null,
        ("True", _) => json!(true),
        ("False", _) => json!(false),
        (_, Ok(number)) if number.fract() == 0.0 => json!(number as i64),
        (_, Ok(number)) => json!(number),
        (text, Err(_)) => json!(text),
    }
}

/// Columns that are texts, however they look.
fn is_text(column: &str) -> bool {
    matches!(column, "team_colour" | "name_acronym" | "message")
}

fn answer<'a>(row: &Row, columns: impl IntoIterator<Item = &'a str>) -> Value {
    let cell = |column: &str| match is_text(column) {
        true => json!(row[column]),
        false => value(&row[column]),
    };
    Value::Object(columns.into_iter().map(|column| (column.to_owned(), cell(column))).collect::<Map<_, _>>())
}

fn write(folder: &Path, endpoint: &str, rows: &[Value]) {
    std::fs::write(folder.join(format!("{endpoint}.json")), serde_json::to_vec(rows).unwrap()).unwrap();
}

/// Folds a folder. What the fold says of gaps on its way is told to `each`.
fn fold(folder: &Path, mut each: impl FnMut(&Event)) -> Session {
    let (mut session, mut changed) = (Session::new(), Vec::new());
    let report = read_events(folder, |event: Stamped<Event>| {
        each(&event.value);
        session.apply(&event, &mut changed);
    });
    let report = report.unwrap();
    assert!(report.is_clean(), "{report:#?}");
    session
}

fn number<T: std::str::FromStr>(row: &Row, column: &str) -> T {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {:?}", row[column]))
}

fn driver(row: &Row) -> DriverNumber {
    DriverNumber(number(row, "driver_number"))
}

fn millis(cell: &str) -> Option<u32> {
    cell.parse().ok().map(|seconds: f64| (seconds * 1000.0).round() as u32)
}

/// The race of Japan as a folder of answers, and its tables by endpoint.
fn japan() -> Option<(tempfile::TempDir, BTreeMap<&'static str, Vec<Row>>)> {
    let tables = overcut_testkit::recording("f1/openf1/csv_2026_feb_to_jun")?;
    let files = [
        ("sessions", "target_sessions.csv"),
        ("drivers", "openf1_drivers.csv"),
        ("race_control", "openf1_race_control.csv.zst"),
        ("pit", "openf1_pit.csv"),
        ("position", "openf1_position.csv.zst"),
        ("intervals", "openf1_intervals.csv.zst"),
        ("weather", "openf1_weather.csv.zst"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut by_endpoint = BTreeMap::new();
    for (endpoint, file) in files {
        let mut rows = table(&tables.join(file));
        rows.retain(|row| row["session_key"] == "11253");
        let is_of_service = |column: &&str| *column != "source_closure_retrieved_utc" && !column.starts_with('_');
        let answers: Vec<Value> =
            rows.iter().map(|row| answer(row, row.keys().map(String::as_str).filter(is_of_service))).collect();
        write(folder.path(), endpoint, &answers);
        by_endpoint.insert(endpoint, rows);
    }
    Some((folder, by_endpoint))
}

#[test]
fn a_race_ends_in_the_places_of_the_rows() {
    let Some((folder, rows)) = japan() else { return };
    let session = fold(folder.path(), |_| {});
    let last: BTreeMap<DriverNumber, u8> =
        rows["position"].iter().map(|row| (driver(row), number(row, "position"))).collect();
    assert_eq!(last.len(), 22);
    for (driver, position) in last {
        assert_eq!(session.car(driver).unwrap().position, Some(position), "{driver:?}");
    }
}

/// Without laps the fold cannot say which visit a stop belongs to, so that the events are looked at.
#[test]
fn a_race_tells_every_stop_as_the_rows_have_it() {
    let Some((folder, rows)) = japan() else { return };
    let ms = |time: Option<LapTime>| time.map(LapTime::as_millis);
    let mut got = Vec::new();
    fold(folder.path(), |event| {
        if let Event::PitStops(stops) = event {
            let stop = |stop: &PitStopReport| (stop.driver, stop.lap, ms(stop.lane_time), ms(stop.stop_time));
            got.extend(stops.iter().map(stop));
        }
    });
    let stop = |row: &Row| {
        let lap = Some(LapNumber(number(row, "lap_number")));
        (driver(row), lap, millis(&row["lane_duration"]), millis(&row["stop_duration"]))
    };
    let mut want: Vec<_> = rows["pit"].iter().map(stop).collect();
    got.sort_unstable();
    want.sort_unstable();
    assert_eq!(got, want);
}

#[test]
fn a_race_tells_every_interval_at_its_moment() {
    let Some((folder, rows)) = japan() else { return };
    let mut told: BTreeMap<DriverNumber, Vec<Gap>> = BTreeMap::new();
    fold(folder.path(), |event| {
        if let Event::Timing(update) = event {
            for car in &update.cars {
                let gap = car.gap_to_leader.set().filter(|gap| !matches!(gap, Gap::Leader(_)));
                told.entry(car.driver).or_default().extend(gap);
            }
        }
    });
    let mut n_lapped = 0;
    let mut want: BTreeMap<DriverNumber, Vec<(UtcTime, Gap)>> = BTreeMap::new();
    for row in rows["intervals"].iter().filter(|row| !matches!(row["gap_to_leader"].as_str(), "" | "0.0")) {
        let gap = match millis(&row["gap_to_leader"]) {
            Some(millis) => Gap::Time(LapTime::from_millis(millis)),
            None => row["gap_to_leader"].parse().unwrap(),
        };
        n_lapped += usize::from(matches!(gap, Gap::Laps(_)));
        want.entry(driver(row)).or_default().push((row["date"].parse().unwrap(), gap));
    }
    assert!(n_lapped > 600, "{n_lapped}");
    for (driver, mut want) in want {
        want.sort_by_key(|(date, _)| *date);
        let want: Vec<Gap> = want.into_iter().map(|(_, gap)| gap).collect();
        let got: Vec<Gap> = told.remove(&driver).unwrap_or_default();
        let got: Vec<Gap> = got.into_iter().filter(|gap| *gap != Gap::Time(LapTime::from_millis(0))).collect();
        assert_eq!(got.len(), want.len(), "{driver:?}");
        assert!(got == want, "{driver:?}");
    }
}

/// The laps and stints of the 2024 Italian Grand Prix. The table does not say when laps began: they follow one another,
/// and one that is missing is taken to have lasted as long as the one before.
fn italy() -> Option<(tempfile::TempDir, Vec<Row>)> {
    let path: PathBuf = overcut_testkit::recording("f1/openf1/race_laps_with_telemetry_aggregates_2024.csv.zst")?;
    let mut laps = table(&path);
    laps.retain(|row| row["session_key"] == "9590");
    laps.sort_by_key(|row| (driver(row), number::<u16>(row, "lap_number")));
    let start = "2024-09-01T13:03:30Z".parse::<UtcTime>().unwrap();
    let (mut answers, mut before, mut won_ms) = (Vec::new(), None, i64::MAX);
    for row in &laps {
        let (driver, lap, lasted_ms) = (driver(row), number::<i64>(row, "lap_number"), millis(&row["lap_duration"]));
        let lasted_ms = i64::from(lasted_ms.unwrap());
        let begun_ms = match before {
            Some((of, number, begun_ms, lasted_ms)) if of == driver => begun_ms + lasted_ms * (lap - number),
            _ => start.as_millis(),
        };
        let mut answer = answer(row, LAP_COLUMNS);
        answer["date_start"] = json!(UtcTime::from_millis(begun_ms).to_string());
        answers.push(answer);
        before = Some((driver, lap, begun_ms, lasted_ms));
        if lap == N_LAPS {
            // The message comes some seconds after the winner, and so do those who are nearly lapped.
            won_ms = won_ms.min(begun_ms + lasted_ms + 5000);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "laps", &answers);
    let session = json!({"session_key": 9590, "meeting_key": 1243, "session_name": "Race", "session_type": "Race",
        "date_start": "2024-09-01T13:00:00+00:00", "date_end": "2024-09-01T15:00:00+00:00"});
    write(folder.path(), "sessions", &[session]);
    let started = json!({"session_key": 9590, "date": start.to_string(), "category": "SessionStatus",
        "message": "SESSION STARTED"});
    let flag = json!({"session_key": 9590, "date": UtcTime::from_millis(won_ms).to_string(), "category": "Flag",
        "flag": "CHEQUERED", "scope": "Track", "message": "CHEQUERED FLAG"});
    write(folder.path(), "race_control", &[started, flag]);
    let stints: BTreeMap<(DriverNumber, u8), Value> =
        laps.iter().map(|row| ((driver(row), number(row, "stint_number")), stint(row))).collect();
    write(folder.path(), "stints", &stints.into_values().collect::<Vec<_>>());
    Some((folder, laps))
}

/// Laps of that race.
const N_LAPS: i64 = 53;

const LAP_COLUMNS: [&str; 12] = [
    "session_key",
    "meeting_key",
    "driver_number",
    "lap_number",
    "lap_duration",
    "duration_sector_1",
    "duration_sector_2",
    "duration_sector_3",
    "i1_speed",
    "i2_speed",
    "st_speed",
    "is_pit_out_lap",
];

/// The row of the stint that a lap belongs to.
fn stint(lap: &Row) -> Value {
    let mut stint =
        answer(lap, ["session_key", "meeting_key", "driver_number", "stint_number", "compound", "tyre_age_at_start"]);
    stint["lap_start"] = value(&lap["stint_lap_start"]);
    stint["lap_end"] = value(&lap["stint_lap_end"]);
    stint
}

#[test]
fn a_race_has_the_laps_of_the_rows() {
    let Some((folder, laps)) = italy() else { return };
    let session = fold(folder.path(), |_| {});
    assert!(laps.len() > 1000);
    let mut wrong = Vec::new();
    for row in &laps {
        let (driver, lap) = (driver(row), LapNumber(number(row, "lap_number")));
        let ms = |time: Option<LapTime>| time.map(LapTime::as_millis);
        let speed = |column: &str| row[column].parse::<f64>().ok().map(|speed| speed as u16).filter(|speed| *speed > 0);
        let got = session.lap(driver, lap).map(|lap| (ms(lap.time), lap.sectors.map(ms), lap.speeds.i2_kmh));
        let sectors = ["duration_sector_1", "duration_sector_2", "duration_sector_3"].map(|name| millis(&row[name]));
        // The one sector that a row leaves out the fold fills in from the lap time where it can.
        let rest = millis(&row["lap_duration"]).unwrap().saturating_sub(sectors.iter().flatten().sum());
        let is_filled = |idx: usize| got.is_some_and(|(_, got, _)| got[idx] == Some(rest));
        let sectors: [_; 3] = std::array::from_fn(|idx| sectors[idx].or(is_filled(idx).then_some(rest)));
        let want = (millis(&row["lap_duration"]), sectors, speed("i2_speed"));
        if got != Some(want) {
            wrong.push(format!("{driver:?} {lap:?}: {got:?}, want {want:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} laps\n{}", wrong.len(), laps.len(), wrong.join("\n"));
    let n_timed = session.laps().filter(|lap| lap.time.is_some()).count();
    assert_eq!(n_timed, laps.len(), "times that no row tells of");
}

#[test]
fn a_race_has_the_stints_of_the_rows() {
    let Some((folder, laps)) = italy() else { return };
    let session = fold(folder.path(), |_| {});
    let known: BTreeSet<(DriverNumber, u16)> =
        laps.iter().map(|row| (driver(row), number(row, "lap_number"))).collect();
    let is_hole = |driver: DriverNumber, lap: u16| {
        let mut later = known.range((driver, lap + 1)..=(driver, u16::MAX));
        later.next().is_some() && !known.contains(&(driver, lap))
    };
    for row in &laps {
        let stint = session.stint(driver(row), number(row, "stint_number")).unwrap();
        // Whoever crosses the line is on another lap, also who retires on it or has won: there is no row of it.
        let of_car = known.range((driver(row), 0)..=(driver(row), u16::MAX));
        let ended = stint.last_lap.0.min(of_car.map(|(_, lap)| *lap).max().unwrap());
        let got = (stint.first_lap.0, ended, stint.compound.name(), stint.age_at_start);
        // A lap that the service lost belongs to the stint before it.
        let last_lap: u16 = number(row, "stint_lap_end");
        let last_lap = last_lap + u16::from(is_hole(driver(row), last_lap + 1));
        let want =
            (number(row, "stint_lap_start"), last_lap, row["compound"].as_str(), number(row, "tyre_age_at_start"));
        assert_eq!(got, want, "{row:?}");
    }
}

//! One short hand-made table in every format, and what is particular to each.
#![allow(clippy::unwrap_used, reason = "a failed write is a failed test")]

use overcut_domain::{
    Alert, AlertKind, CarSample, Compound, DriverNumber, Drs, Evidence, Flag, FlagScope, Lap, LapNumber, LapTime,
    PositionSample, RaceControlMessage, SessionTime, Speeds, Stamped, TimeColour, TrackStatus, UtcTime, Weather,
};
use overcut_store::{
    Cell, Table, TableFormat, alerts_table, drivers_table, laps_table, pit_stops_table, race_control_table,
    results_table, stints_table, telemetry_rows, telemetry_table, weather_table,
};

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

fn text<R>(table: &Table<R>, format: TableFormat, rows: &[R]) -> String {
    let mut out = Vec::new();
    assert_eq!(table.write(format, rows, &mut out).unwrap(), rows.len() as u64);
    String::from_utf8(out).unwrap()
}

fn messages() -> Vec<Stamped<RaceControlMessage>> {
    vec![
        Stamped {
            time: at(61_000),
            value: RaceControlMessage {
                utc: Some(UtcTime::from_millis(1_800_000_000_000)),
                lap: Some(LapNumber(3)),
                flag: Some(Flag::DoubleYellow),
                scope: Some(FlagScope::Sector(7)),
                text: "CAR 7 (MOO), \"SLOW\"\nIN SECTOR 7".to_owned(),
                ..RaceControlMessage::default()
            },
        },
        Stamped {
            time: at(62_000),
            value: RaceControlMessage {
                index: 1,
                scope: Some(FlagScope::Driver(DriverNumber(7))),
                text: "=1+1".to_owned(), // harmless here, a formula in a spreadsheet: it is exported as it is
                ..RaceControlMessage::default()
            },
        },
    ]
}

fn weather() -> Vec<Stamped<Weather>> {
    let reading = Weather { air_temperature_c: Some(21.3), is_raining: Some(false), ..Weather::default() };
    let broken = Weather { air_temperature_c: Some(f32::NAN), wind_direction_deg: Some(359), ..Weather::default() };
    vec![Stamped { time: at(0), value: reading }, Stamped { time: at(60_000), value: broken }]
}

fn laps() -> Vec<Lap> {
    let lap = Lap {
        driver: DriverNumber(7),
        number: LapNumber(1),
        started_at: Some(at(1000)),
        ended_at: Some(at(91_500)),
        sectors: [None, Some(LapTime::from_millis(30_001)), Some(LapTime::from_millis(29_000))],
        sector_colours: [TimeColour::Plain, TimeColour::Purple, TimeColour::Green],
        speeds: Speeds { speed_trap_kmh: Some(311), ..Speeds::default() },
        compound: Some(Compound::Soft),
        tyre_life: Some(4),
        fresh_tyre: Some(false),
        track_status: vec![TrackStatus::Clear, TrackStatus::SafetyCar],
        ..Lap::default()
    };
    let next = Lap {
        number: LapNumber(2),
        started_at: Some(at(91_500)),
        ended_at: None,
        deleted: true,
        deleted_reason: "TRACK LIMITS".to_owned(),
        ..lap.clone()
    };
    vec![lap, next]
}

#[test]
fn csv_is_quoted_where_it_must_be() {
    insta::assert_snapshot!(text(&race_control_table(), TableFormat::Csv, &messages()));
}

#[test]
fn absent_values_are_empty_or_null() {
    insta::assert_snapshot!(text(&weather_table(), TableFormat::Csv, &weather()));
    insta::assert_snapshot!(text(&weather_table(), TableFormat::Json, &weather()));
}

#[test]
fn laps_as_json() {
    let json = text(&laps_table(), TableFormat::Json, &laps());
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&json).unwrap();
    assert_eq!(rows.len(), 2);
    insta::assert_json_snapshot!(rows[1]);
}

#[test]
fn alerts_carry_their_evidence() {
    let alert = Alert {
        kind: AlertKind::EngineOverRev,
        driver: DriverNumber(7),
        lap: None,
        raised_at: at(5000),
        settled_at: at(4700),
        waited_ms: 0,
        started_at: at(4000),
        peak_at: at(4500),
        ended_at: Some(at(4800)),
        distance_m: Some(1250.5),
        evidence: vec![Evidence {
            what: "peak engine speed".into(),
            value: 13_100.0,
            reference: 12_800.0,
            unit: "1/min".into(),
        }],
        confidence: 0.9,
        text: "engine at 13100 1/min".to_owned(),
    };
    insta::assert_snapshot!(text(&alerts_table(), TableFormat::Csv, &[alert]));
}

#[test]
fn an_empty_table_is_valid() {
    insta::assert_snapshot!(text(&stints_table(), TableFormat::Csv, &[]));
    assert_eq!(text(&stints_table(), TableFormat::Json, &[]), "[\n]\n");
}

#[test]
fn telemetry_merges_samples_by_time_without_inventing_any() {
    let car = |millis, drs| CarSample {
        time: at(millis),
        driver: DriverNumber(7),
        rpm: Some(11_000),
        speed_kmh: None,
        gear: Some(-1),
        throttle_percent: Some(100),
        brake_percent: Some(0),
        drs,
    };
    let position = |millis| PositionSample {
        time: at(millis),
        driver: DriverNumber(7),
        x_dm: -5,
        y_dm: 6,
        z_dm: 0,
        on_track: true,
    };
    let cars = [car(900, None), car(1200, Some(Drs::Open)), car(95_000, None)];
    let positions = [position(1000), position(1200), position(1200)];
    let rows: Vec<_> = telemetry_rows(cars.into_iter(), positions.into_iter(), &laps()).collect();
    insta::assert_snapshot!(text(&telemetry_table(), TableFormat::Csv, &rows));
}

/// The columns of every table, as `docs/data-folder.md` lists them.
#[test]
fn the_documentation_lists_every_column() {
    const DOC: &str = include_str!("../../../docs/data-folder.md");
    fn check<R>(table: Table<R>) {
        assert!(DOC.contains(&format!("### {}\n", table.name)), "no section on {}", table.name);
        for column in &table.columns {
            let line = format!("| `{}` | {} | {} |\n", column.name, column.cell.type_name(), column.about);
            assert!(DOC.contains(&line), "docs/data-folder.md lacks this line in {}:\n{line}", table.name);
        }
    }
    check(laps_table());
    check(stints_table());
    check(pit_stops_table());
    check(race_control_table());
    check(weather_table());
    check(drivers_table());
    check(results_table());
    check(alerts_table());
    check(telemetry_table());
}

#[cfg(feature = "parquet")]
mod parquet_files {
    use parquet::basic::Type as Physical;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    /// The file as text: the schema, then rows.
    fn read_back<R>(table: &Table<R>, rows: &[R]) -> (SerializedFileReader<std::fs::File>, String) {
        let mut file = tempfile::tempfile().unwrap();
        table.write(TableFormat::Parquet, rows, &mut file).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let text = reader.get_row_iter(None).unwrap().map(|row| format!("{}\n", row.unwrap())).collect();
        (reader, text)
    }

    #[test]
    fn reads_back_as_written() {
        insta::assert_snapshot!(read_back(&race_control_table(), &messages()).1);
        insta::assert_snapshot!(read_back(&weather_table(), &weather()).1);
    }

    /// Two implementations of one table agree: every value of the Parquet file is that of the JSON.
    #[test]
    fn says_the_same_as_json() {
        let json = text(&laps_table(), TableFormat::Json, &laps());
        let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&json).unwrap();
        let (reader, _) = read_back(&laps_table(), &laps());
        for (row, want) in reader.get_row_iter(None).unwrap().zip(&rows) {
            for (name, field) in row.unwrap().get_column_iter() {
                let is_same = match field {
                    Field::Null => want[name].is_null(),
                    Field::Bool(flag) => want[name] == *flag,
                    Field::Int(number) => want[name] == *number,
                    Field::Long(number) => want[name] == *number,
                    Field::Str(text) => want[name] == *text.as_str(),
                    other => panic!("{name} is {other:?}"),
                };
                assert!(is_same, "{name}: {field} against {}", want[name]);
            }
        }
    }

    #[test]
    fn columns_have_types_and_meanings() {
        let table = laps_table();
        let (reader, _) = read_back(&table, &laps());
        let metadata = reader.metadata().file_metadata();
        for (column, meaning) in table.columns.iter().zip(metadata.key_value_metadata().unwrap()) {
            assert_eq!((meaning.key.as_str(), meaning.value.as_deref()), (column.name, Some(column.about)));
        }
        for (column, field) in table.columns.iter().zip(metadata.schema_descr().columns()) {
            let want = match column.cell {
                Cell::Whole(_) => Physical::INT32,
                Cell::Millis(_) | Cell::Utc(_) => Physical::INT64,
                Cell::Real(_) => Physical::FLOAT,
                Cell::Flag(_) => Physical::BOOLEAN,
                Cell::Text(_) => Physical::BYTE_ARRAY,
            };
            assert_eq!((field.name(), field.physical_type()), (column.name, want));
        }
    }

    #[test]
    fn same_rows_same_bytes() {
        let bytes = || {
            let mut out = Vec::new();
            laps_table().write(TableFormat::Parquet, laps(), &mut out).unwrap();
            out
        };
        assert_eq!(bytes(), bytes());
    }
}

//! What is answered, what is refused, and what is said about what is wrong.

use std::fs;
use std::path::Path;

use overcut_sql::{Answer, ColumnInfo, Format, Limits, Place, Query, QueryError, answer_here, tables};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::folder::{MONZA, SPA, folder};

fn ask_as(folder: &Path, text: &str, format: Format, limits: Limits) -> Result<Answer, QueryError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(answer_here(folder, &Query { text: text.to_owned(), format, limits }, 2))
}

fn ask(folder: &Path, text: &str) -> Result<Value, QueryError> {
    let answer = ask_as(folder, text, Format::Json, Limits::default())?;
    Ok(serde_json::from_slice(&answer.body).unwrap())
}

fn rows(folder: &Path, text: &str) -> Value {
    ask(folder, text).unwrap_or_else(|error| panic!("{text}: {error}"))["rows"].take()
}

#[test]
fn sessions_and_seasons_are_one_table() {
    let folder = folder();
    let best = rows(
        folder.path(),
        "select session_id, season, driver, min(lap_time_ms) from laps group by all order by season desc, driver",
    );
    assert_eq!(
        best,
        json!(
            [[MONZA, 2025, 1, 80_050], [MONZA, 2025, 44, 79_950], [SPA, 2024, 1, 106_050], [SPA, 2024, 44, 105_950],]
        )
    );
    assert_eq!(rows(folder.path(), "select count(*) from laps where season = 2024"), json!([[20]]));
    let slope = rows(
        folder.path(),
        "select round(regr_slope(lap_time_ms, tyre_life_laps)) from laps where driver = 1 and season = 2025",
    );
    assert_eq!(slope, json!([[50.0]]));
}

#[test]
fn every_table_is_there_without_files() {
    let empty = tempfile::tempdir().unwrap();
    for table in tables() {
        let answer = ask(empty.path(), &format!("select * from {}", table.name)).unwrap();
        let column = |column: &ColumnInfo| json!({ "name": column.name, "type": column.type_name });
        assert_eq!(answer["columns"], Value::from_iter(table.columns.iter().map(column)));
        assert_eq!(answer["rows"], json!([]));
        let named: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((named[0], named[named.len() - 1]), ("session_id", "season"));
    }
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "asking makes nothing");
}

#[test]
fn tables_can_be_asked_for_in_sql_too() {
    let folder = folder();
    let named = rows(folder.path(), "show tables");
    assert!(named.as_array().unwrap().iter().any(|row| row[2] == "telemetry"));
    assert!(rows(folder.path(), "describe laps").as_array().unwrap().iter().any(|row| row[0] == "season"));
    assert!(!rows(folder.path(), "show columns from laps").as_array().unwrap().is_empty());
    assert!(rows(folder.path(), "explain select * from laps").to_string().contains("TableScan"));
    assert!(rows(folder.path(), "explain analyze select count(*) from laps")[0][1].as_str().is_some());
}

#[test]
fn what_writes_is_refused() {
    let folder = folder();
    let elsewhere = folder.path().join("out.parquet");
    let path = elsewhere.display();
    let refused = [
        "create table t as select * from laps".to_owned(),
        "create view v as select * from laps".to_owned(),
        format!("create external table t stored as parquet location '{path}'"),
        "create schema s".to_owned(),
        "create database d".to_owned(),
        "drop table laps".to_owned(),
        "drop schema tables cascade".to_owned(),
        "insert into laps select * from laps".to_owned(),
        "insert into laps (driver) values (1)".to_owned(),
        "update laps set driver = 1".to_owned(),
        "delete from laps".to_owned(),
        format!("copy laps to '{path}'"),
        format!("copy (select 1) to '{path}' stored as csv"),
        "set datafusion.execution.batch_size = 1".to_owned(),
        "reset datafusion.execution.batch_size".to_owned(),
        "prepare p as select 1".to_owned(),
        "execute p".to_owned(),
        "deallocate p".to_owned(),
        "begin".to_owned(),
        "commit".to_owned(),
        "explain insert into laps select * from laps".to_owned(),
        "explain analyze insert into laps select * from laps".to_owned(),
        format!("explain analyze copy laps to '{path}'"),
        "create function f(int) returns int return $1".to_owned(),
    ];
    for text in refused {
        // Some of it the engine does not even plan: then it is not understood.
        let error = ask(folder.path(), &text).expect_err(&text);
        assert!(matches!(error, QueryError::Refused(_) | QueryError::Invalid { .. }), "{text}: {error:?}");
    }
    let error = ask(folder.path(), &format!("copy laps to '{path}'")).unwrap_err();
    assert_eq!(error, QueryError::Refused("COPY".to_owned()));
    let error = ask(folder.path(), "create schema s").unwrap_err();
    assert_eq!(error, QueryError::Refused("CREATE CATALOG SCHEMA".to_owned()));
    assert!(ask(folder.path(), "select 1; drop table laps").is_err(), "one question at a time");
    assert!(!elsewhere.exists());
    assert_eq!(rows(folder.path(), "select count(*) from laps"), json!([[40]]));
}

#[test]
fn no_path_leads_to_a_file() {
    let folder = folder();
    let file = folder.path().join(format!("laps/season=2025/{MONZA}.parquet"));
    let paths = [
        file.display().to_string(),
        format!("file://{}", file.display()),
        format!("overcut://tables/laps/season=2025/{MONZA}.parquet"),
        "../laps".to_owned(),
        "/etc/passwd".to_owned(),
        "laps/season=2025".to_owned(),
        "s3://bucket/file.parquet".to_owned(),
    ];
    for path in paths {
        for text in
            [format!("select * from '{path}'"), format!("select * from \"{path}\""), format!("describe '{path}'")]
        {
            let error = ask(folder.path(), &text).expect_err(&text);
            assert!(matches!(error, QueryError::Invalid { .. }), "{text}: {error:?}");
        }
    }
    for function in ["read_parquet", "read_csv", "read_json", "parquet_metadata", "load_file", "pg_read_file"] {
        let text = format!("select * from {function}('{}')", file.display());
        assert!(ask(folder.path(), &text).is_err(), "{text}");
        assert!(ask(folder.path(), &format!("select {function}('/etc/passwd')")).is_err(), "{function}");
    }
}

#[test]
fn errors_point_at_the_place_and_suggest_names() {
    let folder = folder();
    let place = |line, column| Some(Place { line, column });
    let cases = [
        ("select lap_tim from laps", "no column \"lap_tim\"", place(1, 8), vec!["lap_time_ms"]),
        ("select l.drivr\nfrom laps l", "\"l.drivr\"", place(1, 8), vec!["driver"]),
        ("select driver from laps\nwhere seasn = 2025", "\"seasn\"", place(2, 7), vec!["season"]),
        ("select * from lapz", "no table \"lapz\"", place(1, 15), vec!["laps"]),
        ("select *\nfrom stint", "no table \"stint\"", place(2, 6), vec!["stints"]),
        ("selct 1", "Expected", place(1, 1), vec![]),
        ("select count(* from laps", "Expected", place(1, 16), vec![]),
        ("select 'open", "Unterminated", place(1, 8), vec![]),
        ("select driver from laps l join stints s on l.driver = s.driver", "ambiguous", None, vec![]),
        ("select nonsense(1)", "nonsense", None, vec![]),
        ("select driver, count(*) from laps", "GROUP BY", place(1, 8), vec![]),
    ];
    for (text, words, where_, names) in cases {
        match ask(folder.path(), text).expect_err(text) {
            QueryError::Invalid { message, place, near, .. } => {
                assert!(message.contains(words) && !message.contains('\n'), "{text}: {message}");
                assert!(where_.is_none() || place == where_, "{text}: {place:?}");
                assert!(names.is_empty() || near == names, "{text}: {near:?}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let error = ask(folder.path(), "select lap_tim from laps").unwrap_err();
    assert_eq!(error.to_string(), "there is no column \"lap_tim\" at line 1, column 8; did you mean lap_time_ms?");
    let error = ask(folder.path(), "select * from cars").unwrap_err().to_string();
    assert!(
        error.ends_with(
            "; there are sessions, laps, stints, pit_stops, race_control, weather, drivers, results, alerts, telemetry"
        ),
        "{error}"
    );
}

#[test]
fn rows_are_cut_and_it_is_said() {
    let folder = folder();
    let limits = Limits { n_rows: 7, ..Limits::default() };
    for (text, want) in [
        ("select * from laps", (7, true)),
        ("select * from laps limit 7", (7, false)),
        ("select lap_number from laps order by lap_time_ms", (7, true)),
    ] {
        let answer = ask_as(folder.path(), text, Format::Json, limits).unwrap();
        assert_eq!((answer.n_rows, answer.is_truncated), want, "{text}");
    }
    let limits = Limits { answer_bytes: 100, ..Limits::default() };
    assert_eq!(ask_as(folder.path(), "select * from laps", Format::Csv, limits), Err(QueryError::TooLong(100)));
}

#[test]
fn memory_is_bounded() {
    let folder = folder();
    let limits = Limits { memory_bytes: 4 << 20, n_rows: 10_000_000, ..Limits::default() };
    for text in [
        "select distinct a.value, b.value from generate_series(1, 3000) a, generate_series(1, 3000) b",
        "select a.value as x from generate_series(1, 4000000) a order by x desc",
        "select value, cast(value as varchar) as text from generate_series(1, 4000000)",
    ] {
        let error = ask_as(folder.path(), text, Format::Json, limits).expect_err(text);
        assert_eq!(error, QueryError::TooMuchMemory(4 << 20), "{text}");
    }
}

#[test]
fn formats_say_the_same() {
    let folder = folder();
    let text = "select driver, lap_time_ms, compound, fresh_tyre, arrow_cast(0, 'Timestamp(Millisecond, Some(\"UTC\"))') as zero, \
                0.5 as half from laps where season = 2025 order by driver, lap_number limit 2";
    let written = |format| ask_as(folder.path(), text, format, Limits::default()).unwrap().body;
    assert_eq!(
        String::from_utf8(written(Format::Csv)).unwrap(),
        "driver,lap_time_ms,compound,fresh_tyre,zero,half\n\
         1,80050,HARD,,1970-01-01T00:00:00.000Z,0.5\n1,80100,HARD,,1970-01-01T00:00:00.000Z,0.5\n"
    );
    let json: Value = serde_json::from_slice(&written(Format::Json)).unwrap();
    assert_eq!(json["rows"][1], json!([1, 80_100, "HARD", null, "1970-01-01T00:00:00.000Z", 0.5]));
    assert_eq!(json["columns"][4], json!({"name": "zero", "type": "timestamp"}));
    assert_eq!((&json["n_rows"], &json["is_truncated"]), (&json!(2), &json!(false)));
    let none = ask_as(folder.path(), "select driver from laps where false", Format::Csv, Limits::default()).unwrap();
    assert_eq!(none.body, b"driver\n");
}

#[test]
fn strange_files_do_no_harm() {
    let folder = folder();
    let laps = folder.path().join("laps");
    fs::write(laps.join("season=2025/notes.txt"), "no table").unwrap();
    fs::write(laps.join("season=2025/x.parquet.part"), "PAR1").unwrap();
    fs::write(laps.join("season=2025/empty.parquet"), "").unwrap();
    fs::create_dir(folder.path().join("secrets")).unwrap();
    fs::write(laps.join("stray.parquet"), "not below a season").unwrap();
    assert_eq!(rows(folder.path(), "select count(*) from laps"), json!([[40]]));
    fs::write(laps.join("season=2025/damaged.parquet"), "PAR1 and then nothing").unwrap();
    let error = ask(folder.path(), "select count(driver) from laps").unwrap_err();
    assert!(matches!(error, QueryError::Failed(_)), "{error:?}");
    assert_eq!(rows(folder.path(), "select count(*) from laps where season = 2024"), json!([[20]]), "others are read");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is asked: an answer or an error in one line, never a panic.
    #[test]
    fn hostile_text_is_answered_in_words(
        words in prop::collection::vec(
            prop_oneof![
                Just("select"), Just("from"), Just("laps"), Just("driver"), Just("("), Just(")"), Just("*"), Just(","),
                Just("where"), Just("'"), Just("\""), Just("--"), Just("/*"), Just("1"), Just("join"), Just("on"),
                Just("group by"), Just("order by"), Just("over"), Just("with"), Just("as"), Just("union"), Just("$1"),
                Just("?"), Just(";"), Just("\0"), Just("é"), Just("\u{202e}"), Just("limit"), Just("-1"), Just("null"),
                Just("cast"), Just("interval"), Just("::"), Just("["), Just("{"), Just("\\"), Just("describe"),
            ],
            0..12,
        ),
        tail in ".{0,20}",
    ) {
        let empty = tempfile::tempdir().unwrap();
        let text = format!("{} {tail}", words.join(" "));
        if let Err(error) = ask(empty.path(), &text) {
            prop_assert!(!matches!(error, QueryError::Broken(_)), "{text:?}: {error:?}");
        }
    }
}

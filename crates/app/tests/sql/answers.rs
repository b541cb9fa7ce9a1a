//! Answers: right, and the same wherever they are asked for.

use std::collections::{BTreeMap, BTreeSet};

use overcut_session::Session;
use serde_json::{Value, json};

use crate::folder::{small, with_laps};
use crate::program::{Server, answer, answer_to_input, rows, sql};

/// The options and media types of the formats that both ways have.
const FORMATS: [(&str, &str); 2] = [("--json", "application/json"), ("--csv", "text/csv")];

#[test]
fn an_answer_is_the_same_over_http_and_on_the_command_line() {
    let data = small();
    let server = Server::start(data.path(), &[]);
    let queries = [
        "select driver, min(lap_time_ms) as best from laps group by driver order by driver",
        "select * from laps order by driver, lap_number",
        "select deleted_reason, 0.1 + 0.2, null, cast('2026-01-01' as date) from laps where lap_number = 3",
        "select count(*) from telemetry where driver = 1",
        "describe laps",
        "select 'é\u{202e}\"x', '' as empty",
    ];
    for query in queries {
        for (option, accept) in FORMATS {
            let printed = answer(data.path(), &[query, option]);
            let sent = server.ask(query, accept);
            assert_eq!((sent.status, &sent.body), (200, &printed), "{query} as {accept}");
            assert!(sent.head.contains(&format!("content-type: {accept}")), "{}", sent.head);
            assert!(sent.head.contains("x-overcut-truncated: false"), "{}", sent.head);
        }
        assert_eq!(answer_to_input(data.path(), query), answer(data.path(), &[query, "--json"]), "{query}");
    }
    let wrong = "select lap_tim from laps";
    let sent = server.ask(wrong, "text/csv");
    let problem = sent.json();
    assert!(sent.head.contains("content-type: application/problem+json"), "{}", sent.head);
    assert_eq!((sent.status, &problem["type"]), (400, &json!("/problems/bad-query")));
    assert_eq!(
        (&problem["line"], &problem["column"], &problem["near"]),
        (&json!(1), &json!(8), &json!(["lap_time_ms"]))
    );
    let output = sql(data.path(), &[wrong]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert_eq!(said, format!("overcut: {}\n\n  {wrong}\n         ^\n", problem["detail"].as_str().unwrap()));
    let output = sql(data.path(), &["select driver,\n\tlap_tim from laps"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.ends_with("\n\n  \tlap_tim from laps\n  \t^\n"), "{said}");
}

#[test]
fn the_fastest_laps_are_those_of_the_fold() {
    let Some(recording) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let (mut session, mut changed) = (Session::new(), Vec::new());
    overcut_sources::read_events(recording, |event| {
        changed.clear();
        session.apply(&event, &mut changed);
    })
    .unwrap();
    let mut best: BTreeMap<u16, (u32, u16)> = BTreeMap::new();
    for lap in session.laps().filter(|lap| !lap.deleted) {
        let Some(time) = lap.time else { continue };
        let candidate = (time.as_millis(), lap.number.0);
        let known = best.entry(lap.driver.0).or_insert(candidate);
        *known = candidate.min(*known);
    }
    assert!(best.len() > 15, "the sprint had more cars than {}", best.len());
    let data = with_laps(session.laps());
    let found = rows(
        data.path(),
        "select driver, lap_time_ms, lap_number from (select *, row_number() over (partition by driver \
         order by lap_time_ms, lap_number) as place from laps where lap_time_ms is not null and not deleted) \
         where place = 1 order by driver",
    );
    let want: Vec<Value> = best.iter().map(|(driver, (time, lap))| json!([driver, time, lap])).collect();
    assert_eq!(found, Value::Array(want));
    let n_laps = session.laps().count();
    assert_eq!(
        rows(data.path(), "select count(*), count(distinct session_id), max(season) from laps"),
        json!([[n_laps, 1, 2026]])
    );
}

#[test]
fn answers_are_printed_for_people() {
    let data = small();
    let print = |arguments: &[&str]| String::from_utf8(answer(data.path(), arguments)).unwrap();
    let table = print(&[
        "select driver, max(lap_time_ms) / 3.0 as third_ms, null as nothing, '\u{1b}[2J' as text from laps group by 1 order by 1",
    ]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let heading = vec!["driver", "third_ms", "nothing", "text"];
    assert_eq!(lines, [heading, vec!["1", "26766.667", "[2J"], vec!["44", "28200", "[2J"]]);
    assert!(print(&["explain select driver from laps"]).contains("DataSourceExec"));
    let output = sql(data.path(), &["select driver from laps", "--limit", "3", "--csv"]);
    assert_eq!(output.stdout, b"driver\n1\n1\n1\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "the first 3 rows; --limit shows more\n");
    let none = sql(data.path(), &["select driver from laps where driver = 99"]);
    assert_eq!((none.stdout, none.stderr), (b" driver\n".to_vec(), b"no rows\n".to_vec()));
}

#[test]
fn tables_are_listed_with_what_their_columns_mean() {
    let data = small();
    let listed = String::from_utf8(answer(data.path(), &["--tables"])).unwrap();
    for words in ["LAPS", "lap_time_ms", "Lap time as measured", "TELEMETRY", "Year of the session"] {
        assert!(listed.contains(words), "{words} is not in\n{listed}");
    }
    let sent = Server::start(data.path(), &[]).get("/api/v1/sql/tables").json();
    let printed: Value = serde_json::from_slice(&answer(data.path(), &["--tables", "--json"])).unwrap();
    assert_eq!(sent, printed);
    let named: BTreeSet<_> = sent.as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap()).collect();
    assert_eq!(named, overcut_warehouse::TABLES.into_iter().collect(), "every table that is written can be asked");
}

#[test]
fn a_folder_without_tables_says_how_to_get_some() {
    let data = tempfile::tempdir().unwrap();
    let said = String::from_utf8(sql(data.path(), &["select * from laps"]).stderr).unwrap();
    assert!(said.contains("`overcut tables --all`"), "{said}");
    let refused = Server::start(data.path(), &[]).ask("select * from laps", "");
    assert_eq!((refused.status, &refused.json()["type"]), (404, &json!("/problems/no-data")));
}

#[test]
fn a_server_answers_only_where_it_is_meant_to() {
    let data = small();
    let open = Server::start(data.path(), &["--bind", "0.0.0.0"]);
    let refused = open.ask("select 1", "");
    assert_eq!((refused.status, &refused.json()["type"]), (403, &json!("/problems/sql-off")));
    std::fs::write(data.path().join("config.toml"), "[sql]\nenabled = \"always\"\nmax_rows = 2\n").unwrap();
    let answered = Server::start(data.path(), &["--bind", "0.0.0.0"]).ask("select driver from laps", "").json();
    assert_eq!((&answered["n_rows"], &answered["is_truncated"]), (&json!(2), &json!(true)));
}

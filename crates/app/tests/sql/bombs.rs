//! Queries that ask for more than there is: each is stopped, and the server goes on.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::folder::small;
use crate::program::{Server, path_of, sql};

/// A data folder whose queries may take a second and 64 MiB, one at a time.
fn tight() -> tempfile::TempDir {
    let data = small();
    std::fs::write(data.path().join("config.toml"), "[sql]\ntimeout_s = 1\nmax_memory_mib = 64\nat_once = 1\n")
        .unwrap();
    data
}

/// Processes that answer for this server now.
#[cfg(target_os = "linux")]
fn workers(server: &Server) -> usize {
    let is_ours = |status: String| status.lines().any(|line| line == format!("PPid:\t{}", server.pid()));
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.ok()?.path().join("status");
        std::fs::read_to_string(path).ok()
    });
    processes.filter(|status| is_ours(status.clone())).count()
}

const SLOW: [&str; 3] = [
    // Much to do that gives way often.
    "select count(*) from generate_series(1, 1000000) a cross join generate_series(1, 1000000) b",
    // A join that finds nothing, and so never gives way.
    "select count(*) from generate_series(1, 2000000) a join generate_series(1, 2000000) b on a.value * b.value < 0",
    // Endless recursion.
    "with recursive n as (select 1 as i union all select i from n) select count(*) from n",
];

const LARGE: [&str; 3] = [
    // What the engine counts.
    "select count(*) from (select distinct a.value * 3000 + b.value from generate_series(1, 3000) a cross join generate_series(1, 3000) b)",
    // What it does not.
    "select length(repeat('x', 2000000000))",
    "select repeat('x', 20000000) from generate_series(1, 1000)",
];

#[test]
fn a_bomb_hits_its_limit_and_the_server_stays_well() {
    let data = tight();
    let server = Server::start(data.path(), &[]);
    for query in SLOW.into_iter().chain(LARGE) {
        let since = Instant::now();
        let refused = server.ask(query, "");
        assert_eq!(refused.status, 422, "{query}");
        if SLOW.contains(&query) {
            assert_eq!(refused.json()["type"], "/problems/query-too-heavy", "{query}");
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{query} took {:?}", since.elapsed());
        assert_eq!(server.get("/api/v1/health").json()["status"], "ok");
        #[cfg(target_os = "linux")]
        assert_eq!(workers(&server), 0, "{query} goes on");
    }
    assert_eq!(server.ask("select count(*) from laps", "").json()["rows"], json!([[40]]));
}

#[test]
fn one_question_is_answered_at_a_time_and_one_that_nobody_waits_for_ends() {
    let data = small();
    std::fs::write(data.path().join("config.toml"), "[sql]\ntimeout_s = 50\nat_once = 1\n").unwrap();
    let server = Server::start(data.path(), &[]);
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    write!(stream, "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path_of(SLOW[0])).unwrap();
    let busy = std::iter::repeat_with(|| server.ask("select 1", "")).find(|answer| answer.status != 200).unwrap();
    assert_eq!((busy.status, &busy.json()["type"]), (503, &json!("/problems/busy")));
    assert!(busy.head.contains("retry-after: 1"), "{}", busy.head);
    drop(stream);
    assert_eq!(server.ask("select 1", "").json()["rows"], json!([[1]]), "its turn is free at once");
}

#[test]
fn nothing_nests_too_deeply_for_the_process() {
    let data = small();
    let texts = [
        format!("select {}", vec!["1"; 8000].join("+")),
        format!("select {}1{}", "(".repeat(4000), ")".repeat(4000)),
        format!("select {} from laps", vec!["driver=1"; 1600].join(" or ")),
        format!("select {}true", "not ".repeat(4000)),
        format!("select {}1", "- ".repeat(8000)),
        vec!["select 1"; 900].join(" union all "),
        format!("select 1 from {}laps{}", "(select * from ".repeat(900), ") a".repeat(900)),
        format!("select case {} end from laps", "when driver = 1 then 1 ".repeat(700)),
    ];
    for text in texts {
        assert_it_ends_well(data.path(), &text);
    }
}

/// An answer, or an error in words; never a broken process.
fn assert_it_ends_well(data: &Path, text: &str) {
    let output = sql(data, &[text, "--csv"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("broke"), "{}…: {said}", &text[..40]);
}

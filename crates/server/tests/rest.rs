//! The REST API over a real listener.

mod common;

use common::{END_MS, LAP_MS, at, get, race, request, start, summary};
use overcut_server::{ServerConfig, SharedSession, now_ms};
use overcut_timeline::{House, Speed};
use std::sync::Arc;

const RACE: &str = "/api/v1/sessions/race";

#[tokio::test]
async fn lists_are_paged_and_narrowed() {
    let server = start(ServerConfig::default());
    let cases = [
        ("/laps", 20, 20),
        ("/laps?limit=5", 20, 5),
        ("/laps?limit=5&offset=18", 20, 2),
        ("/laps?driver=44", 10, 10),
        ("/laps?driver=44&from_lap=3&to_lap=4", 2, 2),
        ("/laps?from_ms=90000&to_ms=150000", 2, 2),
        ("/laps?t_ms=150000", 4, 4),
        ("/stints", 1, 1),
        ("/stints?t_ms=99999", 0, 0),
        ("/pit-stops?from_lap=3", 1, 1),
        ("/pit-stops?from_lap=4", 0, 0),
        ("/race-control?driver=44", 1, 1),
        ("/race-control?driver=1", 0, 0),
        ("/weather", 1, 1),
        ("/drivers", 2, 2),
        ("/alerts?driver=44", 1, 1),
        ("/marks?t_ms=30000", 1, 1),
        ("/feeds", 0, 0),
        ("/gaps", 0, 0),
    ];
    for (path, total, here) in cases {
        let answer = get(server.address, &format!("{RACE}{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let page = answer.json();
        assert_eq!(
            (page["total"].as_u64(), page["items"].as_array().map(Vec::len)),
            (Some(total), Some(here)),
            "{path}"
        );
    }
    let sessions = get(server.address, "/api/v1/sessions?season=2024&kind=race&text=grand%20RING").await.json();
    assert_eq!(sessions["items"][0]["id"], "race");
    assert_eq!(sessions["total"], 1);
}

#[tokio::test]
async fn the_board_is_that_of_the_moment() {
    let server = start(ServerConfig::default());
    let board = get(server.address, &format!("{RACE}/board?t_ms={}", 30_000 + 2 * LAP_MS)).await.json();
    let cars: Vec<_> = board["cars"].as_array().unwrap().iter().map(|car| (&car["driver"], &car["lap"])).collect();
    assert_eq!(cars, [(&1.into(), &2.into()), (&44.into(), &2.into())]);
    assert_eq!(board["session"]["status"], "started");
}

#[tokio::test]
async fn two_laps_are_compared_by_distance() {
    let server = start(ServerConfig::default());
    let comparison = get(server.address, &format!("{RACE}/compare?a=1:2&b=44:3")).await.json();
    let [a, b] = ["a", "b"].map(|lap| (comparison[lap]["driver"].clone(), comparison[lap]["lap"].clone()));
    assert_eq!((a, b), ((1.into(), 2.into()), (44.into(), 3.into())));
    let lists = [&comparison["delta_s"], &comparison["a"]["speed_kmh"], &comparison["b"]["elapsed_s"]];
    let lengths = lists.map(|list| list.as_array().unwrap().len());
    assert!(lengths[0] > 500 && lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
    assert_eq!(comparison["a"]["elapsed_s"][lengths[0] - 1], 60.0);
    assert!(comparison["delta_s"][lengths[0] - 1].as_f64().unwrap().abs() < 1e-3, "both took a minute");
    let trace = get(server.address, &format!("{RACE}/laps/44/3/trace?t_ms=220000")).await;
    assert_eq!(trace.status, 200, "{}", trace.body);
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let server = start(ServerConfig::default());
    let cases = [
        ("/api/v1/sessions/monaco", 404, "unknown-session", "no session \"monaco\""),
        ("/api/v1/sessions/broken", 422, "unreadable-session", "photograph of a dog"),
        ("/api/v1/sessions/race/laps?driver=99", 404, "unknown-driver", "no car 99"),
        ("/api/v1/sessions/race/laps?limit=0", 400, "out-of-range", "want 1 to 5000"),
        ("/api/v1/sessions/race/laps?lap=3", 400, "bad-parameter", "unknown field `lap`"),
        ("/api/v1/sessions/race/laps?driver=HAM", 400, "bad-parameter", "driver"),
        ("/api/v1/sessions/race/laps?from_lap=5&to_lap=4", 400, "out-of-range", "after to_lap"),
        ("/api/v1/sessions/race/board?t_ms=700001", 400, "out-of-range", "want 0 to 700000"),
        ("/api/v1/sessions/race/board?t_ms=-1", 400, "out-of-range", "want 0 to 700000"),
        ("/api/v1/sessions/race/telemetry?driver=44&from_ms=0&to_ms=999999", 400, "out-of-range", "180000"),
        ("/api/v1/sessions/race/telemetry?driver=44", 400, "bad-parameter", "from_ms"),
        ("/api/v1/telemetry/live", 404, "unknown-session", "current"),
        ("/api/v1/sessions/race/track", 404, "no-data", "positions"),
        ("/api/v1/sessions/race/laps/44/99/trace", 404, "unknown-lap", "lap 99 of car 44"),
        ("/api/v1/sessions/race/laps/44/3/trace?t_ms=210000", 404, "unknown-lap", "not over"),
        ("/api/v1/sessions/race/compare?a=1:2&b=44", 400, "bad-parameter", "such as 44:12"),
        ("/api/v1/nonsense", 404, "not-found", "/api/docs"),
        ("/ws/v1/timeline?session=race", 400, "bad-request", "WebSocket"),
        ("/nonsense.js", 404, "not-found", "nonsense.js"),
    ];
    for (path, status, kind, detail) in cases {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{path}: {problem}");
        let meaning = get(server.address, problem["type"].as_str().unwrap()).await;
        assert_eq!(meaning.status, 200);
    }
    let post = request(server.address, &format!("POST {RACE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0")).await;
    assert_eq!((post.status, &post.headers["content-type"][..]), (405, "application/problem+json"));
}

#[tokio::test]
async fn nothing_after_the_head_of_a_live_replay_leaves() {
    let server = start(ServerConfig::default());
    let house = House::Running { since_ms: now_ms(), from: at(200_000), speed: Speed::NORMAL, is_as_live: true };
    server.library.put(Arc::new(SharedSession::new(summary("live"), race(), house)));
    let live = "/api/v1/sessions/live";
    let detail = get(server.address, live).await.json();
    assert_eq!(detail["is_live"], true);
    let head_ms = detail["head_ms"].as_i64().unwrap();
    assert!((200_000..260_000).contains(&head_ms), "{head_ms}");
    let refused = get(server.address, &format!("{live}/laps?t_ms={END_MS}")).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(get(server.address, &format!("{live}/laps")).await.json()["total"], 4, "two laps of two cars");
    let window = get(server.address, &format!("{live}/telemetry?driver=44&from_ms=199000&to_ms=300000")).await.json();
    let samples = [&window["cars"], &window["positions"]].map(|list| list.as_array().unwrap().clone()).concat();
    assert!(!samples.is_empty() && samples.iter().all(|sample| sample["t_ms"].as_i64().unwrap() < 260_000));
    let latest = get(server.address, "/api/v1/telemetry/live").await.json();
    assert_eq!(latest.as_array().map(Vec::len), Some(2));
    assert_eq!(latest[1]["tla"], "HAM");
    assert!(latest[1]["t_ms"].as_i64().unwrap() < 260_000 && latest[1]["age_ms"].as_i64().unwrap() <= 250);
}

#[tokio::test]
async fn foreign_names_and_origins_are_refused() {
    let allowed = vec!["https://wall.example".to_owned()];
    let server = start(ServerConfig { allowed_origins: allowed, ..ServerConfig::default() });
    let rebound = request(server.address, "GET /api/v1/health HTTP/1.1\r\nHost: evil.example").await;
    assert_eq!((rebound.status, &rebound.json()["type"]), (421, &"/problems/wrong-host".into()));
    let upgrade = |origin: &str| {
        format!(
            "GET /ws/v1/timeline?session=race HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13"
        )
    };
    let foreign = request(server.address, &upgrade("https://evil.example")).await;
    assert_eq!((foreign.status, &foreign.json()["type"]), (403, &"/problems/forbidden-origin".into()));
    let cors = async |origin: &str| {
        let head = format!("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}");
        request(server.address, &head).await.headers.get("access-control-allow-origin").cloned()
    };
    assert_eq!(cors("https://wall.example").await.as_deref(), Some("https://wall.example"));
    assert_eq!(cors("https://evil.example").await, None);
}

#[tokio::test]
async fn every_answer_bears_the_protecting_headers() {
    let server = start(ServerConfig::default());
    for path in ["/", "/laps", "/api/v1/health", "/api/docs", "/nonsense.js"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(answer.headers["content-security-policy"].starts_with("default-src 'self'"), "{path}");
    }
    let page = get(server.address, "/telemetry").await;
    assert_eq!(
        (page.status, page.headers["content-type"].starts_with("text/html")),
        (200, true),
        "the page's own path"
    );
}

#[tokio::test]
async fn the_document_describes_every_path() {
    let server = start(ServerConfig::default());
    let document = get(server.address, "/api/v1/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    insta::assert_snapshot!(paths.join("\n"));
    assert_eq!(get(server.address, "/api/docs/docs.js").await.status, 200);
    let health = get(server.address, "/api/v1/health").await.json();
    assert_eq!((&health["status"], &health["sessions"]), (&"ok".into(), &2.into()));
}

#[tokio::test]
async fn a_slow_or_huge_head_is_refused() {
    let server = start(ServerConfig::default());
    let huge = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Padding: {}", "x".repeat(64 * 1024));
    assert_eq!(request(server.address, &huge).await.status, 431);
    let body = "POST /api/v1/health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999";
    assert!((400..500).contains(&request(server.address, body).await.status));
}

#[tokio::test]
async fn a_server_without_sql_says_so() {
    let server = start(ServerConfig::default());
    for path in ["/api/v1/sql?query=select%201", "/api/v1/sql/tables"] {
        let answer = get(server.address, path).await;
        assert_eq!((answer.status, &answer.json()["type"]), (403, &"/problems/sql-off".into()));
    }
    for (path, kind) in [("sql", "bad-parameter"), ("sql?query=select%201&limit=0", "out-of-range")] {
        let problem = get(server.address, &format!("/api/v1/{path}")).await.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"));
    }
    let of_a_page = "GET /api/v1/sql?query=select%201 HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site";
    assert_eq!(request(server.address, of_a_page).await.json()["type"], "/problems/forbidden-origin");
}

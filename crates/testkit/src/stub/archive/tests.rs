use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::tape::TapeClock;

const INFO: &str = r#"{"Meeting":{"Key":1,"Name":"São Paulo Grand Prix"},"Key":7,"Type":"Race","Name":"Race","StartDate":"2031-11-09T14:00:00","EndDate":"2031-11-09T16:00:00","GmtOffset":"-03:00:00","Path":"2031/2031-11-09_São_Paulo_Grand_Prix/2031-11-09_Race/"}"#;
const PLACE: &str = "2031/2031-11-09_São_Paulo_Grand_Prix/2031-11-09_Race/";

/// A tape that begins in the year 2031, with a line every second.
fn tape() -> Tape {
    let radio = r#"{"Text":"São São São São"}"#;
    let mut messages = vec![(0, "SessionInfo", INFO)];
    messages.extend((1..30).map(|second| (second * 1000, "TeamRadio", radio)));
    Tape::of("2031-11-09T16:00:00Z".parse().unwrap(), &messages)
}

async fn growing(clock: &TapeClock) -> ArchiveStub {
    ArchiveStub::start(ArchiveConfig::growing(&tape(), clock.clone(), 5000..10_000)).await
}

/// Status, headers and body of the answer to a request without anybody's client between.
async fn ask(stub: &ArchiveStub, method: &str, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
    let mut socket = TcpStream::connect(stub.address).await.unwrap();
    let request = format!("{method} /static/{path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let len = head.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap().parse::<usize>().unwrap();
    let mut body = vec![0; if method == "HEAD" { 0 } else { len }];
    if socket.read_exact(&mut body).await.is_err() {
        body.clear();
    }
    (head[9..12].parse().unwrap(), head, body)
}

async fn radio(stub: &ArchiveStub, headers: &str) -> (u16, String, Vec<u8>) {
    ask(stub, "GET", &format!("{PLACE}TeamRadio.jsonStream"), headers).await
}

#[tokio::test]
async fn a_file_grows_some_seconds_behind_the_tape() {
    let clock = TapeClock::paused(1.0);
    let stub = growing(&clock).await;
    assert_eq!(radio(&stub, "").await.0, 403, "not there yet");
    let mut len = 0;
    let (mut cut_lines, mut cut_letters) = (0, 0);
    for position_ms in (0..45_000).step_by(100) {
        clock.skip_to(position_ms);
        let (status, _, body) = radio(&stub, "").await;
        if status != 200 {
            continue;
        }
        assert!(body.len() >= len && stub.whole(0, "TeamRadio").starts_with(&body));
        len = body.len();
        cut_lines += usize::from(!body.ends_with(b"\r\n"));
        cut_letters += usize::from(std::str::from_utf8(&body).is_err());
        let clocks: Vec<i64> = body
            .split(|byte| *byte == b'\n')
            .filter_map(|line| std::str::from_utf8(line.get(..8)?).ok()?.get(6..)?.parse().ok())
            .collect();
        let newest_ms = clocks.last().map_or(0, |second| second * 1000);
        assert!(position_ms - newest_ms >= 4600, "{newest_ms} at {position_ms}");
    }
    assert_eq!(len, stub.whole(0, "TeamRadio").len());
    assert!(cut_lines > 5 && cut_letters > 0, "{cut_lines} {cut_letters}");
}

#[tokio::test]
async fn parts_are_served_as_an_object_store_does() {
    let clock = TapeClock::paused(1.0);
    clock.skip_to(100_000);
    let stub = growing(&clock).await;
    let whole = stub.whole(0, "TeamRadio");
    assert!(whole.starts_with(b"\xEF\xBB\xBF00:00:01.000{") && whole.ends_with(b"}\r\n"));
    let len = whole.len();

    let (status, head, body) = radio(&stub, "Range: bytes=10-\r\n").await;
    assert_eq!((status, &body[..]), (206, &whole[10..]));
    assert!(head.contains(&format!("content-range: bytes 10-{}/{len}\r\n", len - 1)), "{head}");
    assert_eq!(radio(&stub, "Range: bytes=10-19\r\n").await.2, &whole[10..20]);
    let (status, head, _) = radio(&stub, &format!("Range: bytes={len}-\r\n")).await;
    assert!(status == 416 && head.contains(&format!("content-range: bytes */{len}\r\n")), "{head}");
    let (status, head, body) = ask(&stub, "HEAD", &format!("{PLACE}TeamRadio.jsonStream"), "").await;
    assert!(status == 200 && head.contains(&format!("content-length: {len}\r\n")) && body.is_empty(), "{head}");
    let (status, ..) = radio(&stub, "Range: bytes=10-\r\nIf-Range: \"other\"\r\n").await;
    assert_eq!(status, 200, "another file than the one it was");
    let (_, head, packed) = radio(&stub, "Accept-Encoding: gzip\r\n").await;
    assert!(head.contains("content-encoding: gzip") && packed.starts_with(&[0x1f, 0x8b]), "{head}");
    assert!(packed.len() < len, "{} of {len} bytes", packed.len());
    stub.ignore_ranges(true);
    assert_eq!(radio(&stub, "Range: bytes=10-\r\n").await.0, 200);
}

#[tokio::test]
async fn indices_have_their_traps() {
    let clock = TapeClock::paused(1.0);
    clock.skip_to(100_000);
    let stub = growing(&clock).await;
    let text = async |path: &str| String::from_utf8(ask(&stub, "GET", path, "").await.2).unwrap();
    assert_eq!(text("Index.json").await, "\u{feff}{\"Years\":[{\"Path\":\"2031/\",\"Year\":2031}]}");
    let year = text("2031/Index.json").await;
    assert!(
        year.contains("\"Key\":-1") && year.contains(PLACE) && year.contains("\"StartDate\":\"2031-11-09T14:00:00\"")
    );
    assert!(text(&format!("{PLACE}Index.json")).await.contains("\"StreamPath\":\"TeamRadio.jsonStream\""));
    assert!(text(&format!("{PLACE}SessionInfo.json")).await.contains("\"Complete\""));
    stub.generating(true);
    assert!(text(&format!("{PLACE}ArchiveStatus.json")).await.contains("\"Generating\""));
    let (status, head, body) = ask(&stub, "GET", &format!("{PLACE}Nothing.jsonStream"), "").await;
    assert!(status == 403 && head.contains("application/xml") && body.starts_with(b"<?xml"));
    assert_eq!(ask(&stub, "GET", "2031/elsewhere/x.json", "").await.0, 404);
    assert_eq!(ask(&stub, "GET", "1999/Index.json", "").await.0, 403);
}

#[tokio::test]
async fn an_index_can_be_of_today() {
    let mut config = ArchiveConfig::growing(&tape(), TapeClock::paused(1.0), 0..1);
    config.dated = Some("2026-05-01T16:00:00Z".parse().unwrap());
    config.stale_by_min = 30;
    let stub = ArchiveStub::start(config).await;
    let year = String::from_utf8(ask(&stub, "GET", "2026/Index.json", "").await.2).unwrap();
    // The session begins an hour after the tape, at 14:00 three hours behind UTC, and half an hour late in the index.
    assert!(year.contains("\"StartDate\":\"2026-05-01T14:30:00\""), "{year}");
    assert_eq!(ask(&stub, "GET", "2031/Index.json", "").await.0, 403);
}

#[tokio::test]
async fn troubles_come_as_often_as_they_are_asked_for() {
    let clock = TapeClock::paused(1.0);
    clock.skip_to(100_000);
    let stub = growing(&clock).await;
    stub.fail("TeamRadio", Trouble::Status(429, Some("3".into())), 1);
    stub.fail("TeamRadio", Trouble::Page, 1);
    stub.fail("TeamRadio", Trouble::Cut(50), 1);
    let (status, head, _) = radio(&stub, "").await;
    assert!(status == 429 && head.contains("retry-after: 3"), "{head}");
    assert!(radio(&stub, "").await.1.contains("text/html"));
    let (status, _, body) = radio(&stub, "").await;
    assert!(status == 200 && body.is_empty(), "cut off");
    assert_eq!(radio(&stub, "Authorization: x\r\n").await.0, 200);
    let asked = stub.asked();
    assert_eq!(asked.iter().map(|asked| asked.status).collect::<Vec<_>>(), [429, 200, 200, 200]);
    assert_eq!(asked.iter().map(|asked| asked.has_credential).collect::<Vec<_>>(), [false, false, false, true]);
    assert_eq!(stub.n_asked("GET /static/2031"), 4);
}

#[tokio::test]
async fn files_stall_shrink_and_are_written_anew() {
    let clock = TapeClock::paused(1.0);
    clock.skip_to(20_000);
    let stub = growing(&clock).await;
    let before = radio(&stub, "").await.2.len();
    stub.stall("TeamRadio");
    clock.skip_to(30_000);
    assert_eq!(radio(&stub, "").await.2.len(), before);
    stub.shrink("TeamRadio", 70);
    assert_eq!(radio(&stub, "").await.2.len(), 70);
    stub.heal();
    let healed = radio(&stub, "").await.2;
    assert!(healed.len() > before);
    stub.rewrite("TeamRadio", Rewrite::Shorter);
    let shorter = radio(&stub, "").await.2;
    assert!(shorter.len() < healed.len() && !shorter.contains(&b'\r'));
    stub.heal();
    stub.rewrite("TeamRadio", Rewrite::Longer);
    assert!(radio(&stub, "").await.2.len() > healed.len());
}

#[tokio::test]
async fn finished_sessions_are_served_byte_for_byte() {
    let Some(folder) = crate::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let mut config = ArchiveConfig::finished(&[&folder]);
    config.has_bom = false;
    let stub = ArchiveStub::start(config).await;
    assert_eq!(stub.path(0), "2026/2026-03-15_Chinese_Grand_Prix/2026-03-14_Sprint/");
    assert_eq!(stub.topics(0).len(), 32);
    // Sizes of the unpacked files as the recordings' list has them.
    assert_eq!(stub.whole(0, "CarData.z").len(), 3_267_192);
    let (_, _, body) = ask(&stub, "GET", &format!("{}LapCount.jsonStream", stub.path(0)), "").await;
    assert_eq!(body, std::fs::read(folder.join("LapCount.jsonStream")).unwrap());
    // A tape of it grows into the same bytes.
    let tape = Tape::from_archive(&folder);
    let mut config = ArchiveConfig::growing(&tape, TapeClock::paused(1.0), 0..1);
    config.has_bom = false;
    let growing = ArchiveStub::start(config).await;
    for topic in stub.topics(0) {
        assert!(stub.whole(0, &topic) == growing.whole(0, &topic), "{topic}");
    }
}

//! `overcut download` and `overcut events` as a person runs them, against a stub of the archive.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use overcut_testkit::stub::archive::{ArchiveConfig, ArchiveStub, Trouble};
use overcut_testkit::tape::{Tape, TapeClock};
use tokio::process::Command;

const TOKEN: &str = "hunter2-is-nobody-to-know";

/// The real sprint on a stub, and a data folder.
struct Place {
    stub: ArchiveStub,
    data: tempfile::TempDir,
    original: PathBuf,
}

impl Place {
    async fn new() -> Option<Place> {
        let original = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint")?;
        let mut config = ArchiveConfig::finished(&[&original]);
        config.has_bom = false;
        let stub = ArchiveStub::start(config).await;
        Some(Place { stub, data: tempfile::tempdir().unwrap(), original })
    }

    /// The program, told of this place only, with a secret in its environment that is none of the archive's business.
    fn overcut(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_overcut"));
        // On loopback nobody has to be gentle.
        std::fs::write(self.data.path().join("config.toml"), "[live.archive]\nmax_requests_per_s = 300\n").unwrap();
        command.arg("--data").arg(self.data.path()).args(arguments);
        command.env_remove("OVERCUT_DATA").env("OVERCUT_F1TV_TOKEN", TOKEN).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    fn download(&self, words: &[&str]) -> Command {
        let url = self.stub.url();
        let mut arguments = vec!["download", "2026"];
        arguments.extend(words);
        arguments.extend(["--from", url.as_str()]);
        self.overcut(&arguments)
    }

    fn folder(&self) -> PathBuf {
        self.data.path().join(self.stub.path(0).trim_end_matches('/'))
    }

    fn part(&self) -> PathBuf {
        PathBuf::from(format!("{}.part", self.folder().display()))
    }

    fn assert_same_bytes(&self) {
        for topic in self.stub.topics(0) {
            let file = std::fs::read(self.folder().join(format!("{topic}.jsonStream"))).unwrap();
            assert!(file == self.stub.whole(0, &topic), "{topic}");
        }
        assert!(!self.part().exists());
    }

    async fn laps(&self, session: &Path) -> String {
        let output = self.overcut(&["export", session.to_str().unwrap(), "laps"]).output().await.unwrap();
        text(&output)
    }
}

/// What a run that went well said.
fn text(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(!error.contains(TOKEN));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a run that went wrong said.
fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn a_real_sprint_comes_byte_for_byte_and_gives_the_same_lap_table() {
    let Some(place) = Place::new().await else { return };
    let output = place.download(&["china", "sprint"]).output().await.unwrap();
    let said = text(&output);
    assert!(said.contains("2026 Chinese Grand Prix – Sprint: 32 files"), "{said}");
    assert!(said.contains("overcut serve --session 2026-chinese-grand-prix-sprint"), "{said}");
    assert!(output.stderr.is_empty(), "quiet in a pipe: {}", String::from_utf8_lossy(&output.stderr));
    place.assert_same_bytes();
    let laps = place.laps(&place.folder()).await;
    assert!(laps.lines().count() > 300);
    assert_eq!(laps, place.laps(&place.original).await);

    let listed = text(&place.overcut(&["sessions"]).output().await.unwrap());
    assert!(listed.contains("2026-chinese-grand-prix-sprint"), "{listed}");
    let n_asked = place.stub.n_asked("jsonStream");
    let again = text(&place.download(&["shanghai", "sprint"]).output().await.unwrap());
    assert!(again.contains("there already, 32 files as they were fetched"), "{again}");
    assert_eq!(place.stub.n_asked("jsonStream"), n_asked);
    assert!(place.stub.asked().iter().all(|asked| !asked.has_credential), "a credential was sent");
    let manifest = std::fs::read_to_string(place.folder().join("download.json")).unwrap();
    assert!(!manifest.contains(TOKEN));
}

#[tokio::test]
async fn a_download_whose_program_is_killed_goes_on_where_it_was() {
    let Some(place) = Place::new().await else { return };
    place.stub.fail("CarData.z.jsonStream", Trouble::Drip(Duration::from_millis(10)), 1);
    let mut child = place.download(&["china"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let partial = place.part().join("CarData.z.jsonStream.part");
    let deadline = Instant::now() + Duration::from_secs(60);
    while std::fs::metadata(&partial).map_or(0, |meta| meta.len()) < 200_000 {
        assert!(Instant::now() < deadline, "no part of the file came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().await.unwrap();
    let len = std::fs::metadata(&partial).unwrap().len();
    assert!(len < 3_000_000, "it was killed too late to be a test");
    assert!(text(&place.overcut(&["sessions"]).output().await.unwrap()).contains("No recordings yet"));

    let n_asked = place.stub.asked().len();
    text(&place.download(&["china"]).output().await.unwrap());
    place.assert_same_bytes();
    let asked = &place.stub.asked()[n_asked..];
    let resumed: Vec<_> = asked.iter().filter(|asked| asked.what.contains("CarData.z")).collect();
    assert_eq!(resumed[0].range, Some(format!("bytes={len}-")));
    let fetched: usize = asked.iter().filter(|asked| asked.what.ends_with("jsonStream")).map(|a| a.n_bytes).sum();
    let whole: usize = place.stub.topics(0).iter().map(|topic| place.stub.whole(0, topic).len()).sum();
    assert!(fetched + len as usize <= whole, "nothing was fetched twice");
    assert!(!asked.iter().any(|asked| asked.what.contains("ArchiveStatus.jsonStream")), "what was there stayed");
}

#[tokio::test]
async fn events_are_listed_and_found_by_words() {
    let data = tempfile::tempdir().unwrap();
    let session = |key: u32, name: &str, day: &str, path: &str| {
        format!(
            r#"{{"Key":{key},"Type":"Race","Name":"{name}","StartDate":"{day}T15:00:00","EndDate":"{day}T17:00:00","GmtOffset":"02:00:00"{path}}}"#
        )
    };
    let meeting = |name: &str, town: &str, country: &str, sessions: &[String]| {
        format!(
            r#"{{"Key":1,"Name":"{name}","Location":"{town}","Country":{{"Name":"{country}"}},"Circuit":{{"ShortName":"{town}"}},"Sessions":[{}]}}"#,
            sessions.join(",")
        )
    };
    let index = format!(
        r#"{{"Year":2025,"Meetings":[{},{}]}}"#,
        meeting(
            "Italian Grand Prix",
            "Monza",
            "Italy",
            &[
                session(11, "Practice 1", "2025-09-05", r#","Path":"2025/monza/fp1/""#),
                session(12, "Race", "2025-09-07", r#","Path":"2025/monza/race/""#)
            ]
        ),
        meeting("São Paulo Grand Prix", "São Paulo", "Brazil", &[session(21, "Race", "2025-11-09", "")]),
    );
    let mut config = ArchiveConfig::finished(&[]);
    config.years = vec![(2025, index)];
    let stub = ArchiveStub::start(config).await;
    let url = stub.url();
    let overcut = async |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_overcut"));
        command.arg("--data").arg(data.path()).args(arguments).args(["--from", url.as_str()]);
        command.env_remove("OVERCUT_DATA").output().await.unwrap()
    };
    let all = text(&overcut(&["events", "2025"]).await);
    assert!(all.contains("2025-09-05") && all.contains("Italian Grand Prix") && all.contains("Brazil"), "{all}");
    let monza = text(&overcut(&["events", "2025", "monza", "race"]).await);
    assert!(monza.contains("2025-09-07 13:00") && !monza.contains("Practice"), "{monza}");
    let json = text(&overcut(&["events", "2025", "brazil", "--json"]).await);
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&rows[0]["is_published"], &rows[0]["id"]), (&false.into(), &serde_json::Value::Null));

    let error = complaint(&overcut(&["download", "2025", "race"]).await);
    assert!(error.contains("fits several events of 2025:\n  Italian Grand Prix\n  São Paulo Grand Prix"), "{error}");
    let error = complaint(&overcut(&["download", "2025", "atlantis"]).await);
    assert!(error.contains("no event of 2025 fits \"atlantis\""), "{error}");
    let error = complaint(&overcut(&["download", "2025"]).await);
    assert!(error.contains("--all"), "{error}");
    let error = complaint(&overcut(&["download", "1999", "monza"]).await);
    assert!(error.contains("no list of 1999"), "{error}");
    let unpublished = text(&overcut(&["download", "2025", "brazil"]).await);
    assert!(unpublished.contains("not published yet"), "{unpublished}");
    let error = complaint(&overcut(&["download", "2025", "monza", "race"]).await);
    assert!(error.contains("no files of this session"), "{error}");
}

/// An archive with one small finished session of 2021.
async fn small(change: impl FnOnce(&mut ArchiveConfig)) -> ArchiveStub {
    let info = r#"{"Meeting":{"Key":1,"Name":"São Paulo Grand Prix"},"Key":7,"Type":"Race","Name":"Race","StartDate":"2021-11-09T14:00:00","EndDate":"2021-11-09T16:00:00","GmtOffset":"-03:00:00","Path":"2021/2021-11-09_São_Paulo_Grand_Prix/2021-11-09_Race/"}"#;
    let messages = [(0, "SessionInfo", info), (1000, "LapCount", r#"{"CurrentLap":1,"TotalLaps":71}"#)];
    let tape = Tape::of("2021-11-09T16:00:00Z".parse().unwrap(), &messages);
    let clock = TapeClock::paused(1.0);
    clock.skip_to(60_000);
    let mut config = ArchiveConfig::growing(&tape, clock, 0..1);
    change(&mut config);
    ArchiveStub::start(config).await
}

/// The index of 2021 with that race, one that has no files, and one that was not published.
fn season(path: &str) -> String {
    let session = |name: &str, day: &str, path: Option<&str>| {
        let path = path.map(|path| format!(r#","Path":"{path}""#)).unwrap_or_default();
        format!(r#"{{"Key":7,"Name":"{name}","StartDate":"{day}T14:00:00","EndDate":"{day}T16:00:00"{path}}}"#)
    };
    format!(
        r#"{{"Year":2021,"Meetings":[{{"Key":1,"Name":"São Paulo Grand Prix","Sessions":[{},{}]}},{{"Key":2,"Name":"Qatar Grand Prix","Sessions":[{}]}}]}}"#,
        session("Qualifying", "2021-11-08", Some("2021/nothing/here/")),
        session("Race", "2021-11-09", Some(path)),
        session("Race", "2021-11-30", None)
    )
}

/// Runs the program with these `[live.archive]` settings.
async fn run(data: &Path, settings: &str, arguments: &[&str]) -> Output {
    let quick = "max_requests_per_s = 300\nfirst_pause_ms = 1\nlongest_pause_ms = 10\n";
    std::fs::write(data.join("config.toml"), format!("[live.archive]\n{quick}{settings}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_overcut"));
    command.arg("--data").arg(data).args(arguments).env_remove("OVERCUT_DATA").output().await.unwrap()
}

#[tokio::test]
async fn the_mirror_is_asked_for_what_the_archive_does_not_have() {
    let mirror = small(|_| {}).await;
    let path = mirror.path(0);
    let without_list = ArchiveStub::start(ArchiveConfig::finished(&[])).await;
    let mut listing = ArchiveConfig::finished(&[]);
    listing.years = vec![(2021, season(&path))];
    let without_files = ArchiveStub::start(listing).await;
    for archive in [&without_list, &without_files] {
        let data = tempfile::tempdir().unwrap();
        let settings = format!("url = \"{}\"\nmirror = \"{}\"\n", archive.url(), mirror.url());
        let said = text(&run(data.path(), &settings, &["download", "2021", "são paulo", "race"]).await);
        assert!(said.contains("São Paulo Grand Prix – Race: 2 files"), "{said}");
        let file = std::fs::read(data.path().join(&path).join("LapCount.jsonStream")).unwrap();
        assert_eq!(file, mirror.whole(0, "LapCount"));
        let manifest = std::fs::read_to_string(data.path().join(&path).join("download.json")).unwrap();
        assert!(manifest.contains(&mirror.url()), "it says where it came from: {manifest}");
        assert!(archive.n_asked("2021") > 0, "the archive was asked first");
    }
    // What was named is asked alone.
    let data = tempfile::tempdir().unwrap();
    let settings = format!("mirror = \"{}\"\n", mirror.url());
    let url = without_files.url();
    let arguments = ["download", "2021", "são paulo", "race", "--from", &url];
    let error = complaint(&run(data.path(), &settings, &arguments).await);
    assert!(error.contains("there are no files of this session at"), "{error}");
}

#[tokio::test]
async fn a_whole_season_is_fetched_though_a_session_of_it_fails() {
    let listed = small(|_| {}).await;
    let index = season(&listed.path(0));
    let stub = small(|config| config.years = vec![(2021, index)]).await;
    let data = tempfile::tempdir().unwrap();
    let settings = format!("url = \"{}\"\n", stub.url());
    let output = run(data.path(), &settings, &["download", "2021", "--all"]).await;
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(said.contains("2021 São Paulo Grand Prix – Race: 2 files"), "{said}");
    assert!(said.contains("2021 Qatar Grand Prix – Race: not published yet"), "{said}");
    let error = complaint(&output);
    assert!(error.contains("São Paulo Grand Prix – Qualifying: there are no files of this session"), "{error}");
    assert!(error.contains("1 session is missing; the same command goes on"), "{error}");
    let again = run(data.path(), &settings, &["download", "2021", "--all"]).await;
    assert!(String::from_utf8(again.stdout).unwrap().contains("there already, 2 files"));
}

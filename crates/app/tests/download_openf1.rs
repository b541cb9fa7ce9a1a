//! `overcut download --from openf1` as a person runs it, against a stub of OpenF1 that holds a real qualifying.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use overcut_testkit::stub::openf1::{OpenF1Config, OpenF1Stub};
use serde_json::json;
use tokio::process::Command;

/// The stub, and a data folder.
struct Place {
    stub: OpenF1Stub,
    data: tempfile::TempDir,
    original: PathBuf,
}

impl Place {
    async fn new() -> Option<Place> {
        let original = overcut_testkit::recording("f1/openf1/raw_2026_spain/qualifying_11303")?;
        let meetings = json!([{"meeting_key": 1287, "meeting_name": "Barcelona Grand Prix", "year": 2026,
            "country_name": "Spain", "location": "Barcelona", "circuit_short_name": "Catalunya"}]);
        let stub = OpenF1Stub::start(OpenF1Config::of_folder(&original).with("meetings", meetings)).await;
        Some(Place { stub, data: tempfile::tempdir().unwrap(), original })
    }

    /// The program, told of this place only, asking that often.
    fn overcut(&self, per_second: u32, arguments: &[&str]) -> Command {
        let config = format!(
            "[live.openf1]\nbase_url = \"{}\"\nanonymous_per_second = {per_second}\nanonymous_per_minute = 60000\n",
            self.stub.url()
        );
        std::fs::write(self.data.path().join("config.toml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_overcut"));
        command.arg("--data").arg(self.data.path()).args(arguments).env_remove("OVERCUT_DATA");
        command.env_remove("OVERCUT_OPENF1_USERNAME").env_remove("OVERCUT_OPENF1_PASSWORD");
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.overcut(500, arguments).output().await.unwrap()
    }

    fn folder(&self) -> PathBuf {
        self.data.path().join("2026/2026-06-13_Barcelona_Grand_Prix/2026-06-13_Qualifying_OpenF1")
    }

    async fn laps(&self, session: &Path) -> String {
        text(&self.run(&["export", session.to_str().unwrap(), "laps"]).await)
    }

    async fn assert_same_laps(&self) {
        let laps = self.laps(&self.folder()).await;
        assert!(laps.lines().count() > 250);
        assert_eq!(laps, self.laps(&self.original).await);
    }
}

/// What a run that went well said.
fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a run that went wrong said.
fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

const DOWNLOAD: [&str; 6] = ["download", "2026", "barcelona", "qualifying", "--from", "openf1"];

#[tokio::test]
async fn a_real_qualifying_gives_the_laps_that_the_service_has() {
    let Some(place) = Place::new().await else { return };
    let events = text(&place.run(&["events", "2026", "spain", "--from", "openf1"]).await);
    assert!(events.contains("2026-06-13 14:00") && events.contains("Qualifying"), "{events}");
    let output = place.run(&DOWNLOAD).await;
    let said = text(&output);
    assert!(said.contains("2026 Barcelona Grand Prix – Qualifying: "), "{said}");
    assert!(said.contains("OpenF1 has no rows of intervals, "), "{said}");
    assert!(said.contains("overcut serve --session 2026-barcelona-grand-prix-qualifying"), "{said}");
    assert!(output.stderr.is_empty(), "quiet in a pipe: {}", String::from_utf8_lossy(&output.stderr));
    place.assert_same_laps().await;
    let events = text(&place.run(&["events", "2026", "spain", "--from", "openf1"]).await);
    assert!(events.contains("2026-barcelona-grand-prix-qualifying"), "it is here: {events}");
    let again = text(&place.run(&DOWNLOAD).await);
    assert!(again.contains("there already"), "{again}");
}

#[tokio::test]
async fn a_download_whose_program_is_killed_goes_on_where_it_was() {
    let Some(place) = Place::new().await else { return };
    let mut child = place.overcut(5, &DOWNLOAD).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let part = PathBuf::from(format!("{}.part", place.folder().display()));
    let deadline = Instant::now() + Duration::from_secs(60);
    while !part.join("drivers.json").exists() {
        assert!(Instant::now() < deadline, "no answer came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().await.unwrap();
    let n_drivers = place.stub.n_asked("/v1/drivers");
    text(&place.run(&DOWNLOAD).await);
    assert_eq!((n_drivers, place.stub.n_asked("/v1/drivers")), (1, 1), "what was there stayed");
    assert!(!part.exists());
    place.assert_same_laps().await;
}

#[tokio::test]
async fn what_cannot_be_had_is_said_in_words() {
    let Some(place) = Place::new().await else { return };
    let error = complaint(&place.run(&["download", "2019", "monza", "--from", "openf1"]).await);
    assert!(error.contains("OpenF1 has sessions from 2023 on, and none of 2019"), "{error}");
    let error = complaint(&place.run(&["events", "2024", "--from", "openf1"]).await);
    assert!(error.contains("no event of 2024 is listed"), "{error}");
    let error = complaint(&place.run(&["events", "2026", "--from", "OpenF1"]).await);
    assert!(error.contains("or the word openf1, not \"OpenF1\""), "{error}");
    place.stub.lock(true);
    let error = complaint(&place.run(&DOWNLOAD).await);
    assert!(error.contains("while a session is live") && error.contains("leaving out `--from openf1`"), "{error}");
    assert_eq!(place.stub.n_asked("/v1/"), place.stub.asked().len());
}

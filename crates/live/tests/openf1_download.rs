//! Downloading finished sessions from OpenF1, against a stub that misbehaves.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use overcut_domain::UtcTime;
use overcut_live::Secret;
use overcut_live::archive::IndexedSession;
use overcut_live::download::{DownloadError, Downloaded, MANIFEST};
use overcut_live::openf1::{Account, Config, History};
use overcut_testkit::stub::openf1::{OpenF1Config, OpenF1Stub, Trouble};
use serde_json::{Value, json};

/// A day after the race.
const LATER: &str = "2026-06-15T12:00:00Z";

/// A stub with one race of two cars, and a folder to download it into.
struct Place {
    stub: OpenF1Stub,
    config: OpenF1Config,
    folder: tempfile::TempDir,
}

/// A moment of the race, so many seconds after its planned start.
fn at(second: i64) -> String {
    let start: UtcTime = "2026-06-14T13:00:00Z".parse().unwrap();
    UtcTime::from_millis(start.as_millis() + second * 1000).to_string()
}

fn rows(row: impl Fn(i64, u32) -> Value, seconds: impl Iterator<Item = i64>) -> Value {
    seconds.flat_map(|second| [row(second, 4), row(second, 81)]).collect()
}

fn race() -> OpenF1Config {
    let sample = |second: i64, driver: u32| json!({"session_key": 7, "date": at(second), "driver_number": driver, "speed": second % 300});
    let fix =
        |second: i64, driver: u32| json!({"session_key": 7, "date": at(second), "driver_number": driver, "x": second});
    let lap = |second: i64, driver: u32| {
        json!({"session_key": 7, "driver_number": driver, "lap_number": second / 90 + 1, "date_start": at(second),
            "lap_duration": 90.5, "is_pit_out_lap": false})
    };
    // From half an hour before the plan to a quarter of an hour beyond its end.
    let seconds = || (-1800..8100).step_by(60);
    OpenF1Config::empty()
        .with(
            "sessions",
            json!([
                {"session_key": 7, "meeting_key": 3, "session_name": "Race", "session_type": "Race", "year": 2026,
                 "date_start": at(0), "date_end": at(7200), "gmt_offset": "02:00:00", "circuit_short_name": "Catalunya"},
                {"session_key": 8, "meeting_key": 4, "session_name": "Race", "session_type": "Race", "year": 2026,
                 "date_start": "2026-12-06T13:00:00+00:00", "date_end": "2026-12-06T15:00:00+00:00"},
            ]),
        )
        .with("meetings", json!([{"meeting_key": 3, "meeting_name": "Barcelona Grand Prix", "year": 2026, "country_name": "Spain"}]))
        .with("drivers", json!([{"session_key": 7, "driver_number": 4}, {"session_key": 7, "driver_number": 81}]))
        .with("starting_grid", json!([{"session_key": 6, "meeting_key": 3, "driver_number": 4, "position": 1}]))
        .with("session_result", json!([{"session_key": 7, "driver_number": 4, "position": 1}]))
        .with("laps", rows(lap, (0..900).step_by(90)))
        .with("car_data", rows(sample, seconds()))
        .with("location", rows(fix, seconds()))
}

impl Place {
    async fn new(config: OpenF1Config) -> Place {
        let stub = OpenF1Stub::start(config.clone()).await;
        Place { stub, config, folder: tempfile::tempdir().unwrap() }
    }

    fn config(&self) -> Config {
        Config {
            base_url: self.stub.url(),
            token_url: self.stub.token_url(),
            anonymous_per_second: 500,
            anonymous_per_minute: 100_000,
            account_per_second: 500,
            account_per_minute: 100_000,
            ..Config::default().faster(50.0)
        }
    }

    fn history(&self) -> History {
        History::new(self.config(), None).unwrap()
    }

    async fn session(&self) -> IndexedSession {
        let year = self.history().year(2026, LATER.parse().unwrap()).await.unwrap();
        year.meetings[0].sessions[0].clone()
    }

    async fn download(&self) -> Result<Downloaded, DownloadError> {
        let session = self.session().await;
        self.download_with(&self.history(), &session, LATER).await
    }

    async fn download_with(
        &self,
        history: &History,
        session: &IndexedSession,
        now: &str,
    ) -> Result<Downloaded, DownloadError> {
        history.download(session, self.folder.path(), now.parse().unwrap(), |_| {}).await
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("2026/2026-06-14_Barcelona_Grand_Prix/2026-06-14_Race_OpenF1")
    }

    fn part(&self) -> PathBuf {
        PathBuf::from(format!("{}.part", self.path().display()))
    }

    /// Every row of the session that the stub has is there.
    fn assert_whole(&self, downloaded: &Downloaded) {
        assert_eq!(downloaded.folder, self.path());
        assert!(downloaded.manifest.is_complete && !self.part().exists());
        for endpoint in ["drivers", "starting_grid", "session_result", "laps", "car_data", "location"] {
            let want: BTreeSet<String> = self.config.rows[endpoint].iter().map(Value::to_string).collect();
            assert_eq!(rows_in(&downloaded.folder, endpoint), want, "{endpoint}");
        }
        let files: BTreeSet<String> = files_in(&downloaded.folder);
        let known = downloaded.manifest.files.iter().map(|file| file.name.clone()).chain([MANIFEST.to_owned()]);
        assert_eq!(files, known.collect(), "nothing is left over");
    }
}

fn files_in(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn rows_in(folder: &Path, endpoint: &str) -> BTreeSet<String> {
    let of = files_in(folder).into_iter().filter(|name| name.starts_with(endpoint) && name.ends_with(".json"));
    let rows = of.flat_map(|name| {
        let rows: Vec<Value> = serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap();
        rows.into_iter().map(|row| row.to_string())
    });
    rows.collect()
}

/// Troubles that pass cost nothing.
async fn survives(troubles: &[Trouble]) -> Place {
    let place = Place::new(race()).await;
    for trouble in troubles {
        place.stub.fail("/v1/laps", *trouble);
    }
    place.assert_whole(&place.download().await.unwrap());
    place
}

#[tokio::test]
async fn a_race_is_fetched_whole_and_the_second_time_only_checked() {
    let place = Place::new(race()).await;
    let first = place.download().await.unwrap();
    place.assert_whole(&first);
    // Two cars, two hours.
    assert_eq!(first.manifest.files.iter().filter(|file| file.name.starts_with("car_data_driver")).count(), 4);
    assert!(first.manifest.absent.contains(&"intervals".to_owned()), "{:?}", first.manifest.absent);
    let n_asked = place.stub.n_asked("session_key=7");
    let second = place.download().await.unwrap();
    assert!(second.was_there);
    assert_eq!((second.manifest, place.stub.n_asked("session_key=7")), (first.manifest, n_asked));
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_was() {
    let place = Place::new(race()).await;
    // The third question for samples meets with a server that is gone for longer than a command waits.
    let session = place.session().await;
    let config = Config { first_pause_ms: 1, longest_pause_ms: 2, ..place.config() };
    let history = History::new(config, None).unwrap();
    let cut = async {
        while place.stub.n_asked("/v1/car_data") < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        (0..6).for_each(|_| place.stub.fail("/v1/", Trouble::Status(503)));
    };
    let (ended, ()) = tokio::join!(place.download_with(&history, &session, LATER), cut);
    let error = ended.unwrap_err().to_string();
    assert!(error.contains("from OpenF1") && error.contains("the server has trouble (HTTP 503)"), "{error}");
    assert!(place.part().join("laps.json").exists());
    let there = files_in(&place.part());
    let n_asked = place.stub.asked().len();
    let downloaded = place.download().await.unwrap();
    place.assert_whole(&downloaded);
    let asked = place.stub.asked().split_off(n_asked);
    for (endpoint, n_files) in [("laps", 0), ("drivers", 0), ("location", 4)] {
        let n = asked.iter().filter(|asked| asked.what.contains(&format!("/v1/{endpoint}"))).count();
        assert_eq!(n, n_files, "{endpoint}");
    }
    let n_samples = there.iter().filter(|name| name.starts_with("car_data")).count();
    assert_eq!(asked.iter().filter(|asked| asked.what.contains("/v1/car_data")).count(), 4 - n_samples);
}

#[tokio::test]
async fn a_damaged_file_is_fetched_again_and_no_other() {
    let place = Place::new(race()).await;
    let first = place.download().await.unwrap();
    fs::write(first.folder.join("laps.json"), "[]").unwrap();
    fs::remove_file(first.folder.join("location_driver81_part2.json")).unwrap();
    let n_asked = place.stub.asked().len();
    let second = place.download().await.unwrap();
    place.assert_whole(&second);
    let damaged: Vec<String> = second.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(damaged, ["laps.json has another length", "location_driver81_part2.json is gone"]);
    let asked = place.stub.asked().split_off(n_asked);
    let n_rows = asked.iter().filter(|asked| asked.what.contains("session_key=7") && asked.status == 200).count();
    assert_eq!(n_rows, 2, "{asked:?}");
}

#[tokio::test]
async fn a_422_is_asked_for_in_narrower_slices() {
    let place = Place::new(OpenF1Config { max_rows: 12, ..race() }).await;
    let downloaded = place.download().await.unwrap();
    place.assert_whole(&downloaded);
    let names = files_in(&downloaded.folder);
    assert!(names.contains("laps_driver81.json"), "by car: {names:?}");
    assert!(names.iter().any(|name| name.starts_with("car_data_driver4_part1-2-")), "and by time: {names:?}");
}

#[tokio::test]
async fn a_429_with_and_without_retry_after_is_waited_out() {
    let place = survives(&[Trouble::RateLimited, Trouble::RateLimitedFor(1)]).await;
    let asked = place.stub.asked();
    let mut laps = asked.iter().filter(|asked| asked.what.contains("/v1/laps"));
    let refused = laps.by_ref().take(2).last().unwrap();
    assert!(laps.next().unwrap().at - refused.at >= Duration::from_millis(950));
}

#[tokio::test]
async fn troubles_that_pass_are_waited_out() {
    survives(&[Trouble::Status(502), Trouble::Page, Trouble::Truncated, Trouble::HangUp]).await;
}

#[tokio::test]
async fn limits_of_the_service_are_kept_from_one_run_to_the_next() {
    let place = Place::new(OpenF1Config { limits: Some((20, 10_000)), ..race() }).await;
    let session = place.session().await;
    for _ in 0..2 {
        let config = Config { anonymous_per_second: 20, ..place.config() };
        place.download_with(&History::new(config, None).unwrap(), &session, LATER).await.unwrap();
        fs::remove_dir_all(place.path()).unwrap();
    }
    assert!(place.stub.asked().iter().all(|asked| asked.status != 429));
}

#[tokio::test]
async fn a_service_that_is_locked_says_so_at_once_and_an_account_opens_it() {
    let place = Place::new(race()).await;
    let session = place.session().await;
    place.stub.lock(true);
    let n_asked = place.stub.asked().len();
    let error = place.download_with(&place.history(), &session, LATER).await.unwrap_err();
    assert!(matches!(error, DownloadError::Refused(_)), "{error}");
    let error = error.to_string();
    assert!(error.contains("while a session is live") && error.contains("OVERCUT_OPENF1_USERNAME"), "{error}");
    assert_eq!(place.stub.asked().len(), n_asked + 1);

    let account =
        |password: &str| Account { username: Secret::new("somebody@example.org"), password: Secret::new(password) };
    let wrong = History::new(place.config(), Some(account("hunter2"))).unwrap();
    let error = place.download_with(&wrong, &session, LATER).await.unwrap_err().to_string();
    assert_eq!(error, "OpenF1 answers nothing now: the account was refused");
    let right = History::new(place.config(), Some(account("correct horse battery"))).unwrap();
    place.assert_whole(&place.download_with(&right, &session, LATER).await.unwrap());
}

#[tokio::test]
async fn seasons_before_the_first_are_named_without_a_question() {
    let place = Place::new(race()).await;
    let error = place.history().year(2022, LATER.parse().unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("from 2023 on, and none of 2022"), "{error}");
    assert_eq!(place.stub.asked().len(), 0);
}

#[tokio::test]
async fn a_session_without_a_result_is_left_for_later_and_one_that_runs_is_not_listed() {
    let mut config = race();
    config.rows.remove("session_result");
    let place = Place::new(config).await;
    let session = place.session().await;
    let error = place.download_with(&place.history(), &session, "2026-06-14T15:40:00Z").await.unwrap_err();
    assert!(matches!(error, DownloadError::NoResult) && error.to_string().contains("overcut live"), "{error}");
    assert!(!place.part().exists());
    let year = place.history().year(2026, "2026-06-14T15:10:00Z".parse().unwrap()).await.unwrap();
    assert!(year.meetings.iter().flat_map(|meeting| &meeting.sessions).all(|session| session.path.is_none()));
}

#[tokio::test]
async fn a_folder_of_somebody_else_is_left_alone() {
    let place = Place::new(race()).await;
    fs::create_dir_all(place.path()).unwrap();
    fs::write(place.path().join("laps.json"), "mine").unwrap();
    assert!(matches!(place.download().await.unwrap_err(), DownloadError::Foreign(_)));
    assert_eq!(fs::read(place.path().join("laps.json")).unwrap(), b"mine");
}

//! Downloading finished sessions, against a stub that misbehaves.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use overcut_domain::UtcTime;
use overcut_live::archive::{Archive, Config, IndexedSession};
use overcut_live::download::{DownloadError, Downloaded, MANIFEST};
use overcut_live::http::Fault;
use overcut_testkit::stub::archive::{ArchiveConfig, ArchiveStub, Rewrite, Trouble};
use overcut_testkit::tape::{Tape, TapeClock};

const INFO: &str = r#"{"Meeting":{"Key":1,"Name":"São Paulo Grand Prix"},"Key":7,"Type":"Race","Name":"Race","StartDate":"2031-11-09T14:00:00","EndDate":"2031-11-09T16:00:00","GmtOffset":"-03:00:00","Path":"2031/2031-11-09_São_Paulo_Grand_Prix/2031-11-09_Race/"}"#;

/// A stub with one small finished session of four files, and a folder to download it into.
struct Place {
    stub: ArchiveStub,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Place {
        Place::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ArchiveConfig)) -> Place {
        let text = r#"{"Text":"São"}"#;
        let mut messages = vec![(0, "SessionInfo", INFO)];
        for n in 0..300 {
            let topics = ["CarData.z", "LapCount", "TimingData"];
            messages.extend((0..3).map(|idx| (1000 + n * 10 + idx as i64, topics[idx], text)));
        }
        let tape = Tape::of("2031-11-09T16:00:00Z".parse().unwrap(), &messages);
        let clock = TapeClock::paused(1.0);
        clock.skip_to(60_000);
        let mut config = ArchiveConfig::growing(&tape, clock, 0..1);
        change(&mut config);
        Place { stub: ArchiveStub::start(config).await, folder: tempfile::tempdir().unwrap() }
    }

    async fn download(&self) -> Result<Downloaded, DownloadError> {
        self.download_at("2031-11-20T00:00:00Z").await
    }

    async fn download_at(&self, now: &str) -> Result<Downloaded, DownloadError> {
        let config = Config { url: self.stub.url(), ..Config::default() }.faster(100.0);
        let config = Config { answer_timeout_ms: 1000, connect_timeout_ms: 5000, ..config };
        let archive = Archive::new(config).unwrap();
        let session = self.session(&archive).await;
        let now: UtcTime = now.parse().unwrap();
        archive.download(&session, self.folder.path(), now, |_| {}).await
    }

    async fn session(&self, archive: &Archive) -> IndexedSession {
        let year = archive.year(2031).await.unwrap();
        let sessions = year.meetings.into_iter().flat_map(|meeting| meeting.sessions);
        sessions.into_iter().find(|session| session.path.is_some()).unwrap()
    }

    fn assert_whole(&self, downloaded: &Downloaded) {
        assert!(downloaded.folder.starts_with(self.folder.path()) && downloaded.manifest.is_complete);
        for topic in self.stub.topics(0) {
            let file = fs::read(downloaded.folder.join(format!("{topic}.jsonStream"))).unwrap();
            assert!(file == self.stub.whole(0, &topic), "{topic}");
        }
        assert_eq!(files_in(&downloaded.folder).len(), self.stub.topics(0).len() + 1, "nothing is left over");
    }

    fn part(&self) -> std::path::PathBuf {
        self.folder.path().join(format!("{}.part", self.stub.path(0).trim_end_matches('/')))
    }
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Troubles that pass cost nothing.
async fn survives(troubles: &[(Trouble, u32)]) -> Place {
    let place = Place::new().await;
    for (trouble, n_times) in troubles {
        place.stub.fail("TimingData.jsonStream", trouble.clone(), *n_times);
    }
    let downloaded = place.download().await.unwrap();
    place.assert_whole(&downloaded);
    assert!(place.stub.asked().iter().all(|asked| !asked.has_credential), "a credential was sent");
    place
}

#[tokio::test]
async fn a_session_is_fetched_whole_and_the_second_time_only_checked() {
    let place = Place::new().await;
    let first = place.download().await.unwrap();
    place.assert_whole(&first);
    assert!(!first.was_there && first.manifest.files.iter().all(|file| file.sha256.is_some()));
    let n_asked = place.stub.n_asked("jsonStream");
    let second = place.download().await.unwrap();
    assert!(second.was_there);
    assert_eq!((second.manifest, place.stub.n_asked("jsonStream")), (first.manifest, n_asked));
}

#[tokio::test]
async fn a_damaged_file_is_fetched_again_and_no_other() {
    let place = Place::new().await;
    let first = place.download().await.unwrap();
    let path = first.folder.join("TimingData.jsonStream");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::remove_file(first.folder.join("LapCount.jsonStream")).unwrap();
    let n_asked = place.stub.n_asked("jsonStream");
    let second = place.download().await.unwrap();
    place.assert_whole(&second);
    assert_eq!(place.stub.n_asked("jsonStream"), n_asked + 2);
    let damaged: Vec<String> = second.damaged.iter().map(ToString::to_string).collect();
    assert_eq!(damaged, ["LapCount.jsonStream is gone", "TimingData.jsonStream has other content"]);
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_was() {
    let place = Place::new().await;
    place.stub.fail("TimingData.jsonStream", Trouble::Cut(2000), 1);
    // Cut off and then out of reach: the download ends here for now.
    place.stub.fail("TimingData.jsonStream", Trouble::Status(503, Some("3600".into())), 1);
    let error = place.download().await.unwrap_err();
    assert!(matches!(&error, DownloadError::Http(error) if matches!(error.fault, Fault::Unavailable(_))), "{error}");
    assert_eq!(fs::metadata(place.part().join("TimingData.jsonStream.part")).unwrap().len(), 2000);
    let n_asked = place.stub.asked().len();
    let downloaded = place.download().await.unwrap();
    place.assert_whole(&downloaded);
    let asked = &place.stub.asked()[n_asked..];
    let files: Vec<_> = asked.iter().filter(|asked| asked.what.ends_with("jsonStream")).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!((files[0].range.as_deref(), files[0].status), (Some("bytes=2000-"), 206));
}

#[tokio::test]
async fn a_file_that_was_rewritten_meanwhile_is_fetched_anew() {
    let place = Place::new().await;
    place.stub.fail("TimingData.jsonStream", Trouble::Cut(2000), 1);
    place.stub.fail("TimingData.jsonStream", Trouble::Status(503, Some("3600".into())), 1);
    place.download().await.unwrap_err();
    place.stub.rewrite("TimingData", Rewrite::Shorter);
    let downloaded = place.download().await.unwrap();
    let text = fs::read(downloaded.folder.join("TimingData.jsonStream")).unwrap();
    let whole: Vec<u8> = place.stub.whole(0, "TimingData").iter().copied().filter(|byte| *byte != b'\r').collect();
    assert!(whole.ends_with(&text) && text.starts_with(b"00:00:01.0"), "not a mixture of both");
}

#[tokio::test]
async fn a_truncated_body_is_completed() {
    survives(&[(Trouble::Cut(0), 1), (Trouble::Cut(700), 2), (Trouble::Cut(1), 1)]).await;
}

#[tokio::test]
async fn a_429_with_and_without_retry_after_is_waited_out() {
    let place = survives(&[(Trouble::Status(429, None), 2), (Trouble::Status(429, Some("1".into())), 1)]).await;
    let asked = place.stub.asked();
    let mut timing = asked.iter().filter(|asked| asked.what.contains("TimingData"));
    let refused = timing.by_ref().take(3).last().unwrap();
    assert!(timing.next().unwrap().at - refused.at >= Duration::from_millis(950));
}

#[tokio::test]
async fn a_5xx_with_and_without_retry_after_is_waited_out() {
    survives(&[(Trouble::Status(500, None), 1), (Trouble::Status(503, Some("0".into())), 3)]).await;
}

#[tokio::test]
async fn a_page_of_the_wrong_type_is_never_kept() {
    survives(&[(Trouble::Page, 2)]).await;
}

#[tokio::test]
async fn answers_that_drip_or_never_come_are_survived() {
    survives(&[(Trouble::Silent, 1), (Trouble::Drip(Duration::from_millis(20)), 1)]).await;
}

#[tokio::test]
async fn a_server_without_parts_is_asked_for_the_whole_again() {
    let place = Place::new().await;
    place.stub.ignore_ranges(true);
    place.stub.fail("TimingData.jsonStream", Trouble::Cut(2000), 2);
    place.assert_whole(&place.download().await.unwrap());
}

#[tokio::test]
async fn a_host_that_stays_dead_is_given_up_in_clear_words() {
    let place = Place::new().await;
    place.stub.fail("TimingData.jsonStream", Trouble::Status(502, None), 1000);
    let error = place.download().await.unwrap_err().to_string();
    assert!(error.contains("TimingData.jsonStream: the server has trouble (HTTP 502)"), "{error}");
    assert!(place.stub.n_asked("TimingData.jsonStream") <= 8);
}

#[tokio::test]
async fn a_gigantic_file_is_refused() {
    let place = Place::new().await;
    place.stub.fail("TimingData.jsonStream", Trouble::Gigantic, 1);
    let error = place.download().await.unwrap_err().to_string();
    assert!(error.contains("is larger than"), "{error}");
}

#[tokio::test]
async fn a_401_is_no_reason_to_show_a_credential() {
    let place = Place::new().await;
    place.stub.fail("TimingData.jsonStream", Trouble::Status(401, None), 1);
    let error = place.download().await.unwrap_err().to_string();
    assert!(error.contains("not allowed without a valid credential (HTTP 401)"), "{error}");
    assert!(place.stub.asked().iter().all(|asked| !asked.has_credential));
}

#[tokio::test]
async fn files_that_the_archive_lists_but_does_not_have_are_named() {
    let place = Place::new().await;
    place.stub.fail("LapCount.jsonStream", Trouble::Status(403, None), 1);
    let downloaded = place.download().await.unwrap();
    assert_eq!(downloaded.manifest.absent, ["LapCount"]);
    assert_eq!(downloaded.manifest.files.len(), 3);
    assert!(files_in(&downloaded.folder).contains(&MANIFEST.to_owned()));
}

#[tokio::test]
async fn a_session_without_a_list_of_topics_is_fetched_all_the_same() {
    let place = Place::new().await;
    place.stub.fail("Race/Index.json", Trouble::Status(403, None), 1);
    place.assert_whole(&place.download().await.unwrap());
}

#[tokio::test]
async fn a_session_whose_archive_is_still_being_made_is_left_for_later() {
    let place = Place::new().await;
    place.stub.generating(true);
    let error = place.download_at("2031-11-09T19:30:00Z").await.unwrap_err();
    assert!(matches!(error, DownloadError::Generating) && error.to_string().contains("overcut live"), "{error}");
    assert!(!place.part().exists());
    // Some say so for ever.
    place.assert_whole(&place.download_at("2031-11-10T19:30:00Z").await.unwrap());
    let place = Place::new().await;
    place.assert_whole(&place.download_at("2031-11-09T19:30:00Z").await.unwrap());
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_if_it_is_named() {
    let place = Place::with(|stub| stub.is_tls = true).await;
    let file = place.folder.path().join("own.pem");
    let config = Config { url: place.stub.url(), certificates: Some(file.clone()), ..Config::default() }.faster(100.0);
    let error = Archive::new(config.clone()).unwrap_err().to_string();
    assert!(error.contains("the file of certificates cannot be read"), "{error}");
    fs::write(&file, place.stub.certificate_pem().unwrap()).unwrap();
    let trusting = Archive::new(Config { connect_timeout_ms: 5000, ..config.clone() }).unwrap();
    assert_eq!(trusting.year(2031).await.unwrap().meetings.len(), 1);
    let doubting = Archive::new(Config { certificates: None, ..config }).unwrap();
    let error = doubting.year(2031).await.unwrap_err().to_string();
    assert!(error.contains("no trustworthy connection"), "{error}");
}

#[tokio::test]
async fn a_folder_of_somebody_else_is_left_alone() {
    let place = Place::new().await;
    let folder = place.folder.path().join(place.stub.path(0));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("TimingData.jsonStream"), "mine").unwrap();
    assert!(matches!(place.download().await.unwrap_err(), DownloadError::Foreign(_)));
    assert_eq!(fs::read(folder.join("TimingData.jsonStream")).unwrap(), b"mine");
}

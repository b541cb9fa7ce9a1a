//! Following the growing archive, against a stub that plays a tape and misbehaves.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use overcut_domain::{Feed, SessionInfo, SessionTime, SourceKind, UtcTime};
use overcut_live::archive::{self, Config};
use overcut_live::{Arrival, Phase, SourceStatus, StatusBoard, inbox};
use overcut_sources::live::Note;
use overcut_testkit::stub::archive::{ArchiveConfig, ArchiveStub, Rewrite, Trouble};
use overcut_testkit::tape::{Tape, TapeClock};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How many times faster than in earnest everything waits.
const FASTER: f64 = 100.0;

/// A small session: a line of each topic every second, with letters of two bytes.
fn tape(key: u32) -> Tape {
    let info = format!(
        r#"{{"Meeting":{{"Key":1,"Name":"São Paulo Grand Prix"}},"Key":{key},"Type":"Race","Name":"Race","StartDate":"2031-11-09T14:00:00","EndDate":"2031-11-09T16:00:00","GmtOffset":"-03:00:00","Path":"2031/2031-11-09_São_Paulo_Grand_Prix/{key}_Race/"}}"#
    );
    let topics = ["CarData.z", "Position.z", "TeamRadio", "TimingData", "WeatherData"];
    let texts: Vec<String> = (0..200).map(|n| format!(r#"{{"Text":"São {n}"}}"#)).collect();
    let mut messages = vec![(0, "SessionInfo", info.as_str())];
    for (n, text) in texts.iter().enumerate() {
        let topic = |idx: usize| (1000 + 200 * n as i64 + idx as i64, topics[idx], text.as_str());
        messages.extend((0..topics.len()).map(topic));
    }
    Tape::of("2031-11-09T16:00:00Z".parse().unwrap(), &messages)
}

/// A follower of a stub, and what came of it.
struct Followed {
    stub: ArchiveStub,
    clock: TapeClock,
    arrivals: mpsc::Receiver<Arrival>,
    board: StatusBoard,
    session: watch::Sender<Option<Arc<SessionInfo>>>,
    demand: watch::Sender<BTreeSet<Feed>>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
    lines: BTreeMap<String, Vec<Bytes>>,
    /// Topic of each line, in the order in which they came.
    order: Vec<(String, Bytes)>,
    notes: Vec<Note>,
}

impl Followed {
    async fn of(tape: &Tape) -> Followed {
        Followed::with(tape, |_, _| {}).await
    }

    async fn with(tape: &Tape, change: impl FnOnce(&mut ArchiveConfig, &mut Config)) -> Followed {
        let clock = TapeClock::paused(FASTER);
        let mut stub = ArchiveConfig::growing(tape, clock.clone(), 5000..10_000);
        let mut config = Config { follow: true, ..Config::default() }.faster(FASTER);
        // A loaded machine is no reason to give up on loopback.
        (config.resolve_timeout_ms, config.connect_timeout_ms, config.answer_timeout_ms) = (5000, 5000, 1000);
        change(&mut stub, &mut config);
        let stub = ArchiveStub::start(stub).await;
        if config.url == Config::default().url {
            config.url = stub.url();
        }
        let (inbox, arrivals) = inbox();
        let (board, shutdown) = (StatusBoard::default(), CancellationToken::new());
        let info = SessionInfo { archive_path: stub.path(0), ..SessionInfo::default() };
        let (session, of_session) = watch::channel(Some(Arc::new(info)));
        let (demand, of_demand) = watch::channel(Feed::ALL.into_iter().collect());
        let status = board.handle(SourceKind::Archive);
        let task = tokio::spawn(archive::run(config, inbox, status, of_session, of_demand, shutdown.clone()));
        let (lines, order, notes) = Default::default();
        Followed { stub, clock, arrivals, board, session, demand, shutdown, task, lines, order, notes }
    }

    fn status(&self) -> SourceStatus {
        self.board.all().remove(0).1
    }

    /// Hears on until something is so.
    async fn until(&mut self, what: &str, mut is_so: impl FnMut(&Followed) -> bool) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !is_so(self) {
            assert!(tokio::time::Instant::now() < deadline, "{what}: {:?} {:?}", self.status(), self.notes);
            // Some things show in the status alone.
            let arrival = tokio::time::timeout(Duration::from_millis(10), self.arrivals.recv()).await;
            if let Ok(Some(arrival)) = arrival {
                self.take(arrival);
            }
            while let Ok(arrival) = self.arrivals.try_recv() {
                self.take(arrival);
            }
        }
    }

    fn take(&mut self, arrival: Arrival) {
        if arrival.channel == Note::CHANNEL {
            self.notes.push(Note::from_json(&arrival.payload).unwrap());
            return;
        }
        let topic = arrival.channel.strip_prefix("archive/").unwrap().to_owned();
        self.order.push((topic.clone(), arrival.payload.clone()));
        self.lines.entry(topic).or_default().push(arrival.payload);
    }

    /// The lines that a file has in the end.
    fn whole(&self, topic: &str) -> Vec<Bytes> {
        let whole = self.stub.whole(0, topic);
        let text = std::str::from_utf8(&whole).unwrap().trim_start_matches('\u{feff}');
        text.lines().map(|line| Bytes::copy_from_slice(line.as_bytes())).collect()
    }

    fn n_lines(&self, topic: &str) -> usize {
        self.lines.get(topic).map_or(0, Vec::len)
    }

    fn is_whole(&self, topic: &str) -> bool {
        self.lines.get(topic).is_some_and(|lines| *lines == self.whole(topic))
    }

    /// Every line of a file has come, though perhaps more than once.
    fn has_all(&self, topic: &str) -> bool {
        let lines: BTreeSet<&Bytes> = self.lines.get(topic).into_iter().flatten().collect();
        self.whole(topic).iter().all(|line| lines.contains(line))
    }

    async fn end(mut self) -> Followed {
        self.shutdown.cancel();
        while let Some(arrival) = self.arrivals.recv().await {
            self.take(arrival);
        }
        (&mut self.task).await.unwrap();
        self
    }
}

/// A trouble that passes: afterwards everything is there once, in order, and the archive was not hammered.
async fn survives(troubles: &[(Trouble, u32)], n_failures: u64) -> Followed {
    let mut followed = Followed::of(&tape(7)).await;
    for (trouble, n_times) in troubles {
        followed.stub.fail("TimingData.jsonStream", trouble.clone(), *n_times);
    }
    followed.clock.run();
    followed.until("all lines", |f| f.is_whole("TimingData") && f.is_whole("CarData.z")).await;
    assert!(followed.status().n_failures >= n_failures, "{:?}", followed.status());
    assert!(followed.stub.asked().iter().all(|asked| !asked.has_credential), "a credential was sent");
    followed.end().await
}

#[tokio::test]
async fn a_growing_session_comes_whole_once_and_in_order() {
    let mut followed = Followed::of(&tape(7)).await;
    followed.clock.run();
    let topics = followed.stub.topics(0);
    followed.until("all lines", |f| topics.iter().all(|topic| f.is_whole(topic))).await;
    let followed = followed.end().await;
    assert_eq!(followed.notes.first(), Some(&Note::Opened { channel: "archive".into() }));
    assert!(followed.notes.contains(&Note::Opened { channel: "archive/TimingData".into() }));
    assert!(matches!(followed.notes.last(), Some(Note::Closed { channel, .. }) if channel == "archive"));
    assert!(followed.notes.iter().all(|note| !matches!(note, Note::Restarted { .. })), "{:?}", followed.notes);
    assert_eq!(followed.status().n_failures, 0, "{:?}", followed.status());
    // Few connections, kept open, and a name that the service likes.
    let asked = followed.stub.asked();
    let connections: BTreeSet<u64> = asked.iter().map(|asked| asked.connection).collect();
    assert!(connections.len() <= 6, "{connections:?}");
    assert!(asked.iter().all(|asked| asked.user_agent.as_deref() == Some("BestHTTP") && !asked.has_credential));
}

#[tokio::test]
async fn who_comes_late_gets_the_whole_session_in_order() {
    // Chunks far smaller than the files: what is read of one must not overtake what is not yet read of another.
    let mut followed = Followed::with(&tape(7), |_, config| config.chunk_bytes = 1500).await;
    followed.clock.skip_to(200_000);
    let topics = followed.stub.topics(0);
    followed.until("all lines", |f| topics.iter().all(|topic| f.is_whole(topic))).await;
    let clocks: Vec<&Bytes> = followed.order.iter().map(|(_, line)| line).collect();
    let is_sorted = clocks.windows(2).all(|pair| pair[0][..12] <= pair[1][..12]);
    assert!(is_sorted, "{:?}", followed.order.iter().map(|(_, line)| line.slice(..12)).collect::<Vec<_>>());
}

#[tokio::test]
async fn only_what_is_wanted_is_asked_for() {
    let mut followed = Followed::of(&tape(7)).await;
    followed.demand.send_replace(BTreeSet::new());
    followed.clock.skip_to(200_000);
    followed.until("cars", |f| f.is_whole("CarData.z") && f.is_whole("Position.z") && f.is_whole("TeamRadio")).await;
    // The first round may have begun before the demand was gone.
    let n_asked = followed.stub.n_asked("TimingData.");
    followed.until("some rounds", |f| f.stub.n_asked("CarData") > 10).await;
    assert_eq!(followed.stub.n_asked("TimingData."), n_asked);
    followed.demand.send_replace(BTreeSet::from([Feed::Timing]));
    followed.until("timing", |f| f.is_whole("TimingData")).await;
    assert_eq!(followed.n_lines("WeatherData"), 0);
}

#[tokio::test]
async fn it_is_off_unless_somebody_wants_it() {
    let mut followed = Followed::with(&tape(7), |_, config| config.follow = false).await;
    followed.until("a word", |f| f.status().detail.contains("follow = true")).await;
    assert_eq!(followed.status().phase, Phase::Off);
    let followed = followed.end().await;
    assert!(followed.stub.asked().is_empty());
}

#[tokio::test]
async fn the_session_is_found_in_the_list_if_nobody_tells_of_one() {
    let mut followed = Followed::with(&tape(7), |stub, _| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        stub.dated = Some(UtcTime::from_millis(now.as_millis() as i64));
        stub.stale_by_min = 30;
    })
    .await;
    followed.session.send_replace(None);
    followed.clock.run();
    followed.until("all lines", |f| f.is_whole("TimingData")).await;
}

#[tokio::test]
async fn a_new_session_is_followed_in_its_own_files() {
    let both = tape(7).then(10_000, tape(8));
    let mut followed = Followed::of(&both).await;
    followed.clock.skip_to(50_000);
    followed.until("the first", |f| f.is_whole("TimingData")).await;
    let path = followed.stub.path(1);
    assert!(path.contains("/8_Race/"));
    let info = SessionInfo { archive_path: path, ..SessionInfo::default() };
    followed.session.send_replace(Some(Arc::new(info)));
    let (n_first, n_second) = (followed.whole("TimingData").len(), followed.stub.whole(1, "TimingData").len());
    assert!(n_second > 0);
    followed.until("idle", |f| f.status().detail.contains("not there yet")).await;
    followed.clock.skip_to(150_000);
    followed.until("the second", |f| f.n_lines("TimingData") == 2 * n_first).await;
    let n_opened = followed.notes.iter().filter(|note| **note == Note::Opened { channel: "archive".into() }).count();
    assert_eq!(n_opened, 2);
}

#[tokio::test]
async fn an_archive_file_that_stalls_is_waited_for() {
    let mut followed = Followed::of(&tape(7)).await;
    followed.clock.skip_to(20_000);
    followed.until("some lines", |f| f.n_lines("TimingData") > 20).await;
    for topic in followed.stub.topics(0) {
        followed.stub.stall(&topic);
    }
    followed.clock.run();
    followed.until("a word", |f| f.status().detail.contains("has grown for")).await;
    assert_eq!(followed.status().n_failures, 1, "said once");
    followed.stub.heal();
    followed.until("all lines", |f| f.is_whole("TimingData") && f.is_whole("CarData.z")).await;
    followed.until("fine again", |f| f.status().phase == Phase::Connected).await;
}

#[tokio::test]
async fn an_archive_file_that_shrinks_is_read_again() {
    let mut followed = Followed::of(&tape(7)).await;
    followed.clock.skip_to(25_000);
    followed.until("some lines", |f| f.n_lines("TimingData") > 20).await;
    followed.stub.shrink("TimingData", 300);
    let restarted = |note: &Note| matches!(note, Note::Restarted { channel, .. } if channel == "archive/TimingData");
    followed.until("a note", |f| f.notes.iter().any(restarted)).await;
    followed.stub.heal();
    followed.clock.run();
    followed.until("all lines", |f| f.has_all("TimingData") && f.is_whole("CarData.z")).await;
}

#[tokio::test]
async fn an_archive_file_that_is_short_once_is_not_read_again() {
    let mut followed = Followed::with(&tape(7), |_, config| config.poll_ms = 300).await;
    followed.clock.skip_to(25_000);
    followed.until("some lines", |f| f.n_lines("TimingData") > 20).await;
    followed.stub.shrink("TimingData", 300);
    let n_asked = followed.stub.n_asked("TimingData.");
    followed.until("asked once", |f| f.stub.n_asked("TimingData.") > n_asked).await;
    followed.stub.heal();
    followed.clock.run();
    followed.until("all lines", |f| f.is_whole("TimingData")).await;
}

#[tokio::test]
async fn an_archive_file_that_restarts_is_read_again() {
    for how in [Rewrite::Shorter, Rewrite::Longer] {
        let mut followed = Followed::of(&tape(7)).await;
        followed.clock.skip_to(25_000);
        followed.until("some lines", |f| f.n_lines("TimingData") > 20).await;
        followed.stub.rewrite("TimingData", how);
        followed.clock.run();
        let restarted = |note: &Note| matches!(note, Note::Restarted { .. });
        followed.until("a note", |f| f.notes.iter().any(restarted)).await;
        followed.until("all lines", |f| f.has_all("TimingData") && f.is_whole("CarData.z")).await;
    }
}

#[tokio::test]
async fn a_server_that_ignores_ranges_still_gives_everything_once() {
    let mut followed = Followed::of(&tape(7)).await;
    followed.stub.ignore_ranges(true);
    followed.clock.run();
    let topics = followed.stub.topics(0);
    followed.until("all lines", |f| topics.iter().all(|topic| f.is_whole(topic))).await;
}

#[tokio::test]
async fn files_that_are_refused_with_401_403_and_404_are_asked_for_again() {
    let troubles = [401, 403, 404].map(|status| (Trouble::Status(status, None), 2));
    survives(&troubles, 1).await;
}

#[tokio::test]
async fn a_429_without_retry_after_is_a_reason_to_slow_down() {
    survives(&[(Trouble::Status(429, None), 3)], 3).await;
}

#[tokio::test]
async fn a_429_with_retry_after_is_waited_out() {
    let followed = survives(&[(Trouble::Status(429, Some("1".into())), 1)], 1).await;
    let asked = followed.stub.asked();
    let refused = asked.iter().find(|asked| asked.status == 429).unwrap();
    // Those that were under way together were not told yet.
    let after: Vec<Duration> = asked
        .iter()
        .filter_map(|asked| asked.at.checked_duration_since(refused.at))
        .filter(|later| *later > Duration::from_millis(300))
        .collect();
    assert!(after.iter().all(|later| *later >= Duration::from_millis(950)), "{:?}", after.first());
}

#[tokio::test]
async fn a_5xx_with_and_without_retry_after_is_survived() {
    let troubles = [500, 502, 503, 504].map(|status| (Trouble::Status(status, None), 1));
    survives(&troubles, 4).await;
    survives(&[(Trouble::Status(503, Some("1".into())), 1)], 1).await;
}

#[tokio::test]
async fn a_page_of_the_wrong_type_is_not_taken_for_lines() {
    survives(&[(Trouble::Page, 2)], 2).await;
}

#[tokio::test]
async fn an_answer_cut_in_the_middle_costs_nothing() {
    survives(&[(Trouble::Cut(0), 1), (Trouble::Cut(40), 1), (Trouble::Cut(101), 1)], 1).await;
}

#[tokio::test]
async fn answers_that_drip_come_late_or_never_are_survived() {
    let slow = Trouble::Slow(Duration::from_millis(300));
    survives(&[(Trouble::Silent, 1), (Trouble::Drip(Duration::from_millis(50)), 2), (slow, 2)], 1).await;
}

#[tokio::test]
async fn a_gigantic_file_is_given_up_and_the_others_go_on() {
    let mut followed = Followed::of(&tape(7)).await;
    followed.clock.skip_to(20_000);
    followed.stub.fail("TimingData.jsonStream", Trouble::Gigantic, 1);
    let closed = |note: &Note| matches!(note, Note::Closed { channel, .. } if channel == "archive/TimingData");
    followed.until("a note", |f| f.notes.iter().any(closed)).await;
    let n_asked = followed.stub.n_asked("TimingData.");
    followed.clock.run();
    followed.until("the others", |f| f.is_whole("CarData.z") && f.is_whole("WeatherData")).await;
    assert_eq!(followed.stub.n_asked("TimingData."), n_asked);
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_not_trusted() {
    let mut followed = Followed::with(&tape(7), |stub, _| stub.is_tls = true).await;
    followed.until("a word", |f| f.status().detail.contains("no trustworthy connection")).await;
    assert!(followed.stub.asked().is_empty(), "nothing is asked over such a connection");
}

#[tokio::test]
async fn a_real_sprint_comes_to_the_same_lines() {
    let Some(folder) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let minute = |n: i64| SessionTime::from_millis(n * 60_000);
    let tape = Tape::from_archive(&folder).cut(minute(40), minute(60));
    // Twelve minutes of history at once, and the rest as it grows.
    let mut followed = Followed::with(&tape, |stub, _| stub.has_bom = false).await;
    followed.clock.skip_to(12 * 60_000);
    followed.until("the history", |f| f.n_lines("CarData.z") > 3000).await;
    followed.clock.skip_to(19 * 60_000);
    followed.clock.run();
    let followed_topics =
        ["CarData.z", "Position.z", "TimingData", "TimingAppData", "RaceControlMessages", "TrackStatus"];
    followed.until("all lines", |f| followed_topics.iter().all(|topic| f.is_whole(topic))).await;
    assert!(followed.notes.iter().all(|note| !matches!(note, Note::Restarted { .. })), "{:?}", followed.notes);
}

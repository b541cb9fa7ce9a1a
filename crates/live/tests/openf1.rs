//! The client of OpenF1 against its stub: every trouble it must survive, by name.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use overcut_domain::{Feed, SessionInfo, SessionKind, SourceKind, UtcTime};
use overcut_live::openf1::{Account, Config, Use, run};
use overcut_live::{Arrival, CredentialState, Phase, Secret, SourceStatus, StatusBoard, inbox};
use overcut_sources::DecodeReport;
use overcut_sources::live::Note;
use overcut_sources::openf1::Translator;
use overcut_testkit::stub::openf1::{BrokerFaults, OpenF1Config, OpenF1Stub, Trouble};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "correct horse battery";
const USERNAME: &str = "somebody@example.org";
const DEADLINE: Duration = Duration::from_secs(20);

/// A running client and all that came of it.
struct Client {
    arrivals: mpsc::Receiver<Arrival>,
    seen: Vec<Arrival>,
    board: StatusBoard,
    demand: watch::Sender<BTreeSet<Feed>>,
    _session: watch::Sender<Option<Arc<SessionInfo>>>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

fn session_row() -> Value {
    json!([{"session_key": 7, "meeting_key": 3, "session_name": "Race", "session_type": "Race", "year": 2026,
        "date_start": "2026-06-14T13:00:00+00:00", "date_end": "2026-06-14T15:00:00+00:00", "gmt_offset": "02:00:00"}])
}

fn lap(number: u32, driver: u32, time: Value) -> Value {
    let start = format!("2026-06-14T13:{:02}:00+00:00", number * 2);
    json!({"session_key": 7, "meeting_key": 3, "driver_number": driver, "lap_number": number, "date_start": start,
        "lap_duration": time, "duration_sector_1": 30.1, "is_pit_out_lap": false})
}

/// A small session.
fn small() -> OpenF1Config {
    let laps: Vec<Value> = (1..=5).flat_map(|n| [lap(n, 4, json!(90.5)), lap(n, 81, json!(91.25))]).collect();
    OpenF1Config::empty()
        .with("sessions", session_row())
        .with("drivers", json!([{"session_key": 7, "driver_number": 4}, {"session_key": 7, "driver_number": 81}]))
        .with("laps", Value::Array(laps))
}

fn config(stub: &OpenF1Stub) -> Config {
    Config {
        enabled: Use::Always,
        base_url: stub.url(),
        token_url: stub.token_url(),
        brokers: Vec::new(),
        anonymous_per_second: 200,
        anonymous_per_minute: 10_000,
        account_per_second: 200,
        account_per_minute: 10_000,
        ..Config::default().faster(50.0)
    }
}

fn account() -> Option<Account> {
    Some(Account { username: Secret::new(USERNAME), password: Secret::new(PASSWORD) })
}

fn start(config: Config, account: Option<Account>) -> Client {
    start_for(config, account, &[Feed::Timing])
}

fn start_for(config: Config, account: Option<Account>, feeds: &[Feed]) -> Client {
    let (sender, arrivals) = inbox();
    let board = StatusBoard::default();
    let info = SessionInfo { key: Some(7), meeting_key: Some(3), kind: SessionKind::Race, ..SessionInfo::default() };
    let (session, session_receiver) = watch::channel(Some(Arc::new(info)));
    let (demand, demand_receiver) = watch::channel(feeds.iter().copied().collect());
    let shutdown = CancellationToken::new();
    let status = board.handle(SourceKind::OpenF1);
    let task = tokio::spawn(run(config, account, sender, status, session_receiver, demand_receiver, shutdown.clone()));
    Client { arrivals, seen: Vec::new(), board, demand, _session: session, shutdown, task }
}

impl Client {
    fn status(&self) -> SourceStatus {
        self.board.all().remove(0).1
    }

    /// Waits until what has arrived so far, or the status, is as wanted.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Client) -> bool) {
        let end = tokio::time::Instant::now() + DEADLINE;
        while !is_so(self) {
            assert!(tokio::time::Instant::now() < end, "never: {what}; {:?}", self.status());
            if let Ok(Some(arrival)) = tokio::time::timeout(Duration::from_millis(5), self.arrivals.recv()).await {
                self.seen.push(arrival);
            }
        }
    }

    fn n_on(&self, channel: &str) -> usize {
        self.seen.iter().filter(|arrival| arrival.channel == channel).count()
    }

    async fn until_laps(&mut self, n: usize) {
        self.until("rows of laps", |client| client.n_on("openf1/laps") >= n).await;
    }

    async fn until_detail(&mut self, part: &str) {
        self.until(part, |client| client.status().detail.contains(part)).await;
    }

    fn notes(&self) -> Vec<Note> {
        let notes = self.seen.iter().filter(|arrival| arrival.channel == Note::CHANNEL);
        notes.map(|note| Note::from_json(&note.payload).unwrap()).collect()
    }

    /// Everything that is written down or shown.
    fn printed(&self) -> String {
        let arrivals: String =
            self.seen.iter().map(|arrival| String::from_utf8_lossy(&arrival.payload).into_owned()).collect();
        format!("{arrivals} {:?}", self.board.all())
    }

    async fn stop(mut self) -> Vec<Arrival> {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, &mut self.task).await.expect("it stops when told to").unwrap();
        while let Ok(arrival) = self.arrivals.try_recv() {
            self.seen.push(arrival);
        }
        self.seen
    }
}

/// The laps that all rows together tell of, with their times.
fn laps_of(arrivals: &[Arrival]) -> Vec<(u16, u16, u32)> {
    let (mut translator, mut told, mut report) = (Translator::new(), Vec::new(), DecodeReport::default());
    for arrival in arrivals {
        if let Some(endpoint) = arrival.channel.strip_prefix("openf1/") {
            translator.take(endpoint, &arrival.payload, &mut report, &mut told);
        }
    }
    translator.finish(&mut told);
    assert!(report.is_clean(), "{report:?}");
    let mut laps = Vec::new();
    for told in told {
        if let overcut_domain::Event::Timing(update) = told.event {
            for car in update.cars {
                if let Some(time) = car.last_lap.and_then(|lap| lap.time.set()) {
                    laps.push((car.driver.0, car.best_lap_number.map_or(0, |lap| lap.0), time.as_millis()));
                }
            }
        }
    }
    laps.sort_unstable();
    laps
}

#[tokio::test]
async fn history_is_asked_for_and_told_once() {
    let stub = OpenF1Stub::start(small()).await;
    let mut client = start(config(&stub), None);
    client.until_laps(1).await;
    let n = stub.n_asked("/v1/laps");
    client.until("more questions", |_| stub.n_asked("/v1/laps") > n + 3).await;
    let seen = client.stop().await;
    let n_laps = laps_of(&seen).len();
    assert_eq!(n_laps, 10);
    let whole = |asked: &str| asked.contains("laps") && !asked.contains("date_start");
    assert!(stub.asked().iter().filter(|asked| whole(&asked.what)).count() <= 2, "after that only what is new");
}

#[tokio::test]
async fn only_wanted_feeds_are_asked_for() {
    let stub = OpenF1Stub::start(small()).await;
    let mut client = start_for(config(&stub), None, &[Feed::Weather]);
    client.until("questions for weather", |_| stub.n_asked("/v1/weather") > 2).await;
    assert_eq!(stub.n_asked("/v1/laps"), 0);
    client.demand.send_replace(BTreeSet::new());
    client.until("nothing to do", |client| client.status().phase == Phase::Idle).await;
    client.demand.send_replace(BTreeSet::from([Feed::Timing]));
    client.until_laps(1).await;
    client.stop().await;
}

#[tokio::test]
async fn a_lock_during_a_live_session_is_said_and_waited_out() {
    let stub = OpenF1Stub::start(small()).await;
    stub.lock(true);
    let mut client = start(config(&stub), None);
    client.until_detail("locked during live sessions without an account").await;
    stub.lock(false);
    client.until_laps(1).await;
    client.stop().await;
}

#[tokio::test]
async fn an_account_opens_the_lock() {
    let stub = OpenF1Stub::start(small()).await;
    stub.lock(true);
    let mut client = start(config(&stub), account());
    client.until_laps(1).await;
    let credential = client.status().credential.unwrap();
    assert_eq!(credential.state, CredentialState::Good);
    assert!(credential.expires_at.is_some());
    client.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_tried_again_and_again() {
    let stub = OpenF1Stub::start(small()).await;
    let wrong = Account { username: Secret::new(USERNAME), password: Secret::new("hunter2") };
    let config = Config { locked_retry_ms: 60_000, ..config(&stub) };
    let mut client = start(config, Some(wrong));
    client.until_detail("the account was refused").await;
    assert_eq!(client.status().credential.unwrap().state, CredentialState::Rejected);
    assert!(stub.n_asked("/token") <= 2, "{:?}", stub.asked());
    client.stop().await;
}

#[tokio::test]
async fn a_422_is_asked_for_in_narrower_slices() {
    let stub = OpenF1Stub::start(OpenF1Config { max_rows: 5, ..small() }).await;
    let mut client = start_for(config(&stub), None, &[Feed::Session, Feed::Timing]);
    client.until_laps(2).await;
    assert!(stub.n_asked("/v1/laps?session_key=7&driver_number=81") > 0, "car by car");
    assert_eq!(laps_of(&client.stop().await).len(), 10, "no row is lost between slices");
}

#[tokio::test]
async fn a_429_with_retry_after_is_waited_out() {
    let stub = OpenF1Stub::start(small()).await;
    stub.fail("/v1/laps", Trouble::RateLimitedFor(1));
    let mut client = start(config(&stub), None);
    client.until_laps(1).await;
    let asked = stub.asked();
    let refused = asked.iter().position(|asked| asked.status == 429).unwrap();
    let pause = asked[refused + 1].at - asked[refused].at;
    assert!(pause >= Duration::from_millis(990), "{pause:?}");
    client.stop().await;
}

#[tokio::test]
async fn a_429_without_retry_after_and_5xx_back_off() {
    let stub = OpenF1Stub::start(small()).await;
    for trouble in [Trouble::RateLimited, Trouble::Status(502), Trouble::Status(504), Trouble::Status(500)] {
        stub.fail("/v1/laps", trouble);
    }
    let mut client = start(config(&stub), None);
    client.until_laps(1).await;
    assert!(client.status().n_failures >= 4);
    client.stop().await;
}

#[tokio::test]
async fn wrong_types_cut_answers_and_hang_ups_are_survived() {
    let stub = OpenF1Stub::start(small()).await;
    for trouble in [Trouble::Page, Trouble::Truncated, Trouble::HangUp] {
        stub.fail("/v1/laps", trouble);
    }
    let mut client = start(config(&stub), None);
    client.until_laps(1).await;
    let seen = client.stop().await;
    assert!(seen.iter().all(|arrival| !arrival.payload.starts_with(b"<")), "a page is no row");
    assert_eq!(laps_of(&seen).len(), 10);
}

#[tokio::test]
async fn a_gigantic_answer_is_not_taken() {
    let stub = OpenF1Stub::start(small()).await;
    for _ in 0..3 {
        stub.fail("/v1/laps", Trouble::Gigantic(3 << 20));
    }
    let config = Config { max_answer_bytes: 1 << 20, ..config(&stub) };
    let mut client = start(config, None);
    client.until_laps(1).await;
    let seen = client.stop().await;
    assert!(seen.iter().all(|arrival| arrival.payload.len() < 1 << 20));
}

#[tokio::test]
async fn limits_of_the_service_are_kept() {
    let stub = OpenF1Stub::start(OpenF1Config { limits: Some((3, 1000)), ..small() }).await;
    let config = Config { anonymous_per_second: 3, ..config(&stub) };
    let mut client = start(config, None);
    client.until("a dozen questions", |_| stub.n_asked("/v1/") >= 9).await;
    assert!(stub.asked().iter().all(|asked| asked.status != 429), "{:?}", stub.asked());
    client.stop().await;
}

#[tokio::test]
async fn both_kinds_of_empty_answers_are_empty() {
    for is_hosted in [true, false] {
        let stub = OpenF1Stub::start(OpenF1Config { is_hosted, ..small() }).await;
        let mut client = start(config(&stub), None);
        client.until("an answer without rows", |_| stub.n_asked("/v1/position") > 1).await;
        assert_eq!((client.n_on("openf1/position"), client.status().n_failures), (0, 0));
        client.stop().await;
    }
}

fn n_subscribed(stub: &OpenF1Stub) -> usize {
    stub.subscribed().iter().filter(|topic| *topic == "v1/laps").count()
}

async fn streaming(stub: &OpenF1Stub, url: String) -> Client {
    streaming_as(stub, Config { brokers: vec![url], ..config(stub) }).await
}

async fn streaming_as(stub: &OpenF1Stub, config: Config) -> Client {
    let n_before = n_subscribed(stub);
    let mut client = start(config, account());
    client.until_detail("listening").await;
    client.until("subscribed", |_| n_subscribed(stub) > n_before).await;
    client
}

#[tokio::test]
async fn rows_are_pushed_over_mqtt_and_over_a_web_socket() {
    let stub = OpenF1Stub::start(OpenF1Config::empty().with("sessions", session_row())).await;
    for url in [stub.mqtt_url(), stub.ws_url()] {
        let mut client = streaming(&stub, url).await;
        stub.publish("laps", "7_1_4", &lap(1, 4, json!(90.5)));
        client.until_laps(1).await;
        assert!(client.notes().contains(&Note::Opened { channel: "openf1".to_owned() }));
        client.stop().await;
    }
}

#[tokio::test]
async fn rows_are_pushed_over_tls_if_the_certificate_is_trusted() {
    let stub = OpenF1Stub::start(OpenF1Config::empty().with("sessions", session_row())).await;
    let folder = tempfile::tempdir().unwrap();
    let certificates = folder.path().join("own.pem");
    std::fs::write(&certificates, stub.certificate()).unwrap();
    for url in [stub.mqtts_url(), stub.wss_url()] {
        let config = Config { brokers: vec![url], certificates: Some(certificates.clone()), ..config(&stub) };
        let mut client = streaming_as(&stub, config).await;
        stub.publish("laps", "7_1_4", &lap(1, 4, json!(90.5)));
        client.until_laps(1).await;
        client.stop().await;
    }
}

#[tokio::test]
async fn tls_failure_falls_back_to_polling() {
    let stub = OpenF1Stub::start(small()).await;
    for url in [stub.mqtts_url(), stub.wss_url()] {
        let mut client = start(Config { brokers: vec![url], ..config(&stub) }, account());
        client.until_detail("polling").await;
        client.until_laps(1).await;
        assert_eq!(stub.n_connections().0, 0, "nobody is greeted without trust");
        client.stop().await;
    }
}

#[tokio::test]
async fn a_broker_that_cannot_be_reached_falls_back_to_polling_and_comes_back() {
    let stub = OpenF1Stub::start(small()).await;
    stub.broker(BrokerFaults { is_closed: true, ..BrokerFaults::default() });
    let mut client = start(Config { brokers: vec![stub.mqtt_url()], ..config(&stub) }, account());
    client.until_laps(1).await;
    stub.broker(BrokerFaults::default());
    client.until_detail("listening").await;
    client.stop().await;
}

#[tokio::test]
async fn dropped_connections_are_made_anew_and_subscribed_again() {
    let stub = OpenF1Stub::start(small()).await;
    let mut client = streaming(&stub, stub.mqtt_url()).await;
    for n in 1..=3 {
        let before = stub.n_connections().0;
        stub.drop_connections();
        client.until("another connection", |_| stub.n_connections().0 > before).await;
        client
            .until("subscribed again", |_| {
                let n_subscribed = stub.subscribed().iter().filter(|topic| *topic == "v1/laps").count();
                n_subscribed > n
            })
            .await;
    }
    let n_before = client.n_on("openf1/laps");
    stub.publish("laps", "7_6_4", &lap(6, 4, json!(90.0)));
    client.until_laps(n_before + 1).await;
    let seen = client.stop().await;
    assert_eq!(laps_of(&seen).len(), 11, "no lap is lost");
}

#[tokio::test]
async fn a_silent_stall_is_noticed() {
    for faults in [
        BrokerFaults { is_stalled: true, ..BrokerFaults::default() },
        BrokerFaults { is_mute: true, ..BrokerFaults::default() },
    ] {
        let stub = OpenF1Stub::start(small()).await;
        let mut client = streaming(&stub, stub.mqtt_url()).await;
        let before = stub.n_connections().0;
        stub.broker(faults);
        client
            .until("the broker is given up", |client| {
                client
                    .notes()
                    .iter()
                    .any(|note| matches!(note, Note::Closed { reason, .. } if reason.contains("broker")))
            })
            .await;
        stub.broker(BrokerFaults::default());
        client.until("another connection", |_| stub.n_connections().0 > before).await;
        client.stop().await;
    }
}

#[tokio::test]
async fn duplicated_and_reordered_rows_are_told_once_and_the_newest_counts() {
    let stub = OpenF1Stub::start(OpenF1Config::empty().with("sessions", session_row())).await;
    let mut client = streaming(&stub, stub.mqtt_url()).await;
    stub.publish_as("laps", "7_1_4", 10, &lap(1, 4, json!(null)));
    stub.publish_as("laps", "7_1_4", 30, &lap(1, 4, json!(90.5)));
    stub.publish_as("laps", "7_1_4", 20, &lap(1, 4, json!(99.9))); // older, later
    stub.publish_as("laps", "7_1_4", 30, &lap(1, 4, json!(90.5)));
    client.until_laps(4).await;
    let seen = client.stop().await;
    assert_eq!(laps_of(&seen), [(4, 1, 90_500)]);
}

#[tokio::test]
async fn a_token_that_ends_mid_race_is_renewed_before_and_the_connection_with_it() {
    let life = Duration::from_secs(1);
    let stub = OpenF1Stub::start(OpenF1Config { token_life: life, ..small() }).await;
    let mut client = streaming(&stub, stub.mqtt_url()).await;
    client.until("three logins", |_| stub.logins().len() >= 3).await;
    let logins: BTreeSet<String> = stub.logins().into_iter().collect();
    assert!(logins.len() >= 3, "each with a token of its own");
    let is_closed = client.notes().iter().any(|note| matches!(note, Note::Closed { .. }));
    assert!(!is_closed, "without a seam: {:?}", client.notes());
    client.stop().await;
}

#[tokio::test]
async fn a_token_that_ends_early_is_replaced() {
    let stub = OpenF1Stub::start(small()).await;
    stub.lock(true);
    let mut client = start(config(&stub), account());
    client.until_laps(1).await;
    stub.expire_tokens();
    client.until("another token", |_| stub.n_asked("/token") > 1).await;
    let n = stub.asked().len();
    client.until("answers again", |_| stub.asked().iter().skip(n).any(|asked| asked.status == 200)).await;
    assert_eq!(client.status().phase, Phase::Connected);
    client.stop().await;
}

#[tokio::test]
async fn a_502_for_the_token_keeps_the_old_one() {
    let stub = OpenF1Stub::start(OpenF1Config { token_life: Duration::from_secs(2), ..small() }).await;
    let mut client = start(config(&stub), account());
    client.until_laps(1).await;
    for _ in 0..2 {
        stub.fail("/token", Trouble::Status(502));
    }
    client
        .until("two failures and a success", |_| {
            let statuses: Vec<u16> =
                stub.asked().iter().filter(|asked| asked.what.contains("/token")).map(|asked| asked.status).collect();
            statuses.ends_with(&[502, 502, 200])
        })
        .await;
    assert!(stub.asked().iter().filter(|asked| asked.what.contains("/v1/")).all(|asked| asked.has_token));
    client.stop().await;
}

#[tokio::test]
async fn no_secret_is_written_down_or_shown() {
    let stub = OpenF1Stub::start(small()).await;
    stub.fail("/token", Trouble::Status(502));
    stub.fail("/v1/laps", Trouble::Status(503));
    let mut client = streaming(&stub, stub.mqtt_url()).await;
    stub.publish("laps", "7_1_4", &lap(1, 4, json!(90.5)));
    client.until_laps(1).await;
    stub.expire_tokens();
    stub.drop_connections();
    client.until("another connection", |_| stub.n_connections().0 > 1).await;
    let printed = client.printed();
    let urls: String = stub.asked().iter().map(|asked| asked.what.clone()).collect();
    for secret in [USERNAME, PASSWORD].into_iter().map(str::to_owned).chain(stub.logins()) {
        assert!(!printed.contains(&secret) && !urls.contains(&secret), "{secret}");
    }
    client.stop().await;
}

#[tokio::test]
async fn without_an_account_the_hosted_service_is_off() {
    let mut client = start(Config::default(), None);
    client.until("off", |client| client.status().phase == Phase::Off && !client.status().detail.is_empty()).await;
    assert!(client.status().detail.contains("account"));
}

#[test]
fn spans_and_times_are_plain_numbers() {
    let config = Config::default().faster(10.0);
    assert_eq!((config.poll_ms, config.anonymous_per_minute), (500, 300));
    assert_eq!("2026-06-14T13:00:00Z".parse::<UtcTime>().unwrap().to_string(), "2026-06-14T13:00:00.000Z");
}

//! The forecast's client against a server that answers as Open-Meteo does.

#![allow(clippy::unwrap_used, reason = "what is missing fails the test")]

use std::sync::Arc;
use std::time::Duration;

use overcut_domain::{SessionInfo, SourceKind, UtcTime};
use overcut_live::weather::{self, Config};
use overcut_live::{Arrival, Phase, SourceStatus, StatusBoard, inbox};
use overcut_testkit::stub::open_meteo::{OpenMeteoStub, Trouble};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Nothing here takes longer.
const DEADLINE: Duration = Duration::from_secs(20);

struct Running {
    stub: OpenMeteoStub,
    arrivals: mpsc::Receiver<Arrival>,
    board: StatusBoard,
    session: watch::Sender<Option<Arc<SessionInfo>>>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(trouble: Trouble, change: impl FnOnce(Config) -> Config) -> Running {
        let stub = OpenMeteoStub::start().await;
        stub.set_trouble(trouble);
        let config = change(Config { url: stub.url(), ..Config::default() });
        let ((inbox, arrivals), board) = (inbox(), StatusBoard::default());
        let (session, known) = watch::channel(None);
        let shutdown = CancellationToken::new();
        let status = board.handle(SourceKind::OpenMeteo);
        let task = tokio::spawn(weather::run(config, inbox, status, known, shutdown.clone()));
        Running { stub, arrivals, board, session, shutdown, task }
    }

    fn is_at(&self, circuit: &str) {
        self.session
            .send_replace(Some(Arc::new(SessionInfo { circuit_name: circuit.into(), ..SessionInfo::default() })));
    }

    fn status(&self) -> SourceStatus {
        self.board.all().remove(0).1
    }

    /// Polls until the status is as wanted.
    async fn until(&self, is_wanted: impl Fn(&SourceStatus) -> bool) -> SourceStatus {
        let waiting = async {
            while !is_wanted(&self.status()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("still {:?}", self.status()));
        self.status()
    }

    async fn arrival(&mut self) -> Arrival {
        tokio::time::timeout(DEADLINE, self.arrivals.recv()).await.unwrap().unwrap()
    }

    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(DEADLINE, self.task).await.unwrap().unwrap();
    }
}

/// How long it waits from now on, seconds.
fn pause_s(status: &SourceStatus) -> f64 {
    let Phase::Waiting { until } = status.phase else { panic!("{status:?} does not wait") };
    until.saturating_duration_since(std::time::Instant::now()).as_secs_f64()
}

#[tokio::test]
async fn the_forecast_of_the_circuit_arrives_as_it_was_sent_again_and_again() {
    let mut running = Running::start(Trouble::None, |config| config.faster(9000.0)).await;
    running.until(|status| status.detail.contains("which session")).await;
    running.is_at("Shanghai");
    for _ in 0..2 {
        let arrival = running.arrival().await;
        assert_eq!(arrival.channel, "open_meteo");
        let forecast = overcut_sources::open_meteo::forecast(&arrival.payload, UtcTime::from_millis(7)).unwrap();
        assert_eq!((forecast.steps.len(), forecast.fetched_at), (24, UtcTime::from_millis(7)));
        assert!(forecast.steps[0].precipitation_percent.is_some() && forecast.steps[2].air_temperature_c.is_none());
    }
    assert_eq!(running.stub.asked().borrow()[0], ("31.340".to_owned(), "121.221".to_owned()));
    let status = running.until(|status| status.phase == Phase::Connected).await;
    assert!(status.detail.contains("Open-Meteo.com (CC BY 4.0)"), "{}", status.detail);
    running.stop().await;
}

#[tokio::test]
async fn another_session_elsewhere_is_asked_for_at_once() {
    let mut running = Running::start(Trouble::None, |config| config).await;
    running.is_at("Monza");
    running.arrival().await;
    running.is_at("Baku");
    running.arrival().await;
    let asked: Vec<String> = running.stub.asked().borrow().iter().map(|place| place.0.clone()).collect();
    assert_eq!(asked, ["45.621", "40.369"]);
    running.stop().await;
}

#[tokio::test]
async fn an_unknown_circuit_says_how_to_configure_it() {
    let mut running = Running::start(Trouble::None, |config| config).await;
    running.is_at("Atlantis");
    let status = running.until(|status| status.detail.contains("Atlantis")).await;
    assert_eq!(status.phase, Phase::Idle);
    assert!(status.detail.contains("[live.weather]"), "{}", status.detail);
    running.is_at("Monza");
    running.arrival().await;
    running.stop().await;
}

#[tokio::test]
async fn a_configured_place_needs_no_session() {
    let at_home = |config| Config { latitude: Some(-1.5), longitude: Some(2.0), ..config };
    let mut running = Running::start(Trouble::None, at_home).await;
    running.arrival().await;
    assert_eq!(running.stub.asked().borrow()[0], ("-1.500".to_owned(), "2.000".to_owned()));
    running.stop().await;
}

#[tokio::test]
async fn switched_off_it_asks_nobody() {
    let running = Running::start(Trouble::None, |config| Config { enabled: false, ..config }).await;
    running.is_at("Monza");
    let status = running.until(|status| !status.detail.is_empty()).await;
    assert_eq!((status.phase, status.detail.as_str()), (Phase::Off, "forecasts are switched off"));
    assert!(running.stub.asked().borrow().is_empty());
    running.stop().await;
}

#[tokio::test]
async fn a_limit_is_waited_out_as_its_words_say() {
    let cases = [(Trouble::MinuteLimit, 65.0), (Trouble::HourLimit, 1200.0), (Trouble::DayLimit, 21_600.0)];
    for (trouble, want_s) in cases {
        let running = Running::start(trouble, |config| config).await;
        running.is_at("Monza");
        let status = running.until(|status| matches!(status.phase, Phase::Waiting { .. })).await;
        assert!((want_s - 5.0..=want_s).contains(&pause_s(&status)), "{trouble:?}: {}", pause_s(&status));
        running.stop().await;
    }
}

#[tokio::test]
async fn a_refused_question_is_not_asked_again_soon() {
    let running = Running::start(Trouble::BadRequest, |config| config).await;
    running.is_at("Monza");
    let status = running.until(|status| matches!(status.phase, Phase::Waiting { .. })).await;
    assert!(pause_s(&status) > 3600.0);
    running.stop().await;
}

#[tokio::test]
async fn after_trouble_the_forecast_comes_by_itself() {
    for trouble in [Trouble::Unavailable, Trouble::CutOff, Trouble::Page] {
        let mut running =
            Running::start(trouble, |config| Config { first_pause_ms: 20, longest_pause_ms: 50, ..config }).await;
        running.is_at("Monza");
        running.until(|status| status.n_failures > 0).await;
        running.stub.set_trouble(Trouble::None);
        running.arrival().await;
        running.until(|status| status.phase == Phase::Connected).await;
        running.stop().await;
    }
}

//! Serves a recorded sprint as if it were live, with made-up troubles: what the dashboard's browser tests and people who
//! work on its look watch.
//!
//! ```sh
//! OVERCUT_DATA=… cargo run -p overcut-server --example live_states -- 8722
//! ```
//!
//! It listens on the given port (0 for any free one), prints its address, and obeys lines on standard input: `stop`
//! stops the recorder, `break` breaks the connections of all sources, `mend` ends both, `next` begins another session.

#![allow(clippy::unwrap_used, reason = "a tool for developers may end by panicking")]

use std::collections::BTreeMap;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use overcut_domain::{
    DriverNumber, Event, Feed, FeedGap, FeedState, Forecast, ForecastStep, Liveness, SessionTime, SourceKind, Stamped,
};
use overcut_server::wire::{CredentialHealth, RecorderHealth, SessionSummary, SourceHealth};
use overcut_server::{Library, LiveReport, Server, ServerConfig, SharedSession, Shelf, now_ms};
use overcut_session::Session;
use overcut_timeline::{House, Item, Speed, Timeline};
use overcut_track::{Outline, Span};
use tokio_util::sync::CancellationToken;

/// Where the house clock begins: lap 18 of 19, after a safety car.
const FROM_MS: i64 = 4_690_000;

/// From when there is no car data.
const NO_CARS_MS: i64 = 4_000_000;

/// What is wrong: nothing, the recorder, or the connections.
static TROUBLE: AtomicU8 = AtomicU8::new(WELL);
const WELL: u8 = 0;
const STOPPED: u8 = 1;
const BROKEN: u8 = 2;
/// Which session is live.
static SESSION: AtomicU8 = AtomicU8::new(1);

/// Nothing but what is live.
struct NoShelf;

impl Shelf for NoShelf {
    fn list(&self) -> Vec<SessionSummary> {
        Vec::new()
    }

    fn open(&self, _: &SessionSummary) -> Result<Arc<SharedSession>, String> {
        Err("there is nothing on the shelf".to_owned())
    }
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).map_or(8722, |port| port.parse::<u16>().unwrap());
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let mut events = Vec::new();
    overcut_sources::read_events(path, |event| events.push(event)).unwrap();
    let library = Arc::new(Library::new(NoShelf));
    let first = session("live-sprint", "Sprint", &events, FROM_MS);
    library.put(first.clone());
    library.watch_live(report);
    let (shutdown, config) = (CancellationToken::new(), ServerConfig::default());
    let config = ServerConfig { address: ([127, 0, 0, 1], port).into(), ..config };
    let server = Server::bind(&config, library.clone(), shutdown.clone()).unwrap();
    println!("http://{}", server.address());
    std::thread::spawn(move || obey(&library, &first, &events, &shutdown));
    server.run().await;
}

/// Obeys lines on standard input until there are no more.
fn obey(library: &Library, first: &SharedSession, events: &[Stamped<Event>], shutdown: &CancellationToken) {
    for line in std::io::stdin().lock().lines() {
        match line.unwrap().trim() {
            "stop" => TROUBLE.store(STOPPED, Ordering::Relaxed),
            "break" => TROUBLE.store(BROKEN, Ordering::Relaxed),
            "mend" => TROUBLE.store(WELL, Ordering::Relaxed),
            "next" => next(library, first, events),
            other => eprintln!("not understood: {other:?}"),
        }
    }
    shutdown.cancel();
}

/// Ends the session and begins another one.
fn next(library: &Library, before: &SharedSession, events: &[Stamped<Event>]) {
    library.put(session("live-second", "Sprint again", events, 3_700_000));
    SESSION.store(2, Ordering::Relaxed);
    before.update(Timeline::complete);
    let end = before.read().head();
    before.set_house(House::Running { since_ms: now_ms(), from: end, speed: Speed::NORMAL, is_as_live: true });
    before.succeed("live-second");
}

/// The recording as a live session, with what a live session knows of its sources.
fn session(id: &str, name: &str, events: &[Stamped<Event>], from_ms: i64) -> Arc<SharedSession> {
    let (mut session, mut timeline, mut changed) = (Session::new(), Timeline::new(), Vec::new());
    let mut told = troubles(events).into_iter().peekable();
    let mut tell = |event: &Stamped<Event>, timeline: &mut Timeline| {
        changed.clear();
        session.apply(event, &mut changed);
        for part in &changed {
            Item::of(&session, *part).map(|item| timeline.append(event.time, item));
        }
        timeline.advance(event.time);
    };
    for event in events {
        while let Some(trouble) = told.next_if(|trouble| trouble.time <= event.time) {
            tell(&trouble, &mut timeline);
        }
        match &event.value {
            // Car data is told to be missing from then on.
            Event::Cars(samples) if event.time < at(NO_CARS_MS) => timeline.insert_cars(samples),
            Event::Positions(samples) => timeline.insert_positions(samples),
            _ => {}
        }
        tell(event, &mut timeline);
    }
    let laps: Vec<Span> = session
        .laps()
        .filter(|lap| lap.is_accurate && lap.driver != DriverNumber(0))
        .filter_map(|lap| Some(Span { driver: lap.driver, start: lap.started_at?, end: lap.ended_at? }))
        .collect();
    if let Ok(outline) = Outline::derive(timeline.telemetry(), &laps) {
        timeline.set_outline(outline);
    }
    let house = House::Running { since_ms: now_ms(), from: at(from_ms), speed: Speed::NORMAL, is_as_live: true };
    Arc::new(SharedSession::new(summary(id, name), timeline, house))
}

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

fn summary(id: &str, name: &str) -> SessionSummary {
    SessionSummary {
        id: id.to_owned(),
        meeting: "Chinese Grand Prix".to_owned(),
        name: name.to_owned(),
        kind: "sprint".to_owned(),
        season: Some(2026),
        circuit: "Shanghai".to_owned(),
        country: "China".to_owned(),
        starts_at: None,
        format: "live".to_owned(),
        has_car_data: Some(true),
        size_bytes: 0,
    }
}

/// What is told of feeds, gaps and weather, in order of time: all well at first, two cuts, then no push service.
fn troubles(events: &[Stamped<Event>]) -> Vec<Stamped<Event>> {
    let mut told = vec![feeds(600, &[]), forecast(events)];
    let positions = [Feed::Positions, Feed::Cars];
    let without_account = "car data needs an F1TV token; none is set";
    told.push(gap(3_000, gap_of(0, &[Feed::Timing, Feed::RaceControl], 2_960, None)));
    told.push(feeds(3_000, &[(Feed::Timing, None, Liveness::Missing, None, "the connection was cut")]));
    told.push(feeds(3_040, &[]));
    told.push(gap(3_040, gap_of(0, &[Feed::Timing, Feed::RaceControl], 2_960, Some(3_036))));
    let filled = FeedGap {
        filled_by: Some(SourceKind::Archive),
        ..gap_of(0, &[Feed::Timing, Feed::RaceControl], 2_960, Some(3_036))
    };
    told.push(gap(3_055, filled));
    told.push(gap(3_905, gap_of(1, &positions, 3_890, None)));
    told.push(gap(3_990, gap_of(1, &positions, 3_890, Some(3_984))));
    told.push(feeds(
        4_000,
        &[
            (Feed::Timing, Some(SourceKind::Archive), Liveness::Late, Some(7_000), "the push service does not answer"),
            (
                Feed::Positions,
                Some(SourceKind::Estimate),
                Liveness::Estimated,
                Some(2_000),
                "estimated from mini-sectors",
            ),
            (Feed::Cars, None, Liveness::Missing, None, without_account),
            (Feed::Weather, Some(SourceKind::OpenF1), Liveness::Late, Some(20_000), "the archive lags"),
        ],
    ));
    told.push(feeds(
        4_600,
        &[
            (
                Feed::Positions,
                Some(SourceKind::Archive),
                Liveness::Late,
                Some(8_000),
                "no account: positions come from the archive",
            ),
            (Feed::Cars, None, Liveness::Missing, None, without_account),
        ],
    ));
    told
}

type Trouble<'a> = (Feed, Option<SourceKind>, Liveness, Option<u32>, &'a str);

/// Every feed is live but those named.
fn feeds(time_s: i64, troubles: &[Trouble<'_>]) -> Stamped<Event> {
    let mut states: BTreeMap<Feed, FeedState> = BTreeMap::new();
    for feed in Feed::ALL {
        let state = FeedState {
            feed,
            source: Some(SourceKind::SignalR),
            liveness: Liveness::Live,
            delay_ms: Some(400),
            last: Some(at(time_s * 1000)),
            reason: String::new(),
        };
        states.insert(feed, state);
    }
    for (feed, source, liveness, delay_ms, reason) in troubles {
        let last = Some(at(time_s * 1000 - 20_000));
        let reason = (*reason).to_owned();
        states.insert(
            *feed,
            FeedState { feed: *feed, source: *source, liveness: *liveness, delay_ms: *delay_ms, last, reason },
        );
    }
    Stamped { time: at(time_s * 1000), value: Event::Feeds(states.into_values().collect()) }
}

fn gap_of(index: u16, feeds: &[Feed], from_s: i64, to_s: Option<i64>) -> FeedGap {
    FeedGap {
        index,
        feeds: feeds.to_vec(),
        from: at(from_s * 1000),
        to: to_s.map(|to_s| at(to_s * 1000)),
        filled_by: None,
        reason: "the connection was cut".to_owned(),
    }
}

fn gap(time_s: i64, gap: FeedGap) -> Stamped<Event> {
    Stamped { time: at(time_s * 1000), value: Event::Gap(gap) }
}

/// A shower in an hour's time.
fn forecast(events: &[Stamped<Event>]) -> Stamped<Event> {
    let zero = events.iter().find_map(|event| match &event.value {
        Event::UtcOfZero(utc) => Some(*utc),
        _ => None,
    });
    let first = zero.unwrap_or_default().as_millis() + 3_600_000;
    let first = first - first.rem_euclid(900_000);
    let percents = [0, 5, 10, 10, 20, 45, 70, 80, 55, 30, 10, 5];
    let steps = percents.iter().enumerate().map(|(idx, percent)| ForecastStep {
        utc: overcut_domain::UtcTime::from_millis(first + idx as i64 * 900_000),
        air_temperature_c: Some(16.0 - *percent as f32 / 40.0),
        precipitation_mm: Some(if *percent > 40 { *percent as f32 / 100.0 } else { 0.0 }),
        precipitation_percent: Some(*percent),
        cloud_percent: Some(60 + percent / 3),
        wind_speed_mps: Some(3.5),
        wind_direction_deg: Some(240),
        weather_code: Some(if *percent > 40 { 80 } else { 3 }),
    });
    let steps = steps.collect();
    let fetched_at = overcut_domain::UtcTime::from_millis(first);
    Stamped { time: at(610_000), value: Event::Forecast(Box::new(Forecast { fetched_at, steps })) }
}

/// What the sources and the recorder of such a session would report.
fn report() -> LiveReport {
    let trouble = TROUBLE.load(Ordering::Relaxed);
    let waiting = |source, detail, retry_in_ms| SourceHealth {
        phase: "waiting".to_owned(),
        n_failures: 4,
        retry_in_ms: Some(retry_in_ms),
        ..source_of(source, detail, 140)
    };
    let archive = match trouble {
        BROKEN => waiting("archive", "HTTP 503 from the server", 3_000),
        _ => source_of("archive", "following 14 files, one request every 2 s", 1_900),
    };
    let expires_utc_ms = Some(unix_ms() + 3 * 3_600_000);
    let credential = Some(CredentialHealth { state: "expiring".to_owned(), expires_utc_ms });
    let signalr = waiting("signalr", "the name cannot be resolved", 9_000);
    let forecasts =
        SourceHealth { phase: "idle".to_owned(), ..source_of("open_meteo", "next forecast in 12 min", 720_000) };
    let off = SourceHealth { phase: "off".to_owned(), ..source_of("openf1", "no account is set", 0) };
    let off = SourceHealth { last_message_age_ms: None, n_messages: 0, n_bytes: 0, ..off };
    LiveReport {
        session_id: Some(if SESSION.load(Ordering::Relaxed) == 1 { "live-sprint" } else { "live-second" }.to_owned()),
        sources: vec![SourceHealth { credential, ..signalr }, archive, off, forecasts],
        recorder: Some(recorder(trouble == STOPPED)),
    }
}

fn source_of(source: &str, detail: &str, age_ms: u64) -> SourceHealth {
    SourceHealth {
        source: source.to_owned(),
        phase: "connected".to_owned(),
        since_s: 754,
        detail: detail.to_owned(),
        last_message_age_ms: Some(age_ms),
        n_messages: 48_210,
        n_bytes: 21_400_000,
        n_failures: 0,
        retry_in_ms: None,
        credential: None,
    }
}

fn recorder(is_stopped: bool) -> RecorderHealth {
    RecorderHealth {
        state: if is_stopped { "stopped" } else { "recording" }.to_owned(),
        reason: if is_stopped { "disk full" } else { "" }.to_owned(),
        file: Some("2026-chinese-grand-prix-sprint.mcap".to_owned()),
        size_bytes: 84_200_000,
        n_messages: 120_345,
        unflushed_age_ms: Some(300),
        n_lost_messages: if is_stopped { 212 } else { 0 },
        n_lost_bytes: if is_stopped { 40_100 } else { 0 },
    }
}

fn unix_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

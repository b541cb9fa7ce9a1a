//! What the conductor does when its sources misbehave.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use overcut_domain::{Event, SessionInfo, SourceKind, Stamped};
use overcut_live::{Audience, Clock, Conductor, Phase, RecorderConfig, Source, StatusBoard};
use overcut_sources::live::Assembler;
use overcut_store::RecordingReader;
use tokio_util::sync::CancellationToken;

/// What is told to end has ended after this, on a busy machine too.
const SOON: Duration = Duration::from_secs(15);
const INFO: &str = r#"{"type":1,"target":"feed","arguments":["SessionInfo",{"Meeting":{"Key":1,"Name":"Test Grand Prix","Circuit":{"Key":1,"ShortName":"Test"}},"Key":7,"Type":"Race","Name":"Race","StartDate":"2031-03-14T11:00:00","EndDate":"2031-03-14T13:00:00","GmtOffset":"00:00:00","Path":"2031/x/"},"2031-03-14T10:30:00.000Z"]}"#;

/// Counts what it is told, and ends the evening once it was told enough.
struct Listener {
    n_events: usize,
    sessions: Vec<String>,
    enough: Box<dyn FnMut(&Listener) -> bool>,
    breaks_down: bool,
    shutdown: CancellationToken,
    since: Instant,
}

impl Audience for Listener {
    fn begin(&mut self, info: &SessionInfo, _: &Path) {
        self.sessions.push(info.name.clone());
    }

    fn hear(&mut self, events: &[Stamped<Event>], _: bool) {
        self.n_events += events.len();
        assert!(!self.breaks_down, "the audience breaks down, as this test wants");
    }

    fn pass(&mut self, _: &mut Assembler) {
        let mut enough = std::mem::replace(&mut self.enough, Box::new(|_| false));
        if enough(self) || self.since.elapsed() > Duration::from_secs(20) {
            self.shutdown.cancel();
        }
        self.enough = enough;
    }

    fn end(&mut self, _: &mut Assembler) {}
}

/// Runs sources until enough was heard, and returns what was, where it was recorded, and how long the end took.
fn evening(
    folder: &Path,
    sources: Vec<Source>,
    board: &StatusBoard,
    breaks_down: bool,
    enough: impl FnMut(&Listener) -> bool + 'static,
) -> (Listener, Option<u64>, Duration) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shutdown = CancellationToken::new();
    let conductor = Conductor::new(folder, RecorderConfig::default(), Clock::system()).unwrap();
    let mut listener = Listener {
        n_events: 0,
        sessions: Vec::new(),
        enough: Box::new(enough),
        breaks_down,
        shutdown: shutdown.clone(),
        since: Instant::now(),
    };
    let stopped = shutdown.clone();
    let stopping = runtime.spawn(async move {
        stopped.cancelled().await;
        Instant::now()
    });
    let written = conductor.run(sources, board, &mut listener, runtime.handle(), &shutdown).unwrap();
    let took = runtime.block_on(stopping).unwrap().elapsed();
    let n_messages = written.map(|written| {
        let mut reader = RecordingReader::open(&written.path).unwrap();
        let mut n = 0;
        while reader.next_raw().unwrap().is_some() {
            n += 1;
        }
        n
    });
    (listener, n_messages, took)
}

#[test]
fn a_source_that_breaks_down_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let n_starts = Arc::new(AtomicU32::new(0));
    let starts = n_starts.clone();
    let source = Source::new(SourceKind::SignalR, move |tools| {
        let n = starts.fetch_add(1, Ordering::Relaxed);
        async move {
            tools.inbox.hand_over("signalr/a", INFO.into()).await.unwrap();
            assert!(n > 0, "the source breaks down, as this test wants");
            tools.status.connected("");
            tools.shutdown.cancelled().await;
        }
    });
    let board = StatusBoard::default();
    let is_up = board.clone();
    let (listener, n_messages, _) = evening(folder.path(), vec![source], &board, false, move |_| {
        is_up.all().iter().any(|(_, status)| status.phase == Phase::Connected)
    });
    assert_eq!(n_starts.load(Ordering::Relaxed), 2);
    assert_eq!(listener.sessions, ["Race"], "it is the same session");
    assert!(n_messages.unwrap() >= 4, "begun, twice the session, closed: {n_messages:?}");
    assert_eq!(board.all()[0].1.n_failures, 1);
}

#[test]
fn a_source_that_does_not_end_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(SourceKind::SignalR, |tools| async move {
        tools.inbox.hand_over("signalr/a", INFO.into()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let (_, n_messages, took) =
        evening(folder.path(), vec![source], &StatusBoard::default(), false, |listener| !listener.sessions.is_empty());
    assert!(took < SOON, "{took:?}");
    assert_eq!(n_messages, Some(2));
}

#[test]
fn recording_goes_on_when_reading_breaks_down() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(SourceKind::SignalR, |tools| async move {
        for _ in 0..50 {
            tools.inbox.hand_over("signalr/a", INFO.into()).await.unwrap();
        }
        tools.shutdown.cancelled().await;
    });
    let since = Instant::now();
    let (_, n_messages, _) = evening(folder.path(), vec![source], &StatusBoard::default(), true, move |_| {
        since.elapsed() > Duration::from_millis(500)
    });
    assert_eq!(n_messages, Some(51));
}

#[test]
fn nothing_heard_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(SourceKind::SignalR, |tools| async move { tools.shutdown.cancelled().await });
    let (_, n_messages, took) = evening(folder.path(), vec![source], &StatusBoard::default(), false, |_| true);
    assert_eq!(n_messages, None);
    assert!(took < SOON, "{took:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

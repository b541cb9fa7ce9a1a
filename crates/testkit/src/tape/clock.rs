//! The clock that a tape is played on.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Where a tape is now. Cheap to clone; clones are the same clock.
#[derive(Debug, Clone)]
pub struct TapeClock(std::sync::Arc<watch::Sender<Run>>);

/// The clock's motion since it was last touched.
#[derive(Debug, Clone, Copy)]
struct Run {
    since: Instant,
    position_ms: f64,
    speed: f64,
    is_running: bool,
}

impl Run {
    fn now(self) -> Run {
        let now = Instant::now();
        let moved_ms = if self.is_running { (now - self.since).as_secs_f64() * 1000.0 * self.speed } else { 0.0 };
        Run { since: now, position_ms: self.position_ms + moved_ms, ..self }
    }
}

impl TapeClock {
    /// A clock at zero that runs so many times as fast as real time.
    pub fn start(speed: f64) -> TapeClock {
        TapeClock::new(speed, true)
    }

    /// A clock that stands at zero until it is told to run.
    pub fn paused(speed: f64) -> TapeClock {
        TapeClock::new(speed, false)
    }

    fn new(speed: f64, is_running: bool) -> TapeClock {
        assert!(speed > 0.0, "a tape runs forward");
        let run = Run { since: Instant::now(), position_ms: 0.0, speed, is_running };
        TapeClock(std::sync::Arc::new(watch::Sender::new(run)))
    }

    /// Where the tape is, in milliseconds since it was started.
    pub fn position_ms(&self) -> i64 {
        self.0.borrow().now().position_ms as i64
    }

    /// How many times as fast as real time it runs.
    pub fn speed(&self) -> f64 {
        self.0.borrow().speed
    }

    /// Stops the tape where it is.
    pub fn pause(&self) {
        self.0.send_modify(|run| *run = Run { is_running: false, ..run.now() });
    }

    /// Lets it run on.
    pub fn run(&self) {
        self.0.send_modify(|run| *run = Run { is_running: true, ..run.now() });
    }

    /// Moves it forward, running or not: what lies between is sent at once.
    pub fn skip_to(&self, position_ms: i64) {
        self.0.send_modify(|run| {
            let now = run.now();
            *run = Run { position_ms: now.position_ms.max(position_ms as f64), ..now };
        });
    }

    /// Waits until the tape has come that far. Never returns while it is paused before.
    pub async fn reached(&self, position_ms: i64) {
        let mut changes = self.0.subscribe();
        loop {
            let run = changes.borrow_and_update().now();
            let left_ms = position_ms as f64 - run.position_ms;
            if left_ms <= 0.0 {
                return;
            }
            let touched = changes.changed();
            if run.is_running {
                // A touch longer than computed: a position is a whole number of milliseconds.
                let left = Duration::from_secs_f64(left_ms / 1000.0 / run.speed) + Duration::from_micros(10);
                let _ = tokio::time::timeout(left, touched).await;
            } else {
                // The sender lives in `self`, so this cannot fail.
                let _ = touched.await;
            }
        }
    }
}

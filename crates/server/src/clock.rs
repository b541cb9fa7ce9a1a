//! The server's own clock: monotonic milliseconds, and the ticker that wakes every client at once.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Milliseconds between two ticks: 50 Hz, the rate of telemetry frames.
pub const TICK_MS: u64 = 20;

static ZERO: OnceLock<Instant> = OnceLock::new();

/// Monotonic milliseconds since the first call in this process. What [`overcut_timeline::House`] counts in.
pub fn now_ms() -> u64 {
    u64::try_from(zero().elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The first moment at or after `now_ms` on the ticker's grid. A house clock that begins there is due when clients are
/// woken.
pub fn next_tick_ms(now_ms: u64) -> u64 {
    now_ms.next_multiple_of(TICK_MS)
}

/// The instant at which [`now_ms`] turns to `millis`: what a load test holds arrivals against.
pub fn instant_of(millis: u64) -> std::time::Instant {
    (zero() + Duration::from_millis(millis)).into_std()
}

fn zero() -> Instant {
    *ZERO.get_or_init(Instant::now)
}

/// Wakes every client on a grid of 20 ms, one timer for all of them. A client that is late finds the latest tick only.
#[derive(Debug, Clone)]
pub(crate) struct Ticker {
    ticks: watch::Sender<u64>,
}

impl Ticker {
    /// Starts ticking until the token is cancelled.
    pub(crate) fn start(shutdown: CancellationToken) -> Ticker {
        let ticks = watch::Sender::new(now_ms());
        let ticker = Ticker { ticks };
        tokio::spawn(tick(ticker.ticks.clone(), shutdown));
        ticker
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.ticks.subscribe()
    }
}

async fn tick(ticks: watch::Sender<u64>, shutdown: CancellationToken) {
    let first = zero() + Duration::from_millis(next_tick_ms(now_ms()));
    let mut interval = tokio::time::interval_at(first, Duration::from_millis(TICK_MS));
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = interval.tick() => {
                ticks.send_replace(now_ms());
            }
        }
    }
}

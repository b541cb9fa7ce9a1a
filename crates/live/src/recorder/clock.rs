//! What time it is: by the clock on the wall, and by one that nobody sets.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use overcut_domain::UtcTime;

/// A moment by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Time gone by since some beginning. It never goes back, nobody sets it, and it runs while the machine sleeps.
    pub steady: Duration,
    /// What the machine believes the time to be.
    pub utc: UtcTime,
}

/// Where moments come from: the machine, or a test.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Clock {
        Clock::from_fn(|| Moment { steady: steady(), utc: utc() })
    }

    /// Moments from a function.
    pub fn from_fn(now: impl Fn() -> Moment + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(now))
    }

    /// The moment.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({:?})", self.now())
    }
}

fn utc() -> UtcTime {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    };
    UtcTime::from_millis(millis)
}

/// Time since the machine started, sleep included. `Instant` leaves sleep out on Linux and macOS, and a laptop that was
/// closed for a minute would look as if its clock had been set.
#[cfg(unix)]
fn steady() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    #[cfg(target_os = "linux")]
    let clock = ClockId::CLOCK_BOOTTIME;
    #[cfg(not(target_os = "linux"))]
    let clock = ClockId::CLOCK_MONOTONIC;
    clock_gettime(clock).map_or_else(|_| since_start(), Duration::from)
}

#[cfg(not(unix))]
fn steady() -> Duration {
    since_start()
}

fn since_start() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

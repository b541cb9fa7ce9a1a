//! What this process has used so far, by the operating system's own accounts.

use std::time::Duration;

/// Processor time and memory of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Processor time of all threads, user and system.
    pub cpu: Duration,
    /// Largest resident size so far, bytes.
    pub peak_memory_bytes: u64,
}

/// Reads the accounts. All zero where the platform has none that we know.
#[cfg(unix)]
pub fn usage() -> Usage {
    use nix::sys::resource::{UsageWho, getrusage};
    let Ok(own) = getrusage(UsageWho::RUSAGE_SELF) else { return Usage::default() };
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Usage { cpu: cpu(&own), peak_memory_bytes: u64::try_from(own.max_rss()).unwrap_or(0) * unit }
}

/// Processor time of the processes that this one started and that have ended.
#[cfg(unix)]
pub fn children_cpu() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(Duration::ZERO, |children| cpu(&children))
}

/// Processor time of this thread.
#[cfg(unix)]
pub fn thread_cpu() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

#[cfg(unix)]
fn cpu(usage: &nix::sys::resource::Usage) -> Duration {
    let seconds = |t: nix::sys::time::TimeVal| {
        Duration::new(t.tv_sec().unsigned_abs(), u32::try_from(t.tv_usec()).unwrap_or(0) * 1000)
    };
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Reads the accounts. All zero where the platform has none that we know.
#[cfg(not(unix))]
pub fn usage() -> Usage {
    Usage::default()
}

/// Processor time of the processes that this one started and that have ended. Zero where it is not known.
#[cfg(not(unix))]
pub fn children_cpu() -> Duration {
    Duration::ZERO
}

/// Processor time of this thread. Zero where it is not known.
#[cfg(not(unix))]
pub fn thread_cpu() -> Duration {
    Duration::ZERO
}

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
    let seconds = |t: nix::sys::time::TimeVal| {
        Duration::new(t.tv_sec().unsigned_abs(), u32::try_from(t.tv_usec()).unwrap_or(0) * 1000)
    };
    // Linux counts in KiB, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Usage {
        cpu: seconds(own.user_time()) + seconds(own.system_time()),
        peak_memory_bytes: u64::try_from(own.max_rss()).unwrap_or(0) * unit,
    }
}

/// Reads the accounts. All zero where the platform has none that we know.
#[cfg(not(unix))]
pub fn usage() -> Usage {
    Usage::default()
}

//! How recordings are kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The `[live.recorder]` table of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecorderConfig {
    /// How often what was heard is handed to the operating system, in seconds: at most this much is lost when the
    /// program is killed.
    pub flush_every_s: f64,
    /// How often the disk is told to keep it, in seconds: at most this much more is lost when the power goes.
    pub sync_every_s: f64,
    /// Memory for what there is no room for on the disk, in MiB. Beyond that messages are lost, and the recording says so.
    pub max_waiting_mib: usize,
    /// Free space below which a warning is given, in MiB. A race takes about a tenth of the default.
    pub warn_below_mib: u64,
    /// A recording that ended this many hours ago or less is gone on with when the program starts again. If another
    /// session turns out to run, it gets a recording of its own.
    pub resume_within_h: f64,
    /// Level of the compression, 1 to 19.
    pub level: i32,
    /// The level for what comes faster than a MiB between two flushes, such as an archive that is caught up with. There
    /// keeping up matters more than size; negative levels, down to -7, are the fastest.
    pub full_chunk_level: i32,
}

impl Default for RecorderConfig {
    fn default() -> RecorderConfig {
        RecorderConfig {
            flush_every_s: 1.0,
            sync_every_s: 5.0,
            max_waiting_mib: 64,
            warn_below_mib: 1024,
            resume_within_h: 6.0,
            level: 1,
            full_chunk_level: -5,
        }
    }
}

impl RecorderConfig {
    /// The same with all waits that much shorter, for sessions that are played fast.
    #[must_use]
    pub fn faster(self, factor: f64) -> RecorderConfig {
        RecorderConfig { flush_every_s: self.flush_every_s / factor, sync_every_s: self.sync_every_s / factor, ..self }
    }

    pub(super) fn flush_every(&self) -> Duration {
        span(self.flush_every_s).max(Duration::from_millis(10))
    }

    pub(super) fn sync_every(&self) -> Duration {
        span(self.sync_every_s).max(Duration::from_millis(100))
    }

    /// How long ago a recording may have ended to be gone on with.
    pub fn resume_within(&self) -> Duration {
        span(self.resume_within_h * 3600.0)
    }

    pub(super) const fn max_waiting_bytes(&self) -> usize {
        self.max_waiting_mib.saturating_mul(1 << 20)
    }
}

/// A span of so many seconds; of nothing if that is no span.
fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

//! How the recording goes, for health pages.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the recorder is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecorderState {
    /// All is written as it comes.
    #[default]
    Recording,
    /// Something cannot be written now; it waits in memory.
    Waiting,
    /// Messages are being lost.
    Losing,
    /// It has ended.
    Finished,
}

/// Messages that could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// How many.
    pub n_messages: u64,
    /// How many bytes.
    pub n_bytes: u64,
}

/// How the recording goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecorderStatus {
    /// Where the recording will be when it is finished.
    pub path: PathBuf,
    /// What the recorder is doing.
    pub state: RecorderState,
    /// Why it waits or loses, in words for a person; empty if all is well.
    pub detail: String,
    /// Messages in the recording.
    pub n_messages: u64,
    /// Bytes of payload since the program started.
    pub n_bytes: u64,
    /// Bytes in the file.
    pub size_bytes: u64,
    /// Bytes that wait in memory, for the next flush or for room on the disk.
    pub n_waiting_bytes: usize,
    /// When the oldest message came that a crash would lose; `None` if there is none.
    pub unflushed_since: Option<Instant>,
    /// When the disk last confirmed that it keeps what was written before.
    pub synced_at: Option<Instant>,
    /// What was lost since the program started.
    pub lost: Loss,
    /// Free space on the disk, if it is known.
    pub free_bytes: Option<u64>,
}

/// Where the status is to be had. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RecorderStatusHandle(Arc<Mutex<RecorderStatus>>);

impl RecorderStatusHandle {
    /// The status.
    pub fn get(&self) -> RecorderStatus {
        self.lock().clone()
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut RecorderStatus)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, RecorderStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loss {
    pub(super) fn add(&mut self, n_bytes: usize) {
        self.n_messages += 1;
        self.n_bytes += n_bytes as u64;
    }

    pub(super) const fn is_none(&self) -> bool {
        self.n_messages == 0
    }
}

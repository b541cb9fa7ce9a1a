//! The thread that writes.
//!
//! The disk is waited for here and nowhere else.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use overcut_domain::{RawMessage, SessionInfo, SessionTime};
use overcut_sources::live::Note;
use overcut_store::{RecordingWriter, WriteError, Written};

use super::config::RecorderConfig;
use super::folder;
use super::status::{Loss, RecorderState};
use super::{Recorded, Shared};

/// How often free space is looked at.
const LOOK_AT_DISK_EVERY: Duration = Duration::from_secs(10);

/// Most jobs between two looks at the clock.
const BATCH: usize = 256;

/// What is to be done.
#[derive(Debug)]
pub(super) enum Job {
    /// Write this.
    Write(Recorded),
    /// The session is known now: name the recording after it.
    Name(Box<SessionInfo>),
    /// Finish this recording and go on with that one.
    Switch(Box<RecordingWriter>),
    /// Write all there is, and finish.
    Finish,
}

/// What the thread works with.
#[derive(Debug)]
pub(super) struct Desk {
    writer: RecordingWriter,
    /// Recordings that are over, but could not be finished for want of room.
    over: VecDeque<RecordingWriter>,
    config: RecorderConfig,
    shared: Arc<Shared>,
    /// True if there is anything but our own notes in the recording.
    has_content: bool,
    /// Bytes of payload written since the status was told.
    n_bytes: u64,
    /// Lost since the last note about it, and why.
    lost: Loss,
    why_lost: String,
    sync: Option<JoinHandle<io::Result<()>>>,
    synced_at: Instant,
    looked_at: Option<Instant>,
    is_warned: bool,
}

impl Desk {
    pub(super) fn new(writer: RecordingWriter, config: RecorderConfig, shared: Arc<Shared>, has_content: bool) -> Desk {
        Desk {
            writer,
            over: VecDeque::new(),
            config,
            shared,
            has_content,
            n_bytes: 0,
            lost: Loss::default(),
            why_lost: String::new(),
            sync: None,
            synced_at: Instant::now(),
            looked_at: None,
            is_warned: false,
        }
    }

    /// Works until it is told to finish, or until nobody is left to tell it. The finished recording, if there was anything
    /// to record.
    ///
    /// # Errors
    ///
    /// If the recording cannot be finished.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) -> Result<Option<Written>, WriteError> {
        self.tick();
        let mut due = Instant::now() + self.config.flush_every();
        loop {
            let first = jobs.recv_timeout(due.saturating_duration_since(Instant::now()));
            if matches!(first, Err(RecvTimeoutError::Disconnected)) {
                return self.finish();
            }
            // What came meanwhile is written in one go: clocks are read and the status is told once for all of it.
            for job in first.into_iter().chain(jobs.try_iter().take(BATCH)) {
                match job {
                    Job::Write(message) => self.write(&message),
                    Job::Name(session) => self.name(&session),
                    Job::Switch(writer) => self.switch(*writer),
                    Job::Finish => return self.finish(),
                }
            }
            self.count();
            if Instant::now() >= due {
                self.tick();
                due = Instant::now() + self.config.flush_every();
            }
        }
    }

    fn write(&mut self, message: &Recorded) {
        let len = message.payload.len();
        self.shared.leave_queue(len);
        self.has_content |= message.channel != Note::CHANNEL;
        self.say_what_was_lost(message.time);
        if let Err(error) = self.writer.write(&message.as_raw()) {
            self.lose(len, &error);
        } else {
            self.n_bytes += len as u64;
        }
    }

    /// Tells how much was written.
    fn count(&mut self) {
        let n_bytes = std::mem::take(&mut self.n_bytes);
        if n_bytes == 0 {
            return;
        }
        self.shared.status.update(|status| {
            status.n_messages = self.writer.n_messages();
            status.n_bytes += n_bytes;
            status.n_waiting_bytes = self.writer.n_waiting_bytes();
            status.unflushed_since.get_or_insert_with(Instant::now);
        });
    }

    fn lose(&mut self, n_bytes: usize, error: &WriteError) {
        if self.lost.is_none() {
            tracing::error!(error = error as &dyn std::error::Error, "messages are not recorded");
        }
        self.lost.add(n_bytes);
        self.why_lost = error.to_string();
        self.shared.status.update(|status| {
            status.lost.add(n_bytes);
            (status.state, status.detail) = (RecorderState::Losing, error.to_string());
        });
    }

    /// Notes in the recording what could not be recorded, once something can.
    fn say_what_was_lost(&mut self, time: SessionTime) {
        let overflow = self.shared.take_overflow();
        if !overflow.is_none() {
            self.lost.n_messages += overflow.n_messages;
            self.lost.n_bytes += overflow.n_bytes;
            if self.why_lost.is_empty() {
                self.why_lost = "the disk is too slow".to_owned();
            }
        }
        if self.lost.is_none() {
            return;
        }
        let Loss { n_messages, n_bytes } = self.lost;
        let note = Note::Lost { n_messages, n_bytes, reason: self.why_lost.clone() }.to_json();
        if self.writer.write(&RawMessage { time, channel: Note::CHANNEL, payload: &note }).is_ok() {
            tracing::warn!(n_messages, n_bytes, reason = self.why_lost, "messages were not recorded");
            (self.lost, self.why_lost) = (Loss::default(), String::new());
        }
    }

    /// What is done every so often: flush, sync, look at the disk.
    fn tick(&mut self) {
        let flushed = self.writer.flush();
        self.tell(flushed);
        self.finish_over();
        self.sync();
        self.look_at_disk();
    }

    /// Says how the flush went, once per change.
    fn tell(&mut self, flushed: Result<(), WriteError>) {
        let detail = flushed.as_ref().err().map(WriteError::to_string).unwrap_or_default();
        let state = match (&flushed, self.lost.is_none()) {
            (Ok(()), _) => RecorderState::Recording,
            (Err(_), true) => RecorderState::Waiting,
            (Err(_), false) => RecorderState::Losing,
        };
        let writer = &self.writer;
        let mut was = RecorderState::default();
        self.shared.status.update(|status| {
            was = std::mem::replace(&mut status.state, state);
            status.detail.clone_from(&detail);
            writer.path().clone_into(&mut status.path);
            status.n_messages = writer.n_messages();
            status.size_bytes = writer.size_bytes();
            status.n_waiting_bytes = writer.n_waiting_bytes();
            if state == RecorderState::Recording {
                status.unflushed_since = None;
            }
        });
        match (was, state) {
            (RecorderState::Recording, RecorderState::Waiting | RecorderState::Losing) => {
                tracing::error!(path = %writer.path().display(), "{detail}; nothing is lost as long as memory lasts");
            }
            (RecorderState::Waiting | RecorderState::Losing, RecorderState::Recording) => {
                tracing::info!(path = %writer.path().display(), "the recording goes on");
            }
            _ => {}
        }
    }

    /// Has the disk keep what was written, on a thread of its own: that may take seconds on a busy disk.
    fn sync(&mut self) {
        if self.sync.as_ref().is_some_and(|sync| !sync.is_finished()) {
            return;
        }
        if let Some(sync) = self.sync.take() {
            self.synced(sync);
        }
        if self.synced_at.elapsed() < self.config.sync_every() {
            return;
        }
        self.synced_at = Instant::now();
        let Ok(file) = self.writer.sync_handle() else { return };
        let sync = move || File::sync_data(&file);
        self.sync = std::thread::Builder::new().name("recorder-sync".to_owned()).spawn(sync).ok();
    }

    fn synced(&self, sync: JoinHandle<io::Result<()>>) {
        match sync.join() {
            Ok(Ok(())) => self.shared.status.update(|status| status.synced_at = Some(self.synced_at)),
            Ok(Err(error)) => tracing::error!(%error, "the disk did not keep what was recorded"),
            Err(_) => tracing::error!("the thread that syncs the recording broke down"),
        }
    }

    /// Waits for the disk, so that nobody but the writer holds the file, and its lock, open.
    fn end_sync(&mut self) {
        if let Some(sync) = self.sync.take() {
            self.synced(sync);
        }
    }

    fn look_at_disk(&mut self) {
        if self.looked_at.is_some_and(|at| at.elapsed() < LOOK_AT_DISK_EVERY) {
            return;
        }
        self.looked_at = Some(Instant::now());
        let Some(folder) = self.writer.path().parent() else { return };
        let free_bytes = folder::free_bytes(folder);
        self.shared.status.update(|status| status.free_bytes = free_bytes);
        let free_mib = free_bytes.map(|bytes| bytes >> 20);
        if let Some(free_mib) = free_mib.filter(|mib| *mib < self.config.warn_below_mib && !self.is_warned) {
            self.is_warned = true;
            tracing::warn!(folder = %folder.display(), free_mib, "little space is left for recordings");
        }
    }

    fn name(&mut self, session: &SessionInfo) {
        let path = match self.writer.path().parent() {
            Some(folder) => folder::free_path(folder, Some(session), overcut_domain::UtcTime::default()),
            None => return,
        };
        if let Err(error) = self.writer.rename(&path).and_then(|()| self.writer.set_session(session)) {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(path = %path.display(), error, "the recording keeps the name it has");
        }
        let path = self.writer.path();
        tracing::info!(path = %path.display(), "recording");
        self.shared.status.update(|status| path.clone_into(&mut status.path));
    }

    fn switch(&mut self, writer: RecordingWriter) {
        self.end_sync();
        let old = std::mem::replace(&mut self.writer, writer);
        let had_content = std::mem::replace(&mut self.has_content, false);
        if had_content {
            self.over.push_back(old);
        } else {
            remove(old);
        }
        self.looked_at = None;
        self.tick();
    }

    /// Finishes recordings that are over, unless there is no room even for that.
    fn finish_over(&mut self) {
        while let Some(mut writer) = self.over.pop_front() {
            if writer.flush().is_err() {
                self.over.push_front(writer);
                return;
            }
            if let Err(error) = finish(writer) {
                tracing::error!(error = &error as &dyn std::error::Error, "a recording could not be finished");
            }
        }
    }

    fn finish(mut self) -> Result<Option<Written>, WriteError> {
        self.end_sync();
        self.finish_over();
        let time = SessionTime::from_millis(self.shared.last_ms.load(Ordering::Relaxed));
        self.say_what_was_lost(time);
        self.shared.status.update(|status| status.state = RecorderState::Finished);
        if !self.has_content {
            remove(self.writer);
            return Ok(None);
        }
        let written = finish(self.writer)?;
        self.shared.status.update(|status| {
            status.path.clone_from(&written.path);
            (status.size_bytes, status.n_waiting_bytes, status.unflushed_since) = (written.size_bytes, 0, None);
        });
        Ok(Some(written))
    }
}

fn finish(mut writer: RecordingWriter) -> Result<Written, WriteError> {
    if writer.path().exists() {
        // Another recording took the name meanwhile, such as an import.
        writer.rename(&folder::free_path_like(writer.path()))?;
    }
    let written = writer.finish()?;
    tracing::info!(path = %written.path.display(), n_messages = written.content.n_messages, "recorded");
    Ok(written)
}

/// Removes a recording of nothing.
fn remove(writer: RecordingWriter) {
    let path = writer.part_path();
    if let Err(error) = writer.abandon() {
        tracing::warn!(path = %path.display(), %error, "an empty recording could not be removed");
    }
}

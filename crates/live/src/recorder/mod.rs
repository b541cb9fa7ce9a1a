//! Records what sources hand over, before anything reads it.
//!
//! Whoever holds the receiving end of the [`inbox`](crate::inbox) gives every [`Arrival`] to
//! [`Recorder::record`] and reads what comes out of it: the same messages, stamped, in the order of the file. A thread
//! writes them; it alone waits for the disk. What is handed over is a second from being safe from a crash, at most.
//!
//! The folder always tells the truth: `NAME.mcap` is whole, `NAME.mcap.part` is being recorded or was broken off. A
//! program that starts again goes on with what was broken off.

mod clock;
mod config;
mod desk;
mod folder;
mod stamp;
mod status;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use overcut_domain::{RawMessage, SessionInfo, SessionTime, UtcTime};
use overcut_sources::live::Note;
use overcut_store::{RecordingWriter, WriteError, WriterOptions, Written};

use crate::Arrival;
use desk::{Desk, Job};
use stamp::{Retrace, Stamps};

pub use clock::{Clock, Moment};
pub use config::RecorderConfig;
pub use status::{Loss, RecorderState, RecorderStatus, RecorderStatusHandle};

/// Messages that may wait for the thread that writes. When it is full, messages are lost to the recording and counted,
/// but never held up: a disk that hangs does not stop the wall.
const MAX_QUEUED: usize = 16 * 1024;

/// A message in the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// When it arrived, on the recording's clock.
    pub time: SessionTime,
    /// Its channel.
    pub channel: Cow<'static, str>,
    /// Its bytes.
    pub payload: Bytes,
}

/// What a word about the session means for the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionChange {
    /// The recording goes on: it is of that session, and has its name now if it had none.
    Same,
    /// Another recording has begun, with a clock of its own. The message that told of the session should be recorded
    /// again, so that it is in both.
    New,
}

/// Records a live session.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    config: RecorderConfig,
    clock: Clock,
    stamps: Stamps,
    session: Option<SessionInfo>,
    /// Where the recording that was begun last will be, until the other thread has heard of it.
    begun: Option<PathBuf>,
    /// Notes that were recorded and not given out yet.
    pending: VecDeque<Recorded>,
    jobs: SyncSender<Job>,
    thread: JoinHandle<Result<Option<Written>, WriteError>>,
    shared: Arc<Shared>,
}

/// What both threads know.
#[derive(Debug, Default)]
struct Shared {
    status: RecorderStatusHandle,
    n_queued: AtomicUsize,
    n_queued_bytes: AtomicUsize,
    /// The last stamp, milliseconds.
    last_ms: AtomicI64,
    /// Messages for which the queue had no room.
    overflow: Mutex<Loss>,
    has_overflow: AtomicBool,
}

impl Recorder {
    /// Begins to record into a folder, which is made if it is not there.
    ///
    /// A live recording of the last [hours](RecorderConfig::resume_within_h) is gone on with, and `kept` is given every
    /// message of it, in order: whoever reads what is recorded should take these first. Older ones that were broken off
    /// are finished beside.
    ///
    /// # Errors
    ///
    /// If the folder or the file cannot be made, or another program records there.
    pub fn start(
        folder: &Path,
        config: RecorderConfig,
        clock: Clock,
        mut kept: impl FnMut(&RawMessage<'_>),
    ) -> Result<Recorder, RecorderError> {
        let failed = |source: WriteError| RecorderError { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        let found = folder::look(folder, config.resume_within()).map_err(|error| failed(error.into()))?;
        let mut retrace = Retrace::default();
        let mut has_content = false;
        let mut each = |message: &RawMessage<'_>| {
            retrace.take(message);
            has_content |= message.channel != Note::CHANNEL;
            kept(message);
        };
        let resumed = match &found.recent {
            Some(path) => resume(path, options(&config), &mut each).map_err(failed)?,
            None => None,
        };
        finish_in_background(found.unfinished, options(&config));
        let now = clock.now();
        let (writer, session) = match resumed {
            Some(resumed) => resumed,
            None => (create(folder, &config, None, now.utc).map_err(failed)?, None),
        };
        let stamps = Stamps::new(now, retrace.base(now.utc));
        tracing::info!(path = %writer.path().display(), "recording");

        let shared = Arc::new(Shared::default());
        shared.status.update(|status| writer.path().clone_into(&mut status.path));
        let (jobs, queue) = sync_channel(MAX_QUEUED);
        let desk = Desk::new(writer, config.clone(), shared.clone(), has_content);
        let thread = std::thread::Builder::new().name("recorder".to_owned()).spawn(move || desk.run(&queue));
        let thread = thread.map_err(|error| failed(error.into()))?;
        let pending = VecDeque::new();
        let folder = folder.to_owned();
        let begun = None;
        let mut recorder = Recorder { folder, config, clock, stamps, session, begun, pending, jobs, thread, shared };
        recorder.note(&Note::Begun { utc: now.utc }, now);
        Ok(recorder)
    }

    /// Records a message, and adds it to `recorded`, behind any notes that are due before it. Never waits: what there is
    /// no room for is counted as lost, and is in `recorded` all the same.
    pub fn record(&mut self, arrival: Arrival, recorded: &mut Vec<Recorded>) {
        let now = self.clock.now();
        if let Some(by_ms) = self.stamps.jump(now) {
            tracing::warn!(by_ms, "the clock of this machine was set");
            self.note(&Note::ClockSet { by_ms }, now);
        }
        recorded.extend(self.pending.drain(..));
        let message = self.stamped(arrival, now);
        self.queue(message.clone());
        recorded.push(message);
    }

    /// True unless the thread that writes is far behind. A live session needs not ask; whoever records faster than life
    /// should wait while it is false.
    pub fn has_room(&self) -> bool {
        let half = (self.config.max_waiting_bytes() / 2, MAX_QUEUED / 2);
        let queued = (self.shared.n_queued_bytes.load(Ordering::Relaxed), self.shared.n_queued.load(Ordering::Relaxed));
        queued.0 <= half.0 && queued.1 <= half.1
    }

    /// The time on the recording's clock.
    pub fn now(&mut self) -> SessionTime {
        self.stamps.stamp(self.clock.now())
    }

    /// Takes note of what session is running. A recording that had no name gets one; another session gets another
    /// recording, whose clock begins at zero.
    ///
    /// If the other recording cannot be made, the one there is goes on, with its clock, and holds both.
    pub fn set_session(&mut self, session: &SessionInfo) -> SessionChange {
        let known = self.session.replace(session.clone());
        if known.as_ref().is_none_or(|known| folder::is_same(known, session)) {
            if !known.as_ref().is_some_and(folder::has_name) && folder::has_name(session) {
                self.send(Job::Name(Box::new(session.clone())));
            }
            return SessionChange::Same;
        }
        let now = self.clock.now();
        match create(&self.folder, &self.config, Some(session), now.utc) {
            Ok(writer) => {
                tracing::info!(path = %writer.path().display(), "recording");
                self.begun = Some(writer.path().to_owned());
                self.send(Job::Switch(Box::new(writer)));
                self.stamps = Stamps::new(now, SessionTime::ZERO);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the new session has to go into the recording of the old one");
            }
        }
        self.note(&Note::Begun { utc: now.utc }, now);
        SessionChange::New
    }

    /// Where the recording will be when it is finished, as far as it is known now: the thread that writes may have to move
    /// it, and its status says so. It knows nothing of another recording yet when that has just begun, which this does.
    pub fn path(&self) -> PathBuf {
        self.begun.clone().unwrap_or_else(|| self.shared.status.get().path)
    }

    /// How the recording goes.
    pub fn status(&self) -> RecorderStatusHandle {
        self.shared.status.clone()
    }

    /// Writes all that was recorded, and finishes the recording. `None` if there was nothing to record; then no file is
    /// left. Waits for the disk.
    ///
    /// A recorder that is dropped finishes too, but nobody waits for it.
    ///
    /// # Errors
    ///
    /// If the recording cannot be finished. What was flushed stays in the unfinished file, and the next start finishes it.
    pub fn finish(self) -> Result<Option<Written>, RecorderError> {
        let Recorder { folder, jobs, thread, .. } = self;
        // If it has ended already, joining tells why.
        let _ = jobs.send(Job::Finish);
        match thread.join() {
            Ok(written) => written.map_err(|source| RecorderError { folder, source }),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn note(&mut self, note: &Note, now: Moment) {
        let arrival = Arrival { channel: Note::CHANNEL.into(), payload: note.to_json().into() };
        let message = self.stamped(arrival, now);
        self.queue(message.clone());
        self.pending.push_back(message);
    }

    fn stamped(&mut self, arrival: Arrival, now: Moment) -> Recorded {
        let time = self.stamps.stamp(now);
        self.shared.last_ms.store(time.as_millis(), Ordering::Relaxed);
        Recorded { time, channel: arrival.channel, payload: arrival.payload }
    }

    fn queue(&self, message: Recorded) {
        let len = message.payload.len();
        let queued = self.shared.enter_queue(len);
        let has_room = queued == 0 || queued + len <= self.config.max_waiting_bytes();
        let sent = has_room && self.jobs.try_send(Job::Write(message)).is_ok();
        if !sent {
            self.shared.leave_queue(len);
            self.shared.overflow(len);
        }
    }

    /// Sends a job that must not be lost. Waits for the queue in the worst case: sessions change a few times a day.
    fn send(&self, job: Job) {
        let sent = match self.jobs.try_send(job) {
            Err(TrySendError::Full(job)) => self.jobs.send(job).is_ok(),
            sent => sent.is_ok(),
        };
        if !sent {
            tracing::error!("the thread that records has ended");
        }
    }
}

impl Recorded {
    /// As a decoder takes it.
    pub fn as_raw(&self) -> RawMessage<'_> {
        RawMessage { time: self.time, channel: &self.channel, payload: &self.payload }
    }
}

impl Shared {
    /// Counts a message in, and returns how many bytes were there before it.
    fn enter_queue(&self, n_bytes: usize) -> usize {
        self.n_queued.fetch_add(1, Ordering::Relaxed);
        self.n_queued_bytes.fetch_add(n_bytes, Ordering::Relaxed)
    }

    fn leave_queue(&self, n_bytes: usize) {
        self.n_queued.fetch_sub(1, Ordering::Relaxed);
        self.n_queued_bytes.fetch_sub(n_bytes, Ordering::Relaxed);
    }

    fn overflow(&self, n_bytes: usize) {
        let mut overflow = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
        if overflow.is_none() {
            tracing::error!("messages are not recorded: the disk is too slow");
        }
        overflow.add(n_bytes);
        self.has_overflow.store(true, Ordering::Relaxed);
        self.status.update(|status| {
            status.lost.add(n_bytes);
            status.state = RecorderState::Losing;
            status.detail = "the disk is too slow".to_owned();
        });
    }

    fn take_overflow(&self) -> Loss {
        // Reading first: this is asked for every message, and a swap takes the memory away from the other thread.
        if !self.has_overflow.load(Ordering::Relaxed) || !self.has_overflow.swap(false, Ordering::Relaxed) {
            return Loss::default();
        }
        std::mem::take(&mut self.overflow.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

const fn options(config: &RecorderConfig) -> WriterOptions {
    WriterOptions {
        level: config.level,
        full_chunk_level: config.full_chunk_level,
        max_waiting_bytes: config.max_waiting_bytes(),
    }
}

fn create(
    folder: &Path,
    config: &RecorderConfig,
    session: Option<&SessionInfo>,
    now: UtcTime,
) -> Result<RecordingWriter, WriteError> {
    let path = folder::free_path(folder, session, now);
    RecordingWriter::create_with(&path, &folder::origin(session), options(config))
}

/// Goes on with a recording, unless it cannot be read: then it is left alone, and another one begins.
fn resume(
    path: &Path,
    options: WriterOptions,
    each: &mut dyn FnMut(&RawMessage<'_>),
) -> Result<Option<(RecordingWriter, Option<SessionInfo>)>, WriteError> {
    match folder::resume(path, options, each) {
        Ok((writer, resumed)) => {
            tracing::info!(
                path = %path.display(),
                n_messages = resumed.n_messages,
                n_cut_bytes = resumed.n_cut_bytes,
                "going on with a recording"
            );
            Ok(Some((writer, resumed.origin.session)))
        }
        Err(error @ WriteError::Unreadable(_)) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(path = %path.display(), error, "an earlier recording is left as it is");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn finish_in_background(paths: Vec<PathBuf>, options: WriterOptions) {
    if paths.is_empty() {
        return;
    }
    let finish = move || folder::finish_leftovers(&paths, options);
    if let Err(error) = std::thread::Builder::new().name("recorder-leftovers".to_owned()).spawn(finish) {
        tracing::warn!(%error, "recordings that were broken off are not finished now");
    }
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
#[error("cannot record into {folder:?}")]
pub struct RecorderError {
    /// Where.
    folder: PathBuf,
    /// Why.
    source: WriteError,
}

#[cfg(test)]
mod tests;

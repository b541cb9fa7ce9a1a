//! Writes a recording, message by message, in bounded memory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use overcut_domain::{RawMessage, SessionInfo, SessionTime};

use super::compress::Levels;
use super::container::Container;
use super::lock::{is_at, open_locked};
use super::origin::{self, Content, Origin};
use super::reader::ReadError;
use super::resume::{Resumed, survey};
use super::{ContentDigest, MAX_MESSAGE_LEN};

/// Encoding of a channel whose messages are JSON objects, which viewers take apart without a schema.
const JSON: &str = "json";
/// Encoding of a channel with anything else, such as archive lines with their clock in front.
const OPAQUE: &str = "x-overcut-raw";
/// What the name of an unfinished recording ends in.
const PART: &str = ".part";

/// How a recording is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterOptions {
    /// Zstandard's level for chunks that are flushed before they are full.
    pub level: i32,
    /// The level for chunks that grow full before they are flushed. In a live recording these come only faster than a MiB
    /// a second, when keeping up matters more than size; negative levels are the fastest.
    pub full_chunk_level: i32,
    /// How many bytes may wait in memory for room in the file. Beyond that messages are refused.
    pub max_waiting_bytes: usize,
}

impl Default for WriterOptions {
    /// For what is written once and at leisure: a tenth smaller than Zstandard's usual level 3 on tables, at two to three
    /// times the time; higher ones gain little more. A full disk ends it.
    fn default() -> WriterOptions {
        WriterOptions { level: 6, full_chunk_level: 6, max_waiting_bytes: 0 }
    }
}

impl WriterOptions {
    /// For what cannot be had again: a full disk is waited out.
    pub const fn live() -> WriterOptions {
        WriterOptions { level: 1, full_chunk_level: -5, max_waiting_bytes: 64 << 20 }
    }

    const fn levels(self) -> Levels {
        Levels { flushed: self.level, full: self.full_chunk_level }
    }
}

/// Writes one recording. Until [`finish`](RecordingWriter::finish) the file is called `NAME.part`, so that a file
/// called `NAME` is always whole. It is locked meanwhile: no other program can record there.
///
/// Memory is bounded by one chunk, one message, and what may [wait](WriterOptions::max_waiting_bytes). Whatever was
/// [flushed](RecordingWriter::flush) outlives the process; a reader recovers it from the `.part` file, and a writer goes
/// on with it.
#[derive(Debug)]
pub struct RecordingWriter {
    container: Container,
    path: PathBuf,
    origin: Origin,
    channels: HashMap<String, ChannelIds>,
    digest: ContentDigest,
    n_messages: u64,
    max_waiting_bytes: usize,
}

/// The ids of a channel, one per encoding, made when the first message of that encoding arrives.
#[derive(Debug, Default)]
struct ChannelIds {
    json: Option<u16>,
    opaque: Option<u16>,
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub content: Content,
    /// Its size on disk.
    pub size_bytes: u64,
}

impl RecordingWriter {
    /// Starts a recording that will be at `path`, replacing an unfinished one of that name.
    ///
    /// # Errors
    ///
    /// If the file cannot be made, or another program records there.
    pub fn create(path: &Path, origin: &Origin) -> Result<RecordingWriter, WriteError> {
        RecordingWriter::create_with(path, origin, WriterOptions::default())
    }

    /// As [`create`](RecordingWriter::create), with options.
    ///
    /// # Errors
    ///
    /// As for [`create`](RecordingWriter::create).
    pub fn create_with(path: &Path, origin: &Origin, options: WriterOptions) -> Result<RecordingWriter, WriteError> {
        let file = open_locked(&part_path(path))?;
        file.set_len(0)?;
        let mut container = Container::begin(file, options.levels())?;
        container.add_metadata(origin::ORIGIN, &origin.to_entries())?;
        Ok(RecordingWriter {
            container,
            path: path.to_owned(),
            origin: origin.clone(),
            channels: HashMap::new(),
            digest: ContentDigest::default(),
            n_messages: 0,
            max_waiting_bytes: options.max_waiting_bytes,
        })
    }

    /// Goes on with the recording that will be, or was, at `path`: with its unfinished file, wherever it was cut off, or
    /// else with the finished one, which is unfinished from then on. `each` is given every message that is kept, in order.
    ///
    /// An unfinished file that holds nothing yet begins anew, with the given origin.
    ///
    /// # Errors
    ///
    /// If another program records there, or the file cannot be read or is not a recording; then it is left as it is.
    pub fn resume(
        path: &Path,
        origin: &Origin,
        options: WriterOptions,
        mut each: impl FnMut(&RawMessage<'_>),
    ) -> Result<(RecordingWriter, Resumed), WriteError> {
        let part = part_path(path);
        if !part.exists() && path.exists() {
            fs::rename(path, &part)?;
        }
        let mut file = open_locked(&part)?;
        let mut survey = survey(&mut file, &mut each)?;
        let origin = survey.origin.take().unwrap_or_else(|| origin.clone());
        let resumed = survey.resumed(origin.clone());
        let mut channels: HashMap<String, ChannelIds> = HashMap::new();
        for (id, channel) in survey.channels() {
            let ids = channels.entry(channel.topic.clone()).or_default();
            let place = if channel.encoding == JSON { &mut ids.json } else { &mut ids.opaque };
            place.get_or_insert(id);
        }
        let (digest, n_messages) = (survey.digest.clone(), survey.n_messages);
        let mut container = survey.into_container(file, options.levels())?;
        container.add_metadata(origin::ORIGIN, &origin.to_entries())?;
        let max_waiting_bytes = options.max_waiting_bytes;
        let path = path.to_owned();
        Ok((RecordingWriter { container, path, origin, channels, digest, n_messages, max_waiting_bytes }, resumed))
    }

    /// Adds the next message.
    ///
    /// # Errors
    ///
    /// If it is too large, or before the clock's zero, which MCAP cannot express, or if too much waits for room in the
    /// file already; then nothing was written and the recording goes on.
    pub fn write(&mut self, message: &RawMessage<'_>) -> Result<(), WriteError> {
        if message.payload.len() > MAX_MESSAGE_LEN {
            return Err(WriteError::TooLarge { channel: message.channel.to_owned(), len: message.payload.len() });
        }
        let time_ns = nanoseconds(message.time).ok_or(WriteError::TimeOutOfRange { time: message.time })?;
        if let Some(source) = self.container.file().trouble() {
            let waiting = self.n_waiting_bytes();
            if waiting + message.payload.len() > self.max_waiting_bytes {
                return Err(WriteError::NoRoom { source: same(source) });
            }
        }
        let channel_id = self.channel_id(message)?;
        // A running number over all channels: a reader that has to skip a chunk sees how many messages were in it.
        let sequence = self.n_messages as u32;
        self.container.add_message(channel_id, sequence, time_ns, message.payload)?;
        self.digest.update(message);
        self.n_messages += 1;
        Ok(())
    }

    /// Closes the running chunk and hands everything to the operating system, so that it outlives this process.
    ///
    /// Once a second is often enough for a live session; small chunks compress less well.
    ///
    /// # Errors
    ///
    /// If there is no room for all of it. What has none waits, and is tried again the next time.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.container.close_chunk()?;
        self.put_back()?;
        self.container.file_mut().settle().map_err(|source| WriteError::NoRoom { source: same(source) })
    }

    /// Says what the recording is of, once that is known.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn set_session(&mut self, session: &SessionInfo) -> Result<(), WriteError> {
        self.origin.session = Some(session.clone());
        self.container.add_metadata(origin::ORIGIN, &self.origin.to_entries())?;
        Ok(())
    }

    /// Gives the recording another name than it was begun with.
    ///
    /// # Errors
    ///
    /// If there is a recording of that name, or the file cannot be renamed. It goes on under its old name then.
    pub fn rename(&mut self, path: &Path) -> Result<(), WriteError> {
        let part = part_path(path);
        if let Some(taken) = [path, &part].into_iter().find(|path| path.exists()) {
            return Err(WriteError::Taken { path: taken.to_owned() });
        }
        fs::rename(part_path(&self.path), part)?;
        path.clone_into(&mut self.path);
        Ok(())
    }

    /// Where the recording will be when it is finished.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is until then.
    pub fn part_path(&self) -> PathBuf {
        part_path(&self.path)
    }

    /// Messages written so far.
    pub const fn n_messages(&self) -> u64 {
        self.n_messages
    }

    /// Bytes in the file so far.
    pub const fn size_bytes(&self) -> u64 {
        self.container.file().n_written()
    }

    /// Bytes that wait in memory: the running chunk, and what there is no room for.
    pub fn n_waiting_bytes(&self) -> usize {
        self.container.file().n_waiting() + self.container.chunk_len()
    }

    /// Another handle to the file, for telling the disk to keep what was written while writing goes on.
    ///
    /// # Errors
    ///
    /// If there is none to be had.
    pub fn sync_handle(&self) -> io::Result<File> {
        self.container.file().file().try_clone()
    }

    /// Writes the index and gives the file its name.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or renamed; what was flushed stays in the `.part` file.
    pub fn finish(mut self) -> Result<Written, WriteError> {
        let content = Content { n_messages: self.n_messages, sha256: self.digest.clone().finish() };
        // Said again at the end: neither copy is protected by a chunk's checksum, so one may make up for the other.
        self.container.add_metadata(origin::ORIGIN, &self.origin.to_entries())?;
        self.container.add_metadata(origin::CONTENT, &content.to_entries())?;
        self.container.end()?;
        self.flush()?;
        let file = self.container.file().file();
        file.sync_all()?;
        let size_bytes = file.metadata()?.len();
        fs::rename(part_path(&self.path), &self.path)?;
        Ok(Written { path: self.path, content, size_bytes })
    }

    /// Gives the recording up and removes the unfinished file.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn abandon(self) -> io::Result<()> {
        fs::remove_file(part_path(&self.path))
    }

    /// Makes sure that the file is where it should be: writing to one that was removed succeeds, and is for nothing.
    /// What the removed file holds is copied to a new one, folder and all.
    fn put_back(&mut self) -> Result<(), WriteError> {
        let part = part_path(&self.path);
        let file = self.container.file().file();
        if is_at(file, &part) {
            return Ok(());
        }
        if let Some(folder) = part.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut copy = open_locked(&part)?;
        if copy.metadata()?.len() > 0 {
            return Err(WriteError::Taken { path: part });
        }
        let mut old = file.try_clone()?;
        io::Seek::seek(&mut old, io::SeekFrom::Start(0))?;
        let n_written = self.size_bytes();
        let copied = io::copy(&mut io::Read::take(&mut old, n_written), &mut copy);
        if !copied.as_ref().is_ok_and(|n| *n == n_written) {
            fs::remove_file(&part)?;
            return Err(copied.err().unwrap_or_else(|| io::ErrorKind::UnexpectedEof.into()).into());
        }
        self.container.file_mut().replace(copy)?;
        Ok(())
    }

    /// The id of the message's channel, which is made known first if it is new.
    fn channel_id(&mut self, message: &RawMessage<'_>) -> Result<u16, WriteError> {
        let is_json = is_json_object(message.payload);
        let known = self.channels.get(message.channel);
        if let Some(id) = known.and_then(|ids| if is_json { ids.json } else { ids.opaque }) {
            return Ok(id);
        }
        let id = self.container.add_channel(message.channel, if is_json { JSON } else { OPAQUE })?;
        let ids = self.channels.entry(message.channel.to_owned()).or_default();
        *(if is_json { &mut ids.json } else { &mut ids.opaque }) = Some(id);
        Ok(id)
    }
}

/// Where the recording of a path is while it is being written, or if it was broken off.
pub fn part_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    PathBuf::from(name)
}

fn nanoseconds(time: SessionTime) -> Option<u64> {
    u64::try_from(time.as_millis()).ok()?.checked_mul(1_000_000)
}

fn is_json_object(payload: &[u8]) -> bool {
    payload.first() == Some(&b'{') && serde_json::from_slice::<serde::de::IgnoredAny>(payload).is_ok()
}

/// The same error once more: what waits keeps its own.
fn same(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Why a message or a recording could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The message is larger than a reader would accept.
    #[error("a message of {len} bytes on {channel:?} is too large to record")]
    TooLarge {
        /// Its channel.
        channel: String,
        /// Its size.
        len: usize,
    },
    /// The time cannot be written: MCAP counts nanoseconds from zero up.
    #[error("a message at {time} is outside the time that a recording can express")]
    TimeOutOfRange {
        /// The time.
        time: SessionTime,
    },
    /// There is no room in the file now; there may be later.
    #[error("the recording waits: {}", in_words(source))]
    NoRoom {
        /// What the last attempt to write came to.
        source: io::Error,
    },
    /// Another program records there.
    #[error("{path:?} is being recorded by another program")]
    InUse {
        /// The unfinished file.
        path: PathBuf,
    },
    /// There is another recording of that name.
    #[error("{path:?} is there already")]
    Taken {
        /// The file that is there.
        path: PathBuf,
    },
    /// The unfinished recording cannot be read.
    #[error("cannot go on with the recording")]
    Unreadable(#[from] ReadError),
    /// The file could not be written.
    #[error("could not write the recording: {}", in_words(.0))]
    File(#[from] io::Error),
}

/// What a failure to write means to the person whose disk it is.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::FileTooLarge => "the file must not grow any larger".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be written to".to_owned(),
        io::ErrorKind::NotFound => "its folder is gone".to_owned(),
        _ => error.to_string(),
    }
}

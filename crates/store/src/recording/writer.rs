//! Writes a recording, message by message, in bounded memory.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use mcap::records::{MessageHeader, Metadata};
use mcap::write::NoSeek;
use mcap::{McapError, WriteOptions};
use overcut_domain::{RawMessage, SessionTime};

use super::origin::{self, Content, Origin};
use super::{ContentDigest, MAX_MESSAGE_LEN};

/// Uncompressed size at which a chunk is closed: large enough to compress well, small enough that a damaged one costs
/// little.
const CHUNK_SIZE: u64 = 1 << 20;
/// Zstandard's level: a tenth smaller than the usual 3 on tables, at two to three times the time. Higher ones gain
/// little more.
const COMPRESSION_LEVEL: u32 = 6;
/// Encoding of a channel whose messages are JSON objects, which viewers take apart without a schema.
const JSON: &str = "json";
/// Encoding of a channel with anything else, such as archive lines with their clock in front.
const OPAQUE: &str = "x-overcut-raw";
/// What the name of an unfinished recording ends in.
const PART: &str = ".part";

/// Writes one recording. Until [`finish`](RecordingWriter::finish) the file is called `NAME.part`, so that a file
/// called `NAME` is always whole.
///
/// Memory is bounded by one chunk and one message. Whatever was [flushed](RecordingWriter::flush) outlives the process;
/// a reader recovers it from the `.part` file.
#[derive(Debug)]
pub struct RecordingWriter {
    sink: Sink,
    path: PathBuf,
    origin: Origin,
    channels: HashMap<String, ChannelIds>,
    digest: ContentDigest,
    n_messages: u64,
}

struct Sink(mcap::Writer<NoSeek<BufWriter<File>>>);

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sink")
    }
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
    /// If the file cannot be made.
    pub fn create(path: &Path, origin: &Origin) -> Result<RecordingWriter, WriteError> {
        let file = File::create(part_of(path)).map_err(McapError::from)?;
        // Chunks are put together in memory and written whole: a file that ends early then ends between two chunks or
        // inside one, but never holds a chunk whose header was to be filled in later.
        let options = WriteOptions::new()
            .profile("x-overcut")
            .library(concat!("overcut ", env!("CARGO_PKG_VERSION")))
            .chunk_size(Some(CHUNK_SIZE))
            .disable_seeking(true)
            .compression_level(COMPRESSION_LEVEL)
            .compression_threads(0);
        let mut sink = Sink(options.create(NoSeek::new(BufWriter::new(file)))?);
        sink.metadata(origin::ORIGIN, origin.to_entries())?;
        Ok(RecordingWriter {
            sink,
            path: path.to_owned(),
            origin: origin.clone(),
            channels: HashMap::new(),
            digest: ContentDigest::default(),
            n_messages: 0,
        })
    }

    /// Adds the next message.
    ///
    /// # Errors
    ///
    /// If it is too large, or before the clock's zero, which MCAP cannot express; then nothing was written and the
    /// recording goes on. If the file cannot be written, the recording is over.
    pub fn write(&mut self, message: &RawMessage<'_>) -> Result<(), WriteError> {
        if message.payload.len() > MAX_MESSAGE_LEN {
            return Err(WriteError::TooLarge { channel: message.channel.to_owned(), len: message.payload.len() });
        }
        let log_time = nanoseconds(message.time).ok_or(WriteError::TimeOutOfRange { time: message.time })?;
        let channel_id = self.channel_id(message)?;
        // A running number over all channels: a reader that has to skip a chunk sees how many messages were in it.
        let sequence = self.n_messages as u32;
        let header = MessageHeader { channel_id, sequence, log_time, publish_time: log_time };
        self.sink.0.write_to_known_channel(&header, message.payload)?;
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
    /// If the file cannot be written.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.sink.0.flush().map_err(WriteError::from)
    }

    /// Messages written so far.
    pub fn n_messages(&self) -> u64 {
        self.n_messages
    }

    /// Writes the index and gives the file its name.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or renamed; what was flushed stays in the `.part` file.
    pub fn finish(mut self) -> Result<Written, WriteError> {
        let content = Content { n_messages: self.n_messages, sha256: self.digest.finish() };
        // Said again at the end: neither copy is protected by a chunk's checksum, so one may make up for the other.
        self.sink.metadata(origin::ORIGIN, self.origin.to_entries())?;
        self.sink.metadata(origin::CONTENT, content.to_entries())?;
        self.sink.0.finish()?;
        let file =
            self.sink.0.into_inner().into_inner().into_inner().map_err(|error| McapError::from(error.into_error()))?;
        file.sync_all().map_err(McapError::from)?;
        let size_bytes = file.metadata().map_err(McapError::from)?.len();
        fs::rename(part_of(&self.path), &self.path).map_err(McapError::from)?;
        Ok(Written { path: self.path, content, size_bytes })
    }

    /// Gives the recording up and removes the unfinished file.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn abandon(self) -> io::Result<()> {
        let part = part_of(&self.path);
        drop(self);
        fs::remove_file(part)
    }

    /// The id of the message's channel, which is made known first if it is new.
    fn channel_id(&mut self, message: &RawMessage<'_>) -> Result<u16, WriteError> {
        if !self.channels.contains_key(message.channel) {
            self.channels.insert(message.channel.to_owned(), ChannelIds::default());
        }
        let ids = self.channels.get_mut(message.channel).expect("the channel was added above if it was missing");
        let (id, encoding) = match is_json_object(message.payload) {
            true => (&mut ids.json, JSON),
            false => (&mut ids.opaque, OPAQUE),
        };
        match id {
            Some(id) => Ok(*id),
            None => {
                let new = self.sink.0.add_channel(0, message.channel, encoding, &BTreeMap::new())?;
                Ok(*id.insert(new))
            }
        }
    }
}

impl Sink {
    fn metadata(&mut self, name: &str, entries: BTreeMap<String, String>) -> Result<(), McapError> {
        self.0.write_metadata(&Metadata { name: name.to_owned(), metadata: entries })
    }
}

/// Where a recording is while it is being written.
fn part_of(path: &Path) -> PathBuf {
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
    /// The file could not be written.
    #[error("could not write the recording")]
    File(#[from] McapError),
}

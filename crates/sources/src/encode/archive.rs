//! A folder like the publisher's archive, written at once or as a session goes on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Message;
use super::merge::merge;
use crate::decoder::{BOM, CLOCK_LEN};
use crate::topic::Topic;

/// How much of a topic waits in memory before it is written without being asked to.
const BUFFER_LEN: usize = 64 << 10;

/// Writes messages into a folder of one file per topic, which [`Recording::open`](crate::Recording::open) reads.
///
/// Lines end with CRLF and have no byte order mark before them, as in the recordings of 2025 and 2026. A file only
/// ever grows, by whole lines and with one write at a time, so whoever reads along finds no half of one. At most
/// [`ArchiveWriter::MAX_OPEN`] files are open at a time, those written last.
///
/// Beside each `<Topic>.jsonStream` stands `<Topic>.json` with its state, once [`ArchiveWriter::write_key_frames`] was
/// called, and `Index.json` names them all.
pub struct ArchiveWriter {
    folder: PathBuf,
    topics: [Option<Stream>; Topic::COUNT],
    index_is_stale: bool,
    /// How many streams were written so far, one by one.
    n_writes: u64,
}

/// One topic's file.
#[derive(Default)]
struct Stream {
    path: PathBuf,
    /// The file, while it is open.
    file: Option<File>,
    /// Which write of the archive was its last, and how long it is since.
    last_write: u64,
    len: u64,
    /// Whole lines that are not written yet.
    waiting: Vec<u8>,
    /// What all lines before `merged_len` bytes come to.
    state: Value,
    merged_len: u64,
}

/// A file of an archive that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path:?}")]
pub struct WriteError {
    /// Which file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl ArchiveWriter {
    /// Most files that one archive keeps open. A process may write two hundred archives and have a thousand handles; the
    /// topics that come every second are about as many.
    pub const MAX_OPEN: usize = 4;

    /// Makes the folder, if it is not there.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if it cannot be made, or if there is an archive in it already.
    pub fn create(folder: impl AsRef<Path>) -> Result<ArchiveWriter, WriteError> {
        let folder = folder.as_ref().to_owned();
        let fail = |source| WriteError { path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(fail)?;
        for entry in fs::read_dir(&folder).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.extension().is_some_and(|extension| extension == "jsonStream") {
                let source = io::Error::new(io::ErrorKind::AlreadyExists, "there is an archive in this folder already");
                return Err(WriteError { path, source });
            }
        }
        Ok(ArchiveWriter { folder, topics: std::array::from_fn(|_| None), index_is_stale: true, n_writes: 0 })
    }

    /// Where the archive lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a message in. It is in the file after [`ArchiveWriter::flush`] at the latest.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if its topic is not known, or its file cannot be written.
    pub fn append(&mut self, message: &Message) -> Result<(), WriteError> {
        let topic = self.open(message.channel)?;
        let Some(stream) = &mut self.topics[topic as usize] else { return Ok(()) };
        stream.waiting.extend_from_slice(&message.payload);
        stream.waiting.extend_from_slice(b"\r\n");
        if stream.waiting.len() >= BUFFER_LEN { self.write(topic) } else { Ok(()) }
    }

    /// Writes all lines that wait, and the index if a topic is new.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if a file cannot be written.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Topic::ALL.into_iter().try_for_each(|topic| self.write(topic))?;
        if std::mem::take(&mut self.index_is_stale) {
            self.write_index()?;
        }
        Ok(())
    }

    /// Writes the state of each topic so far beside its stream. Only what came since the last time is read for it.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if a file cannot be read back or written.
    pub fn write_key_frames(&mut self) -> Result<(), WriteError> {
        self.flush()?;
        for (topic, stream) in Topic::ALL.into_iter().zip(&mut self.topics) {
            if let Some(stream) = stream {
                stream.merge_new_lines().map_err(|source| WriteError { path: stream.path.clone(), source })?;
                write_json(&self.folder.join(format!("{}.json", topic.name())), &stream.state)?;
            }
        }
        Ok(())
    }

    /// Ends the archive: writes all that waits, every topic's state, and that the archive is complete.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if a file cannot be written.
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.write_key_frames()?;
        let complete = json!({ "Status": "Complete" });
        write_json(&self.folder.join("ArchiveStatus.json"), &complete)?;
        if let Some(info) = &mut self.topics[Topic::SessionInfo as usize]
            && let Some(members) = info.state.as_object_mut()
        {
            members.insert("ArchiveStatus".to_owned(), complete);
            write_json(&self.folder.join("SessionInfo.json"), &info.state)?;
        }
        Ok(())
    }

    /// The topic of that name, whose file is there from now on.
    fn open(&mut self, channel: &str) -> Result<Topic, WriteError> {
        let path = || self.folder.join(format!("{channel}.jsonStream"));
        let Some(topic) = Topic::from_name(channel) else {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "there is no such topic");
            return Err(WriteError { path: path(), source });
        };
        if self.topics[topic as usize].is_none() {
            let stream = Stream { path: path(), ..Stream::default() };
            File::create_new(&stream.path).map_err(|source| WriteError { path: stream.path.clone(), source })?;
            self.topics[topic as usize] = Some(stream);
            self.index_is_stale = true;
        }
        Ok(topic)
    }

    /// Writes what waits on a topic.
    fn write(&mut self, topic: Topic) -> Result<(), WriteError> {
        let has_lines = |stream: &Stream| !stream.waiting.is_empty();
        if !self.topics[topic as usize].as_ref().is_some_and(has_lines) {
            return Ok(());
        }
        self.make_room_for(topic);
        self.n_writes += 1;
        let Some(stream) = &mut self.topics[topic as usize] else { return Ok(()) };
        stream.write(self.n_writes).map_err(|source| WriteError { path: stream.path.clone(), source })
    }

    /// Closes the file that was not written for longest, if one must go before this topic's can be opened.
    fn make_room_for(&mut self, topic: Topic) {
        let others = self.topics.iter_mut().enumerate().filter(|(idx, _)| *idx != topic as usize);
        let open = others.filter_map(|(_, stream)| stream.as_mut().filter(|stream| stream.file.is_some()));
        let mut open: Vec<&mut Stream> = open.collect();
        if open.len() < ArchiveWriter::MAX_OPEN {
            return;
        }
        open.sort_by_key(|stream| stream.last_write);
        if let Some(oldest) = open.first_mut() {
            oldest.file = None;
        }
    }

    fn write_index(&self) -> Result<(), WriteError> {
        let open = Topic::ALL.into_iter().zip(&self.topics).filter(|(_, stream)| stream.is_some());
        let feeds = open.map(|(topic, _)| {
            let name = topic.name();
            let paths = json!({ "KeyFramePath": format!("{name}.json"), "StreamPath": format!("{name}.jsonStream") });
            (name.to_owned(), paths)
        });
        write_json(&self.folder.join("Index.json"), &json!({ "Feeds": Value::Object(feeds.collect()) }))
    }
}

impl Stream {
    /// Writes what waits, in one go. If that fails, the lines go on waiting and the file is as before.
    fn write(&mut self, n: u64) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(OpenOptions::new().append(true).open(&self.path)?),
        };
        if let Err(failure) = file.write_all(&self.waiting) {
            // Where the disk is full, cutting off half a line still works; if not, the failure itself says enough.
            return file.set_len(self.len).and(Err(failure));
        }
        self.len += self.waiting.len() as u64;
        self.last_write = n;
        self.waiting.clear();
        Ok(())
    }

    /// Takes the lines into the state that were written since the last time.
    fn merge_new_lines(&mut self) -> io::Result<()> {
        let mut text = Vec::new();
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.merged_len))?;
        self.merged_len += file.read_to_end(&mut text)? as u64;
        for line in text.split(|byte| *byte == b'\n') {
            let json = line.get(CLOCK_LEN..).unwrap_or_default();
            if let Ok(delta) = serde_json::from_slice(json) {
                merge(&mut self.state, delta);
            }
        }
        Ok(())
    }
}

/// Replaces a file at once, so that nobody ever reads half of it.
fn write_json(path: &Path, value: &Value) -> Result<(), WriteError> {
    let text = [BOM, value.to_string().as_bytes()].concat();
    let draft = path.with_extension("json.new");
    fs::write(&draft, text)
        .and_then(|()| fs::rename(&draft, path))
        .map_err(|source| WriteError { path: path.to_owned(), source })
}

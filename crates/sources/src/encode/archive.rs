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
/// ever grows, by whole lines and with one write at a time, so whoever reads along finds no half of one. Each topic's
/// file is opened once and stays open: there are at most as many as there are topics.
///
/// Beside each `<Topic>.jsonStream` stands `<Topic>.json` with its state, once [`ArchiveWriter::write_key_frames`] was
/// called, and `Index.json` names them all.
pub struct ArchiveWriter {
    folder: PathBuf,
    topics: [Option<Stream>; Topic::COUNT],
    index_is_stale: bool,
}

/// One topic's file.
struct Stream {
    path: PathBuf,
    file: File,
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
        Ok(ArchiveWriter { folder, topics: std::array::from_fn(|_| None), index_is_stale: true })
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
        let stream = self.stream(message.channel)?;
        stream.waiting.extend_from_slice(&message.payload);
        stream.waiting.extend_from_slice(b"\r\n");
        if stream.waiting.len() >= BUFFER_LEN { stream.flush() } else { Ok(()) }
    }

    /// Writes all lines that wait, and the index if a topic is new.
    ///
    /// # Errors
    ///
    /// [`WriteError`] if a file cannot be written.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.topics.iter_mut().flatten().try_for_each(Stream::flush)?;
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

    fn stream(&mut self, channel: &str) -> Result<&mut Stream, WriteError> {
        let path = self.folder.join(format!("{channel}.jsonStream"));
        let Some(topic) = Topic::from_name(channel) else {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "there is no such topic");
            return Err(WriteError { path, source });
        };
        let slot = &mut self.topics[topic as usize];
        if let Some(stream) = slot {
            return Ok(stream);
        }
        let opened = OpenOptions::new().create_new(true).read(true).append(true).open(&path);
        let file = opened.map_err(|source| WriteError { path: path.clone(), source })?;
        self.index_is_stale = true;
        Ok(slot.insert(Stream { path, file, waiting: Vec::new(), state: Value::Null, merged_len: 0 }))
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
    /// Writes what waits, in one go.
    fn flush(&mut self) -> Result<(), WriteError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let written = self.file.write_all(&self.waiting);
        self.waiting.clear();
        written.map_err(|source| WriteError { path: self.path.clone(), source })
    }

    /// Takes the lines into the state that were written since the last time.
    fn merge_new_lines(&mut self) -> io::Result<()> {
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(self.merged_len))?;
        self.merged_len += self.file.read_to_end(&mut text)? as u64;
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

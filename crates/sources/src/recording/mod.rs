//! What lies on disk: recognised by content, handed out as raw messages in the order of their arrival.
//!
//! A recording is a folder or a file. Files may be compressed with Zstandard one by one. Names only tell topics apart;
//! what a file is shows in its first bytes.

mod archive;
mod capture;
mod files;
mod probe;
mod recognise;

use std::path::{Path, PathBuf};

use overcut_domain::{RawMessage, SessionTime};

pub(crate) use files::FileHead;
use files::{File, Found};
pub(crate) use probe::probe;

use crate::format::Format;
use archive::Archive;
use capture::Capture;

/// A recording, open for reading from its beginning.
pub struct Recording {
    format: Format,
    path: PathBuf,
    size_bytes: u64,
    source: Source,
    unused: Vec<String>,
    damaged: Vec<ReadError>,
}

enum Source {
    Archive(Archive),
    Capture(Capture),
    /// Tables, of which only the current one is in memory: a race has 80 MB of them.
    Files(std::vec::IntoIter<files::Entry>, Option<File>),
}

/// Why a path is no recording.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The path cannot be read.
    #[error("cannot read {path:?}")]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// Why it could not.
        source: std::io::Error,
    },
    /// The path holds nothing that is known.
    #[error("no recording in {path:?}: found {found}; expected {ACCEPTED}")]
    Unknown {
        /// What was to be read.
        path: PathBuf,
        /// What is there.
        found: String,
    },
}

/// What [`Recording::open`] takes, in words.
const ACCEPTED: &str = "one of: \
    a folder of archive topics (lines like 00:57:07.107{\"Status\":…}), \
    SignalR frames, classic or Core, one per line, \
    a FastF1 live-timing capture (lines like ['Topic', {…}, 'time']), \
    an undercut-f1 folder (subscribe and live files), \
    a subscription answer (one JSON object of topics), \
    a CSV of TimingData messages, \
    FastF1 CSV exports, \
    TracingInsights tables, \
    or answers of OpenF1 (laps.json and the like); each may be compressed with zstd";

/// Why reading stopped short.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A compressed file is cut off or damaged; what stood before the damage was handed out.
    #[error("{file:?} is damaged after {n_bytes} bytes")]
    Damaged {
        /// Its name.
        file: String,
        /// How much of it could be read, uncompressed.
        n_bytes: usize,
        /// What the decompressor said.
        source: std::io::Error,
    },
}

impl Recording {
    /// Opens a folder or a file, and recognises what it holds.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if there is nothing, or nothing that is known; it says what was found and what is accepted.
    pub fn open(path: impl AsRef<Path>) -> Result<Recording, OpenError> {
        let path = path.as_ref();
        let found = Found::look(path)?;
        let format = recognise::format(path, &found)?;
        let size_bytes = found.size_bytes();
        let (files, unused) = recognise::select(format, found);
        let mut damaged = Vec::new();
        let mut load = |files: Vec<files::Entry>| -> Result<Vec<File>, OpenError> {
            files.into_iter().map(|file| file.load(&mut damaged)).collect()
        };
        let source = match format {
            Format::Archive => Source::Archive(Archive::new(load(files)?)),
            _ if format.is_tables() => Source::Files(files.into_iter(), None),
            _ => Source::Capture(Capture::new(format, load(files)?)),
        };
        Ok(Recording { format, path: path.to_owned(), size_bytes, source, unused, damaged })
    }

    /// What kind of recording it is.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Size of its files on disk.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Names of files in the folder that are no part of the recording.
    pub fn unused_files(&self) -> &[String] {
        &self.unused
    }

    /// The next raw message, in order of arrival; its time never decreases. `None` is the end.
    ///
    /// # Errors
    ///
    /// [`ReadError`], once per damaged file and after everything else was handed out: reading may go on.
    pub fn next_raw(&mut self) -> Result<Option<RawMessage<'_>>, ReadError> {
        let message = match &mut self.source {
            Source::Archive(archive) => archive.next(),
            Source::Capture(capture) => capture.next(),
            Source::Files(files, current) => {
                let damaged = &mut self.damaged;
                *current = files.find_map(|file| file.load_or_report(damaged));
                current.as_ref().map(|file| RawMessage {
                    time: SessionTime::ZERO,
                    channel: &file.name,
                    payload: &file.bytes,
                })
            }
        };
        match message {
            Some(message) => Ok(Some(message)),
            None => self.damaged.pop().map_or(Ok(None), Err),
        }
    }
}

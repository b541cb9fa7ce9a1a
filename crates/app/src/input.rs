//! Raw messages of any recording: a foreign one as `sources` recognises it, or one of our own containers.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use overcut_domain::RawMessage;
use overcut_sources::{Format, Recording};
use overcut_store::RecordingReader;

/// A recording, open for reading from its beginning.
pub enum Input {
    /// A folder or file in somebody else's format.
    Foreign(Recording),
    /// One of our containers; it holds the same raw messages.
    Container(Box<RecordingReader<File>>, Format),
}

impl Input {
    /// Opens a recording, whatever it is.
    ///
    /// # Errors
    ///
    /// If nothing is there, or it is not a recording: the message says what was found and what was expected.
    pub fn open(path: &Path) -> Result<Input> {
        if !is_container(path) {
            return Ok(Input::Foreign(Recording::open(path)?));
        }
        let reader = RecordingReader::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = &reader.origin().format;
        let format = Format::from_name(name).ok_or_else(|| {
            anyhow!("{} holds messages in the format {name:?}, which this version does not know", path.display())
        })?;
        Ok(Input::Container(Box::new(reader), format))
    }

    /// How its messages are to be decoded.
    pub fn format(&self) -> Format {
        match self {
            Input::Foreign(recording) => recording.format(),
            Input::Container(_, format) => *format,
        }
    }

    /// The next message in order of arrival; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Trouble::Damaged`] if something is lost but reading may go on, [`Trouble::Broken`] if it may not.
    pub fn next_raw(&mut self) -> Result<Option<RawMessage<'_>>, Trouble> {
        match self {
            Input::Foreign(recording) => recording.next_raw().map_err(|damage| Trouble::Damaged(damage.to_string())),
            Input::Container(reader, _) => reader.next_raw().map_err(|error| Trouble::Broken(error.into())),
        }
    }

    /// What was found damaged or cut off in one of our containers, once it is read.
    pub fn damage(&self) -> Option<String> {
        match self {
            Input::Foreign(_) => None,
            Input::Container(reader, _) => Some(reader.damage()).filter(|d| !d.is_none()).map(|d| d.to_string()),
        }
    }
}

/// Why there is no next message.
#[derive(Debug)]
pub enum Trouble {
    /// Something is lost, in these words; the next call goes on behind it.
    Damaged(String),
    /// Nothing more can be read.
    Broken(anyhow::Error),
}

/// True if the file begins like one of our containers.
pub fn is_container(path: &Path) -> bool {
    let mut head = [0; 16];
    let read = path.is_file().then(|| File::open(path).and_then(|mut file| file.read(&mut head)));
    matches!(read, Some(Ok(n)) if overcut_store::is_recording(&head[..n]))
}

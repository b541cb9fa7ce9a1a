//! What a recorder writes between what it heard.

use overcut_domain::{SourceKind, UtcTime};
use serde::{Deserialize, Serialize};

/// What happened to the recording or to a connection, in a recording of a live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// The recording begins, or goes on after its program was restarted.
    Begun {
        /// UTC of this note: what the recording's own clock is set by.
        utc: UtcTime,
    },
    /// A connection is up; what it says from now on is without holes until it is [`Note::Closed`].
    Opened {
        /// The channel its messages come on; for files and endpoints the first part of it.
        channel: String,
    },
    /// A connection is over.
    Closed {
        /// Its channel.
        channel: String,
        /// Why, in words for a person; never a secret.
        reason: String,
    },
    /// A file is read again from its beginning, because it was rewritten.
    Restarted {
        /// Its channel.
        channel: String,
        /// Why.
        reason: String,
    },
    /// The clock of this machine was set while recording.
    ClockSet {
        /// By how much, in milliseconds: positive if it was put forward.
        by_ms: i64,
    },
    /// Messages could not be recorded.
    Lost {
        /// How many.
        n_messages: u64,
        /// How many bytes.
        n_bytes: u64,
        /// Why.
        reason: String,
    },
}

/// What a channel of a live recording carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel<'a> {
    /// Records of SignalR Core, on the first or the second connection.
    SignalR {
        /// True for `signalr/b`.
        is_second: bool,
    },
    /// Lines of a growing archive file of this topic.
    Archive(&'a str),
    /// Answers and messages of this endpoint of OpenF1.
    OpenF1(&'a str),
    /// Forecasts of Open-Meteo.
    OpenMeteo,
    /// Notes.
    Note,
}

impl<'a> Channel<'a> {
    /// The channel of that name; `None` if it is not one of a live recording.
    pub fn of(name: &'a str) -> Option<Channel<'a>> {
        match name.split_once('/') {
            Some(("signalr", "a")) => Some(Channel::SignalR { is_second: false }),
            Some(("signalr", "b")) => Some(Channel::SignalR { is_second: true }),
            Some(("archive", topic)) => Some(Channel::Archive(topic)),
            Some(("openf1", endpoint)) => Some(Channel::OpenF1(endpoint)),
            None if name == "open_meteo" => Some(Channel::OpenMeteo),
            None if name == Note::CHANNEL => Some(Channel::Note),
            _ => None,
        }
    }

    /// Whose words it carries; `None` for our own.
    pub const fn source(self) -> Option<SourceKind> {
        match self {
            Channel::SignalR { .. } => Some(SourceKind::SignalR),
            Channel::Archive(_) => Some(SourceKind::Archive),
            Channel::OpenF1(_) => Some(SourceKind::OpenF1),
            Channel::OpenMeteo => Some(SourceKind::OpenMeteo),
            Channel::Note => None,
        }
    }
}

impl Note {
    /// The channel that notes are on.
    pub const CHANNEL: &'static str = "note";

    /// As it is recorded.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a note is plain data, which always serialises")
    }

    /// As it was recorded.
    ///
    /// # Errors
    ///
    /// If it is none, or one that a later version wrote.
    pub fn from_json(json: &[u8]) -> Result<Note, serde_json::Error> {
        serde_json::from_slice(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back() {
        let note = Note::Closed { channel: "signalr/a".into(), reason: "no message for 60 s".into() };
        assert_eq!(Note::from_json(&note.to_json()).unwrap(), note);
        assert!(Note::from_json(b"{\"note\":\"sung\"}").is_err());
    }

    #[test]
    fn channels_tell_whose_words_they_carry() {
        let source = |name| Channel::of(name).map(Channel::source);
        assert_eq!(source("signalr/b"), Some(Some(SourceKind::SignalR)));
        assert_eq!(source("archive/TimingData"), Some(Some(SourceKind::Archive)));
        assert_eq!(source("openf1/laps"), Some(Some(SourceKind::OpenF1)));
        assert_eq!(source("note"), Some(None));
        assert_eq!(source("TimingData"), None);
    }
}

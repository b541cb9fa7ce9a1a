//! A recorded session to play: its messages in order, and a clock that runs over them at a speed.
//!
//! Stub servers of several sources play the same [`Tape`] on the same [`TapeClock`], so that they tell of the same
//! race at the same moment. Positions on a tape are milliseconds since it was started. A tape that was cut begins with
//! everything before the cut already sent: a snapshot or a file at position zero is whole.

mod clock;
mod state;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use overcut_domain::{Event, SessionTime, UtcTime};
use overcut_sources::{Decoder, Format, Message, Recording};

pub use clock::TapeClock;
pub use state::TapeState;

/// Length of the session clock that a line begins with.
const CLOCK_LEN: usize = 12;

/// One message of a tape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapeMessage {
    /// When it is sent, in milliseconds since the tape was started.
    pub at_ms: i64,
    /// The session clock of its line.
    pub clock: SessionTime,
    /// The same moment in UTC.
    pub utc: UtcTime,
    /// Which session of the tape it belongs to, from 0.
    pub session_idx: usize,
    /// The topic, such as `TimingData` or `CarData.z`.
    pub topic: Arc<str>,
    /// The line as an archive file has it, without its end: session clock and JSON.
    pub line: Bytes,
}

impl TapeMessage {
    /// The JSON alone.
    pub fn json(&self) -> &str {
        let json = self.line.get(CLOCK_LEN..).unwrap_or_default();
        std::str::from_utf8(json).expect("a tape is made of lines of text")
    }
}

/// One session of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TapeSession {
    /// Where it begins on the tape: its first message that is not already sent at the start.
    pub from_ms: i64,
    /// UTC of its session clock's zero.
    pub t0: UtcTime,
    /// Session clock at position zero of the tape.
    pub clock_at_start: SessionTime,
}

/// A recorded session, or several one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    messages: Vec<TapeMessage>,
    sessions: Vec<TapeSession>,
}

impl Tape {
    /// The session in an archive folder, files compressed or not.
    ///
    /// # Panics
    ///
    /// If there is none, or nothing in it says what time it was.
    pub fn from_archive(folder: &Path) -> Tape {
        let mut recording = Recording::open(folder).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(recording.format(), Format::Archive, "{} is no archive folder", folder.display());
        let mut lines = Vec::new();
        while let Some(raw) = recording.next_raw().unwrap_or_else(|error| panic!("{error}")) {
            lines.push((raw.time, raw.channel.to_owned(), Bytes::copy_from_slice(raw.payload)));
        }
        Tape::from_lines(lines, None)
    }

    /// Messages that an encoder made.
    ///
    /// # Panics
    ///
    /// If `t0` is `None` and no message says what time it was.
    pub fn from_messages(messages: &[Message], t0: Option<UtcTime>) -> Tape {
        let line =
            |message: &Message| (message.time, message.channel.to_owned(), Bytes::copy_from_slice(&message.payload));
        Tape::from_lines(messages.iter().map(line).collect(), t0)
    }

    /// A small tape written by hand: topic and JSON at a session clock in milliseconds, in order.
    ///
    /// ```
    /// use overcut_domain::UtcTime;
    /// let tape = overcut_testkit::tape::Tape::of(UtcTime::from_millis(0), &[(500, "LapCount", r#"{"CurrentLap":1}"#)]);
    /// assert_eq!(&tape.messages()[0].line[..], br#"00:00:00.500{"CurrentLap":1}"#);
    /// ```
    pub fn of(t0: UtcTime, messages: &[(i64, &str, &str)]) -> Tape {
        let line = |&(clock_ms, topic, json): &(i64, &str, &str)| {
            let (seconds, millis) = (clock_ms / 1000, clock_ms % 1000);
            let clock = format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            (SessionTime::from_millis(clock_ms), topic.to_owned(), Bytes::from(clock + json))
        };
        Tape::from_lines(messages.iter().map(line).collect(), Some(t0))
    }

    fn from_lines(lines: Vec<(SessionTime, String, Bytes)>, t0: Option<UtcTime>) -> Tape {
        let t0 = t0.or_else(|| zero_of(&lines)).expect("a sample or a heartbeat that says what time it was");
        let mut topics: Vec<Arc<str>> = Vec::new();
        let mut messages = Vec::with_capacity(lines.len());
        for (clock, topic, line) in lines {
            let known = topics.iter().find(|known| ***known == *topic).cloned();
            let topic = known.unwrap_or_else(|| {
                topics.push(topic.into());
                topics[topics.len() - 1].clone()
            });
            // A line of noise has no clock and no JSON; a push server never had it.
            if line.len() <= CLOCK_LEN || std::str::from_utf8(&line).is_err() {
                continue;
            }
            let (at_ms, utc) = (clock.as_millis(), utc_at(t0, clock));
            messages.push(TapeMessage { at_ms, clock, utc, session_idx: 0, topic, line });
        }
        Tape { messages, sessions: vec![TapeSession { from_ms: 0, t0, clock_at_start: SessionTime::ZERO }] }
    }

    /// The tape from one moment to another, on the session clock. What stands before `from` is already sent when it
    /// begins; what stands after `to` is gone.
    ///
    /// # Panics
    ///
    /// If the tape has more than one session: cut before joining.
    pub fn cut(mut self, from: SessionTime, to: SessionTime) -> Tape {
        let [session] = self.sessions.as_mut_slice() else { panic!("cut a tape before joining it to another") };
        session.clock_at_start = from;
        self.messages.retain_mut(|message| {
            message.at_ms = message.clock.millis_since(from).max(0);
            message.clock <= to
        });
        self
    }

    /// This tape and another session after it, `pause_ms` after the last message. Of the second session everything up
    /// to its start comes at once.
    pub fn then(mut self, pause_ms: i64, next: Tape) -> Tape {
        let from_ms = self.end_ms() + pause_ms;
        let n_sessions = self.sessions.len();
        self.messages.extend(next.messages.into_iter().map(|message| TapeMessage {
            at_ms: message.at_ms + from_ms,
            session_idx: message.session_idx + n_sessions,
            ..message
        }));
        self.sessions.extend(next.sessions.into_iter().map(|session| TapeSession {
            from_ms: session.from_ms + from_ms,
            clock_at_start: session.clock_at_start - from_ms,
            ..session
        }));
        self
    }

    /// Only the messages of these topics.
    pub fn only(mut self, topics: &[&str]) -> Tape {
        self.messages.retain(|message| topics.contains(&&*message.topic));
        self
    }

    /// All messages, in the order in which they are sent.
    pub fn messages(&self) -> &[TapeMessage] {
        &self.messages
    }

    /// The sessions on it, in order.
    pub fn sessions(&self) -> &[TapeSession] {
        &self.sessions
    }

    /// How many messages are sent at that position.
    pub fn n_sent(&self, position_ms: i64) -> usize {
        self.messages.partition_point(|message| message.at_ms <= position_ms)
    }

    /// Position of the last message.
    pub fn end_ms(&self) -> i64 {
        self.messages.last().map_or(0, |message| message.at_ms)
    }

    /// UTC as the session's clocks had it at that position.
    pub fn utc_at(&self, position_ms: i64) -> UtcTime {
        let idx = self.sessions.partition_point(|session| session.from_ms <= position_ms).saturating_sub(1);
        let session = &self.sessions[idx];
        utc_at(session.t0, session.clock_at_start + position_ms)
    }

    /// Session clock at that position.
    pub fn clock_at(&self, position_ms: i64) -> SessionTime {
        let idx = self.sessions.partition_point(|session| session.from_ms <= position_ms).saturating_sub(1);
        self.sessions[idx].clock_at_start + position_ms
    }
}

fn utc_at(t0: UtcTime, clock: SessionTime) -> UtcTime {
    UtcTime::from_millis(t0.as_millis() + clock.as_millis())
}

/// UTC of the session clock's zero, as the decoder of the archive concludes it from the samples.
fn zero_of(lines: &[(SessionTime, String, Bytes)]) -> Option<UtcTime> {
    let mut decoder = Decoder::new(Format::Archive);
    let (mut events, mut zero) = (Vec::new(), None);
    for (time, channel, payload) in lines {
        decoder.decode(overcut_domain::RawMessage { time: *time, channel, payload }, &mut events);
        for event in events.drain(..) {
            if let Event::UtcOfZero(utc) = event.value {
                zero = Some(utc);
            }
        }
    }
    zero
}

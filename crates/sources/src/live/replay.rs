//! The whole log, in order, as events.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use overcut_domain::{Event, SessionTime, Stamped, UtcTime};

use crate::report::DecodeReport;
use crate::topic::{Arrival, State, Topic, Witness};

/// Everything that counts of a live session, sorted, as an iterator of events. It owns what it reads, so it can run on
/// another thread while more is taken.
pub struct Replay {
    /// The first moment, until it was told what its UTC is.
    first: Option<SessionTime>,
    messages: std::vec::IntoIter<ReplayMessage>,
    /// Events that come ready made, in order.
    ready: std::iter::Peekable<std::vec::IntoIter<Stamped<Event>>>,
    pub(super) reader: Reader,
    pub(super) now: SessionTime,
    buffer: VecDeque<Stamped<Event>>,
    /// Lets the assembler know that somebody still holds this.
    token: Arc<()>,
}

/// One message of it.
pub(super) struct ReplayMessage {
    pub(super) at: SessionTime,
    pub(super) topic: Topic,
    pub(super) is_snapshot: bool,
    pub(super) payload: Arc<[u8]>,
}

/// What was given since a replay began: its reader has yet to read it.
#[derive(Default)]
pub(super) struct Since {
    /// Held by the replay, which may be given up.
    replay: Weak<()>,
    given: Vec<Given>,
}

/// Something that was given.
pub(super) enum Given {
    /// A message, and the time it was given at.
    Message(SessionTime, ReplayMessage),
    /// An event that came ready made.
    Event(Stamped<Event>),
}

impl Since {
    pub(super) fn begin(replay: &Replay) -> Since {
        Since { replay: Arc::downgrade(&replay.token), given: Vec::new() }
    }

    /// Keeps something for as long as there is a replay to go on from.
    pub(super) fn keep(&mut self, given: impl FnOnce() -> Given) {
        if self.replay.strong_count() > 0 {
            self.given.push(given());
        } else if !self.given.is_empty() {
            self.given = Vec::new();
        }
    }

    /// What was given since this replay began.
    pub(super) fn take(&mut self, replay: &Replay) -> Vec<Given> {
        let since = std::mem::take(self);
        if std::ptr::eq(since.replay.as_ptr(), Arc::as_ptr(&replay.token)) { since.given } else { Vec::new() }
    }
}

/// Decodes entries: the state that topics need, and how the session's zero is told.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) state: State,
    pub(super) report: DecodeReport,
    /// UTC of the session clock's zero where it is not the archive's, which is learnt from the messages themselves.
    zero: Option<i64>,
    has_told_zero: bool,
}

impl Reader {
    pub(super) fn new(zero: Option<i64>) -> Reader {
        Reader { zero, ..Reader::default() }
    }

    /// Tells the zero that is not learnt from messages, once.
    pub(super) fn tell_zero(&mut self, out: &mut impl FnMut(Event)) {
        if let (Some(zero), false) = (self.zero, self.has_told_zero) {
            self.has_told_zero = true;
            let zero = UtcTime::from_millis(zero);
            self.state.zero.learn(zero, SessionTime::ZERO, Witness::Sample).map(out);
        }
    }

    /// Reads one message at its own moment.
    pub(super) fn read(
        &mut self,
        topic: Topic,
        payload: &[u8],
        at: SessionTime,
        is_snapshot: bool,
        out: &mut impl FnMut(Event),
    ) {
        self.tell_zero(out);
        let sets_zero = self.zero.is_none() && !is_snapshot;
        let arrival = Arrival { at, is_snapshot, sets_zero };
        if let Err(skip) = self.state.decode(topic, payload, arrival, &mut self.report, out) {
            self.report.skip(skip, payload);
        }
    }
}

impl Replay {
    pub(super) fn new(messages: Vec<ReplayMessage>, ready: Vec<Stamped<Event>>, zero: Option<i64>) -> Replay {
        let first = messages.first().map(|message| message.at).into_iter().chain(ready.first().map(|event| event.time));
        Replay {
            first: first.min(),
            messages: messages.into_iter(),
            ready: ready.into_iter().peekable(),
            reader: Reader::new(zero),
            now: messages_start(),
            buffer: VecDeque::new(),
            token: Arc::new(()),
        }
    }

    /// What could not be read so far.
    pub fn report(&self) -> &DecodeReport {
        &self.reader.report
    }

    /// Reads the next message, and what comes ready made before it.
    fn step(&mut self) -> bool {
        if let Some(first) = self.first.take() {
            let buffer = &mut self.buffer;
            self.reader.tell_zero(&mut |value| buffer.push_back(Stamped { time: first, value }));
        }
        let Some(message) = self.messages.next() else {
            self.buffer.extend(self.ready.by_ref());
            return !self.buffer.is_empty();
        };
        while let Some(event) = self.ready.next_if(|event| event.time < message.at) {
            self.buffer.push_back(event);
        }
        let buffer = &mut self.buffer;
        let mut out = |value| buffer.push_back(Stamped { time: message.at, value });
        self.reader.read(message.topic, &message.payload, message.at, message.is_snapshot, &mut out);
        true
    }
}

/// Before anything a feed can say.
const fn messages_start() -> SessionTime {
    SessionTime::from_millis(i64::MIN / 4)
}

impl Iterator for Replay {
    type Item = Stamped<Event>;

    fn next(&mut self) -> Option<Stamped<Event>> {
        loop {
            if let Some(mut event) = self.buffer.pop_front() {
                self.now = self.now.max(event.time);
                event.time = self.now;
                return Some(event);
            }
            if !self.step() {
                return None;
            }
        }
    }
}

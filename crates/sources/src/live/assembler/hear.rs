//! What arrives: which source said it, of which topic and moment.

use overcut_domain::{Event, RawMessage, SessionInfo, SourceKind, Stamped, UtcTime};

use super::{Assembler, Incoming, Reach, Taken};
use crate::decoder::frames::{self, Said};
use crate::decoder::{BOM, CLOCK_LEN, archive_clock};
use crate::live::connection::Connection;
use crate::live::decision::Decision;
use crate::live::feeds::feed;
use crate::live::log::{Kept, Origin};
use crate::live::{Channel, Note, rows};
use crate::report::Skip;
use crate::topic::{Topic, session_info_of, session_status_of};
use crate::wire::utc;

/// Connections remembered; later ones count as the last of these.
const MAX_CONNECTIONS: usize = 1024;

impl Assembler {
    pub(super) fn hear_note(&mut self, raw: RawMessage<'_>) {
        let note = match Note::from_json(raw.payload) {
            Ok(note) => note,
            Err(_) => {
                self.report.skip(Skip::WrongShape, raw.payload);
                return;
            }
        };
        match note {
            Note::Begun { utc } => {
                self.begun = Some(utc.as_millis().saturating_sub(raw.time.as_millis()));
                self.close(None, "the recorder was restarted");
            }
            Note::Opened { channel } => {
                if let Some(Channel::SignalR { is_second }) = Channel::of(&channel) {
                    self.close(Some(is_second), "connected anew");
                    self.open(is_second, true);
                } else {
                    self.refresh_archive(&channel);
                }
            }
            Note::Closed { channel, reason } => {
                if let Some(Channel::SignalR { is_second }) = Channel::of(&channel) {
                    self.close(Some(is_second), &reason);
                }
            }
            Note::Restarted { channel, .. } => self.refresh_archive(&channel),
            Note::ClockSet { by_ms } => {
                self.begun = self.begun.map(|begun| begun.saturating_add(by_ms));
            }
            Note::Lost { reason, .. } => self.lose(&reason),
        }
    }

    /// A file is read from its beginning: it is that of this session, and its clock starts anew.
    pub(super) fn refresh_archive(&mut self, channel: &str) {
        match Channel::of(channel) {
            Some(Channel::Archive(topic)) => {
                if let Some(topic) = Topic::from_name(topic) {
                    let lines = self.archive.of_mut(topic);
                    (lines.is_stale, lines.belief) = (false, Default::default());
                }
            }
            None if channel == "archive" => self.archive.all_mut().for_each(|lines| lines.is_stale = false),
            _ => {}
        }
    }

    pub(super) fn open(&mut self, is_second: bool, is_noted: bool) -> usize {
        if self.connections.len() >= MAX_CONNECTIONS {
            let last = self.connections.len() - 1;
            if let Some(connection) = self.connections.get_mut(last) {
                (connection.is_open, connection.is_second) = (true, is_second);
            }
            return last;
        }
        self.connections.push(Connection::new(is_second, is_noted, self.now_ms));
        self.connections.len() - 1
    }

    /// Hears rows of OpenF1, and gives those that count and are in order.
    pub(super) fn hear_rows(
        &mut self,
        endpoint: &str,
        payload: &[u8],
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        let news = self.rows.take(endpoint, payload, &mut self.report);
        let is_connected = self.connections.iter().any(|connection| connection.is_open && connection.has_snapshot);
        if let (Some(info), false) = (rows::session_of(&news), is_connected) {
            self.hear_session_info(info, taken);
        }
        let known = self.info.as_ref().and_then(|info| info.key);
        if known.is_some() && self.rows.session_key().is_some_and(|key| Some(key) != known) {
            return; // of another session than live timing's
        }
        for told in &news {
            let utc_ms = told.utc.as_millis();
            self.health.hear(told.feed, SourceKind::OpenF1, self.now_ms, self.begun, utc_ms);
        }
        if !self.rows.keep(&news) {
            self.log.n_overflowed += 1;
        }
        if let Some(events) = events {
            self.give_rows(news, taken, events);
        }
    }

    pub(super) fn hear_forecast(&mut self, payload: &[u8]) {
        let fetched_at = self.begun.map(|begun| begun.saturating_add(self.now_ms)).or(self.latest_told());
        let forecast = crate::open_meteo::forecast(payload, UtcTime::from_millis(fetched_at.unwrap_or(0)));
        match forecast {
            Ok(forecast) => self.decide(Decision::Forecast(Box::new(forecast))),
            Err(_) => self.report.skip(Skip::WrongShape, payload),
        }
    }

    /// The open connection of a wire; one that nobody noted is opened by what it says.
    pub(super) fn connection(&mut self, is_second: bool) -> usize {
        let open = self.connections.iter().rposition(|c| c.is_open && c.is_second == is_second);
        let number = open.unwrap_or_else(|| self.open(is_second, false));
        if let Some(connection) = self.connections.get_mut(number) {
            connection.heard_at_ms = self.now_ms;
        }
        number
    }

    pub(super) fn hear_record(
        &mut self,
        is_second: bool,
        payload: &[u8],
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        for record in payload.split(|byte| *byte == frames::RECORD_END).map(<[u8]>::trim_ascii) {
            if record.is_empty() {
                continue;
            }
            let mut report = std::mem::take(&mut self.report);
            let said = frames::say(record, &mut report, |said, report| {
                std::mem::swap(report, &mut self.report);
                self.hear_said(is_second, &said, taken, events);
                std::mem::swap(report, &mut self.report);
            });
            self.report = report;
            if let Err(skip) = said {
                self.report.skip(skip, record);
            }
            self.connection(is_second);
        }
    }

    pub(super) fn hear_said(
        &mut self,
        is_second: bool,
        said: &Said<'_>,
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        match said {
            Said::States(states) => self.hear_states(is_second, states, taken, events),
            Said::Feed(message) => {
                let Some(topic) = Topic::from_name(&message.topic) else {
                    self.report.unknown_topic(&message.topic, message.payload.as_bytes());
                    return;
                };
                if topic == Topic::SessionInfo {
                    self.hear_session(message.payload, taken);
                }
                let stamp = message.stamp.as_deref().and_then(utc).map(UtcTime::as_millis);
                if let Some(stamp) = stamp {
                    self.notice_silence(stamp);
                }
                let number = self.connection(is_second);
                if stamp.is_none() {
                    let text = message.stamp.as_deref().unwrap_or(message.payload);
                    self.report.skip(Skip::BadStamp, text.as_bytes());
                }
                let Some(stated) = stamp.or_else(|| self.latest_utc()) else { return };
                let origin = Origin::Connection(u32::try_from(number).unwrap_or(u32::MAX));
                let payload = message.payload.as_bytes();
                self.hear_message(&Incoming { topic, origin, is_snapshot: false, stated, payload }, taken, events);
            }
        }
    }

    /// Hears the states that a connection opens with.
    pub(super) fn hear_states(
        &mut self,
        is_second: bool,
        states: &str,
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        let mut topics: Vec<(Topic, &str)> = Vec::new();
        let mut session = None;
        let mut heartbeat = None;
        let mut unknown = Vec::new();
        let text = states;
        let read = frames::states_of(text, |name, value| match Topic::from_name(name) {
            Some(topic) => {
                match topic {
                    Topic::SessionInfo => session = Some(value),
                    Topic::Heartbeat => heartbeat = crate::topic::heartbeat_utc(value.as_bytes()),
                    _ => {}
                }
                topics.push((topic, value));
            }
            None => unknown.push((name.to_owned(), value)),
        });
        if let Err(skip) = read {
            self.report.skip(skip, text.as_bytes());
        }
        for (name, value) in unknown {
            self.report.unknown_topic(&name, value.as_bytes());
        }
        if let Some(session) = session {
            self.hear_session(session, taken);
        }
        let mut number = self.connection(is_second);
        if self.connections.get(number).is_some_and(|c| c.has_snapshot && !c.is_noted) {
            // Nobody noted a new connection, but only new ones begin like this.
            self.close(Some(is_second), "connected anew");
            number = self.open(is_second, false);
        }
        let latest = self.latest_utc();
        let stamp = latest.max(heartbeat.map(UtcTime::as_millis));
        let open: Vec<Connection> = self.connections.iter().filter(|c| c.is_open).cloned().collect();
        let Some(connection) = self.connections.get_mut(number) else { return };
        let is_again = connection.has_snapshot;
        connection.has_snapshot = true;
        connection.snapshot_stamp = connection.snapshot_stamp.or(stamp);
        open.iter().filter(|other| other.is_second != is_second).for_each(|other| connection.relieve(other));
        topics.iter().for_each(|(topic, _)| connection.grant(*topic));
        if is_again {
            return; // the connection has told everything since the first
        }
        let origin = Origin::Connection(u32::try_from(number).unwrap_or(u32::MAX));
        // Without any stamp it is given when the first message tells what time it is. This machine's clock does not: it
        // may be wrong, and one moment too late makes all that follows late.
        let (stated, mut nothing) = (stamp.unwrap_or(0), None);
        let events = if stamp.is_some() { events } else { &mut nothing };
        for (topic, value) in topics {
            let payload = value.as_bytes();
            self.hear_message(&Incoming { topic, origin, is_snapshot: true, stated, payload }, taken, events);
        }
    }

    pub(super) fn hear_line(
        &mut self,
        topic: &str,
        line: &[u8],
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        let line = line.strip_prefix(BOM).unwrap_or(line).trim_ascii();
        if line.is_empty() {
            return;
        }
        let Some(topic) = Topic::from_name(topic) else {
            self.report.unknown_topic(topic, line);
            return;
        };
        let clock =
            line.split_at_checked(CLOCK_LEN).and_then(|(clock, payload)| Some((archive_clock(clock)?, payload)));
        let Some((clock, payload)) = clock else {
            self.report.skip(Skip::NoClock, line);
            return;
        };
        let lines = self.archive.of_mut(topic);
        if lines.is_stale {
            if lines.last.is_some_and(|last| clock >= last) {
                return; // still the file of the session before
            }
            *lines = Default::default();
        }
        if topic == Topic::SessionInfo
            && let Ok(text) = std::str::from_utf8(payload)
        {
            self.hear_session(text, taken);
        }
        let incoming = Incoming { topic, origin: Origin::Archive, is_snapshot: false, stated: clock, payload };
        self.hear_message(&incoming, taken, events);
    }

    /// Keeps a message, judges its stamp, and gives it if it is its turn.
    pub(super) fn hear_message(
        &mut self,
        message: &Incoming<'_>,
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        let Incoming { topic, origin, is_snapshot, stated, payload } = *message;
        if self.reach == Reach::Over {
            return;
        }
        if topic.is_ignored() {
            self.report.topic(topic);
        }
        let kept = if topic.is_ignored() {
            Kept::Duplicate
        } else {
            self.log.keep(topic, origin, is_snapshot, stated, payload)
        };
        let entry = match kept {
            Kept::New(entry) => Some(entry),
            Kept::Duplicate | Kept::Overflow => None,
        };
        let stamp = if is_snapshot { stated } else { self.believe(topic, origin, stated, entry) };
        if let Some(entry) = entry {
            self.log.set_stamp(entry, stamp);
            self.log.believe(&mut self.corrections);
            if !is_snapshot {
                let hash = self.log.entries().last().map_or(0, |entry| entry.hash);
                self.archive_zero.hear(topic, origin, stated, hash, payload);
            }
        }
        self.log.believe(&mut self.corrections);
        self.note_health(message, stamp);
        if kept != Kept::Duplicate
            && let Some(events) = events
        {
            self.give(message, (entry, stamp), taken, events);
        }
    }

    /// Notes that a source gives a feed.
    pub(super) fn note_health(&mut self, message: &Incoming<'_>, stamp: i64) {
        let Incoming { topic, origin, is_snapshot, payload, .. } = *message;
        if topic == Topic::SessionStatus
            && let Ok(text) = std::str::from_utf8(payload)
        {
            self.status = session_status_of(text).or(self.status);
        }
        let source = match origin {
            Origin::Connection(_) => SourceKind::SignalR,
            Origin::Archive => SourceKind::Archive,
        };
        let utc_ms = match origin {
            Origin::Connection(_) => Some(stamp),
            Origin::Archive => self.archive_zero.utc_ms().map(|zero| zero.saturating_add(stamp)),
        };
        if let (Some(utc_ms), false) = (utc_ms, is_snapshot) {
            self.health.hear(feed(topic), source, self.now_ms, self.begun, utc_ms);
        }
    }

    /// What stamp to believe of a message, and of those before it; notes what its source covers.
    pub(super) fn believe(&mut self, topic: Topic, origin: Origin, stated: i64, entry: Option<u32>) -> i64 {
        match origin {
            Origin::Connection(number) => {
                let Some(connection) = self.connections.get_mut(number as usize) else { return stated };
                let stamp = connection.belief.hear(stated, entry, false, &mut self.corrections);
                let is_first = connection.first.is_none() && connection.has_snapshot;
                connection.hear(topic, stamp);
                self.has_filled |= is_first && connection.snapshot_stamp.is_none();
                if is_first {
                    self.end_gap(number as usize, stamp);
                }
                stamp
            }
            Origin::Archive => {
                let lines = self.archive.of_mut(topic);
                let clock = lines.belief.hear(stated, entry, true, &mut self.corrections);
                lines.first = Some(lines.first.map_or(clock, |first| first.min(clock)));
                lines.last = lines.last.max(lines.belief.latest());
                clock
            }
        }
    }

    /// Hears what session it is. Another than before ends what was known.
    pub(super) fn hear_session(&mut self, text: &str, taken: &mut Taken) {
        if let Some(info) = session_info_of(text).filter(|info| info.key.is_some()) {
            self.hear_session_info(&info, taken);
        }
    }

    pub(super) fn hear_session_info(&mut self, info: &SessionInfo, taken: &mut Taken) {
        let known = self.info.as_ref().and_then(|info| info.key);
        if known == info.key {
            return;
        }
        match self.reach {
            Reach::AnySession if known.is_some() => self.begin_session(),
            Reach::OneSession if known.is_some() => {
                self.reach = Reach::Over;
                return;
            }
            _ => {}
        }
        self.info = Some(info.clone());
        taken.new_session = Some(Box::new(info.clone()));
    }

    /// Forgets the session before. Connections go on; files of the archive are those of the old session until they
    /// begin anew.
    pub(super) fn begin_session(&mut self) {
        let mut next = Assembler::new(self.config.clone());
        (next.begun, next.now_ms) = (self.begun, self.now_ms);
        next.health = self.health.clone();
        // Rows know themselves which session they are of.
        std::mem::swap(&mut next.rows, &mut self.rows);
        next.rows.begin_anew();
        std::mem::swap(&mut next.report, &mut self.report);
        for topic in Topic::ALL {
            let old = self.archive.of(topic);
            let lines = next.archive.of_mut(topic);
            (lines.is_stale, lines.last) = (old.last.is_some(), old.last);
        }
        for old in self.connections.iter().filter(|connection| connection.is_open) {
            let mut connection = Connection::new(old.is_second, old.is_noted, old.heard_at_ms);
            let granted = Topic::ALL.into_iter().filter(|topic| old.gives(*topic));
            granted.for_each(|topic| connection.grant(topic));
            connection.has_snapshot = old.has_snapshot;
            connection.belief = old.belief.clone();
            next.connections.push(connection);
        }
        *self = next;
    }
}

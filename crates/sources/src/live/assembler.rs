//! From what several sources said to one session.

mod give;
mod hear;
mod missing;

use std::collections::BTreeSet;

use overcut_domain::{Event, Feed, RawMessage, SessionInfo, SessionStatus, SessionTime, Stamped, UtcTime};

use super::Channel;
use super::archive::Archive;
use super::belief::Correction;
use super::choose::Choice;
use super::clock::{ArchiveZero, Clocks, SessionClock, planned_zero};
use super::connection::Connection;
use super::decision::{Decision, Decisions};
use super::feeds::main_topic;
use super::gaps::Gaps;
use super::health::{Health, Sight};
use super::log::{Log, Origin};
use super::replay::{Given, Reader, Replay, ReplayMessage, Since};
use super::rows::Rows;
use super::twins::Meeting;
use crate::report::DecodeReport;
use crate::topic::Topic;

/// Seconds of silence that are lived through one by one; nothing new happens after so many.
const MAX_SECONDS: i64 = 180;

/// How a live session is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssemblerConfig {
    /// Most messages kept. A Grand Prix has about sixty thousand, from two sources twice that.
    pub max_entries: usize,
    /// Most bytes of messages kept. A Grand Prix has about 40 MB.
    pub max_bytes: usize,
}

impl Default for AssemblerConfig {
    fn default() -> Self {
        AssemblerConfig { max_entries: 1_000_000, max_bytes: 512 << 20 }
    }
}

/// What taking a message led to.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct Taken {
    /// Something belongs before what was already given, or something given turned out to be superfluous: what is true
    /// now comes out of [`Assembler::replay`].
    pub is_late: bool,
    /// The session that this message was the first to name: the first of the recording, or another than before.
    pub new_session: Option<Box<SessionInfo>>,
}

/// Puts a live session together from the messages of its recording, in order of arrival.
///
/// It is pure: what it gives depends on the messages alone, so a recording assembles to the same session again.
///
/// Memory is bounded by the [`AssemblerConfig`]. Messages beyond it are still given as they come, but not kept, so a
/// replay lacks them; [`Assembler::report`] counts them.
pub struct Assembler {
    config: AssemblerConfig,
    log: Log,
    connections: Vec<Connection>,
    archive: Archive,
    archive_zero: ArchiveZero,
    /// Fixed once something was given.
    clock: Option<SessionClock>,
    /// UTC of the recording's own clock at zero.
    begun: Option<i64>,
    info: Option<SessionInfo>,
    status: Option<SessionStatus>,
    rows: Rows,
    health: Health,
    gaps: Gaps,
    decisions: Decisions,
    /// True since the last message if a gap was filled, or states that waited for a stamp have one.
    has_filled: bool,
    /// Arrival clock of the latest message or tick.
    now_ms: i64,
    live: Live,
    reach: Reach,
    report: DecodeReport,
    corrections: Vec<Correction>,
}

/// How much of what is heard is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Sessions follow each other.
    AnySession,
    /// The first one only.
    OneSession,
    /// Nothing: it was the first one only, and another has begun.
    Over,
}

/// What was given as it came.
struct Live {
    reader: Reader,
    /// Latest moment given, on the session clock, and that of each topic.
    given: Option<i64>,
    given_of: [i64; Topic::COUNT],
    rows_given_of: [i64; Feed::ALL.len()],
    /// A moment far ahead that one message claims.
    leap: Option<i64>,
    /// Which messages and lines say the same.
    meeting: Meeting,
    /// What was given since the session began to be told anew.
    since: Since,
}

impl Live {
    fn new() -> Live {
        Live {
            reader: Reader::default(),
            given: None,
            given_of: [i64::MIN; Topic::COUNT],
            rows_given_of: [i64::MIN; Feed::ALL.len()],
            leap: None,
            meeting: Meeting::default(),
            since: Since::default(),
        }
    }
}

/// One message of a topic on its way into the log.
struct Incoming<'a> {
    topic: Topic,
    origin: Origin,
    is_snapshot: bool,
    /// As stated, and as believed if it was already judged.
    stated: i64,
    payload: &'a [u8],
}

impl Assembler {
    /// An assembler of a session of which nothing is known yet.
    pub fn new(config: AssemblerConfig) -> Assembler {
        Assembler {
            log: Log::new(config.max_entries, config.max_bytes),
            connections: Vec::new(),
            archive: Archive::new(),
            archive_zero: ArchiveZero::default(),
            clock: None,
            begun: None,
            info: None,
            status: None,
            rows: Rows::new(config.max_entries),
            health: Health::new(),
            gaps: Gaps::default(),
            decisions: Decisions::default(),
            has_filled: false,
            now_ms: 0,
            live: Live::new(),
            reach: Reach::AnySession,
            report: DecodeReport::default(),
            corrections: Vec::new(),
            config,
        }
    }

    /// Takes the next message of the recording and appends the events that it adds to what was given before.
    ///
    /// Event times never decrease. A message of which a better source tells the same adds nothing; nor does one that
    /// belongs before what was given, but then [`Taken::is_late`] says so. Samples of cars and positions are never late:
    /// each carries its own time.
    pub fn take(&mut self, raw: RawMessage<'_>, events: &mut Vec<Stamped<Event>>) -> Taken {
        let mut taken = Taken::default();
        self.report.n_messages += 1;
        self.report.n_bytes += raw.payload.len() as u64;
        let n_before = events.len();
        self.absorb(raw, &mut taken, &mut Some(&mut *events));
        // States that stood for what was missing are superfluous now.
        taken.is_late |= std::mem::take(&mut self.has_filled);
        self.report.n_events += events.len().saturating_sub(n_before) as u64;
        taken
    }

    /// Takes the next message without giving anything: for a recording that is read as a whole. What comes after the
    /// word of another session is in the recording of that one.
    pub(crate) fn collect(&mut self, raw: RawMessage<'_>, report: &mut DecodeReport) {
        if self.reach == Reach::Over {
            return;
        }
        self.reach = Reach::OneSession;
        std::mem::swap(report, &mut self.report);
        self.absorb(raw, &mut Taken::default(), &mut None);
        std::mem::swap(report, &mut self.report);
    }

    /// Gives everything that was collected.
    pub(crate) fn finish(&mut self, events: &mut Vec<Stamped<Event>>, report: &mut DecodeReport) {
        self.fill_gaps();
        let mut replay = self.replay();
        std::mem::swap(report, &mut replay.reader.report);
        events.extend(replay.by_ref());
        std::mem::swap(report, &mut replay.reader.report);
    }

    /// Lets the arrival clock go on without a message, so that silence is noticed. Whoever only takes messages gets the
    /// same: the next one lets the seconds before it go by.
    pub fn tick(&mut self, now: SessionTime, events: &mut Vec<Stamped<Event>>) {
        self.pass(now, &mut Some(events));
    }

    /// Lets the arrival clock go on, and looks around once a second.
    fn pass(&mut self, now: SessionTime, events: &mut Option<&mut Vec<Stamped<Event>>>) {
        let now_ms = now.as_millis().max(self.now_ms);
        let first_second = (self.now_ms.div_euclid(1000) + 1).max(now_ms.div_euclid(1000) - MAX_SECONDS);
        for second in first_second..=now_ms.div_euclid(1000) {
            self.now_ms = second * 1000;
            self.end_silent();
            self.notice_stall();
            self.has_filled |= self.fill_gaps();
            self.look(events);
        }
        self.now_ms = now_ms;
    }

    fn look(&mut self, events: &mut Option<&mut Vec<Stamped<Event>>>) {
        if self.latest_told().is_none() {
            return;
        }
        let is_running = self.status == Some(SessionStatus::Started);
        let news = self.health.look(&Sight { now_ms: self.now_ms, connections: &self.connections, is_running });
        if !news.is_empty() {
            self.decide(Decision::Feeds(news));
        }
        self.tell_decisions(events);
    }

    /// Everything that counts so far, in order: what a session is folded from anew after something came late, and what
    /// a recording is read as.
    ///
    /// The events are those of the sorted log, whatever the order in which it came.
    pub fn replay(&self) -> Replay {
        let Some(clocks) = self.clocks() else { return Replay::new(Vec::new(), Vec::new(), None) };
        let entries = self.log.entries();
        let choice = self.choice(clocks);
        let picks = choice.picks();
        let mut ready = self.rows.events(&choice);
        ready.extend(self.decisions.events(clocks));
        ready.sort_by_key(|event| event.time);
        let message = |entry: u32, at: i64| {
            let entry = entries.get(entry as usize)?;
            Some(ReplayMessage {
                at: SessionTime::from_millis(at),
                topic: entry.topic,
                is_snapshot: entry.is_snapshot,
                payload: entry.payload.clone(),
            })
        };
        let messages = picks.iter().filter_map(|pick| message(pick.entry, pick.at)).collect();
        Replay::new(messages, ready, told_zero(clocks))
    }

    /// A [replay](Assembler::replay) to go on from. It may run on another thread while more is taken: what is given
    /// meanwhile is kept for as long as somebody holds it, until it is [adopted](Assembler::adopt).
    pub fn retell(&mut self) -> Replay {
        let replay = self.replay();
        self.live.since = Since::begin(&replay);
        replay
    }

    /// Goes on from where a replay ended, once it has been folded: later messages are read with what it knows. Appends
    /// what was given since [`Assembler::retell`], as it reads after the replay.
    pub fn adopt(&mut self, replay: Replay, events: &mut Vec<Stamped<Event>>) {
        let since = self.live.since.take(&replay);
        let now = replay.now;
        self.live.given = self.live.given.max(Some(now.as_millis()).filter(|now| *now > i64::MIN / 8));
        self.live.reader = replay.reader;
        for given in since {
            match given {
                Given::Message(time, ReplayMessage { at, topic, is_snapshot, payload }) => {
                    let time = time.max(now);
                    let out = &mut |value| events.push(Stamped { time, value });
                    self.live.reader.read(topic, &payload, at, is_snapshot, out);
                }
                Given::Event(event) => events.push(Stamped { time: event.time.max(now), ..event }),
            }
        }
    }

    /// The feeds that lower sources should fetch: those that live timing does not give now, and those that it did not
    /// give in a gap which may still be filled.
    pub fn wanted(&self) -> BTreeSet<Feed> {
        let is_given = |feed: Feed| {
            let main = main_topic(feed);
            self.connections.iter().any(|connection| connection.is_open && connection.gives(main))
        };
        let mut wanted: BTreeSet<Feed> = Feed::ALL.into_iter().filter(|feed| !is_given(*feed)).collect();
        wanted.extend(self.gaps.wanted(self.now_ms));
        if self.archive.has_lines() && !self.archive_zero.is_exact() {
            // Heartbeats are on both sides, and tell how their clocks differ.
            wanted.insert(Feed::Session);
        }
        wanted
    }

    /// UTC of the session clock's zero, once it is known.
    ///
    /// It is the archive's own zero if the archive's lines were there first, or else an hour before the planned start.
    /// Once something was given it stays, so that no event moves; a recording that is read as a whole takes the
    /// archive's if it has any of its lines.
    pub fn zero(&self) -> Option<UtcTime> {
        self.clocks()?.zero_ms().map(UtcTime::from_millis)
    }

    /// Sets the session clock's zero, whatever the messages say.
    pub fn set_zero(&mut self, zero: UtcTime) {
        self.clock = Some(SessionClock::Since(zero.as_millis()));
        self.live.reader = Reader::new(Some(zero.as_millis()));
    }

    /// What session it is, as far as it was stated.
    pub fn session(&self) -> Option<&SessionInfo> {
        self.info.as_ref()
    }

    /// What was read so far, and what could not be used.
    pub fn report(&self) -> &DecodeReport {
        &self.report
    }

    /// Messages that came a second time and were left out.
    pub fn n_duplicates(&self) -> u64 {
        self.log.n_duplicates
    }

    /// Messages for which there was no room: they were given but are in no replay.
    pub fn n_overflowed(&self) -> u64 {
        self.log.n_overflowed
    }

    fn choice(&self, clocks: Clocks) -> Choice<'_> {
        let (entries, connections) = (self.log.entries(), self.connections.as_slice());
        let given = connections.iter().fold(0, |topics, connection| topics | connection.topics());
        let is_exact = self.archive_zero.is_exact();
        Choice { entries, connections, archive: &self.archive, clocks, is_exact, given }
    }

    /// The clocks as they are, or as they would be if something were given now.
    fn clocks(&self) -> Option<Clocks> {
        let archive_ms = self.archive_zero.utc_ms();
        let session = self.clock.or_else(|| self.best_clock(archive_ms))?;
        Some(Clocks { session, archive_ms })
    }

    fn best_clock(&self, archive_ms: Option<i64>) -> Option<SessionClock> {
        let firsts = self.connections.iter().filter_map(|connection| connection.first.or(connection.snapshot_stamp));
        let first = firsts.min().or(self.rows.whole_span().map(|(first, _)| first));
        if self.archive.has_lines() && (archive_ms.is_some() || first.is_none()) {
            return Some(SessionClock::Archive);
        }
        first.map(|first| SessionClock::Since(planned_zero(self.info.as_ref(), first)))
    }

    fn absorb(&mut self, raw: RawMessage<'_>, taken: &mut Taken, events: &mut Option<&mut Vec<Stamped<Event>>>) {
        self.pass(raw.time, events);
        match Channel::of(raw.channel) {
            Some(Channel::SignalR { is_second }) => self.hear_record(is_second, raw.payload, taken, events),
            Some(Channel::Archive(topic)) => self.hear_line(topic, raw.payload, taken, events),
            Some(Channel::Note) => self.hear_note(raw),
            Some(Channel::OpenMeteo) => self.hear_forecast(raw.payload),
            Some(Channel::OpenF1(endpoint)) => self.hear_rows(endpoint, raw.payload, taken, events),
            None => self.report.unknown_topic(raw.channel, raw.payload),
        }
        self.tell_decisions(events);
    }

    /// The latest moment that any connection told, in UTC.
    fn latest_utc(&self) -> Option<i64> {
        self.connections.iter().filter_map(|connection| connection.belief.latest()).max()
    }

    /// The latest moment that any source told, in UTC.
    fn latest_told(&self) -> Option<i64> {
        let states = self.connections.iter().filter_map(|connection| connection.snapshot_stamp).max();
        let archived = self.archive_zero.utc_ms().zip(self.archive.frontier(u64::MAX));
        let archived = archived.map(|(zero, clock)| zero.saturating_add(clock));
        let rows = self.rows.whole_span().map(|(_, last)| last);
        self.latest_utc().max(states).max(archived).or(rows)
    }
}

/// What zero a reader must be told: the archive's it learns from the messages themselves.
fn told_zero(clocks: Clocks) -> Option<i64> {
    match clocks.session {
        SessionClock::Archive => None,
        SessionClock::Since(utc_ms) => Some(utc_ms),
    }
}

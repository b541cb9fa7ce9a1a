//! From what several sources said to one session.

use overcut_domain::{Event, Feed, RawMessage, SessionInfo, SessionStatus, SessionTime, SourceKind, Stamped, UtcTime};

use std::collections::BTreeSet;

use super::archive::Archive;
use super::belief::{Correction, WILD_MS};
use super::choose::{Choice, Cover, EDGE_MS};
use super::clock::{ArchiveZero, Clocks, SessionClock, planned_zero};
use super::connection::{Connection, bit};
use super::decision::{Decision, Decisions};
use super::feeds::{feed, main_topic};
use super::gaps::{Gap, GapNews, Gaps, feeds_of};
use super::health::{Health, Sight};
use super::log::{Kept, Log, Origin};
use super::replay::{Reader, Replay, ReplayMessage};
use super::rows::{self, Rows};
use super::{Channel, Note};
use crate::decoder::frames::{self, Said};
use crate::decoder::{BOM, CLOCK_LEN, archive_clock};
use crate::openf1::Told;
use crate::report::{DecodeReport, Skip};
use crate::topic::{Topic, session_info_of, session_status_of};
use crate::wire::utc;

/// A connection that says nothing for this long, not even that it is alive, is taken for dead.
const SILENCE_MS: i64 = 30_000;
/// Seconds of silence that are lived through one by one; nothing new happens after so many.
const MAX_SECONDS: i64 = 180;
/// A first message this much after the planned start means that something was missed.
const LATE_START_MS: i64 = 60_000;
/// No session is longer.
const LONGEST_SESSION_MS: i64 = 5 * 3_600_000;
/// Connections remembered; later ones count as the last of these.
const MAX_CONNECTIONS: usize = 1024;
/// Messages of different topics may come this much out of order: each source, and each file of one, has its own pace.
const SLACK_MS: i64 = 15_000;
/// OpenF1 is asked for one endpoint after the other, each about once a minute.
const ROWS_SLACK_MS: i64 = 60_000;
/// Entries before the end of the log that are searched for the twin of a new line.
const N_RECENT: usize = 1000;

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
    report: DecodeReport,
    corrections: Vec<Correction>,
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
}

impl Live {
    fn new() -> Live {
        Live {
            reader: Reader::default(),
            given: None,
            given_of: [i64::MIN; Topic::COUNT],
            rows_given_of: [i64::MIN; Feed::ALL.len()],
            leap: None,
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

    /// Takes the next message without giving anything: for a recording that is read as a whole.
    pub(crate) fn collect(&mut self, raw: RawMessage<'_>, report: &mut DecodeReport) {
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

    fn end_silent(&mut self) {
        let is_silent = |c: &Connection| c.is_open && self.now_ms - c.heard_at_ms > SILENCE_MS;
        let silent: Vec<usize> = (0..).zip(&self.connections).filter(|(_, c)| is_silent(c)).map(|(n, _)| n).collect();
        if !silent.is_empty() {
            self.end(&silent, &format!("nothing heard for {} s", SILENCE_MS / 1000));
        }
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

    /// Notes a decision; it is told with the next look or message.
    fn decide(&mut self, decision: Decision) {
        let utc_ms = self.latest_told().unwrap_or(0);
        self.decisions.note(utc_ms, decision);
    }

    fn decide_gaps(&mut self, news: impl IntoIterator<Item = GapNews>) {
        news.into_iter().for_each(|news| self.decide(Decision::Gap(news)));
    }

    /// Gives what was decided and not yet told.
    fn tell_decisions(&mut self, events: &mut Option<&mut Vec<Stamped<Event>>>) {
        let Some(events) = events else { return };
        let Some(clocks) = self.clocks() else { return };
        let given = self.live.given;
        for mut event in self.decisions.untold(clocks) {
            event.time = given.map_or(event.time, SessionTime::from_millis);
            self.live.given = Some(event.time.as_millis());
            events.push(event);
        }
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

    /// Goes on from where a replay ended, once it has been folded: later messages are read with what it knows.
    pub fn adopt(&mut self, replay: Replay) {
        self.live.given = self.live.given.max(Some(replay.now.as_millis()).filter(|now| *now > i64::MIN / 8));
        self.live.reader = replay.reader;
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
        Choice { entries, connections, archive: &self.archive, clocks, given }
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

    fn hear_note(&mut self, raw: RawMessage<'_>) {
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
    fn refresh_archive(&mut self, channel: &str) {
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

    /// Messages were lost: what connections tell from now on does not follow from what they told before.
    fn lose(&mut self, reason: &str) {
        let open: Vec<usize> = (0..).zip(&self.connections).filter(|(_, c)| c.is_open).map(|(n, _)| n).collect();
        let wires: Vec<(bool, u64)> =
            open.iter().filter_map(|n| self.connections.get(*n)).map(|c| (c.is_second, c.topics())).collect();
        self.end(&open, reason);
        for (is_second, topics) in wires {
            let number = self.open(is_second, true);
            if let Some(connection) = self.connections.get_mut(number) {
                // It still gives the same topics.
                connection.has_snapshot = true;
                let granted = Topic::ALL.into_iter().filter(|topic| topics & bit(*topic) != 0);
                granted.for_each(|topic| connection.grant(topic));
            }
        }
    }

    fn open(&mut self, is_second: bool, is_noted: bool) -> usize {
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

    /// Ends the connection on a wire, or all of them.
    fn close(&mut self, is_second: Option<bool>, reason: &str) {
        let is_meant = |c: &Connection| c.is_open && is_second.is_none_or(|is_second| c.is_second == is_second);
        let meant: Vec<usize> = (0..).zip(&self.connections).filter(|(_, c)| is_meant(c)).map(|(n, _)| n).collect();
        self.end(&meant, reason);
    }

    /// Ends connections. What no other one gives is missing from then on.
    fn end(&mut self, numbers: &[usize], reason: &str) {
        let (mut topics, mut from) = (0, None);
        for number in numbers {
            let Some(connection) = self.connections.get_mut(*number) else { continue };
            connection.is_open = false;
            connection.end = reason.to_owned();
            if connection.first.is_some() {
                topics |= connection.topics();
                from = from.max(connection.belief.latest());
            }
        }
        let others = self.connections.iter().filter(|c| c.is_open && c.has_snapshot);
        let given = others.fold(0, |topics, connection| topics | connection.topics());
        let lasting = self.gaps.lasting().and_then(|idx| self.gaps.get(idx)).map_or(0, |gap| gap.topics);
        if let Some(from) = from {
            let news = self.gaps.begin(topics & !given & !lasting, Some(from), from, reason);
            self.decide_gaps(news);
        }
    }

    /// A connection said its first: a gap ends, or turns out to have been.
    fn end_gap(&mut self, number: usize, stamp: i64) {
        let Some(connection) = self.connections.get(number) else { return };
        let topics = connection.topics();
        if let Some(idx) = self.gaps.lasting() {
            let news = self.gaps.end(idx, topics, stamp, self.now_ms);
            self.decide_gaps(news);
            return;
        }
        let others = (0..).zip(&self.connections).filter(|(n, _)| *n != number).map(|(_, other)| other);
        if others.clone().any(|other| other.is_open && other.first.is_some()) {
            return;
        }
        let told = others.filter_map(|other| other.belief.latest()).max();
        let (from, shown_from, reason) = match (told, self.late_start(stamp)) {
            (Some(told), _) => {
                // The archive stepped in, but it is behind.
                let archived =
                    self.clocks().and_then(|clocks| clocks.utc_ms(Origin::Archive, self.archive.frontier(topics)?));
                (Some(told), told.max(archived.unwrap_or(told)), "the archive was behind live timing")
            }
            (None, Some(starts_at)) => (None, starts_at, "live timing was not yet connected"),
            (None, None) => return,
        };
        let Some(news) = self.gaps.begin(topics, from, shown_from.min(stamp), reason) else { return };
        let Some(idx) = self.gaps.lasting() else { return };
        self.decide_gaps([news]);
        let news = self.gaps.end(idx, topics, stamp, self.now_ms);
        self.decide_gaps(news);
        self.fill_gaps();
    }

    /// When the session started, if that was well before the first message.
    fn late_start(&self, first: i64) -> Option<i64> {
        let is_over = matches!(self.status, Some(SessionStatus::Finalised | SessionStatus::Ends));
        let starts_at = self.info.as_ref()?.starts_at?.as_millis();
        (!is_over && (LATE_START_MS..LONGEST_SESSION_MS).contains(&(first - starts_at))).then_some(starts_at)
    }

    /// Marks gaps that lower sources have filled. True if one was.
    fn fill_gaps(&mut self) -> bool {
        if self.gaps.unfilled().next().is_none() {
            return false;
        }
        let Some(clocks) = self.clocks() else { return false };
        let choice = self.choice(clocks);
        let filled: Vec<(usize, SourceKind, i64)> = self
            .gaps
            .unfilled()
            .filter_map(|(idx, gap)| {
                if let Some(to) = self.rows_fill(gap) {
                    return Some((idx, SourceKind::OpenF1, to));
                }
                let frontier = clocks.utc_ms(Origin::Archive, self.archive.frontier(gap.topics)?)?;
                let to = gap.to.unwrap_or(frontier);
                let begins = gap.to.is_some() || gap.from.is_some_and(|from| frontier > from);
                let has = |topic: Topic| {
                    self.archive.of(topic).first.is_some()
                        || self.connections.iter().any(|connection| connection.last_of(topic).is_some())
                };
                let mains = feeds_of(gap.topics).into_iter().map(main_topic).filter(|topic| has(*topic));
                let (mut n_mains, mut is_filled) = (0, begins);
                for topic in mains {
                    n_mains += 1;
                    is_filled &= choice.archive_fills(topic, gap.from, to);
                }
                (is_filled && n_mains > 0).then_some((idx, SourceKind::Archive, to))
            })
            .collect();
        for (idx, by, to) in &filled {
            let news = self.gaps.fill(*idx, *by, *to, self.now_ms);
            self.decide_gaps(news);
        }
        !filled.is_empty()
    }

    /// Until when OpenF1 told what a gap lacks; `None` if it did not.
    fn rows_fill(&self, gap: &Gap) -> Option<i64> {
        // What it makes of the rest follows from these.
        let feeds = feeds_of(gap.topics).into_iter();
        let mut keys: Vec<Feed> =
            feeds.filter(|feed| [Feed::Timing, Feed::Cars, Feed::Positions].contains(feed)).collect();
        if keys.contains(&Feed::Timing) {
            keys.retain(|feed| *feed == Feed::Timing);
        }
        let spans: Option<Vec<(i64, i64)>> = keys.iter().map(|feed| self.rows.span(*feed)).collect();
        let told = spans?.into_iter().map(|(_, last)| last).min()?;
        let to = gap.to.unwrap_or(told);
        (told >= to && gap.from.is_none_or(|from| told > from)).then_some(to)
    }

    /// Notices that the archive, which had stepped in for a lost connection, stopped growing.
    fn notice_stall(&mut self) {
        let is_connected = self.connections.iter().any(|connection| connection.is_open && connection.has_snapshot);
        if is_connected || self.gaps.lasting().is_some() || !self.health.lower_stalled(self.now_ms) {
            return;
        }
        let Some(topics) = self.connections.iter().rfind(|c| c.first.is_some()).map(Connection::topics) else { return };
        let frontier = self.archive.frontier(topics);
        let from = self.clocks().zip(frontier).and_then(|(clocks, clock)| clocks.utc_ms(Origin::Archive, clock));
        if let Some(from) = from {
            let news = self.gaps.begin(topics, Some(from), from, "the archive does not grow");
            self.decide_gaps(news);
        }
    }

    /// Hears rows of OpenF1, and gives those that count and are in order.
    fn hear_rows(
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

    fn give_rows(&mut self, news: Vec<Told>, taken: &mut Taken, events: &mut Vec<Stamped<Event>>) {
        let Some(clocks) = self.fix_clock().filter(|_| !news.is_empty()) else { return };
        let covers = Feed::ALL.map(|feed| rows::better_cover(&self.choice(clocks), feed));
        let is_told =
            |told: &Told| covers.get(told.feed as usize).is_some_and(|cover| cover.contains(told.utc.as_millis()));
        for told in news.iter().filter(|told| !is_told(told)) {
            let Some(mut event) = rows::event(told, clocks) else { continue };
            let at = event.time.as_millis();
            let live = &mut self.live;
            let is_sample = matches!(event.value, Event::Cars(_) | Event::Positions(_));
            let given_of = live.rows_given_of.get(told.feed as usize).copied().unwrap_or(i64::MIN);
            let is_behind = live.given.is_some_and(|given| at < given.saturating_sub(ROWS_SLACK_MS));
            if !is_sample && (at < given_of || is_behind) {
                taken.is_late = true;
                continue;
            }
            if let Some(given_of) = live.rows_given_of.get_mut(told.feed as usize) {
                *given_of = at.max(*given_of);
            }
            live.given = live.given.max(Some(at));
            event.time = SessionTime::from_millis(live.given.unwrap_or(at));
            let time = event.time;
            live.reader.tell_zero(&mut |value| events.push(Stamped { time, value }));
            events.push(event);
        }
    }

    fn hear_forecast(&mut self, payload: &[u8]) {
        let fetched_at = self.begun.map(|begun| begun.saturating_add(self.now_ms)).or(self.latest_told());
        let forecast = crate::open_meteo::forecast(payload, UtcTime::from_millis(fetched_at.unwrap_or(0)));
        match forecast {
            Ok(forecast) => self.decide(Decision::Forecast(Box::new(forecast))),
            Err(_) => self.report.skip(Skip::WrongShape, payload),
        }
    }

    /// The open connection of a wire; one that nobody noted is opened by what it says.
    fn connection(&mut self, is_second: bool) -> usize {
        let open = self.connections.iter().rposition(|c| c.is_open && c.is_second == is_second);
        let number = open.unwrap_or_else(|| self.open(is_second, false));
        if let Some(connection) = self.connections.get_mut(number) {
            connection.heard_at_ms = self.now_ms;
        }
        number
    }

    fn hear_record(
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

    fn hear_said(
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
                let number = self.connection(is_second);
                let stamp = message.stamp.as_deref().and_then(utc).map(UtcTime::as_millis);
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
    fn hear_states(
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

    fn hear_line(
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
    fn hear_message(
        &mut self,
        message: &Incoming<'_>,
        taken: &mut Taken,
        events: &mut Option<&mut Vec<Stamped<Event>>>,
    ) {
        let Incoming { topic, origin, is_snapshot, stated, payload } = *message;
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
            self.give(message, stamp, taken, events);
        }
    }

    /// Notes that a source gives a feed.
    fn note_health(&mut self, message: &Incoming<'_>, stamp: i64) {
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
    fn believe(&mut self, topic: Topic, origin: Origin, stated: i64, entry: Option<u32>) -> i64 {
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

    /// Gives a message as events if it counts and nothing after it was given.
    fn give(&mut self, message: &Incoming<'_>, stamp: i64, taken: &mut Taken, events: &mut Vec<Stamped<Event>>) {
        let Incoming { topic, origin, is_snapshot, payload, .. } = *message;
        let Some(clocks) = self.fix_clock() else { return };
        let Some(at) = clocks.session_ms(origin, stamp) else { return };
        if origin == Origin::Archive && self.is_told_better(topic, stamp, clocks) {
            return;
        }
        let is_sample = matches!(topic, Topic::CarData | Topic::Position);
        let live = &mut self.live;
        let given_of = live.given_of.get(topic as usize).copied().unwrap_or(i64::MIN);
        let is_behind = live.given.is_some_and(|given| at < given.saturating_sub(SLACK_MS));
        if !is_sample && !is_snapshot && (at < given_of || is_behind) {
            taken.is_late = true;
            return;
        }
        let is_leap = live.given.is_some_and(|given| at > given.saturating_add(WILD_MS));
        let is_wild = is_leap && !live.leap.is_some_and(|leap| at.abs_diff(leap) <= WILD_MS as u64);
        live.leap = is_leap.then_some(at);
        if !is_wild {
            live.given = live.given.max(Some(at));
            if let Some(given_of) = live.given_of.get_mut(topic as usize) {
                // A state is of some moment shortly before or after the stamp that it was given.
                *given_of = (at - if is_snapshot { EDGE_MS } else { 0 }).max(*given_of);
            }
        }
        let time = SessionTime::from_millis(live.given.unwrap_or(at));
        let out = &mut |value| events.push(Stamped { time, value });
        live.reader.read(topic, payload, SessionTime::from_millis(at), is_snapshot, out);
    }

    /// The clocks, of which the session's is fixed from now on.
    fn fix_clock(&mut self) -> Option<Clocks> {
        let clocks = self.clocks()?;
        if self.clock.is_none() {
            self.clock = Some(clocks.session);
            self.live.reader = Reader::new(told_zero(clocks));
        }
        Some(clocks)
    }

    /// True if a connection told, or must have told, the same as a line of the archive.
    fn is_told_better(&self, topic: Topic, clock: i64, clocks: Clocks) -> bool {
        let Some(utc) = clocks.utc_ms(Origin::Archive, clock) else { return false };
        let spans = self.connections.iter().filter_map(|connection| connection.cover(topic)).collect();
        if Cover::of(spans).contains_well(utc) {
            return true;
        }
        let entries = self.log.entries();
        let hash = entries.last().map_or(0, |entry| entry.hash);
        entries.iter().rev().take(N_RECENT).any(|entry| {
            matches!(entry.origin, Origin::Connection(_))
                && !entry.is_snapshot
                && (entry.topic, entry.hash) == (topic, hash)
                && entry.stamp.abs_diff(utc) <= EDGE_MS as u64
        })
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

    /// Hears what session it is. Another than before ends what was known.
    fn hear_session(&mut self, text: &str, taken: &mut Taken) {
        if let Some(info) = session_info_of(text).filter(|info| info.key.is_some()) {
            self.hear_session_info(&info, taken);
        }
    }

    fn hear_session_info(&mut self, info: &SessionInfo, taken: &mut Taken) {
        let known = self.info.as_ref().and_then(|info| info.key);
        if known == info.key {
            return;
        }
        if known.is_some() {
            self.begin_session();
        }
        self.info = Some(info.clone());
        taken.new_session = Some(Box::new(info.clone()));
    }

    /// Forgets the session before. Connections go on; files of the archive are those of the old session until they
    /// begin anew.
    fn begin_session(&mut self) {
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

/// What zero a reader must be told: the archive's it learns from the messages themselves.
fn told_zero(clocks: Clocks) -> Option<i64> {
    match clocks.session {
        SessionClock::Archive => None,
        SessionClock::Since(utc_ms) => Some(utc_ms),
    }
}

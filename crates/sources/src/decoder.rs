//! Raw messages in, events out: pure, and the same for a file, a container and a live connection.

pub(crate) mod frames;

use overcut_domain::{Event, RawMessage, SessionTime, Stamped};

use crate::format::Format;
use crate::live::{Assembler, AssemblerConfig};
use crate::openf1;
use crate::report::{DecodeReport, Skip};
use crate::tables::Tables;
use crate::topic::{Arrival, State, Topic};
use crate::wire::json_from_python;

/// Translates the raw messages of one recording.
///
/// It keeps what the feed's delta rules need: the offset between UTC and the session clock, and the few values that a
/// message may leave out because they have not changed. Bad input is counted in [`Decoder::report`], and skipped.
///
/// Safety and medical cars (numbers 241 to 247) come out like any other car; whether a car races is for the fold to say.
pub struct Decoder {
    reader: Reader,
    now: SessionTime,
    report: DecodeReport,
}

enum Reader {
    Archive(Box<State>),
    Frames(Box<State>),
    Python(Box<State>, String),
    Snapshot(Box<State>),
    TimingDataCsv(Box<State>, Vec<u8>),
    Tables(Box<Tables>),
    Live(Box<Assembler>),
    OpenF1(Box<openf1::Files>),
}

impl Decoder {
    /// A decoder of one recording of that format.
    pub fn new(format: Format) -> Decoder {
        let state = Box::default();
        let reader = match format {
            Format::Archive => Reader::Archive(state),
            Format::SignalRClassic | Format::SignalRCore | Format::Undercut => Reader::Frames(state),
            Format::FastF1Client => Reader::Python(state, String::new()),
            Format::Snapshot => Reader::Snapshot(state),
            Format::TimingDataCsv => Reader::TimingDataCsv(state, Vec::new()),
            Format::FastF1Tables | Format::TracingInsights => Reader::Tables(Box::new(Tables::new(format))),
            Format::Live => Reader::Live(Box::new(Assembler::new(AssemblerConfig::default()))),
            Format::OpenF1 => Reader::OpenF1(Box::default()),
        };
        Decoder { reader, now: SessionTime::ZERO, report: DecodeReport::default() }
    }

    /// Reads one raw message and appends its events.
    ///
    /// Events are stamped with the message's time, or with the latest before it if that was later: they never go back.
    pub fn decode(&mut self, raw: RawMessage<'_>, events: &mut Vec<Stamped<Event>>) {
        self.report.n_messages += 1;
        self.report.n_bytes += raw.payload.len() as u64;
        self.now = self.now.max(raw.time);
        let (now, n_before) = (self.now, events.len());
        let mut out = |value| events.push(Stamped { time: now, value });
        let report = &mut self.report;
        match &mut self.reader {
            Reader::Archive(state) => archive_line(state, raw, now, report, &mut out),
            Reader::Frames(state) if raw.channel == SNAPSHOT => {
                frames::snapshot(state, raw.payload, now, false, report, &mut out);
            }
            Reader::Frames(state) => frames::line(state, raw.payload, now, report, &mut out),
            Reader::Python(state, json) => python_line(state, raw.payload, now, json, report, &mut out),
            Reader::Snapshot(state) => frames::snapshot(state, raw.payload, now, true, report, &mut out),
            Reader::TimingDataCsv(state, json) => csv_line(state, raw.payload, now, json, report, &mut out),
            Reader::Tables(tables) => tables.take(raw, report),
            Reader::Live(assembler) => assembler.collect(raw, report),
            Reader::OpenF1(files) => files.take(raw, report),
        }
        self.report.n_events += events.len().saturating_sub(n_before) as u64;
    }

    /// Ends the recording and appends what could only be said now: the events of tables, and of live sessions, which
    /// stand in order only when all sources have told theirs.
    pub fn finish(&mut self, events: &mut Vec<Stamped<Event>>) {
        let n_before = events.len();
        match &mut self.reader {
            Reader::Tables(tables) => tables.finish(events, &mut self.report),
            Reader::Live(assembler) => assembler.finish(events, &mut self.report),
            Reader::OpenF1(files) => files.finish(events, &mut self.report),
            Reader::Archive(_)
            | Reader::Frames(_)
            | Reader::Python(..)
            | Reader::Snapshot(_)
            | Reader::TimingDataCsv(..) => {}
        }
        self.report.n_events += events.len().saturating_sub(n_before) as u64;
    }

    /// Counts damage that whoever reads the messages came upon, such as a compressed file that is cut off.
    pub fn note_damage(&mut self, what: &str) {
        self.report_mut().skip(Skip::DamagedFile, what.as_bytes());
    }

    /// What was read so far, and what could not be used.
    pub fn report(&self) -> &DecodeReport {
        &self.report
    }

    pub(crate) fn report_mut(&mut self) -> &mut DecodeReport {
        &mut self.report
    }
}

/// Channel on which a capture's opening snapshot arrives if it was saved apart from the feed.
pub(crate) const SNAPSHOT: &str = "subscribe";

/// Length of an archive line's session clock.
pub(crate) const CLOCK_LEN: usize = 12;

fn archive_line(
    state: &mut State,
    raw: RawMessage<'_>,
    at: SessionTime,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) {
    let Some(topic) = Topic::from_name(raw.channel) else {
        report.unknown_topic(raw.channel, raw.payload);
        return;
    };
    let line = raw.payload.strip_prefix(BOM).unwrap_or(raw.payload);
    let payload = match line.split_at_checked(CLOCK_LEN) {
        Some((clock, payload)) if archive_clock(clock).is_some() => payload,
        _ => {
            report.skip(Skip::NoClock, line);
            return;
        }
    };
    let arrival = Arrival { at, is_snapshot: false, sets_zero: true };
    if let Err(skip) = state.decode(topic, payload, arrival, report, out) {
        report.skip(skip, line);
    }
}

/// What some files begin with.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Reads `HH:MM:SS.mmm` in milliseconds.
pub(crate) fn archive_clock(clock: &[u8]) -> Option<i64> {
    let [h0, h1, b':', m0, m1, b':', s0, s1, b'.', f0, f1, f2] = *clock else { return None };
    let digits = [h0, h1, m0, m1, s0, s1, f0, f1, f2];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
    let (minutes, seconds) = (number(&[m0, m1]), number(&[s0, s1]));
    let in_range = minutes < 60 && seconds < 60;
    in_range.then(|| ((number(&[h0, h1]) * 60 + minutes) * 60 + seconds) * 1000 + number(&[f0, f1, f2]))
}

fn python_line(
    state: &mut State,
    line: &[u8],
    at: SessionTime,
    json: &mut String,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) {
    let Ok(text) = std::str::from_utf8(line.strip_prefix(BOM).unwrap_or(line)) else {
        report.skip(Skip::NotUtf8, line);
        return;
    };
    if text.trim().is_empty() {
        return;
    }
    let read = json_from_python(text.trim(), json)
        .map_err(|_| Skip::NotPython)
        .and_then(|()| frames::feed_message(state, json, at, report, out));
    if let Err(skip) = read {
        report.skip(if skip == Skip::NotJson { Skip::NotPython } else { skip }, line);
    }
}

/// One row of a one-column table: a `TimingData` message in doubled quotes. Such a table has no times at all, so all
/// of its events stand at zero.
fn csv_line(
    state: &mut State,
    line: &[u8],
    at: SessionTime,
    json: &mut Vec<u8>,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) {
    let row = line.strip_prefix(BOM).unwrap_or(line).trim_ascii();
    let Some(quoted) = row.strip_prefix(b"\"").and_then(|row| row.strip_suffix(b"\"")) else {
        report.skip(Skip::BadRow, line);
        return;
    };
    json.clear();
    let mut was_quote = false;
    for byte in quoted {
        was_quote = *byte == b'"' && !was_quote;
        if !was_quote {
            json.push(*byte);
        }
    }
    let arrival = Arrival { at, is_snapshot: false, sets_zero: false };
    if let Err(skip) = state.decode(Topic::TimingData, json, arrival, report, out) {
        report.skip(skip, line);
    }
}

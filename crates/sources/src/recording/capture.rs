//! Captures of live connections: a message per line, stamped by the server with UTC.

use overcut_domain::{RawMessage, SessionTime};

use super::FileHead;
use super::files::File;
use super::recognise::{self, Kind};
use crate::decoder::{BOM, SNAPSHOT};
use crate::format::Format;
use crate::wire::utc;

/// A stamp farther ahead than this of its neighbours is damaged.
const MAX_AHEAD_MS: i64 = 10 * 60_000;

/// Lines of the feed, after the snapshots that were saved beside them.
///
/// The session clock starts at the first stamp and never goes back: a line's time is the latest stamp so far.
pub(super) struct Capture {
    snapshots: Vec<File>,
    lines: Vec<File>,
    /// Snapshots handed out, file of lines, and where the next line begins in it.
    at: (usize, usize, usize),
    zero: Option<i64>,
    now: i64,
}

/// Channel of the lines.
const FEED: &str = "live";

impl Capture {
    pub(super) fn new(format: Format, files: Vec<File>) -> Capture {
        let is_snapshot = |file: &File| {
            let bytes = file.bytes.get(..HEAD_LEN.min(file.bytes.len())).unwrap_or_default().to_vec();
            recognise::kind(&FileHead { name: file.name.clone(), bytes }) == Kind::Snapshot
        };
        let (snapshots, lines) = files.into_iter().partition(|file| format == Format::Snapshot || is_snapshot(file));
        Capture { snapshots, lines, at: (0, 0, 0), zero: None, now: 0 }
    }

    pub(super) fn next(&mut self) -> Option<RawMessage<'_>> {
        let time = SessionTime::from_millis(self.now);
        if self.at.0 < self.snapshots.len() {
            let snapshot = self.snapshots.get(self.at.0)?;
            self.at.0 += 1;
            return Some(RawMessage { time, channel: SNAPSHOT, payload: &snapshot.bytes });
        }
        let (file, from, to) = self.step()?;
        let time = SessionTime::from_millis(self.now);
        let payload = self.lines.get(file)?.bytes.get(from..to)?;
        Some(RawMessage { time, channel: FEED, payload })
    }

    /// Finds the next line and moves the clock to it.
    fn step(&mut self) -> Option<(usize, usize, usize)> {
        loop {
            let (_, file, from) = self.at;
            let bytes = &self.lines.get(file)?.bytes;
            let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) else {
                self.at = (self.at.0, file + 1, 0);
                continue;
            };
            let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..len).unwrap_or(rest);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let skip = if from == 0 && line.starts_with(BOM) { BOM.len() } else { 0 };
            let span = (file, from + skip, from + line.len());
            let (is_blank, stamp) = (line.trim_ascii().is_empty(), stamp_of(line));
            self.at.2 = from + len + 1;
            if is_blank {
                continue;
            }
            if let Some(stamp) = stamp {
                self.hear(stamp);
            }
            return Some(span);
        }
    }

    /// Moves the clock to a stamp, unless that is far ahead of the line before and of the line after.
    fn hear(&mut self, stamp: i64) {
        let is_ahead = self.zero.is_none_or(|zero| stamp.saturating_sub(zero.saturating_add(self.now)) > MAX_AHEAD_MS);
        if is_ahead && self.next_stamp().is_some_and(|next| stamp.saturating_sub(next) > MAX_AHEAD_MS) {
            return;
        }
        let zero = *self.zero.get_or_insert(stamp);
        self.now = self.now.max(stamp.saturating_sub(zero));
    }

    /// The next stamp of the file that is being read.
    fn next_stamp(&self) -> Option<i64> {
        let (_, file, from) = self.at;
        let rest = self.lines.get(file)?.bytes.get(from..)?;
        rest.split(|byte| *byte == b'\n').take(100).find_map(stamp_of)
    }
}

/// How much of a file shows what it is.
const HEAD_LEN: usize = 64 << 10;

/// The server's stamp of a line: the last quoted text in it, if that is a time.
///
/// Pitwall's lines have theirs near the beginning.
fn stamp_of(line: &[u8]) -> Option<i64> {
    let end = memchr::memrchr2(b'"', b'\'', line)?;
    let quote = *line.get(end)?;
    let start = memchr::memrchr(quote, line.get(..end)?)?;
    let text = std::str::from_utf8(line.get(start + 1..end)?).ok()?;
    utc(text).or_else(|| leading_stamp(line)).map(|utc| utc.as_millis())
}

fn leading_stamp(line: &[u8]) -> Option<overcut_domain::UtcTime> {
    let member = b"\"timestamp\":\"";
    let head = line.get(..120).unwrap_or(line);
    let from = memchr::memmem::find(head, member)? + member.len();
    let rest = head.get(from..)?;
    utc(std::str::from_utf8(rest.get(..memchr::memchr(b'"', rest)?)?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> Vec<i64> {
        let file = File { name: "live.txt".into(), bytes: text.into() };
        let mut capture = Capture::new(Format::Undercut, vec![file]);
        let mut out = Vec::new();
        while let Some(raw) = capture.next() {
            out.push(raw.time.as_millis());
        }
        out
    }

    #[test]
    fn the_clock_starts_at_the_first_stamp_and_never_goes_back() {
        let text = "Connected\n\
            ['A', {}, '2024-05-18T13:59:10Z']\n\
            {\"A\":[\"A\",{},\"2024-05-18T13:59:12.5Z\"]}\n\n\
            {\"M\":[{\"A\":[\"A\",{},\"2024-05-18T13:59:11Z\"]}]}\n\
            {}\n";
        assert_eq!(times(text), [0, 0, 2500, 2500, 2500]);
    }

    #[test]
    fn one_wild_stamp_does_not_move_the_clock() {
        let text = "['A', {}, '2024-05-18T13:59:10Z']\n\
            ['A', {}, '2034-05-18T13:59:10Z']\n\
            ['A', {}, '2024-05-18T13:59:11Z']\n\
            ['A', {}, '2024-05-18T15:00:00Z']\n\
            ['A', {}, '2024-05-18T15:00:01Z']\n";
        assert_eq!(times(text), [0, 0, 1000, 3_650_000, 3_651_000]);
    }
}

//! The archive: a file per topic, merged by session clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use overcut_domain::{RawMessage, SessionTime};

use super::files::File;
use super::recognise::topic_of_file;
use crate::decoder::{BOM, CLOCK_LEN, archive_clock};

/// A clock farther ahead than this of the line after it is damaged.
const MAX_AHEAD_MS: i64 = 10 * 60_000;

/// All topics of a session as one stream: by clock, then by name of the topic, then as they stand in the file.
pub(super) struct Archive {
    topics: Vec<Lines>,
    /// The next line of each topic, by (clock, topic).
    next: BinaryHeap<Reverse<(i64, usize)>>,
}

/// One topic's lines.
struct Lines {
    topic: String,
    bytes: Vec<u8>,
    /// Where the next line begins and ends.
    line: (usize, usize),
    /// Clock of the next line; never less than that of the one before.
    clock: i64,
}

impl Archive {
    pub(super) fn new(files: Vec<File>) -> Archive {
        let mut topics: Vec<Lines> = files.into_iter().map(Lines::new).collect();
        topics.sort_by(|a, b| a.topic.cmp(&b.topic));
        let mut next = BinaryHeap::with_capacity(topics.len());
        for (idx, lines) in topics.iter_mut().enumerate() {
            if lines.advance() {
                next.push(Reverse((lines.clock, idx)));
            }
        }
        Archive { topics, next }
    }

    pub(super) fn next(&mut self) -> Option<RawMessage<'_>> {
        let mut top = self.next.peek_mut()?;
        let Reverse((clock, idx)) = *top;
        let lines = self.topics.get_mut(idx)?;
        let (from, to) = lines.line;
        if lines.advance() {
            *top = Reverse((lines.clock, idx));
        } else {
            std::collections::binary_heap::PeekMut::pop(top);
        }
        let lines = self.topics.get(idx)?;
        let payload = lines.bytes.get(from..to)?;
        Some(RawMessage { time: SessionTime::from_millis(clock), channel: &lines.topic, payload })
    }
}

impl Lines {
    fn new(file: File) -> Lines {
        let start = if file.bytes.starts_with(BOM) { BOM.len() } else { 0 };
        Lines { topic: topic_of_file(&file.name), bytes: file.bytes, line: (start, start), clock: 0 }
    }

    /// Steps to the next line that is not empty; `false` at the end.
    fn advance(&mut self) -> bool {
        let (_, mut from) = self.line;
        loop {
            let Some(rest) = self.bytes.get(from..).filter(|rest| !rest.is_empty()) else { return false };
            let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..len).unwrap_or(rest);
            let trimmed = line.trim_ascii();
            if trimmed.is_empty() {
                from += len + 1;
                continue;
            }
            let lead = line.len() - line.trim_ascii_start().len();
            self.line = (from + lead, from + lead + trimmed.len());
            let stated = clock_of(trimmed).unwrap_or(self.clock);
            let is_wild = stated - self.clock > MAX_AHEAD_MS && self.follows_earlier(from + len, stated);
            if !is_wild {
                self.clock = self.clock.max(stated);
            }
            return true;
        }
    }

    /// True if the line after `from` has a clock far before `clock`.
    fn follows_earlier(&self, from: usize, clock: i64) -> bool {
        let rest = self.bytes.get(from..).unwrap_or_default().trim_ascii_start();
        clock_of(rest).is_some_and(|next| clock - next > MAX_AHEAD_MS)
    }
}

/// The clock a line begins with.
fn clock_of(line: &[u8]) -> Option<i64> {
    archive_clock(line.get(..CLOCK_LEN)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[(&str, &str)]) -> Vec<(i64, String, String)> {
        let file = |(name, text): &(&str, &str)| File { name: (*name).into(), bytes: (*text).into() };
        let mut archive = Archive::new(files.iter().map(file).collect());
        let mut out = Vec::new();
        while let Some(raw) = archive.next() {
            let payload = String::from_utf8_lossy(raw.payload).into_owned();
            out.push((raw.time.as_millis(), raw.channel.to_owned(), payload));
        }
        out
    }

    #[test]
    fn topics_are_merged_by_clock_and_then_by_name() {
        let lines = merged(&[
            ("b.jsonStream", "00:00:01.000{1}\r\n00:00:02.000{2}\r\n"),
            ("a.jsonStream", "\u{feff}00:00:01.000{3}\n\n00:00:01.500{4}"),
        ]);
        let order: Vec<_> = lines.iter().map(|(time, topic, line)| (*time, topic.as_str(), &line[12..])).collect();
        assert_eq!(order, [(1000, "a", "{3}"), (1000, "b", "{1}"), (1500, "a", "{4}"), (2000, "b", "{2}")]);
    }

    #[test]
    fn time_neither_goes_back_nor_jumps_ahead_for_one_line() {
        let lines =
            merged(&[("a.jsonStream", "00:00:05.000{}\n09:00:00.000{}\n00:00:04.000{}\nnoise\n00:00:06.000{}")]);
        let times: Vec<_> = lines.iter().map(|line| line.0).collect();
        assert_eq!(times, [5000, 5000, 5000, 5000, 6000]);
    }

    #[test]
    fn a_long_silence_is_no_jump() {
        let lines = merged(&[("a.jsonStream", "00:00:05.000{}\n00:46:41.000{}\n01:20:00.000{}")]);
        assert_eq!(lines.iter().map(|line| line.0).collect::<Vec<_>>(), [5000, 2_801_000, 4_800_000]);
    }
}

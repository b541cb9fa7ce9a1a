//! One growing file: how far it was read, and reading on.
//!
//! Reading always goes on at the beginning of a line. What stands behind the last line end is the first part of a line
//! (or of a letter) that is still being written; it is asked for again with the rest. So there is nothing to put
//! together, and if what comes next does not begin as a line does, the file is not the one it was.

use std::time::Duration;

use bytes::Bytes;
use overcut_domain::Feed;
use reqwest::header::CACHE_CONTROL;
use tokio::time::Instant;

use super::config::Config;
use super::merge::{Waiting, clock_ms};
use crate::http::{Fault, HttpClient, HttpError, Incoming};

/// Largest file that is taken whole from a server that serves no parts. A race's largest has 4 MB.
const MAX_FILE: u64 = 64 << 20;

/// Longest line that is waited for. The longest known has 250 kB.
const MAX_LINE: u64 = 8 << 20;

/// A file that did not grow for so many readings is asked for half as often.
const QUIET_READINGS: u32 = 5;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One growing file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) topic: &'static str,
    /// The feed it belongs to; `None` if it is always wanted.
    pub(super) feed: Option<Feed>,
    pub(super) is_slow: bool,
    pub(super) waiting: Waiting,
    pub(super) next: Instant,
    pub(super) has_begun: bool,
    /// Nothing more is read of it, because it cannot be.
    pub(super) is_given_up: bool,
    /// Everything before it was read.
    offset: u64,
    /// How much is asked for at once; more than configured while a long line is being read.
    chunk: u64,
    /// A line that is too long to be taken is being passed over.
    is_skipping: bool,
    /// Readings in a row that found less than was read before.
    n_shorter: u32,
    /// Readings in a row that found nothing new.
    n_quiet: u32,
}

/// What came of a reading.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// So many bytes of whole lines, and then nothing or a failure.
    Lines(u64, Option<HttpError>),
    /// Nothing new.
    Nothing,
    /// The file is not there.
    Missing,
    /// The file was written anew: it is read again from its beginning.
    Restarted(&'static str),
    /// No line of it can be read any more.
    Hopeless(&'static str),
    /// The archive did not answer as it should.
    Failed(HttpError),
}

impl File {
    pub(super) fn new(topic: &'static str, feed: Option<Feed>, is_slow: bool) -> File {
        File {
            topic,
            feed,
            is_slow,
            waiting: Waiting::default(),
            next: Instant::now(),
            has_begun: false,
            is_given_up: false,
            offset: 0,
            chunk: 0,
            is_skipping: false,
            n_shorter: 0,
            n_quiet: 0,
        }
    }

    /// Reads on, and says when to read again.
    pub(super) async fn read(&mut self, client: &HttpClient, config: &Config, folder: &str) -> Reading {
        self.chunk = self.chunk.max(config.chunk_bytes.max(1024));
        let url = config.address(&format!("{folder}{}.jsonStream", self.topic));
        let request = client.get(&url).range(self.offset, Some(self.offset + self.chunk - 1));
        let request = request.header(CACHE_CONTROL, "no-cache").at_most(MAX_FILE);
        let answer = async {
            match request.open().await {
                Ok(incoming) => self.take(incoming).await,
                Err(error) => self.refused(error),
            }
        };
        // An answer that only drips would hold up all the others. What came of it is asked for again.
        let longest = Duration::from_millis(config.answer_timeout_ms.saturating_mul(4));
        let reading = tokio::time::timeout(longest, answer).await.unwrap_or_else(|_| {
            let place = format!("{folder}{}.jsonStream", self.topic);
            Reading::Failed(HttpError { place, fault: Fault::Timeout })
        });
        self.plan(&reading, config);
        reading
    }

    fn refused(&mut self, error: HttpError) -> Reading {
        match error.fault {
            Fault::NothingNew { len: Some(len) } if len < self.offset => self.is_shorter(),
            Fault::NothingNew { .. } => {
                self.n_shorter = 0;
                self.waiting.is_behind = false;
                Reading::Nothing
            }
            Fault::Missing(_) => {
                self.waiting.is_behind = false;
                Reading::Missing
            }
            Fault::TooLarge { .. } => Reading::Hopeless("it is larger than any session's file"),
            _ => Reading::Failed(error),
        }
    }

    /// The file is shorter than what was read of it. One of several servers may lag behind: only what is found twice
    /// is believed.
    fn is_shorter(&mut self) -> Reading {
        self.waiting.is_behind = false;
        self.n_shorter += 1;
        if self.n_shorter < 2 {
            return Reading::Nothing;
        }
        self.restart("it is shorter than it was")
    }

    fn restart(&mut self, why: &'static str) -> Reading {
        self.waiting.restart();
        self.waiting.is_behind = false;
        (self.offset, self.n_shorter, self.is_skipping) = (0, 0, false);
        Reading::Restarted(why)
    }

    async fn take(&mut self, mut incoming: Incoming) -> Reading {
        let head = incoming.head().clone();
        // A server that serves no parts sends everything: what is known is passed over.
        let mut known = match head.range {
            Some(range) if range.first == self.offset => 0,
            _ if head.status == 206 => return Reading::Nothing,
            _ => self.offset,
        };
        let mut bytes = Vec::new();
        let failure = loop {
            match incoming.next().await {
                Ok(Some(chunk)) => {
                    let skipped = known.min(chunk.len() as u64);
                    known -= skipped;
                    bytes.extend_from_slice(&chunk[skipped as usize..]);
                }
                Ok(None) => break None,
                Err(error) if matches!(error.fault, Fault::TooLarge { .. }) => return self.refused(error),
                Err(error) => break Some(error),
            }
        };
        if failure.is_none() && known > 0 {
            return self.is_shorter();
        }
        self.n_shorter = 0;
        let n_known = self.offset + bytes.len() as u64;
        let is_behind = failure.is_none() && head.range.and_then(|range| range.len).is_some_and(|len| n_known < len);
        let n_bytes = match self.lines(bytes.into()) {
            Ok(n_bytes) => n_bytes,
            Err(why) => return self.restart(why),
        };
        self.waiting.is_behind = is_behind;
        match (n_bytes, failure) {
            (0, None) if !is_behind => Reading::Nothing,
            (0, Some(error)) => Reading::Failed(error),
            (n_bytes, failure) => Reading::Lines(n_bytes, failure),
        }
    }

    /// Takes the whole lines of what follows the offset, and returns how many bytes they have.
    fn lines(&mut self, bytes: Bytes) -> Result<u64, &'static str> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.long_line(bytes.len() as u64);
            return Ok(0);
        };
        let whole = bytes.slice(..=end);
        let n_bytes = whole.len() as u64;
        let mut from = if self.offset == 0 && whole.starts_with(BOM) { BOM.len() } else { 0 };
        if std::mem::take(&mut self.is_skipping) {
            from = whole.iter().position(|byte| *byte == b'\n').map_or(whole.len(), |at| at + 1);
        } else if self.offset > 0 && clock_ms(whole[from..].trim_ascii_start()).is_none() {
            return Err("what follows is no line of it");
        }
        while let Some(len) = whole[from..].iter().position(|byte| *byte == b'\n') {
            let line = whole[from..from + len].trim_ascii();
            if !line.is_empty() {
                self.waiting.push(whole.slice_ref(line));
            }
            from += len + 1;
        }
        self.offset += n_bytes;
        self.chunk = 0;
        Ok(n_bytes)
    }

    /// No line ends within what was asked for: more is asked for next time, or the line is passed over.
    fn long_line(&mut self, len: u64) {
        if len >= MAX_LINE {
            self.offset += len;
            self.is_skipping = true;
            tracing::warn!("archive: {} has a line longer than {MAX_LINE} bytes, which is left out", self.topic);
        } else if len >= self.chunk {
            self.chunk = (self.chunk * 2).min(MAX_LINE);
        }
    }

    /// When the file is read again.
    fn plan(&mut self, reading: &Reading, config: &Config) {
        let usual_ms = if self.is_slow { config.slow_poll_ms } else { config.poll_ms };
        let is_new = matches!(reading, Reading::Lines(..) | Reading::Restarted(_));
        self.n_quiet = if is_new { 0 } else { self.n_quiet.saturating_add(1) };
        let pause_ms = match reading {
            Reading::Lines(1.., _) if self.waiting.is_behind => 0,
            Reading::Missing | Reading::Restarted(_) | Reading::Hopeless(_) => config.missing_poll_ms,
            Reading::Nothing if self.n_quiet > QUIET_READINGS && !self.is_slow => usual_ms * 2,
            _ => usual_ms,
        };
        self.is_given_up |= matches!(reading, Reading::Hopeless(_));
        self.next = Instant::now() + Duration::from_millis(pause_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::super::merge::in_order;
    use super::*;

    fn lines(file: &mut File, text: &str) -> Result<Vec<String>, &'static str> {
        file.lines(Bytes::copy_from_slice(text.as_bytes()))?;
        let lines = in_order(std::iter::once(&mut file.waiting));
        Ok(lines.into_iter().map(|(_, line)| String::from_utf8(line.into()).unwrap()).collect())
    }

    #[test]
    fn only_whole_lines_are_taken() {
        let mut file = File::new("TeamRadio", None, false);
        let taken = lines(&mut file, "\u{feff}00:00:01.000{1}\r\n00:00:02.000{2}\r\n\r\n00:00:03.0").unwrap();
        assert_eq!(taken, ["00:00:01.000{1}", "00:00:02.000{2}"]);
        assert_eq!(file.offset, 3 + 17 + 17 + 2);
        assert!(lines(&mut file, "00:00:03.0").unwrap().is_empty());
        assert_eq!(lines(&mut file, "00:00:03.000{3}\n").unwrap(), ["00:00:03.000{3}"]);
    }

    #[test]
    fn what_does_not_follow_is_another_file() {
        let mut file = File::new("TeamRadio", None, false);
        lines(&mut file, "00:00:01.000{1}\r\n").unwrap();
        assert!(lines(&mut file, "{\"x\":1}\r\n00:00:02.000{2}\r\n").is_err());
    }

    #[test]
    fn a_line_without_an_end_is_passed_over() {
        let mut file = File::new("TeamRadio", None, false);
        lines(&mut file, "00:00:01.000{1}\r\n").unwrap();
        assert!(lines(&mut file, &"x".repeat(MAX_LINE as usize)).unwrap().is_empty());
        assert_eq!(lines(&mut file, "xxx}\n00:00:02.000{2}\n").unwrap(), ["00:00:02.000{2}"]);
    }
}

//! Lines of several files in the order of their session clocks.

use std::collections::VecDeque;

use bytes::Bytes;

/// Length of the session clock that a line begins with, such as `00:46:41.459`.
const CLOCK_LEN: usize = 12;

/// Lines of one file that wait to be handed over.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    lines: VecDeque<(i64, Bytes)>,
    n_bytes: u64,
    /// Clock of the last line that came; never less than that of the one before.
    clock_ms: i64,
    /// More of the file is there than was read: lines of others that are later have to wait.
    pub(super) is_behind: bool,
}

impl Waiting {
    /// Takes a line.
    pub(super) fn push(&mut self, line: Bytes) {
        self.clock_ms = self.clock_ms.max(clock_ms(&line).unwrap_or(self.clock_ms));
        self.n_bytes += line.len() as u64;
        self.lines.push_back((self.clock_ms, line));
    }

    /// Bytes that wait.
    pub(super) const fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Begins a file anew: its clock does, too.
    pub(super) fn restart(&mut self) {
        self.clock_ms = 0;
    }

    fn pop_until(&mut self, latest_ms: i64) -> Option<(i64, Bytes)> {
        self.lines.front().filter(|line| line.0 <= latest_ms)?;
        let line = self.lines.pop_front()?;
        self.n_bytes -= line.1.len() as u64;
        Some(line)
    }
}

/// Takes the lines that no earlier one can follow, in order: by clock, then by file. Each with the number of its file.
pub(super) fn in_order<'a>(files: impl Iterator<Item = &'a mut Waiting>) -> Vec<(usize, Bytes)> {
    let mut files: Vec<&mut Waiting> = files.collect();
    let behind = files.iter().filter(|file| file.is_behind).map(|file| file.clock_ms);
    let latest_ms = behind.min().unwrap_or(i64::MAX);
    let mut lines = Vec::new();
    for (idx, file) in files.iter_mut().enumerate() {
        while let Some((clock_ms, line)) = file.pop_until(latest_ms) {
            lines.push((clock_ms, idx, line));
        }
    }
    lines.sort_by_key(|(clock_ms, ..)| *clock_ms);
    lines.into_iter().map(|(_, idx, line)| (idx, line)).collect()
}

/// The session clock that a line begins with, in milliseconds.
pub(super) fn clock_ms(line: &[u8]) -> Option<i64> {
    let clock = std::str::from_utf8(line.get(..CLOCK_LEN)?).ok()?;
    let (time, millis) = clock.split_once('.')?;
    let mut parts = time.split(':');
    let mut next = || parts.next().filter(|part| part.len() == 2 && is_digits(part))?.parse::<i64>().ok();
    let (hours, minutes, seconds) = (next()?, next()?, next()?);
    let millis: i64 = Some(millis).filter(|millis| millis.len() == 3 && is_digits(millis))?.parse().ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(is_behind: bool, seconds: &[i64]) -> Waiting {
        let mut waiting = Waiting { is_behind, ..Waiting::default() };
        for second in seconds {
            waiting.push(format!("00:00:{second:02}.000{{}}").into());
        }
        waiting
    }

    fn order(files: &mut [Waiting]) -> Vec<(usize, String)> {
        let text = |line: Bytes| String::from_utf8_lossy(&line[6..8]).into_owned();
        in_order(files.iter_mut()).into_iter().map(|(idx, line)| (idx, text(line))).collect()
    }

    #[test]
    fn lines_are_handed_over_by_clock() {
        let mut files = [waiting(false, &[1, 4]), waiting(false, &[2, 4, 5])];
        let want = [(0, "01"), (1, "02"), (0, "04"), (1, "04"), (1, "05")];
        assert_eq!(order(&mut files), want.map(|(idx, text)| (idx, text.to_owned())));
        assert_eq!(files[0].n_bytes() + files[1].n_bytes(), 0);
    }

    #[test]
    fn nothing_overtakes_a_file_that_is_behind() {
        let mut files = [waiting(true, &[1, 3]), waiting(false, &[2, 4, 5])];
        assert_eq!(order(&mut files).len(), 3);
        assert!(order(&mut files).is_empty());
        files[0].is_behind = false;
        assert_eq!(order(&mut files).len(), 2);
    }

    #[test]
    fn clocks_are_read_and_nothing_else() {
        assert_eq!(clock_ms(b"01:02:03.004{}"), Some(3_723_004));
        for text in ["", "00:00:01", "0:00:01.0000{}", "00:00:+1.000{}", "xx:00:01.000{}", "00:00:01,000{}"] {
            assert_eq!(clock_ms(text.as_bytes()), None, "{text:?}");
        }
    }
}

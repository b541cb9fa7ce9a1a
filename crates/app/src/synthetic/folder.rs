//! Synthetic sessions as archive folders: at once, or growing in real time.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use overcut_domain::SessionTime;
use overcut_sources::{ArchiveWriter, Message};
use tokio_util::sync::CancellationToken;

/// How often a growing folder grows.
const PULSE: Duration = Duration::from_millis(100);

/// Writes a whole session and returns the number of its messages.
///
/// # Errors
///
/// If the folder is there already or cannot be written.
pub fn write(folder: &Path, mut next: impl FnMut(&mut Vec<Message>) -> bool, bar: &ProgressBar) -> Result<u64> {
    let mut writer = create(folder)?;
    let (mut waiting, mut n_messages) = (Vec::new(), 0);
    loop {
        let goes_on = next(&mut waiting);
        for message in waiting.drain(..) {
            writer.append(&message)?;
            n_messages += 1;
        }
        if !goes_on {
            break;
        }
        if n_messages % 512 == 0 {
            bar.set_position(n_messages);
        }
    }
    writer.write_key_frames()?;
    writer.finish()?;
    Ok(n_messages)
}

/// Lets a folder grow as the session goes on, until it is over, until the end of `seconds`, or until it is told to stop.
/// What was before `from` is in it at once.
///
/// # Errors
///
/// If the folder is there already or cannot be written.
pub fn grow(
    folder: &Path,
    next: impl FnMut(&mut Vec<Message>) -> bool,
    from: SessionTime,
    seconds: Option<u64>,
    stop: &CancellationToken,
) -> Result<u64> {
    let mut writer = create(folder)?;
    let mut paced = Paced::new(next, from);
    let started = Instant::now();
    let is_due = |elapsed: Duration| seconds.is_none_or(|seconds| elapsed.as_secs() < seconds);
    while !stop.is_cancelled() && is_due(started.elapsed()) {
        let goes_on = paced.advance(|| started.elapsed(), |message, _| Ok(writer.append(message)?))?;
        writer.flush()?;
        if !goes_on {
            break;
        }
        thread::sleep(PULSE);
    }
    writer.write_key_frames()?;
    writer.finish()?;
    Ok(paced.n_messages)
}

fn create(folder: &Path) -> Result<ArchiveWriter> {
    ArchiveWriter::create(folder).with_context(|| format!("cannot write a session to {}", folder.display()))
}

/// Messages at the pace of a clock. `next` appends the next ones and returns false once there are no more.
pub struct Paced<F> {
    next: F,
    /// When the clock begins; what is earlier is due at once.
    from: SessionTime,
    waiting: Vec<Message>,
    /// How many of those waiting have gone out.
    n_out: usize,
    goes_on: bool,
    /// How many have gone out altogether.
    pub n_messages: u64,
}

impl<F: FnMut(&mut Vec<Message>) -> bool> Paced<F> {
    /// None has gone out yet.
    pub fn new(next: F, from: SessionTime) -> Paced<F> {
        Paced { next, from, waiting: Vec::new(), n_out: 0, goes_on: true, n_messages: 0 }
    }

    /// Sends all that is due by a clock, each with how late it is; false once nothing is left.
    ///
    /// # Errors
    ///
    /// What `send` fails with.
    pub fn advance(
        &mut self,
        clock: impl Fn() -> Duration,
        mut send: impl FnMut(&Message, Duration) -> Result<()>,
    ) -> Result<bool> {
        let now = clock();
        loop {
            while let Some(message) = self.waiting.get(self.n_out) {
                let due = Duration::from_millis(message.time.millis_since(self.from).max(0).unsigned_abs());
                if due > now {
                    return Ok(true);
                }
                send(message, clock().saturating_sub(due))?;
                self.n_out += 1;
                self.n_messages += 1;
            }
            if !self.goes_on {
                return Ok(false);
            }
            self.waiting.clear();
            self.n_out = 0;
            self.goes_on = (self.next)(&mut self.waiting);
        }
    }
}

#[cfg(test)]
mod tests {
    use overcut_sources::Message;

    use super::*;

    fn at(ms: i64) -> Message {
        Message { time: SessionTime::from_millis(ms), channel: "Heartbeat", payload: Vec::new() }
    }

    #[test]
    fn messages_go_out_when_they_are_due() {
        let mut batches = [vec![at(4_000), at(5_000)], vec![], vec![at(5_100), at(5_100)], vec![at(6_000)]].into_iter();
        let next = move |out: &mut Vec<Message>| {
            out.extend(batches.next().unwrap_or_default());
            batches.len() > 0
        };
        let mut paced = Paced::new(next, SessionTime::from_millis(5_000));
        let (mut counts, mut latest) = (Vec::new(), Duration::ZERO);
        for elapsed_ms in [0, 99, 100, 999, 1_030, 2_000] {
            let clock = || Duration::from_millis(elapsed_ms);
            let note = |_: &Message, late: Duration| {
                latest = latest.max(late);
                Ok(())
            };
            let goes_on = paced.advance(clock, note).unwrap();
            counts.push((paced.n_messages, goes_on));
        }
        assert_eq!(counts, [(2, true), (2, true), (4, true), (4, true), (5, false), (5, false)]);
        assert_eq!(latest, Duration::from_millis(30));
    }
}

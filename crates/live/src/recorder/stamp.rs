//! Stamps what arrives with the recording's own time.

use std::time::Duration;

use overcut_domain::{RawMessage, SessionTime, UtcTime};
use overcut_sources::live::Note;

use super::clock::Moment;

/// A difference between the clocks that counts as one of them having been set. Ordinary corrections are slower: half a
/// millisecond a second at most.
const JUMP_MS: i64 = 1000;
/// Longest time that can have gone by between the end of a recording and its going on: more means that a clock is wrong.
const LONGEST_BREAK_MS: i64 = 48 * 3600 * 1000;

/// The recording's clock: steady time since it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamps {
    begun: Moment,
    /// Recording time at that moment.
    base: SessionTime,
    /// The last stamp given: no later one is smaller.
    last: SessionTime,
    /// UTC less steady time when it was last looked at, milliseconds.
    offset_ms: i64,
}

impl Stamps {
    /// A clock that shows `base` now.
    pub(super) const fn new(now: Moment, base: SessionTime) -> Stamps {
        Stamps { begun: now, base, last: base, offset_ms: offset_ms(now) }
    }

    /// The time.
    pub(super) fn stamp(&mut self, now: Moment) -> SessionTime {
        let gone_by = now.steady.saturating_sub(self.begun.steady);
        self.last = self.last.max(self.base + i64::try_from(gone_by.as_millis()).unwrap_or(0));
        self.last
    }

    /// By how many milliseconds the machine's clock was put forward since this was last asked; `None` if it was left
    /// alone.
    pub(super) fn jump(&mut self, now: Moment) -> Option<i64> {
        let by_ms = offset_ms(now) - self.offset_ms;
        if by_ms.abs() <= JUMP_MS {
            return None;
        }
        self.offset_ms = offset_ms(now);
        Some(by_ms)
    }
}

const fn offset_ms(now: Moment) -> i64 {
    now.utc.as_millis() - millis(now.steady)
}

const fn millis(span: Duration) -> i64 {
    span.as_millis() as i64
}

/// Finds out from a recording's messages when it was that the last of them arrived.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Retrace {
    /// UTC less recording time, milliseconds.
    offset_ms: Option<i64>,
    last: SessionTime,
}

impl Retrace {
    /// Takes the next message.
    pub(super) fn take(&mut self, message: &RawMessage<'_>) {
        self.last = self.last.max(message.time);
        if message.channel != Note::CHANNEL {
            return;
        }
        match Note::from_json(message.payload) {
            Ok(Note::Begun { utc }) => self.offset_ms = Some(utc.as_millis() - message.time.as_millis()),
            Ok(Note::ClockSet { by_ms }) => self.offset_ms = self.offset_ms.map(|offset| offset.saturating_add(by_ms)),
            _ => {}
        }
    }

    /// What the recording's clock shows now: the last message's time, and what went by since.
    pub(super) fn base(&self, now: UtcTime) -> SessionTime {
        let Some(offset_ms) = self.offset_ms else { return self.last };
        let last_utc_ms = self.last.as_millis().saturating_add(offset_ms);
        self.last + now.as_millis().saturating_sub(last_utc_ms).clamp(0, LONGEST_BREAK_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(steady_ms: u64, utc_ms: i64) -> Moment {
        Moment { steady: Duration::from_millis(steady_ms), utc: UtcTime::from_millis(utc_ms) }
    }

    #[test]
    fn time_follows_the_steady_clock_alone() {
        let mut stamps = Stamps::new(moment(500, 1_000_000), SessionTime::from_millis(7000));
        assert_eq!(stamps.stamp(moment(750, 1_000_250)).as_millis(), 7250);
        assert_eq!(stamps.stamp(moment(800, 4_000_000)).as_millis(), 7300, "set forward");
        assert_eq!(stamps.stamp(moment(900, 0)).as_millis(), 7400, "set back");
        assert_eq!(stamps.stamp(moment(100, 0)).as_millis(), 7400, "never back");
    }

    #[test]
    fn a_jump_is_told_once() {
        let mut stamps = Stamps::new(moment(0, 1_000_000), SessionTime::ZERO);
        assert_eq!(stamps.jump(moment(1000, 1_001_900)), None, "less than a second");
        assert_eq!(stamps.jump(moment(2000, 1_062_000)), Some(60_000));
        assert_eq!(stamps.jump(moment(3000, 1_063_000)), None);
        assert_eq!(stamps.jump(moment(4000, 1_004_000)), Some(-60_000));
    }

    #[test]
    fn a_recording_goes_on_where_the_clock_on_the_wall_says() {
        let mut retrace = Retrace::default();
        let mut take = |millis, note: &Note| {
            let (time, payload) = (SessionTime::from_millis(millis), note.to_json());
            retrace.take(&RawMessage { time, channel: Note::CHANNEL, payload: &payload });
        };
        take(0, &Note::Begun { utc: UtcTime::from_millis(1_000_000) });
        take(5000, &Note::ClockSet { by_ms: 2000 });
        take(10_000, &Note::Opened { channel: "signalr/a".to_owned() });
        assert_eq!(retrace.base(UtcTime::from_millis(1_072_000)).as_millis(), 70_000);
        assert_eq!(retrace.base(UtcTime::from_millis(900_000)).as_millis(), 10_000, "never back");
        assert_eq!(retrace.base(UtcTime::from_millis(i64::MAX)).as_millis(), 10_000 + LONGEST_BREAK_MS);
        assert_eq!(Retrace::default().base(UtcTime::from_millis(5)).as_millis(), 0);
    }
}

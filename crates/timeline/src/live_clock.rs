//! Where the clock of a session stands that happens now.
//!
//! Nobody says when "now" is on the session's clock: this machine's own clock may be wrong by minutes. What arrives says
//! so: no message arrives before it was stamped, so the one that was least under way tells the time best. The house clock
//! runs on from there, between messages too, and is never behind what is known; it is put forward at once when something
//! tells a later time, and slowed a little, never put back, when everything is later than it used to be.
//!
//! Telemetry comes in batches, and later than the rest. How much later is measured the same way: by what was missing just
//! before each batch came. Frames stay that far behind the clock, so that cars move evenly.

use std::collections::VecDeque;

use overcut_domain::SessionTime;

use crate::House;

/// The least-delayed message of this long tells the time.
const MEMORY_MS: u64 = 120_000;
/// Messages of so long are remembered as one.
const SPAN_MS: u64 = 2_000;
/// The clock is slowed by at most one part in so many.
const SLOWEST: u64 = 50;
/// The worst wait for samples of this long counts.
const WAIT_MEMORY_MS: u64 = 20_000;
/// A longer wait is a gap, not a delay.
const LONGEST_WAIT_MS: i64 = 15_000;
/// What is added to the worst wait: the next one may be a little worse.
const WAIT_MARGIN_MS: i64 = 150;
/// Frames fall behind at half speed and catch up at a tenth more than it, one part in so many each.
const FALL_BEHIND: u64 = 2;
const CATCH_UP: u64 = 10;

/// The clock of a session that happens now.
#[derive(Debug, Clone, Default)]
pub struct LiveClock {
    /// Session time less monotonic time, as it is shown.
    offset_ms: Option<i64>,
    /// The highest offset heard in each span: monotonic time of its beginning, and the offset.
    heard: VecDeque<(u64, i64)>,
    /// The latest sample.
    newest: Option<SessionTime>,
    /// How long each batch had been waited for: monotonic time and wait.
    waits: VecDeque<(u64, i64)>,
    behind_ms: i64,
    stepped_at_ms: u64,
}

impl LiveClock {
    /// A clock that nothing is known of.
    pub fn new() -> LiveClock {
        LiveClock::default()
    }

    /// A message came that was stamped with this session time.
    pub fn heard(&mut self, now_ms: u64, stamp: SessionTime) {
        let offset = stamp.as_millis() - millis(now_ms);
        match self.heard.back_mut() {
            Some((since_ms, highest)) if now_ms.saturating_sub(*since_ms) < SPAN_MS => *highest = offset.max(*highest),
            _ => self.heard.push_back((now_ms, offset)),
        }
        self.offset_ms = Some(self.offset_ms.map_or(offset, |known| known.max(offset)));
    }

    /// Samples came, of which this is the latest.
    pub fn sampled(&mut self, now_ms: u64, newest: SessionTime) {
        let Some(offset) = self.offset_ms else { return };
        let before = self.newest.replace(self.newest.map_or(newest, |known| known.max(newest)));
        let Some(before) = before.filter(|before| newest > *before) else { return };
        let waited_ms = millis(now_ms) + offset - before.as_millis();
        if (0..LONGEST_WAIT_MS).contains(&waited_ms) {
            // Only the worst counts, so a later and worse one makes an earlier one forgotten: the list stays short.
            while self.waits.back().is_some_and(|(_, wait)| *wait <= waited_ms) {
                self.waits.pop_back();
            }
            self.waits.push_back((now_ms, waited_ms));
        }
    }

    /// The session's clock was set: every time is later by so much.
    pub fn shift(&mut self, by_ms: i64) {
        self.offset_ms = self.offset_ms.map(|offset| offset + by_ms);
        self.heard.iter_mut().for_each(|(_, offset)| *offset += by_ms);
        self.newest = self.newest.map(|newest| newest + by_ms);
    }

    /// The house clock at monotonic time `now_ms`; `None` while nothing was heard.
    pub fn house(&mut self, now_ms: u64) -> Option<House> {
        let offset = self.offset_ms?;
        let passed_ms = now_ms.saturating_sub(self.stepped_at_ms);
        let offset = self.slowed(offset, now_ms, passed_ms);
        self.offset_ms = Some(offset);
        self.step_behind(now_ms, passed_ms);
        // Steps too short to move anything are left to add up.
        if passed_ms >= SLOWEST {
            self.stepped_at_ms = now_ms;
        }
        let from = SessionTime::from_millis(millis(now_ms) + offset);
        let telemetry_behind_ms = u32::try_from(self.behind_ms).unwrap_or(0);
        Some(House::Live { since_ms: now_ms, from, telemetry_behind_ms })
    }

    /// The offset, a little nearer to what was heard lately.
    fn slowed(&mut self, offset: i64, now_ms: u64, passed_ms: u64) -> i64 {
        while self.heard.len() > 1 && self.heard.front().is_some_and(|(at, _)| now_ms.saturating_sub(*at) > MEMORY_MS) {
            self.heard.pop_front();
        }
        let highest = self.heard.iter().map(|(_, offset)| *offset).max().unwrap_or(offset);
        let step = if passed_ms >= SLOWEST { millis(passed_ms / SLOWEST) } else { 0 };
        (offset - step).max(highest)
    }

    fn step_behind(&mut self, now_ms: u64, passed_ms: u64) {
        while self.waits.len() > 1
            && self.waits.front().is_some_and(|(at, _)| now_ms.saturating_sub(*at) > WAIT_MEMORY_MS)
        {
            self.waits.pop_front();
        }
        let Some((_, worst)) = self.waits.front() else { return };
        let wanted = worst + WAIT_MARGIN_MS;
        if self.behind_ms == 0 {
            self.behind_ms = wanted; // nothing has been shown yet
        } else if passed_ms >= SLOWEST {
            let (down, up) = (millis(passed_ms / CATCH_UP), millis(passed_ms / FALL_BEHIND));
            self.behind_ms = wanted.clamp(self.behind_ms - down, self.behind_ms + up);
        }
    }
}

fn millis(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(house: Option<House>) -> (i64, u32) {
        match house {
            Some(House::Live { since_ms, from, telemetry_behind_ms }) => {
                (from.as_millis() - millis(since_ms), telemetry_behind_ms)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nothing_heard_shows_no_time() {
        assert_eq!(LiveClock::new().house(5), None);
    }

    #[test]
    fn the_least_delayed_message_tells_the_time() {
        let mut clock = LiveClock::new();
        for (now_ms, delay_ms) in [(1000, 900), (2000, 300), (3000, 1500), (4000, 700)] {
            clock.heard(now_ms, SessionTime::from_millis(millis(now_ms) + 50_000 - delay_ms));
        }
        assert_eq!(at(clock.house(4000)).0, 50_000 - 300);
        assert_eq!(at(clock.house(14_000)).0, 50_000 - 300, "time goes on without messages");
    }

    #[test]
    fn it_is_never_behind_what_is_known_and_never_goes_back() {
        let mut clock = LiveClock::new();
        let mut shown = i64::MIN;
        for now_ms in (0..600_000).step_by(100) {
            // The feed falls two seconds behind after five minutes, and its stamps jitter.
            let delay_ms = if now_ms < 300_000 { 200 } else { 2200 } + (now_ms * 7919 % 400) as i64;
            let stamp = SessionTime::from_millis(millis(now_ms) - delay_ms);
            clock.heard(now_ms, stamp);
            let time = at(clock.house(now_ms)).0 + millis(now_ms);
            assert!(time >= stamp.as_millis() && time > shown, "at {now_ms}");
            shown = time;
        }
        assert!((-2300..=-2200).contains(&at(clock.house(600_000)).0), "slowed to what is told now");
    }

    #[test]
    fn telemetry_stays_as_far_behind_as_its_worst_wait() {
        let mut clock = LiveClock::new();
        let mut worst_lack_ms = 0;
        for now_ms in (0..120_000u64).step_by(20) {
            clock.heard(now_ms, SessionTime::from_millis(millis(now_ms)));
            let house = at(clock.house(now_ms));
            if now_ms > 30_000 {
                let until = millis(now_ms) - i64::from(house.1);
                worst_lack_ms = worst_lack_ms.max(until - clock.newest.unwrap().as_millis());
            }
            if now_ms.is_multiple_of(1000) {
                clock.sampled(now_ms, SessionTime::from_millis(millis(now_ms) - 400));
            }
        }
        assert_eq!(worst_lack_ms.max(0), 0, "a frame never lacks a sample");
        let behind_ms = at(clock.house(120_000)).1;
        assert!((1400..1700).contains(&behind_ms), "{behind_ms}");
    }

    #[test]
    fn a_gap_in_telemetry_is_no_delay() {
        let mut clock = LiveClock::new();
        for now_ms in [0, 1000, 2000, 62_000, 63_000, 64_000] {
            clock.heard(now_ms, SessionTime::from_millis(millis(now_ms)));
            clock.sampled(now_ms, SessionTime::from_millis(millis(now_ms) - 500));
            clock.house(now_ms);
        }
        assert!(at(clock.house(64_000)).1 < 2_000);
    }
}

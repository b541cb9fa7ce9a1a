//! Two clocks, the archive's and UTC, and what the session's own clock is made of.

use std::collections::{BTreeMap, HashMap};

use overcut_domain::{SessionInfo, SessionTime, UtcTime};

use super::log::Origin;
use crate::topic::{Topic, heartbeat_utc, last_sample_utc};
use crate::wire::Inflate;

/// Lines of each topic of samples that are asked for the archive's zero: enough for one that was hardly delayed.
const MAX_SAMPLES: u32 = 64;
/// Most different offsets counted, and most payloads remembered; a session has fewer than ten thousand of either.
const MAX_PAIRS: usize = 1 << 16;
/// A session's clock starts this long before the planned start if nothing better is known.
const BEFORE_START_MS: i64 = 3_600_000;

/// What the session's clock counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionClock {
    /// It is the clock of the archive's lines.
    Archive,
    /// It counts from this moment, UTC in milliseconds.
    Since(i64),
}

/// Learns when the archive's clock was zero: exactly from messages that both sources carry, nearly from samples (a
/// sample is never delivered before it was taken), roughly from heartbeats.
#[derive(Default)]
pub(super) struct ArchiveZero {
    /// Messages with a time of their own in them, by topic and hash: stamp on a connection, clock in the archive.
    seen: HashMap<(u8, u64), (Option<i64>, Option<i64>)>,
    /// How often each offset was found between the two.
    pairs: BTreeMap<i64, u32>,
    n_pairs: u32,
    samples: Option<i64>,
    n_samples: [u32; 2],
    heartbeats: Option<i64>,
    inflate: Inflate,
}

impl ArchiveZero {
    /// Hears a message that is new, with the stamp it states.
    pub(super) fn hear(&mut self, topic: Topic, origin: Origin, stated: i64, hash: u64, payload: &[u8]) {
        let carries_time = matches!(
            topic,
            Topic::Heartbeat
                | Topic::CarData
                | Topic::Position
                | Topic::ExtrapolatedClock
                | Topic::SessionData
                | Topic::RaceControlMessages
        );
        if !carries_time {
            return;
        }
        self.pair(topic, origin, stated, hash);
        if origin == Origin::Archive {
            self.hear_line(topic, stated, payload);
        }
    }

    fn pair(&mut self, topic: Topic, origin: Origin, stated: i64, hash: u64) {
        let key = (topic as u8, hash);
        if self.seen.len() >= MAX_PAIRS && !self.seen.contains_key(&key) {
            return;
        }
        let (stamp, clock) = self.seen.entry(key).or_default();
        let mine = if origin == Origin::Archive { &mut *clock } else { &mut *stamp };
        if mine.is_some() {
            return;
        }
        *mine = Some(stated);
        if let (Some(stamp), Some(clock)) = (stamp, clock)
            && self.pairs.len() < MAX_PAIRS
        {
            *self.pairs.entry(stamp.saturating_sub(*clock)).or_default() += 1;
            self.n_pairs += 1;
        }
    }

    fn hear_line(&mut self, topic: Topic, clock: i64, payload: &[u8]) {
        let offset = |utc: UtcTime| utc.as_millis().saturating_sub(clock);
        match topic {
            Topic::CarData | Topic::Position => {
                let [cars, positions] = &mut self.n_samples;
                let n = if topic == Topic::CarData { cars } else { positions };
                if *n >= MAX_SAMPLES {
                    return;
                }
                *n += 1;
                let found = last_sample_utc(topic, payload, &mut self.inflate).map(offset);
                self.samples = self.samples.max(found);
            }
            Topic::Heartbeat => {
                let found = heartbeat_utc(payload).map(offset);
                self.heartbeats = self.heartbeats.max(found);
            }
            _ => {}
        }
    }

    /// UTC of the archive's zero in milliseconds, if anything tells it.
    pub(super) fn utc_ms(&self) -> Option<i64> {
        self.median().or(self.samples).or(self.heartbeats)
    }

    /// True once messages were heard on both sides.
    pub(super) const fn is_exact(&self) -> bool {
        self.n_pairs > 0
    }

    fn median(&self) -> Option<i64> {
        let mut n_below = 0;
        self.pairs.iter().find_map(|(offset, count)| {
            n_below += count;
            (n_below * 2 >= self.n_pairs && self.n_pairs > 0).then_some(*offset)
        })
    }
}

/// Where the clock starts if no archive says so: an hour before the planned start, or the whole minute of the first
/// message if that is earlier or no start is known.
pub(super) fn planned_zero(info: Option<&SessionInfo>, first_ms: i64) -> i64 {
    let minute = first_ms - first_ms.rem_euclid(60_000);
    let planned = info.and_then(|info| info.starts_at).map(|utc| utc.as_millis().saturating_sub(BEFORE_START_MS));
    planned.map_or(minute, |planned| planned.min(minute))
}

/// Both clocks at one moment of reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    pub(super) session: SessionClock,
    pub(super) archive_ms: Option<i64>,
}

impl Clocks {
    /// An entry's moment in UTC; `None` while the archive's zero is unknown.
    pub(super) fn utc_ms(self, origin: Origin, stamp: i64) -> Option<i64> {
        match origin {
            Origin::Connection(_) => Some(stamp),
            Origin::Archive => Some(stamp.saturating_add(self.archive_ms?)),
        }
    }

    /// An entry's moment on the session clock; `None` while it cannot be placed.
    pub(super) fn session_ms(self, origin: Origin, stamp: i64) -> Option<i64> {
        match (self.session, origin) {
            (SessionClock::Archive, Origin::Archive) => Some(stamp),
            _ => Some(self.utc_ms(origin, stamp)?.saturating_sub(self.zero_ms()?)),
        }
    }

    /// UTC of the session clock's zero in milliseconds.
    pub(super) fn zero_ms(self) -> Option<i64> {
        match self.session {
            SessionClock::Archive => self.archive_ms,
            SessionClock::Since(utc_ms) => Some(utc_ms),
        }
    }

    /// A moment in UTC on the session clock.
    pub(super) fn session_time(self, utc_ms: i64) -> Option<SessionTime> {
        Some(SessionTime::from_millis(utc_ms.saturating_sub(self.zero_ms()?)))
    }
}

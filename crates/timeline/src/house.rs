//! The house clock of a session that several clients share: what following the head means.
//!
//! Two clocks belong to a shared session. The *available head* is the last moment that may leave at all. The *house
//! clock* is where clients are that follow. For a recording opened from the library both are its end; a replay runs a
//! house clock through it; a replay as if live holds the available head at the house clock. The house clock of a live
//! session runs with the session ([`crate::LiveClock`] says where it is): it goes on between two messages.

use overcut_domain::SessionTime;

use crate::{Delay, Speed};

/// How the house clock of a session runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum House {
    /// At the end of the log: a recording opened from the library.
    AtEnd,
    /// Runs with a session that happens now.
    Live {
        /// Monotonic time at which it stood at `from`, in milliseconds.
        since_ms: u64,
        /// Where it was then.
        from: SessionTime,
        /// How far behind it telemetry is complete: samples come in batches, and later than timing does.
        telemetry_behind_ms: u32,
    },
    /// Runs through a recording.
    Running {
        /// Monotonic time at which it stood at `from`, in milliseconds.
        since_ms: u64,
        /// Where it began.
        from: SessionTime,
        /// How fast it runs.
        speed: Speed,
        /// True if nothing after it may leave, as if the session were live.
        is_as_live: bool,
    },
}

/// What a cursor must know of its session at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// First moment of the log.
    pub start: SessionTime,
    /// The available head: the last moment that may leave.
    pub head: SessionTime,
    /// The house clock: where a client without delay is when it follows. It runs on past the end of a recording, so
    /// that clients with a delay see the end too.
    pub house: SessionTime,
    /// How fast the house clock runs; `None` if it stands.
    pub house_speed: Option<Speed>,
    /// True if nothing after the house clock less the client's delay may leave: a live session, or a replay as if live.
    pub is_held: bool,
    /// True while the available head grows.
    pub is_live: bool,
    /// Up to when samples are there: frames for a clock after it would lack what is still on its way.
    pub telemetry_until: SessionTime,
}

impl House {
    /// The limits at monotonic time `now_ms` of a log from `start` to `end` that may still grow.
    pub fn limits(&self, now_ms: u64, start: SessionTime, end: SessionTime, grows: bool) -> Limits {
        let end = end.max(start);
        match *self {
            House::AtEnd => Limits {
                start,
                head: end,
                house: end,
                house_speed: grows.then_some(Speed::NORMAL),
                is_held: grows,
                is_live: grows,
                telemetry_until: SessionTime::MAX,
            },
            House::Live { since_ms, from, telemetry_behind_ms } => {
                let house = (from + Speed::NORMAL.session_millis(now_ms.saturating_sub(since_ms))).max(end);
                Limits {
                    start,
                    head: house,
                    house,
                    house_speed: Some(Speed::NORMAL),
                    is_held: true,
                    is_live: true,
                    telemetry_until: house - i64::from(telemetry_behind_ms),
                }
            }
            House::Running { since_ms, from, speed, is_as_live } => {
                let house = (from + speed.session_millis(now_ms.saturating_sub(since_ms))).max(start);
                let is_over = !grows && house >= end + Delay::MAX.as_millis();
                Limits {
                    start,
                    head: if is_as_live { house.min(end) } else { end },
                    house,
                    house_speed: (!is_over).then_some(speed),
                    is_held: is_as_live,
                    is_live: grows || (is_as_live && house < end),
                    telemetry_until: SessionTime::MAX,
                }
            }
        }
    }
}

//! A growing session with a thread that keeps it ahead of its house clock.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use overcut_domain::SessionTime;
use overcut_server::wire::SessionSummary;
use overcut_server::{SharedSession, now_ms};
use overcut_timeline::{House, Speed, Timeline};

use super::grow::{Grower, Growth};

/// How often the session grows.
const PULSE: Duration = Duration::from_millis(100);
/// How far the timeline is ahead of the house clock in session time: feeds deliver samples up to 2.1 s late, and frames
/// need one sample of look-ahead.
const AHEAD_MS: i64 = 4_000;
/// And in real time: enough pulses that a busy machine may miss some.
const AHEAD_REAL_MS: u64 = 700;
/// Events folded while clients wait for the lock: a millisecond or so.
const MAX_EVENTS: usize = 500;

/// Where and how fast a growing session begins.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    /// Where the house clock begins. What lies before is there from the first moment on.
    pub from: SessionTime,
    /// How fast it runs.
    pub speed: Speed,
}

/// Opens a session that grows from now on.
///
/// # Errors
///
/// If no thread can be started.
pub fn play(summary: SessionSummary, mut grower: Grower, start: Start) -> Result<Arc<SharedSession>> {
    let mut timeline = Timeline::new();
    grower.grow(&mut timeline, ahead_of(start.from, start.speed), usize::MAX);
    let house = House::Running { since_ms: now_ms(), from: start.from, speed: start.speed, is_as_live: true };
    let session = Arc::new(SharedSession::new(summary, timeline, house));
    let weak = Arc::downgrade(&session);
    let thread = thread::Builder::new().name("live".to_owned());
    thread.spawn(move || keep_growing(&weak, grower, start.speed)).context("cannot start a thread")?;
    Ok(session)
}

/// Grows the session pulse by pulse until it is over or nobody holds it.
fn keep_growing(session: &Weak<SharedSession>, mut grower: Grower, speed: Speed) {
    while let Some(session) = session.upgrade() {
        let house = session.limits(&session.read()).house;
        if catch_up(&session, &mut grower, ahead_of(house, speed)) == Growth::Over {
            return;
        }
        drop(session); // asleep, it must not keep the session open
        thread::sleep(PULSE);
    }
}

fn catch_up(session: &SharedSession, grower: &mut Grower, until: SessionTime) -> Growth {
    loop {
        let growth = session.update(|timeline| grower.grow(timeline, until, MAX_EVENTS));
        if growth != Growth::Further {
            return growth;
        }
    }
}

/// How far a timeline must have grown for a house clock at `house`.
fn ahead_of(house: SessionTime, speed: Speed) -> SessionTime {
    house + AHEAD_MS + speed.session_millis(AHEAD_REAL_MS)
}

//! A session that clients share: its timeline, its house clock and what was encoded for it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

use overcut_domain::SessionTime;
use overcut_timeline::{FRAME_STEP_MS, House, Limits, MarkKind, Speed, Timeline};

use crate::clock::{next_tick_ms, now_ms};
use crate::message::{DeltaCache, FrameCache, SnapshotCache};
use crate::wire::SessionSummary;

/// How long before the start a recording is shown from when nothing else is asked for.
const LEAD_IN_MS: i64 = 10_000;

/// A session that clients share. Its timeline may grow while they read: whoever feeds it calls
/// [`SharedSession::update`], and clients see what is new at the next tick.
#[derive(Debug)]
pub struct SharedSession {
    summary: SessionSummary,
    // Readers of one session are many and short, the writer is one; none holds the lock across an await.
    timeline: RwLock<Timeline>,
    house: RwLock<House>,
    pub(crate) deltas: DeltaCache,
    pub(crate) frames: FrameCache,
    pub(crate) snapshots: SnapshotCache,
    n_clients: AtomicU32,
    /// The live session that came after this one.
    successor: OnceLock<String>,
}

impl SharedSession {
    /// A session with its timeline, whole or still growing, and its house clock.
    pub fn new(summary: SessionSummary, timeline: Timeline, house: House) -> SharedSession {
        SharedSession {
            summary,
            timeline: RwLock::new(timeline),
            house: RwLock::new(on_the_grid(house)),
            deltas: DeltaCache::default(),
            frames: FrameCache::default(),
            snapshots: SnapshotCache::default(),
            n_clients: AtomicU32::new(0),
            successor: OnceLock::new(),
        }
    }

    /// What session it is.
    pub fn summary(&self) -> &SessionSummary {
        &self.summary
    }

    /// The timeline, to read. Do not hold it across an await.
    pub fn read(&self) -> RwLockReadGuard<'_, Timeline> {
        self.timeline.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the timeline grow.
    ///
    /// When it becomes complete, a house clock that stood at its end runs on past it, so that clients with a delay see
    /// the end in their time.
    pub fn update<R>(&self, grow: impl FnOnce(&mut Timeline) -> R) -> R {
        let mut timeline = self.timeline.write().unwrap_or_else(PoisonError::into_inner);
        let was_complete = timeline.is_complete();
        let result = grow(&mut timeline);
        if timeline.is_complete() && !was_complete {
            let mut house = self.house.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(*house, House::AtEnd | House::Live { .. }) {
                let (since_ms, from) = (now_ms(), timeline.head());
                *house = House::Running { since_ms, from, speed: Speed::NORMAL, is_as_live: true };
            }
        }
        result
    }

    /// Says that another live session has begun: clients are told once they have seen the end of this one. Once only.
    pub fn succeed(&self, id: &str) {
        self.successor.get_or_init(|| id.to_owned());
    }

    pub(crate) fn successor(&self) -> Option<&str> {
        self.successor.get().map(String::as_str)
    }

    /// How its house clock runs.
    pub fn house(&self) -> House {
        *self.house.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the house clock, as when a replay begins.
    pub fn set_house(&self, house: House) {
        *self.house.write().unwrap_or_else(PoisonError::into_inner) = on_the_grid(house);
    }

    /// What may leave now, given the timeline.
    pub fn limits(&self, timeline: &Timeline) -> Limits {
        self.limits_at(now_ms(), timeline)
    }

    pub(crate) fn limits_at(&self, now_ms: u64, timeline: &Timeline) -> Limits {
        self.house().limits(now_ms, timeline.start(), timeline.head(), !timeline.is_complete())
    }

    /// Clients connected to it now.
    pub fn n_clients(&self) -> u32 {
        self.n_clients.load(Ordering::Relaxed)
    }

    pub(crate) fn count_client(&self) -> CountedClient<'_> {
        self.n_clients.fetch_add(1, Ordering::Relaxed);
        CountedClient(&self.n_clients)
    }
}

/// A house clock that is on the grid of telemetry frames whenever the ticker ticks: a frame then leaves when it is due.
fn on_the_grid(house: House) -> House {
    match house {
        // That of a live session follows what arrives, at any millisecond.
        House::AtEnd | House::Live { .. } => house,
        House::Running { since_ms, from, speed, is_as_live } => {
            let from = SessionTime::from_millis(from.as_millis().div_euclid(FRAME_STEP_MS) * FRAME_STEP_MS);
            House::Running { since_ms: next_tick_ms(since_ms), from, speed, is_as_live }
        }
    }
}

/// Counts a client for as long as it lives.
pub(crate) struct CountedClient<'a>(&'a AtomicU32);

impl Drop for CountedClient<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where a client begins that asks for nothing else: shortly before the first start, or at the beginning.
pub(crate) fn opening_moment(timeline: &Timeline, limits: Limits) -> SessionTime {
    let marks = timeline.marks_at(limits.head);
    let start = marks.iter().find(|mark| mark.kind == MarkKind::Start);
    start.map_or(limits.start, |mark| (mark.time - LEAD_IN_MS).max(limits.start))
}

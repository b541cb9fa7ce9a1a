//! What rows tell, and when it happened.

use overcut_domain::{CarTiming, Event, Feed, TimingUpdate, UtcTime};

/// Most pieces of news that wait for a moment: the entry list, the grid and the like.
pub(super) const MAX_WAITING: usize = 1000;

/// An event out of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// When it happened.
    pub utc: UtcTime,
    /// The feed that it is a part of.
    pub feed: Feed,
    /// What happened. Samples in it are timed in milliseconds since 1970.
    pub event: Event,
}

/// The moment of a piece of news, as far as its row knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    At(UtcTime),
    /// When the session opens: what holds from the beginning.
    Opening,
    /// The latest moment that any row told of: what is true now.
    Now,
}

/// A piece of news.
#[derive(Debug, Clone)]
pub(super) struct Telling {
    moment: Moment,
    feed: Feed,
    event: Event,
}

impl Telling {
    pub(super) fn new(utc: UtcTime, feed: Feed, event: Event) -> Telling {
        Telling { moment: Moment::At(utc), feed, event }
    }

    pub(super) fn of_opening(feed: Feed, event: Event) -> Telling {
        Telling { moment: Moment::Opening, feed, event }
    }

    pub(super) fn of_now(feed: Feed, event: Event) -> Telling {
        Telling { moment: Moment::Now, feed, event }
    }

    /// What the timing screen shows of a car from this moment on.
    pub(super) fn timing(utc: UtcTime, cars: Vec<CarTiming>) -> Telling {
        Telling::new(utc, Feed::Timing, timing(cars))
    }

    /// The moment, if the row knew it.
    pub(super) fn utc(&self) -> Option<UtcTime> {
        match self.moment {
            Moment::At(utc) => Some(utc),
            Moment::Opening | Moment::Now => None,
        }
    }

    /// The news at its moment, or the news itself if that is not known yet.
    pub(super) fn at(self, opening: Option<UtcTime>, now: Option<UtcTime>) -> Result<Told, Telling> {
        let utc = match self.moment {
            Moment::At(utc) => Some(utc),
            Moment::Opening => opening,
            Moment::Now => now,
        };
        match utc {
            Some(utc) => Ok(Told { utc, feed: self.feed, event: self.event }),
            None => Err(self),
        }
    }
}

pub(super) fn timing(cars: Vec<CarTiming>) -> Event {
    Event::Timing(Box::new(TimingUpdate { cars, ..TimingUpdate::default() }))
}

/// A moment some milliseconds later, or earlier.
pub(super) fn shifted(utc: UtcTime, millis: i64) -> UtcTime {
    UtcTime::from_millis(utc.as_millis().saturating_add(millis))
}

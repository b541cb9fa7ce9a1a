//! Messages on their way: what was decided at one moment arrives a little later, each topic in its own order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use overcut_domain::{Event, SessionTime, Stamped};

/// Messages of one lane never overtake each other, as those of one topic of a feed do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Session, track, clock, lap counter, race control.
    Direction,
    /// The timing screen.
    Timing,
    /// Tyres and grid.
    Tyres,
    /// Best times.
    Bests,
    /// Leader board, race summary, championship, overtakes, lap chart, entry list.
    Summary,
    /// Pit lane.
    Pits,
    /// Weather, radio, heartbeat.
    Side,
    /// Car channels.
    Cars,
    /// Positions.
    Positions,
}

const N_TOPICS: usize = Topic::Positions as usize + 1;

/// Messages that have been sent and not yet delivered.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    last: [i64; N_TOPICS],
    n_sent: u64,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    /// Events by order of sending, from `first` on; `None` once delivered.
    events: std::collections::VecDeque<Option<Event>>,
    first: u64,
}

impl Outbox {
    /// Sends an event that will arrive at `arrival`, or right behind the topic's last message if that is later.
    /// Returns when it will arrive.
    pub(super) fn send(&mut self, topic: Topic, arrival: SessionTime, event: Event) -> SessionTime {
        let last = &mut self.last[topic as usize];
        *last = arrival.as_millis().max(*last);
        let at = *last;
        self.queue.push(Reverse((at, self.n_sent)));
        self.events.push_back(Some(event));
        self.n_sent += 1;
        SessionTime::from_millis(at)
    }

    /// Nothing of the topic arrives before this from now on.
    pub(super) fn hold(&mut self, topic: Topic, until: SessionTime) {
        let last = &mut self.last[topic as usize];
        *last = until.as_millis().max(*last);
    }

    /// The next event that arrives no later than `until`.
    pub(super) fn deliver(&mut self, until: SessionTime) -> Option<Stamped<Event>> {
        let Reverse((arrival, number)) = self.queue.peek().copied()?;
        if arrival > until.as_millis() {
            return None;
        }
        self.queue.pop();
        let slot = usize::try_from(number - self.first).ok()?;
        let value = self.events.get_mut(slot)?.take()?;
        while matches!(self.events.front(), Some(None)) {
            self.events.pop_front();
            self.first += 1;
        }
        Some(Stamped { time: SessionTime::from_millis(arrival), value })
    }
}

#[cfg(test)]
mod tests {
    use overcut_domain::UtcTime;

    use super::*;

    #[test]
    fn a_topic_keeps_its_order_and_time_never_runs_back() {
        let mut outbox = Outbox::default();
        let at = SessionTime::from_millis;
        let beat = |n| Event::Heartbeat(UtcTime::from_millis(n));
        outbox.send(Topic::Timing, at(500), beat(1));
        outbox.send(Topic::Timing, at(300), beat(2));
        outbox.send(Topic::Side, at(400), beat(3));
        outbox.send(Topic::Side, at(900), beat(4));
        let mut got = Vec::new();
        while let Some(event) = outbox.deliver(at(600)) {
            got.push((event.time.as_millis(), event.value));
        }
        assert_eq!(got, [(400, beat(3)), (500, beat(1)), (500, beat(2))]);
        assert_eq!(outbox.deliver(at(2_000)).map(|event| event.time), Some(at(900)));
        assert_eq!(outbox.deliver(SessionTime::MAX), None);
    }
}

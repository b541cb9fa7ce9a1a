//! What is given as it comes: what counts, and nothing twice or out of order.

use overcut_domain::{Event, Feed, SessionTime, Stamped};

use super::{Assembler, Incoming, Taken, told_zero};
use crate::live::belief::WILD_MS;
use crate::live::choose::{Cover, EDGE_MS, SAME_MS};
use crate::live::clock::Clocks;
use crate::live::decision::Decision;
use crate::live::gaps::GapNews;
use crate::live::log::{Entry, Origin};
use crate::live::replay::{Given, Reader, ReplayMessage};
use crate::live::rows;
use crate::live::twins::Met;
use crate::openf1::Told;
use crate::topic::Topic;

/// Messages of different topics may come this much out of order: each source, and each file of one, has its own pace.
const SLACK_MS: i64 = 15_000;
/// OpenF1 is asked for one endpoint after the other, each about once a minute.
const ROWS_SLACK_MS: i64 = 60_000;
/// Entries before the end of the log that are searched for the twin of a new line.
const N_RECENT: usize = 1000;

impl Assembler {
    /// Notes a decision; it is told with the next look or message.
    pub(super) fn decide(&mut self, decision: Decision) {
        let utc_ms = self.latest_told().unwrap_or(0);
        self.decisions.note(utc_ms, decision);
    }

    pub(super) fn decide_gaps(&mut self, news: impl IntoIterator<Item = GapNews>) {
        news.into_iter().for_each(|news| self.decide(Decision::Gap(news)));
    }

    /// Gives what was decided and not yet told.
    pub(super) fn tell_decisions(&mut self, events: &mut Option<&mut Vec<Stamped<Event>>>) {
        let Some(events) = events else { return };
        let Some(clocks) = self.clocks() else { return };
        let given = self.live.given;
        for mut event in self.decisions.untold(clocks) {
            event.time = given.map_or(event.time, SessionTime::from_millis);
            self.live.given = Some(event.time.as_millis());
            self.live.since.keep(|| Given::Event(event.clone()));
            events.push(event);
        }
    }

    pub(super) fn give_rows(&mut self, news: Vec<Told>, taken: &mut Taken, events: &mut Vec<Stamped<Event>>) {
        let Some(clocks) = self.fix_clock().filter(|_| !news.is_empty()) else { return };
        let covers = Feed::ALL.map(|feed| rows::better_cover(&self.choice(clocks), feed));
        let is_told =
            |told: &Told| covers.get(told.feed as usize).is_some_and(|cover| cover.contains(told.utc.as_millis()));
        for told in news.iter().filter(|told| !is_told(told)) {
            let Some(mut event) = rows::event(told, clocks) else { continue };
            let at = event.time.as_millis();
            let live = &mut self.live;
            let is_sample = matches!(event.value, Event::Cars(_) | Event::Positions(_));
            let given_of = live.rows_given_of.get(told.feed as usize).copied().unwrap_or(i64::MIN);
            let is_behind = live.given.is_some_and(|given| at < given.saturating_sub(ROWS_SLACK_MS));
            if !is_sample && (at < given_of || is_behind) {
                taken.is_late = true;
                continue;
            }
            if let Some(given_of) = live.rows_given_of.get_mut(told.feed as usize) {
                *given_of = at.max(*given_of);
            }
            live.given = live.given.max(Some(at));
            event.time = SessionTime::from_millis(live.given.unwrap_or(at));
            let time = event.time;
            live.reader.tell_zero(&mut |value| events.push(Stamped { time, value }));
            live.since.keep(|| Given::Event(event.clone()));
            events.push(event);
        }
    }

    /// Gives a message as events if it counts and nothing after it was given.
    pub(super) fn give(
        &mut self,
        message: &Incoming<'_>,
        (entry, stamp): (Option<u32>, i64),
        taken: &mut Taken,
        events: &mut Vec<Stamped<Event>>,
    ) {
        let Incoming { topic, origin, is_snapshot, payload, .. } = *message;
        let clocks = self.fix_clock();
        let is_told = match (origin, is_snapshot) {
            (Origin::Archive, _) => {
                clocks.is_some_and(|clocks| self.is_told_better(topic, entry, stamp, clocks, taken))
            }
            (Origin::Connection(number), true) => self.is_relieved(number, topic),
            (Origin::Connection(_), false) => self.is_told_by_archive(entry, stamp, taken),
        };
        let Some(clocks) = clocks.filter(|_| !is_told) else { return };
        let Some(at) = clocks.session_ms(origin, stamp) else { return };
        let is_sample = matches!(topic, Topic::CarData | Topic::Position);
        let live = &mut self.live;
        let given_of = live.given_of.get(topic as usize).copied().unwrap_or(i64::MIN);
        let is_behind = live.given.is_some_and(|given| at < given.saturating_sub(SLACK_MS));
        if !is_sample && !is_snapshot && (at < given_of || is_behind) {
            taken.is_late = true;
            return;
        }
        let is_leap = live.given.is_some_and(|given| at > given.saturating_add(WILD_MS));
        let is_wild = is_leap && live.leap.is_none_or(|leap| at.abs_diff(leap) > WILD_MS.unsigned_abs());
        live.leap = is_leap.then_some(at);
        if !is_wild {
            live.given = live.given.max(Some(at));
            if let Some(given_of) = live.given_of.get_mut(topic as usize) {
                // A state is of some moment shortly before or after the stamp that it was given.
                *given_of = (at - if is_snapshot { EDGE_MS } else { 0 }).max(*given_of);
            }
        }
        let time = SessionTime::from_millis(live.given.unwrap_or(at));
        let at = SessionTime::from_millis(at);
        live.since.keep(|| Given::Message(time, ReplayMessage { at, topic, is_snapshot, payload: payload.into() }));
        live.reader.read(topic, payload, at, is_snapshot, &mut |value| events.push(Stamped { time, value }));
    }

    /// The clocks, of which the session's is fixed from now on.
    pub(super) fn fix_clock(&mut self) -> Option<Clocks> {
        let clocks = self.clocks()?;
        if self.clock.is_none() {
            self.clock = Some(clocks.session);
            self.live.reader = Reader::new(told_zero(clocks));
        }
        Some(clocks)
    }

    /// True if a connection told the same as a line of the archive, or the line cannot be placed well enough to say that
    /// it did not.
    fn is_told_better(
        &mut self,
        topic: Topic,
        entry: Option<u32>,
        clock: i64,
        clocks: Clocks,
        taken: &mut Taken,
    ) -> bool {
        let Some(utc) = clocks.utc_ms(Origin::Archive, clock) else { return false };
        let spans = self.connections.iter().filter_map(|connection| connection.cover(topic)).collect();
        let is_covered = Cover::of(spans).contains_well(utc);
        let Some(key) = entry.and_then(|entry| self.log.get(entry)).map(Entry::key) else { return is_covered };
        match self.live.meeting.line(key, utc, is_covered) {
            Met::Twin => return true,
            Met::Another => {
                taken.is_late = true;
                return true;
            }
            Met::None => {}
        }
        if is_covered && (!self.archive_zero.is_exact() || self.has_stand_in(topic, utc)) {
            return true;
        }
        self.live.meeting.give(key, utc);
        false
    }

    /// Finds the message that may say the same as a line in other words.
    fn has_stand_in(&mut self, topic: Topic, utc: i64) -> bool {
        let entries = self.log.entries();
        let is_near = |entry: &Entry| {
            entry.topic == topic && !entry.is_snapshot && entry.stamp.abs_diff(utc) <= SAME_MS.unsigned_abs()
        };
        let first = entries.len().saturating_sub(N_RECENT);
        let recent = (0u32..).zip(entries).skip(first);
        let near = recent.filter(|(_, entry)| entry.origin != Origin::Archive && is_near(entry));
        let meeting = &mut self.live.meeting;
        let single = near.filter(|(idx, entry)| meeting.is_single(entry.key(), *idx));
        let stand_in = single.min_by_key(|(_, entry)| entry.stamp.abs_diff(utc)).map(|(idx, _)| idx);
        stand_in.inspect(|entry| self.live.meeting.stand_in(*entry)).is_some()
    }

    /// True if the line of the archive that says the same as a message was given already.
    fn is_told_by_archive(&mut self, entry: Option<u32>, stamp: i64, taken: &mut Taken) -> bool {
        let Some((idx, key)) = entry.and_then(|idx| Some((idx, self.log.get(idx)?.key()))) else { return false };
        let is_told = self.live.meeting.message(key, stamp, idx);
        taken.is_late |= is_told;
        is_told
    }

    /// True if a connection states what its predecessor, which is still open, tells anyway.
    fn is_relieved(&self, number: u32, topic: Topic) -> bool {
        self.connections.get(number as usize).is_some_and(|connection| connection.takes_over(topic))
    }
}

//! Lines: their clocks, their order, and what the feed does to whole messages.

use overcut_domain::SessionTime;

use super::Message;
use super::json::JsonWriter;
use super::quirks::{Dice, Quirks};
use super::text::push_clock;
use crate::decoder::{CLOCK_LEN, archive_clock};
use crate::topic::Topic;

/// Farthest a clock goes back, in milliseconds: the median by which messages of different topics overtake each other in
/// the São Paulo sprint of 2025. Within a topic recordings go back by 9 ms at most, so this is harder on readers.
const MAX_BACK_MS: u32 = 400;

/// Turns texts into messages.
#[derive(Debug)]
pub(super) struct Wire {
    topics: [Sent; Topic::COUNT],
    quirks: Quirks,
    list_dice: Dice,
    clock_dice: Dice,
    repeat_dice: Dice,
}

/// What was sent on a topic.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    n_messages: u32,
    /// The latest clock of its lines.
    clock: SessionTime,
}

impl Wire {
    pub(super) fn new(quirks: Quirks, seed: u64) -> Wire {
        Wire {
            topics: [Sent::default(); Topic::COUNT],
            quirks,
            list_dice: Dice::new(seed, 1),
            clock_dice: Dice::new(seed, 2),
            repeat_dice: Dice::new(seed, 3),
        }
    }

    /// True until anything was sent.
    pub(super) fn is_new(&self) -> bool {
        self.topics.iter().all(|topic| topic.n_messages == 0)
    }

    /// True if the topic is sent at all.
    pub(super) fn carries(&self, topic: Topic) -> bool {
        !self.quirks.missing_topics.iter().any(|name| name == topic.name())
    }

    /// Sends an object. The first of a topic and a full one state everything; an empty one is not sent.
    pub(super) fn send(
        &mut self,
        topic: Topic,
        at: SessionTime,
        is_full: bool,
        out: &mut Vec<Message>,
        mut body: impl FnMut(&mut JsonWriter<'_>),
    ) {
        let is_first = self.sent(topic).n_messages == 0;
        let dice = self.quirks.index_keys.then_some(&mut self.list_dice);
        let mut payload = Vec::with_capacity(128);
        push_clock(&mut payload, at);
        JsonWriter::new(&mut payload, is_first || is_full, dice).message(|json| {
            body(json);
            json.key_frame(is_full);
        });
        if payload.len() > CLOCK_LEN + "{}".len() {
            self.push(topic, at, payload, out);
        }
    }

    /// Sends a line whose text is already there, behind room for its clock.
    pub(super) fn push(&mut self, topic: Topic, at: SessionTime, mut payload: Vec<u8>, out: &mut Vec<Message>) {
        if !self.carries(topic) {
            return;
        }
        let clock = self.clock(topic, at);
        if clock != at {
            let mut text = Vec::with_capacity(CLOCK_LEN);
            push_clock(&mut text, clock);
            payload.splice(..CLOCK_LEN, text);
        }
        debug_assert!(archive_clock(&payload[..CLOCK_LEN]).is_some(), "a line begins with a clock");
        let sent = self.sent(topic);
        sent.n_messages += 1;
        sent.clock = sent.clock.max(clock);
        let message = Message { time: at, channel: topic.name(), payload };
        if self.quirks.duplicated_messages && may_repeat(topic) && self.repeat_dice.one_in(300) {
            out.push(message.clone());
        }
        out.push(message);
    }

    fn sent(&mut self, topic: Topic) -> &mut Sent {
        &mut self.topics[topic as usize]
    }

    /// The clock that the line states: mostly the time of its arrival.
    fn clock(&mut self, topic: Topic, at: SessionTime) -> SessionTime {
        let before = *self.sent(topic);
        if !self.quirks.out_of_order_stamps || before.n_messages == 0 || !may_go_back(topic) {
            return at;
        }
        let back = at - i64::from(self.clock_dice.below(MAX_BACK_MS + 1));
        // A reader takes a clock that goes back for the one before it, so that one must be close.
        let is_close = at.millis_since(before.clock) <= i64::from(MAX_BACK_MS);
        if is_close && back < before.clock && back >= SessionTime::ZERO { back } else { at }
    }
}

/// True if what follows from a message does not depend on when it came, to within half a second.
fn may_go_back(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::CarData
            | Topic::ChampionshipPrediction
            | Topic::DriverList
            | Topic::Heartbeat
            | Topic::OvertakeSeries
            | Topic::Position
            | Topic::TimingStats
            | Topic::TopThree
            | Topic::WeatherData
    )
}

/// True if a message says nothing new when it comes again at once.
fn may_repeat(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::CarData
            | Topic::DriverList
            | Topic::Heartbeat
            | Topic::LapCount
            | Topic::Position
            | Topic::RaceControlMessages
            | Topic::SessionInfo
            | Topic::TimingAppData
            | Topic::TimingData
            | Topic::TimingDataF1
            | Topic::TimingStats
            | Topic::TopThree
            | Topic::TrackStatus
            | Topic::TyreStintSeries
            | Topic::WeatherData
    )
}

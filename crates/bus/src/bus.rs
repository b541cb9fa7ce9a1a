//! What every bus can do.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use crate::{BusError, Format, Message, Record, Topic, WireError};

/// A log of messages in topics and partitions, which keeps them for a while, and groups of consumers that share them.
///
/// Everything is synchronous: consumers are threads that fold. Messages of one key keep their order. Delivery is at least
/// once; numbers tell repeats (see [`crate::Follower`]).
pub trait Bus: Send + Sync {
    /// Makes the topics that are not there, and checks those that are.
    fn prepare(&self) -> Result<(), BusError>;

    /// How many partitions each of [`Topic::Raw`], [`Topic::Events`] and [`Topic::Insights`] has. A session is in the
    /// same one of each. The others have one.
    fn partitions(&self) -> u32;

    /// How messages are written. They are read in either format.
    fn format(&self) -> Format;

    /// Someone who publishes.
    fn publisher(&self) -> Result<Box<dyn Publisher>, BusError>;

    /// A consumer of a group. Every partition belongs to one consumer of the group at a time, in all of `topics`; they
    /// must have the same partitions, and every consumer of a group must name the same ones.
    fn subscribe(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Subscription>, BusError>;

    /// A reader of one partition, which belongs to no group and holds nobody up.
    fn read(&self, topic: Topic, partition: u32, from: Start) -> Result<Box<dyn Reader>, BusError>;

    /// Offset of the first message that is still there, and of the one that will come next.
    fn ends(&self, topic: Topic, partition: u32) -> Result<Range<u64>, BusError>;

    /// Where a group would begin again, beside the end, for every partition of the topics it has committed to.
    fn lag(&self, group: &str) -> Result<Vec<Lag>, BusError>;
}

/// Publishes messages.
///
/// Bounded: when more is on its way than is allowed, publishing waits, and in the end fails with [`BusError::Full`].
/// What is on its way when a publisher is dropped may be lost: [`Publisher::flush`] first.
pub trait Publisher: Send {
    /// Hands a record over. That it arrived is known after [`Publisher::flush`].
    fn publish(&mut self, topic: Topic, key: &str, record: Record) -> Result<(), BusError> {
        self.publish_at(topic, key, record, now_ms())
    }

    /// The same, with what [`Delivery::published_ms`] is going to say: another moment than now for what was due earlier.
    fn publish_at(&mut self, topic: Topic, key: &str, record: Record, published_ms: i64) -> Result<(), BusError>;

    /// Waits until everything handed over is acknowledged. Says if something was refused since the last time.
    fn flush(&mut self, timeout: Duration) -> Result<(), BusError>;

    /// Writes a message and hands it over.
    fn send(&mut self, message: &Message, format: Format) -> Result<(), BusError> {
        self.publish(message.topic(), message.key(), Record::encode(message, format)?)
    }
}

/// A consumer of a group.
///
/// It must be polled often, also when it has nothing to do (see the bus' settings): who does not is taken for dead and
/// loses its partitions. Dropping it leaves the group at once.
pub trait Subscription: Send {
    /// What happens next; `None` if nothing did for `wait`.
    ///
    /// A new partition begins at the group's committed offset of each topic, and where there is none at the first message.
    /// A partition in [`Happening::Revoked`] is given to others when this is called next: until then it is still ours.
    fn poll(&mut self, wait: Duration) -> Result<Option<Happening>, BusError>;

    /// The group's committed offset: where to begin again.
    fn committed(&mut self, topic: Topic, partition: u32) -> Result<Option<u64>, BusError>;

    /// Commits where to begin again, in any partition that this consumer owns, also of topics it does not consume: the
    /// first offset of the oldest session that is still open, not merely the last one seen.
    fn commit(&mut self, topic: Topic, partition: u32, offset: u64) -> Result<(), BusError>;

    /// The next offset to be delivered beside the end, for every partition it owns of every topic it consumes.
    fn lag(&mut self) -> Result<Vec<Lag>, BusError>;
}

/// A reader of one partition.
pub trait Reader: Send {
    /// The next message; `None` if there was none for `wait`.
    fn poll(&mut self, wait: Duration) -> Result<Option<Delivery>, BusError>;

    /// The next offset it looks at.
    fn position(&self) -> u64;
}

/// What a consumer of a group is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A message.
    Delivered(Delivery),
    /// These partitions are ours from now on, in addition to what we have.
    Assigned(Vec<u32>),
    /// These are no longer ours.
    Revoked(Vec<u32>),
}

/// A message, where it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Which topic.
    pub topic: Topic,
    /// Which partition of it.
    pub partition: u32,
    /// Where in that. Offsets grow, but not always by one.
    pub offset: u64,
    /// What it is keyed by.
    pub key: String,
    /// When it was published, by the wall clock of who did, in milliseconds since 1970.
    pub published_ms: i64,
    /// What it says.
    pub record: Record,
}

impl Delivery {
    /// Reads it.
    pub fn message(&self) -> Result<Message, WireError> {
        self.record.decode(self.topic)
    }
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the first message that is still there.
    Beginning,
    /// With this offset, or the first one after it that is still there.
    Offset(u64),
    /// With what comes next.
    End,
}

/// How far behind a consumer or group is in one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// Which topic.
    pub topic: Topic,
    /// Which partition of it.
    pub partition: u32,
    /// The offset it goes on with.
    pub offset: u64,
    /// The offset that the next message will have.
    pub end: u64,
}

impl Lag {
    /// Messages between the two, at most.
    pub fn n_behind(&self) -> u64 {
        self.end.saturating_sub(self.offset)
    }
}

/// The wall clock, in milliseconds since 1970.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// Topics that are consumed together have the same partitions.
pub(crate) fn check_topics(topics: &[Topic]) -> Result<(), BusError> {
    let mixed = || BusError::Mixed(topics.iter().map(|topic| topic.name()).collect::<Vec<_>>().join(", "));
    let first = topics.first().ok_or_else(|| BusError::Settings("a consumer needs at least one topic".into()))?;
    let is_alike = topics.iter().all(|topic| topic.is_partitioned() == first.is_partitioned());
    let is_one = topics.iter().all(|topic| topic == first);
    if first.is_partitioned() && is_alike || is_one { Ok(()) } else { Err(mixed()) }
}

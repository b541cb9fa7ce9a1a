//! What can go wrong.

use std::time::Duration;

use crate::{Topic, WireError};

/// Why the bus could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Nobody answered in time. It may be worth trying again.
    #[error("no answer from {at} within {waited:?}: {reason}")]
    Unreachable {
        /// The brokers.
        at: String,
        /// How long.
        waited: Duration,
        /// What the client says.
        reason: String,
    },
    /// Readers or the broker did not keep up for as long as a publisher waits. What was to be published was not.
    #[error("the queue to topic {topic} was full for {waited:?}")]
    Full {
        /// Where to.
        topic: Topic,
        /// How long.
        waited: Duration,
    },
    /// Messages handed over before were not taken.
    #[error("{n_failed} messages were not taken by the broker, the first on topic {topic} with key {key:?}: {reason}")]
    NotPublished {
        /// How many.
        n_failed: u64,
        /// Where the first was to go.
        topic: Topic,
        /// Its key.
        key: String,
        /// Why.
        reason: String,
    },
    /// Not everything was acknowledged in time; it may still be.
    #[error("{n_pending} messages are not acknowledged after {waited:?}")]
    Pending {
        /// How many.
        n_pending: u64,
        /// How long.
        waited: Duration,
    },
    /// A message is larger than the topic takes.
    #[error("a message of {size} bytes on topic {topic} is larger than the {limit} that are allowed")]
    TooLarge {
        /// Where to.
        topic: Topic,
        /// Its size in bytes.
        size: usize,
        /// The largest size in bytes.
        limit: usize,
    },
    /// The topics that are there are not as configured.
    #[error("topic {name} has {found} partitions, not {wanted}: set partitions = {found}, or use another prefix")]
    Partitions {
        /// The name on the broker.
        name: String,
        /// How many it has.
        found: u32,
        /// How many are configured.
        wanted: u32,
    },
    /// A topic is not there: nobody has prepared the bus.
    #[error("topic {name} is not there: prepare the bus first")]
    NoTopic {
        /// The name on the broker.
        name: String,
    },
    /// There is no such partition.
    #[error("topic {topic} has no partition {partition}: it has {count}")]
    NoPartition {
        /// Which topic.
        topic: Topic,
        /// Which partition was asked for.
        partition: u32,
        /// How many there are.
        count: u32,
    },
    /// Topics that cannot be consumed together: a partition must mean the same sessions in each.
    #[error("topics {0} cannot be consumed together: their partitions differ")]
    Mixed(String),
    /// A partition was asked for that another consumer of the group has now.
    #[error("partition {partition} of topic {topic} does not belong to this consumer")]
    NotOwned {
        /// Which topic.
        topic: Topic,
        /// Which partition.
        partition: u32,
    },
    /// What was configured cannot be used.
    #[error("{0}")]
    Settings(String),
    /// A message cannot be written.
    #[error("cannot write a message")]
    Wire(#[from] WireError),
    /// The broker or the client refuses.
    #[error("cannot {doing}: {reason}")]
    Refused {
        /// What was being done.
        doing: String,
        /// What broker or client say.
        reason: String,
    },
    /// The client cannot go on and must be made anew.
    #[error("the connection to the broker cannot go on: {0}")]
    Fatal(String),
}

//! Publish and subscribe: raw messages, events and insights, in process or over Kafka.
//!
//! Whatever is downstream of a topic is a pure function of a numbered log. A session's messages on a topic bear a
//! [`Number`]: its id, a revision, and a sequence that counts from 0 without holes within a revision. When something turns
//! up late that belonged earlier, the session is told anew under the next revision. So a repeat is recognised and dropped,
//! a hole is seen ([`Follower`]), and any process may be killed: whoever takes over reads the session's log from its first
//! offset, folds it again, and goes on publishing after the last number that is already there. No transactions are needed,
//! and a group's committed offset is not "last seen" but "where to begin again": the first offset of the oldest session
//! that is still open.

mod bus;
mod error;
mod follow;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "kafka")]
mod kafka;
mod memory;
mod message;
mod partition;
mod settings;
mod topic;
mod wire;

pub use bus::{Bus, Delivery, Happening, Lag, Publisher, Reader, Start, Subscription};
pub use error::BusError;
pub use follow::{Follower, Verdict};
#[cfg(feature = "kafka")]
pub use kafka::Kafka;
pub use memory::{InProcess, InProcessSettings};
pub use message::{DeadLetter, Message, Number, Numbered, Progress, Raw, SessionLog, SessionRecord, SessionState};
pub use partition::partition_of;
pub use settings::{BusSettings, KafkaLogin, KafkaSecurity, KafkaSettings};
pub use topic::{Topic, UnknownTopic};
pub use wire::{CONTENT_TYPE_HEADER, Format, MAX_SESSION_BYTES, Record, SCHEMA, SCHEMA_HEADER, WireError};

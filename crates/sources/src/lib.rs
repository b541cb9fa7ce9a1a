//! Origins of timing and telemetry data, translated into events.
//!
//! Two halves that never mix. A [`Recording`] moves bytes: it recognises what a path holds and hands out raw messages
//! in the order of their arrival. A [`Decoder`] thinks: it is pure over those messages, keeps what the feed's delta
//! rules need and nothing else, and counts in a [`DecodeReport`] all that it could not use. Folding the events into
//! the state of a session is not done here.
//!
//! An [`Encoder`] is a decoder's mirror: it writes events as the publisher would.

mod decoder;
mod encode;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod live;
pub mod open_meteo;
pub mod openf1;
mod read;
mod recording;
mod report;
mod tables;
mod topic;
mod wire;

pub use decoder::Decoder;
pub use encode::{ArchiveWriter, Encoder, EncoderConfig, Message, Quirks, WriteError, merge};
pub use format::Format;
pub use read::{Probe, probe, read_events};
pub use recording::{OpenError, ReadError, Recording};
pub use report::{DecodeReport, Garbage, Skip, Tally};

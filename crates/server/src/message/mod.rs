//! Messages in the two encodings, made once and shared by all clients.

mod delta;
mod encode;
mod frame;
mod snapshot;

pub(crate) use delta::DeltaCache;
pub(crate) use encode::{Format, encode};
pub(crate) use frame::{FrameCache, Roster, frame};
pub(crate) use snapshot::SnapshotCache;

//! What arrived, byte for byte.

use crate::SessionTime;

/// One message as it arrived, before anything read it. A recording is a list of these and a decoder's whole input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawMessage<'a> {
    /// When it arrived, on the recording's own clock. Never decreases along one recording.
    pub time: SessionTime,
    /// What it arrived on: a topic such as `TimingData`, a wire such as `frames`, or the name of a file.
    pub channel: &'a str,
    /// The bytes.
    pub payload: &'a [u8],
}

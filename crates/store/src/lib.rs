//! Recordings and table export: what Overcut keeps on disk and what it hands to other programs.
//!
//! A [recording](RecordingWriter) keeps what arrived, byte for byte, and survives being cut off or damaged. Nothing
//! here decodes a message or knows where the data folder is.

mod recording;

pub use recording::{
    Content, ContentDigest, Damage, Origin, ReadError, RecordingInfo, RecordingReader, RecordingWriter, WriteError,
    Written, is_recording, recording_info,
};

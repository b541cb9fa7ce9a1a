//! Recordings: what arrived, byte for byte, in MCAP containers.
//!
//! The container holds [`RawMessage`](overcut_domain::RawMessage)s in order of arrival, in compressed and checksummed
//! chunks, with metadata that says how to decode them. The file can be cut off anywhere (a killed recorder, a full
//! disk) and damaged anywhere, and a reader still gives every message of every whole chunk and says what is lost.
//! `docs/data-folder.md` describes the layout for other programs.

mod bytes;
mod compress;
mod container;
mod digest;
mod encode;
mod info;
mod lock;
mod origin;
mod patient;
mod reader;
mod resume;
mod summary;
mod writer;

pub use digest::ContentDigest;
pub use info::{RecordingInfo, recording_info};
pub use origin::{Content, Origin};
pub use reader::{Damage, ReadError, RecordingReader, is_recording};
pub use resume::Resumed;
pub use writer::{RecordingWriter, WriteError, WriterOptions, Written, part_path};

/// Largest payload of a message: the largest table that anybody had so far is a third of that.
const MAX_MESSAGE_LEN: usize = 256 << 20;
/// Largest chunk that is read, compressed or not: one that was open when the largest message came.
const MAX_CHUNK_LEN: u64 = (MAX_MESSAGE_LEN as u64) + (16 << 20);
/// Largest summary or metadata record that is read.
const MAX_SUMMARY_LEN: u64 = 64 << 20;

//! A cheap look at a recording.

use std::fs::File;
use std::path::Path;

use overcut_domain::SessionTime;

use super::bytes::{Bytes, ChunkHeader, MAGIC, opcode};
use super::origin::{Content, Origin};
use super::reader::{Damage, ReadError, RecordingReader, Step, session_time, walk_to};
use super::summary::{Summary, read_at, read_summary};

/// Enough of a chunk's body for its header.
const CHUNK_HEAD_LEN: u64 = 64;

/// What can be said of a recording without decompressing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingInfo {
    /// Where it comes from and what it is of.
    pub origin: Origin,
    /// What it holds; `None` if its end is missing.
    pub content: Option<Content>,
    /// Messages of each channel, by name; empty if the end is missing.
    pub channels: Vec<(String, u64)>,
    /// Time of the first and the last message; of whole chunks only if the end is missing. `None` without messages.
    pub span: Option<(SessionTime, SessionTime)>,
    /// Size on disk.
    pub size_bytes: u64,
    /// True if the end is there: nothing was cut off. Chunks may be damaged all the same; only reading them tells.
    pub is_whole: bool,
}

/// Looks at a recording: its metadata and summary, or, if the end is missing, the headers of its chunks.
///
/// # Errors
///
/// If the file cannot be read, or is not a recording of ours.
pub fn recording_info(path: &Path) -> Result<RecordingInfo, ReadError> {
    let reader = RecordingReader::open(path)?;
    let mut file = File::open(path)?;
    let size_bytes = file.metadata()?.len();
    let summary = read_summary(&mut file, size_bytes)?;
    let span = match &summary {
        Some(summary) if summary.n_messages == 0 => None,
        Some(summary) => Some((session_time(summary.span_ns.0), session_time(summary.span_ns.1))),
        None => span_of_chunks(&mut file, size_bytes)?,
    };
    let Damage { is_cut_short, .. } = reader.damage();
    Ok(RecordingInfo {
        origin: reader.origin().clone(),
        content: reader.content().cloned(),
        channels: summary.as_ref().map(channel_counts).unwrap_or_default(),
        span,
        size_bytes,
        is_whole: !is_cut_short,
    })
}

/// Messages by topic: a topic with both JSON and other messages has two channels.
fn channel_counts(summary: &Summary) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = Vec::new();
    let mut topics: Vec<_> = summary.channels.iter().collect();
    topics.sort_by_key(|(_, topic)| topic.as_str());
    for (id, topic) in topics {
        let n = summary.counts.get(id).copied().unwrap_or_default();
        match counts.last_mut() {
            Some((last, total)) if last == topic => *total += n,
            _ => counts.push((topic.clone(), n)),
        }
    }
    counts
}

fn span_of_chunks(file: &mut File, size: u64) -> Result<Option<(SessionTime, SessionTime)>, ReadError> {
    let mut span: Option<(u64, u64)> = None;
    let mut at = MAGIC.len() as u64;
    while let Step::Found { offset, len, .. } = walk_to(file, size, &mut at, opcode::CHUNK)? {
        let head = read_at(file, offset, len.min(CHUNK_HEAD_LEN))?;
        let Some(header) = ChunkHeader::read(&mut Bytes(&head)) else { continue };
        let (start, end) = span.unwrap_or((header.start_ns, header.end_ns));
        span = Some((start.min(header.start_ns), end.max(header.end_ns)));
    }
    Ok(span.map(|(start, end)| (session_time(start), session_time(end))))
}

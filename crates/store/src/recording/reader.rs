//! Reads a recording back, whatever became of the file.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use overcut_domain::{RawMessage, SessionTime};

use super::bytes::{Bytes, ChunkHeader, MAGIC, RECORD_HEADER_LEN, opcode, read_channel, read_message};
use super::origin::{self, Content, Origin};
use super::summary::{Summary, read_at, read_summary};
use super::{MAX_CHUNK_LEN, MAX_SUMMARY_LEN};

/// Reads one recording from beginning to end, lending each message.
///
/// Messages come in the order in which they were written. With an intact summary at the file's end, chunks are found
/// through it, so that a damaged one is passed over; without, the file is walked record by record up to where it breaks
/// off. Memory is bounded by one chunk.
#[derive(Debug)]
pub struct RecordingReader<R = File> {
    source: R,
    size: u64,
    origin: Origin,
    content: Option<Content>,
    channels: BTreeMap<u16, String>,
    route: Route,
    /// Records of the running chunk.
    chunk: Vec<u8>,
    /// Where the next record of the chunk begins.
    at: usize,
    next_sequence: u32,
    damage: Damage,
}

/// How the next chunk is found.
#[derive(Debug)]
enum Route {
    /// The rest of the index: offset and length, last first.
    Indexed(Vec<(u64, u64)>),
    /// Record by record, from this offset.
    Walk(u64),
    /// There is none.
    End,
}

/// What is wrong with a file, and how much was lost by it so far. After the last message it is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damage {
    /// True if the file has no intact end: it was cut off, or is still being written.
    pub is_cut_short: bool,
    /// Chunks passed over because they were damaged.
    pub n_bad_chunks: u32,
    /// Metadata records passed over because they were damaged.
    pub n_bad_metadata: u32,
    /// Size of what could not be read, in bytes of the file.
    pub n_lost_bytes: u64,
    /// Messages known to be missing. There may be more in what a cut-off file lacks.
    pub n_lost_messages: u64,
}

impl Damage {
    /// True if there is none.
    pub fn is_none(&self) -> bool {
        *self == Damage::default()
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("whole");
        }
        let mut parts = Vec::new();
        if self.is_cut_short {
            parts.push("the end is missing".to_owned());
        }
        let counted = [
            (u64::from(self.n_bad_chunks), "damaged chunks"),
            (u64::from(self.n_bad_metadata), "damaged metadata records"),
            (self.n_lost_bytes, "bytes unreadable"),
            (self.n_lost_messages, "messages known to be lost"),
        ];
        parts.extend(counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        f.write_str(&parts.join(", "))
    }
}

/// A message of the running chunk, by place, so that the search for it does not hold the chunk.
struct Found {
    channel_id: u16,
    time: SessionTime,
    payload_len: usize,
}

impl RecordingReader<File> {
    /// Opens a recording.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is not a recording of ours.
    pub fn open(path: &Path) -> Result<RecordingReader<File>, ReadError> {
        RecordingReader::new(File::open(path)?)
    }
}

impl<R: Read + Seek> RecordingReader<R> {
    /// Reads a recording from anything that can be read and sought in.
    ///
    /// # Errors
    ///
    /// As for [`open`](RecordingReader::open).
    pub fn new(mut source: R) -> Result<RecordingReader<R>, ReadError> {
        let size = source.seek(io::SeekFrom::End(0))?;
        if !is_recording(&read_at(&mut source, 0, MAGIC.len() as u64)?) {
            return Err(ReadError::NotMcap);
        }
        let summary = read_summary(&mut source, size)?;
        let mut damage = Damage { is_cut_short: summary.is_none(), ..Damage::default() };
        let (origin, content) = read_about(&mut source, size, summary.as_ref(), &mut damage)?;
        let (channels, route) = match summary {
            Some(mut summary) => {
                summary.chunks.reverse();
                (summary.channels, Route::Indexed(summary.chunks))
            }
            None => (BTreeMap::new(), Route::Walk(MAGIC.len() as u64)),
        };
        let chunk = Vec::new();
        Ok(RecordingReader { source, size, origin, content, channels, route, chunk, at: 0, next_sequence: 0, damage })
    }

    /// Where the recording comes from and what it is of.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What the recording should hold; `None` if its end is missing.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// What is wrong with the file, as far as it has been read.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// The next message; `None` after the last.
    ///
    /// # Errors
    ///
    /// If the file cannot be read. Damage is no error: see [`damage`](RecordingReader::damage).
    pub fn next_raw(&mut self) -> Result<Option<RawMessage<'_>>, ReadError> {
        let found = loop {
            if let Some(found) = self.next_in_chunk() {
                break found;
            }
            if !self.next_chunk()? {
                return Ok(None);
            }
        };
        let channel = self.channels.get(&found.channel_id).map_or("", String::as_str);
        let payload = self.chunk.get(self.at - found.payload_len..self.at).unwrap_or_default();
        Ok(Some(RawMessage { time: found.time, channel, payload }))
    }

    /// The next message of the running chunk. Channels on the way there are noted.
    fn next_in_chunk(&mut self) -> Option<Found> {
        loop {
            let mut records = Bytes(self.chunk.get(self.at..)?);
            let Some((opcode, body)) = records.record() else {
                self.damage.n_lost_bytes += records.0.len() as u64;
                self.at = self.chunk.len();
                return None;
            };
            self.at = self.chunk.len() - records.0.len();
            match opcode {
                opcode::CHANNEL => {
                    if let Some((id, topic, _encoding)) = read_channel(body) {
                        self.channels.entry(id).or_insert_with(|| topic.to_owned());
                    }
                }
                opcode::MESSAGE => {
                    let Some((channel_id, sequence, time_ns, payload)) = read_message(body) else { continue };
                    self.damage.n_lost_messages += n_between(self.next_sequence, sequence);
                    self.next_sequence = sequence.wrapping_add(1);
                    if !self.channels.contains_key(&channel_id) {
                        // The channel was made known in a chunk that is lost.
                        self.damage.n_lost_messages += 1;
                        continue;
                    }
                    let time = session_time(time_ns);
                    return Some(Found { channel_id, time, payload_len: payload.len() });
                }
                _ => {}
            }
        }
    }

    /// Goes on to the next chunk that can be read; false if there is none.
    fn next_chunk(&mut self) -> Result<bool, ReadError> {
        self.at = 0;
        self.chunk.clear();
        loop {
            let (offset, len) = match &mut self.route {
                Route::Indexed(chunks) => match chunks.pop() {
                    Some((offset, len)) => {
                        (offset.saturating_add(RECORD_HEADER_LEN), len.saturating_sub(RECORD_HEADER_LEN))
                    }
                    None => break,
                },
                Route::Walk(at) => match walk_to(&mut self.source, self.size, at, opcode::CHUNK)? {
                    Step::Found { offset, len, .. } => (offset, len),
                    Step::End => break,
                    Step::Broken => {
                        self.damage.n_lost_bytes += self.size - *at;
                        break;
                    }
                },
                Route::End => return Ok(false),
            };
            if self.read_chunk(offset, len)? {
                return Ok(true);
            }
            self.damage.n_bad_chunks += 1;
            self.damage.n_lost_bytes += len;
        }
        self.route = Route::End;
        self.count_missing_at_end();
        Ok(false)
    }

    /// Messages lost with the last chunks show in no later sequence number, but in the stated total.
    fn count_missing_at_end(&mut self) {
        let Some(content) = &self.content else { return };
        // Sequence numbers are the low 32 bits of the running number.
        self.damage.n_lost_messages += n_between(self.next_sequence, content.n_messages as u32);
    }

    /// Decompresses the chunk whose record body is there; false if it is damaged.
    fn read_chunk(&mut self, offset: u64, len: u64) -> Result<bool, ReadError> {
        if len > MAX_CHUNK_LEN || offset.checked_add(len).is_none_or(|end| end > self.size) {
            return Ok(false);
        }
        let body = read_at(&mut self.source, offset, len)?;
        let is_good = decompress(&body, &mut self.chunk).is_some();
        if !is_good {
            self.chunk.clear();
        }
        Ok(is_good)
    }
}

/// Messages missing where `next` was expected and `found` came. Sequence numbers wrap; one that went back means nothing.
pub(super) fn n_between(next: u32, found: u32) -> u64 {
    let n = found.wrapping_sub(next);
    if n > u32::MAX / 2 { 0 } else { u64::from(n) }
}

/// Whether a file that begins with these bytes can be a recording: whether it is MCAP.
pub fn is_recording(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Puts the records of a chunk into `records`, if they decompress and match their checksum.
pub(super) fn decompress(body: &[u8], records: &mut Vec<u8>) -> Option<()> {
    let mut body = Bytes(body);
    let header = ChunkHeader::read(&mut body)?;
    let compressed = body.take(usize::try_from(header.compressed_size).ok()?)?;
    records.clear();
    match header.compression {
        "" => records.extend_from_slice(compressed),
        "zstd" => {
            let len = usize::try_from(header.uncompressed_size.min(MAX_CHUNK_LEN)).ok()?;
            records.try_reserve_exact(len).ok()?;
            // The stated size is only believed as far as the input bears it out: one byte more, and it is a lie.
            let mut decoder = zstd::Decoder::new(compressed).ok()?.take(len as u64 + 1);
            decoder.read_to_end(records).ok()?;
        }
        _ => return None,
    }
    let is_right = header.crc == 0 || crc32fast::hash(records) == header.crc;
    (records.len() as u64 == header.uncompressed_size && is_right).then_some(())
}

/// Where a walk over records leads.
pub(super) enum Step {
    /// To a record, by the place of its body.
    Found { opcode: u8, offset: u64, len: u64 },
    /// To the regular end of the data.
    End,
    /// To a record that is cut off or makes no sense.
    Broken,
}

/// Walks from `at` over one record; before a broken one, `at` stays.
pub(super) fn next_record(source: &mut (impl Read + Seek), size: u64, at: &mut u64) -> io::Result<Step> {
    let header = read_at(source, *at, RECORD_HEADER_LEN)?;
    let mut header = Bytes(&header);
    let (Some(opcode), Some(len)) = (header.u8(), header.u64()) else { return Ok(Step::Broken) };
    if matches!(opcode, opcode::DATA_END | opcode::FOOTER) {
        return Ok(Step::End);
    }
    let offset = *at + RECORD_HEADER_LEN;
    let end = offset.checked_add(len).filter(|end| *end <= size);
    let Some(end) = end.filter(|_| opcode != 0) else { return Ok(Step::Broken) };
    *at = end;
    Ok(Step::Found { opcode, offset, len })
}

/// Walks from `at` to the next record of a kind and leaves `at` behind it; at a broken record, `at` stays before it.
pub(super) fn walk_to(source: &mut (impl Read + Seek), size: u64, at: &mut u64, wanted: u8) -> io::Result<Step> {
    loop {
        match next_record(source, size, at)? {
            Step::Found { opcode, .. } if opcode != wanted => {}
            step => return Ok(step),
        }
    }
}

/// Finds out what the recording says about itself.
pub(super) fn read_about(
    source: &mut (impl Read + Seek),
    size: u64,
    summary: Option<&Summary>,
    damage: &mut Damage,
) -> Result<(Origin, Option<Content>), ReadError> {
    let mut about = (None, None);
    for (offset, len) in summary.map(|summary| summary.metadata.as_slice()).unwrap_or_default() {
        let (offset, len) = (offset.saturating_add(RECORD_HEADER_LEN), len.saturating_sub(RECORD_HEADER_LEN));
        read_metadata(source, (offset, len), &mut about, damage)?;
    }
    let mut at = MAGIC.len() as u64;
    // Without a summary the whole file is walked: a live recording says again what it is of once it knows.
    while summary.is_none() || about.0.is_none() {
        let Step::Found { offset, len, .. } = walk_to(source, size, &mut at, opcode::METADATA)? else { break };
        read_metadata(source, (offset, len), &mut about, damage)?;
    }
    let (version, origin) = about.0.ok_or(ReadError::NoOrigin)?;
    if version > origin::FORMAT_VERSION {
        return Err(ReadError::TooNew { version });
    }
    Ok((origin, about.1))
}

/// Takes what one metadata record says. What is said again later counts: a live recording begins before it knows its
/// session.
fn read_metadata(
    source: &mut (impl Read + Seek),
    (offset, len): (u64, u64),
    about: &mut (Option<(u32, Origin)>, Option<Content>),
    damage: &mut Damage,
) -> Result<(), ReadError> {
    let body = read_at(source, offset, len.min(MAX_SUMMARY_LEN))?;
    let mut fields = Bytes(&body);
    let (Some(name), Some(mut entries)) = (fields.str(), fields.str_map()) else {
        damage.n_bad_metadata += 1;
        return Ok(());
    };
    if ![origin::ORIGIN, origin::CONTENT].contains(&name) {
        return Ok(());
    }
    if !origin::unseal(&mut entries) {
        damage.n_bad_metadata += 1;
        return Ok(());
    }
    match name {
        origin::ORIGIN => about.0 = Origin::from_entries(entries).or(about.0.take()),
        _ => about.1 = Content::from_entries(entries).or(about.1.take()),
    }
    Ok(())
}

/// Session time of an MCAP time; what is not a whole millisecond is cut off.
pub(super) fn session_time(ns: u64) -> SessionTime {
    SessionTime::from_millis((ns / 1_000_000) as i64)
}

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("could not read the recording")]
    Io(#[from] io::Error),
    /// It does not begin like an MCAP file.
    #[error("not an MCAP file")]
    NotMcap,
    /// It is MCAP, but does not say what its messages are.
    #[error("an MCAP file, but not a recording: no intact \"overcut.recording\" metadata")]
    NoOrigin,
    /// It was written by a later version.
    #[error("the recording has layout version {version}, and this program reads up to {}", origin::FORMAT_VERSION)]
    TooNew {
        /// Its version.
        version: u32,
    },
}

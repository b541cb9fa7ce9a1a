//! Goes on with a recording that was broken off.
//!
//! Nothing is copied: the file is cut off behind its last whole chunk, where a crash left the beginning of the next one
//! at most, and grows on from there. At every moment of it the file holds every whole chunk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use overcut_domain::{RawMessage, SessionTime};

use super::ContentDigest;
use super::bytes::{Bytes, ChunkHeader, MAGIC, RECORD_HEADER_LEN, opcode, read_channel, read_message};
use super::compress::Levels;
use super::container::{Channel, Chunk, ChunkPlace, Container, Index};
use super::origin::{self, Origin};
use super::reader::{ReadError, Step, decompress, n_between, next_record, session_time};
use super::summary::read_at;
use super::{MAX_CHUNK_LEN, MAX_SUMMARY_LEN};

/// What a broken-off recording still held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// What the recording is of.
    pub origin: Origin,
    /// Messages kept.
    pub n_messages: u64,
    /// Time of the last of them; `None` if there is none.
    pub last: Option<SessionTime>,
    /// Size of what was cut off behind the last whole chunk, in bytes of the file.
    pub n_cut_bytes: u64,
    /// Chunks before that are damaged. They stay in the file as they are.
    pub n_bad_chunks: u32,
}

/// What there is in a file, and how far it is whole.
#[derive(Default)]
pub(super) struct Survey {
    index: Index,
    pub(super) digest: ContentDigest,
    pub(super) origin: Option<Origin>,
    pub(super) n_messages: u64,
    n_kept: u64,
    last: Option<SessionTime>,
    /// The last whole chunk: where it is, and what is in it.
    chunk: Option<(ChunkPlace, Chunk)>,
    bad_chunks: Vec<u64>,
    /// Where what is worth keeping ends.
    keep: u64,
    size: u64,
}

/// Reads an unfinished file from beginning to end, and hands on every message of every whole chunk.
///
/// # Errors
///
/// If the file cannot be read, or holds what is not a recording of ours. A file that never came as far as its first
/// chunk is a recording of nothing.
pub(super) fn survey(file: &mut File, each: &mut dyn FnMut(&RawMessage<'_>)) -> Result<Survey, ReadError> {
    let size = file.seek(SeekFrom::End(0))?;
    let mut survey = Survey { size, ..Survey::default() };
    let head = read_at(file, 0, MAGIC.len() as u64)?;
    // A file that was made but not written when the power went may have its length, but zeros in it.
    if head.len() < MAGIC.len() || head.iter().all(|byte| *byte == 0) {
        return Ok(survey);
    }
    if head != MAGIC {
        return Err(ReadError::NotMcap);
    }
    let mut at = MAGIC.len() as u64;
    let mut records = Vec::new();
    while let Step::Found { opcode, offset, len } = next_record(file, size, &mut at)? {
        match opcode {
            opcode::METADATA => survey.metadata(file, offset, len)?,
            opcode::CHUNK => {
                survey.end_chunk();
                let body = read_at(file, offset, len.min(MAX_CHUNK_LEN))?;
                survey.chunk(&body, offset, &mut records, each);
            }
            opcode::MESSAGE_INDEX => survey.message_index(file, offset, len)?,
            _ => {}
        }
    }
    match survey.origin {
        None if survey.index.chunks.is_empty() && survey.chunk.is_none() && survey.bad_chunks.is_empty() => {
            Ok(Survey { size, ..Survey::default() })
        }
        None => Err(ReadError::NoOrigin),
        Some(_) => Ok(survey),
    }
}

impl Survey {
    fn metadata(&mut self, file: &mut File, offset: u64, len: u64) -> Result<(), ReadError> {
        let body = read_at(file, offset, len.min(MAX_SUMMARY_LEN))?;
        let mut fields = Bytes(&body);
        let (Some(name), Some(mut entries)) = (fields.str(), fields.str_map()) else { return Ok(()) };
        if name != origin::ORIGIN || !origin::unseal(&mut entries) {
            return Ok(());
        }
        let Some((version, origin)) = Origin::from_entries(entries) else { return Ok(()) };
        if version > origin::FORMAT_VERSION {
            return Err(ReadError::TooNew { version });
        }
        self.origin = Some(origin);
        self.index.metadata.push((offset - RECORD_HEADER_LEN, RECORD_HEADER_LEN + len, name.to_owned()));
        if self.keep == 0 {
            self.keep = offset + len;
        }
        Ok(())
    }

    /// Takes the chunk whose record body begins at that offset.
    fn chunk(&mut self, body: &[u8], offset: u64, records: &mut Vec<u8>, each: &mut dyn FnMut(&RawMessage<'_>)) {
        let Some(header) = ChunkHeader::read(&mut Bytes(body)) else {
            self.bad_chunks.push(offset);
            return;
        };
        let place = ChunkPlace {
            span_ns: (header.start_ns, header.end_ns),
            offset: offset - RECORD_HEADER_LEN,
            len: RECORD_HEADER_LEN + body.len() as u64,
            compression: header.compression.to_owned(),
            compressed_size: header.compressed_size,
            uncompressed_size: header.uncompressed_size,
            ..ChunkPlace::default()
        };
        if decompress(body, records).is_none() {
            self.bad_chunks.push(offset);
            // It stays in the index, so that a reader of the whole file sees that something is lost.
            self.index.note(place, &Chunk::default());
            return;
        }
        let chunk = self.messages(records, each);
        self.keep = offset + body.len() as u64;
        self.chunk = Some((place, chunk));
    }

    /// Takes the messages of a chunk.
    fn messages(&mut self, records: &[u8], each: &mut dyn FnMut(&RawMessage<'_>)) -> Chunk {
        let mut chunk = Chunk::default();
        let mut rest = Bytes(records);
        loop {
            let begin = (records.len() - rest.0.len()) as u64;
            let Some((opcode, body)) = rest.record() else { return chunk };
            match opcode {
                opcode::CHANNEL => {
                    let Some((id, topic, encoding)) = read_channel(body) else { continue };
                    let channel = self.index.channels.entry(id).or_default();
                    (channel.topic, channel.encoding) = (topic.to_owned(), encoding.to_owned());
                }
                opcode::MESSAGE => {
                    let Some((id, sequence, time_ns, payload)) = read_message(body) else { continue };
                    self.n_messages += n_between(self.n_messages as u32, sequence) + 1;
                    chunk.note(id, time_ns, begin);
                    let Some(Channel { topic, .. }) = self.index.channels.get(&id).filter(|c| !c.encoding.is_empty())
                    else {
                        continue;
                    };
                    let message = RawMessage { time: session_time(time_ns), channel: topic, payload };
                    self.digest.update(&message);
                    self.n_kept += 1;
                    self.last = self.last.max(Some(message.time));
                    each(&message);
                }
                _ => {}
            }
        }
    }

    fn message_index(&mut self, file: &mut File, offset: u64, len: u64) -> io::Result<()> {
        let Some((place, _)) = &mut self.chunk else { return Ok(()) };
        if let Some(channel_id) = Bytes(&read_at(file, offset, 2)?).u16() {
            place.indexes.insert(channel_id, offset - RECORD_HEADER_LEN);
        }
        place.indexes_len += RECORD_HEADER_LEN + len;
        Ok(())
    }

    /// The last chunk was not the last.
    fn end_chunk(&mut self) {
        if let Some((place, chunk)) = self.chunk.take() {
            self.index.note(place, &chunk);
        }
    }

    /// The channels, by topic and encoding.
    pub(super) fn channels(&self) -> impl Iterator<Item = (u16, &Channel)> {
        self.index
            .channels
            .iter()
            .map(|(id, channel)| (*id, channel))
            .filter(|(_, channel)| !channel.encoding.is_empty())
    }

    /// What is said of it.
    pub(super) fn resumed(&self, origin: Origin) -> Resumed {
        Resumed {
            origin,
            n_messages: self.n_kept,
            last: self.last,
            n_cut_bytes: self.size - self.keep,
            n_bad_chunks: self.bad_chunks.iter().filter(|offset| **offset < self.keep).count() as u32,
        }
    }

    /// Cuts off what is not whole and goes on behind the last whole chunk.
    pub(super) fn into_container(mut self, mut file: File, levels: Levels) -> io::Result<Container> {
        if self.keep == 0 {
            file.set_len(0)?;
            return Container::begin(file, levels);
        }
        file.set_len(self.keep)?;
        let crc = checksum(&mut file, self.keep)?;
        self.index.chunks.retain(|chunk| chunk.offset < self.keep);
        self.index.metadata.retain(|(offset, ..)| *offset < self.keep);
        let mut container = Container::go_on(file, self.keep, crc, self.index, levels)?;
        if let Some((place, chunk)) = self.chunk {
            // Its message indexes may have been cut off: they are written again.
            container.index_chunk(ChunkPlace { indexes: BTreeMap::new(), indexes_len: 0, ..place }, &chunk);
        }
        Ok(container)
    }
}

/// Checksum over the first `len` bytes of a file.
fn checksum(file: &mut File, len: u64) -> io::Result<crc32fast::Hasher> {
    let mut hasher = crc32fast::Hasher::new();
    let mut block = vec![0; 1 << 20];
    file.seek(SeekFrom::Start(0))?;
    let mut rest = file.take(len);
    loop {
        let n = rest.read(&mut block)?;
        if n == 0 {
            return Ok(hasher);
        }
        hasher.update(block.get(..n).unwrap_or_default());
    }
}

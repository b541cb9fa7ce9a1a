//! The MCAP container while it grows: chunks, their indexes, and the summary that comes last.
//!
//! Chunks are put together in memory and written whole, so that a file that ends early ends between two chunks or
//! inside one, but never holds a chunk whose header was to be filled in later.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use super::bytes::{MAGIC, opcode};
use super::compress::{ChunkCompressor, Levels, ZSTD};
use super::encode::{self, integers};
use super::patient::PatientFile;

/// Uncompressed size at which a chunk is closed: large enough to compress well, small enough that a damaged one costs
/// little.
const CHUNK_SIZE: usize = 1 << 20;

/// A container that is being written.
pub(super) struct Container {
    file: PatientFile<File>,
    /// Bytes handed to the file so far, written or waiting.
    offset: u64,
    /// Checksum over them.
    crc: crc32fast::Hasher,
    compressor: ChunkCompressor,
    chunk: Chunk,
    index: Index,
    /// Records under construction; kept for its memory.
    buffer: Vec<u8>,
}

/// What the summary says.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By id.
    pub(super) channels: BTreeMap<u16, Channel>,
    /// In order of writing.
    pub(super) chunks: Vec<ChunkPlace>,
    /// Offset, length and name.
    pub(super) metadata: Vec<(u64, u64, String)>,
    /// Messages in closed chunks.
    pub(super) n_messages: u64,
    /// Earliest and latest of their times, nanoseconds.
    pub(super) span_ns: Option<(u64, u64)>,
}

/// A channel that was made known.
#[derive(Debug, Clone, Default)]
pub(super) struct Channel {
    pub(super) topic: String,
    pub(super) encoding: String,
    /// Messages in closed chunks.
    pub(super) n_messages: u64,
}

/// Where a chunk is, and what in it.
#[derive(Debug, Clone, Default)]
pub(super) struct ChunkPlace {
    pub(super) span_ns: (u64, u64),
    pub(super) offset: u64,
    pub(super) len: u64,
    /// Where the message index of each channel is.
    pub(super) indexes: BTreeMap<u16, u64>,
    pub(super) indexes_len: u64,
    pub(super) compression: String,
    pub(super) compressed_size: u64,
    pub(super) uncompressed_size: u64,
}

/// The running chunk.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) records: Vec<u8>,
    /// Time and offset of the messages of each channel.
    pub(super) messages: BTreeMap<u16, Vec<(u64, u64)>>,
    pub(super) span_ns: Option<(u64, u64)>,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("file", &self.file).field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl Container {
    /// Begins a container in an empty file.
    pub(super) fn begin(file: File, levels: Levels) -> io::Result<Container> {
        let mut container = Container::go_on(file, 0, crc32fast::Hasher::new(), Index::default(), levels)?;
        let mut out = MAGIC.to_vec();
        encode::record(&mut out, opcode::HEADER, |out| {
            encode::str(out, "x-overcut");
            encode::str(out, concat!("overcut ", env!("CARGO_PKG_VERSION")));
        });
        container.push(&out);
        Ok(container)
    }

    /// Goes on behind the first `offset` bytes of a file, of which `crc` is the checksum and `index` the content.
    pub(super) fn go_on(
        file: File,
        offset: u64,
        crc: crc32fast::Hasher,
        index: Index,
        levels: Levels,
    ) -> io::Result<Container> {
        let file = PatientFile::new(file, offset)?;
        let compressor = ChunkCompressor::new(levels)?;
        Ok(Container { file, offset, crc, compressor, chunk: Chunk::default(), index, buffer: Vec::new() })
    }

    /// Makes a channel known and returns its id.
    ///
    /// # Errors
    ///
    /// If there are more channels than MCAP can number.
    pub(super) fn add_channel(&mut self, topic: &str, encoding: &str) -> io::Result<u16> {
        let last = self.index.channels.last_key_value().map_or(0, |(id, _)| *id);
        let id = last.checked_add(1).ok_or_else(|| io::Error::other("more than 65535 channels"))?;
        let channel = Channel { topic: topic.to_owned(), encoding: encoding.to_owned(), n_messages: 0 };
        put_channel(&mut self.chunk.records, id, &channel);
        self.index.channels.insert(id, channel);
        Ok(id)
    }

    /// Adds a message. A chunk that has grown large enough is closed.
    ///
    /// # Errors
    ///
    /// If it cannot be compressed.
    pub(super) fn add_message(
        &mut self,
        channel_id: u16,
        sequence: u32,
        time_ns: u64,
        payload: &[u8],
    ) -> io::Result<()> {
        let offset = self.chunk.records.len() as u64;
        encode::record(&mut self.chunk.records, opcode::MESSAGE, |out| {
            integers!(out, channel_id, sequence, time_ns, time_ns);
            out.extend(payload);
        });
        self.chunk.note(channel_id, time_ns, offset);
        if self.chunk.records.len() >= CHUNK_SIZE { self.close_chunk() } else { Ok(()) }
    }

    /// Closes the running chunk and hands it to the file, where it may have to wait for room.
    ///
    /// # Errors
    ///
    /// If it cannot be compressed.
    pub(super) fn close_chunk(&mut self) -> io::Result<()> {
        if self.chunk.records.is_empty() {
            return Ok(());
        }
        let is_full = self.chunk.records.len() >= CHUNK_SIZE;
        let compressed = self.compressor.compress(&self.chunk.records, is_full)?;
        let place = ChunkPlace {
            span_ns: self.chunk.span_ns.unwrap_or_default(),
            offset: self.offset,
            compression: ZSTD.to_owned(),
            compressed_size: compressed.len() as u64,
            uncompressed_size: self.chunk.records.len() as u64,
            ..ChunkPlace::default()
        };
        let mut out = std::mem::take(&mut self.buffer);
        encode::record(&mut out, opcode::CHUNK, |out| {
            integers!(out, place.span_ns.0, place.span_ns.1, place.uncompressed_size);
            integers!(out, crc32fast::hash(&self.chunk.records));
            encode::str(out, ZSTD);
            integers!(out, place.compressed_size);
            out.extend(compressed);
        });
        let place = ChunkPlace { len: out.len() as u64, ..place };
        self.push(&out);
        out.clear();
        self.buffer = out;
        let chunk = std::mem::take(&mut self.chunk);
        self.index_chunk(place, &chunk);
        self.chunk.records = chunk.records;
        self.chunk.records.clear();
        // One huge message should not hold its memory for the rest of the session.
        self.chunk.records.shrink_to(2 * CHUNK_SIZE);
        self.buffer.shrink_to(2 * CHUNK_SIZE);
        self.compressor.shrink_to(2 * CHUNK_SIZE);
        Ok(())
    }

    /// Writes the message indexes of the chunk that was written last, and notes it.
    pub(super) fn index_chunk(&mut self, mut place: ChunkPlace, chunk: &Chunk) {
        let mut out = Vec::new();
        for (channel_id, messages) in &chunk.messages {
            place.indexes.insert(*channel_id, self.offset + out.len() as u64);
            encode::record(&mut out, opcode::MESSAGE_INDEX, |out| {
                integers!(out, channel_id);
                encode::sized(out, |out| {
                    messages.iter().for_each(|(time_ns, offset)| {
                        integers!(out, time_ns, offset);
                    })
                });
            });
        }
        place.indexes_len = out.len() as u64;
        self.push(&out);
        self.index.note(place, chunk);
    }

    /// Adds a metadata record, behind the running chunk.
    ///
    /// # Errors
    ///
    /// If the chunk cannot be compressed.
    pub(super) fn add_metadata(&mut self, name: &str, entries: &BTreeMap<String, String>) -> io::Result<()> {
        self.close_chunk()?;
        let mut out = Vec::new();
        encode::record(&mut out, opcode::METADATA, |out| {
            encode::str(out, name);
            encode::str_map(out, entries);
        });
        self.index.metadata.push((self.offset, out.len() as u64, name.to_owned()));
        self.push(&out);
        Ok(())
    }

    /// Ends the container: hands the summary to the file.
    ///
    /// # Errors
    ///
    /// If the running chunk cannot be compressed.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.close_chunk()?;
        let mut out = Vec::new();
        let crc = self.crc.clone().finalize();
        encode::record(&mut out, opcode::DATA_END, |out| out.extend(crc.to_le_bytes()));
        let summary_begin = out.len();
        let summary_at = self.offset + summary_begin as u64;
        put_summary(&mut out, &self.index);
        let offsets_at = self.offset + out.len() as u64;
        let offsets = group_offsets(out.get(summary_begin..).unwrap_or_default(), summary_at);
        for (opcode, at, len) in offsets {
            encode::record(&mut out, opcode::SUMMARY_OFFSET, |out| {
                integers!(out, opcode, at, len);
            });
        }
        encode::record(&mut out, opcode::FOOTER, |out| {
            integers!(out, summary_at, offsets_at, 0u32);
        });
        // The checksum covers everything up to itself.
        let checked_len = out.len() - 4;
        let checked = crc32fast::hash(out.get(summary_begin..checked_len).unwrap_or_default());
        out.truncate(checked_len);
        integers!(out, checked);
        out.extend(MAGIC);
        self.push(&out);
        Ok(())
    }

    /// The file beneath.
    pub(super) const fn file(&self) -> &PatientFile<File> {
        &self.file
    }

    /// The file beneath.
    pub(super) const fn file_mut(&mut self) -> &mut PatientFile<File> {
        &mut self.file
    }

    /// Size of the running chunk, uncompressed.
    pub(super) fn chunk_len(&self) -> usize {
        self.chunk.records.len()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.offset += bytes.len() as u64;
        self.file.push(bytes);
    }
}

impl Chunk {
    /// Notes a message by where its record begins.
    pub(super) fn note(&mut self, channel_id: u16, time_ns: u64, offset: u64) {
        self.messages.entry(channel_id).or_default().push((time_ns, offset));
        self.span_ns = Some(around(self.span_ns, (time_ns, time_ns)));
    }
}

impl Index {
    /// Counts what is in a chunk that was written.
    pub(super) fn note(&mut self, place: ChunkPlace, chunk: &Chunk) {
        for (channel_id, messages) in &chunk.messages {
            let n = messages.len() as u64;
            self.n_messages += n;
            self.channels.entry(*channel_id).or_default().n_messages += n;
        }
        if let Some(span_ns) = chunk.span_ns {
            self.span_ns = Some(around(self.span_ns, span_ns));
        }
        self.chunks.push(place);
    }
}

fn around(span: Option<(u64, u64)>, more: (u64, u64)) -> (u64, u64) {
    span.map_or(more, |span| (span.0.min(more.0), span.1.max(more.1)))
}

fn put_channel(out: &mut Vec<u8>, id: u16, channel: &Channel) {
    encode::record(out, opcode::CHANNEL, |out| {
        integers!(out, id, 0u16);
        encode::str(out, &channel.topic);
        encode::str(out, &channel.encoding);
        encode::str_map(out, &BTreeMap::new());
    });
}

fn put_summary(out: &mut Vec<u8>, index: &Index) {
    // Ids whose channel was lost with a damaged chunk stay taken, but there is nothing to say of them.
    let known = || index.channels.iter().filter(|(_, channel)| !channel.encoding.is_empty());
    known().for_each(|(id, channel)| put_channel(out, *id, channel));
    encode::record(out, opcode::STATISTICS, |out| {
        let span_ns = index.span_ns.unwrap_or_default();
        let (n_schemas, n_attachments) = (0u16, 0u32);
        integers!(out, index.n_messages, n_schemas, known().count() as u32, n_attachments);
        integers!(out, index.metadata.len() as u32, index.chunks.len() as u32, span_ns.0, span_ns.1);
        encode::sized(out, |out| {
            known().filter(|(_, channel)| channel.n_messages > 0).for_each(|(id, channel)| {
                integers!(out, id, channel.n_messages);
            })
        });
    });
    for chunk in &index.chunks {
        encode::record(out, opcode::CHUNK_INDEX, |out| {
            integers!(out, chunk.span_ns.0, chunk.span_ns.1, chunk.offset, chunk.len);
            encode::sized(out, |out| {
                chunk.indexes.iter().for_each(|(id, offset)| {
                    integers!(out, id, offset);
                })
            });
            integers!(out, chunk.indexes_len);
            encode::str(out, &chunk.compression);
            integers!(out, chunk.compressed_size, chunk.uncompressed_size);
        });
    }
    for (offset, len, name) in &index.metadata {
        encode::record(out, opcode::METADATA_INDEX, |out| {
            integers!(out, offset, len);
            encode::str(out, name);
        });
    }
}

/// Opcode, offset and length of each run of records of one kind.
fn group_offsets(records: &[u8], at: u64) -> Vec<(u8, u64, u64)> {
    let mut groups: Vec<(u8, u64, u64)> = Vec::new();
    let mut rest = super::bytes::Bytes(records);
    loop {
        let begin = (records.len() - rest.0.len()) as u64;
        let Some((opcode, _)) = rest.record() else { return groups };
        let len = (records.len() - rest.0.len()) as u64 - begin;
        match groups.last_mut() {
            Some(last) if last.0 == opcode => last.2 += len,
            _ => groups.push((opcode, at + begin, len)),
        }
    }
}

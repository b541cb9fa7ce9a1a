//! The summary section at the end of a whole recording: where everything is, without reading it all.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use super::MAX_SUMMARY_LEN;
use super::bytes::{Bytes, MAGIC, RECORD_HEADER_LEN, opcode, read_channel};

/// Length of the footer record with the closing magic.
const TAIL_LEN: u64 = RECORD_HEADER_LEN + 20 + MAGIC.len() as u64;

/// What the summary section says.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// Topic of every channel.
    pub(super) channels: BTreeMap<u16, String>,
    /// Where each chunk is: offset and length with its record header, in order of writing.
    pub(super) chunks: Vec<(u64, u64)>,
    /// Where each metadata record is: offset and length with its record header.
    pub(super) metadata: Vec<(u64, u64)>,
    /// Messages per channel.
    pub(super) counts: BTreeMap<u16, u64>,
    /// Number of messages.
    pub(super) n_messages: u64,
    /// Time of the first and the last message, nanoseconds.
    pub(super) span_ns: (u64, u64),
}

/// Reads the summary of a file of `len` bytes; `None` if it has none or it is damaged.
pub(super) fn read_summary(source: &mut (impl Read + Seek), len: u64) -> io::Result<Option<Summary>> {
    let Some(tail_at) = len.checked_sub(TAIL_LEN) else { return Ok(None) };
    let tail = read_at(source, tail_at, TAIL_LEN)?;
    let Some((start, crc)) = parse_tail(&tail) else { return Ok(None) };
    let Some(body_len) = tail_at.checked_sub(start).filter(|n| (1..=MAX_SUMMARY_LEN).contains(n)) else {
        return Ok(None);
    };
    let body = read_at(source, start, body_len)?;
    Ok(checks_out(&body, &tail, crc).then(|| parse_summary(&body)).flatten())
}

/// Reads exactly `len` bytes at an offset.
pub(super) fn read_at(source: &mut (impl Read + Seek), offset: u64, len: u64) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(offset))?;
    let mut body = Vec::new();
    source.take(len).read_to_end(&mut body)?;
    Ok(body)
}

/// The offset of the summary and its checksum, from the footer.
fn parse_tail(tail: &[u8]) -> Option<(u64, u32)> {
    let mut tail = Bytes(tail);
    let (opcode::FOOTER, footer) = tail.record()? else { return None };
    let mut footer = Bytes(footer);
    let (start, _offsets_start, crc) = (footer.u64()?, footer.u64()?, footer.u32()?);
    (tail.0 == MAGIC).then_some((start, crc))
}

/// True if the summary matches its checksum, which covers the footer up to the checksum itself.
fn checks_out(body: &[u8], tail: &[u8], crc: u32) -> bool {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(body);
    hasher.update(tail.get(..RECORD_HEADER_LEN as usize + 16).unwrap_or_default());
    hasher.finalize() == crc
}

fn parse_summary(body: &[u8]) -> Option<Summary> {
    let mut summary = Summary::default();
    let mut records = Bytes(body);
    while let Some((opcode, body)) = records.record() {
        let mut fields = Bytes(body);
        match opcode {
            opcode::CHANNEL => {
                let (id, topic, _encoding) = read_channel(body)?;
                summary.channels.insert(id, topic.to_owned());
            }
            opcode::CHUNK_INDEX => {
                let (_start, _end) = (fields.u64()?, fields.u64()?);
                summary.chunks.push((fields.u64()?, fields.u64()?));
            }
            opcode::METADATA_INDEX => summary.metadata.push((fields.u64()?, fields.u64()?)),
            opcode::STATISTICS => read_statistics(&mut fields, &mut summary)?,
            _ => {}
        }
    }
    Some(summary)
}

fn read_statistics(fields: &mut Bytes<'_>, summary: &mut Summary) -> Option<()> {
    summary.n_messages = fields.u64()?;
    let (_schemas, _channels, _attachments) = (fields.u16()?, fields.u32()?, fields.u32()?);
    let (_metadata, _chunks) = (fields.u32()?, fields.u32()?);
    summary.span_ns = (fields.u64()?, fields.u64()?);
    let len = fields.u32()?;
    let mut counts = Bytes(fields.take(usize::try_from(len).ok()?)?);
    while let (Some(id), Some(count)) = (counts.u16(), counts.u64()) {
        summary.counts.insert(id, count);
    }
    Some(())
}

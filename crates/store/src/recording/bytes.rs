//! Reads the fixed parts of MCAP records from bytes that nobody vouches for.
//!
//! Every length is held against what is there before it is used, so that no input can make a reader panic or allocate
//! more than it was given.

use std::collections::BTreeMap;

/// Magic bytes at both ends of an MCAP file.
pub(super) const MAGIC: [u8; 8] = [0x89, b'M', b'C', b'A', b'P', 0x30, b'\r', b'\n'];
/// Opcode and length in front of every record.
pub(super) const RECORD_HEADER_LEN: u64 = 9;

/// Opcodes of the records that we know. Others are skipped.
pub(super) mod opcode {
    pub(in super::super) const HEADER: u8 = 0x01;
    pub(in super::super) const FOOTER: u8 = 0x02;
    pub(in super::super) const CHANNEL: u8 = 0x04;
    pub(in super::super) const MESSAGE: u8 = 0x05;
    pub(in super::super) const CHUNK: u8 = 0x06;
    pub(in super::super) const MESSAGE_INDEX: u8 = 0x07;
    pub(in super::super) const CHUNK_INDEX: u8 = 0x08;
    pub(in super::super) const STATISTICS: u8 = 0x0b;
    pub(in super::super) const METADATA: u8 = 0x0c;
    pub(in super::super) const METADATA_INDEX: u8 = 0x0d;
    pub(in super::super) const SUMMARY_OFFSET: u8 = 0x0e;
    pub(in super::super) const DATA_END: u8 = 0x0f;
}

/// A place in a slice; every read returns `None` when there is too little left.
#[derive(Debug, Clone)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn str(&mut self) -> Option<&'a str> {
        let len = self.u32()?;
        std::str::from_utf8(self.take(usize::try_from(len).ok()?)?).ok()
    }

    /// A map of texts, preceded by its length in bytes.
    pub(super) fn str_map(&mut self) -> Option<BTreeMap<String, String>> {
        let len = self.u32()?;
        let mut body = Bytes(self.take(usize::try_from(len).ok()?)?);
        let mut map = BTreeMap::new();
        while !body.0.is_empty() {
            let (key, value) = (body.str()?, body.str()?);
            map.insert(key.to_owned(), value.to_owned());
        }
        Some(map)
    }

    /// The next record: its opcode and its body.
    pub(super) fn record(&mut self) -> Option<(u8, &'a [u8])> {
        let (opcode, len) = (self.u8()?, self.u64()?);
        Some((opcode, self.take(usize::try_from(len).ok()?)?))
    }
}

/// What stands in front of a chunk's compressed records.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChunkHeader<'a> {
    pub(super) start_ns: u64,
    pub(super) end_ns: u64,
    pub(super) uncompressed_size: u64,
    /// Zero if the writer made none.
    pub(super) crc: u32,
    pub(super) compression: &'a str,
    /// Length of the compressed records, which follow.
    pub(super) compressed_size: u64,
}

impl<'a> ChunkHeader<'a> {
    /// Reads the header of a chunk's body and moves on to the compressed records.
    pub(super) fn read(body: &mut Bytes<'a>) -> Option<ChunkHeader<'a>> {
        Some(ChunkHeader {
            start_ns: body.u64()?,
            end_ns: body.u64()?,
            uncompressed_size: body.u64()?,
            crc: body.u32()?,
            compression: body.str()?,
            compressed_size: body.u64()?,
        })
    }
}

/// A channel's id, topic and message encoding.
pub(super) fn read_channel(body: &[u8]) -> Option<(u16, &str, &str)> {
    let mut body = Bytes(body);
    let (id, _schema_id) = (body.u16()?, body.u16()?);
    Some((id, body.str()?, body.str()?))
}

/// A message's channel, sequence number, time in nanoseconds, and payload.
pub(super) fn read_message(body: &[u8]) -> Option<(u16, u32, u64, &[u8])> {
    let mut body = Bytes(body);
    let (channel_id, sequence, log_time_ns, _publish_time) = (body.u16()?, body.u32()?, body.u64()?, body.u64()?);
    Some((channel_id, sequence, log_time_ns, body.0))
}

//! Compresses chunks.

use std::io;

/// Name of the compression.
pub(super) const ZSTD: &str = "zstd";

/// Zstandard's levels, for the two ways in which a chunk comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Levels {
    /// Of chunks that were flushed before they were full.
    pub(super) flushed: i32,
    /// Of chunks that grew full before they were flushed.
    pub(super) full: i32,
}

/// Compresses one chunk after the other, in memory that it keeps.
pub(super) struct ChunkCompressor {
    zstd: zstd::bulk::Compressor<'static>,
    levels: Levels,
    /// The level that is set.
    level: i32,
    compressed: Vec<u8>,
}

impl ChunkCompressor {
    pub(super) fn new(levels: Levels) -> io::Result<ChunkCompressor> {
        let zstd = zstd::bulk::Compressor::new(levels.flushed)?;
        Ok(ChunkCompressor { zstd, levels, level: levels.flushed, compressed: Vec::new() })
    }

    /// The compressed records, until the next ones are.
    ///
    /// # Errors
    ///
    /// If Zstandard cannot: for want of memory.
    pub(super) fn compress(&mut self, records: &[u8], is_full: bool) -> io::Result<&[u8]> {
        let level = if is_full { self.levels.full } else { self.levels.flushed };
        if level != self.level {
            self.zstd.set_compression_level(level)?;
            self.level = level;
        }
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(records.len()));
        self.zstd.compress_to_buffer(records, &mut self.compressed)?;
        Ok(&self.compressed)
    }

    /// Gives back memory beyond so many bytes.
    pub(super) fn shrink_to(&mut self, len: usize) {
        self.compressed.clear();
        self.compressed.shrink_to(len);
    }
}

//! Unpacks a gzip file whose size is not to be believed.

use libdeflater::{DecompressionError, Decompressor};

/// Largest table that is read, unpacked. The largest real one takes 20 MiB.
const LARGEST: usize = 512 << 20;

/// Unpacks a gzip file of one member.
///
/// # Errors
///
/// A sentence if the bytes are no gzip file, are damaged, or unpack to more than 512 MiB.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>, String> {
    // The last four bytes say how long the contents are, modulo 2^32. That is a hint: a damaged file may lie, so it
    // only sets where the search for a sufficient buffer begins.
    let tail = packed.last_chunk::<4>().ok_or("too short")?;
    let hint = u32::from_le_bytes(*tail) as usize;
    // Deflate packs no tighter than 1032:1, so a larger hint is a lie that would only cost memory.
    let mut size = hint.clamp(1 << 10, LARGEST).min(packed.len().saturating_mul(1_032));
    let mut decompressor = Decompressor::new();
    loop {
        let mut contents = vec![0; size];
        match decompressor.gzip_decompress(packed, &mut contents) {
            Ok(length) => {
                contents.truncate(length);
                return Ok(contents);
            }
            Err(DecompressionError::InsufficientSpace) if size < LARGEST => size = (size * 4).min(LARGEST),
            Err(DecompressionError::InsufficientSpace) => return Err(format!("larger than {LARGEST} bytes")),
            Err(DecompressionError::BadData) => return Err("bad data".into()),
        }
    }
}

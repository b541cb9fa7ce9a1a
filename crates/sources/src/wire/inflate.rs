//! Texts of the `.z` topics: base64 of raw DEFLATE of JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Decompress, FlushDecompress, Status};

use crate::report::Skip;

/// Most bytes one message may inflate to. Real ones have about 10 kB; a keyframe never more than 100 kB.
const MAX_LEN: usize = 4 << 20;

/// Inflates one text after the other into the same buffers.
pub(crate) struct Inflate {
    packed: Vec<u8>,
    plain: Vec<u8>,
    engine: Decompress,
}

impl Default for Inflate {
    fn default() -> Self {
        Inflate { packed: Vec::new(), plain: Vec::new(), engine: Decompress::new(false) }
    }
}

impl Inflate {
    /// The JSON behind a base64 text.
    pub(crate) fn text(&mut self, base64: &[u8]) -> Result<&str, Skip> {
        self.packed.clear();
        STANDARD.decode_vec(base64, &mut self.packed).map_err(|_| Skip::NotBase64)?;
        self.inflate()?;
        let plain = self.plain.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.plain);
        std::str::from_utf8(plain).map_err(|_| Skip::NotUtf8)
    }

    fn inflate(&mut self) -> Result<(), Skip> {
        self.engine.reset(false);
        self.plain.clear();
        self.plain.reserve(self.packed.len().saturating_mul(6).min(MAX_LEN));
        loop {
            let from = usize::try_from(self.engine.total_in()).unwrap_or(usize::MAX);
            let rest = self.packed.get(from..).unwrap_or_default();
            let before = self.plain.len();
            let status = self.engine.decompress_vec(rest, &mut self.plain, FlushDecompress::Finish);
            match status.map_err(|_| Skip::NotDeflate)? {
                Status::StreamEnd => return Ok(()),
                _ if self.plain.len() >= MAX_LEN => return Err(Skip::TooLarge),
                _ if self.plain.len() == before && self.plain.len() < self.plain.capacity() => {
                    return Err(Skip::NotDeflate); // no progress although there was room: the text is cut off
                }
                _ => self.plain.reserve(self.plain.len().max(4096)),
            }
        }
    }
}

//! Packs texts as the `.z` topics do: base64 of raw DEFLATE.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libdeflater::{CompressionLvl, Compressor};

/// How hard to try, of 12. At level 1 a sprint's samples take an eighth more room than the publisher's own messages, and
/// all of the sprint is written in 0.16 s.
const LEVEL: i32 = 1;

/// Packs one text after the other into the same buffer.
pub(super) struct Pack {
    packed: Vec<u8>,
    engine: Compressor,
}

impl Default for Pack {
    fn default() -> Self {
        let level = CompressionLvl::new(LEVEL).unwrap_or_default();
        Pack { packed: Vec::new(), engine: Compressor::new(level) }
    }
}

impl Pack {
    /// Appends the packed text.
    pub(super) fn append(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let bound = self.engine.deflate_compress_bound(text.len());
        if self.packed.len() < bound {
            self.packed.resize(bound, 0);
        }
        // The buffer is as large as the bound asks for, so there is always room.
        let len = self.engine.deflate_compress(text, &mut self.packed).unwrap_or(0);
        let packed = self.packed.get(..len).unwrap_or_default();
        let from = out.len();
        out.resize(from + len.div_ceil(3) * 4, 0);
        let room = out.get_mut(from..).unwrap_or_default();
        let written = STANDARD.encode_slice(packed, room).unwrap_or(0);
        out.truncate(from + written);
    }
}

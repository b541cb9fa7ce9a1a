//! Texts of the `.z` topics: base64 of raw DEFLATE of JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libdeflater::{DecompressionError, Decompressor};

use crate::report::Skip;

/// Most bytes one message may inflate to. Real ones have about 5 kB; a key frame never more than 100 kB.
const MAX_LEN: usize = 4 << 20;

/// Room to begin with: no real message needs more.
const FIRST_LEN: usize = 64 << 10;

/// Inflates one text after the other into the same buffers.
///
/// The engine is libdeflate and not `flate2`: the messages are small, and it inflates a session's ten thousand of them
/// in 30 ms where zlib-rs takes 43 ms.
pub(crate) struct Inflate {
    packed: Vec<u8>,
    plain: Vec<u8>,
    engine: Decompressor,
}

impl Default for Inflate {
    fn default() -> Self {
        Inflate { packed: Vec::new(), plain: Vec::new(), engine: Decompressor::new() }
    }
}

impl Inflate {
    /// The JSON behind a base64 text.
    pub(crate) fn text(&mut self, base64: &[u8]) -> Result<&[u8], Skip> {
        self.packed.clear();
        STANDARD.decode_vec(base64, &mut self.packed).map_err(|_| Skip::NotBase64)?;
        if self.plain.is_empty() {
            self.plain.resize(FIRST_LEN, 0);
        }
        let len = loop {
            match self.engine.deflate_decompress(&self.packed, &mut self.plain) {
                Ok(len) => break len,
                Err(DecompressionError::BadData) => return Err(Skip::NotDeflate),
                Err(DecompressionError::InsufficientSpace) if self.plain.len() < MAX_LEN => {
                    self.plain.resize(self.plain.len() * 2, 0);
                }
                Err(DecompressionError::InsufficientSpace) => return Err(Skip::TooLarge),
            }
        };
        let plain = self.plain.get(..len).unwrap_or_default();
        Ok(plain.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(plain: &[u8]) -> String {
        let mut engine = libdeflater::Compressor::default();
        let mut out = vec![0; engine.deflate_compress_bound(plain.len())];
        let len = engine.deflate_compress(plain, &mut out).unwrap();
        STANDARD.encode(&out[..len])
    }

    #[test]
    fn inflates_and_refuses() {
        let mut inflate = Inflate::default();
        let good = packed(b"\xEF\xBB\xBF{\"Entries\":[]}");
        assert_eq!(inflate.text(good.as_bytes()), Ok(b"{\"Entries\":[]}".as_slice()));
        assert_eq!(inflate.text(b"%%%%"), Err(Skip::NotBase64));
        assert_eq!(inflate.text(b""), Err(Skip::NotDeflate));
        assert_eq!(inflate.text(&good.as_bytes()[..8]), Err(Skip::NotDeflate));
        assert_eq!(inflate.text(packed(&[b'x'; 200_000]).as_bytes()).map(<[u8]>::len), Ok(200_000));
        assert_eq!(inflate.text(packed(&vec![b'x'; MAX_LEN + 1]).as_bytes()), Err(Skip::TooLarge));
    }
}

//! The fingerprint of a recording's content.

use std::fmt::Write as _;

use overcut_domain::RawMessage;
use sha2::{Digest, Sha256};

/// SHA-256 over the raw messages of a recording, in order.
///
/// It depends on the messages alone, not on how they are cut into chunks or compressed, so two recordings with the same
/// digest hold the same bytes. Each message enters as its time in milliseconds (64 bits), the length of its channel's
/// name (32 bits), the name, the length of its payload (64 bits), and the payload; integers are little-endian.
#[derive(Debug, Clone, Default)]
pub struct ContentDigest(Sha256);

impl ContentDigest {
    /// Adds the next message.
    pub fn update(&mut self, message: &RawMessage<'_>) {
        self.0.update(message.time.as_millis().to_le_bytes());
        self.0.update((message.channel.len() as u32).to_le_bytes());
        self.0.update(message.channel);
        self.0.update((message.payload.len() as u64).to_le_bytes());
        self.0.update(message.payload);
    }

    /// The digest as 64 hexadecimal digits.
    pub fn finish(self) -> String {
        self.0.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

//! Lays out MCAP records.

use std::collections::BTreeMap;

use super::bytes::RECORD_HEADER_LEN;

/// Adds a record: its opcode, its length, and what `body` writes.
pub(super) fn record(out: &mut Vec<u8>, opcode: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len() + RECORD_HEADER_LEN as usize;
    out.push(opcode);
    out.extend(0u64.to_le_bytes());
    body(out);
    let len = (out.len() - begin) as u64;
    if let Some(place) = out.get_mut(begin - 8..begin) {
        place.copy_from_slice(&len.to_le_bytes());
    }
}

/// Adds a text after its length.
pub(super) fn str(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

/// Adds what `body` writes after its length in bytes, as maps and arrays are laid out.
pub(super) fn sized(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len() + 4;
    out.extend(0u32.to_le_bytes());
    body(out);
    let len = (out.len() - begin) as u32;
    if let Some(place) = out.get_mut(begin - 4..begin) {
        place.copy_from_slice(&len.to_le_bytes());
    }
}

/// Adds a map of texts.
pub(super) fn str_map(out: &mut Vec<u8>, entries: &BTreeMap<String, String>) {
    sized(out, |out| {
        for (key, value) in entries {
            str(out, key);
            str(out, value);
        }
    });
}

/// Adds integers.
macro_rules! integers {
    ($out:expr, $($value:expr),+ $(,)?) => { $( $out.extend($value.to_le_bytes()); )+ };
}
pub(super) use integers;

//! Deltas, encoded once per format.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::ws::Message;
use overcut_timeline::Entry;

use super::{Format, encode};
use crate::{convert, wire};

/// Versions in one block of the cache.
const BLOCK: u64 = 64;

/// Blocks kept: some 8000 messages of about 1 kB. Clients at the same place share theirs; one elsewhere in the session
/// needs a few blocks of its own.
const MAX_BLOCKS: usize = 128;

/// The messages of one version, made when first wanted.
#[derive(Debug, Default)]
struct Slot {
    json: OnceLock<Message>,
    msgpack: OnceLock<Message>,
}

type Block = Arc<[Slot]>;

/// Encoded deltas by version. Holds the blocks used last; others are encoded again when wanted.
#[derive(Debug, Default)]
pub(crate) struct DeltaCache {
    // A lock for the look-up alone: encoding happens outside it.
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    /// Each with the count of look-ups when it was last used.
    by_number: BTreeMap<u64, (Block, u64)>,
    n_lookups: u64,
}

impl DeltaCache {
    /// The message of an entry.
    pub(crate) fn message(&self, format: Format, entry: &Entry) -> Message {
        let block = self.blocks.lock().unwrap_or_else(PoisonError::into_inner).get(entry.version / BLOCK);
        let make = || {
            let delta = wire::ServerMessage::Delta {
                version: entry.version,
                t_ms: convert::millis(entry.time),
                item: convert::item(entry),
            };
            encode(format, &delta)
        };
        let Some(slot) = block.get((entry.version % BLOCK) as usize) else { return make() };
        let message = match format {
            Format::Json => &slot.json,
            Format::Msgpack => &slot.msgpack,
        };
        message.get_or_init(make).clone()
    }
}

impl Blocks {
    fn get(&mut self, number: u64) -> Block {
        self.n_lookups += 1;
        let n_lookups = self.n_lookups;
        if !self.by_number.contains_key(&number) && self.by_number.len() >= MAX_BLOCKS {
            let oldest = self.by_number.iter().min_by_key(|(_, (_, used))| *used).map(|(number, _)| *number);
            oldest.and_then(|number| self.by_number.remove(&number));
        }
        let new = || ((0..BLOCK).map(|_| Slot::default()).collect(), 0);
        let (block, used) = self.by_number.entry(number).or_insert_with(new);
        *used = n_lookups;
        block.clone()
    }
}

//! One car's samples in order of their own time.

use std::ops::Range;

use overcut_domain::SessionTime;

use crate::packed::Packed;
use crate::telemetry::Inserted;

/// Samples sorted by time, one per moment.
///
/// Of two samples with the same time the smaller in [`Packed`] order stays, whichever came first: the content depends
/// on what was delivered, never on the order of delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column<P> {
    samples: Vec<P>,
    /// Set while a batch is taken in that has late samples.
    late: Option<Late>,
}

/// What is out of order: everything from index `sorted_len` on, none of it earlier than `from_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Late {
    sorted_len: usize,
    from_ms: i32,
}

impl<P: Packed> Column<P> {
    pub(crate) fn new() -> Self {
        Column { samples: Vec::new(), late: None }
    }

    pub(crate) fn samples(&self) -> &[P] {
        &self.samples
    }

    pub(crate) fn capacity_bytes(&self) -> usize {
        self.samples.capacity() * size_of::<P>()
    }

    /// Takes a sample in. Call [`Column::settle`] after the last one of a batch.
    pub(crate) fn push(&mut self, sample: P, inserted: &mut Inserted) {
        let len = self.samples.len();
        match self.samples.last_mut() {
            Some(last) if sample.time_ms() == last.time_ms() => {
                *last = sample.min(*last);
                inserted.duplicates += 1;
                return;
            }
            Some(last) if sample.time_ms() < last.time_ms() => {
                let late = self.late.get_or_insert(Late { sorted_len: len, from_ms: sample.time_ms() });
                late.from_ms = late.from_ms.min(sample.time_ms());
                inserted.late += 1;
            }
            _ => {}
        }
        if len == self.samples.capacity() {
            self.samples.reserve_exact(growth(len));
        }
        self.samples.push(sample);
        inserted.added += 1;
    }

    /// Puts the late samples of a batch where they belong.
    pub(crate) fn settle(&mut self, inserted: &mut Inserted) {
        let Some(Late { sorted_len, from_ms }) = self.late.take() else { return };
        let sorted = self.samples.get(..sorted_len).unwrap_or(&self.samples);
        let mut tail = self.samples.split_off(sorted.partition_point(|s| s.time_ms() < from_ms));
        let n_before = tail.len();
        // A few rising runs, which the standard sort merges in linear time.
        tail.sort();
        tail.dedup_by_key(|s| s.time_ms());
        let n_dropped = n_before - tail.len();
        inserted.added = inserted.added.saturating_sub(n_dropped);
        inserted.duplicates += n_dropped;
        self.samples.append(&mut tail);
    }

    /// Index of the first sample after `time`, which is the number of samples up to and including it.
    pub(crate) fn n_until(&self, time: SessionTime) -> usize {
        self.samples.partition_point(|s| i64::from(s.time_ms()) <= time.as_millis())
    }

    /// Samples from `range.start` on and before `range.end`.
    pub(crate) fn between(&self, range: Range<SessionTime>) -> &[P] {
        let from = self.samples.partition_point(|s| i64::from(s.time_ms()) < range.start.as_millis());
        let to = self.samples.partition_point(|s| i64::from(s.time_ms()) < range.end.as_millis());
        self.samples.get(from..to).unwrap_or(&[])
    }
}

/// By how many samples a full column grows: in proportion, so that growing stays cheap, yet with little to spare,
/// because there are two columns for each of some twenty cars.
fn growth(len: usize) -> usize {
    if len < 4096 { len.max(64) } else { 4096.max(len / 8) }
}

//! How late messages are, counted in bins that are fine where it matters.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Delays below this have a bin for each millisecond; above, bins are a thirty-second of what they hold.
const FINE_MS: u64 = 64;
const BITS: u32 = 5;

/// Delays of many messages, in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Delays {
    counts: Vec<u64>,
    n: u64,
    sum_ms: u64,
    max_ms: u64,
}

impl Delays {
    /// Counts one that was published then and is there now, both by the wall clock in milliseconds since 1970.
    pub fn note_since(&mut self, published_ms: i64, now_ms: i64) {
        self.note(now_ms.saturating_sub(published_ms).max(0).unsigned_abs());
    }

    /// Counts one.
    pub fn note(&mut self, ms: u64) {
        let bin = bin_of(ms);
        if self.counts.len() <= bin {
            self.counts.resize(bin + 1, 0);
        }
        self.counts[bin] += 1;
        self.n += 1;
        self.sum_ms = self.sum_ms.saturating_add(ms);
        self.max_ms = self.max_ms.max(ms);
    }

    /// Counts what others have counted, too.
    pub fn merge(&mut self, other: &Delays) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, n)| *sum += n);
        self.n += other.n;
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        self.max_ms = self.max_ms.max(other.max_ms);
    }

    /// How many were counted.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// All of them together, milliseconds.
    pub fn sum_ms(&self) -> u64 {
        self.sum_ms
    }

    /// The longest, milliseconds.
    pub fn max_ms(&self) -> u64 {
        self.max_ms
    }

    /// What a share of them does not exceed, milliseconds, to a bin.
    pub fn quantile_ms(&self, share: f64) -> u64 {
        let rank = (share * self.n as f64).ceil() as u64;
        let mut below = 0;
        let bin = self.counts.iter().position(|n| {
            below += n;
            below >= rank
        });
        bin.map_or(0, last_of).min(self.max_ms)
    }

    /// How many took no longer than that, to a bin.
    pub fn n_within(&self, ms: u64) -> u64 {
        self.counts.iter().take(bin_of(ms) + 1).sum()
    }
}

impl Serialize for Delays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Delays", 5)?;
        fields.serialize_field("n", &self.n)?;
        for (name, share) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
            fields.serialize_field(name, &self.quantile_ms(share))?;
        }
        fields.serialize_field("max_ms", &self.max_ms)?;
        fields.end()
    }
}

fn bin_of(ms: u64) -> usize {
    if ms < FINE_MS {
        return ms as usize;
    }
    let shift = ms.ilog2() - BITS;
    FINE_MS as usize + ((shift as usize - 1) << BITS) + ((ms >> shift) as usize - (1 << BITS))
}

/// The longest delay of a bin.
fn last_of(bin: usize) -> u64 {
    let Some(above) = bin.checked_sub(FINE_MS as usize) else { return bin as u64 };
    let shift = (above >> BITS) + 1;
    let first = ((1 << BITS) + (above & ((1 << BITS) - 1)) as u64) << shift;
    first + (1 << shift) - 1
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn bins_follow_each_other_without_holes() {
        for ms in (0..100_000).chain([1 << 40, (1 << 50) + 12_345]) {
            let bin = bin_of(ms);
            assert!(last_of(bin) >= ms && (bin == 0 || last_of(bin - 1) < ms), "{ms}");
            assert!(last_of(bin) - ms <= ms / 32, "{ms} is counted as {}", last_of(bin));
        }
    }

    #[test]
    fn quantiles_are_those_of_what_was_noted() {
        let mut delays = Delays::default();
        (1..=1000).for_each(|ms| delays.note_since(5_000, 5_000 + ms));
        delays.note_since(9_000, 8_000); // clocks of two machines may differ
        assert_eq!((delays.n(), delays.quantile_ms(1.0), delays.n_within(50)), (1001, 1000, 51));
        assert_eq!(delays.quantile_ms(0.05), 50);
        assert!((990..=1000).contains(&delays.quantile_ms(0.99)));
        assert_eq!(Delays::default().quantile_ms(0.5), 0);
    }

    #[test]
    fn two_counts_are_one_of_all() {
        let count = |delays: &[u64]| {
            let mut sum = Delays::default();
            delays.iter().for_each(|ms| sum.note(*ms));
            sum
        };
        for (one, other) in [(&[3, 700][..], &[5][..]), (&[5], &[3, 700]), (&[], &[9])] {
            let mut merged = count(one);
            merged.merge(&count(other));
            let all = count(&[one, other].concat());
            assert_eq!(serde_json::to_string(&merged).unwrap(), serde_json::to_string(&all).unwrap());
            assert_eq!((merged.sum_ms(), merged.max_ms()), (all.sum_ms(), all.max_ms()));
        }
    }
}

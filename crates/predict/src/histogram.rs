//! Quantiles of a stream in constant memory.

/// Counts in equal bins, which forget slowly: when they are full, all are halved.
///
/// A quantile of many samples is not moved by the few of one episode, so a baseline kept here cannot be poisoned by
/// what it is there to find.
#[derive(Debug, Clone)]
pub(crate) struct Histogram<const N: usize> {
    low: f32,
    step: f32,
    counts: [u16; N],
    n: u32,
}

impl<const N: usize> Histogram<N> {
    /// Bins of width `step` from `low` on; what lies outside counts in the outermost bins.
    pub(crate) fn new(low: f32, step: f32) -> Self {
        Histogram { low, step, counts: [0; N], n: 0 }
    }

    /// Counts a value.
    pub(crate) fn add(&mut self, value: f32) {
        // The cast saturates: negative and NaN become the first bin.
        let bin = (((value - self.low) / self.step) as usize).min(N.saturating_sub(1));
        if let Some(count) = self.counts.get_mut(bin) {
            *count += 1;
            self.n += 1;
            if *count == u16::MAX {
                self.halve();
            }
        }
    }

    /// Values counted and not yet forgotten.
    pub(crate) fn n(&self) -> u32 {
        self.n
    }

    /// The value below which `share` of all lie, to the lower edge of its bin. `None` if nothing was counted.
    pub(crate) fn quantile(&self, share: f32) -> Option<f32> {
        if self.n == 0 {
            return None;
        }
        let wanted = (share * self.n as f32) as u32;
        let mut seen = 0;
        for (bin, count) in self.counts.iter().enumerate() {
            seen += u32::from(*count);
            if seen > wanted {
                return Some(self.low + bin as f32 * self.step);
            }
        }
        Some(self.low + N as f32 * self.step)
    }

    fn halve(&mut self) {
        self.n = 0;
        for count in &mut self.counts {
            *count /= 2;
            self.n += u32::from(*count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_quantiles_and_survives_any_value() {
        let mut histogram = Histogram::<100>::new(0.0, 1.0);
        assert_eq!(histogram.quantile(0.5), None);
        (0..1000).for_each(|i| histogram.add((i % 100) as f32));
        assert_eq!(histogram.quantile(0.5), Some(50.0));
        assert_eq!(histogram.quantile(0.99), Some(99.0));
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1e30] {
            histogram.add(value);
        }
        assert_eq!(histogram.n(), 1004);
        assert_eq!(histogram.quantile(0.5), Some(49.0));
    }

    #[test]
    fn a_long_stream_does_not_overflow() {
        let mut histogram = Histogram::<4>::new(0.0, 1.0);
        (0..1_000_000).for_each(|_| histogram.add(2.0));
        assert_eq!(histogram.quantile(0.5), Some(2.0));
    }
}

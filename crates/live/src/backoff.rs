//! How long to wait after a failure.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Exponential back-off with full jitter: each failure doubles the span, and the pause is drawn from all of it, so that
/// many programs that lost one server do not come back at once.
///
/// Exponential Backoff And Jitter, AWS Architecture Blog, 2015.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    n_failures: u32,
}

impl Backoff {
    /// Pauses from half of `first` up to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff { first, longest, n_failures: 0 }
    }

    /// The pause after another failure. Never less than half of the first span: no loop is ever busy.
    pub fn pause(&mut self) -> Duration {
        let span = self.first.saturating_mul(1 << self.n_failures.min(16)).min(self.longest);
        self.n_failures = self.n_failures.saturating_add(1);
        let least = (self.first / 2).min(span);
        least + (span - least).mul_f64(any_share())
    }

    /// Failures since the last success.
    pub const fn n_failures(&self) -> u32 {
        self.n_failures
    }

    /// Forgets the failures: it worked again.
    pub const fn succeeded(&mut self) {
        self.n_failures = 0;
    }
}

/// Any number from 0 to 1, other each time: a fresh hasher of the standard library has random keys.
fn any_share() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_are_never_nothing() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        let mut backoff = Backoff::new(first, longest);
        for n in 0..40 {
            let span = first.saturating_mul(1 << n.min(16)).min(longest);
            let pause = backoff.pause();
            assert!(pause >= first / 2 && pause <= span, "failure {n}: {pause:?}");
        }
        backoff.succeeded();
        assert!(backoff.pause() <= first);
    }
}

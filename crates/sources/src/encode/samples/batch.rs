//! Holds samples back, as the publisher's own collector does.

use overcut_domain::SessionTime;

use super::Sample;
use crate::encode::quirks::{Dice, Quirks};

/// No sample is later than this. In the Chinese GP sprint of 2026 the latest was 2.08 s late, half of them under 0.4 s.
const MAX_LATE_MS: i64 = 2_100;
/// One batch in so many is a long one.
const LONG_ONE_IN: u32 = 200;

/// Samples that wait for the rest of their batch.
pub(super) struct Batch<T> {
    waiting: Vec<T>,
    /// When the batch is complete, and when it must go whatever is missing. Only while something waits.
    due: SessionTime,
    overdue: SessionTime,
    /// Decides how long to wait; nothing ever waits without.
    dice: Option<Dice>,
}

impl<T: Sample> Batch<T> {
    pub(super) fn new(quirks: &Quirks, dice: Dice) -> Batch<T> {
        let dice = quirks.late_batches.then_some(dice);
        let never = SessionTime::MAX;
        Batch { waiting: Vec::new(), due: never, overdue: never, dice }
    }

    /// Adds samples that arrive `at`; returns all that are to be sent now. Then call [`Batch::clear`].
    pub(super) fn add(&mut self, at: SessionTime, samples: &[T]) -> Option<&[T]> {
        let oldest = samples.iter().map(T::time).min()?;
        if self.waiting.is_empty() {
            self.due = at + i64::from(self.dice.as_mut().map_or(0, hold_ms));
            self.overdue = SessionTime::MAX;
        }
        self.overdue = self.overdue.min((oldest + MAX_LATE_MS).max(at));
        self.waiting.extend_from_slice(samples);
        (at >= self.due.min(self.overdue)).then_some(&*self.waiting)
    }

    /// When the batch must go whatever is missing; `None` if nothing waits.
    pub(super) fn overdue(&self) -> Option<SessionTime> {
        (!self.waiting.is_empty()).then_some(self.overdue)
    }

    pub(super) fn waiting(&self) -> &[T] {
        &self.waiting
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

/// How long a batch waits for more samples.
fn hold_ms(dice: &mut Dice) -> u32 {
    if dice.one_in(LONG_ONE_IN) { 1_600 + dice.below(300) } else { 550 + dice.below(400) }
}

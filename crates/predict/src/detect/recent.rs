//! The last samples of one car.

use std::collections::VecDeque;

use overcut_domain::CarSample;

/// How many samples are kept: a dozen seconds.
const KEPT: usize = 64;

/// The last samples of one car in order of their own time, newest first to ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recent(VecDeque<CarSample>);

impl Recent {
    pub(crate) fn push(&mut self, sample: CarSample) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The sample `back` places before the newest, which is 0.
    pub(crate) fn back(&self, back: usize) -> Option<&CarSample> {
        self.0.len().checked_sub(back + 1).and_then(|i| self.0.get(i))
    }

    /// From the newest to the oldest.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &CarSample> {
        self.0.iter().rev()
    }
}

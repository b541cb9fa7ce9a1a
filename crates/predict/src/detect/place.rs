//! Where a car was, from its last position fixes.

use std::collections::VecDeque;

use overcut_domain::{PositionSample, SessionTime};

/// Fixes kept: more than the samples wait.
const KEPT: usize = 32;
/// A fix further away in time than this says nothing about a sample.
const NEAR_MS: i64 = 500;

/// A point on the circuit's own grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x_dm: i32,
    pub(crate) y_dm: i32,
}

/// The last position fixes of one car, in order of their own time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fixes(VecDeque<(SessionTime, Place)>);

impl Fixes {
    /// Takes a fix in, wherever it belongs; a second one of the same moment is dropped.
    pub(crate) fn insert(&mut self, fix: &PositionSample) {
        let place = Place { x_dm: fix.x_dm, y_dm: fix.y_dm };
        let at = self.0.iter().rposition(|(time, _)| *time <= fix.time).map_or(0, |i| i + 1);
        if at > 0 && self.0.get(at - 1).is_some_and(|(time, _)| *time == fix.time) {
            return;
        }
        if self.0.len() == KEPT {
            if at == 0 {
                return;
            }
            self.0.pop_front();
            self.0.insert(at - 1, (fix.time, place));
        } else {
            self.0.insert(at, (fix.time, place));
        }
    }

    /// When the newest fix was taken.
    pub(crate) fn newest(&self) -> Option<SessionTime> {
        self.0.back().map(|(time, _)| *time)
    }

    /// The fix nearest to a moment, if one is near.
    pub(crate) fn at(&self, time: SessionTime) -> Option<Place> {
        let nearest = self.0.iter().min_by_key(|(at, _)| at.millis_since(time).abs())?;
        (nearest.0.millis_since(time).abs() <= NEAR_MS).then_some(nearest.1)
    }
}

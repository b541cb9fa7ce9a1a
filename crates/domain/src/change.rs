//! What a delta says about one value.

use serde::{Deserialize, Serialize};

/// What a delta says about one value: nothing, that it is gone, or what it is now.
///
/// Feeds send only what changed and clear a value by sending an empty text, so "absent" and "empty" differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Change<T> {
    /// Not mentioned: the old value stands.
    #[default]
    Keep,
    /// Mentioned and empty: there is no value any more.
    Clear,
    /// Mentioned with a value.
    Set(T),
}

impl<T> Change<T> {
    /// Applies the change to a slot.
    ///
    /// ```
    /// # use overcut_domain::Change;
    /// let mut last_lap = Some(1);
    /// Change::Keep.apply(&mut last_lap);
    /// assert_eq!(last_lap, Some(1));
    /// Change::Set(2).apply(&mut last_lap);
    /// assert_eq!(last_lap, Some(2));
    /// Change::Clear.apply(&mut last_lap);
    /// assert_eq!(last_lap, None);
    /// ```
    pub fn apply(self, slot: &mut Option<T>) {
        match self {
            Change::Keep => {}
            Change::Clear => *slot = None,
            Change::Set(value) => *slot = Some(value),
        }
    }

    /// The new value, if one was given.
    pub fn set(self) -> Option<T> {
        match self {
            Change::Set(value) => Some(value),
            Change::Keep | Change::Clear => None,
        }
    }

    /// True if the delta does not mention the value.
    pub fn is_keep(&self) -> bool {
        matches!(self, Change::Keep)
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// A stated value: `None` clears.
    fn from(value: Option<T>) -> Self {
        value.map_or(Change::Clear, Change::Set)
    }
}

//! What a detector says: an alert without the things only the caller knows.

use overcut_domain::{AlertKind, Evidence, SessionTime};

/// One episode, as its detector tells it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) kind: AlertKind,
    pub(crate) started_at: SessionTime,
    pub(crate) peak_at: SessionTime,
    pub(crate) ended_at: Option<SessionTime>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) confidence: f32,
    pub(crate) text: String,
}

/// A figure and what it is held against.
pub(crate) fn evidence(what: &str, value: f32, reference: f32, unit: &str) -> Evidence {
    Evidence { what: what.to_owned(), value, reference, unit: unit.to_owned() }
}

/// A confidence between `low` and `high`, growing with `value` from `none` to `full`.
pub(crate) fn confidence(value: f32, (none, full): (f32, f32), (low, high): (f32, f32)) -> f32 {
    let share = ((value - none) / (full - none)).clamp(0.0, 1.0);
    low + share * (high - low)
}

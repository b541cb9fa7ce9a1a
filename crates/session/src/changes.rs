//! The list of changed parts that the caller of the fold is given.

use crate::Part;

/// Appends parts to the caller's list, each at most once per event.
pub(crate) struct Changes<'a> {
    parts: &'a mut Vec<Part>,
    /// Where this event's parts begin; what stands before is the caller's.
    from: usize,
}

impl<'a> Changes<'a> {
    pub(crate) fn new(parts: &'a mut Vec<Part>) -> Self {
        let from = parts.len();
        Changes { parts, from }
    }

    pub(crate) fn add(&mut self, part: Part) {
        // From the back: an event mostly repeats the part it named last.
        if !self.parts[self.from..].iter().rev().any(|known| *known == part) {
            self.parts.push(part);
        }
    }
}

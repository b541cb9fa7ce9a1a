//! Telling what is new in a numbered log from what was seen.

use crate::Number;

/// Follows the numbers of one session on one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Follower {
    revision: u32,
    next: u64,
}

/// What a number means for who follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the next one.
    Next,
    /// The session is told anew: forget what was made of it, then take this one.
    Anew,
    /// Seen before, or of a revision that has been replaced: drop it.
    Repeat,
    /// Messages before it are missing; it was not taken. Whoever wants to go on all the same follows from it.
    Hole {
        /// The revision and sequence that should have come.
        expected: (u32, u64),
    },
}

impl Follower {
    /// Expects that sequence of that revision next.
    pub fn from(revision: u32, sequence: u64) -> Follower {
        Follower { revision, next: sequence }
    }

    /// Judges a number, and takes it if it is next or begins anew.
    pub fn take(&mut self, number: &Number) -> Verdict {
        let expected = (self.revision, self.next);
        if number.revision < self.revision || (number.revision == self.revision && number.sequence < self.next) {
            return Verdict::Repeat;
        }
        let is_anew = number.revision > self.revision;
        if number.sequence != if is_anew { 0 } else { self.next } {
            return Verdict::Hole { expected: if is_anew { (number.revision, 0) } else { expected } };
        }
        *self = Follower { revision: number.revision, next: number.sequence.saturating_add(1) };
        if is_anew && expected != (0, 0) { Verdict::Anew } else { Verdict::Next }
    }

    /// The revision, and the sequence expected next.
    pub fn expected(&self) -> (u32, u64) {
        (self.revision, self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_holes_and_new_beginnings_are_told_apart() {
        let mut follower = Follower::default();
        let steps = [
            ((0, 0), Verdict::Next),
            ((0, 1), Verdict::Next),
            ((0, 1), Verdict::Repeat),
            ((0, 0), Verdict::Repeat),
            ((0, 3), Verdict::Hole { expected: (0, 2) }),
            ((0, 2), Verdict::Next),
            ((1, 1), Verdict::Hole { expected: (1, 0) }),
            ((1, 0), Verdict::Anew),
            ((0, 3), Verdict::Repeat), // the old engine still had it on its way
            ((1, 1), Verdict::Next),
            ((3, 0), Verdict::Anew),
        ];
        for ((revision, sequence), want) in steps {
            let number = Number { session: "a".into(), revision, sequence };
            assert_eq!(follower.take(&number), want, "{revision}.{sequence}");
        }
        assert_eq!(follower.expected(), (3, 1));
    }

    #[test]
    fn a_log_may_begin_with_a_later_revision() {
        let number = Number { session: "a".into(), revision: 4, sequence: 0 };
        assert_eq!(Follower::default().take(&number), Verdict::Next, "there is nothing to forget");
        let number = Number { session: "a".into(), revision: 0, sequence: 7 };
        assert_eq!(Follower::from(0, 7).take(&number), Verdict::Next);
    }
}

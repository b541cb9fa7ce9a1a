//! A root between two bounds.

/// A rising function's root between two bounds, narrowed by false position with the Illinois rule (Dowell & Jarratt,
/// BIT 11, 1971): when one bound has moved twice in a row, the value at the other is halved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    low: f64,
    low_value: f64,
    high: f64,
    high_value: f64,
    moved: Option<Bound>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    Low,
    High,
}

impl Bracket {
    /// Between two arguments and their values, the first below zero and the second above.
    pub(super) fn new((low, low_value): (f64, f64), (high, high_value): (f64, f64)) -> Self {
        Bracket { low, low_value, high, high_value, moved: None }
    }

    /// Where to look next.
    pub(super) fn guess(&self) -> f64 {
        (self.low * self.high_value - self.high * self.low_value) / (self.high_value - self.low_value)
    }

    /// Takes in the value at a guess.
    pub(super) fn narrow(&mut self, at: f64, value: f64) {
        if value > 0.0 {
            if self.moved == Some(Bound::High) {
                self.low_value *= 0.5;
            }
            (self.high, self.high_value, self.moved) = (at, value, Some(Bound::High));
        } else {
            if self.moved == Some(Bound::Low) {
                self.high_value *= 0.5;
            }
            (self.low, self.low_value, self.moved) = (at, value, Some(Bound::Low));
        }
    }

    /// The greatest argument known to have a value of zero or less.
    pub(super) fn low(&self) -> f64 {
        self.low
    }

    /// How far the bounds are apart.
    pub(super) fn width(&self) -> f64 {
        self.high - self.low
    }
}

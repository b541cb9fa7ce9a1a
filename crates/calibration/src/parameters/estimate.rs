//! A value that is not known exactly.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A value, the interval that holds the true one with 95 %, and how many observations that is from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Observations.
    pub n: usize,
}

impl Estimate {
    /// A value with an interval this far to both sides.
    pub fn normal(value: f64, half_width: f64, n: usize) -> Estimate {
        Estimate { value, low: value - half_width, high: value + half_width, n }
    }

    /// A value that is no estimate: a choice, or a fact.
    pub fn fixed(value: f64) -> Estimate {
        Estimate { value, low: value, high: value, n: 0 }
    }

    /// The same in another unit, `factor` of which make one of this.
    #[must_use]
    pub fn times(self, factor: f64) -> Estimate {
        Estimate { value: self.value * factor, low: self.low * factor, high: self.high * factor, n: self.n }
    }

    /// The same, with all of it inside a range.
    #[must_use]
    pub fn clamped(self, least: f64, most: f64) -> Estimate {
        let within = |value: f64| value.clamp(least, most);
        Estimate { value: within(self.value), low: within(self.low), high: within(self.high), n: self.n }
    }
}

/// As in a file: four significant digits, more than any of them deserves and few enough to read.
impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [value, low, high] = [self.value, self.low, self.high].map(Digits);
        write!(f, "{{ value = {value}, low = {low}, high = {high}, n = {} }}", self.n)
    }
}

/// A number to four significant digits, always with a decimal point so that it reads back as a float.
struct Digits(f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = if self.0 == 0.0 { 0 } else { self.0.abs().log10().floor() as i32 };
        let decimals = usize::try_from(3 - magnitude).unwrap_or(0).clamp(1, 12);
        let text = format!("{:.decimals$}", self.0);
        let text = text.trim_end_matches('0');
        let text = if text.ends_with('.') { format!("{text}0") } else { text.to_owned() };
        f.write_str(if text == "-0.0" { "0.0" } else { &text })
    }
}

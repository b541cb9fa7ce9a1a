//! Identifiers that must not be mixed up.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The racing number of a car, which is its key within one session.
///
/// Numbers change between seasons, so across seasons the key is (season, number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DriverNumber(pub u16);

impl fmt::Display for DriverNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DriverNumber {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(DriverNumber)
    }
}

/// The number of a lap as shown on screen: the first lap is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LapNumber(pub u16);

impl LapNumber {
    /// The lap after this one.
    pub fn next(self) -> LapNumber {
        LapNumber(self.0.saturating_add(1))
    }
}

impl fmt::Display for LapNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

//! Gaps and intervals as timing screens state them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{LapNumber, LapTime};

/// The distance to the leader (gap) or to the car ahead (interval).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// This car leads, on this lap.
    Leader(LapNumber),
    /// Behind by this time.
    Time(LapTime),
    /// Behind by whole laps.
    Laps(u16),
}

impl fmt::Display for Gap {
    /// As on screen: `LAP 12`, `+0.725`, `+1:09.473`, `+1 LAP`, `+2 LAPS`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gap::Leader(lap) => write!(f, "LAP {lap}"),
            Gap::Time(time) => write!(f, "+{time}"),
            Gap::Laps(1) => write!(f, "+1 LAP"),
            Gap::Laps(n) => write!(f, "+{n} LAPS"),
        }
    }
}

impl FromStr for Gap {
    type Err = ParseGapError;

    /// Reads every form the feeds use: `+0.725`, `0.725`, `+1:09.473`, `1L`, `2 L`, `+1 LAP`, `+2 LAPS`, `LAP 12`.
    ///
    /// ```
    /// # use overcut_domain::{Gap, LapNumber, LapTime};
    /// assert_eq!("+1:09.473".parse(), Ok(Gap::Time(LapTime::from_millis(69_473))));
    /// assert_eq!("31L".parse(), Ok(Gap::Laps(31)));
    /// assert_eq!("LAP 12".parse(), Ok(Gap::Leader(LapNumber(12))));
    /// ```
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseGapError { text: text.chars().take(40).collect() };
        let body = text.trim();
        if let Some(lap) = body.strip_prefix("LAP ") {
            return lap.trim().parse().map(|n| Gap::Leader(LapNumber(n))).map_err(|_| fail());
        }
        let body = body.strip_prefix('+').unwrap_or(body);
        let laps = ["LAPS", "LAP", "L"].into_iter().find_map(|unit| body.strip_suffix(unit));
        match laps {
            Some(n) => n.trim().parse().map(Gap::Laps).map_err(|_| fail()),
            None => body.parse().map(Gap::Time).map_err(|_| fail()),
        }
    }
}

/// A text that is not a gap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid gap {text:?}: want something like \"+0.725\", \"1L\", \"+2 LAPS\" or \"LAP 12\"")]
pub struct ParseGapError {
    /// The offending text, shortened.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_printed_gap_reads_back(kind in 0..3, n in 0u16..2000, millis in 0u32..7_200_000) {
            let gap = match kind {
                0 => Gap::Leader(LapNumber(n)),
                1 => Gap::Laps(n),
                _ => Gap::Time(LapTime::from_millis(millis)),
            };
            assert_eq!(gap.to_string().parse(), Ok(gap));
        }
    }

    #[test]
    fn refuses_what_is_not_a_gap() {
        for text in ["", "+", "L", "LAP", "LAP x", "-0.3", "+1.2.3", "NaN"] {
            assert!(text.parse::<Gap>().is_err(), "{text:?}");
        }
    }
}

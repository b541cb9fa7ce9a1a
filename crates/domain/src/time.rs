//! Time: the session's own clock, UTC, and lap times, all exact integers of milliseconds.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A moment on the session's clock, in milliseconds since the feed's own zero. It orders everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionTime(i64);

impl SessionTime {
    /// The feed's zero.
    pub const ZERO: SessionTime = SessionTime(0);
    /// Later than anything a feed can send.
    pub const MAX: SessionTime = SessionTime(i64::MAX / 4);

    /// From milliseconds since the feed's zero.
    pub const fn from_millis(millis: i64) -> Self {
        SessionTime(millis)
    }

    /// Milliseconds since the feed's zero.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Seconds since the feed's zero, for models and plots.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Milliseconds from `earlier` to this moment; negative if this one is the earlier.
    pub const fn millis_since(self, earlier: SessionTime) -> i64 {
        self.0 - earlier.0
    }
}

impl Add<i64> for SessionTime {
    type Output = SessionTime;

    /// Moves the moment by milliseconds.
    fn add(self, millis: i64) -> SessionTime {
        SessionTime(self.0.saturating_add(millis))
    }
}

impl Sub<i64> for SessionTime {
    type Output = SessionTime;

    /// Moves the moment back by milliseconds.
    fn sub(self, millis: i64) -> SessionTime {
        SessionTime(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for SessionTime {
    /// `H:MM:SS.mmm`, with a leading minus before the feed's zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let millis = self.0.unsigned_abs();
        let (seconds, millis) = (millis / 1000, millis % 1000);
        write!(f, "{sign}{}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

impl FromStr for SessionTime {
    type Err = ParseTimeError;

    /// Reads `HH:MM:SS` with an optional fraction.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason| ParseTimeError { text: text.chars().take(40).collect(), reason };
        let mut parts = text.trim().splitn(3, ':');
        let mut next = || parts.next().ok_or_else(|| fail("want HH:MM:SS.mmm"));
        let (hours, minutes, seconds) = (next()?, next()?, next()?);
        let hours = digits(hours).ok_or_else(|| fail("hours are not a number"))?;
        let minutes = digits(minutes).filter(|m| *m < 60).ok_or_else(|| fail("minutes are not below 60"))?;
        let millis = seconds_as_millis(seconds).filter(|s| *s < 60_000).ok_or_else(|| fail("bad seconds"))?;
        Ok(SessionTime((hours * 3600 + minutes * 60) * 1000 + millis))
    }
}

/// A moment in UTC, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcTime(i64);

impl UtcTime {
    /// From milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        UtcTime(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for UtcTime {
    /// ISO 8601 with milliseconds and `Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl FromStr for UtcTime {
    type Err = ParseTimeError;

    /// Reads ISO 8601 with any number of fractional digits, with `Z`, an offset, or no zone at all (then it is UTC).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return Ok(UtcTime(timestamp.as_millisecond()));
        }
        let fail = |reason| ParseTimeError { text: text.chars().take(40).collect(), reason };
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| fail("want an ISO 8601 date and time"))?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| fail("date out of range"))?;
        Ok(UtcTime(zoned.timestamp().as_millisecond()))
    }
}

/// A lap or sector time, exact to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LapTime(u32);

impl LapTime {
    /// From milliseconds.
    pub const fn from_millis(millis: u32) -> Self {
        LapTime(millis)
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> u32 {
        self.0
    }

    /// In seconds, for models and plots.
    pub fn as_secs_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl fmt::Display for LapTime {
    /// As on screen: `1:23.456`, and `28.107` under a minute.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0 / 1000, self.0 % 1000);
        match seconds / 60 {
            0 => write!(f, "{seconds}.{millis:03}"),
            minutes => write!(f, "{minutes}:{:02}.{millis:03}", seconds % 60),
        }
    }
}

impl FromStr for LapTime {
    type Err = ParseTimeError;

    /// Reads `1:23.456`, `83.456`, and `1:02:03.4` for the very long ones.
    ///
    /// ```
    /// # use overcut_domain::LapTime;
    /// assert_eq!("1:23.456".parse::<LapTime>().unwrap().as_millis(), 83_456);
    /// assert_eq!("63.412".parse::<LapTime>().unwrap().as_millis(), 63_412); // a long sector: seconds may pass 59
    /// assert!("1:63.412".parse::<LapTime>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason| ParseTimeError { text: text.chars().take(40).collect(), reason };
        let (minutes, seconds) = match text.rsplit_once(':') {
            None => (0, text),
            Some((head, seconds)) => {
                let (hours, minutes) = match head.split_once(':') {
                    None => (Some(0), digits(head)),
                    Some((hours, minutes)) => (digits(hours), digits(minutes).filter(|m| *m < 60)),
                };
                let (Some(hours), Some(minutes)) = (hours, minutes) else { return Err(fail("bad minutes")) };
                (hours * 60 + minutes, seconds)
            }
        };
        let millis = seconds_as_millis(seconds).ok_or_else(|| fail("bad seconds"))?;
        if minutes > 0 && millis >= 60_000 {
            return Err(fail("more than 59 seconds in a minute"));
        }
        u32::try_from(minutes * 60_000 + millis).map(LapTime).map_err(|_| fail("too long"))
    }
}

/// A text that is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid time {text:?}: {reason}")]
pub struct ParseTimeError {
    /// The offending text, shortened.
    pub text: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A run of one to nine ASCII digits as a number.
fn digits(text: &str) -> Option<i64> {
    let ok = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    ok.then(|| text.bytes().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

/// `SS` or `SS.fff…` in milliseconds; digits past the third are cut off, as timing screens do.
fn seconds_as_millis(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut millis = digits(whole)? * 1000;
    if text.contains('.') {
        digits(fraction.get(..fraction.len().min(9))?)?;
        for (digit, weight) in fraction.bytes().zip([100, 10, 1]) {
            millis += i64::from(digit - b'0') * weight;
        }
    }
    Some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_utc_as_feeds_write_it() {
        let cases = [
            ("2026-03-14T02:59:13.2138255Z", Some(1_773_457_153_213)),
            ("2025-10-25T21:00:00.13Z", Some(1_761_426_000_130)),
            ("2025-10-26T19:20:00", Some(1_761_506_400_000)), // race control: no zone, and UTC all the same
            ("2025-10-26T20:46:37.358000+00:00", Some(1_761_511_597_358)),
            ("2025-10-26T21:24:01+01:00", Some(1_761_510_241_000)),
            ("yesterday", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<UtcTime>().ok().map(UtcTime::as_millis), want, "{text:?}");
        }
    }

    #[test]
    fn reads_the_session_clock() {
        let cases = [
            ("00:57:07.107", Some(3_427_107)),
            ("01:59:59", Some(7_199_000)),
            ("00:61:00.000", None),
            ("1:2", None),
            ("", None),
            ("ab:cd:ef", None),
            ("00:00:01.12345678\u{e9}", None), // nine bytes end in the middle of a letter
        ];
        for (text, want) in cases {
            assert_eq!(text.parse::<SessionTime>().ok().map(SessionTime::as_millis), want, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_printed_lap_time_reads_back(millis in 0u32..86_400_000) {
            let time = LapTime::from_millis(millis);
            assert_eq!(time.to_string().parse::<LapTime>(), Ok(time));
        }

        #[test]
        fn a_printed_session_time_reads_back(millis in 0i64..100_000_000) {
            let time = SessionTime::from_millis(millis);
            assert_eq!(time.to_string().parse::<SessionTime>(), Ok(time));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = (text.parse::<LapTime>(), text.parse::<SessionTime>(), text.parse::<UtcTime>());
        }
    }
}

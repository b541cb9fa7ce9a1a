//! Names of sessions, as they stand in keys and in the names of files.

use std::fmt;
use std::str::FromStr;

/// Longest name, in bytes: what a key of every database takes.
const MAX_LEN: usize = 180;

/// The name of a session, such as `2026-chinese-grand-prix-sprint`: letters, digits, `-`, `_` and `.`, the first of them
/// a letter or digit. So it is the name of a file on any system, and leads out of no folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins_well && text.len() <= MAX_LEN && text.bytes().all(is_plain) {
            return Ok(SessionId(text.to_owned()));
        }
        Err(InvalidSessionId { text: text.chars().take(MAX_LEN).collect() })
    }
}

/// A text that cannot name a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} cannot name a session: want letters, digits, -, _ and ., at most {MAX_LEN}")]
pub struct InvalidSessionId {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_out_of_no_folder() {
        for good in ["2026-chinese-grand-prix-sprint", "a", "live_20261130.2"] {
            assert_eq!(good.parse::<SessionId>().map(|id| id.to_string()).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "-x", "a b", "ä", "a\0", "*", &"x".repeat(181)] {
            assert!(bad.parse::<SessionId>().is_err(), "{bad:?}");
        }
    }
}

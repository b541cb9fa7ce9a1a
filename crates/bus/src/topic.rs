//! The topics.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A topic. Its name on a broker has a prefix before it, as in `overcut.events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What arrived, byte for byte.
    Raw,
    /// The same, translated.
    Events,
    /// What was concluded from the events, and how far engines have come.
    Insights,
    /// Which sessions there are: the latest record of each counts.
    Sessions,
    /// What could not be read.
    Dead,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 5] = [Topic::Raw, Topic::Events, Topic::Insights, Topic::Sessions, Topic::Dead];

    /// Its name without a prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::Raw => "raw",
            Topic::Events => "events",
            Topic::Insights => "insights",
            Topic::Sessions => "sessions",
            Topic::Dead => "dead",
        }
    }

    /// True if its messages belong to sessions, which are spread over partitions: the same in every such topic.
    pub const fn is_partitioned(self) -> bool {
        matches!(self, Topic::Raw | Topic::Events | Topic::Insights)
    }

    /// True if only the latest record of each key is kept.
    pub const fn is_compacted(self) -> bool {
        matches!(self, Topic::Sessions)
    }

    /// Place in [`Topic::ALL`].
    pub(crate) const fn idx(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Topic::ALL
            .into_iter()
            .find(|topic| topic.name() == text)
            .ok_or_else(|| UnknownTopic(text.chars().take(40).collect()))
    }
}

/// A text that names no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no topic is called {0:?}")]
pub struct UnknownTopic(String);

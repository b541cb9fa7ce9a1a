//! Tyres.

use serde::{Deserialize, Serialize};

/// The compound of a set of tyres, as the sport names it on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compound {
    /// Softest of 2018.
    Hypersoft,
    /// Used to 2018.
    Ultrasoft,
    /// Used to 2018.
    Supersoft,
    /// Red.
    Soft,
    /// Yellow.
    Medium,
    /// White.
    Hard,
    /// Used in 2018.
    Superhard,
    /// Green.
    Intermediate,
    /// Blue.
    Wet,
    /// A prototype in a tyre test.
    TestUnknown,
    /// The feed does not say.
    #[default]
    Unknown,
}

impl Compound {
    /// Every compound, softest first.
    pub const ALL: [Compound; 11] = [
        Compound::Hypersoft,
        Compound::Ultrasoft,
        Compound::Supersoft,
        Compound::Soft,
        Compound::Medium,
        Compound::Hard,
        Compound::Superhard,
        Compound::Intermediate,
        Compound::Wet,
        Compound::TestUnknown,
        Compound::Unknown,
    ];

    /// The name as feeds write it, such as `MEDIUM`.
    pub const fn name(self) -> &'static str {
        match self {
            Compound::Hypersoft => "HYPERSOFT",
            Compound::Ultrasoft => "ULTRASOFT",
            Compound::Supersoft => "SUPERSOFT",
            Compound::Soft => "SOFT",
            Compound::Medium => "MEDIUM",
            Compound::Hard => "HARD",
            Compound::Superhard => "SUPERHARD",
            Compound::Intermediate => "INTERMEDIATE",
            Compound::Wet => "WET",
            Compound::TestUnknown => "TEST_UNKNOWN",
            Compound::Unknown => "UNKNOWN",
        }
    }

    /// The compound of that name, in any case.
    pub fn from_name(name: &str) -> Option<Compound> {
        Compound::ALL.into_iter().find(|compound| compound.name().eq_ignore_ascii_case(name))
    }

    /// True for tyres that may be used on a dry track only.
    pub const fn is_slick(self) -> bool {
        !matches!(self, Compound::Intermediate | Compound::Wet | Compound::Unknown | Compound::TestUnknown)
    }
}

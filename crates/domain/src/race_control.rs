//! Messages of race control.

use serde::{Deserialize, Serialize};

use crate::{DriverNumber, LapNumber, UtcTime};

/// What a race control message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaceControlCategory {
    /// A flag is shown or withdrawn.
    Flag,
    /// Safety car or virtual safety car.
    SafetyCar,
    /// DRS (or, from 2026, overtake mode) is enabled or disabled.
    Drs,
    /// Something happened to one car.
    CarEvent,
    /// The session changed phase.
    SessionStatus,
    /// Everything else: stewards, weather, track limits.
    #[default]
    Other,
}

/// A flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Green.
    Green,
    /// A yellow is withdrawn.
    Clear,
    /// Single yellow.
    Yellow,
    /// Double yellow.
    DoubleYellow,
    /// Red.
    Red,
    /// Let the leaders by.
    Blue,
    /// End of session.
    Chequered,
    /// Warning for conduct.
    BlackAndWhite,
    /// Mechanical trouble: come in.
    BlackAndOrange,
    /// Disqualified.
    Black,
}

impl Flag {
    /// The flag of that name, as the feed writes it, such as `DOUBLE YELLOW`.
    pub fn from_name(name: &str) -> Option<Flag> {
        Some(match name {
            "GREEN" => Flag::Green,
            "CLEAR" => Flag::Clear,
            "YELLOW" => Flag::Yellow,
            "DOUBLE YELLOW" => Flag::DoubleYellow,
            "RED" => Flag::Red,
            "BLUE" => Flag::Blue,
            "CHEQUERED" => Flag::Chequered,
            "BLACK AND WHITE" => Flag::BlackAndWhite,
            "BLACK AND ORANGE" => Flag::BlackAndOrange,
            "BLACK" => Flag::Black,
            _ => return None,
        })
    }
}

/// Whom or where a flag is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagScope {
    /// The whole track.
    Track,
    /// One marshal sector, counted from 1.
    Sector(u8),
    /// One driver.
    Driver(DriverNumber),
}

/// Which kind of safety car a message speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SafetyCarMode {
    /// The car itself.
    SafetyCar,
    /// The virtual one.
    Virtual,
}

/// One message of race control.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RaceControlMessage {
    /// Place in the session's list, from 0. A message may be sent again under the same index, corrected.
    pub index: u16,
    /// When race control issued it, to the second.
    pub utc: Option<UtcTime>,
    /// The leader's lap, where the feed says it.
    pub lap: Option<LapNumber>,
    /// What it is about.
    pub category: RaceControlCategory,
    /// The flag, if it is about one.
    pub flag: Option<Flag>,
    /// Whom or where the flag is for.
    pub scope: Option<FlagScope>,
    /// The car it is about, where the feed says it as data.
    pub driver: Option<DriverNumber>,
    /// Which safety car, if it is about one.
    pub safety_car: Option<SafetyCarMode>,
    /// The feed's status word, such as `DEPLOYED`, `ENDING` or `ENABLED`. Empty if there is none.
    pub status: String,
    /// The text, as issued.
    pub text: String,
}

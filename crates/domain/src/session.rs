//! What a session is, and what state it and the track are in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::UtcTime;

/// What kind of session it is: the rules of the board depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// Free practice or testing.
    Practice,
    /// Knock-out qualifying for the Grand Prix.
    Qualifying,
    /// Knock-out qualifying for the sprint (sprint shoot-out in 2023).
    SprintQualifying,
    /// The short race.
    Sprint,
    /// The Grand Prix.
    Race,
    /// Not stated yet.
    #[default]
    Unknown,
}

impl SessionKind {
    /// True for sessions that are won by crossing the line first.
    pub const fn is_race(self) -> bool {
        matches!(self, SessionKind::Race | SessionKind::Sprint)
    }

    /// True for sessions with knock-out parts.
    pub const fn is_qualifying(self) -> bool {
        matches!(self, SessionKind::Qualifying | SessionKind::SprintQualifying)
    }
}

/// What a feed says about the session itself. Texts may be empty when a feed lacks them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The publisher's key of the session, shared by Formula 1's feed and OpenF1.
    pub key: Option<u32>,
    /// Key of the weekend.
    pub meeting_key: Option<u32>,
    /// Key of the circuit.
    pub circuit_key: Option<u32>,
    /// Name of the weekend, such as `Chinese Grand Prix`.
    pub meeting_name: String,
    /// Town or region, such as `Shanghai`.
    pub location: String,
    /// Country, such as `China`.
    pub country: String,
    /// Short name of the circuit.
    pub circuit_name: String,
    /// Name of the session, such as `Sprint` or `Practice 2`.
    pub name: String,
    /// What kind of session that is.
    pub kind: SessionKind,
    /// Planned start, UTC.
    pub starts_at: Option<UtcTime>,
    /// Planned end, UTC.
    pub ends_at: Option<UtcTime>,
    /// Local time at the track less UTC, in seconds.
    pub utc_offset_s: Option<i32>,
    /// Where the publisher's archive keeps the session, ending in `/`.
    pub archive_path: String,
}

impl SessionInfo {
    /// The year the session starts in, if known.
    pub fn season(&self) -> Option<u16> {
        let from_start = self.starts_at.and_then(|utc| utc.to_string().get(..4)?.parse().ok());
        from_start.or_else(|| self.archive_path.get(..4)?.parse().ok())
    }
}

/// The phase of a session. In qualifying it cycles once per part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Not begun.
    #[default]
    Inactive,
    /// Running.
    Started,
    /// Stopped, usually by a red flag; may start again.
    Aborted,
    /// The flag has fallen; cars still come in.
    Finished,
    /// Results are settled.
    Finalised,
    /// The feed closes.
    Ends,
}

impl SessionStatus {
    /// The status of that name, as the feed writes it.
    pub fn from_name(name: &str) -> Option<SessionStatus> {
        Some(match name {
            "Inactive" => SessionStatus::Inactive,
            "Started" => SessionStatus::Started,
            "Aborted" => SessionStatus::Aborted,
            "Finished" => SessionStatus::Finished,
            "Finalised" => SessionStatus::Finalised,
            "Ends" => SessionStatus::Ends,
            _ => return None,
        })
    }
}

/// A part of knock-out qualifying: 1 to 3 for Q1 to Q3; 0 before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QualifyingPart(pub u8);

/// The state of the whole track: always one of these, never a set of booleans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackStatus {
    /// Track clear.
    #[default]
    Clear,
    /// Yellow somewhere; race control says where.
    Yellow,
    /// Safety car.
    SafetyCar,
    /// Session stopped.
    Red,
    /// Virtual safety car.
    VirtualSafetyCar,
    /// Virtual safety car about to end.
    VirtualSafetyCarEnding,
}

impl TrackStatus {
    /// The status of the feed's code: 1, 2, 4, 5, 6 or 7.
    pub const fn from_code(code: u8) -> Option<TrackStatus> {
        Some(match code {
            1 => TrackStatus::Clear,
            2 => TrackStatus::Yellow,
            4 => TrackStatus::SafetyCar,
            5 => TrackStatus::Red,
            6 => TrackStatus::VirtualSafetyCar,
            7 => TrackStatus::VirtualSafetyCarEnding,
            _ => return None,
        })
    }

    /// The feed's code, which lap tables list as digits.
    pub const fn code(self) -> u8 {
        match self {
            TrackStatus::Clear => 1,
            TrackStatus::Yellow => 2,
            TrackStatus::SafetyCar => 4,
            TrackStatus::Red => 5,
            TrackStatus::VirtualSafetyCar => 6,
            TrackStatus::VirtualSafetyCarEnding => 7,
        }
    }

    /// The status by the name session data use, such as `AllClear` or `SCDeployed`.
    pub fn from_name(name: &str) -> Option<TrackStatus> {
        Some(match name {
            "AllClear" => TrackStatus::Clear,
            "Yellow" => TrackStatus::Yellow,
            "SCDeployed" => TrackStatus::SafetyCar,
            "Red" => TrackStatus::Red,
            "VSCDeployed" => TrackStatus::VirtualSafetyCar,
            "VSCEnding" => TrackStatus::VirtualSafetyCarEnding,
            _ => return None,
        })
    }
}

impl fmt::Display for TrackStatus {
    /// As on a wall: `Track clear`, `SC`, `VSC ending`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrackStatus::Clear => "Track clear",
            TrackStatus::Yellow => "Yellow",
            TrackStatus::SafetyCar => "SC",
            TrackStatus::Red => "Red flag",
            TrackStatus::VirtualSafetyCar => "VSC",
            TrackStatus::VirtualSafetyCarEnding => "VSC ending",
        })
    }
}

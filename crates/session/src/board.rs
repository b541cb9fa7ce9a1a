//! The board: what a timing screen shows of each car, as typed values.

use overcut_domain::{
    Compound, DriverNumber, Gap, LapNumber, LapTime, QualifyingPart, SegmentStatus, SessionInfo, SessionStatus,
    SessionTime, TimeColour, TrackStatus, UtcTime,
};
use serde::{Deserialize, Serialize};

/// A time, how it ranks, and the lap it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimeCell {
    /// The time; `None` if there is none yet.
    pub time: Option<LapTime>,
    /// How it ranks.
    pub colour: TimeColour,
}

/// One sector of a car's row.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SectorCell {
    /// The time of this lap, or of the lap before while this one is not yet driven.
    pub time: Option<LapTime>,
    /// How it ranks.
    pub colour: TimeColour,
    /// True while `time` belongs to the lap before.
    pub is_stale: bool,
    /// Mini-sectors in driving order.
    pub segments: Vec<SegmentStatus>,
}

/// A trap speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SpeedCell {
    /// km/h.
    pub speed_kmh: Option<u16>,
    /// How it ranks.
    pub colour: TimeColour,
}

/// Where a car is, in one word. Exactly one holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarStatus {
    /// On the track.
    #[default]
    OnTrack,
    /// In the pit lane or garage.
    InPit,
    /// On the lap out of the pits.
    OutLap,
    /// Standing on the track.
    Stopped,
    /// Out of the race.
    Retired,
    /// Out of qualifying.
    KnockedOut,
    /// Past the chequered flag.
    Finished,
}

/// What the stewards have said about a car.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StewardsCell {
    /// Incidents noted or under investigation that are not yet decided.
    pub n_under_investigation: u8,
    /// Time penalties given and not yet served, in seconds.
    pub penalty_s: u16,
    /// A drive-through, stop-and-go or disqualification is pending, in race control's words. Empty if none.
    pub other_penalty: String,
    /// Laps deleted so far, usually for track limits.
    pub n_deleted_laps: u8,
    /// True once the black-and-white flag was shown.
    pub is_warned: bool,
}

/// A car's result in one qualifying part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartCell {
    /// Best lap in it.
    pub best_lap: Option<LapTime>,
    /// Behind the fastest of the part.
    pub gap_to_fastest: Option<Gap>,
}

/// One car's row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CarRow {
    /// Which car.
    pub driver: DriverNumber,
    /// Place on the board, from 1; `None` until the feed says so.
    pub position: Option<u8>,
    /// Place on the grid; races only.
    pub grid_position: Option<u8>,
    /// Gap to the leader: by time on track in a race, by best lap elsewhere.
    pub gap: Option<Gap>,
    /// Interval to the car ahead.
    pub interval: Option<Gap>,
    /// True while the interval shrinks.
    pub is_catching: bool,
    /// The lap the car is on, from 1; 0 before the start.
    pub lap: LapNumber,
    /// Last lap.
    pub last_lap: TimeCell,
    /// Best lap; purple if it is the best of all.
    pub best_lap: TimeCell,
    /// The lap on which the best was driven.
    pub best_lap_number: Option<LapNumber>,
    /// Sectors.
    pub sectors: [SectorCell; 3],
    /// Trap speeds: I1, I2, finish line, speed trap.
    pub speeds: [SpeedCell; 4],
    /// Compound on the car.
    pub compound: Option<Compound>,
    /// Age of the tyres, in laps.
    pub tyre_age: Option<u16>,
    /// True if the set was new when it was fitted.
    pub fresh_tyre: Option<bool>,
    /// Stint, from 1; 0 before the first.
    pub stint: u8,
    /// Visits to the pit lane: stops in a race.
    pub n_pit_stops: u8,
    /// Where it is.
    pub status: CarStatus,
    /// In the drop zone of the running qualifying part.
    pub in_drop_zone: bool,
    /// Results of Q1 to Q3; qualifying only.
    pub parts: [PartCell; 3],
    /// What the stewards have said.
    pub stewards: StewardsCell,
}

/// An entry of the entry list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DriverEntry {
    /// Which car.
    pub driver: DriverNumber,
    /// Three letters; the number if the feed gives none.
    pub tla: String,
    /// First and last name.
    pub full_name: String,
    /// Team.
    pub team: String,
    /// Team colour as six hexadecimal digits without `#`. Empty if the feed gives none.
    pub team_colour: String,
}

/// The session clock, true at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClockState {
    /// Time left at `at`, in milliseconds.
    pub remaining_ms: u32,
    /// The moment.
    pub at: SessionTime,
    /// True while it runs down.
    pub is_running: bool,
}

/// The session as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SessionState {
    /// What session this is.
    pub info: SessionInfo,
    /// Its phase.
    pub status: SessionStatus,
    /// When the running phase began.
    pub status_since: SessionTime,
    /// When the race or the session was first started.
    pub started_at: Option<SessionTime>,
    /// The running qualifying part; `None` outside qualifying.
    pub part: Option<QualifyingPart>,
    /// The session clock.
    pub clock: Option<ClockState>,
    /// The lap the leader is on; races only.
    pub lap: Option<u16>,
    /// Laps in the race.
    pub n_laps: Option<u16>,
    /// Cars that may go through from each qualifying part. Empty outside qualifying.
    pub n_entries: Vec<u8>,
    /// UTC of the feed's zero, once known.
    pub utc_of_zero: Option<UtcTime>,
}

/// The track as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrackState {
    /// Its status.
    pub status: TrackStatus,
    /// Since when.
    pub since: SessionTime,
    /// Marshal sectors under yellow, with true for double yellow, in order.
    pub yellow_sectors: Vec<(u8, bool)>,
    /// DRS (or, from 2026, overtake mode) enabled; `None` until race control says so.
    pub overtaking_aid: Option<bool>,
}

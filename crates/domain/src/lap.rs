//! Laps, stints and pit stops, as tables list them.

use serde::{Deserialize, Serialize};

use crate::{Compound, DriverNumber, LapNumber, LapTime, QualifyingPart, SessionTime, TrackStatus};

/// How a time ranks, which is the colour it is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeColour {
    /// No improvement.
    #[default]
    Plain,
    /// Personal best: green.
    Green,
    /// Best of the session: purple.
    Purple,
}

/// Trap speeds of one lap, km/h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Speeds {
    /// End of sector 1.
    pub i1_kmh: Option<u16>,
    /// End of sector 2.
    pub i2_kmh: Option<u16>,
    /// Finish line.
    pub finish_line_kmh: Option<u16>,
    /// The trap on the longest straight.
    pub speed_trap_kmh: Option<u16>,
}

/// One lap of one car.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Lap {
    /// Which car.
    pub driver: DriverNumber,
    /// Which lap, from 1.
    pub number: LapNumber,
    /// When it began.
    pub started_at: Option<SessionTime>,
    /// When the car crossed the line at its end; `None` while it runs, and for laps never finished.
    pub ended_at: Option<SessionTime>,
    /// The lap time as measured; `None` for a first lap, a lap through the garage, a lap the feed lost.
    pub time: Option<LapTime>,
    /// How the lap time ranked when it was set.
    pub colour: TimeColour,
    /// Sector times.
    pub sectors: [Option<LapTime>; 3],
    /// When each sector ended.
    pub sector_ended_at: [Option<SessionTime>; 3],
    /// How each sector time ranked when it was set.
    pub sector_colours: [TimeColour; 3],
    /// Trap speeds.
    pub speeds: Speeds,
    /// Compound on the car.
    pub compound: Option<Compound>,
    /// Age of the tyres at the end of this lap, in laps, other sessions included.
    pub tyre_life: Option<u16>,
    /// True if the set was new when it was fitted.
    pub fresh_tyre: Option<bool>,
    /// Stint, from 1.
    pub stint: Option<u8>,
    /// Place when the lap ended; races only.
    pub position: Option<u8>,
    /// Gap to the leader when the lap ended, in milliseconds; races only, and only on the lead lap.
    pub gap_to_leader_ms: Option<u32>,
    /// When the car entered the pit lane on this lap.
    pub pit_in_at: Option<SessionTime>,
    /// When the car left the pit lane on this lap.
    pub pit_out_at: Option<SessionTime>,
    /// Every track status met on this lap, in order of first appearance.
    pub track_status: Vec<TrackStatus>,
    /// The qualifying part it was driven in.
    pub part: Option<QualifyingPart>,
    /// True if the stewards struck the time off.
    pub deleted: bool,
    /// Why, in race control's words. Empty if it stands.
    pub deleted_reason: String,
    /// True if it was this car's best so far when it was set.
    pub is_personal_best: bool,
    /// True if the time may be compared: complete, consistent, green, no pit, not deleted.
    pub is_accurate: bool,
}

/// One run on one set of tyres.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stint {
    /// Which car.
    pub driver: DriverNumber,
    /// Which stint, from 1.
    pub number: u8,
    /// Compound.
    pub compound: Compound,
    /// True if the set was new when it was fitted.
    pub fresh: Option<bool>,
    /// First lap on the set.
    pub first_lap: LapNumber,
    /// Last lap on the set so far.
    pub last_lap: LapNumber,
    /// Laps the set had when it was fitted.
    pub age_at_start: u16,
    /// Best lap of the stint.
    pub best_lap: Option<LapTime>,
    /// True once another set is on the car.
    pub is_over: bool,
}

/// One visit to the pit lane.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PitStop {
    /// Which car.
    pub driver: DriverNumber,
    /// Which visit, from 1.
    pub number: u8,
    /// The lap on which the car came in.
    pub lap: LapNumber,
    /// When it entered the lane.
    pub entered_at: Option<SessionTime>,
    /// When it left the lane.
    pub left_at: Option<SessionTime>,
    /// Time from entry to exit as measured by the feed.
    pub lane_time: Option<LapTime>,
    /// Time standing still as measured by the feed.
    pub stop_time: Option<LapTime>,
    /// Compound before.
    pub from: Option<Compound>,
    /// Compound after.
    pub to: Option<Compound>,
    /// Track status on entry.
    pub track_status: TrackStatus,
}

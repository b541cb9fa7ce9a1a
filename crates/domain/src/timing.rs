//! Deltas of the timing screen.

use serde::{Deserialize, Serialize};

use crate::{Change, DriverNumber, Gap, LapNumber, LapTime, QualifyingPart};

/// Which of a publisher's timing feeds an update belongs to. They overlap; the fold prefers the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimingFeed {
    /// The full feed.
    #[default]
    Full,
    /// The reduced feed: the same tree with fewer updates.
    Reduced,
}

/// What changed on the timing screen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TimingUpdate {
    /// Which feed said so.
    pub feed: TimingFeed,
    /// True for a key frame or a snapshot: it states everything, and cars it does not name are gone.
    pub is_full: bool,
    /// Cars that changed.
    pub cars: Vec<CarTiming>,
    /// Cars that left the list.
    pub removed: Vec<DriverNumber>,
    /// The qualifying part that runs now.
    pub part: Option<QualifyingPart>,
    /// How many cars may take part in each qualifying part, as (index of part from 0, cars).
    pub n_entries: Vec<(u8, u8)>,
    /// The time to beat to stay in.
    pub cut_off: Change<LapTime>,
}

/// What changed for one car.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CarTiming {
    /// Which car.
    pub driver: DriverNumber,
    /// Place, as stated.
    pub position: Option<u8>,
    /// Line on the screen, from 1; equals the position but for cars without a time.
    pub line: Option<u8>,
    /// Gap to the leader: by time on track in a race, by best lap elsewhere.
    pub gap_to_leader: Change<Gap>,
    /// Interval to the car ahead.
    pub interval: Change<Gap>,
    /// True while the interval shrinks.
    pub is_catching: Option<bool>,
    /// Laps completed.
    pub n_laps: Option<u16>,
    /// Visits to the pit lane.
    pub n_pit_stops: Option<u8>,
    /// In the pit lane or garage.
    pub in_pit: Option<bool>,
    /// On the lap out of the pits.
    pub pit_out: Option<bool>,
    /// Out of the race.
    pub retired: Option<bool>,
    /// Standing on the track.
    pub stopped: Option<bool>,
    /// Out of qualifying.
    pub knocked_out: Option<bool>,
    /// In the drop zone of the running part.
    pub in_drop_zone: Option<bool>,
    /// The publisher's own bit mask, kept for what the booleans do not say.
    pub status_bits: Option<u16>,
    /// The last lap.
    pub last_lap: Option<TimeUpdate>,
    /// The best lap.
    pub best_lap: Change<LapTime>,
    /// The lap on which the best lap was driven.
    pub best_lap_number: Option<LapNumber>,
    /// Sectors that changed.
    pub sectors: Vec<SectorUpdate>,
    /// Speed traps that changed.
    pub speeds: Vec<SpeedUpdate>,
    /// Best lap of each qualifying part and the gaps there.
    pub parts: Vec<PartStats>,
}

/// A new time and how it ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimeUpdate {
    /// The time.
    pub time: Change<LapTime>,
    /// Best of all cars in this session.
    pub is_overall_best: Option<bool>,
    /// Best of this car in this session.
    pub is_personal_best: Option<bool>,
}

/// What changed in one sector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SectorUpdate {
    /// Which sector, from 0.
    pub sector_idx: u8,
    /// The sector time.
    pub time: TimeUpdate,
    /// The time of the lap before.
    pub previous: Change<LapTime>,
    /// True if the car stopped in it.
    pub stopped: Option<bool>,
    /// Mini-sectors that changed, as (index from 0, new status).
    pub segments: Vec<(u8, SegmentStatus)>,
}

/// The colour of a mini-sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentStatus {
    /// Not driven yet.
    #[default]
    None,
    /// Driven, no improvement.
    Yellow,
    /// Personal best.
    Green,
    /// Best of all.
    Purple,
    /// Driven through the pit lane.
    PitLane,
    /// A code whose meaning is not known.
    Unknown,
}

impl SegmentStatus {
    /// From the feed's code: 0, 2048, 2049, 2051, 2064.
    pub const fn from_code(code: u16) -> SegmentStatus {
        match code {
            0 => SegmentStatus::None,
            2048 => SegmentStatus::Yellow,
            2049 => SegmentStatus::Green,
            2051 => SegmentStatus::Purple,
            2064 => SegmentStatus::PitLane,
            _ => SegmentStatus::Unknown,
        }
    }
}

/// A speed trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeedTrap {
    /// End of sector 1.
    I1,
    /// End of sector 2.
    I2,
    /// Finish line.
    FinishLine,
    /// The trap on the longest straight.
    SpeedTrap,
}

/// A new trap speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeedUpdate {
    /// Where it was measured.
    pub trap: SpeedTrap,
    /// The speed, km/h.
    pub speed_kmh: Change<u16>,
    /// Best of all cars in this session.
    pub is_overall_best: Option<bool>,
    /// Best of this car in this session.
    pub is_personal_best: Option<bool>,
}

/// A car's result in one qualifying part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartStats {
    /// Which part, from 0.
    pub part_idx: u8,
    /// Best lap in it.
    pub best_lap: Change<LapTime>,
    /// The lap on which that was driven.
    pub best_lap_number: Option<LapNumber>,
    /// Behind the fastest of the part.
    pub gap_to_fastest: Change<Gap>,
    /// Behind the car ahead in the part.
    pub interval: Change<Gap>,
}

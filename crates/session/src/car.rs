//! What the fold keeps of one car besides its row.

use overcut_domain::{DriverNumber, PitStop, SessionTime, TimeColour};

use crate::align::Alignment;
use crate::laps::LapTable;
use crate::tyres::TyreHistory;

/// The two flags a feed keeps beside a time or a speed. It sends only the one that changed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RankFlags {
    is_overall_best: bool,
    is_personal_best: bool,
}

impl RankFlags {
    pub(crate) fn update(&mut self, is_overall_best: Option<bool>, is_personal_best: Option<bool>) -> TimeColour {
        self.is_overall_best = is_overall_best.unwrap_or(self.is_overall_best);
        self.is_personal_best = is_personal_best.unwrap_or(self.is_personal_best);
        match (self.is_overall_best, self.is_personal_best) {
            (true, _) => TimeColour::Purple,
            (false, true) => TimeColour::Green,
            (false, false) => TimeColour::Plain,
        }
    }
}

/// The booleans of a car's line on the timing screen, from which its status is told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StatusFlags {
    pub(crate) in_pit: bool,
    pub(crate) pit_out: bool,
    pub(crate) retired: bool,
    pub(crate) stopped: bool,
    pub(crate) knocked_out: bool,
    pub(crate) is_out: bool,
    pub(crate) has_finished: bool,
}

/// Everything about one car that a row does not hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct CarHistory {
    pub(crate) laps: LapTable,
    pub(crate) alignment: Alignment,
    pub(crate) tyres: TyreHistory,
    pub(crate) pit_stops: Vec<PitStop>,
    pub(crate) status: StatusFlags,
    /// In the pit lane or garage; `None` until the feed says.
    pub(crate) in_pit: Option<bool>,
    pub(crate) last_lap: RankFlags,
    pub(crate) sectors: [RankFlags; 3],
    pub(crate) speeds: [RankFlags; 4],
    /// When the gap to the leader was last stated.
    pub(crate) gap_since: SessionTime,
    /// True once the feed stated the car's place, which then holds until it says otherwise.
    pub(crate) has_stated_position: bool,
    /// Line on the screen, which orders cars that have no position.
    pub(crate) line: Option<u8>,
}

impl CarHistory {
    pub(crate) fn new(driver: DriverNumber) -> Self {
        CarHistory { laps: LapTable::new(driver), ..CarHistory::default() }
    }
}

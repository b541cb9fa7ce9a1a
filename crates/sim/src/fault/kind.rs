//! What can go wrong.

use overcut_domain::DriverNumber;
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The engine is driven above its limit: a gear taken too early on the way down, a wheel that spins.
    OverRev,
    /// The rear wing does not close under braking.
    DrsStuckOpen,
    /// The rear wing is opened outside its zone.
    DrsEarly,
    /// A wheel locks under braking, and the speed taken from the wheels dips.
    LockUp,
    /// A channel, or all of them, holds its last value.
    SensorFreeze,
    /// Samples are missing, or hold no valid values.
    SensorDropOut,
    /// The engine gives only part of its power along a straight.
    PowerLoss,
    /// A tyre loses air over some laps.
    SlowPuncture,
    /// The tyres fall off within a lap and stay slow.
    TyreCliff,
}

impl FaultKind {
    /// Every kind, in order.
    pub const ALL: [FaultKind; 9] = [
        FaultKind::OverRev,
        FaultKind::DrsStuckOpen,
        FaultKind::DrsEarly,
        FaultKind::LockUp,
        FaultKind::SensorFreeze,
        FaultKind::SensorDropOut,
        FaultKind::PowerLoss,
        FaultKind::SlowPuncture,
        FaultKind::TyreCliff,
    ];

    /// True if it changes how the car moves, not only what its channels say.
    pub const fn is_in_motion(self) -> bool {
        matches!(self, FaultKind::PowerLoss | FaultKind::SlowPuncture | FaultKind::TyreCliff)
    }

    /// True if it goes on over laps.
    pub const fn lasts_laps(self) -> bool {
        matches!(self, FaultKind::SlowPuncture | FaultKind::TyreCliff)
    }

    /// True if it needs a rear wing that opens; cars from 2026 on have none.
    pub const fn needs_drs(self) -> bool {
        matches!(self, FaultKind::DrsStuckOpen | FaultKind::DrsEarly)
    }
}

/// What holds its value in a [`FaultKind::SensorFreeze`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrozenChannel {
    /// Engine speed.
    EngineSpeed,
    /// Speed.
    Speed,
    /// The whole row.
    All,
}

/// One fault of one car, as planned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// On which car.
    pub driver: DriverNumber,
    /// The car's own lap on which it begins, from 1.
    pub lap: u16,
    /// How far round that lap it may begin, 0–1. What needs a braking zone or a fast engine begins at the next.
    pub at: f32,
    /// Where on the lap it is over at the latest, for what has a place; 1 for the rest.
    pub to: f32,
    /// Seconds that the channels show it; for what goes on over laps, those of a lap for each of `laps`.
    pub lasts_s: f32,
    /// Laps it is felt on.
    pub laps: u16,
    /// How bad, 0–1.
    pub severity: f32,
    /// What freezes, in a freeze.
    pub channel: Option<FrozenChannel>,
}

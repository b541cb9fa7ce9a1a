//! When to stop and for what: a plan, a rule, or an agent.

use serde::{Deserialize, Serialize};

use super::{TrackState, Tyre};

/// A plan in charge of a car.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanPolicy {
    /// The stops, and the tyre for the start if the race is simulated from the grid.
    pub plan: Plan,
    /// False: these laps and tyres whatever happens. True: it is what the team intends, who still comes in for rain and
    /// damage, pulls a stop forward behind a safety car, and at the end owes the rules nothing.
    pub is_reacting: bool,
}

impl Plan {
    /// The planned stop at the end of this lap, if there is one.
    pub fn stop_on(&self, lap: u16) -> Option<PlannedStop> {
        self.stops.iter().find(|stop| stop.lap == lap).copied()
    }
}

/// Intended stops, in order. Whether they are kept is the policy's business.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// Tyre to start on.
    pub start: Option<Tyre>,
    /// The stops.
    pub stops: Vec<PlannedStop>,
}

/// One intended stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStop {
    /// In at the end of this lap.
    pub lap: u16,
    /// For this.
    pub tyre: Tyre,
}

/// What a car does at the end of a lap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Stay out.
    Stay,
    /// Come in for this.
    Pit(Tyre),
}

/// What a team knows when it decides, near the end of a lap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// The lap being driven.
    pub lap: u16,
    /// Racing laps.
    pub n_laps: u16,
    /// Which car, by its place in [`super::RaceModel::cars`].
    pub car_idx: u8,
    /// Its place on track, from 1.
    pub position: u8,
    /// Gap to the car ahead; infinite for the leader.
    pub gap_ahead_s: f32,
    /// Gap to the car behind; infinite for the last.
    pub gap_behind_s: f32,
    /// Gap to the leader.
    pub gap_to_leader_s: f32,
    /// The tyres on the car.
    pub tyre: Tyre,
    /// Laps on them at the end of this lap.
    pub tyre_age: u16,
    /// Every kind used so far, as bits by [`Tyre::index`].
    pub used: u8,
    /// Changes of tyres so far.
    pub n_stops: u8,
    /// How much slower than its tyres should be the car is, say for a slow puncture; cured by a stop.
    pub tyre_loss_s: f32,
    /// True if the car ahead stopped at the end of the lap before.
    pub ahead_stopped: bool,
    /// True if the car behind stopped at the end of the lap before.
    pub behind_stopped: bool,
    /// The state of the track.
    pub track: TrackState,
    /// How wet the track is, 0–1.
    pub wetness: f32,
    /// True while it rains.
    pub is_raining: bool,
    /// Uniform in 0–1, keyed by run and car: one number for the whole race, for teams that differ from run to run.
    pub temper: f32,
}

/// Decides for one car, lap by lap. Plans, rules and learnt agents are policies.
///
/// It must be a pure function of what it is shown: the same view, the same decision. `dice` is uniform in 0–1, keyed by
/// run, lap and car like every random number, for policies that mix.
pub trait Policy: Sync {
    /// What the car does at the end of this lap.
    fn decide(&self, view: &View, dice: f32) -> Decision;
}

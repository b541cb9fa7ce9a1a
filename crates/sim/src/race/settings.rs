//! How a race is to be simulated.

use serde::{Deserialize, Serialize};

use super::{PlanPolicy, Policy, TeamPolicy};

/// How often, with which seed, by which strategies.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// Everything random follows from it.
    pub seed: u64,
    /// Races to run.
    pub n_runs: u64,
    /// Threads to run them on, at least one; results do not depend on it.
    pub n_threads: usize,
    /// How teams decide that are not named below.
    pub team: TeamPolicy,
    /// Who decides for each car, by its place in [`super::RaceModel::cars`]; cars beyond the end follow the team rule.
    pub policies: Vec<PolicyChoice<'a>>,
    /// What is made to happen.
    pub scripts: Vec<Script>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings {
            seed: 1,
            n_runs: 1_000,
            n_threads: 1,
            team: TeamPolicy::default(),
            policies: Vec::new(),
            scripts: Vec::new(),
        }
    }
}

impl<'a> Settings<'a> {
    /// Puts `choice` in charge of the car at `car_idx`.
    #[must_use]
    pub fn with_policy(mut self, car_idx: usize, choice: PolicyChoice<'a>) -> Settings<'a> {
        if self.policies.len() <= car_idx {
            self.policies.resize(car_idx + 1, PolicyChoice::Team);
        }
        self.policies[car_idx] = choice;
        self
    }
}

/// Who decides for a car.
///
/// An enum so that the usual rule costs the simulation no virtual call.
#[derive(Clone, Default)]
pub enum PolicyChoice<'a> {
    /// The rule of [`Settings::team`], with the car's own [`super::CarState::plan`] if it has one.
    #[default]
    Team,
    /// A plan.
    Plan(PlanPolicy),
    /// Anything else.
    Custom(&'a dyn Policy),
}

impl std::fmt::Debug for PolicyChoice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PolicyChoice::Team => f.write_str("Team"),
            PolicyChoice::Plan(plan) => f.debug_tuple("Plan").field(plan).finish(),
            PolicyChoice::Custom(_) => f.write_str("Custom(_)"),
        }
    }
}

/// Something that is made to happen in every run: faults for the synthetic Grand Prix, safety cars for demonstrations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// A car loses time.
    Loss {
        /// Which car, by its place in the model.
        car_idx: u8,
        /// First of its laps on which it does.
        from_lap: u16,
        /// Last one.
        to_lap: u16,
        /// How much on each.
        loss_s: f32,
        /// True if new tyres cure it, as they do a slow puncture; its team then knows and comes in.
        is_tyre: bool,
    },
    /// A car stops for good.
    Retire {
        /// Which car, by its place in the model.
        car_idx: u8,
        /// The lap that it does not complete.
        lap: u16,
        /// True for a crash, false for a failure.
        is_crash: bool,
    },
    /// The race is neutralised during this lap of the leader, for as long as chance has it.
    Neutralise {
        /// The lap.
        lap: u16,
        /// How; green does nothing.
        track: super::TrackState,
    },
    /// It begins (or, at 0, stops) to rain at the start of this lap of the leader.
    Rain {
        /// The lap.
        lap: u16,
        /// True if it begins.
        begins: bool,
    },
}

impl Script {
    /// The car it is about, if it is about one.
    pub(super) fn car_idx(&self) -> Option<usize> {
        match self {
            Script::Loss { car_idx, .. } | Script::Retire { car_idx, .. } => Some(usize::from(*car_idx)),
            Script::Neutralise { .. } | Script::Rain { .. } => None,
        }
    }
}

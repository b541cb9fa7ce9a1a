//! A race, lap by lap: what is known of it, what it is run with, and what came of it.
//!
//! [`simulate`] runs a [`RaceModel`] from a [`RaceState`] thousands of times and counts; [`run_one`] plays one of those
//! runs in full; [`compare`] runs two plans on the same dice.
//!
//! # The kernel, and the seam for another one
//!
//! `formulas` holds every formula as a pure function on plain numbers. `kernel::Tables` is what a model, a state and the
//! settings mean to a run, computed once and only read afterwards: lists by lap, by tyre and age, by car. `kernel::Field`
//! is one race as a struct of lists of 32 lanes, with no pointer in it. A kernel for another device takes the tables as
//! they are, keeps a field per run, and computes the same formulas with the same keys ([`crate::random`]); what has to
//! stay on the host is policies other than the teams' own. `kernel::Finish` and the tally are integers from there on.
//!
//! A race goes on in laps of its leader. On each: random words for all cars at once; what begins or ends on the track;
//! every car's time as if it were alone; failures, crashes, mistakes; decisions; out of the pits; a front-to-back pass
//! over the cars as they follow each other (duels, dirty air, queues); into the pits; sort. A car laps down drives its
//! laps when the leader drives his: it is never projected, so what is near on the road is near in the lists.
//!
//! # What bounds it
//!
//! Instructions: about 570 for a car's lap, evenly spread over traffic, lap times, decisions, random numbers and sorting;
//! everything but the regret table (150 KB) lies in the first cache, nothing allocates, and branches are predictable
//! but for duels. `docs/simulator.md` has the formulas, their sources, the profile and the limits.

mod check;
mod compare;
pub mod formulas;
mod kernel;
mod model;
mod outcome;
mod policy;
mod pooled;
mod quantile;
mod record;
mod settings;
mod simulate;
mod state;
mod tally;
mod team;
mod trace;

pub use check::{MAX_CARS, MAX_LAPS, ModelError};
pub use compare::{Comparison, Difference, compare, compare_policies};
pub use model::{
    CarModel, CircuitModel, DurationModel, FirstLapModel, NeutralisationModel, NoiseModel, OvertakingAid, PitModel,
    RaceModel, Rules, StopTimeModel, TrafficModel, Tyre, TyreModel, WeatherModel,
};
pub use outcome::{CarOutcome, GapHistogram, LapOutcome, Outcome};
pub use policy::{Decision, Plan, PlanPolicy, PlannedStop, Policy, View};
pub use settings::{PolicyChoice, Script, Settings};
pub use simulate::{run_one, simulate, state_after};
pub use state::{CarState, RaceState, Status, TrackState};
pub use team::{PreparedTeams, TeamPolicy};
pub use trace::{CarTrace, ClassifiedCar, LapRecord, PitRecord, RaceEvent, RaceTrace, Retirement, RetirementCause};

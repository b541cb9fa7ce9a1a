//! A race, lap by lap: what is known of it, what it is run with, and what came of it.

mod model;
mod policy;
mod state;
mod trace;

pub use model::{
    CarModel, CircuitModel, DurationModel, FirstLapModel, NeutralisationModel, NoiseModel, OvertakingAid, PitModel,
    RaceModel, Rules, StopTimeModel, TrafficModel, Tyre, TyreModel, WeatherModel,
};
pub use policy::{Decision, Plan, PlannedStop, Policy, View};
pub use state::{CarState, RaceState, Status, TrackState};
pub use trace::{CarTrace, ClassifiedCar, LapRecord, PitRecord, RaceEvent, RaceTrace, Retirement, RetirementCause};

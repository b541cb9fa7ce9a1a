//! Fits the simulator to real races and scores it against them.
//!
//! [`Archive`] puts the tables of past seasons together, race by race. `fit` estimates every parameter of a
//! [`RaceModel`](overcut_sim::race::RaceModel) from them, pooled and per circuit, with an interval each, and
//! `parameters` writes and reads them as text under `models/sim/`; the program carries a copy. `score` runs the simulator
//! from the grid and from part-way on races that the fit has not seen, and sets it beside a table of what happened to
//! cars in that place before.

mod archive;
mod baseline;
mod fit;
mod linear;
mod parameters;
mod replay;
mod score;

pub use archive::{Archive, CarEnd, PastCar, PastRace, PastStop};
pub use baseline::{LookupTable, STAGES};
pub use fit::{Fit, FitOptions, Priors, fit, fit_archive};
pub use parameters::{
    CircuitFile, Estimate, LoadedModel, ModelRequest, Note, ParameterError, ParameterSet, Parameters, load_model,
};
pub use replay::{History as RaceHistory, model_of};
pub use score::{
    Comparison, Coverage, Frequency, Interval, MetricScore, ScoreError, ScoreOptions, ScoreReport, StageScore, score,
    score_archive,
};

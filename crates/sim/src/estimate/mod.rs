//! From what is known of a race to what a simulation of the rest of it starts from.
//!
//! [`estimate`] takes a [`RaceSoFar`] and the model of the circuit, and gives the model with the pace of each car, how
//! well that is known and how likely it is to stop for good, and the [`RaceState`](crate::race::RaceState) at the last
//! lap. The same function serves a folded live session and a table of past laps, so that what is scored is what is
//! shown. It looks at nothing but its arguments; laps after [`RaceSoFar::lap`] are passed over, so that a whole race
//! cut at lap n and a race that has got to lap n come to the same.
//!
//! Before the race the pace of a car is expected from qualifying and from form ([`prior`]). In the race its own clean
//! laps are set against that ([`pace`]): a normal prior, normal laps, and a normal drift from here to the flag.

mod pace;
mod prior;
mod so_far;
mod state;

use crate::race::{RaceModel, RaceState};

pub use pace::{CarPace, race_pace};
pub use prior::{Form, PaceParameters};
pub use so_far::{CarSoFar, LapSoFar, RaceSoFar};

/// What a simulation of the rest of a race is run with.
///
/// `model` is the race's circuit, tyres and rules with one car at least, from which new ones take what is not
/// estimated. The cars of the result are those of `so_far`, in its order.
///
/// # Panics
///
/// If `model` has no cars.
pub fn estimate(so_far: &RaceSoFar, model: &RaceModel, parameters: &PaceParameters) -> (RaceModel, RaceState) {
    let mut model = model.clone();
    model.circuit.n_laps = so_far.n_laps;
    let state = state::state_of(so_far, &model);
    let paces = pace::posterior(so_far, &model, parameters);
    let typical = model.cars.first().expect("a model has a car").clone();
    model.circuit.base_lap_s = paces.base_lap_s as f32;
    model.cars = so_far
        .cars
        .iter()
        .zip(&paces.cars)
        .map(|(car, pace)| prior::car_model(car, *pace, &typical, parameters))
        .collect();
    (model, state)
}

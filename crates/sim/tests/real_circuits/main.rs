//! The simulation beside real laps: pole times of eighteen circuits, and the speed over distance of two laps.

mod circuits;
mod poles;
mod traces;

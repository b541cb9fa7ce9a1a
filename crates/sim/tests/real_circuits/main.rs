//! The simulation beside real laps: pole times of eighteen circuits, and the speed over distance of two laps.

#![allow(clippy::unwrap_used, reason = "readers for tests only: what cannot be read fails the test")]

mod circuits;
mod poles;
mod traces;

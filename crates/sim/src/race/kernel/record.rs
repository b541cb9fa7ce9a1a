//! What a run tells whoever listens; in a Monte Carlo run that is nobody, and the compiler removes every call.

use super::Field;
use crate::race::{RetirementCause, TrackState, Tyre};

/// One car's lap, just completed.
#[derive(Debug, Clone, Copy)]
pub(in crate::race) struct DrivenLap {
    pub(in crate::race) car: usize,
    pub(in crate::race) tyre: Tyre,
    pub(in crate::race) age: u16,
    pub(in crate::race) traffic_s: f32,
    pub(in crate::race) mistake_s: f32,
    pub(in crate::race) track: TrackState,
}

/// One stop.
#[derive(Debug, Clone, Copy)]
pub(in crate::race) struct Stop {
    pub(in crate::race) car: usize,
    pub(in crate::race) loss_s: f32,
    pub(in crate::race) stationary_s: f32,
    pub(in crate::race) penalty_s: f32,
    pub(in crate::race) tyre: Tyre,
    pub(in crate::race) is_under_red: bool,
}

/// Listens to a run.
pub(in crate::race) trait Recorder {
    /// False if nobody listens, so that what only listeners need is not computed.
    const LISTENS: bool;
    /// A car has completed a lap; where and when is known at [`Recorder::lap_over`].
    fn driven(&mut self, _lap: DrivenLap) {}
    /// A car has stopped at the end of the lap it has just driven.
    fn stopped(&mut self, _stop: Stop) {}
    /// A car has passed another on this lap.
    fn passed(&mut self, _car: usize, _passed: usize) {}
    /// A car is out: the lap it does not complete, how far round it got, when.
    fn retired(&mut self, _car: usize, _lap: u16, _fraction: f32, _at_s: f32, _cause: RetirementCause) {}
    /// A car must wait this long.
    fn penalised(&mut self, _car: usize, _lap: u16, _at_s: f32, _seconds: f32) {}
    /// The track has changed to this state.
    fn track(&mut self, _at_s: f32, _lap: u16, _track: TrackState) {}
    /// It begins or stops to rain.
    fn rain(&mut self, _at_s: f32, _lap: u16, _begins: bool) {}
    /// The race stood still for this long before the lap that now begins.
    fn suspended(&mut self, _seconds: f32) {}
    /// A lap of the leader is over.
    fn lap_over(&mut self, _field: &Field) {}
}

/// Nobody.
pub(in crate::race) struct Nobody;

impl Recorder for Nobody {
    const LISTENS: bool = false;
}

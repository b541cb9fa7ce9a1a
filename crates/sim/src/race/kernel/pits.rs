//! In at the end of a lap, out at the start of the next.

use super::{Field, Recorder, Run, Stop, lane, purpose};
use crate::race::{TrackState, Tyre};
use crate::random::{exponential, uniform};

impl<R: Recorder> Run<'_, '_, R> {
    /// Adds what stops at the end of the lap before still cost, and sorts the cars as they come out.
    pub(super) fn leave_the_pits(&mut self, field: &mut Field) {
        let mut has_any = false;
        for i in 0..self.tables.n_lanes {
            field.start_s[i] = field.time_s[i] + field.out_loss_s[i];
            has_any |= field.out_loss_s[i] > 0.0;
        }
        if has_any {
            super::insertion_sort(&mut field.order[..field.n_running], &field.lag, &field.start_s);
            field.out_loss_s = [0.0; super::LANES];
        }
    }

    /// Stops of the cars that come in at the end of this lap, first to arrive first.
    pub(super) fn come_in(&mut self, field: &mut Field) {
        let mut n_in = 0;
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            if field.fitting[i] > 0 {
                self.stop(field, place, i, n_in);
                n_in += 1;
            }
        }
    }

    /// One stop; `n_in` cars have come in before it on this lap.
    fn stop(&mut self, field: &mut Field, place: usize, i: usize, n_in: u32) {
        let tables = self.tables;
        let pit = &tables.model.circuit.pit;
        let tyre = Tyre::ALL[usize::from(field.fitting[i] - 1)];
        let share = match field.track {
            TrackState::Green | TrackState::Red => 1.0,
            TrackState::VirtualSafetyCar => pit.vsc_share,
            TrackState::SafetyCar => pit.sc_share,
        };
        let lane_s = pit.lane_loss_s * share;
        let lap = field.own_lap[i] - 1;
        let [how_long, whether_held, held, _] = self.words(lap, i, purpose::STOP);
        let crew_s = tables.model.cars[i].crew_s;
        let work_s = (tables.stop.draw(how_long) + crew_s).max(0.5 * pit.stop.minimum_s);
        let is_held = uniform(whether_held) < pit.hold_probability * n_in as f32;
        let held_s = if is_held { pit.hold_mean_s * exponential(held) } else { 0.0 };
        // Penalties are served at the stop, but not while the race is neutralised (sporting regulations, article 54).
        let penalty_s = if field.track == TrackState::Green { field.penalty_s[i] } else { 0.0 };
        field.penalty_s[i] -= penalty_s;
        let stationary_s = work_s + held_s + penalty_s + self.wait_for_mate_s(field, place, i);
        let lane_in_s = lane_s * pit.in_lap_share;
        let (in_s, out_s) = if pit.in_lap_share > 0.5 {
            (lane_in_s + stationary_s, lane_s - lane_in_s)
        } else {
            (lane_in_s, lane_s - lane_in_s + stationary_s)
        };
        field.time_s[i] += in_s;
        field.out_loss_s[i] = out_s;
        self.fit(field, i, tyre);
        let loss_s = in_s + out_s;
        self.recorder.stopped(Stop { car: i, loss_s, stationary_s, penalty_s, tyre, is_under_red: false });
    }

    fn wait_for_mate_s(&self, field: &Field, place: usize, i: usize) -> f32 {
        let tables = self.tables;
        let mate = field.order[..place].iter().map(|mate| usize::from(*mate)).find(|mate| {
            tables.team_idx[*mate] == tables.team_idx[i] && field.fitting[*mate] > 0 && field.lag[*mate] == field.lag[i]
        });
        mate.map_or(0.0, |mate| {
            let gap_s = field.time_s[i] - field.time_s[mate];
            (tables.model.circuit.pit.double_stack_s - gap_s.abs()).max(0.0)
        })
    }

    pub(super) fn fit(&mut self, field: &mut Field, i: usize, tyre: Tyre) {
        field.tyre[i] = tyre.index() as u8;
        field.age[i] = 0;
        field.used[i] |= 1 << tyre.index();
        field.n_stops[i] = field.n_stops[i].saturating_add(1);
    }
}

//! States of the track and of the weather: how they begin and end.

use super::{Begin, Field, Recorder, Run, lane, purpose};
use crate::race::formulas::{end_probability, kind_for, wetness_after};
use crate::race::{Decision, PolicyChoice, Script, TrackState};
use crate::random::{exponential, uniform};

/// A red flag stops a race for at least this long: cars are cleared away, tyres fitted, ten minutes' notice given.
const SHORTEST_SUSPENSION_S: f32 = 600.0;

impl<R: Recorder> Run<'_, '_, R> {
    /// Rain on the grid, and the tyres for it.
    pub(super) fn draw_grid_weather(&mut self, field: &mut Field) {
        let weather = &self.tables.model.circuit.weather;
        let is_given = field.is_raining || field.wetness > 0.0;
        let [whether, strength, ..] = self.words(0, self.tables.track_lane, purpose::GRID_WEATHER);
        if is_given || uniform(whether) >= weather.rain_at_start {
            return;
        }
        field.is_raining = true;
        field.wetness = (2.0 * weather.shower_wetness * uniform(strength)).min(1.0);
        let Some(tyre) = kind_for(weather, field.wetness) else { return };
        for i in 0..self.tables.n_cars {
            let is_free =
                !matches!(self.tables.settings.policies.get(i), Some(PolicyChoice::Plan(plan)) if !plan.is_reacting);
            if is_free {
                (field.tyre[i], field.age[i], field.used[i]) = (tyre.index() as u8, 0, 1 << tyre.index());
            }
        }
    }

    /// Showers begin and end without memory; while it rains the track goes towards a wetness drawn anew each lap.
    pub(super) fn weather(&mut self, field: &mut Field) {
        let (tables, track) = (self.tables, self.tables.track_lane);
        let weather = &tables.model.circuit.weather;
        let u = uniform(field.pass_word[track]);
        let mut is_raining = if field.is_raining { u >= weather.rain_ends } else { u < weather.rain_begins };
        if tables.has_scripts {
            for script in tables.scripts() {
                if let Script::Rain { lap, begins } = *script
                    && lap == field.lap
                {
                    is_raining = begins;
                }
            }
        }
        if is_raining != field.is_raining {
            field.is_raining = is_raining;
            self.recorder.rain(field.leader_s(), field.lap, is_raining);
        }
        if is_raining || field.wetness > 0.0 {
            let towards = (2.0 * weather.shower_wetness * uniform(field.dice_word[track])).min(1.0);
            field.wetness = wetness_after(weather, field.wetness, is_raining.then_some(towards));
        }
    }

    /// Ends what has lasted long enough, and says how this lap begins.
    pub(super) fn begin_phase(&mut self, field: &mut Field) {
        let it = &self.tables.model.circuit.neutralisation;
        field.before_change = 0.0;
        field.begin = if field.lap == 1 { Begin::Standing } else { Begin::Flying };
        let u = uniform(field.mischance_word[self.tables.track_lane]);
        match field.track {
            TrackState::Green => {}
            TrackState::VirtualSafetyCar if u < end_probability(&it.vsc_laps, field.track_laps) => {
                self.go_green(field, Begin::Flying);
            }
            TrackState::SafetyCar if u < end_probability(&it.sc_laps, field.track_laps) => {
                self.go_green(field, Begin::Rolling);
            }
            TrackState::Red => self.restart(field),
            TrackState::VirtualSafetyCar | TrackState::SafetyCar => {}
        }
    }

    fn go_green(&mut self, field: &mut Field, begin: Begin) {
        (field.track, field.track_laps, field.begin) = (TrackState::Green, 0, begin);
        self.recorder.track(field.leader_s(), field.lap, TrackState::Green);
    }

    /// After a red flag: whoever wants new tyres has them, and the cars stand or roll in the order in which they came.
    fn restart(&mut self, field: &mut Field) {
        self.change_under_red(field);
        let circuit = &self.tables.model.circuit;
        let it = &circuit.neutralisation;
        let [_, how, how_long, _] = self.words(u32::from(field.lap), self.tables.track_lane, purpose::PHASE);
        let is_standing = uniform(how) < it.standing_restart_share && field.wetness < circuit.weather.slick_crossover;
        let more_s = (it.suspension_s - SHORTEST_SUSPENSION_S).max(0.0) * exponential(how_long).min(5.0);
        self.recorder.suspended(SHORTEST_SUSPENSION_S + more_s);
        let gap_s = if is_standing { circuit.first_lap.grid_gap_s } else { it.bunch_gap_s };
        let leader_s = field.leader_s();
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            field.time_s[i] = leader_s + gap_s * place as f32;
            field.out_loss_s[i] = 0.0;
        }
        self.go_green(field, if is_standing { Begin::Standing } else { Begin::Rolling });
    }

    fn change_under_red(&mut self, field: &mut Field) {
        for place in 0..field.n_running {
            let i = lane(field.order[place]);
            if let Decision::Pit(tyre) = self.decision(field, place, i) {
                self.fit(field, i, tyre);
                self.recorder.stopped(super::Stop {
                    car: i,
                    loss_s: 0.0,
                    stationary_s: 0.0,
                    penalty_s: 0.0,
                    tyre,
                    is_under_red: true,
                });
            }
        }
    }

    /// Neutralises the race from `fraction` of this lap on, unless it already is at least as much.
    pub(super) fn neutralise(&mut self, field: &mut Field, track: TrackState, fraction: f32) {
        let rank = |state: TrackState| state as u8;
        if rank(track) <= rank(field.track) || field.n_running == 0 {
            return;
        }
        // What slows the race already slows it from the line on.
        field.before_change = if field.track == TrackState::Green { fraction } else { 0.0 };
        (field.track, field.track_laps) = (track, 0);
        field.n_phases[usize::from(rank(track)) - 1] += 1;
        let leader = lane(field.order[0]);
        let at_s = field.time_s[leader] + fraction * field.free_s[leader];
        self.recorder.track(at_s, field.lap, track);
    }
}

//! Failures, crashes, penalties, mistakes; neutralisations that nobody caused.

use super::{Field, Recorder, Run, lane, purpose};
use crate::race::{RetirementCause, Script, TrackState};
use crate::random::{exponential, uniform};

/// Five seconds three times out of four, else ten: what the stewards gave in 2021–2024.
const LONG_PENALTY_SHARE: f32 = 0.25;

impl<R: Recorder> Run<'_, '_, R> {
    /// One word per car says whether anything happens to it on this lap, and what.
    pub(super) fn incidents(&mut self, field: &mut Field) {
        let tables = self.tables;
        let is_racing = field.track == TrackState::Green;
        let circuit = &tables.model.circuit;
        let mut crash_factor = 1.0 + (circuit.weather.crash_factor - 1.0) * field.wetness;
        if field.begin == super::Begin::Standing {
            crash_factor *= circuit.first_lap.crash_factor;
        }
        let (order, n_running) = (field.order, field.n_running);
        for i in order[..n_running].iter().map(|i| lane(*i)) {
            let u = uniform(field.mischance_word[i]);
            // Behind a safety car engines still break, but nobody races.
            let (failure, crash) = (tables.failure[i], tables.crash[i] * crash_factor);
            let any = if is_racing { tables.mischance[i] + crash } else { failure };
            if u < any {
                self.mischance(field, i, u, crash);
            }
        }
        if tables.has_scripts {
            self.scripted_retirements(field);
        }
    }

    fn mischance(&mut self, field: &mut Field, i: usize, u: f32, crash: f32) {
        let car = &self.tables.model.cars[i];
        if u < car.failure_hazard {
            self.retire(field, i, RetirementCause::Failure);
        } else if u < car.failure_hazard + crash {
            self.retire(field, i, RetirementCause::Crash);
        } else if u < car.failure_hazard + crash + car.penalty_hazard {
            self.penalise(field, i);
        } else {
            let [.., how_long] = self.words(field.own_lap[i], i, purpose::INCIDENT);
            let lost_s = self.tables.model.circuit.noise.mistake_mean_s * exponential(how_long);
            field.free_s[i] += lost_s;
            field.mistake_s[i] = lost_s;
        }
    }

    fn penalise(&mut self, field: &mut Field, i: usize) {
        let [fraction, which, ..] = self.words(field.own_lap[i], i, purpose::INCIDENT);
        let seconds = if uniform(which) < LONG_PENALTY_SHARE { 10.0 } else { 5.0 };
        field.penalty_s[i] += seconds;
        let at_s = field.time_s[i] + uniform(fraction) * field.free_s[i];
        self.recorder.penalised(i, field.own_lap[i] as u16, at_s, seconds);
    }

    fn retire(&mut self, field: &mut Field, i: usize, cause: RetirementCause) {
        let [fraction, consequence, ..] = self.words(field.own_lap[i], i, purpose::INCIDENT);
        let (fraction, u) = (uniform(fraction), uniform(consequence));
        let lap = field.own_lap[i] as u16;
        let at_s = field.time_s[i] + field.out_loss_s[i] + fraction * field.free_s[i];
        field.remove(i);
        field.retired_on[i] = lap;
        field.retired_at_s[i] = at_s;
        self.recorder.retired(i, lap, fraction, at_s, cause);
        let it = &self.tables.model.circuit.neutralisation;
        let (sc, vsc, red) = match cause {
            RetirementCause::Crash => (it.sc_per_crash, it.vsc_per_crash, it.red_per_crash),
            RetirementCause::Failure => (it.sc_per_failure, it.vsc_per_failure, 0.0),
        };
        if u < sc {
            self.neutralise(field, TrackState::SafetyCar, fraction);
        } else if u < sc + vsc {
            self.neutralise(field, TrackState::VirtualSafetyCar, fraction);
        } else if u < sc + vsc + red {
            self.neutralise(field, TrackState::Red, fraction);
        }
    }

    fn scripted_retirements(&mut self, field: &mut Field) {
        for script in self.tables.scripts() {
            if let Script::Retire { car_idx, lap, is_crash } = *script {
                let i = usize::from(car_idx);
                let runs = field.retired_on[i] == super::RUNS;
                if runs && field.own_lap[i] == u32::from(lap) {
                    self.retire(field, i, if is_crash { RetirementCause::Crash } else { RetirementCause::Failure });
                }
            }
        }
    }

    /// Debris, animals, weather; and scripts.
    pub(super) fn neutralise_for_other_reasons(&mut self, field: &mut Field) {
        let tables = self.tables;
        let it = &tables.model.circuit.neutralisation;
        let profile = tables.profile[usize::from(field.lap).min(tables.n_laps)];
        let u = uniform(field.noise_word[tables.track_lane]);
        let (sc, vsc, red) = (it.sc_hazard * profile, it.vsc_hazard * profile, it.red_hazard * profile);
        if u < sc + vsc + red {
            let [fraction, ..] = self.words(u32::from(field.lap), tables.track_lane, purpose::PHASE);
            let track = if u < sc {
                TrackState::SafetyCar
            } else if u < sc + vsc {
                TrackState::VirtualSafetyCar
            } else {
                TrackState::Red
            };
            self.neutralise(field, track, uniform(fraction));
        }
        if tables.has_scripts {
            for script in tables.scripts() {
                if let Script::Neutralise { lap, track } = *script
                    && lap == field.lap
                {
                    self.neutralise(field, track, 0.3);
                }
            }
        }
    }
}

//! One run of a race: state in lanes, a lap at a time.

mod decide;
mod finish;
mod incidents;
mod phases;
mod pits;
mod record;
mod slow;
mod tables;
mod traffic;

pub(super) use finish::Finish;
pub(super) use record::{DrivenLap, Nobody, Recorder, Stop};
pub(super) use tables::Tables;

use super::check::MAX_CARS;
use super::formulas::wet_loss_share;
use super::{
    CarState, Plan, PlanPolicy, PolicyChoice, RaceModel, RaceState, Script, Settings, Status, TrackState, Tyre,
};
use crate::random::{Purpose, uniform, words, words_of_cars};

/// Lanes that the lists of a run have: the cars and the track's own.
pub(super) const LANES: usize = MAX_CARS + 1;

/// A car's lane. The mask changes nothing, and shows the compiler that no list ends before it.
#[inline(always)]
pub(super) fn lane(car: u8) -> usize {
    usize::from(car) & (LANES - 1)
}

const _: () = assert!(LANES.is_power_of_two());

/// What draws are for.
pub(super) mod purpose {
    use crate::random::Purpose;

    /// Form of a car on the day, and its team's temper.
    pub(in crate::race) const FORM: Purpose = Purpose(1);
    /// Form of a team, keyed by team instead of car.
    pub(in crate::race) const TEAM_FORM: Purpose = Purpose(2);
    /// Every lap of every car: noise, mischance, passing, the policy's dice. In the track's lane: neutralisation for
    /// other reasons, end of a phase, rain, the shower's strength.
    pub(in crate::race) const LAP: Purpose = Purpose(3);
    /// What a mischance is: where on the lap, what it brings out, how long.
    pub(in crate::race) const INCIDENT: Purpose = Purpose(4);
    /// Starts and restarts.
    pub(in crate::race) const SHUFFLE: Purpose = Purpose(5);
    /// A stop: time standing still, whether it is held, for how long.
    pub(in crate::race) const STOP: Purpose = Purpose(6);
    /// A phase: where on the lap it begins, how the race is started again, how long it stood.
    pub(in crate::race) const PHASE: Purpose = Purpose(7);
    /// The weather on the grid.
    pub(in crate::race) const GRID_WEATHER: Purpose = Purpose(8);
}

/// How a lap begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// Flying.
    Flying,
    /// Behind the safety car that has just left.
    Rolling,
    /// From a standstill.
    Standing,
}

/// A race in lanes: `x[i]` is car `i`.
///
/// A car laps down is not projected: it has completed `lap - lag` laps and `time_s` is when it completed the last of
/// them. So lists sorted by time are cars as they follow each other on the road.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) lap: u16,
    pub(super) track: TrackState,
    /// Laps that state has lasted.
    pub(super) track_laps: u16,
    /// How this lap begins.
    pub(super) begin: Begin,
    /// Share of this lap driven before the track changed.
    pub(super) before_change: f32,
    pub(super) is_raining: bool,
    pub(super) wetness: f32,
    /// The last lap, which the time limit may bring forward.
    pub(super) last_lap: u16,
    pub(super) n_running: usize,
    /// Running cars, first to last.
    pub(super) order: [u8; LANES],
    pub(super) time_s: [f32; LANES],
    /// The same plus what a stop still costs.
    pub(super) start_s: [f32; LANES],
    pub(super) out_loss_s: [f32; LANES],
    pub(super) carried_s: [f32; LANES],
    pub(super) penalty_s: [f32; LANES],
    pub(super) best_lap_s: [f32; LANES],
    /// Lap time of this lap alone on the track.
    pub(super) free_s: [f32; LANES],
    pub(super) form_s: [f32; LANES],
    pub(super) lag: [u32; LANES],
    /// The lap each car is on, from 1.
    pub(super) own_lap: [u32; LANES],
    pub(super) tyre: [u8; LANES],
    pub(super) age: [u16; LANES],
    pub(super) used: [u8; LANES],
    pub(super) n_stops: [u8; LANES],
    /// What the car comes in for at the end of this lap: the tyre's index and one, or nothing.
    pub(super) fitting: [u8; LANES],
    pub(super) temper: [f32; LANES],
    pub(super) shift_laps: [i8; LANES],
    /// Lap on which the car stopped for good, if it did.
    pub(super) retired_on: [u16; LANES],
    pub(super) retired_at_s: [f32; LANES],
    pub(super) mistake_s: [f32; LANES],
    /// The words of this lap, by use.
    noise_word: [u32; LANES],
    mischance_word: [u32; LANES],
    pass_word: [u32; LANES],
    dice_word: [u32; LANES],
    /// How closely each car follows another on this lap, as a multiple of [`crate::race::TrafficModel::following_gap_s`].
    pub(super) distance: [f32; LANES],
    pub(super) n_phases: [u8; 3],
    pub(super) n_passes: u32,
}

/// Nobody follows closer over the line than this share of the following gap, nor is anybody held up further behind than
/// that other share; between the two, all are as likely.
pub(super) const CLOSEST: f32 = 0.9;
pub(super) const FURTHEST: f32 = 1.6;
/// What they are on average.
pub(super) const MEAN_DISTANCE: f32 = 0.5 * (CLOSEST + FURTHEST);

/// How closely a car follows: from the nine bits of its word for passing that [`uniform`] leaves over.
#[inline(always)]
fn distance(pass_word: u32) -> f32 {
    const STEP: f32 = (FURTHEST - CLOSEST) / 512.0;
    CLOSEST + STEP * (pass_word & 0x1FF) as f32
}

/// Stands in [`Field::retired_on`] for a car that runs.
pub(super) const RUNS: u16 = u16::MAX;

impl Field {
    pub(super) fn new(model: &RaceModel, state: &RaceState, settings: &Settings<'_>, lap_s: &[f32]) -> Field {
        let mut field = Field {
            lap: state.lap,
            track: state.track,
            track_laps: state.track_laps,
            begin: Begin::Flying,
            before_change: 0.0,
            is_raining: state.is_raining,
            wetness: state.wetness,
            last_lap: model.circuit.n_laps,
            n_running: 0,
            order: [0; LANES],
            time_s: [0.0; LANES],
            start_s: [0.0; LANES],
            out_loss_s: [0.0; LANES],
            carried_s: [0.0; LANES],
            penalty_s: [0.0; LANES],
            best_lap_s: [f32::INFINITY; LANES],
            free_s: [0.0; LANES],
            form_s: [0.0; LANES],
            lag: [0; LANES],
            own_lap: [u32::from(state.lap) + 1; LANES],
            tyre: [0; LANES],
            age: [0; LANES],
            used: [0; LANES],
            n_stops: [0; LANES],
            fitting: [0; LANES],
            temper: [0.0; LANES],
            shift_laps: [0; LANES],
            retired_on: [RUNS; LANES],
            retired_at_s: [0.0; LANES],
            mistake_s: [0.0; LANES],
            noise_word: [0; LANES],
            mischance_word: [0; LANES],
            pass_word: [0; LANES],
            dice_word: [0; LANES],
            distance: [CLOSEST; LANES],
            n_phases: [0; 3],
            n_passes: 0,
        };
        for (i, car) in state.cars.iter().enumerate() {
            field.place(i, car, state.lap, model, start_tyre(settings, i, car, state.lap));
        }
        let leader_s = (0..state.cars.len())
            .filter(|i| field.retired_on[*i] == RUNS)
            .fold(f32::INFINITY, |least, i| if field.lag[i] == 0 { least.min(field.time_s[i]) } else { least });
        for i in 0..state.cars.len() {
            let is_projected = state.cars[i].n_laps_down.is_none();
            if state.lap > 0 && is_projected && field.retired_on[i] == RUNS && leader_s.is_finite() {
                field.unproject(i, leader_s, model.cars[i].pace_s, lap_s);
            }
        }
        for i in 0..state.cars.len() {
            field.own_lap[i] = u32::from(state.lap) + 1 - field.lag[i].min(u32::from(state.lap));
            if field.retired_on[i] == RUNS {
                field.order[field.n_running] = i as u8;
                field.n_running += 1;
            }
        }
        let rank = |i: &u8| state.cars[usize::from(*i)].position;
        field.order[..field.n_running].sort_by_key(rank);
        if state.lap > 0 {
            field.sort_by_time();
        }
        let limit_s = model.rules.time_limit_s;
        if leader_s >= limit_s {
            field.last_lap = field.last_lap.min(state.lap + 1);
        }
        field
    }

    fn place(&mut self, i: usize, car: &CarState, lap: u16, model: &RaceModel, tyre: Tyre) {
        self.time_s[i] = if lap == 0 {
            model.circuit.first_lap.grid_gap_s * f32::from(car.position.saturating_sub(1))
        } else {
            car.time_s
        };
        self.lag[i] = u32::from(car.n_laps_down.unwrap_or(0)).min(u32::from(lap));
        self.tyre[i] = tyre.index() as u8;
        self.age[i] = car.tyre_age;
        self.used[i] = car.used | 1 << tyre.index();
        if tyre != car.tyre {
            (self.age[i], self.used[i]) = (0, 1 << tyre.index());
        }
        self.n_stops[i] = car.n_stops;
        self.out_loss_s[i] = car.out_lap_loss_s;
        self.carried_s[i] = car.carried_s;
        self.penalty_s[i] = car.penalty_s;
        if car.best_lap_s > 0.0 {
            self.best_lap_s[i] = car.best_lap_s;
        }
        if let Status::Retired { lap } = car.status {
            self.retired_on[i] = lap.saturating_add(1).min(RUNS - 1);
            self.retired_at_s[i] = car.time_s;
        }
    }

    /// The race as it stands, for another simulation to go on from.
    pub(super) fn state(&self, n_cars: usize, plans: &[Option<Plan>]) -> RaceState {
        let mut position = [0; LANES];
        for (place, i) in self.running().enumerate() {
            position[i] = place as u8 + 1;
        }
        let car = |i: usize| CarState {
            position: position[i],
            time_s: if self.retired_on[i] == RUNS { self.time_s[i] } else { self.retired_at_s[i] },
            n_laps_down: Some(self.lag[i].min(255) as u8),
            tyre: self.tyre_of(i),
            tyre_age: self.age[i],
            used: self.used[i],
            n_stops: self.n_stops[i],
            out_lap_loss_s: self.out_loss_s[i],
            carried_s: self.carried_s[i],
            best_lap_s: if self.best_lap_s[i].is_finite() { self.best_lap_s[i] } else { 0.0 },
            penalty_s: self.penalty_s[i],
            status: match self.retired_on[i] {
                RUNS => Status::Running,
                lap => Status::Retired { lap: lap.saturating_sub(1) },
            },
            plan: plans[i].clone(),
        };
        RaceState {
            lap: self.lap,
            track: self.track,
            track_laps: self.track_laps,
            is_raining: self.is_raining,
            wetness: self.wetness,
            cars: (0..n_cars).map(car).collect(),
        }
    }

    /// Takes laps off a projected time until the car is less than a lap behind the leader on the road.
    fn unproject(&mut self, i: usize, leader_s: f32, pace_s: f32, lap_s: &[f32]) {
        let lap = usize::from(self.lap);
        while (self.lag[i] as usize) < lap {
            let own_s = lap_s[lap - self.lag[i] as usize] + pace_s;
            if self.time_s[i] - leader_s < own_s.max(1.0) {
                break;
            }
            self.time_s[i] -= own_s.max(1.0);
            self.lag[i] += 1;
        }
    }

    /// Sorts the running cars by laps down and time: almost sorted already, so by insertion.
    pub(super) fn sort_by_time(&mut self) {
        insertion_sort(&mut self.order[..self.n_running], &self.lag, &self.time_s);
    }

    pub(super) fn running(&self) -> impl Iterator<Item = usize> + '_ {
        self.order[..self.n_running].iter().map(|i| lane(*i))
    }

    pub(super) fn tyre_of(&self, i: usize) -> Tyre {
        Tyre::ALL[usize::from(self.tyre[i])]
    }

    /// The leader's time at the end of the lap before.
    pub(super) fn leader_s(&self) -> f32 {
        self.time_s[lane(self.order[0])]
    }

    /// Takes a car out of the running order.
    pub(super) fn remove(&mut self, car: usize) {
        let order = &mut self.order[..self.n_running];
        if let Some(at) = order.iter().position(|i| usize::from(*i) == car) {
            order.copy_within(at + 1.., at);
            self.n_running -= 1;
        }
    }
}

fn insertion_sort(order: &mut [u8], lag: &[u32; LANES], time_s: &[f32; LANES]) {
    for k in 1..order.len() {
        let car = order[k];
        let (car_lag, car_s) = (lag[lane(car)], time_s[lane(car)]);
        let is_behind = |other: u8| {
            let other = lane(other);
            lag[other] > car_lag || (lag[other] == car_lag && time_s[other] > car_s)
        };
        let mut at = k;
        while at > 0 && is_behind(order[at - 1]) {
            order[at] = order[at - 1];
            at -= 1;
        }
        order[at] = car;
    }
}

fn start_tyre(settings: &Settings<'_>, i: usize, car: &CarState, lap: u16) -> Tyre {
    let planned = match settings.policies.get(i) {
        Some(PolicyChoice::Plan(PlanPolicy { plan, .. })) => plan.start,
        _ => car.plan.as_ref().and_then(|plan| plan.start),
    };
    planned.filter(|_| lap == 0).unwrap_or(car.tyre)
}

/// Runs a race to its end, or until the end of lap `until`.
pub(super) fn run<R: Recorder>(tables: &Tables<'_>, run: u64, recorder: &mut R, until: u16) -> Field {
    let mut field = tables.start.clone();
    Run { tables, run, recorder }.drive(&mut field, until);
    field
}

/// One run under way.
pub(super) struct Run<'r, 'a, R> {
    pub(super) tables: &'r Tables<'a>,
    pub(super) run: u64,
    pub(super) recorder: &'r mut R,
}

impl<R: Recorder> Run<'_, '_, R> {
    fn drive(&mut self, field: &mut Field, until: u16) {
        self.draw_form(field);
        if field.lap == 0 {
            self.draw_grid_weather(field);
        }
        while field.lap < field.last_lap.min(until) && field.n_running > 0 {
            self.drive_lap(field);
        }
    }

    fn drive_lap(&mut self, field: &mut Field) {
        field.lap += 1;
        self.draw_lap(field);
        self.weather(field);
        self.begin_phase(field);
        self.free_laps(field);
        self.incidents(field);
        self.neutralise_for_other_reasons(field);
        if field.n_running == 0 {
            return;
        }
        self.decide(field);
        self.leave_the_pits(field);
        match (field.track, field.begin) {
            (_, Begin::Standing) => self.start_lap(field),
            (TrackState::Green, _) => self.racing_lap(field),
            (TrackState::VirtualSafetyCar, _) => self.virtual_lap(field),
            (TrackState::SafetyCar | TrackState::Red, _) => self.safety_car_lap(field),
        }
        self.unlap(field);
        self.come_in(field);
        field.sort_by_time();
        field.track_laps = field.track_laps.saturating_add(1);
        if field.leader_s() >= self.tables.model.rules.time_limit_s {
            field.last_lap = field.last_lap.min(field.lap + 1);
        }
        self.recorder.lap_over(field);
    }

    pub(super) fn words(&self, lap: u32, car: usize, purpose: Purpose) -> [u32; 4] {
        words(self.tables.settings.seed, self.run, lap, self.tables.keys[car], purpose)
    }

    /// Who is fast today, and in which mood the teams are.
    fn draw_form(&mut self, field: &mut Field) {
        let tables = self.tables;
        for (i, car) in tables.model.cars.iter().enumerate() {
            let [own, temper, ..] = self.words(0, i, purpose::FORM);
            let [team, ..] = words(tables.settings.seed, self.run, 0, u32::from(car.team_idx), purpose::TEAM_FORM);
            let shared = car.team_share.sqrt() * tables.normal.draw(team);
            let alone = (1.0 - car.team_share).sqrt() * tables.normal.draw(own);
            field.form_s[i] = car.pace_s + car.pace_sigma_s * (shared + alone);
            field.temper[i] = uniform(temper);
            field.shift_laps[i] = tables.teams.shift_laps(field.temper[i]) as i8;
        }
    }

    fn draw_lap(&mut self, field: &mut Field) {
        let n = self.tables.n_lanes;
        field.own_lap[self.tables.track_lane] = u32::from(field.lap);
        words_of_cars(
            self.tables.settings.seed,
            self.run,
            &field.own_lap[..n],
            &self.tables.keys[..n],
            purpose::LAP,
            [
                &mut field.noise_word[..n],
                &mut field.mischance_word[..n],
                &mut field.pass_word[..n],
                &mut field.dice_word[..n],
            ],
        );
        field.distance = field.pass_word.map(distance);
    }

    /// Every car's lap time as if it were alone.
    fn free_laps(&mut self, field: &mut Field) {
        let tables = self.tables;
        let mut wet_s = [0.0; Tyre::COUNT];
        let needs_wet = field.wetness > 0.0 || field.tyre[..tables.n_cars].iter().any(|tyre| *tyre > 2);
        if needs_wet {
            let weather = &tables.model.circuit.weather;
            wet_s =
                Tyre::ALL.map(|tyre| tables.model.circuit.base_lap_s * wet_loss_share(weather, tyre, field.wetness));
        }
        let least_s = 0.5 * tables.model.circuit.base_lap_s;
        for i in 0..tables.n_cars {
            let kind = usize::from(field.tyre[i]).min(Tyre::COUNT - 1);
            let age = usize::from(field.age[i]).min(tables::N_AGES - 1);
            let lap_s = tables.lap_s[(field.own_lap[i] as usize).min(tables.n_laps)]
                + field.form_s[i]
                + tables.tyre_offset_s[kind][age]
                + tables.wear_factor[i] * tables.tyre_wear_s[kind][age]
                + wet_s[kind]
                + tables.noise_factor[i] * tables.noise.draw(field.noise_word[i])
                + field.carried_s[i];
            field.free_s[i] = lap_s.max(least_s);
        }
        field.carried_s = [0.0; LANES];
        if R::LISTENS {
            field.mistake_s = [0.0; LANES];
        }
        if tables.has_scripts {
            self.scripted_losses(field);
        }
    }

    fn scripted_losses(&mut self, field: &mut Field) {
        for script in self.tables.scripts() {
            if let Script::Loss { car_idx, loss_s, .. } = script {
                let i = usize::from(*car_idx);
                if scripted_loss(field, i, script) {
                    field.free_s[i] = (field.free_s[i] + loss_s).max(1.0);
                }
            }
        }
    }
}

/// True if this loss befalls the car on the lap it is on.
fn scripted_loss(field: &Field, i: usize, script: &Script) -> bool {
    let Script::Loss { from_lap, to_lap, is_tyre, .. } = *script else { return false };
    let own_lap = field.own_lap[i] as u16;
    let fitted_after = own_lap.saturating_sub(1).saturating_sub(field.age[i]);
    (from_lap..=to_lap).contains(&own_lap) && !(is_tyre && fitted_after >= from_lap)
}

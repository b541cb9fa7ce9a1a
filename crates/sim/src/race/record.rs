//! One run in full.

use super::kernel::{DrivenLap, Field, Finish, LANES, RUNS, Recorder, Stop, Tables};
use super::{
    CarTrace, ClassifiedCar, LapRecord, PitRecord, RaceEvent, RaceState, RaceTrace, Retirement, RetirementCause,
    TrackState, Tyre,
};

/// Writes down what a run tells.
///
/// The kernel's clock stands still under a red flag; the trace's does not.
pub(super) struct TraceRecorder {
    cars: Vec<CarTrace>,
    events: Vec<RaceEvent>,
    weather: Vec<(f32, bool)>,
    /// Time that the race has stood still so far.
    suspended_s: f64,
    /// By car: time at the end of the last lap written down.
    last_end_s: [f64; LANES],
    /// Passes of the lap under way: who, whom.
    passes: Vec<(u8, u8)>,
    /// Laps driven in the lap under way, with the stop at their end.
    driven: Vec<(DrivenLap, Option<PitRecord>)>,
    is_started: bool,
}

impl TraceRecorder {
    pub(super) fn new(state: &RaceState) -> TraceRecorder {
        let cars = state.cars.iter().map(|car| CarTrace {
            grid: car.position,
            start_tyre: car.tyre,
            laps: Vec::new(),
            retirement: None,
        });
        let mut last_end_s = [0.0; LANES];
        if state.lap > 0 {
            for (end_s, car) in last_end_s.iter_mut().zip(&state.cars) {
                *end_s = f64::from(car.time_s);
            }
        }
        TraceRecorder {
            cars: cars.collect(),
            events: Vec::new(),
            weather: vec![(state.wetness, state.is_raining)],
            suspended_s: 0.0,
            last_end_s,
            passes: Vec::new(),
            driven: Vec::new(),
            is_started: state.lap > 0,
        }
    }

    fn clock_s(&self, at_s: f32) -> f64 {
        f64::from(at_s) + self.suspended_s
    }

    pub(super) fn trace(mut self, tables: &Tables<'_>, field: &Field) -> RaceTrace {
        let finish = Finish::new(tables, field);
        let classified = |i: &u8| {
            let i = usize::from(*i);
            let has_finished = field.retired_on[i] == RUNS;
            ClassifiedCar {
                car_idx: i as u8,
                n_laps: finish.n_laps[i],
                time_s: f64::from(finish.time_s[i]) + self.suspended_s,
                penalty_s: if has_finished { field.penalty_s[i] } else { 0.0 },
                points: finish.points[i],
            }
        };
        let classification = finish.order[..tables.n_cars].iter().map(classified).collect();
        self.events.sort_by(|a, b| a.at_s().total_cmp(&b.at_s()));
        RaceTrace {
            n_laps: finish.winner_laps(),
            cars: self.cars,
            events: self.events,
            weather: self.weather,
            classification,
        }
    }

    fn write_down(&mut self, field: &Field, position: &[u8; LANES]) {
        // A car that drives two laps in one of the leader's, to unlap itself, ends the first where the second begins.
        for (idx, (lap, pit)) in self.driven.iter().enumerate() {
            let i = lap.car;
            let is_last = !self.driven[idx + 1..].iter().any(|(later, _)| later.car == i);
            let end_s = if is_last { field.time_s[i] } else { field.start_s[i] };
            let end_s = f64::from(end_s) + self.suspended_s;
            self.cars[i].laps.push(LapRecord {
                lap_time_s: (end_s - self.last_end_s[i]) as f32,
                end_s,
                position: position[i],
                tyre: lap.tyre,
                tyre_age: lap.age,
                pit: *pit,
                mistake_s: lap.mistake_s,
                traffic_s: lap.traffic_s,
                track: lap.track,
            });
            self.last_end_s[i] = end_s;
        }
        self.driven.clear();
    }
}

impl Recorder for TraceRecorder {
    const LISTENS: bool = true;

    fn driven(&mut self, lap: DrivenLap) {
        self.driven.push((lap, None));
    }

    fn stopped(&mut self, stop: Stop) {
        let record = PitRecord {
            loss_s: stop.loss_s,
            stationary_s: stop.stationary_s,
            penalty_s: stop.penalty_s,
            tyre: stop.tyre,
            is_under_red: stop.is_under_red,
        };
        if stop.is_under_red {
            if let Some(lap) = self.cars[stop.car].laps.last_mut() {
                lap.pit = Some(record);
            }
        } else if let Some((_, pit)) = self.driven.iter_mut().rev().find(|(lap, _)| lap.car == stop.car) {
            *pit = Some(record);
        }
    }

    fn passed(&mut self, car: usize, passed: usize) {
        self.passes.push((car as u8, passed as u8));
    }

    fn retired(&mut self, car: usize, lap: u16, fraction: f32, at_s: f32, cause: RetirementCause) {
        let at_s = self.clock_s(at_s);
        self.cars[car].retirement = Some(Retirement { lap, fraction, at_s, cause });
        self.events.push(RaceEvent::Retired { at_s, lap, car_idx: car as u8 });
    }

    fn penalised(&mut self, car: usize, lap: u16, at_s: f32, seconds: f32) {
        let at_s = self.clock_s(at_s);
        self.events.push(RaceEvent::Penalty { at_s, lap, car_idx: car as u8, seconds });
    }

    fn track(&mut self, at_s: f32, lap: u16, track: TrackState) {
        let at_s = self.clock_s(at_s);
        self.events.push(RaceEvent::Track { at_s, lap, track });
    }

    fn rain(&mut self, at_s: f32, lap: u16, begins: bool) {
        let at_s = self.clock_s(at_s);
        self.events.push(RaceEvent::Rain { at_s, lap, begins });
    }

    fn suspended(&mut self, seconds: f32) {
        self.suspended_s += f64::from(seconds);
    }

    fn lap_over(&mut self, field: &Field) {
        if !self.is_started {
            self.is_started = true;
            // Rain on the grid is drawn, and tyres chosen for it, after the state was given.
            for lap in &self.driven {
                self.cars[lap.0.car].start_tyre = lap.0.tyre;
            }
        }
        let mut position = [0; LANES];
        for (place, i) in field.running().enumerate() {
            position[i] = place as u8 + 1;
        }
        for (car_idx, passed_idx) in std::mem::take(&mut self.passes) {
            let at_s = self.clock_s(field.time_s[usize::from(car_idx)]);
            self.events.push(RaceEvent::Overtake { at_s, lap: field.lap, car_idx, passed_idx });
        }
        self.write_down(field, &position);
        self.weather.push((field.wetness, field.is_raining));
    }
}

impl RaceEvent {
    /// Race time since the lights.
    pub const fn at_s(&self) -> f64 {
        match self {
            RaceEvent::Track { at_s, .. }
            | RaceEvent::Overtake { at_s, .. }
            | RaceEvent::Penalty { at_s, .. }
            | RaceEvent::Retired { at_s, .. }
            | RaceEvent::Rain { at_s, .. } => *at_s,
        }
    }
}

impl RaceTrace {
    /// The tyre fitted at each stop of a car, in order.
    pub fn stops(&self, car_idx: usize) -> impl Iterator<Item = (u16, Tyre)> + '_ {
        let laps = self.cars.get(car_idx).map_or(&[][..], |car| &car.laps);
        laps.iter().enumerate().filter_map(|(idx, lap)| lap.pit.map(|pit| (idx as u16 + 1, pit.tyre)))
    }
}

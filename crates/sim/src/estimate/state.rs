//! The state of a race at a lap, from the laps of its cars.

use super::so_far::{CarSoFar, LapSoFar, RaceSoFar};
use crate::race::{CarState, RaceModel, RaceState, Status, TrackState, Tyre};

/// Where a car is: laps down and race time at the end of the last lap that counts.
#[derive(Debug, Clone, Copy)]
struct Progress {
    n_laps_down: u16,
    end_s: f64,
}

pub(super) fn state_of(so_far: &RaceSoFar, model: &RaceModel) -> RaceState {
    let clock = Clock::of(so_far, model);
    let progress: Vec<Option<Progress>> = so_far.cars.iter().map(|car| clock.progress(so_far, car)).collect();
    let mut order: Vec<usize> = (0..so_far.cars.len()).collect();
    order.sort_by(|a, b| {
        let key = |idx: usize| rank_key(so_far, idx, progress[idx]);
        let ((behind_a, time_a), (behind_b, time_b)) = (key(*a), key(*b));
        behind_a.cmp(&behind_b).then(time_a.total_cmp(&time_b)).then(a.cmp(b))
    });
    let mut positions = vec![0_u8; order.len()];
    for (place, idx) in order.into_iter().enumerate() {
        positions[idx] = u8::try_from(place + 1).unwrap_or(u8::MAX);
    }
    let wetness = wetness(so_far, model);
    RaceState {
        lap: so_far.lap,
        track: so_far.track,
        track_laps: so_far.track_laps,
        is_raining: so_far.is_raining,
        wetness,
        cars: (0..so_far.cars.len())
            .map(|idx| car_state(so_far, &so_far.cars[idx], progress[idx], positions[idx], &clock, (model, wetness)))
            .collect(),
    }
}

/// Running cars by laps down and time, then retired ones by laps completed.
fn rank_key(so_far: &RaceSoFar, idx: usize, progress: Option<Progress>) -> ((bool, u16), f64) {
    let car = &so_far.cars[idx];
    match progress {
        _ if so_far.lap == 0 => ((false, 0), f64::from(car.grid)),
        Some(progress) => ((false, progress.n_laps_down), progress.end_s),
        None => {
            let last = so_far.laps_of(car).last();
            ((true, u16::MAX - last.map_or(0, |lap| lap.lap)), last.map_or(f64::from(car.grid), |lap| lap.end_s))
        }
    }
}

/// Race time from session time.
struct Clock {
    start_s: f64,
    /// Time under red flags up to the lap.
    stopped_s: f64,
    /// When the leader completed the lap, and how long it took.
    leader_end_s: f64,
    leader_lap_s: f64,
}

impl Clock {
    fn of(so_far: &RaceSoFar, model: &RaceModel) -> Clock {
        let base_lap_s = f64::from(model.circuit.base_lap_s);
        let leader = (so_far.cars.iter())
            .filter_map(|car| {
                so_far.laps_of(car).last().filter(|lap| lap.lap == so_far.lap).map(|lap| (lap.end_s, car))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((leader_end_s, leader)) = leader else {
            return Clock { start_s: 0.0, stopped_s: 0.0, leader_end_s: 0.0, leader_lap_s: base_lap_s };
        };
        let laps = so_far.laps_of(leader);
        let lights = |first: &LapSoFar| first.end_s - base_lap_s - f64::from(model.circuit.first_lap.standing_start_s);
        let start_s = so_far.start_s.unwrap_or_else(|| laps.first().map_or(0.0, lights));
        let duration = |pair: &[LapSoFar]| pair[1].end_s - pair[0].end_s;
        // A lap on which the race was stopped takes as long as the stop; all but a slow lap of it is not race time.
        let stopped = laps.windows(2).filter(|pair| pair[1].track == TrackState::Red);
        let stopped_s = stopped.map(|pair| (duration(pair) - 1.5 * base_lap_s).max(0.0)).sum();
        let last_lap_s = laps.windows(2).next_back().map_or(base_lap_s, duration);
        Clock { start_s, stopped_s, leader_end_s, leader_lap_s: last_lap_s.clamp(0.8 * base_lap_s, 2.0 * base_lap_s) }
    }

    /// Where a running car is; `None` if it is out.
    ///
    /// A car that has yet to end the leader's lap is taken to need as long for it as for its last one. It is a lap down
    /// if it will not be there before the leader is there again.
    fn progress(&self, so_far: &RaceSoFar, car: &CarSoFar) -> Option<Progress> {
        if car.is_retired {
            return None;
        }
        let laps = so_far.laps_of(car);
        let Some(last) = laps.last() else {
            return Some(Progress { n_laps_down: 0, end_s: self.leader_end_s + f64::from(car.grid) * 0.1 });
        };
        let lap_s = last
            .lap_time_s
            .map_or(self.leader_lap_s, f64::from)
            .clamp(0.8 * self.leader_lap_s, 2.0 * self.leader_lap_s);
        let missing = so_far.lap.saturating_sub(last.lap);
        let ahead =
            ((self.leader_end_s + self.leader_lap_s - last.end_s) / lap_s).floor().clamp(0.0, f64::from(missing));
        let laps_driven = ahead as u16;
        Some(Progress { n_laps_down: missing - laps_driven, end_s: last.end_s + f64::from(laps_driven) * lap_s })
    }

    fn race_time_s(&self, end_s: f64) -> f64 {
        (end_s - self.start_s - self.stopped_s).max(0.0)
    }
}

fn car_state(
    so_far: &RaceSoFar,
    car: &CarSoFar,
    progress: Option<Progress>,
    position: u8,
    clock: &Clock,
    race: (&RaceModel, f32),
) -> CarState {
    let (model, wetness) = race;
    let laps = so_far.laps_of(car);
    let last = laps.last();
    let just_stopped = last.is_some_and(|lap| lap.is_in_lap && lap.lap == so_far.lap);
    let usual = if wetness > model.circuit.weather.slick_crossover { Tyre::Intermediate } else { Tyre::Medium };
    // A lap whose tyre the feed does not name was driven on that of the lap before.
    let known = laps.iter().rev().find_map(|lap| lap.tyre).or(car.start_tyre).unwrap_or(usual);
    let driven = laps.iter().filter_map(|lap| lap.tyre).chain(car.start_tyre);
    let mut used = driven.fold(1 << known.index(), |used, tyre| used | 1 << tyre.index());
    let tyre = if just_stopped { fitted(used, wetness, model) } else { known };
    used |= 1 << tyre.index();
    let stops = laps.iter().filter(|lap| lap.is_in_lap);
    let n_stops = stops.count().min(usize::from(u8::MAX)) as u8;
    let best = laps.iter().filter_map(|lap| lap.lap_time_s).fold(f32::INFINITY, f32::min);
    CarState {
        position,
        time_s: match progress {
            Some(progress) => clock.race_time_s(progress.end_s) as f32,
            // Retired cars with equally many laps are ranked by this, later first, so that they keep their order.
            None => (clock.race_time_s(clock.leader_end_s) - 0.01 * f64::from(position)).max(0.0) as f32,
        },
        n_laps_down: progress.map(|progress| progress.n_laps_down.min(255) as u8),
        tyre,
        tyre_age: if just_stopped { 0 } else { last.map_or(0, |lap| lap.tyre_age) },
        used,
        n_stops,
        out_lap_loss_s: if just_stopped { way_out_s(model) } else { 0.0 },
        penalty_s: car.penalty_s,
        best_lap_s: if best.is_finite() { best } else { 0.0 },
        status: if progress.is_none() {
            Status::Retired { lap: last.map_or(0, |lap| lap.lap) }
        } else {
            Status::Running
        },
        ..CarState::on_grid(position, tyre)
    }
}

/// What a car that is in the lane at the end of the lap has probably been given: that shows on its next lap only. In the
/// dry it is the hardest compound it has not used yet, by far the commonest choice.
fn fitted(used: u8, wetness: f32, model: &RaceModel) -> Tyre {
    if wetness > model.circuit.weather.slick_crossover {
        return Tyre::Intermediate;
    }
    let unused = |tyre: &Tyre| used & 1 << tyre.index() == 0;
    [Tyre::Hard, Tyre::Medium, Tyre::Soft].into_iter().find(unused).unwrap_or(Tyre::Hard)
}

/// What a usual stop still costs beyond the line.
fn way_out_s(model: &RaceModel) -> f32 {
    let pit = &model.circuit.pit;
    // Where most of the lane is before the line, so are the boxes.
    let standing_s = if pit.in_lap_share > 0.5 { 0.0 } else { pit.stop.minimum_s + pit.stop.scale_s };
    pit.lane_loss_s * (1.0 - pit.in_lap_share) + standing_s
}

/// How wet the track is, told from the tyres that the cars are on: teams know better than any sensor in the feed.
///
/// On slicks it is dry, or nearly so while it rains; on intermediates it is half way between their two crossovers, drier
/// when the rain has stopped; on wets half way between theirs and standing water.
fn wetness(so_far: &RaceSoFar, model: &RaceModel) -> f32 {
    let mut counts = [0_u32; Tyre::COUNT];
    for car in so_far.cars.iter().filter(|car| !car.is_retired) {
        let tyre = so_far.laps_of(car).iter().rev().find_map(|lap| lap.tyre).or(car.start_tyre);
        if let Some(tyre) = tyre {
            counts[tyre.index()] += 1;
        }
    }
    let (slick, intermediate, wet) = (counts[0] + counts[1] + counts[2], counts[3], counts[4]);
    let weather = &model.circuit.weather;
    if wet > slick + intermediate {
        (weather.wet_crossover + 1.0) / 2.0
    } else if intermediate + wet > slick {
        let share = if so_far.is_raining { 0.5 } else { 0.3 };
        weather.slick_crossover + share * (weather.wet_crossover - weather.slick_crossover)
    } else if intermediate + wet > 0 || so_far.is_raining && so_far.lap > 0 {
        weather.slick_crossover * 0.4
    } else {
        0.0
    }
}

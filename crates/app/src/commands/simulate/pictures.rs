//! The pictures of a simulation.

use std::path::Path;

use anyhow::Result;
use overcut_sim::race::{LapRecord, Outcome, RaceState, RaceTrace, Status};

use super::prepare::Prepared;
use super::report::{from, place_now};
use crate::plot::{self, Band, FinishCar, FinishPlot, RaceTracePlot, TraceCar};

/// Cars whose spread is drawn when nobody asks for others.
const N_FOCUS: usize = 3;

/// Cars that a lap's reference is the mean of. A constant pace would not do: safety cars come on other laps in every
/// race, and their minutes would cover every second between cars.
const N_REFERENCE: usize = 10;

/// Draws where each car may finish.
pub fn finish(path: &Path, prepared: &Prepared, outcome: &Outcome, seed: u64) -> Result<()> {
    let car = |idx: usize| {
        let (car, name) = (&outcome.cars[idx], &prepared.names[idx]);
        FinishCar {
            tla: name.tla.clone(),
            note: place_now(&prepared.state, idx),
            colour: name.colour.clone(),
            team_idx: usize::from(prepared.model.cars[idx].team_idx),
            places: (1..=car.positions.len()).map(|place| car.probability(place)).collect(),
            mean: car.mean_position(),
            points: car.points,
            dnf: car.probability_retired(),
        }
    };
    let picture = FinishPlot {
        title: title(prepared),
        subtitle: subtitle(prepared, outcome.n_runs, seed),
        cars: outcome.expected_order().into_iter().map(car).collect(),
    };
    plot::write(path, &picture.draw())
}

/// Draws how the race may run. `focus` names the cars whose spread is drawn; the first three if it is empty.
pub fn race_trace(
    path: &Path,
    prepared: &Prepared,
    outcome: &Outcome,
    course: &Course,
    focus: &[String],
    seed: u64,
) -> Result<()> {
    // A car that is out already has no course to draw, and its time would set the scale.
    let is_running = |idx: &usize| prepared.state.cars[*idx].status == Status::Running;
    let order: Vec<usize> = outcome.expected_order().into_iter().filter(is_running).collect();
    let focus = match focus {
        [] => order.iter().copied().take(N_FOCUS).collect(),
        names => names.iter().map(|name| prepared.car_idx(name)).collect::<Result<Vec<usize>>>()?,
    };
    let mut teams_seen = Vec::new();
    let car = |idx: usize| {
        let team_idx = prepared.model.cars[idx].team_idx;
        let is_second = teams_seen.contains(&team_idx);
        teams_seen.push(team_idx);
        TraceCar {
            tla: prepared.names[idx].tla.clone(),
            colour: prepared.names[idx].colour.clone(),
            team_idx: usize::from(team_idx),
            is_second,
            has_bands: focus.contains(&idx),
            ahead_s: course.ahead_of(idx),
            place: course.places_of(idx),
        }
    };
    let picture = RaceTracePlot {
        title: title(prepared),
        subtitle: subtitle(prepared, outcome.n_runs, seed),
        reference: format!("the mean of the first {N_REFERENCE} of the same race"),
        from_lap: prepared.state.lap,
        to_lap: prepared.model.circuit.n_laps,
        cars: order.into_iter().map(car).collect(),
    };
    plot::write(path, &picture.draw())
}

fn title(prepared: &Prepared) -> String {
    format!("{}, {}", prepared.title, from(prepared.state.lap))
}

fn subtitle(prepared: &Prepared, n_runs: u64, seed: u64) -> String {
    format!("{} simulated races of {} laps, seed {seed}", grouped(n_runs), prepared.model.circuit.n_laps)
}

/// A number with its thousands apart.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let head = digits.len() % 3;
    let groups = digits.as_bytes().get(head..).unwrap_or_default().chunks(3);
    let groups = groups.map(|group| String::from_utf8_lossy(group).into_owned());
    let head = digits.get(..head).filter(|head| !head.is_empty()).map(str::to_owned);
    head.into_iter().chain(groups).collect::<Vec<_>>().join("\u{202f}")
}

/// Every car's gaps and places over some runs, lap by lap.
pub struct Course {
    n_runs: usize,
    /// By car and lap, for each run in which the car completed it: seconds ahead of the reference.
    ahead_s: Vec<Vec<Vec<f32>>>,
    /// By car and lap: the sum of its places in those runs.
    places: Vec<Vec<u64>>,
    /// Where the cars are now: seconds ahead, and place.
    now: Vec<(f64, f64)>,
}

impl Course {
    /// Nothing seen yet of a race that goes on from a state.
    pub fn new(state: &RaceState, n_laps: u16) -> Course {
        let n_left = usize::from(n_laps.saturating_sub(state.lap));
        let running = state.cars.iter().filter(|car| car.status == Status::Running);
        let reference = reference(running.map(|car| (car.position, f64::from(car.time_s))));
        let ahead = |time_s: f32| if state.lap == 0 { 0.0 } else { reference.unwrap_or(0.0) - f64::from(time_s) };
        Course {
            n_runs: 0,
            ahead_s: vec![vec![Vec::new(); n_left]; state.cars.len()],
            places: vec![vec![0; n_left]; state.cars.len()],
            now: state.cars.iter().map(|car| (ahead(car.time_s), f64::from(car.position))).collect(),
        }
    }

    /// Takes a run in.
    pub fn add(&mut self, trace: &RaceTrace) {
        self.n_runs += 1;
        let n_left = self.ahead_s.first().map_or(0, Vec::len);
        for lap_idx in 0..n_left {
            let laps = || trace.cars.iter().enumerate().filter_map(|(idx, car)| Some((idx, car.laps.get(lap_idx)?)));
            let Some(reference) = reference(laps().map(|(_, lap): (usize, &LapRecord)| (lap.position, lap.end_s)))
            else {
                return; // the race was over earlier
            };
            for (car_idx, lap) in laps() {
                self.ahead_s[car_idx][lap_idx].push((reference - lap.end_s) as f32);
                self.places[car_idx][lap_idx] += u64::from(lap.position);
            }
        }
    }

    /// Puts what was seen in order, once every run is in.
    pub fn finish(&mut self) {
        self.ahead_s.iter_mut().flatten().for_each(|seconds| seconds.sort_by(f32::total_cmp));
    }

    /// Seconds ahead, from now on, for as long as it can be told.
    fn ahead_of(&self, car_idx: usize) -> Vec<Band> {
        let (now_s, _) = self.now[car_idx];
        let now = Band { median: now_s, half: [now_s; 2], most: [now_s; 2] };
        let band = |seconds: &Vec<f32>| {
            let at = |q: f64| f64::from(quantile(seconds, q));
            Band { median: at(0.5), half: [at(0.25), at(0.75)], most: [at(0.1), at(0.9)] }
        };
        let laps = self.ahead_s[car_idx].iter().take(self.n_usual(car_idx));
        std::iter::once(now).chain(laps.map(band)).collect()
    }

    /// Mean place, from now on.
    fn places_of(&self, car_idx: usize) -> Vec<f64> {
        let (_, now) = self.now[car_idx];
        let laps = self.ahead_s[car_idx].iter().zip(&self.places[car_idx]);
        let laps = laps.take(self.n_usual(car_idx));
        std::iter::once(now).chain(laps.map(|(seconds, sum)| *sum as f64 / seconds.len() as f64)).collect()
    }

    /// Laps that the car completes in most runs. They end where many runs leave off at once: a car is lapped there, and
    /// the runs in which it is not say nothing of the others.
    fn n_usual(&self, car_idx: usize) -> usize {
        let n_seen = |seconds: &Vec<f32>| seconds.len();
        let mut before = self.n_runs;
        let is_usual = |n: &usize| -> bool {
            let is_usual = 2 * n > self.n_runs && 10 * n >= 9 * before;
            before = *n;
            is_usual
        };
        self.ahead_s[car_idx].iter().map(n_seen).take_while(is_usual).count()
    }
}

/// The mean time of the first cars, given places and times; `None` if there is none.
fn reference(cars: impl Iterator<Item = (u8, f64)>) -> Option<f64> {
    let first = cars.filter(|(position, _)| usize::from(*position) <= N_REFERENCE);
    let (n, sum) = first.fold((0_u32, 0.0), |(n, sum), (_, time_s)| (n + 1, sum + time_s));
    (n > 0).then(|| sum / f64::from(n))
}

/// The value that a share of sorted values does not exceed.
fn quantile(sorted: &[f32], q: f64) -> f32 {
    let idx = (q * sorted.len() as f64) as usize;
    sorted[idx.min(sorted.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [(7, "7"), (999, "999"), (1_000, "1\u{202f}000"), (1_234_567, "1\u{202f}234\u{202f}567")];
        for (n, want) in cases {
            assert_eq!(grouped(n), want);
        }
    }
}

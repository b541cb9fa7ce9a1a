//! Two strategies on the same dice.

use serde::Serialize;

use super::check::check_all;
use super::kernel::{self, Field, Finish, Nobody, Tables};
use super::simulate::in_chunks;
use super::{ModelError, Plan, PlanPolicy, PolicyChoice, RaceModel, RaceState, Settings};

/// How plan B does against plan A for one car, all else the same.
///
/// Every run is done twice, once with each plan, with the same random numbers for the same car, lap and purpose (common
/// random numbers; A. M. Law, Simulation Modeling and Analysis, §11.2). What luck does to both cancels, so far fewer
/// runs tell the plans apart than two separate simulations would need.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// Pairs of runs.
    pub n_runs: u64,
    /// Final position with B less that with A: negative is better.
    pub position: Difference,
    /// Points with B less those with A.
    pub points: Difference,
    /// Race time with B less that with A, in seconds, over the pairs in which the car drove the same laps to the flag.
    pub time_s: Difference,
}

/// A mean difference between paired runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Pairs behind it.
    pub n_pairs: u64,
    /// Mean with A.
    pub mean_a: f64,
    /// Mean with B.
    pub mean_b: f64,
    /// Mean of B less A.
    pub mean: f64,
    /// Standard error of that.
    pub standard_error: f64,
    /// Variance of an unpaired difference over that of the paired one: how many times fewer runs pairing needs.
    pub variance_reduction: f64,
}

/// Sums of a pair of thousandths: exact, so that threads cannot change a digit.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u64,
    a: i64,
    b: i64,
    aa: i128,
    bb: i128,
    dd: i128,
}

impl Sums {
    fn add(&mut self, a: f32, b: f32) {
        let (a, b) = ((f64::from(a) * 1000.0).round() as i64, (f64::from(b) * 1000.0).round() as i64);
        let square = |x: i64| i128::from(x) * i128::from(x);
        self.n += 1;
        self.a += a;
        self.b += b;
        self.aa += square(a);
        self.bb += square(b);
        self.dd += square(b - a);
    }

    fn merge(&mut self, other: &Sums) {
        self.n += other.n;
        self.a += other.a;
        self.b += other.b;
        self.aa += other.aa;
        self.bb += other.bb;
        self.dd += other.dd;
    }

    fn difference(&self) -> Difference {
        let n = self.n.max(1) as f64;
        let variance = |sum: i64, squares: i128| {
            let mean = sum as f64 / n;
            ((squares as f64 / n - mean * mean) * n / (n - 1.0).max(1.0)).max(0.0)
        };
        let d = variance(self.b - self.a, self.dd);
        let unpaired = variance(self.a, self.aa) + variance(self.b, self.bb);
        Difference {
            n_pairs: self.n,
            mean_a: self.a as f64 / n / 1000.0,
            mean_b: self.b as f64 / n / 1000.0,
            mean: (self.b - self.a) as f64 / n / 1000.0,
            standard_error: (d / n).sqrt() / 1000.0,
            variance_reduction: if d > 0.0 { unpaired / d } else { f64::INFINITY },
        }
    }
}

/// Compares two plans for the car at `car_idx`; both react as [`PlanPolicy::is_reacting`] says.
///
/// # Errors
///
/// [`ModelError`] if model, state or settings make no sense or there is no such car.
pub fn compare(
    model: &RaceModel,
    state: &RaceState,
    car_idx: usize,
    plan_a: &Plan,
    plan_b: &Plan,
    settings: &Settings<'_>,
) -> Result<Comparison, ModelError> {
    let reacting = |plan: &Plan| PolicyChoice::Plan(PlanPolicy { plan: plan.clone(), is_reacting: true });
    compare_policies(model, state, car_idx, [reacting(plan_a), reacting(plan_b)], settings)
}

/// Compares two policies, A and B, for the car at `car_idx`.
///
/// # Errors
///
/// [`ModelError`] if model, state or settings make no sense or there is no such car.
pub fn compare_policies<'a>(
    model: &RaceModel,
    state: &RaceState,
    car_idx: usize,
    choices: [PolicyChoice<'a>; 2],
    settings: &Settings<'a>,
) -> Result<Comparison, ModelError> {
    if car_idx >= model.cars.len() {
        return Err(ModelError::NoSuchCar { car_idx });
    }
    let settings = choices.map(|choice| settings.clone().with_policy(car_idx, choice));
    for settings in &settings {
        check_all(model, state, settings)?;
    }
    let tables = settings.each_ref().map(|settings| Tables::new(model, state, settings));
    let merge = |sums: &mut [Sums; 3], other: &[Sums; 3]| {
        sums.iter_mut().zip(other).for_each(|(sum, other)| sum.merge(other));
    };
    let sums = in_chunks(&settings[0], &|_| {}, <[Sums; 3]>::default, merge, |sums, run| {
        let [a, b] = tables.each_ref().map(|tables| {
            let field = kernel::run(tables, run, &mut Nobody, u16::MAX);
            CarResult::new(tables, &field, car_idx)
        });
        sums[0].add(a.position, b.position);
        sums[1].add(a.points, b.points);
        if a.n_laps == b.n_laps && a.has_finished && b.has_finished {
            sums[2].add(a.time_s, b.time_s);
        }
    });
    let [position, points, time_s] = sums.map(|sums| sums.difference());
    Ok(Comparison { n_runs: settings[0].n_runs, position, points, time_s })
}

/// One car's result of one run.
struct CarResult {
    position: f32,
    points: f32,
    time_s: f32,
    n_laps: u16,
    has_finished: bool,
}

impl CarResult {
    fn new(tables: &Tables<'_>, field: &Field, i: usize) -> CarResult {
        let finish = Finish::new(tables, field);
        let place = finish.order[..tables.n_cars].iter().position(|car| usize::from(*car) == i).unwrap_or(0);
        CarResult {
            position: place as f32 + 1.0,
            points: finish.points[i],
            time_s: finish.time_s[i],
            n_laps: finish.n_laps[i],
            has_finished: place < finish.n_finished,
        }
    }
}

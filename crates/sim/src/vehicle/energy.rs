//! Electric energy over a course: how far up the speed range the motor may help, so that the budget holds.

use super::bracket::Bracket;
use super::car::Vehicle;
use super::course::Course;
use super::dynamics::Dynamics;
use super::solve::{Ends, speeds_w};
use super::{Aid, Conditions, ErsMode};

/// Deployment is never cut above this, m/s.
const FASTEST_MS: f64 = 110.0;

/// At most so many tries at the speed at which deployment is cut, and the energy that is near enough, J: a few
/// thousandths of a second in a lap.
const TRIES: usize = 14;
const NEAR_ENOUGH_J: f64 = 6_000.0;

/// What happened on one piece of the way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Piece {
    /// Of full acceleration at that speed, 0 to 1.
    pub(super) throttle: f64,
    /// Force of the brakes, N.
    pub(super) brake_n: f64,
    /// Motor power, W, before losses; negative while it charges.
    pub(super) motor_w: f64,
    /// From the exhaust, W.
    pub(super) exhaust_w: f64,
    /// Force along the car at the tyres, N.
    pub(super) tyre_n: f64,
    /// Share of the grip that the corner takes.
    pub(super) lateral_use: f64,
    /// Greatest force along the car without a corner, N.
    pub(super) straight_n: f64,
    pub(super) is_open: bool,
    pub(super) acceleration: f64,
    pub(super) seconds: f64,
}

/// Energy of a course, J.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ledger {
    pub(super) deployed_j: f64,
    pub(super) harvested_j: f64,
    pub(super) exhaust_j: f64,
}

/// The squared speeds of a lap with a motor that keeps to its budget; `dynamics` is left with the cut that does.
///
/// Of all ways to spend a budget, power at low speed gains the most time, for what it gains is carried down the whole
/// straight (compare Limebeer, Perantoni & Rao, *Optimal control of Formula One car energy recovery systems*, Int. J. of
/// Control 87, 2014). So one speed, the same for the whole lap, above which the motor gives nothing, is all there is to find.
pub(super) fn within_budget(
    course: &Course,
    dynamics: &mut Dynamics,
    vehicle: &Vehicle,
    conditions: &Conditions,
) -> Vec<f64> {
    let mut try_cut = |cut_ms: f64| {
        dynamics.cut_ms = cut_ms;
        let w = speeds_w(course, dynamics, Ends::default());
        let ledger = ledger(course, &w, dynamics, vehicle);
        let over_j = ledger.deployed_j - budget_j(vehicle, conditions, &ledger);
        (w, over_j, over_j - ledger.deployed_j)
    };
    let (w, high_j, low_j) = try_cut(FASTEST_MS);
    if high_j <= 0.0 || conditions.ers == ErsMode::Harvest {
        return w;
    }
    // With the cut where the motor comes in nothing is deployed, with the cut at top speed all.
    let top_ms = w.iter().fold(0.0, |top: f64, w| top.max(*w)).sqrt();
    let mut bracket = Bracket::new((vehicle.ers.motor_from_ms, low_j), (top_ms, high_j));
    let mut best = w;
    for _ in 0..TRIES {
        let cut_ms = bracket.guess();
        let (w, over_j, _) = try_cut(cut_ms);
        best = w;
        if over_j.abs() < NEAR_ENOUGH_J {
            break;
        }
        bracket.narrow(cut_ms, over_j);
    }
    best
}

/// What may be deployed in a lap in which that much came in, J.
fn budget_j(vehicle: &Vehicle, conditions: &Conditions, ledger: &Ledger) -> f64 {
    let ers = &vehicle.ers;
    let extra_j = if conditions.aid == Aid::Overtake { ers.overtake_extra_j } else { 0.0 };
    let harvested_j = ledger.harvested_j.min(ers.lap_harvest_j);
    match conditions.ers {
        ErsMode::Harvest => 0.0,
        // The exhaust's share goes straight to the motor and is not counted by the rules.
        ErsMode::Attack => (ers.capacity_j + harvested_j).min(ers.lap_deploy_j) + extra_j + ledger.exhaust_j,
        ErsMode::Balanced => harvested_j.min(ers.lap_deploy_j) + extra_j + ledger.exhaust_j,
    }
}

/// Sums over a course.
pub(super) fn ledger(course: &Course, w: &[f64], dynamics: &Dynamics, vehicle: &Vehicle) -> Ledger {
    let n_pieces = if course.closed { w.len() } else { w.len() - 1 };
    (0..n_pieces).map(|idx| piece(course, w, dynamics, vehicle, idx)).fold(Ledger::default(), |sum, piece| Ledger {
        deployed_j: sum.deployed_j + piece.motor_w.max(0.0) * piece.seconds,
        harvested_j: sum.harvested_j - piece.motor_w.min(0.0) * piece.seconds,
        exhaust_j: sum.exhaust_j + piece.exhaust_w * piece.seconds,
    })
}

/// What pedals and motor did from a point to the next.
pub(super) fn piece(course: &Course, w: &[f64], dynamics: &Dynamics, vehicle: &Vehicle, idx: usize) -> Piece {
    let (from, to) = (w[idx], w[(idx + 1) % w.len()]);
    let acceleration = (to - from) / (2.0 * course.step_m);
    let speed_ms = from.sqrt();
    let seconds = 2.0 * course.step_m / (speed_ms + to.sqrt()).max(1e-6);
    let point = &course.points[idx];
    // Wings shut at the first touch of the brake: what is slower than coasting with open wings was braked.
    let open = dynamics.limits(point, from, true);
    let coasting = -open.resistance_n / dynamics.mass_kg;
    let is_braking = acceleration < coasting - 1e-6;
    let limits = if is_braking { dynamics.limits(point, from, false) } else { open };
    let tyre_n = dynamics.mass_kg * acceleration + limits.resistance_n;
    let mut piece = Piece {
        tyre_n,
        lateral_use: limits.lateral_use,
        straight_n: limits.straight_n,
        is_open: limits.is_open,
        acceleration,
        seconds,
        ..Piece::default()
    };
    if is_braking {
        brake(&mut piece, dynamics, vehicle, speed_ms);
    } else {
        accelerate(&mut piece, dynamics, vehicle, speed_ms, limits.resistance_n);
    }
    piece
}

fn brake(piece: &mut Piece, dynamics: &Dynamics, vehicle: &Vehicle, speed_ms: f64) {
    let ers = &vehicle.ers;
    let engine_n = vehicle.power.engine_braking * dynamics.mass_kg * 9.81;
    piece.brake_n = (-piece.tyre_n - engine_n).max(0.0);
    let rear_w = -piece.tyre_n * vehicle.chassis.rear_brake_share * speed_ms;
    piece.motor_w = -(rear_w * ers.recovery).clamp(0.0, ers.motor_w);
}

fn accelerate(piece: &mut Piece, dynamics: &Dynamics, vehicle: &Vehicle, speed_ms: f64, resistance_n: f64) {
    let ers = &vehicle.ers;
    let power = dynamics.power(speed_ms.max(3.0));
    let rotating = if piece.acceleration > 0.0 { power.rotating } else { 1.0 };
    let needed_w = (dynamics.mass_kg * rotating * piece.acceleration + resistance_n).max(0.0) * speed_ms;
    let full_w = power.engine_w + power.motor_w;
    piece.throttle = if full_w > 0.0 { (needed_w / full_w).clamp(0.0, 1.0) } else { 0.0 };
    // The motor comes in when the engine alone is not enough.
    let motor_w = (needed_w - power.engine_w).clamp(0.0, power.motor_w) / dynamics.efficiency();
    let spare_w = (power.engine_w - needed_w).max(0.0).min(ers.part_throttle_w);
    piece.motor_w = if motor_w > 0.0 { motor_w } else { -spare_w * ers.recovery };
    piece.exhaust_w = ers.exhaust_w * piece.throttle;
}

//! How teams decide: the best time for the next stop if alone, and what makes them stop earlier or later.
//!
//! For each model and each wear of tyres the cost of the rest of a race alone on the track is computed once, backwards
//! from the flag, for every lap, kind, age and debt to the rules ([`StintTable`]). What a team asks on a lap is then one
//! look into that table: by how much would stopping now be worse than going on and stopping at the best time? Below zero
//! it stops. Neutralisations, an undercut and its answer move that threshold; rain and a puncture overrule it. A team
//! remembers nothing: it sees the race as it is, so it decides alike whether the race came from the grid or was handed
//! over at half distance.

use serde::{Deserialize, Serialize};

use super::formulas::{kind_for, tyre_offset_s, tyre_wear_s, wet_loss_share};
use super::{Decision, Plan, PlannedStop, Policy, RaceModel, TrackState, Tyre, View, WeatherModel};
use crate::random::normal_quantile;

/// How teams decide unless a plan or another policy is in charge of a car.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TeamPolicy {
    /// What a stop must bring beyond what it costs: the traffic it drops into, and what can go wrong.
    pub stop_aversion_s: f32,
    /// Standard deviation, from run to run, of how many laps a team stops before or after the best one.
    pub lap_sigma: f32,
    /// How much worse than at the best time a stop may be for tactics' sake.
    pub tactical_s: f32,
    /// Gap to the car ahead (or behind) within which an undercut is tried (or answered).
    pub undercut_gap_s: f32,
    /// Probability per lap of trying an undercut that costs nothing; less the more it costs.
    pub undercut_probability: f32,
    /// Probability of answering the stop of the car behind on the next lap.
    pub cover_probability: f32,
    /// The share of what a stop saves behind a safety car for which teams stop, on average.
    pub neutral_share: f32,
    /// Laps for which teams expect the wetness of the track, or a tyre's damage, to stay.
    pub horizon_laps: f32,
}

impl Default for TeamPolicy {
    /// Numbers for which the stops per car and the laps of stops of simulated races look like those of real ones.
    fn default() -> TeamPolicy {
        TeamPolicy {
            stop_aversion_s: 3.0,
            lap_sigma: 2.5,
            tactical_s: 2.5,
            undercut_gap_s: 2.0,
            undercut_probability: 0.2,
            cover_probability: 0.4,
            neutral_share: 0.85,
            horizon_laps: 12.0,
        }
    }
}

impl TeamPolicy {
    /// The rule made ready for a race; a [`Policy`] for any of its cars.
    pub fn prepare(&self, model: &RaceModel) -> PreparedTeams {
        PreparedTeams::new(*self, model)
    }

    pub(super) fn check(&self, within: &mut dyn FnMut(&str, f32, f32, f32)) {
        within("team.stop_aversion_s", self.stop_aversion_s, -30.0, 120.0);
        within("team.lap_sigma", self.lap_sigma, 0.0, 20.0);
        within("team.tactical_s", self.tactical_s, 0.0, 60.0);
        within("team.undercut_gap_s", self.undercut_gap_s, 0.0, 60.0);
        within("team.undercut_probability", self.undercut_probability, 0.0, 1.0);
        within("team.cover_probability", self.cover_probability, 0.0, 1.0);
        within("team.neutral_share", self.neutral_share, 0.0, 3.0);
        within("team.horizon_laps", self.horizon_laps, 0.0, 200.0);
    }
}

const N_SLICKS: usize = 3;
/// Ages that the table tells apart; older sets count as the oldest.
const N_AGES: usize = 96;
/// Stands for "against the rules": more than any race can cost.
const FORBIDDEN_S: f32 = 1e5;

/// The rest of a race alone on a dry track, from the end of each lap.
#[derive(Debug, Clone)]
struct StintTable {
    n_debts: usize,
    /// By lap, debt, kind and age: cost of stopping now less cost of going on and stopping at the best time.
    regret_s: Vec<f32>,
    /// By lap, debt and kind: the cost of the rest of the race from a stop now.
    stop_cost_s: Vec<f32>,
    /// By lap, debt and kind: what to fit now.
    best: Vec<Tyre>,
}

/// What a car still owes the rules, as a number: one if it must use another dry compound, two for each stop.
fn debt(owes_compound: bool, n_stops: u8) -> usize {
    usize::from(owes_compound) + 2 * usize::from(n_stops)
}

fn debt_after(debt: usize, from: usize, to: usize) -> usize {
    let (owes_compound, n_stops) = (debt & 1 == 1, debt / 2);
    usize::from(owes_compound && from == to) + 2 * n_stops.saturating_sub(1)
}

impl StintTable {
    fn new(model: &RaceModel, wear_factor: f32, stop_s: f32) -> StintTable {
        let n_laps = usize::from(model.circuit.n_laps);
        let n_debts = 2 * (usize::from(model.rules.n_stops) + 1);
        let per_lap = n_debts * N_SLICKS;
        let mut table = StintTable {
            n_debts,
            regret_s: vec![FORBIDDEN_S; (n_laps + 1) * per_lap * N_AGES],
            stop_cost_s: vec![FORBIDDEN_S; (n_laps + 1) * per_lap],
            best: vec![Tyre::Hard; (n_laps + 1) * per_lap],
        };
        let lap_cost: Vec<[f32; N_AGES]> = (0..N_SLICKS)
            .map(|kind| {
                let tyre = &model.tyres[kind];
                std::array::from_fn(|age| tyre_offset_s(tyre, age as u16) + wear_factor * tyre_wear_s(tyre, age as u16))
            })
            .collect();
        // Cost from the end of a lap on, decision included; at the flag a debt is forbidden.
        let mut next: Vec<f32> =
            (0..per_lap * N_AGES).map(|i| if i / (N_SLICKS * N_AGES) == 0 { 0.0 } else { FORBIDDEN_S }).collect();
        for lap in (0..n_laps).rev() {
            next = table.step_back(lap, &lap_cost, &next, stop_s);
        }
        table
    }

    /// Fills in one lap from the costs at the end of the one after it; returns the costs at its own end.
    fn step_back(&mut self, lap: usize, lap_cost: &[[f32; N_AGES]], next: &[f32], stop_s: f32) -> Vec<f32> {
        let place = |debt: usize, kind: usize, age: usize| (debt * N_SLICKS + kind) * N_AGES + age;
        // Going on: the lap at this age, and what follows with a set one lap older.
        let stay = |debt: usize, kind: usize, age: usize| {
            lap_cost[kind][age] + next[place(debt, kind, (age + 1).min(N_AGES - 1))]
        };
        let mut costs = vec![0.0; next.len()];
        for debt in 0..self.n_debts {
            for kind in 0..N_SLICKS {
                let after = |fitted: usize| stay(debt_after(debt, kind, fitted), fitted, 0);
                let fitted = (1..N_SLICKS).fold(0, |best, other| if after(other) < after(best) { other } else { best });
                let stop = stop_s + after(fitted);
                let row = (lap * self.n_debts + debt) * N_SLICKS + kind;
                (self.stop_cost_s[row], self.best[row]) = (stop, Tyre::ALL[fitted]);
                for age in 0..N_AGES {
                    let go_on = stay(debt, kind, age);
                    self.regret_s[row * N_AGES + age] = stop - go_on;
                    costs[place(debt, kind, age)] = go_on.min(stop);
                }
            }
        }
        costs
    }

    #[inline(always)]
    fn row(&self, lap: usize, debt: usize, kind: usize) -> usize {
        (lap * self.n_debts + debt) * N_SLICKS + kind
    }

    #[inline(always)]
    fn regret_s(&self, lap: usize, debt: usize, kind: usize, age: usize) -> f32 {
        self.regret_s[self.row(lap, debt, kind) * N_AGES + age.min(N_AGES - 1)]
    }
}

/// [`TeamPolicy`] with its tables for one race.
#[derive(Debug, Clone)]
pub struct PreparedTeams {
    policy: TeamPolicy,
    n_laps: usize,
    n_dry_compounds: u32,
    n_stops: u8,
    weather: WeatherModel,
    base_lap_s: f32,
    /// What a stop costs under green, and what of it a safety car and a virtual one save.
    stop_s: f32,
    sc_saving_s: f32,
    vsc_saving_s: f32,
    tables: Vec<StintTable>,
    /// By car: which table.
    table_idx: Vec<u8>,
}

impl PreparedTeams {
    fn new(policy: TeamPolicy, model: &RaceModel) -> PreparedTeams {
        let pit = &model.circuit.pit;
        let stop_s = pit.lane_loss_s + pit.stop.minimum_s + pit.stop.scale_s;
        // Cars whose tyres wear alike to a twentieth share a table.
        let class = |factor: f32| (factor * 20.0).round() as i32;
        let mut classes: Vec<i32> = model.cars.iter().map(|car| class(car.wear_factor)).collect();
        classes.sort_unstable();
        classes.dedup();
        let idx_of = |factor| classes.binary_search(&class(factor)).map_or(0, |idx| idx as u8);
        PreparedTeams {
            policy,
            n_laps: usize::from(model.circuit.n_laps),
            n_dry_compounds: u32::from(model.rules.n_dry_compounds),
            n_stops: model.rules.n_stops,
            weather: model.circuit.weather,
            base_lap_s: model.circuit.base_lap_s,
            stop_s,
            sc_saving_s: pit.lane_loss_s * (1.0 - pit.sc_share),
            vsc_saving_s: pit.lane_loss_s * (1.0 - pit.vsc_share),
            tables: classes
                .iter()
                .map(|class| StintTable::new(model, *class as f32 / 20.0, stop_s + policy.stop_aversion_s))
                .collect(),
            table_idx: model.cars.iter().map(|car| idx_of(car.wear_factor)).collect(),
        }
    }

    /// By how many laps a team of this temper stops later than is best.
    pub(super) fn shift_laps(&self, temper: f32) -> i32 {
        let z = normal_quantile(f64::from(temper).clamp(1e-6, 1.0 - 1e-6)) as f32;
        (z * self.policy.lap_sigma).round() as i32
    }

    /// What a car with these tyres behind it still owes the rules.
    #[inline(always)]
    pub(super) fn debt(&self, used: u8, n_stops: u8) -> usize {
        let has_used_grooved = used & 0b1_1000 != 0;
        let owes_compound = !has_used_grooved && (used & 0b111).count_ones() < self.n_dry_compounds;
        debt(owes_compound, self.n_stops.saturating_sub(n_stops))
    }

    /// False if a car on slicks on a dry track will certainly stay out: the answer for nineteen laps of twenty.
    #[inline(always)]
    pub(super) fn may_stop(&self, car_idx: usize, set: SetOnCar, shift_laps: i32, saving_s: f32, dice: f32) -> bool {
        let policy = &self.policy;
        let table = &self.tables[usize::from(self.table_idx[car_idx])];
        let (regret, shifted) = self.regrets(table, set, shift_laps);
        let is_gambling = dice < policy.cover_probability.max(policy.undercut_probability);
        let tactical_s = if is_gambling { policy.tactical_s } else { -2.0 * policy.tactical_s };
        let worth_it = if saving_s > 0.0 { saving_s * policy.neutral_share * BOLDEST } else { tactical_s };
        regret < worth_it || shifted <= 0.0
    }

    /// The most that a stop may cost beyond the best in this state of the track.
    #[inline(always)]
    pub(super) fn saving_s(&self, track: TrackState) -> f32 {
        match track {
            TrackState::Green => 0.0,
            TrackState::VirtualSafetyCar => self.vsc_saving_s,
            TrackState::SafetyCar => self.sc_saving_s,
            TrackState::Red => f32::INFINITY,
        }
    }

    /// Regret of stopping now, and the same as seen by a team that stops so many laps late.
    #[inline(always)]
    fn regrets(&self, table: &StintTable, set: SetOnCar, shift_laps: i32) -> (f32, f32) {
        let regret = table.regret_s(set.lap, set.debt, set.kind, set.age);
        let lap = (set.lap as i32 - shift_laps).clamp(0, self.n_laps as i32 - 1) as usize;
        let age = (set.age as i32 - shift_laps).max(0) as usize;
        (regret, table.regret_s(lap, set.debt, set.kind, age))
    }

    /// The decision of a team, with or without a plan of its own.
    pub(super) fn decide_with(&self, view: &View, dice: f32, plan: Option<&Plan>, shift_laps: i32) -> Decision {
        if usize::from(view.lap) >= self.n_laps && view.track != TrackState::Red {
            return Decision::Stay;
        }
        let wet = self.for_the_weather(view);
        if wet != Decision::Stay || !view.tyre.is_slick() {
            return wet;
        }
        let table = &self.tables[usize::from(self.table_idx[usize::from(view.car_idx)])];
        let set = self.set_of(view);
        let fitting = table.best[table.row(set.lap, set.debt, set.kind)];
        let (regret, shifted) = self.regrets(table, set, shift_laps);
        let pit = Decision::Pit(fitting);
        if view.track == TrackState::Red {
            // New tyres for nothing: unless the old ones are as good. Half a second is a lap's warm-up.
            return if regret < self.stop_s + self.policy.stop_aversion_s - 0.5 { pit } else { Decision::Stay };
        }
        let saving = self.saving_s(view.track);
        let laps_left = self.n_laps as f32 - f32::from(view.lap);
        if view.tyre_loss_s * laps_left.min(self.policy.horizon_laps) > self.stop_s - saving {
            return pit;
        }
        if let Some(plan) = plan {
            return self.follow(plan, view, set, regret, shift_laps);
        }
        // A second number from the temper, so that late teams are not also the bold ones.
        let boldness = BOLDEST - 0.6 * (view.temper * 7.31).fract();
        if saving > 0.0 {
            return if regret < saving * self.policy.neutral_share * boldness { pit } else { Decision::Stay };
        }
        // However late a team likes to stop, it does not throw away more than a stop's tactics are worth, or a race.
        let is_due = shifted <= 0.0 || regret < -2.0 * self.policy.tactical_s;
        if is_due || self.is_tactical(view, regret, dice) { pit } else { Decision::Stay }
    }

    fn set_of(&self, view: &View) -> SetOnCar {
        SetOnCar {
            lap: usize::from(view.lap).min(self.n_laps - 1),
            debt: self.debt(view.used, view.n_stops),
            kind: view.tyre.index(),
            age: usize::from(view.tyre_age),
        }
    }

    /// Undercut of the car ahead, or the answer to that of the car behind.
    fn is_tactical(&self, view: &View, regret: f32, dice: f32) -> bool {
        let policy = &self.policy;
        if regret >= policy.tactical_s {
            return false;
        }
        if view.behind_stopped && view.gap_behind_s < policy.undercut_gap_s * 1.5 {
            return dice < policy.cover_probability;
        }
        let cheapness = 1.0 - regret.max(0.0) / policy.tactical_s;
        view.gap_ahead_s < policy.undercut_gap_s
            && !view.ahead_stopped
            && dice < policy.undercut_probability * cheapness
    }

    /// The planned stop, made when its lap comes, or earlier when a neutralisation makes it cheap; and the rules.
    fn follow(&self, plan: &Plan, view: &View, set: SetOnCar, regret: f32, shift_laps: i32) -> Decision {
        let fitted = i32::from(view.lap) - i32::from(view.tyre_age);
        let next = plan.stops.iter().find(|stop| is_open(stop, fitted));
        match next {
            Some(stop) => {
                let due = (i32::from(stop.lap) + shift_laps).clamp(1, self.n_laps as i32 - 1);
                let early = if view.track == TrackState::Green { 0 } else { PULLED_FORWARD_LAPS };
                if i32::from(view.lap) + early >= due { Decision::Pit(stop.tyre) } else { Decision::Stay }
            }
            // Nothing more is planned, but the rules are not satisfied and time runs out.
            None if set.debt != 0 && regret < 0.0 => {
                let table = &self.tables[usize::from(self.table_idx[usize::from(view.car_idx)])];
                Decision::Pit(table.best[table.row(set.lap, set.debt, set.kind)])
            }
            None => Decision::Stay,
        }
    }

    /// A change between slicks, intermediates and wets if what the lap times gain pays for the stop.
    fn for_the_weather(&self, view: &View) -> Decision {
        let wetness = view.wetness;
        if wetness <= 0.0 && view.tyre.is_slick() {
            return Decision::Stay;
        }
        let wanted = kind_for(&self.weather, wetness);
        let has_it = wanted.map_or(view.tyre.is_slick(), |tyre| tyre == view.tyre);
        if has_it {
            return Decision::Stay;
        }
        let fitting = wanted.unwrap_or_else(|| self.best_slick(view));
        let share = |tyre| wet_loss_share(&self.weather, tyre, wetness);
        let gain_s = (share(view.tyre) - share(fitting)) * self.base_lap_s;
        let laps_left = self.n_laps as f32 - f32::from(view.lap);
        let patience = 0.6 + 0.8 * (view.temper * 3.17).fract();
        let laps = laps_left.min(self.policy.horizon_laps * patience);
        let stop_s = if view.track == TrackState::Red { 0.5 } else { self.stop_s - self.saving_s(view.track) };
        if gain_s * laps > stop_s { Decision::Pit(fitting) } else { Decision::Stay }
    }

    /// The slick for the rest of a race in which no compound is owed any more.
    fn best_slick(&self, view: &View) -> Tyre {
        let table = &self.tables[usize::from(self.table_idx[usize::from(view.car_idx)])];
        let debt = debt(false, self.n_stops.saturating_sub(view.n_stops));
        table.best[table.row(usize::from(view.lap).min(self.n_laps - 1), debt, 0)]
    }
}

/// How much more than on average the boldest team makes of what a safety car saves.
const BOLDEST: f32 = 1.3;

/// How much earlier than planned a stop is made behind a safety car.
const PULLED_FORWARD_LAPS: i32 = 10;

/// True if a planned stop has not been made yet, nor been pulled forward to when this set was fitted.
fn is_open(stop: &PlannedStop, fitted: i32) -> bool {
    let lap = i32::from(stop.lap);
    lap > fitted && (fitted <= 0 || lap - fitted > PULLED_FORWARD_LAPS)
}

/// What a team looks up in its table.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetOnCar {
    pub(super) lap: usize,
    pub(super) debt: usize,
    pub(super) kind: usize,
    /// Laps on it at the end of the lap.
    pub(super) age: usize,
}

impl Policy for PreparedTeams {
    fn decide(&self, view: &View, dice: f32) -> Decision {
        self.decide_with(view, dice, None, self.shift_laps(view.temper))
    }
}

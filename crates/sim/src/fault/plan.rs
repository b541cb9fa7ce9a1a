//! Which faults a session gets, from a seed.

use overcut_domain::DriverNumber;
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::{Fault, FaultKind, FrozenChannel, LapLoss, Places, Stretch};

/// Laps at the start that stay clean: formation, launch, and what detectors need to see before they judge.
const CLEAN_LAPS: u16 = 4;
/// Laps at the end that stay clean.
const LAST_LAPS: u16 = 2;
/// Ways to spread a car's faults over the race that are tried.
const WAYS: u32 = 24;
/// What is nearer to the line than this is on a straight across it, as a share of the lap.
const LINE: f32 = 0.05;
/// Straights shorter than this are no place for a loss of power that anybody could see.
const MIN_STRAIGHT_S: f32 = 4.0;

/// What is planned for: the session as far as faults care.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Racing laps, or those that a car will drive at least.
    pub n_laps: u16,
    /// A lap in racing conditions, seconds.
    pub lap_s: f32,
    /// Where on the lap what can go wrong.
    pub places: Places,
    /// Laps of cars that faults keep clear of where they can: stops, safety cars. They hide what shows over laps.
    pub busy: Vec<(DriverNumber, u16)>,
}

/// Mean number of faults per car and session, by [`FaultKind::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultRates([f32; FaultKind::ALL.len()]);

impl Default for FaultRates {
    /// Half a fault of each kind per car: four or five in a race.
    fn default() -> Self {
        FaultRates::even(0.5)
    }
}

impl FaultRates {
    /// The same rate for every kind.
    pub const fn even(rate: f32) -> Self {
        FaultRates([rate; FaultKind::ALL.len()])
    }

    /// One kind alone.
    pub fn only(kind: FaultKind, rate: f32) -> Self {
        FaultRates::even(0.0).with(kind, rate)
    }

    /// These rates with another one for a kind.
    pub fn with(mut self, kind: FaultKind, rate: f32) -> Self {
        self.0[kind as usize] = rate;
        self
    }

    /// The rate of a kind.
    pub fn of(&self, kind: FaultKind) -> f32 {
        self.0[kind as usize]
    }
}

/// The faults of a session, by car and lap, and what they cost.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FaultPlan {
    /// The faults, by car in the order given, then by lap.
    pub faults: Vec<Fault>,
    /// The time they cost, in the same order.
    pub losses: Vec<LapLoss>,
}

impl FaultPlan {
    /// Plans faults for every car: the same seed, the same plan, whatever the other cars get.
    ///
    /// A car has one fault at a time, and at least a lap between two. What the session has no room or no place for
    /// (a loss of power without straights, DRS without zones) is left out.
    pub fn seeded(seed: u64, rates: &FaultRates, stage: &Stage, drivers: &[DriverNumber]) -> FaultPlan {
        let mut plan = FaultPlan::default();
        for driver in drivers {
            plan_car(&mut plan, Dice::new(seed, *driver), rates, stage, *driver);
        }
        plan
    }

    /// Stops that the faults force: which car comes in for other tyres at the end of which lap.
    pub fn stops(&self) -> impl Iterator<Item = (DriverNumber, u16)> {
        let lasting = self.faults.iter().filter(|fault| fault.kind.lasts_laps());
        lasting.map(|fault| (fault.driver, fault.lap + fault.laps - 1))
    }
}

fn plan_car(plan: &mut FaultPlan, dice: Dice, rates: &FaultRates, stage: &Stage, driver: DriverNumber) {
    let mut wanted: Vec<(f32, Fault, Vec<LapLoss>)> = Vec::new();
    for kind in FaultKind::ALL {
        let rate = rates.of(kind).max(0.0);
        let n = rate as u32 + u32::from(dice.uniform(kind, 0, 0) < rate.fract());
        for nth in 1..=n {
            if let Some((fault, losses)) = fault_of(kind, driver, stage, &|what| dice.uniform(kind, nth, what)) {
                wanted.push((dice.uniform(kind, nth, 1), fault, losses));
            }
        }
    }
    wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut room = i32::from(stage.n_laps) - i32::from(CLEAN_LAPS + LAST_LAPS);
    wanted.retain(|(_, fault, _)| {
        let fits = room >= width(fault);
        room -= if fits { width(fault) } else { 0 };
        fits
    });
    let faults: Vec<_> = wanted.iter().map(|(_, fault, _)| *fault).collect();
    // Of some ways to spread the laps left over, the first that keeps clear of what is in the way, or nearly.
    let ways = (0..WAYS).map(|way| laps_of(&faults, room, &|i| dice.uniform(FaultKind::OverRev, 0, 16 + 64 * way + i)));
    let best = ways.min_by_key(|laps| n_in_the_way(&faults, laps, driver, stage)).unwrap_or_default();
    for ((_, fault, losses), lap) in wanted.into_iter().zip(best) {
        plan.faults.push(Fault { lap, ..fault });
        plan.losses.extend(losses.into_iter().map(|loss| LapLoss { lap: lap + loss.lap, ..loss }));
    }
}

/// The laps of faults in order, with the laps left over spread at random before, between and after them.
fn laps_of(faults: &[Fault], room: i32, roll: &dyn Fn(u32) -> f32) -> Vec<u16> {
    let mut gaps: Vec<i32> = (0..faults.len() as u32).map(|i| (roll(i) * room as f32) as i32).collect();
    gaps.sort_unstable();
    let mut used = 0;
    let lap = |(fault, gap): (&Fault, i32)| {
        let lap = CLEAN_LAPS + 1 + (used + gap + lead(fault)) as u16;
        used += width(fault);
        lap
    };
    faults.iter().zip(gaps).map(lap).collect()
}

/// How many of the faults have a stop or a safety car in their laps, or in the clean ones before them.
fn n_in_the_way(faults: &[Fault], laps: &[u16], driver: DriverNumber, stage: &Stage) -> usize {
    let is_in_the_way = |fault: &Fault, lap: u16| {
        let needed = lap.saturating_sub(lead(fault) as u16)..lap + fault.laps;
        stage.busy.iter().any(|(car, busy)| *car == driver && needed.contains(busy))
    };
    faults.iter().zip(laps).filter(|(fault, lap)| is_in_the_way(fault, **lap)).count()
}

/// Laps that a fault needs for itself, with the clean ones before and after it.
fn width(fault: &Fault) -> i32 {
    lead(fault) + i32::from(fault.laps) + 1
}

/// Clean laps before it: what goes on over laps can only be told from laps before it.
fn lead(fault: &Fault) -> i32 {
    if fault.kind.lasts_laps() { 5 } else { 0 }
}

/// A fault without its lap, and its losses with laps counted from it.
fn fault_of(
    kind: FaultKind,
    driver: DriverNumber,
    stage: &Stage,
    roll: &dyn Fn(u32) -> f32,
) -> Option<(Fault, Vec<LapLoss>)> {
    let between = |what: u32, low: f32, high: f32| low + (high - low) * roll(what);
    let severity = roll(2);
    let mut fault = Fault {
        kind,
        driver,
        lap: 0,
        at: between(3, 0.05, 0.9),
        to: 1.0,
        lasts_s: 0.0,
        laps: 1,
        severity,
        channel: None,
    };
    let mut losses = Vec::new();
    let loss = |lap, seconds, from, to, is_ramp| LapLoss { driver, lap, seconds, from, to, is_ramp };
    match kind {
        FaultKind::OverRev => fault.lasts_s = between(4, 0.6, 1.6),
        FaultKind::DrsStuckOpen => fault.lasts_s = between(4, 2.5, 5.0),
        FaultKind::DrsEarly => {
            let place = early_place(&stage.places, roll(5))?;
            (fault.at, fault.lasts_s) = (place.from, between(4, 2.0, 4.0).min(place.seconds));
        }
        FaultKind::LockUp => fault.lasts_s = between(4, 0.25, 0.55),
        FaultKind::SensorFreeze => {
            let channels = [FrozenChannel::EngineSpeed, FrozenChannel::Speed, FrozenChannel::All];
            fault.channel = channels.get((roll(5) * 3.0) as usize).copied();
            fault.lasts_s = between(4, 5.0, 15.0);
        }
        FaultKind::SensorDropOut => fault.lasts_s = between(4, 5.0, 15.0),
        FaultKind::PowerLoss => {
            // A straight over the line is two: one begins at full speed, one has no room to make up the time.
            let is_whole = |s: &Stretch| s.seconds >= MIN_STRAIGHT_S && s.from > LINE && s.to < 1.0 - LINE;
            let straight = pick(&stage.places.straights, is_whole, roll(5))?;
            (fault.at, fault.to, fault.lasts_s) = (straight.from, straight.to, straight.seconds);
            let seconds = straight.seconds * (0.12 + 0.18 * severity);
            losses.push(loss(0, seconds, straight.from, straight.to, true));
        }
        FaultKind::SlowPuncture => {
            (fault.at, fault.laps, fault.lasts_s) = (0.0, 4 + (roll(4) * 3.0) as u16, stage.lap_s);
            // Seconds a lap: first barely felt, then a car that has to come in.
            let worse = between(6, 0.5, 0.8) + 0.7 * severity;
            losses.extend((0..fault.laps).map(|lap| loss(lap, worse * f32::from(lap + 1), 0.0, 1.0, false)));
        }
        FaultKind::TyreCliff => {
            (fault.at, fault.laps, fault.lasts_s) = (0.0, 4, stage.lap_s);
            let seconds = 1.8 + 1.7 * severity;
            losses.extend((0..fault.laps).map(|lap| loss(lap, seconds, 0.0, 1.0, false)));
        }
    }
    Some((fault, losses))
}

/// A straight where the wing may not be opened.
fn early_place(places: &Places, roll: f32) -> Option<Stretch> {
    if places.drs_zones.is_empty() {
        return None;
    }
    let is_free = |s: &Stretch| s.seconds >= 3.0 && !places.drs_zones.iter().any(|z| z.from < s.to && s.from < z.to);
    pick(&places.straights, is_free, roll)
}

fn pick(stretches: &[Stretch], suits: impl Fn(&Stretch) -> bool, roll: f32) -> Option<Stretch> {
    let fit: Vec<_> = stretches.iter().filter(|s| suits(s)).collect();
    fit.get((roll * fit.len() as f32) as usize).map(|s| **s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> Stage {
        let stretch = |from, to, seconds| Stretch { from, to, seconds };
        Stage {
            n_laps: 57,
            lap_s: 90.0,
            places: Places {
                straights: vec![stretch(0.0, 0.15, 10.0), stretch(0.4, 0.55, 9.0), stretch(0.7, 0.75, 3.5)],
                drs_zones: vec![stretch(0.05, 0.15, 6.0)],
            },
            busy: Vec::new(),
        }
    }

    fn drivers(n: u16) -> Vec<DriverNumber> {
        (1..=n).map(DriverNumber).collect()
    }

    #[test]
    fn a_plan_depends_on_seed_and_car_alone() {
        let all = FaultPlan::seeded(7, &FaultRates::default(), &stage(), &drivers(22));
        assert_eq!(all, FaultPlan::seeded(7, &FaultRates::default(), &stage(), &drivers(22)));
        assert_ne!(all, FaultPlan::seeded(8, &FaultRates::default(), &stage(), &drivers(22)));
        let one = FaultPlan::seeded(7, &FaultRates::default(), &stage(), &[DriverNumber(9)]);
        let same: Vec<_> = all.faults.iter().filter(|fault| fault.driver.0 == 9).copied().collect();
        assert_eq!(one.faults, same);
    }

    #[test]
    fn faults_of_a_car_keep_their_distance_and_fit_the_race() {
        let plan = FaultPlan::seeded(3, &FaultRates::even(1.0), &stage(), &drivers(22));
        for fault in &plan.faults {
            let last = fault.lap + fault.laps - 1;
            assert!(fault.lap > CLEAN_LAPS && last <= 57 - LAST_LAPS, "{fault:?}");
        }
        for pair in plan.faults.windows(2).filter(|pair| pair[0].driver == pair[1].driver) {
            assert!(pair[1].lap > pair[0].lap + pair[0].laps, "{pair:?}");
        }
    }

    #[test]
    fn rates_are_met_on_average_and_every_kind_comes_up() {
        let plan = FaultPlan::seeded(1, &FaultRates::even(0.4), &stage(), &drivers(500));
        for kind in FaultKind::ALL {
            let n = plan.faults.iter().filter(|fault| fault.kind == kind).count();
            assert!((150..250).contains(&n), "{kind:?}: {n}");
        }
    }

    #[test]
    fn what_has_no_place_is_left_out() {
        let bare = Stage { places: Places::default(), ..stage() };
        let plan = FaultPlan::seeded(1, &FaultRates::even(1.0), &bare, &drivers(3));
        let has = |kind| plan.faults.iter().any(|fault| fault.kind == kind);
        assert!(!has(FaultKind::PowerLoss) && !has(FaultKind::DrsEarly) && has(FaultKind::LockUp));
    }

    #[test]
    fn only_what_is_in_the_motion_costs_time() {
        let plan = FaultPlan::seeded(5, &FaultRates::even(1.0), &stage(), &drivers(22));
        for loss in &plan.losses {
            let mut of = plan.faults.iter().filter(|f| f.driver == loss.driver && f.kind.is_in_motion());
            assert!(of.any(|f| (f.lap..f.lap + f.laps).contains(&loss.lap)), "{loss:?}");
            assert!(loss.seconds > 0.0 && loss.from < loss.to && loss.to <= 1.0, "{loss:?}");
        }
        assert!(plan.stops().count() > 20);
    }
}

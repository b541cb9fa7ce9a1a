//! The truth about a synthetic session: what really happened, by the generator's own tables.

use overcut_domain::{Compound, DriverNumber, LapNumber, LapTime, SessionTime};
use serde::{Deserialize, Serialize};

use crate::fault::{FaultPlan, FaultTruth};
use crate::race::RaceTrace;

use super::driven::DrivenLap;
use super::entry_list::DRIVERS;
use super::pit_lane::stated_stop_ms;
use super::plan::Plan;
use super::screen::lap_time;

/// What really happened in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// The seed it follows from.
    pub seed: u64,
    /// Every lap, by driver in the order of the entry list, then by number.
    pub laps: Vec<TruthLap>,
    /// Every set of tyres, likewise.
    pub stints: Vec<TruthStint>,
    /// Every visit to the pit lane, likewise.
    pub pit_stops: Vec<TruthPitStop>,
    /// The classification, best first, with penalties.
    pub classification: Vec<DriverNumber>,
    /// The race as simulated lap by lap, if it is one; cars in the order of the entry list.
    pub race: Option<RaceTrace>,
    /// Faults that were to be put in.
    pub fault_plan: FaultPlan,
    /// Faults that the samples delivered so far show.
    pub faults: Vec<FaultTruth>,
}

/// A lap as driven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthLap {
    /// Who.
    pub driver: DriverNumber,
    /// From 1.
    pub number: LapNumber,
    /// When it began.
    pub started_at: SessionTime,
    /// When the car crossed the line at its end; `None` if it never did.
    pub ended_at: Option<SessionTime>,
    /// The time between, where a timing screen states it: not for the first lap of a race and laps from the garage.
    pub time: Option<LapTime>,
    /// Sector times; the first of a race's first lap and of laps from the garage has none.
    pub sectors: [Option<LapTime>; 3],
    /// Place by crossings of the line at its end; races only.
    pub position: Option<u8>,
    /// Behind the first to end this lap, in milliseconds, on the lead lap; races only.
    pub gap_to_leader_ms: Option<u32>,
    /// Compound.
    pub compound: Compound,
    /// Laps on the set at its end.
    pub tyre_age: u16,
    /// Stint, from 1.
    pub stint: u8,
    /// When the car came into the pit lane.
    pub pit_in_at: Option<SessionTime>,
    /// When it left the pit lane.
    pub pit_out_at: Option<SessionTime>,
    /// Qualifying part, from 1; 0 elsewhere.
    pub part: u8,
}

/// A set of tyres on a car.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthStint {
    /// Whose.
    pub driver: DriverNumber,
    /// From 1.
    pub number: u8,
    /// Compound.
    pub compound: Compound,
    /// True if it was new.
    pub is_new: bool,
    /// Laps it had when it was fitted.
    pub age_at_start: u16,
    /// First lap on it.
    pub first_lap: LapNumber,
    /// Last lap on it, completed or not.
    pub last_lap: LapNumber,
}

/// A visit to the pit lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthPitStop {
    /// Who.
    pub driver: DriverNumber,
    /// From 1.
    pub number: u8,
    /// The lap on which the car came in.
    pub lap: LapNumber,
    /// When.
    pub entered_at: SessionTime,
    /// When it left; `None` if it never did.
    pub left_at: Option<SessionTime>,
    /// Between the two.
    pub lane_time: Option<LapTime>,
    /// Standing still, to the tenth, as publishers state it; `None` where none is stated.
    pub stop_time: Option<LapTime>,
}

/// The tables of a plan.
pub(super) fn truth(plan: &Plan, fault_plan: &FaultPlan, faults: Vec<FaultTruth>) -> Truth {
    let mut truth = Truth {
        seed: plan.config.seed,
        laps: Vec::new(),
        stints: Vec::new(),
        pit_stops: Vec::new(),
        classification: plan.classification.iter().map(|car| DRIVERS[*car].number).collect(),
        race: plan.trace.clone(),
        fault_plan: fault_plan.clone(),
        faults,
    };
    for car in 0..plan.cars.len() {
        truth.laps.extend(plan.cars[car].laps.iter().map(|lap| truth_lap(plan, car, lap)));
        truth.stints.extend(stints(plan, car));
        truth.pit_stops.extend(pit_stops(plan, car));
    }
    if plan.trace.is_some() {
        place(plan, &mut truth.laps);
    }
    truth
}

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

fn truth_lap(plan: &Plan, car: usize, lap: &DrivenLap) -> TruthLap {
    let stint = plan.cars[car].stints.get(lap.stint_idx).copied();
    let has_sector = |sector: usize| sector > 0 || !lap.is_from_standstill;
    let sectors =
        [0, 1, 2].map(|sector| lap.sector_ms(&plan.course, sector).filter(|_| has_sector(sector)).map(lap_time));
    TruthLap {
        driver: DRIVERS[car].number,
        number: LapNumber(lap.number),
        started_at: at(lap.start_ms),
        ended_at: lap.end_ms.map(at),
        time: lap.time_ms().filter(|_| !lap.is_from_standstill).map(lap_time),
        sectors,
        position: None,
        gap_to_leader_ms: None,
        compound: stint.map_or(Compound::Unknown, |stint| stint.compound),
        tyre_age: stint.map_or(0, |stint| stint.start_laps + lap.number + 1 - stint.first_lap),
        stint: lap.stint_idx as u8 + 1,
        pit_in_at: lap.pit_in_ms.map(at),
        pit_out_at: lap.pit_out_ms.map(at),
        part: lap.part,
    }
}

/// Places and gaps at the line. Cars in one millisecond are placed by number.
fn place(plan: &Plan, laps: &mut [TruthLap]) {
    let most = plan.cars.iter().map(|car| car.laps.len()).max().unwrap_or(0);
    for number in 1..=most as u16 {
        let ends = |number: u16| {
            let of_lap = laps.iter().filter(move |lap| lap.number.0 == number);
            of_lap.filter_map(|lap| Some((lap.ended_at?, lap.driver)))
        };
        let mut order: Vec<(SessionTime, DriverNumber)> = ends(number).collect();
        order.sort_unstable();
        let (Some((first, _)), again) = (order.first().copied(), ends(number + 1).min()) else { continue };
        for lap in laps.iter_mut().filter(|lap| lap.number.0 == number) {
            let Some(end) = lap.ended_at else { continue };
            lap.position = order.iter().position(|(_, driver)| *driver == lap.driver).map(|idx| idx as u8 + 1);
            let is_on_lead_lap = again.is_none_or(|(again, _)| end < again);
            lap.gap_to_leader_ms = is_on_lead_lap.then(|| end.millis_since(first) as u32);
        }
    }
}

fn stints(plan: &Plan, car: usize) -> impl Iterator<Item = TruthStint> + '_ {
    plan.cars[car].stints.iter().enumerate().map(move |(idx, stint)| TruthStint {
        driver: DRIVERS[car].number,
        number: idx as u8 + 1,
        compound: stint.compound,
        is_new: stint.is_new,
        age_at_start: stint.start_laps,
        first_lap: LapNumber(stint.first_lap),
        last_lap: LapNumber(stint.last_lap),
    })
}

fn pit_stops(plan: &Plan, car: usize) -> impl Iterator<Item = TruthPitStop> + '_ {
    let laps = &plan.cars[car].laps;
    let visits = laps.iter().enumerate().filter_map(|(idx, lap)| Some((idx, lap, lap.pit_in_ms?)));
    visits.enumerate().map(move |(n, (idx, lap, in_ms))| {
        let out_ms = laps[idx..].iter().filter_map(|lap| lap.pit_out_ms).find(|out_ms| *out_ms > in_ms);
        let lane_ms = out_ms.map(|out_ms| out_ms - in_ms);
        let stop = plan.cars[car].stops.iter().find(|stop| stop.lap == lap.number);
        let is_timed =
            plan.trace.is_some() && lane_ms.is_some_and(|lane_ms| lane_ms <= super::pit_lane::LONGEST_STOP_MS);
        let stated = stop.filter(|_| is_timed);
        TruthPitStop {
            driver: DRIVERS[car].number,
            number: n as u8 + 1,
            lap: LapNumber(lap.number),
            entered_at: at(in_ms),
            left_at: out_ms.map(at),
            lane_time: lane_ms.filter(|_| is_timed).map(lap_time),
            stop_time: stated.map(|stop| lap_time(stated_stop_ms(stop.stationary_s))),
        }
    })
}

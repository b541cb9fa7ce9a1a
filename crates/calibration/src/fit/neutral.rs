//! Safety cars, virtual safety cars and red flags: what brings them out, how long they stay, how slow they are.

use overcut_sim::race::TrackState;

use super::laps::RaceLaps;
use super::{Priors, Sheet};
use crate::archive::{CarEnd, PastRace};
use crate::linear::{mean, median};
use crate::parameters::Estimate;

/// A phase of a race, in laps of its leader.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) track: TrackState,
    pub(crate) first_lap: u16,
    pub(crate) n_laps: u16,
}

/// Laps of the leader in which a phase that a car brought out must begin after it stopped.
const FOLLOWS_WITHIN: u16 = 2;

pub(super) fn observe(sheet: &mut Sheet, races: &[&PastRace], laps: &[Option<RaceLaps>], priors: &Priors) {
    let counts: Vec<Counts> = races.iter().map(|race| Counts::of(race)).collect();
    let sum = |field: fn(&Counts) -> f64| counts.iter().map(field).sum::<f64>();
    let (n_crashes, n_failures, n_laps) = (sum(|c| c.crashes), sum(|c| c.failures), sum(|c| c.laps));
    for (race, own) in races.iter().zip(&counts) {
        let mut share = |name, count: f64, of: f64, all: f64, all_of: f64| {
            if of > 0.0 {
                // A binomial share's variance by the share of all races: one race's own says nothing of it.
                let p = (all / all_of.max(1.0)).clamp(0.01, 0.99);
                sheet.add(race, "neutralisation", name, count / of, p * (1.0 - p) / of, of as usize);
            }
        };
        share("sc_per_crash", own.sc_crash, own.crashes, sum(|c| c.sc_crash), n_crashes);
        share("vsc_per_crash", own.vsc_crash, own.crashes, sum(|c| c.vsc_crash), n_crashes);
        share("red_per_crash", own.red_crash, own.crashes, sum(|c| c.red_crash), n_crashes);
        share("sc_per_failure", own.sc_failure, own.failures, sum(|c| c.sc_failure), n_failures);
        share("vsc_per_failure", own.vsc_failure, own.failures, sum(|c| c.vsc_failure), n_failures);
        let mut hazard = |name, count: f64, all: f64| {
            let usual = (all / n_laps).max(1e-4);
            sheet.add(race, "neutralisation", name, count / own.laps, usual / own.laps, own.laps as usize);
        };
        hazard("sc_hazard", own.sc_other, sum(|c| c.sc_other));
        hazard("vsc_hazard", own.vsc_other, sum(|c| c.vsc_other));
        hazard("red_hazard", own.red_other, sum(|c| c.red_other));
        observe_durations(sheet, race);
    }
    for (race, laps) in races.iter().zip(laps) {
        if let Some(laps) = laps {
            observe_pace(sheet, race, laps);
        }
    }
    observe_profile(sheet, races);
    for row in &priors.tracks {
        // One source, however many races it names: it set the same factors for all of them.
        let weak = 0.01 * priors.tracks.len() as f64;
        let source = || "tum".to_owned();
        sheet.add_elsewhere(source(), "neutralisation", "sc_lap_factor", row.sc_lap_factor, weak);
        sheet.add_elsewhere(source(), "neutralisation", "vsc_lap_factor", row.vsc_lap_factor, weak);
    }
    if let Some(events) = &priors.events {
        // The Munich prior for a failure counts as much as fifty failures of ours.
        let vsc = events.phases.vsc_after_failure;
        sheet.add_elsewhere("tum".to_owned(), "neutralisation", "vsc_per_failure", vsc, vsc * (1.0 - vsc) / 50.0);
    }
}

/// Phases and what came before them.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    laps: f64,
    crashes: f64,
    failures: f64,
    sc_crash: f64,
    vsc_crash: f64,
    red_crash: f64,
    sc_failure: f64,
    vsc_failure: f64,
    sc_other: f64,
    vsc_other: f64,
    red_other: f64,
}

impl Counts {
    fn of(race: &PastRace) -> Counts {
        let ends: Vec<(u16, CarEnd)> = race
            .cars
            .iter()
            .filter(|car| matches!(car.end, CarEnd::Crash | CarEnd::Failure) && car.n_laps < race.n_laps)
            .map(|car| (leader_lap_at_end(race, car.laps.last().map(|lap| lap.end_s)), car.end))
            .collect();
        let count = |end| ends.iter().filter(|(_, it)| *it == end).count() as f64;
        let mut counts = Counts {
            laps: f64::from(race.n_laps),
            crashes: count(CarEnd::Crash),
            failures: count(CarEnd::Failure),
            ..Counts::default()
        };
        for phase in phases(race) {
            let follows = |end| {
                let near = |lap: u16| (lap..=lap + FOLLOWS_WITHIN).contains(&phase.first_lap);
                ends.iter().any(|(lap, it)| *it == end && near(*lap))
            };
            let cause = if follows(CarEnd::Crash) {
                0
            } else if follows(CarEnd::Failure) {
                1
            } else {
                2
            };
            let place = match (phase.track, cause) {
                (TrackState::SafetyCar, 0) => &mut counts.sc_crash,
                (TrackState::SafetyCar, 1) => &mut counts.sc_failure,
                (TrackState::SafetyCar, _) => &mut counts.sc_other,
                (TrackState::VirtualSafetyCar, 0) => &mut counts.vsc_crash,
                (TrackState::VirtualSafetyCar, 1) => &mut counts.vsc_failure,
                (TrackState::VirtualSafetyCar, _) => &mut counts.vsc_other,
                (TrackState::Red, 0) => &mut counts.red_crash,
                (TrackState::Red, _) => &mut counts.red_other,
                (TrackState::Green, _) => continue,
            };
            *place += 1.0;
        }
        counts
    }
}

/// Ends of the leader's laps with the worst state during each.
fn leader_laps(race: &PastRace) -> Vec<(f64, TrackState)> {
    let lap = |number: u16| {
        let on_lap = race.cars.iter().filter_map(|car| car.laps.iter().find(|lap| lap.lap == number));
        on_lap.map(|lap| (lap.end_s, lap.track)).min_by(|a, b| a.0.total_cmp(&b.0))
    };
    (1..=race.n_laps).map_while(lap).collect()
}

/// The lap that the leader was on when a car ended its last one; the first for a car that ended none.
fn leader_lap_at_end(race: &PastRace, end_s: Option<f64>) -> u16 {
    let Some(end_s) = end_s else { return 1 };
    leader_laps(race).iter().take_while(|(end, _)| *end <= end_s).count() as u16 + 1
}

/// Neutralised phases, in order. A safety car after a red flag is part of it.
pub(crate) fn phases(race: &PastRace) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    let mut last = TrackState::Green;
    for ((_, track), lap) in leader_laps(race).into_iter().zip(1..) {
        let is_new =
            track != TrackState::Green && track != last && !(last == TrackState::Red && track == TrackState::SafetyCar);
        // Most red flags come after a lap or two of safety car: then there was no deployment of its own.
        let turns_red = track == TrackState::Red && last == TrackState::SafetyCar;
        match phases.last_mut() {
            Some(phase) if turns_red && phase.n_laps <= FOLLOWS_WITHIN => phase.track = TrackState::Red,
            _ if is_new => phases.push(Phase { track, first_lap: lap, n_laps: 0 }),
            _ => {}
        }
        if let (Some(phase), true) = (phases.last_mut(), track != TrackState::Green) {
            phase.n_laps += 1;
        }
        last = track;
    }
    phases
}

fn observe_durations(sheet: &mut Sheet, race: &PastRace) {
    for (track, name, sigma) in
        [(TrackState::SafetyCar, "sc_laps_mean", 2.0), (TrackState::VirtualSafetyCar, "vsc_laps_mean", 1.0)]
    {
        let is_whole = |phase: &Phase| phase.track == track && phase.first_lap + phase.n_laps <= race.n_laps;
        let lengths: Vec<f64> =
            phases(race).iter().filter(|phase| is_whole(phase)).map(|phase| f64::from(phase.n_laps)).collect();
        if !lengths.is_empty() {
            sheet.add(
                race,
                "neutralisation",
                name,
                mean(&lengths),
                sigma * sigma / lengths.len() as f64,
                lengths.len(),
            );
        }
    }
}

/// The leader's laps well inside a phase, and the gaps of the queue behind it.
fn observe_pace(sheet: &mut Sheet, race: &PastRace, laps: &RaceLaps) {
    let leader = leader_laps(race);
    let kinds = [(TrackState::SafetyCar, "sc_lap_factor"), (TrackState::VirtualSafetyCar, "vsc_lap_factor")];
    for (track, name) in kinds {
        let inside = leader.windows(4).filter(|four| four[..3].iter().all(|(_, state)| *state == track));
        let is_inside = |four: &&[(f64, TrackState)]| track != TrackState::SafetyCar || four[3].1 == track;
        let mut factors: Vec<f64> =
            inside.filter(is_inside).map(|four| (four[2].0 - four[1].0) / laps.base_lap_s).collect();
        factors.retain(|factor| (1.05..2.5).contains(factor));
        if !factors.is_empty() {
            sheet.add(
                race,
                "neutralisation",
                name,
                median(&mut factors.clone()),
                0.02 / factors.len() as f64,
                factors.len(),
            );
        }
    }
    let mut gaps = Vec::new();
    for (phase_end, lap) in leader.windows(2).zip(1_u16..) {
        let (now, next) = (phase_end[0].1, phase_end[1].1);
        if now == TrackState::SafetyCar && next == TrackState::Green {
            gaps.extend(queue_gaps(race, lap));
        }
    }
    gaps.retain(|gap| *gap < 5.0);
    if gaps.len() >= 5 {
        let n = gaps.len();
        sheet.add(race, "neutralisation", "bunch_gap_s", median(&mut gaps), 0.25 / n as f64, n);
    }
}

fn queue_gaps(race: &PastRace, lap: u16) -> Vec<f64> {
    let ends = race.cars.iter().filter_map(|car| car.laps.iter().find(|it| it.lap == lap)).filter(|it| !it.is_in_lap);
    let mut ends: Vec<f64> = ends.map(|lap| lap.end_s).collect();
    ends.sort_by(f64::total_cmp);
    ends.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// When phases begin, by fifths of the race, against an even spread; the first lap has its crashes.
fn observe_profile(sheet: &mut Sheet, races: &[&PastRace]) {
    let mut counts = [0.0; 5];
    for race in races {
        for phase in phases(race).iter().filter(|phase| phase.first_lap > 1) {
            counts[(usize::from(phase.first_lap - 1) * 5 / usize::from(race.n_laps.max(1))).min(4)] += 1.0;
        }
    }
    let sum: f64 = counts.iter().sum::<f64>();
    const NAMES: [&str; 5] = ["profile_1", "profile_2", "profile_3", "profile_4", "profile_5"];
    for (name, count) in NAMES.into_iter().zip(counts) {
        // Ten phases' worth of an even spread, so that a quiet fifth is not a dead one.
        let factor = (count + 10.0) / (sum + 50.0) * 5.0;
        let half_width = 1.96 * (count + 10.0).sqrt() / (sum + 50.0) * 5.0;
        sheet.set("neutralisation", name, Estimate::normal(factor, half_width, count as usize));
    }
}

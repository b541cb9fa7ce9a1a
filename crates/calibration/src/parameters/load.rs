//! From parameters to a race that can be run.

use std::fmt;

use overcut_sim::estimate::PaceParameters;
use overcut_sim::race::{OvertakingAid, RaceModel, Rules, TeamPolicy};

use super::{FIELDS, ParameterSet, REFERENCE_LAP_S, REFERENCE_LAPS};

/// Which race.
#[derive(Debug, Clone, Default)]
pub struct ModelRequest<'a> {
    /// Circuit, such as `monza`; one that is not known gets pooled values.
    pub circuit: &'a str,
    /// Season, for the rules.
    pub season: u16,
    /// Racing laps, if they are known; otherwise those of the last race there.
    pub n_laps: Option<u16>,
    /// Lap time of the average car, if that is known; otherwise that of the last race there.
    pub base_lap_s: Option<f64>,
    /// Cars. They are ordinary ones, fastest first; see [`overcut_sim::estimate`] for those of a real race.
    pub n_cars: usize,
}

/// A race to run, and what to know about it.
#[derive(Debug, Clone)]
pub struct LoadedModel {
    /// The race.
    pub model: RaceModel,
    /// How pace is estimated.
    pub pace: PaceParameters,
    /// How teams decide.
    pub team: TeamPolicy,
    /// Weights of the simulator against the table of earlier races, on the grid and at the flag.
    pub mixture: [f64; 2],
    /// Share of races in which a car ends up anywhere for reasons that the engine does not know: disqualified, a lap
    /// counted back, a collision that cost minutes.
    pub unmodelled_share: f64,
    /// Where it is less than a fit to this circuit and these cars.
    pub notes: Vec<Note>,
}

/// Something a reader of results should know about the model they are from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// No race at this circuit was fitted: its values are those of all circuits.
    UnknownCircuit {
        /// Which one.
        circuit: String,
    },
    /// Few races at this circuit were fitted, so its values are close to those of all circuits.
    FewRaces {
        /// Which one.
        circuit: String,
        /// How many.
        n_races: usize,
    },
    /// The cars are of other rules than those fitted, so following, overtaking, tyres and failures are of the old ones.
    OtherCars {
        /// The season asked for.
        season: u16,
    },
}

impl LoadedModel {
    /// Weight of the simulator in a mixture with the table of earlier races, after a share of the distance.
    pub fn mixture_weight(&self, share: f64) -> f64 {
        self.mixture[0] + (self.mixture[1] - self.mixture[0]) * share.clamp(0.0, 1.0)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::UnknownCircuit { circuit } => {
                write!(f, "no race at {circuit:?} was fitted: every value is that of all circuits")
            }
            Note::FewRaces { circuit, n_races } => {
                write!(f, "{circuit}: fitted to {n_races} race(s) only, so values are close to those of all circuits")
            }
            Note::OtherCars { season } => {
                write!(
                    f,
                    "{season}: cars of new rules; following, overtaking, tyres and failures are those of 2018-2023"
                )
            }
        }
    }
}

/// Races at a circuit below which its values are mostly those of all.
const FEW_RACES: usize = 3;

/// Puts the race of a circuit and season together.
pub fn load_model(set: &ParameterSet, request: &ModelRequest<'_>) -> LoadedModel {
    let file = set.circuits.get(request.circuit);
    let n_laps = request.n_laps.or(file.map(|file| file.n_laps)).unwrap_or(REFERENCE_LAPS as u16);
    let base_lap_s = request.base_lap_s.or(file.map(|file| file.base_lap_s)).unwrap_or(REFERENCE_LAP_S);
    let mut model = RaceModel::pooled(request.n_cars.max(1), n_laps);
    model.circuit.name = request.circuit.to_owned();
    model.circuit.base_lap_s = base_lap_s as f32;
    for field in FIELDS {
        let pooled =
            set.pooled.get(field.section, field.name).map(|it| it.times(field.scale.factor(base_lap_s, n_laps)));
        let own = file.and_then(|file| {
            let factor = field.scale.factor(base_lap_s, n_laps) / field.scale.factor(file.base_lap_s, file.n_laps);
            Some(file.parameters.get(field.section, field.name)?.times(factor))
        });
        if let Some(estimate) = own.or(pooled) {
            *(field.place)(&mut model) = estimate.value as f32;
        }
    }
    let first = model.cars[0].clone();
    for car in &mut model.cars {
        car.failure_hazard = first.failure_hazard;
        car.crash_hazard = first.crash_hazard;
        car.penalty_hazard = first.penalty_hazard;
    }
    model.rules = rules(request.circuit, request.season);
    let mut notes = Vec::new();
    match file {
        None => notes.push(Note::UnknownCircuit { circuit: request.circuit.to_owned() }),
        Some(file) if file.n_races < FEW_RACES => {
            notes.push(Note::FewRaces { circuit: request.circuit.to_owned(), n_races: file.n_races });
        }
        Some(_) => {}
    }
    if request.season >= 2026 {
        notes.push(Note::OtherCars { season: request.season });
    }
    LoadedModel {
        model,
        pace: pace_parameters(set),
        team: team_policy(set),
        mixture: ["weight_on_grid", "weight_at_flag"].map(|name| set.pooled.value_or("mixture", name, 0.75)),
        unmodelled_share: set.pooled.value_or("mixture", "unmodelled_share", 0.01),
        notes,
    }
}

/// What the rules of a season demand and award at a circuit.
pub(crate) fn rules(circuit: &str, season: u16) -> Rules {
    Rules {
        aid: if season >= 2026 { OvertakingAid::OvertakeMode } else { OvertakingAid::Drs },
        // Two stops were made mandatory at Monaco in 2025.
        n_stops: if circuit == "monaco" && season == 2025 { 2 } else { 0 },
        fastest_lap_points: if (2019..=2024).contains(&season) { 1.0 } else { 0.0 },
        ..Rules::default()
    }
}

fn pace_parameters(set: &ParameterSet) -> PaceParameters {
    let usual = PaceParameters::default();
    let value = |name: &str, otherwise: f32| set.pooled.value_or("pace", name, f64::from(otherwise)) as f32;
    PaceParameters {
        qualifying_weight: value("qualifying_weight", usual.qualifying_weight),
        qualifying_alone: value("qualifying_alone", usual.qualifying_alone),
        driver_weight: value("driver_weight", usual.driver_weight),
        team_weight: value("team_weight", usual.team_weight),
        prior_sigma: value("prior_sigma", usual.prior_sigma),
        team_share: value("team_share", usual.team_share),
        lap_sigma: value("lap_sigma", usual.lap_sigma),
        half_life_laps: value("half_life_laps", usual.half_life_laps),
        drift_sigma: value("drift_sigma", usual.drift_sigma),
        clean_gap_s: value("clean_gap_s", usual.clean_gap_s),
        traffic_weight: value("traffic_weight", usual.traffic_weight),
    }
}

fn team_policy(set: &ParameterSet) -> TeamPolicy {
    let usual = TeamPolicy::default();
    let value = |name: &str, otherwise: f32| set.pooled.value_or("team", name, f64::from(otherwise)) as f32;
    TeamPolicy {
        stop_aversion_s: value("stop_aversion_s", usual.stop_aversion_s),
        lap_sigma: value("lap_sigma", usual.lap_sigma),
        tactical_s: value("tactical_s", usual.tactical_s),
        undercut_gap_s: value("undercut_gap_s", usual.undercut_gap_s),
        undercut_probability: value("undercut_probability", usual.undercut_probability),
        cover_probability: value("cover_probability", usual.cover_probability),
        neutral_share: value("neutral_share", usual.neutral_share),
        horizon_laps: value("horizon_laps", usual.horizon_laps),
    }
}

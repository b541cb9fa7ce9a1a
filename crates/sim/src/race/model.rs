//! The parameters a race is run with. Times are seconds, probabilities 0–1, hazards per lap.

use overcut_domain::{Compound, DriverNumber};
use serde::{Deserialize, Serialize};

/// Everything about a race that does not change while it is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaceModel {
    /// The circuit and what happens on it.
    pub circuit: CircuitModel,
    /// The tyres of the day, by [`Tyre::index`].
    pub tyres: [TyreModel; Tyre::COUNT],
    /// The cars; [`super::RaceState::cars`] is in the same order.
    pub cars: Vec<CarModel>,
    /// What the rules demand and award.
    pub rules: Rules,
}

/// A kind of tyre as the race knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tyre {
    /// The softest of the three dry compounds of the race.
    Soft,
    /// The middle one.
    Medium,
    /// The hardest.
    Hard,
    /// For a damp track.
    Intermediate,
    /// For standing water.
    Wet,
}

impl Tyre {
    /// How many kinds there are.
    pub const COUNT: usize = 5;
    /// Every kind, by index.
    pub const ALL: [Tyre; Tyre::COUNT] = [Tyre::Soft, Tyre::Medium, Tyre::Hard, Tyre::Intermediate, Tyre::Wet];

    /// Its place in tables.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// True for the three dry compounds.
    pub const fn is_slick(self) -> bool {
        matches!(self, Tyre::Soft | Tyre::Medium | Tyre::Hard)
    }

    /// The kind of a compound as feeds name it; `None` if that is not known. The softer names of 2018 are soft.
    pub const fn from_compound(compound: Compound) -> Option<Tyre> {
        match compound {
            Compound::Hypersoft | Compound::Ultrasoft | Compound::Supersoft | Compound::Soft => Some(Tyre::Soft),
            Compound::Medium => Some(Tyre::Medium),
            Compound::Hard | Compound::Superhard => Some(Tyre::Hard),
            Compound::Intermediate => Some(Tyre::Intermediate),
            Compound::Wet => Some(Tyre::Wet),
            Compound::TestUnknown | Compound::Unknown => None,
        }
    }

    /// The compound as feeds name it.
    pub const fn compound(self) -> Compound {
        match self {
            Tyre::Soft => Compound::Soft,
            Tyre::Medium => Compound::Medium,
            Tyre::Hard => Compound::Hard,
            Tyre::Intermediate => Compound::Intermediate,
            Tyre::Wet => Compound::Wet,
        }
    }
}

/// A circuit, as far as lap times and events go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CircuitModel {
    /// Name, such as `monza`.
    pub name: String,
    /// Racing laps.
    pub n_laps: u16,
    /// Green lap of an average car on fresh medium tyres, empty tank, dry and rubbered-in track.
    pub base_lap_s: f32,
    /// Lap time that one lap's fuel costs: a lap is slower by this times the laps of fuel on board.
    pub fuel_s_per_lap: f32,
    /// How much slower the track is at the start than once rubbered in.
    pub evolution_s: f32,
    /// Laps in which all but 1/e of that is gone.
    pub evolution_laps: f32,
    /// Lap-to-lap noise.
    pub noise: NoiseModel,
    /// Following and overtaking.
    pub traffic: TrafficModel,
    /// Start and first lap.
    pub first_lap: FirstLapModel,
    /// Pit lane.
    pub pit: PitModel,
    /// Safety car, virtual safety car, red flag.
    pub neutralisation: NeutralisationModel,
    /// Rain.
    pub weather: WeatherModel,
}

/// Lap-to-lap noise: a normal with a share of wide draws, and now and then a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NoiseModel {
    /// Standard deviation of most laps.
    pub sigma_s: f32,
    /// Share of laps drawn from the wide normal.
    pub wide_share: f32,
    /// How many times wider that is.
    pub wide_factor: f32,
    /// Mistakes per lap.
    pub mistake_probability: f32,
    /// Mean time lost by a mistake (exponential).
    pub mistake_mean_s: f32,
}

/// How cars hinder each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrafficModel {
    /// Lap time lost right behind another car.
    pub dirty_air_s: f32,
    /// Gap at which that has fallen to 1/e.
    pub dirty_air_reach_s: f32,
    /// How closely cars follow each other over the line: from 0.9 to 1.6 times this, by car and lap.
    pub following_gap_s: f32,
    /// Log-odds of passing within a lap when both would be equally fast.
    pub overtake_intercept: f32,
    /// Added to the log-odds for each second a lap that the car behind would be faster.
    pub overtake_per_s: f32,
    /// Added to the log-odds for each lap that the tyres of the car ahead are older.
    pub overtake_per_tyre_lap: f32,
    /// Added to the log-odds where the rear-wing aid or the overtake mode may be used.
    pub overtake_aid: f32,
    /// Time that a pass costs the car that passes and the car passed.
    pub overtake_cost_s: f32,
    /// Time that a car loses each time it is lapped.
    pub lapped_loss_s: f32,
    /// Time that a car loses each time it laps another.
    pub lapping_loss_s: f32,
}

/// Start and first lap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FirstLapModel {
    /// Time from the lights to the place where a lap would begin, for pole position, more than a flying lap.
    pub standing_start_s: f32,
    /// Time per place on the grid.
    pub grid_gap_s: f32,
    /// Standard deviation of what a car gains or loses over the first lap.
    pub shuffle_sigma_s: f32,
    /// How many times likelier a car is to crash on this lap than on any other.
    pub crash_factor: f32,
}

/// The pit lane.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PitModel {
    /// Race time lost by driving through the lane without stopping, under green.
    pub lane_loss_s: f32,
    /// The share of that lost behind a virtual safety car.
    pub vsc_share: f32,
    /// The share of that lost behind the safety car.
    pub sc_share: f32,
    /// Share of that which falls on the in-lap; the rest is on the out-lap. The standing still falls on the out-lap,
    /// or on the in-lap if this is over a half: then the boxes are before the line.
    pub in_lap_share: f32,
    /// Time standing still.
    pub stop: StopTimeModel,
    /// How long the second car of a team waits when it comes in right behind the first; less by the gap between them.
    pub double_stack_s: f32,
    /// Probability of being held because the lane is busy, for each other car stopping on the same lap.
    pub hold_probability: f32,
    /// Mean of that hold (exponential).
    pub hold_mean_s: f32,
}

/// Time standing still: a log-logistic (Fisk) distribution above a minimum, after Heilmeier et al. 2020.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StopTimeModel {
    /// Nobody is faster.
    pub minimum_s: f32,
    /// Median time above the minimum.
    pub scale_s: f32,
    /// Shape: the lower, the heavier the tail.
    pub shape: f32,
}

/// Safety cars, virtual safety cars and red flags.
///
/// A crash or failure brings one out with the given shares; the hazards are those without a car of the race involved
/// or known (debris, animals, weather).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct NeutralisationModel {
    /// Share of crashes that bring out the safety car.
    pub sc_per_crash: f32,
    /// Share of crashes that bring out the virtual safety car.
    pub vsc_per_crash: f32,
    /// Share of crashes that stop the race.
    pub red_per_crash: f32,
    /// Share of failures that bring out the safety car.
    pub sc_per_failure: f32,
    /// Share of failures that bring out the virtual safety car.
    pub vsc_per_failure: f32,
    /// Safety cars per lap for other reasons.
    pub sc_hazard: f32,
    /// Virtual safety cars per lap for other reasons.
    pub vsc_hazard: f32,
    /// Red flags per lap for other reasons.
    pub red_hazard: f32,
    /// Laps behind the safety car.
    pub sc_laps: DurationModel,
    /// Laps behind the virtual safety car.
    pub vsc_laps: DurationModel,
    /// Lap time behind the safety car over a green one.
    pub sc_lap_factor: f32,
    /// Lap time behind the virtual safety car over a green one.
    pub vsc_lap_factor: f32,
    /// Lap time over a green one of a car that has not yet caught the queue behind the safety car.
    #[serde(default = "defaults::catch_up_factor")]
    pub catch_up_factor: f32,
    /// Gap between cars that have bunched up.
    pub bunch_gap_s: f32,
    /// Share of red flags after which the race is started from a standstill.
    pub standing_restart_share: f32,
    /// How many times the first lap's shuffle a restart shuffles.
    pub restart_shuffle_share: f32,
    /// How much likelier than on average a neutralisation for other reasons is in each fifth of the race.
    #[serde(default = "defaults::profile")]
    pub profile: [f32; 5],
    /// Mean time that a red flag stops the race; never less than ten minutes.
    #[serde(default = "defaults::suspension_s")]
    pub suspension_s: f32,
}

/// A number of laps: at least a minimum, geometric above it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DurationModel {
    /// Shortest.
    pub minimum: f32,
    /// Mean, at least the minimum.
    pub mean: f32,
}

/// Rain and what it does to the track. Wetness is 0 (dry) to 1 (standing water).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WeatherModel {
    /// Probability that it rains at the start.
    pub rain_at_start: f32,
    /// Showers that begin per dry lap.
    pub rain_begins: f32,
    /// Showers that end per lap of rain.
    pub rain_ends: f32,
    /// Mean wetness that a shower goes towards.
    pub shower_wetness: f32,
    /// Share of the way to the shower's wetness that a lap of rain goes.
    pub wetting: f32,
    /// Share of the wetness that a dry lap takes away.
    pub drying: f32,
    /// Lap time lost on a fully wet track, as a share of a dry lap, on the tyre made for it.
    pub wet_lap_share: f32,
    /// Wetness at which slicks and intermediates are equal.
    pub slick_crossover: f32,
    /// Wetness at which intermediates and wets are equal.
    pub wet_crossover: f32,
    /// How many times likelier a crash is on a wet track.
    pub crash_factor: f32,
}

/// One kind of tyre: lap time against age, relative to the fresh medium.
///
/// `offset + warm_up (first lap) + wear·age + wear2·age² + cliff·max(0, age − cliff_age)`, age in laps on the set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TyreModel {
    /// Lap time of a fresh set against the fresh medium, on the track it is made for.
    pub offset_s: f32,
    /// Lost on the first lap of a set.
    pub warm_up_s: f32,
    /// Lost per lap of age.
    pub wear_s_per_lap: f32,
    /// Lost per squared lap of age.
    pub wear_s_per_lap2: f32,
    /// Age at which it falls off the cliff.
    pub cliff_age: f32,
    /// Lost per lap of age beyond the cliff.
    pub cliff_s_per_lap: f32,
}

/// One car with its driver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarModel {
    /// Racing number.
    pub driver: DriverNumber,
    /// Which team, from 0; cars of one team share a pit box.
    pub team_idx: u8,
    /// Lap time against the average car: negative is faster.
    pub pace_s: f32,
    /// How well that is known: drawn once a race, normal.
    pub pace_sigma_s: f32,
    /// The part of that which both cars of the team share, 0–1.
    pub team_share: f32,
    /// Factor on the noise of laps.
    pub noise_factor: f32,
    /// Factor on tyre wear.
    pub wear_factor: f32,
    /// Mean gain (negative) or loss over the first lap.
    pub start_s: f32,
    /// Added to the log-odds of passing.
    pub attack: f32,
    /// Taken from the log-odds of being passed.
    pub defence: f32,
    /// Mechanical failures per lap.
    pub failure_hazard: f32,
    /// Crashes per lap.
    pub crash_hazard: f32,
    /// Time penalties per lap.
    pub penalty_hazard: f32,
    /// Time its crew needs more than others.
    pub crew_s: f32,
}

/// What helps to overtake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OvertakingAid {
    /// Nothing.
    None,
    /// The rear wing within one second, from the third lap on, 2011 to 2025.
    #[default]
    Drs,
    /// The overtake mode within one second, from 2026 on.
    OvertakeMode,
}

/// What the rules of the season and the race demand and award.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// What helps to overtake.
    pub aid: OvertakingAid,
    /// Different dry compounds that must be used in a dry race: 2, or 1 in a sprint.
    pub n_dry_compounds: u8,
    /// Stops that must be made whatever the weather (Monaco 2025: 2).
    pub n_stops: u8,
    /// Points by place.
    pub points: Vec<f32>,
    /// Points for the fastest lap if it is driven by one of the first ten (2019 to 2024).
    pub fastest_lap_points: f32,
    /// Racing time after which the lap that is being run is the last but one.
    pub time_limit_s: f32,
}

impl Default for Rules {
    /// A Grand Prix of 2025.
    fn default() -> Rules {
        Rules {
            aid: OvertakingAid::Drs,
            n_dry_compounds: 2,
            n_stops: 0,
            points: vec![25.0, 18.0, 15.0, 12.0, 10.0, 8.0, 6.0, 4.0, 2.0, 1.0],
            fastest_lap_points: 0.0,
            time_limit_s: 7_200.0,
        }
    }
}

/// What parameter files written before a field existed mean.
mod defaults {
    pub(super) fn catch_up_factor() -> f32 {
        1.25
    }
    pub(super) fn profile() -> [f32; 5] {
        [1.0; 5]
    }
    pub(super) fn suspension_s() -> f32 {
        1_800.0
    }
}

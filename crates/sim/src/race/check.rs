//! Whether a model and a state can be simulated at all.

use super::{RaceModel, RaceState, Settings};

/// The most cars a race can have: one less than the lanes the kernel works on, so that the track has one of its own.
pub const MAX_CARS: usize = 31;

/// The most laps a race can have.
pub const MAX_LAPS: u16 = 500;

/// Why a model, a state or settings cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// There is no car.
    #[error("a race needs at least one car")]
    NoCars,
    /// There are more cars than the kernel has lanes.
    #[error("{n_cars} cars are more than the {MAX_CARS} that a race can have")]
    TooManyCars {
        /// How many.
        n_cars: usize,
    },
    /// Two cars have one number.
    #[error("two cars have the number {driver}")]
    SharedNumber {
        /// The number.
        driver: u16,
    },
    /// A parameter is not a number or lies where it makes no sense.
    #[error("{name} is {value}, not between {low} and {high}")]
    OutOfRange {
        /// Which parameter.
        name: String,
        /// What it is.
        value: f32,
        /// The least it may be.
        low: f32,
        /// The most it may be.
        high: f32,
    },
    /// State and model do not have the same cars.
    #[error("the state has {in_state} cars, the model {in_model}")]
    CarsDiffer {
        /// Cars in the state.
        in_state: usize,
        /// Cars in the model.
        in_model: usize,
    },
    /// The state is that of a race that is over.
    #[error("the race has {n_laps} laps and {lap} are done")]
    IsOver {
        /// Laps done.
        lap: u16,
        /// Racing laps.
        n_laps: u16,
    },
    /// No car is running.
    #[error("no car is running")]
    NobodyRuns,
    /// A script or a policy names a car that is not there.
    #[error("there is no car with the index {car_idx}")]
    NoSuchCar {
        /// The index.
        car_idx: usize,
    },
}

/// Collects the first value out of range.
struct Ranges(Result<(), ModelError>);

impl Ranges {
    fn within(&mut self, name: &str, value: f32, low: f32, high: f32) -> &mut Ranges {
        if self.0.is_ok() && !(value >= low && value <= high) {
            self.0 = Err(ModelError::OutOfRange { name: name.to_owned(), value, low, high });
        }
        self
    }

    fn probability(&mut self, name: &str, value: f32) -> &mut Ranges {
        self.within(name, value, 0.0, 1.0)
    }

    fn time(&mut self, name: &str, value: f32) -> &mut Ranges {
        self.within(name, value, 0.0, 1_000.0)
    }
}

impl RaceModel {
    /// Says what of the model cannot be simulated, if anything.
    ///
    /// The limits are those beyond which a number is a mistake rather than an opinion; within them every run ends and
    /// no result is anything but a finite number, which a property test holds.
    ///
    /// # Errors
    ///
    /// [`ModelError`] with the first thing found.
    pub fn check(&self) -> Result<(), ModelError> {
        check_cars(self)?;
        let mut ranges = Ranges(Ok(()));
        check_pace(self, &mut ranges);
        check_traffic(self, &mut ranges);
        check_pit_lane(self, &mut ranges);
        check_neutralisation(self, &mut ranges);
        check_weather_and_rules(self, &mut ranges);
        for (i, car) in self.cars.iter().enumerate() {
            check_car(i, car, &mut ranges);
        }
        ranges.0
    }
}

fn check_cars(model: &RaceModel) -> Result<(), ModelError> {
    let n_cars = model.cars.len();
    if n_cars == 0 {
        return Err(ModelError::NoCars);
    }
    if n_cars > MAX_CARS {
        return Err(ModelError::TooManyCars { n_cars });
    }
    for (i, car) in model.cars.iter().enumerate() {
        if model.cars[..i].iter().any(|other| other.driver == car.driver) {
            return Err(ModelError::SharedNumber { driver: car.driver.0 });
        }
    }
    Ok(())
}

fn check_pace(model: &RaceModel, ranges: &mut Ranges) {
    let circuit = &model.circuit;
    ranges
        .within("circuit.n_laps", f32::from(circuit.n_laps), 1.0, f32::from(MAX_LAPS))
        .within("circuit.base_lap_s", circuit.base_lap_s, 10.0, 1_000.0)
        .within("circuit.fuel_s_per_lap", circuit.fuel_s_per_lap, 0.0, 2.0)
        .within("circuit.evolution_s", circuit.evolution_s, -20.0, 20.0)
        .within("circuit.evolution_laps", circuit.evolution_laps, 0.1, 1_000.0)
        .within("noise.sigma_s", circuit.noise.sigma_s, 0.0, 10.0)
        .probability("noise.wide_share", circuit.noise.wide_share)
        .within("noise.wide_factor", circuit.noise.wide_factor, 0.0, 20.0)
        .probability("noise.mistake_probability", circuit.noise.mistake_probability)
        .within("noise.mistake_mean_s", circuit.noise.mistake_mean_s, 0.0, 60.0);
    for tyre in &model.tyres {
        ranges
            .within("tyre.offset_s", tyre.offset_s, -20.0, 20.0)
            .within("tyre.warm_up_s", tyre.warm_up_s, -20.0, 20.0)
            .within("tyre.wear_s_per_lap", tyre.wear_s_per_lap, -2.0, 2.0)
            .within("tyre.wear_s_per_lap2", tyre.wear_s_per_lap2, -0.5, 0.5)
            .within("tyre.cliff_age", tyre.cliff_age, 0.0, 1e6)
            .within("tyre.cliff_s_per_lap", tyre.cliff_s_per_lap, 0.0, 10.0);
    }
}

fn check_traffic(model: &RaceModel, ranges: &mut Ranges) {
    let (traffic, first_lap) = (&model.circuit.traffic, &model.circuit.first_lap);
    ranges
        .within("traffic.dirty_air_s", traffic.dirty_air_s, 0.0, 10.0)
        .within("traffic.dirty_air_reach_s", traffic.dirty_air_reach_s, 0.01, 60.0)
        .within("traffic.following_gap_s", traffic.following_gap_s, 0.0, 10.0)
        .within("traffic.overtake_intercept", traffic.overtake_intercept, -50.0, 50.0)
        .within("traffic.overtake_per_s", traffic.overtake_per_s, -50.0, 50.0)
        .within("traffic.overtake_per_tyre_lap", traffic.overtake_per_tyre_lap, -5.0, 5.0)
        .within("traffic.overtake_aid", traffic.overtake_aid, -50.0, 50.0)
        .within("traffic.overtake_cost_s", traffic.overtake_cost_s, 0.0, 10.0)
        .within("traffic.lapped_loss_s", traffic.lapped_loss_s, 0.0, 30.0)
        .within("traffic.lapping_loss_s", traffic.lapping_loss_s, 0.0, 30.0)
        .within("first_lap.standing_start_s", first_lap.standing_start_s, 0.0, 120.0)
        .within("first_lap.grid_gap_s", first_lap.grid_gap_s, 0.0, 10.0)
        .within("first_lap.shuffle_sigma_s", first_lap.shuffle_sigma_s, 0.0, 30.0)
        .within("first_lap.crash_factor", first_lap.crash_factor, 0.0, 1e4);
}

fn check_pit_lane(model: &RaceModel, ranges: &mut Ranges) {
    let pit = &model.circuit.pit;
    ranges
        .time("pit.lane_loss_s", pit.lane_loss_s)
        .probability("pit.vsc_share", pit.vsc_share)
        .probability("pit.sc_share", pit.sc_share)
        .probability("pit.in_lap_share", pit.in_lap_share)
        .within("pit.stop.minimum_s", pit.stop.minimum_s, 0.0, 120.0)
        .within("pit.stop.scale_s", pit.stop.scale_s, 0.0, 120.0)
        .within("pit.stop.shape", pit.stop.shape, 0.2, 100.0)
        .within("pit.double_stack_s", pit.double_stack_s, 0.0, 120.0)
        .probability("pit.hold_probability", pit.hold_probability)
        .within("pit.hold_mean_s", pit.hold_mean_s, 0.0, 60.0);
}

fn check_neutralisation(model: &RaceModel, ranges: &mut Ranges) {
    let it = &model.circuit.neutralisation;
    ranges
        .probability("neutralisation.sc_per_crash + vsc_per_crash + red_per_crash", {
            it.sc_per_crash.max(0.0) + it.vsc_per_crash.max(0.0) + it.red_per_crash.max(0.0)
        })
        .probability("neutralisation.sc_per_crash", it.sc_per_crash)
        .probability("neutralisation.vsc_per_crash", it.vsc_per_crash)
        .probability("neutralisation.red_per_crash", it.red_per_crash)
        .probability("neutralisation.sc_per_failure", it.sc_per_failure)
        .probability("neutralisation.vsc_per_failure", it.vsc_per_failure)
        .probability("neutralisation.sc_per_failure + vsc_per_failure", {
            it.sc_per_failure.max(0.0) + it.vsc_per_failure.max(0.0)
        })
        .probability("neutralisation.sc_hazard", it.sc_hazard)
        .probability("neutralisation.vsc_hazard", it.vsc_hazard)
        .probability("neutralisation.red_hazard", it.red_hazard)
        .within("neutralisation.sc_laps.minimum", it.sc_laps.minimum, 1.0, 100.0)
        .within("neutralisation.sc_laps.mean", it.sc_laps.mean, it.sc_laps.minimum, 100.0)
        .within("neutralisation.vsc_laps.minimum", it.vsc_laps.minimum, 1.0, 100.0)
        .within("neutralisation.vsc_laps.mean", it.vsc_laps.mean, it.vsc_laps.minimum, 100.0)
        .within("neutralisation.sc_lap_factor", it.sc_lap_factor, 1.0, 5.0)
        .within("neutralisation.vsc_lap_factor", it.vsc_lap_factor, 1.0, 5.0)
        .within("neutralisation.catch_up_factor", it.catch_up_factor, 1.0, 5.0)
        .within("neutralisation.bunch_gap_s", it.bunch_gap_s, 0.0, 10.0)
        .probability("neutralisation.standing_restart_share", it.standing_restart_share)
        .within("neutralisation.restart_shuffle_share", it.restart_shuffle_share, 0.0, 10.0)
        .within("neutralisation.suspension_s", it.suspension_s, 0.0, 1e5);
    for factor in it.profile {
        ranges.within("neutralisation.profile", factor, 0.0, 100.0);
    }
}

fn check_weather_and_rules(model: &RaceModel, ranges: &mut Ranges) {
    let (weather, rules) = (&model.circuit.weather, &model.rules);
    ranges
        .probability("weather.rain_at_start", weather.rain_at_start)
        .probability("weather.rain_begins", weather.rain_begins)
        .probability("weather.rain_ends", weather.rain_ends)
        .probability("weather.shower_wetness", weather.shower_wetness)
        .probability("weather.wetting", weather.wetting)
        .probability("weather.drying", weather.drying)
        .within("weather.wet_lap_share", weather.wet_lap_share, 0.0, 2.0)
        .within("weather.slick_crossover", weather.slick_crossover, 0.01, 1.0)
        .within("weather.wet_crossover", weather.wet_crossover, weather.slick_crossover, 1.0)
        .within("weather.crash_factor", weather.crash_factor, 0.0, 1e3)
        .within("rules.n_dry_compounds", f32::from(rules.n_dry_compounds), 0.0, 2.0)
        .within("rules.n_stops", f32::from(rules.n_stops), 0.0, 3.0)
        .within("rules.fastest_lap_points", rules.fastest_lap_points, 0.0, 1_000.0)
        .within("rules.time_limit_s", rules.time_limit_s, 1.0, 1e6);
    for points in &rules.points {
        ranges.within("rules.points", *points, 0.0, 10_000.0);
    }
}

fn check_car(i: usize, car: &super::CarModel, ranges: &mut Ranges) {
    let name = |field: &str| format!("cars[{i}].{field}");
    ranges
        .within(&name("pace_s"), car.pace_s, -60.0, 60.0)
        .within(&name("pace_sigma_s"), car.pace_sigma_s, 0.0, 10.0)
        .probability(&name("team_share"), car.team_share)
        .within(&name("noise_factor"), car.noise_factor, 0.0, 20.0)
        .within(&name("wear_factor"), car.wear_factor, 0.0, 20.0)
        .within(&name("start_s"), car.start_s, -30.0, 30.0)
        .within(&name("attack"), car.attack, -50.0, 50.0)
        .within(&name("defence"), car.defence, -50.0, 50.0)
        .probability(&name("failure_hazard"), car.failure_hazard)
        .probability(&name("crash_hazard"), car.crash_hazard)
        .probability(&name("penalty_hazard"), car.penalty_hazard)
        .within(&name("crew_s"), car.crew_s, -10.0, 60.0);
}

/// Says what of model, state and settings together cannot be simulated.
pub(super) fn check_all(model: &RaceModel, state: &RaceState, settings: &Settings<'_>) -> Result<(), ModelError> {
    model.check()?;
    let (in_state, in_model) = (state.cars.len(), model.cars.len());
    if in_state != in_model {
        return Err(ModelError::CarsDiffer { in_state, in_model });
    }
    if state.lap >= model.circuit.n_laps {
        return Err(ModelError::IsOver { lap: state.lap, n_laps: model.circuit.n_laps });
    }
    if !state.cars.iter().any(|car| car.status == super::Status::Running) {
        return Err(ModelError::NobodyRuns);
    }
    let named = settings.scripts.iter().filter_map(super::Script::car_idx);
    if let Some(car_idx) = named.chain([settings.policies.len().saturating_sub(1)]).find(|idx| *idx >= in_model) {
        return Err(ModelError::NoSuchCar { car_idx });
    }
    let mut ranges = Ranges(Ok(()));
    ranges.probability("state.wetness", state.wetness);
    for (i, car) in state.cars.iter().enumerate() {
        ranges
            .within(&format!("state.cars[{i}].time_s"), car.time_s, 0.0, 1e5)
            .time(&format!("state.cars[{i}].penalty_s"), car.penalty_s)
            .time(&format!("state.cars[{i}].out_lap_loss_s"), car.out_lap_loss_s)
            .time(&format!("state.cars[{i}].carried_s"), car.carried_s);
    }
    settings.team.check(&mut |name, value, low, high| {
        ranges.within(name, value, low, high);
    });
    for script in &settings.scripts {
        if let super::Script::Loss { loss_s, .. } = script {
            ranges.within("script.loss_s", *loss_s, -60.0, 1_000.0);
        }
    }
    ranges.0
}

//! A synthetic session: decided at once, told lazily.

use std::sync::Arc;

use overcut_domain::{Event, SessionKind, SessionTime, Stamped};

use crate::fault::{self, FaultPlan, FaultRates, Injector, LapLoss, Places};
use crate::race::{self, ModelError, RaceTrace, TrackState};
use crate::vehicle::Profile;

use super::chance::Chance;
use super::config::SessionConfig;
use super::course::Course;
use super::drive::Drive;
use super::entry_list::DRIVERS;
use super::field;
use super::plan::Plan;
use super::practice;
use super::qualifying::Qualifying;
use super::race_plan::RaceInput;
use super::stage::Stage;
use super::telemetry::Sampler;
use super::truth::{Truth, truth};

/// A synthetic session as an iterator of events in order of arrival.
///
/// Where every car is at every moment is decided when it is made, which takes some tens of milliseconds; events are made
/// as they are asked for. The same configuration gives the same events, bit for bit, however they are asked for.
pub struct SyntheticSession {
    plan: Arc<Plan>,
    drive: Drive,
    fault_plan: FaultPlan,
    stage: Stage,
}

impl SyntheticSession {
    /// Decides everything about a session.
    ///
    /// # Errors
    ///
    /// [`ModelError`] if the race cannot be simulated, say because it has no laps.
    pub fn new(config: SessionConfig) -> Result<SyntheticSession, ModelError> {
        let (course, profiles) = field::course(&config.circuit, config.season);
        let weekend = Chance::new(config.seed, 0);
        let mut fault_plan = FaultPlan::default();
        let plan = match config.kind {
            SessionKind::Practice => practice::plan(config, course, &weekend),
            SessionKind::Qualifying | SessionKind::SprintQualifying => {
                Qualifying::new(&course, config.seed, &weekend).plan(config, course)
            }
            SessionKind::Race | SessionKind::Sprint | SessionKind::Unknown => {
                race_plan(config, course, &weekend, &profiles, &mut fault_plan)?
            }
        };
        let plan = Arc::new(plan);
        let drive = Drive::new(Arc::clone(&plan), profiles);
        let sampler = Sampler::new(drive.clone(), Injector::new(&fault_plan), plan.config.season);
        let stage = Stage::new(Arc::clone(&plan), Some(sampler));
        Ok(SyntheticSession { plan, drive, fault_plan, stage })
    }

    /// The same session without samples of cars and positions: a hundred times fewer events.
    #[must_use]
    pub fn without_telemetry(mut self) -> SyntheticSession {
        self.stage.sampler = None;
        self
    }

    /// Appends the events that arrive up to a moment, that moment included.
    pub fn advance_to(&mut self, until: SessionTime, events: &mut Vec<Stamped<Event>>) {
        while let Some(event) = self.stage.next(until) {
            events.push(event);
        }
    }

    /// Where every car is at any moment.
    pub fn drive(&self) -> &Drive {
        &self.drive
    }

    /// When the session is started for the first time: of a race, when the lights go out.
    pub fn starts(&self) -> SessionTime {
        SessionTime::from_millis(self.plan.start_ms)
    }

    /// When the feed closes.
    pub fn ends(&self) -> SessionTime {
        self.plan.end()
    }

    /// What really happens in it. Of faults, those that the events so far show.
    pub fn truth(&self) -> Truth {
        let shown = self.stage.sampler.as_ref().map_or(Vec::new(), |sampler| sampler.injector().truths());
        truth(&self.plan, &self.fault_plan, shown)
    }
}

impl Iterator for SyntheticSession {
    type Item = Stamped<Event>;

    fn next(&mut self) -> Option<Stamped<Event>> {
        self.stage.next(SessionTime::MAX)
    }
}

/// The race as simulated, from the grid that qualifying gave. With faults it is run twice: they keep clear of the stops
/// and safety cars that it would have had without them.
fn race_plan(
    config: SessionConfig,
    course: Course,
    weekend: &Chance,
    profiles: &[Profile],
    faults: &mut FaultPlan,
) -> Result<Plan, ModelError> {
    let chance = Chance::new(config.seed, 5);
    let model = field::race_model(&course, weekend, config.season, config.n_laps);
    let mut state = race::RaceState::grid(&model);
    for (place, car) in Qualifying::new(&course, config.seed, weekend).result.into_iter().enumerate() {
        let tyre = field::start_tyre(&chance, place, car);
        state.cars[car] = race::CarState::on_grid(place as u8 + 1, tyre);
        state.cars[car].tyre_age = field::start_tyre_age(&chance, tyre, car);
    }
    let mut settings = race::Settings { seed: config.seed, ..race::Settings::default() };
    let mut trace = race::run_one(&model, &state, &settings, 0)?;
    if let (Some(rates), Some(profile)) = (&config.faults, profiles.first()) {
        *faults = fault_plan(&config, rates, profile, &trace);
        settings.scripts = faults.losses.iter().filter_map(|loss| loss_script(loss, faults)).collect();
        trace = race::run_one(&model, &state, &settings, 0)?;
    }
    let grid_tyre_ages = state.cars.iter().map(|car| car.tyre_age).collect();
    let in_lap_share = f64::from(model.circuit.pit.in_lap_share);
    let losses = faults.losses.clone();
    Ok(RaceInput { config, chance, course, trace, grid_tyre_ages, losses, in_lap_share }.plan())
}

/// The faults that were asked for, clear of what happens in a race without them.
fn fault_plan(config: &SessionConfig, rates: &FaultRates, profile: &Profile, trace: &RaceTrace) -> FaultPlan {
    let places = Places::of(&config.circuit, profile, config.season < 2026);
    let drivers: Vec<_> = DRIVERS.iter().map(|driver| driver.number).collect();
    let cars = drivers.iter().zip(&trace.cars);
    let laps = cars.flat_map(|(driver, car)| car.laps.iter().zip(1..).map(move |(lap, number)| (*driver, lap, number)));
    let busy = laps.filter(|(_, lap, _)| lap.pit.is_some() || lap.track != TrackState::Green);
    let busy = busy.map(|(driver, _, number)| (driver, number)).collect();
    let stage = fault::Stage { n_laps: config.n_laps, lap_s: profile.time_s() as f32, places, busy };
    FaultPlan::seeded(config.seed, rates, &stage, &drivers)
}

/// What a fault costs on a lap, for the race. On the last lap of what other tyres cure, the team knows and comes in.
fn loss_script(loss: &LapLoss, faults: &FaultPlan) -> Option<race::Script> {
    let car_idx = DRIVERS.iter().position(|driver| driver.number == loss.driver)? as u8;
    let is_tyre = faults.stops().any(|stop| stop == (loss.driver, loss.lap));
    Some(race::Script::Loss { car_idx, from_lap: loss.lap, to_lap: loss.lap, loss_s: loss.seconds, is_tyre })
}

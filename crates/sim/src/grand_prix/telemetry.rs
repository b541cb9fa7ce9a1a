//! Samples of cars and positions, in batches as feeds send them.

use overcut_domain::{CarSample, Drs, Event, PositionSample, SessionTime};

use crate::fault::{Injector, Moment};

use super::chance::What;
use super::cue::Cue;
use super::drive::{Drive, Motion, Place};
use super::entry_list::DRIVERS;
use super::outbox::Topic;
use super::stage::Stage;

/// Samples are this far apart: between the two, evenly. The mean gives the 3.8 Hz of real feeds.
const STEP_MS: (f64, f64) = (160.0, 365.0);
/// Samples that travel together.
const BATCH: u32 = 4;
/// Height of a flat circuit, decimetres.
const HEIGHT_DM: i32 = 100;

/// Takes samples, and lets faults into them.
#[derive(Debug, Clone)]
pub(super) struct Sampler {
    drive: Drive,
    injector: Injector,
    motions: Vec<Motion>,
    n_cars: u32,
    n_positions: u32,
    cars: Vec<CarSample>,
    positions: Vec<PositionSample>,
    has_drs: bool,
}

impl Sampler {
    pub(super) fn new(drive: Drive, injector: Injector, season: u16) -> Sampler {
        Sampler {
            drive,
            injector,
            motions: Vec::new(),
            n_cars: 0,
            n_positions: 0,
            cars: Vec::new(),
            positions: Vec::new(),
            has_drs: season < 2026,
        }
    }

    pub(super) fn injector(&self) -> &Injector {
        &self.injector
    }
}

impl Stage {
    /// A sample of every car's channels; a full batch is sent. Batches arrive as their last sample is taken.
    pub(super) fn sample_cars(&mut self, at_ms: i64) {
        let mut sampler = std::mem::take(&mut self.sampler);
        if let Some(sampler) = &mut sampler {
            sampler.drive.all_at(at_ms as f64 / 1e3, &mut sampler.motions);
            for car in 0..sampler.motions.len() {
                let mut sample =
                    car_sample(&sampler.motions[car], car, at_ms, sampler.has_drs, self.may_open_wing(car));
                let moment = self.moment(&sampler.motions[car], at_ms);
                if sampler.injector.apply(moment, &mut sample) {
                    sampler.cars.push(sample);
                }
            }
            sampler.n_cars += 1;
            if sampler.n_cars.is_multiple_of(BATCH) {
                let samples = std::mem::take(&mut sampler.cars);
                self.send(Topic::Cars, at_ms, 0, Event::Cars(samples));
            }
            let step_ms = self.plan.chance.between(What::Sampling, sampler.n_cars, 0, STEP_MS.0, STEP_MS.1);
            self.again(at_ms + step_ms as i64, Cue::Cars);
        }
        self.sampler = sampler;
    }

    /// A fix of every car's position.
    pub(super) fn sample_positions(&mut self, at_ms: i64) {
        let mut sampler = std::mem::take(&mut self.sampler);
        if let Some(sampler) = &mut sampler {
            sampler.drive.all_at(at_ms as f64 / 1e3, &mut sampler.motions);
            for car in 0..sampler.motions.len() {
                let fix = position(&sampler.motions[car], car, at_ms);
                if sampler.injector.keeps_position(self.moment(&sampler.motions[car], at_ms), &fix) {
                    sampler.positions.push(fix);
                }
            }
            sampler.n_positions += 1;
            if sampler.n_positions.is_multiple_of(BATCH) {
                let fixes = std::mem::take(&mut sampler.positions);
                self.send(Topic::Positions, at_ms, 0, Event::Positions(fixes));
            }
            let step_ms = self.plan.chance.between(What::Sampling, sampler.n_positions, 1, STEP_MS.0, STEP_MS.1);
            self.again(at_ms + step_ms as i64, Cue::Positions);
        }
        self.sampler = sampler;
    }

    fn moment(&self, motion: &Motion, at_ms: i64) -> Moment {
        let fraction = (motion.distance_m / self.plan.course.length_m()) as f32;
        let is_at_pace = motion.slowness.is_some_and(|slowness| slowness < 1.25);
        Moment {
            time: SessionTime::from_millis(at_ms),
            lap: motion.lap,
            fraction,
            is_racing: motion.place == Place::Track && is_at_pace && self.is_green(at_ms),
        }
    }
}

fn car_sample(motion: &Motion, car: usize, at_ms: i64, has_drs: bool, may_open: bool) -> CarSample {
    let is_open = motion.is_wing_open && may_open;
    CarSample {
        time: SessionTime::from_millis(at_ms),
        driver: DRIVERS[car].number,
        rpm: Some(motion.rpm.round() as u16),
        speed_kmh: Some((motion.speed_mps * 3.6).round() as u16),
        gear: Some(motion.gear as i8),
        throttle_percent: Some((motion.throttle * 100.0).round() as u8),
        // Real feeds know brakes on and off only.
        brake_percent: Some(if motion.brake > 0.04 { 100 } else { 0 }),
        drs: has_drs.then_some(match (is_open, may_open) {
            (true, _) => Drs::Open,
            (false, true) => Drs::Eligible,
            (false, false) => Drs::Off,
        }),
    }
}

fn position(motion: &Motion, car: usize, at_ms: i64) -> PositionSample {
    PositionSample {
        time: SessionTime::from_millis(at_ms),
        driver: DRIVERS[car].number,
        x_dm: (motion.x_m * 10.0).round() as i32,
        y_dm: (motion.y_m * 10.0).round() as i32,
        z_dm: HEIGHT_DM,
        on_track: true,
    }
}

//! The anomaly engine: every car's samples put in order, looked at once, and never beyond the present moment.

use overcut_domain::{Alert, CarSample, DriverNumber, Event, PositionSample, SessionTime, Stamped};
use overcut_session::Session;

use crate::car::{Car, Now, Settled, Shared};
use crate::config::Config;
use crate::detect::sensor::is_good;
use crate::setting::TrackSetting;

/// Cars followed at most; numbers beyond are ghosts of a broken feed.
const MAX_CARS: usize = 64;

/// Finds anomalies in a stream of events.
///
/// Deterministic. What is found does not depend on how samples are batched, nor, as long as none is later than
/// [`Config::hold_ms`], on the order in which they arrive; *when* it is found does: samples of a feed that has kept each
/// car's samples in order for [`Config::trust_ms`] are looked at as they come. Should such a feed break the order after
/// all, what comes late just then is skipped. Memory per car is constant.
#[derive(Debug, Clone)]
pub struct Detectors {
    config: Config,
    track: TrackSetting,
    cars: Vec<(DriverNumber, Car)>,
    shared: Shared,
    /// Where the car of the last sample stands in `cars`: batches list cars in the same order again and again.
    last_idx: usize,
    settled: Vec<Settled>,
    /// True once any car had the channel.
    has_drs: bool,
    /// When samples last came out of order; at first, when the first ones came.
    disordered_at: Option<SessionTime>,
}

impl Detectors {
    /// Detectors that have seen nothing yet.
    pub fn new(config: Config) -> Self {
        Detectors {
            config,
            track: TrackSetting::default(),
            cars: Vec::new(),
            shared: Shared::default(),
            last_idx: 0,
            settled: Vec::new(),
            has_drs: false,
            disordered_at: None,
        }
    }

    /// Takes in the next event, which `session` has already folded in, and appends what is concluded from it.
    ///
    /// An alert's `raised_at` is the event's time. Its distance is `None`; callers that know the outline fill it in
    /// from the car's position at `peak_at`.
    pub fn observe(&mut self, event: &Stamped<Event>, session: &Session, alerts: &mut Vec<Alert>) {
        match &event.value {
            Event::Cars(samples) => {
                samples.iter().for_each(|sample| self.insert_sample(sample, event.time));
                self.release(self.now(event.time), alerts);
            }
            Event::Positions(fixes) => {
                fixes.iter().for_each(|fix| self.insert_fix(fix));
                if self.has_drs {
                    self.release(self.now(event.time), alerts);
                }
            }
            other => {
                self.update_settings(event.time, other, session);
                if let Event::Timing(update) = other {
                    let cars = update.cars.iter().map(|timing| timing.driver);
                    cars.for_each(|driver| self.judge_pace(event.time, driver, session, alerts));
                }
            }
        }
    }

    /// Looks at the samples that still wait, because the recording is over, and ends what still runs.
    pub fn finish(&mut self, time: SessionTime, alerts: &mut Vec<Alert>) {
        self.release(Now { time, hold_ms: 0, is_over: true }, alerts);
    }

    /// Samples are looked at as they come, once the feed has kept order for long enough.
    fn now(&self, time: SessionTime) -> Now {
        let kept_ms = self.disordered_at.map_or(0, |at| time.millis_since(at));
        let is_trusted = kept_ms >= i64::from(self.config.trust_ms);
        Now { time, hold_ms: if is_trusted { i64::MIN } else { i64::from(self.config.hold_ms) }, is_over: false }
    }

    fn insert_sample(&mut self, sample: &CarSample, now: SessionTime) {
        let Some(car) = self.car(sample.driver) else { return };
        let idx = car.idx();
        let is_in_order = car.insert(sample, now);
        if !is_in_order || self.disordered_at.is_none() {
            self.disordered_at = Some(now);
        }
        if is_good(sample) {
            self.shared.presence.mark(sample.time, idx);
        }
        self.has_drs |= sample.drs.is_some();
    }

    fn insert_fix(&mut self, fix: &PositionSample) {
        // Places serve the DRS detector alone. No fix is not a place.
        if self.has_drs
            && (fix.x_dm, fix.y_dm) != (0, 0)
            && let Some(car) = self.car(fix.driver)
        {
            car.fixes.insert(fix);
        }
    }

    /// The car of that number, which is followed from now on if it is new.
    fn car(&mut self, driver: DriverNumber) -> Option<&mut Car> {
        let guess = if self.last_idx + 1 < self.cars.len() { self.last_idx + 1 } else { 0 };
        let at = match self.cars.get(guess) {
            Some((number, _)) if *number == driver => guess,
            _ => match self.cars.binary_search_by_key(&driver, |(number, _)| *number) {
                Ok(at) => at,
                Err(_) if self.cars.len() >= MAX_CARS => return None,
                Err(at) => {
                    let idx = self.cars.len();
                    self.cars.insert(at, (driver, Car::new(idx, &self.config)));
                    at
                }
            },
        };
        self.last_idx = at;
        self.cars.get_mut(at).map(|(_, car)| car)
    }

    fn update_settings(&mut self, time: SessionTime, event: &Event, session: &Session) {
        if self.track.update(time, event, session, &self.config) {
            (self.cars, self.shared, self.settled) = (Vec::new(), Shared::default(), Vec::new());
        }
        self.shared.drs_disabled_since = self.track.drs_disabled_since;
        match event {
            Event::Timing(update) => {
                for timing in &update.cars {
                    self.update_car(time, timing.driver, session);
                }
            }
            Event::RaceInfo(cars) => cars.iter().for_each(|car| self.update_car(time, car.driver, session)),
            Event::PitLane(cars) => cars.iter().for_each(|car| self.update_car(time, car.driver, session)),
            Event::LapPositions(cars) => cars.iter().for_each(|car| self.update_car(time, car.driver, session)),
            Event::SessionStatus(_) | Event::Series(_) | Event::SessionInfo(_) | Event::LapCount(_) => {
                let drivers: Vec<_> = self.cars.iter().map(|(driver, _)| *driver).collect();
                drivers.into_iter().for_each(|driver| self.update_car(time, driver, session));
            }
            _ => {}
        }
    }

    fn update_car(&mut self, time: SessionTime, driver: DriverNumber, session: &Session) {
        let settle_ms = i64::from(self.config.settle_after_pit_ms);
        if let Some(car) = self.car(driver) {
            car.setting.update(time, driver, session, settle_ms);
        }
    }

    fn judge_pace(&mut self, time: SessionTime, driver: DriverNumber, session: &Session, alerts: &mut Vec<Alert>) {
        let Ok(at) = self.cars.binary_search_by_key(&driver, |(number, _)| *number) else { return };
        let Some((_, car)) = self.cars.get_mut(at) else { return };
        car.judge_pace(driver, session, &mut self.shared, &self.config, &mut self.settled);
        alerts.extend(self.settled.drain(..).map(|settled| alert(settled, driver, car, time)));
    }

    fn release(&mut self, now: Now, alerts: &mut Vec<Alert>) {
        let track_from = self.track.racing_from();
        for (driver, car) in &mut self.cars {
            let racing_from = track_from.zip(car.setting.racing_from()).map(|(track, car)| track.max(car));
            car.release(now, racing_from, &mut self.shared, &self.config, &mut self.settled);
            for settled in self.settled.drain(..) {
                alerts.push(alert(settled, *driver, car, now.time));
            }
        }
    }
}

fn alert(
    Settled { finding, settled_at, waited_ms }: Settled,
    driver: DriverNumber,
    car: &Car,
    now: SessionTime,
) -> Alert {
    Alert {
        kind: finding.kind,
        driver,
        lap: car.setting.lap_at(finding.started_at),
        raised_at: now,
        settled_at,
        waited_ms,
        started_at: finding.started_at,
        peak_at: finding.peak_at,
        ended_at: finding.ended_at,
        distance_m: None,
        evidence: finding.evidence,
        confidence: finding.confidence,
        text: finding.text,
    }
}

//! Putting faults into samples, one after the other, as they are made.

use std::collections::BTreeMap;

use overcut_domain::{CarSample, DriverNumber, Drs, PositionSample, SessionTime};

use super::{Fault, FaultKind, FaultPlan, FaultTruth, FrozenChannel};

/// A fault that found no occasion this many laps after its own is given up.
const PATIENCE_LAPS: u16 = 3;

/// Share of a straight at its end that is not judged: there drivers brake.
const FALL: f32 = 0.15;

/// Where a car is when a sample is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The sample's own time.
    pub time: SessionTime,
    /// The car's own lap, from 1.
    pub lap: u16,
    /// How far round it, 0–1.
    pub fraction: f32,
    /// True while the car is driven in anger: on track, under green. Faults of channels wait for it.
    pub is_racing: bool,
}

/// Changes what cars report as a plan says, and keeps the truth.
///
/// Samples of one car must come in order of time; cars may come in any order. Nothing depends on the number of calls for
/// other cars.
#[derive(Debug, Clone, Default)]
pub struct Injector {
    cars: BTreeMap<DriverNumber, Car>,
}

#[derive(Debug, Clone, Default)]
struct Car {
    /// The faults to come, last first.
    to_come: Vec<Fault>,
    running: Option<Running>,
    last: Option<CarSample>,
    truths: Vec<FaultTruth>,
}

#[derive(Debug, Clone)]
struct Running {
    fault: Fault,
    from: SessionTime,
    truth: Option<FaultTruth>,
    /// What the channels held when they froze.
    held: Option<CarSample>,
}

impl Injector {
    /// An injector that will carry out a plan.
    pub fn new(plan: &FaultPlan) -> Self {
        let mut injector = Injector::default();
        for fault in plan.faults.iter().rev() {
            injector.cars.entry(fault.driver).or_default().to_come.push(*fault);
        }
        injector
    }

    /// Changes a sample as the car's fault of the moment demands. False if the sample never reaches the feed.
    pub fn apply(&mut self, moment: Moment, sample: &mut CarSample) -> bool {
        let Some(car) = self.cars.get_mut(&sample.driver) else { return true };
        car.begin(moment, sample);
        let clean = *sample;
        let is_kept = car.change(moment, sample);
        car.last = Some(clean);
        is_kept
    }

    /// True if a position fix reaches the feed: a car that is silent altogether sends none.
    pub fn keeps_position(&self, moment: Moment, fix: &PositionSample) -> bool {
        let running = self.cars.get(&fix.driver).and_then(|car| car.running.as_ref());
        !running.is_some_and(|running| running.is_silent(moment.time))
    }

    /// What has happened so far, by start, then car. A fault that still runs ends, for now, with its last sample.
    pub fn truths(&self) -> Vec<FaultTruth> {
        let mut all: Vec<_> = self
            .cars
            .values()
            .flat_map(|car| car.truths.iter().copied().chain(car.running.as_ref().and_then(|running| running.truth)))
            .collect();
        all.sort_by_key(|truth| (truth.start, truth.driver));
        all
    }
}

impl Car {
    /// Begins the next fault if its time has come and the occasion is there.
    fn begin(&mut self, moment: Moment, sample: &CarSample) {
        if self.running.is_some() {
            return;
        }
        let Some(next) = self.to_come.last().copied() else { return };
        if (moment.lap, moment.fraction) < (next.lap, next.at) {
            return;
        }
        // What is in the motion has begun whether the channels like it or not.
        let is_late = moment.lap > next.lap + PATIENCE_LAPS;
        let is_due = next.kind.is_in_motion() || moment.is_racing && suits(&next, moment, sample, self.last.as_ref());
        if is_due || is_late {
            self.to_come.pop();
        }
        if is_due && !is_late {
            self.running = Some(Running { fault: next, from: moment.time, truth: None, held: self.last });
        }
    }

    fn change(&mut self, moment: Moment, sample: &mut CarSample) -> bool {
        let Some(running) = &mut self.running else { return true };
        if running.is_over(moment, sample) {
            self.truths.extend(running.truth);
            self.running = None;
            return true;
        }
        let is_shown = running.change(sample);
        // A car without power may be too slow to count as racing for that very reason.
        if is_shown && (moment.is_racing || running.fault.kind == FaultKind::PowerLoss && running.truth.is_some()) {
            running.note(moment);
        }
        !running.is_silent(moment.time)
    }
}

impl Running {
    fn is_over(&self, moment: Moment, sample: &CarSample) -> bool {
        let lasted_s = moment.time.millis_since(self.from) as f32 / 1000.0;
        match self.fault.kind {
            kind if kind.lasts_laps() => moment.lap >= self.fault.lap + self.fault.laps,
            // The slower car brakes later, but not by much.
            FaultKind::PowerLoss => {
                let last = self.fault.to - FALL * (self.fault.to - self.fault.at);
                moment.lap != self.fault.lap || moment.fraction > last
            }
            // A straight is over when the driver brakes.
            FaultKind::DrsEarly => is_braking(sample) || !moment.is_racing || lasted_s > 1.5 * self.fault.lasts_s + 3.0,
            _ => !moment.is_racing || lasted_s > self.fault.lasts_s,
        }
    }

    /// True while no samples of the car come at all: every second drop-out; in the others they come without values.
    fn is_silent(&self, time: SessionTime) -> bool {
        let lasted_s = time.millis_since(self.from) as f32 / 1000.0;
        self.fault.kind == FaultKind::SensorDropOut && self.fault.severity >= 0.5 && lasted_s <= self.fault.lasts_s
    }

    /// Changes the channels; true if the sample shows the fault.
    fn change(&mut self, sample: &mut CarSample) -> bool {
        let severity = self.fault.severity;
        match self.fault.kind {
            FaultKind::OverRev => {
                let above = 1_500.0 + 1_500.0 * severity;
                // An engine that races never turns evenly.
                let wobble = (sample.time.as_millis() * 7_919 % 191) as u16;
                sample.rpm = sample.rpm.map(|rpm| rpm.max(11_500) + above as u16 + wobble);
            }
            FaultKind::DrsStuckOpen | FaultKind::DrsEarly => return open_wing(sample),
            FaultKind::LockUp => {
                let share = 0.6 - 0.5 * severity;
                sample.speed_kmh = sample.speed_kmh.map(|speed| (f32::from(speed) * share) as u16);
            }
            FaultKind::SensorFreeze => self.freeze(sample),
            FaultKind::SensorDropOut => {
                (sample.rpm, sample.speed_kmh, sample.gear) = (None, None, None);
                (sample.throttle_percent, sample.brake_percent) = (None, None);
            }
            // The car does not gain the speed it should, although the driver keeps the throttle open.
            FaultKind::PowerLoss => {
                sample.throttle_percent = sample.throttle_percent.map(|_| 100);
                sample.brake_percent = sample.brake_percent.map(|_| 0);
            }
            FaultKind::SlowPuncture | FaultKind::TyreCliff => {}
        }
        true
    }

    fn freeze(&self, sample: &mut CarSample) {
        let Some(held) = &self.held else { return };
        match self.fault.channel.unwrap_or(FrozenChannel::All) {
            FrozenChannel::EngineSpeed => sample.rpm = held.rpm,
            FrozenChannel::Speed => sample.speed_kmh = held.speed_kmh,
            FrozenChannel::All => *sample = CarSample { time: sample.time, ..*held },
        }
    }

    fn note(&mut self, moment: Moment) {
        let Fault { kind, driver, severity, .. } = self.fault;
        let truth = self.truth.get_or_insert(FaultTruth {
            kind,
            driver,
            lap: moment.lap,
            start: moment.time,
            end: moment.time,
            severity,
            n_samples: 0,
        });
        truth.end = moment.time;
        truth.n_samples += 1;
    }
}

/// True if a fault of the channels can begin with this sample.
fn suits(fault: &Fault, moment: Moment, sample: &CarSample, last: Option<&CarSample>) -> bool {
    let faster = |than| sample.speed_kmh.is_some_and(|speed| speed > than);
    let brakes_on = || is_braking(sample) && last.is_some_and(is_braking);
    match fault.kind {
        FaultKind::OverRev => faster(100) && sample.rpm.is_some_and(|rpm| rpm > 10_500),
        FaultKind::DrsStuckOpen => {
            let was_open = last.is_some_and(|last| last.drs == Some(Drs::Open));
            // A car that is never close enough to open it has its wing fail all the same, two laps later.
            let waits = moment.lap < fault.lap + 2;
            sample.drs.is_some() && is_braking(sample) && faster(200) && (was_open || !waits)
        }
        FaultKind::DrsEarly => {
            sample.drs.is_some_and(|drs| drs != Drs::Open)
                && sample.throttle_percent.is_some_and(|throttle| throttle >= 95)
                && (fault.at..fault.at + 0.02).contains(&moment.fraction)
                && faster(150)
        }
        FaultKind::LockUp => brakes_on() && faster(100),
        FaultKind::SensorFreeze | FaultKind::SensorDropOut => faster(120) && last.is_some(),
        FaultKind::PowerLoss | FaultKind::SlowPuncture | FaultKind::TyreCliff => true,
    }
}

fn is_braking(sample: &CarSample) -> bool {
    sample.brake_percent.is_some_and(|brake| brake > 0)
}

/// Opens the wing; true if it was not open before.
fn open_wing(sample: &mut CarSample) -> bool {
    let was_closed = sample.drs.is_some_and(|drs| drs != Drs::Open);
    if was_closed {
        sample.drs = Some(Drs::Open);
    }
    was_closed
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAR: DriverNumber = DriverNumber(7);

    fn fault(kind: FaultKind) -> Fault {
        let channel = Some(FrozenChannel::All);
        Fault { kind, driver: CAR, lap: 5, at: 0.2, to: 1.0, lasts_s: 3.0, laps: 1, severity: 0.5, channel }
    }

    /// Four samples a second of a car that pulls for six seconds and brakes for three, on laps of 90 s.
    fn drive(kind: FaultKind, laps: u16) -> (Vec<(CarSample, Option<CarSample>)>, Vec<FaultTruth>) {
        let plan = FaultPlan { faults: vec![fault(kind)], losses: Vec::new() };
        let mut injector = Injector::new(&plan);
        let samples = (0..laps * 360).map(|i| {
            let (phase, brakes) = (i % 36, i % 36 >= 24);
            let speed = if brakes { 290 - 15 * (phase - 24) } else { 110 + 7 * phase };
            let clean = CarSample {
                time: SessionTime::from_millis(i64::from(i) * 250),
                driver: CAR,
                rpm: Some(9_000 + 60 * phase),
                speed_kmh: Some(speed),
                gear: Some(5),
                throttle_percent: Some(if brakes { 0 } else { 100 }),
                brake_percent: Some(if brakes { 100 } else { 0 }),
                drs: Some(if phase < 24 && i % 2 == 0 { Drs::Open } else { Drs::Off }),
            };
            let moment =
                Moment { time: clean.time, lap: 1 + i / 360, fraction: f32::from(i % 360) / 360.0, is_racing: true };
            let mut changed = clean;
            (clean, injector.apply(moment, &mut changed).then_some(changed))
        });
        (samples.collect(), injector.truths())
    }

    #[test]
    fn samples_differ_exactly_where_the_truth_says() {
        for kind in FaultKind::ALL.into_iter().filter(|kind| !kind.is_in_motion()) {
            let (samples, truths) = drive(kind, 9);
            let [truth] = truths[..] else { panic!("{kind:?}: {truths:?}") };
            assert_eq!((truth.kind, truth.driver), (kind, CAR));
            let changed: Vec<_> =
                samples.iter().filter(|(clean, sent)| Some(*clean) != *sent).map(|(c, _)| c.time).collect();
            assert!(!changed.is_empty() && changed.len() <= truth.n_samples as usize, "{kind:?}");
            assert!(changed.iter().all(|time| (truth.start..=truth.end).contains(time)), "{kind:?}");
            assert!(truth.lap >= 5 && truth.end.millis_since(truth.start) <= 7_500, "{truth:?}");
        }
    }

    #[test]
    fn what_is_in_the_motion_is_told_but_changes_no_channel() {
        let (samples, truths) = drive(FaultKind::TyreCliff, 9);
        assert!(samples.iter().all(|(clean, sent)| Some(*clean) == *sent));
        assert_eq!((truths[0].lap, truths[0].n_samples), (5, 288));
    }

    #[test]
    fn nothing_begins_while_nobody_races() {
        let plan = FaultPlan { faults: vec![fault(FaultKind::SensorDropOut)], losses: Vec::new() };
        let mut injector = Injector::new(&plan);
        let mut sample = drive(FaultKind::OverRev, 1).0[20].0;
        for lap in 5..12 {
            let moment = Moment { time: sample.time, lap, fraction: 0.5, is_racing: lap == 11 };
            assert!(injector.apply(moment, &mut sample));
        }
        assert_eq!(injector.truths(), []);
    }
}

//! How good the estimate is, on sessions that have positions.

use std::collections::BTreeMap;

use overcut_domain::{
    Change, DriverNumber, Event, PositionSample, SessionStatus, SessionTime, Stamped, TimingUpdate, TrackStatus,
};
use overcut_session::{CarStatus, Session};
use overcut_track::{Outline, Quality, Span, Telemetry};
use serde::Serialize;

use super::estimator::{EstimateConfig, Estimator};
use super::map::Map;
use super::profile::Profile;

/// How far estimates are off along the track.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// Half of them are off by less than this, metres.
    pub median_m: f64,
    /// And nineteen in twenty by less than this.
    pub p95_m: f64,
    /// Half of them are further ahead than this, metres; negative if most are behind the car.
    pub bias_m: f64,
    /// Share of them whose next car ahead on the track is the one that is.
    pub right_order: f64,
}

/// Estimates against positions.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PositionScore {
    /// Cars and moments compared.
    pub n: usize,
    /// Ours.
    pub estimate: Spread,
    /// Constant speed, that of the car's last lap, since the last sector line.
    pub baseline: Spread,
}

/// What cars do while they are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A car's first lap, from the grid.
    FirstLap,
    /// Any other lap at full speed.
    Racing,
    /// Behind a safety car, real or virtual, or under a red flag.
    SafetyCar,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 3] = [Phase::FirstLap, Phase::Racing, Phase::SafetyCar];
}

/// The score of a session, whole and by phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PositionReport {
    /// All phases together.
    pub all: PositionScore,
    /// Each phase by itself; one that never was has nothing compared.
    pub phases: [PhaseScore; Phase::ALL.len()],
}

/// The score of one phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PhaseScore {
    /// Which.
    pub phase: Phase,
    /// Its score.
    #[serde(flatten)]
    pub score: PositionScore,
}

/// Where it is known from how fast a lap is driven where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileKind {
    /// It is not: equally fast everywhere.
    Even,
    /// The lap-time simulation drove the outline.
    Simulated,
    /// Laps of the session itself, with their positions.
    Measured,
}

/// Scores the estimate on a whole session, once with each kind of profile that can be made.
///
/// `events` are all of the session in order; `clean_laps` and `telemetry` are what was folded from them. The outline should
/// know where the sectors end: the baseline is told so.
pub fn score_positions(
    config: &EstimateConfig,
    events: &[Stamped<Event>],
    outline: &Outline,
    clean_laps: &[Span],
    telemetry: &Telemetry,
) -> Vec<(ProfileKind, PositionReport)> {
    let profiles = [
        (ProfileKind::Even, Some(Profile::even(outline))),
        (ProfileKind::Simulated, Profile::simulated(outline)),
        (ProfileKind::Measured, Profile::measured(outline, telemetry, clean_laps)),
    ];
    let known = profiles.into_iter().filter_map(|(kind, profile)| Some((kind, profile?)));
    known
        .map(|(kind, profile)| {
            let mut scorer = PositionScorer::new(config.clone(), Map::new(outline.clone(), profile), telemetry);
            events.iter().for_each(|event| scorer.observe(event));
            (kind, scorer.report())
        })
        .collect()
}

/// One car at one moment, metres from the line.
#[derive(Debug, Clone, Copy)]
struct Compared {
    phase: Phase,
    truth_m: f64,
    estimate_m: f64,
    baseline_m: f64,
}

/// What was compared in one phase: ours first, the baseline second.
#[derive(Debug, Clone, Default)]
struct Tally {
    errors: [Vec<f64>; 2],
    n_right: [usize; 2],
}

/// Feeds a session to an estimator without its positions and compares.
#[derive(Debug)]
pub struct PositionScorer<'a> {
    truth: &'a Telemetry,
    map: Map,
    session: Session,
    estimator: Estimator,
    baseline: BTreeMap<DriverNumber, Baseline>,
    samples: Vec<PositionSample>,
    tallies: [Tally; Phase::ALL.len()],
}

/// What the plain way knows of a car.
#[derive(Debug, Clone, Copy, Default)]
struct Baseline {
    line_m: Option<(SessionTime, f64)>,
    lap_s: Option<f64>,
    n_laps: Option<u16>,
}

impl<'a> PositionScorer<'a> {
    /// A scorer that knows where cars really were.
    pub fn new(config: EstimateConfig, map: Map, truth: &'a Telemetry) -> PositionScorer<'a> {
        let mut estimator = Estimator::new(config);
        estimator.set_map(map.clone());
        PositionScorer {
            truth,
            map,
            session: Session::new(),
            estimator,
            baseline: BTreeMap::new(),
            samples: Vec::new(),
            tallies: Default::default(),
        }
    }

    /// Takes the next event in. Those with car channels and positions are passed over.
    pub fn observe(&mut self, event: &Stamped<Event>) {
        if matches!(event.value, Event::Cars(_) | Event::Positions(_)) {
            return;
        }
        self.samples.clear();
        let mut samples = std::mem::take(&mut self.samples);
        self.estimator.advance(event.time, &mut samples);
        samples.chunk_by(|a, b| a.time == b.time).for_each(|at_once| self.compare(at_once));
        self.samples = samples;
        self.session.apply(event, &mut Vec::new());
        self.estimator.observe(event, &self.session);
        if let Event::Timing(update) = &event.value {
            self.observe_lines(event.time, update);
        }
    }

    fn observe_lines(&mut self, at: SessionTime, update: &TimingUpdate) {
        for timing in update.cars.iter().filter(|_| !update.is_full) {
            let car = self.baseline.entry(timing.driver).or_default();
            for sector in timing.sectors.iter().filter(|s| matches!(s.time.time, Change::Set(_))) {
                let line_m = self.map.outline.sectors_m.get(usize::from(sector.sector_idx)).copied();
                let line_m = line_m.filter(|_| sector.sector_idx < 2);
                car.line_m = line_m.map(|line_m| (at, line_m)).or(car.line_m);
            }
            if timing.n_laps.is_some_and(|n| car.n_laps.replace(n) != Some(n)) {
                car.line_m = Some((at, 0.0));
            }
            if let Some(Change::Set(time)) = timing.last_lap.map(|lap| lap.time) {
                car.lap_s = Some(time.as_secs_f64());
            }
        }
    }

    /// Compares the estimates of one moment.
    fn compare(&mut self, samples: &[PositionSample]) {
        if self.session.state().status != SessionStatus::Started {
            return;
        }
        let cars: Vec<Compared> = samples.iter().filter_map(|sample| self.compared(sample)).collect();
        let truth = next_ahead(&cars, |car| car.truth_m);
        let guesses = [next_ahead(&cars, |car| car.estimate_m), next_ahead(&cars, |car| car.baseline_m)];
        for (idx, car) in cars.iter().enumerate() {
            let tally = &mut self.tallies[car.phase as usize];
            for (way, guess_m) in [car.estimate_m, car.baseline_m].into_iter().enumerate() {
                tally.errors[way].push(self.map.outline.ahead_m(car.truth_m, guess_m));
                tally.n_right[way] += usize::from(guesses[way][idx] == truth[idx]);
            }
        }
    }

    /// A car that is on the track, is known to be, and was reported at a line before.
    fn compared(&self, sample: &PositionSample) -> Option<Compared> {
        let row = self.session.car(sample.driver)?;
        if !matches!(row.status, CarStatus::OnTrack | CarStatus::OutLap) {
            return None;
        }
        let frame = self.truth.frame_on(&self.map.outline, sample.driver, sample.time, SessionTime::MAX)?;
        let place = frame.place.filter(|place| matches!(place.quality, Quality::Measured | Quality::Estimated))?;
        let truth_m = place.distance_m?;
        let estimate_m = self.map.outline.length_m().min(self.estimator_m(sample)?);
        let baseline = self.baseline.get(&sample.driver)?;
        let (at, line_m) = baseline.line_m?;
        let lap_s = baseline.lap_s.or(self.map.profile.lap_s())?;
        let driven_m = sample.time.millis_since(at) as f64 / 1000.0 / lap_s * self.map.outline.length_m();
        let baseline_m = (line_m + driven_m).rem_euclid(self.map.outline.length_m());
        Some(Compared { phase: self.phase(row.lap.0), truth_m, estimate_m, baseline_m })
    }

    fn phase(&self, lap: u16) -> Phase {
        match self.session.track().status {
            TrackStatus::Clear | TrackStatus::Yellow => {
                let is_first = self.session.state().info.kind.is_race() && lap <= 1;
                if is_first { Phase::FirstLap } else { Phase::Racing }
            }
            _ => Phase::SafetyCar,
        }
    }

    fn estimator_m(&self, sample: &PositionSample) -> Option<f64> {
        let around_m = self.estimator.shown_m(sample.driver)?;
        Some(self.map.outline.project(sample.x_dm.into(), sample.y_dm.into(), Some(around_m)).distance_m)
    }

    /// The figures so far.
    pub fn report(&self) -> PositionReport {
        let all = self.tallies.iter().fold(Tally::default(), |sum, tally| sum.with(tally)).score();
        let of = |phase| PhaseScore { phase, score: self.tallies[phase as usize].score() };
        PositionReport { all, phases: Phase::ALL.map(of) }
    }
}

impl Tally {
    fn with(mut self, other: &Tally) -> Tally {
        for way in 0..2 {
            self.errors[way].extend(&other.errors[way]);
            self.n_right[way] += other.n_right[way];
        }
        self
    }

    fn score(&self) -> PositionScore {
        PositionScore { n: self.errors[0].len(), estimate: self.spread(0), baseline: self.spread(1) }
    }

    fn spread(&self, way: usize) -> Spread {
        let n = self.errors[way].len();
        let mut signed = self.errors[way].clone();
        signed.sort_by(f64::total_cmp);
        let mut off: Vec<f64> = signed.iter().map(|m| m.abs()).collect();
        off.sort_by(f64::total_cmp);
        let at = |sorted: &[f64], share: f64| sorted.get((n as f64 * share) as usize).copied().unwrap_or(0.0);
        Spread {
            median_m: at(&off, 0.5),
            p95_m: at(&off, 0.95),
            bias_m: at(&signed, 0.5),
            right_order: self.n_right[way] as f64 / n.max(1) as f64,
        }
    }
}

/// The index of the next car ahead of each, round the lap.
fn next_ahead(cars: &[Compared], at: impl Fn(&Compared) -> f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cars.len()).collect();
    order.sort_by(|a, b| at(&cars[*a]).total_cmp(&at(&cars[*b])));
    let mut ahead = vec![0; cars.len()];
    for (place, idx) in order.iter().enumerate() {
        ahead[*idx] = order[(place + 1) % order.len()];
    }
    ahead
}

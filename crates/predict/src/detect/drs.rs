//! DRS open where or when it may not be, and DRS that does not close under braking.
//!
//! Zones are learnt: a place where several cars have had the wing open is one. Cars of seasons without the channel
//! never get here, because their samples hold no DRS.

use std::collections::BTreeMap;

use overcut_domain::{AlertKind, CarSample, Drs, SessionTime};

use crate::config::DrsConfig;
use crate::histogram::Histogram;

use super::finding::{Finding, confidence, evidence};
use super::place::Place;

/// Side of the squares into which places are sorted, in decimetres.
const CELL_DM: i32 = 600;
/// Squares kept at most: all of a long track, pit lane included.
const MAX_CELLS: usize = 1_024;
/// Wings closed under braking, all cars together, after which the usual time is known.
const LEARN_CLOSINGS: u32 = 40;
/// A place where wings are open this much more seldom than in the middle of a zone is none: faults make no zones.
const ZONE_SHARE: f32 = 0.05;

/// Where cars open their wings, learnt from all of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Zones {
    cells: BTreeMap<(i32, i32), Cell>,
    /// Samples in the square with the most.
    most: u32,
    first_at: Option<SessionTime>,
    closings: Closings,
}

/// One square.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// Bit `i`: car `i` has had its wing open here.
    cars: u64,
    /// Samples with an open wing.
    n: u32,
}

/// How long wings usually stay open into braking, learnt from all cars.
#[derive(Debug, Clone)]
struct Closings(Histogram<60>);

impl Default for Closings {
    fn default() -> Self {
        Closings(Histogram::new(0.0, 50.0))
    }
}

impl Closings {
    /// How long a wing may stay open into braking.
    fn limit_ms(&self, config: &DrsConfig) -> i64 {
        let usual = if self.0.n() < LEARN_CLOSINGS { None } else { self.0.quantile(0.99) };
        let longest = config.braking_ms as f32;
        let learnt = usual.map(|ms| (2.0 * ms).clamp(config.close_braking_ms as f32, longest));
        learnt.unwrap_or(longest) as i64
    }
}

impl Zones {
    fn learn(&mut self, place: Place, time: SessionTime, car_idx: usize) {
        let cell = cell(place);
        if self.cells.len() >= MAX_CELLS && !self.cells.contains_key(&cell) {
            return;
        }
        let known = self.cells.entry(cell).or_default();
        (known.cars, known.n) = (known.cars | 1 << (car_idx % 64), known.n.saturating_add(1));
        self.most = self.most.max(known.n);
        self.first_at.get_or_insert(time);
    }

    /// How long a wing may be open outside: less once many cars have shown the zones for long.
    fn limit_ms(&self, time: SessionTime, config: &DrsConfig) -> i64 {
        let known_ms = self.first_at.map_or(0, |first| time.millis_since(first));
        let is_well_known = known_ms >= 2 * i64::from(config.zone_learn_ms);
        i64::from(if is_well_known { config.close_out_of_zone_ms } else { config.out_of_zone_ms })
    }

    /// True if zones are known and no other car has opened its wing at this place or next to it.
    fn is_outside(&self, place: Place, time: SessionTime, car_idx: usize, config: &DrsConfig) -> bool {
        if self.first_at.is_none_or(|first| time.millis_since(first) < i64::from(config.zone_learn_ms)) {
            return false;
        }
        let (x, y) = cell(place);
        let neighbours = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        let known = neighbours.filter_map(|at| self.cells.get(&at));
        let (cars, n) = known.fold((0, 0), |(cars, n), cell| (cars | cell.cars, n.max(cell.n)));
        let others = cars & !(1 << (car_idx % 64));
        others.count_ones() < config.zone_cars || (n as f32) < ZONE_SHARE * self.most as f32
    }
}

fn cell(place: Place) -> (i32, i32) {
    (place.x_dm.div_euclid(CELL_DM), place.y_dm.div_euclid(CELL_DM))
}

/// Why an open wing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Braking,
    Disabled,
    Place,
}

#[derive(Debug, Clone)]
struct Episode {
    why: Wrong,
    started_at: SessionTime,
    last_at: SessionTime,
    first_speed: f32,
    last_speed: f32,
    n: u16,
    is_reported: bool,
}

impl Episode {
    fn lasted_ms(&self) -> i64 {
        self.last_at.millis_since(self.started_at)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct DrsWatch {
    episode: Option<Episode>,
    /// When the wing opened, while it is open.
    opened_at: Option<SessionTime>,
}

impl DrsWatch {
    /// `disabled_since` is when race control last forbade DRS, if it is forbidden.
    pub(crate) fn observe(
        &mut self,
        sample: &CarSample,
        place: Option<Place>,
        car_idx: usize,
        disabled_since: Option<SessionTime>,
        zones: &mut Zones,
        config: &DrsConfig,
    ) -> Option<Finding> {
        let (Some(drs), Some(speed)) = (sample.drs, sample.speed_kmh.map(f32::from)) else { return None };
        if drs != Drs::Open || speed < config.min_speed_kmh && self.episode.is_none() {
            if self.opened_at.take().is_some() {
                let braked_ms = self.episode.as_ref().filter(|e| e.why == Wrong::Braking && !e.is_reported);
                zones.closings.0.add(braked_ms.map_or(0, Episode::lasted_ms) as f32);
            }
            return self.interrupt(zones, config);
        }
        let opened_at = *self.opened_at.get_or_insert(sample.time);
        let why = if sample.brake_percent.is_some_and(|brake| brake > 0) {
            Some(Wrong::Braking)
        } else if disabled_since.is_some_and(|since| opened_at > since) {
            Some(Wrong::Disabled)
        } else if place.is_some_and(|place| zones.is_outside(place, sample.time, car_idx, config)) {
            Some(Wrong::Place)
        } else {
            None
        };
        if let Some(place) = place.filter(|_| why.is_none() || why == Some(Wrong::Place)) {
            zones.learn(place, sample.time, car_idx);
        }
        self.follow(sample.time, speed, why, zones, config)
    }

    /// Ends a running episode.
    pub(crate) fn interrupt(&mut self, zones: &Zones, config: &DrsConfig) -> Option<Finding> {
        let episode = self.episode.take()?;
        conclude(&episode, Some(episode.last_at), zones, config)
    }

    fn follow(
        &mut self,
        time: SessionTime,
        speed: f32,
        why: Option<Wrong>,
        zones: &Zones,
        config: &DrsConfig,
    ) -> Option<Finding> {
        let Some(why) = why else { return self.interrupt(zones, config) };
        let mut finding = None;
        if self.episode.as_ref().is_some_and(|episode| episode.why != why) {
            finding = self.interrupt(zones, config);
        }
        let episode = self.episode.get_or_insert(Episode {
            why,
            started_at: time,
            last_at: time,
            first_speed: speed,
            last_speed: speed,
            n: 0,
            is_reported: false,
        });
        (episode.last_at, episode.last_speed) = (time, speed);
        episode.n = episode.n.saturating_add(1);
        if finding.is_none() {
            finding = conclude(episode, None, zones, config);
            episode.is_reported |= finding.is_some();
        }
        finding
    }
}

fn conclude(episode: &Episode, ended_at: Option<SessionTime>, zones: &Zones, config: &DrsConfig) -> Option<Finding> {
    let lasted_ms = episode.lasted_ms();
    let drop = episode.first_speed - episode.last_speed;
    let limit_ms = match episode.why {
        Wrong::Braking => zones.closings.limit_ms(config),
        Wrong::Disabled => i64::from(config.out_of_zone_ms),
        Wrong::Place => zones.limit_ms(episode.started_at, config),
    };
    let is_braking = episode.why == Wrong::Braking;
    if episode.is_reported || episode.n < 3 || lasted_ms < limit_ms {
        return None;
    }
    if is_braking && drop < config.braking_drop_kmh {
        return None;
    }
    let seconds = lasted_ms as f32 / 1000.0;
    let (kind, text) = match episode.why {
        Wrong::Braking => (
            AlertKind::DrsOpenUnderBraking,
            format!("DRS still open {seconds:.1} s into braking, {}→{} km/h", episode.first_speed, episode.last_speed),
        ),
        Wrong::Disabled => (AlertKind::DrsOpenOutOfZone, format!("DRS open for {seconds:.1} s while disabled")),
        Wrong::Place => {
            (AlertKind::DrsOpenOutOfZone, format!("DRS open for {seconds:.1} s where no other car opens it"))
        }
    };
    let mut figures = vec![evidence("wing open", seconds, limit_ms as f32 / 1000.0, "s")];
    if is_braking {
        figures.push(evidence("speed lost", drop, config.braking_drop_kmh, "km/h"));
    }
    Some(Finding {
        kind,
        started_at: episode.started_at,
        peak_at: episode.last_at,
        ended_at,
        evidence: figures,
        confidence: confidence(lasted_ms as f32, (limit_ms as f32, 3.0 * limit_ms as f32), (0.6, 0.9)),
        text,
    })
}

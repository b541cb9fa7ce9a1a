//! Estimates every parameter of the race engine from past seasons.
//!
//! Each part looks at the races one by one and says what each race says of a parameter, with how well it can say it;
//! [`shrink`] makes one value for all circuits and one for each of that. Values that are in proportion to the lap time
//! or the distance are brought to a reference race before and back to the circuit's own after.

mod chosen;
mod laps;
mod neutral;
mod overtaking;
mod pace;
mod pits;
mod reliability;
mod shrink;
mod start;
mod table;
mod tyres;
mod weather;

use std::collections::BTreeMap;

use overcut_history::{History, HistoryError, MonteCarloPriors, TrackParamsRow};

use crate::archive::{Archive, PastRace};
use crate::parameters::{CircuitFile, Estimate, FIELDS, ParameterSet, REFERENCE_LAP_S};

pub(crate) use laps::RaceLaps;
pub(crate) use neutral::{Phase, phases};
use shrink::RaceValue;
pub(crate) use table::lap_at;

/// What to fit to.
#[derive(Debug, Clone)]
pub struct FitOptions {
    /// Seasons.
    pub seasons: Vec<u16>,
}

impl Default for FitOptions {
    /// 2018 to 2023: 2024 is there to choose and calibrate by, what comes after to be tested on.
    fn default() -> FitOptions {
        FitOptions { seasons: (2018..=2023).collect() }
    }
}

/// A fit and what it was made from.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The parameters.
    pub set: ParameterSet,
    /// Races fitted.
    pub n_races: usize,
    /// Laps among them that the regressions used.
    pub n_laps: usize,
}

/// Fits everything.
///
/// # Errors
///
/// [`HistoryError`] of the first table that cannot be read.
pub fn fit(history: &History, options: &FitOptions) -> Result<Fit, HistoryError> {
    let archive = Archive::read(history, &options.seasons)?;
    let priors = Priors { tracks: history.track_params()?.unwrap_or_default(), events: history.monte_carlo_priors()? };
    Ok(fit_archive(&archive, &priors))
}

/// What the parameters of the Munich race simulation say beforehand.
#[derive(Debug, Clone, Default)]
pub struct Priors {
    /// Per race of 2014–2019.
    pub tracks: Vec<TrackParamsRow>,
    /// Of events.
    pub events: Option<MonteCarloPriors>,
}

/// Fits everything to races that have been read already.
pub fn fit_archive(archive: &Archive, priors: &Priors) -> Fit {
    let races: Vec<&PastRace> = archive.races.iter().collect();
    let mut sheet = Sheet::default();
    let laps: Vec<Option<RaceLaps>> = races.iter().map(|race| RaceLaps::fit(race)).collect();
    for (race, laps) in races.iter().zip(&laps) {
        sheet.set_circuit(race, laps.as_ref());
    }
    tyres::observe(&mut sheet, &races, &laps);
    start::observe(&mut sheet, &races, &laps, priors);
    pits::observe(&mut sheet, &races, &laps, priors);
    neutral::observe(&mut sheet, &races, &laps, priors);
    reliability::observe(&mut sheet, &races, priors);
    weather::observe(&mut sheet, &races);
    overtaking::observe(&mut sheet, &races, &laps);
    let mut set = sheet.finish();
    set.lookup = table::learn(&races);
    pace::fit(&mut set, &races);
    chosen::apply(&mut set);
    Fit { set, n_races: races.len(), n_laps: laps.iter().flatten().map(|laps| laps.clean.len()).sum() }
}

/// What races say, by section and name, until it is pooled.
#[derive(Default)]
pub(crate) struct Sheet {
    values: BTreeMap<(&'static str, &'static str), Vec<RaceValue>>,
    /// Values that are the same everywhere.
    fixed: Vec<(&'static str, &'static str, Estimate)>,
    circuits: BTreeMap<String, CircuitFile>,
}

impl Sheet {
    /// Notes what a race says, in its own lap and distance.
    pub(crate) fn add(
        &mut self,
        race: &PastRace,
        section: &'static str,
        name: &'static str,
        value: f64,
        variance: f64,
        n: usize,
    ) {
        if !value.is_finite() || !variance.is_finite() || n == 0 {
            return;
        }
        let factor = self.factor(section, name, &race.circuit);
        let value = RaceValue {
            circuit: race.circuit.clone(),
            value: value / factor,
            variance: variance.max(1e-12) / (factor * factor),
            n,
        };
        self.values.entry((section, name)).or_default().push(value);
    }

    /// Notes what a source of no circuit of ours says: it counts for the pooled value only.
    pub(crate) fn add_elsewhere(
        &mut self,
        source: String,
        section: &'static str,
        name: &'static str,
        value: f64,
        variance: f64,
    ) {
        self.values.entry((section, name)).or_default().push(RaceValue { circuit: source, value, variance, n: 1 });
    }

    /// Sets a value that is the same everywhere.
    pub(crate) fn set(&mut self, section: &'static str, name: &'static str, estimate: Estimate) {
        self.fixed.push((section, name, estimate));
    }

    /// What a reference value is multiplied by at a circuit.
    fn factor(&self, section: &str, name: &str, circuit: &str) -> f64 {
        let Some(field) = FIELDS.iter().find(|field| field.section == section && field.name == name) else {
            return 1.0;
        };
        self.circuits.get(circuit).map_or(1.0, |file| field.scale.factor(file.base_lap_s, file.n_laps))
    }

    fn set_circuit(&mut self, race: &PastRace, laps: Option<&RaceLaps>) {
        let file = self.circuits.entry(race.circuit.clone()).or_default();
        file.n_races += 1;
        if !race.event.is_empty() && !file.events.contains(&race.event) {
            file.events.push(race.event.clone());
        }
        if file.layout != race.layout {
            // Another layout has other laps; what follows (traffic, kerbs, weather) is much the same.
            file.layout.clone_from(&race.layout);
            file.n_laps = race.planned_laps;
            file.base_lap_s = 0.0;
        }
        file.n_laps = race.planned_laps.max(file.n_laps);
        if let Some(laps) = laps {
            file.base_lap_s = laps.base_lap_s;
        }
        if file.base_lap_s == 0.0 {
            file.base_lap_s = laps::fastest_common_lap(race).unwrap_or(REFERENCE_LAP_S);
        }
    }

    fn finish(self) -> ParameterSet {
        let mut set = ParameterSet::default();
        for field in FIELDS {
            let key = (field.section, field.name);
            let Some(pooling) = self.values.get(&key).and_then(|values| shrink::pool(values)) else { continue };
            set.pooled.set(field.section, field.name, pooling.pooled.clamped(field.range.0, field.range.1));
            for (circuit, estimate) in pooling.circuits {
                let factor = self.factor(field.section, field.name, &circuit);
                let Some(file) = self.circuits.get(&circuit) else { continue };
                let own = set.circuits.entry(circuit).or_insert_with(|| file.clone());
                let estimate = estimate.clamped(field.range.0, field.range.1);
                own.parameters.set(field.section, field.name, estimate.times(factor));
            }
        }
        for (section, name, estimate) in self.fixed {
            set.pooled.set(section, name, estimate);
        }
        set
    }
}

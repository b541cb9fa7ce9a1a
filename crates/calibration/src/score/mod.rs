//! The simulator against real races that the fit has not seen.
//!
//! Each race is run from the grid and from shares of its distance, with what was known then: the laps so far, and earlier
//! races. Beside the simulator stands the [`LookupTable`](crate::LookupTable), learnt from the seasons of the fit, and a
//! mixture of both. Every figure is a mean over races with a bootstrap interval; differences are taken race by race.

mod bootstrap;
mod metrics;
mod race;
mod report;

use overcut_history::{History, HistoryError};
use overcut_sim::race::ModelError;

use crate::archive::Archive;
use crate::baseline::STAGES;
use crate::parameters::ParameterSet;
use crate::replay::{self, History as RaceHistory};

pub use bootstrap::Interval;
pub use report::{Comparison, Coverage, Frequency, MetricScore, ScoreReport, StageScore};

use race::StageResult;

/// What to score.
#[derive(Debug, Clone)]
pub struct ScoreOptions {
    /// Seasons whose races are scored.
    pub seasons: Vec<u16>,
    /// Shares of the distance to start from; 0 is the grid.
    pub stages: Vec<f64>,
    /// Runs of each race from each stage.
    pub n_runs: u64,
    /// Threads; results do not depend on it.
    pub n_threads: usize,
    /// Everything random follows from it.
    pub seed: u64,
    /// The first so many races of each season only; for quick checks.
    pub max_races: Option<usize>,
}

impl Default for ScoreOptions {
    fn default() -> ScoreOptions {
        ScoreOptions {
            seasons: vec![2024],
            stages: STAGES.to_vec(),
            n_runs: 2_000,
            n_threads: 1,
            seed: 1,
            max_races: None,
        }
    }
}

/// Scoring failed.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A table could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// A race cannot be simulated.
    #[error("{race}, lap {lap}")]
    Model {
        /// Which race.
        race: String,
        /// From which lap.
        lap: u16,
        /// Why.
        source: ModelError,
    },
}

/// Scores a parameter set. `progress` is told the races done and to do.
///
/// Earlier seasons in the folder serve as form. One season before the first scored is enough; without it, form begins
/// with the first race.
///
/// # Errors
///
/// [`ScoreError`].
pub fn score(
    history: &History,
    set: &ParameterSet,
    options: &ScoreOptions,
    progress: &dyn Fn(usize, usize),
) -> Result<ScoreReport, ScoreError> {
    let first = options.seasons.iter().copied().min().unwrap_or(0);
    let known = history.seasons()?;
    let wanted =
        |season: &u16| options.seasons.contains(season) || (*season < first && *season + FORM_SEASONS >= first);
    let seasons: Vec<u16> = known.into_iter().filter(wanted).collect();
    score_archive(&Archive::read(history, &seasons)?, set, options, progress)
}

/// Seasons before the first scored one that form is taken from.
const FORM_SEASONS: u16 = 2;

/// The same on races that have been read already.
///
/// # Errors
///
/// [`ScoreError::Model`].
pub fn score_archive(
    archive: &Archive,
    set: &ParameterSet,
    options: &ScoreOptions,
    progress: &dyn Fn(usize, usize),
) -> Result<ScoreReport, ScoreError> {
    let mut form = RaceHistory::default();
    let mut results: Vec<Vec<StageResult>> = vec![Vec::new(); options.stages.len()];
    let is_scored = |season: u16| options.seasons.contains(&season);
    let n_all = archive.races.iter().filter(|race| is_scored(race.season)).count();
    let (mut n_done, mut n_in_season, mut last_season) = (0, 0, 0);
    for race in &archive.races {
        if race.season != last_season {
            (n_in_season, last_season) = (0, race.season);
        }
        if is_scored(race.season) && options.max_races.is_none_or(|most| n_in_season < most) {
            let loaded = replay::model_of(race, set);
            for (stage_idx, share) in options.stages.iter().enumerate() {
                results[stage_idx].push(race::run(race, *share, &loaded, &form, set, options)?);
            }
            n_in_season += 1;
            n_done += 1;
            progress(n_done, n_all);
        }
        form.add(race, set);
    }
    Ok(report::report(options, &results))
}

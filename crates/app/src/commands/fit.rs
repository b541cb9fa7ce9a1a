//! `overcut fit`: the simulator's parameters from past seasons.

use std::time::Instant;

use anyhow::{Context as _, Result};
use overcut_calibration::{FitOptions, fit as fit_history};

use super::history;
use crate::cli::FitArguments;
use crate::output::say;
use crate::progress;

/// Reads the seasons, fits, and writes the parameter files.
pub fn fit(arguments: &FitArguments) -> Result<()> {
    let (history, folder) = history::open(arguments.history.as_deref())?;
    let seasons = (arguments.seasons.first..=arguments.seasons.last).collect();
    let started = Instant::now();
    let bar = progress::unknown("fitting");
    let fitted = fit_history(&history, &FitOptions { seasons });
    bar.finish_and_clear();
    let fitted = fitted.with_context(|| format!("cannot fit to the tables of {}", folder.display()))?;
    anyhow::ensure!(fitted.n_races > 0, "no race of these seasons is in {}", folder.display());
    fitted.set.write(&arguments.out).context("cannot write the parameters")?;
    say!(
        "{} races and {} laps; {} circuits in {} ({:.1} s)",
        fitted.n_races,
        fitted.n_laps,
        fitted.set.circuits.len(),
        arguments.out.display(),
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

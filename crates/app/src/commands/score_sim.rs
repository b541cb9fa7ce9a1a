//! `overcut score sim`: the simulator against real races it has not seen.

use std::path::Path;

use anyhow::{Context as _, Result};
use overcut_calibration::{Frequency, ScoreOptions, ScoreReport, StageScore, score};

use super::history;
use super::simulate::parameters;
use crate::cli::ScoreSimArguments;
use crate::output::{out, say};
use crate::{progress, threads};

/// Runs every race of the season from every stage and prints how well it was foretold.
pub fn score_sim(arguments: &ScoreSimArguments) -> Result<()> {
    let (history, folder) = history::open(arguments.history.as_deref())?;
    let set = parameters(arguments.model.as_deref())?;
    let options = ScoreOptions {
        seasons: vec![arguments.season],
        n_runs: u64::from(arguments.runs),
        n_threads: threads::all_cores(),
        seed: arguments.seed,
        ..ScoreOptions::default()
    };
    let bar = progress::of(0, "races");
    let report = score(&history, &set, &options, &|n_done, n_all| {
        bar.set_length(n_all as u64);
        bar.set_position(n_done as u64);
    });
    bar.finish_and_clear();
    let report = report.with_context(|| format!("cannot score the races of {}", folder.display()))?;
    if let Some(path) = &arguments.out {
        write(path, &report)?;
    }
    match arguments.json {
        true => out!("{}", serde_json::to_string(&report)?),
        false => print(&report)?,
    }
    Ok(())
}

fn write(path: &Path, report: &ScoreReport) -> Result<()> {
    let mut json = serde_json::to_vec_pretty(report)?;
    json.push(b'\n');
    std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    say!("the score in {}", path.display());
    Ok(())
}

fn print(report: &ScoreReport) -> Result<()> {
    let mut rows = report.rows().into_iter();
    let headings = rows.next().context("a score has headings")?;
    let mut table = crate::table::new(&headings.each_ref().map(String::as_str));
    for row in rows {
        table.add_row(row);
    }
    let n_races = report.stages.first().map_or(0, |stage| stage.n_races);
    out!("{n_races} races of {:?}, {} runs each from every stage, seed {}", report.seasons, report.n_runs, report.seed);
    out!("{table}");
    let mut table = crate::table::new(&[
        "stage",
        "gaps in 50 %",
        "in 80 %",
        "width 80 %",
        "safety car",
        "stops a car",
        "retired",
        "podium ece",
        "win ece",
    ]);
    for stage in &report.stages {
        table.add_row(frequencies(stage));
    }
    out!("{table}");
    out!("frequencies: simulated, then real with its 95 % interval");
    Ok(())
}

fn frequencies(stage: &StageScore) -> [String; 9] {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let both = |frequency: &Frequency, digits: usize| {
        let Frequency { simulated, real } = frequency;
        format!("{simulated:.digits$} / {:.digits$} ({:.digits$}–{:.digits$})", real.mean, real.low, real.high)
    };
    [
        if stage.share == 0.0 { "grid".to_owned() } else { percent(stage.share) },
        percent(stage.gaps.of_50.mean),
        percent(stage.gaps.of_80.mean),
        format!("{:.0} s", stage.gaps.width_80_s),
        both(&stage.any_safety_car, 2),
        both(&stage.stops, 2),
        both(&stage.retired, 3),
        format!("{:.3}", stage.podium_ece),
        format!("{:.3}", stage.win_ece),
    ]
}

//! `overcut simulate`: how a race may end, from the grid or from the middle of a recorded one.

mod comparison;
mod from_session;
mod pictures;
mod plan;
mod prepare;
mod report;

pub use self::prepare::parameters;

use anyhow::{Context as _, Result};
use overcut_sim::race::{Settings, run_one, simulate as run_races};

use self::pictures::Course;
use self::prepare::Prepared;
use self::report::Report;
use crate::cli::SimulateArguments;
use crate::commands::Context;
use crate::output::{out, say};
use crate::plot::Format;
use crate::progress;
use crate::threads;

/// Runs that a picture of the race's course is drawn from: more would change no line by its width.
const N_TRACES: u64 = 1_000;

/// Runs the races and says what came of them.
pub fn simulate(context: &Context, arguments: &SimulateArguments) -> Result<()> {
    for path in arguments.plot.iter().chain(&arguments.trace) {
        Format::of(path)?; // before the work, not after it
    }
    let prepared = prepare::prepare(context, arguments)?;
    let settings = Settings {
        seed: arguments.seed,
        n_runs: u64::from(arguments.runs),
        n_threads: threads::wanted(arguments.threads),
        team: prepared.team,
        ..Settings::default()
    };
    if let Some(question) = &arguments.compare {
        return comparison::compare(&prepared, &settings, &plan::parse(question)?, arguments.json);
    }
    let bar = progress::of(settings.n_runs, "races");
    let outcome = run_races(&prepared.model, &prepared.state, &settings, &|n_done| bar.set_position(n_done));
    let outcome = outcome.context("this race cannot be simulated")?;
    bar.finish_and_clear();
    let report = Report::new(&prepared, &outcome, arguments.seed);
    match arguments.json {
        true => out!("{}", serde_json::to_string(&report)?),
        false => report.print()?,
    }
    if let Some(path) = &arguments.plot {
        pictures::finish(path, &prepared, &outcome, arguments.seed)?;
        say!("finishing places in {}", path.display());
    }
    if let Some(path) = &arguments.trace {
        let course = course(&prepared, &settings)?;
        pictures::race_trace(path, &prepared, &outcome, &course, &arguments.focus, arguments.seed)?;
        say!("the race's course in {}", path.display());
    }
    Ok(())
}

/// Plays some of the same runs again, in full.
fn course(prepared: &Prepared, settings: &Settings<'_>) -> Result<Course> {
    let n_traces = settings.n_runs.min(N_TRACES);
    let bar = progress::of(n_traces, "drawing");
    let mut course = Course::new(&prepared.state, prepared.model.circuit.n_laps);
    for run in 0..n_traces {
        course.add(&run_one(&prepared.model, &prepared.state, settings, run).context("this race cannot be traced")?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    course.finish();
    Ok(course)
}

#[cfg(test)]
mod tests;

//! `overcut bench replay`: a whole session decoded, folded and analysed as fast as possible.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use overcut_domain::SessionTime;

use crate::bench::figures::{Figure, Reference, print};
use crate::bench::usage::usage;
use crate::cli::BenchReplayArguments;
use crate::commands::Context;
use crate::input::Input;
use crate::pipeline::{Threads, run};

/// The session that the reference was measured on.
const REFERENCE_KEY: u32 = 11240;
const REFERENCE: &str = "FastF1 3.9 on one core";

/// Processor seconds, wall seconds and counts of one run.
struct Run {
    wall_s: f64,
    cpu_s: f64,
    n_events: u64,
    key: Option<u32>,
}

/// Measures and prints.
pub fn bench_replay(context: &Context, arguments: &BenchReplayArguments) -> Result<()> {
    ensure!(arguments.runs > 0, "--runs must be at least 1");
    let path = context.resolve(&arguments.session)?.path;
    let threads = if arguments.threads == 1 { Threads::One } else { Threads::Two };
    let mut runs = Vec::new();
    for _ in 0..arguments.runs {
        runs.push(replay(context, &path, threads)?);
    }
    let is_reference = runs[0].key == Some(REFERENCE_KEY);
    let reference = |value| is_reference.then_some(Reference { value, what: REFERENCE });
    let column = |value: fn(&Run) -> f64| runs.iter().map(value).collect::<Vec<_>>();
    let memory = Figure {
        name: "replay.peak_memory".into(),
        value: usage().peak_memory_bytes as f64 / 1e6,
        unit: "MB",
        reference: reference(309.0),
        n: 1,
        spread: None,
    };
    let figures = [
        Figure::of_runs("replay.wall", "s", &column(|r| r.wall_s), reference(5.9)),
        Figure::of_runs("replay.cpu", "s", &column(|r| r.cpu_s), reference(5.9)),
        Figure::of_runs("replay.events_per_s", "1/s", &column(|r| r.n_events as f64 / r.wall_s), None),
        memory,
    ];
    print(&figures, arguments.json)
}

fn replay(context: &Context, path: &Path, threads: Threads) -> Result<Run> {
    let (before, started) = (usage().cpu, Instant::now());
    let mut pipeline = context.pipeline();
    let mut n_steps: u64 = 0;
    run(Input::open(path)?, threads, SessionTime::MAX, &mut pipeline, |_| n_steps += 1)?;
    let wall_s = started.elapsed().as_secs_f64();
    let cpu_s = (usage().cpu - before).as_secs_f64();
    Ok(Run { wall_s, cpu_s, n_events: n_steps, key: pipeline.session.state().info.key })
}

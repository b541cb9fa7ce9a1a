//! `overcut bench sim`: how long a race takes to simulate, on one core and on all.

use std::time::Instant;

use anyhow::{Context as _, Result};
use overcut_sim::race::{RaceModel, RaceState, Settings, simulate};

use crate::bench::figures::{Figure, Reference, print};
use crate::bench::usage::usage;
use crate::cli::BenchSimArguments;
use crate::threads::all_cores;

/// Racing laps of Sakhir, Barcelona and the Red Bull Ring: shortest to longest of the usual ones.
const DISTANCES: [u16; 3] = [57, 66, 71];
const N_CARS: usize = 20;
/// Races of the smaller run that memory is compared with.
const FEW: u64 = 1_000;

const PYTHON: Reference = Reference { value: 117_000.0, what: "TUM race simulation in Python, one race" };
const RUST: Reference = Reference { value: 16_000.0, what: "time-discrete simulator in Rust, six cars" };
const AIM: Reference = Reference { value: 100.0, what: "aim" };

/// Measures and prints.
pub fn bench_sim(arguments: &BenchSimArguments) -> Result<()> {
    let n_races = u64::from(arguments.races);
    // Memory first: the peak of a process never falls.
    run(DISTANCES[0], FEW, 1)?;
    let few_mb = peak_mb();
    run(DISTANCES[0], n_races.max(10 * FEW), 1)?;
    let many_mb = peak_mb();
    let mut figures = Vec::new();
    let thread_counts = if all_cores() > 1 { vec![1, all_cores()] } else { vec![1] };
    for n_laps in DISTANCES {
        for n_threads in &thread_counts {
            let runs = (0..arguments.runs).map(|_| run(n_laps, n_races, *n_threads)).collect::<Result<Vec<Run>>>()?;
            figures.extend(of_runs(n_laps, n_races, *n_threads, &runs));
        }
    }
    figures.push(memory("sim.peak_memory.few", FEW, few_mb));
    figures.push(memory("sim.peak_memory.many", n_races.max(10 * FEW), many_mb));
    print(&figures, arguments.json)
}

/// What a race takes of a core, and how long all of them took.
fn of_runs(n_laps: u16, n_races: u64, n_threads: usize, runs: &[Run]) -> Vec<Figure> {
    let threads = if n_threads == 1 { "1_thread".to_owned() } else { format!("{n_threads}_threads") };
    let name = |what: &str| format!("sim.{n_laps}_laps.{threads}.{what}");
    // Processor time, so that what else runs on the machine does not count.
    let per_race: Vec<f64> = runs.iter().map(|run| run.cpu_s * 1e6 / n_races as f64).collect();
    let walls: Vec<f64> = runs.iter().map(|run| run.wall_s).collect();
    let reference = match (n_laps, n_threads) {
        (57, 1) => PYTHON,
        (66, 1) => RUST,
        _ => AIM,
    };
    let all = (n_races == 10_000 && n_threads == 2).then_some(Reference { value: 0.5, what: "aim, on two cores" });
    vec![
        Figure::of_runs(&name("race"), "µs a race and core", &per_race, Some(reference)),
        Figure::of_runs(&name("wall"), "s", &walls, all),
    ]
}

/// What many races took.
struct Run {
    wall_s: f64,
    cpu_s: f64,
}

fn memory(name: &str, n_races: u64, value: f64) -> Figure {
    Figure { name: name.to_owned(), value, unit: "MB", reference: None, n: n_races, spread: None }
}

fn run(n_laps: u16, n_runs: u64, n_threads: usize) -> Result<Run> {
    let model = RaceModel::pooled(N_CARS, n_laps);
    let state = RaceState::grid(&model);
    let settings = Settings { n_runs, n_threads, ..Settings::default() };
    let (before, started) = (usage().cpu, Instant::now());
    let outcome = simulate(&model, &state, &settings, &|_| {}).context("the pooled race cannot be simulated")?;
    let run = Run { wall_s: started.elapsed().as_secs_f64(), cpu_s: (usage().cpu - before).as_secs_f64() };
    std::hint::black_box(outcome);
    Ok(run)
}

fn peak_mb() -> f64 {
    usage().peak_memory_bytes as f64 / 1e6
}

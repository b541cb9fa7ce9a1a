//! Many runs on many threads, or one in full.

use std::sync::atomic::{AtomicU64, Ordering};

use super::check::check_all;
use super::kernel::{self, Field, Nobody, Tables};
use super::record::TraceRecorder;
use super::tally::{LapCounter, Tally};
use super::{ModelError, Outcome, RaceModel, RaceState, RaceTrace, Settings};

/// Runs that a thread takes at a time.
const CHUNK: u64 = 64;
/// Runs behind the figures by lap, at most about this many.
const LAP_RUNS: u64 = 1_000;

/// Runs a race many times from a state.
///
/// `progress` is told now and then, from the calling thread, how many runs are done. Which thread does which run
/// changes nothing: every random number has a key of its own and everything counted is an integer.
///
/// # Errors
///
/// [`ModelError`] if model, state or settings make no sense.
///
/// ```
/// use overcut_sim::race::{RaceModel, RaceState, Settings, simulate};
/// let model = RaceModel::pooled(20, 57);
/// let outcome = simulate(&model, &RaceState::grid(&model), &Settings::default(), &|_| {})?;
/// assert!(outcome.cars[0].probability(1) > outcome.cars[19].probability(1));
/// # Ok::<(), overcut_sim::race::ModelError>(())
/// ```
pub fn simulate(
    model: &RaceModel,
    state: &RaceState,
    settings: &Settings<'_>,
    progress: &dyn Fn(u64),
) -> Result<Outcome, ModelError> {
    check_all(model, state, settings)?;
    let tables = Tables::new(model, state, settings);
    let empty = || Tally::new(model.cars.len(), state.lap, model.circuit.n_laps);
    let every = settings.n_runs.div_ceil(LAP_RUNS).max(1);
    let tally = in_chunks(settings, progress, empty, Tally::merge, |tally, run| {
        let field = if run % every == 0 {
            tally.by_lap.n_runs += 1;
            let mut counter = LapCounter { tally: &mut tally.by_lap, lap_s: model.circuit.base_lap_s };
            kernel::run(&tables, run, &mut counter, u16::MAX)
        } else {
            kernel::run(&tables, run, &mut Nobody, u16::MAX)
        };
        tally.add(&tables, &field);
    });
    Ok(tally.outcome(&tables))
}

/// Does all runs in chunks on the threads asked for, each thread with a tally of its own, and merges those.
pub(super) fn in_chunks<T: Send>(
    settings: &Settings<'_>,
    progress: &dyn Fn(u64),
    empty: impl Fn() -> T + Sync,
    merge: impl Fn(&mut T, &T),
    do_run: impl Fn(&mut T, u64) + Sync,
) -> T {
    let n_runs = settings.n_runs;
    let (next, done) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = |progress: Option<&dyn Fn(u64)>| {
        let mut tally = empty();
        loop {
            let first = next.fetch_add(CHUNK, Ordering::Relaxed);
            if first >= n_runs {
                return tally;
            }
            let end = (first + CHUNK).min(n_runs);
            for run in first..end {
                do_run(&mut tally, run);
            }
            let n_done = done.fetch_add(end - first, Ordering::Relaxed) + end - first;
            if let Some(progress) = progress {
                progress(n_done);
            }
        }
    };
    let n_helpers = settings.n_threads.max(1).min(n_runs.div_ceil(CHUNK).max(1) as usize) - 1;
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (0..n_helpers).map(|_| scope.spawn(|| work(None))).collect();
        let mut tally = work(Some(progress));
        for helper in helpers {
            // A panic in a helper is a bug of ours or of a custom policy; it goes on in the caller.
            match helper.join() {
                Ok(other) => merge(&mut tally, &other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        progress(n_runs);
        tally
    })
}

/// Run `run` of [`simulate`] with the same model, state and settings, in full.
///
/// # Errors
///
/// [`ModelError`] if model, state or settings make no sense.
pub fn run_one(
    model: &RaceModel,
    state: &RaceState,
    settings: &Settings<'_>,
    run: u64,
) -> Result<RaceTrace, ModelError> {
    check_all(model, state, settings)?;
    let tables = Tables::new(model, state, settings);
    let mut recorder = TraceRecorder::new(state);
    let field = kernel::run(&tables, run, &mut recorder, u16::MAX);
    Ok(recorder.trace(&tables, &field))
}

/// The race as it stands after `lap` laps of run `run`, for a simulation to go on from.
///
/// If the run is over before, as it stands then.
///
/// # Errors
///
/// [`ModelError`] if model, state or settings make no sense.
pub fn state_after(
    model: &RaceModel,
    state: &RaceState,
    settings: &Settings<'_>,
    run: u64,
    lap: u16,
) -> Result<RaceState, ModelError> {
    check_all(model, state, settings)?;
    let tables = Tables::new(model, state, settings);
    let field: Field = kernel::run(&tables, run, &mut Nobody, lap);
    Ok(field.state(model.cars.len(), &tables.plans))
}

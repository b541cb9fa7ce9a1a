//! Races per second: what every forecast and every answer about strategy waits for.
//!
//! The aim is ten thousand races in half a second on two cores: 20 000 races a second, one thread half of that.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_sim::race::{RaceModel, RaceState, Settings, simulate, state_after};

fn monte_carlo(c: &mut Criterion) {
    let mut group = c.benchmark_group("sim/monte_carlo");
    group.sample_size(10);
    for (name, n_cars, n_laps, n_threads) in [
        ("20_cars_57_laps_1_thread", 20, 57, 1),
        ("20_cars_57_laps_2_threads", 20, 57, 2),
        ("20_cars_71_laps_2_threads", 20, 71, 2),
        ("22_cars_57_laps_2_threads", 22, 57, 2),
    ] {
        let model = RaceModel::pooled(n_cars, n_laps);
        let grid = RaceState::grid(&model);
        let settings = Settings { seed: 7, n_runs: 10_000, n_threads, ..Settings::default() };
        group.throughput(Throughput::Elements(settings.n_runs));
        group.bench_function(name, |b| b.iter(|| simulate(black_box(&model), &grid, &settings, &|_| {})));
    }
    group.finish();
}

fn from_half_distance(c: &mut Criterion) {
    let model = RaceModel::pooled(20, 57);
    let settings = Settings { seed: 7, n_runs: 1_000, n_threads: 2, ..Settings::default() };
    let Ok(half) = state_after(&model, &RaceState::grid(&model), &settings, 3, 28) else { return };
    let mut group = c.benchmark_group("sim/what_if");
    group.throughput(Throughput::Elements(settings.n_runs));
    group.bench_function("1000_races_from_lap_28_of_57", |b| {
        b.iter(|| simulate(black_box(&model), &half, &settings, &|_| {}));
    });
    group.finish();
}

criterion_group!(benches, monte_carlo, from_half_distance);
criterion_main!(benches);

//! How fast synthetic sessions are made.
//!
//! The demo is on screen as soon as a session is decided, so that must take a blink; writing sessions to disk and
//! loading a server with hundreds of them depend on how fast events come.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use overcut_domain::SessionKind;
use overcut_sim::grand_prix::{SessionConfig, SyntheticSession};

fn sessions(c: &mut Criterion) {
    let mut group = c.benchmark_group("sim/grand_prix");
    group.sample_size(10);
    let new = |kind| SyntheticSession::new(SessionConfig::race(7).session(kind)).expect("our own race is valid");
    group.bench_function("decide_a_race", |b| b.iter(|| black_box(new(SessionKind::Race))));
    group.bench_function("decide_qualifying", |b| b.iter(|| black_box(new(SessionKind::Qualifying))));
    group.bench_function("timing_of_a_race", |b| b.iter(|| new(SessionKind::Race).without_telemetry().count()));
    group.bench_function("all_events_of_a_race", |b| b.iter(|| new(SessionKind::Race).count()));
    let race = new(SessionKind::Race);
    let mut motions = Vec::new();
    let at_s = race.starts().as_secs_f64() + 1_000.0;
    group.bench_function("all_cars_at_one_moment", |b| b.iter(|| race.drive().all_at(black_box(at_s), &mut motions)));
    group.finish();
}

criterion_group!(benches, sessions);
criterion_main!(benches);

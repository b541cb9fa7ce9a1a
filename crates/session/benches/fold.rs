//! How fast events fold into state. A replay folds a whole session before the first seek, and a live client waits for
//! each event, so both the rate and the longest stretch matter. The Chinese GP sprint of 2026, decoded beforehand.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_domain::{Event, Stamped};
use overcut_session::Session;

fn events(path: &str) -> Option<Vec<Stamped<Event>>> {
    let mut events = Vec::new();
    overcut_sources::read_events(overcut_testkit::recording(path)?, |event| events.push(event)).ok()?;
    Some(events)
}

fn fold(criterion: &mut Criterion) {
    let Some(events) = events("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let mut group = criterion.benchmark_group("session/fold");
    group.throughput(Throughput::Elements(events.len() as u64));
    group.sample_size(20);
    group.bench_function("sprint_22_cars", |bencher| {
        let mut changed = Vec::new();
        bencher.iter(|| {
            let mut session = Session::new();
            for event in &events {
                changed.clear();
                session.apply(black_box(event), &mut changed);
            }
            session
        });
    });
    group.finish();
}

criterion_group!(benches, fold);
criterion_main!(benches);

//! The detectors over a whole sprint: they share 59 ms of CPU time with decoding, folding and everything else.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use overcut_domain::{Event, Stamped};
use overcut_predict::{Config, Detectors};
use overcut_session::Session;

/// Every event, so that the fold can be run beside; its time is measured apart and must be taken off.
fn events() -> Vec<Stamped<Event>> {
    let Some(path) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return Vec::new() };
    let mut events = Vec::new();
    overcut_sources::read_events(path, |event| events.push(event)).expect("the recording opens");
    events
}

fn n_samples(events: &[Stamped<Event>]) -> usize {
    let cars = events.iter().map(|event| if let Event::Cars(samples) = &event.value { samples.len() } else { 0 });
    cars.sum()
}

fn fold(events: &[Stamped<Event>], mut detectors: Option<Detectors>) -> usize {
    let (mut session, mut changed, mut alerts) = (Session::new(), Vec::new(), Vec::new());
    for event in events {
        changed.clear();
        session.apply(event, &mut changed);
        if let Some(detectors) = &mut detectors {
            detectors.observe(event, &session, &mut alerts);
        }
    }
    alerts.len()
}

fn sprint(c: &mut Criterion) {
    let events = events();
    let mut group = c.benchmark_group("predict/detectors");
    group.sample_size(20);
    group.throughput(Throughput::Elements(n_samples(&events) as u64));
    group.bench_function("fold_alone", |b| {
        b.iter_batched(|| None, |none| fold(black_box(&events), none), BatchSize::LargeInput)
    });
    group.bench_function("fold_and_detectors", |b| {
        let new = || Some(Detectors::new(Config::default()));
        b.iter_batched(new, |detectors| fold(black_box(&events), detectors), BatchSize::LargeInput)
    });
    group.finish();
}

criterion_group!(benches, sprint);
criterion_main!(benches);

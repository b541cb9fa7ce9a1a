//! A telemetry frame is encoded fifty times a second and format, whoever watches; a snapshot once per seek and place.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_server::wire::{CarFrame, ServerMessage};

/// A frame of 22 cars with everything known.
fn frame() -> ServerMessage {
    let car = |n: u16| {
        let (x, y) = (Some(-3021 + i32::from(n) * 517), Some(1877 - i32::from(n) * 311));
        let drs = if n.is_multiple_of(2) { Some(1) } else { None };
        CarFrame(n, x, y, Some(287), Some(11_480), Some(7), Some(100), Some(0), drs, Some(1204.5 + f32::from(n)), 0)
    };
    ServerMessage::Telemetry { t_ms: 3_499_820, cars: (1..=22).map(car).collect() }
}

fn encode(c: &mut Criterion) {
    let frame = frame();
    let mut group = c.benchmark_group("server/encode_frame_22_cars");
    group.throughput(Throughput::Elements(1));
    group.bench_function("json", |b| b.iter(|| serde_json::to_string(black_box(&frame))));
    group.bench_function("msgpack", |b| b.iter(|| rmp_serde::to_vec_named(black_box(&frame))));
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);

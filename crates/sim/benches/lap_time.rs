//! What a generator of sessions waits on: a lap for each state of fuel and tyres of each car, before the start; and a
//! circuit from its centre line.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use overcut_sim::circuit::{Circuit, TrackPoint};
use overcut_sim::vehicle::{Conditions, ErsMode, Vehicle, lap};

fn laps(c: &mut Criterion) {
    let circuits = Circuit::fictional();
    let mut group = c.benchmark_group("sim/lap");
    for circuit in circuits {
        let qualifying = Conditions::default();
        let race = Conditions { fuel_kg: 100.0, ers: ErsMode::Balanced, ..qualifying };
        for (car, vehicle) in [("2022", Vehicle::season_2022()), ("2026", Vehicle::season_2026())] {
            for (mode, conditions) in [("qualifying", qualifying), ("race", race)] {
                group.bench_function(format!("{}/{car}/{mode}", circuit.town), |b| {
                    b.iter(|| lap(black_box(circuit), &vehicle, &conditions))
                });
            }
        }
    }
    group.finish();
}

fn circuit(c: &mut Criterion) {
    let line = &Circuit::fictional()[0].line;
    let point = |k: usize| TrackPoint { x_m: line.x_m[k], y_m: line.y_m[k], right_m: 6.0, left_m: 6.0 };
    let points: Vec<TrackPoint> = (0..line.len()).step_by(2).map(point).collect();
    c.bench_function("sim/circuit_from_centre_line", |b| {
        b.iter(|| Circuit::from_centre_line("bench", black_box(&points)))
    });
}

criterion_group!(benches, laps, circuit);
criterion_main!(benches);

//! What users wait on: taking samples in (start-up, replay), frames for every client, and comparing laps.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_domain::{CarSample, DriverNumber, PositionSample, SessionTime};
use overcut_track::{Course, Frame, LapTrace, Outline, Span, Telemetry, compare};

const N_CARS: u16 = 22;
const LAP_MS: i64 = 90_000;

/// A made-up race of an hour: 22 cars round a wavy circuit of about 5.2 km, sampled every 240 ms.
struct Race {
    cars: Vec<CarSample>,
    positions: Vec<PositionSample>,
}

impl Race {
    fn new() -> Race {
        let (mut cars, mut positions) = (Vec::new(), Vec::new());
        for i in 0..15_000 {
            let time = SessionTime::from_millis(i * 240);
            for driver in (1..=N_CARS).map(DriverNumber) {
                let share = (i * 240 + i64::from(driver.0) * 1500) as f64 / LAP_MS as f64;
                let angle = share * std::f64::consts::TAU;
                let radius = 8000.0 + 1500.0 * (3.0 * angle).sin();
                let speed = 200.0 + 60.0 * (5.0 * angle).cos();
                cars.push(CarSample {
                    time,
                    driver,
                    rpm: Some(9000 + speed as u16 * 10),
                    speed_kmh: Some(speed as u16),
                    gear: Some((speed / 40.0) as i8),
                    throttle_percent: Some((speed / 3.0) as u8),
                    brake_percent: Some(0),
                    drs: None,
                });
                let (x_dm, y_dm) = ((radius * angle.cos()) as i32, (radius * angle.sin()) as i32);
                positions.push(PositionSample { time, driver, x_dm, y_dm, z_dm: 0, on_track: true });
            }
        }
        Race { cars, positions }
    }

    /// As feeds deliver it: four moments of every car at a time.
    fn telemetry(&self) -> Telemetry {
        let mut telemetry = Telemetry::new();
        let batch = usize::from(N_CARS) * 4;
        for (cars, positions) in self.cars.chunks(batch).zip(self.positions.chunks(batch)) {
            telemetry.insert_cars(cars);
            telemetry.insert_positions(positions);
        }
        telemetry
    }
}

fn lap(driver: u16, number: i64) -> Span {
    let start = SessionTime::from_millis(number * LAP_MS - i64::from(driver) * 1500);
    Span { driver: DriverNumber(driver), start, end: start + LAP_MS }
}

fn insert(c: &mut Criterion) {
    let race = Race::new();
    let mut group = c.benchmark_group("track/insert");
    group.throughput(Throughput::Elements((race.cars.len() + race.positions.len()) as u64));
    group.sample_size(20);
    group.bench_function("22_cars_1_hour", |b| b.iter(|| black_box(race.telemetry())));
}

fn frames(c: &mut Criterion) {
    let telemetry = Race::new().telemetry();
    let outline = Outline::derive(&telemetry, &[lap(1, 3), lap(2, 3), lap(3, 3)]).expect("made-up laps are whole");
    let mut group = c.benchmark_group("track/frame_at");
    group.throughput(Throughput::Elements(50 * u64::from(N_CARS)));
    let second = |frame: &dyn Fn(DriverNumber, SessionTime) -> Option<Frame>| {
        for tick in 0..50 {
            let time = SessionTime::from_millis(1_800_000 + tick * 20);
            for driver in 1..=N_CARS {
                black_box(frame(DriverNumber(driver), time));
            }
        }
    };
    group.bench_function("22_cars_50_hz_1_s", |b| {
        b.iter(|| second(&|driver, time| telemetry.frame_at(driver, time, time + 300)));
    });
    group.bench_function("22_cars_50_hz_1_s_on_outline", |b| {
        b.iter(|| second(&|driver, time| telemetry.frame_on(&outline, driver, time, time + 300)));
    });
}

fn laps(c: &mut Criterion) {
    let telemetry = Race::new().telemetry();
    let spans: Vec<Span> = (1..=N_CARS).flat_map(|driver| [lap(driver, 3), lap(driver, 4)]).collect();
    c.bench_function("track/derive_outline_44_laps", |b| b.iter(|| Outline::derive(&telemetry, black_box(&spans))));
    let outline = Outline::derive(&telemetry, &spans).expect("made-up laps are whole");
    let trace = |driver| LapTrace::of(&telemetry, lap(driver, 5), None, Course::Outline(&outline));
    c.bench_function("track/lap_trace", |b| b.iter(|| trace(black_box(7))));
    let (a, b) = (trace(7).expect("the lap was driven"), trace(8).expect("the lap was driven"));
    c.bench_function("track/compare", |bench| bench.iter(|| compare(black_box(&a), &b, &outline.corners)));
}

criterion_group!(benches, insert, frames, laps);
criterion_main!(benches);

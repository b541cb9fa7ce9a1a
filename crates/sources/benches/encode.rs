//! How fast a session is written: what a synthetic Grand Prix and a load test wait on.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_domain::{CarSample, DriverNumber, Drs, Event, PositionSample, SessionTime, Stamped, UtcTime};
use overcut_sources::{Encoder, EncoderConfig, Quirks, read_events};

/// Cars of a race of 2026, its seconds, and samples a second as a real feed has them.
const N_CARS: u16 = 22;
const SECONDS: i64 = 6_000;
const SAMPLES_PER_S: i64 = 4;

/// The samples of a race, a second to a message. They vary as a lap of 90 s does, so that they pack like real ones.
fn samples() -> Vec<Stamped<Event>> {
    let mut events = Vec::new();
    for second in 1..=SECONDS {
        let at = SessionTime::from_millis(second * 1000);
        let moments = (0..SAMPLES_PER_S).rev().map(|idx| at - idx * 1000 / SAMPLES_PER_S);
        let readings = moments.flat_map(|time| (1..=N_CARS).map(move |car| (time, car)));
        let (cars, positions) = readings.map(|(time, car)| reading(time, car)).unzip();
        events.push(Stamped { time: at, value: Event::Cars(cars) });
        events.push(Stamped { time: at, value: Event::Positions(positions) });
    }
    events
}

fn reading(time: SessionTime, car: u16) -> (CarSample, PositionSample) {
    let phase = (time.as_secs_f64() + f64::from(car)) / 90.0 * std::f64::consts::TAU;
    let wave = |harmonic: f64, least: f64, most: f64| least + (most - least) * (0.5 + 0.5 * (phase * harmonic).sin());
    let driver = DriverNumber(car);
    let sample = CarSample {
        time,
        driver,
        rpm: Some(wave(31.0, 7_000.0, 12_000.0) as u16),
        speed_kmh: Some(wave(17.0, 70.0, 330.0) as u16),
        gear: Some(wave(17.0, 2.0, 8.9) as i8),
        throttle_percent: Some(wave(23.0, -60.0, 160.0).clamp(0.0, 100.0) as u8),
        brake_percent: Some(if wave(17.0, 0.0, 1.0) < 0.2 { 100 } else { 0 }),
        drs: Some(Drs::Off),
    };
    let (x_dm, y_dm) = (wave(1.0, -9_000.0, 9_000.0) as i32, wave(2.0, -7_000.0, 7_000.0) as i32);
    (sample, PositionSample { time, driver, x_dm, y_dm, z_dm: wave(3.0, 0.0, 300.0) as i32, on_track: true })
}

fn encode(events: &[Stamped<Event>], config: EncoderConfig) -> usize {
    let mut encoder = Encoder::new(config);
    let (mut messages, mut n_bytes) = (Vec::new(), 0);
    for event in events {
        encoder.encode(event, &mut messages);
        n_bytes += messages.drain(..).map(|message| message.payload.len()).sum::<usize>();
    }
    encoder.finish(&mut messages);
    n_bytes + messages.iter().map(|message| message.payload.len()).sum::<usize>()
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("sources/encode");
    group.sample_size(10);
    let race = samples();
    let n_samples = 2 * SECONDS.unsigned_abs() * SAMPLES_PER_S.unsigned_abs() * u64::from(N_CARS);
    let utc_of_zero = UtcTime::from_millis(1_773_454_632_373);
    let plain = EncoderConfig { utc_of_zero, ..EncoderConfig::default() };
    let quirky = EncoderConfig { quirks: Quirks::realistic(), ..plain.clone() };
    group.throughput(Throughput::Elements(n_samples));
    group.bench_function("race_samples", |b| b.iter(|| black_box(encode(&race, plain.clone()))));
    group.bench_function("race_samples_with_quirks", |b| b.iter(|| black_box(encode(&race, quirky.clone()))));

    // The timing screen and all that is said in words, of a real sprint: 55 thousand events in 95 minutes.
    if let Some(sprint) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") {
        let mut events = Vec::new();
        let is_said = |event: &Event| !matches!(event, Event::Cars(_) | Event::Positions(_));
        read_events(sprint, |event| events.extend(is_said(&event.value).then_some(event))).expect("the sprint opens");
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function("sprint_without_samples", |b| b.iter(|| black_box(encode(&events, plain.clone()))));
    }
    group.finish();
}

criterion_group!(encode_benches, benches);
criterion_main!(encode_benches);

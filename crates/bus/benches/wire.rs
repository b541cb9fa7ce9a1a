//! How fast messages are written and read. Samples are what there is most of: a Grand Prix has some three million, and one
//! engine reads many sessions. The reference is JSON of the same messages.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_bus::{Format, Message, Number, Numbered, Record, Topic};
use overcut_domain::{CarSample, DriverNumber, Drs, Event, PositionSample, SessionTime, Stamped};

const CARS: u16 = 22;
/// Moments in one message of the feed.
const MOMENTS: i64 = 5;

fn message(value: Event) -> Message {
    let number = Number { session: "2026-shanghai-race".into(), revision: 0, sequence: 54_321 };
    Message::Event(Numbered { number, value: Stamped { time: SessionTime::from_millis(3_427_107), value } })
}

fn moments() -> impl Iterator<Item = (SessionTime, u16)> {
    (0..MOMENTS).flat_map(|m| (0..CARS).map(move |car| (SessionTime::from_millis(3_426_000 + m * 240), car)))
}

fn cars() -> Message {
    let sample = |(time, car): (SessionTime, u16)| CarSample {
        time,
        driver: DriverNumber(car * 3 + 1),
        rpm: Some(10_500 + car * 37),
        speed_kmh: Some(180 + car * 6),
        gear: Some((car % 8) as i8 + 1),
        throttle_percent: Some((car * 4) as u8),
        brake_percent: Some(if car % 5 == 0 { 100 } else { 0 }),
        drs: Some(Drs::Off),
    };
    message(Event::Cars(moments().map(sample).collect()))
}

fn positions() -> Message {
    let sample = |(time, car): (SessionTime, u16)| PositionSample {
        time,
        driver: DriverNumber(car * 3 + 1),
        x_dm: -4_000 + i32::from(car) * 431,
        y_dm: 2_500 - i32::from(car) * 277,
        z_dm: 120,
        on_track: true,
    };
    message(Event::Positions(moments().map(sample).collect()))
}

fn wire(c: &mut Criterion) {
    for (name, message) in [("cars", cars()), ("positions", positions())] {
        let mut group = c.benchmark_group(format!("bus/{name}"));
        group.throughput(Throughput::Elements(u64::from(CARS) * MOMENTS as u64)); // samples
        for (format, label) in [(Format::Protobuf, "protobuf"), (Format::Json, "json")] {
            let Ok(record) = Record::encode(&message, format) else { continue };
            println!("{name} {label}: {} bytes", record.payload.len());
            group.bench_function(format!("encode_{label}"), |b| b.iter(|| Record::encode(black_box(&message), format)));
            group.bench_function(format!("decode_{label}"), |b| b.iter(|| black_box(&record).decode(Topic::Events)));
        }
        group.finish();
    }
}

criterion_group!(benches, wire);
criterion_main!(benches);

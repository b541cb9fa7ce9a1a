//! A seek is a drag on the scrubber: every position of the pointer asks for a snapshot, so it must take much less than a
//! frame of the screen. Aim: under 50 ms; a reader on the other side of the world notices no less.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use overcut_domain::{DriverNumber, Lap, LapNumber, SessionTime};
use overcut_session::CarRow;
use overcut_timeline::{Item, Timeline, coalesced};

/// Changes of a whole Grand Prix: two hours, 20 cars, one every 70 ms.
const N_CHANGES: i64 = 100_000;
const STEP_MS: i64 = 72;

/// A race: rows of the board all the time, and a lap of each car every 90 s.
fn race() -> Timeline {
    let mut timeline = Timeline::new();
    for step in 0..N_CHANGES {
        let time = SessionTime::from_millis(step * STEP_MS);
        let (driver, lap) = (DriverNumber((step % 20) as u16), LapNumber((step * STEP_MS / 90_000) as u16));
        let n_pit_stops = (step / 20 % 7) as u8;
        timeline.append(time, Item::Car(Arc::new(CarRow { driver, lap, n_pit_stops, ..CarRow::default() })));
        if step % 60 == 0 {
            timeline.append(time, Item::Lap(Arc::new(Lap { driver, number: lap, ..Lap::default() })));
        }
    }
    timeline
}

fn seek(c: &mut Criterion) {
    let timeline = race();
    // The same places every time, all over the race: multiples of a prime, modulo its length.
    let mut places = (0i64..).map(|n| SessionTime::from_millis(n * 7_368_787 % (N_CHANGES * STEP_MS)));
    c.bench_function("timeline/snapshot_at", |b| {
        b.iter(|| timeline.snapshot_at(black_box(places.next().unwrap_or_default())));
    });
    c.bench_function("timeline/tick_at_1x", |b| {
        b.iter(|| {
            let time = places.next().unwrap_or_default();
            coalesced(timeline.since(timeline.version_at(time), black_box(time + 20)))
        });
    });
    c.bench_function("timeline/append_100k", |b| b.iter(race));
}

criterion_group!(benches, seek);
criterion_main!(benches);

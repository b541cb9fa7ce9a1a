//! How fast recordings are decoded: what replay, import and every seek into the past wait on.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_domain::{Event, RawMessage, SessionTime, Stamped};
use overcut_sources::{Decoder, Format, Recording};

/// A recording's raw messages, held in memory so that only decoding is measured.
struct Messages {
    format: Format,
    messages: Vec<(SessionTime, String, Vec<u8>)>,
}

impl Messages {
    fn load(path: &Path, keep: impl Fn(&str) -> bool) -> Messages {
        let mut recording = Recording::open(path).expect("the recording opens");
        let mut messages = Vec::new();
        while let Some(raw) = recording.next_raw().expect("the recording is whole") {
            if keep(raw.channel) {
                messages.push((raw.time, raw.channel.to_owned(), raw.payload.to_vec()));
            }
        }
        Messages { format: recording.format(), messages }
    }

    fn n_bytes(&self) -> u64 {
        self.messages.iter().map(|(_, _, payload)| payload.len() as u64).sum()
    }

    fn decode(&self) -> usize {
        let mut decoder = Decoder::new(self.format);
        let mut events: Vec<Stamped<Event>> = Vec::new();
        let mut n_events = 0;
        for (time, channel, payload) in &self.messages {
            decoder.decode(RawMessage { time: *time, channel, payload }, &mut events);
            n_events += events.len();
            events.clear();
        }
        n_events
    }
}

fn decode(c: &mut Criterion) {
    let Some(sprint) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let mut group = c.benchmark_group("sources/decode");
    group.sample_size(20);
    type Keep = fn(&str) -> bool;
    let parts: [(&str, Keep); 5] = [
        ("sprint_all", |_| true),
        ("sprint_car_data", |topic| topic == "CarData.z"),
        ("sprint_position", |topic| topic == "Position.z"),
        ("sprint_timing_data", |topic| topic == "TimingData"),
        ("sprint_other", |topic| !topic.ends_with(".z") && topic != "TimingData"),
    ];
    for (name, keep) in parts {
        let messages = Messages::load(&sprint, keep);
        group.throughput(Throughput::Bytes(messages.n_bytes()));
        group.bench_function(name, |b| b.iter(|| black_box(messages.decode())));
    }
    group.finish();
}

fn open(c: &mut Criterion) {
    let Some(sprint) = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint") else { return };
    let mut group = c.benchmark_group("sources/open");
    group.sample_size(20);
    group.bench_function("sprint", |b| b.iter(|| black_box(Recording::open(&sprint).is_ok())));
    group.bench_function("sprint_and_merge", |b| {
        b.iter(|| {
            let mut recording = Recording::open(&sprint).expect("the recording opens");
            let mut n_bytes = 0;
            while let Ok(Some(raw)) = recording.next_raw() {
                n_bytes += raw.payload.len();
            }
            black_box(n_bytes)
        });
    });
    group.finish();
}

criterion_group!(benches, decode, open);
criterion_main!(benches);

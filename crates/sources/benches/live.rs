//! How fast a live session is put together: a refold waits on the replay of all of it, and all pages wait on a refold.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use overcut_domain::{Event, RawMessage, SessionTime, Stamped, UtcTime};
use overcut_sources::live::{Assembler, AssemblerConfig};
use overcut_sources::{Decoder, Format, Recording};

/// UTC of the session clock's zero: any.
const T0_MS: i64 = 1_773_454_632_000;

type Message = (SessionTime, String, Vec<u8>);

/// The lines of a real sprint, all topics: as many messages as a Grand Prix has.
fn lines() -> Option<Vec<Message>> {
    let sprint = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint")?;
    let mut recording = Recording::open(sprint).expect("the recording opens");
    let mut lines = Vec::new();
    while let Some(raw) = recording.next_raw().expect("the recording is whole") {
        lines.push((raw.time, raw.channel.to_owned(), raw.payload.to_vec()));
    }
    Some(lines)
}

/// The lines as a connection sends them.
fn pushed(lines: &[Message]) -> Vec<Message> {
    let record = |(time, topic, line): &Message| {
        let json = String::from_utf8_lossy(line.get(12..).unwrap_or_default()).into_owned();
        let utc = UtcTime::from_millis(T0_MS + time.as_millis());
        let record = format!(r#"{{"type":1,"target":"feed","arguments":["{topic}",{json},"{utc}"]}}"#);
        (*time, "signalr/a".to_owned(), record.into_bytes())
    };
    lines.iter().map(record).collect()
}

/// The lines as they are read from files that grow.
fn archived(lines: &[Message]) -> Vec<Message> {
    let line = |(time, topic, line): &Message| (*time + 8000, format!("archive/{topic}"), line.clone());
    lines.iter().map(line).collect()
}

fn assembled(messages: &[Message]) -> (Assembler, usize) {
    let mut assembler = Assembler::new(AssemblerConfig::default());
    let (mut events, mut n_events): (Vec<Stamped<Event>>, usize) = (Vec::new(), 0);
    for (time, channel, payload) in messages {
        let _ = assembler.take(RawMessage { time: *time, channel, payload }, &mut events);
        n_events += events.len();
        events.clear();
    }
    (assembler, n_events)
}

fn decoded(lines: &[Message]) -> usize {
    let (mut decoder, mut events, mut n_events) = (Decoder::new(Format::Archive), Vec::new(), 0);
    for (time, channel, payload) in lines {
        decoder.decode(RawMessage { time: *time, channel, payload }, &mut events);
        n_events += events.len();
        events.clear();
    }
    n_events
}

fn live(c: &mut Criterion) {
    let Some(lines) = lines() else { return };
    let (pushed, mut both) = (pushed(&lines), archived(&lines));
    both.extend(pushed.iter().cloned());
    both.sort_by_key(|(time, ..)| *time);
    let mut group = c.benchmark_group("sources/live");
    group.sample_size(10);
    group.throughput(Throughput::Elements(lines.len() as u64));
    group.bench_function("archive_decode", |b| b.iter(|| black_box(decoded(&lines))));
    for (name, messages) in [("one_source", &pushed), ("two_sources", &both)] {
        group.bench_function(format!("take_{name}"), |b| b.iter(|| black_box(assembled(messages).1)));
        let (assembler, _) = assembled(messages);
        group.bench_function(format!("sort_{name}"), |b| b.iter(|| black_box(assembler.replay().next().is_some())));
        group.bench_function(format!("replay_{name}"), |b| b.iter(|| black_box(assembler.replay().count())));
    }
    group.finish();
}

criterion_group!(benches, live);
criterion_main!(benches);

//! How fast messages go through a bus: what ingest can publish, what an engine that takes over can read, and how long one
//! message takes from publisher to consumer. In process is the reference; Kafka is measured where the feature is built in
//! and `$KAFKA_BOOTSTRAP_SERVERS` names a broker.
#![allow(clippy::unwrap_used, reason = "a benchmark stops where it fails")]

use std::time::{Duration, Instant};

use overcut_bus::{Bus, Format, InProcess, InProcessSettings, Message, Number, Numbered, Reader, Start, Topic};
use overcut_domain::{CarSample, DriverNumber, Event, SessionStatus, SessionTime, Stamped};

const PATIENCE: Duration = Duration::from_secs(60);
const N_SMALL: u64 = 200_000;
const N_SAMPLES: u64 = 20_000;
const SAMPLES_PER_MESSAGE: u64 = 110;
const N_ROUND_TRIPS: usize = 2_000;

fn message(sequence: u64, value: Event) -> Message {
    let number = Number { session: format!("bench-{}", sequence % 8), revision: 0, sequence };
    Message::Event(Numbered { number, value: Stamped { time: SessionTime::from_millis(sequence as i64), value } })
}

fn small(sequence: u64) -> Message {
    message(sequence, Event::SessionStatus(SessionStatus::Started))
}

fn samples(sequence: u64) -> Message {
    let sample = |n: u64| CarSample {
        time: SessionTime::from_millis(sequence as i64 - (n / 22 * 240) as i64),
        driver: DriverNumber((n % 22) as u16),
        rpm: Some((10_000 + (n + sequence) % 2_000) as u16),
        speed_kmh: Some((150 + (n + sequence) % 170) as u16),
        gear: Some((n % 8) as i8),
        throttle_percent: Some((n % 101) as u8),
        brake_percent: Some(0),
        drs: None,
    };
    message(sequence, Event::Cars((0..SAMPLES_PER_MESSAGE).map(sample).collect()))
}

/// Publishes and reads back, decoding; prints messages a second of both.
fn throughput(bus: &dyn Bus, name: &str, n: u64, make: fn(u64) -> Message) {
    let begins: Vec<u64> = (0..bus.partitions()).map(|p| bus.ends(Topic::Events, p).unwrap().end).collect();
    let mut publisher = bus.publisher().unwrap();
    let begin = Instant::now();
    for sequence in 0..n {
        publisher.send(&make(sequence), bus.format()).unwrap();
    }
    publisher.flush(PATIENCE).unwrap();
    let published = n as f64 / begin.elapsed().as_secs_f64();
    let mut readers: Vec<Box<dyn Reader>> = (0..)
        .zip(&begins)
        .map(|(partition, begin)| bus.read(Topic::Events, partition, Start::Offset(*begin)).unwrap())
        .collect();
    let begin = Instant::now();
    let mut n_read = 0;
    while n_read < n {
        for reader in &mut readers {
            while let Some(delivery) = reader.poll(Duration::from_micros(100)).unwrap() {
                delivery.message().unwrap();
                n_read += 1;
            }
        }
        assert!(begin.elapsed() < PATIENCE, "{n_read} of {n} read");
    }
    let read = n as f64 / begin.elapsed().as_secs_f64();
    println!("{name}: encoded and published {published:.0} messages/s, read and decoded {read:.0} messages/s");
}

/// One message at a time, from publisher to reader.
fn round_trip(bus: &dyn Bus, name: &str) {
    let partition = overcut_bus::partition_of("bench-0", bus.partitions());
    let mut reader = bus.read(Topic::Events, partition, Start::End).unwrap();
    while reader.poll(Duration::from_millis(500)).unwrap().is_some() {}
    let mut publisher = bus.publisher().unwrap();
    let mut times: Vec<Duration> = (0..N_ROUND_TRIPS + 100)
        .map(|_| {
            let begin = Instant::now();
            publisher.send(&small(0), bus.format()).unwrap();
            reader.poll(PATIENCE).unwrap().unwrap();
            begin.elapsed()
        })
        .skip(100)
        .collect();
    times.sort_unstable();
    let (p50, p99) = (times[N_ROUND_TRIPS / 2], times[N_ROUND_TRIPS * 99 / 100]);
    println!("{name}: from publisher to reader p50 {p50:?}, p99 {p99:?}");
}

fn measure(bus: &dyn Bus, name: &str) {
    bus.prepare().unwrap();
    throughput(bus, &format!("{name}, small events"), N_SMALL, small);
    throughput(bus, &format!("{name}, {SAMPLES_PER_MESSAGE} samples a message"), N_SAMPLES, samples);
}

#[cfg(feature = "kafka")]
fn kafka() {
    let Ok(brokers) = std::env::var("KAFKA_BOOTSTRAP_SERVERS") else {
        println!("kafka: skipped, KAFKA_BOOTSTRAP_SERVERS names no broker");
        return;
    };
    let prefix = |what: &str| format!("bench-{}-{what}.", std::process::id());
    let settings = overcut_bus::KafkaSettings { brokers, prefix: prefix("bulk"), ..Default::default() };
    measure(&overcut_bus::Kafka::connect(settings.clone()).unwrap(), "kafka");
    for fetch_wait in [settings.fetch_wait, Duration::from_millis(4)] {
        let (linger, prefix) = (Duration::ZERO, prefix(&format!("trip{}", fetch_wait.as_millis())));
        let settings = overcut_bus::KafkaSettings { linger, fetch_wait, prefix, ..settings.clone() };
        let bus = overcut_bus::Kafka::connect(settings).unwrap();
        bus.prepare().unwrap();
        round_trip(&bus, &format!("kafka, no linger, fetch wait {fetch_wait:?}"));
    }
}

fn main() {
    let settings = InProcessSettings { max_bytes: 1 << 30, format: Format::Protobuf, ..Default::default() };
    let bus = InProcess::new(settings).unwrap();
    measure(&bus, "in process");
    round_trip(&bus, "in process");
    #[cfg(feature = "kafka")]
    kafka();
}

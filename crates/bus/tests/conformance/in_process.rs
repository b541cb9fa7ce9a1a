//! The bus in process, and what only it must do.

use std::time::{Duration, Instant};

use bytes::Bytes;
use overcut_bus::{Bus, BusError, Format, InProcess, InProcessSettings, Record, SCHEMA, Start, Topic};

use crate::laws;
use crate::suite::{MAX_MESSAGE_BYTES, PARTITIONS};

fn bus(max_bytes: usize, patience: Duration) -> InProcess {
    let (partitions, format) = (PARTITIONS, Format::Protobuf);
    InProcess::new(InProcessSettings { partitions, max_bytes, max_message_bytes: MAX_MESSAGE_BYTES, patience, format })
        .unwrap()
}

fn stage(_law: &str) -> Option<Box<dyn Bus>> {
    Some(Box::new(bus(64 << 20, Duration::from_secs(1))))
}

laws!(stage);

fn record(len: usize) -> Record {
    Record { payload: Bytes::from(vec![0; len]), schema: Some(SCHEMA), content_type: "".into() }
}

#[test]
fn the_oldest_go_when_everybody_has_read_them() {
    let bus = bus(100_000, Duration::from_secs(60));
    let mut publisher = bus.publisher().unwrap();
    let partition = overcut_bus::partition_of("a", PARTITIONS);
    let mut reader = bus.read(Topic::Raw, partition, Start::Beginning).unwrap();
    for n in 0..1000 {
        publisher.publish(Topic::Raw, "a", record(1000)).unwrap();
        assert_eq!(reader.poll(Duration::ZERO).unwrap().unwrap().offset, n);
    }
    let ends = bus.ends(Topic::Raw, partition).unwrap();
    assert!(ends.end == 1000 && ends.start > 900 && ends.start < 920, "{ends:?}");
    assert_eq!(bus.n_dropped_unread(), 0);
    let mut late = bus.read(Topic::Raw, partition, Start::Offset(3)).unwrap();
    assert_eq!(late.poll(Duration::ZERO).unwrap().unwrap().offset, ends.start, "it begins with what is still there");
}

#[test]
fn a_publisher_waits_for_who_reads() {
    let bus = bus(100_000, Duration::from_secs(60));
    let partition = overcut_bus::partition_of("a", PARTITIONS);
    let mut reader = bus.read(Topic::Raw, partition, Start::Beginning).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut publisher = bus.publisher().unwrap();
            (0..2000).for_each(|_| publisher.publish(Topic::Raw, "a", record(1000)).unwrap());
        });
        for n in 0..2000 {
            assert_eq!(reader.poll(Duration::from_secs(60)).unwrap().unwrap().offset, n);
        }
    });
    assert_eq!(bus.n_dropped_unread(), 0);
}

#[test]
fn who_hangs_holds_the_others_up_once() {
    let patience = Duration::from_millis(100);
    let bus = bus(100_000, patience);
    let partition = overcut_bus::partition_of("a", PARTITIONS);
    let mut hangs = bus.read(Topic::Raw, partition, Start::Beginning).unwrap();
    let mut publisher = bus.publisher().unwrap();
    let begin = Instant::now();
    (0..1000).for_each(|_| publisher.publish(Topic::Raw, "a", record(1000)).unwrap());
    assert!(begin.elapsed() >= patience && begin.elapsed() < 10 * patience, "{:?}", begin.elapsed());
    let first = bus.ends(Topic::Raw, partition).unwrap().start;
    assert!(bus.n_dropped_unread() > 0);
    assert_eq!(hangs.poll(Duration::ZERO).unwrap().unwrap().offset, first, "it goes on with what is still there");
}

#[test]
fn which_sessions_there_are_is_kept() {
    let bus = bus(100_000, Duration::ZERO);
    let mut publisher = bus.publisher().unwrap();
    for _ in 0..3 {
        for session in ["a", "b"] {
            publisher.publish(Topic::Sessions, session, record(1000)).unwrap();
        }
    }
    (0..200).for_each(|_| publisher.publish(Topic::Raw, "a", record(1000)).unwrap());
    let mut reader = bus.read(Topic::Sessions, 0, Start::Beginning).unwrap();
    let mut next = || reader.poll(Duration::ZERO).unwrap().map(|delivery| (delivery.key, delivery.offset));
    assert_eq!([next(), next(), next()], [Some(("a".into(), 4)), Some(("b".into(), 5)), None]);
}

#[test]
fn consumers_of_a_group_name_the_same_topics() {
    let bus = bus(100_000, Duration::ZERO);
    let _one = bus.subscribe("g", &[Topic::Raw]).unwrap();
    assert!(matches!(bus.subscribe("g", &[Topic::Events]), Err(BusError::Settings(_))));
}

#[test]
fn a_bus_needs_a_partition() {
    let settings = InProcessSettings { partitions: 0, ..InProcessSettings::default() };
    assert!(matches!(InProcess::new(settings), Err(BusError::Settings(_))));
}

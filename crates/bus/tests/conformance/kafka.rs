//! The bus over Kafka, against the broker at `$KAFKA_BOOTSTRAP_SERVERS`, and what only it must do.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use overcut_bus::{Bus, BusError, Format, Kafka, KafkaSettings, Record, SCHEMA, Start, Topic, partition_of};
use rdkafka::config::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use crate::laws;
use crate::suite::{MAX_MESSAGE_BYTES, PARTITIONS};

const PATIENCE: Duration = Duration::from_secs(30);

/// Settings for that broker, with topics of this run and law only.
fn settings(brokers: &str, law: &str) -> KafkaSettings {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    KafkaSettings {
        brokers: brokers.into(),
        prefix: format!("test-{now}-{}-{law}.", std::process::id()),
        partitions: PARTITIONS,
        max_message_bytes: MAX_MESSAGE_BYTES,
        batch_messages: 1, // so that Tansu knows where a partition ends
        fetch_wait: Duration::from_millis(10),
        session_timeout: Duration::from_secs(6),
        max_poll_interval: Duration::from_secs(6),
        ..KafkaSettings::default()
    }
}

/// The broker, or a word why there is none.
fn broker() -> Option<String> {
    overcut_testkit::service("KAFKA_BOOTSTRAP_SERVERS")
}

fn stage(law: &str) -> Option<Box<dyn Bus>> {
    let bus = Kafka::connect(settings(&broker()?, law)).unwrap();
    bus.prepare().unwrap();
    Some(Box::new(bus))
}

laws!(stage);

#[test]
fn other_clients_find_a_session_where_we_put_it() {
    let Some(brokers) = broker() else { return };
    let settings = settings(&brokers, "partitioner");
    let bus = Kafka::connect(settings.clone()).unwrap();
    bus.prepare().unwrap();
    let client: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("partitioner", "murmur2_random")
        .set("batch.num.messages", "1")
        .create()
        .unwrap();
    let topic = format!("{}events", settings.prefix);
    let mut counts = [0; PARTITIONS as usize];
    for n in 0..100 {
        let key = format!("2026-round-{n}");
        client.send(BaseRecord::to(&topic).key(&key).payload("x")).unwrap();
        counts[partition_of(&key, PARTITIONS) as usize] += 1;
    }
    client.flush(Duration::from_secs(30)).unwrap();
    for (partition, count) in (0..).zip(counts) {
        assert_eq!(bus.ends(Topic::Events, partition).unwrap(), 0..count);
    }
}

#[test]
fn topics_with_other_partitions_are_refused() {
    let Some(brokers) = broker() else { return };
    let settings = settings(&brokers, "counts");
    let bus = Kafka::connect(settings.clone()).unwrap();
    assert!(matches!(bus.publisher(), Err(BusError::NoTopic { .. })), "nobody has prepared it");
    bus.prepare().unwrap();
    let other = Kafka::connect(KafkaSettings { partitions: PARTITIONS + 1, ..settings }).unwrap();
    let error = other.prepare().unwrap_err().to_string();
    assert!(error.contains("raw has 4 partitions, not 5: set partitions = 4"), "{error}");
}

#[test]
fn a_publisher_waits_while_the_broker_is_away_and_leaves_no_hole() {
    let cluster = MockCluster::new(1).unwrap();
    let settings = KafkaSettings {
        partitions: 1,
        queue_bytes: 64 << 10,
        publish_timeout: Duration::from_millis(300),
        ..settings(&cluster.bootstrap_servers(), "away")
    };
    for topic in Topic::ALL {
        cluster.create_topic(&format!("{}{topic}", settings.prefix), 1, 1).unwrap();
    }
    let bus = Kafka::connect(settings).unwrap();
    let mut publisher = bus.publisher().unwrap();
    let record = |n: u32| Record {
        payload: Bytes::from(vec![n as u8; 1000]),
        schema: Some(SCHEMA),
        content_type: Format::Protobuf.content_type().into(),
    };
    publisher.publish(Topic::Raw, "a", record(0)).unwrap();
    publisher.flush(PATIENCE).unwrap();
    cluster.broker_down(1).unwrap();
    let mut n = 1;
    let error = loop {
        match publisher.publish(Topic::Raw, "a", record(n)) {
            Ok(()) => n += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, BusError::Full { topic: Topic::Raw, .. }), "{error}");
    assert!((30..200).contains(&n), "{n} messages of a thousand bytes in a queue of 64 KiB");
    let error = publisher.flush(Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, BusError::Pending { n_pending, .. } if n_pending == u64::from(n) - 1), "{error}");
    cluster.broker_up(1).unwrap();
    publisher.flush(PATIENCE).unwrap();
    publisher.publish(Topic::Raw, "a", record(n)).unwrap();
    publisher.flush(PATIENCE).unwrap();
    let mut reader = bus.read(Topic::Raw, 0, Start::Beginning).unwrap();
    for offset in 0..=n {
        let delivery = reader.poll(PATIENCE).unwrap().unwrap();
        assert_eq!((delivery.offset, delivery.record), (u64::from(offset), record(offset)));
    }
}

#[test]
fn a_broker_that_is_not_there_is_named() {
    let answer_timeout = Duration::from_millis(500);
    let begin = Instant::now();
    // A port that nobody listens on: it was ours until now.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = KafkaSettings { answer_timeout, ..settings(&format!("127.0.0.1:{port}"), "nobody") };
    let Err(error) = Kafka::connect(settings) else { panic!("connected to nobody") };
    assert!(matches!(error, BusError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

//! The laws.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use bytes::Bytes;
use overcut_bus::{
    Bus, BusError, Delivery, Follower, Format, Happening, Message, Number, Numbered, Progress, Raw, Record, SCHEMA,
    SessionRecord, SessionState, Start, Subscription, Topic, Verdict, partition_of,
};
use overcut_domain::{Event, SessionStatus, SessionTime, Stamped, UtcTime};

/// Partitions of the buses that the laws are held to.
pub(crate) const PARTITIONS: u32 = 4;
/// Largest message of the buses that the laws are held to, in bytes.
pub(crate) const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// Longer than anything takes: brokers rebalance in seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORTLY: Duration = Duration::from_millis(50);

fn number(session: &str, sequence: u64) -> Number {
    Number { session: session.into(), revision: 0, sequence }
}

fn event(session: &str, sequence: u64) -> Message {
    let time = SessionTime::from_millis(sequence.cast_signed() * 100);
    let value = Stamped { time, value: Event::SessionStatus(SessionStatus::Started) };
    Message::Event(Numbered { number: number(session, sequence), value })
}

fn progress(session: &str, next_event: u64) -> Message {
    Message::Progress(Progress { session: session.into(), revision: 0, next_event, next_insight: 0 })
}

fn publish(bus: &dyn Bus, messages: impl IntoIterator<Item = Message>) {
    let mut publisher = bus.publisher().unwrap();
    for message in messages {
        publisher.send(&message, bus.format()).unwrap();
    }
    publisher.flush(PATIENCE).unwrap();
}

/// A session in that partition.
fn session_in(partition: u32) -> String {
    (0..).map(|n| format!("session-{n}")).find(|session| partition_of(session, PARTITIONS) == partition).unwrap()
}

/// Polls until something happens.
fn poll(consumer: &mut dyn Subscription) -> Happening {
    consumer.poll(PATIENCE).unwrap().expect("something happens")
}

/// Polls until partitions come, and gives them.
fn assigned(consumer: &mut dyn Subscription) -> Vec<u32> {
    match poll(consumer) {
        Happening::Assigned(partitions) => partitions,
        other => panic!("{other:?} instead of partitions"),
    }
}

/// Polls until a message comes.
fn delivered(consumer: &mut dyn Subscription) -> Delivery {
    match poll(consumer) {
        Happening::Delivered(delivery) => delivery,
        other => panic!("{other:?} instead of a message"),
    }
}

/// What the consumers of a group have been told that they own. Never does one get what another still has.
#[derive(Default)]
struct Owned {
    by_consumer: BTreeMap<usize, BTreeSet<u32>>,
    deliveries: Vec<Delivery>,
}

impl Owned {
    fn take(&mut self, consumer: usize, happening: Happening) {
        match happening {
            Happening::Delivered(delivery) => {
                assert!(self.of(consumer).contains(&delivery.partition), "delivered from a partition that it owns");
                self.deliveries.push(delivery);
            }
            Happening::Assigned(partitions) => {
                for (other, owned) in &self.by_consumer {
                    let both = partitions.iter().find(|partition| *other != consumer && owned.contains(partition));
                    assert_eq!(both, None, "{consumer} gets what {other} has not been told to give up");
                }
                self.by_consumer.entry(consumer).or_default().extend(partitions);
            }
            Happening::Revoked(partitions) => {
                self.by_consumer.entry(consumer).or_default().retain(|partition| !partitions.contains(partition));
            }
        }
    }

    fn of(&self, consumer: usize) -> BTreeSet<u32> {
        self.by_consumer.get(&consumer).cloned().unwrap_or_default()
    }

    /// Polls the consumers in turn until that is so.
    fn poll(&mut self, consumers: &mut [Box<dyn Subscription>], until: impl Fn(&Owned) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !until(self) {
            assert!(Instant::now() < deadline, "still {:?} after {PATIENCE:?}", self.by_consumer);
            for (idx, consumer) in consumers.iter_mut().enumerate() {
                if let Some(happening) = consumer.poll(SHORTLY).unwrap() {
                    self.take(idx, happening);
                }
            }
        }
    }
}

pub(crate) fn topics_are_prepared_once(bus: &dyn Bus) {
    bus.prepare().unwrap();
    bus.prepare().unwrap();
    assert_eq!(bus.partitions(), PARTITIONS);
    for topic in Topic::ALL {
        let n = if topic.is_partitioned() { PARTITIONS } else { 1 };
        for partition in 0..n {
            assert_eq!(bus.ends(topic, partition).unwrap(), 0..0, "{topic} {partition}");
        }
        let error = bus.ends(topic, n).unwrap_err();
        assert!(matches!(error, BusError::NoPartition { count, .. } if count == n), "{error}");
    }
}

pub(crate) fn messages_of_a_key_keep_their_order(bus: &dyn Bus) {
    let sessions: Vec<String> = (0..6).map(|n| format!("order-{n}")).collect();
    publish(bus, (0..200).flat_map(|sequence| sessions.iter().map(move |session| event(session, sequence))));
    let mut consumer = bus.subscribe("order", &[Topic::Events]).unwrap();
    assert_eq!(assigned(&mut *consumer), (0..PARTITIONS).collect::<Vec<_>>());
    let mut followers = BTreeMap::<String, Follower>::new();
    for _ in 0..200 * sessions.len() {
        let delivery = delivered(&mut *consumer);
        assert_eq!(delivery.topic, Topic::Events);
        assert_eq!(delivery.partition, partition_of(&delivery.key, PARTITIONS));
        let message = delivery.message().unwrap();
        assert_eq!(message.key(), delivery.key);
        let follower = followers.entry(delivery.key).or_default();
        assert_eq!(follower.take(message.number().unwrap()), Verdict::Next);
    }
    assert!(followers.values().all(|follower| follower.expected() == (0, 200)));
    assert_eq!(consumer.poll(SHORTLY).unwrap(), None);
}

pub(crate) fn what_is_sent_is_what_is_delivered(bus: &dyn Bus) {
    let raw = |payload: &'static [u8]| {
        let value = Raw { time: SessionTime::from_millis(-5), channel: "TimingData".into(), payload: payload.into() };
        Message::Raw(Numbered { number: number("same", 0), value })
    };
    let record = SessionRecord {
        session: "same".into(),
        revision: 2,
        info: None,
        state: SessionState::Running,
        begun_at: UtcTime::from_millis(1),
        logs: Vec::new(),
    };
    let messages =
        [raw(b"\xff\x00"), raw(b"{}"), event("same", 0), progress("same", 1), Message::Session(Box::new(record))];
    let mut publisher = bus.publisher().unwrap();
    for format in [Format::Protobuf, Format::Json] {
        for message in &messages {
            publisher.send(message, format).unwrap();
        }
    }
    // What no message of ours is comes as it was, too.
    let odd = Record { payload: Bytes::from_static(b"?"), schema: Some(SCHEMA + 1), content_type: "text/plain".into() };
    publisher.publish(Topic::Dead, "odd", odd.clone()).unwrap();
    publisher.flush(PATIENCE).unwrap();
    for topic in Topic::ALL {
        let partition = if topic.is_partitioned() { partition_of("same", PARTITIONS) } else { 0 };
        let mut reader = bus.read(topic, partition, Start::Beginning).unwrap();
        let sent = messages.iter().filter(|message| message.topic() == topic);
        // The latest record of a session may be all that is left of them.
        let n_times = if topic.is_compacted() { 1 } else { 2 };
        for message in sent.cycle().take(n_times * messages.iter().filter(|m| m.topic() == topic).count()) {
            let delivery = reader.poll(PATIENCE).unwrap().unwrap();
            assert_eq!((&delivery.message().unwrap(), &*delivery.key), (message, "same"));
            assert!(delivery.published_ms > 1_700_000_000_000, "it has the wall clock's time");
        }
        if topic == Topic::Dead {
            assert_eq!(reader.poll(PATIENCE).unwrap().unwrap().record, odd);
        }
    }
}

pub(crate) fn a_reader_begins_anywhere(bus: &dyn Bus) {
    let (session, partition) = (session_in(2), 2);
    publish(bus, (0..10).map(|sequence| event(&session, sequence)));
    assert_eq!(bus.ends(Topic::Events, partition).unwrap(), 0..10);
    let first = |start| {
        let mut reader = bus.read(Topic::Events, partition, start).unwrap();
        let position = reader.position();
        let delivery = reader.poll(PATIENCE).unwrap().unwrap();
        assert_eq!(reader.position(), delivery.offset + 1);
        (position, delivery.offset)
    };
    assert_eq!(first(Start::Beginning), (0, 0));
    assert_eq!(first(Start::Offset(7)), (7, 7));
    let mut at_end = bus.read(Topic::Events, partition, Start::End).unwrap();
    let mut beyond = bus.read(Topic::Events, partition, Start::Offset(12)).unwrap();
    assert_eq!(at_end.poll(SHORTLY).unwrap(), None);
    publish(bus, (10..14).map(|sequence| event(&session, sequence)));
    assert_eq!(at_end.poll(PATIENCE).unwrap().unwrap().offset, 10);
    assert_eq!(beyond.poll(PATIENCE).unwrap().unwrap().offset, 12);
}

pub(crate) fn a_reader_waits_for_what_comes(bus: &dyn Bus) {
    let mut reader = bus.read(Topic::Insights, 1, Start::End).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || reader.poll(PATIENCE).unwrap().unwrap());
        publish(bus, [progress(&session_in(1), 3)]);
        assert_eq!(waiting.join().unwrap().message().unwrap(), progress(&session_in(1), 3));
    });
}

pub(crate) fn a_group_shares_the_partitions(bus: &dyn Bus) {
    let join = || bus.subscribe("shared", &[Topic::Events, Topic::Insights]).unwrap();
    let mut consumers = vec![join()];
    let mut owned = Owned::default();
    owned.poll(&mut consumers, |owned| owned.of(0).len() == 4);
    consumers.push(join());
    owned.poll(&mut consumers, |owned| owned.of(0).len() == 2 && owned.of(1).len() == 2);
    assert!(owned.of(0).is_disjoint(&owned.of(1)));
    publish(bus, (0..4).flat_map(|partition| [event(&session_in(partition), 0), progress(&session_in(partition), 1)]));
    owned.poll(&mut consumers, |owned| owned.deliveries.len() >= 8);
    let seen: BTreeSet<_> = owned.deliveries.iter().map(|d| (d.topic, d.partition)).collect();
    assert_eq!((owned.deliveries.len(), seen.len()), (8, 8), "every message once");
    // One leaves: the other gets what it had.
    consumers.truncate(1);
    owned.by_consumer.remove(&1);
    owned.poll(&mut consumers, |owned| owned.of(0).len() == 4);
}

pub(crate) fn who_takes_over_begins_at_the_committed_offset(bus: &dyn Bus) {
    let (session, partition) = (session_in(3), 3);
    publish(bus, (0..10).map(|sequence| event(&session, sequence)));
    publish(bus, (0..5).map(|next| progress(&session, next)));
    let mut first = bus.subscribe("takeover", &[Topic::Events]).unwrap();
    assigned(&mut *first);
    assert_eq!(first.committed(Topic::Events, partition).unwrap(), None);
    for offset in 0..8 {
        assert_eq!(delivered(&mut *first).offset, offset);
    }
    // The oldest session that is still open began at 6; of what it publishes itself, at 2.
    first.commit(Topic::Events, partition, 6).unwrap();
    first.commit(Topic::Insights, partition, 2).unwrap();
    drop(first);
    let mut second = bus.subscribe("takeover", &[Topic::Events]).unwrap();
    assert_eq!(assigned(&mut *second).len(), 4);
    assert_eq!(second.committed(Topic::Events, partition).unwrap(), Some(6));
    assert_eq!(second.committed(Topic::Insights, partition).unwrap(), Some(2));
    for offset in 6..10 {
        assert_eq!(delivered(&mut *second).offset, offset);
    }
    second.commit(Topic::Events, partition, 4).unwrap();
    assert_eq!(second.committed(Topic::Events, partition).unwrap(), Some(4), "it may go back");
}

pub(crate) fn only_its_own_partitions_can_be_committed(bus: &dyn Bus) {
    let mut consumers = vec![bus.subscribe("own", &[Topic::Events]).unwrap()];
    let error = consumers[0].commit(Topic::Events, 0, 0).unwrap_err();
    assert!(matches!(error, BusError::NotOwned { .. }), "nothing is assigned yet: {error}");
    consumers.push(bus.subscribe("own", &[Topic::Events]).unwrap());
    let mut owned = Owned::default();
    owned.poll(&mut consumers, |owned| owned.of(0).len() == 2 && owned.of(1).len() == 2);
    for partition in 0..PARTITIONS {
        let outcome = consumers[0].commit(Topic::Events, partition, 0);
        match owned.of(0).contains(&partition) {
            true => outcome.unwrap(),
            false => assert!(matches!(outcome, Err(BusError::NotOwned { .. }))),
        }
    }
    assert!(matches!(consumers[0].commit(Topic::Sessions, 0, 0), Err(BusError::NotOwned { .. })));
}

pub(crate) fn groups_do_not_disturb_each_other(bus: &dyn Bus) {
    publish(bus, (0..4).map(|partition| event(&session_in(partition), 0)));
    for group in ["one", "other"] {
        let mut consumer = bus.subscribe(group, &[Topic::Events]).unwrap();
        assigned(&mut *consumer);
        let partitions: BTreeSet<u32> = (0..4).map(|_| delivered(&mut *consumer).partition).collect();
        assert_eq!(partitions.len(), 4, "group {group} is given everything");
        consumer.commit(Topic::Events, 0, 1).unwrap();
    }
}

pub(crate) fn topics_that_differ_cannot_be_consumed_together(bus: &dyn Bus) {
    for topics in [&[Topic::Events, Topic::Sessions][..], &[Topic::Sessions, Topic::Dead]] {
        let Err(error) = bus.subscribe("mixed", topics) else { panic!("{topics:?} were taken") };
        assert!(matches!(error, BusError::Mixed(_)), "{error}");
    }
    assert!(matches!(bus.subscribe("none", &[]), Err(BusError::Settings(_))));
    let mut consumer = bus.subscribe("alone", &[Topic::Sessions]).unwrap();
    assert_eq!(assigned(&mut *consumer), [0]);
}

pub(crate) fn how_far_behind_is_told(bus: &dyn Bus) {
    let (session, partition) = (session_in(0), 0);
    publish(bus, (0..10).map(|sequence| event(&session, sequence)));
    assert!(bus.lag("behind").unwrap().is_empty(), "nothing was committed");
    let mut consumer = bus.subscribe("behind", &[Topic::Events]).unwrap();
    assigned(&mut *consumer);
    (0..4).for_each(|_| drop(delivered(&mut *consumer)));
    consumer.commit(Topic::Events, partition, 1).unwrap();
    let lag = bus.lag("behind").unwrap();
    let shown: Vec<_> = lag.iter().map(|lag| (lag.topic, lag.partition, lag.offset, lag.n_behind())).collect();
    assert_eq!(shown, [(Topic::Events, partition, 1, 9)], "where it would begin again");
    let own = consumer.lag().unwrap();
    let shown: Vec<_> = own.iter().map(|lag| (lag.partition, lag.offset, lag.n_behind())).collect();
    assert_eq!(shown, [(0, 4, 6), (1, 0, 0), (2, 0, 0), (3, 0, 0)], "where it is");
}

pub(crate) fn what_is_too_large_is_refused(bus: &dyn Bus) {
    let raw = |len: usize| Record {
        payload: Bytes::from((0..len).map(|n| (n * n) as u8 ^ (n >> 7) as u8).collect::<Vec<u8>>()),
        schema: Some(SCHEMA),
        content_type: Format::Protobuf.content_type().into(),
    };
    let mut publisher = bus.publisher().unwrap();
    let error = publisher.publish(Topic::Raw, "large", raw(MAX_MESSAGE_BYTES + 1)).unwrap_err();
    assert!(matches!(error, BusError::TooLarge { limit: MAX_MESSAGE_BYTES, .. }), "{error}");
    let largest = raw(MAX_MESSAGE_BYTES);
    publisher.publish(Topic::Raw, "large", largest.clone()).unwrap();
    publisher.flush(PATIENCE).unwrap();
    let mut reader = bus.read(Topic::Raw, partition_of("large", PARTITIONS), Start::Beginning).unwrap();
    assert!(reader.poll(PATIENCE).unwrap().unwrap().record == largest, "the largest comes through");
}

pub(crate) fn a_consumer_may_go_while_others_poll(bus: &dyn Bus) {
    let join = || bus.subscribe("going", &[Topic::Events]).unwrap();
    let mut consumers = vec![join(), join()];
    let mut owned = Owned::default();
    owned.poll(&mut consumers, |owned| owned.of(0).len() == 2 && owned.of(1).len() == 2);
    let goes = consumers.remove(0);
    let mut owned = Owned { by_consumer: BTreeMap::from([(0, owned.of(1))]), ..Owned::default() };
    std::thread::scope(|scope| {
        let stays = scope.spawn(move || owned.poll(&mut consumers, |owned| owned.of(0).len() == 4));
        drop(goes);
        stays.join().unwrap();
    });
}

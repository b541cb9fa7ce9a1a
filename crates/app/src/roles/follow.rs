//! Follows the sessions of the partitions that a group gives, and lets each be folded.
//!
//! State is never stored: it is what the session's log folds to, and the log is on the bus. So a group commits, for each
//! partition, where its oldest open session begins, and whoever is given the partition reads from there. What comes out is
//! numbered or keyed by whoever folds, so that what came out before is recognised.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use overcut_bus::{
    Bus, BusError, DeadLetter, Delivery, Follower, Happening, Message, Number, Publisher, Subscription, Topic, Verdict,
};
use overcut_domain::{Event, Stamped};
use tokio_util::sync::CancellationToken;

use super::catalogue::Catalogue;
use super::patience::until_done;
use super::status::Status;

/// How long a message is waited for at a time.
const POLL: Duration = Duration::from_millis(50);
/// How often time passes for whoever folds.
const PULSE: Duration = Duration::from_millis(100);
/// How often it is committed where to begin again.
const COMMIT_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked how far we are behind: the broker's answer is waited for, and so are the messages behind it.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// A session that has been silent for so long is over, whatever nobody said.
const SILENT: Duration = Duration::from_secs(6 * 3600);

/// What is made of the sessions.
pub trait Work {
    /// What one session is folded to.
    type Folding;

    /// Topics besides the events that it reads of its partitions.
    const BESIDES: &'static [Topic];

    /// A partition is ours: what was made of its sessions before is found out here.
    fn gain(&mut self, partition: u32, subscription: &mut dyn Subscription) -> Result<()>;

    /// A partition is going to be somebody else's.
    fn lose(&mut self, partition: &mut Partition<Self::Folding>) -> Result<()>;

    /// A session begins, or a better account of one.
    fn begin(&mut self, partition: u32, number: &Number) -> Result<Self::Folding>;

    /// The next event of a session, and when it was published, by the wall clock in milliseconds since 1970.
    fn take(
        &mut self,
        folding: &mut Self::Folding,
        sequence: u64,
        event: &Stamped<Event>,
        published_ms: i64,
    ) -> Result<()>;

    /// A message of another topic.
    fn hear(&mut self, partition: &mut Partition<Self::Folding>, delivery: &Delivery, message: Message) -> Result<()>;

    /// Every event of a session was taken. True once nothing is left to do; asked again until then.
    fn finish(&mut self, folding: &mut Self::Folding) -> Result<bool>;

    /// Time goes by.
    fn pass(&mut self, partition: &mut Partition<Self::Folding>) -> Result<()>;

    /// Waits until what came out is safe: then it is committed what need not be read again. Gives where to begin again in
    /// topics of its own.
    fn settle(&mut self) -> Result<()>;

    /// Where to begin again in topics that it reads by itself, such as the one it writes to.
    fn begin_again(&self, partition: &Partition<Self::Folding>) -> Vec<(Topic, u64)>;
}

/// One partition that is ours.
pub struct Partition<F> {
    /// Its number.
    pub number: u32,
    /// Its sessions that are not over.
    pub open: BTreeMap<String, Open<F>>,
    /// The offset after the last message, in each topic.
    next: BTreeMap<Topic, u64>,
    committed: BTreeMap<Topic, u64>,
}

impl<F> Partition<F> {
    /// The offset after the last message of a topic.
    pub fn next(&self, topic: Topic) -> Option<u64> {
        self.next.get(&topic).copied()
    }
}

/// A session that is not over.
pub struct Open<F> {
    /// What it is folded to so far.
    pub folding: F,
    follower: Follower,
    first_offset: u64,
    heard_at: Instant,
}

/// Follows until the program ends. Begins again by itself when the connection breaks.
///
/// # Errors
///
/// What beginning again cannot mend.
pub fn follow<W: Work>(
    bus: &dyn Bus,
    group: &str,
    catalogue: &Catalogue,
    status: &Status,
    shutdown: &CancellationToken,
    mut new_work: impl FnMut() -> Result<W>,
) -> Result<()> {
    until_done(group, status, shutdown, || {
        let mut follow = Follow::join(bus, group, catalogue, status, new_work()?)?;
        follow.run(shutdown)
    })
}

struct Follow<'a, W: Work> {
    catalogue: &'a Catalogue,
    status: &'a Status,
    format: overcut_bus::Format,
    subscription: Box<dyn Subscription>,
    dead: Box<dyn Publisher>,
    work: W,
    partitions: BTreeMap<u32, Partition<W::Folding>>,
    passed_at: Instant,
    committed_at: Instant,
    asked_at: Instant,
}

impl<'a, W: Work> Follow<'a, W> {
    fn join(
        bus: &dyn Bus,
        group: &str,
        catalogue: &'a Catalogue,
        status: &'a Status,
        work: W,
    ) -> Result<Follow<'a, W>> {
        let topics: Vec<Topic> = [&[Topic::Events], W::BESIDES].concat();
        let (subscription, dead) = (bus.subscribe(group, &topics)?, bus.publisher()?);
        let (partitions, now) = (BTreeMap::new(), Instant::now());
        let (passed_at, committed_at, asked_at, format) = (now, now, now, bus.format());
        Ok(Follow {
            catalogue,
            status,
            format,
            subscription,
            dead,
            work,
            partitions,
            passed_at,
            committed_at,
            asked_at,
        })
    }

    fn run(&mut self, shutdown: &CancellationToken) -> Result<()> {
        while !shutdown.is_cancelled() {
            match self.subscription.poll(POLL)? {
                Some(Happening::Delivered(delivery)) => self.hear(&delivery)?,
                Some(Happening::Assigned(numbers)) => self.gain(&numbers)?,
                Some(Happening::Revoked(numbers)) => self.lose(&numbers)?,
                None => {}
            }
            self.pass()?;
        }
        self.settle()
    }

    fn gain(&mut self, numbers: &[u32]) -> Result<()> {
        for number in numbers {
            self.work.gain(*number, &mut *self.subscription)?;
            let partition =
                Partition { number: *number, open: BTreeMap::new(), next: BTreeMap::new(), committed: BTreeMap::new() };
            self.partitions.insert(*number, partition);
        }
        tracing::info!(partitions = ?self.partitions.keys().collect::<Vec<_>>(), "ours");
        Ok(())
    }

    /// What was made so far is made safe before somebody else goes on with it.
    fn lose(&mut self, numbers: &[u32]) -> Result<()> {
        self.settle()?;
        for number in numbers {
            if let Some(mut partition) = self.partitions.remove(number) {
                self.work.lose(&mut partition)?;
            }
        }
        tracing::info!(partitions = ?self.partitions.keys().collect::<Vec<_>>(), "ours");
        Ok(())
    }

    fn hear(&mut self, delivery: &Delivery) -> Result<()> {
        let Some(partition) = self.partitions.get_mut(&delivery.partition) else { return Ok(()) };
        partition.next.insert(delivery.topic, delivery.offset + 1);
        self.status.heard();
        match delivery.message() {
            Ok(Message::Event(event)) => self.take(delivery, &event.number, &event.value),
            Ok(message) => self.work.hear(partition, delivery, message),
            Err(error) => self.bury(delivery, &error.to_string()),
        }
    }

    fn take(&mut self, delivery: &Delivery, number: &Number, event: &Stamped<Event>) -> Result<()> {
        let Some(partition) = self.partitions.get_mut(&delivery.partition) else { return Ok(()) };
        let known = partition.open.get_mut(&number.session);
        let verdict = match &known {
            Some(open) => {
                let mut follower = open.follower;
                follower.take(number)
            }
            None if number.sequence == 0 => Verdict::Anew,
            None => Verdict::Hole { expected: (number.revision, 0) },
        };
        match (verdict, known) {
            (Verdict::Repeat, _) => {
                self.status.repeated();
                return Ok(());
            }
            (Verdict::Next, Some(open)) => open.follower = Follower::from(number.revision, number.sequence + 1),
            (Verdict::Hole { expected }, Some(open)) if expected.0 == number.revision => {
                // What is missing is missing for good: a bus that keeps order has nothing else to give. The session goes on
                // without it, and everybody is told.
                let n_missing = number.sequence - expected.1;
                open.follower = Follower::from(number.revision, number.sequence + 1);
                self.status.missed(&number.session, n_missing);
            }
            (Verdict::Hole { .. }, _) => {
                // The rest of a session that was over when it was committed where to begin.
                self.status.repeated();
                return Ok(());
            }
            (Verdict::Anew | Verdict::Next, _) => {
                let folding = self.work.begin(delivery.partition, number)?;
                let follower = Follower::from(number.revision, number.sequence + 1);
                let open = Open { folding, follower, first_offset: delivery.offset, heard_at: Instant::now() };
                partition.open.insert(number.session.clone(), open);
            }
        }
        let Some(open) = partition.open.get_mut(&number.session) else { return Ok(()) };
        open.heard_at = Instant::now();
        self.work.take(&mut open.folding, number.sequence, event, delivery.published_ms)?;
        self.status.took(delivery.published_ms);
        Ok(())
    }

    /// What cannot be read is put aside, with the reason, and the others go on.
    fn bury(&mut self, delivery: &Delivery, reason: &str) -> Result<()> {
        self.status.buried(reason);
        let letter = DeadLetter {
            topic: delivery.topic,
            partition: delivery.partition,
            offset: delivery.offset,
            key: delivery.key.clone(),
            reason: reason.to_owned(),
            schema: delivery.record.schema,
            content_type: delivery.record.content_type.clone().into_owned(),
            payload: delivery.record.payload.clone(),
        };
        Ok(self.dead.send(&Message::Dead(letter), self.format)?)
    }

    fn pass(&mut self) -> Result<()> {
        if self.passed_at.elapsed() < PULSE {
            return Ok(());
        }
        self.passed_at = Instant::now();
        for partition in self.partitions.values_mut() {
            close_what_is_over(partition, self.catalogue, &mut self.work)?;
            self.work.pass(partition)?;
        }
        let n_open = self.partitions.values().map(|partition| partition.open.len()).sum();
        self.status.holds(self.partitions.len(), n_open);
        if self.committed_at.elapsed() >= COMMIT_EVERY {
            self.committed_at = Instant::now();
            self.commit_what_is_new()?;
        }
        if self.asked_at.elapsed() >= ASK_EVERY {
            self.asked_at = Instant::now();
            self.status.lags(&self.subscription.lag()?);
        }
        Ok(())
    }

    /// Makes what came out safe, and commits where to begin again.
    fn settle(&mut self) -> Result<()> {
        self.work.settle()?;
        self.commit()
    }

    /// Commits where to begin again, where that has changed. Only then must it be waited for until what came out is safe.
    fn commit_what_is_new(&mut self) -> Result<()> {
        let has_news = self.partitions.values().any(|partition| !self.uncommitted(partition).is_empty());
        if has_news { self.settle() } else { Ok(()) }
    }

    /// Where to begin again in a partition, as far as that is not committed.
    fn uncommitted(&self, partition: &Partition<W::Folding>) -> Vec<(Topic, u64)> {
        let first = partition.open.values().map(|open| open.first_offset).min();
        let mut offsets = self.work.begin_again(partition);
        offsets.extend(first.or(partition.next(Topic::Events)).map(|offset| (Topic::Events, offset)));
        offsets.retain(|(topic, offset)| partition.committed.get(topic) != Some(offset));
        offsets
    }

    fn commit(&mut self) -> Result<()> {
        let all = |partition: &Partition<W::Folding>| (partition.number, self.uncommitted(partition));
        let offsets: Vec<_> = self.partitions.values().map(all).collect();
        for (number, offsets) in offsets {
            let Some(partition) = self.partitions.get_mut(&number) else { continue };
            for (topic, offset) in offsets {
                match self.subscription.commit(topic, number, offset) {
                    Ok(()) => drop(partition.committed.insert(topic, offset)),
                    // Somebody else has it already, who begins where we committed last: that is earlier, so nothing is lost.
                    Err(BusError::NotOwned { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

fn close_what_is_over<W: Work>(
    partition: &mut Partition<W::Folding>,
    catalogue: &Catalogue,
    work: &mut W,
) -> Result<()> {
    let mut over = Vec::new();
    for (session, open) in &mut partition.open {
        let (revision, next) = open.follower.expected();
        let is_complete = catalogue.n_events(session, revision).is_some_and(|n_events| next >= n_events);
        if (is_complete || open.heard_at.elapsed() > SILENT) && work.finish(&mut open.folding)? {
            over.push(session.clone());
        }
    }
    if !over.is_empty() {
        work.settle()?;
    }
    for session in over {
        tracing::info!(session, "over");
        partition.open.remove(&session);
    }
    Ok(())
}

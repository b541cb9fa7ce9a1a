//! Consuming in a group.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Quiet, config, log, millis, refused, unanswered};
use super::reader::delivery;
use crate::{BusError, Happening, KafkaSettings, Lag, Subscription, Topic};

/// A consumer of a group on a broker.
pub(super) struct KafkaConsumer {
    settings: KafkaSettings,
    topics: Vec<Topic>,
    consumer: BaseConsumer<Assignments>,
    /// Asks where partitions end. A broker answers the questions of one connection in turn, and there each would wait
    /// behind one for messages.
    asker: Arc<BaseConsumer<Quiet>>,
    owned: BTreeSet<u32>,
    /// True after a revocation was told: the partitions are given up when it polls next.
    is_giving_up: bool,
}

/// What the client library tells between two polls.
#[derive(Debug)]
enum News {
    Assigned(BTreeSet<u32>),
    Revoked(BTreeSet<u32>),
    Failed(KafkaError),
}

#[derive(Debug, Default)]
struct Assignments {
    news: Mutex<VecDeque<News>>,
    /// True once nobody polls any more.
    is_closing: AtomicBool,
}

impl Assignments {
    fn push(&self, news: News) {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push_back(news);
    }

    fn pop(&self) -> Option<News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl ClientContext for Assignments {
    fn log(&self, level: RDKafkaLogLevel, _: &str, text: &str) {
        log(level, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ConsumerContext for Assignments {
    /// Takes new partitions at once. Those to be given up stay ours until who polls has been told, and polls again.
    fn rebalance(&self, consumer: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions = list.elements().iter().map(|element| element.partition().unsigned_abs()).collect();
        let done = match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.push(News::Assigned(partitions));
                consumer.assign(list)
            }
            _ if self.is_closing.load(Ordering::Relaxed) => consumer.unassign(),
            _ => {
                self.push(News::Revoked(partitions));
                Ok(())
            }
        };
        if let Err(error) = done {
            self.push(News::Failed(error));
        }
    }
}

impl KafkaConsumer {
    pub(super) fn join(
        settings: &KafkaSettings,
        asker: Arc<BaseConsumer<Quiet>>,
        group: &str,
        topics: &[Topic],
    ) -> Result<KafkaConsumer, BusError> {
        let mut config = config(settings);
        let max_poll_interval = settings.max_poll_interval.max(settings.session_timeout);
        config
            .set("group.id", format!("{}{group}", settings.prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            // Gives a consumer the same partitions of every topic.
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", millis(settings.session_timeout))
            .set("heartbeat.interval.ms", millis(settings.session_timeout / 3))
            .set("max.poll.interval.ms", millis(max_poll_interval))
            .set("fetch.wait.max.ms", millis(settings.fetch_wait));
        let consumer: BaseConsumer<Assignments> =
            config.create_with_context(Assignments::default()).map_err(|error| refused("make a consumer", &error))?;
        let names: Vec<String> = topics.iter().map(|topic| settings.topic_name(*topic)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        consumer.subscribe(&names).map_err(|error| refused("subscribe", &error))?;
        let (settings, topics) = (settings.clone(), topics.to_vec());
        Ok(KafkaConsumer { settings, topics, consumer, asker, owned: BTreeSet::new(), is_giving_up: false })
    }

    fn list(
        &self,
        places: impl IntoIterator<Item = (Topic, u32)>,
        offset: Offset,
    ) -> Result<TopicPartitionList, BusError> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in places {
            list.add_partition_offset(&self.settings.topic_name(topic), partition.cast_signed(), offset)
                .map_err(|error| refused("name a partition", &error))?;
        }
        Ok(list)
    }

    /// What the group has committed of several partitions, in one question.
    fn committed_offsets(
        &self,
        places: impl IntoIterator<Item = (Topic, u32)>,
    ) -> Result<TopicPartitionList, BusError> {
        let list = self.list(places, Offset::Invalid)?;
        if list.count() == 0 {
            return Ok(list);
        }
        self.consumer
            .committed_offsets(list, self.settings.answer_timeout)
            .map_err(|error| unanswered(&self.settings, &self.asker, "ask for committed offsets", &error))
    }

    /// Where several partitions end or begin, in one question.
    fn ends(
        &self,
        places: impl IntoIterator<Item = (Topic, u32)>,
        which: Offset,
    ) -> Result<TopicPartitionList, BusError> {
        let list = self.list(places, which)?;
        if list.count() == 0 {
            return Ok(list);
        }
        // The protocol asks for the ends as for offsets at times that do not exist, which is what these offsets are.
        self.asker
            .offsets_for_times(list, self.settings.answer_timeout)
            .map_err(|error| unanswered(&self.settings, &self.asker, "ask for the ends of partitions", &error))
    }

    /// The next news of assignments, if there is any.
    fn news(&mut self) -> Result<Option<Happening>, BusError> {
        Ok(match self.consumer.context().pop() {
            None => None,
            Some(News::Assigned(partitions)) => {
                self.owned.extend(&partitions);
                Some(Happening::Assigned(partitions.into_iter().collect()))
            }
            Some(News::Revoked(partitions)) => {
                self.is_giving_up = true;
                Some(Happening::Revoked(partitions.into_iter().collect()))
            }
            Some(News::Failed(error)) => return Err(refused("take partitions", &error)),
        })
    }

    /// Gives up what was told to be revoked.
    fn give_up(&mut self) -> Result<(), BusError> {
        if std::mem::take(&mut self.is_giving_up) {
            self.owned.clear(); // whoever keeps some is assigned them again
            self.consumer.unassign().map_err(|error| refused("give up partitions", &error))?;
        }
        Ok(())
    }
}

impl Subscription for KafkaConsumer {
    fn poll(&mut self, wait: Duration) -> Result<Option<Happening>, BusError> {
        self.give_up()?;
        let (mut deadline, mut left) = (None, Duration::ZERO);
        loop {
            if let Some(news) = self.news()? {
                return Ok(Some(news));
            }
            // Nothing is returned at once when something other than a message came, and so may be news.
            match self.consumer.poll(left) {
                // Mostly there is something: only who has to wait looks at the clock.
                None => match deadline {
                    None if wait.is_zero() => return self.news(),
                    None => (deadline, left) = (Some(Instant::now() + wait), wait),
                    Some(deadline) => {
                        left = deadline.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            return self.news();
                        }
                    }
                },
                Some(Ok(message)) => match delivery(&self.settings, &message) {
                    Some(delivery) => return Ok(Some(Happening::Delivered(delivery))),
                    None => continue,
                },
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => return Err(BusError::Fatal(code.to_string())),
                Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::UnknownTopicOrPartition))) => {
                    let name = self.topics.first().map_or_else(String::new, |topic| self.settings.topic_name(*topic));
                    return Err(BusError::NoTopic { name });
                }
                // The connection is made again by itself, and a lost membership comes as a revocation.
                Some(Err(error)) => tracing::debug!(%error, "kafka"),
            }
        }
    }

    fn committed(&mut self, topic: Topic, partition: u32) -> Result<Option<u64>, BusError> {
        let found = self.committed_offsets([(topic, partition)])?;
        Ok(found.elements().first().and_then(|element| raw(element.offset())))
    }

    fn commit(&mut self, topic: Topic, partition: u32, offset: u64) -> Result<(), BusError> {
        let is_alike = self.topics.iter().all(|own| own.is_partitioned() == topic.is_partitioned());
        if !is_alike || !self.owned.contains(&partition) {
            return Err(BusError::NotOwned { topic, partition });
        }
        let list = self.list([(topic, partition)], Offset::Offset(offset.cast_signed()))?;
        self.consumer.commit(&list, CommitMode::Sync).map_err(|error| match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::UnknownMemberId | RDKafkaErrorCode::IllegalGeneration) => {
                BusError::NotOwned { topic, partition }
            }
            _ => unanswered(&self.settings, &self.asker, "commit an offset", &error),
        })
    }

    fn lag(&mut self) -> Result<Vec<Lag>, BusError> {
        let owned = || self.topics.iter().flat_map(|topic| self.owned.iter().map(|partition| (*topic, *partition)));
        let offset_in = |list: &TopicPartitionList, (topic, partition): (Topic, u32)| {
            let element = list.find_partition(&self.settings.topic_name(topic), partition.cast_signed())?;
            raw(element.offset())
        };
        let ends = self.ends(owned(), Offset::End)?;
        let positions = self.consumer.position().map_err(|error| refused("ask for positions", &error))?;
        // Where nothing was delivered yet, it begins with what is committed, else with what is there first.
        let is_silent = |place: &(Topic, u32)| offset_in(&positions, *place).is_none();
        let committed = self.committed_offsets(owned().filter(is_silent))?;
        let is_new = |place: &(Topic, u32)| is_silent(place) && offset_in(&committed, *place).is_none();
        let begins = self.ends(owned().filter(is_new), Offset::Beginning)?;
        let lag = |place: (Topic, u32)| {
            let offset = [&positions, &committed, &begins].into_iter().find_map(|list| offset_in(list, place));
            let (offset, end) = (offset.unwrap_or_default(), offset_in(&ends, place).unwrap_or_default());
            Lag { topic: place.0, partition: place.1, offset, end }
        };
        Ok(owned().map(lag).collect())
    }
}

/// An offset, if it is one.
pub(super) fn raw(offset: Offset) -> Option<u64> {
    match offset {
        Offset::Offset(offset) => u64::try_from(offset).ok(),
        _ => None,
    }
}

impl Drop for KafkaConsumer {
    /// The client library leaves the group, which takes that nothing waits to be given up.
    fn drop(&mut self) {
        self.consumer.context().is_closing.store(true, Ordering::Relaxed);
        if let Err(error) = self.consumer.unassign() {
            tracing::debug!(%error, "kafka");
        }
    }
}

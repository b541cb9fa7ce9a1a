//! The bus over Kafka.

mod client;
mod consumer;
mod publisher;
mod reader;
mod topics;

use std::ops::Range;
use std::sync::Arc;

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};

use self::client::{Quiet, config, refused, unanswered};
use self::consumer::{KafkaConsumer, raw};
use self::publisher::KafkaPublisher;
use self::reader::KafkaReader;
use crate::{
    Bus, BusError, Format, KafkaSettings, Lag, Publisher, Reader, Start, Subscription, Topic, bus::check_topics,
};

/// A bus over Kafka. Every publisher, consumer and reader is a client of its own, with threads of its own.
///
/// While a broker is away, publishers gather what fits into their queue and then wait; consumers and readers get nothing
/// and go on by themselves when it is back.
pub struct Kafka {
    settings: KafkaSettings,
    /// Asks about topics and ends.
    asker: Arc<BaseConsumer<Quiet>>,
}

impl Kafka {
    /// Connects to the brokers.
    ///
    /// # Errors
    ///
    /// If the settings cannot be used, or nobody answers in time.
    pub fn connect(settings: KafkaSettings) -> Result<Kafka, BusError> {
        if settings.partitions == 0 {
            return Err(BusError::Settings("a bus needs at least one partition".into()));
        }
        settings.check_names()?;
        let asker: BaseConsumer<Quiet> = config(&settings)
            .create_with_context(Quiet::default())
            .map_err(|error| refused("make a client", &error))?;
        let bus = Kafka { settings, asker: Arc::new(asker) };
        topics::look(&bus.settings, &bus.asker)?;
        Ok(bus)
    }

    /// Checks that topics are there, as they should be.
    fn check(&self, topics: &[Topic]) -> Result<(), BusError> {
        topics::check(&self.settings, &topics::look(&self.settings, &self.asker)?, topics.iter().copied())
    }
}

impl Bus for Kafka {
    fn prepare(&self) -> Result<(), BusError> {
        topics::prepare(&self.settings, &self.asker)
    }

    fn partitions(&self) -> u32 {
        self.settings.partitions
    }

    fn format(&self) -> Format {
        self.settings.format
    }

    fn publisher(&self) -> Result<Box<dyn Publisher>, BusError> {
        self.check(&Topic::ALL)?;
        Ok(Box::new(KafkaPublisher::new(&self.settings)?))
    }

    fn subscribe(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Subscription>, BusError> {
        check_topics(topics)?;
        self.check(topics)?;
        Ok(Box::new(KafkaConsumer::join(&self.settings, Arc::clone(&self.asker), group, topics)?))
    }

    fn read(&self, topic: Topic, partition: u32, from: Start) -> Result<Box<dyn Reader>, BusError> {
        let ends = self.ends(topic, partition)?;
        let position = match from {
            Start::Beginning => ends.start,
            Start::Offset(offset) => offset,
            Start::End => ends.end,
        };
        Ok(Box::new(KafkaReader::new(&self.settings, topic, partition, position, ends.end)?))
    }

    fn ends(&self, topic: Topic, partition: u32) -> Result<Range<u64>, BusError> {
        let count = topics::n_partitions(&self.settings, topic);
        if partition >= count {
            return Err(BusError::NoPartition { topic, partition, count });
        }
        let name = self.settings.topic_name(topic);
        let (low, high) =
            self.asker.fetch_watermarks(&name, partition.cast_signed(), self.settings.answer_timeout).map_err(
                |error| unanswered(&self.settings, &self.asker, format!("ask for the ends of topic {name}"), &error),
            )?;
        Ok(low.unsigned_abs()..high.unsigned_abs())
    }

    fn lag(&self, group: &str) -> Result<Vec<Lag>, BusError> {
        let mut config = config(&self.settings);
        config.set("group.id", format!("{}{group}", self.settings.prefix));
        let asker: BaseConsumer<Quiet> =
            config.create_with_context(Quiet::default()).map_err(|error| refused("make a client", &error))?;
        let mut list = TopicPartitionList::new();
        for topic in Topic::ALL {
            for partition in 0..topics::n_partitions(&self.settings, topic) {
                list.add_partition(&self.settings.topic_name(topic), partition.cast_signed());
            }
        }
        let found = asker.committed_offsets(list, self.settings.answer_timeout).map_err(|error| {
            unanswered(&self.settings, &asker, format!("ask for the offsets of group {group}"), &error)
        })?;
        let mut lags = Vec::new();
        for topic in Topic::ALL {
            for partition in 0..topics::n_partitions(&self.settings, topic) {
                let element = found.find_partition(&self.settings.topic_name(topic), partition.cast_signed());
                let Some(offset) = element.and_then(|element| raw(element.offset())) else { continue };
                lags.push(Lag { topic, partition, offset, end: self.ends(topic, partition)?.end });
            }
        }
        Ok(lags)
    }
}

//! Reading one partition.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Headers, Message as _};
use rdkafka::{Offset, TopicPartitionList};

use super::client::{Quiet, config, millis, refused};
use crate::{BusError, CONTENT_TYPE_HEADER, Delivery, Format, KafkaSettings, Reader, Record, SCHEMA_HEADER, Topic};

/// Readers belong to no group: they never join this one, but the client library wants a name.
const NO_GROUP: &str = "overcut-reader";
/// KiB read ahead. A gateway has two readers for every session that somebody looks at.
const AHEAD_KIB: &str = "8192";

/// A reader of one partition on a broker.
pub(super) struct KafkaReader {
    settings: KafkaSettings,
    consumer: BaseConsumer<Quiet>,
    position: u64,
}

impl KafkaReader {
    /// Begins at that offset of a partition that ends with `end`.
    pub(super) fn new(
        settings: &KafkaSettings,
        topic: Topic,
        partition: u32,
        position: u64,
        end: u64,
    ) -> Result<KafkaReader, BusError> {
        let mut config = config(settings);
        config
            .set("group.id", NO_GROUP)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("queued.max.messages.kbytes", AHEAD_KIB)
            .set("fetch.wait.max.ms", millis(settings.fetch_wait));
        let consumer: BaseConsumer<Quiet> =
            config.create_with_context(Quiet::default()).map_err(|error| refused("make a reader", &error))?;
        let mut list = TopicPartitionList::new();
        // Beyond the end a broker would begin anew: what comes before the position is skipped instead.
        let begin = Offset::Offset(position.min(end).cast_signed());
        list.add_partition_offset(&settings.topic_name(topic), partition.cast_signed(), begin)
            .and_then(|()| consumer.assign(&list))
            .map_err(|error| refused("begin to read", &error))?;
        Ok(KafkaReader { settings: settings.clone(), consumer, position })
    }
}

impl Reader for KafkaReader {
    fn poll(&mut self, wait: Duration) -> Result<Option<Delivery>, BusError> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.consumer.poll(left) {
                None if left.is_zero() => return Ok(None),
                None => {}
                Some(Ok(message)) => match delivery(&self.settings, &message) {
                    Some(delivery) if delivery.offset >= self.position => {
                        self.position = delivery.offset + 1;
                        return Ok(Some(delivery));
                    }
                    _ => {}
                },
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => return Err(BusError::Fatal(code.to_string())),
                // The connection is made again by itself.
                Some(Err(error)) => tracing::debug!(%error, "kafka"),
            }
        }
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// A message of the client library in our words; `None` if it is of no topic of ours.
pub(super) fn delivery(settings: &KafkaSettings, message: &BorrowedMessage<'_>) -> Option<Delivery> {
    let topic = Topic::ALL.into_iter().find(|topic| settings.is_named(*topic, message.topic()))?;
    let header = |name| {
        let mut headers = message.headers()?.iter();
        headers.find(|header| header.key == name).and_then(|header| header.value)
    };
    let schema = header(SCHEMA_HEADER).and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
    let content_type = match header(CONTENT_TYPE_HEADER).map(String::from_utf8_lossy) {
        None => Cow::Borrowed(""),
        Some(text) => match text.parse::<Format>() {
            Ok(format) => Cow::Borrowed(format.content_type()),
            Err(_) => Cow::Owned(text.chars().take(100).collect()),
        },
    };
    Some(Delivery {
        topic,
        partition: message.partition().unsigned_abs(),
        offset: message.offset().unsigned_abs(),
        key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
        published_ms: message.timestamp().to_millis().unwrap_or(0),
        record: Record { payload: Bytes::copy_from_slice(message.payload().unwrap_or_default()), schema, content_type },
    })
}

//! Publishing to a broker.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};

use super::client::{config, log, millis, refused};
use crate::{BusError, CONTENT_TYPE_HEADER, KafkaSettings, Publisher, Record, SCHEMA_HEADER, Topic, partition_of};

/// How long to wait before a full queue is tried again.
const PAUSE: Duration = Duration::from_millis(2);

/// Publishes to a broker, in order and without holes: a message that is not acknowledged is sent again for as long as it
/// takes, and one that the broker refuses stops everything after it.
pub(super) struct KafkaPublisher {
    settings: KafkaSettings,
    names: [String; Topic::ALL.len()],
    producer: ThreadedProducer<Receipts>,
}

/// What the broker refused.
#[derive(Debug, Default)]
struct Refused {
    n_failed: u64,
    first: Option<(String, String, String)>,
}

#[derive(Debug, Default)]
struct Receipts {
    refused: Mutex<Refused>,
}

impl ClientContext for Receipts {
    fn log(&self, level: RDKafkaLogLevel, _: &str, text: &str) {
        log(level, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka");
    }
}

impl ProducerContext for Receipts {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, message)) = result else { return };
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.n_failed += 1;
        refused.first.get_or_insert_with(|| {
            let key = String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned();
            (message.topic().to_owned(), key, error.to_string())
        });
    }
}

impl KafkaPublisher {
    pub(super) fn new(settings: &KafkaSettings) -> Result<KafkaPublisher, BusError> {
        let mut config = config(settings);
        config
            .set("enable.idempotence", "true")
            .set("enable.gapless.guarantee", "true")
            .set("acks", "all")
            // Never give one up: the next would leave a hole. Waiting is bounded by the queue.
            .set("message.timeout.ms", "0")
            .set("compression.type", "lz4")
            .set("linger.ms", millis(settings.linger))
            .set("batch.num.messages", settings.batch_messages.max(1).to_string())
            .set("queue.buffering.max.messages", "0")
            .set("queue.buffering.max.kbytes", (settings.queue_bytes / 1024).max(1).to_string());
        let producer =
            config.create_with_context(Receipts::default()).map_err(|error| refused("make a publisher", &error))?;
        Ok(KafkaPublisher {
            names: Topic::ALL.map(|topic| settings.topic_name(topic)),
            settings: settings.clone(),
            producer,
        })
    }

    /// What was refused since the last time, if anything was.
    fn check(&self) -> Result<(), BusError> {
        let client = self.producer.client();
        if let Some((code, reason)) = client.fatal_error() {
            return Err(BusError::Fatal(format!("{code}: {reason}")));
        }
        let mut refused = client.context().refused.lock().unwrap_or_else(PoisonError::into_inner);
        let Refused { n_failed, first } = std::mem::take(&mut *refused);
        let Some((name, key, reason)) = first else { return Ok(()) };
        let topic = Topic::ALL.into_iter().find(|topic| self.names.get(topic.idx()) == Some(&name));
        Err(BusError::NotPublished { n_failed, topic: topic.unwrap_or(Topic::Dead), key, reason })
    }
}

impl Publisher for KafkaPublisher {
    fn publish_at(&mut self, topic: Topic, key: &str, record: Record, published_ms: i64) -> Result<(), BusError> {
        self.check()?;
        let (size, limit) = (record.payload.len(), self.settings.max_message_bytes);
        if size > limit {
            return Err(BusError::TooLarge { topic, size, limit });
        }
        let mut headers = OwnedHeaders::new_with_capacity(2)
            .insert(Header { key: CONTENT_TYPE_HEADER, value: Some(record.content_type.as_ref()) });
        if let Some(schema) = record.schema {
            headers = headers.insert(Header { key: SCHEMA_HEADER, value: Some(&schema.to_string()) });
        }
        let partition = if topic.is_partitioned() { partition_of(key, self.settings.partitions) } else { 0 };
        let name = self.names.get(topic.idx()).map_or("", String::as_str);
        let mut message = BaseRecord::<str, [u8]>::to(name)
            .key(key)
            .payload(record.payload.as_ref())
            .partition(partition.cast_signed())
            .timestamp(published_ms)
            .headers(headers);
        let deadline = Instant::now() + self.settings.publish_timeout;
        loop {
            match self.producer.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    if Instant::now() >= deadline {
                        return Err(BusError::Full { topic, waited: self.settings.publish_timeout });
                    }
                    message = back;
                    self.check()?;
                    std::thread::sleep(PAUSE); // a thread of the client takes in the acknowledgements
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge), _)) => {
                    return Err(BusError::TooLarge { topic, size, limit });
                }
                Err((error, _)) => {
                    self.check()?;
                    return Err(refused(format!("publish on topic {name}"), &error));
                }
            }
        }
    }

    fn flush(&mut self, timeout: Duration) -> Result<(), BusError> {
        let flushed = self.producer.flush(timeout);
        self.check()?;
        let n_pending = self.producer.in_flight_count();
        match flushed {
            Err(_) if n_pending > 0 => {
                Err(BusError::Pending { n_pending: n_pending.unsigned_abs().into(), waited: timeout })
            }
            _ => Ok(()),
        }
    }
}

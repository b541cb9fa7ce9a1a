//! Making topics, and looking at those that are there.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;

use super::client::{OVERHEAD, Quiet, config, millis, refused, unanswered, wait_for};
use crate::{BusError, KafkaSettings, Topic};

/// How many partitions it should have.
pub(super) fn n_partitions(settings: &KafkaSettings, topic: Topic) -> u32 {
    if topic.is_partitioned() { settings.partitions } else { 1 }
}

/// How many partitions each topic has that is there.
pub(super) fn look(settings: &KafkaSettings, asker: &BaseConsumer<Quiet>) -> Result<BTreeMap<String, u32>, BusError> {
    let metadata = asker
        .fetch_metadata(None, settings.answer_timeout)
        .map_err(|error| unanswered(settings, asker, "list the topics", &error))?;
    let there = metadata.topics().iter().filter(|topic| topic.error().is_none() && !topic.partitions().is_empty());
    Ok(there.map(|topic| (topic.name().to_owned(), topic.partitions().len() as u32)).collect())
}

/// Refuses a topic that is not there or not as configured.
pub(super) fn check(
    settings: &KafkaSettings,
    there: &BTreeMap<String, u32>,
    topics: impl IntoIterator<Item = Topic>,
) -> Result<(), BusError> {
    for topic in topics {
        let (name, wanted) = (settings.topic_name(topic), n_partitions(settings, topic));
        match there.get(&name) {
            None => return Err(BusError::NoTopic { name }),
            Some(found) if *found != wanted => return Err(BusError::Partitions { name, found: *found, wanted }),
            Some(_) => {}
        }
    }
    Ok(())
}

/// Makes the topics that are not there, and checks them all.
pub(super) fn prepare(settings: &KafkaSettings, asker: &BaseConsumer<Quiet>) -> Result<(), BusError> {
    let there = look(settings, asker)?;
    let is_missing = |topic: &Topic| !there.contains_key(&settings.topic_name(*topic));
    let missing: Vec<Topic> = Topic::ALL.into_iter().filter(is_missing).collect();
    if !missing.is_empty() {
        make(settings, asker, &missing)?;
    }
    // What was made is known to every broker a moment later.
    let deadline = Instant::now() + settings.answer_timeout;
    loop {
        match check(settings, &look(settings, asker)?, Topic::ALL) {
            Err(BusError::NoTopic { .. }) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            outcome => return outcome,
        }
    }
}

fn make(settings: &KafkaSettings, asker: &BaseConsumer<Quiet>, topics: &[Topic]) -> Result<(), BusError> {
    let admin: AdminClient<Quiet> =
        config(settings).create_with_context(Quiet::default()).map_err(|error| refused("make a client", &error))?;
    let retention = millis(settings.retention);
    let max_bytes = (settings.max_message_bytes + OVERHEAD).to_string();
    let names: Vec<String> = topics.iter().map(|topic| settings.topic_name(*topic)).collect();
    let new = topics.iter().zip(&names).map(|(topic, name)| {
        let replication = TopicReplication::Fixed(settings.replication.into());
        let new = NewTopic::new(name, n_partitions(settings, *topic).cast_signed(), replication)
            .set("max.message.bytes", &max_bytes);
        match topic.is_compacted() {
            true => new.set("cleanup.policy", "compact"),
            false => new.set("cleanup.policy", "delete").set("retention.ms", &retention),
        }
    });
    let new: Vec<NewTopic<'_>> = new.collect();
    let options = AdminOptions::new()
        .request_timeout(Some(settings.answer_timeout))
        .operation_timeout(Some(settings.answer_timeout));
    let made = wait_for(admin.create_topics(&new, &options))
        .map_err(|error| unanswered(settings, asker, "make topics", &error))?;
    for outcome in made {
        match outcome {
            // Somebody else was faster.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                return Err(BusError::Refused { doing: format!("make topic {name}"), reason: code.to_string() });
            }
        }
    }
    Ok(())
}

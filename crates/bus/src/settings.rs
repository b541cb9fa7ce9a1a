//! Which bus, and how it is set up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{Bus, BusError, Format, InProcess, InProcessSettings, Topic};

/// The longest name that Kafka takes.
const MAX_NAME: usize = 249;

/// Which bus.
#[derive(Debug, Clone)]
pub enum BusSettings {
    /// In process: nothing else is needed.
    InProcess(InProcessSettings),
    /// Over Kafka.
    Kafka(Box<KafkaSettings>),
}

impl BusSettings {
    /// Opens the bus.
    ///
    /// # Errors
    ///
    /// If the settings cannot be used, no broker answers in time, or this program was built without Kafka.
    pub fn open(&self) -> Result<Arc<dyn Bus>, BusError> {
        match self {
            BusSettings::InProcess(settings) => Ok(Arc::new(InProcess::new(settings.clone())?)),
            #[cfg(feature = "kafka")]
            BusSettings::Kafka(settings) => Ok(Arc::new(crate::Kafka::connect(KafkaSettings::clone(settings))?)),
            #[cfg(not(feature = "kafka"))]
            BusSettings::Kafka(_) => {
                Err(BusError::Settings("this program was built without Kafka: build it with --features kafka".into()))
            }
        }
    }
}

/// How a bus over Kafka is set up.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Brokers to ask first, as `host:port`, separated by commas.
    pub brokers: String,
    /// What stands before the names of topics, and of groups.
    pub prefix: String,
    /// Topics that go by a name of their own, without the prefix.
    pub names: BTreeMap<Topic, String>,
    /// Partitions of each topic of sessions. It cannot be changed while sessions are told.
    pub partitions: u32,
    /// On how many brokers each message is kept.
    pub replication: u16,
    /// How long messages are kept, but for the records of sessions, whose latest is kept for ever.
    pub retention: Duration,
    /// The largest message, in bytes.
    pub max_message_bytes: usize,
    /// How messages are written.
    pub format: Format,
    /// How long to wait for a broker's answer.
    pub answer_timeout: Duration,
    /// How long a publisher waits while its queue is full.
    pub publish_timeout: Duration,
    /// How long a publisher gathers messages before it sends them.
    pub linger: Duration,
    /// The most messages that are sent as one batch. 1 for brokers that count a batch as one message when they are asked
    /// where a partition ends, as Tansu 0.6 does.
    pub batch_messages: u32,
    /// The most bytes on their way from a publisher to the broker.
    pub queue_bytes: usize,
    /// How long a broker that has nothing new keeps a consumer's or reader's question. A Kafka answers as soon as there is
    /// something; Tansu 0.6 sees it only after half of this.
    pub fetch_wait: Duration,
    /// After how long without a sign of life a consumer is taken for dead.
    pub session_timeout: Duration,
    /// The longest time between two polls of a consumer. At least the session time-out.
    pub max_poll_interval: Duration,
    /// How to be let in.
    pub security: KafkaSecurity,
}

impl KafkaSettings {
    /// The name of a topic on the broker.
    pub fn topic_name(&self, topic: Topic) -> String {
        self.names.get(&topic).cloned().unwrap_or_else(|| format!("{}{}", self.prefix, topic.name()))
    }

    /// True if that is the name of the topic. Asked for every message, so it makes no text.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "only messages of Kafka bear names"))]
    pub(crate) fn is_named(&self, topic: Topic, name: &str) -> bool {
        match self.names.get(&topic) {
            Some(own) => own == name,
            None => name.strip_prefix(self.prefix.as_str()) == Some(topic.name()),
        }
    }

    /// Refuses names of topics that a broker would refuse, or that mean two of them.
    ///
    /// # Errors
    ///
    /// Says which name it is.
    pub fn check_names(&self) -> Result<(), BusError> {
        let is_plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let mut seen = BTreeSet::new();
        for name in Topic::ALL.map(|topic| self.topic_name(topic)) {
            if name.is_empty() || name.len() > MAX_NAME || !is_plain(&name) {
                return Err(BusError::Settings(format!(
                    "{name:?} is no name for a topic: want up to {MAX_NAME} letters, digits, dots, underscores and hyphens"
                )));
            }
            if let Some(name) = seen.replace(name) {
                return Err(BusError::Settings(format!("two topics would be called {name:?}")));
            }
        }
        Ok(())
    }
}

impl Default for KafkaSettings {
    fn default() -> Self {
        KafkaSettings {
            brokers: "127.0.0.1:9092".into(),
            prefix: "overcut.".into(),
            names: BTreeMap::new(),
            partitions: 12,
            replication: 1,
            retention: Duration::from_secs(7 * 24 * 3600),
            max_message_bytes: 16 << 20,
            format: Format::Protobuf,
            answer_timeout: Duration::from_secs(10),
            publish_timeout: Duration::from_secs(10),
            linger: Duration::from_millis(5),
            batch_messages: 10_000,
            queue_bytes: 64 << 20,
            fetch_wait: Duration::from_millis(100),
            session_timeout: Duration::from_secs(10),
            max_poll_interval: Duration::from_secs(60),
            security: KafkaSecurity::default(),
        }
    }
}

/// How to be let in by a broker.
#[derive(Debug, Clone, Default)]
pub struct KafkaSecurity {
    /// True to speak TLS.
    pub tls: bool,
    /// Certificates of who may have signed the broker's, if not those of the system.
    pub ca_file: Option<PathBuf>,
    /// User and password, if the broker wants them.
    pub login: Option<KafkaLogin>,
}

/// User and password. The password never prints.
#[derive(Clone)]
pub struct KafkaLogin {
    /// Such as `PLAIN` or `SCRAM-SHA-512`.
    pub mechanism: String,
    /// Who.
    pub username: String,
    /// Kept to this crate.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "only Kafka's client wants it"))]
    pub(crate) password: String,
}

impl KafkaLogin {
    /// Of a password that came from the environment or a file.
    pub fn new(mechanism: impl Into<String>, username: impl Into<String>, password: impl Into<String>) -> KafkaLogin {
        KafkaLogin { mechanism: mechanism.into(), username: username.into(), password: password.into() }
    }
}

impl fmt::Debug for KafkaLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaLogin")
            .field("mechanism", &self.mechanism)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_print() {
        let login = KafkaLogin::new("PLAIN", "ada", "hunter2");
        assert_eq!(login.password, "hunter2");
        assert!(!format!("{login:?}").contains("hunter2"));
    }

    #[test]
    fn topics_may_have_names_of_their_own_but_no_two_the_same() {
        let called = |names: &[(Topic, &str)]| KafkaSettings {
            names: names.iter().map(|(topic, name)| (*topic, (*name).to_owned())).collect(),
            ..KafkaSettings::default()
        };
        let settings = called(&[(Topic::Events, "f1-telemetry")]);
        assert_eq!(settings.topic_name(Topic::Events), "f1-telemetry");
        assert_eq!(settings.topic_name(Topic::Insights), "overcut.insights");
        settings.check_names().unwrap();
        for names in [
            &[(Topic::Events, "a"), (Topic::Insights, "a")][..],
            &[(Topic::Events, "overcut.raw")],
            &[(Topic::Events, "f1 telemetry")],
            &[(Topic::Events, "")],
        ] {
            assert!(called(names).check_names().is_err(), "{names:?}");
        }
    }

    #[cfg(not(feature = "kafka"))]
    #[test]
    fn a_build_without_kafka_says_so() {
        let Err(error) = BusSettings::Kafka(Box::default()).open() else { panic!() };
        assert!(error.to_string().contains("--features kafka"));
    }
}

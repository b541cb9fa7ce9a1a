//! Which bus is meant.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use overcut_bus::{Bus, BusSettings, Format, KafkaLogin, KafkaSecurity, KafkaSettings, Topic};
use tokio_util::sync::CancellationToken;

use super::patience::until_it_works;
use crate::config::{BusConfig, BusFormat};
use crate::environment::variable;

/// Where brokers are, as others in this field name it.
const BROKERS: &str = "KAFKA_BOOTSTRAP_SERVERS";
/// How others in this field name the topics of what is told, and of what is concluded from it.
pub const EVENTS_TOPIC: &str = "TELEMETRY_TOPIC";
pub const INSIGHTS_TOPIC: &str = "PREDICTIONS_TOPIC";
/// Who we are to them. The password is never configured in a file that is not secret.
const USERNAME: &str = "OVERCUT_KAFKA_USERNAME";
const PASSWORD: &str = "OVERCUT_KAFKA_PASSWORD";

/// Opens the bus that the command line names, else the environment, else the configuration. Waits for a broker that is
/// away; `None` if the program is to end meanwhile.
///
/// # Errors
///
/// If none is named, or this build cannot speak to it.
pub fn open(config: &BusConfig, url: Option<&str>, shutdown: &CancellationToken) -> Result<Option<Arc<dyn Bus>>> {
    let named = set(BROKERS, &config.brokers);
    let brokers = match url {
        Some(url) => url
            .strip_prefix("kafka://")
            .with_context(|| format!("{url:?} is no bus: want kafka://HOST:PORT"))?
            .to_owned(),
        None => named.with_context(|| {
            format!(
                "which bus? name it with --bus kafka://HOST:PORT, in {BROKERS}, or as bus.brokers in the configuration"
            )
        })?,
    };
    ensure!(!brokers.contains('@'), "user and password do not go into the address: set {USERNAME} and {PASSWORD}");
    let settings = BusSettings::Kafka(Box::new(settings(config, brokers)?));
    let bus = until_it_works("connecting", shutdown, || settings.open())?;
    let Some(bus) = bus else { return Ok(None) };
    Ok(until_it_works("preparing the topics", shutdown, || bus.prepare())?.map(|()| bus))
}

/// What a variable says, else the configuration; `None` where both are empty.
fn set(name: &str, configured: &str) -> Option<String> {
    variable(name).or_else(|| (!configured.is_empty()).then(|| configured.to_owned()))
}

fn settings(config: &BusConfig, brokers: String) -> Result<KafkaSettings> {
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).context("a time under [bus] makes no sense");
    let login = match variable(USERNAME) {
        None => None,
        Some(username) => {
            let Some(password) = overcut_live::Secret::from_environment(PASSWORD)? else {
                bail!("{USERNAME} is set, but neither {PASSWORD} nor {PASSWORD}_FILE");
            };
            Some(KafkaLogin::new(config.mechanism.clone(), username, password.reveal()))
        }
    };
    let names = [
        (Topic::Events, set(EVENTS_TOPIC, &config.events_topic)),
        (Topic::Insights, set(INSIGHTS_TOPIC, &config.insights_topic)),
    ];
    let ca_file = (!config.certificates.as_os_str().is_empty()).then(|| config.certificates.clone());
    let format = match config.format {
        BusFormat::Protobuf => Format::Protobuf,
        BusFormat::Json => Format::Json,
    };
    Ok(KafkaSettings {
        brokers,
        prefix: config.prefix.clone(),
        names: names.into_iter().filter_map(|(topic, name)| Some((topic, name?))).collect(),
        partitions: config.partitions,
        replication: config.replication,
        retention: Duration::from_secs(u64::from(config.retention_h) * 3600),
        format,
        linger: Duration::from_millis(config.linger_ms),
        batch_messages: config.batch_messages,
        fetch_wait: Duration::from_millis(config.fetch_wait_ms),
        session_timeout: seconds(config.session_timeout_s)?,
        max_poll_interval: seconds(config.max_poll_interval_s)?,
        security: KafkaSecurity { tls: config.tls, ca_file, login },
        ..KafkaSettings::default()
    })
}

//! Which bus is meant.

use std::sync::Arc;

use anyhow::{Result, bail};
use overcut_bus::Bus;
use tokio_util::sync::CancellationToken;

use super::patience::until_it_works;

/// Opens the bus that the command line names, else the configuration, else the environment.
///
/// # Errors
///
/// If none is named, or this build cannot speak to it.
pub fn open(url: Option<&str>) -> Result<Arc<dyn Bus>> {
    let brokers = std::env::var("KAFKA_BOOTSTRAP_SERVERS").ok().filter(|brokers| !brokers.is_empty());
    let named = url.map(str::to_owned).or(brokers.map(|brokers| format!("kafka://{brokers}")));
    let Some(url) = named else {
        bail!("which bus? name it with --bus kafka://HOST:PORT, or set KAFKA_BOOTSTRAP_SERVERS");
    };
    let Some(brokers) = url.strip_prefix("kafka://") else {
        bail!("{url:?} is no bus: it must begin with kafka://");
    };
    kafka(brokers)
}

#[cfg(feature = "kafka")]
fn kafka(brokers: &str) -> Result<Arc<dyn Bus>> {
    let _ = brokers;
    bail!("not yet")
}

#[cfg(not(feature = "kafka"))]
fn kafka(_: &str) -> Result<Arc<dyn Bus>> {
    bail!("this build cannot speak to Kafka: build it with `cargo build --release -p overcut --features kafka`")
}

/// Waits until the bus is there, and makes its topics.
///
/// # Errors
///
/// If its topics are not as configured.
pub fn prepare(bus: &dyn Bus, shutdown: &CancellationToken) -> Result<()> {
    until_it_works("preparing the topics", shutdown, || bus.prepare()).map(drop)
}

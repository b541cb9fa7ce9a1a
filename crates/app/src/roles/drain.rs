//! Reads what is on a partition now.

use std::time::Duration;

use overcut_bus::{Bus, BusError, Delivery, Reader, Start, Topic};

/// How long what is there may take to come.
const WAIT: Duration = Duration::from_secs(5);
/// How long something may still come behind what a broker says is the end: some count a batch of messages as one.
const LINGER: Duration = Duration::from_millis(300);

/// Hands on every message of a partition from a place to its end, and gives the reader to go on with.
pub fn drain(
    bus: &dyn Bus,
    topic: Topic,
    partition: u32,
    from: Start,
    mut each: impl FnMut(Delivery),
) -> Result<Box<dyn Reader>, BusError> {
    let end = bus.ends(topic, partition)?.end;
    let mut reader = bus.read(topic, partition, from)?;
    while let Some(delivery) = reader.poll(if reader.position() < end { WAIT } else { LINGER })? {
        each(delivery);
    }
    Ok(reader)
}

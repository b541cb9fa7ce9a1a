//! Reads what is on a partition now.

use std::time::Duration;

use overcut_bus::{Bus, BusError, Delivery, Reader, Start, Topic};

/// How long what is there may take to come.
const WAIT: Duration = Duration::from_secs(10);
/// How long something may still come behind what a broker says is the end: some count a batch of messages as one.
const LINGER: Duration = Duration::from_millis(300);

/// Hands on every message of a partition from a place to its end, and gives the reader to go on with.
///
/// # Errors
///
/// If the bus cannot be read, or does not give in time what it says is there.
pub fn drain(
    bus: &dyn Bus,
    topic: Topic,
    partition: u32,
    from: Start,
    mut each: impl FnMut(Delivery),
) -> Result<Box<dyn Reader>, BusError> {
    let end = bus.ends(topic, partition)?.end;
    let mut reader = bus.read(topic, partition, from)?;
    loop {
        let has_ended = reader.position() >= end;
        match reader.poll(if has_ended { LINGER } else { WAIT })? {
            Some(delivery) => each(delivery),
            None if has_ended => return Ok(reader),
            None => {
                let reason = format!("topic {topic} ends at {end}, and {} was not given", reader.position());
                return Err(BusError::Unreachable { at: "the bus".to_owned(), waited: WAIT, reason });
            }
        }
    }
}

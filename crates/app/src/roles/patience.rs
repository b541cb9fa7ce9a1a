//! Waiting for a bus that is away.

use std::time::Duration;

use anyhow::Result;
use overcut_bus::BusError;
use overcut_live::Backoff;
use overcut_warehouse::WarehouseError;
use tokio_util::sync::CancellationToken;

use super::status::Status;

/// Between two tries.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Before beginning again after the connection broke.
const REJOIN: Duration = Duration::from_secs(1);
/// How long a pause may keep the program from ending.
const NAP: Duration = Duration::from_millis(50);

/// Tries until it works, and says once that it does not. `None` if the program is to end meanwhile.
///
/// # Errors
///
/// What waiting cannot mend, such as topics with other partitions.
pub fn until_it_works<T>(
    what: &str,
    shutdown: &CancellationToken,
    mut attempt: impl FnMut() -> Result<T, BusError>,
) -> Result<Option<T>> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let mut has_failed = false;
    loop {
        match attempt() {
            Ok(value) => {
                if has_failed {
                    tracing::info!(what, "the bus is there again");
                }
                return Ok(Some(value));
            }
            Err(error) if !may_pass(&error) => return Err(error.into()),
            Err(error) => {
                if !has_failed {
                    tracing::warn!(what, %error, "the bus does not answer; trying again");
                }
                has_failed = true;
            }
        }
        if !sleep(backoff.pause(), shutdown) {
            return Ok(None);
        }
    }
}

/// Works until it is done or the program is to end, and begins again where a new connection may help.
///
/// # Errors
///
/// What beginning again cannot mend.
pub fn until_done(
    what: &str,
    status: &Status,
    shutdown: &CancellationToken,
    mut work: impl FnMut() -> Result<()>,
) -> Result<()> {
    while !shutdown.is_cancelled() {
        match work() {
            Err(error) if may_begin_again(&error) => {
                tracing::warn!(what, error = format!("{error:#}"), "beginning again");
                status.trouble(&error);
                sleep(REJOIN, shutdown);
            }
            done => return done,
        }
    }
    Ok(())
}

/// Sleeps, but not longer than the program runs. False if it is to end.
pub fn sleep(pause: Duration, shutdown: &CancellationToken) -> bool {
    let mut left = pause;
    while !left.is_zero() {
        if shutdown.is_cancelled() {
            return false;
        }
        let nap = left.min(NAP);
        std::thread::sleep(nap);
        left -= nap;
    }
    !shutdown.is_cancelled()
}

/// True for troubles after which it is worth beginning again with a new connection.
pub fn may_begin_again(error: &anyhow::Error) -> bool {
    if let Some(store) = error.downcast_ref::<WarehouseError>() {
        // Somebody else wrote meanwhile, or the store is away.
        return matches!(store, WarehouseError::Misaligned { .. } | WarehouseError::Unavailable { .. });
    }
    let bus = error.downcast_ref::<BusError>();
    bus.is_some_and(|error| may_pass(error) || matches!(error, BusError::NotPublished { .. } | BusError::Fatal(_)))
}

/// True for troubles that pass by waiting: a broker that is away, or too busy.
fn may_pass(error: &BusError) -> bool {
    match error {
        BusError::Unreachable { .. }
        | BusError::Full { .. }
        | BusError::Pending { .. }
        | BusError::NotOwned { .. }
        | BusError::Refused { .. } => true,
        // Whoever published knows what to tell again.
        BusError::NotPublished { .. } | BusError::Fatal(_) => false,
        BusError::TooLarge { .. }
        | BusError::Partitions { .. }
        | BusError::NoTopic { .. }
        | BusError::NoPartition { .. }
        | BusError::Mixed(_)
        | BusError::Settings(_)
        | BusError::Wire(_) => false,
    }
}

//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

use overcut_domain::UtcTime;

/// UTC by this machine's clock.
pub fn utc_now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UtcTime::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

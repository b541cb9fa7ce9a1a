//! From the core's types to those of the wire.

mod board;
mod geometry;
mod item;
mod names;
mod origin;
mod tables;
mod telemetry;

pub use board::board_line;
pub(crate) use board::{board, weather};
pub(crate) use geometry::{comparison, trace, track_map};
pub(crate) use item::{item, marks};
pub use names::kind_name;
pub(crate) use origin::{feed_gap, feed_state, forecast};
pub(crate) use tables::{alert, driver, lap, pit_stop, race_control, stint};
pub(crate) use telemetry::{car_frame, car_sample, drs_code, position_sample};

use overcut_domain::SessionTime;

/// Session time as the wire has it: whole milliseconds in 32 bits, which is 24 days either way.
pub(crate) fn millis(time: SessionTime) -> i32 {
    time.as_millis().clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// A moment that a client named.
pub(crate) fn time(t_ms: i32) -> SessionTime {
    SessionTime::from_millis(t_ms.into())
}

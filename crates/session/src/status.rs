//! Where a car is, in one word, from the many booleans of the screen.

use crate::CarStatus;
use crate::car::StatusFlags;

/// The strongest word wins: a car that retired in the pits is retired.
pub(crate) fn car_status(flags: StatusFlags) -> CarStatus {
    if flags.has_finished {
        CarStatus::Finished
    } else if flags.retired || flags.is_out {
        CarStatus::Retired
    } else if flags.knocked_out {
        CarStatus::KnockedOut
    } else if flags.in_pit {
        CarStatus::InPit
    } else if flags.stopped {
        CarStatus::Stopped
    } else if flags.pit_out {
        CarStatus::OutLap
    } else {
        CarStatus::OnTrack
    }
}

//! Names of the parts of the state, so that a change can be told without telling the whole.

use overcut_domain::{DriverNumber, Feed, LapNumber};
use serde::{Deserialize, Serialize};

/// A part of the session state. The fold names each part that an event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// [`crate::SessionState`].
    Session,
    /// [`crate::TrackState`].
    Track,
    /// [`overcut_domain::Weather`].
    Weather,
    /// [`crate::DriverEntry`] of one driver.
    Driver(DriverNumber),
    /// [`crate::CarRow`] of one car.
    Car(DriverNumber),
    /// [`overcut_domain::Lap`].
    Lap(DriverNumber, LapNumber),
    /// [`overcut_domain::Stint`], by number from 1.
    Stint(DriverNumber, u8),
    /// [`overcut_domain::PitStop`], by number from 1.
    PitStop(DriverNumber, u8),
    /// [`overcut_domain::RaceControlMessage`], by index.
    RaceControl(u16),
    /// [`overcut_domain::RadioCapture`], by index in order of arrival.
    Radio(u16),
    /// A car that left the list.
    Gone(DriverNumber),
    /// [`overcut_domain::FeedState`] of one feed.
    Feed(Feed),
    /// [`overcut_domain::FeedGap`], by index.
    Gap(u16),
    /// [`overcut_domain::Forecast`].
    Forecast,
}

//! What a client may see, part by part, and the key under which each part replaces its older self.

use std::sync::Arc;

use overcut_domain::{
    Alert, DriverNumber, Feed, FeedGap, FeedState, Forecast, Lap, LapNumber, PitStop, RaceControlMessage, RadioCapture,
    SessionTime, Stint, Weather,
};
use overcut_session::{CarRow, DriverEntry, SessionState, TrackState};

/// One part of what a client may see, whole. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// The session.
    Session(Arc<SessionState>),
    /// The track.
    Track(Arc<TrackState>),
    /// The weather.
    Weather(Arc<Weather>),
    /// A driver.
    Driver(Arc<DriverEntry>),
    /// A row of the board.
    Car(Arc<CarRow>),
    /// A car that left the list.
    Gone(DriverNumber),
    /// A lap.
    Lap(Arc<Lap>),
    /// A stint.
    Stint(Arc<Stint>),
    /// A pit stop.
    PitStop(Arc<PitStop>),
    /// A message of race control.
    RaceControl(Arc<RaceControlMessage>),
    /// A radio recording, by index in order of arrival.
    Radio(u16, Arc<RadioCapture>),
    /// An alert, by index in order of arrival.
    Alert(u16, Arc<Alert>),
    /// Where a feed comes from and how fresh it is.
    Feed(Arc<FeedState>),
    /// A time without some feeds.
    Gap(Arc<FeedGap>),
    /// The weather forecast.
    Forecast(Arc<Forecast>),
}

/// What an item replaces: the latest item of the same key. Its order is the order of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The session.
    Session,
    /// The track.
    Track,
    /// The weather.
    Weather,
    /// A driver.
    Driver(DriverNumber),
    /// A row of the board, or its absence.
    Car(DriverNumber),
    /// A lap.
    Lap(DriverNumber, LapNumber),
    /// A stint.
    Stint(DriverNumber, u8),
    /// A pit stop.
    PitStop(DriverNumber, u8),
    /// A message of race control.
    RaceControl(u16),
    /// A radio recording.
    Radio(u16),
    /// An alert.
    Alert(u16),
    /// A feed.
    Feed(Feed),
    /// A time without some feeds.
    Gap(u16),
    /// The weather forecast.
    Forecast,
}

impl Item {
    /// What this item replaces.
    pub fn key(&self) -> Key {
        match self {
            Item::Session(_) => Key::Session,
            Item::Track(_) => Key::Track,
            Item::Weather(_) => Key::Weather,
            Item::Driver(entry) => Key::Driver(entry.driver),
            Item::Car(row) => Key::Car(row.driver),
            Item::Gone(driver) => Key::Car(*driver),
            Item::Lap(lap) => Key::Lap(lap.driver, lap.number),
            Item::Stint(stint) => Key::Stint(stint.driver, stint.number),
            Item::PitStop(stop) => Key::PitStop(stop.driver, stop.number),
            Item::RaceControl(message) => Key::RaceControl(message.index),
            Item::Radio(index, _) => Key::Radio(*index),
            Item::Alert(index, _) => Key::Alert(*index),
            Item::Feed(state) => Key::Feed(state.feed),
            Item::Gap(gap) => Key::Gap(gap.index),
            Item::Forecast(_) => Key::Forecast,
        }
    }
}

/// One change in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place in the log, from 1. Version 0 is before everything.
    pub version: u64,
    /// When it became known. Never decreases along the log.
    pub time: SessionTime,
    /// The new value.
    pub item: Item,
}

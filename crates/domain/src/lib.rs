//! The words of the sport that every other part of Overcut speaks.
//!
//! Identifiers, units, laps, stints and flags; the [`Event`]s that sources translate their bytes into, and the
//! [`Insight`]s that models and detectors conclude. Whatever crosses the bus, a file or a crate boundary is one of
//! these types. Nothing here does I/O, reads a clock or knows where a value came from.

mod change;
mod event;
mod feed;
mod gap;
mod ids;
mod insight;
mod lap;
mod race_control;
mod raw;
mod sample;
mod session;
mod slug;
mod time;
mod timing;
mod tyre;
mod weather;

pub use change::Change;
pub use event::{
    BestsUpdate, CarBests, CarRaceInfo, CarStints, ChampionshipEntry, ChampionshipUpdate, ClockUpdate, DriverUpdate,
    DriversUpdate, Event, LapCountUpdate, LapPosition, OvertakeReport, PitLaneReport, PitStopReport, RadioCapture,
    RankedTime, SeriesEntry, SeriesMark, Stamped, StintUpdate, StintsUpdate, TopThreeEntry,
};
pub use feed::{Feed, FeedGap, FeedState, Forecast, ForecastStep, Liveness, SourceKind};
pub use gap::{Gap, ParseGapError};
pub use ids::{DriverNumber, LapNumber};
pub use insight::{Alert, AlertKind, Evidence, Insight};
pub use lap::{Lap, PitStop, Speeds, Stint, TimeColour};
pub use race_control::{Flag, FlagScope, RaceControlCategory, RaceControlMessage, SafetyCarMode};
pub use raw::RawMessage;
pub use sample::{CarSample, Drs, PositionSample};
pub use session::{QualifyingPart, SessionInfo, SessionKind, SessionStatus, TrackStatus};
pub use slug::slug;
pub use time::{LapTime, ParseTimeError, SessionTime, UtcTime};
pub use timing::{
    CarTiming, PartStats, SectorUpdate, SegmentStatus, SpeedTrap, SpeedUpdate, TimeUpdate, TimingFeed, TimingUpdate,
};
pub use tyre::Compound;
pub use weather::Weather;

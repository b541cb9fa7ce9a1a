//! Where values come from, how fresh they are, and what is missing.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{SessionTime, UtcTime};

/// A group of topics that come and go together: what a source may give, and what is shown as fresh or stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// Phases, clocks, lap count, track status and the entry list.
    Session,
    /// The timing screen: order, gaps, laps, sectors, speeds, bests.
    Timing,
    /// Stints and grid.
    Tyres,
    /// Messages of race control.
    RaceControl,
    /// The circuit's weather station.
    Weather,
    /// Car channels.
    Cars,
    /// Position fixes.
    Positions,
    /// Pit lane and pit stop times.
    PitStops,
    /// Radio, championship, overtakes: what nothing else is built on.
    Extras,
}

impl Feed {
    /// Every feed, in the order to show them.
    pub const ALL: [Feed; 9] = [
        Feed::Session,
        Feed::Timing,
        Feed::Tyres,
        Feed::RaceControl,
        Feed::Weather,
        Feed::Cars,
        Feed::Positions,
        Feed::PitStops,
        Feed::Extras,
    ];

    /// Stable name, as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Feed::Session => "session",
            Feed::Timing => "timing",
            Feed::Tyres => "tyres",
            Feed::RaceControl => "race_control",
            Feed::Weather => "weather",
            Feed::Cars => "cars",
            Feed::Positions => "positions",
            Feed::PitStops => "pit_stops",
            Feed::Extras => "extras",
        }
    }
}

/// Who says something about a live session, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Formula 1 live timing, pushed.
    SignalR,
    /// The publisher's archive, followed while it grows.
    Archive,
    /// OpenF1, pushed or polled.
    OpenF1,
    /// Open-Meteo's forecasts.
    OpenMeteo,
    /// Our own estimate.
    Estimate,
}

impl SourceKind {
    /// Stable name, as configuration and API write it.
    pub const fn name(self) -> &'static str {
        match self {
            SourceKind::SignalR => "signalr",
            SourceKind::Archive => "archive",
            SourceKind::OpenF1 => "openf1",
            SourceKind::OpenMeteo => "open_meteo",
            SourceKind::Estimate => "estimate",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How fresh a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// As fresh as its best source can be.
    Live,
    /// There, but from a slower source or behind its usual age.
    Late,
    /// Concluded from other feeds.
    Estimated,
    /// Not there: last values stand.
    Missing,
}

impl Liveness {
    /// Stable name, as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Liveness::Live => "live",
            Liveness::Late => "late",
            Liveness::Estimated => "estimated",
            Liveness::Missing => "missing",
        }
    }
}

/// The state of one feed from now on, until the next word about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedState {
    /// Which feed.
    pub feed: Feed,
    /// Where its values come from now; `None` if from nowhere.
    pub source: Option<SourceKind>,
    /// How fresh they are.
    pub liveness: Liveness,
    /// How old values of this source usually are when they arrive, in milliseconds, if that is known.
    pub delay_ms: Option<u32>,
    /// When something last came, on the session clock.
    pub last: Option<SessionTime>,
    /// Why it is not live, in words for a person; empty if it is.
    pub reason: String,
}

/// A time in which some feeds came from nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedGap {
    /// Which gap of the session, from 0 in the order of beginning. A later gap of the same index is news about it.
    pub index: u16,
    /// The feeds that were missing.
    pub feeds: Vec<Feed>,
    /// The last moment before it.
    pub from: SessionTime,
    /// The first moment after it; `None` while it lasts.
    pub to: Option<SessionTime>,
    /// Which source gave afterwards what was missed; `None` if nothing did.
    pub filled_by: Option<SourceKind>,
    /// Why, in words for a person.
    pub reason: String,
}

/// A weather forecast for the circuit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Forecast {
    /// When it was fetched.
    pub fetched_at: UtcTime,
    /// The steps, in order of time.
    pub steps: Vec<ForecastStep>,
}

/// One step of a forecast. What the forecaster does not say is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ForecastStep {
    /// The moment it is for.
    pub utc: UtcTime,
    /// Air temperature two metres above the ground, °C.
    pub air_temperature_c: Option<f32>,
    /// Rain, showers and snow in the step, mm.
    pub precipitation_mm: Option<f32>,
    /// Probability of more than 0.1 mm, %.
    pub precipitation_percent: Option<u8>,
    /// Cloud cover, %.
    pub cloud_percent: Option<u8>,
    /// Wind ten metres above the ground, m/s.
    pub wind_speed_mps: Option<f32>,
    /// Where the wind comes from, degrees from north.
    pub wind_direction_deg: Option<u16>,
    /// Weather as the WMO's code 4677 has it.
    pub weather_code: Option<u8>,
}

//! What the session says about the track and each car: whether a car is driven in anger, and on which lap.

use overcut_domain::{DriverNumber, Event, LapNumber, SessionStatus, SessionTime, TrackStatus};
use overcut_session::{CarStatus, Session};

use crate::config::Config;

/// How much later than the car's crossing of the line the new lap is told.
const LAP_NEWS_MS: i64 = 1_000;
/// How long after race control's word an open wing is still an old one.
const DRS_NEWS_MS: i64 = 3_000;

/// The track as far as detectors care.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrackSetting {
    is_open: bool,
    /// From when on cars may be judged: the track has been open and quiet long enough.
    quiet_from: SessionTime,
    has_status: bool,
    key: Option<u32>,
    /// Since when DRS has been forbidden, if it is.
    pub(crate) drs_disabled_since: Option<SessionTime>,
}

impl TrackSetting {
    /// Takes in what an event has done to the session. True if another session has begun.
    pub(crate) fn update(&mut self, time: SessionTime, event: &Event, session: &Session, config: &Config) -> bool {
        let key = session.state().info.key;
        let is_new = self.key.is_some() && key.is_some() && key != self.key;
        self.key = key.or(self.key);
        self.has_status |= matches!(event, Event::SessionStatus(_)) || session.state().started_at.is_some();
        let is_open = self.is_running(session) && is_green(session.track().status);
        if is_open && !self.is_open {
            // The first word of a capture that begins in mid-session is no restart, but may follow one: wait as well.
            self.quiet_from = time + i64::from(config.settle_after_track_ms);
        }
        self.is_open = is_open;
        self.drs_disabled_since = match session.track().overtaking_aid {
            Some(false) => self.drs_disabled_since.or(Some(time + DRS_NEWS_MS)),
            _ => None,
        };
        is_new
    }

    /// From when on samples may be judged; `None` while the track is not open.
    pub(crate) fn racing_from(&self) -> Option<SessionTime> {
        self.is_open.then_some(self.quiet_from)
    }

    /// A feed that never states a status, and a table, is taken to be running.
    fn is_running(&self, session: &Session) -> bool {
        match session.state().status {
            SessionStatus::Started => true,
            SessionStatus::Inactive => !self.has_status,
            SessionStatus::Aborted | SessionStatus::Finished | SessionStatus::Finalised | SessionStatus::Ends => false,
        }
    }
}

fn is_green(status: TrackStatus) -> bool {
    matches!(status, TrackStatus::Clear | TrackStatus::Yellow)
}

/// One car as far as detectors care.
#[derive(Debug, Clone)]
pub(crate) struct CarSetting {
    is_on_track: bool,
    on_track_from: SessionTime,
    lap: Option<LapNumber>,
    lap_before: Option<LapNumber>,
    lap_since: SessionTime,
}

impl Default for CarSetting {
    /// A car of which nothing is known is on track: captures that begin in mid-session do not say it.
    fn default() -> Self {
        CarSetting {
            is_on_track: true,
            on_track_from: SessionTime::ZERO,
            lap: None,
            lap_before: None,
            lap_since: SessionTime::ZERO,
        }
    }
}

impl CarSetting {
    /// Takes in what the session now says about the car.
    pub(crate) fn update(&mut self, time: SessionTime, driver: DriverNumber, session: &Session, settle_ms: i64) {
        let Some(row) = session.car(driver) else { return };
        let is_on_track = matches!(row.status, CarStatus::OnTrack | CarStatus::OutLap);
        if is_on_track && !self.is_on_track {
            self.on_track_from = time + settle_ms;
        }
        self.is_on_track = is_on_track;
        let lap = (row.lap.0 > 0).then_some(row.lap);
        if lap != self.lap {
            (self.lap_before, self.lap, self.lap_since) = (self.lap, lap, time);
        }
    }

    /// From when on the car's samples may be judged; `None` while it is in the pits or out.
    pub(crate) fn racing_from(&self) -> Option<SessionTime> {
        self.is_on_track.then_some(self.on_track_from)
    }

    /// The lap the car was on at a moment of the last minute.
    pub(crate) fn lap_at(&self, time: SessionTime) -> Option<LapNumber> {
        if time + LAP_NEWS_MS < self.lap_since { self.lap_before } else { self.lap }
    }
}

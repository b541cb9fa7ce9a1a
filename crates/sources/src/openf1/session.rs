//! What session the rows are of, who takes part, and from which places they start.

use std::collections::BTreeMap;

use overcut_domain::{
    CarStints, DriverNumber, DriverUpdate, DriversUpdate, Event, Feed, SessionInfo, SessionStatus, StintsUpdate,
    UtcTime,
};

use super::rows::{Drivers, Meetings, Row, Sessions, StartingGrid};
use super::tell::{Telling, shifted};
use crate::topic::{offset_s, session_kind};

/// Most sessions and weekends that are remembered by name. A season has about 130 sessions.
const MAX_NAMES: usize = 500;

/// Sessions open this long before their planned start: the feed's own clocks begin about then.
const OPENS_BEFORE_MS: i64 = 3_600_000;

/// The session that rows belong to.
#[derive(Debug, Default)]
pub(super) struct Current {
    key: Option<u32>,
    /// What is known of sessions, by key.
    sessions: BTreeMap<u32, SessionInfo>,
    /// Names of weekends, by key.
    meetings: BTreeMap<u32, String>,
}

impl Current {
    pub(super) fn key(&self) -> Option<u32> {
        self.key
    }

    fn info(&self) -> Option<&SessionInfo> {
        self.sessions.get(&self.key?)
    }

    pub(super) fn is_race(&self) -> bool {
        self.info().is_some_and(|info| info.kind.is_race())
    }

    /// True for the key of another session than the one that runs.
    pub(super) fn is_other(&self, key: u32) -> bool {
        self.key.is_some_and(|current| current != key)
    }

    /// True if rows of that session are wanted. The first key that rows name is that of the session.
    pub(super) fn admits(&mut self, key: u32, news: &mut Vec<Telling>) -> bool {
        if self.key.is_none() {
            self.begin(key, news);
        }
        self.key == Some(key)
    }

    /// Another session begins.
    pub(super) fn begin(&mut self, key: u32, news: &mut Vec<Telling>) {
        self.key = Some(key);
        // What waits to be told was of the session before.
        news.clear();
        self.sessions.entry(key).or_insert_with(|| SessionInfo { key: Some(key), ..SessionInfo::default() });
        self.tell(news);
        news.push(Telling::of_opening(Feed::Session, Event::SessionStatus(SessionStatus::Inactive)));
    }

    fn tell(&self, news: &mut Vec<Telling>) {
        if let Some(info) = self.info() {
            news.push(Telling::of_opening(Feed::Session, Event::SessionInfo(Box::new(info.clone()))));
        }
    }

    /// When the session opens: one hour before its planned start, or with the first row's whole minute where the plan
    /// is not known or the row is earlier.
    pub(super) fn opening(&self, first: Option<UtcTime>) -> Option<UtcTime> {
        let planned = self.info().and_then(|info| info.starts_at).map(|start| shifted(start, -OPENS_BEFORE_MS));
        let first = first.map(|first| shifted(first, -first.as_millis().rem_euclid(60_000)));
        match planned {
            Some(planned) => Some(first.map_or(planned, |first| first.min(planned))),
            None => first,
        }
    }

    /// Takes in what sessions are. A single one that starts after everything so far is the one that runs from now on.
    /// Returns true if it is another than before.
    pub(super) fn take_sessions(
        &mut self,
        rows: Vec<Sessions>,
        last: Option<UtcTime>,
        news: &mut Vec<Telling>,
    ) -> bool {
        let is_single = rows.len() == 1;
        let mut is_another = false;
        for row in rows.into_iter().filter(|row| row.is_cancelled.get() != Some(true)) {
            let Some(key) = row.session_key() else { continue };
            if self.sessions.len() >= MAX_NAMES && !self.sessions.contains_key(&key) {
                continue;
            }
            let info = self.info_of(key, row);
            let is_later = info.starts_at.zip(last).is_some_and(|(starts, last)| starts > last);
            let was_known = self.sessions.insert(key, info.clone()).is_some_and(|known| known == info);
            if is_single && (self.key.is_none() || self.is_other(key) && is_later) {
                is_another = self.key.is_some();
                self.begin(key, news);
            } else if self.key == Some(key) && !was_known {
                self.tell(news);
            }
        }
        is_another
    }

    fn info_of(&self, key: u32, row: Sessions) -> SessionInfo {
        let name = row.session_name.get().unwrap_or_default();
        let kind = session_kind(&row.session_type.get().unwrap_or_default(), &name);
        let meeting_key = row.meeting_key.get();
        let meeting_name = meeting_key.and_then(|key| self.meetings.get(&key)).cloned().unwrap_or_default();
        SessionInfo {
            key: Some(key),
            meeting_key,
            circuit_key: row.circuit_key.get(),
            meeting_name,
            location: row.location.get().unwrap_or_default(),
            country: row.country_name.get().unwrap_or_default(),
            circuit_name: row.circuit_short_name.get().unwrap_or_default(),
            name,
            kind,
            starts_at: row.date_start.get(),
            ends_at: row.date_end.get(),
            utc_offset_s: row.gmt_offset.get().as_deref().and_then(offset_s),
            archive_path: String::new(),
        }
    }

    pub(super) fn take_meetings(&mut self, rows: Vec<Meetings>, news: &mut Vec<Telling>) {
        for row in rows {
            let (Some(key), Some(name)) = (row.meeting_key.get(), row.meeting_name.get()) else { continue };
            if self.meetings.len() >= MAX_NAMES && !self.meetings.contains_key(&key) {
                continue;
            }
            let is_ours = self.info().is_some_and(|info| info.meeting_key == Some(key) && info.meeting_name != name);
            let of_meeting = self.sessions.values_mut().filter(|info| info.meeting_key == Some(key));
            of_meeting.for_each(|info| info.meeting_name.clone_from(&name));
            self.meetings.insert(key, name);
            if is_ours {
                self.tell(news);
            }
        }
    }
}

/// The entry list. Its texts are null in some live sessions: what was known of the driver then stands.
pub(super) fn drivers(rows: Vec<Drivers>, news: &mut Vec<Telling>) {
    let update = |row: Drivers| {
        Some(DriverUpdate {
            driver: DriverNumber(row.driver_number.get()?),
            line: None,
            tla: row.name_acronym.get(),
            full_name: row.full_name.get(),
            broadcast_name: row.broadcast_name.get(),
            first_name: row.first_name.get(),
            last_name: row.last_name.get(),
            team: row.team_name.get(),
            team_colour: row.team_colour.get(),
        })
    };
    let drivers: Vec<DriverUpdate> = rows.into_iter().filter_map(update).collect();
    if !drivers.is_empty() {
        let update = DriversUpdate { drivers, ..DriversUpdate::default() };
        news.push(Telling::of_opening(Feed::Session, Event::Drivers(update)));
    }
}

/// The grid.
pub(super) fn grid(rows: Vec<StartingGrid>, news: &mut Vec<Telling>) {
    let place = |row: StartingGrid| {
        let driver = DriverNumber(row.driver_number.get()?);
        let grid_position = row.position.get().filter(|place| *place > 0);
        Some(CarStints { driver, grid_position, ..CarStints::default() })
    };
    let cars: Vec<CarStints> = rows.into_iter().filter_map(place).collect();
    if !cars.is_empty() {
        news.push(Telling::of_opening(Feed::Tyres, Event::Stints(StintsUpdate { cars })));
    }
}

//! Messages of race control, the phases of the session that they tell of, and the weather.
//!
//! OpenF1 lists the session's phases among the messages, as `SESSION STARTED` and the like; the feed does not, so they
//! become phases and no messages. It has no list of track statuses: they follow from the flags, in the same second as
//! the feed's own (checked on the races of 2025 and 2026).

use std::collections::{BTreeMap, BTreeSet};

use overcut_domain::{
    DriverNumber, Event, Feed, Flag, FlagScope, LapNumber, QualifyingPart, RaceControlCategory, RaceControlMessage,
    SafetyCarMode, SessionStatus, TimingUpdate, TrackStatus, UtcTime,
};

use super::rows::{self, Weather};
use super::tell::{Telling, shifted};
use crate::report::{DecodeReport, Skip};
use crate::tables::{category_of, safety_car_of, status_of};

/// Most messages of a session: a long race has two hundred.
const MAX_MESSAGES: usize = 10_000;
/// Most readings of the weather that are remembered: a week of them.
const MAX_READINGS: usize = 10_000;

/// What race control and the weather station said so far.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// Index of each message that was told, by when it was issued, its text and its car.
    indexes: BTreeMap<(UtcTime, String, Option<u16>), u16>,
    status: TrackStatus,
    yellow: BTreeSet<u8>,
    parts: Vec<(UtcTime, QualifyingPart)>,
    weather: BTreeMap<UtcTime, overcut_domain::Weather>,
}

impl Control {
    /// When each part of qualifying began, in order of time.
    pub(super) fn parts(&self) -> &[(UtcTime, QualifyingPart)] {
        &self.parts
    }

    pub(super) fn take(
        &mut self,
        mut rows: Vec<rows::RaceControl>,
        report: &mut DecodeReport,
        news: &mut Vec<Telling>,
    ) {
        rows.sort_by_key(|row| row.date.get());
        for row in rows {
            let part = row.qualifying_phase.get();
            let Some(message) = message_of(row) else {
                report.skip(Skip::BadRow, b"race_control without date or message");
                continue;
            };
            let Some(utc) = message.utc else { continue };
            let at = issued_at(utc);
            let key = (utc, message.text.clone(), message.driver.map(|driver| driver.0));
            if self.indexes.contains_key(&key) || self.indexes.len() >= MAX_MESSAGES {
                continue;
            }
            let is_phase = message.category == RaceControlCategory::SessionStatus;
            // Phases are no messages of the feed and take no place in its list.
            let index = u16::try_from(self.n_messages()).unwrap_or(u16::MAX);
            self.indexes.insert(key, if is_phase { u16::MAX } else { index });
            self.begin_part(at, part, news);
            if is_phase {
                tell_phase(at, &message.text, news);
            } else {
                self.tell_status(at, &message, news);
                let messages = vec![RaceControlMessage { index, ..message }];
                news.push(Telling::new(at, Feed::RaceControl, Event::RaceControl(messages)));
            }
        }
    }

    fn n_messages(&self) -> usize {
        self.indexes.values().filter(|index| **index < u16::MAX).count()
    }

    fn begin_part(&mut self, at: UtcTime, part: Option<u8>, news: &mut Vec<Telling>) {
        let Some(part) = part.filter(|part| (1..=3).contains(part)).map(QualifyingPart) else { return };
        if self.parts.iter().any(|(_, known)| *known >= part) {
            return;
        }
        self.parts.push((at, part));
        let update = TimingUpdate { part: Some(part), ..TimingUpdate::default() };
        news.push(Telling::new(at, Feed::Session, Event::Timing(Box::new(update))));
    }

    fn tell_status(&mut self, at: UtcTime, message: &RaceControlMessage, news: &mut Vec<Telling>) {
        let status = self.status_after(message);
        if status != self.status {
            self.status = status;
            news.push(Telling::new(at, Feed::Session, Event::TrackStatus(status)));
        }
    }

    /// The state of the track once the message is out.
    fn status_after(&mut self, message: &RaceControlMessage) -> TrackStatus {
        match (message.safety_car, message.status.as_str()) {
            (Some(SafetyCarMode::SafetyCar), "DEPLOYED") => return TrackStatus::SafetyCar,
            (Some(SafetyCarMode::Virtual), "DEPLOYED") => return TrackStatus::VirtualSafetyCar,
            (Some(SafetyCarMode::Virtual), "ENDING") => return TrackStatus::VirtualSafetyCarEnding,
            _ => {}
        }
        match (message.flag, message.scope) {
            (Some(Flag::Red), _) => return TrackStatus::Red,
            (Some(Flag::Clear), Some(FlagScope::Track)) => {
                self.yellow.clear();
                return TrackStatus::Clear;
            }
            // The pit exit opens: that ends a red flag, and nothing else.
            (Some(Flag::Green), Some(FlagScope::Track)) if self.status == TrackStatus::Red => {
                return TrackStatus::Clear;
            }
            (Some(Flag::Yellow | Flag::DoubleYellow), Some(FlagScope::Sector(sector))) => {
                self.yellow.insert(sector);
            }
            (Some(Flag::Clear | Flag::Green), Some(FlagScope::Sector(sector))) => {
                self.yellow.remove(&sector);
            }
            _ => return self.status,
        }
        match self.status {
            TrackStatus::Clear if !self.yellow.is_empty() => TrackStatus::Yellow,
            TrackStatus::Yellow if self.yellow.is_empty() => TrackStatus::Clear,
            status => status,
        }
    }

    pub(super) fn take_weather(&mut self, rows: Vec<Weather>, report: &mut DecodeReport, news: &mut Vec<Telling>) {
        for row in rows {
            let Some(date) = row.date.get() else {
                report.skip(Skip::BadRow, b"weather without date");
                continue;
            };
            let weather = overcut_domain::Weather {
                air_temperature_c: row.air_temperature.get(),
                track_temperature_c: row.track_temperature.get(),
                humidity_percent: row.humidity.get(),
                pressure_mbar: row.pressure.get(),
                is_raining: row.rainfall.get().map(|rain| rain > 0.0),
                wind_direction_deg: row.wind_direction.get(),
                wind_speed_mps: row.wind_speed.get(),
            };
            let is_news = self.weather.get(&date) != Some(&weather);
            if is_news && (self.weather.len() < MAX_READINGS || self.weather.contains_key(&date)) {
                self.weather.insert(date, weather);
                news.push(Telling::new(date, Feed::Weather, Event::Weather(weather)));
            }
        }
    }
}

/// When a message was out. Stamps of messages are cut to the second, so it may have been up to a second later, and
/// never earlier: a chequered flag would otherwise fall before the winner's crossing.
fn issued_at(utc: UtcTime) -> UtcTime {
    if utc.as_millis() % 1000 == 0 { shifted(utc, 999) } else { utc }
}

fn message_of(row: rows::RaceControl) -> Option<RaceControlMessage> {
    let (utc, text) = (row.date.get()?, row.message.get()?);
    let driver = row.driver_number.get().map(DriverNumber);
    let scope = match row.scope.get().as_deref() {
        Some("Track") => Some(FlagScope::Track),
        Some("Sector") => row.sector.get().map(FlagScope::Sector),
        Some("Driver") => driver.map(FlagScope::Driver),
        _ => None,
    };
    let category = category_of(&row.category.get().unwrap_or_default());
    Some(RaceControlMessage {
        index: 0,
        utc: Some(utc),
        lap: row.lap_number.get().map(LapNumber),
        category,
        flag: row.flag.get().as_deref().and_then(Flag::from_name),
        scope,
        driver,
        safety_car: safety_car_of(category, &text),
        status: status_of(category, &text).to_owned(),
        text,
    })
}

/// `SESSION STARTED` and the like.
fn tell_phase(at: UtcTime, text: &str, news: &mut Vec<Telling>) {
    let status = match text.trim().strip_prefix("SESSION ") {
        Some("INACTIVE") => SessionStatus::Inactive,
        Some("STARTED" | "RESUMED") => SessionStatus::Started,
        Some("ABORTED") => SessionStatus::Aborted,
        Some("FINISHED") => SessionStatus::Finished,
        Some("FINALISED") => SessionStatus::Finalised,
        Some("ENDS" | "ENDED") => SessionStatus::Ends,
        _ => return,
    };
    news.push(Telling::new(at, Feed::Session, Event::SessionStatus(status)));
}

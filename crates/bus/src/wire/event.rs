//! Events: which is which, and what they say of session, track, feeds and weather.

use overcut_domain::{
    ClockUpdate, DriverUpdate, DriversUpdate, Event, Feed, FeedGap, FeedState, Flag, FlagScope, Forecast, ForecastStep,
    LapCountUpdate, LapNumber, Liveness, QualifyingPart, RaceControlCategory, RaceControlMessage, SafetyCarMode,
    SeriesEntry, SeriesMark, SessionInfo, SessionKind, SessionStatus, SessionTime, SourceKind, TimingUpdate,
    TrackStatus, UtcTime, Weather,
};

use super::change::{driver, drivers, lap, lap_pb, narrow, narrow_some, numbers, time, utc, utc_pb, utc_some};
use super::enums::Word;
use super::samples::{read_cars, read_positions, write_cars, write_positions};
use super::{Wire, WireError, pb, read_all, write_all};

/// Writes an event of that moment.
pub(super) fn write_event(at: SessionTime, event: &Event) -> pb::Event {
    use pb::event::Event as Pb;
    let event = match event {
        Event::Heartbeat(utc) => Pb::HeartbeatUtcMs(utc.as_millis()),
        Event::UtcOfZero(utc) => Pb::UtcOfZeroMs(utc.as_millis()),
        Event::SessionInfo(info) => Pb::SessionInfo(info.write()),
        Event::SessionStatus(status) => Pb::SessionStatus(status.pb_code()),
        Event::Series(entries) => Pb::Series(pb::Series { entries: write_all(entries) }),
        Event::Clock(clock) => Pb::Clock(clock.write()),
        Event::LapCount(laps) => Pb::LapCount(laps.write()),
        Event::TrackStatus(status) => Pb::TrackStatus(status.pb_code()),
        Event::RaceControl(messages) => Pb::RaceControl(pb::RaceControl { messages: write_all(messages) }),
        Event::Weather(weather) => Pb::Weather(weather.write()),
        Event::Drivers(update) => Pb::Drivers(update.write()),
        Event::Timing(update) => Pb::Timing(update.write()),
        Event::Stints(update) => Pb::Stints(pb::StintsUpdate { cars: write_all(&update.cars) }),
        Event::Bests(update) => Pb::Bests(pb::BestsUpdate { cars: write_all(&update.cars) }),
        Event::TopThree(rows) => Pb::TopThree(pb::TopThree { rows: write_all(rows) }),
        Event::Cars(samples) => Pb::Cars(write_cars(at, samples)),
        Event::Positions(samples) => Pb::Positions(write_positions(at, samples)),
        Event::PitLane(reports) => Pb::PitLane(pb::PitLane { reports: write_all(reports) }),
        Event::PitStops(reports) => Pb::PitStops(pb::PitStops { reports: write_all(reports) }),
        Event::Radio(captures) => Pb::Radio(pb::Radio { captures: write_all(captures) }),
        Event::RaceInfo(cars) => Pb::RaceInfo(pb::RaceInfo { cars: write_all(cars) }),
        Event::Championship(update) => Pb::Championship(update.write()),
        Event::Overtakes(reports) => Pb::Overtakes(pb::Overtakes { reports: write_all(reports) }),
        Event::LapPositions(positions) => Pb::LapPositions(pb::LapPositions { positions: write_all(positions) }),
        Event::Feeds(states) => Pb::Feeds(pb::Feeds { states: write_all(states) }),
        Event::Gap(gap) => Pb::Gap(gap.write()),
        Event::Forecast(forecast) => Pb::Forecast(forecast.write()),
    };
    pb::Event { event: Some(event) }
}

/// Reads an event of that moment.
pub(super) fn read_event(at: SessionTime, pb: pb::Event) -> Result<Event, WireError> {
    use overcut_domain::{BestsUpdate, StintsUpdate};
    use pb::event::Event as Pb;
    Ok(match pb.event.ok_or(WireError::Missing { what: "the event" })? {
        Pb::HeartbeatUtcMs(ms) => Event::Heartbeat(utc(ms)?),
        Pb::UtcOfZeroMs(ms) => Event::UtcOfZero(utc(ms)?),
        Pb::SessionInfo(info) => Event::SessionInfo(Box::new(SessionInfo::read(info)?)),
        Pb::SessionStatus(status) => Event::SessionStatus(SessionStatus::read(status)?),
        Pb::Series(series) => Event::Series(read_all(series.entries)?),
        Pb::Clock(clock) => Event::Clock(ClockUpdate::read(clock)?),
        Pb::LapCount(laps) => Event::LapCount(LapCountUpdate::read(laps)?),
        Pb::TrackStatus(status) => Event::TrackStatus(TrackStatus::read(status)?),
        Pb::RaceControl(control) => Event::RaceControl(read_all(control.messages)?),
        Pb::Weather(weather) => Event::Weather(Weather::read(weather)?),
        Pb::Drivers(update) => Event::Drivers(DriversUpdate::read(update)?),
        Pb::Timing(update) => Event::Timing(Box::new(TimingUpdate::read(update)?)),
        Pb::Stints(update) => Event::Stints(StintsUpdate { cars: read_all(update.cars)? }),
        Pb::Bests(update) => Event::Bests(BestsUpdate { cars: read_all(update.cars)? }),
        Pb::TopThree(top) => Event::TopThree(read_all(top.rows)?),
        Pb::Cars(samples) => Event::Cars(read_cars(at, &samples)?),
        Pb::Positions(samples) => Event::Positions(read_positions(at, &samples)?),
        Pb::PitLane(lane) => Event::PitLane(read_all(lane.reports)?),
        Pb::PitStops(stops) => Event::PitStops(read_all(stops.reports)?),
        Pb::Radio(radio) => Event::Radio(read_all(radio.captures)?),
        Pb::RaceInfo(info) => Event::RaceInfo(read_all(info.cars)?),
        Pb::Championship(update) => Event::Championship(Wire::read(update)?),
        Pb::Overtakes(overtakes) => Event::Overtakes(read_all(overtakes.reports)?),
        Pb::LapPositions(laps) => Event::LapPositions(read_all(laps.positions)?),
        Pb::Feeds(feeds) => Event::Feeds(read_all(feeds.states)?),
        Pb::Gap(gap) => Event::Gap(FeedGap::read(gap)?),
        Pb::Forecast(forecast) => Event::Forecast(Box::new(Forecast::read(forecast)?)),
    })
}

impl Wire for SessionInfo {
    type Pb = pb::SessionInfo;

    fn write(&self) -> pb::SessionInfo {
        pb::SessionInfo {
            key: self.key,
            meeting_key: self.meeting_key,
            circuit_key: self.circuit_key,
            meeting_name: self.meeting_name.clone(),
            location: self.location.clone(),
            country: self.country.clone(),
            circuit_name: self.circuit_name.clone(),
            name: self.name.clone(),
            kind: self.kind.pb_code(),
            starts_at_ms: utc_pb(self.starts_at),
            ends_at_ms: utc_pb(self.ends_at),
            utc_offset_s: self.utc_offset_s,
            archive_path: self.archive_path.clone(),
        }
    }

    fn read(pb: pb::SessionInfo) -> Result<Self, WireError> {
        Ok(SessionInfo {
            key: pb.key,
            meeting_key: pb.meeting_key,
            circuit_key: pb.circuit_key,
            meeting_name: pb.meeting_name,
            location: pb.location,
            country: pb.country,
            circuit_name: pb.circuit_name,
            name: pb.name,
            kind: SessionKind::read(pb.kind)?,
            starts_at: utc_some(pb.starts_at_ms)?,
            ends_at: utc_some(pb.ends_at_ms)?,
            utc_offset_s: pb.utc_offset_s,
            archive_path: pb.archive_path,
        })
    }
}

impl Wire for SeriesEntry {
    type Pb = pb::SeriesEntry;

    fn write(&self) -> pb::SeriesEntry {
        use pb::series_entry::Mark as Pb;
        let mark = match self.mark {
            SeriesMark::Lap(lap) => Pb::Lap(lap.0.into()),
            SeriesMark::Part(part) => Pb::Part(part.0.into()),
            SeriesMark::Track(status) => Pb::Track(status.pb_code()),
            SeriesMark::Session(status) => Pb::Session(status.pb_code()),
        };
        pb::SeriesEntry { utc_ms: self.utc.as_millis(), mark: Some(mark) }
    }

    fn read(pb: pb::SeriesEntry) -> Result<Self, WireError> {
        use pb::series_entry::Mark as Pb;
        let mark = match pb.mark.ok_or(WireError::Missing { what: "the mark of the session's diary" })? {
            Pb::Lap(lap) => SeriesMark::Lap(LapNumber(narrow(lap, "lap number")?)),
            Pb::Part(part) => SeriesMark::Part(QualifyingPart(narrow(part, "qualifying part")?)),
            Pb::Track(status) => SeriesMark::Track(TrackStatus::read(status)?),
            Pb::Session(status) => SeriesMark::Session(SessionStatus::read(status)?),
        };
        Ok(SeriesEntry { utc: utc(pb.utc_ms)?, mark })
    }
}

impl Wire for ClockUpdate {
    type Pb = pb::ClockUpdate;

    fn write(&self) -> pb::ClockUpdate {
        pb::ClockUpdate { utc_ms: utc_pb(self.utc), remaining_ms: self.remaining_ms, is_running: self.is_running }
    }

    fn read(pb: pb::ClockUpdate) -> Result<Self, WireError> {
        Ok(ClockUpdate { utc: utc_some(pb.utc_ms)?, remaining_ms: pb.remaining_ms, is_running: pb.is_running })
    }
}

impl Wire for LapCountUpdate {
    type Pb = pb::LapCountUpdate;

    fn write(&self) -> pb::LapCountUpdate {
        pb::LapCountUpdate { current: self.current.map(u32::from), total: self.total.map(u32::from) }
    }

    fn read(pb: pb::LapCountUpdate) -> Result<Self, WireError> {
        let laps = |laps| narrow_some(laps, "number of laps");
        Ok(LapCountUpdate { current: laps(pb.current)?, total: laps(pb.total)? })
    }
}

impl Wire for RaceControlMessage {
    type Pb = pb::RaceControlMessage;

    fn write(&self) -> pb::RaceControlMessage {
        use pb::race_control_message::Scope as Pb;
        let scope = |scope| match scope {
            FlagScope::Track => Pb::ScopeTrack(true),
            FlagScope::Sector(sector) => Pb::ScopeSector(u32::from(sector)),
            FlagScope::Driver(driver) => Pb::ScopeDriver(driver.0.into()),
        };
        pb::RaceControlMessage {
            index: self.index.into(),
            utc_ms: utc_pb(self.utc),
            lap: lap_pb(self.lap),
            category: self.category.pb_code(),
            flag: Flag::code_some(self.flag),
            scope: self.scope.map(scope),
            driver: self.driver.map(|driver| driver.0.into()),
            safety_car: SafetyCarMode::code_some(self.safety_car),
            status: self.status.clone(),
            text: self.text.clone(),
        }
    }

    fn read(pb: pb::RaceControlMessage) -> Result<Self, WireError> {
        use pb::race_control_message::Scope as Pb;
        let scope = |scope| {
            Ok::<_, WireError>(match scope {
                Pb::ScopeTrack(_) => FlagScope::Track,
                Pb::ScopeSector(sector) => FlagScope::Sector(narrow(sector, "marshal sector")?),
                Pb::ScopeDriver(number) => FlagScope::Driver(driver(number)?),
            })
        };
        Ok(RaceControlMessage {
            index: narrow(pb.index, "index of a message")?,
            utc: utc_some(pb.utc_ms)?,
            lap: lap(pb.lap)?,
            category: RaceControlCategory::read(pb.category)?,
            flag: Flag::read_some(pb.flag)?,
            scope: pb.scope.map(scope).transpose()?,
            driver: pb.driver.map(driver).transpose()?,
            safety_car: SafetyCarMode::read_some(pb.safety_car)?,
            status: pb.status,
            text: pb.text,
        })
    }
}

impl Wire for Weather {
    type Pb = pb::Weather;

    fn write(&self) -> pb::Weather {
        pb::Weather {
            air_temperature_c: self.air_temperature_c,
            track_temperature_c: self.track_temperature_c,
            humidity_percent: self.humidity_percent,
            pressure_mbar: self.pressure_mbar,
            is_raining: self.is_raining,
            wind_direction_deg: self.wind_direction_deg.map(u32::from),
            wind_speed_mps: self.wind_speed_mps,
        }
    }

    fn read(pb: pb::Weather) -> Result<Self, WireError> {
        Ok(Weather {
            air_temperature_c: pb.air_temperature_c,
            track_temperature_c: pb.track_temperature_c,
            humidity_percent: pb.humidity_percent,
            pressure_mbar: pb.pressure_mbar,
            is_raining: pb.is_raining,
            wind_direction_deg: narrow_some(pb.wind_direction_deg, "wind direction")?,
            wind_speed_mps: pb.wind_speed_mps,
        })
    }
}

impl Wire for DriversUpdate {
    type Pb = pb::DriversUpdate;

    fn write(&self) -> pb::DriversUpdate {
        pb::DriversUpdate { is_full: self.is_full, drivers: write_all(&self.drivers), removed: numbers(&self.removed) }
    }

    fn read(pb: pb::DriversUpdate) -> Result<Self, WireError> {
        Ok(DriversUpdate { is_full: pb.is_full, drivers: read_all(pb.drivers)?, removed: drivers(pb.removed)? })
    }
}

impl Wire for DriverUpdate {
    type Pb = pb::DriverUpdate;

    fn write(&self) -> pb::DriverUpdate {
        pb::DriverUpdate {
            driver: self.driver.0.into(),
            line: self.line.map(u32::from),
            tla: self.tla.clone(),
            full_name: self.full_name.clone(),
            broadcast_name: self.broadcast_name.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            team: self.team.clone(),
            team_colour: self.team_colour.clone(),
        }
    }

    fn read(pb: pb::DriverUpdate) -> Result<Self, WireError> {
        Ok(DriverUpdate {
            driver: driver(pb.driver)?,
            line: narrow_some(pb.line, "line")?,
            tla: pb.tla,
            full_name: pb.full_name,
            broadcast_name: pb.broadcast_name,
            first_name: pb.first_name,
            last_name: pb.last_name,
            team: pb.team,
            team_colour: pb.team_colour,
        })
    }
}

impl Wire for FeedState {
    type Pb = pb::FeedState;

    fn write(&self) -> pb::FeedState {
        pb::FeedState {
            feed: self.feed.pb_code(),
            source: SourceKind::code_some(self.source),
            liveness: self.liveness.pb_code(),
            delay_ms: self.delay_ms,
            last_ms: self.last.map(SessionTime::as_millis),
            reason: self.reason.clone(),
        }
    }

    fn read(pb: pb::FeedState) -> Result<Self, WireError> {
        Ok(FeedState {
            feed: Feed::read(pb.feed)?,
            source: SourceKind::read_some(pb.source)?,
            liveness: Liveness::read(pb.liveness)?,
            delay_ms: pb.delay_ms,
            last: pb.last_ms.map(time).transpose()?,
            reason: pb.reason,
        })
    }
}

impl Wire for FeedGap {
    type Pb = pb::FeedGap;

    fn write(&self) -> pb::FeedGap {
        pb::FeedGap {
            index: self.index.into(),
            feeds: self.feeds.iter().map(|feed| feed.pb_code()).collect(),
            from_ms: self.from.as_millis(),
            to_ms: self.to.map(SessionTime::as_millis),
            filled_by: SourceKind::code_some(self.filled_by),
            reason: self.reason.clone(),
        }
    }

    fn read(pb: pb::FeedGap) -> Result<Self, WireError> {
        Ok(FeedGap {
            index: narrow(pb.index, "index of a gap")?,
            feeds: pb.feeds.into_iter().map(Feed::read).collect::<Result<_, _>>()?,
            from: time(pb.from_ms)?,
            to: pb.to_ms.map(time).transpose()?,
            filled_by: SourceKind::read_some(pb.filled_by)?,
            reason: pb.reason,
        })
    }
}

impl Wire for Forecast {
    type Pb = pb::Forecast;

    fn write(&self) -> pb::Forecast {
        pb::Forecast { fetched_at_ms: self.fetched_at.as_millis(), steps: write_all(&self.steps) }
    }

    fn read(pb: pb::Forecast) -> Result<Self, WireError> {
        Ok(Forecast { fetched_at: utc(pb.fetched_at_ms)?, steps: read_all(pb.steps)? })
    }
}

impl Wire for ForecastStep {
    type Pb = pb::ForecastStep;

    fn write(&self) -> pb::ForecastStep {
        pb::ForecastStep {
            utc_ms: UtcTime::as_millis(self.utc),
            air_temperature_c: self.air_temperature_c,
            precipitation_mm: self.precipitation_mm,
            precipitation_percent: self.precipitation_percent.map(u32::from),
            cloud_percent: self.cloud_percent.map(u32::from),
            wind_speed_mps: self.wind_speed_mps,
            wind_direction_deg: self.wind_direction_deg.map(u32::from),
            weather_code: self.weather_code.map(u32::from),
        }
    }

    fn read(pb: pb::ForecastStep) -> Result<Self, WireError> {
        Ok(ForecastStep {
            utc: utc(pb.utc_ms)?,
            air_temperature_c: pb.air_temperature_c,
            precipitation_mm: pb.precipitation_mm,
            precipitation_percent: narrow_some(pb.precipitation_percent, "probability of rain")?,
            cloud_percent: narrow_some(pb.cloud_percent, "cloud cover")?,
            wind_speed_mps: pb.wind_speed_mps,
            wind_direction_deg: narrow_some(pb.wind_direction_deg, "wind direction")?,
            weather_code: narrow_some(pb.weather_code, "weather code")?,
        })
    }
}

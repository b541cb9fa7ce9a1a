//! Weather, track status, race control, the weekend's description and stationary times: tables that need no more than
//! translating.

use std::collections::BTreeMap;

use overcut_domain::{
    DriverNumber, Flag, FlagScope, LapNumber, LapTime, RaceControlCategory, RaceControlMessage, SafetyCarMode,
    SessionTime, TrackStatus, UtcTime, Weather,
};

use super::cell::{flag, lap_time, moment, real, text, whole};
use super::table::{Table, TableError};
use crate::report::{DecodeReport, Skip};

/// Most rows kept of each of these tables; a weather station reports once a minute.
const MAX_ROWS: usize = 20_000;

/// Reads FastF1's weather.
pub(super) fn read_weather(
    file: &str,
    payload: &[u8],
    rows: &mut Vec<(SessionTime, Weather)>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let time = table.column("Time")?;
    let names = ["AirTemp", "TrackTemp", "Humidity", "Pressure", "WindSpeed"];
    let columns = names.map(|name| table.optional(name));
    let (rain, direction) = (table.optional("Rainfall"), table.optional("WindDirection"));
    while let Some(row) = table.next()? {
        let Some(time) = moment(row.cell(time)).filter(|_| rows.len() < MAX_ROWS) else {
            report.skip(Skip::BadRow, &row.example());
            continue;
        };
        let [air, track, humidity, pressure, wind] = columns.map(|column| real(row.cell(column)).map(|v| v as f32));
        rows.push((
            time,
            Weather {
                air_temperature_c: air,
                track_temperature_c: track,
                humidity_percent: humidity,
                pressure_mbar: pressure,
                is_raining: flag(row.cell(rain)),
                wind_direction_deg: whole(row.cell(direction)),
                wind_speed_mps: wind,
            },
        ));
    }
    Ok(())
}

/// Reads FastF1's track status.
pub(super) fn read_track_status(
    file: &str,
    payload: &[u8],
    rows: &mut Vec<(SessionTime, TrackStatus)>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (time, status) = (table.column("Time")?, table.column("Status")?);
    while let Some(row) = table.next()? {
        let read = moment(row.cell(time)).zip(whole(row.cell(status)).and_then(TrackStatus::from_code));
        match read.filter(|_| rows.len() < MAX_ROWS) {
            Some(read) => rows.push(read),
            None => report.skip(Skip::BadRow, &row.example()),
        }
    }
    Ok(())
}

/// Keys of a session that a table of race control messages carries.
#[derive(Debug, Default)]
pub(super) struct SessionKeys {
    pub(super) session: Option<u32>,
    pub(super) meeting: Option<u32>,
}

/// Reads race control messages with the columns of OpenF1.
pub(super) fn read_race_control(
    file: &str,
    payload: &[u8],
    rows: &mut Vec<RaceControlMessage>,
    report: &mut DecodeReport,
) -> Result<SessionKeys, TableError> {
    let mut table = Table::open(file, payload)?;
    let (date, message) = (table.column("date")?, table.column("message")?);
    let (category, flag_name) = (table.column("category")?, table.column("flag")?);
    let (scope, sector) = (table.optional("scope"), table.optional("sector"));
    let (driver, lap) = (table.optional("driver_number"), table.optional("lap_number"));
    let (session, meeting) = (table.optional("session_key"), table.optional("meeting_key"));
    let mut keys = SessionKeys::default();
    while let Some(row) = table.next()? {
        let utc: Option<UtcTime> = text(row.cell(date)).and_then(|date| date.parse().ok());
        let index = u16::try_from(rows.len()).ok().filter(|_| rows.len() < MAX_ROWS);
        let (Some(text_of), Some(utc), Some(index)) = (text(row.cell(message)), utc, index) else {
            report.skip(Skip::BadRow, &row.example());
            continue;
        };
        keys.session = keys.session.or(whole(row.cell(session)));
        keys.meeting = keys.meeting.or(whole(row.cell(meeting)));
        let driver = whole(row.cell(driver)).map(DriverNumber);
        let scope = match text(row.cell(scope)) {
            Some("Track") => Some(FlagScope::Track),
            Some("Sector") => whole(row.cell(sector)).map(FlagScope::Sector),
            Some("Driver") => driver.map(FlagScope::Driver),
            _ => None,
        };
        let category = category_of(text(row.cell(category)).unwrap_or_default());
        rows.push(RaceControlMessage {
            index,
            utc: Some(utc),
            lap: whole(row.cell(lap)).map(LapNumber),
            category,
            flag: text(row.cell(flag_name)).and_then(Flag::from_name),
            scope,
            driver,
            safety_car: safety_car_of(category, text_of),
            status: status_of(category, text_of).to_owned(),
            text: text_of.to_owned(),
        });
    }
    Ok(keys)
}

pub(crate) fn category_of(name: &str) -> RaceControlCategory {
    match name {
        "Flag" => RaceControlCategory::Flag,
        "SafetyCar" => RaceControlCategory::SafetyCar,
        "Drs" => RaceControlCategory::Drs,
        "CarEvent" => RaceControlCategory::CarEvent,
        "SessionStatus" => RaceControlCategory::SessionStatus,
        _ => RaceControlCategory::Other,
    }
}

/// Which safety car: the tables drop the feed's `Mode`, but its text begins with it.
pub(crate) fn safety_car_of(category: RaceControlCategory, text: &str) -> Option<SafetyCarMode> {
    let is_virtual = text.starts_with("VIRTUAL SAFETY CAR") || text.starts_with("VSC");
    let mode = if is_virtual { SafetyCarMode::Virtual } else { SafetyCarMode::SafetyCar };
    (category == RaceControlCategory::SafetyCar).then_some(mode)
}

/// The feed's status word, which the tables drop but its text ends with.
pub(crate) fn status_of(category: RaceControlCategory, text: &str) -> &'static str {
    let words: &[&'static str] = match category {
        RaceControlCategory::SafetyCar => &["DEPLOYED", "IN THIS LAP", "ENDING"],
        RaceControlCategory::Drs => &["ENABLED", "DISABLED"],
        _ => &[],
    };
    words.iter().find(|word| text.contains(**word)).copied().unwrap_or_default()
}

/// What FastF1 says about the weekend, by name.
pub(super) type EventInfo = BTreeMap<String, String>;

/// Reads FastF1's description of the weekend: a name and a value per row, the header is a row like any other.
pub(super) fn read_event_info(file: &str, payload: &[u8], info: &mut EventInfo) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (name, value) = table.first_two();
    while let Some(row) = table.next()? {
        let said = text(row.cell(name)).zip(text(row.cell(value)));
        if let Some((name, value)) = said.filter(|_| info.len() < MAX_ROWS) {
            info.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(())
}

/// One stationary time of a pit stop.
#[derive(Debug, Clone)]
pub(super) struct StopTime {
    /// As printed: the last name, or the first name too where two share it.
    pub(super) driver: String,
    /// The lap on which the car came in.
    pub(super) lap: LapNumber,
    /// Time standing still.
    pub(super) stop_time: LapTime,
}

/// Reads stationary times.
pub(super) fn read_stop_times(
    file: &str,
    payload: &[u8],
    stops: &mut Vec<StopTime>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (driver, time, lap) = (table.column("Driver")?, table.column("Time (sec)")?, table.column("Lap")?);
    while let Some(row) = table.next()? {
        let read = || {
            Some(StopTime {
                driver: text(row.cell(driver))?.to_owned(),
                lap: LapNumber(whole(row.cell(lap))?),
                stop_time: lap_time(row.cell(time))?,
            })
        };
        match read().filter(|_| stops.len() < MAX_ROWS) {
            Some(stop) => stops.push(stop),
            None => report.skip(Skip::BadRow, &row.example()),
        }
    }
    Ok(())
}

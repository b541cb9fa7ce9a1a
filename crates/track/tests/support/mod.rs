//! Real recordings as telemetry and laps.
#![allow(dead_code)] // each test binary uses its part
#![allow(clippy::unwrap_used)] // helpers of tests

use std::collections::BTreeMap;
use std::path::Path;

use overcut_domain::{DriverNumber, Event, LapTime, SessionTime, Stamped};
use overcut_track::{Span, Telemetry};

/// A session as tests need it.
pub(crate) struct Session {
    pub(crate) telemetry: Telemetry,
    pub(crate) laps: Vec<Lap>,
    /// Visits to the pit lane.
    pub(crate) visits: Vec<Span>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Lap {
    pub(crate) span: Span,
    pub(crate) number: u16,
    pub(crate) time: LapTime,
    pub(crate) first_sector: Option<LapTime>,
    pub(crate) is_clean: bool,
}

impl Session {
    pub(crate) fn clean_laps(&self) -> Vec<Span> {
        self.laps.iter().filter(|lap| lap.is_clean).map(|lap| lap.span).collect()
    }

    pub(crate) fn lap(&self, driver: u16, number: u16) -> Lap {
        *self.laps.iter().find(|lap| lap.span.driver.0 == driver && lap.number == number).unwrap()
    }
}

fn seconds(text: &str) -> Option<SessionTime> {
    let seconds: f64 = text.parse().ok()?;
    Some(SessionTime::from_millis((seconds * 1000.0).round() as i64))
}

/// `0 days 00:57:53.982000`.
fn time_span(text: &str) -> Option<SessionTime> {
    text.strip_prefix("0 days ")?.parse().ok()
}

/// The 2025 Dutch Grand Prix: lap tables with car channels and positions, placed on the session clock.
pub(crate) fn dutch_grand_prix() -> Option<Session> {
    let folder = overcut_testkit::recording("f1/tracinginsights/2025_dutch_gp_race")?;
    let (mut laps, mut visits, mut entered) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut sectors = BTreeMap::new();
    for row in csv::Reader::from_path(folder.join("laps.csv")).unwrap().deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        sectors.insert((row["driver"].clone(), row["lap"].clone()), row["s1"].parse().ok());
    }
    let mut table = csv::Reader::from_path(folder.join("laps_session_clock.csv")).unwrap();
    for row in table.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let driver = DriverNumber(row["DriverNumber"].parse().unwrap());
        let number = row["LapNumber"].parse::<f64>().unwrap() as u16;
        if let Some((start, end)) = entered.remove(&driver).zip(time_span(&row["PitOutTime"])) {
            visits.push(Span { driver, start, end });
        }
        entered.extend(time_span(&row["PitInTime"]).map(|time| (driver, time)));
        let (Some(end), Ok(time)) = (time_span(&row["Time"]), row["LapTime"].parse::<f64>()) else { continue };
        let time = LapTime::from_millis((time * 1000.0).round() as u32);
        let start = end - i64::from(time.as_millis());
        let is_clean = row["IsAccurate"] == "True" && row["TrackStatus"] == "1";
        let first_sector = sectors.get(&(row["Driver"].clone(), number.to_string())).copied().flatten();
        laps.push(Lap { span: Span { driver, start, end }, number, time, first_sector, is_clean });
    }
    Some(Session { telemetry: telemetry(&folder), laps, visits })
}

/// Every sample of a recording.
fn telemetry(path: &Path) -> Telemetry {
    let mut telemetry = Telemetry::new();
    let insert = |stamped: Stamped<Event>| match stamped.value {
        Event::Cars(samples) => drop(telemetry.insert_cars(&samples)),
        Event::Positions(samples) => drop(telemetry.insert_positions(&samples)),
        _ => {}
    };
    overcut_sources::read_events(path, insert).unwrap();
    telemetry
}

/// The sprint of the 2026 Chinese Grand Prix: the feed's own samples, and the laps as another program read them.
pub(crate) fn chinese_sprint() -> Option<Session> {
    let path = overcut_testkit::recording("f1/livetiming/2026_chinese_gp_sprint")?;
    let table = overcut_testkit::recording("f1/golden/2026_chinese_gp_sprint_laps_fastf1.csv")?;
    let (mut laps, mut visits, mut entered) = (Vec::new(), Vec::new(), BTreeMap::new());
    for row in csv::Reader::from_path(table).unwrap().deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let driver = DriverNumber(row["DriverNumber"].parse().unwrap());
        if let Some((start, end)) = entered.remove(&driver).zip(seconds(&row["PitOutTime"])) {
            visits.push(Span { driver, start, end });
        }
        entered.extend(seconds(&row["PitInTime"]).map(|time| (driver, time)));
        let (Some(start), Some(end)) = (seconds(&row["LapStartTime"]), seconds(&row["Time"])) else { continue };
        let Some(time) = seconds(&row["LapTime"]) else { continue };
        laps.push(Lap {
            span: Span { driver, start, end },
            number: row["LapNumber"].parse::<f64>().unwrap() as u16,
            time: LapTime::from_millis(time.as_millis() as u32),
            first_sector: row["Sector1Time"].parse().ok(),
            is_clean: row["IsAccurate"] == "True" && row["TrackStatus"] == "1",
        });
    }
    Some(Session { telemetry: telemetry(&path), laps, visits })
}

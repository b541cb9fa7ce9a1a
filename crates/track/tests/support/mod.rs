//! Real recordings as telemetry and laps.
#![allow(dead_code)] // each test binary uses its part

use std::collections::BTreeMap;
use std::fs::File;

use overcut_domain::{CarSample, DriverNumber, Drs, LapTime, PositionSample, SessionTime};
use overcut_track::{Span, Telemetry};

/// A session as tests need it.
pub(crate) struct Session {
    pub(crate) telemetry: Telemetry,
    pub(crate) laps: Vec<Lap>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Lap {
    pub(crate) span: Span,
    pub(crate) number: u16,
    pub(crate) time: LapTime,
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
    let (mut laps, mut starts, mut numbers) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    let mut table = csv::Reader::from_path(folder.join("laps_session_clock.csv")).unwrap();
    for row in table.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let driver = DriverNumber(row["DriverNumber"].parse().unwrap());
        numbers.insert(row["Driver"].clone(), driver);
        let number = row["LapNumber"].parse::<f64>().unwrap() as u16;
        let (Some(end), Ok(time)) = (time_span(&row["Time"]), row["LapTime"].parse::<f64>()) else { continue };
        let time = LapTime::from_millis((time * 1000.0).round() as u32);
        let start = end - i64::from(time.as_millis());
        starts.insert((driver, number), start);
        let is_clean = row["IsAccurate"] == "True" && row["TrackStatus"] == "1";
        laps.push(Lap { span: Span { driver, start, end }, number, time, is_clean });
    }
    let (mut cars, mut positions) = (Vec::new(), Vec::new());
    let file = File::open(folder.join("telemetry.csv.zst")).unwrap();
    let mut table = csv::Reader::from_reader(zstd::Decoder::new(file).unwrap());
    for row in table.deserialize::<(String, u16, f64, f64, f64, f64, f64, f64, f64, f64, f64, f64, f64)>() {
        let (tla, number, t, rpm, speed, gear, throttle, brake, drs, _, x, y, z) = row.unwrap();
        let driver = numbers[&tla];
        let Some(start) = starts.get(&(driver, number)) else { continue };
        let time = *start + (t * 1000.0).round() as i64;
        cars.push(CarSample {
            time,
            driver,
            rpm: Some(rpm as u16),
            speed_kmh: Some(speed.round() as u16),
            gear: (gear <= 8.0).then_some(gear as i8),
            throttle_percent: (throttle <= 100.0).then_some(throttle as u8),
            brake_percent: Some(brake as u8 * 100),
            drs: Some(if drs > 0.0 { Drs::Open } else { Drs::Off }),
        });
        let (x_dm, y_dm, z_dm) = (x as i32, y as i32, z as i32);
        positions.push(PositionSample { time, driver, x_dm, y_dm, z_dm, on_track: true });
    }
    let mut telemetry = Telemetry::new();
    telemetry.insert_cars(&cars);
    telemetry.insert_positions(&positions);
    Some(Session { telemetry, laps })
}

/// Laps of the Chinese sprint, as another program read them.
pub(crate) fn sprint_laps() -> Option<Vec<Lap>> {
    let path = overcut_testkit::recording("f1/golden/2026_chinese_gp_sprint_laps_fastf1.csv")?;
    let mut laps = Vec::new();
    for row in csv::Reader::from_path(path).unwrap().deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let driver = DriverNumber(row["DriverNumber"].parse().unwrap());
        let (Some(start), Some(end)) = (seconds(&row["LapStartTime"]), seconds(&row["Time"])) else { continue };
        let Some(time) = seconds(&row["LapTime"]) else { continue };
        laps.push(Lap {
            span: Span { driver, start, end },
            number: row["LapNumber"].parse::<f64>().unwrap() as u16,
            time: LapTime::from_millis(time.as_millis() as u32),
            is_clean: row["IsAccurate"] == "True" && row["TrackStatus"] == "1",
        });
    }
    Some(laps)
}

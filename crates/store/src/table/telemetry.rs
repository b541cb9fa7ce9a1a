//! Telemetry as it was measured: car channels and positions, each at its own time.

use std::borrow::Cow;

use overcut_domain::{CarSample, DriverNumber, Drs, Lap, LapNumber, PositionSample, SessionTime};

use super::{Cell, Table, column};

/// One moment of one car: its channels, its position, or both where they were sampled at the same time. Nothing is
/// interpolated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TelemetryRow {
    /// When it was sampled.
    pub time: SessionTime,
    /// Which car.
    pub driver: DriverNumber,
    /// The lap the car was on, as far as the lap table says it.
    pub lap: Option<LapNumber>,
    /// Car channels.
    pub car: Option<CarSample>,
    /// Position.
    pub position: Option<PositionSample>,
}

/// Merges one car's samples by time. Both must come in order of time; `laps` are the car's, in order of number.
pub fn telemetry_rows(
    cars: impl Iterator<Item = CarSample>,
    positions: impl Iterator<Item = PositionSample>,
    laps: &[Lap],
) -> impl Iterator<Item = TelemetryRow> {
    let (mut cars, mut positions) = (cars.peekable(), positions.peekable());
    let mut laps = laps.iter().filter(|lap| lap.started_at.is_some()).peekable();
    let mut running: Option<&Lap> = None;
    std::iter::from_fn(move || {
        let next_car = cars.peek().map(|car| car.time);
        let next_position = positions.peek().map(|position| position.time);
        let time = next_car.into_iter().chain(next_position).min()?;
        let car = cars.next_if(|car| car.time == time);
        let position = positions.next_if(|position| position.time == time);
        while let Some(lap) = laps.next_if(|lap| lap.started_at <= Some(time)) {
            running = Some(lap);
        }
        let lap = running.filter(|lap| lap.ended_at.is_none_or(|end| time < end)).map(|lap| lap.number);
        let driver = car.map(|car| car.driver).or(position.map(|position| position.driver))?;
        Some(TelemetryRow { time, driver, lap, car, position })
    })
}

/// Car channels and positions.
#[rustfmt::skip] // One column a line reads as the table it is.
pub fn telemetry_table() -> Table<TelemetryRow> {
    use Cell::{Flag, Millis, Text, Whole};
    Table { name: "telemetry", key: &["driver", "time_ms"], columns: vec![
        column("time_ms", "When it was sampled, on the session clock", Millis(|row| Some(row.time.as_millis()))),
        column("driver", "Racing number", Whole(|row| Some(row.driver.0.into()))),
        column("lap_number", "Lap the car was on", Whole(|row| Some(row.lap?.0.into()))),
        column("speed_kmh", "Speed", Whole(|row| Some(row.car?.speed_kmh?.into()))),
        column("rpm", "Engine speed, 1/min", Whole(|row| Some(row.car?.rpm?.into()))),
        column("gear", "Gear; 0 is neutral, -1 reverse", Whole(|row| Some(row.car?.gear?.into()))),
        column("throttle_percent", "Throttle", Whole(|row| Some(row.car?.throttle_percent?.into()))),
        column("brake_percent", "Brake; real feeds know only 0 and 100", Whole(|row| Some(row.car?.brake_percent?.into()))),
        column("drs", "off, eligible or open; absent from 2026 on", Text(|row| Some(Cow::Borrowed(drs(row.car?.drs?))))),
        column("x_dm", "East on the circuit's grid", Whole(|row| Some(row.position?.x_dm))),
        column("y_dm", "North on the circuit's grid", Whole(|row| Some(row.position?.y_dm))),
        column("z_dm", "Height", Whole(|row| Some(row.position?.z_dm))),
        column("on_track", "False when the feed says that the car is off the track", Flag(|row| Some(row.position?.on_track))),
    ] }
}

fn drs(drs: Drs) -> &'static str {
    match drs {
        Drs::Off => "off",
        Drs::Eligible => "eligible",
        Drs::Open => "open",
    }
}

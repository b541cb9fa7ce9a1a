//! One car of a synthetic session with every channel, as a game or a team's own logger would show it.

use anyhow::{Context as _, Result};
use overcut_domain::{DriverNumber, SessionTime};
use overcut_sim::channels::{FullSample, Input, Recorder};
use overcut_sim::grand_prix::{DRIVERS, SyntheticSession, race_laps};
use overcut_store::{Cell, Column, Table};

use super::Synthetic;

/// Fuel for a Grand Prix, kg: the most that the rules of 2022–2025 allow is 110.
const RACE_FUEL_KG: f64 = 105.0;
/// Fuel for a run in practice or qualifying, kg.
const RUN_FUEL_KG: f64 = 25.0;

impl Synthetic {
    /// A car's samples at a rate, from the start of the session to the end of its last lap.
    ///
    /// # Errors
    ///
    /// If the session cannot be made, or the car takes no part in it.
    pub fn channels(&self, driver: DriverNumber, hz: u16) -> Result<impl Iterator<Item = FullSample> + use<>> {
        let car_idx = DRIVERS.iter().position(|entry| entry.number == driver).with_context(|| {
            let numbers: Vec<String> = DRIVERS.iter().map(|entry| entry.number.to_string()).collect();
            format!("no car {driver} takes part; there are {}", numbers.join(", "))
        })?;
        let mut session = SyntheticSession::new(self.config()).context("this session cannot be made")?;
        session.by_ref().for_each(drop); // faults come to be as their samples are made
        let truth = session.truth();
        let faults = truth.faults.into_iter().filter(|fault| fault.driver == driver).collect();
        let ends = truth.laps.iter().filter(|lap| lap.driver == driver).filter_map(|lap| lap.ended_at).max();
        // New tyres are on when the car leaves the lane.
        let stops = truth.pit_stops.iter().filter(|stop| stop.driver == driver).filter_map(|stop| stop.left_at);
        let mut changes: Vec<SessionTime> = stops.collect();
        changes.reverse();
        let drive = session.drive().clone();
        let mut recorder = Recorder::new(drive.vehicle(), driver.0, self.fuel_kg(), faults);
        let times = times(session.starts(), ends.unwrap_or(session.ends()), hz);
        Ok(times.filter_map(move |time_s| {
            if changes.pop_if(|left_at| left_at.as_secs_f64() <= time_s).is_some() {
                recorder.fit_tyres();
            }
            recorder.record(&Input::of_motion(&drive.at(car_idx, time_s), time_s))
        }))
    }

    fn fuel_kg(&self) -> f64 {
        let full = f64::from(race_laps(self.circuit.length_m()));
        match self.kind {
            super::SyntheticKind::Race => RACE_FUEL_KG * self.n_laps.map_or(1.0, |n| (f64::from(n) / full).min(1.0)),
            super::SyntheticKind::Qualifying | super::SyntheticKind::Practice => RUN_FUEL_KG,
        }
    }
}

fn times(from: SessionTime, to: SessionTime, hz: u16) -> impl Iterator<Item = f64> {
    let (from_s, n) = (from.as_secs_f64(), to.millis_since(from).max(0) * i64::from(hz) / 1000);
    (0..=n).map(move |i| from_s + i as f64 / f64::from(hz))
}

/// A column of numbers.
macro_rules! real {
    ($name:literal, $about:literal, $field:ident) => {
        Column { name: $name, about: $about, cell: Cell::Real(|row: &FullSample| Some(row.$field)) }
    };
}

/// Four columns of numbers, one a wheel.
macro_rules! wheels {
    ($columns:ident, $name:literal, $about:literal, $field:ident) => {
        wheels!(@ $columns, $name, "_fl", concat!($about, ", front left"), $field, 0);
        wheels!(@ $columns, $name, "_fr", concat!($about, ", front right"), $field, 1);
        wheels!(@ $columns, $name, "_rl", concat!($about, ", rear left"), $field, 2);
        wheels!(@ $columns, $name, "_rr", concat!($about, ", rear right"), $field, 3);
    };
    (@ $columns:ident, $name:literal, $wheel:literal, $about:expr, $field:ident, $idx:literal) => {
        $columns.push(Column {
            name: concat!($name, $wheel),
            about: $about,
            cell: Cell::Real(|row: &FullSample| Some(row.$field[$idx])),
        });
    };
}

/// Every channel, a column each.
pub fn table() -> Table<FullSample> {
    let mut columns = vec![
        Column {
            name: "time_us",
            about: "Session time, microseconds",
            cell: Cell::Millis(|row: &FullSample| Some((row.time_s * 1e6).round() as i64)),
        },
        Column { name: "lap_number", about: "The car's own lap", cell: Cell::Whole(|row| Some(row.lap.into())) },
        Column { name: "distance_m", about: "From the line", cell: Cell::Real(|row| Some(row.distance_m as f32)) },
        real!("x_m", "East on the circuit's grid", x_m),
        real!("y_m", "North on the circuit's grid", y_m),
        real!("yaw_rad", "Where the nose points, from east towards north", yaw_rad),
        real!("speed_mps", "Over ground", speed_mps),
        real!("throttle", "Pedal, 0 to 1", throttle),
        real!("brake", "Pedal, 0 to 1", brake),
        Column { name: "gear", about: "From 1; 0 is neutral", cell: Cell::Whole(|row| Some(row.gear.into())) },
        real!("rpm", "Engine speed, 1/min", rpm),
        real!("steering_rad", "Hand wheel, positive to the left", steering_rad),
        real!("long_g", "Forward acceleration", long_g),
        real!("lat_g", "Acceleration to the left", lat_g),
        real!("vert_g", "As an accelerometer reads it: 1 at rest", vert_g),
    ];
    wheels!(columns, "wheel_speed_mps", "Of the tread", wheel_speed_mps);
    wheels!(columns, "slip_ratio", "Tread over ground speed, less one", slip_ratio);
    wheels!(columns, "slip_angle_rad", "Of the sign of the corner", slip_angle_rad);
    wheels!(columns, "suspension_m", "Compression from rest", suspension_m);
    wheels!(columns, "tyre_kpa", "Pressure", tyre_kpa);
    wheels!(columns, "tyre_surface_c", "Tread", tyre_surface_c);
    wheels!(columns, "tyre_carcass_c", "Carcass", tyre_carcass_c);
    wheels!(columns, "tyre_wear", "Worn share of the tread", tyre_wear);
    wheels!(columns, "brake_c", "Disc", brake_c);
    columns.extend([
        real!("fuel_kg", "On board", fuel_kg),
        real!("ers_store_j", "In the energy store", ers_store_j),
        real!("ers_deploy_w", "From the motor to the wheels; negative while it charges", ers_deploy_w),
        real!("damage", "To the car, 0 to 1", damage),
        Column { name: "is_wing_open", about: "Open wings", cell: Cell::Flag(|row| Some(row.is_wing_open)) },
    ]);
    Table { name: "channels", key: &["time_ms"], columns }
}

#[cfg(test)]
mod tests {
    use overcut_store::TableFormat;

    use super::*;

    #[test]
    fn a_car_has_every_channel_at_every_moment() {
        let synthetic = Synthetic { n_laps: Some(3), ..Synthetic::default() };
        let samples: Vec<FullSample> = synthetic.channels(DRIVERS[0].number, 60).unwrap().collect();
        assert!(samples.len() > 3 * 60 * 60, "{}", samples.len());
        assert!(samples.windows(2).all(|pair| pair[0].time_s < pair[1].time_s));
        assert!(samples.iter().any(|sample| sample.speed_mps > 75.0) && samples.iter().all(|s| s.speed_mps < 110.0));
        let mut csv = Vec::new();
        let n_rows = table().write(TableFormat::Csv, samples.iter().take(10), &mut csv).unwrap();
        let text = String::from_utf8(csv).unwrap();
        assert_eq!((n_rows, text.lines().count()), (10, 11));
        assert_eq!(text.lines().next().unwrap().split(',').count(), table().columns.len());
        assert!(synthetic.channels(DriverNumber(999), 60).is_err());
    }
}

//! Bests and the leader board: `TimingStats` and `TopThree`.

use overcut_domain::{BestsUpdate, CarBests, RankedTime, TopThreeEntry};

use super::json::JsonWriter;
use super::memory::apart;
use super::text::push_integer;
use super::timing::trap_name;

pub(super) fn timing_stats(json: &mut JsonWriter<'_>, update: &BestsUpdate) {
    if update.cars.is_empty() {
        return;
    }
    json.flag("Withheld", json.is_full().then_some(false));
    json.object("Lines", |json| {
        for car in &update.cars {
            json.car(car.driver, |json| bests(json, car));
        }
    });
}

fn bests(json: &mut JsonWriter<'_>, car: &CarBests) {
    json.number_text("RacingNumber", json.is_full().then_some(car.driver.0));
    if car.lap.is_some() || car.lap_number.is_some() {
        let lap = car.lap.unwrap_or_default();
        json.object("PersonalBestLapTime", |json| {
            json.lap_time("Value", lap.time);
            json.number("Lap", car.lap_number.map(|lap| lap.0));
            json.number("Position", lap.rank);
        });
    }
    if !car.sectors.is_empty() {
        json.entries("BestSectors", &car.sectors, |(idx, _)| u16::from(*idx), |json, (_, time)| ranked(json, time));
    }
    if !car.speeds.is_empty() {
        json.object("BestSpeeds", |json| {
            for (trap, speed, rank) in &car.speeds {
                json.object(trap_name(*trap), |json| {
                    json.change("Value", *speed, |out, speed| push_integer(out, speed.into()));
                    json.number("Position", *rank);
                });
            }
        });
    }
}

fn ranked(json: &mut JsonWriter<'_>, time: &RankedTime) {
    json.lap_time("Value", time.time);
    json.number("Position", time.rank);
}

/// Cuts a list before a row that is there already.
pub(super) fn rows_apart(rows: &[TopThreeEntry]) -> impl Iterator<Item = &[TopThreeEntry]> {
    apart(rows, |before, next| before.iter().any(|earlier| earlier.row_idx == next.row_idx))
}

pub(super) fn top_three(json: &mut JsonWriter<'_>, rows: &[TopThreeEntry]) {
    json.flag("Withheld", json.is_full().then_some(false));
    json.entries(
        "Lines",
        rows,
        |row| row.row_idx.into(),
        |json, row| {
            if json.is_full() {
                json.number_text("Position", Some(u16::from(row.row_idx) + 1));
                json.flag("ShowPosition", Some(true));
            }
            json.number_text("RacingNumber", row.driver.map(|driver| driver.0));
            json.lap_time("LapTime", row.lap_time);
            json.gap("DiffToAhead", row.interval);
            json.gap("DiffToLeader", row.gap_to_leader);
        },
    );
}

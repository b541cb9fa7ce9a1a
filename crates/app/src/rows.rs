//! The rows of a session's tables, made of what was folded: for `overcut export`, and for what keeps tables.

mod changes;

use std::collections::BTreeMap;
use std::ops::Range;

use overcut_domain::{Alert, DriverNumber, RaceControlMessage, SessionTime, Stamped, Weather};
use overcut_session::{CarRow, Part, Session};
use overcut_store::{DriverRow, ResultRow, TelemetryRow, telemetry_rows};
use overcut_track::Telemetry;

use crate::pipeline::Step;

pub use changes::Changes;

/// From the first sample to the last.
pub const ALWAYS: Range<SessionTime> = SessionTime::from_millis(i64::MIN)..SessionTime::MAX;

/// What the state of a session does not keep: when things became known, and what was concluded.
#[derive(Debug, Default)]
pub struct Notes {
    /// Every reading of the weather station.
    pub weather: Vec<Stamped<Weather>>,
    /// Every message of race control, by its index.
    pub race_control: BTreeMap<u16, Stamped<RaceControlMessage>>,
    /// Every alert.
    pub alerts: Vec<Alert>,
}

impl Notes {
    /// Notes what a step changed.
    pub fn take(&mut self, step: &Step<'_>) {
        self.alerts.extend(step.alerts.iter().cloned());
        for part in step.changed {
            match part {
                Part::Weather => self.note_reading(step),
                Part::RaceControl(index) => self.note_message(*index, step),
                _ => {}
            }
        }
    }

    /// Of two readings that became known at one moment the later one counts.
    fn note_reading(&mut self, step: &Step<'_>) {
        let Some(weather) = step.session.weather() else { return };
        self.weather.pop_if(|last| last.time == step.time);
        self.weather.push(Stamped { time: step.time, value: *weather });
    }

    /// Keeps the latest wording of a message under the moment at which it first became known.
    fn note_message(&mut self, index: u16, step: &Step<'_>) {
        let Some(message) = step.session.race_control().iter().find(|message| message.index == index) else { return };
        let row = self.race_control.entry(index);
        let row = row.or_insert_with(|| Stamped { time: step.time, value: message.clone() });
        row.value.clone_from(message);
    }
}

/// A car's samples in a span, each with the lap that it belongs to.
pub fn telemetry(
    session: &Session,
    telemetry: &Telemetry,
    driver: DriverNumber,
    range: Range<SessionTime>,
) -> impl Iterator<Item = TelemetryRow> {
    let cars = telemetry.car_samples(driver, range.clone());
    let positions = telemetry.positions(driver, range);
    telemetry_rows(cars, positions, session.laps_of(driver))
}

/// A car's line in the entry list.
pub fn driver_row(session: &Session, driver: DriverNumber) -> DriverRow {
    let Some(entry) = session.driver(driver) else { return DriverRow { driver, ..DriverRow::default() } };
    DriverRow {
        driver,
        tla: entry.tla.clone(),
        full_name: entry.full_name.clone(),
        team: entry.team.clone(),
        team_colour: entry.team_colour.clone(),
    }
}

/// A car's result, as far as it is known.
pub fn result_row(session: &Session, row: &CarRow) -> ResultRow {
    let laps = session.laps_of(row.driver);
    let status = serde_json::to_value(row.status).ok();
    ResultRow {
        position: row.position,
        entry: driver_row(session, row.driver),
        grid_position: row.grid_position,
        n_laps: laps.iter().filter(|lap| lap.ended_at.is_some()).map(|lap| lap.number.0).max().unwrap_or_default(),
        status: status.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default(),
        best_lap: row.best_lap.time,
        best_lap_number: row.best_lap_number,
        gap: row.gap,
        n_pit_stops: row.n_pit_stops,
        penalty_s: row.stewards.penalty_s,
        parts: row.parts.map(|part| part.best_lap),
    }
}

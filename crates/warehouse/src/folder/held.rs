//! The rows of a session that grows, in memory.

use std::collections::BTreeMap;

use overcut_domain::{Alert, DriverNumber, Lap, PitStop, RaceControlMessage, Stamped, Stint, Weather};
use overcut_store::{
    DriverRow, ResultRow, SessionRow, TelemetryRow, alerts_table, drivers_table, laps_table, pit_stops_table,
    race_control_table, results_table, stints_table, weather_table,
};

use crate::{Batch, Mirror, TelemetrySpan};

/// Everything of one session, in the order in which the files have it.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) session: SessionRow,
    pub(super) laps: Mirror<Lap>,
    pub(super) stints: Mirror<Stint>,
    pub(super) pit_stops: Mirror<PitStop>,
    pub(super) race_control: Mirror<Stamped<RaceControlMessage>>,
    pub(super) weather: Mirror<Stamped<Weather>>,
    pub(super) drivers: Mirror<DriverRow>,
    pub(super) results: Mirror<ResultRow>,
    pub(super) alerts: Mirror<Alert>,
    pub(super) telemetry: BTreeMap<DriverNumber, Vec<TelemetryRow>>,
}

impl Held {
    pub(super) fn apply(&mut self, batch: &Batch) {
        let rows = &batch.rows;
        self.session = batch.session.clone();
        self.laps.apply(&laps_table(), &rows.laps);
        self.stints.apply(&stints_table(), &rows.stints);
        self.pit_stops.apply(&pit_stops_table(), &rows.pit_stops);
        self.race_control.apply(&race_control_table(), &rows.race_control);
        self.weather.apply(&weather_table(), &rows.weather);
        self.drivers.apply(&drivers_table(), &rows.drivers);
        self.results.apply(&results_table(), &rows.results);
        self.alerts.apply(&alerts_table(), &rows.alerts);
        rows.telemetry.iter().for_each(|span| self.replace(span));
    }

    fn replace(&mut self, span: &TelemetrySpan) {
        let rows = self.telemetry.entry(span.driver).or_default();
        rows.truncate(rows.partition_point(|row| row.time < span.since));
        rows.extend_from_slice(&span.rows);
    }
}

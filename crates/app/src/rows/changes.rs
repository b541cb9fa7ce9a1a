//! What differs in the tables of a session from one batch to the next.

use std::collections::BTreeMap;

use overcut_domain::{
    Alert, DriverNumber, Event, Lap, PitStop, RaceControlMessage, SessionTime, Stamped, Stint, UtcTime, Weather,
};
use overcut_session::Session;
use overcut_store::{
    DriverRow, ResultRow, alerts_table, drivers_table, laps_table, pit_stops_table, race_control_table, results_table,
    stints_table, weather_table,
};
use overcut_track::Telemetry;
use overcut_warehouse::{Mirror, Rows, TelemetrySpan};

use super::{ALWAYS, Notes, driver_row, result_row, telemetry};
use crate::pipeline::Step;

/// Follows the fold of a session, and says what has changed since it was last asked.
///
/// Whoever takes over a session from somebody else lets one follow the fold from the start as well, asks it where the
/// other's rows end, and throws that away: from then on it says the same as the other would have.
#[derive(Debug, Default)]
pub struct Changes {
    notes: Notes,
    laps: Mirror<Lap>,
    stints: Mirror<Stint>,
    pit_stops: Mirror<PitStop>,
    race_control: Mirror<Stamped<RaceControlMessage>>,
    weather: Mirror<Stamped<Weather>>,
    drivers: Mirror<DriverRow>,
    results: Mirror<ResultRow>,
    alerts: Mirror<Alert>,
    telemetry: TelemetryChanges,
}

impl Changes {
    /// Follows a step of the fold.
    pub fn follow(&mut self, step: &Step<'_>) {
        self.notes.take(step);
        match step.event {
            Some(Event::Cars(samples)) => samples.iter().for_each(|s| self.telemetry.note(s.driver, s.time)),
            Some(Event::Positions(samples)) => samples.iter().for_each(|s| self.telemetry.note(s.driver, s.time)),
            _ => {}
        }
    }

    /// Takes in an alert that somebody else raised.
    pub fn note_alert(&mut self, alert: Alert) {
        self.notes.alerts.push(alert);
    }

    /// What has changed since this was last called, given what has been folded up to now.
    pub fn take(&mut self, session: &Session, telemetry: &Telemetry) -> Rows {
        let results =
            session.board_order().into_iter().filter_map(|driver| Some(result_row(session, session.car(driver)?)));
        let drivers = session.drivers().keys().map(|driver| driver_row(session, *driver));
        Rows {
            laps: self.laps.advance(&laps_table(), session.laps().cloned()),
            stints: self.stints.advance(&stints_table(), session.stints().cloned()),
            pit_stops: self.pit_stops.advance(&pit_stops_table(), session.pit_stops().cloned()),
            race_control: self.race_control.advance(&race_control_table(), self.notes.race_control.values().cloned()),
            weather: self.weather.advance(&weather_table(), self.notes.weather.iter().cloned()),
            drivers: self.drivers.advance(&drivers_table(), drivers),
            results: self.results.advance(&results_table(), results),
            alerts: self.alerts.advance(&alerts_table(), self.notes.alerts.iter().cloned()),
            telemetry: self.telemetry.take(session, telemetry),
        }
    }
}

/// From which moment on each car's telemetry has changed: mostly where the last batch ended, and earlier where a sample
/// came late or a lap turned out to have begun or ended at another moment.
#[derive(Debug, Default)]
struct TelemetryChanges {
    since: BTreeMap<DriverNumber, SessionTime>,
    laps: BTreeMap<DriverNumber, Vec<Bounds>>,
    /// Stores that keep moments in UTC make them with this.
    utc_of_zero: Option<UtcTime>,
}

/// Begin and end of a lap.
type Bounds = [Option<SessionTime>; 2];

impl TelemetryChanges {
    fn note(&mut self, driver: DriverNumber, time: SessionTime) {
        let since = self.since.entry(driver).or_insert(time);
        *since = time.min(*since);
    }

    fn take(&mut self, session: &Session, all: &Telemetry) -> Vec<TelemetrySpan> {
        let utc_of_zero = session.state().utc_of_zero;
        let is_anew = std::mem::replace(&mut self.utc_of_zero, utc_of_zero) != utc_of_zero;
        for driver in all.drivers() {
            let bounds = session.laps_of(driver).iter().map(|lap| [lap.started_at, lap.ended_at]).collect();
            let before = self.laps.insert(driver, bounds).unwrap_or_default();
            let moved = self.laps.get(&driver).and_then(|now| first_move(&before, now));
            if let Some(time) = moved.into_iter().chain(is_anew.then_some(ALWAYS.start)).min() {
                self.note(driver, time);
            }
        }
        let spans = std::mem::take(&mut self.since).into_iter();
        let span = |(driver, since)| {
            let rows = telemetry(session, all, driver, since..ALWAYS.end).collect();
            TelemetrySpan { driver, since, rows }
        };
        spans.map(span).collect()
    }
}

/// The earliest moment that a moved begin or end concerns.
fn first_move(before: &[Bounds], now: &[Bounds]) -> Option<SessionTime> {
    let n = before.len().max(now.len());
    let bounds = |laps: &[Bounds], idx: usize| laps.get(idx).copied().unwrap_or_default();
    let pairs = (0..n).flat_map(|idx| bounds(before, idx).into_iter().zip(bounds(now, idx)));
    pairs.filter(|(before, now)| before != now).flat_map(|(before, now)| [before, now]).flatten().min()
}

#[cfg(test)]
mod tests;

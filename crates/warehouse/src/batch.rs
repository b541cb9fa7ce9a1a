//! What a writer hands over at once.

use overcut_domain::{Alert, DriverNumber, Lap, PitStop, RaceControlMessage, SessionTime, Stamped, Stint, Weather};
use overcut_store::{DriverRow, ResultRow, SessionRow, TelemetryRow};

/// What a session's tables become between two events of its log.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The session with the revision of its log, and the number of the last event that the rows depend on.
    pub session: SessionRow,
    /// Number of the event behind which the batch begins: where the batch before it ended, or 0 for one that says
    /// everything.
    pub after: u64,
    /// The rows that differ from those of the batch before it.
    pub rows: Rows,
}

/// Rows of every table.
#[derive(Debug, Clone, PartialEq, Default)]
#[allow(missing_docs, reason = "the tables are described where their columns are")]
pub struct Rows {
    pub laps: Edits<Lap>,
    pub stints: Edits<Stint>,
    pub pit_stops: Edits<PitStop>,
    pub race_control: Edits<Stamped<RaceControlMessage>>,
    pub weather: Edits<Stamped<Weather>>,
    pub drivers: Edits<DriverRow>,
    pub results: Edits<ResultRow>,
    pub alerts: Edits<Alert>,
    /// At most one span a car.
    pub telemetry: Vec<TelemetrySpan>,
}

/// What becomes of the rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Edits<R> {
    /// Rows that are new, or take the place of those with the same key. No key occurs twice.
    pub put: Vec<R>,
    /// Rows that are there no more; only their key matters.
    pub remove: Vec<R>,
}

impl<R> Default for Edits<R> {
    fn default() -> Self {
        Edits { put: Vec::new(), remove: Vec::new() }
    }
}

/// The telemetry of a car from a moment on. Mostly that is what is new. Where a sample came late, or a lap turned out to
/// have begun at another moment, the span begins earlier, and its rows take the place of what was there.
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetrySpan {
    /// Which car.
    pub driver: DriverNumber,
    /// Rows of the car at this moment and later are replaced.
    pub since: SessionTime,
    /// In order of time, none before `since`, no two at one time.
    pub rows: Vec<TelemetryRow>,
}

impl Rows {
    /// How many rows are put or removed in the tables that a store keeps.
    pub fn count(&self, keeps: impl Fn(&str) -> bool) -> usize {
        fn n<R>(edits: &Edits<R>) -> usize {
            edits.put.len() + edits.remove.len()
        }
        let telemetry = self.telemetry.iter().map(|span| span.rows.len()).sum();
        let tables = [
            ("laps", n(&self.laps)),
            ("stints", n(&self.stints)),
            ("pit_stops", n(&self.pit_stops)),
            ("race_control", n(&self.race_control)),
            ("weather", n(&self.weather)),
            ("drivers", n(&self.drivers)),
            ("results", n(&self.results)),
            ("alerts", n(&self.alerts)),
            ("telemetry", telemetry),
        ];
        tables.iter().filter(|(table, _)| keeps(table)).map(|(_, n)| n).sum()
    }

    /// True if nothing changes.
    pub fn is_empty(&self) -> bool {
        self.count(|_| true) == 0 && self.telemetry.is_empty()
    }
}

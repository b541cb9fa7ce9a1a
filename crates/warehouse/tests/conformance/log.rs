//! A short log of a session, folded by hand: the state behind every event, and the batches between any two of them.

use overcut_domain::{
    Alert, AlertKind, CarSample, Compound, DriverNumber, Lap, LapNumber, LapTime, PitStop, PositionSample,
    RaceControlMessage, SessionTime, Stamped, Stint, UtcTime, Weather,
};
use overcut_store::{
    DriverRow, ResultRow, SessionRow, TelemetryRow, alerts_table, drivers_table, laps_table, pit_stops_table,
    race_control_table, results_table, stints_table, weather_table,
};
use overcut_warehouse::{Batch, Mirror, Rows, TelemetrySpan};

/// Texts that have broken programs: quotes of every kind, statements, what looks like an escape, NUL, emoji, letters from
/// everywhere, line ends, a placeholder, nothing visible.
pub const HOSTILE: [&str; 9] = [
    "O'Brien \"the\" `fast`; DROP TABLE laps; --",
    "\\N \\x00 \\' %s $1 ? :name {}",
    "zero\0inside",
    "🏎️💨 Kimi Räikkönen 周冠宇",
    "line\nfeed\r\ttab",
    "\u{202e}right to left\u{feff}",
    "NULL",
    " ",
    "''",
];

/// The tables of a session at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    pub laps: Vec<Lap>,
    pub stints: Vec<Stint>,
    pub pit_stops: Vec<PitStop>,
    pub race_control: Vec<Stamped<RaceControlMessage>>,
    pub weather: Vec<Stamped<Weather>>,
    pub drivers: Vec<DriverRow>,
    pub results: Vec<ResultRow>,
    pub alerts: Vec<Alert>,
    pub telemetry: Vec<TelemetryRow>,
}

/// The states behind events 0, 1, 2, … of a log.
#[derive(Debug, Clone)]
pub struct Log {
    pub session: SessionRow,
    pub states: Vec<State>,
}

pub const DRIVERS: [DriverNumber; 3] = [DriverNumber(1), DriverNumber(63), DriverNumber(300)];

fn at(millis: i64) -> SessionTime {
    SessionTime::from_millis(millis)
}

impl Log {
    /// A log of `n` events. Another seed is another session.
    pub fn new(seed: u16, n: u16) -> Log {
        let session = SessionRow {
            season: Some(2026),
            meeting: format!("Grand Prix {seed} {}", HOSTILE[0]),
            name: "Sprint".to_owned(),
            circuit: String::new(),
            starts_at: Some(UtcTime::from_millis(1_773_457_200_000 + i64::from(seed) * 86_400_000)),
            utc_of_zero: Some(UtcTime::from_millis(1_773_456_000_123)),
            ..SessionRow::default()
        };
        let mut states = vec![State::default()];
        for event in 1..=n {
            let mut state = states.last().unwrap().clone();
            state.take(seed, event);
            states.push(state);
        }
        Log { session, states }
    }

    pub fn end(&self) -> u64 {
        self.states.len() as u64 - 1
    }

    /// What changes between two events.
    pub fn batch(&self, revision: u64, after: u64, up_to: u64) -> Batch {
        let (old, new) = (&self.states[after as usize], &self.states[up_to as usize]);
        let session = SessionRow { revision, sequence: up_to, ..self.session.clone() };
        Batch { session, after, rows: between(old, new) }
    }
}

fn between(old: &State, new: &State) -> Rows {
    macro_rules! edits {
        ($table:expr, $rows:ident) => {{
            let mut mirror = Mirror::default();
            mirror.advance(&$table, old.$rows.clone());
            mirror.advance(&$table, new.$rows.clone())
        }};
    }
    Rows {
        laps: edits!(laps_table(), laps),
        stints: edits!(stints_table(), stints),
        pit_stops: edits!(pit_stops_table(), pit_stops),
        race_control: edits!(race_control_table(), race_control),
        weather: edits!(weather_table(), weather),
        drivers: edits!(drivers_table(), drivers),
        results: edits!(results_table(), results),
        alerts: edits!(alerts_table(), alerts),
        telemetry: DRIVERS.iter().filter_map(|driver| span(*driver, old, new)).collect(),
    }
}

/// The span from the first row that differs.
fn span(driver: DriverNumber, old: &State, new: &State) -> Option<TelemetrySpan> {
    let of = |state: &State| state.telemetry.iter().filter(|row| row.driver == driver).copied().collect::<Vec<_>>();
    let (old, new) = (of(old), of(new));
    let n_same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let since = old.get(n_same).into_iter().chain(new.get(n_same)).map(|row| row.time).min()?;
    Some(TelemetrySpan { driver, since, rows: new[n_same..].to_vec() })
}

impl State {
    /// What event number `n` changes. Rows come, change, and go again; telemetry is told late, and of another lap.
    fn take(&mut self, seed: u16, n: u16) {
        let driver = DRIVERS[usize::from(n) % DRIVERS.len()];
        let (start, text) = (at(i64::from(n) * 1000 + i64::from(seed)), HOSTILE[usize::from(n) % HOSTILE.len()]);
        if n % 5 != 4 {
            self.laps.push(lap(driver, n, start, text));
        } else {
            self.laps.pop();
        }
        if let Some(first) = self.laps.first_mut() {
            first.time = Some(LapTime::from_millis(u32::from(n)));
        }
        self.stints.retain(|stint| stint.driver != driver);
        self.stints.push(Stint { driver, number: (n % 3) as u8 + 1, compound: Compound::Soft, ..stint() });
        self.weather.push(Stamped { time: start, value: reading(n) });
        self.race_control.push(Stamped { time: start, value: message(n, driver, text) });
        self.drivers.retain(|entry| entry.driver != driver);
        self.drivers.push(entry(driver, text));
        self.results.retain(|row| row.entry.driver != driver);
        let position = Some((n % 20) as u8 + 1).filter(|n| *n != 7);
        self.results.push(ResultRow { position, entry: entry(driver, text), n_laps: n, ..ResultRow::default() });
        if n.is_multiple_of(4) {
            self.alerts.push(alert(driver, start, text));
            self.pit_stops.push(PitStop { driver, number: (n / 4) as u8, lap: LapNumber(n), ..stop() });
        }
        self.sample(driver, n);
    }

    fn sample(&mut self, driver: DriverNumber, n: u16) {
        let millis = i64::from(n) * 250;
        // Every third sample comes before one that is there already.
        let time = at(if n.is_multiple_of(9) { millis - 2000 } else { millis });
        let car = CarSample {
            time,
            driver,
            speed_kmh: Some(n % 350),
            rpm: Some(11_000),
            gear: Some(-1),
            throttle_percent: None,
            brake_percent: Some(100),
            drs: None,
        };
        let position =
            PositionSample { time, driver, x_dm: -i32::from(n), y_dm: 70_000, z_dm: 0, on_track: n.is_multiple_of(2) };
        let row = TelemetryRow {
            time,
            driver,
            lap: Some(LapNumber(n / 3 + 1)).filter(|_| n.is_multiple_of(2)),
            car: Some(car).filter(|_| n % 4 != 1),
            position: Some(position).filter(|_| n % 4 != 2),
        };
        self.telemetry.push(row);
        self.telemetry.sort_by_key(|row| (row.driver, row.time));
        if n.is_multiple_of(7) {
            let before = self.telemetry.iter_mut().filter(|row| row.driver == driver).rev().take(2);
            before.for_each(|row| row.lap = Some(LapNumber(n)));
        }
    }
}

fn lap(driver: DriverNumber, n: u16, start: SessionTime, text: &str) -> Lap {
    Lap {
        driver,
        number: LapNumber(n),
        started_at: Some(start),
        time: Some(LapTime::from_millis(91_234)).filter(|_| n.is_multiple_of(2)),
        sectors: [Some(LapTime::from_millis(30_001)), None, None],
        fresh_tyre: Some(false).filter(|_| n.is_multiple_of(3)),
        deleted: n % 2 == 1,
        deleted_reason: text.to_owned(),
        gap_to_leader_ms: Some(u32::from(n)).filter(|_| n % 3 == 1),
        ..Lap::default()
    }
}

fn stint() -> Stint {
    Stint { fresh: None, first_lap: LapNumber(1), last_lap: LapNumber(9), age_at_start: 3, ..Stint::default() }
}

fn stop() -> PitStop {
    PitStop { entered_at: Some(at(-5)), lane_time: Some(LapTime::from_millis(22_100)), ..PitStop::default() }
}

fn reading(n: u16) -> Weather {
    let air = if n.is_multiple_of(5) { f32::NAN } else { 21.3 + f32::from(n) / 10.0 };
    Weather {
        air_temperature_c: Some(air),
        pressure_mbar: Some(1013.25),
        is_raining: Some(n.is_multiple_of(2)).filter(|_| !n.is_multiple_of(3)),
        wind_direction_deg: Some(359),
        ..Weather::default()
    }
}

fn message(n: u16, driver: DriverNumber, text: &str) -> RaceControlMessage {
    RaceControlMessage {
        index: n,
        utc: Some(UtcTime::from_millis(1_773_457_200_001 + i64::from(n))).filter(|_| n.is_multiple_of(2)),
        driver: Some(driver),
        text: text.to_owned(),
        ..RaceControlMessage::default()
    }
}

fn entry(driver: DriverNumber, text: &str) -> DriverRow {
    let team = String::new();
    DriverRow { driver, tla: "ABC".to_owned(), full_name: text.to_owned(), team, team_colour: "00FF00".to_owned() }
}

fn alert(driver: DriverNumber, start: SessionTime, text: &str) -> Alert {
    Alert {
        kind: AlertKind::LockUp,
        driver,
        lap: None,
        raised_at: start + 500,
        settled_at: start,
        waited_ms: 0,
        started_at: start,
        peak_at: start + 100,
        ended_at: None,
        distance_m: Some(0.1),
        evidence: Vec::new(),
        confidence: 0.7,
        text: text.to_owned(),
    }
}

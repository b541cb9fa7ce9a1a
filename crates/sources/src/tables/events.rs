//! From the rows of all tables to the events of one session.

use std::collections::BTreeMap;

use overcut_domain::{
    CarTiming, DriverNumber, Event, LapCountUpdate, PitStopReport, RaceControlCategory, RaceControlMessage,
    SessionInfo, SessionKind, SessionStatus, SessionTime, Stamped, TimingUpdate, TrackStatus, UtcTime,
};

use super::entries::{Entries, Entry};
use super::lap_clock::NoClock;
use super::lap_row::{LapRow, finished_at};
use super::samples::{self, CarSamples, LapSpan};
use super::timing::{self, Screen};
use super::{Rows, lap_clock, location_clock, status_from_laps};
use crate::report::{DecodeReport, Skip};

/// Out of the race for sure after this many of its own median laps without crossing the line again, where no samples
/// tell when the car stopped.
const OVERDUE_LAPS: f64 = 1.5;

/// All that is known of the session once the tables are joined.
struct Joined {
    entries: Entries,
    laps: BTreeMap<DriverNumber, Vec<LapRow>>,
    cars: BTreeMap<DriverNumber, CarSamples>,
    is_race: bool,
    /// When the first lap began.
    started_at: Option<SessionTime>,
    /// When the winner finished; races only.
    finished_at: Option<SessionTime>,
    utc_of_zero: Option<UtcTime>,
}

/// Joins the tables and appends what happened, sorted by time.
pub(super) fn push_events(mut tables: Rows, events: &mut Vec<Stamped<Event>>, report: &mut DecodeReport) {
    let joined = match join(&mut tables, report) {
        Ok(joined) => joined,
        Err(error) => {
            report.skip(Skip::BadTable, format!("no session clock: {error}").as_bytes());
            return;
        }
    };
    let first_new = events.len();
    let push = |events: &mut Vec<_>, time, value| events.push(Stamped { time, value });

    let zero = SessionTime::ZERO;
    if !joined.laps.is_empty() || !joined.entries.start_order.is_empty() {
        push(events, zero, Event::SessionInfo(Box::new(session_info(&tables, &joined))));
    }
    if let Some(utc) = joined.utc_of_zero {
        push(events, zero, Event::UtcOfZero(utc));
    }
    push_entries(&joined, events);

    let statuses = match tables.track_status.is_empty() {
        false => std::mem::take(&mut tables.track_status),
        true => status_from_laps::derive(&joined.laps),
    };
    push_phases(&joined, &statuses, events);
    events.extend(statuses.into_iter().map(|(time, status)| Stamped { time, value: Event::TrackStatus(status) }));
    let weather = std::mem::take(&mut tables.weather);
    events.extend(weather.into_iter().map(|(time, weather)| Stamped { time, value: Event::Weather(weather) }));

    let retirements = retirements(&joined);
    let screen = Screen {
        laps: &joined.laps,
        start_order: &joined.entries.start_order,
        has_grid: joined.entries.has_grid(),
        is_race: joined.is_race,
        started_at: joined.started_at.unwrap_or(zero),
        retirements: &retirements,
    };
    events.extend(timing::play(&screen));
    if let Some(finished_at) = joined.finished_at {
        // After the crossing at the same moment: a session is finished because the winner has crossed the line.
        push(events, finished_at, Event::SessionStatus(SessionStatus::Finished));
    }
    push_race_control(&mut tables, &joined, events, report);
    push_pit_stops(&tables, &joined, events, report);
    let was_finished = joined.finished_at.is_some();
    samples::push_events(joined.cars, events);

    let new = events.get_mut(first_new..).unwrap_or_default();
    new.sort_by_key(|event| event.time);
    let last = events.get(first_new..).and_then(<[_]>::last).map(|event| event.time);
    if let Some(last) = last.filter(|_| was_finished) {
        push(events, last, Event::SessionStatus(SessionStatus::Ends));
    }
}

/// Gives every row its driver and its place on the session's clock.
fn join(tables: &mut Rows, report: &mut DecodeReport) -> Result<Joined, NoClock> {
    let mut laps_by_name = merged_laps(tables);
    laps_by_name.sort_by_key(|row| row.lap.number);
    let mut said = std::mem::take(&mut tables.entries);
    said.extend(laps_by_name.iter().map(entry_of_row));
    said.extend(tables.cars.keys().map(|car| entry_of_name(car)));
    let entries = Entries::resolve(said);

    let mut laps: BTreeMap<DriverNumber, Vec<LapRow>> = BTreeMap::new();
    for mut row in laps_by_name {
        let Some(driver) = entries.number(row.number, &row.tla) else { continue };
        row.lap.driver = driver;
        laps.entry(driver).or_default().push(row);
    }
    for rows in laps.values_mut() {
        rows.dedup_by_key(|row| row.lap.number);
    }
    let known_paths = known_paths(tables);
    let mut cars = numbered(std::mem::take(&mut tables.cars), &entries);
    let raced_together = place_laps(&mut laps, &mut cars, report)?;
    place_locations(tables, &known_paths, &entries, &mut cars, report);

    let rows = || laps.values().flatten();
    let is_race =
        rows().any(|row| row.lap.position.is_some()) || (entries.has_grid() && !entries.has_qualifying_times());
    let is_race = is_race || raced_together;
    let started_at = rows().filter_map(|row| row.lap.started_at).min();
    let from_laps = rows().find_map(|row| Some(row.started_utc?.as_millis() - row.lap.started_at?.as_millis()));
    let utc_of_zero = tables.utc_of_zero_ms.or(from_laps).map(UtcTime::from_millis);
    let finished_at = if is_race { winner_finished_at(&laps) } else { None };
    Ok(Joined { entries, laps, cars, is_race, started_at, finished_at, utc_of_zero })
}

/// FastF1's rows, completed by those of TracingInsights for the same laps; or those alone.
fn merged_laps(tables: &mut Rows) -> Vec<LapRow> {
    let mut rows = std::mem::take(&mut tables.laps);
    let lap_times = &mut tables.lap_times;
    if rows.is_empty() {
        return lap_times.clone();
    }
    let mut by_lap: BTreeMap<(String, u16), LapRow> =
        std::mem::take(lap_times).into_iter().map(|row| ((row.tla.clone(), row.lap.number.0), row)).collect();
    for row in &mut rows {
        if let Some(other) = by_lap.remove(&(row.tla.clone(), row.lap.number.0)) {
            row.fill_from(other);
        }
    }
    rows.extend(by_lap.into_values());
    rows
}

fn entry_of_row(row: &LapRow) -> Entry {
    Entry { number: row.number, tla: row.tla.clone(), team: row.team.clone(), ..Entry::default() }
}

fn entry_of_name(car: &str) -> Entry {
    match car.parse() {
        Ok(number) => Entry { number: Some(number), ..Entry::default() },
        Err(_) => Entry { tla: car.to_owned(), ..Entry::default() },
    }
}

fn numbered(cars: BTreeMap<String, CarSamples>, entries: &Entries) -> BTreeMap<DriverNumber, CarSamples> {
    let number = |car: &str| car.parse().ok().or_else(|| entries.number(None, car));
    cars.into_iter().filter_map(|(car, samples)| Some((number(&car)?, samples))).collect()
}

/// Puts laps, sectors and samples that are timed from the start of each lap on the session's clock. Says whether the
/// clock had to be made by adding up, which only works for cars that raced together.
fn place_laps(
    laps: &mut BTreeMap<DriverNumber, Vec<LapRow>>,
    cars: &mut BTreeMap<DriverNumber, CarSamples>,
    report: &mut DecodeReport,
) -> Result<bool, NoClock> {
    let spans: BTreeMap<DriverNumber, Vec<LapSpan>> =
        cars.iter().filter(|(_, car)| !car.laps.is_empty()).map(|(driver, car)| (*driver, car.laps.clone())).collect();
    let has_clock = laps.values().flatten().any(|row| row.lap.ended_at.is_some());
    let needs_clock = !has_clock && (!laps.is_empty() || !spans.is_empty());
    if needs_clock {
        lap_clock::add_up(laps, &spans)?;
    }
    for (driver, rows) in laps.iter_mut() {
        lap_clock::start_laps(rows, spans.get(driver).map_or(&[], Vec::as_slice));
        rows.iter_mut().for_each(LapRow::place_sectors);
    }
    for (driver, car) in cars.iter_mut() {
        let rows = laps.get(driver).map_or(&[][..], Vec::as_slice);
        let start_of = |lap| rows.iter().find(|row| row.lap.number.0 == lap).and_then(|row| row.lap.started_at);
        let dropped = car.place(start_of);
        if dropped > 0 {
            let reason = format!("car {driver}: {dropped} samples of laps that have no place on the session clock");
            report.skip(Skip::BadTable, reason.as_bytes());
        }
    }
    Ok(needs_clock)
}

/// Paths on the session's clock, by three letters.
fn known_paths(tables: &Rows) -> BTreeMap<String, Vec<(i32, i32, i32)>> {
    if tables.locations.is_empty() {
        return BTreeMap::new();
    }
    let on_clock = tables.cars.iter().filter(|(_, car)| car.laps.is_empty());
    on_clock.map(|(name, car)| (name.clone(), car.path().collect())).collect()
}

/// Adds the positions of a low-rate table, once its clock is found.
fn place_locations(
    tables: &mut Rows,
    known: &BTreeMap<String, Vec<(i32, i32, i32)>>,
    entries: &Entries,
    cars: &mut BTreeMap<DriverNumber, CarSamples>,
    report: &mut DecodeReport,
) {
    let mut locations = std::mem::take(&mut tables.locations);
    if locations.is_empty() {
        return;
    }
    locations.values_mut().for_each(|rows| rows.sort_by_key(|row| row.time_ms));
    let Some(offset_ms) = location_clock::offset_ms(&locations, known) else {
        let reason = "positions on a clock of their own, and no car's path on the session clock to lay them over";
        report.skip(Skip::BadTable, reason.as_bytes());
        return;
    };
    for (name, rows) in locations {
        let Some(driver) = entries.number(None, &name) else {
            report.skip(Skip::BadTable, format!("positions of {name:?}, who is in no other table").as_bytes());
            continue;
        };
        let car = cars.entry(driver).or_default();
        for row in rows {
            car.push_fix(row.time_ms.saturating_add(offset_ms), (row.x_dm, row.y_dm, 0));
        }
    }
}

/// When the first car completed the last lap of the race.
fn winner_finished_at(laps: &BTreeMap<DriverNumber, Vec<LapRow>>) -> Option<SessionTime> {
    let last_laps = laps.values().filter_map(|rows| {
        let (idx, row) =
            rows.iter().enumerate().rfind(|(idx, row)| finished_at(row, idx + 1 == rows.len()).is_some())?;
        Some((row.lap.number, finished_at(row, idx + 1 == rows.len())?))
    });
    let most = last_laps.clone().map(|(number, _)| number).max()?;
    last_laps.filter(|(number, _)| *number == most).map(|(_, at)| at).min()
}

/// When each car went out of the race: those that never crossed the line again before the winner finished.
///
/// The tables do not say when. With samples it is when the car came to rest, otherwise when it was well
/// overdue at the line.
fn retirements(joined: &Joined) -> BTreeMap<DriverNumber, SessionTime> {
    let Some(finish) = joined.finished_at else { return BTreeMap::new() };
    let out_of = |driver: &DriverNumber| {
        let rows = joined.laps.get(driver).map_or(&[][..], Vec::as_slice);
        let crossings = rows.iter().enumerate().filter_map(|(idx, row)| finished_at(row, idx + 1 == rows.len()));
        let last = crossings.max();
        if last.is_some_and(|last| last >= finish) {
            return None;
        }
        let since = last.or(joined.started_at).unwrap_or_default();
        let stopped = joined.cars.get(driver).and_then(|car| car.came_to_rest_after(last));
        let out = stopped.unwrap_or_else(|| since + (OVERDUE_LAPS * median_lap_ms(joined, rows)) as i64);
        Some((*driver, out.min(finish).max(last.unwrap_or(SessionTime::ZERO))))
    };
    joined.entries.start_order.iter().filter_map(out_of).collect()
}

/// The median lap of a car, or of all cars if it has none.
fn median_lap_ms(joined: &Joined, rows: &[LapRow]) -> f64 {
    let of = |rows: &mut dyn Iterator<Item = &LapRow>| {
        let mut times: Vec<u32> = rows.filter_map(|row| row.lap.time).map(|time| time.as_millis()).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    };
    let own = of(&mut rows.iter()).or_else(|| of(&mut joined.laps.values().flatten()));
    f64::from(own.unwrap_or(100_000))
}

/// What session this is, as far as the tables say.
fn session_info(tables: &Rows, joined: &Joined) -> SessionInfo {
    let said = |name: &str| tables.event_info.get(name).cloned().unwrap_or_default();
    let from_laps = || joined.laps.values().flatten().find_map(|row| row.event_name.clone());
    let meeting_name = Some(said("EventName")).filter(|name| !name.is_empty()).or_else(from_laps);
    let (name, starts_at) = scheduled(tables, joined).unwrap_or_default();
    let kind = match name.as_str() {
        "Race" => SessionKind::Race,
        "Sprint" => SessionKind::Sprint,
        "Qualifying" => SessionKind::Qualifying,
        "Sprint Qualifying" | "Sprint Shootout" => SessionKind::SprintQualifying,
        name if name.starts_with("Practice") => SessionKind::Practice,
        _ if joined.is_race => SessionKind::Race,
        _ if joined.entries.has_qualifying_times() => SessionKind::Qualifying,
        _ => SessionKind::Unknown,
    };
    let plain_name = match kind {
        SessionKind::Race => "Race",
        SessionKind::Qualifying => "Qualifying",
        _ => "",
    };
    SessionInfo {
        key: tables.keys.session,
        meeting_key: tables.keys.meeting,
        meeting_name: meeting_name.unwrap_or_default(),
        location: said("Location"),
        country: said("Country"),
        name: if name.is_empty() { plain_name.to_owned() } else { name },
        kind,
        starts_at,
        ..SessionInfo::default()
    }
}

/// Name and planned start of the session of the weekend that these tables are of: the one planned nearest to the
/// start.
fn scheduled(tables: &Rows, joined: &Joined) -> Option<(String, Option<UtcTime>)> {
    let started = joined.utc_of_zero?.as_millis() + joined.started_at?.as_millis();
    let sessions = (1..=5).filter_map(|idx| {
        let name = tables.event_info.get(&format!("Session{idx}"))?;
        let planned: UtcTime = tables.event_info.get(&format!("Session{idx}DateUtc"))?.parse().ok()?;
        Some((name.clone(), planned))
    });
    let (name, planned) = sessions.min_by_key(|(_, planned)| planned.as_millis().abs_diff(started))?;
    // More than three hours off it is none of them.
    (planned.as_millis().abs_diff(started) < 3 * 3_600_000).then_some((name, Some(planned)))
}

fn push_entries(joined: &Joined, events: &mut Vec<Stamped<Event>>) {
    let mut push = |value| events.push(Stamped { time: SessionTime::ZERO, value });
    let order = &joined.entries.start_order;
    if order.is_empty() {
        return;
    }
    push(Event::Drivers(joined.entries.drivers()));
    let places = joined.entries.has_grid() && joined.is_race;
    let cars = order.iter().zip(1u8..).map(|(driver, line)| CarTiming {
        driver: *driver,
        line: Some(line),
        position: places.then_some(line),
        n_laps: Some(0),
        n_pit_stops: Some(0),
        ..CarTiming::default()
    });
    push(Event::Timing(Box::new(TimingUpdate { is_full: true, cars: cars.collect(), ..TimingUpdate::default() })));
    if places {
        push(Event::Stints(joined.entries.grid()));
    }
    let n_laps = joined.laps.values().flatten().map(|row| row.lap.number.0).max();
    if joined.is_race {
        push(Event::LapCount(LapCountUpdate { current: None, total: n_laps }));
    }
}

/// The phases of the session up to its end: start and red flags.
fn push_phases(joined: &Joined, statuses: &[(SessionTime, TrackStatus)], events: &mut Vec<Stamped<Event>>) {
    let mut push = |time, status| events.push(Stamped { time, value: Event::SessionStatus(status) });
    let Some(started_at) = joined.started_at else { return };
    push(SessionTime::ZERO, SessionStatus::Inactive);
    push(started_at, SessionStatus::Started);
    for (idx, (time, status)) in statuses.iter().enumerate() {
        if *status != TrackStatus::Red || *time < started_at {
            continue;
        }
        push(*time, SessionStatus::Aborted);
        let cleared = statuses.get(idx + 1).map(|(time, _)| *time);
        if let Some(restarted_at) = restart_after(joined, *time).or(cleared) {
            push(restarted_at, SessionStatus::Started);
        }
    }
}

/// When the first lap began after a red flag that did not simply follow the lap before.
fn restart_after(joined: &Joined, red_at: SessionTime) -> Option<SessionTime> {
    let restarts = joined.laps.values().flat_map(|rows| rows.windows(2)).filter_map(|pair| {
        let [before, row] = pair else { return None };
        let (ended_at, started_at) = (before.lap.ended_at?, row.lap.started_at?);
        (started_at > red_at && started_at.millis_since(ended_at) > 1000).then_some(started_at)
    });
    restarts.min()
}

/// Race control as issued; where no table has it, the deletions of lap times that the lap table knows.
fn push_race_control(tables: &mut Rows, joined: &Joined, events: &mut Vec<Stamped<Event>>, report: &mut DecodeReport) {
    let mut push = |time, message| events.push(Stamped { time, value: Event::RaceControl(vec![message]) });
    if tables.race_control.is_empty() {
        for (time, message) in deletions(joined) {
            push(time, message);
        }
        return;
    }
    for message in std::mem::take(&mut tables.race_control) {
        let Some((utc, zero)) = message.utc.zip(joined.utc_of_zero) else {
            report.skip(Skip::BadRow, format!("no session time for {:?}", message.text).as_bytes());
            continue;
        };
        // Stamps are cut to the second, so a message may be up to a second later than its stamp, and never earlier: the
        // chequered flag of the 2024 Italian GP would fall before the winner's crossing.
        let cut = if utc.as_millis() % 1000 == 0 { 999 } else { 0 };
        let millis = utc.as_millis().saturating_sub(zero.as_millis()).saturating_add(cut);
        push(SessionTime::from_millis(millis).max(SessionTime::ZERO), message);
    }
}

/// The struck-off lap times as race control would have announced them, at the end of the lap: the table does not say
/// when they were.
fn deletions(joined: &Joined) -> Vec<(SessionTime, RaceControlMessage)> {
    let deleted = joined.laps.values().flatten().filter(|row| row.lap.deleted);
    let mut rows: Vec<_> = deleted.filter_map(|row| Some((row.lap.ended_at?, row))).collect();
    rows.sort_by_key(|(time, row)| (*time, row.lap.driver));
    let messages = rows.into_iter().zip(0u16..).map(|((time, row), index)| {
        let driver = row.lap.driver;
        let tla = joined.entries.get(driver).map_or("", |entry| entry.tla.as_str());
        let what = row.lap.time.map_or_else(|| "LAP".to_owned(), |time| format!("TIME {time}"));
        let reason = row.lap.deleted_reason.trim();
        let lap = if reason.contains(" LAP ") { String::new() } else { format!(" LAP {}", row.lap.number) };
        let utc = joined.utc_of_zero.map(|zero| UtcTime::from_millis(zero.as_millis() + time.as_millis()));
        let message = RaceControlMessage {
            index,
            utc,
            category: RaceControlCategory::Other,
            driver: Some(driver),
            text: format!("CAR {driver} ({tla}) {what} DELETED - {reason}{lap}"),
            ..RaceControlMessage::default()
        };
        (time, message)
    });
    messages.collect()
}

/// Stationary times, each at the moment its car left the pit lane.
fn push_pit_stops(tables: &Rows, joined: &Joined, events: &mut Vec<Stamped<Event>>, report: &mut DecodeReport) {
    for stop in &tables.stop_times {
        let left_at = joined.entries.by_last_name(&stop.driver).and_then(|driver| {
            let rows = joined.laps.get(&driver)?;
            let after = rows.iter().find(|row| row.lap.number == stop.lap.next()).and_then(|row| row.lap.pit_out_at);
            let entered = rows.iter().find(|row| row.lap.number == stop.lap).and_then(|row| row.lap.pit_in_at);
            Some((driver, after.or(entered)?))
        });
        let Some((driver, time)) = left_at else {
            let example = format!("no visit to the pits by {:?} on lap {}", stop.driver, stop.lap);
            report.skip(Skip::BadRow, example.as_bytes());
            continue;
        };
        let report =
            PitStopReport { driver, lap: Some(stop.lap), utc: None, lane_time: None, stop_time: Some(stop.stop_time) };
        events.push(Stamped { time, value: Event::PitStops(vec![report]) });
    }
}

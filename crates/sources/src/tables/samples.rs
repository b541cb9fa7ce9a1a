//! Car channels and positions, packed while their table is read and handed out in time order at the end.
//!
//! A race has 840,000 rows; a packed row takes 12 bytes for the channels and 16 for the position, so that reading
//! never holds more than one copy of the session beside the events themselves.

use std::collections::BTreeMap;

use overcut_domain::{CarSample, DriverNumber, Drs, Event, PositionSample, SessionTime, Stamped};

use super::cell::{flag, is_blank, real, span_ms, text, whole};
use super::table::{Column, Row, Table, TableError};
use crate::report::{DecodeReport, Garbage, Skip};

/// Samples of at most this span come out as one event, as a feed would batch them.
const BATCH_MS: i32 = 250;

/// A car that stands still this long, in milliseconds, is not in a race any more (unless that stands still too).
const REST_MS: i32 = 120_000;

/// A car no faster than this stands still: the channel of a car whose engine is off may freeze at a walking pace (car
/// 24 in the 2023 São Paulo Grand Prix: 7 km/h for half an hour).
const REST_KMH: u16 = 30;

/// Most rows kept of a recording: ten times the largest race.
const MAX_SAMPLES: usize = 8_000_000;

/// Most cars of a recording, and most laps of a car.
const MAX_CARS: usize = 200;
const MAX_LAPS: usize = 2_000;

/// No value, in a packed reading.
const NO_U16: u16 = u16::MAX;
const NO_U8: u8 = u8::MAX;
const NO_GEAR: i8 = i8::MIN;

/// One reading of a car's channels. `time_ms` is on the session's clock, or in the lap until the lap is placed.
#[derive(Debug, Clone, Copy)]
struct Reading {
    time_ms: i32,
    rpm: u16,
    speed_kmh: u16,
    gear: i8,
    throttle_percent: u8,
    brake_percent: u8,
    drs: u8,
}

/// One position fix.
#[derive(Debug, Clone, Copy)]
struct Fix {
    time_ms: i32,
    x_dm: i32,
    y_dm: i32,
    z_dm: i32,
}

/// Where one lap's samples are in a car's lists, when they are timed from the start of the lap.
#[derive(Debug, Clone, Copy)]
pub(super) struct LapSpan {
    /// Which lap.
    pub(super) lap: u16,
    first_reading: usize,
    first_fix: usize,
    /// Time of the last sample in the lap: the length of the lap, as the exporter cut it.
    pub(super) length_ms: i32,
    /// Speed of the first sample, km/h.
    pub(super) entry_kmh: u16,
    /// Speed of the last sample, km/h.
    pub(super) exit_kmh: u16,
}

/// The samples of one car.
#[derive(Debug, Default)]
pub(super) struct CarSamples {
    readings: Vec<Reading>,
    fixes: Vec<Fix>,
    /// The laps, when samples are timed from the start of each. Empty when they are on the session's clock.
    pub(super) laps: Vec<LapSpan>,
}

impl CarSamples {
    /// Puts samples that are timed from the start of each lap on the session's clock. Laps that `start_of` does not
    /// know are dropped; returns how many samples that were.
    pub(super) fn place(&mut self, start_of: impl Fn(u16) -> Option<SessionTime>) -> usize {
        let laps = std::mem::take(&mut self.laps);
        if laps.is_empty() {
            return 0;
        }
        let ends = |next: Option<&LapSpan>| {
            next.map_or((self.readings.len(), self.fixes.len()), |lap| (lap.first_reading, lap.first_fix))
        };
        let mut dropped = 0;
        let (mut readings, mut fixes) = (Vec::new(), Vec::new());
        readings.reserve_exact(self.readings.len());
        fixes.reserve_exact(self.fixes.len());
        for (idx, lap) in laps.iter().enumerate() {
            let (last_reading, last_fix) = ends(laps.get(idx + 1));
            let in_lap = self.readings.get(lap.first_reading..last_reading).unwrap_or_default();
            let start = start_of(lap.lap).and_then(|start| i32::try_from(start.as_millis()).ok());
            let Some(start) = start else {
                dropped += in_lap.len();
                continue;
            };
            let placed = |time_ms: i32| time_ms.saturating_add(start);
            readings.extend(in_lap.iter().map(|reading| Reading { time_ms: placed(reading.time_ms), ..*reading }));
            let in_lap = self.fixes.get(lap.first_fix..last_fix).unwrap_or_default();
            fixes.extend(in_lap.iter().map(|fix| Fix { time_ms: placed(fix.time_ms), ..*fix }));
        }
        (self.readings, self.fixes) = (readings, fixes);
        dropped
    }

    /// When the car came to rest for good or for long, after a moment: the first time from which it stood still for
    /// [`REST_MS`] or to the end. Later movements are of a car that is pushed, or of wheels that turn on jacks.
    /// Without a moment it is when it came to rest for good.
    pub(super) fn came_to_rest_after(&self, moment: Option<SessionTime>) -> Option<SessionTime> {
        let moves = |reading: &&Reading| reading.speed_kmh != NO_U16 && reading.speed_kmh > REST_KMH;
        let Some(moment) = moment else {
            let last = self.readings.iter().rfind(moves);
            return last.map(|reading| SessionTime::from_millis(reading.time_ms.into()));
        };
        let after = |reading: &&Reading| SessionTime::from_millis(reading.time_ms.into()) > moment;
        let mut moving = self.readings.iter().filter(after).filter(moves).map(|reading| reading.time_ms).peekable();
        while let Some(time_ms) = moving.next() {
            if moving.peek().is_none_or(|next| next.saturating_sub(time_ms) >= REST_MS) {
                return Some(SessionTime::from_millis(time_ms.into()));
            }
        }
        None
    }

    /// The fixes as (time, x, y), in milliseconds and decimetres.
    pub(super) fn path(&self) -> impl Iterator<Item = (i32, i32, i32)> + '_ {
        self.fixes.iter().map(|fix| (fix.time_ms, fix.x_dm, fix.y_dm))
    }

    /// Adds a fix.
    pub(super) fn push_fix(&mut self, time_ms: i32, (x_dm, y_dm, z_dm): (i32, i32, i32)) {
        self.fixes.push(Fix { time_ms, x_dm, y_dm, z_dm });
    }
}

/// A channel's value, or the mark for none; a value out of range is counted.
struct Channels<'r> {
    report: &'r mut DecodeReport,
}

impl Channels<'_> {
    fn u16(&mut self, cell: &[u8], max: u16, kind: Garbage) -> u16 {
        if is_blank(cell) {
            return NO_U16;
        }
        whole(cell).filter(|value| *value <= max).unwrap_or_else(|| self.garbage(kind, NO_U16))
    }

    fn u8(&mut self, cell: &[u8], max: u8, kind: Garbage) -> u8 {
        if is_blank(cell) {
            return NO_U8;
        }
        whole(cell).filter(|value| *value <= max).unwrap_or_else(|| self.garbage(kind, NO_U8))
    }

    fn gear(&mut self, cell: &[u8]) -> i8 {
        if is_blank(cell) {
            return NO_GEAR;
        }
        whole(cell).filter(|gear| (-1..=8).contains(gear)).unwrap_or_else(|| self.garbage(Garbage::Gear, NO_GEAR))
    }

    /// 0 or 100 %. Where the throttle is garbage so was the brake (both are 104 in the feed), and the exporters have
    /// made "on" of it.
    fn brake(&mut self, cell: &[u8], throttle: u8) -> u8 {
        match flag(cell) {
            Some(true) if throttle == NO_U8 => self.garbage(Garbage::Brake, NO_U8),
            Some(on) => u8::from(on) * 100,
            None if is_blank(cell) => NO_U8,
            None => self.u8(cell, 100, Garbage::Brake),
        }
    }

    fn drs(&mut self, code: u8) -> u8 {
        match Drs::from_code(code) {
            Some(drs) => packed_drs(drs),
            None => self.garbage(Garbage::Drs, NO_U8),
        }
    }

    fn garbage<T>(&mut self, kind: Garbage, none: T) -> T {
        self.report.garbage.add(kind);
        none
    }
}

const fn packed_drs(drs: Drs) -> u8 {
    match drs {
        Drs::Off => 0,
        Drs::Eligible => 1,
        Drs::Open => 2,
    }
}

const fn unpacked_drs(drs: u8) -> Option<Drs> {
    match drs {
        0 => Some(Drs::Off),
        1 => Some(Drs::Eligible),
        2 => Some(Drs::Open),
        _ => None,
    }
}

impl Reading {
    fn sample(self, driver: DriverNumber) -> CarSample {
        CarSample {
            time: SessionTime::from_millis(self.time_ms.into()),
            driver,
            rpm: (self.rpm != NO_U16).then_some(self.rpm),
            speed_kmh: (self.speed_kmh != NO_U16).then_some(self.speed_kmh),
            gear: (self.gear != NO_GEAR).then_some(self.gear),
            throttle_percent: (self.throttle_percent != NO_U8).then_some(self.throttle_percent),
            brake_percent: (self.brake_percent != NO_U8).then_some(self.brake_percent),
            drs: unpacked_drs(self.drs),
        }
    }
}

impl Fix {
    fn sample(self, driver: DriverNumber) -> PositionSample {
        PositionSample {
            time: SessionTime::from_millis(self.time_ms.into()),
            driver,
            x_dm: self.x_dm,
            y_dm: self.y_dm,
            z_dm: self.z_dm,
            on_track: true,
        }
    }
}

/// The fix in a row. `None` where there is none; all zero means that the car had no fix, and is counted.
fn fix(row: Row<'_>, [x, y, z]: [Column; 3], report: &mut DecodeReport) -> Option<(i32, i32, i32)> {
    let place: (i32, i32, i32) = (whole(row.cell(x))?, whole(row.cell(y))?, whole(row.cell(z)).unwrap_or(0));
    // 10 km away or 5 km high: beyond any circuit.
    let is_far = place.0.unsigned_abs().max(place.1.unsigned_abs()) > 100_000 || place.2.unsigned_abs() > 50_000;
    if place == (0, 0, 0) || is_far {
        report.garbage.add(if is_far { Garbage::FarPosition } else { Garbage::NoFix });
        return None;
    }
    Some(place)
}

/// What FastF1's table of car channels says beside the samples.
#[derive(Debug, Default)]
pub(super) struct ChannelFile {
    /// UTC less session time of its first row, in milliseconds since 1970.
    pub(super) utc_of_zero_ms: Option<i64>,
}

/// Reads FastF1's table of one car's channels (`Speed`, `RPM` …; merged tables also have `X`, `Y`, `Z`).
///
/// Merged tables contain rows that FastF1 made by interpolation: only rows of a `Source` are read, for what they
/// really hold.
pub(super) fn read_channels(
    file: &str,
    payload: &[u8],
    car: &mut CarSamples,
    report: &mut DecodeReport,
) -> Result<ChannelFile, TableError> {
    let mut table = Table::open(file, payload)?;
    let session_time = table.column("SessionTime")?;
    let (rpm, speed, gear) = (table.column("RPM")?, table.column("Speed")?, table.column("nGear")?);
    let (throttle, brake, drs) = (table.column("Throttle")?, table.column("Brake")?, table.optional("DRS"));
    let (source, date) = (table.optional("Source"), table.optional("Date"));
    let place = ["X", "Y", "Z"].map(|name| table.optional(name));
    let mut said = ChannelFile::default();
    while let Some(row) = table.next()? {
        let time = span_ms(row.cell(session_time));
        let Some(time_ms) = time.and_then(|time| i32::try_from(time).ok()).filter(|_| car.readings.len() < MAX_SAMPLES)
        else {
            report.skip(Skip::BadRow, &row.example());
            continue;
        };
        if said.utc_of_zero_ms.is_none() {
            let utc: Option<overcut_domain::UtcTime> = text(row.cell(date)).and_then(|date| date.parse().ok());
            said.utc_of_zero_ms = utc.map(|utc| utc.as_millis() - i64::from(time_ms));
        }
        match row.cell(source) {
            b"pos" => {
                if let Some(place) = fix(row, place, report) {
                    car.push_fix(time_ms, place);
                }
            }
            b"interpolation" => {}
            _ => {
                let mut channels = Channels { report };
                let throttle = channels.u8(row.cell(throttle), 100, Garbage::Throttle);
                let code = whole(row.cell(drs));
                car.readings.push(Reading {
                    time_ms,
                    rpm: channels.u16(row.cell(rpm), 20_000, Garbage::Rpm),
                    speed_kmh: channels.u16(row.cell(speed), 450, Garbage::Speed),
                    gear: channels.gear(row.cell(gear)),
                    throttle_percent: throttle,
                    brake_percent: channels.brake(row.cell(brake), throttle),
                    drs: code.map_or(NO_U8, |code| channels.drs(code)),
                });
            }
        }
    }
    Ok(said)
}

/// Reads TracingInsights' samples: every lap of every car, timed from the start of the lap.
pub(super) fn read_lap_samples(
    file: &str,
    payload: &[u8],
    cars: &mut BTreeMap<String, CarSamples>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (driver, lap, time) = (table.column("driver")?, table.column("lap")?, table.column("t")?);
    let (rpm, speed, gear) = (table.column("rpm")?, table.column("speed")?, table.column("gear")?);
    let (throttle, brake, drs) = (table.column("throttle")?, table.column("brake")?, table.optional("drs"));
    let place = ["x", "y", "z"].map(|name| table.optional(name));
    let mut n_samples = 0;
    while let Some(row) = table.next()? {
        let read = || {
            let tla = text(row.cell(driver)).filter(|tla| tla.len() <= 8)?;
            let time_ms = i32::try_from((real(row.cell(time))? * 1000.0).round() as i64).ok()?;
            Some((tla, whole::<u16>(row.cell(lap))?, time_ms))
        };
        let Some((tla, lap, time_ms)) = read().filter(|_| n_samples < MAX_SAMPLES) else {
            report.skip(Skip::BadRow, &row.example());
            continue;
        };
        n_samples += 1;
        if !cars.contains_key(tla) && cars.len() < MAX_CARS {
            cars.insert(tla.to_owned(), CarSamples::default());
        }
        let Some(car) = cars.get_mut(tla).filter(|car| car.laps.len() < MAX_LAPS) else {
            report.skip(Skip::BadRow, &row.example());
            continue;
        };
        let mut channels = Channels { report };
        let throttle = channels.u8(row.cell(throttle), 100, Garbage::Throttle);
        // Here 1 means open; the feed's own codes are gone.
        let is_open = flag(row.cell(drs)).map(|open| packed_drs(if open { Drs::Open } else { Drs::Off }));
        let reading = Reading {
            time_ms,
            rpm: channels.u16(row.cell(rpm), 20_000, Garbage::Rpm),
            speed_kmh: channels.u16(row.cell(speed), 450, Garbage::Speed),
            gear: channels.gear(row.cell(gear)),
            throttle_percent: throttle,
            brake_percent: channels.brake(row.cell(brake), throttle),
            drs: is_open.unwrap_or(NO_U8),
        };
        car.span_of(lap, reading);
        car.readings.push(reading);
        if let Some(place) = fix(row, place, report) {
            car.push_fix(time_ms, place);
        }
    }
    Ok(())
}

impl CarSamples {
    /// Extends the lap that a reading belongs to, or begins it.
    fn span_of(&mut self, lap: u16, reading: Reading) {
        let known = |speed: u16| if speed == NO_U16 { 0 } else { speed };
        match self.laps.last_mut() {
            Some(last) if last.lap == lap => {
                last.length_ms = last.length_ms.max(reading.time_ms);
                last.exit_kmh = known(reading.speed_kmh);
            }
            _ => self.laps.push(LapSpan {
                lap,
                first_reading: self.readings.len(),
                first_fix: self.fixes.len(),
                length_ms: reading.time_ms,
                entry_kmh: known(reading.speed_kmh),
                exit_kmh: known(reading.speed_kmh),
            }),
        }
    }
}

/// One row of a low-rate table of positions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Location {
    /// On the table's own clock.
    pub(super) time_ms: i32,
    pub(super) x_dm: i32,
    pub(super) y_dm: i32,
}

/// Reads a low-rate table of positions, which runs on a clock of its own.
pub(super) fn read_locations(
    file: &str,
    payload: &[u8],
    cars: &mut BTreeMap<String, Vec<Location>>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (driver, time) = (table.column("driver")?, table.column("t")?);
    let (x, y) = (table.column("x")?, table.column("y")?);
    let mut n_rows = 0;
    while let Some(row) = table.next()? {
        let read = || {
            let time_ms = i32::try_from(span_ms(row.cell(time))?).ok()?;
            Some((text(row.cell(driver))?, time_ms, whole(row.cell(x))?, whole(row.cell(y))?))
        };
        let is_room = |tla: &str| n_rows < MAX_SAMPLES && (cars.contains_key(tla) || cars.len() < MAX_CARS);
        let Some((tla, time_ms, x_dm, y_dm)) = read().filter(|(tla, ..)| is_room(tla)) else {
            report.skip(Skip::BadRow, &row.example());
            continue;
        };
        n_rows += 1;
        if (x_dm, y_dm) == (0, 0) {
            report.garbage.add(Garbage::NoFix);
            continue;
        }
        cars.entry(tla.to_owned()).or_default().push(Location { time_ms, x_dm, y_dm });
    }
    Ok(())
}

/// Hands out all samples as events of at most [`BATCH_MS`], in time order; within an event by driver, then time.
pub(super) fn push_events(cars: BTreeMap<DriverNumber, CarSamples>, events: &mut Vec<Stamped<Event>>) {
    let (mut readings, mut fixes) = (Vec::new(), Vec::new());
    for (driver, mut car) in cars {
        car.readings.sort_by_key(|reading| reading.time_ms);
        car.fixes.sort_by_key(|fix| fix.time_ms);
        readings.push((driver, 0, car.readings));
        fixes.push((driver, 0, car.fixes));
    }
    let wrap = |time, value| Stamped { time, value };
    batches(
        &mut readings,
        |reading| reading.time_ms,
        Reading::sample,
        |time, samples| {
            events.push(wrap(time, Event::Cars(samples)));
        },
    );
    drop(readings);
    batches(
        &mut fixes,
        |fix| fix.time_ms,
        Fix::sample,
        |time, samples| {
            events.push(wrap(time, Event::Positions(samples)));
        },
    );
}

/// Merges sorted lists into batches, each stamped with its latest sample.
fn batches<P: Copy, S>(
    lists: &mut [(DriverNumber, usize, Vec<P>)],
    time_of: impl Fn(&P) -> i32,
    sample: impl Fn(P, DriverNumber) -> S,
    mut emit: impl FnMut(SessionTime, Vec<S>),
) {
    loop {
        let heads = lists.iter().filter_map(|(_, next, list)| list.get(*next));
        let Some(first) = heads.map(&time_of).min() else { return };
        let end = first.div_euclid(BATCH_MS).saturating_add(1).saturating_mul(BATCH_MS).max(first.saturating_add(1));
        let (mut batch, mut last) = (Vec::new(), first);
        for (driver, next, list) in lists.iter_mut() {
            while let Some(packed) = list.get(*next).filter(|packed| time_of(packed) < end) {
                last = last.max(time_of(packed));
                batch.push(sample(*packed, *driver));
                *next += 1;
            }
        }
        if batch.is_empty() {
            return; // only at the end of all time, where `end` cannot lie after `first`
        }
        batch.shrink_to_fit();
        emit(SessionTime::from_millis(last.into()), batch);
    }
}

#[cfg(test)]
impl LapSpan {
    /// A lap without samples.
    pub(super) fn for_test(lap: u16, length_ms: i32) -> LapSpan {
        LapSpan { lap, first_reading: 0, first_fix: 0, length_ms, entry_kmh: 0, exit_kmh: 0 }
    }
}

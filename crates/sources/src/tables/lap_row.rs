//! Rows of lap tables: FastF1's (one row per lap with its session times) and TracingInsights' (a time per lap).

use overcut_domain::{Compound, DriverNumber, Lap, LapNumber, SessionTime, TrackStatus, UtcTime};

use super::cell::{flag, is_blank, lap_time, moment, text, whole};
use super::table::{Column, Row, Table, TableError};
use crate::report::{DecodeReport, Skip};

/// Most laps kept. The longest race has 78 laps of 20 cars; a test day 150 of 20.
const MAX_LAPS: usize = 10_000;

/// No message about a sector is later than this, in milliseconds. Seen: up to 450 ms.
const LATE_MESSAGE_MS: i64 = 1000;

/// One row of a lap table.
#[derive(Debug, Clone, Default)]
pub(super) struct LapRow {
    /// The driver's three letters. Empty if the table has none.
    pub(super) tla: String,
    /// The racing number, if the table has it.
    pub(super) number: Option<DriverNumber>,
    /// Team, if the table has it.
    pub(super) team: Option<String>,
    /// What the table says about the lap. `lap.driver` is filled in later, when every entry has its number.
    pub(super) lap: Lap,
    /// True if the exporter made the row up: the car never finished the lap.
    pub(super) generated: bool,
    /// Whether the feed called the lap a personal best, if the table says so.
    pub(super) personal_best: Option<bool>,
    /// Name of the weekend, if the table has it.
    pub(super) event_name: Option<String>,
    /// UTC of the lap's start, if the table has it.
    pub(super) started_utc: Option<UtcTime>,
}

impl LapRow {
    /// Fills what this row lacks from another table's row for the same lap.
    pub(super) fn fill_from(&mut self, other: LapRow) {
        let (lap, more) = (&mut self.lap, other.lap);
        self.number = self.number.or(other.number);
        self.team = self.team.take().or(other.team);
        self.personal_best = self.personal_best.or(other.personal_best);
        self.event_name = self.event_name.take().or(other.event_name);
        self.started_utc = self.started_utc.or(other.started_utc);
        lap.started_at = lap.started_at.or(more.started_at);
        lap.ended_at = lap.ended_at.or(more.ended_at);
        lap.time = lap.time.or(more.time);
        lap.compound = lap.compound.or(more.compound);
        lap.tyre_life = lap.tyre_life.or(more.tyre_life);
        lap.fresh_tyre = lap.fresh_tyre.or(more.fresh_tyre);
        lap.stint = lap.stint.or(more.stint);
        lap.position = lap.position.or(more.position);
        lap.pit_in_at = lap.pit_in_at.or(more.pit_in_at);
        lap.pit_out_at = lap.pit_out_at.or(more.pit_out_at);
        for (slot, value) in lap.sectors.iter_mut().zip(more.sectors) {
            *slot = slot.or(value);
        }
        for (slot, value) in lap.sector_ended_at.iter_mut().zip(more.sector_ended_at) {
            *slot = slot.or(value);
        }
        if lap.track_status.is_empty() {
            lap.track_status = more.track_status;
        }
    }

    /// Puts the sectors' ends on the same clock as the lap's end.
    ///
    /// FastF1 corrects the end of a lap for the delay of its message, but leaves the sectors at the time their message
    /// arrived. Lengths are exact, so the ends follow from the end of the lap; a stated one stands where that differs
    /// by more than messages are ever late.
    pub(super) fn place_sectors(&mut self) {
        let lap = &mut self.lap;
        let Some(mut end) = lap.ended_at else { return };
        for (slot, time) in lap.sector_ended_at.iter_mut().zip(lap.sectors).rev() {
            let Some(time) = time else { return };
            match *slot {
                Some(stated) if stated.millis_since(end).abs() > LATE_MESSAGE_MS => end = stated,
                _ => *slot = Some(end),
            }
            end = end - i64::from(time.as_millis());
        }
    }
}

/// Where FastF1's columns are.
struct FastF1Columns {
    driver: Column,
    number: Column,
    lap_number: Column,
    time: Column,
    lap_time: Column,
    started_at: Column,
    started_utc: Column,
    stint: Column,
    pit_out: Column,
    pit_in: Column,
    sectors: [Column; 3],
    sector_ends: [Column; 3],
    speeds: [Column; 4],
    personal_best: Column,
    compound: Column,
    tyre_life: Column,
    fresh_tyre: Column,
    team: Column,
    track_status: Column,
    position: Column,
    deleted: Column,
    deleted_reason: Column,
    generated: Column,
    event_name: Column,
}

impl FastF1Columns {
    fn of(table: &Table<'_>) -> Result<Self, TableError> {
        Ok(FastF1Columns {
            driver: table.column("Driver")?,
            number: table.optional("DriverNumber"),
            lap_number: table.column("LapNumber")?,
            time: table.column("Time")?,
            lap_time: table.column("LapTime")?,
            started_at: table.optional("LapStartTime"),
            started_utc: table.optional("LapStartDate"),
            stint: table.optional("Stint"),
            pit_out: table.optional("PitOutTime"),
            pit_in: table.optional("PitInTime"),
            sectors: ["Sector1Time", "Sector2Time", "Sector3Time"].map(|name| table.optional(name)),
            sector_ends: ["Sector1SessionTime", "Sector2SessionTime", "Sector3SessionTime"]
                .map(|name| table.optional(name)),
            speeds: ["SpeedI1", "SpeedI2", "SpeedFL", "SpeedST"].map(|name| table.optional(name)),
            personal_best: table.optional("IsPersonalBest"),
            compound: table.optional("Compound"),
            tyre_life: table.optional("TyreLife"),
            fresh_tyre: table.optional("FreshTyre"),
            team: table.optional("Team"),
            track_status: table.optional("TrackStatus"),
            position: table.optional("Position"),
            deleted: table.optional("Deleted"),
            deleted_reason: table.optional("DeletedReason"),
            generated: table.optional("FastF1Generated"),
            event_name: table.optional("EventName"),
        })
    }

    fn read(&self, row: Row<'_>) -> Option<LapRow> {
        let cell = |column| row.cell(column);
        let own = |column| text(row.cell(column)).map(str::to_owned);
        let [i1, i2, finish_line, trap] = self.speeds.map(|column| whole(row.cell(column)));
        let lap = Lap {
            number: LapNumber(whole(cell(self.lap_number)).filter(|number| *number > 0)?),
            started_at: moment(cell(self.started_at)),
            ended_at: moment(cell(self.time)),
            time: lap_time(cell(self.lap_time)),
            sectors: self.sectors.map(|column| lap_time(cell(column))),
            sector_ended_at: self.sector_ends.map(|column| moment(cell(column))),
            speeds: overcut_domain::Speeds {
                i1_kmh: i1,
                i2_kmh: i2,
                finish_line_kmh: finish_line,
                speed_trap_kmh: trap,
            },
            compound: text(cell(self.compound)).and_then(Compound::from_name),
            tyre_life: whole(cell(self.tyre_life)),
            fresh_tyre: flag(cell(self.fresh_tyre)),
            stint: whole(cell(self.stint)).filter(|stint| *stint > 0),
            position: whole(cell(self.position)).filter(|position| *position > 0),
            pit_in_at: moment(cell(self.pit_in)),
            pit_out_at: moment(cell(self.pit_out)),
            track_status: track_statuses(cell(self.track_status)),
            deleted: flag(cell(self.deleted)).unwrap_or(false),
            deleted_reason: own(self.deleted_reason).unwrap_or_default(),
            ..Lap::default()
        };
        Some(LapRow {
            tla: own(self.driver).unwrap_or_default(),
            number: whole(cell(self.number)).map(DriverNumber),
            team: own(self.team),
            lap,
            generated: flag(cell(self.generated)).unwrap_or(false),
            personal_best: flag(cell(self.personal_best)),
            event_name: own(self.event_name),
            started_utc: text(cell(self.started_utc)).and_then(|text| text.parse().ok()),
        })
    }
}

/// Reads FastF1's lap table.
pub(super) fn read_fastf1(
    file: &str,
    payload: &[u8],
    rows: &mut Vec<LapRow>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let columns = FastF1Columns::of(&table)?;
    let (n_before, mut session) = (rows.len(), None::<String>);
    while let Some(row) = table.next()? {
        let read = columns.read(row);
        if let Some(second) = read.as_ref().and_then(|read| read.event_name.clone()) {
            let first = session.get_or_insert_with(|| second.clone());
            if *first != second {
                rows.truncate(n_before);
                return Err(TableError::SeveralSessions { file: file.to_owned(), first: first.clone(), second });
            }
        }
        keep(read, row, rows, report);
    }
    Ok(())
}

/// Reads TracingInsights' lap table. Only driver, lap, time and compound are sure to be there.
pub(super) fn read_lap_times(
    file: &str,
    payload: &[u8],
    rows: &mut Vec<LapRow>,
    report: &mut DecodeReport,
) -> Result<(), TableError> {
    let mut table = Table::open(file, payload)?;
    let (driver, lap, time) = (table.column("driver")?, table.column("lap")?, table.column("time")?);
    let compound = table.column("compound")?;
    let (stint, life, position) = (table.optional("stint"), table.optional("life"), table.optional("pos"));
    let (status, personal_best) = (table.optional("status"), table.optional("pb"));
    let sectors = ["s1", "s2", "s3"].map(|name| table.optional(name));
    while let Some(row) = table.next()? {
        let read = || {
            let lap = Lap {
                number: LapNumber(whole(row.cell(lap)).filter(|number| *number > 0)?),
                time: lap_time(row.cell(time)),
                sectors: sectors.map(|column| lap_time(row.cell(column))),
                compound: text(row.cell(compound)).and_then(Compound::from_name),
                tyre_life: whole(row.cell(life)),
                stint: whole(row.cell(stint)).filter(|stint| *stint > 0),
                position: whole(row.cell(position)).filter(|position| *position > 0),
                track_status: track_statuses(row.cell(status)),
                ..Lap::default()
            };
            let personal_best = flag(row.cell(personal_best));
            Some(LapRow { tla: text(row.cell(driver))?.to_owned(), lap, personal_best, ..LapRow::default() })
        };
        keep(read(), row, rows, report);
    }
    Ok(())
}

fn keep(read: Option<LapRow>, row: Row<'_>, rows: &mut Vec<LapRow>, report: &mut DecodeReport) {
    match read.filter(|row| rows.len() < MAX_LAPS && (row.number.is_some() || !row.tla.is_empty())) {
        Some(read) => rows.push(read),
        None => report.skip(Skip::BadRow, &row.example()),
    }
}

/// The statuses met in a lap, from their digits in order of appearance, such as `41` or `671`.
fn track_statuses(cell: &[u8]) -> Vec<TrackStatus> {
    if is_blank(cell) {
        return Vec::new();
    }
    let digits = cell.split(|byte| *byte == b'.').next().unwrap_or_default(); // pandas may write 41.0
    let codes = digits.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0');
    let mut statuses = Vec::new();
    for status in codes.filter_map(TrackStatus::from_code) {
        if !statuses.contains(&status) {
            statuses.push(status);
        }
    }
    statuses
}

/// The moment at which a row's lap ended, if the car really finished it.
///
/// The last row of a car that stopped on the track has a made-up end: the exporter needs one for every lap. Such a
/// row has no lap time and no third sector, and nothing follows it.
pub(super) fn finished_at(row: &LapRow, is_last: bool) -> Option<SessionTime> {
    let lap = &row.lap;
    let measured = lap.time.is_some() || lap.sectors[2].is_some() || lap.speeds.finish_line_kmh.is_some();
    lap.ended_at.filter(|_| !row.generated && (measured || !is_last))
}

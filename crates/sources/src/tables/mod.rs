//! Tables people already have: FastF1's CSV exports and TracingInsights' lap telemetry, as events of a session.
//!
//! A recording of tables is a set of files, each one raw message. What a file holds is told from its header ([`kind`]).
//! Files are read in any order into packed rows; at the end the rows are joined, every lap and sample is put on the
//! session's clock ([`lap_clock`]), and the timing screen is played from the lap table ([`timing`]), so that the fold
//! sees what a feed would have sent. Everything comes out at once, sorted by time.
//!
//! What a table knows only in the end (results, classifications) is not said before its time, mostly not at all.

mod cell;
mod conditions;
mod entries;
mod events;
mod kind;
mod lap_clock;
mod lap_row;
mod location_clock;
mod samples;
mod status_from_laps;
mod table;
mod timing;

use std::collections::BTreeMap;
use std::error::Error;

use overcut_domain::{Event, RawMessage, SessionInfo, SessionTime, Stamped};

use crate::format::Format;
use crate::recording::FileHead;
use crate::report::{DecodeReport, Skip};
use conditions::SessionKeys;
pub(crate) use conditions::{category_of, safety_car_of, status_of};
use kind::FileKind;
use samples::CarSamples;

/// Largest entry list or corner file read, in bytes.
const MAX_JSON: u64 = 4 << 20;

/// The format of a folder of tables, if its files' headers show one.
///
/// FastF1's must have laps or car channels, TracingInsights' lap times or samples: the other tables alone make no
/// session.
pub(crate) fn recognise(files: &[FileHead]) -> Option<Format> {
    let has = |wanted: [FileKind; 2]| {
        files.iter().filter_map(|file| FileKind::of(&file.bytes)).any(|kind| wanted.contains(&kind))
    };
    if has([FileKind::LapTimes, FileKind::LapSamples]) {
        Some(Format::TracingInsights)
    } else {
        has([FileKind::Laps, FileKind::CarChannels]).then_some(Format::FastF1Tables)
    }
}

/// What a cheap look at the beginnings of the files tells: the session, and whether there are car channels.
pub(crate) fn probe(_format: Format, files: &[FileHead]) -> (Option<SessionInfo>, bool) {
    let (mut tables, mut report) = (Tables::default(), DecodeReport::default());
    for FileHead { name, bytes } in files {
        tables.take(RawMessage { time: SessionTime::ZERO, channel: name, payload: bytes }, &mut report);
    }
    let mut events = Vec::new();
    let has_car_data = !tables.rows.cars.is_empty();
    tables.finish(&mut events, &mut report);
    let info = events.into_iter().find_map(|event| match event.value {
        Event::SessionInfo(info) => Some(*info),
        _ => None,
    });
    (info, has_car_data)
}

/// Collects the files of one recording and turns them into events.
#[derive(Default)]
pub(crate) struct Tables {
    rows: Rows,
}

/// What the files held.
#[derive(Default)]
struct Rows {
    laps: Vec<lap_row::LapRow>,
    lap_times: Vec<lap_row::LapRow>,
    entries: Vec<entries::Entry>,
    /// Car channels by what their file's name says of the car: a number or three letters.
    cars: BTreeMap<String, CarSamples>,
    locations: BTreeMap<String, Vec<samples::Location>>,
    weather: Vec<(SessionTime, overcut_domain::Weather)>,
    track_status: Vec<(SessionTime, overcut_domain::TrackStatus)>,
    race_control: Vec<overcut_domain::RaceControlMessage>,
    keys: SessionKeys,
    event_info: conditions::EventInfo,
    stop_times: Vec<conditions::StopTime>,
    utc_of_zero_ms: Option<i64>,
}

impl Tables {
    /// An empty collection. The files themselves tell what they hold, so both formats are read alike and may be mixed.
    pub(crate) fn new(_format: Format) -> Tables {
        Tables::default()
    }

    /// Takes one file in. Tables that cannot be used are counted with the reason, which names file and column; the
    /// others are used all the same.
    pub(crate) fn take(&mut self, file: RawMessage<'_>, report: &mut DecodeReport) {
        let Some(kind) = FileKind::of(file.payload) else {
            report.unknown_topic(file.channel, file.payload);
            return;
        };
        if let Err(error) = self.rows.read(kind, file.channel, file.payload, report) {
            report.skip(Skip::BadTable, with_causes(&*error).as_bytes());
        }
    }

    /// Hands out the events of all files, in order of time.
    pub(crate) fn finish(&mut self, events: &mut Vec<Stamped<Event>>, report: &mut DecodeReport) {
        events::push_events(std::mem::take(&mut self.rows), events, report);
    }
}

impl Rows {
    fn read(
        &mut self,
        kind: FileKind,
        file: &str,
        payload: &[u8],
        report: &mut DecodeReport,
    ) -> Result<(), Box<dyn Error>> {
        let tables = self;
        match kind {
            FileKind::Laps => lap_row::read_fastf1(file, payload, &mut tables.laps, report)?,
            FileKind::LapTimes => lap_row::read_lap_times(file, payload, &mut tables.lap_times, report)?,
            FileKind::CarChannels => {
                let car = car_of_file(file).ok_or_else(|| NoCarInName { file: file.to_owned() })?;
                let samples = tables.cars.entry(car).or_default();
                let said = samples::read_channels(file, payload, samples, report)?;
                tables.utc_of_zero_ms = tables.utc_of_zero_ms.or(said.utc_of_zero_ms);
            }
            FileKind::LapSamples => samples::read_lap_samples(file, payload, &mut tables.cars, report)?,
            FileKind::Locations => samples::read_locations(file, payload, &mut tables.locations, report)?,
            FileKind::Results => entries::read_results(file, payload, &mut tables.entries, report)?,
            FileKind::EntryList => {
                entries::read_entry_list(&table::bytes(payload, MAX_JSON)?, &mut tables.entries)?;
            }
            FileKind::Weather => conditions::read_weather(file, payload, &mut tables.weather, report)?,
            FileKind::TrackStatus => conditions::read_track_status(file, payload, &mut tables.track_status, report)?,
            FileKind::RaceControl => {
                tables.keys = conditions::read_race_control(file, payload, &mut tables.race_control, report)?;
            }
            FileKind::EventInfo => conditions::read_event_info(file, payload, &mut tables.event_info)?,
            FileKind::StopTimes => conditions::read_stop_times(file, payload, &mut tables.stop_times, report)?,
            FileKind::Corners => {} // a circuit's, not a session's
        }
        Ok(())
    }
}

/// A table of car channels whose car nobody can know.
#[derive(Debug, thiserror::Error)]
#[error("the name of {file:?} says neither a racing number nor three letters, so nobody knows whose channels it holds")]
struct NoCarInName {
    file: String,
}

/// The car in a file's name: `16` of `16_telemetry.csv`, `VER` of `telemetry_VER.csv`.
fn car_of_file(file: &str) -> Option<String> {
    let name = file.rsplit(['/', '\\']).next()?.split('.').next()?;
    let is_car = |part: &&str| {
        let is_number = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    name.split(['_', '-', ' ']).find(is_car).map(str::to_owned)
}

/// An error and its causes, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_car_in_a_name() {
        let cases = [
            ("16_telemetry.csv.zst", Some("16")),
            ("telemetry_VER.csv", Some("VER")),
            ("telemetry.csv", None),
            ("", None),
        ];
        for (name, want) in cases {
            assert_eq!(car_of_file(name).as_deref(), want, "{name:?}");
        }
    }
}

//! What a file holds, told from its header.

use super::table::Table;

/// What a file of a table recording holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FileKind {
    /// FastF1's laps: one row per lap with its session times.
    Laps,
    /// FastF1's car channels of one car.
    CarChannels,
    /// FastF1's results: the entry list and the grid.
    Results,
    /// FastF1's track status.
    TrackStatus,
    /// FastF1's weather.
    Weather,
    /// FastF1's description of the weekend: names and values, no header.
    EventInfo,
    /// Race control messages with the columns of OpenF1.
    RaceControl,
    /// Positions of all cars at a low rate, on a clock of their own.
    Locations,
    /// Stationary times of pit stops, ranked.
    StopTimes,
    /// TracingInsights' laps: a time and a compound per lap, no session clock.
    LapTimes,
    /// TracingInsights' samples: channels and position by car, lap and time in the lap.
    LapSamples,
    /// TracingInsights' entry list, JSON.
    EntryList,
    /// TracingInsights' corners, JSON. A circuit's, not a session's: there is no event in it.
    Corners,
}

impl FileKind {
    /// The kind of a file that begins with `head` (a few kilobytes are enough; Zstandard is accepted). `None` if it
    /// is none of these tables.
    pub(crate) fn of(head: &[u8]) -> Option<FileKind> {
        let mut line = Vec::new();
        // A head cut off within a Zstandard block gives an error at its end, after the bytes that matter.
        let mut reader = std::io::Read::take(super::table::reader(head).ok()?, 4096);
        let _cut = std::io::Read::read_to_end(&mut reader, &mut line);
        if line.trim_ascii_start().starts_with(b"{") {
            return of_json(&line);
        }
        let first_line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let header = Table::open("", first_line).ok()?;
        let has = |names: &[&str]| names.iter().all(|name| header.header().iter().any(|column| column == name));
        Some(match () {
            () if has(&["Driver", "LapNumber", "LapTime", "Time"]) => FileKind::Laps,
            () if has(&["RPM", "Speed", "nGear", "SessionTime"]) => FileKind::CarChannels,
            () if has(&["DriverNumber", "Abbreviation", "TeamName"]) => FileKind::Results,
            () if has(&["Time", "Status", "Message"]) => FileKind::TrackStatus,
            () if has(&["Time", "AirTemp", "TrackTemp"]) => FileKind::Weather,
            () if has(&["date", "category", "flag", "message"]) => FileKind::RaceControl,
            () if has(&["driver", "lap", "t", "speed"]) => FileKind::LapSamples,
            () if has(&["driver", "lap", "time", "compound"]) => FileKind::LapTimes,
            () if has(&["t", "driver", "x", "y"]) => FileKind::Locations,
            () if has(&["Driver", "Time (sec)", "Lap"]) => FileKind::StopTimes,
            () if memchr::memmem::find(&line, b"\nRoundNumber,").is_some() => FileKind::EventInfo,
            () => return None,
        })
    }
}

fn of_json(head: &[u8]) -> Option<FileKind> {
    let has = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    if has(b"\"drivers\"") && has(b"\"driver\"") {
        return Some(FileKind::EntryList);
    }
    has(b"\"CornerNumber\"").then_some(FileKind::Corners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_files_by_their_header() {
        let cases: [(&str, Option<FileKind>); 8] = [
            (",Time,Driver,DriverNumber,LapTime,LapNumber\n", Some(FileKind::Laps)),
            (",Date,RPM,Speed,nGear,Throttle,Brake,DRS,Source,Time,SessionTime\r\n", Some(FileKind::CarChannels)),
            ("\u{feff}Time,Status,Message\n", Some(FileKind::TrackStatus)),
            ("driver,time,lap,compound\n", Some(FileKind::LapTimes)),
            (",20\nRoundNumber,20\n", Some(FileKind::EventInfo)),
            ("{\"drivers\": [{\"driver\": \"VER\"", Some(FileKind::EntryList)),
            ("name,age\n", None),
            ("", None),
        ];
        for (head, want) in cases {
            assert_eq!(FileKind::of(head.as_bytes()), want, "{head:?}");
        }
    }
}

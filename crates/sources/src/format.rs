//! The kinds of recordings that can be read.

use std::fmt;

/// A kind of recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A folder of the publisher's archive: one file per topic, a session clock before each message.
    Archive,
    /// Frames of the classic SignalR connection, one per line.
    SignalRClassic,
    /// Frames of the SignalR Core connection, one per line.
    SignalRCore,
    /// What FastF1's live client saves: a Python literal per line.
    FastF1Client,
    /// What undercut-f1 saves: a snapshot and a file of feed messages.
    Undercut,
    /// One answer to a subscription: the full state of each topic.
    Snapshot,
    /// A table of one column that holds the messages of `TimingData` without their times.
    TimingDataCsv,
    /// Tables exported from FastF1: laps, weather, track status and car channels of a whole session.
    FastF1Tables,
    /// Lap telemetry as TracingInsights publishes it.
    TracingInsights,
    /// A live session as several sources told it at once: see [`crate::live`]. Only containers hold it.
    Live,
    /// Answers of OpenF1's REST API, one or more files per endpoint.
    OpenF1,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 11] = [
        Format::Archive,
        Format::SignalRClassic,
        Format::SignalRCore,
        Format::FastF1Client,
        Format::Undercut,
        Format::Snapshot,
        Format::TimingDataCsv,
        Format::FastF1Tables,
        Format::TracingInsights,
        Format::Live,
        Format::OpenF1,
    ];

    /// Stable name, as recordings, configuration and logs write it.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Archive => "f1_archive",
            Format::SignalRClassic => "signalr_classic",
            Format::SignalRCore => "signalr_core",
            Format::FastF1Client => "fastf1_client",
            Format::Undercut => "undercut",
            Format::Snapshot => "snapshot",
            Format::TimingDataCsv => "timingdata_csv",
            Format::FastF1Tables => "fastf1_tables",
            Format::TracingInsights => "tracinginsights",
            Format::Live => "live",
            Format::OpenF1 => "openf1",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }

    /// True for tables, which arrive as whole files and whose events come out at the end.
    pub const fn is_tables(self) -> bool {
        matches!(self, Format::FastF1Tables | Format::TracingInsights | Format::OpenF1)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name(""), None);
    }
}

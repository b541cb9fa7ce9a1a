//! Tables that people already have, as events: FastF1's CSV exports and TracingInsights' lap telemetry.
//!
//! A table recording is a folder of files. Each arrives as one raw message whose channel is the file's name; the rows
//! of all files are put on the session clock together, so the events come out at the end.

use overcut_domain::{Event, RawMessage, SessionInfo, Stamped};

use crate::format::Format;
use crate::recording::FileHead;
use crate::report::DecodeReport;

/// The format of a folder of tables, if its files' headers show one.
pub(crate) fn recognise(_files: &[FileHead]) -> Option<Format> {
    None
}

/// What a cheap look at the beginnings of the files tells: the session, and whether there are car channels.
pub(crate) fn probe(_format: Format, _files: &[FileHead]) -> (Option<SessionInfo>, bool) {
    (None, false)
}

/// Collects the files of one recording and turns them into events.
#[derive(Debug)]
pub(crate) struct Tables;

impl Tables {
    pub(crate) fn new(_format: Format) -> Tables {
        Tables
    }

    /// Takes one file in.
    pub(crate) fn take(&mut self, _file: RawMessage<'_>, _report: &mut DecodeReport) {}

    /// Hands out the events of all files, in order of time.
    pub(crate) fn finish(&mut self, _events: &mut Vec<Stamped<Event>>, _report: &mut DecodeReport) {}
}

//! The session itself: what it is, its phases, its clock and its diary.

use overcut_domain::{
    Change, ClockUpdate, LapCountUpdate, SeriesEntry, SeriesMark, SessionKind, SessionStatus, TrackStatus, UtcTime,
};

use super::json::{JsonWriter, List};
use super::memory::{Memory, apart, take_idx};
use super::text::{push_digits, push_integer};

/// Everything about the session, every time: the feed never sends less.
pub(super) fn session_info(json: &mut JsonWriter<'_>, memory: &Memory) {
    let Some(info) = &memory.info else { return };
    let offset_ms = i64::from(info.utc_offset_s.unwrap_or(0)) * 1000;
    let local = |utc: Option<UtcTime>| Change::from(utc.map(|utc| UtcTime::from_millis(utc.as_millis() + offset_ms)));
    json.object("Meeting", |json| {
        json.number_or_empty("Key", info.meeting_key);
        json.text("Name", Some(&info.meeting_name));
        json.text("Location", Some(&info.location));
        json.object("Country", |json| json.text("Name", Some(&info.country)));
        json.object("Circuit", |json| {
            json.number_or_empty("Key", info.circuit_key);
            json.text("ShortName", Some(&info.circuit_name));
        });
    });
    json.text("SessionStatus", Some(status_name(memory.phase.status)));
    json.object("ArchiveStatus", |json| json.text("Status", Some("Generating")));
    json.number_or_empty("Key", info.key);
    json.text("Type", Some(kind_name(info.kind)));
    json.text("Name", Some(&info.name));
    json.utc_without_zone("StartDate", local(info.starts_at));
    json.utc_without_zone("EndDate", local(info.ends_at));
    json.change("GmtOffset", info.utc_offset_s.into(), push_offset);
    json.text("Path", Some(&info.archive_path));
}

/// The feed's type of session; sprints differ from Grands Prix by name only.
fn kind_name(kind: SessionKind) -> &'static str {
    match kind {
        SessionKind::Practice => "Practice",
        SessionKind::Qualifying | SessionKind::SprintQualifying => "Qualifying",
        SessionKind::Race | SessionKind::Sprint => "Race",
        SessionKind::Unknown => "",
    }
}

/// `08:00:00` or `-06:00:00`.
fn push_offset(out: &mut Vec<u8>, offset_s: i32) {
    if offset_s < 0 {
        out.push(b'-');
    }
    push_hours(out, offset_s.unsigned_abs());
}

/// `HH:MM:SS`.
fn push_hours(out: &mut Vec<u8>, seconds: u32) {
    match seconds / 3600 {
        hours @ 0..100 => push_digits::<2>(out, hours.into()),
        hours => push_integer(out, hours.into()),
    }
    out.push(b':');
    push_digits::<2>(out, (seconds / 60 % 60).into());
    out.push(b':');
    push_digits::<2>(out, (seconds % 60).into());
}

pub(super) fn session_status(json: &mut JsonWriter<'_>, memory: &Memory) {
    json.text("Status", Some(status_name(memory.phase.status)));
    json.text("Started", Some(status_name(memory.phase.reached)));
}

fn status_name(status: SessionStatus) -> &'static str {
    match status {
        SessionStatus::Inactive => "Inactive",
        SessionStatus::Started => "Started",
        SessionStatus::Aborted => "Aborted",
        SessionStatus::Finished => "Finished",
        SessionStatus::Finalised => "Finalised",
        SessionStatus::Ends => "Ends",
    }
}

pub(super) fn track_status(json: &mut JsonWriter<'_>, status: TrackStatus) {
    json.number_text("Status", Some(status.code()));
    json.text("Message", Some(track_name(status)));
}

fn track_name(status: TrackStatus) -> &'static str {
    match status {
        TrackStatus::Clear => "AllClear",
        TrackStatus::Yellow => "Yellow",
        TrackStatus::SafetyCar => "SCDeployed",
        TrackStatus::Red => "Red",
        TrackStatus::VirtualSafetyCar => "VSCDeployed",
        TrackStatus::VirtualSafetyCarEnding => "VSCEnding",
    }
}

pub(super) fn lap_count(json: &mut JsonWriter<'_>, laps: &LapCountUpdate) {
    json.number("CurrentLap", laps.current);
    json.number("TotalLaps", laps.total);
}

/// The session clock, in whole seconds where it is.
pub(super) fn clock(json: &mut JsonWriter<'_>, clock: &ClockUpdate) {
    json.utc("Utc", clock.utc);
    if let Some(millis) = clock.remaining_ms {
        json.change("Remaining", Change::Set(millis), |out, millis| {
            push_hours(out, millis / 1000);
            if millis % 1000 > 0 {
                out.push(b'.');
                push_digits::<3>(out, (millis % 1000).into());
            }
        });
    }
    json.flag("Extrapolating", clock.is_running);
}

/// Cuts a diary where it goes back to a list that it has left: each list is one member of a message.
pub(super) fn series_messages(entries: &[SeriesEntry]) -> impl Iterator<Item = &[SeriesEntry]> {
    apart(entries, |before, next| {
        let goes_on = before.last().is_some_and(|last| series_idx(last) == series_idx(next));
        !goes_on && before.iter().any(|earlier| series_idx(earlier) == series_idx(next))
    })
}

/// The diary's two lists: laps and parts; statuses.
const SERIES: [&str; 2] = ["Series", "StatusSeries"];

fn series_idx(entry: &SeriesEntry) -> usize {
    match entry.mark {
        SeriesMark::Lap(_) | SeriesMark::Part(_) => 0,
        SeriesMark::Track(_) | SeriesMark::Session(_) => 1,
    }
}

pub(super) fn session_data(json: &mut JsonWriter<'_>, entries: &[SeriesEntry], memory: &mut Memory) {
    let mut is_missing = [json.is_full(); 2];
    for entries in entries.chunk_by(|a, b| series_idx(a) == series_idx(b)) {
        let series = entries.first().map_or(0, series_idx);
        let n = &mut memory.n_series[series];
        let numbered: Vec<(u16, SeriesEntry)> = entries.iter().map(|entry| (take_idx(n), *entry)).collect();
        json.entries(SERIES[series], &numbered, |(idx, _)| *idx, |json, (_, entry)| series_entry(json, entry));
        is_missing[series] = false;
    }
    for (name, is_missing) in SERIES.into_iter().zip(is_missing) {
        if is_missing {
            json.entries_as(List::Whole, name, &[], |_: &u16| 0, |_, _| {});
        }
    }
}

fn series_entry(json: &mut JsonWriter<'_>, entry: &SeriesEntry) {
    json.utc("Utc", Some(entry.utc));
    match entry.mark {
        SeriesMark::Lap(lap) => json.number("Lap", Some(lap.0)),
        SeriesMark::Part(part) => json.number("QualifyingPart", Some(part.0)),
        SeriesMark::Track(status) => json.text("TrackStatus", Some(track_name(status))),
        SeriesMark::Session(status) => json.text("SessionStatus", Some(status_name(status))),
    }
}

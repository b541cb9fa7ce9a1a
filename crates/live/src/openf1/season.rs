//! The sessions of a season, in the words of the archive's list.

use std::collections::BTreeMap;

use overcut_domain::UtcTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::archive::{IndexedMeeting, IndexedSession, Year, is_plain_path, offset_ms};

/// A session is over so long after its planned end: about when the service opens to everybody again.
const OVER_AFTER_MS: i64 = 30 * 60_000;

/// What a folder's name ends in, so that a session may be there from the archive, too.
const FOLDER_ENDING: &str = "_OpenF1";

/// Where and when something is, as both kinds of rows say it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Place {
    meeting_key: Option<i64>,
    location: Option<String>,
    country_name: Option<String>,
    country_code: Option<String>,
    circuit_short_name: Option<String>,
}

#[derive(Deserialize)]
struct MeetingRow {
    meeting_name: Option<String>,
    meeting_official_name: Option<String>,
    #[serde(flatten)]
    place: Place,
}

#[derive(Deserialize)]
struct SessionRow {
    session_key: i64,
    session_name: Option<String>,
    date_start: Option<String>,
    date_end: Option<String>,
    gmt_offset: Option<String>,
    is_cancelled: Option<bool>,
    #[serde(flatten)]
    place: Place,
}

/// Puts the answers for a year's meetings and sessions together. Sessions that are not over, or never were, have no path.
pub(super) fn season(year: u16, meetings: &[u8], sessions: &[u8], now: UtcTime) -> Year {
    let mut by_meeting: BTreeMap<i64, Vec<SessionRow>> = BTreeMap::new();
    for row in rows::<SessionRow>(sessions) {
        by_meeting.entry(row.place.meeting_key.unwrap_or(0)).or_default().push(row);
    }
    let rows = rows::<MeetingRow>(meetings);
    let mut names: BTreeMap<i64, MeetingRow> =
        rows.into_iter().filter_map(|row| Some((row.place.meeting_key?, row))).collect();
    let mut meetings: Vec<IndexedMeeting> =
        by_meeting.into_iter().map(|(key, rows)| meeting(year, names.remove(&key), rows, now)).collect();
    meetings.sort_by_key(|meeting| meeting.sessions.first().and_then(|session| session.starts_at));
    Year { meetings }
}

/// The rows of an answer that can be read.
fn rows<R: DeserializeOwned>(answer: &[u8]) -> Vec<R> {
    let rows: Vec<serde_json::Value> = serde_json::from_slice(answer).unwrap_or_default();
    rows.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect()
}

fn meeting(year: u16, row: Option<MeetingRow>, mut sessions: Vec<SessionRow>, now: UtcTime) -> IndexedMeeting {
    sessions.sort_by(|a, b| a.date_start.cmp(&b.date_start));
    let (name, official_name, place) = match row {
        Some(row) => (row.meeting_name, row.meeting_official_name, row.place),
        // Without a row of its own a weekend is named after its town.
        None => {
            let place = sessions.first_mut().map(|row| std::mem::take(&mut row.place)).unwrap_or_default();
            (place.location.clone(), None, place)
        }
    };
    let name = name.unwrap_or_default();
    // As in the archive: named after the day of its last session.
    let folder = format!("{year}/{}_{}", sessions.last().map(day).unwrap_or_default(), plain(&name));
    IndexedMeeting {
        key: place.meeting_key,
        official_name: official_name.unwrap_or_default(),
        location: place.location.unwrap_or_default(),
        country: place.country_name.unwrap_or_default(),
        country_code: place.country_code.unwrap_or_default(),
        circuit: place.circuit_short_name.unwrap_or_default(),
        sessions: sessions.iter().map(|row| session(&folder, row, now)).collect(),
        name,
    }
}

fn session(folder: &str, row: &SessionRow, now: UtcTime) -> IndexedSession {
    let name = row.session_name.clone().unwrap_or_default();
    let ends_at = moment(row.date_end.as_ref());
    let is_over = ends_at.is_some_and(|end| now.as_millis() >= end.as_millis() + OVER_AFTER_MS);
    let path = format!("{folder}/{}_{}{FOLDER_ENDING}/", day(row), plain(&name));
    let has_rows = is_over && row.is_cancelled != Some(true) && is_plain_path(&path);
    IndexedSession {
        key: Some(row.session_key),
        name,
        starts_at: moment(row.date_start.as_ref()),
        ends_at,
        path: has_rows.then_some(path),
    }
}

/// The day at the track, such as `2025-09-07`.
fn day(row: &SessionRow) -> String {
    let offset_ms = row.gmt_offset.as_deref().and_then(offset_ms).unwrap_or(0);
    let local = moment(row.date_start.as_ref()).map(|start| UtcTime::from_millis(start.as_millis() + offset_ms));
    local.map(|local| local.to_string().chars().take(10).collect()).unwrap_or_default()
}

fn moment(text: Option<&String>) -> Option<UtcTime> {
    text?.parse().ok()
}

/// A name as a folder may have it.
fn plain(name: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() || "-.'".contains(letter) { letter } else { '_' };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: &str = r#"[
        {"session_key":11,"meeting_key":1,"session_name":"Race","date_start":"2031-11-09T17:00:00+00:00",
         "date_end":"2031-11-09T19:00:00+00:00","gmt_offset":"-03:00:00","location":"São Paulo"},
        {"session_key":10,"meeting_key":1,"session_name":"Practice 1","date_start":"2031-11-08T00:30:00+00:00",
         "date_end":"2031-11-08T01:30:00+00:00","gmt_offset":"-03:00:00"},
        {"session_key":20,"meeting_key":2,"session_name":"Race","date_start":"2031-05-18T13:00:00+00:00",
         "date_end":"2031-05-18T15:00:00+00:00","gmt_offset":"02:00:00","location":"Imola","is_cancelled":true},
        {"session_name":"no key"}]"#;
    const MEETINGS: &str = r#"[{"meeting_key":1,"meeting_name":"São Paulo Grand Prix","country_name":"Brazil",
        "country_code":"BRA","circuit_short_name":"Interlagos","location":"São Paulo"},{"meeting_key":null}]"#;

    #[test]
    fn the_list_is_that_of_an_archive() {
        let now = "2031-11-09T19:10:00Z".parse().unwrap();
        let year = season(2031, MEETINGS.as_bytes(), SESSIONS.as_bytes(), now);
        let names: Vec<&str> = year.meetings.iter().map(|meeting| meeting.name.as_str()).collect();
        assert_eq!(names, ["Imola", "São Paulo Grand Prix"]);
        let [practice, race] = &year.meetings[1].sessions[..] else { panic!("two sessions") };
        let path = "2031/2031-11-09_São_Paulo_Grand_Prix/2031-11-07_Practice_1_OpenF1/";
        assert_eq!((practice.key, practice.path.as_deref()), (Some(10), Some(path)), "the day at the track");
        assert_eq!(race.path, None, "it may still be going on");
        assert_eq!(year.meetings[0].sessions[0].path, None, "it never was");
        assert_eq!(season(2031, b"<html>", b"", now), Year::default());
    }
}

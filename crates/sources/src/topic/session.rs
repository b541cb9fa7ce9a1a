//! The session itself: what it is, its phases, its clock and its diary.

use overcut_domain::{
    ClockUpdate, Event, LapCountUpdate, LapNumber, QualifyingPart, SeriesEntry, SeriesMark, SessionInfo, SessionKind,
    SessionStatus, SessionTime, TrackStatus, UtcTime,
};

use super::read_object;
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

/// What session it is. Later messages may state a part only, so what was said before is kept; the event comes when
/// something changed that is modelled.
pub(super) fn session_info(
    text: &str,
    known: &mut Option<SessionInfo>,
    report: &mut DecodeReport,
) -> Result<Option<Event>, Skip> {
    let draft = Draft::from(known.clone().unwrap_or_default());
    let (draft, _) = read_object(text, draft, Place::new("SessionInfo", report), info_member)?;
    let info = draft.finish();
    if known.as_ref() == Some(&info) {
        return Ok(None);
    }
    *known = Some(info.clone());
    Ok(Some(Event::SessionInfo(Box::new(info))))
}

/// A session info under construction: its times are local until the offset is known.
struct Draft {
    info: SessionInfo,
    kind: Option<String>,
    starts_local: Option<UtcTime>,
    ends_local: Option<UtcTime>,
}

impl From<SessionInfo> for Draft {
    fn from(info: SessionInfo) -> Self {
        let offset_ms = i64::from(info.utc_offset_s.unwrap_or(0)) * 1000;
        let local = |utc: Option<UtcTime>| utc.map(|utc| UtcTime::from_millis(utc.as_millis() + offset_ms));
        Draft { kind: None, starts_local: local(info.starts_at), ends_local: local(info.ends_at), info }
    }
}

impl Draft {
    fn finish(mut self) -> SessionInfo {
        let offset_ms = i64::from(self.info.utc_offset_s.unwrap_or(0)) * 1000;
        let utc = |local: Option<UtcTime>| local.map(|local| UtcTime::from_millis(local.as_millis() - offset_ms));
        (self.info.starts_at, self.info.ends_at) = (utc(self.starts_local), utc(self.ends_local));
        if let Some(kind) = self.kind {
            self.info.kind = session_kind(&kind, &self.info.name);
        }
        self.info
    }
}

fn info_member(place: &mut Place<'_>, draft: &mut Draft, name: &str, json: &mut Json<'_>) -> Result<(), Malformed> {
    let info = &mut draft.info;
    match name {
        "Key" => info.key = place.number(name, json)?.or(info.key),
        "Name" => info.name = place.text(name, json)?.unwrap_or_default(),
        "Type" => draft.kind = place.text(name, json)?,
        "StartDate" => draft.starts_local = place.utc(name, json)?,
        "EndDate" => draft.ends_local = place.utc(name, json)?,
        "GmtOffset" => info.utc_offset_s = place.change(name, json, offset_s)?.set(),
        "Path" => info.archive_path = place.text(name, json)?.unwrap_or_default(),
        "Meeting" => place.at("SessionInfo.Meeting").object(name, json, |place, name, json| {
            match name {
                "Key" => info.meeting_key = place.number(name, json)?,
                "Name" => info.meeting_name = place.text(name, json)?.unwrap_or_default(),
                "Location" => info.location = place.text(name, json)?.unwrap_or_default(),
                "Country" => place.object(name, json, |place, name, json| {
                    match name {
                        "Name" => info.country = place.text(name, json)?.unwrap_or_default(),
                        "Key" | "Code" => json.skip()?,
                        _ => place.unknown(name, json)?,
                    }
                    Ok(())
                })?,
                "Circuit" => place.object(name, json, |place, name, json| {
                    match name {
                        "Key" => info.circuit_key = place.number(name, json)?,
                        "ShortName" => info.circuit_name = place.text(name, json)?.unwrap_or_default(),
                        _ => place.unknown(name, json)?,
                    }
                    Ok(())
                })?,
                "OfficialName" | "Number" => json.skip()?,
                _ => place.unknown(name, json)?,
            }
            Ok(())
        })?,
        // `SessionStatus` has its own topic; the archive's state concerns its readers only.
        "SessionStatus" | "ArchiveStatus" | "Number" => json.skip()?,
        _ => place.unknown(name, json)?,
    }
    Ok(())
}

/// What kind of session the feed's type and name mean: sprints are told apart by name only.
pub(crate) fn session_kind(kind: &str, name: &str) -> SessionKind {
    let is_sprint = name.contains("Sprint");
    match kind {
        "Practice" => SessionKind::Practice,
        "Qualifying" if is_sprint => SessionKind::SprintQualifying,
        "Qualifying" => SessionKind::Qualifying,
        "Race" if is_sprint => SessionKind::Sprint,
        "Race" => SessionKind::Race,
        _ => SessionKind::Unknown,
    }
}

/// `08:00:00` or `-06:00:00` in seconds.
pub(crate) fn offset_s(text: &str) -> Option<i32> {
    let (sign, body) = text.strip_prefix('-').map_or((1, text), |body| (-1, body));
    let time: SessionTime = body.parse().ok()?;
    i32::try_from(time.as_millis() / 1000).ok().map(|seconds| sign * seconds)
}

pub(super) fn session_status(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("SessionStatus", report);
    let (status, _) = read_object(text, None, place, |place, status, name, json| {
        match name {
            "Status" => *status = place.change(name, json, SessionStatus::from_name)?.set(),
            "Started" => json.skip()?, // the phase reached, which follows from the statuses
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(status.map(Event::SessionStatus))
}

pub(super) fn track_status(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("TrackStatus", report);
    let (status, _) = read_object(text, None, place, |place, status, name, json| {
        match name {
            "Status" => {
                let read = |text: &str| text.parse().ok().and_then(TrackStatus::from_code);
                *status = place.change(name, json, read)?.set();
            }
            "Message" => json.skip()?, // the same in words
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(status.map(Event::TrackStatus))
}

pub(super) fn lap_count(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let nothing = LapCountUpdate { current: None, total: None };
    let (update, _) = read_object(text, nothing, Place::new("LapCount", report), |place, update, name, json| {
        match name {
            "CurrentLap" => update.current = place.number(name, json)?,
            "TotalLaps" => update.total = place.number(name, json)?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok((update != nothing).then_some(Event::LapCount(update)))
}

pub(super) fn heartbeat(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let (utc, _) = read_object(text, None, Place::new("Heartbeat", report), |place, utc, name, json| {
        match name {
            "Utc" => *utc = place.utc(name, json)?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(utc.map(Event::Heartbeat))
}

pub(super) fn extrapolated_clock(text: &str, report: &mut DecodeReport) -> Result<Option<ClockUpdate>, Skip> {
    let nothing = ClockUpdate { utc: None, remaining_ms: None, is_running: None };
    let place = Place::new("ExtrapolatedClock", report);
    let (update, _) = read_object(text, nothing, place, |place, update, name, json| {
        match name {
            "Utc" => update.utc = place.utc(name, json)?,
            "Remaining" => update.remaining_ms = place.change(name, json, clock_ms)?.set(),
            "Extrapolating" => update.is_running = place.flag(name, json)?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok((update != nothing).then_some(update))
}

/// `HH:MM:SS` in milliseconds.
fn clock_ms(text: &str) -> Option<u32> {
    u32::try_from(text.parse::<SessionTime>().ok()?.as_millis()).ok()
}

pub(super) fn session_data(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("SessionData", report);
    let (series, _) = read_object(text, Vec::new(), place, |place, series, name, json| match name {
        "Series" | "StatusSeries" => place
            .at("SessionData.Series")
            .indexed(name, json, |place, _, json| {
                series.extend(series_entry(place, json)?);
                Ok(())
            })
            .map(drop),
        _ => place.unknown(name, json),
    })?;
    Ok((!series.is_empty()).then_some(Event::Series(series)))
}

/// One line of the diary; half a line is counted and dropped, because nothing later completes it.
fn series_entry(place: &mut Place<'_>, json: &mut Json<'_>) -> Result<Option<SeriesEntry>, Malformed> {
    let (mut utc, mut mark) = (None, None);
    place.object("#", json, |place, name, json| {
        match name {
            "Utc" => utc = place.utc(name, json)?,
            "Lap" => mark = place.number(name, json)?.map(|lap| SeriesMark::Lap(LapNumber(lap))),
            "QualifyingPart" => mark = place.number(name, json)?.map(|part| SeriesMark::Part(QualifyingPart(part))),
            "TrackStatus" => {
                mark = place.change(name, json, TrackStatus::from_name)?.set().map(SeriesMark::Track);
            }
            "SessionStatus" => {
                mark = place.change(name, json, SessionStatus::from_name)?.set().map(SeriesMark::Session);
            }
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    if utc.is_none() || mark.is_none() {
        place.bad("#", "incomplete entry");
    }
    Ok(utc.zip(mark).map(|(utc, mark)| SeriesEntry { utc, mark }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_and_end_are_local_times_until_the_offset_is_taken_off() {
        let mut known = None;
        let mut report = DecodeReport::default();
        let text =
            r#"{"Key":1,"Type":"Race","Name":"Sprint","StartDate":"2026-03-14T11:00:00","GmtOffset":"08:00:00"}"#;
        session_info(text, &mut known, &mut report).unwrap();
        let info = known.clone().unwrap();
        assert_eq!(info.starts_at, "2026-03-14T03:00:00Z".parse().ok());
        assert_eq!((info.kind, info.utc_offset_s), (SessionKind::Sprint, Some(28_800)));

        // A part only: the rest stands, and nothing that is modelled has changed.
        assert_eq!(session_info(r#"{"SessionStatus":"Started"}"#, &mut known, &mut report), Ok(None));
        assert_eq!(known, Some(info));
        assert!(report.is_clean());
    }

    #[test]
    fn offsets_west_of_greenwich_are_negative() {
        assert_eq!(offset_s("-06:00:00"), Some(-21_600));
        assert_eq!(offset_s("x"), None);
    }

    #[test]
    fn half_a_diary_entry_is_counted() {
        let mut report = DecodeReport::default();
        let text = r#"{"StatusSeries":{"2":{},"3":{"Utc":"2021-03-28T14:57:41.297Z","TrackStatus":"AllClear"}}}"#;
        let Ok(Some(Event::Series(entries))) = session_data(text, &mut report) else { panic!() };
        assert_eq!(entries.len(), 1);
        assert_eq!(report.bad_values["SessionData.Series.#"].count, 1);
    }
}

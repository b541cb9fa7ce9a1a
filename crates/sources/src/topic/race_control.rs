//! `RaceControlMessages` and `TeamRadio`.

use std::collections::BTreeMap;

use overcut_domain::{
    DriverNumber, Event, Flag, FlagScope, LapNumber, RaceControlCategory, RaceControlMessage, RadioCapture,
    SafetyCarMode,
};

use super::read_object;
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

/// Messages, new or corrected. A correction may state a part only, so each is merged with what was said under its
/// index before.
pub(super) fn messages(
    text: &str,
    known: &mut BTreeMap<u16, RaceControlMessage>,
    is_snapshot: bool,
    report: &mut DecodeReport,
) -> Result<Option<Event>, Skip> {
    let place = Place::new("RaceControlMessages", report);
    let (messages, _) = read_object(text, Vec::new(), place, |place, messages, name, json| match name {
        "Messages" => {
            // A list replaces what was there; an object changes it.
            let is_fresh = is_snapshot || json.peek() == Some(b'[');
            place
                .at("RaceControlMessages.Messages")
                .indexed(name, json, |place, index, json| {
                    let old = if is_fresh { None } else { known.get(&index).cloned() };
                    let old = old.unwrap_or_else(|| RaceControlMessage { index, ..RaceControlMessage::default() });
                    messages.push(message(place, old, json)?);
                    Ok(())
                })
                .map(drop)
        }
        _ => place.unknown(name, json),
    })?;
    known.extend(messages.iter().map(|message| (message.index, message.clone())));
    Ok((!messages.is_empty()).then_some(Event::RaceControl(messages)))
}

fn message(
    place: &mut Place<'_>,
    mut message: RaceControlMessage,
    json: &mut Json<'_>,
) -> Result<RaceControlMessage, Malformed> {
    let (mut scope, mut sector) = (None, None);
    place.object("#", json, |place, name, json| {
        match name {
            "Utc" => message.utc = place.utc(name, json)?,
            "Lap" => message.lap = place.number(name, json)?.map(LapNumber),
            "Category" => message.category = place.change(name, json, category)?.set().unwrap_or_default(),
            "Flag" => message.flag = place.change(name, json, Flag::from_name)?.set(),
            "Scope" => scope = place.text(name, json)?,
            "Sector" => sector = place.number(name, json)?,
            "RacingNumber" => message.driver = place.number(name, json)?.map(DriverNumber),
            "Mode" => message.safety_car = place.change(name, json, safety_car)?.set(),
            "Status" => message.status = place.text(name, json)?.unwrap_or_default(),
            "Message" => message.text = place.text(name, json)?.unwrap_or_default(),
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    match (scope.as_deref(), sector, message.driver) {
        (Some("Track"), _, _) => message.scope = Some(FlagScope::Track),
        (Some("Sector") | None, Some(sector), _) => message.scope = Some(FlagScope::Sector(sector)),
        (Some("Driver"), _, Some(driver)) => message.scope = Some(FlagScope::Driver(driver)),
        (Some(other), _, _) => place.bad("Scope", other),
        (None, None, _) => {}
    }
    Ok(message)
}

fn category(name: &str) -> Option<RaceControlCategory> {
    Some(match name {
        "Flag" => RaceControlCategory::Flag,
        "SafetyCar" => RaceControlCategory::SafetyCar,
        "Drs" => RaceControlCategory::Drs,
        "CarEvent" => RaceControlCategory::CarEvent,
        "SessionStatus" => RaceControlCategory::SessionStatus,
        "Other" => RaceControlCategory::Other,
        _ => return None,
    })
}

fn safety_car(name: &str) -> Option<SafetyCarMode> {
    match name {
        "SAFETY CAR" | "SC" => Some(SafetyCarMode::SafetyCar),
        "VIRTUAL SAFETY CAR" | "VSC" => Some(SafetyCarMode::Virtual),
        _ => None,
    }
}

pub(super) fn team_radio(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("TeamRadio", report);
    let (captures, _) = read_object(text, Vec::new(), place, |place, captures, name, json| match name {
        "Captures" => place
            .at("TeamRadio.Captures")
            .indexed(name, json, |place, _, json| {
                captures.extend(capture(place, json)?);
                Ok(())
            })
            .map(drop),
        _ => place.unknown(name, json),
    })?;
    Ok((!captures.is_empty()).then_some(Event::Radio(captures)))
}

fn capture(place: &mut Place<'_>, json: &mut Json<'_>) -> Result<Option<RadioCapture>, Malformed> {
    let (mut utc, mut driver, mut path) = (None, None, None);
    place.object("#", json, |place, name, json| {
        match name {
            "Utc" => utc = place.utc(name, json)?,
            "RacingNumber" => driver = place.number(name, json)?.map(DriverNumber),
            "Path" => path = place.text(name, json)?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    if driver.is_none() || path.is_none() {
        place.bad("#", "incomplete capture");
    }
    Ok(driver.zip(path).map(|(driver, path)| RadioCapture { driver, utc, path }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_keeps_what_it_does_not_mention() {
        let mut known = BTreeMap::new();
        let mut report = DecodeReport::default();
        let list =
            r#"{"Messages":[{"Lap":3,"Category":"Flag","Flag":"YELLOW","Scope":"Sector","Sector":8,"Message":"A"}]}"#;
        messages(list, &mut known, false, &mut report).unwrap();
        let delta = r#"{"Messages":{"0":{"Message":"B"},"1":{"Category":"SafetyCar","Mode":"SAFETY CAR"}}}"#;
        let Ok(Some(Event::RaceControl(new))) = messages(delta, &mut known, false, &mut report) else { panic!() };
        assert_eq!((new[0].text.as_str(), new[0].scope), ("B", Some(FlagScope::Sector(8))));
        assert_eq!((new[1].index, new[1].safety_car), (1, Some(SafetyCarMode::SafetyCar)));
        assert!(report.is_clean());
    }
}

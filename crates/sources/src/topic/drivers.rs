//! The entry list: `DriverList`.

use overcut_domain::{DriverNumber, DriverUpdate, DriversUpdate, Event};

use super::read_object;
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

pub(super) fn driver_list(text: &str, is_snapshot: bool, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("DriverList", report);
    let (mut update, is_key_frame) =
        read_object(text, DriversUpdate::default(), place, |place, update, name, json| {
            match (place.driver(name), name) {
                (Some(driver), _) => update.drivers.push(entry(place, driver, json)?),
                (None, "_deleted") => place.deleted(json, &mut update.removed)?,
                (None, _) => place.unknown(name, json)?,
            }
            Ok(())
        })?;
    update.is_full = is_snapshot || is_key_frame;
    Ok((update != DriversUpdate::default()).then_some(Event::Drivers(update)))
}

fn entry(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<DriverUpdate, Malformed> {
    let mut entry = DriverUpdate { driver, ..DriverUpdate::default() };
    let mut place = place.at("DriverList.#");
    place.object("#", json, |place, name, json| {
        match name {
            "Line" => entry.line = place.number(name, json)?,
            "Tla" => entry.tla = place.text(name, json)?,
            "FullName" => entry.full_name = place.text(name, json)?,
            "BroadcastName" => entry.broadcast_name = place.text(name, json)?,
            "FirstName" => entry.first_name = place.text(name, json)?,
            "LastName" => entry.last_name = place.text(name, json)?,
            "TeamName" => entry.team = place.text(name, json)?,
            "TeamColour" => entry.team_colour = place.text(name, json)?,
            // A member that is withdrawn (`_deleted`) is always the line, which comes again with the next order.
            "RacingNumber" | "Reference" | "HeadshotUrl" | "PublicIdRight" | "CountryCode" | "NameFormat"
            | "_deleted" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_states_everything_and_deleted_removes() {
        let read = |text| driver_list(text, false, &mut DecodeReport::default()).unwrap().unwrap();
        let Event::Drivers(full) = read(r#"{"_kf":true,"63":{"Tla":"RUS","Line":1},"12":{}}"#) else { panic!() };
        assert!(full.is_full);
        assert_eq!(full.drivers.len(), 2);
        let Event::Drivers(delta) = read(r#"{"_deleted":["12"],"63":{"Line":2}}"#) else { panic!() };
        assert!(!delta.is_full);
        assert_eq!(delta.removed, [DriverNumber(12)]);
        assert_eq!(delta.drivers[0].line, Some(2));
    }
}

//! The entry list: `DriverList`.

use overcut_domain::DriversUpdate;

use super::json::JsonWriter;

pub(super) fn drivers(json: &mut JsonWriter<'_>, update: &DriversUpdate) {
    for entry in &update.drivers {
        json.car(entry.driver, |json| {
            json.number_text("RacingNumber", json.is_full().then_some(entry.driver.0));
            json.text("BroadcastName", entry.broadcast_name.as_deref());
            json.text("FullName", entry.full_name.as_deref());
            json.text("Tla", entry.tla.as_deref());
            json.number("Line", entry.line);
            json.text("TeamName", entry.team.as_deref());
            json.text("TeamColour", entry.team_colour.as_deref());
            json.text("FirstName", entry.first_name.as_deref());
            json.text("LastName", entry.last_name.as_deref());
        });
    }
    json.deleted(&update.removed);
}

//! Pit stops: `PitLaneTimeCollection`, `PitStop` and `PitStopSeries`.

use overcut_domain::{DriverNumber, Event, LapNumber, PitLaneReport, PitStopReport};

use super::{ListsPerCar, read_object};
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

/// Cars in the pit lane. The publisher withdraws an entry half a minute after its car has left.
pub(super) fn pit_lane_times(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("PitLaneTimeCollection", report);
    let (reports, _) = read_object(text, Vec::new(), place, |place, reports, name, json| match name {
        "PitTimes" => place.at("PitLaneTimeCollection.PitTimes").object(name, json, |place, number, json| {
            match (place.driver(number), number) {
                (Some(driver), _) => reports.push(pit_lane_time(place, driver, json)?),
                (None, "_deleted") => {
                    let mut gone = Vec::new();
                    place.deleted(json, &mut gone)?;
                    let removed = |driver| PitLaneReport { driver, lap: None, lane_time: None, removed: true };
                    reports.extend(gone.into_iter().map(removed));
                }
                (None, "_kf") => json.skip()?,
                (None, _) => place.unknown(number, json)?,
            }
            Ok(())
        }),
        _ => place.unknown(name, json),
    })?;
    Ok((!reports.is_empty()).then_some(Event::PitLane(reports)))
}

fn pit_lane_time(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<PitLaneReport, Malformed> {
    let mut lane = PitLaneReport { driver, lap: None, lane_time: None, removed: false };
    place.object("#", json, |place, name, json| {
        match name {
            "Duration" => lane.lane_time = place.lap_time(name, json)?.set(),
            "Lap" => lane.lap = place.number(name, json)?.map(LapNumber),
            "RacingNumber" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(lane)
}

/// One stop. The topic has a single flat object, so a member that equals the stop before is left out.
pub(super) fn pit_stop(
    text: &str,
    known: &mut Option<PitStopReport>,
    report: &mut DecodeReport,
) -> Result<Option<Event>, Skip> {
    let nothing = PitStopReport { driver: DriverNumber(0), lap: None, utc: None, lane_time: None, stop_time: None };
    let draft = (known.unwrap_or(nothing), known.is_some());
    let place = Place::new("PitStop", report);
    let ((stop, has_driver), _) = read_object(text, draft, place, |place, (stop, has_driver), name, json| {
        match name {
            "RacingNumber" => {
                if let Some(number) = place.number(name, json)? {
                    (stop.driver, *has_driver) = (DriverNumber(number), true);
                }
            }
            _ => stop_member(place, stop, name, json)?,
        }
        Ok(())
    })?;
    if !has_driver {
        return Ok(None);
    }
    *known = Some(stop);
    Ok(Some(Event::PitStops(vec![stop])))
}

fn stop_member(
    place: &mut Place<'_>,
    stop: &mut PitStopReport,
    name: &str,
    json: &mut Json<'_>,
) -> Result<(), Malformed> {
    match name {
        "Lap" => stop.lap = place.number(name, json)?.map(LapNumber),
        "PitLaneTime" => stop.lane_time = place.lap_time(name, json)?.set(),
        "PitStopTime" => stop.stop_time = place.lap_time(name, json)?.set(),
        "RacingNumber" => json.skip()?,
        _ => place.unknown(name, json)?,
    }
    Ok(())
}

/// The list of every car's stops.
pub(super) fn pit_stop_series(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let lists = ListsPerCar { topic: "PitStopSeries", member: "PitTimes", path: "PitStopSeries.PitTimes" };
    let stops = lists.read(text, report, series_stop)?;
    Ok((!stops.is_empty()).then_some(Event::PitStops(stops)))
}

fn series_stop(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<PitStopReport, Malformed> {
    let mut stop = PitStopReport { driver, lap: None, utc: None, lane_time: None, stop_time: None };
    place.object("#", json, |place, name, json| match name {
        "Timestamp" => {
            stop.utc = place.utc(name, json)?;
            Ok(())
        }
        "PitStop" => place.object(name, json, |place, name, json| stop_member(place, &mut stop, name, json)),
        _ => place.unknown(name, json),
    })?;
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_leaves_out_the_lap_that_the_stop_before_had() {
        let mut known = None;
        let mut report = DecodeReport::default();
        pit_stop(
            r#"{"RacingNumber":"63","PitStopTime":"3.5","PitLaneTime":"23.373","Lap":"13"}"#,
            &mut known,
            &mut report,
        )
        .unwrap();
        let text = r#"{"RacingNumber":"16","PitStopTime":"2.8","PitLaneTime":"23.200"}"#;
        let Ok(Some(Event::PitStops(stops))) = pit_stop(text, &mut known, &mut report) else { panic!() };
        assert_eq!((stops[0].driver, stops[0].lap), (DriverNumber(16), Some(LapNumber(13))));
    }

    #[test]
    fn a_withdrawn_entry_is_reported_as_removed() {
        let text = r#"{"PitTimes":{"_deleted":["63"]}}"#;
        let Ok(Some(Event::PitLane(lane))) = pit_lane_times(text, &mut DecodeReport::default()) else { panic!() };
        assert!(lane[0].removed);
    }
}

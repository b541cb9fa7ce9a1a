//! Tyres and grid: `TimingAppData` and `TyreStintSeries`.

use overcut_domain::{CarStints, Compound, Event, LapNumber, StintUpdate, StintsUpdate};

use super::read_object;
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

pub(super) fn timing_app_data(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("TimingAppData", report);
    let (update, _) = read_object(text, StintsUpdate::default(), place, |place, update, name, json| match name {
        "Lines" => place.at("TimingAppData.Lines").object(name, json, |place, number, json| {
            let Some(driver) = place.driver(number) else { return unmodelled(place, number, json) };
            let mut car = CarStints { driver, ..CarStints::default() };
            place.object("#", json, |place, name, json| {
                match name {
                    "GridPos" => car.grid_position = place.number(name, json)?,
                    "Stints" => stints(&mut place.at("TimingAppData.Stints"), &mut car, json)?,
                    "Line" | "RacingNumber" => json.skip()?, // `TimingData` has them too
                    _ => place.unknown(name, json)?,
                }
                Ok(())
            })?;
            push(update, car);
            Ok(())
        }),
        _ => place.unknown(name, json),
    })?;
    Ok(event(update))
}

pub(super) fn tyre_stint_series(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("TyreStintSeries", report);
    let (update, _) = read_object(text, StintsUpdate::default(), place, |place, update, name, json| match name {
        "Stints" => place.at("TyreStintSeries.Stints").object(name, json, |place, number, json| {
            let Some(driver) = place.driver(number) else { return unmodelled(place, number, json) };
            let mut car = CarStints { driver, ..CarStints::default() };
            stints(place, &mut car, json)?;
            push(update, car);
            Ok(())
        }),
        _ => place.unknown(name, json),
    })?;
    Ok(event(update))
}

/// Members beside the cars. A car withdrawn from the list keeps the tyres it had, so `_deleted` changes nothing.
fn unmodelled(place: &mut Place<'_>, name: &str, json: &mut Json<'_>) -> Result<(), Malformed> {
    if let "_kf" | "_deleted" = name { json.skip() } else { place.unknown(name, json) }
}

fn event(update: StintsUpdate) -> Option<Event> {
    (!update.cars.is_empty()).then_some(Event::Stints(update))
}

/// Keeps a car's change if there is one: most messages only move its line on the screen.
fn push(update: &mut StintsUpdate, car: CarStints) {
    let nothing = CarStints { driver: car.driver, ..CarStints::default() };
    if car != nothing {
        update.cars.push(car);
    }
}

fn stints(place: &mut Place<'_>, car: &mut CarStints, json: &mut Json<'_>) -> Result<(), Malformed> {
    car.is_full = place.indexed("Stints", json, |place, idx, json| {
        let Ok(stint_idx) = u8::try_from(idx) else { return place.unknown("#", json) };
        let mut stint = StintUpdate { stint_idx, ..StintUpdate::default() };
        place.object("#", json, |place, name, json| {
            match name {
                "Compound" => {
                    stint.compound = place.change(name, json, Compound::from_name)?.set();
                }
                "New" => stint.fresh = place.flag(name, json)?,
                "TyresNotChanged" => stint.changed = place.flag(name, json)?.map(|kept| !kept),
                "TotalLaps" => stint.total_laps = place.number(name, json)?,
                "StartLaps" => stint.start_laps = place.number(name, json)?,
                "LapTime" => stint.best_lap = place.lap_time(name, json)?.set(),
                "LapNumber" => stint.best_lap_number = place.number(name, json)?.map(LapNumber),
                "LapFlags" => json.skip()?, // what the colours of the timing screen say as well
                _ => place.unknown(name, json)?,
            }
            Ok(())
        })?;
        car.stints.push(stint);
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use overcut_domain::DriverNumber;

    use super::*;

    fn cars(text: &str) -> Vec<CarStints> {
        match timing_app_data(text, &mut DecodeReport::default()) {
            Ok(Some(Event::Stints(update))) => update.cars,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_list_states_everything_and_an_object_changes_one() {
        let list = cars(r#"{"Lines":{"4":{"Stints":[{"Compound":"SOFT","New":"true","TyresNotChanged":"1"}]}}}"#);
        let soft = StintUpdate {
            compound: Some(Compound::Soft),
            fresh: Some(true),
            changed: Some(false),
            ..StintUpdate::default()
        };
        assert_eq!(
            list,
            [CarStints { driver: DriverNumber(4), is_full: true, stints: vec![soft], ..CarStints::default() }]
        );
        let delta = cars(r#"{"Lines":{"4":{"Line":3,"Stints":{"2":{"TotalLaps":7,"LapTime":"1:20.5"}}}}}"#);
        assert!(!delta[0].is_full);
        assert_eq!((delta[0].stints[0].stint_idx, delta[0].stints[0].total_laps), (2, Some(7)));
    }

    #[test]
    fn an_empty_list_states_that_there_is_none() {
        assert!(cars(r#"{"Lines":{"4":{"Stints":[]}}}"#)[0].is_full);
    }
}

//! The publisher's own conclusions: `DriverRaceInfo`, `ChampionshipPrediction`, `OvertakeSeries` and `LapSeries`.

use overcut_domain::{
    CarRaceInfo, ChampionshipEntry, ChampionshipUpdate, DriverNumber, Event, LapNumber, LapPosition, OvertakeReport,
};

use super::{ListsPerCar, read_object};
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

/// The value of `OvertakeState` of a car that has just overtaken; 0 was overtaken, 1 is neither.
const OVERTAKING: u8 = 2;

pub(super) fn driver_race_info(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("DriverRaceInfo", report);
    let (cars, _) = read_object(text, Vec::new(), place, |place, cars, number, json| {
        match (place.driver(number), number) {
            (Some(driver), _) => cars.push(race_info(place, driver, json)?),
            (None, "_deleted") => json.skip()?,
            (None, _) => place.unknown(number, json)?,
        }
        Ok(())
    })?;
    Ok((!cars.is_empty()).then_some(Event::RaceInfo(cars)))
}

fn race_info(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<CarRaceInfo, Malformed> {
    let mut info = CarRaceInfo { driver, ..CarRaceInfo::default() };
    place.at("DriverRaceInfo.#").object("#", json, |place, name, json| {
        match name {
            "Position" => info.position = place.number(name, json)?,
            "Gap" => info.gap_to_leader = place.gap(name, json)?,
            "Interval" => info.interval = place.gap(name, json)?,
            "PitStops" => info.n_pit_stops = place.number(name, json)?,
            "OvertakeState" => info.is_overtaking = place.number(name, json)?.map(|state: u8| state == OVERTAKING),
            "IsOut" => info.is_out = place.flag(name, json)?,
            "RacingNumber" | "Catching" => json.skip()?, // the timing screen says who catches whom
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(info)
}

pub(super) fn championship(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("ChampionshipPrediction", report);
    let (update, _) =
        read_object(text, ChampionshipUpdate::default(), place, |place, update, name, json| match name {
            "Drivers" => standings(place, &mut update.drivers, json),
            "Teams" => standings(place, &mut update.teams, json),
            _ => place.unknown(name, json),
        })?;
    Ok((update != ChampionshipUpdate::default()).then_some(Event::Championship(update)))
}

fn standings(place: &mut Place<'_>, into: &mut Vec<ChampionshipEntry>, json: &mut Json<'_>) -> Result<(), Malformed> {
    place.object("#", json, |place, key, json| {
        if let "_kf" | "_deleted" = key {
            return json.skip();
        }
        let mut entry = ChampionshipEntry { key: key.to_owned(), ..ChampionshipEntry::default() };
        place.at("ChampionshipPrediction.#").object("#", json, |place, name, json| {
            match name {
                "TeamName" => entry.name = place.text(name, json)?,
                "CurrentPosition" => entry.current_position = place.number(name, json)?,
                "PredictedPosition" => entry.predicted_position = place.number(name, json)?,
                "CurrentPoints" => entry.current_points = place.real(name, json)?,
                "PredictedPoints" => entry.predicted_points = place.real(name, json)?,
                "RacingNumber" => json.skip()?,
                _ => place.unknown(name, json)?,
            }
            Ok(())
        })?;
        into.push(entry);
        Ok(())
    })
}

pub(super) fn overtakes(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let lists = ListsPerCar { topic: "OvertakeSeries", member: "Overtakes", path: "OvertakeSeries.Overtakes" };
    let overtakes = lists.read(text, report, overtake)?;
    Ok((!overtakes.is_empty()).then_some(Event::Overtakes(overtakes)))
}

fn overtake(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<OvertakeReport, Malformed> {
    let mut overtake = OvertakeReport { driver, utc: None, n_passed: 1 };
    place.object("#", json, |place, name, json| {
        match name {
            "Timestamp" => overtake.utc = place.utc(name, json)?,
            "count" => overtake.n_passed = place.number(name, json)?.unwrap_or(1),
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(overtake)
}

pub(super) fn lap_series(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("LapSeries", report);
    let (laps, _) = read_object(text, Vec::new(), place, |place, laps, number, json| {
        let Some(driver) = place.driver(number) else {
            return if number == "_deleted" { json.skip() } else { place.unknown(number, json) };
        };
        place.at("LapSeries.#").object("#", json, |place, name, json| match name {
            "LapPosition" => place
                .indexed(name, json, |place, idx, json| {
                    let position = place.number("LapPosition", json)?;
                    let lap = LapNumber(idx); // index 0 is the grid
                    laps.extend(position.map(|position| LapPosition { driver, lap, position }));
                    Ok(())
                })
                .map(drop),
            "RacingNumber" => json.skip(),
            _ => place.unknown(name, json),
        })
    })?;
    Ok((!laps.is_empty()).then_some(Event::LapPositions(laps)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lap_positions_come_as_list_and_by_index() {
        let text = r#"{"63":{"RacingNumber":"63","LapPosition":["1","2"]},"12":{"LapPosition":{"7":"3"}}}"#;
        let Ok(Some(Event::LapPositions(laps))) = lap_series(text, &mut DecodeReport::default()) else { panic!() };
        let rows: Vec<_> = laps.iter().map(|row| (row.driver.0, row.lap.0, row.position)).collect();
        assert_eq!(rows, [(63, 0, 1), (63, 1, 2), (12, 7, 3)]);
    }
}

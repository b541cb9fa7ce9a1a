//! Bests and the leader board: `TimingStats` and `TopThree`.

use overcut_domain::{BestsUpdate, CarBests, Change, DriverNumber, Event, LapNumber, RankedTime, TopThreeEntry};

use super::read_object;
use super::timing::trap;
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

pub(super) fn timing_stats(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("TimingStats", report);
    let (update, _) = read_object(text, BestsUpdate::default(), place, |place, update, name, json| match name {
        "Lines" => place.at("TimingStats.Lines").object(name, json, |place, number, json| {
            match (place.driver(number), number) {
                (Some(driver), _) => push(update, car(place, driver, json)?),
                (None, "_kf" | "_deleted") => json.skip()?,
                (None, _) => place.unknown(number, json)?,
            }
            Ok(())
        }),
        "Withheld" | "SessionType" => json.skip(),
        _ => place.unknown(name, json),
    })?;
    Ok((!update.cars.is_empty()).then_some(Event::Bests(update)))
}

fn push(update: &mut BestsUpdate, car: CarBests) {
    let nothing = CarBests { driver: car.driver, ..CarBests::default() };
    if car != nothing {
        update.cars.push(car);
    }
}

fn car(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<CarBests, Malformed> {
    let mut car = CarBests { driver, ..CarBests::default() };
    place.object("#", json, |place, name, json| {
        match name {
            "PersonalBestLapTime" => {
                let mut best = place.at("TimingStats.PersonalBestLapTime");
                car.lap = Some(ranked(&mut best, &mut car.lap_number, json)?);
            }
            "BestSectors" => {
                place.at("TimingStats.BestSectors").indexed(name, json, |place, idx, json| {
                    let time = ranked(place, &mut None, json)?;
                    car.sectors.extend(u8::try_from(idx).ok().map(|idx| (idx, time)));
                    Ok(())
                })?;
            }
            "BestSpeeds" => speeds(&mut place.at("TimingStats.BestSpeeds"), &mut car, json)?,
            "Line" | "RacingNumber" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(car)
}

/// A time and its rank. A rank withdrawn with its time (`_deleted`) goes with it.
fn ranked(place: &mut Place<'_>, lap: &mut Option<LapNumber>, json: &mut Json<'_>) -> Result<RankedTime, Malformed> {
    let mut time = RankedTime::default();
    place.object("#", json, |place, name, json| {
        match name {
            "Value" => time.time = place.lap_time(name, json)?,
            "Position" => time.rank = place.number(name, json)?,
            "Lap" => *lap = place.number(name, json)?.map(LapNumber),
            "_deleted" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(time)
}

fn speeds(place: &mut Place<'_>, car: &mut CarBests, json: &mut Json<'_>) -> Result<(), Malformed> {
    place.object("#", json, |place, name, json| {
        let Some(trap) = trap(name) else { return place.unknown(name, json) };
        let (mut speed, mut rank) = (Change::Keep, None);
        place.object(name, json, |place, name, json| {
            match name {
                "Value" => speed = place.change(name, json, |text| text.parse().ok())?,
                "Position" => rank = place.number(name, json)?,
                "_deleted" => json.skip()?,
                _ => place.unknown(name, json)?,
            }
            Ok(())
        })?;
        car.speeds.push((trap, speed, rank));
        Ok(())
    })
}

pub(super) fn top_three(text: &str, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("TopThree", report);
    let (rows, _) = read_object(text, Vec::new(), place, |place, rows, name, json| match name {
        "Lines" => place
            .at("TopThree.Lines")
            .indexed(name, json, |place, idx, json| {
                let Ok(row_idx) = u8::try_from(idx) else { return place.unknown("#", json) };
                let row = top_three_row(place, row_idx, json)?;
                if row != (TopThreeEntry { row_idx, ..TopThreeEntry::default() }) {
                    rows.push(row);
                }
                Ok(())
            })
            .map(drop),
        "Withheld" | "SessionPart" => json.skip(),
        _ => place.unknown(name, json),
    })?;
    Ok((!rows.is_empty()).then_some(Event::TopThree(rows)))
}

fn top_three_row(place: &mut Place<'_>, row_idx: u8, json: &mut Json<'_>) -> Result<TopThreeEntry, Malformed> {
    let mut row = TopThreeEntry { row_idx, ..TopThreeEntry::default() };
    place.object("#", json, |place, name, json| {
        match name {
            "RacingNumber" => row.driver = place.number(name, json)?.map(DriverNumber),
            "LapTime" => row.lap_time = place.lap_time(name, json)?,
            "DiffToLeader" => row.gap_to_leader = place.gap(name, json)?,
            "DiffToAhead" => row.interval = place.gap(name, json)?,
            // Names and colours are the entry list's; ranks and states the timing screen's.
            "Position" | "ShowPosition" | "Tla" | "BroadcastName" | "FullName" | "FirstName" | "LastName"
            | "Reference" | "Team" | "TeamColour" | "LapState" | "OverallFastest" | "PersonalFastest"
            | "NameFormat" | "_deleted" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(row)
}

//! `TimingData` and its reduced twin `TimingDataF1`.

use overcut_domain::{
    CarTiming, Change, DriverNumber, Event, PartStats, QualifyingPart, SectorUpdate, SegmentStatus, SpeedTrap,
    SpeedUpdate, TimeUpdate, TimingFeed, TimingUpdate,
};

use super::read_object;
use crate::report::{DecodeReport, Skip};
use crate::wire::{Json, Malformed, Place};

/// What a message changes on the timing screen; `None` if nothing that is modelled.
pub(super) fn timing(
    text: &str,
    feed: TimingFeed,
    is_snapshot: bool,
    report: &mut DecodeReport,
) -> Result<Option<Event>, Skip> {
    let place = Place::new("TimingData", report);
    let update = TimingUpdate { feed, ..TimingUpdate::default() };
    let (mut update, is_key_frame) = read_object(text, update, place, |place, update, name, json| match name {
        "Lines" => lines(&mut place.at("TimingData.Lines"), update, json),
        "SessionPart" => {
            update.part = place.number(name, json)?.map(QualifyingPart);
            Ok(())
        }
        "NoEntries" => place
            .indexed(name, json, |place, idx, json| {
                let n = place.number("NoEntries", json)?;
                update.n_entries.extend(u8::try_from(idx).ok().zip(n));
                Ok(())
            })
            .map(drop),
        "CutOffTime" => {
            update.cut_off = place.lap_time(name, json)?;
            Ok(())
        }
        "CutOffPercentage" | "Withheld" => json.skip(),
        _ => place.unknown(name, json),
    })?;
    update.is_full = is_snapshot || is_key_frame;
    let says_nothing = TimingUpdate { feed, ..TimingUpdate::default() } == update;
    Ok((!says_nothing).then(|| Event::Timing(Box::new(update))))
}

fn lines(place: &mut Place<'_>, update: &mut TimingUpdate, json: &mut Json<'_>) -> Result<(), Malformed> {
    place.object("Lines", json, |place, number, json| match (place.driver(number), number) {
        (Some(driver), _) => {
            update.cars.push(car(place, driver, json)?);
            Ok(())
        }
        (None, "_deleted") => place.deleted(json, &mut update.removed),
        (None, "_kf") => json.skip(),
        (None, _) => place.unknown(number, json),
    })
}

fn car(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<CarTiming, Malformed> {
    let mut car = CarTiming { driver, ..CarTiming::default() };
    place.object("#", json, |place, name, json| {
        match name {
            "Position" => car.position = place.number(name, json)?,
            "Line" => car.line = place.number(name, json)?,
            // Races state one, practice the other.
            "GapToLeader" | "TimeDiffToFastest" => car.gap_to_leader = place.gap(name, json)?,
            "TimeDiffToPositionAhead" => car.interval = place.gap(name, json)?,
            "IntervalToPositionAhead" => interval(place, &mut car, json)?,
            "NumberOfLaps" => car.n_laps = place.number(name, json)?,
            "NumberOfPitStops" => car.n_pit_stops = place.number(name, json)?,
            "InPit" => car.in_pit = place.flag(name, json)?,
            "PitOut" => car.pit_out = place.flag(name, json)?,
            "Retired" => car.retired = place.flag(name, json)?,
            "Stopped" => car.stopped = place.flag(name, json)?,
            "KnockedOut" => car.knocked_out = place.flag(name, json)?,
            "Cutoff" => car.in_drop_zone = place.flag(name, json)?,
            "Status" => car.status_bits = place.number(name, json)?,
            "LastLapTime" => car.last_lap = Some(time_update(&mut place.at("TimingData.LastLapTime"), json)?),
            "BestLapTime" => {
                let (time, lap) = best_lap(&mut place.at("TimingData.BestLapTime"), json)?;
                (car.best_lap, car.best_lap_number) = (time, lap);
            }
            "BestLapTimes" => best_laps(&mut place.at("TimingData.BestLapTimes"), &mut car, json)?,
            "Stats" => stats(&mut place.at("TimingData.Stats"), &mut car, json)?,
            "Sectors" => sectors(&mut place.at("TimingData.Sectors"), &mut car, json)?,
            "Speeds" => speeds(&mut place.at("TimingData.Speeds"), &mut car, json)?,
            "RacingNumber" | "ShowPosition" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok(car)
}

fn interval(place: &mut Place<'_>, car: &mut CarTiming, json: &mut Json<'_>) -> Result<(), Malformed> {
    place.object("IntervalToPositionAhead", json, |place, name, json| {
        match name {
            "Value" => car.interval = place.gap("IntervalToPositionAhead", json)?,
            "Catching" => car.is_catching = place.flag(name, json)?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })
}

fn time_update(place: &mut Place<'_>, json: &mut Json<'_>) -> Result<TimeUpdate, Malformed> {
    let mut update = TimeUpdate::default();
    place.object("#", json, |place, name, json| match name {
        "Value" => {
            update.time = place.lap_time(name, json)?;
            Ok(())
        }
        _ => ranks(place, &mut update.is_overall_best, &mut update.is_personal_best, name, json),
    })?;
    Ok(update)
}

/// The members that every time and speed has beside its value.
fn ranks(
    place: &mut Place<'_>,
    overall: &mut Option<bool>,
    personal: &mut Option<bool>,
    name: &str,
    json: &mut Json<'_>,
) -> Result<(), Malformed> {
    match name {
        "OverallFastest" => *overall = place.flag(name, json)?,
        "PersonalFastest" => *personal = place.flag(name, json)?,
        "Status" => json.skip()?, // always 0 in every recording
        _ => place.unknown(name, json)?,
    }
    Ok(())
}

/// A best lap and its number. A number withdrawn with its time (`_deleted`) goes with it.
fn best_lap(
    place: &mut Place<'_>,
    json: &mut Json<'_>,
) -> Result<(Change<overcut_domain::LapTime>, Option<overcut_domain::LapNumber>), Malformed> {
    let (mut time, mut lap) = (Change::Keep, None);
    place.object("#", json, |place, name, json| {
        match name {
            "Value" => time = place.lap_time(name, json)?,
            "Lap" => lap = place.number(name, json)?.map(overcut_domain::LapNumber),
            "_deleted" => json.skip()?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    Ok((time, lap))
}

fn best_laps(place: &mut Place<'_>, car: &mut CarTiming, json: &mut Json<'_>) -> Result<(), Malformed> {
    place
        .indexed("#", json, |place, idx, json| {
            let (time, lap) = best_lap(place, json)?;
            if let Some(part) = part(car, idx) {
                (part.best_lap, part.best_lap_number) = (time, lap);
            }
            Ok(())
        })
        .map(drop)
}

fn stats(place: &mut Place<'_>, car: &mut CarTiming, json: &mut Json<'_>) -> Result<(), Malformed> {
    place
        .indexed("#", json, |place, idx, json| {
            let (mut to_fastest, mut interval) = (Change::Keep, Change::Keep);
            place.object("#", json, |place, name, json| {
                match name {
                    "TimeDiffToFastest" => to_fastest = place.gap(name, json)?,
                    // The feed itself writes a small "to" here.
                    "TimeDifftoPositionAhead" | "TimeDiffToPositionAhead" => interval = place.gap(name, json)?,
                    _ => place.unknown(name, json)?,
                }
                Ok(())
            })?;
            if let Some(part) = part(car, idx) {
                (part.gap_to_fastest, part.interval) = (to_fastest, interval);
            }
            Ok(())
        })
        .map(drop)
}

/// The car's row of one qualifying part.
fn part(car: &mut CarTiming, idx: u16) -> Option<&mut PartStats> {
    let part_idx = u8::try_from(idx).ok()?;
    if !car.parts.iter().any(|part| part.part_idx == part_idx) {
        car.parts.push(PartStats { part_idx, ..PartStats::default() });
    }
    car.parts.iter_mut().find(|part| part.part_idx == part_idx)
}

fn sectors(place: &mut Place<'_>, car: &mut CarTiming, json: &mut Json<'_>) -> Result<(), Malformed> {
    place
        .indexed("#", json, |place, idx, json| {
            let Ok(sector_idx) = u8::try_from(idx) else { return place.unknown("#", json) };
            car.sectors.push(sector(place, sector_idx, json)?);
            Ok(())
        })
        .map(drop)
}

fn sector(place: &mut Place<'_>, sector_idx: u8, json: &mut Json<'_>) -> Result<SectorUpdate, Malformed> {
    let mut sector = SectorUpdate { sector_idx, ..SectorUpdate::default() };
    place.object("#", json, |place, name, json| {
        match name {
            "Value" => sector.time.time = place.lap_time(name, json)?,
            "PreviousValue" => sector.previous = place.lap_time(name, json)?,
            "Stopped" => sector.stopped = place.flag(name, json)?,
            "Segments" => segments(&mut place.at("TimingData.Segments"), &mut sector, json)?,
            _ => {
                let time = &mut sector.time;
                ranks(place, &mut time.is_overall_best, &mut time.is_personal_best, name, json)?;
            }
        }
        Ok(())
    })?;
    Ok(sector)
}

fn segments(place: &mut Place<'_>, sector: &mut SectorUpdate, json: &mut Json<'_>) -> Result<(), Malformed> {
    place
        .indexed("#", json, |place, idx, json| {
            let mut code = None;
            place.object("#", json, |place, name, json| {
                match name {
                    "Status" => code = place.number(name, json)?,
                    _ => place.unknown(name, json)?,
                }
                Ok(())
            })?;
            sector.segments.extend(u8::try_from(idx).ok().zip(code.map(SegmentStatus::from_code)));
            Ok(())
        })
        .map(drop)
}

fn speeds(place: &mut Place<'_>, car: &mut CarTiming, json: &mut Json<'_>) -> Result<(), Malformed> {
    place.object("#", json, |place, name, json| {
        let Some(trap) = trap(name) else { return place.unknown(name, json) };
        let mut update = SpeedUpdate { trap, speed_kmh: Change::Keep, is_overall_best: None, is_personal_best: None };
        place.object(name, json, |place, name, json| match name {
            "Value" => {
                update.speed_kmh = place.change(name, json, |text| text.parse().ok())?;
                Ok(())
            }
            _ => ranks(place, &mut update.is_overall_best, &mut update.is_personal_best, name, json),
        })?;
        car.speeds.push(update);
        Ok(())
    })
}

/// The trap of that name.
pub(super) fn trap(name: &str) -> Option<SpeedTrap> {
    Some(match name {
        "I1" => SpeedTrap::I1,
        "I2" => SpeedTrap::I2,
        "FL" => SpeedTrap::FinishLine,
        "ST" => SpeedTrap::SpeedTrap,
        _ => return None,
    })
}

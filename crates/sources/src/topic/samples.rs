//! Car channels and positions: `CarData.z` and `Position.z`, inflated.

use overcut_domain::{CarSample, DriverNumber, Drs, Event, PositionSample, SessionTime, UtcTime};

use super::read_object;
use crate::report::{DecodeReport, Garbage, Skip};
use crate::wire::{Json, Malformed, Place, Scalar, utc};

/// Farthest from the origin that a circuit reaches, in decimetres: 10 km.
const MAX_XY_DM: u32 = 100_000;
/// Highest circuit, in decimetres: 5 km.
const MAX_Z_DM: u32 = 50_000;
/// A sample whose own time is farther from its arrival than this has a damaged stamp.
const MAX_LATE_MS: u64 = 10 * 60_000;

/// Places samples on the session clock.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    zero: UtcTime,
    at: SessionTime,
}

impl Clock {
    /// Without a known zero the message's last sample is taken to be as old as its arrival.
    pub(super) fn new(zero: Option<UtcTime>, last: Option<UtcTime>, at: SessionTime) -> Self {
        let assumed = || UtcTime::from_millis(last.map_or(0, |utc| utc.as_millis().saturating_sub(at.as_millis())));
        Clock { zero: zero.unwrap_or_else(assumed), at }
    }

    /// The session time of a sample; `None` if its stamp makes no sense.
    fn place(self, text: &str) -> Option<SessionTime> {
        let millis = utc(text)?.as_millis().saturating_sub(self.zero.as_millis());
        (millis.abs_diff(self.at.as_millis()) <= MAX_LATE_MS).then_some(SessionTime::from_millis(millis))
    }
}

/// The stamp of the last sample in a `CarData` message.
pub(super) fn last_car_utc(text: &str) -> Option<UtcTime> {
    last_stamp(text, "\"Utc\":\"")
}

/// The stamp of the last sample in a `Position` message.
pub(super) fn last_position_utc(text: &str) -> Option<UtcTime> {
    last_stamp(text, "\"Timestamp\":\"")
}

fn last_stamp(text: &str, member: &str) -> Option<UtcTime> {
    let at = memchr::memmem::rfind(text.as_bytes(), member.as_bytes())?;
    let rest = text.get(at + member.len()..)?;
    utc(rest.get(..rest.find('"')?)?)
}

/// The samples of a `CarData` message.
pub(super) fn car_data(text: &str, clock: Clock, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("CarData", report);
    let (samples, _) = read_object(text, Vec::new(), place, |place, samples, name, json| match name {
        "Entries" => place.indexed(name, json, |place, _, json| car_entry(place, clock, samples, json)).map(drop),
        _ => place.unknown(name, json),
    })?;
    Ok((!samples.is_empty()).then_some(Event::Cars(samples)))
}

fn car_entry(
    place: &mut Place<'_>,
    clock: Clock,
    samples: &mut Vec<CarSample>,
    json: &mut Json<'_>,
) -> Result<(), Malformed> {
    let from = samples.len();
    let mut time = None;
    place.at("CarData.Entries").object("#", json, |place, name, json| match name {
        "Utc" => {
            time = place.change(name, json, |text| clock.place(text))?.set();
            Ok(())
        }
        "Cars" => place.at("CarData.Cars").object(name, json, |place, number, json| {
            let Some(driver) = place.driver(number) else { return place.unknown(number, json) };
            place.object("#", json, |place, name, json| match name {
                "Channels" => {
                    samples.push(channels(&mut place.at("CarData.Channels"), driver, json)?);
                    Ok(())
                }
                _ => place.unknown(name, json),
            })
        }),
        _ => place.unknown(name, json),
    })?;
    // The stamp may stand after the cars, and without one they are nowhere.
    match time {
        Some(time) => samples.iter_mut().skip(from).for_each(|sample| sample.time = time),
        None => samples.truncate(from),
    }
    Ok(())
}

fn channels(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<CarSample, Malformed> {
    let mut channels = [None; Channel::COUNT];
    place.object("#", json, |place, name, json| {
        let Some(channel) = Channel::from_name(name) else { return place.unknown(name, json) };
        let scalar = json.scalar()?;
        channels[channel as usize] = match &scalar {
            Scalar::Number(number) => number.parse().ok(),
            Scalar::Text(text) => text.parse().ok(),
            Scalar::Null => return Ok(()),
            Scalar::Bool(_) | Scalar::Nested => None,
        };
        if channels[channel as usize].is_none() {
            place.bad(name, &format!("{scalar:?}"));
        }
        Ok(())
    })?;
    Ok(car_sample(driver, &channels, place.report))
}

/// The channels that are modelled.
#[derive(Debug, Clone, Copy)]
pub(super) enum Channel {
    Rpm,
    Speed,
    Gear,
    Throttle,
    Brake,
    Drs,
}

impl Channel {
    pub(super) const COUNT: usize = 6;

    fn from_name(name: &str) -> Option<Channel> {
        Some(match name {
            "0" => Channel::Rpm,
            "2" => Channel::Speed,
            "3" => Channel::Gear,
            "4" => Channel::Throttle,
            "5" => Channel::Brake,
            "45" => Channel::Drs,
            _ => return None,
        })
    }
}

/// A sample of the channels as sent. Values that no car can have become "no value", and are counted.
pub(super) fn car_sample(
    driver: DriverNumber,
    channels: &[Option<i32>; Channel::COUNT],
    report: &mut DecodeReport,
) -> CarSample {
    let [rpm, speed, gear, throttle, brake, drs] = *channels;
    let mut check = |value: Option<i32>, lowest: i32, highest: i32, kind: Garbage| {
        let value = value?;
        if (lowest..=highest).contains(&value) {
            return Some(value);
        }
        report.add_garbage(kind, 1);
        None
    };
    let rpm = check(rpm, 0, 20_000, Garbage::Rpm);
    let speed = check(speed, 0, 450, Garbage::Speed);
    let gear = check(gear, -1, 8, Garbage::Gear);
    let throttle = check(throttle, 0, 100, Garbage::Throttle);
    let brake = check(brake, 0, 100, Garbage::Brake);
    let known_drs = drs.and_then(|code| u8::try_from(code).ok()).and_then(Drs::from_code);
    if drs.is_some() && known_drs.is_none() {
        report.add_garbage(Garbage::Drs, 1);
    }
    CarSample {
        time: SessionTime::ZERO,
        driver,
        rpm: rpm.and_then(|v| u16::try_from(v).ok()),
        speed_kmh: speed.and_then(|v| u16::try_from(v).ok()),
        gear: gear.and_then(|v| i8::try_from(v).ok()),
        throttle_percent: throttle.and_then(|v| u8::try_from(v).ok()),
        brake_percent: brake.and_then(|v| u8::try_from(v).ok()),
        drs: known_drs,
    }
}

/// The samples of a `Position` message.
pub(super) fn position(text: &str, clock: Clock, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new("Position", report);
    let (samples, _) = read_object(text, Vec::new(), place, |place, samples, name, json| match name {
        "Position" => place.indexed(name, json, |place, _, json| position_entry(place, clock, samples, json)).map(drop),
        _ => place.unknown(name, json),
    })?;
    Ok((!samples.is_empty()).then_some(Event::Positions(samples)))
}

fn position_entry(
    place: &mut Place<'_>,
    clock: Clock,
    samples: &mut Vec<PositionSample>,
    json: &mut Json<'_>,
) -> Result<(), Malformed> {
    let from = samples.len();
    let mut time = None;
    place.at("Position.Position").object("#", json, |place, name, json| match name {
        "Timestamp" => {
            time = place.change(name, json, |text| clock.place(text))?.set();
            Ok(())
        }
        "Entries" => place.at("Position.Entries").object(name, json, |place, number, json| {
            let Some(driver) = place.driver(number) else { return place.unknown(number, json) };
            samples.extend(fix(place, driver, json)?);
            Ok(())
        }),
        _ => place.unknown(name, json),
    })?;
    match time {
        Some(time) => samples.iter_mut().skip(from).for_each(|sample| sample.time = time),
        None => samples.truncate(from),
    }
    Ok(())
}

fn fix(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<Option<PositionSample>, Malformed> {
    let (mut on_track, mut x, mut y, mut z) = (false, None, None, None);
    place.object("#", json, |place, name, json| {
        match name {
            "Status" => on_track = place.change(name, json, is_on_track)?.set().unwrap_or(false),
            "X" => x = place.number(name, json)?,
            "Y" => y = place.number(name, json)?,
            "Z" => z = place.number(name, json)?,
            _ => place.unknown(name, json)?,
        }
        Ok(())
    })?;
    let (Some(x_dm), Some(y_dm)) = (x, y) else {
        place.bad("#", "no coordinates");
        return Ok(None);
    };
    Ok(position_sample(driver, on_track, [x_dm, y_dm, z.unwrap_or(0)], place.report))
}

/// True for a car on the track, `None` for a word that is not known.
pub(super) fn is_on_track(status: &str) -> Option<bool> {
    match status {
        "OnTrack" => Some(true),
        "OffTrack" => Some(false),
        _ => None,
    }
}

/// A fix of the coordinates as sent; `None`, and counted, where no car can be.
pub(super) fn position_sample(
    driver: DriverNumber,
    on_track: bool,
    xyz: [i32; 3],
    report: &mut DecodeReport,
) -> Option<PositionSample> {
    let [x_dm, y_dm, z_dm] = xyz;
    if xyz == [0, 0, 0] {
        report.add_garbage(Garbage::NoFix, 1);
        return None;
    }
    if x_dm.unsigned_abs() > MAX_XY_DM || y_dm.unsigned_abs() > MAX_XY_DM || z_dm.unsigned_abs() > MAX_Z_DM {
        report.add_garbage(Garbage::FarPosition, 1);
        return None;
    }
    Some(PositionSample { time: SessionTime::ZERO, driver, x_dm, y_dm, z_dm, on_track })
}

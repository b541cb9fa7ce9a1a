//! Car channels and positions: `CarData.z` and `Position.z`, inflated.

mod fast;
mod shape;

use overcut_domain::{CarSample, DriverNumber, Drs, Event, PositionSample, SessionTime, UtcTime};

use super::{Arrival, Topic, Witness, Zero, read_object};
use crate::report::{DecodeReport, Garbage, GarbageCounts, Skip};
use crate::wire::{Json, Malformed, Place, Scalar, utc};
use fast::Scannable;
pub(crate) use shape::Shape;

/// Farthest from the origin that a circuit reaches, in decimetres: 10 km.
const MAX_XY_DM: u32 = 100_000;
/// Highest circuit, in decimetres: 5 km.
const MAX_Z_DM: u32 = 50_000;
/// A sample whose own time is farther from its arrival than this has a damaged stamp.
const MAX_LATE_MS: u64 = 10 * 60_000;

/// Places samples on the session clock.
#[derive(Clone, Copy)]
struct Clock {
    zero: UtcTime,
    at: SessionTime,
}

impl Clock {
    /// Without a known zero the message's last sample is taken to be as old as its arrival.
    fn new(zero: Option<UtcTime>, last: Option<UtcTime>, at: SessionTime) -> Self {
        let assumed = || UtcTime::from_millis(last.map_or(0, |utc| utc.as_millis().saturating_sub(at.as_millis())));
        Clock { zero: zero.unwrap_or_else(assumed), at }
    }

    /// The session time of a sample; `None` if its stamp makes no sense.
    fn place(self, utc: UtcTime) -> Option<SessionTime> {
        let millis = utc.as_millis().saturating_sub(self.zero.as_millis());
        (millis.abs_diff(self.at.as_millis()) <= MAX_LATE_MS).then_some(SessionTime::from_millis(millis))
    }
}

/// A reading that comes in messages of this shape:
///
/// ```text
/// {"Entries":[{"Utc":"…","Cars":{"1":{"Channels":{…}},…}},…]}
/// {"Position":[{"Timestamp":"…","Entries":{"1":{"Status":…},…}},…]}
/// ```
trait Reading: Sized {
    /// The message, and what its members are called: the list, an entry's stamp, an entry's cars.
    const MESSAGE: &'static str;
    const LIST: &'static str;
    const STAMP: &'static str;
    const CARS: &'static str;
    /// Where entries and cars stand, as reports name it.
    const LIST_PLACE: &'static str;
    const CARS_PLACE: &'static str;

    /// Reads what a message says of one car; `None` if that is nothing.
    fn read(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<Option<Self>, Malformed>;

    /// Puts the reading at its moment.
    fn set_time(&mut self, time: SessionTime);

    /// All readings of a message.
    fn event(readings: Vec<Self>) -> Event;
}

impl Reading for CarSample {
    const MESSAGE: &'static str = "CarData";
    const LIST: &'static str = "Entries";
    const STAMP: &'static str = "Utc";
    const CARS: &'static str = "Cars";
    const LIST_PLACE: &'static str = "CarData.Entries";
    const CARS_PLACE: &'static str = "CarData.Cars";

    fn read(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<Option<Self>, Malformed> {
        let mut sample = None;
        place.object("#", json, |place, name, json| match name {
            "Channels" => {
                sample = Some(channels(&mut place.at("CarData.Channels"), driver, json)?);
                Ok(())
            }
            _ => place.unknown(name, json),
        })?;
        Ok(sample)
    }

    fn set_time(&mut self, time: SessionTime) {
        self.time = time;
    }

    fn event(readings: Vec<Self>) -> Event {
        Event::Cars(readings)
    }
}

impl Reading for PositionSample {
    const MESSAGE: &'static str = "Position";
    const LIST: &'static str = "Position";
    const STAMP: &'static str = "Timestamp";
    const CARS: &'static str = "Entries";
    const LIST_PLACE: &'static str = "Position.Position";
    const CARS_PLACE: &'static str = "Position.Entries";

    fn read(place: &mut Place<'_>, driver: DriverNumber, json: &mut Json<'_>) -> Result<Option<Self>, Malformed> {
        fix(place, driver, json)
    }

    fn set_time(&mut self, time: SessionTime) {
        self.time = time;
    }

    fn event(readings: Vec<Self>) -> Event {
        Event::Positions(readings)
    }
}

/// Reads an inflated message of `CarData` or `Position`, and learns from it when the session clock's zero was.
pub(super) fn samples(
    topic: Topic,
    text: &[u8],
    arrival: Arrival,
    zero: &mut Zero,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    match topic {
        Topic::CarData => readings::<CarSample>(text, arrival, zero, report, out),
        _ => readings::<PositionSample>(text, arrival, zero, report, out),
    }
}

/// The stamp of the last sample in an inflated message.
pub(super) fn last_utc(topic: Topic, text: &[u8]) -> Option<UtcTime> {
    let member = if topic == Topic::CarData { CarSample::STAMP } else { PositionSample::STAMP };
    last_stamp(std::str::from_utf8(text).ok()?, member)
}

fn readings<T: Scannable>(
    text: &[u8],
    arrival: Arrival,
    zero: &mut Zero,
    report: &mut DecodeReport,
    out: &mut impl FnMut(Event),
) -> Result<(), Skip> {
    if let Some(utc) = zero.exact() {
        let clock = Clock { zero: utc, at: arrival.at };
        if let Some(scanned) = fast::message::<T>(text, clock) {
            let (event, last) = scanned.into_event(report);
            if arrival.sets_zero {
                zero.learn(last, arrival.at, Witness::Sample).map(&mut *out);
            }
            event.map(out);
            return Ok(());
        }
    }
    let text = std::str::from_utf8(text).map_err(|_| Skip::NotUtf8)?;
    let last = last_stamp(text, T::STAMP);
    if let (true, Some(utc)) = (arrival.sets_zero, last) {
        zero.learn(utc, arrival.at, Witness::Sample).map(&mut *out);
    }
    let clock = Clock::new(zero.utc(), last, arrival.at);
    message::<T>(text, clock, report)?.map(out);
    Ok(())
}

/// The stamp of the last sample in a message.
fn last_stamp(text: &str, member: &str) -> Option<UtcTime> {
    let opening = format!("\"{member}\":\"");
    let at = memchr::memmem::rfind(text.as_bytes(), opening.as_bytes())?;
    let rest = text.get(at + opening.len()..)?;
    utc(rest.get(..rest.find('"')?)?)
}

/// The samples of a message, in whatever shape it has.
fn message<T: Reading>(text: &str, clock: Clock, report: &mut DecodeReport) -> Result<Option<Event>, Skip> {
    let place = Place::new(T::MESSAGE, report);
    let (samples, _) = read_object(text, Vec::new(), place, |place, samples, name, json| {
        if name != T::LIST {
            return place.unknown(name, json);
        }
        place.indexed(name, json, |place, _, json| entry::<T>(place, clock, samples, json)).map(drop)
    })?;
    Ok((!samples.is_empty()).then(|| T::event(samples)))
}

/// The samples of one moment.
fn entry<T: Reading>(
    place: &mut Place<'_>,
    clock: Clock,
    samples: &mut Vec<T>,
    json: &mut Json<'_>,
) -> Result<(), Malformed> {
    let from = samples.len();
    let mut time = None;
    place.at(T::LIST_PLACE).object("#", json, |place, name, json| {
        if name == T::STAMP {
            time = place.change(name, json, |text| clock.place(utc(text)?))?.set();
            return Ok(());
        }
        if name != T::CARS {
            return place.unknown(name, json);
        }
        place.at(T::CARS_PLACE).object(name, json, |place, number, json| {
            let Some(driver) = place.driver(number) else { return place.unknown(number, json) };
            samples.extend(T::read(place, driver, json)?);
            Ok(())
        })
    })?;
    // The stamp may stand after the cars, and without one they are nowhere.
    match time {
        Some(time) => samples.iter_mut().skip(from).for_each(|sample| sample.set_time(time)),
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
    Ok(car_sample(driver, &channels, &mut place.report.garbage))
}

/// The channels that are modelled.
#[derive(Debug, Clone, Copy)]
enum Channel {
    Rpm,
    Speed,
    Gear,
    Throttle,
    Brake,
    Drs,
}

impl Channel {
    const COUNT: usize = 6;

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
#[inline(always)]
pub(crate) fn car_sample(
    driver: DriverNumber,
    channels: &[Option<i32>; Channel::COUNT],
    garbage: &mut GarbageCounts,
) -> CarSample {
    let [rpm, speed, gear, throttle, brake, drs] = *channels;
    let mut check = |value: Option<i32>, lowest: i32, highest: i32, kind: Garbage| {
        let value = value?;
        if (lowest..=highest).contains(&value) {
            return Some(value);
        }
        garbage.add(kind);
        None
    };
    let rpm = check(rpm, 0, 20_000, Garbage::Rpm);
    let speed = check(speed, 0, 450, Garbage::Speed);
    let gear = check(gear, -1, 8, Garbage::Gear);
    let throttle = check(throttle, 0, 100, Garbage::Throttle);
    let brake = check(brake, 0, 100, Garbage::Brake);
    let known_drs = drs.and_then(|code| u8::try_from(code).ok()).and_then(Drs::from_code);
    if drs.is_some() && known_drs.is_none() {
        garbage.add(Garbage::Drs);
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
    Ok(position_sample(driver, on_track, [x_dm, y_dm, z.unwrap_or(0)], &mut place.report.garbage))
}

/// True for a car on the track, `None` for a word that is not known.
fn is_on_track(status: &str) -> Option<bool> {
    match status {
        "OnTrack" => Some(true),
        "OffTrack" => Some(false),
        _ => None,
    }
}

/// A fix of the coordinates as sent; `None`, and counted, where no car can be.
#[inline(always)]
pub(crate) fn position_sample(
    driver: DriverNumber,
    on_track: bool,
    xyz: [i32; 3],
    garbage: &mut GarbageCounts,
) -> Option<PositionSample> {
    let [x_dm, y_dm, z_dm] = xyz;
    if xyz == [0, 0, 0] {
        garbage.add(Garbage::NoFix);
        return None;
    }
    if x_dm.unsigned_abs() > MAX_XY_DM || y_dm.unsigned_abs() > MAX_XY_DM || z_dm.unsigned_abs() > MAX_Z_DM {
        garbage.add(Garbage::FarPosition);
        return None;
    }
    Some(PositionSample { time: SessionTime::ZERO, driver, x_dm, y_dm, z_dm, on_track })
}

/// A clock whose zero is the first moment of the messages that fuzzing and tests are made of.
#[cfg(any(test, feature = "fuzzing"))]
fn check_clock() -> Clock {
    Clock { zero: UtcTime::from_millis(1_773_454_632_000), at: SessionTime::from_millis(20_000) } // 2026-03-14T02:17:12Z
}

/// Reads a message with both readers; says whether the scanner took it.
///
/// # Panics
///
/// If the scanner takes what the general reader does not, or makes other samples of it.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn check(topic: Topic, bytes: &[u8]) -> bool {
    match topic {
        Topic::CarData => check_readings::<CarSample>(bytes),
        _ => check_readings::<PositionSample>(bytes),
    }
}

#[cfg(any(test, feature = "fuzzing"))]
fn check_readings<T: Scannable>(bytes: &[u8]) -> bool {
    let (mut fast_report, mut report) = (DecodeReport::default(), DecodeReport::default());
    let fast = fast::message::<T>(bytes, check_clock()).map(|scanned| scanned.into_event(&mut fast_report));
    let text = std::str::from_utf8(bytes).map_err(|_| Skip::NotUtf8);
    let general = text.and_then(|text| message::<T>(text, check_clock(), &mut report));
    let Some((event, _)) = fast else { return false };
    assert_eq!(general, Ok(event), "the scanner and the general reader disagree");
    assert_eq!(report, fast_report, "the scanner and the general reader count differently");
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stamp(millis: u16) -> String {
        format!("2026-03-14T02:17:{:02}.{:03}4321Z", 12 + millis / 1000 % 40, millis % 1000)
    }

    type Cars = Vec<(u16, Vec<(u16, [i32; 5], Option<i32>)>)>;

    type Fixes = Vec<(u16, Vec<(u16, bool, [i32; 3])>)>;

    fn cars() -> impl Strategy<Value = Cars> {
        let value = prop_oneof![0..120i32, -3..30_000i32];
        let car = (1..400u16, proptest::array::uniform5(value), proptest::option::of(0..20i32));
        proptest::collection::vec((0..40_000u16, proptest::collection::vec(car, 1..4)), 1..4)
    }

    fn car_text(entries: &Cars) -> String {
        let car = |(number, [a, b, c, d, e], drs): &(u16, [i32; 5], Option<i32>)| {
            let drs = drs.map(|drs| format!(",\"45\":{drs}")).unwrap_or_default();
            format!("\"{number}\":{{\"Channels\":{{\"0\":{a},\"2\":{b},\"3\":{c},\"4\":{d},\"5\":{e}{drs}}}}}")
        };
        let entry = |(millis, cars): &(u16, Vec<_>)| {
            let cars: Vec<String> = cars.iter().map(car).collect();
            format!("{{\"Utc\":\"{}\",\"Cars\":{{{}}}}}", stamp(*millis), cars.join(","))
        };
        let entries: Vec<String> = entries.iter().map(entry).collect();
        format!("{{\"Entries\":[{}]}}", entries.join(","))
    }

    fn position_text(entries: &Fixes) -> String {
        let car = |(number, on, [x, y, z]): &(u16, bool, [i32; 3])| {
            let status = if *on { "OnTrack" } else { "OffTrack" };
            format!("\"{number}\":{{\"Status\":\"{status}\",\"X\":{x},\"Y\":{y},\"Z\":{z}}}")
        };
        let entry = |(millis, cars): &(u16, Vec<_>)| {
            let cars: Vec<String> = cars.iter().map(car).collect();
            format!("{{\"Timestamp\":\"{}\",\"Entries\":{{{}}}}}", stamp(*millis), cars.join(","))
        };
        let entries: Vec<String> = entries.iter().map(entry).collect();
        format!("{{\"Position\":[{}]}}", entries.join(","))
    }

    fn fixes() -> impl Strategy<Value = Fixes> {
        let fix = (1..400u16, any::<bool>(), proptest::array::uniform3(-200_000..200_000i32));
        proptest::collection::vec((0..40_000u16, proptest::collection::vec(fix, 1..4)), 1..4)
    }

    proptest! {
        #[test]
        fn the_scanner_reads_the_usual_shape_as_the_general_reader_does(cars in cars(), fixes in fixes()) {
            prop_assert!(check(Topic::CarData, car_text(&cars).as_bytes()));
            prop_assert!(check(Topic::Position, position_text(&fixes).as_bytes()));
        }

        #[test]
        fn the_scanner_agrees_on_damaged_messages(
            cars in cars(), fixes in fixes(), at: prop::sample::Index, byte: u8, cut: bool,
        ) {
            for (topic, text) in [(Topic::CarData, car_text(&cars)), (Topic::Position, position_text(&fixes))] {
                let mut bytes = text.into_bytes();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                bytes.truncate(if cut { at } else { bytes.len() });
                check(topic, &bytes);
            }
        }
    }

    #[test]
    fn garbage_becomes_no_value_and_is_counted() {
        let entries =
            vec![(0, vec![(1, [30_000, 500, 9, 104, 104], Some(3)), (2, [11_000, 300, 8, 100, 0], Some(12))])];
        let mut report = DecodeReport::default();
        let Ok(Some(Event::Cars(samples))) = message::<CarSample>(&car_text(&entries), check_clock(), &mut report)
        else {
            panic!()
        };
        let nothing = CarSample {
            time: SessionTime::ZERO,
            driver: DriverNumber(1),
            rpm: None,
            speed_kmh: None,
            gear: None,
            throttle_percent: None,
            brake_percent: None,
            drs: None,
        };
        assert_eq!(samples[0], nothing);
        assert_eq!((samples[1].gear, samples[1].drs), (Some(8), Some(Drs::Open)));
        assert_eq!(report.garbage().values().sum::<u64>(), 6);

        let fixes = position_text(&vec![(
            0,
            vec![(242, false, [0, 0, 0]), (1, true, [9_000_000, 0, 0]), (241, true, [1, 2, 3])],
        )]);
        let Ok(Some(Event::Positions(samples))) = message::<PositionSample>(&fixes, check_clock(), &mut report) else {
            panic!()
        };
        assert_eq!(samples.len(), 1);
        assert_eq!(samples[0].driver, DriverNumber(241));
        assert_eq!((report.garbage()[&Garbage::NoFix], report.garbage()[&Garbage::FarPosition]), (1, 1));
    }

    #[test]
    fn a_sample_without_a_usable_stamp_is_nowhere() {
        let mut report = DecodeReport::default();
        let text = r#"{"Entries":[{"Utc":"2036-03-14T02:17:12Z","Cars":{"1":{"Channels":{"0":1}}}},{"Cars":{"1":{"Channels":{"0":1}}}}]}"#;
        assert_eq!(message::<CarSample>(text, check_clock(), &mut report), Ok(None));
        assert_eq!(report.bad_values["CarData.Entries.Utc"].count, 1);
    }
}

//! Samples in columns.

use overcut_domain::{CarSample, DriverNumber, Drs, PositionSample, SessionTime};

use super::change::{narrow, time};
use super::enums::Word;
use super::{WireError, pb};

const RPM: u32 = 1;
const SPEED: u32 = 2;
const GEAR: u32 = 4;
const THROTTLE: u32 = 8;
const BRAKE: u32 = 16;
const DRS: u32 = 32;
const ALL: u32 = 63;

/// The channels that a sample has.
fn channels_of(sample: &CarSample) -> u32 {
    let bit = |has: bool, bit: u32| if has { bit } else { 0 };
    bit(sample.rpm.is_some(), RPM)
        | bit(sample.speed_kmh.is_some(), SPEED)
        | bit(sample.gear.is_some(), GEAR)
        | bit(sample.throttle_percent.is_some(), THROTTLE)
        | bit(sample.brake_percent.is_some(), BRAKE)
        | bit(sample.drs.is_some(), DRS)
}

/// Differences of moments, the first from `base`.
fn deltas(base: SessionTime, times: impl Iterator<Item = SessionTime>) -> Vec<i64> {
    let mut before = base.as_millis();
    let delta = |time: SessionTime| {
        let delta = time.as_millis().wrapping_sub(before);
        before = time.as_millis();
        delta
    };
    times.map(delta).collect()
}

/// Writes car samples of a message of that moment.
pub(super) fn write_cars(base: SessionTime, samples: &[CarSample]) -> pb::CarSamples {
    let (mut any, mut all) = (0, ALL);
    for channels in samples.iter().map(channels_of) {
        any |= channels;
        all &= channels;
    }
    fn column<T>(has: bool, samples: &[CarSample], value: impl Fn(&CarSample) -> T) -> Vec<T> {
        if has { samples.iter().map(value).collect() } else { Vec::new() }
    }
    pb::CarSamples {
        delta_ms: deltas(base, samples.iter().map(|sample| sample.time)),
        driver: column(true, samples, |sample| sample.driver.0.into()),
        channels: column(any != all, samples, channels_of),
        rpm: column(any & RPM != 0, samples, |sample| sample.rpm.unwrap_or_default().into()),
        speed_kmh: column(any & SPEED != 0, samples, |sample| sample.speed_kmh.unwrap_or_default().into()),
        gear: column(any & GEAR != 0, samples, |sample| sample.gear.unwrap_or_default().into()),
        throttle_percent: column(any & THROTTLE != 0, samples, |s| s.throttle_percent.unwrap_or_default().into()),
        brake_percent: column(any & BRAKE != 0, samples, |s| s.brake_percent.unwrap_or_default().into()),
        drs: column(any & DRS != 0, samples, |sample| Drs::code_some(sample.drs)),
    }
}

/// Reads car samples of a message of that moment.
pub(super) fn read_cars(base: SessionTime, pb: &pb::CarSamples) -> Result<Vec<CarSample>, WireError> {
    let n = pb.delta_ms.len();
    check("driver", pb.driver.len(), n)?;
    let columns = [
        ("rpm", pb.rpm.len(), RPM),
        ("speed_kmh", pb.speed_kmh.len(), SPEED),
        ("gear", pb.gear.len(), GEAR),
        ("throttle_percent", pb.throttle_percent.len(), THROTTLE),
        ("brake_percent", pb.brake_percent.len(), BRAKE),
        ("drs", pb.drs.len(), DRS),
    ];
    let mut there = 0;
    for (what, len, bit) in columns.into_iter().filter(|(_, len, _)| *len > 0) {
        check(what, len, n)?;
        there |= bit;
    }
    if !pb.channels.is_empty() {
        check("channels", pb.channels.len(), n)?;
    }
    let mut samples = Vec::with_capacity(n);
    let mut moment = base.as_millis();
    for (i, (delta, number)) in pb.delta_ms.iter().zip(&pb.driver).enumerate() {
        moment = moment.wrapping_add(*delta);
        let channels = pb.channels.get(i).copied().unwrap_or(there);
        if channels & !there != 0 {
            return Err(WireError::Range { what: "channels of a sample", value: channels.into() });
        }
        let cell = |bit: u32, column: &[u32]| if channels & bit == 0 { None } else { column.get(i).copied() };
        let percent = |bit, column: &[u32], what| cell(bit, column).map(|value| narrow(value, what)).transpose();
        samples.push(CarSample {
            time: time(moment)?,
            driver: DriverNumber(narrow(*number, "driver number")?),
            rpm: cell(RPM, &pb.rpm).map(|value| narrow(value, "rpm")).transpose()?,
            speed_kmh: cell(SPEED, &pb.speed_kmh).map(|value| narrow(value, "speed")).transpose()?,
            gear: match pb.gear.get(i).filter(|_| channels & GEAR != 0) {
                None => None,
                Some(gear) => {
                    Some(i8::try_from(*gear).map_err(|_| WireError::Range { what: "gear", value: i64::from(*gear) })?)
                }
            },
            throttle_percent: percent(THROTTLE, &pb.throttle_percent, "throttle")?,
            brake_percent: percent(BRAKE, &pb.brake_percent, "brake")?,
            drs: match pb.drs.get(i).filter(|_| channels & DRS != 0) {
                None => None,
                Some(code) => Some(Drs::read(*code)?),
            },
        });
    }
    Ok(samples)
}

/// Writes position fixes of a message of that moment.
pub(super) fn write_positions(base: SessionTime, samples: &[PositionSample]) -> pb::PositionSamples {
    pb::PositionSamples {
        delta_ms: deltas(base, samples.iter().map(|sample| sample.time)),
        driver: samples.iter().map(|sample| sample.driver.0.into()).collect(),
        x_dm: samples.iter().map(|sample| sample.x_dm).collect(),
        y_dm: samples.iter().map(|sample| sample.y_dm).collect(),
        z_dm: samples.iter().map(|sample| sample.z_dm).collect(),
        on_track: samples.iter().map(|sample| sample.on_track).collect(),
    }
}

/// Reads position fixes of a message of that moment.
pub(super) fn read_positions(base: SessionTime, pb: &pb::PositionSamples) -> Result<Vec<PositionSample>, WireError> {
    let n = pb.delta_ms.len();
    check("driver", pb.driver.len(), n)?;
    check("x_dm", pb.x_dm.len(), n)?;
    check("y_dm", pb.y_dm.len(), n)?;
    check("z_dm", pb.z_dm.len(), n)?;
    check("on_track", pb.on_track.len(), n)?;
    let mut samples = Vec::with_capacity(n);
    let mut moment = base.as_millis();
    let whens = pb.delta_ms.iter().zip(&pb.driver);
    let wheres = pb.x_dm.iter().zip(&pb.y_dm).zip(&pb.z_dm).zip(&pb.on_track);
    for ((delta, number), (((x, y), z), on_track)) in whens.zip(wheres) {
        moment = moment.wrapping_add(*delta);
        samples.push(PositionSample {
            time: time(moment)?,
            driver: DriverNumber(narrow(*number, "driver number")?),
            x_dm: *x,
            y_dm: *y,
            z_dm: *z,
            on_track: *on_track,
        });
    }
    Ok(samples)
}

fn check(what: &'static str, len: usize, n_samples: usize) -> Result<(), WireError> {
    if len == n_samples { Ok(()) } else { Err(WireError::Columns { what, len, n_samples }) }
}

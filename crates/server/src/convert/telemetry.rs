//! Telemetry.

use overcut_domain::{CarSample, Drs, PositionSample};
use overcut_track::{Frame, Quality};

use super::millis;
use crate::wire;

/// Car channels measured at this moment.
const CHANNELS_MEASURED: u8 = 1;
/// Position measured at this moment.
const POSITION_MEASURED: u8 = 2;
/// No fix for over a second.
const POSITION_OLD: u8 = 4;
/// The feed has the car off the track.
const OFF_TRACK: u8 = 8;
/// Position concluded from the timing screen, without a fix.
const POSITION_INFERRED: u8 = 16;

/// One car of a telemetry frame.
pub(crate) fn car_frame(frame: &Frame) -> wire::CarFrame {
    let place = frame.place;
    let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let quality = place.map(|place| place.quality);
    let flags = flag(frame.channels == Some(Quality::Measured), CHANNELS_MEASURED)
        | flag(quality == Some(Quality::Measured), POSITION_MEASURED)
        | flag(quality == Some(Quality::Old), POSITION_OLD)
        | flag(quality == Some(Quality::Inferred), POSITION_INFERRED)
        | flag(place.is_some_and(|place| !place.on_track), OFF_TRACK);
    wire::CarFrame(
        frame.driver.0,
        place.map(|place| place.x_dm),
        place.map(|place| place.y_dm),
        frame.speed_kmh,
        frame.rpm,
        frame.gear,
        frame.throttle_percent,
        frame.brake_percent,
        frame.drs.map(drs_code),
        place.and_then(|place| place.distance_m).map(|distance_m| distance_m as f32),
        flags,
    )
}

/// The wire's code of a rear wing.
pub(crate) fn drs_code(drs: Drs) -> u8 {
    match drs {
        Drs::Off => 0,
        Drs::Eligible => 1,
        Drs::Open => 2,
    }
}

/// A reading as measured.
pub(crate) fn car_sample(sample: CarSample) -> wire::CarSample {
    wire::CarSample {
        t_ms: millis(sample.time),
        speed_kmh: sample.speed_kmh,
        rpm: sample.rpm,
        gear: sample.gear,
        throttle_percent: sample.throttle_percent,
        brake_percent: sample.brake_percent,
        drs: sample.drs.map(drs_code),
    }
}

/// A fix as measured.
pub(crate) fn position_sample(sample: PositionSample) -> wire::PositionSample {
    let PositionSample { x_dm, y_dm, z_dm, on_track, .. } = sample;
    wire::PositionSample { t_ms: millis(sample.time), x_dm, y_dm, z_dm, on_track }
}

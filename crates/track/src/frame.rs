//! The 50 Hz resampler: what a car does at any moment, from samples that come about four times a second.

use overcut_domain::{CarSample, DriverNumber, Drs, SessionTime};

use crate::column::Column;
use crate::outline::Outline;
use crate::packed::{Packed, PackedCar};
use crate::position::{self, Place};
use crate::telemetry::{CarColumns, Telemetry};

/// Samples further apart are not connected, and a value without a sample for this long is old. The feed sends one every
/// 0.24 s; its longest gap in `2026_chinese_gp_sprint` is 1.32 s.
pub(crate) const MAX_GAP_MS: i64 = 1000;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quality {
    /// Sampled at this very moment.
    Measured,
    /// Between samples, or less than a second after the last one.
    Estimated,
    /// Not sampled for over a second: the last value, held, or for a position as far along the track as the car's speed
    /// took it since.
    Old,
    /// Concluded from the timing screen, without a fix: positions only.
    Inferred,
}

/// One car at one moment. A channel that the season or the car lacks is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Which car.
    pub driver: DriverNumber,
    /// The moment.
    pub time: SessionTime,
    /// Speed, km/h.
    pub speed_kmh: Option<u16>,
    /// Engine speed, 1/min.
    pub rpm: Option<u16>,
    /// Gear: 0 is neutral.
    pub gear: Option<i8>,
    /// Throttle, 0–100 %.
    pub throttle_percent: Option<u8>,
    /// Brake, 0–100 %.
    pub brake_percent: Option<u8>,
    /// Rear wing.
    pub drs: Option<Drs>,
    /// Of the channels above; `None` if there has been no car sample yet.
    pub channels: Option<Quality>,
    /// Where the car is; `None` if there has been no position to believe yet.
    pub place: Option<Place>,
}

impl Telemetry {
    /// What a car did at `time`, knowing no sample later than `not_after`.
    ///
    /// Speed, rpm and throttle run straight from the last sample to the next one; gear, brake and DRS hold. One sample
    /// after `time` is used at most, so a display that shows `not_after - 300 ms` is smooth. Without it, and across gaps
    /// of over a second, values hold. Positions: see [`Place`]. `None` if the car has no sample at `time` or before.
    pub fn frame_at(&self, driver: DriverNumber, time: SessionTime, not_after: SessionTime) -> Option<Frame> {
        frame(self.car(driver)?, None, time, not_after)
    }

    /// As [`Telemetry::frame_at`], with the car led along an outline: between fixes it follows the track, without the
    /// next fix it walks on as far as its speed took it, and its place has a distance from the start line.
    pub fn frame_on(
        &self,
        outline: &Outline,
        driver: DriverNumber,
        time: SessionTime,
        not_after: SessionTime,
    ) -> Option<Frame> {
        frame(self.car(driver)?, Some(outline), time, not_after)
    }
}

/// Both halves of a frame, if there is at least one.
fn frame(car: &CarColumns, outline: Option<&Outline>, time: SessionTime, not_after: SessionTime) -> Option<Frame> {
    let channels = channels_at(car.driver, &car.channels, time, not_after);
    let place = position::place_at(car, outline, time, not_after);
    if channels.is_none() && place.is_none() {
        return None;
    }
    let (sample, quality) = channels.unzip();
    Some(Frame {
        driver: car.driver,
        time,
        speed_kmh: sample.and_then(|s| s.speed_kmh),
        rpm: sample.and_then(|s| s.rpm),
        gear: sample.and_then(|s| s.gear),
        throttle_percent: sample.and_then(|s| s.throttle_percent),
        brake_percent: sample.and_then(|s| s.brake_percent),
        drs: sample.and_then(|s| s.drs),
        channels: quality,
        place,
    })
}

/// The car's channels at a moment.
fn channels_at(
    driver: DriverNumber,
    column: &Column<PackedCar>,
    time: SessionTime,
    not_after: SessionTime,
) -> Option<(CarSample, Quality)> {
    let samples = column.samples();
    let n_known = column.n_until(time.min(not_after));
    let last = samples.get(n_known.checked_sub(1)?)?.unpack(driver);
    let age_ms = time.millis_since(last.time);
    let quality = match age_ms {
        0 => return Some((last, Quality::Measured)),
        1..=MAX_GAP_MS => Quality::Estimated,
        _ => Quality::Old,
    };
    let next = samples.get(n_known).filter(|s| i64::from(s.time_ms()) <= not_after.as_millis());
    let Some(next) = next.map(|s| s.unpack(driver)) else { return Some((last, quality)) };
    let gap_ms = next.time.millis_since(last.time);
    if gap_ms > MAX_GAP_MS {
        return Some((last, quality));
    }
    let between = |a: f64, b: f64| (a + (b - a) * age_ms as f64 / gap_ms as f64).round();
    let between_u16 = |a: Option<u16>, b: Option<u16>| match (a, b) {
        (Some(a), Some(b)) => Some(between(a.into(), b.into()) as u16),
        (held, _) => held,
    };
    let throttle_percent = match (last.throttle_percent, next.throttle_percent) {
        (Some(a), Some(b)) => Some(between(a.into(), b.into()) as u8),
        (held, _) => held,
    };
    let speed_kmh = between_u16(last.speed_kmh, next.speed_kmh);
    let rpm = between_u16(last.rpm, next.rpm);
    Some((CarSample { time, speed_kmh, rpm, throttle_percent, ..last }, quality))
}

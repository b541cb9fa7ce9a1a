//! Samples as the columns keep them: 12 bytes for car channels, 16 for a position.
//!
//! A channel without a value is the largest number of its type, so the derived order, which decides between two
//! samples of the same moment, prefers the one that knows more.

use overcut_domain::{CarSample, DriverNumber, Drs, PositionSample, SessionTime};

/// A sample small enough to keep every one of a session. Ordered by time first, then by content.
pub(crate) trait Packed: Copy + Ord {
    /// Milliseconds on the session clock.
    fn time_ms(&self) -> i32;
}

/// Milliseconds that fit the columns: 24 days on either side of the session's zero.
fn column_time(time: SessionTime) -> Option<i32> {
    i32::try_from(time.as_millis()).ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedCar {
    time_ms: i32,
    rpm: u16,
    speed_kmh: u16,
    gear: i8,
    throttle_percent: u8,
    brake_percent: u8,
    drs: u8,
}

impl Packed for PackedCar {
    fn time_ms(&self) -> i32 {
        self.time_ms
    }
}

impl PackedCar {
    /// `None` if the time is out of range.
    pub(crate) fn pack(sample: &CarSample) -> Option<PackedCar> {
        Some(PackedCar {
            time_ms: column_time(sample.time)?,
            rpm: sample.rpm.unwrap_or(u16::MAX),
            speed_kmh: sample.speed_kmh.unwrap_or(u16::MAX),
            gear: sample.gear.unwrap_or(i8::MAX),
            throttle_percent: sample.throttle_percent.unwrap_or(u8::MAX),
            brake_percent: sample.brake_percent.unwrap_or(u8::MAX),
            drs: match sample.drs {
                Some(Drs::Off) => 0,
                Some(Drs::Eligible) => 1,
                Some(Drs::Open) => 2,
                None => u8::MAX,
            },
        })
    }

    /// True if this sample has neither throttle nor brake, and the same speed and rpm as the one before it.
    pub(crate) fn only_repeats(&self, before: &PackedCar) -> bool {
        (self.throttle_percent, self.brake_percent) == (u8::MAX, u8::MAX)
            && (self.speed_kmh, self.rpm) == (before.speed_kmh, before.rpm)
    }

    pub(crate) fn speed_kmh(&self) -> Option<u16> {
        (self.speed_kmh != u16::MAX).then_some(self.speed_kmh)
    }

    pub(crate) fn unpack(self, driver: DriverNumber) -> CarSample {
        CarSample {
            time: SessionTime::from_millis(self.time_ms.into()),
            driver,
            rpm: (self.rpm != u16::MAX).then_some(self.rpm),
            speed_kmh: self.speed_kmh(),
            gear: (self.gear != i8::MAX).then_some(self.gear),
            throttle_percent: (self.throttle_percent != u8::MAX).then_some(self.throttle_percent),
            brake_percent: (self.brake_percent != u8::MAX).then_some(self.brake_percent),
            drs: match self.drs {
                0 => Some(Drs::Off),
                1 => Some(Drs::Eligible),
                2 => Some(Drs::Open),
                _ => None,
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackedPosition {
    time_ms: i32,
    x_dm: i32,
    y_dm: i32,
    /// Height, shifted up by one; the lowest bit says that the feed has the car on the track.
    z_and_on_track: i32,
}

impl Packed for PackedPosition {
    fn time_ms(&self) -> i32 {
        self.time_ms
    }
}

impl PackedPosition {
    /// `None` if the time is out of range. Heights beyond ±100,000 km are cut off there.
    pub(crate) fn pack(sample: &PositionSample) -> Option<PackedPosition> {
        let z_dm = sample.z_dm.clamp(-1_000_000_000, 1_000_000_000);
        Some(PackedPosition {
            time_ms: column_time(sample.time)?,
            x_dm: sample.x_dm,
            y_dm: sample.y_dm,
            z_and_on_track: (z_dm << 1) | i32::from(sample.on_track),
        })
    }

    pub(crate) fn xy_dm(&self) -> (i32, i32) {
        (self.x_dm, self.y_dm)
    }

    pub(crate) fn unpack(self, driver: DriverNumber) -> PositionSample {
        PositionSample {
            time: SessionTime::from_millis(self.time_ms.into()),
            driver,
            x_dm: self.x_dm,
            y_dm: self.y_dm,
            z_dm: self.z_and_on_track >> 1,
            on_track: self.z_and_on_track & 1 == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_stay_small() {
        assert_eq!(size_of::<PackedCar>(), 12);
        assert_eq!(size_of::<PackedPosition>(), 16);
    }

    #[test]
    fn packing_loses_nothing() {
        let driver = DriverNumber(63);
        let time = SessionTime::from_millis(-5);
        let empty = CarSample {
            time,
            driver,
            rpm: None,
            speed_kmh: None,
            gear: None,
            throttle_percent: None,
            brake_percent: None,
            drs: None,
        };
        let full = CarSample {
            rpm: Some(11_950),
            speed_kmh: Some(328),
            gear: Some(-1),
            throttle_percent: Some(100),
            brake_percent: Some(0),
            drs: Some(Drs::Open),
            ..empty
        };
        for sample in [empty, full] {
            assert_eq!(PackedCar::pack(&sample).map(|p| p.unpack(driver)), Some(sample));
        }
        let position = PositionSample { time, driver, x_dm: -8325, y_dm: 7058, z_dm: -141, on_track: true };
        for position in [position, PositionSample { on_track: false, z_dm: 22_400, ..position }] {
            assert_eq!(PackedPosition::pack(&position).map(|p| p.unpack(driver)), Some(position));
        }
    }

    #[test]
    fn times_out_of_range_are_refused() {
        let time = SessionTime::MAX;
        let driver = DriverNumber(1);
        assert!(
            PackedPosition::pack(&PositionSample { time, driver, x_dm: 0, y_dm: 0, z_dm: 0, on_track: true }).is_none()
        );
    }
}

//! Numbers in their ranges, moments, and changes of one value.

use overcut_domain::{Change, DriverNumber, Gap, LapNumber, LapTime, SessionTime, UtcTime};

use super::{Wire, WireError, pb};

/// A number in the range of its type.
pub(super) fn narrow<T: TryFrom<u32>>(value: u32, what: &'static str) -> Result<T, WireError> {
    T::try_from(value).map_err(|_| WireError::Range { what, value: value.into() })
}

/// The same for a number that may be absent.
pub(super) fn narrow_some<T: TryFrom<u32>>(value: Option<u32>, what: &'static str) -> Result<Option<T>, WireError> {
    value.map(|value| narrow(value, what)).transpose()
}

pub(super) fn driver(number: u32) -> Result<DriverNumber, WireError> {
    narrow(number, "driver number").map(DriverNumber)
}

pub(super) fn drivers(numbers: Vec<u32>) -> Result<Vec<DriverNumber>, WireError> {
    numbers.into_iter().map(driver).collect()
}

pub(super) fn numbers(drivers: &[DriverNumber]) -> Vec<u32> {
    drivers.iter().map(|driver| driver.0.into()).collect()
}

pub(super) fn lap(number: Option<u32>) -> Result<Option<LapNumber>, WireError> {
    Ok(narrow_some(number, "lap number")?.map(LapNumber))
}

pub(super) fn lap_pb(lap: Option<LapNumber>) -> Option<u32> {
    lap.map(|lap| lap.0.into())
}

pub(super) fn ms(time: Option<LapTime>) -> Option<u32> {
    time.map(LapTime::as_millis)
}

pub(super) fn lap_time(ms: Option<u32>) -> Option<LapTime> {
    ms.map(LapTime::from_millis)
}

/// A moment on the session clock. Those beyond it would overflow where moments are subtracted.
pub(super) fn time(ms: i64) -> Result<SessionTime, WireError> {
    check_moment(ms, "a moment on the session clock").map(SessionTime::from_millis)
}

pub(super) fn utc(ms: i64) -> Result<UtcTime, WireError> {
    check_moment(ms, "a moment in UTC").map(UtcTime::from_millis)
}

pub(super) fn utc_some(ms: Option<i64>) -> Result<Option<UtcTime>, WireError> {
    ms.map(utc).transpose()
}

pub(super) fn utc_pb(utc: Option<UtcTime>) -> Option<i64> {
    utc.map(UtcTime::as_millis)
}

fn check_moment(ms: i64, what: &'static str) -> Result<i64, WireError> {
    let limit = SessionTime::MAX.as_millis();
    if (-limit..=limit).contains(&ms) { Ok(ms) } else { Err(WireError::Range { what, value: ms }) }
}

/// A change whose absence means "not mentioned".
fn write_change<T: Copy, P>(change: &Change<T>, pb: impl FnOnce(Option<T>) -> P) -> Option<P> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(pb(None)),
        Change::Set(value) => Some(pb(Some(*value))),
    }
}

pub(super) fn time_change(change: &Change<LapTime>) -> Option<pb::TimeChange> {
    write_change(change, |time| pb::TimeChange { ms: ms(time) })
}

pub(super) fn read_time_change(pb: Option<pb::TimeChange>) -> Change<LapTime> {
    pb.map_or(Change::Keep, |change| lap_time(change.ms).into())
}

pub(super) fn number_change(change: &Change<u16>) -> Option<pb::NumberChange> {
    write_change(change, |value| pb::NumberChange { value: value.map(u32::from) })
}

pub(super) fn read_number_change(pb: Option<pb::NumberChange>, what: &'static str) -> Result<Change<u16>, WireError> {
    let Some(change) = pb else { return Ok(Change::Keep) };
    Ok(narrow_some(change.value, what)?.into())
}

pub(super) fn gap_change(change: &Change<Gap>) -> Option<pb::GapChange> {
    use pb::gap_change::Gap as Pb;
    write_change(change, |gap| pb::GapChange {
        gap: gap.map(|gap| match gap {
            Gap::Leader(lap) => Pb::LeaderLap(lap.0.into()),
            Gap::Time(time) => Pb::TimeMs(time.as_millis()),
            Gap::Laps(laps) => Pb::Laps(laps.into()),
        }),
    })
}

pub(super) fn read_gap_change(pb: Option<pb::GapChange>) -> Result<Change<Gap>, WireError> {
    use pb::gap_change::Gap as Pb;
    let Some(change) = pb else { return Ok(Change::Keep) };
    Ok(match change.gap {
        None => Change::Clear,
        Some(Pb::LeaderLap(lap)) => Change::Set(Gap::Leader(LapNumber(narrow(lap, "lap number")?))),
        Some(Pb::TimeMs(ms)) => Change::Set(Gap::Time(LapTime::from_millis(ms))),
        Some(Pb::Laps(laps)) => Change::Set(Gap::Laps(narrow(laps, "laps behind")?)),
    })
}

/// A message that must be there.
pub(super) fn required<T: Wire>(pb: Option<T::Pb>, what: &'static str) -> Result<T, WireError> {
    T::read(pb.ok_or(WireError::Missing { what })?)
}

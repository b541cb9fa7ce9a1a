//! A session clock for tables that time every lap from its own start.
//!
//! Where a table says when each lap ended, a lap's samples end there too. Where none does, laps follow each other
//! without a gap (the exporter cuts the samples from one crossing of the line to the next), so the lengths of a car's
//! laps add up to its own clock. All cars of a race share the zero of that clock, the start; the cars of a practice or
//! a qualifying do not, so those cannot be placed.

use std::collections::BTreeMap;

use overcut_domain::{DriverNumber, SessionTime};

use super::lap_row::LapRow;
use super::samples::LapSpan;

/// Lap starts that differ by less than this, in milliseconds, are the same: the tables are rounded.
const SAME_MOMENT_MS: i64 = 20;

/// Gives each lap its start: the end of the lap before; or, where that does not fit the lap's length, the end of the
/// lap less its length.
///
/// The two differ after a red flag, when the lap before ended in the pits long before this one began, and at the end
/// of a car's race, whose moment the exporter made up. A car that runs on at speed cannot have waited in between, so
/// the samples' speeds on either side of the line tell which it is.
pub(super) fn start_laps(laps: &mut [LapRow], spans: &[LapSpan]) {
    let mut before: Option<(SessionTime, Option<LapSpan>)> = None;
    for row in laps {
        let span = spans.iter().find(|span| span.lap == row.lap.number.0).copied();
        let length_ms = row.lap.time.map(|time| i64::from(time.as_millis()));
        let length_ms = length_ms.or(span.map(|span| i64::from(span.length_ms)));
        let from_end = row.lap.ended_at.zip(length_ms).map(|(end, length_ms)| end - length_ms);
        let start = match (before, from_end) {
            (Some((previous, _)), Some(start)) if start.millis_since(previous).abs() <= SAME_MOMENT_MS => {
                Some(previous)
            }
            (Some((previous, last)), Some(_)) if runs_on(last, span) => Some(previous),
            (_, Some(start)) => Some(start),
            (before, None) => before.map(|(previous, _)| previous),
        };
        // A first lap is timed from the start of the race in the samples, but from the lights in the lap times.
        let of_samples = row.lap.ended_at.zip(span).map(|(end, span)| end - i64::from(span.length_ms));
        let start = if before.is_none() { of_samples.or(start) } else { start };
        row.lap.started_at = row.lap.started_at.or(start);
        before = row.lap.ended_at.map(|end| (end, span));
    }
}

/// True if a car crossed the line between two laps at speed.
fn runs_on(last: Option<LapSpan>, next: Option<LapSpan>) -> bool {
    last.zip(next).is_some_and(|(last, next)| last.exit_kmh > 100 && last.exit_kmh.abs_diff(next.entry_kmh) < 30)
}

/// Why lap telemetry without session times cannot be put on one clock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoClock {
    #[error("no table has session times of laps (Time, LapNumber), and there are no samples to add up")]
    NoSamples,
    #[error("no table has session times of laps (Time, LapNumber); only {n_together} of {n_cars} cars raced together")]
    NoCommonStart {
        /// Cars that drove all laps in nearly the same time.
        n_together: usize,
        /// All cars.
        n_cars: usize,
    },
}

/// Gives every lap its start and end by adding up the lengths of its car's laps, the start of the race being zero.
///
/// The cars must have started together. That is so if at least a third of them drove as many laps as the one with the
/// most, and took the same time for it within two minutes; in a qualifying the sums differ by quarters of an hour.
pub(super) fn add_up(
    laps: &mut BTreeMap<DriverNumber, Vec<LapRow>>,
    spans: &BTreeMap<DriverNumber, Vec<LapSpan>>,
) -> Result<(), NoClock> {
    let total = |spans: &Vec<LapSpan>| spans.iter().map(|span| i64::from(span.length_ms)).sum::<i64>();
    let most = spans.values().map(Vec::len).max().unwrap_or(0);
    let mut totals: Vec<i64> = spans.values().filter(|spans| spans.len() == most).map(total).collect();
    totals.sort_unstable();
    let Some(fastest) = totals.first().copied().filter(|_| most > 0) else { return Err(NoClock::NoSamples) };
    let n_together = totals.iter().filter(|total| **total - fastest < 120_000).count();
    if n_together * 3 < spans.len() {
        return Err(NoClock::NoCommonStart { n_together, n_cars: spans.len() });
    }
    for (driver, spans) in spans {
        let Some(laps) = laps.get_mut(driver) else { continue };
        let mut now = SessionTime::ZERO;
        for (idx, span) in spans.iter().enumerate() {
            if usize::from(span.lap) != idx + 1 {
                break; // a lap is missing: what follows cannot be placed
            }
            let start = now;
            now = now + i64::from(span.length_ms);
            if let Some(row) = laps.iter_mut().find(|row| row.lap.number.0 == span.lap) {
                (row.lap.started_at, row.lap.ended_at) = (Some(start), Some(now));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use overcut_domain::{Lap, LapNumber, LapTime};

    use super::*;

    fn row(number: u16, ended_ms: i64, time_ms: Option<u32>) -> LapRow {
        let lap = Lap {
            number: LapNumber(number),
            ended_at: Some(SessionTime::from_millis(ended_ms)),
            time: time_ms.map(LapTime::from_millis),
            ..Lap::default()
        };
        LapRow { lap, ..LapRow::default() }
    }

    fn starts(laps: &[LapRow]) -> Vec<i64> {
        laps.iter().filter_map(|row| row.lap.started_at).map(SessionTime::as_millis).collect()
    }

    #[test]
    fn a_lap_begins_where_the_last_one_ended() {
        let mut laps = [row(1, 100_000, Some(90_000)), row(2, 180_001, Some(80_000)), row(3, 260_000, None)];
        start_laps(&mut laps, &[]);
        assert_eq!(starts(&laps), [10_000, 100_000, 180_001]);
    }

    #[test]
    fn a_lap_after_a_red_flag_begins_when_the_race_goes_on() {
        let mut laps = [row(1, 100_000, Some(90_000)), row(2, 1_580_000, Some(80_000))];
        start_laps(&mut laps, &[]);
        assert_eq!(starts(&laps), [10_000, 1_500_000]);
    }

    #[test]
    fn cars_that_did_not_start_together_cannot_be_placed() {
        let (mut laps, mut spans) = (BTreeMap::new(), BTreeMap::new());
        for (number, n_laps) in [(1, 20), (2, 12), (3, 9), (4, 15)] {
            let span = LapSpan::for_test;
            spans.insert(DriverNumber(number), (1..=n_laps).map(|lap| span(lap, 90_000)).collect());
            laps.insert(DriverNumber(number), Vec::new());
        }
        assert_eq!(add_up(&mut laps, &spans), Err(NoClock::NoCommonStart { n_together: 1, n_cars: 4 }));
    }
}

//! Track status from the digits of a lap table, where no table of the status itself is there.
//!
//! A lap lists the statuses met in it, not when. But cars cross the line all the time: a status cannot hold while any
//! car is on a lap that does not list it. What is left are windows, and each must reach into every lap that lists the
//! status, which bounds its beginning and its end to the gaps between crossings of the line, mostly a few seconds.
//! Within the bounds the middle is taken.

use std::collections::BTreeMap;

use overcut_domain::{DriverNumber, SessionTime, TrackStatus};

use super::lap_row::LapRow;

/// Statuses other than clear, the one that overrides all others first.
const STATUSES: [TrackStatus; 5] = [
    TrackStatus::Red,
    TrackStatus::SafetyCar,
    TrackStatus::VirtualSafetyCarEnding,
    TrackStatus::VirtualSafetyCar,
    TrackStatus::Yellow,
];

/// One lap: when it ran and whether it lists the status in question.
#[derive(Clone, Copy)]
struct Span {
    start: i64,
    end: i64,
    has_it: bool,
}

/// The changes of track status that the laps' digits imply, clear at first.
pub(super) fn derive(laps: &BTreeMap<DriverNumber, Vec<LapRow>>) -> Vec<(SessionTime, TrackStatus)> {
    let known = || laps.values().flatten().filter(|row| !row.generated && !row.lap.track_status.is_empty());
    if known().next().is_none() {
        return Vec::new();
    }
    let mut periods = Vec::new();
    for status in STATUSES {
        let spans: Vec<Span> = known()
            .filter_map(|row| {
                let (start, end) = (row.lap.started_at?.as_millis(), row.lap.ended_at?.as_millis());
                let has_it = row.lap.track_status.contains(&status);
                (start < end).then_some(Span { start, end, has_it })
            })
            .collect();
        if spans.iter().any(|span| span.has_it) {
            periods.extend(windows(&spans).into_iter().map(|window| (status, bounded(window, &spans))));
        }
    }
    end_virtual_safety_cars(&mut periods);
    changes(&periods)
}

/// A virtual safety car is over when its ending is announced, however far its window reaches.
fn end_virtual_safety_cars(periods: &mut [(TrackStatus, (i64, i64))]) {
    let endings: Vec<i64> = periods
        .iter()
        .filter(|(status, _)| *status == TrackStatus::VirtualSafetyCarEnding)
        .map(|(_, (start, _))| *start)
        .collect();
    for (status, (start, end)) in periods.iter_mut() {
        if *status == TrackStatus::VirtualSafetyCar {
            let ending = endings.iter().find(|ending| (*start..*end).contains(*ending));
            *end = ending.copied().unwrap_or(*end);
        }
    }
}

/// Stretches of time in which at least one running lap lists the status and none lacks it.
fn windows(spans: &[Span]) -> Vec<(i64, i64)> {
    let mut edges: Vec<(i64, i32, i32)> = Vec::new();
    for span in spans {
        let (with, without) = if span.has_it { (1, 0) } else { (0, 1) };
        edges.push((span.start, with, without));
        edges.push((span.end, -with, -without));
    }
    edges.sort_unstable();
    let (mut with, mut without, mut windows) = (0, 0, Vec::<(i64, i64)>::new());
    let mut edges = edges.into_iter().peekable();
    while let Some((time, more_with, more_without)) = edges.next() {
        (with, without) = (with + more_with, without + more_without);
        let Some((next, ..)) = edges.peek().copied() else { break };
        if next == time || with == 0 || without > 0 {
            continue;
        }
        match windows.last_mut() {
            Some(last) if last.1 == time => last.1 = next,
            _ => windows.push((time, next)),
        }
    }
    windows
}

/// The likely beginning and end of a status within its window.
fn bounded((from, to): (i64, i64), spans: &[Span]) -> (i64, i64) {
    let inside = || spans.iter().filter(move |span| span.has_it && span.start < to && span.end > from);
    // Laps that were already running had to meet the status before they ended, and those that ran on, after they began.
    let latest_start = inside().filter(|span| span.start <= from).map(|span| span.end).min().unwrap_or(from);
    let earliest_end = inside().filter(|span| span.end >= to).map(|span| span.start).max().unwrap_or(to);
    let start = from.midpoint(latest_start.min(to));
    let end = to.midpoint(earliest_end.max(from));
    if start < end {
        return (start, end);
    }
    // No crossing of the line tells where in the window it was: the middle half of it.
    let quarter = (to - from) / 4;
    (from + quarter, to - quarter)
}

/// The status at each moment at which it changes: of those that hold, the one that overrides the others.
fn changes(periods: &[(TrackStatus, (i64, i64))]) -> Vec<(SessionTime, TrackStatus)> {
    let mut edges: Vec<i64> = periods.iter().flat_map(|(_, (start, end))| [*start, *end]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut changes = vec![(SessionTime::ZERO, TrackStatus::Clear)];
    for time in edges {
        let holds = |status: &TrackStatus| {
            periods.iter().any(|(other, (start, end))| other == status && *start <= time && time < *end)
        };
        let status = STATUSES.iter().find(|status| holds(status)).copied().unwrap_or_default();
        if changes.last().is_none_or(|(_, last)| *last != status) {
            changes.push((SessionTime::from_millis(time), status));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use overcut_domain::{Lap, LapNumber};

    use super::*;

    fn lap(start: i64, end: i64, digits: &[u8]) -> LapRow {
        let lap = Lap {
            number: LapNumber(1),
            started_at: Some(SessionTime::from_millis(start)),
            ended_at: Some(SessionTime::from_millis(end)),
            track_status: digits.iter().filter_map(|code| TrackStatus::from_code(*code)).collect(),
            ..Lap::default()
        };
        LapRow { lap, ..LapRow::default() }
    }

    #[test]
    fn two_cars_bound_a_safety_car() {
        // The safety car comes out between 100 (car 1 begins a lap that lists it) and 130 (car 2 ends one that does).
        let laps = BTreeMap::from([
            (DriverNumber(1), vec![lap(0, 100, &[1]), lap(100, 200, &[1, 4]), lap(200, 300, &[4, 1])]),
            (DriverNumber(2), vec![lap(30, 130, &[1, 4]), lap(130, 230, &[4]), lap(230, 330, &[1])]),
        ]);
        let changes: Vec<_> = derive(&laps).into_iter().map(|(time, status)| (time.as_millis(), status)).collect();
        assert_eq!(changes, [(0, TrackStatus::Clear), (115, TrackStatus::SafetyCar), (215, TrackStatus::Clear)],);
    }

    #[test]
    fn a_table_without_digits_says_nothing() {
        assert!(derive(&BTreeMap::from([(DriverNumber(1), vec![lap(0, 100, &[])])])).is_empty());
    }
}

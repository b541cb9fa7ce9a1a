//! When a car crossed the line, told from messages that arrive late by a varying bit.
//!
//! A message cannot arrive before what it tells, so each one bounds a crossing from above: the message that closed the
//! lap, the one with sector 3, the one with sector 2 plus the third sector, and so on. Lap times are exact, and tie
//! the crossings of consecutive laps together: a bound on one is a bound on all. The earliest wins, so a car's
//! crossings differ by exactly its lap times, and all are late by the smallest delay of any of its messages. When a
//! quicker message arrives, the crossings before it move with it. This is FastF1's rule too.

use overcut_domain::{Lap, LapTime, SessionTime};

use crate::laps::Evidence;

/// Settles the end of the finished lap `idx` and whatever follows from it. Returns the first lap that changed.
pub(crate) fn settle(laps: &mut [Lap], evidence: &[Evidence], idx: usize) -> usize {
    let (Some(lap), Some(seen)) = (laps.get(idx), evidence.get(idx)) else { return idx };
    let by_lap_before =
        start_by_lap_before(laps, evidence, idx).zip(millis(lap.time)).map(|(start, time)| start + time);
    let bounds = [latest_possible_end(lap, seen), by_lap_before, lap.ended_at];
    match bounds.into_iter().flatten().min() {
        Some(end) => pull_end(laps, evidence, idx, end),
        None => idx,
    }
}

/// Puts the end of lap `idx` at `end` and moves whatever hangs on it. Returns the first lap that changed.
pub(crate) fn pull_end(laps: &mut [Lap], evidence: &[Evidence], idx: usize, end: SessionTime) -> usize {
    set_end(laps, idx, end);
    let first = pull_back(laps, evidence, idx);
    push_forward(laps, evidence, idx);
    for lap_idx in first..laps.len() {
        set_start_and_sectors(laps, evidence, lap_idx);
    }
    first
}

/// The earliest of the bounds that the lap's own messages set.
fn latest_possible_end(lap: &Lap, seen: &Evidence) -> Option<SessionTime> {
    let mut bounds = [seen.closed, seen.sectors[2], None, None];
    if let Some(third) = millis(lap.sectors[2]) {
        bounds[2] = seen.sectors[1].map(|stamp| stamp + third);
        if let Some(second) = millis(lap.sectors[1]) {
            bounds[3] = seen.sectors[0].map(|stamp| stamp + second + third);
        }
    }
    bounds.into_iter().flatten().min()
}

/// Moves earlier crossings back where this lap's end less its time is earlier than the end of the lap before.
fn pull_back(laps: &mut [Lap], evidence: &[Evidence], idx: usize) -> usize {
    let mut first = idx;
    for lap_idx in (1..=idx).rev() {
        let (Some(lap), Some(before)) = (laps.get(lap_idx), laps.get(lap_idx - 1)) else { break };
        let (Some(end), Some(time), Some(end_before)) = (lap.ended_at, lap.time, before.ended_at) else { break };
        let start = end - i64::from(time.as_millis());
        let is_tied = start_by_lap_before(laps, evidence, lap_idx).is_some();
        let passes_its_start = before.started_at.is_some_and(|its_start| start <= its_start);
        if start >= end_before || !is_tied || passes_its_start {
            break;
        }
        set_end(laps, lap_idx - 1, start);
        first = lap_idx - 1;
    }
    first
}

/// Moves later crossings with this one. Late values may settle a lap when the next is already over.
fn push_forward(laps: &mut [Lap], evidence: &[Evidence], idx: usize) {
    for lap_idx in idx + 1..laps.len() {
        let Some(start) = start_by_lap_before(laps, evidence, lap_idx) else { break };
        let Some((end, time)) = laps.get(lap_idx).and_then(|lap| Some((lap.ended_at?, lap.time?))) else { break };
        let new_end = start + i64::from(time.as_millis());
        if new_end >= end {
            break;
        }
        set_end(laps, lap_idx, new_end);
    }
}

fn set_end(laps: &mut [Lap], idx: usize, end: SessionTime) {
    if let Some(lap) = laps.get_mut(idx) {
        lap.ended_at = Some(end);
    }
}

/// A lap begins where the one before ended, and its sectors end where their times say.
fn set_start_and_sectors(laps: &mut [Lap], evidence: &[Evidence], idx: usize) {
    let start = start_by_lap_before(laps, evidence, idx);
    let Some(lap) = laps.get_mut(idx) else { return };
    let by_its_time = lap.ended_at.zip(millis(lap.time)).map(|(end, time)| end - time);
    lap.started_at = start.or(lap.started_at).or(by_its_time);
    let mut at = start;
    for sector_idx in 0..3 {
        at = at.zip(millis(lap.sectors[sector_idx])).map(|(at, millis)| at + millis);
        if lap.sectors[sector_idx].is_some() {
            lap.sector_ended_at[sector_idx] = at.or(lap.sector_ended_at[sector_idx]);
        }
    }
    let mut at = lap.ended_at;
    for sector_idx in (0..3).rev() {
        let Some(end) = at else { break };
        lap.sector_ended_at[sector_idx] = Some(end);
        at = millis(lap.sectors[sector_idx]).map(|millis| end - millis);
    }
}

/// Where the lap begins because the one before ended there; `None` if its start is told otherwise or not known.
fn start_by_lap_before(laps: &[Lap], evidence: &[Evidence], idx: usize) -> Option<SessionTime> {
    let (before, lap) = (laps.get(idx.checked_sub(1)?)?, laps.get(idx)?);
    let is_tied = before.number.next() == lap.number && !evidence.get(idx)?.has_fixed_start;
    before.ended_at.filter(|_| is_tied)
}

fn millis(time: Option<LapTime>) -> Option<i64> {
    time.map(|time| i64::from(time.as_millis()))
}

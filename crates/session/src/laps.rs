//! One car's lap table, and the rules by which values find their lap.
//!
//! A feed names no lap beside a value: a lap runs until the lap counter rises, and values of the lap before may still
//! arrive after that. The last lap of the table is the one that runs, if [`LapTable::is_running`]. A recording that
//! starts in mid-session may bring values before it tells the lap's number; such a lap has number 0 and is not shown.

use overcut_domain::{
    DriverNumber, Gap, Lap, LapNumber, LapTime, QualifyingPart, SessionTime, SpeedTrap, TimeColour, TrackStatus,
};

use crate::crossing;

/// Values this soon after the lap counter rose belong to the lap before. FastF1 uses the same five seconds.
const LATE_VALUE_MS: i64 = 5_000;
/// Sectors 2 and 3 may be later still, as long as the new lap has no sector yet: none is this short.
const LATE_SECTOR_MS: i64 = 10_000;
/// Laps a car can drive. The longest race has 78.
const MAX_LAPS: usize = 2_000;

/// When messages about a lap arrived: all that is known of when things happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Evidence {
    /// The message that raised the lap counter.
    pub(crate) closed: Option<SessionTime>,
    /// The messages with the sector times.
    pub(crate) sectors: [Option<SessionTime>; 3],
    /// True if `Lap::started_at` was told by the session itself, not by the end of the lap before.
    pub(crate) has_fixed_start: bool,
    /// The gap to the leader that stood when the lap ended.
    pub(crate) gap_at_line: Option<Gap>,
    /// The lap's end when it was last ranked among those of other cars.
    pub(crate) ranked_at: Option<SessionTime>,
}

/// What a new lap starts with.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LapStart {
    pub(crate) at: Option<SessionTime>,
    pub(crate) is_fixed: bool,
    pub(crate) part: Option<QualifyingPart>,
    pub(crate) track: TrackStatus,
}

/// One car's laps.
#[derive(Debug, Clone, Default)]
pub(crate) struct LapTable {
    driver: DriverNumber,
    laps: Vec<Lap>,
    evidence: Vec<Evidence>,
    is_running: bool,
    /// Laps completed as the feed counts them.
    n_completed: Option<u16>,
    /// Laps whose row changed since the last call of `take_changed`, by index.
    changed_from: Option<usize>,
    /// Laps that were shown and are no more.
    removed: Vec<LapNumber>,
}

impl LapTable {
    pub(crate) fn new(driver: DriverNumber) -> Self {
        LapTable { driver, ..LapTable::default() }
    }

    /// Every lap with a number.
    pub(crate) fn all(&self) -> &[Lap] {
        let is_nameless = self.laps.first().is_some_and(|lap| lap.number == LapNumber(0));
        self.laps.get(usize::from(is_nameless)..).unwrap_or_default()
    }

    pub(crate) fn get(&self, number: LapNumber) -> Option<&Lap> {
        self.laps.get(self.index(number)?)
    }

    pub(crate) fn get_mut(&mut self, number: LapNumber) -> Option<&mut Lap> {
        let idx = self.index(number)?;
        self.laps.get_mut(idx)
    }

    fn index(&self, number: LapNumber) -> Option<usize> {
        self.laps.binary_search_by_key(&number, |lap| lap.number).ok().filter(|_| number > LapNumber(0))
    }

    /// Laps completed as the feed counts them; `None` before its first word.
    pub(crate) fn n_completed(&self) -> Option<u16> {
        self.n_completed
    }

    pub(crate) fn set_n_completed(&mut self, n: u16) {
        self.n_completed = Some(n);
    }

    /// The lap the car is on.
    pub(crate) fn running(&self) -> Option<&Lap> {
        self.laps.last().filter(|_| self.is_running)
    }

    pub(crate) fn running_mut(&mut self) -> Option<&mut Lap> {
        let is_running = self.is_running;
        self.laps.last_mut().filter(|_| is_running)
    }

    /// Marks the running lap as changed.
    pub(crate) fn touch_running(&mut self) {
        if self.is_running {
            self.touch(self.laps.len() - 1);
        }
    }

    fn touch(&mut self, idx: usize) {
        self.changed_from = Some(self.changed_from.map_or(idx, |from| from.min(idx)));
    }

    /// Numbers of the laps that vanished since the last call.
    pub(crate) fn take_removed(&mut self) -> Vec<LapNumber> {
        std::mem::take(&mut self.removed)
    }

    /// Numbers of the laps changed since the last call.
    pub(crate) fn take_changed(&mut self) -> impl Iterator<Item = LapNumber> + use<'_> {
        let from = self.changed_from.take().unwrap_or(self.laps.len());
        self.laps.get(from..).unwrap_or_default().iter().map(|lap| lap.number).filter(|n| *n > LapNumber(0))
    }

    /// True if the lap's end moved since this was last asked.
    pub(crate) fn take_moved(&mut self, number: LapNumber) -> bool {
        let Some(idx) = self.index(number) else { return false };
        let (Some(lap), Some(evidence)) = (self.laps.get(idx), self.evidence.get_mut(idx)) else { return false };
        std::mem::replace(&mut evidence.ranked_at, lap.ended_at) != lap.ended_at
    }

    /// Starts lap `number`, unless one runs. Number 0 stands for "not known yet".
    pub(crate) fn begin(&mut self, number: LapNumber, start: LapStart) {
        let follows = self.laps.last().is_none_or(|last| last.number < number);
        if self.is_running || !follows || self.laps.len() >= MAX_LAPS {
            return;
        }
        self.laps.push(Lap {
            driver: self.driver,
            number,
            started_at: start.at,
            part: start.part,
            track_status: vec![start.track],
            ..Lap::default()
        });
        self.evidence.push(Evidence { has_fixed_start: start.is_fixed, ..Evidence::default() });
        self.is_running = true;
        self.touch(self.laps.len() - 1);
    }

    /// Gives the running lap its number, and forgets where it began if laps were missed meanwhile.
    pub(crate) fn rename_running(&mut self, number: LapNumber) {
        let before = self.laps.len().checked_sub(2).and_then(|idx| self.laps.get(idx)).map(|lap| lap.number);
        if before.is_some_and(|before| before >= number) {
            return;
        }
        let Some(lap) = self.laps.last_mut().filter(|_| self.is_running) else { return };
        if lap.number != LapNumber(0) && lap.number != number {
            self.removed.push(lap.number);
            *lap = Lap {
                driver: lap.driver,
                part: lap.part,
                track_status: std::mem::take(&mut lap.track_status),
                ..Lap::default()
            };
            if let Some(evidence) = self.evidence.last_mut() {
                *evidence = Evidence::default();
            }
        }
        lap.number = number;
        self.touch_running();
    }

    /// Ends the running lap by the message that arrived at `stamp`.
    pub(crate) fn close(&mut self, stamp: SessionTime) {
        if !self.is_running {
            return;
        }
        let idx = self.laps.len() - 1;
        self.is_running = false;
        self.evidence[idx].closed = Some(stamp);
        self.repair(idx.saturating_sub(1));
        self.repair(idx);
        self.settle(idx);
    }

    /// The car leaves for another run: ends the lap that brought it in, or drops it if nothing is known of it.
    /// A lap without a number gets `stated`. Returns the number of the lap that ended.
    pub(crate) fn end_run(&mut self, stated: Option<LapNumber>) -> Option<LapNumber> {
        let lap = self.running()?;
        let (is_nameless, pit_in_at) = (lap.number == LapNumber(0), lap.pit_in_at);
        let third = self.evidence.last().and_then(|evidence| evidence.sectors[2]);
        let stated = stated.filter(|number| *number > LapNumber(0));
        // Where it crossed the line in the lane is known by the third sector; else it is not far from the entry.
        let stamp = third.or(pit_in_at).filter(|_| !is_nameless || stated.is_some());
        let Some(stamp) = stamp else {
            self.drop_running();
            return None;
        };
        if let Some(number) = stated.filter(|_| is_nameless) {
            self.rename_running(number);
        }
        self.close(stamp);
        self.laps.last().map(|lap| lap.number).filter(|number| *number > LapNumber(0))
    }

    /// The gap to the leader that stood when the lap ended, if one was sent just before.
    pub(crate) fn gap_at_line(&self, number: LapNumber) -> Option<Gap> {
        self.evidence.get(self.index(number)?)?.gap_at_line
    }

    /// Notes the gap that stands as the lap ends.
    pub(crate) fn set_gap_at_line(&mut self, number: LapNumber, gap: Option<Gap>) {
        if let Some(evidence) = self.index(number).and_then(|idx| self.evidence.get_mut(idx)) {
            evidence.gap_at_line = gap;
        }
    }

    /// Moves the last crossing back, and every earlier one that is tied to it.
    pub(crate) fn pull(&mut self, by_ms: i64) {
        let Some(idx) = self.closed_idx() else { return };
        let Some(end) = self.laps.get(idx).and_then(|lap| lap.ended_at) else { return };
        let from = crossing::pull_end(&mut self.laps, &self.evidence, idx, end - by_ms);
        self.touch(from);
    }

    /// Drops the running lap, such as one that seemed to begin when the race was over.
    pub(crate) fn drop_running(&mut self) {
        if self.is_running {
            self.removed.extend(self.laps.pop().map(|lap| lap.number).filter(|number| *number > LapNumber(0)));
            self.evidence.pop();
            self.is_running = false;
        }
    }

    /// Forgets every lap past `n` completed ones: a key frame says that they never were.
    pub(crate) fn truncate(&mut self, n: u16) {
        let keep = self.laps.iter().take_while(|lap| lap.number.0 <= n).count();
        self.removed.extend(self.laps.drain(keep..).map(|lap| lap.number));
        self.evidence.truncate(keep);
        self.is_running = false;
        self.changed_from = self.changed_from.filter(|from| *from < keep);
    }

    /// When the last finished lap's end was told.
    pub(crate) fn last_closed(&self) -> Option<SessionTime> {
        self.closed_idx().and_then(|idx| self.evidence.get(idx)).and_then(|evidence| evidence.closed)
    }

    fn closed_idx(&self) -> Option<usize> {
        self.laps.len().checked_sub(if self.is_running { 2 } else { 1 })
    }

    fn running_idx(&self) -> Option<usize> {
        if self.is_running { self.laps.len().checked_sub(1) } else { None }
    }

    fn is_within(&self, stamp: SessionTime, millis: i64) -> bool {
        self.last_closed().is_some_and(|closed| stamp.millis_since(closed) < millis)
    }

    /// The lap that a value arriving at `stamp` belongs to.
    fn owner(&self, stamp: SessionTime) -> Option<usize> {
        if self.is_within(stamp, LATE_VALUE_MS) { self.closed_idx() } else { self.running_idx() }
    }

    fn owner_of_sector(&self, stamp: SessionTime, sector_idx: usize) -> Option<usize> {
        let is_first = self.running().is_none_or(|lap| lap.sectors.iter().all(Option::is_none));
        let limit = if sector_idx > 0 && is_first { LATE_SECTOR_MS } else { LATE_VALUE_MS };
        if self.is_within(stamp, limit) { self.closed_idx() } else { self.running_idx() }
    }

    /// A lap time belongs to the lap that just ended, unless the running lap is old enough to have taken that long.
    fn owner_of_lap_time(&self, stamp: SessionTime, time: LapTime) -> Option<usize> {
        let running = self.running()?;
        if running.pit_out_at.is_some() && running.pit_out_at == running.started_at {
            return None; // from the garage: the time since the line was last crossed, garage and all
        }
        let age_ms = running.started_at.map(|start| stamp.millis_since(start));
        let too_young = age_ms.is_some_and(|age| age + LATE_VALUE_MS < i64::from(time.as_millis()));
        let is_awaited = |idx: &usize| self.laps.get(*idx).is_some_and(|lap| lap.time.is_none());
        if too_young { self.closed_idx().filter(is_awaited) } else { self.owner(stamp) }
    }

    /// Files a sector time.
    pub(crate) fn set_sector(&mut self, stamp: SessionTime, sector_idx: usize, time: LapTime, colour: TimeColour) {
        let Some(idx) = self.owner_of_sector(stamp, sector_idx) else { return };
        if sector_idx == 0 && Some(idx) == self.running_idx() && idx > 0 {
            self.repair(idx - 1);
        }
        let (Some(lap), Some(evidence)) = (self.laps.get_mut(idx), self.evidence.get_mut(idx)) else { return };
        let (Some(slot), Some(seen)) = (lap.sectors.get_mut(sector_idx), evidence.sectors.get_mut(sector_idx)) else {
            return;
        };
        *slot = Some(time);
        *seen = Some(stamp);
        if let Some(ended_at) = lap.sector_ended_at.get_mut(sector_idx) {
            *ended_at = Some(stamp);
        }
        if let Some(slot) = lap.sector_colours.get_mut(sector_idx) {
            *slot = colour;
        }
        self.touch(idx);
        self.settle(idx);
    }

    /// Files a lap time. Returns the lap it went to.
    pub(crate) fn set_time(&mut self, stamp: SessionTime, time: LapTime, colour: TimeColour) -> Option<LapNumber> {
        let idx = match self.running_idx() {
            Some(_) => self.owner_of_lap_time(stamp, time)?,
            None => self.closed_idx()?,
        };
        let lap = self.laps.get_mut(idx)?;
        lap.time = Some(time);
        lap.colour = colour;
        let number = lap.number;
        self.touch(idx);
        if Some(idx) != self.running_idx() {
            self.repair(idx);
            self.settle(idx);
        }
        Some(number)
    }

    /// Files a trap speed.
    pub(crate) fn set_speed(&mut self, stamp: SessionTime, trap: SpeedTrap, speed_kmh: u16) {
        // The trap on the straight may lie right behind the line, so its value is never taken for a late one.
        let idx = if trap == SpeedTrap::SpeedTrap { self.running_idx() } else { self.owner(stamp) };
        let Some((idx, lap)) = idx.and_then(|idx| Some((idx, self.laps.get_mut(idx)?))) else { return };
        let slot = match trap {
            SpeedTrap::I1 => &mut lap.speeds.i1_kmh,
            SpeedTrap::I2 => &mut lap.speeds.i2_kmh,
            SpeedTrap::FinishLine => &mut lap.speeds.finish_line_kmh,
            SpeedTrap::SpeedTrap => &mut lap.speeds.speed_trap_kmh,
        };
        *slot = Some(speed_kmh);
        self.touch(idx);
    }

    /// Writes a track status into the running lap, unless it met it before.
    pub(crate) fn meet(&mut self, status: TrackStatus) {
        let Some(lap) = self.running_mut() else { return };
        if !lap.track_status.contains(&status) {
            lap.track_status.push(status);
            self.touch_running();
        }
    }

    /// Fills in what the feed left out because it equals the value before it: feeds send only what changed.
    fn repair(&mut self, idx: usize) {
        let Some(before) = idx.checked_sub(1).and_then(|before| self.laps.get(before)) else { return };
        let (time_before, sectors_before) = (before.time, before.sectors);
        let Some(lap) = self.laps.get_mut(idx) else { return };
        let sum: u32 = lap.sectors.iter().flatten().map(|sector| sector.as_millis()).fold(0, u32::saturating_add);
        let missing: Vec<usize> = (0..3).filter(|idx| lap.sectors[*idx].is_none()).collect();
        match (lap.time, missing.as_slice()) {
            (None, []) if time_before == Some(LapTime::from_millis(sum)) => lap.time = time_before,
            (Some(time), [sector_idx]) => {
                let rest = time.as_millis().checked_sub(sum).map(LapTime::from_millis);
                if rest != sectors_before[*sector_idx] || rest.is_none() {
                    return;
                }
                lap.sectors[*sector_idx] = rest;
            }
            _ => return,
        }
        self.touch(idx);
    }

    /// Works the crossing times out anew from lap `idx`'s evidence.
    fn settle(&mut self, idx: usize) {
        if Some(idx) == self.running_idx() {
            return;
        }
        let from = crossing::settle(&mut self.laps, &self.evidence, idx);
        self.touch(from.min(idx));
    }
}

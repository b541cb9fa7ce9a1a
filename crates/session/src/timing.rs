//! The timing screen: rows, and the beginnings and ends of laps.

use overcut_domain::{
    CarTiming, Change, DriverNumber, Gap, LapNumber, PartStats, QualifyingPart, SectorUpdate, SegmentStatus,
    SessionTime, SpeedTrap, SpeedUpdate, TimingFeed, TimingUpdate,
};

use crate::align::GAP_AT_LINE_MS;
use crate::bests::trap_idx;
use crate::car::CarHistory;
use crate::changes::Changes;
use crate::laps::LapStart;
use crate::status::car_status;
use crate::{CarRow, Part, Session};

/// Mini-sectors a sector can have. The longest seen has 11; a higher index is a broken message.
const MAX_SEGMENTS: usize = 64;

impl Session {
    pub(crate) fn apply_timing(&mut self, time: SessionTime, update: &TimingUpdate, changes: &mut Changes) {
        match update.feed {
            TimingFeed::Full => self.has_full_timing = true,
            // The reduced feed lags behind and lacks updates, so it counts only while there is nothing better.
            TimingFeed::Reduced if self.has_full_timing => return,
            TimingFeed::Reduced => {}
        }
        self.has_timing = true;
        self.apply_timing_head(update, changes);
        for car in &update.cars {
            if self.admit(car.driver, changes) {
                self.apply_car(time, update.is_full, car, changes);
            }
        }
    }

    /// What a timing update says of the session as a whole.
    fn apply_timing_head(&mut self, update: &TimingUpdate, changes: &mut Changes) {
        if let Some(part) = update.part {
            self.begin_part(part, changes);
        }
        for (idx, n) in &update.n_entries {
            let idx = usize::from(*idx);
            if idx >= 3 {
                continue;
            }
            if self.state.n_entries.len() <= idx {
                self.state.n_entries.resize(idx + 1, 0);
            }
            self.state.n_entries[idx] = *n;
            changes.add(Part::Session);
        }
    }

    fn apply_car(&mut self, time: SessionTime, is_full: bool, car: &CarTiming, changes: &mut Changes) {
        let driver = car.driver;
        let (Some(row), Some(history)) = (self.rows.get_mut(&driver), self.histories.get_mut(&driver)) else { return };
        let is_key_frame = is_full;
        let is_full = is_full || states_everything(car);
        apply_place(row, history, car, time);
        apply_running_part(row, car, self.state.part);
        apply_colours(row, history, car, is_full, time);
        apply_flags(history, car);
        changes.add(Part::Car(driver));
        self.apply_pit_edges(time, is_full, car, changes);
        if !self.is_race() {
            self.end_in_lap(time, car, changes);
        }
        let n_known = self.histories.get(&driver).and_then(|history| history.laps.n_completed());
        let n_completed = car.n_laps.map(|counter| self.completed_from_counter(counter));
        if let Some(n) = n_completed.filter(|n| is_key_frame || n_known.is_none_or(|known| *n >= known)) {
            self.set_lap_count(time, driver, n, is_full, changes);
        } else if is_full {
            self.set_lap_count_if_unknown(driver);
        }
        self.apply_best_lap(driver, car, changes);
        self.note_purple(car);
        self.finish_row(driver, changes);
    }

    /// What follows from the history: the row's status, and the laps to tell of.
    pub(crate) fn finish_row(&mut self, driver: DriverNumber, changes: &mut Changes) {
        let (Some(row), Some(history)) = (self.rows.get_mut(&driver), self.histories.get_mut(&driver)) else { return };
        row.status = car_status(history.status);
        if let Some(lap) = history.laps.running().map(|lap| lap.number) {
            row.lap = lap;
        }
        for number in history.laps.take_removed() {
            changes.add(Part::Lap(driver, number));
        }
        let (mut first, mut last) = (LapNumber(u16::MAX), LapNumber(0));
        for number in history.laps.take_changed() {
            changes.add(Part::Lap(driver, number));
            (first, last) = (first.min(number), last.max(number));
        }
        for number in first.0..=last.0 {
            self.settle_lap(driver, LapNumber(number), changes);
        }
    }

    /// A finished lap changed: describes it anew, and ranks it if its end moved.
    fn settle_lap(&mut self, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let has_moved = history.laps.take_moved(number);
        if history.laps.get(number).is_some_and(|lap| lap.ended_at.is_some()) {
            self.describe_lap(driver, number, changes);
        }
        if has_moved {
            self.rank_lap(number, changes);
        }
    }

    /// Takes over the feed's count of completed laps; a rise ends a lap.
    pub(crate) fn set_lap_count(
        &mut self,
        time: SessionTime,
        driver: DriverNumber,
        n: u16,
        is_full: bool,
        changes: &mut Changes,
    ) {
        let is_over = self.is_last_lap(LapNumber(n));
        let start = self.lap_start(None);
        let is_race = self.is_race();
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let is_parked = is_full && !is_race && history.in_pit == Some(true);
        let laps = &mut history.laps;
        if is_parked && laps.n_completed().is_none() {
            // In the garage the counter still stands at the lap that brought the car in.
            laps.drop_running();
            laps.set_n_completed(n.saturating_add(1));
            self.row_lap(driver);
            return;
        }
        match laps.n_completed() {
            Some(known) if n == known => return,
            Some(known) if n < known && !is_full => return,
            Some(known) if n < known => {
                laps.truncate(n);
                laps.begin(LapNumber(n).next(), start);
            }
            // A key frame that counts laps we did not see: the car is on lap n + 1 and nothing is known of its start.
            known if is_full && known.is_none_or(|known| n > known.saturating_add(1)) => {
                if is_over {
                    history.status.has_finished = !history.status.retired;
                    laps.drop_running();
                } else if laps.running().is_some() {
                    laps.rename_running(LapNumber(n).next());
                } else {
                    laps.begin(LapNumber(n).next(), start);
                }
            }
            _ if n == 0 => {}
            _ => self.end_lap(time, driver, LapNumber(n), changes),
        }
        if let Some(history) = self.histories.get_mut(&driver) {
            history.laps.set_n_completed(n);
        }
        self.row_lap(driver);
        self.place_stints(driver, changes);
    }

    /// The lap the row shows: the running one, or the last one completed.
    pub(crate) fn row_lap(&mut self, driver: DriverNumber) {
        let (Some(row), Some(history)) = (self.rows.get_mut(&driver), self.histories.get(&driver)) else { return };
        let completed = LapNumber(history.laps.n_completed().unwrap_or(0));
        row.lap = history.laps.running().map_or(completed, |lap| lap.number.max(completed));
    }

    /// A key frame without a count means that the car has not completed a lap.
    fn set_lap_count_if_unknown(&mut self, driver: DriverNumber) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        if history.laps.n_completed().is_none() {
            history.laps.set_n_completed(0);
        }
    }

    /// The car crossed the line at the end of lap `number`.
    fn end_lap(&mut self, time: SessionTime, driver: DriverNumber, number: LapNumber, changes: &mut Changes) {
        let is_last = self.is_last_lap(number);
        let mut start = self.lap_start(None);
        let Some(history) = self.histories.get_mut(&driver) else { return };
        if history.laps.running().is_none() {
            history.laps.begin(number, start);
        }
        history.laps.rename_running(number);
        history.laps.close(time);
        let gap = self.rows.get(&driver).and_then(|row| row.gap);
        let is_at_line = time.millis_since(history.gap_since) < GAP_AT_LINE_MS;
        history.laps.set_gap_at_line(number, gap.filter(|gap| is_at_line || matches!(gap, Gap::Leader(_))));
        let ended = history.laps.get(number);
        start.at = ended.and_then(|lap| lap.ended_at);
        if let Some(row) = self.rows.get_mut(&driver) {
            // The third sector stays bright until the next one is timed, or nobody would see it.
            row.sectors[0].is_stale = true;
            row.sectors[1].is_stale = true;
        }
        if is_last {
            history.status.has_finished = true;
        } else {
            history.laps.begin(number.next(), start);
        }
        self.close_pit_lap(driver, number);
        self.describe_lap(driver, number, changes);
        self.finish_row(driver, changes);
        if self.is_race() {
            self.align(driver, number, changes);
        }
    }

    /// What a lap begun now starts with.
    pub(crate) fn lap_start(&self, at: Option<SessionTime>) -> LapStart {
        LapStart { at, is_fixed: false, part: self.state.part, track: self.track.status }
    }

    fn apply_best_lap(&mut self, driver: DriverNumber, car: &CarTiming, changes: &mut Changes) {
        let Change::Set(time) = car.best_lap else { return };
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let number = car.best_lap_number.or_else(|| {
            let laps = history.laps.all().iter().rev();
            laps.take(2).find(|lap| lap.time == Some(time)).map(|lap| lap.number)
        });
        if let Some(lap) = number.and_then(|number| history.laps.get_mut(number))
            && lap.time == Some(time)
            && !lap.deleted
        {
            lap.is_personal_best = true;
            changes.add(Part::Lap(driver, lap.number));
        }
        if let Some(row) = self.rows.get_mut(&driver) {
            row.best_lap_number = number;
        }
        self.note_best_lap(driver, time, number, changes);
    }
}

/// True for a line that tells where the car is and not what changed, such as the first of an archive.
fn states_everything(car: &CarTiming) -> bool {
    car.position.is_some() && car.in_pit.is_some() && car.retired.is_some()
}

fn apply_place(row: &mut CarRow, history: &mut CarHistory, car: &CarTiming, time: SessionTime) {
    if let Some(position) = car.position.or(car.line) {
        row.position = Some(position);
        history.has_stated_position = true;
    }
    history.line = car.line.or(history.line);
    if !car.gap_to_leader.is_keep() {
        car.gap_to_leader.apply(&mut row.gap);
        history.gap_since = time;
    }
    car.interval.apply(&mut row.interval);
    row.is_catching = car.is_catching.unwrap_or(row.is_catching);
    row.n_pit_stops = car.n_pit_stops.unwrap_or(row.n_pit_stops);
    row.in_drop_zone = car.in_drop_zone.unwrap_or(row.in_drop_zone);
    car.best_lap.apply(&mut row.best_lap.time);
    for part in &car.parts {
        apply_part(row, part);
    }
}

/// In qualifying the gaps of the running part are those of the board.
fn apply_running_part(row: &mut CarRow, car: &CarTiming, running: Option<QualifyingPart>) {
    let is_running = |part: &&PartStats| running.is_some_and(|running| running.0 == part.part_idx + 1);
    if let Some(part) = car.parts.iter().find(is_running) {
        part.gap_to_fastest.apply(&mut row.gap);
        part.interval.apply(&mut row.interval);
    }
    if car.knocked_out == Some(true) {
        row.in_drop_zone = false;
    }
}

fn apply_part(row: &mut CarRow, part: &PartStats) {
    let Some(cell) = row.parts.get_mut(usize::from(part.part_idx)) else { return };
    part.best_lap.apply(&mut cell.best_lap);
    part.gap_to_fastest.apply(&mut cell.gap_to_fastest);
}

fn apply_flags(history: &mut CarHistory, car: &CarTiming) {
    let flags = &mut history.status;
    flags.pit_out = car.pit_out.unwrap_or(flags.pit_out);
    flags.retired = car.retired.unwrap_or(flags.retired);
    flags.stopped = car.stopped.unwrap_or(flags.stopped);
    flags.knocked_out = car.knocked_out.unwrap_or(flags.knocked_out);
}

/// Times and speeds, into the row and the lap they belong to.
fn apply_colours(row: &mut CarRow, history: &mut CarHistory, car: &CarTiming, is_full: bool, time: SessionTime) {
    for sector in &car.sectors {
        apply_sector(row, history, sector, is_full, time);
    }
    for speed in &car.speeds {
        apply_speed(row, history, speed, is_full, time);
    }
    repeat_first_trap(row, history, car, time);
    let Some(update) = car.last_lap else { return };
    let colour = history.last_lap.update(update.is_overall_best, update.is_personal_best);
    update.time.apply(&mut row.last_lap.time);
    row.last_lap.colour = colour;
    // A key frame repeats values of a lap that nobody can tell.
    if let (Change::Set(lap_time), false) = (update.time, is_full) {
        history.laps.set_time(time, lap_time, colour);
    }
}

/// The first trap's speed is never wiped, so the feed leaves it out when it equals that of the lap before.
fn repeat_first_trap(row: &CarRow, history: &mut CarHistory, car: &CarTiming, time: SessionTime) {
    let has_first_sector = car.sectors.iter().any(|s| s.sector_idx == 0 && matches!(s.time.time, Change::Set(_)));
    let has_first_trap = car.speeds.iter().any(|speed| speed.trap == SpeedTrap::I1 && !speed.speed_kmh.is_keep());
    let held = row.speeds[0].speed_kmh.filter(|_| has_first_sector && !has_first_trap);
    if let Some(speed_kmh) = held {
        history.laps.set_speed(time, SpeedTrap::I1, speed_kmh);
    }
}

fn apply_sector(row: &mut CarRow, history: &mut CarHistory, update: &SectorUpdate, is_full: bool, time: SessionTime) {
    let sector_idx = usize::from(update.sector_idx);
    let (Some(cell), Some(flags)) = (row.sectors.get_mut(sector_idx), history.sectors.get_mut(sector_idx)) else {
        return;
    };
    let colour = flags.update(update.time.is_overall_best, update.time.is_personal_best);
    match update.time.time {
        Change::Keep if !cell.is_stale => cell.colour = colour,
        Change::Keep => {}
        // The feed wipes the old lap's sectors; we keep them, faint.
        Change::Clear => cell.is_stale = true,
        Change::Set(sector_time) => {
            (cell.time, cell.colour, cell.is_stale) = (Some(sector_time), colour, false);
            if !is_full {
                history.laps.set_sector(time, sector_idx, sector_time, colour);
            }
        }
    }
    for (segment_idx, status) in &update.segments {
        let segment_idx = usize::from(*segment_idx);
        if segment_idx >= MAX_SEGMENTS {
            continue;
        }
        if cell.segments.len() <= segment_idx {
            cell.segments.resize(segment_idx + 1, SegmentStatus::None);
        }
        cell.segments[segment_idx] = *status;
    }
    if sector_idx == 0 && !update.time.time.is_keep() {
        for other in &mut row.sectors[1..] {
            other.is_stale = true;
        }
    }
}

fn apply_speed(row: &mut CarRow, history: &mut CarHistory, update: &SpeedUpdate, is_full: bool, time: SessionTime) {
    let trap_idx = trap_idx(update.trap);
    let cell = &mut row.speeds[trap_idx];
    cell.colour = history.speeds[trap_idx].update(update.is_overall_best, update.is_personal_best);
    update.speed_kmh.apply(&mut cell.speed_kmh);
    if let (Change::Set(speed_kmh), false) = (update.speed_kmh, is_full) {
        history.laps.set_speed(time, update.trap, speed_kmh);
    }
}

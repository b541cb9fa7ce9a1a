//! Visits to the pit lane: when, how long, and from which tyre to which.

use overcut_domain::{
    CarTiming, DriverNumber, LapNumber, PitLaneReport, PitStop, PitStopReport, SessionTime, TrackStatus,
};

use crate::car::CarHistory;
use crate::changes::Changes;
use crate::{Part, Session};

/// A car that leaves the pit lane this shortly before the line drives its out-lap from the line on.
const EXIT_BEFORE_LINE_MS: i64 = 5_000;
/// Visits a car can make.
const MAX_STOPS: usize = 200;

impl Session {
    /// The timing screen says that a car went into the pit lane or came out of it.
    pub(crate) fn apply_pit_edges(&mut self, time: SessionTime, is_full: bool, car: &CarTiming, changes: &mut Changes) {
        let Some(in_pit) = car.in_pit else { return };
        let Some(history) = self.histories.get_mut(&car.driver) else { return };
        let was_in_pit = history.in_pit.replace(in_pit);
        history.status.in_pit = in_pit;
        // A key frame tells where the car is, not when it got there.
        if is_full || was_in_pit == Some(in_pit) || history.status.has_finished {
            return;
        }
        if self.is_race() && self.has_status && !self.race_is_on() {
            return; // laps to the grid
        }
        if in_pit {
            self.enter_pit(time, car.driver, changes);
        } else {
            self.leave_pit(time, car, changes);
        }
    }

    fn enter_pit(&mut self, time: SessionTime, driver: DriverNumber, changes: &mut Changes) {
        let (Some(row), Some(history)) = (self.rows.get(&driver), self.histories.get_mut(&driver)) else { return };
        let Some(lap) = history.laps.running_mut() else { return };
        lap.pit_in_at = Some(time);
        let lap_number = lap.number;
        history.laps.touch_running();
        let stop = PitStop { lap: lap_number, entered_at: Some(time), from: row.compound, ..PitStop::default() };
        add_stop(history, driver, PitStop { track_status: self.track.status, ..stop }, changes);
    }

    fn leave_pit(&mut self, time: SessionTime, car: &CarTiming, changes: &mut Changes) {
        let driver = car.driver;
        if self.is_race() {
            let Some(history) = self.histories.get_mut(&driver) else { return };
            let Some(lap) = history.laps.running_mut() else { return };
            lap.pit_out_at = Some(time);
            let number = lap.number;
            history.laps.touch_running();
            history.tyres.leave_pit(number);
        } else {
            self.begin_run(time, car, changes);
        }
        let Some(history) = self.histories.get_mut(&driver) else { return };
        if let Some(stop) = history.pit_stops.last_mut().filter(|stop| stop.left_at.is_none()) {
            stop.left_at = Some(time);
            changes.add(Part::PitStop(driver, stop.number));
        }
        self.place_stints(driver, changes);
    }

    /// A lap ended: an exit right before the line belongs to the lap that begins.
    pub(crate) fn close_pit_lap(&mut self, driver: DriverNumber, number: LapNumber) {
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let Some(lap) = history.laps.get_mut(number) else { return };
        let is_close = |(exit, end): (SessionTime, SessionTime)| end.millis_since(exit) < EXIT_BEFORE_LINE_MS;
        if !lap.pit_out_at.zip(lap.ended_at).is_some_and(is_close) {
            return;
        }
        let exit = lap.pit_out_at.take();
        if let Some(next) = history.laps.running_mut() {
            next.pit_out_at = exit;
            history.tyres.leave_pit(number.next());
        }
    }

    pub(crate) fn apply_pit_lane(&mut self, time: SessionTime, reports: &[PitLaneReport], changes: &mut Changes) {
        for report in reports.iter().filter(|report| !report.removed) {
            let as_stop = PitStopReport {
                driver: report.driver,
                lap: report.lap,
                utc: None,
                lane_time: report.lane_time,
                stop_time: None,
            };
            if report.lane_time.is_some() {
                self.apply_pit_stop(time, &as_stop, changes);
            }
        }
    }

    pub(crate) fn apply_pit_stops(&mut self, time: SessionTime, reports: &[PitStopReport], changes: &mut Changes) {
        for report in reports {
            let at = report.utc.and_then(|utc| self.session_time_from_utc(utc)).unwrap_or(time);
            self.apply_pit_stop(at.min(time), report, changes);
        }
    }

    /// Writes the publisher's times into the visit they belong to. Reports come as the car leaves the lane.
    fn apply_pit_stop(&mut self, time: SessionTime, report: &PitStopReport, changes: &mut Changes) {
        let driver = report.driver;
        if !self.admit(driver, changes) {
            return;
        }
        self.has_pit_reports = true;
        let status = self.track.status;
        let compound = self.rows.get(&driver).and_then(|row| row.compound);
        let has_timing = self.has_timing;
        let Some(history) = self.histories.get_mut(&driver) else { return };
        let of_lap = history.pit_stops.iter().rposition(|stop| report.lap.is_some_and(|lap| stop.lap == lap));
        // A lap further or less: the lane may lie on either side of the line. No lap at all: the latest visit.
        let near = history.pit_stops.iter().rposition(|stop| {
            let is_open = stop.stop_time.is_none() || stop.lane_time.is_none();
            is_open && report.lap.is_none_or(|lap| lap.0.abs_diff(stop.lap.0) <= 1)
        });
        let stop = match of_lap.or(near).and_then(|idx| history.pit_stops.get_mut(idx)) {
            Some(stop) => stop,
            // With a timing screen every visit is seen on it; a report on its own is a late copy.
            None if has_timing => return,
            None => {
                let lap = report.lap.unwrap_or_default();
                add_stop(history, driver, unseen_stop(lap, time, report, compound, status), changes);
                self.place_stints(driver, changes);
                return;
            }
        };
        let before = stop.clone();
        // The list of lane times is cut to tenths, the list of stops is not: keep the finer figure.
        let is_finer = |new: u32, old: u32| !new.is_multiple_of(100) || old / 100 != new / 100;
        if let Some(new) = report.lane_time
            && stop.lane_time.is_none_or(|old| is_finer(new.as_millis(), old.as_millis()))
        {
            stop.lane_time = Some(new);
        }
        stop.stop_time = report.stop_time.or(stop.stop_time);
        if *stop != before {
            changes.add(Part::PitStop(driver, stop.number));
        }
    }
}

/// A visit known from its report alone.
fn unseen_stop(
    lap: LapNumber,
    left_at: SessionTime,
    report: &PitStopReport,
    from: Option<overcut_domain::Compound>,
    track_status: TrackStatus,
) -> PitStop {
    PitStop {
        lap,
        entered_at: report.lane_time.map(|lane| left_at - i64::from(lane.as_millis())),
        left_at: Some(left_at),
        lane_time: report.lane_time,
        stop_time: report.stop_time,
        from,
        track_status,
        ..PitStop::default()
    }
}

fn add_stop(history: &mut CarHistory, driver: DriverNumber, stop: PitStop, changes: &mut Changes) {
    let n = history.pit_stops.len();
    let Some(number) = u8::try_from(n + 1).ok().filter(|_| n < MAX_STOPS) else { return };
    history.tyres.enter_pit(number);
    history.pit_stops.push(PitStop { driver, number, ..stop });
    changes.add(Part::PitStop(driver, number));
}

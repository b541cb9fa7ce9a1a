//! The phases of a session: status, qualifying parts, clock, lap counter, track status.

use overcut_domain::{
    ClockUpdate, DriverNumber, LapCountUpdate, LapNumber, QualifyingPart, SeriesEntry, SeriesMark, SessionInfo,
    SessionKind, SessionStatus, SessionTime, TrackStatus, UtcTime,
};

use crate::changes::Changes;
use crate::laps::LapStart;
use crate::{ClockState, Part, Session};

/// The leader takes the flag a moment before the session is told to be finished.
const FLAG_LEAD_MS: i64 = 5_000;
/// Changes of track status that are kept: a session has a few dozen.
const MAX_TRACK_LOG: usize = 10_000;

impl Session {
    pub(crate) fn apply_session_info(&mut self, info: &SessionInfo, changes: &mut Changes) {
        let is_another = matches!((self.state.info.key, info.key), (Some(old), Some(new)) if old != new);
        if is_another {
            for driver in self.drivers.keys().chain(self.rows.keys()) {
                changes.add(Part::Gone(*driver));
            }
            *self = Session::new();
        }
        if self.state.info != *info || is_another {
            self.state.info = info.clone();
            changes.add(Part::Session);
        }
    }

    pub(crate) fn set_utc_of_zero(&mut self, utc: UtcTime, changes: &mut Changes) {
        if self.state.utc_of_zero != Some(utc) {
            self.state.utc_of_zero = Some(utc);
            changes.add(Part::Session);
        }
    }

    /// The moment on the session clock, once the feed's zero is known.
    pub(crate) fn session_time_from_utc(&self, utc: UtcTime) -> Option<SessionTime> {
        let zero = self.state.utc_of_zero?;
        Some(SessionTime::from_millis(utc.as_millis().saturating_sub(zero.as_millis())))
    }

    /// True for races and sprints. A session of unknown kind that counts laps is taken for one.
    pub(crate) fn is_race(&self) -> bool {
        let kind = self.state.info.kind;
        kind.is_race() || (kind == SessionKind::Unknown && self.state.lap.or(self.state.n_laps).is_some())
    }

    /// True from the first start to the flag, red flags included.
    pub(crate) fn race_is_on(&self) -> bool {
        self.is_race() && matches!(self.state.status, SessionStatus::Started | SessionStatus::Aborted)
    }

    /// True once the flag has fallen.
    pub(crate) fn flag_has_fallen(&self) -> bool {
        use SessionStatus::{Ends, Finalised, Finished};
        self.has_chequered_flag || matches!(self.state.status, Finished | Finalised | Ends)
    }

    /// True if the lap is the last that the car drives in this race.
    pub(crate) fn is_last_lap(&self, number: LapNumber) -> bool {
        self.is_race() && (self.flag_has_fallen() || self.state.n_laps.is_some_and(|n| number.0 >= n))
    }

    pub(crate) fn apply_status(&mut self, time: SessionTime, status: SessionStatus, changes: &mut Changes) {
        // The first word may be the state that a recording joined in; only a later one is a change we saw happen.
        let is_witnessed = std::mem::replace(&mut self.has_status, true);
        if is_witnessed && self.state.status == status {
            return;
        }
        self.saw_beginning |= !is_witnessed && status == SessionStatus::Inactive;
        self.state.status = status;
        self.state.status_since = time;
        changes.add(Part::Session);
        match status {
            // The diary may have told the start already, to the second.
            SessionStatus::Started if is_witnessed && !self.has_started => {
                self.has_started = true;
                self.state.started_at = Some(time);
                self.start_race(changes);
            }
            SessionStatus::Finalised if self.is_race() && !self.has_timing && self.has_status_topic => {
                self.finish_all(changes);
            }
            SessionStatus::Finished if self.is_race() => self.flag_the_leaders(time, changes),
            _ => {}
        }
    }

    fn start_race(&mut self, changes: &mut Changes) {
        if !self.is_race() {
            return;
        }
        let drivers: Vec<_> = self.rows.keys().copied().collect();
        for driver in drivers {
            self.begin_first_lap(driver, changes);
        }
    }

    /// Puts a car on lap 1 of the race, unless it is known to be further.
    fn begin_first_lap(&mut self, driver: DriverNumber, changes: &mut Changes) {
        let start = LapStart { is_fixed: true, ..self.lap_start(self.state.started_at) };
        let Some(history) = self.histories.get_mut(&driver) else { return };
        if history.laps.n_completed().is_some_and(|n| n > 0) {
            return;
        }
        history.laps.drop_running();
        history.laps.begin(LapNumber(1), start);
        changes.add(Part::Car(driver));
        self.finish_row(driver, changes);
    }

    /// Cars on the lead lap that crossed the line just before the session was told to be over have seen the flag.
    pub(crate) fn flag_the_leaders(&mut self, time: SessionTime, changes: &mut Changes) {
        let most = self.histories.values().filter_map(|history| history.laps.n_completed()).max();
        let drivers: Vec<_> = self.rows.keys().copied().collect();
        for driver in drivers {
            let Some(history) = self.histories.get_mut(&driver) else { continue };
            let crossed = history.laps.last_closed().is_some_and(|closed| time.millis_since(closed) < FLAG_LEAD_MS);
            if crossed && history.laps.n_completed() == most && !history.status.has_finished {
                history.status.has_finished = true;
                history.laps.drop_running();
                changes.add(Part::Car(driver));
                self.row_lap(driver);
                self.finish_row(driver, changes);
            }
        }
    }

    pub(crate) fn apply_series(&mut self, time: SessionTime, entries: &[SeriesEntry], changes: &mut Changes) {
        for entry in entries {
            match entry.mark {
                SeriesMark::Part(part) => self.begin_part(part, changes),
                SeriesMark::Session(status) => {
                    if status == SessionStatus::Started {
                        self.note_start(time, entry.utc, changes);
                    }
                    // Captures often lack the status as a topic of its own.
                    if !self.has_status_topic {
                        let at = self.session_time_from_utc(entry.utc).filter(|at| *at <= time);
                        self.apply_status(at.unwrap_or(time), status, changes);
                    }
                }
                // Told better by topics of their own.
                SeriesMark::Lap(_) | SeriesMark::Track(_) => {}
            }
        }
    }

    /// The diary tells of a start that the recording missed.
    fn note_start(&mut self, now: SessionTime, utc: UtcTime, changes: &mut Changes) {
        let at = self.session_time_from_utc(utc).filter(|at| *at <= now);
        if self.state.started_at.is_none() && at.is_some() {
            self.state.started_at = at;
            changes.add(Part::Session);
        }
    }

    pub(crate) fn begin_part(&mut self, part: QualifyingPart, changes: &mut Changes) {
        if self.state.part == Some(part) || part.0 > 3 {
            return;
        }
        self.state.part = Some(part);
        for (driver, row) in &mut self.rows {
            let is_out = self.histories.get(driver).is_some_and(|history| history.status.knocked_out);
            if !is_out && (row.gap, row.interval, row.in_drop_zone) != (None, None, false) {
                (row.gap, row.interval, row.in_drop_zone) = (None, None, false);
                changes.add(Part::Car(*driver));
            }
        }
        changes.add(Part::Session);
    }

    pub(crate) fn apply_clock(&mut self, time: SessionTime, update: &ClockUpdate, changes: &mut Changes) {
        let at = update.utc.and_then(|utc| self.session_time_from_utc(utc)).unwrap_or(time);
        let clock = self.state.clock.get_or_insert_default();
        let before = *clock;
        if let Some(remaining_ms) = update.remaining_ms {
            (clock.remaining_ms, clock.at) = (remaining_ms, at);
        }
        clock.is_running = update.is_running.unwrap_or(clock.is_running);
        if before != *clock || before == ClockState::default() {
            changes.add(Part::Session);
        }
    }

    pub(crate) fn apply_lap_count(&mut self, update: &LapCountUpdate, changes: &mut Changes) {
        // A feed may still hold the counter of another session.
        if !self.is_race() && self.state.info.kind != SessionKind::Unknown {
            return;
        }
        // Before the race both are sent as 0.
        self.state.lap = update.current.or(self.state.lap).filter(|lap| *lap > 0);
        self.state.n_laps = update.total.or(self.state.n_laps).filter(|n| *n > 0);
        changes.add(Part::Session);
        self.finish_complete_cars(changes);
    }

    /// A snapshot tells the laps of cars before it tells how many the race has.
    fn finish_complete_cars(&mut self, changes: &mut Changes) {
        let Some(n_laps) = self.state.n_laps.filter(|_| self.is_race()) else { return };
        let drivers: Vec<_> = self.rows.keys().copied().collect();
        for driver in drivers {
            let Some(history) = self.histories.get_mut(&driver) else { continue };
            if history.laps.n_completed().is_some_and(|n| n >= n_laps) && !history.status.has_finished {
                history.status.has_finished = true;
                history.laps.drop_running();
                if let Some(row) = self.rows.get_mut(&driver) {
                    row.lap = LapNumber(n_laps);
                }
                changes.add(Part::Car(driver));
                self.finish_row(driver, changes);
            }
        }
    }

    pub(crate) fn apply_track_status(&mut self, time: SessionTime, status: TrackStatus, changes: &mut Changes) {
        let is_known = self.track_log.last().is_some_and(|(_, known)| *known == status);
        if is_known || self.track_log.len() >= MAX_TRACK_LOG {
            return;
        }
        self.track_log.push((time, status));
        (self.track.status, self.track.since) = (status, time);
        if status == TrackStatus::Clear {
            self.track.yellow_sectors.clear();
        }
        changes.add(Part::Track);
        for (driver, history) in &mut self.histories {
            history.laps.meet(status);
            if status == TrackStatus::Red {
                history.tyres.note_stoppage();
            }
            for number in history.laps.take_changed() {
                changes.add(Part::Lap(*driver, number));
            }
        }
    }
}

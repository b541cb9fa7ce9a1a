//! Words of those who run the session, as messages: opening, status, track, clock, race control, result.

use overcut_domain::{
    CarStints, CarTiming, Change, ClockUpdate, Event, Gap, LapCountUpdate, LapNumber, RaceControlMessage, SectorUpdate,
    SegmentStatus, SeriesEntry, SeriesMark, SessionStatus, StintUpdate, StintsUpdate, TimingUpdate, TrackStatus,
};

use crate::race::ClassifiedCar;

use super::cue::{Note, Word};
use super::entry_list::{DRIVERS, full_list};
use super::notes;
use super::outbox::Topic;
use super::screen::lap_time;
use super::stage::{Stage, TIMING_DELAY_MS, timing};

/// Messages of race control arrive a little after they are dated, others at once.
const NOTE_DELAY_MS: i64 = 250;
const WORD_DELAY_MS: i64 = 30;
/// A car this close behind is shown blue flags to the one ahead.
const BLUE_MS: i64 = 1_300;
/// And not again for the same car before this.
pub(super) const BLUE_AGAIN_MS: i64 = 150_000;

impl Stage {
    pub(super) fn say(&mut self, at_ms: i64, idx: usize) {
        let plan = std::sync::Arc::clone(&self.plan);
        match &plan.script[idx].1 {
            Word::Opening => self.open(at_ms),
            Word::Status(status) => self.tell_status(at_ms, *status),
            Word::Track(status) => self.tell_track(at_ms, *status),
            Word::Message(note) => self.tell_note(at_ms, note),
            Word::Clock { remaining_ms, is_running } => {
                let utc = Some(self.utc(at_ms));
                let update = ClockUpdate { utc, remaining_ms: Some(*remaining_ms), is_running: Some(*is_running) };
                self.send(Topic::Direction, at_ms, WORD_DELAY_MS, Event::Clock(update));
            }
            Word::GridTyres => self.tell_grid_tyres(at_ms),
            Word::Part(part) => self.begin_part(at_ms, *part),
            Word::KnockedOut(cars) => self.knock_out(at_ms, cars),
            Word::Result => self.tell_result(at_ms),
        }
    }

    /// Everything that a feed states when it begins.
    fn open(&mut self, at_ms: i64) {
        let plan = std::sync::Arc::clone(&self.plan);
        let length_s = if self.is_race() { 7_200.0 } else { 3_600.0 };
        self.send(Topic::Direction, at_ms, 0, Event::UtcOfZero(plan.utc_of_zero()));
        self.send(Topic::Direction, at_ms, 0, Event::SessionInfo(Box::new(plan.config.info(length_s))));
        let mut lines = vec![0; DRIVERS.len()];
        for (place, car) in plan.grid.iter().enumerate() {
            lines[*car] = place as u8 + 1;
        }
        let inactive = SessionStatus::Inactive;
        self.send(Topic::Direction, at_ms, 5, Event::Drivers(full_list(&lines)));
        self.send(Topic::Direction, at_ms, 10, Event::SessionStatus(inactive));
        self.send(Topic::Direction, at_ms, 10, Event::TrackStatus(TrackStatus::Clear));
        let clock = ClockUpdate { utc: Some(self.utc(at_ms)), remaining_ms: Some(0), is_running: Some(false) };
        self.send(Topic::Direction, at_ms, 15, Event::Clock(clock));
        self.send(Topic::Timing, at_ms, 20, self.opening_screen());
        self.send(Topic::Tyres, at_ms, 25, Event::Stints(self.opening_stints()));
        if self.is_race() {
            let total = Some(plan.config.n_laps);
            self.send(Topic::Direction, at_ms, 30, Event::LapCount(LapCountUpdate { current: Some(1), total }));
            let before = self.championship_before();
            self.send(Topic::Summary, at_ms, 35, Event::Championship(before));
            let grid = plan.grid.iter().enumerate().map(|(place, car)| overcut_domain::LapPosition {
                driver: DRIVERS[*car].number,
                lap: LapNumber(0),
                position: place as u8 + 1,
            });
            self.send(Topic::Summary, at_ms, 35, Event::LapPositions(grid.collect()));
            self.tell_top_three(at_ms, None);
        }
    }

    /// The whole screen before anybody has driven.
    fn opening_screen(&self) -> Event {
        let is_race = self.is_race();
        let line = |(place, car): (usize, &usize)| {
            let mut line = CarTiming {
                driver: DRIVERS[*car].number,
                position: Some(place as u8 + 1),
                line: Some(place as u8 + 1),
                in_pit: Some(!is_race),
                pit_out: Some(false),
                retired: Some(false),
                stopped: Some(false),
                n_pit_stops: is_race.then_some(0),
                ..CarTiming::default()
            };
            for sector_idx in 0..3 {
                let n_segments = self.plan.course.circuit.mini_sector_ends_m[sector_idx].len();
                line.sectors.push(SectorUpdate {
                    sector_idx: sector_idx as u8,
                    segments: (0..n_segments).map(|idx| (idx as u8, SegmentStatus::None)).collect(),
                    ..SectorUpdate::default()
                });
            }
            line
        };
        let cars = self.plan.grid.iter().enumerate().map(line).collect();
        let n_entries =
            if self.plan.config.kind.is_qualifying() { vec![(0, 22), (1, 16), (2, 10)] } else { Vec::new() };
        Event::Timing(Box::new(TimingUpdate { is_full: true, cars, n_entries, ..TimingUpdate::default() }))
    }

    fn opening_stints(&self) -> StintsUpdate {
        let is_race = self.is_race();
        let car = |(place, car): (usize, &usize)| CarStints {
            driver: DRIVERS[*car].number,
            grid_position: is_race.then_some(place as u8 + 1),
            is_full: true,
            ..CarStints::default()
        };
        StintsUpdate { cars: self.plan.grid.iter().enumerate().map(car).collect() }
    }

    fn tell_grid_tyres(&mut self, at_ms: i64) {
        let car = |car: &usize| {
            let stint = self.plan.cars[*car].stints[0];
            let stint = StintUpdate {
                stint_idx: 0,
                compound: Some(stint.compound),
                fresh: Some(stint.is_new),
                changed: Some(true),
                total_laps: Some(stint.start_laps),
                start_laps: Some(stint.start_laps),
                ..StintUpdate::default()
            };
            CarStints { driver: DRIVERS[*car].number, stints: vec![stint], ..CarStints::default() }
        };
        let cars = self.plan.grid.iter().map(car).collect();
        self.send(Topic::Tyres, at_ms, 60, Event::Stints(StintsUpdate { cars }));
    }

    fn tell_status(&mut self, at_ms: i64, status: SessionStatus) {
        self.is_running = status == SessionStatus::Started;
        // The flag comes right behind the winner's lap, as late as the timing screen does.
        let delay = if status == SessionStatus::Finished { TIMING_DELAY_MS } else { WORD_DELAY_MS };
        let mark = SeriesMark::Session(status);
        let series = vec![SeriesEntry { utc: self.utc(at_ms), mark }];
        let arrival = self.send(Topic::Direction, at_ms, delay, Event::SessionStatus(status));
        self.send(Topic::Direction, at_ms, delay, Event::Series(series));
        if status == SessionStatus::Finished {
            self.outbox.hold(Topic::Timing, arrival + 1);
        }
        if status == SessionStatus::Started && self.is_race() {
            self.side.places_changed();
        }
    }

    fn tell_track(&mut self, at_ms: i64, status: TrackStatus) {
        self.track = (status, at_ms);
        self.send(Topic::Direction, at_ms, WORD_DELAY_MS, Event::TrackStatus(status));
        let series = vec![SeriesEntry { utc: self.utc(at_ms), mark: SeriesMark::Track(status) }];
        self.send(Topic::Direction, at_ms, WORD_DELAY_MS, Event::Series(series));
    }

    pub(super) fn tell_note(&mut self, at_ms: i64, note: &Note) {
        let to_second = at_ms - self.utc(at_ms).as_millis().rem_euclid(1_000);
        let lap = self.is_race().then(|| LapNumber(self.race.leader_lap().min(self.plan.config.n_laps)));
        let message = RaceControlMessage {
            index: self.n_notes,
            utc: Some(self.utc(to_second)),
            lap,
            category: note.category,
            flag: note.flag,
            scope: note.scope,
            driver: note.driver,
            safety_car: note.safety_car,
            status: note.status.to_owned(),
            text: note.text.clone(),
        };
        self.n_notes += 1;
        match note.text.as_str() {
            "OVERTAKE ENABLED" | "DRS ENABLED" => self.has_aid = true,
            "OVERTAKE DISABLED" | "DRS DISABLED" => self.has_aid = false,
            _ => {}
        }
        self.send(Topic::Direction, at_ms, NOTE_DELAY_MS, Event::RaceControl(vec![message]));
    }

    /// The leader has begun a lap: the counter and the diary.
    pub(super) fn leader_on_lap(&mut self, at_ms: i64, lap: u16) {
        let n_laps = self.plan.config.n_laps;
        let winner_laps = self.plan.winner_laps();
        if lap > winner_laps {
            return;
        }
        // The race is shortened once time is up: the lap that now begins is the last.
        let total = (lap == winner_laps && winner_laps < n_laps).then_some(winner_laps);
        let update = LapCountUpdate { current: Some(lap), total };
        self.send(Topic::Direction, at_ms, TIMING_DELAY_MS - 20, Event::LapCount(update));
        let series = vec![SeriesEntry { utc: self.utc(at_ms), mark: SeriesMark::Lap(LapNumber(lap)) }];
        self.send(Topic::Direction, at_ms, TIMING_DELAY_MS - 20, Event::Series(series));
    }

    /// Blue flags for the car that this one is about to lap.
    pub(super) fn wave_blue(&mut self, at_ms: i64, car: usize) {
        let Some(other) = self.race.about_to_lap(car, BLUE_MS) else { return };
        let is_free = !self.side.in_lane[other] && !self.is_out[other] && !self.side.in_lane[car];
        if !is_free || !self.side.may_wave_blue(other, car, at_ms) {
            return;
        }
        let time = notes::local_time(self.utc(at_ms), self.plan.config.utc_offset_s);
        self.tell_note(at_ms + 400, &notes::blue(other, &time));
    }

    /// The result with all penalties: places, and gaps that include them.
    fn tell_result(&mut self, at_ms: i64) {
        let plan = std::sync::Arc::clone(&self.plan);
        let Some(trace) = &plan.trace else { return };
        let result = &trace.classification;
        // Behind another car of the result, by time or by laps; nothing for the winner and for those who are out.
        let behind = |place: usize, other: Option<&ClassifiedCar>| {
            let (own, other) = (&result[place], other?);
            let is_running = trace.cars[usize::from(own.car_idx)].retirement.is_none();
            let laps = other.n_laps.saturating_sub(own.n_laps);
            let behind_ms = ((own.time_s - other.time_s) * 1e3).round().max(0.0) as i64;
            let gap = if laps > 0 { Gap::Laps(laps) } else { Gap::Time(lap_time(behind_ms)) };
            is_running.then_some(gap)
        };
        let line = |(place, result_of_car): (usize, &ClassifiedCar)| {
            let mut line = CarTiming {
                driver: DRIVERS[usize::from(result_of_car.car_idx)].number,
                position: Some(place as u8 + 1),
                line: Some(place as u8 + 1),
                ..CarTiming::default()
            };
            let ahead = place.checked_sub(1).map(|ahead| &result[ahead]);
            line.gap_to_leader = behind(place, ahead.and(result.first())).map_or(Change::Keep, Change::Set);
            line.interval = behind(place, ahead).map_or(Change::Keep, Change::Set);
            if place == 0 {
                let leads = Change::Set(Gap::Leader(LapNumber(result_of_car.n_laps)));
                (line.gap_to_leader, line.interval) = (leads, leads);
            }
            line
        };
        let lines: Vec<CarTiming> = trace.classification.iter().enumerate().map(line).collect();
        let places = trace.classification.iter().enumerate();
        let list = super::side::lines(places.map(|(place, result)| (usize::from(result.car_idx), place as u8 + 1)));
        self.race.order = plan.classification.clone();
        self.send(Topic::Timing, at_ms, TIMING_DELAY_MS, timing(lines));
        self.send(Topic::Summary, at_ms, TIMING_DELAY_MS, Event::Drivers(list));
        self.side.places_changed();
    }
}

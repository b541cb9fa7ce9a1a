//! Where a session is played: cues in, messages out.
//!
//! The agenda holds what happens when; each cue changes the state of the screen and sends messages, which arrive a
//! little later. What may arrive is fixed once nothing earlier can happen any more, so events come out in order however
//! the session is advanced.

use overcut_domain::{
    CarRaceInfo, CarTiming, Event, LapPosition, OvertakeReport, SessionTime, Stamped, TimingUpdate, TopThreeEntry,
    TrackStatus,
};
use overcut_domain::{Change, LapNumber, UtcTime};

use super::cue::{Agenda, Cue};
use super::entry_list::DRIVERS;
use super::outbox::{Outbox, Topic};
use super::plan::Plan;
use super::race_timing::RaceOrder;
use super::run_timing::RunBoard;
use super::screen::Screen;
use super::side::{Side, schedule};
use super::telemetry::Sampler;

/// A message of the timing screen arrives this long after what it tells.
pub(super) const TIMING_DELAY_MS: i64 = 100;

/// The state of a session being played.
pub(super) struct Stage {
    pub(super) plan: std::sync::Arc<Plan>,
    pub(super) agenda: Agenda,
    pub(super) outbox: Outbox,
    pub(super) screen: Screen,
    pub(super) race: RaceOrder,
    pub(super) runs: RunBoard,
    pub(super) side: Side,
    pub(super) sampler: Option<Sampler>,
    /// Messages of race control so far.
    pub(super) n_notes: u16,
    /// The state of the track, and since when.
    pub(super) track: (TrackStatus, i64),
    /// True while the session runs.
    pub(super) is_running: bool,
    /// True while DRS or overtake mode is allowed.
    pub(super) has_aid: bool,
    /// By car: laps completed.
    pub(super) n_laps: Vec<u16>,
    pub(super) n_stops: Vec<u8>,
    pub(super) is_out: Vec<bool>,
    top_three: [Option<usize>; 3],
}

impl Stage {
    pub(super) fn new(plan: std::sync::Arc<Plan>, sampler: Option<Sampler>) -> Stage {
        let n = DRIVERS.len();
        let mut agenda = Agenda::default();
        schedule(&plan, &mut agenda);
        Stage {
            agenda,
            outbox: Outbox::default(),
            screen: Screen::new(&plan.course),
            race: RaceOrder::new(&plan.course, &plan.grid, plan.winner_laps()),
            runs: RunBoard::new(&plan),
            side: Side::new(&plan),
            sampler,
            n_notes: 0,
            track: (TrackStatus::Clear, 0),
            is_running: false,
            has_aid: plan.trace.is_none(),
            n_laps: vec![0; n],
            n_stops: vec![0; n],
            is_out: vec![false; n],
            top_three: [None; 3],
            plan,
        }
    }

    /// The next event that arrives no later than `until`.
    pub(super) fn next(&mut self, until: SessionTime) -> Option<Stamped<Event>> {
        loop {
            let due_ms = self.agenda.next_ms();
            // Nothing that is still to happen can arrive before it happens.
            let settled = due_ms.map_or(SessionTime::MAX, |due| SessionTime::from_millis(due - 1));
            if let Some(event) = self.outbox.deliver(settled.min(until)) {
                return Some(event);
            }
            if due_ms? > until.as_millis() {
                return None;
            }
            let (at_ms, cue) = self.agenda.pop()?;
            self.play(at_ms, cue);
        }
    }

    fn play(&mut self, at_ms: i64, cue: Cue) {
        match cue {
            Cue::Word(idx) => self.say(at_ms, idx as usize),
            Cue::Mini { car, lap_idx, mini } => self.pass_mini(at_ms, car.into(), lap_idx.into(), mini.into()),
            Cue::Trap { car, lap_idx } => self.pass_trap(at_ms, car.into(), lap_idx.into()),
            Cue::PitIn { car, lap_idx } => self.pit_in(at_ms, car.into(), lap_idx.into()),
            Cue::PitOut { car, lap_idx } => self.pit_out(at_ms, car.into(), lap_idx.into()),
            Cue::Stopped { car } => self.stopped(at_ms, car.into()),
            Cue::Retired { car } => self.retired(at_ms, car.into()),
            Cue::LaneTimeGone { car } => self.lane_time_gone(at_ms, car.into()),
            Cue::PassOver { car } => self.pass_over(at_ms, car.into()),
            Cue::NewSet { car, stint_idx } => self.new_set(at_ms, car.into(), stint_idx.into()),
            Cue::Tick => self.tick(at_ms),
            Cue::Weather => self.weather(at_ms),
            Cue::Heartbeat => self.heartbeat(at_ms),
            Cue::Radio(number) => self.radio(at_ms, number),
            Cue::Cars => self.sample_cars(at_ms),
            Cue::Positions => self.sample_positions(at_ms),
        }
    }

    pub(super) fn utc(&self, at_ms: i64) -> UtcTime {
        self.plan.utc(at_ms)
    }

    pub(super) fn is_race(&self) -> bool {
        self.plan.trace.is_some()
    }

    /// True while cars are driven in anger: the session runs, and the track has been clear for a while.
    pub(super) fn is_green(&self, at_ms: i64) -> bool {
        self.is_running && self.track.0 == TrackStatus::Clear && at_ms - self.track.1 > 5_000
    }

    /// True if the car may open its rear wing in the zones (to 2025): within a second of another, or on its own.
    pub(super) fn may_open_wing(&self, car: usize) -> bool {
        self.has_aid && (!self.is_race() || self.race.is_within(car, 1_000))
    }

    /// Sends on a topic, to arrive `delay_ms` after the moment. Returns when it will arrive.
    pub(super) fn send(&mut self, topic: Topic, at_ms: i64, delay_ms: i64, event: Event) -> SessionTime {
        self.outbox.send(topic, SessionTime::from_millis(at_ms + delay_ms), event)
    }

    /// Sends lines of the timing screen, and whatever followed from them for other cars and the table of bests.
    pub(super) fn send_lines(&mut self, at_ms: i64, mut lines: Vec<CarTiming>) {
        let others = std::mem::take(&mut self.screen.others);
        lines.retain(|line| *line != CarTiming { driver: line.driver, ..CarTiming::default() });
        self.send(Topic::Timing, at_ms, TIMING_DELAY_MS, timing(lines));
        if !others.is_empty() {
            self.send(Topic::Timing, at_ms, TIMING_DELAY_MS + 20, timing(others));
        }
        let bests = std::mem::take(&mut self.screen.bests);
        if !bests.cars.is_empty() {
            self.send(Topic::Bests, at_ms, TIMING_DELAY_MS + 60, Event::Bests(bests));
        }
    }

    /// A car passes the end of a mini-sector: its colours, a sector or a lap if it ends one, place and gaps.
    fn pass_mini(&mut self, at_ms: i64, car: usize, lap_idx: usize, mini: usize) {
        let plan = std::sync::Arc::clone(&self.plan);
        let (course, lap) = (&plan.course, &plan.cars[car].laps[lap_idx]);
        let mut line = CarTiming { driver: DRIVERS[car].number, ..CarTiming::default() };
        self.screen.pass_mini(course, car, lap, mini, &mut line);
        if !self.is_race() {
            self.pass_on_a_run(at_ms, car, lap_idx, mini, line);
            return;
        }
        let passing = self.race.pass(car, lap.number, mini, at_ms);
        line.gap_to_leader = super::race_timing::stated(passing.gap);
        line.interval = super::race_timing::stated(passing.interval);
        line.is_catching = Some(passing.is_catching);
        if let Some(sector) = course.sector_end_minis.iter().position(|end| *end == mini) {
            self.screen.pass_sector(course, car, lap, sector, &mut line);
            if sector == 0 && lap.pit_out_ms.is_some() {
                line.pit_out = Some(false);
            }
        }
        let is_line = mini + 1 == course.n_minis();
        if is_line {
            self.complete_lap(car, lap_idx, &mut line);
        }
        let moved = std::iter::once(car).chain(passing.overtaken.iter().copied());
        let mut lines =
            if passing.overtaken.is_empty() { Vec::new() } else { super::race_timing::placed(&self.race, moved) };
        match lines.first_mut() {
            Some(first) => {
                (line.position, line.line) = (first.position, first.line);
                *first = line;
            }
            None => lines.push(line),
        }
        self.send_lines(at_ms, lines);
        self.tell_race_info(at_ms, car, &passing);
        if is_line {
            self.after_the_line(at_ms, car, lap_idx);
        }
        self.wave_blue(at_ms, car);
    }

    /// The lap count, the lap time and the best lap.
    fn complete_lap(&mut self, car: usize, lap_idx: usize, line: &mut CarTiming) {
        let plan = std::sync::Arc::clone(&self.plan);
        let lap = &plan.cars[car].laps[lap_idx];
        self.n_laps[car] = lap.number;
        line.n_laps = Some(lap.number);
        // Nobody timed the first lap of a race from the line.
        if let Some(time_ms) = lap.time_ms().filter(|_| lap.number > 1) {
            self.screen.state_lap(car, lap.number, time_ms, true, line);
        }
    }

    /// The race summary, overtakes, and the leader board.
    fn tell_race_info(&mut self, at_ms: i64, car: usize, passing: &super::race_timing::Passing) {
        let is_overtake = self.count_overtakes(at_ms, car, passing);
        let mut infos = vec![CarRaceInfo {
            driver: DRIVERS[car].number,
            gap_to_leader: super::race_timing::stated(passing.gap),
            interval: super::race_timing::stated(passing.interval),
            position: (!passing.overtaken.is_empty()).then(|| self.race.place(car)),
            is_overtaking: is_overtake.then_some(true),
            ..CarRaceInfo::default()
        }];
        infos.extend(passing.overtaken.iter().map(|other| CarRaceInfo {
            driver: DRIVERS[*other].number,
            position: Some(self.race.place(*other)),
            ..CarRaceInfo::default()
        }));
        self.send(Topic::Summary, at_ms, TIMING_DELAY_MS + 40, Event::RaceInfo(infos));
        if !passing.overtaken.is_empty() {
            self.side.places_changed();
            let lines = std::iter::once(car).chain(passing.overtaken.iter().copied());
            let update = super::side::lines(lines.map(|car| (car, self.race.place(car))));
            self.send(Topic::Summary, at_ms, TIMING_DELAY_MS + 45, Event::Drivers(update));
        }
        self.tell_top_three(at_ms, Some((car, passing)));
    }

    /// Overtakes on the road, as the publisher counts them.
    fn count_overtakes(&mut self, at_ms: i64, car: usize, passing: &super::race_timing::Passing) -> bool {
        let is_racing = |other: &&usize| !self.side.in_lane[**other] && !self.is_out[**other];
        let n_passed = passing.overtaken.iter().filter(is_racing).count() as u8;
        if n_passed == 0 || self.side.in_lane[car] {
            return false;
        }
        let report = OvertakeReport { driver: DRIVERS[car].number, utc: Some(self.utc(at_ms)), n_passed };
        self.send(Topic::Summary, at_ms, TIMING_DELAY_MS + 30, Event::Overtakes(vec![report]));
        self.agenda.note(at_ms + 5_000, Cue::PassOver { car: car as u8 });
        true
    }

    fn pass_over(&mut self, at_ms: i64, car: usize) {
        let info = CarRaceInfo { driver: DRIVERS[car].number, is_overtaking: Some(false), ..CarRaceInfo::default() };
        self.send(Topic::Summary, at_ms, TIMING_DELAY_MS, Event::RaceInfo(vec![info]));
    }

    /// Rows of the leader board that changed.
    pub(super) fn tell_top_three(&mut self, at_ms: i64, passed: Option<(usize, &super::race_timing::Passing)>) {
        let order = if self.is_race() { &self.race.order } else { &self.runs.order };
        let mut entries = Vec::new();
        for (row, car) in order.iter().copied().enumerate().take(3) {
            let empty = TopThreeEntry { row_idx: row as u8, ..TopThreeEntry::default() };
            let mut entry = empty.clone();
            if self.top_three[row] != Some(car) {
                self.top_three[row] = Some(car);
                entry.driver = Some(DRIVERS[car].number);
            }
            if let Some((_, passing)) = passed.filter(|(passed, _)| *passed == car) {
                entry.gap_to_leader = super::race_timing::stated(passing.gap);
                entry.interval = super::race_timing::stated(passing.interval);
                entry.lap_time = self.side.last_lap(car).map_or(Change::Keep, Change::Set);
            } else if let Some((best_ms, gap, interval)) = self.runs.best(car) {
                entry.lap_time = Change::Set(super::screen::lap_time(best_ms));
                (entry.gap_to_leader, entry.interval) = (gap.into(), interval.into());
            }
            if entry != empty {
                entries.push(entry);
            }
        }
        if !entries.is_empty() {
            self.send(Topic::Summary, at_ms, TIMING_DELAY_MS + 50, Event::TopThree(entries));
        }
    }

    /// The lap chart, and the lap counter if the car leads.
    fn after_the_line(&mut self, at_ms: i64, car: usize, lap_idx: usize) {
        let lap = &self.plan.cars[car].laps[lap_idx];
        let (number, stint_idx, time_ms) = (lap.number, lap.stint_idx, lap.time_ms());
        if let Some(time_ms) = time_ms.filter(|_| number > 1) {
            self.tell_stint_best(at_ms, car, stint_idx, number, time_ms);
        }
        let position = self.side.count_at_line(number);
        let entry = LapPosition { driver: DRIVERS[car].number, lap: LapNumber(number), position };
        self.send(Topic::Summary, at_ms, TIMING_DELAY_MS + 55, Event::LapPositions(vec![entry]));
        self.side.tyres_ran(car);
        if position == 1 {
            self.leader_on_lap(at_ms, number + 1);
        }
    }
}

/// An update of the timing screen.
pub(super) fn timing(cars: Vec<CarTiming>) -> Event {
    Event::Timing(Box::new(TimingUpdate { cars, ..TimingUpdate::default() }))
}

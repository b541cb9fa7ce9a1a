//! The session: state, dispatch of events, getters.

use std::collections::BTreeMap;

use overcut_domain::{
    DriverNumber, DriversUpdate, Event, Feed, FeedGap, FeedState, Forecast, Lap, LapNumber, PitStop,
    RaceControlMessage, RadioCapture, SessionTime, Stamped, Stint, TrackStatus, Weather,
};

use crate::car::CarHistory;
use crate::changes::Changes;
use crate::penalties::Stewards;
use crate::{Bests, CarRow, DriverEntry, Part, SessionState, TrackState};

/// Cars a session can hold. Formula 1 has 22 and a few ghosts; beyond this the input is not a session.
const MAX_CARS: usize = 200;

/// Everything known about a session at one moment.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub(crate) state: SessionState,
    pub(crate) track: TrackState,
    pub(crate) weather: Option<Weather>,
    pub(crate) drivers: BTreeMap<DriverNumber, DriverEntry>,
    pub(crate) rows: BTreeMap<DriverNumber, CarRow>,
    pub(crate) histories: BTreeMap<DriverNumber, CarHistory>,
    pub(crate) race_control: Vec<RaceControlMessage>,
    pub(crate) stewards: Stewards,
    pub(crate) radio: Vec<RadioCapture>,
    pub(crate) feeds: BTreeMap<Feed, FeedState>,
    pub(crate) gaps: BTreeMap<u16, FeedGap>,
    pub(crate) forecast: Option<Forecast>,
    pub(crate) bests: Bests,
    /// Every change of the track's status, oldest first.
    pub(crate) track_log: Vec<(SessionTime, TrackStatus)>,
    /// True once the full timing feed was seen: the reduced one is then ignored.
    pub(crate) has_full_timing: bool,
    /// True once any timing feed was seen.
    pub(crate) has_timing: bool,
    /// True once the publisher reported a visit to the pit lane.
    pub(crate) has_pit_reports: bool,
    /// True once the publisher's lap chart was used.
    pub(crate) has_lap_chart: bool,
    /// Cars on the publisher's leader board.
    pub(crate) top_three: [Option<DriverNumber>; 3],
    /// True once the chequered flag was shown in a race.
    pub(crate) has_chequered_flag: bool,
    /// True once the first start was seen to happen.
    pub(crate) has_started: bool,
    /// True if the recording began before the session did.
    pub(crate) saw_beginning: bool,
    /// True once any word about the session's status came.
    pub(crate) has_status: bool,
    /// True once that came as such, not only in the diary.
    pub(crate) has_status_topic: bool,
}

impl Session {
    /// A session of which nothing is known.
    pub fn new() -> Self {
        Session::default()
    }

    /// Folds one event in. Appends to `changed` every part of the state that it touched, each once.
    ///
    /// Events come in order of their time. None panics, whatever it says.
    pub fn apply(&mut self, event: &Stamped<Event>, changed: &mut Vec<Part>) {
        let mut changes = Changes::new(changed);
        let (time, changes) = (event.time, &mut changes);
        match &event.value {
            Event::UtcOfZero(utc) => self.set_utc_of_zero(*utc, changes),
            Event::SessionInfo(info) => self.apply_session_info(info, changes),
            Event::SessionStatus(status) => {
                self.has_status_topic = true;
                self.apply_status(time, *status, changes);
            }
            Event::Series(entries) => self.apply_series(time, entries, changes),
            Event::Clock(update) => self.apply_clock(time, update, changes),
            Event::LapCount(update) => self.apply_lap_count(update, changes),
            Event::TrackStatus(status) => self.apply_track_status(time, *status, changes),
            Event::RaceControl(messages) => self.apply_race_control(time, messages, changes),
            Event::Weather(weather) => {
                self.weather = Some(*weather);
                changes.add(Part::Weather);
            }
            Event::Drivers(update) => self.apply_drivers(update, changes),
            Event::Timing(update) => self.apply_timing(time, update, changes),
            Event::Stints(update) => self.apply_stints(time, update, changes),
            Event::Bests(update) => self.apply_bests(update, changes),
            Event::TopThree(entries) => self.apply_top_three(entries, changes),
            Event::PitLane(reports) => self.apply_pit_lane(time, reports, changes),
            Event::PitStops(reports) => self.apply_pit_stops(time, reports, changes),
            Event::Radio(captures) => self.apply_radio(captures, changes),
            Event::RaceInfo(cars) => self.apply_race_info(cars, changes),
            Event::Feeds(states) => self.apply_feeds(states, changes),
            Event::Gap(gap) => self.apply_gap(gap, changes),
            Event::Forecast(forecast) => self.apply_forecast(forecast, changes),
            Event::LapPositions(positions) => self.apply_lap_positions(time, positions, changes),
            // Telemetry lives in `track`; the championship and the publisher's overtakes have no place here yet.
            Event::Heartbeat(_)
            | Event::Cars(_)
            | Event::Positions(_)
            | Event::Championship(_)
            | Event::Overtakes(_) => {}
        }
    }

    /// The session as a whole.
    pub fn state(&self) -> &SessionState {
        &self.state
    }

    /// The track as a whole.
    pub fn track(&self) -> &TrackState {
        &self.track
    }

    /// The latest reading of the weather station.
    pub fn weather(&self) -> Option<&Weather> {
        self.weather.as_ref()
    }

    /// The entry list, by number.
    pub fn drivers(&self) -> &BTreeMap<DriverNumber, DriverEntry> {
        &self.drivers
    }

    /// One entry of the list.
    pub fn driver(&self, driver: DriverNumber) -> Option<&DriverEntry> {
        self.drivers.get(&driver)
    }

    /// The rows of the board, by number. See [`Session::board_order`] for the order they are shown in.
    pub fn cars(&self) -> &BTreeMap<DriverNumber, CarRow> {
        &self.rows
    }

    /// One row of the board.
    pub fn car(&self, driver: DriverNumber) -> Option<&CarRow> {
        self.rows.get(&driver)
    }

    /// Every lap, by driver and then by number. The last one of a car may still run.
    pub fn laps(&self) -> impl Iterator<Item = &Lap> {
        self.histories.values().flat_map(|history| history.laps.all())
    }

    /// One car's laps by number; empty if it has none.
    pub fn laps_of(&self, driver: DriverNumber) -> &[Lap] {
        self.histories.get(&driver).map_or(&[], |history| history.laps.all())
    }

    /// One lap.
    pub fn lap(&self, driver: DriverNumber, number: LapNumber) -> Option<&Lap> {
        self.histories.get(&driver)?.laps.get(number)
    }

    /// Every stint, by driver and then by number.
    pub fn stints(&self) -> impl Iterator<Item = &Stint> {
        self.histories.values().flat_map(|history| history.tyres.stints())
    }

    /// One car's stints by number; empty if it has none.
    pub fn stints_of(&self, driver: DriverNumber) -> &[Stint] {
        self.histories.get(&driver).map_or(&[], |history| history.tyres.stints())
    }

    /// One stint, by number from 1.
    pub fn stint(&self, driver: DriverNumber, number: u8) -> Option<&Stint> {
        self.stints_of(driver).get(usize::from(number).checked_sub(1)?)
    }

    /// Every visit to the pit lane, by driver and then by number.
    pub fn pit_stops(&self) -> impl Iterator<Item = &PitStop> {
        self.histories.values().flat_map(|history| &history.pit_stops)
    }

    /// One car's visits to the pit lane by number; empty if it has none.
    pub fn pit_stops_of(&self, driver: DriverNumber) -> &[PitStop] {
        self.histories.get(&driver).map_or(&[], |history| &history.pit_stops)
    }

    /// One visit to the pit lane, by number from 1.
    pub fn pit_stop(&self, driver: DriverNumber, number: u8) -> Option<&PitStop> {
        self.pit_stops_of(driver).get(usize::from(number).checked_sub(1)?)
    }

    /// Messages of race control in the order of their index.
    pub fn race_control(&self) -> &[RaceControlMessage] {
        &self.race_control
    }

    /// Radio recordings in order of arrival.
    pub fn radio(&self) -> &[RadioCapture] {
        &self.radio
    }

    /// Where each feed comes from and how fresh it is, in the order to show them. Empty for a recording of one feed
    /// alone: only a live session is told by several sources.
    pub fn feeds(&self) -> &BTreeMap<Feed, FeedState> {
        &self.feeds
    }

    /// Times without some feeds, by index.
    pub fn gaps(&self) -> &BTreeMap<u16, FeedGap> {
        &self.gaps
    }

    /// The latest weather forecast for the circuit.
    pub fn forecast(&self) -> Option<&Forecast> {
        self.forecast.as_ref()
    }

    /// The best lap, sectors and speeds of the session.
    pub fn bests(&self) -> &Bests {
        &self.bests
    }

    /// The numbers of the cars in the order the board shows them: by position, cars without one by their line on the
    /// screen and then by number.
    pub fn board_order(&self) -> Vec<DriverNumber> {
        let mut order: Vec<_> = self.rows.keys().copied().collect();
        order.sort_by_key(|driver| {
            let position = self.rows.get(driver).and_then(|row| row.position).unwrap_or(u8::MAX);
            let line = self.histories.get(driver).and_then(|history| history.line).unwrap_or(u8::MAX);
            (position, line, *driver)
        });
        order
    }

    /// True if a car of this number is on the board, or was put there now. False if the board is full.
    pub(crate) fn admit(&mut self, driver: DriverNumber, changes: &mut Changes) -> bool {
        if self.rows.contains_key(&driver) {
            return true;
        }
        if self.rows.len() >= MAX_CARS {
            return false;
        }
        self.rows.insert(driver, CarRow { driver, ..CarRow::default() });
        self.histories.insert(driver, CarHistory::new(driver));
        if !self.is_race() || self.race_is_on() || !self.has_status {
            let start = self.lap_start(None);
            if let Some(history) = self.histories.get_mut(&driver) {
                // Which lap the car is on will be told later.
                history.laps.begin(LapNumber(0), start);
            }
        }
        changes.add(Part::Car(driver));
        true
    }

    /// Takes a car off the board, unless it has driven: feeds drop cars from lists for reasons of display, too.
    fn dismiss(&mut self, driver: DriverNumber, changes: &mut Changes) {
        if self.laps_of(driver).iter().any(|lap| lap.ended_at.is_some()) {
            return;
        }
        let was_known = self.rows.remove(&driver).is_some() | self.drivers.remove(&driver).is_some();
        self.histories.remove(&driver);
        if was_known {
            changes.add(Part::Gone(driver));
        }
    }

    fn apply_drivers(&mut self, update: &DriversUpdate, changes: &mut Changes) {
        for delta in &update.drivers {
            if self.drivers.len() >= MAX_CARS && !self.drivers.contains_key(&delta.driver) {
                continue;
            }
            let entry = self.drivers.entry(delta.driver).or_insert_with(|| DriverEntry {
                driver: delta.driver,
                tla: delta.driver.to_string(),
                ..DriverEntry::default()
            });
            let before = entry.clone();
            take(&mut entry.tla, &delta.tla);
            take(&mut entry.full_name, &delta.full_name.clone().or_else(|| joined_name(delta)));
            take(&mut entry.team, &delta.team);
            take(&mut entry.team_colour, &delta.team_colour);
            if *entry != before || before.full_name.is_empty() {
                changes.add(Part::Driver(delta.driver));
            }
            self.admit(delta.driver, changes);
            if let Some(line) = delta.line {
                self.set_line(delta.driver, line, changes);
            }
        }
        for driver in &update.removed {
            self.dismiss(*driver, changes);
        }
        if update.is_full {
            let named = |driver: &DriverNumber| update.drivers.iter().any(|delta| delta.driver == *driver);
            let gone: Vec<_> = self.drivers.keys().filter(|driver| !named(driver)).copied().collect();
            for driver in gone {
                self.dismiss(driver, changes);
            }
        }
    }

    fn apply_radio(&mut self, captures: &[RadioCapture], changes: &mut Changes) {
        for capture in captures {
            // A feed re-sends its list after a reconnection.
            if self.radio.iter().any(|known| known.path == capture.path) {
                continue;
            }
            let Ok(index) = u16::try_from(self.radio.len()) else { return };
            self.radio.push(capture.clone());
            changes.add(Part::Radio(index));
        }
    }
}

fn take(slot: &mut String, value: &Option<String>) {
    if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
        slot.clone_from(value);
    }
}

fn joined_name(delta: &overcut_domain::DriverUpdate) -> Option<String> {
    Some(format!("{} {}", delta.first_name.as_ref()?, delta.last_name.as_ref()?))
}

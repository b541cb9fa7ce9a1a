//! Everything a source can say.
//!
//! One closed set for every origin: a line of Formula 1's archive, a row of OpenF1 and a packet of a game all become
//! these. Most are deltas; the fold in `session` turns them into state.

use serde::{Deserialize, Serialize};

use crate::{
    CarSample, Change, Compound, DriverNumber, FeedGap, FeedState, Forecast, Gap, LapNumber, LapTime, PositionSample,
    QualifyingPart, RaceControlMessage, SessionInfo, SessionStatus, SessionTime, SpeedTrap, TimingUpdate, TrackStatus,
    UtcTime, Weather,
};

/// Something with the moment at which it became known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped<T> {
    /// When the feed delivered it. Never decreases along one recording.
    pub time: SessionTime,
    /// What.
    pub value: T,
}

/// One message of a feed, translated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The feed is alive; its own clock.
    Heartbeat(UtcTime),
    /// UTC of the session clock's zero, as far as the source can tell now. The latest word counts.
    UtcOfZero(UtcTime),
    /// What session this is. A new key means that another session has begun.
    SessionInfo(Box<SessionInfo>),
    /// The session changed phase.
    SessionStatus(SessionStatus),
    /// The session's diary: laps, qualifying parts and statuses with their UTC.
    Series(Vec<SeriesEntry>),
    /// The session clock.
    Clock(ClockUpdate),
    /// The leader's lap.
    LapCount(LapCountUpdate),
    /// The state of the whole track.
    TrackStatus(TrackStatus),
    /// Messages of race control, new or corrected.
    RaceControl(Vec<RaceControlMessage>),
    /// A reading of the weather station.
    Weather(Weather),
    /// The entry list.
    Drivers(DriversUpdate),
    /// The timing screen.
    Timing(Box<TimingUpdate>),
    /// Tyres and grid.
    Stints(StintsUpdate),
    /// Best laps, sectors and speeds with their ranks.
    Bests(BestsUpdate),
    /// The three cars on the leader board.
    TopThree(Vec<TopThreeEntry>),
    /// Readings of car channels, any number of cars and moments.
    Cars(Vec<CarSample>),
    /// Position fixes, any number of cars and moments.
    Positions(Vec<PositionSample>),
    /// Cars in the pit lane and how long they took.
    PitLane(Vec<PitLaneReport>),
    /// Pit stops with lane and stationary time.
    PitStops(Vec<PitStopReport>),
    /// Radio recordings.
    Radio(Vec<RadioCapture>),
    /// The publisher's race summary of each car.
    RaceInfo(Vec<CarRaceInfo>),
    /// The championship if the race ended now.
    Championship(ChampionshipUpdate),
    /// Overtakes counted by the publisher.
    Overtakes(Vec<OvertakeReport>),
    /// Positions at the end of laps.
    LapPositions(Vec<LapPosition>),
    /// Where feeds come from from now on.
    Feeds(Vec<FeedState>),
    /// A time without some feeds, or news about one.
    Gap(FeedGap),
    /// A weather forecast.
    Forecast(Box<Forecast>),
}

/// One line of the session's diary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeriesEntry {
    /// When it happened.
    pub utc: UtcTime,
    /// What happened.
    pub mark: SeriesMark,
}

/// What a line of the session's diary marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeriesMark {
    /// The leader began this lap.
    Lap(LapNumber),
    /// This qualifying part began.
    Part(QualifyingPart),
    /// The track changed to this.
    Track(TrackStatus),
    /// The session changed to this.
    Session(SessionStatus),
}

/// What changed on the session clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockUpdate {
    /// The moment at which `remaining_ms` was true.
    pub utc: Option<UtcTime>,
    /// Time left, in milliseconds.
    pub remaining_ms: Option<u32>,
    /// True while the clock runs down.
    pub is_running: Option<bool>,
}

/// What changed on the lap counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LapCountUpdate {
    /// The lap the leader is on.
    pub current: Option<u16>,
    /// Laps in the race.
    pub total: Option<u16>,
}

/// What changed in the entry list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DriversUpdate {
    /// True for a key frame or a snapshot: drivers it does not name are gone.
    pub is_full: bool,
    /// Drivers that changed.
    pub drivers: Vec<DriverUpdate>,
    /// Drivers that left the list.
    pub removed: Vec<DriverNumber>,
}

/// What changed for one driver. `None` means not mentioned.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DriverUpdate {
    /// Which driver.
    pub driver: DriverNumber,
    /// Line on the screen, from 1.
    pub line: Option<u8>,
    /// Three letters.
    pub tla: Option<String>,
    /// First and last name.
    pub full_name: Option<String>,
    /// As broadcasts show it, such as `G RUSSELL`.
    pub broadcast_name: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Team.
    pub team: Option<String>,
    /// Team colour as six hexadecimal digits without `#`.
    pub team_colour: Option<String>,
}

/// What changed about tyres and grid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StintsUpdate {
    /// Cars that changed.
    pub cars: Vec<CarStints>,
}

/// What changed about one car's tyres and grid place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CarStints {
    /// Which car.
    pub driver: DriverNumber,
    /// Place on the grid.
    pub grid_position: Option<u8>,
    /// True if `stints` is the whole list, not a delta: stints it does not name never were.
    pub is_full: bool,
    /// Stints that changed.
    pub stints: Vec<StintUpdate>,
}

/// What changed about one stint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StintUpdate {
    /// Which stint, from 0.
    pub stint_idx: u8,
    /// Compound.
    pub compound: Option<Compound>,
    /// True if the set was new when it was fitted.
    pub fresh: Option<bool>,
    /// False if the car came in but kept its tyres.
    pub changed: Option<bool>,
    /// Age of the set now, in laps.
    pub total_laps: Option<u16>,
    /// Age of the set when it was fitted, in laps.
    pub start_laps: Option<u16>,
    /// Best lap of the stint.
    pub best_lap: Option<LapTime>,
    /// The lap on which that was driven.
    pub best_lap_number: Option<LapNumber>,
}

/// What changed in the table of bests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BestsUpdate {
    /// Cars that changed.
    pub cars: Vec<CarBests>,
}

/// What changed in one car's bests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CarBests {
    /// Which car.
    pub driver: DriverNumber,
    /// Best lap.
    pub lap: Option<RankedTime>,
    /// The lap on which it was driven.
    pub lap_number: Option<LapNumber>,
    /// Best sectors, as (index from 0, time).
    pub sectors: Vec<(u8, RankedTime)>,
    /// Best trap speeds, as (trap, km/h, rank).
    pub speeds: Vec<(SpeedTrap, Change<u16>, Option<u8>)>,
}

/// A best time and its rank among all cars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RankedTime {
    /// The time.
    pub time: Change<LapTime>,
    /// Rank, from 1.
    pub rank: Option<u8>,
}

/// What changed in one row of the leader board.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TopThreeEntry {
    /// Row, from 0.
    pub row_idx: u8,
    /// Which car is in it.
    pub driver: Option<DriverNumber>,
    /// Lap time shown.
    pub lap_time: Change<LapTime>,
    /// Gap to the leader.
    pub gap_to_leader: Change<Gap>,
    /// Interval to the car ahead.
    pub interval: Change<Gap>,
}

/// A car in the pit lane, or its time once it has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PitLaneReport {
    /// Which car.
    pub driver: DriverNumber,
    /// The lap on which it came in.
    pub lap: Option<LapNumber>,
    /// Time from entry to exit; `None` while it is in the lane.
    pub lane_time: Option<LapTime>,
    /// True if the publisher withdrew the entry from its list.
    pub removed: bool,
}

/// A pit stop as the publisher measured it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PitStopReport {
    /// Which car.
    pub driver: DriverNumber,
    /// The lap on which it came in.
    pub lap: Option<LapNumber>,
    /// When it was reported, if stated.
    pub utc: Option<UtcTime>,
    /// Time from entry to exit.
    pub lane_time: Option<LapTime>,
    /// Time standing still.
    pub stop_time: Option<LapTime>,
}

/// A radio recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RadioCapture {
    /// Which car.
    pub driver: DriverNumber,
    /// When it was spoken.
    pub utc: Option<UtcTime>,
    /// Where the recording is, below the session's archive path.
    pub path: String,
}

/// What changed in the publisher's race summary of one car.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CarRaceInfo {
    /// Which car.
    pub driver: DriverNumber,
    /// Place.
    pub position: Option<u8>,
    /// Gap to the leader.
    pub gap_to_leader: Change<Gap>,
    /// Interval to the car ahead.
    pub interval: Change<Gap>,
    /// Pit stops made.
    pub n_pit_stops: Option<u8>,
    /// True while it overtakes.
    pub is_overtaking: Option<bool>,
    /// True if it is out of the race.
    pub is_out: Option<bool>,
}

/// What changed in the championship if the race ended now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ChampionshipUpdate {
    /// Drivers, by number as text.
    pub drivers: Vec<ChampionshipEntry>,
    /// Teams, by the publisher's key.
    pub teams: Vec<ChampionshipEntry>,
}

/// What changed for one driver or team of the championship.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ChampionshipEntry {
    /// Driver number as text, or the publisher's key of the team.
    pub key: String,
    /// Name of the team, for teams.
    pub name: Option<String>,
    /// Place before the race.
    pub current_position: Option<u16>,
    /// Place if the race ended now.
    pub predicted_position: Option<u16>,
    /// Points before the race.
    pub current_points: Option<f32>,
    /// Points if the race ended now.
    pub predicted_points: Option<f32>,
}

/// An overtake counted by the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OvertakeReport {
    /// The car that overtook.
    pub driver: DriverNumber,
    /// When.
    pub utc: Option<UtcTime>,
    /// How many cars it passed.
    pub n_passed: u8,
}

/// The place of a car at the end of a lap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LapPosition {
    /// Which car.
    pub driver: DriverNumber,
    /// Which lap; 0 is the grid.
    pub lap: LapNumber,
    /// Place.
    pub position: u8,
}

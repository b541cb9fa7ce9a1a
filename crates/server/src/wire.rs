//! What goes over the wire: the API's own types, apart from the core's so that either can change.
//!
//! Times are whole milliseconds: `t_ms` and `*_at_ms` on the session clock, `*_ms` durations. An absent value is
//! `null`, never a made-up one. The TypeScript types of the dashboard and the OpenAPI schemas are generated from here.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// How a time ranks: shown plain, green (personal best) or purple (best of the session).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// No improvement.
    Plain,
    /// Personal best.
    Green,
    /// Best of the session.
    Purple,
}

/// A recording in the data folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SessionSummary {
    /// Key of the session in every path of this API.
    pub id: String,
    /// Name of the weekend, such as `Chinese Grand Prix`.
    pub meeting: String,
    /// Name of the session, such as `Sprint`.
    pub name: String,
    /// `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
    pub kind: String,
    /// Year.
    pub season: Option<u16>,
    /// Circuit.
    pub circuit: String,
    /// Country.
    pub country: String,
    /// Planned start, ISO 8601 UTC.
    pub starts_at: Option<String>,
    /// Format of the recording, such as `archive` or `mcap`.
    pub format: String,
    /// True if it has car telemetry.
    pub has_car_data: Option<bool>,
    /// Size on disk, bytes.
    #[ts(type = "number")]
    pub size_bytes: u64,
}

/// The session as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Session {
    /// Name of the weekend.
    pub meeting: String,
    /// Name of the session.
    pub name: String,
    /// `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
    pub kind: String,
    /// Circuit.
    pub circuit: String,
    /// Country.
    pub country: String,
    /// Year.
    pub season: Option<u16>,
    /// `inactive`, `started`, `aborted`, `finished`, `finalised` or `ends`.
    pub status: String,
    /// When it was first started.
    pub started_at_ms: Option<i32>,
    /// Running qualifying part, 1–3.
    pub part: Option<u8>,
    /// Cars that may take part in each qualifying part.
    pub n_entries: Vec<u8>,
    /// The leader's lap.
    pub lap: Option<u16>,
    /// Laps in the race.
    pub n_laps: Option<u16>,
    /// Time left at `clock_at_ms`.
    pub clock_remaining_ms: Option<u32>,
    /// The moment at which that was so.
    pub clock_at_ms: Option<i32>,
    /// True while the clock runs down.
    pub clock_is_running: bool,
    /// UTC of the session clock's zero, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub utc_of_zero_ms: Option<i64>,
    /// Local time at the track less UTC, in seconds.
    pub utc_offset_s: Option<i32>,
}

/// A marshal sector under yellow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct YellowSector {
    /// Marshal sector, from 1.
    pub sector: u8,
    /// True for double yellow.
    pub is_double: bool,
}

/// The track as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Track {
    /// `clear`, `yellow`, `safety_car`, `red`, `virtual_safety_car` or `virtual_safety_car_ending`.
    pub status: String,
    /// Since when.
    pub since_ms: i32,
    /// Marshal sectors under yellow.
    pub yellow_sectors: Vec<YellowSector>,
    /// DRS (overtake mode from 2026) enabled.
    pub overtaking_aid: Option<bool>,
}

/// A reading of the weather station.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Weather {
    /// Air temperature, °C.
    pub air_temperature_c: Option<f32>,
    /// Track temperature, °C.
    pub track_temperature_c: Option<f32>,
    /// Relative humidity, %.
    pub humidity_percent: Option<f32>,
    /// Air pressure, mbar.
    pub pressure_mbar: Option<f32>,
    /// True while it rains.
    pub is_raining: Option<bool>,
    /// Where the wind comes from, degrees.
    pub wind_direction_deg: Option<u16>,
    /// Wind speed, m/s.
    pub wind_speed_mps: Option<f32>,
}

/// An entry of the entry list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Driver {
    /// Racing number.
    pub driver: u16,
    /// Three letters.
    pub tla: String,
    /// First and last name.
    pub full_name: String,
    /// Team.
    pub team: String,
    /// Team colour, six hexadecimal digits without `#`; empty if unknown.
    pub team_colour: String,
}

/// A distance to another car. Exactly one member is set, or none if unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Gap {
    /// Milliseconds behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub ms: Option<u32>,
    /// Whole laps behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub laps: Option<u16>,
    /// This car leads, on this lap.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub leader_lap: Option<u16>,
}

/// A time and its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct TimeCell {
    /// Milliseconds.
    pub ms: Option<u32>,
    /// How it ranks.
    pub colour: Colour,
}

/// One sector of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Sector {
    /// Milliseconds.
    pub ms: Option<u32>,
    /// How it ranks.
    pub colour: Colour,
    /// True while the time is that of the lap before.
    pub is_stale: bool,
    /// Mini-sectors, one letter each: `.` not driven, `y` yellow, `g` green, `p` purple, `b` pit lane, `?` unknown.
    pub segments: String,
}

/// A trap speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Speed {
    /// km/h.
    pub kmh: Option<u16>,
    /// How it ranks.
    pub colour: Colour,
}

/// A car's result in one qualifying part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Part {
    /// Best lap, milliseconds.
    pub best_ms: Option<u32>,
    /// Behind the fastest of the part.
    pub gap: Option<Gap>,
}

/// What the stewards have said about a car.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Stewards {
    /// Incidents noted or under investigation, not yet decided.
    pub n_under_investigation: u8,
    /// Time penalties not yet served, seconds.
    pub penalty_s: u16,
    /// Another pending penalty, in race control's words; empty if none.
    pub other_penalty: String,
    /// Laps deleted so far.
    pub n_deleted_laps: u8,
    /// True once the black-and-white flag was shown.
    pub is_warned: bool,
}

/// One car's row on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Car {
    /// Racing number.
    pub driver: u16,
    /// Place, from 1.
    pub position: Option<u8>,
    /// Place on the grid.
    pub grid_position: Option<u8>,
    /// Gap to the leader.
    pub gap: Option<Gap>,
    /// Interval to the car ahead.
    pub interval: Option<Gap>,
    /// True while the interval shrinks.
    pub is_catching: bool,
    /// The lap the car is on.
    pub lap: u16,
    /// Last lap.
    pub last_lap: TimeCell,
    /// Best lap.
    pub best_lap: TimeCell,
    /// The lap on which the best was driven.
    pub best_lap_number: Option<u16>,
    /// Sectors.
    #[ts(type = "[Sector, Sector, Sector]")]
    pub sectors: [Sector; 3],
    /// Trap speeds: I1, I2, finish line, speed trap.
    #[ts(type = "[Speed, Speed, Speed, Speed]")]
    pub speeds: [Speed; 4],
    /// Compound, such as `SOFT`; `null` if unknown.
    pub compound: Option<String>,
    /// Age of the tyres, laps.
    pub tyre_age: Option<u16>,
    /// True if the set was new when fitted.
    pub fresh_tyre: Option<bool>,
    /// Stint, from 1.
    pub stint: u8,
    /// Pit stops.
    pub n_pit_stops: u8,
    /// `on_track`, `in_pit`, `out_lap`, `stopped`, `retired`, `knocked_out` or `finished`.
    pub status: String,
    /// In the drop zone of the running qualifying part.
    pub in_drop_zone: bool,
    /// Q1 to Q3; empty outside qualifying.
    pub parts: Vec<Part>,
    /// What the stewards have said.
    pub stewards: Stewards,
}

/// One lap of one car.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Lap {
    /// Racing number.
    pub driver: u16,
    /// Lap, from 1.
    pub number: u16,
    /// When it began.
    pub started_at_ms: Option<i32>,
    /// When the car crossed the line; `null` while it runs.
    pub ended_at_ms: Option<i32>,
    /// Lap time.
    pub time_ms: Option<u32>,
    /// How it ranked when it was set.
    pub colour: Colour,
    /// Sector times.
    pub sectors_ms: [Option<u32>; 3],
    /// How each ranked when it was set.
    pub sector_colours: [Colour; 3],
    /// Trap speeds I1, I2, finish line, speed trap, km/h.
    pub speeds_kmh: [Option<u16>; 4],
    /// Compound.
    pub compound: Option<String>,
    /// Age of the tyres at the end of the lap, laps.
    pub tyre_life: Option<u16>,
    /// True if the set was new when fitted.
    pub fresh_tyre: Option<bool>,
    /// Stint, from 1.
    pub stint: Option<u8>,
    /// Place when the lap ended; races only.
    pub position: Option<u8>,
    /// Gap to the leader when the lap ended; races only.
    pub gap_to_leader_ms: Option<u32>,
    /// When the car entered the pit lane.
    pub pit_in_at_ms: Option<i32>,
    /// When the car left the pit lane.
    pub pit_out_at_ms: Option<i32>,
    /// Track status codes met, such as `124`: 1 clear, 2 yellow, 4 SC, 5 red, 6 VSC, 7 VSC ending.
    pub track_status: String,
    /// Qualifying part.
    pub part: Option<u8>,
    /// True if the time was struck off.
    pub deleted: bool,
    /// Why.
    pub deleted_reason: String,
    /// True if it was this car's best so far.
    pub is_personal_best: bool,
    /// True if the time may be compared.
    pub is_accurate: bool,
}

/// One run on one set of tyres.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Stint {
    /// Racing number.
    pub driver: u16,
    /// Stint, from 1.
    pub number: u8,
    /// Compound.
    pub compound: String,
    /// True if the set was new when fitted.
    pub fresh: Option<bool>,
    /// First lap.
    pub first_lap: u16,
    /// Last lap so far.
    pub last_lap: u16,
    /// Laps the set had when fitted.
    pub age_at_start: u16,
    /// Best lap.
    pub best_ms: Option<u32>,
    /// True once another set is on.
    pub is_over: bool,
}

/// One visit to the pit lane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct PitStop {
    /// Racing number.
    pub driver: u16,
    /// Visit, from 1.
    pub number: u8,
    /// Lap on which the car came in.
    pub lap: u16,
    /// When it entered the lane.
    pub entered_at_ms: Option<i32>,
    /// When it left the lane.
    pub left_at_ms: Option<i32>,
    /// Entry to exit.
    pub lane_ms: Option<u32>,
    /// Standing still.
    pub stop_ms: Option<u32>,
    /// Compound before.
    pub from: Option<String>,
    /// Compound after.
    pub to: Option<String>,
    /// Track status on entry.
    pub track_status: String,
}

/// One message of race control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RaceControl {
    /// Place in the session's list.
    pub index: u16,
    /// When it became known.
    pub t_ms: i32,
    /// When race control issued it, milliseconds since 1970.
    #[ts(type = "number | null")]
    pub utc_ms: Option<i64>,
    /// The leader's lap.
    pub lap: Option<u16>,
    /// `flag`, `safety_car`, `drs`, `car_event`, `session_status` or `other`.
    pub category: String,
    /// `green`, `clear`, `yellow`, `double_yellow`, `red`, `blue`, `chequered`, `black_and_white`, …
    pub flag: Option<String>,
    /// Marshal sector of the flag.
    pub sector: Option<u8>,
    /// The car it is about.
    pub driver: Option<u16>,
    /// Every car the text names.
    pub drivers: Vec<u16>,
    /// The text, as issued.
    pub text: String,
}

/// A figure that speaks for an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Evidence {
    /// What was measured.
    pub what: String,
    /// The figure.
    pub value: f32,
    /// What it was held against.
    pub reference: f32,
    /// Unit of both.
    pub unit: String,
}

/// An anomaly on one car.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Alert {
    /// Place in the session's list.
    pub index: u16,
    /// `engine_over_rev`, `drs_open_out_of_zone`, `drs_open_under_braking`, `lock_up`, `sensor_stuck`,
    /// `sensor_drop_out`, `power_loss`, `slow_puncture` or `tyre_cliff`.
    pub kind: String,
    /// Racing number.
    pub driver: u16,
    /// Lap.
    pub lap: Option<u16>,
    /// When it was concluded.
    pub t_ms: i32,
    /// When it began.
    pub started_at_ms: i32,
    /// When it was worst.
    pub peak_at_ms: i32,
    /// When it ended.
    pub ended_at_ms: Option<i32>,
    /// Where it was worst, metres from the line.
    pub distance_m: Option<f32>,
    /// The figures.
    pub evidence: Vec<Evidence>,
    /// How sure, 0–1.
    pub confidence: f32,
    /// One line for people.
    pub text: String,
}

/// A radio recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Radio {
    /// Place in the session's list.
    pub index: u16,
    /// When it became known.
    pub t_ms: i32,
    /// Racing number.
    pub driver: u16,
    /// Path below the session's folder in the publisher's archive.
    pub path: String,
}

/// Where the values of one feed come from, and how fresh they are, from `t_ms` on until the next word about it.
///
/// Only a live session, or the recording of one, has feed states: an archived session is one source, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FeedState {
    /// `session`, `timing`, `tyres`, `race_control`, `weather`, `cars`, `positions`, `pit_stops` or `extras`.
    pub feed: String,
    /// `signalr`, `archive`, `openf1`, `open_meteo` or `estimate`; `null` if from nowhere.
    pub source: Option<String>,
    /// `live`: as fresh as its best source can be. `late`: from a slower source, or behind its usual age. `estimated`:
    /// concluded from other feeds. `missing`: not there, last values stand.
    pub liveness: String,
    /// How old values of this source usually are when they arrive.
    pub delay_ms: Option<u32>,
    /// When something last came.
    pub last_at_ms: Option<i32>,
    /// Why it is not live, in words for a person; empty if it is.
    pub reason: String,
    /// When this became known.
    pub t_ms: i32,
}

/// A time in which some feeds came from nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FeedGap {
    /// Which gap of the session, from 0 in the order of beginning.
    pub index: u16,
    /// The feeds that were missing, named as in [`FeedState`].
    pub feeds: Vec<String>,
    /// The last moment before it.
    pub from_ms: i32,
    /// The first moment after it; `null` while it lasts.
    pub to_ms: Option<i32>,
    /// Which source gave afterwards what was missed; `null` if nothing did.
    pub filled_by: Option<String>,
    /// Why, in words for a person.
    pub reason: String,
    /// When this became known.
    pub t_ms: i32,
}

/// One step of a forecast. What the forecaster does not say is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ForecastStep {
    /// The moment it is for, milliseconds since 1970. Rain and its probability are of the span that ends then.
    #[ts(type = "number")]
    pub utc_ms: i64,
    /// Air temperature two metres above the ground, °C.
    pub air_temperature_c: Option<f32>,
    /// Rain, showers and snow in the step, mm.
    pub precipitation_mm: Option<f32>,
    /// Probability of more than 0.1 mm, %.
    pub precipitation_percent: Option<u8>,
    /// Cloud cover, %.
    pub cloud_percent: Option<u8>,
    /// Wind ten metres above the ground, m/s.
    pub wind_speed_mps: Option<f32>,
    /// Where the wind comes from, degrees from north.
    pub wind_direction_deg: Option<u16>,
    /// Weather as the WMO's code 4677 has it.
    pub weather_code: Option<u8>,
}

/// A weather forecast for the circuit: `/api/v1/sessions/{id}/forecast`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Forecast {
    /// When it was fetched, milliseconds since 1970.
    #[ts(type = "number")]
    pub fetched_utc_ms: i64,
    /// In order of time.
    pub steps: Vec<ForecastStep>,
}

/// One part of what a client may see, whole. Each replaces the part with the same key: kind, and driver, number or
/// index where there are several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Item {
    /// The session.
    Session(Session),
    /// The track.
    Track(Track),
    /// The weather.
    Weather(Weather),
    /// A driver; key `driver`.
    Driver(Driver),
    /// A row of the board; key `driver`.
    Car(Box<Car>),
    /// A car that left the list: forget its row.
    Gone(u16),
    /// A lap; key `driver`, `number`.
    Lap(Box<Lap>),
    /// A stint; key `driver`, `number`.
    Stint(Stint),
    /// A pit stop; key `driver`, `number`.
    PitStop(PitStop),
    /// A message of race control; key `index`.
    RaceControl(RaceControl),
    /// An alert; key `index`.
    Alert(Alert),
    /// A radio recording; key `index`.
    Radio(Radio),
    /// Where a feed comes from now; key `feed`. Live sessions and their recordings only.
    Feed(FeedState),
    /// A time without some feeds; key `index`.
    Gap(FeedGap),
    /// The latest weather forecast.
    Forecast(Forecast),
}

/// A mark on the scrubber: what kind of thing happened when. Only marks up to the client's clock are sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Mark {
    /// When.
    pub t_ms: i32,
    /// When it was over, for spans (safety car, red flag, gap in the data).
    pub until_ms: Option<i32>,
    /// `start`, `finish`, `yellow`, `safety_car`, `virtual_safety_car`, `red`, `retirement`, `alert`, `part`, `gap` (a
    /// time without some feeds) or `filled_gap` (another source has since told what was missed).
    pub kind: String,
    /// One line for people.
    pub text: String,
}

/// Where a client's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Clock {
    /// The client's clock: nothing later has been sent.
    pub t_ms: i32,
    /// First moment of the recording.
    pub start_ms: i32,
    /// Last moment available now (grows while live).
    pub head_ms: i32,
    /// False while paused.
    pub is_playing: bool,
    /// Speed, 0.25–60.
    pub speed: f32,
    /// Delay behind the head when following it, seconds, 0–300.
    pub delay_s: f32,
    /// True while the client follows the head (less its delay).
    pub is_following: bool,
    /// True if the head still grows: a live session, or a replay run as if live.
    pub is_live: bool,
}

/// One car in a telemetry frame, as an array to be short:
/// `[driver, x_dm, y_dm, speed_kmh, rpm, gear, throttle, brake, drs, lap_distance_m, flags]`.
///
/// Absent values are `null`. `drs`: 0 closed, 1 eligible, 2 open. `flags` bit 0: car channels measured at this moment
/// (else estimated); bit 1: position measured; bit 2: position is old (no fix for over a second); bit 3: off track; bit 4:
/// position concluded from the timing screen, because the session has no fixes now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct CarFrame(
    pub u16,
    pub Option<i32>,
    pub Option<i32>,
    pub Option<u16>,
    pub Option<u16>,
    pub Option<i8>,
    pub Option<u8>,
    pub Option<u8>,
    pub Option<u8>,
    pub Option<f32>,
    pub u8,
);

/// What the server sends on `/ws/v1/timeline`. JSON text frames, or MessagePack binary frames with `?format=msgpack`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Everything at one moment: forget what you know and take this. Sent on connect, after a seek and when a client
    /// lagged too far behind.
    Snapshot {
        /// Session shown.
        session_id: String,
        /// Version: the last change included.
        #[ts(type = "number")]
        version: u64,
        /// The moment.
        t_ms: i32,
        /// Every part there is.
        items: Vec<Item>,
        /// Marks on the scrubber up to now.
        marks: Vec<Mark>,
    },
    /// One change. Versions rise by any step; a version not above the known one can be ignored.
    Delta {
        /// Version.
        #[ts(type = "number")]
        version: u64,
        /// When it became known.
        t_ms: i32,
        /// The new value.
        item: Item,
    },
    /// The marks on the scrubber up to now, all of them: sent when they change after the snapshot.
    Marks {
        /// In order of time.
        marks: Vec<Mark>,
    },
    /// The client's clock: on every change of mode and about once a second.
    Clock(Clock),
    /// A telemetry frame, if asked for with [`ClientMessage::Telemetry`].
    Telemetry {
        /// The moment of the frame: about 0.3 s behind the client's clock (one sample of look-ahead), and in a live session
        /// as far behind it as samples come late.
        t_ms: i32,
        /// Cars with anything to show.
        cars: Vec<CarFrame>,
    },
    /// The session is over, as far as this client follows it, and another one has begun.
    Successor {
        /// Which.
        session_id: String,
    },
    /// The client asked for something that cannot be done. The connection stays open.
    Error {
        /// One line for people.
        message: String,
    },
}

/// What a client sends on `/ws/v1/timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Let the clock run.
    Play,
    /// Let the clock stand.
    Pause,
    /// Put the clock to a moment (held inside what is available). Stops following the head.
    Seek {
        /// The moment.
        t_ms: i32,
    },
    /// Change the speed. Stops following the head unless 1.
    Speed {
        /// 0.25–60.
        value: f32,
    },
    /// Change the delay behind the head.
    Delay {
        /// Seconds, 0–300.
        seconds: f32,
    },
    /// Follow the head, less the delay.
    Follow,
    /// Ask for telemetry frames.
    Telemetry {
        /// Frames per second of wall time, 0 (off) to 50.
        hz: f32,
        /// Cars; all if empty.
        drivers: Vec<u16>,
    },
}

/// A corner of the track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Corner {
    /// Number as painted.
    pub number: u8,
    /// Letter after the number; usually empty.
    pub letter: String,
    /// Where, decimetres.
    pub x_dm: f32,
    /// Where, decimetres.
    pub y_dm: f32,
    /// Metres from the start line.
    pub distance_m: f32,
}

/// The map of a session's track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct TrackMap {
    /// The centre line as driven, one lap from the start line: x and y in decimetres, in pairs.
    pub points_dm: Vec<[f32; 2]>,
    /// Metres from the start line of each point.
    pub distances_m: Vec<f32>,
    /// Length of a lap, metres.
    pub length_m: f32,
    /// How far to turn the picture counter-clockwise for the usual view, degrees.
    pub rotation_deg: f32,
    /// Corners in driving order; empty if none could be found.
    pub corners: Vec<Corner>,
    /// The pit lane as driven, decimetres; empty if nobody drove it.
    pub pit_lane_dm: Vec<[f32; 2]>,
    /// Where each marshal sector begins, metres from the start line, sector 1 first; empty if unknown.
    pub marshal_sectors_m: Vec<f32>,
    /// Where timing sectors 1 and 2 end, metres from the start line; empty if unknown.
    pub sectors_m: Vec<f32>,
    /// `circuit_file`, `derived` (from the session's own laps) or `designed` (a circuit of our own).
    pub origin: String,
}

/// One lap's channels on distance. All arrays have one element per step, the first at the start line; a channel without
/// any value in the lap is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Trace {
    /// Racing number.
    pub driver: u16,
    /// Lap.
    pub lap: u16,
    /// Lap time as timed, milliseconds.
    pub time_ms: Option<u32>,
    /// Metres between elements.
    pub step_m: f32,
    /// Seconds since the start of the lap.
    pub elapsed_s: Vec<f32>,
    /// km/h.
    pub speed_kmh: Vec<f32>,
    /// 0–100 %.
    pub throttle_percent: Vec<f32>,
    /// 0–100 %.
    pub brake_percent: Vec<f32>,
    /// Gear.
    pub gear: Vec<i8>,
    /// 1/min.
    pub rpm: Vec<f32>,
    /// 0 closed, 1 eligible, 2 open; `null` if the season has no such channel.
    pub drs: Option<Vec<u8>>,
    /// Decimetres; empty without positions.
    pub x_dm: Vec<f32>,
    /// Decimetres; empty without positions.
    pub y_dm: Vec<f32>,
    /// Mean time between measured samples of this lap, milliseconds.
    pub sample_interval_ms: f32,
}

/// What one corner or straight costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SectionDelta {
    /// Name, such as `T9` or `T9–T10` for the straight between them.
    pub name: String,
    /// True for a corner, false for a straight.
    pub is_corner: bool,
    /// Where it begins, metres.
    pub from_m: f32,
    /// Where it ends, metres.
    pub to_m: f32,
    /// Slowest speed of lap `a` and `b`, km/h.
    pub min_speed_kmh: [Option<f32>; 2],
    /// Time lost by `b` to `a` in it, seconds; negative if gained. The sections sum up to the difference of lap times.
    pub delta_s: f32,
}

/// Two laps aligned by distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Comparison {
    /// The reference.
    pub a: Trace,
    /// The lap held against it, on the same steps.
    pub b: Trace,
    /// Seconds that `b` is behind `a` at each step; negative if ahead. The last one is the difference of lap times.
    pub delta_s: Vec<f32>,
    /// Corner by corner.
    pub sections: Vec<SectionDelta>,
}

/// The board at one moment: `/api/v1/sessions/{id}/board?t_ms=`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Board {
    /// The moment.
    pub t_ms: i32,
    /// The session.
    pub session: Session,
    /// The track.
    pub track: Track,
    /// The weather.
    pub weather: Option<Weather>,
    /// Rows in order of position; cars without one last.
    pub cars: Vec<Car>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Page<T> {
    /// The elements.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u32,
    /// Index of the first one here.
    pub offset: u32,
    /// Most that a page may hold.
    pub limit: u32,
}

/// A reading of the weather station and when it came: `/api/v1/sessions/{id}/weather`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct WeatherReading {
    /// When it became known.
    pub t_ms: i32,
    /// The reading.
    pub weather: Weather,
}

/// One reading of a car's channels, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct CarSample {
    /// When the car was sampled.
    pub t_ms: i32,
    /// km/h.
    pub speed_kmh: Option<u16>,
    /// 1/min.
    pub rpm: Option<u16>,
    /// Gear.
    pub gear: Option<i8>,
    /// 0–100 %.
    pub throttle_percent: Option<u8>,
    /// 0–100 %.
    pub brake_percent: Option<u8>,
    /// 0 closed, 1 eligible, 2 open.
    pub drs: Option<u8>,
}

/// One position fix, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct PositionSample {
    /// When the position was taken.
    pub t_ms: i32,
    /// East, decimetres.
    pub x_dm: i32,
    /// North, decimetres.
    pub y_dm: i32,
    /// Height, decimetres.
    pub z_dm: i32,
    /// False when the feed says that the car is off the track.
    pub on_track: bool,
}

/// The samples of one car in a window of time: `/api/v1/sessions/{id}/telemetry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct TelemetryWindow {
    /// Racing number.
    pub driver: u16,
    /// First moment of the window.
    pub from_ms: i32,
    /// The moment before which it ends.
    pub to_ms: i32,
    /// Readings of the car's channels, in order of time.
    pub cars: Vec<CarSample>,
    /// Position fixes, in order of time.
    pub positions: Vec<PositionSample>,
}

/// A session and how far it goes: `/api/v1/sessions/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SessionDetail {
    /// The recording.
    pub summary: SessionSummary,
    /// First moment.
    pub start_ms: i32,
    /// Last moment available now.
    pub head_ms: i32,
    /// Where clients are that follow without delay.
    pub house_ms: i32,
    /// True while the head grows.
    pub is_live: bool,
    /// Changes in the log up to the head.
    #[ts(type = "number")]
    pub version: u64,
}

/// Latest sample of one car: `/api/v1/telemetry/live`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct LiveSample {
    /// Racing number.
    pub driver: u16,
    /// Three letters.
    pub tla: String,
    /// When it was measured.
    pub t_ms: i32,
    /// How old it is at the session's clock, milliseconds.
    pub age_ms: i32,
    /// Where it comes from, such as `archive`.
    pub source: String,
    /// True if measured at `t_ms`, false if estimated.
    pub is_measured: bool,
    /// km/h.
    pub speed_kmh: Option<u16>,
    /// 1/min.
    pub rpm: Option<u16>,
    /// Gear.
    pub gear: Option<i8>,
    /// 0–100 %.
    pub throttle_percent: Option<u8>,
    /// 0–100 %.
    pub brake_percent: Option<u8>,
    /// 0 closed, 1 eligible, 2 open.
    pub drs: Option<u8>,
    /// Decimetres.
    pub x_dm: Option<i32>,
    /// Decimetres.
    pub y_dm: Option<i32>,
}

/// A credential that a live source uses: what became of it, never the credential itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct CredentialHealth {
    /// `good` (as far as is known), `expiring` (within a day), `expired` or `rejected`.
    pub state: String,
    /// When it ends, milliseconds since 1970, if that is known.
    #[ts(type = "number | null")]
    pub expires_utc_ms: Option<i64>,
}

/// What one live source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct SourceHealth {
    /// `signalr`, `archive`, `openf1` or `open_meteo`.
    pub source: String,
    /// `off` (by choice, or something it needs is missing), `idle` (a better source gives everything), `connecting`,
    /// `connected` or `waiting` (it failed and tries again).
    pub phase: String,
    /// For how long, seconds.
    #[ts(type = "number")]
    pub since_s: u64,
    /// More about it, in words for a person.
    pub detail: String,
    /// How long ago something last came.
    #[ts(type = "number | null")]
    pub last_message_age_ms: Option<u64>,
    /// Messages so far.
    #[ts(type = "number")]
    pub n_messages: u64,
    /// Bytes so far.
    #[ts(type = "number")]
    pub n_bytes: u64,
    /// How often a connection or request failed.
    #[ts(type = "number")]
    pub n_failures: u64,
    /// How long until it tries again; `null` unless it waits.
    #[ts(type = "number | null")]
    pub retry_in_ms: Option<u64>,
    /// The credential it uses; `null` if none.
    pub credential: Option<CredentialHealth>,
}

/// What the recorder of a live session is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RecorderHealth {
    /// `waiting` (nothing was heard yet), `recording` or `stopped` (messages are being lost).
    pub state: String,
    /// Why it stopped or is held up, in words for a person; empty if all is well.
    pub reason: String,
    /// Name of the file in the data folder; `null` before the first.
    pub file: Option<String>,
    /// Size of the file, bytes.
    #[ts(type = "number")]
    pub size_bytes: u64,
    /// Messages in it.
    #[ts(type = "number")]
    pub n_messages: u64,
    /// Age of the oldest message that is not safe on the disk yet: what a loss of power would take. `null` if all are.
    #[ts(type = "number | null")]
    pub unflushed_age_ms: Option<u64>,
    /// Messages that could not be recorded.
    #[ts(type = "number")]
    pub n_lost_messages: u64,
    /// Bytes that could not be recorded.
    #[ts(type = "number")]
    pub n_lost_bytes: u64,
}

/// A feed at the head of the live session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct FeedHealth {
    /// Its state.
    pub state: FeedState,
    /// How long ago something last came, on the session clock; `null` if nothing did.
    #[ts(type = "number | null")]
    pub age_ms: Option<i64>,
}

/// The live session: `/api/v1/live`, and part of `/api/v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct LiveHealth {
    /// `ok` or `degraded`.
    pub status: String,
    /// Why it is degraded, worst first, each one line for a person; empty if it is not.
    pub reasons: Vec<String>,
    /// The session that is live now, or was last; `null` before the first.
    pub session_id: Option<String>,
    /// The sources, best first.
    pub sources: Vec<SourceHealth>,
    /// The recorder; `null` if nothing is recorded.
    pub recorder: Option<RecorderHealth>,
    /// The feeds as they are now, whatever any client's clock says.
    pub feeds: Vec<FeedHealth>,
}

/// Health of the service: `/api/v1/health`. The answer is 200 whatever it says: read `status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: String,
    /// Why it is degraded, worst first, each one line for a person; empty if it is not.
    pub reasons: Vec<String>,
    /// Version of Overcut.
    pub version: String,
    /// Seconds since start.
    #[ts(type = "number")]
    pub uptime_s: u64,
    /// Connected WebSocket clients.
    pub clients: u32,
    /// Sessions in the data folder.
    pub sessions: u32,
    /// The session that `/api/v1/telemetry/live` and the feed port follow.
    pub current_session: Option<String>,
    /// The live session with its sources and its recorder; `null` unless the program runs one.
    pub live: Option<LiveHealth>,
}

/// Why a request was refused: RFC 9457 problem details, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Problem {
    /// What kind of problem: a path below this server's `/problems/`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for people, always the same words for one kind.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What is wrong with this request and what to do.
    pub detail: String,
}

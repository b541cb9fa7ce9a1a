//! The tables of a session, but for telemetry.
//!
//! This file is long and flat on purpose: it is the description of the tables, one column a line.

use std::borrow::Cow;

use overcut_domain::{
    Alert, DriverNumber, FlagScope, Gap, Lap, LapNumber, LapTime, PitStop, RaceControlMessage, SessionTime, Stamped,
    Stint, Weather,
};

use super::{Cell, Table, column, word};

/// An entry of the entry list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DriverRow {
    /// Which car.
    pub driver: DriverNumber,
    /// Three letters.
    pub tla: String,
    /// First and last name.
    pub full_name: String,
    /// Team.
    pub team: String,
    /// Team colour as six hexadecimal digits without `#`. Empty if unknown.
    pub team_colour: String,
}

/// A car's result: its row on the board at the end of the recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultRow {
    /// Place; `None` until the feed says so.
    pub position: Option<u8>,
    /// Who.
    pub entry: DriverRow,
    /// Place on the grid; races only.
    pub grid_position: Option<u8>,
    /// Laps completed.
    pub n_laps: u16,
    /// Where the car is, in one word, such as `finished` or `retired`.
    pub status: String,
    /// Best lap.
    pub best_lap: Option<LapTime>,
    /// The lap on which it was driven.
    pub best_lap_number: Option<LapNumber>,
    /// Gap to the leader: by time on track in a race, by best lap elsewhere.
    pub gap: Option<Gap>,
    /// Visits to the pit lane.
    pub n_pit_stops: u8,
    /// Time penalties given and not yet served, in seconds.
    pub penalty_s: u16,
    /// Best laps of Q1 to Q3; qualifying only.
    pub parts: [Option<LapTime>; 3],
}

fn at(time: Option<SessionTime>) -> Option<i64> {
    time.map(SessionTime::as_millis)
}

fn lasting(time: Option<LapTime>) -> Option<i64> {
    time.map(|time| time.as_millis().into())
}

fn text(text: &str) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// Every lap of every car.
#[rustfmt::skip] // One column a line reads as the table it is.
pub fn laps_table() -> Table<Lap> {
    use Cell::{Flag, Millis, Text, Whole};
    Table { name: "laps", key: &["driver", "lap_number"], columns: vec![
        column("driver", "Racing number", Whole(|lap| Some(lap.driver.0.into()))),
        column("lap_number", "Lap, from 1", Whole(|lap| Some(lap.number.0.into()))),
        column("started_at_ms", "When it began, on the session clock", Millis(|lap| at(lap.started_at))),
        column("ended_at_ms", "When the car crossed the line at its end, on the session clock", Millis(|lap| at(lap.ended_at))),
        column("lap_time_ms", "Lap time as measured", Millis(|lap| lasting(lap.time))),
        column("colour", "How it ranked when it was set: plain, green or purple", Text(|lap| word(&lap.colour))),
        column("sector_1_ms", "Time of sector 1", Millis(|lap| lasting(lap.sectors[0]))),
        column("sector_2_ms", "Time of sector 2", Millis(|lap| lasting(lap.sectors[1]))),
        column("sector_3_ms", "Time of sector 3", Millis(|lap| lasting(lap.sectors[2]))),
        column("sector_1_at_ms", "When sector 1 ended, on the session clock", Millis(|lap| at(lap.sector_ended_at[0]))),
        column("sector_2_at_ms", "When sector 2 ended, on the session clock", Millis(|lap| at(lap.sector_ended_at[1]))),
        column("sector_3_at_ms", "When sector 3 ended, on the session clock", Millis(|lap| at(lap.sector_ended_at[2]))),
        column("sector_1_colour", "How sector 1 ranked when it was set", Text(|lap| word(&lap.sector_colours[0]))),
        column("sector_2_colour", "How sector 2 ranked when it was set", Text(|lap| word(&lap.sector_colours[1]))),
        column("sector_3_colour", "How sector 3 ranked when it was set", Text(|lap| word(&lap.sector_colours[2]))),
        column("speed_i1_kmh", "Speed at the end of sector 1", Whole(|lap| lap.speeds.i1_kmh.map(i32::from))),
        column("speed_i2_kmh", "Speed at the end of sector 2", Whole(|lap| lap.speeds.i2_kmh.map(i32::from))),
        column("speed_finish_line_kmh", "Speed at the finish line", Whole(|lap| lap.speeds.finish_line_kmh.map(i32::from))),
        column("speed_trap_kmh", "Speed at the trap on the longest straight", Whole(|lap| lap.speeds.speed_trap_kmh.map(i32::from))),
        column("compound", "Compound on the car, such as SOFT", Text(|lap| word(&lap.compound?))),
        column("tyre_life_laps", "Age of the tyres at the end of the lap, other sessions included", Whole(|lap| lap.tyre_life.map(i32::from))),
        column("fresh_tyre", "True if the set was new when it was fitted", Flag(|lap| lap.fresh_tyre)),
        column("stint", "Stint, from 1", Whole(|lap| lap.stint.map(i32::from))),
        column("position", "Place when the lap ended; races only", Whole(|lap| lap.position.map(i32::from))),
        column("gap_to_leader_ms", "Gap to the leader when the lap ended; races only, on the lead lap", Millis(|lap| lap.gap_to_leader_ms.map(i64::from))),
        column("pit_in_at_ms", "When the car entered the pit lane, on the session clock", Millis(|lap| at(lap.pit_in_at))),
        column("pit_out_at_ms", "When the car left the pit lane, on the session clock", Millis(|lap| at(lap.pit_out_at))),
        column("track_status", "Codes of every status met: 1 clear, 2 yellow, 4 SC, 5 red, 6 VSC, 7 VSC ending", Text(track_status_codes)),
        column("part", "Qualifying part, 1 to 3", Whole(|lap| lap.part.map(|part| part.0.into()))),
        column("deleted", "True if the stewards struck the time off", Flag(|lap| Some(lap.deleted))),
        column("deleted_reason", "Why, in race control's words", Text(|lap| text(&lap.deleted_reason))),
        column("is_personal_best", "True if it was this car's best so far when it was set", Flag(|lap| Some(lap.is_personal_best))),
        column("is_accurate", "True if the time may be compared: complete, consistent, green, no pit, not deleted", Flag(|lap| Some(lap.is_accurate))),
    ] }
}

fn track_status_codes(lap: &Lap) -> Option<Cow<'_, str>> {
    let codes: String = lap.track_status.iter().map(|status| char::from(b'0' + status.code())).collect();
    (!codes.is_empty()).then_some(Cow::Owned(codes))
}

/// Every run on one set of tyres.
#[rustfmt::skip]
pub fn stints_table() -> Table<Stint> {
    use Cell::{Flag, Millis, Text, Whole};
    Table { name: "stints", key: &["driver", "stint"], columns: vec![
        column("driver", "Racing number", Whole(|stint| Some(stint.driver.0.into()))),
        column("stint", "Stint, from 1", Whole(|stint| Some(stint.number.into()))),
        column("compound", "Compound, such as SOFT", Text(|stint| word(&stint.compound))),
        column("fresh_tyre", "True if the set was new when it was fitted", Flag(|stint| stint.fresh)),
        column("first_lap", "First lap on the set", Whole(|stint| Some(stint.first_lap.0.into()))),
        column("last_lap", "Last lap on the set so far", Whole(|stint| Some(stint.last_lap.0.into()))),
        column("age_at_start_laps", "Laps the set had when it was fitted", Whole(|stint| Some(stint.age_at_start.into()))),
        column("best_lap_ms", "Best lap of the stint", Millis(|stint| lasting(stint.best_lap))),
        column("is_over", "True once another set is on the car", Flag(|stint| Some(stint.is_over))),
    ] }
}

/// Every visit to the pit lane.
#[rustfmt::skip]
pub fn pit_stops_table() -> Table<PitStop> {
    use Cell::{Millis, Text, Whole};
    Table { name: "pit_stops", key: &["driver", "visit"], columns: vec![
        column("driver", "Racing number", Whole(|stop| Some(stop.driver.0.into()))),
        column("visit", "Visit to the pit lane, from 1", Whole(|stop| Some(stop.number.into()))),
        column("lap_number", "Lap on which the car came in", Whole(|stop| Some(stop.lap.0.into()))),
        column("entered_at_ms", "When it entered the lane, on the session clock", Millis(|stop| at(stop.entered_at))),
        column("left_at_ms", "When it left the lane, on the session clock", Millis(|stop| at(stop.left_at))),
        column("lane_time_ms", "Entry to exit, as measured by the feed", Millis(|stop| lasting(stop.lane_time))),
        column("stop_time_ms", "Standing still, as measured by the feed", Millis(|stop| lasting(stop.stop_time))),
        column("compound_before", "Compound before, such as SOFT", Text(|stop| word(&stop.from?))),
        column("compound_after", "Compound after", Text(|stop| word(&stop.to?))),
        column("track_status", "Track status on entry: clear, yellow, safety_car, red, virtual_safety_car or virtual_safety_car_ending", Text(|stop| word(&stop.track_status))),
    ] }
}

/// Every message of race control, with the moment at which it became known.
#[rustfmt::skip]
pub fn race_control_table() -> Table<Stamped<RaceControlMessage>> {
    use Cell::{Millis, Text, Utc, Whole};
    Table { name: "race_control", key: &["index"], columns: vec![
        column("index", "Place in the session's list, from 0", Whole(|row| Some(row.value.index.into()))),
        column("time_ms", "When it became known, on the session clock", Millis(|row| Some(row.time.as_millis()))),
        column("utc", "When race control issued it", Utc(|row| row.value.utc)),
        column("lap_number", "The leader's lap", Whole(|row| row.value.lap.map(|lap| lap.0.into()))),
        column("category", "flag, safety_car, drs, car_event, session_status or other", Text(|row| word(&row.value.category))),
        column("flag", "green, clear, yellow, double_yellow, red, blue, chequered, black_and_white, …", Text(|row| word(&row.value.flag?))),
        column("scope", "Whom or where the flag is for: track, sector or driver", Text(|row| row.value.scope.map(scope))),
        column("sector", "Marshal sector of the flag, from 1", Whole(|row| sector(row.value.scope?))),
        column("driver", "Racing number of the car it is about", Whole(|row| driver(&row.value))),
        column("safety_car", "safety_car or virtual", Text(|row| word(&row.value.safety_car?))),
        column("status", "The feed's status word, such as DEPLOYED", Text(|row| text(&row.value.status))),
        column("text", "The text, as issued", Text(|row| text(&row.value.text))),
    ] }
}

fn scope(scope: FlagScope) -> Cow<'static, str> {
    Cow::Borrowed(match scope {
        FlagScope::Track => "track",
        FlagScope::Sector(_) => "sector",
        FlagScope::Driver(_) => "driver",
    })
}

fn sector(scope: FlagScope) -> Option<i32> {
    match scope {
        FlagScope::Sector(sector) => Some(sector.into()),
        FlagScope::Track | FlagScope::Driver(_) => None,
    }
}

fn driver(message: &RaceControlMessage) -> Option<i32> {
    let of_flag = match message.scope {
        Some(FlagScope::Driver(driver)) => Some(driver),
        _ => None,
    };
    message.driver.or(of_flag).map(|driver| driver.0.into())
}

/// Every reading of the weather station.
#[rustfmt::skip]
pub fn weather_table() -> Table<Stamped<Weather>> {
    use Cell::{Flag, Millis, Real, Whole};
    Table { name: "weather", key: &["time_ms"], columns: vec![
        column("time_ms", "When it became known, on the session clock", Millis(|row| Some(row.time.as_millis()))),
        column("air_temperature_c", "Air temperature, °C", Real(|row| row.value.air_temperature_c)),
        column("track_temperature_c", "Track surface temperature, °C", Real(|row| row.value.track_temperature_c)),
        column("humidity_percent", "Relative humidity", Real(|row| row.value.humidity_percent)),
        column("pressure_mbar", "Air pressure at the circuit", Real(|row| row.value.pressure_mbar)),
        column("is_raining", "True while it rains", Flag(|row| row.value.is_raining)),
        column("wind_direction_deg", "Where the wind comes from, degrees from north", Whole(|row| row.value.wind_direction_deg.map(i32::from))),
        column("wind_speed_mps", "Wind speed, m/s", Real(|row| row.value.wind_speed_mps)),
    ] }
}

/// The entry list.
#[rustfmt::skip]
pub fn drivers_table() -> Table<DriverRow> {
    use Cell::{Text, Whole};
    Table { name: "drivers", key: &["driver"], columns: vec![
        column("driver", "Racing number", Whole(|row| Some(row.driver.0.into()))),
        column("tla", "Three letters", Text(|row| text(&row.tla))),
        column("full_name", "First and last name", Text(|row| text(&row.full_name))),
        column("team", "Team", Text(|row| text(&row.team))),
        column("team_colour", "Team colour, six hexadecimal digits", Text(|row| text(&row.team_colour))),
    ] }
}

/// The board at the end of the recording.
#[rustfmt::skip]
pub fn results_table() -> Table<ResultRow> {
    use Cell::{Millis, Text, Whole};
    Table { name: "results", key: &["driver"], columns: vec![
        column("position", "Place", Whole(|row| row.position.map(i32::from))),
        column("driver", "Racing number", Whole(|row| Some(row.entry.driver.0.into()))),
        column("tla", "Three letters", Text(|row| text(&row.entry.tla))),
        column("full_name", "First and last name", Text(|row| text(&row.entry.full_name))),
        column("team", "Team", Text(|row| text(&row.entry.team))),
        column("grid_position", "Place on the grid; races only", Whole(|row| row.grid_position.map(i32::from))),
        column("n_laps", "Laps completed", Whole(|row| Some(row.n_laps.into()))),
        column("status", "on_track, in_pit, out_lap, stopped, retired, knocked_out or finished", Text(|row| text(&row.status))),
        column("best_lap_ms", "Best lap", Millis(|row| lasting(row.best_lap))),
        column("best_lap_number", "Lap on which it was driven", Whole(|row| row.best_lap_number.map(|lap| lap.0.into()))),
        column("gap_to_leader_ms", "Behind the leader by this time: on track in a race, by best lap elsewhere", Millis(|row| gap_ms(row.gap?))),
        column("gap_to_leader_laps", "Behind the leader by whole laps", Whole(|row| gap_laps(row.gap?))),
        column("n_pit_stops", "Visits to the pit lane", Whole(|row| Some(row.n_pit_stops.into()))),
        column("penalty_s", "Time penalties given and not yet served", Whole(|row| Some(row.penalty_s.into()))),
        column("q1_ms", "Best lap of Q1; qualifying only", Millis(|row| lasting(row.parts[0]))),
        column("q2_ms", "Best lap of Q2", Millis(|row| lasting(row.parts[1]))),
        column("q3_ms", "Best lap of Q3", Millis(|row| lasting(row.parts[2]))),
    ] }
}

fn gap_ms(gap: Gap) -> Option<i64> {
    match gap {
        Gap::Leader(_) => Some(0),
        Gap::Time(time) => Some(time.as_millis().into()),
        Gap::Laps(_) => None,
    }
}

fn gap_laps(gap: Gap) -> Option<i32> {
    match gap {
        Gap::Laps(n) => Some(n.into()),
        Gap::Leader(_) | Gap::Time(_) => None,
    }
}

/// Every anomaly found.
#[rustfmt::skip]
pub fn alerts_table() -> Table<Alert> {
    use Cell::{Millis, Real, Text, Whole};
    Table { name: "alerts", key: &["driver", "kind", "started_at_ms", "raised_at_ms"], columns: vec![
        column("kind", "engine_over_rev, drs_open_out_of_zone, drs_open_under_braking, lock_up, sensor_stuck, sensor_drop_out, power_loss, slow_puncture or tyre_cliff", Text(|alert| word(&alert.kind))),
        column("driver", "Racing number", Whole(|alert| Some(alert.driver.0.into()))),
        column("lap_number", "The car's lap when it began", Whole(|alert| alert.lap.map(|lap| lap.0.into()))),
        column("raised_at_ms", "When it was concluded, on the session clock", Millis(|alert| at(Some(alert.raised_at)))),
        column("started_at_ms", "When the episode began, on the session clock", Millis(|alert| at(Some(alert.started_at)))),
        column("peak_at_ms", "When it was worst, on the session clock", Millis(|alert| at(Some(alert.peak_at)))),
        column("ended_at_ms", "When it ended, on the session clock", Millis(|alert| at(alert.ended_at))),
        column("distance_m", "Where it was worst, metres from the start line", Real(|alert| alert.distance_m)),
        column("confidence", "How sure we are, 0 to 1", Real(|alert| Some(alert.confidence))),
        column("text", "One line for people", Text(|alert| text(&alert.text))),
        column("evidence", "The figures that speak for it, as a JSON array of {what, value, reference, unit}", Text(|alert| serde_json::to_string(&alert.evidence).ok().map(Cow::Owned))),
    ] }
}
